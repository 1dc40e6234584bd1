// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lestrrat-go/jwx/v2/jwa"
)

// inFlight are the calls at once.
const inFlight = 20

// drive makes so many calls, of which that many are in flight, and returns what each took.
func drive(b *testing.B, total int, call func(n int) error) []time.Duration {
	b.Helper()
	times := make([]time.Duration, total)
	var next atomic.Int64
	var all sync.WaitGroup
	for range inFlight {
		all.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= total {
					return
				}
				started := time.Now()
				if err := call(n); err != nil {
					b.Error(err)
					return
				}
				times[n] = time.Since(started)
			}
		})
	}
	all.Wait()
	return times
}

func at(times []time.Duration, share float64) time.Duration {
	slices.Sort(times)
	return times[int(float64(len(times)-1)*share)]
}

// BenchmarkAPI compares a look-up through the API, with a token's check and by both contracts, with the same function
// called on a connection of one's own. Both have ten connections; the runs take turns. What it costs to compare a
// password is the same wherever it is done, and is left out.
func BenchmarkAPI(b *testing.B) {
	tenant := newIssuer(b)
	bench := newBench(b, tenant.accept)
	token := "Bearer " + tenant.sign(jwa.RS256, tenant.keys[0], nil, nil)
	bench.db.Exec("INSERT INTO public.users (email, name, password) SELECT 'user' || n || '@example.com', 'User', 'x' FROM generate_series(1, 100000) n")
	bench.db.Exec("ANALYZE public.users")
	config, err := pgxpool.ParseConfig(bench.config.DatabaseURL)
	if err != nil {
		b.Fatal("the database URL is none") // its error would print the password
	}
	config.MaxConns = 10
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	b.Cleanup(client.CloseIdleConnections)
	sql := fmt.Sprintf(`SELECT * FROM %q.login(identifier => $1)`, bench.config.Schema)
	direct := func(n int) error {
		rows, err := pool.Query(b.Context(), sql, fmt.Sprintf("USER%d@example.com", n%100000+1))
		if err != nil {
			return err
		}
		defer rows.Close()
		found := 0
		for rows.Next() {
			if _, err := rows.Values(); err != nil {
				return err
			}
			found++
		}
		if found != 1 {
			return fmt.Errorf("%d users: %w", found, rows.Err())
		}
		return rows.Err()
	}
	through := func(path, body string) func(int) error {
		return func(n int) error {
			return lookUp(b.Context(), client, token, bench.server.URL+path, fmt.Sprintf(body, n%100000+1))
		}
	}
	calls := map[string]func(int) error{
		"direct": direct, "web_service": through("/v1/login", `{"identifier":"USER%d@example.com","password":null}`),
		"rpc": through("/rpc/login", `{"identifier":"USER%d@example.com"}`),
	}
	times := map[string][]time.Duration{}
	for name := range calls {
		drive(b, 500, calls[name]) // connections and caches
	}
	for b.Loop() {
		for range 10 { // so that what else the machine does falls on all of them
			for _, name := range []string{"direct", "web_service", "rpc"} {
				times[name] = append(times[name], drive(b, 300, calls[name])...)
			}
		}
	}
	for name, all := range times {
		b.ReportMetric(float64(at(all, 0.5).Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(at(all, 0.95).Microseconds())/1000, name+"-p95-ms")
		if name != "direct" {
			b.ReportMetric(float64(at(all, 0.5))/float64(at(times["direct"], 0.5)), name+"-times-direct")
		}
	}
	b.ReportMetric(0, "ns/op")
}

func lookUp(ctx context.Context, client *http.Client, token, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", token)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), "@example.com") {
		return fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	return nil
}
