// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// BenchmarkRefusedLogin shows that who has no account is refused no faster than who has a
// bcrypt hash of the cost of new ones, or a quick one of another format. What costs more
// shows: bcrypt of cost 12 where new hashes have 10, and Django's PBKDF2 beside the
// comparison by bcrypt. The calls take turns, so that a busy machine slows all alike; the
// figures are medians as ratios to that of the bcrypt user, 1.0 being alike.
func BenchmarkRefusedLogin(b *testing.B) {
	bench := newBench(b, pgtest.Database(b), shape{})
	bench.options.BcryptRounds = 10
	bench.options.LegacyHashes = hashes.Optional()
	bench.gives(nil, scripts.Create, map[string]any{"email": "bcrypt@example.com", "password": "correct horse"})
	bench.add(map[store.Part]any{store.Email: "md5@example.com", store.Password: strings.Repeat("0", 32)})
	bench.add(map[store.Part]any{store.Email: "broken@example.com", store.Password: "*"})
	bench.add(map[store.Part]any{store.Email: "bcrypt12@example.com", store.Password: "$2b$12$" + strings.Repeat("u", 53)})
	bench.add(map[store.Part]any{store.Email: "django@example.com", store.Password: "pbkdf2_sha256$600000$seasalt$" + strings.Repeat("A", 43) + "="})
	names := []string{"bcrypt", "md5", "broken", "nobody", "bcrypt12", "django"}
	took := map[string][]time.Duration{}
	for range 20 {
		for _, name := range names {
			took[name] = append(took[name], bench.run(scripts.Login, name+"@example.com", "incorrect").Duration)
		}
	}
	median := func(name string) float64 {
		slices.Sort(took[name])
		return float64(took[name][len(took[name])/2])
	}
	for b.Loop() { // the work is above: one round is one set of medians
	}
	for _, name := range names[1:] {
		b.ReportMetric(median(name)/median("bcrypt"), name+"/bcrypt")
	}
}
