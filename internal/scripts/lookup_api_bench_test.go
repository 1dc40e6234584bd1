// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// BenchmarkLookupThroughAPI compares get_user through an API with get_user on the functions that the API calls, with twenty
// calls in flight: the same users, in one run and in turns.
func BenchmarkLookupThroughAPI(b *testing.B) {
	benches := map[string]*bench{}
	names := []string{"functions", string(store.WebService), string(store.RPC)}
	for _, name := range names {
		bench := newBench(b, pgtest.Database(b), shape{})
		bench.db.Exec("INSERT INTO " + bench.table() + " (email, password) " +
			"SELECT 'user' || n || '@example.com', 'x' FROM generate_series(1, 50000) n")
		bench.db.Exec("INSERT INTO " + bench.table() + " (email, password) VALUES ('ada@example.com', 'x')")
		bench.db.Exec("ANALYZE " + bench.table())
		if name == "functions" {
			bench.goThroughFunctions(b)
		} else {
			bench.goThroughAPI(store.Contract(name), store.ByScript)
		}
		bench.container = newContainer(b)
		benches[name] = bench
	}
	measure := func(bench *bench) (measured drive) {
		outcome, err := bench.container.Run(b.Context(), localtenant.Invocation{
			Script: driver, Args: []any{bench.script(scripts.GetUser), "ada@example.com", 1000, 20},
			Configuration: bench.configuration, Timeout: time.Minute,
		})
		if err != nil || outcome.Err != nil || len(outcome.Results) != 1 {
			b.Fatalf("%v, %+v", err, outcome)
		}
		if err := json.Unmarshal(outcome.Results[0], &measured); err != nil {
			b.Fatal(err)
		}
		return measured
	}
	for b.Loop() {
		all := map[string]*drive{}
		for turn := range 6 {
			for _, name := range names {
				measured := measure(benches[name])
				if turn == 0 { // it warms them up
					all[name] = &drive{}
					continue
				}
				all[name].add(measured)
			}
		}
		for _, name := range names {
			if all[name].Failed > 0 {
				b.Errorf("%s: %d calls failed", name, all[name].Failed)
			}
			b.ReportMetric(all[name].at(0.5), "ms-median-of-"+name)
			b.ReportMetric(all[name].at(0.95), "ms-p95-of-"+name)
			b.ReportMetric(all[name].at(0.5)/all["functions"].at(0.5), "times-functions-of-"+name)
		}
		b.ReportMetric(0, "ns/op")
	}
}
