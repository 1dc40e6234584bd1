// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// planted are hashes that cost nearly as much as a login can bear, by their format. Nothing fits them.
var planted = map[string]string{
	"bcrypt":          "$2b$16$" + strings.Repeat("u", 53),
	"spring_bcrypt":   "{bcrypt}$2a$16$" + strings.Repeat("u", 53),
	"wordpress":       "$wp$2y$16$" + strings.Repeat("u", 53),
	"django_pbkdf2":   "pbkdf2_sha256$4000000$seasalt$" + strings.Repeat("A", 43) + "=",
	"pbkdf2":          "$pbkdf2-sha512$i=2000000,l=64$c2FsdA$" + strings.Repeat("A", 86),
	"werkzeug":        "scrypt:131072:8:4$seasalt$" + strings.Repeat("ab", 64),
	"scrypt":          "$scrypt$ln=17,r=8,p=4$c2FsdA$" + strings.Repeat("A", 43),
	"argon2":          "$argon2id$v=19$m=131072,t=4,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
	"phpass":          "$P$IaaaaaaaaAAAAAAAAAAAAAAAAAAAAAA",
	"crypt":           "$6$rounds=900000$saltstring$" + strings.Repeat("a", 86),
	"iterated_digest": "$iterated-sha256$i=2000000$c2FsdA$" + strings.Repeat("A", 43),
}

// What would take longer than a login may is no hash, and is refused at once.
func TestHashesThatCostTooMuch(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	i := 0
	for _, format := range hashes.All() {
		for _, vector := range format.Vectors {
			if !vector.TooDear {
				continue
			}
			i++
			id, email := b.addLegacy(i, vector)
			started := time.Now()
			b.wrong(id, email, "correct horse")
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("%s, %s took %s", format.Name, vector.Name, took)
			}
		}
	}
}

// Who may write hashes can keep a container busy, and not from serving others: a login with a usual hash is answered
// while four with planted ones are not.
func TestPlantedHashesHoldUpNobody(t *testing.T) {
	for format, hash := range planted {
		if testing.Short() && format != hashes.Bcrypt {
			continue
		}
		t.Run(format, func(t *testing.T) {
			b, others := plant(t, hash)
			for range 3 {
				if outcome := b.run(scripts.Login, "ada@example.com", "correct horse"); outcome.Err != nil || outcome.Duration > 6*time.Second {
					t.Errorf("a usual login took %s: %v", outcome.Duration, outcome.Err)
				}
			}
			for _, outcome := range others() {
				if outcome.Err == nil || outcome.Duration > patience {
					t.Errorf("a planted hash: %v after %s", outcome.Err, outcome.Duration)
				}
			}
		})
	}
}

// plant starts four logins with the planted hash beside a user with a usual one. The function returned waits for them.
func plant(t testing.TB, hash string) (b *bench, others func() []localtenant.Outcome) {
	t.Helper()
	b = hashBench(t, pgtest.Database(t))
	b.container = newContainer(t)
	b.options.BcryptRounds = 8
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	for i := range 4 {
		b.add(map[store.Part]any{store.Email: fmt.Sprintf("planted%d@example.com", i), store.Password: hash})
	}
	b.profile(scripts.Login, "ada@example.com", "correct horse") // the pool is there, and threads
	outcomes := make(chan localtenant.Outcome, 4)
	for i := range 4 {
		go func() {
			outcome, _ := b.container.Run(context.Background(), localtenant.Invocation{
				Script: b.script(scripts.Login), Args: []any{fmt.Sprintf("planted%d@example.com", i), "incorrect"}, Configuration: b.configuration,
			})
			outcomes <- outcome
		}()
	}
	time.Sleep(200 * time.Millisecond)
	return b, func() (all []localtenant.Outcome) {
		for range 4 {
			all = append(all, <-outcomes)
		}
		return all
	}
}

// A crowd that a container cannot serve is told so in time, and leaves nothing behind that the next one waits for.
func TestACrowdLeavesAContainerAnswering(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	b.container = newContainer(t)
	b.options.BcryptRounds = 10
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	b.script(scripts.Login)
	served := make(chan bool, 300)
	var crowd sync.WaitGroup
	for range 300 {
		crowd.Go(func() {
			outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
			served <- outcome.Err == nil
		})
	}
	crowd.Wait()
	count := 0
	for range 300 {
		if <-served {
			count++
		}
	}
	if count < 5 {
		t.Errorf("%d of 300 were served", count)
	}
	started := time.Now()
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if took := time.Since(started); took > 3*time.Second {
		t.Errorf("the next login took %s", took)
	}
}

// BenchmarkPlantedHashes reports by how much logins with usual hashes are slower while four with planted ones run.
func BenchmarkPlantedHashes(b *testing.B) {
	for format, hash := range planted {
		b.Run(format, func(b *testing.B) {
			median := func(bench *bench) time.Duration {
				var took []time.Duration
				for range 7 {
					took = append(took, bench.run(scripts.Login, "ada@example.com", "correct horse").Duration)
				}
				slices.Sort(took)
				return took[len(took)/2]
			}
			bench, others := plant(b, hash)
			beside := median(bench)
			others()
			alone := median(bench)
			for b.Loop() { // the work is above
			}
			b.ReportMetric(float64(beside)/float64(alone), "times")
		})
	}
}
