// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
	bench.options.LegacyHashes = []string{"md5", "django_pbkdf2"}
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

// BenchmarkRefusedLoginOfOneFormat shows, for tables whose hashes all have one format and cost, whatever new ones have,
// that the time of a refusal does not tell who has an account: the figure is how often a known user takes longer than an
// unknown one, 0.5 being even. The container has met a user of the table before.
func BenchmarkRefusedLoginOfOneFormat(b *testing.B) {
	for format, hash := range map[string]string{
		"bcrypt":        "$2b$10$" + strings.Repeat("u", 53),
		"django_pbkdf2": "pbkdf2_sha256$260000$seasalt$" + strings.Repeat("A", 43) + "=",
		"scrypt":        "$scrypt$ln=14,r=8,p=1$c2FsdA$" + strings.Repeat("A", 43),
		"argon2":        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
		"phpass":        "$P$BaaaaaaaaAAAAAAAAAAAAAAAAAAAAAA",
		"crypt":         "$6$rounds=50000$saltstring$" + strings.Repeat("a", 86),
		"sha256":        strings.Repeat("ab", 32),
	} {
		b.Run(format, func(b *testing.B) {
			bench := newBench(b, pgtest.Database(b), shape{})
			bench.container = newContainer(b)
			bench.options.BcryptRounds = 10
			if format != "bcrypt" {
				bench.options.LegacyHashes = []string{format}
			}
			for i := range 40 {
				bench.add(map[store.Part]any{store.Email: fmt.Sprintf("known%d@example.com", i), store.Password: hash})
			}
			refused := func(email string) time.Duration { return bench.run(scripts.Login, email, "incorrect").Duration }
			refused("known0@example.com")
			var known, unknown []time.Duration
			for i := range 40 {
				known = append(known, refused(fmt.Sprintf("known%d@example.com", i)))
				unknown = append(unknown, refused(fmt.Sprintf("nobody%d@example.com", i)))
			}
			for b.Loop() { // the work is above
			}
			longer := 0.0
			for _, k := range known {
				for _, u := range unknown {
					switch {
					case k > u:
						longer++
					case k == u:
						longer += 0.5
					}
				}
			}
			b.ReportMetric(longer/float64(len(known)*len(unknown)), "known-longer")
		})
	}
}
