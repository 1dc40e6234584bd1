// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// clientPerCall is what the dashboard's template becomes when it is mended by hand
// for pg 8: a connection for each call, ended after it.
const clientPerCall = `function getByEmail(email, callback) {
  const { Client } = require('pg');
  const url = new URL(configuration.POSTGRES_URL);
  const client = new Client({
    host: url.hostname, port: url.port, user: url.username, password: url.password, database: url.pathname.slice(1),
    ssl: { rejectUnauthorized: false },
  });
  client.connect((err) => {
    if (err) return callback(err);
    client.query('SELECT id, nickname, email FROM s1.users WHERE lower(email) = lower($1)', [email], (err, result) => {
      client.end(() => {
        if (err || result.rows.length === 0) return callback(err);
        const user = result.rows[0];
        callback(null, { user_id: user.id.toString(), nickname: user.nickname, email: user.email });
      });
    });
  });
}`

// driver calls a script again and again inside the container, evaluated anew each
// time as the platform does, with a number of calls in flight.
const driver = `function drive(text, email, total, inFlight, callback) {
  const source = '(' + text + ')';
  const times = [];
  let failed = 0;
  let begun = 0;
  const one = () => new Promise((resolve) => {
    const from = process.hrtime.bigint();
    eval(source)(email, (error, profile) => {
      times.push(Number(process.hrtime.bigint() - from) / 1e6);
      failed += error || !profile || profile.email !== email ? 1 : 0;
      resolve();
    });
  });
  const worker = async () => {
    while (begun < total) {
      begun += 1;
      await one();
    }
  };
  const from = process.hrtime.bigint();
  Promise.all(Array.from({ length: inFlight }, worker)).then(() => {
    const seconds = Number(process.hrtime.bigint() - from) / 1e9;
    callback(null, { times, seconds, failed });
  });
}`

// drive is what the driver measured: what each call took, in milliseconds, and all of them together.
type drive struct {
	Times   []float64
	Seconds float64
	Failed  int

	connections int64 // the most that were held at a time
}

// add joins what another run has measured.
func (d *drive) add(other drive) {
	d.Times = append(d.Times, other.Times...)
	d.Seconds += other.Seconds
	d.Failed += other.Failed
	d.connections = max(d.connections, other.connections)
}

// at is the time that a share of the calls did not exceed.
func (d *drive) at(share float64) float64 {
	slices.Sort(d.Times)
	return d.Times[int(float64(len(d.Times)-1)*share)]
}

func (d *drive) perSecond() float64 { return float64(len(d.Times)) / d.Seconds }

// BenchmarkLookup compares get_user with a client per call, over TLS: latency in
// milliseconds, calls a second, and connections held with as many calls in flight
// as a tenant may have.
func BenchmarkLookup(b *testing.B) {
	ctx := context.Background()
	server, err := localpostgres.Start(ctx, localpostgres.Options{TLS: true, Settings: map[string]string{"log_statement": "none", "max_connections": "300"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Stop(ctx) })
	bench := newBench(b, pgtest.On(b, server), shape{})
	bench.at(withQuery(b, bench.url, "no-verify", ""))
	bench.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	bench.db.Exec("INSERT INTO " + bench.table() + " (email, password) SELECT 'user' || n || '@example.com', 'x' FROM generate_series(1, 100000) n")
	bench.db.Exec("ANALYZE " + bench.table())

	measure := func(container *localtenant.Container, script string, total, inFlight int) drive {
		bench.db.Exec("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", bench.role) // of the measurement before
		var most atomic.Int64
		done := make(chan struct{})
		sampled := make(chan struct{})
		conn := bench.db.Conn()
		go func() {
			defer close(sampled)
			for {
				var now int64
				if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", bench.role).Scan(&now); err == nil {
					most.Store(max(most.Load(), now))
				}
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond): // seldom: it takes its share of the machine
				}
			}
		}()
		outcome, err := container.Run(ctx, localtenant.Invocation{
			Script: driver, Args: []any{script, "ada@example.com", total, inFlight}, Configuration: bench.configuration, Timeout: 5 * time.Minute,
		})
		close(done)
		<-sampled
		var measured drive
		if err != nil || outcome.Err != nil || len(outcome.Results) != 1 {
			b.Fatalf("%v, %+v", err, outcome)
		}
		if err := json.Unmarshal(outcome.Results[0], &measured); err != nil {
			b.Fatal(err)
		}
		measured.connections = most.Load()
		return measured
	}

	ours := bench.script(scripts.GetUser)
	for _, run := range []struct {
		name                           string
		inFlight, ourTotal, theirTotal int
	}{{"1-in-flight", 1, 3000, 100}, {"20-in-flight", 20, 6000, 150}, {"250-in-flight", 250, 6000, 250}} {
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				var pool, client drive
				ourContainer, theirContainer := newContainer(b), newContainer(b)
				for turn := range 6 { // in turns, as the machine does not stay the same
					our, their := measure(ourContainer, ours, run.ourTotal, run.inFlight), measure(theirContainer, clientPerCall, run.theirTotal, run.inFlight)
					if turn > 0 { // the first warms them up
						pool.add(our)
						client.add(their)
					}
				}
				_, _ = ourContainer.Close(), theirContainer.Close()
				if pool.Failed > 0 {
					b.Errorf("%d of our calls failed", pool.Failed)
				}
				if pool.connections > scripts.DefaultPoolMax {
					b.Errorf("the pool held %d connections", pool.connections)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(pool.at(0.5), "ms-median")
				b.ReportMetric(pool.at(0.99), "ms-p99")
				b.ReportMetric(pool.perSecond(), "calls/s")
				b.ReportMetric(float64(pool.connections), "connections")
				b.ReportMetric(client.at(0.5), "ms-median-of-client-per-call")
				b.ReportMetric(client.at(0.99), "ms-p99-of-client-per-call")
				b.ReportMetric(client.perSecond(), "calls/s-of-client-per-call")
				b.ReportMetric(float64(client.connections), "connections-of-client-per-call")
				b.ReportMetric(float64(client.Failed), "failures-of-client-per-call")
				b.ReportMetric(client.at(0.5)/pool.at(0.5), "times-faster")
				b.ReportMetric(pool.perSecond()/client.perSecond(), "times-throughput")
			}
		})
	}
}
