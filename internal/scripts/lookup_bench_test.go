// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"encoding/json"
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
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
    callback(null, { median: at(0.5), p99: at(0.99), perSecond: total / seconds, failed });
  });
}`

type drive struct {
	Median, P99, PerSecond float64
	Failed                 int
}

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

	measure := func(script string, total, inFlight int) (drive, int64) {
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
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		container := newContainer(b)
		outcome, err := container.Run(ctx, localtenant.Invocation{
			Script: driver, Args: []any{script, "ada@example.com", total, inFlight}, Configuration: bench.configuration, Timeout: 5 * time.Minute,
		})
		close(done)
		<-sampled
		_ = container.Close()
		var measured drive
		if err != nil || outcome.Err != nil || len(outcome.Results) != 1 {
			b.Fatalf("%v, %+v", err, outcome)
		}
		if err := json.Unmarshal(outcome.Results[0], &measured); err != nil {
			b.Fatal(err)
		}
		return measured, most.Load()
	}

	ours := bench.script(scripts.GetUser)
	for _, run := range []struct {
		name                           string
		inFlight, ourTotal, theirTotal int
	}{{"1-in-flight", 1, 4000, 200}, {"20-in-flight", 20, 12000, 400}, {"250-in-flight", 250, 12000, 500}} {
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				pool, poolConnections := measure(ours, run.ourTotal, run.inFlight)
				client, clientConnections := measure(clientPerCall, run.theirTotal, run.inFlight)
				if pool.Failed > 0 {
					b.Errorf("%d of our calls failed", pool.Failed)
				}
				if poolConnections > scripts.DefaultPoolMax {
					b.Errorf("the pool held %d connections", poolConnections)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(pool.Median, "ms-median")
				b.ReportMetric(pool.P99, "ms-p99")
				b.ReportMetric(pool.PerSecond, "calls/s")
				b.ReportMetric(float64(poolConnections), "connections")
				b.ReportMetric(client.Median, "ms-median-of-client-per-call")
				b.ReportMetric(client.P99, "ms-p99-of-client-per-call")
				b.ReportMetric(client.PerSecond, "calls/s-of-client-per-call")
				b.ReportMetric(float64(clientConnections), "connections-of-client-per-call")
				b.ReportMetric(float64(client.Failed), "failures-of-client-per-call")
				b.ReportMetric(client.Median/pool.Median, "times-faster")
				b.ReportMetric(pool.PerSecond/client.PerSecond, "times-throughput")
			}
		})
	}
}
