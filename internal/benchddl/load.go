// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
)

// errRefused is the provider's own answer to a change that would keep logins waiting.
var errRefused = errors.New("refused")

// result is what one change did to the look-ups.
type result struct {
	refused             bool
	longest, percentile time.Duration
	total               time.Duration
}

func (r result) String() string {
	if r.refused {
		return "refused\t\t"
	}
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("%v\t%v\t%v", round(r.longest), round(r.percentile), r.total.Round(time.Millisecond))
}

// measure makes a change in a fresh copy of the database, under load.
func measure(
	ctx context.Context,
	server *localpostgres.Server,
	rows, rate int,
	c change,
	work func(context.Context, string) error,
) (result, error) {
	copied := []string{"DROP DATABASE IF EXISTS bench WITH (FORCE)", "CREATE DATABASE bench TEMPLATE template_users"}
	if server.Version() >= 15 {
		copied[1] += " STRATEGY = FILE_COPY"
	}
	if err := execute(ctx, server.URL("postgres"), copied...); err != nil {
		return result{}, err
	}
	url := server.URL("bench")
	if err := execute(ctx, url, append(c.before, "CHECKPOINT")...); err != nil {
		return result{}, err
	}
	load, err := startLoad(ctx, url, rows, rate)
	if err != nil {
		return result{}, err
	}
	time.Sleep(2 * time.Second) // until connections are open and pages are cached
	release, err := hold(ctx, url, c.held)
	if err != nil {
		return result{}, err
	}
	load.reset()
	began := time.Now()
	err = work(ctx, url)
	r := result{total: time.Since(began)}
	release()
	time.Sleep(500 * time.Millisecond)
	latencies, failed := load.stop()
	if errors.Is(err, errRefused) {
		return result{refused: true}, nil
	}
	if err == nil {
		err = failed
	}
	if err != nil {
		return result{}, err
	}
	slices.Sort(latencies)
	r.longest, r.percentile = latencies[len(latencies)-1], latencies[len(latencies)*99/100]
	return r, nil
}

// hold keeps a transaction open that has looked a user up.
func hold(ctx context.Context, url string, d time.Duration) (release func(), err error) {
	if d == 0 {
		return func() {}, nil
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{"BEGIN", "SELECT FROM users LIMIT 1"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return nil, err
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(d)
		_ = conn.Close(ctx)
	}()
	return func() { <-done }, nil
}

// load is the look-ups and writes that go on.
type load struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu        sync.Mutex
	latencies []time.Duration
	failed    error
}

// startLoad opens a look-up every 1/rate seconds and a write for every ten of them.
func startLoad(ctx context.Context, url string, rows, rate int) (*load, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 250
	config.MinConns = 20
	// A client whose statements are prepared anew when the table has changed.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel}
	l.wait.Go(func() {
		var requests sync.WaitGroup
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				requests.Wait()
				pool.Close()
				return
			case due := <-tick.C:
				requests.Go(func() { l.lookUp(pool, rows, due) })
				if n%10 == 0 {
					requests.Go(func() { l.write(pool, rows) })
				}
			}
		}
	})
	return l, nil
}

func someone(rows int) string {
	return fmt.Sprintf("user%d@example.com", 1+rand.IntN(rows)) //nolint:gosec // no secret
}

// lookUp counts from the moment that the look-up was due.
func (l *load) lookUp(pool *pgxpool.Pool, rows int, due time.Time) {
	var password string
	err := pool.QueryRow(context.Background(), "SELECT password FROM users WHERE email = $1",
		someone(rows)).Scan(&password)
	l.note(time.Since(due), err)
}

func (l *load) write(pool *pgxpool.Pool, rows int) {
	_, err := pool.Exec(context.Background(), "UPDATE users SET last_login = now() WHERE email = $1", someone(rows))
	l.note(0, err)
}

func (l *load) note(took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if took > 0 {
		l.latencies = append(l.latencies, took)
	}
	if l.failed == nil {
		l.failed = err
	}
}

// reset forgets what was measured so far.
func (l *load) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latencies = nil
}

// stop waits for the answers to everything that was asked.
func (l *load) stop() ([]time.Duration, error) {
	l.cancel()
	l.wait.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latencies, l.failed
}
