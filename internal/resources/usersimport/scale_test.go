// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
)

// Requests are no larger than Auth0 takes, as they go over the wire, the first has the users that it was told, and what
// was foreseen is what is sent.
func TestBatchesAreBounded(t *testing.T) {
	const users = 4000
	s := newSite(t, users, localtenant.Options{ImportDelay: 20 * time.Millisecond})
	s.db.Exec(`UPDATE public.users SET app_metadata = jsonb_build_object('note', repeat('ä', 100))`)
	session, err := migration.Look(t.Context(), s.server, s.source)
	if err != nil {
		t.Fatal(err)
	}
	c := &bulkimport.Converter{Prefix: "old"}
	c.Hashes.Formats = []string{"md5"}
	foreseen, err := bulkimport.Count(t.Context(), session, c)
	session.Close()
	if err != nil {
		t.Fatal(err)
	}
	s.imports()
	var sizes []int
	for _, r := range s.tenant.Requests() {
		if strings.HasSuffix(r.Path, "users-imports") && r.Status == 202 {
			sizes = append(sizes, len(r.Body))
		}
	}
	if wrong := s.settled(users); wrong != "" {
		t.Error(wrong)
	}
	if jobs := foreseen.Jobs(int64(s.settings.firstBatch)); int64(len(sizes)) != jobs || jobs < 4 {
		t.Errorf("%d jobs, foreseen were %d", len(sizes), jobs)
	}
	if largest := slices.Max(sizes); largest > auth0.MaxImportBytes || largest < auth0.MaxImportBytes-5000 {
		t.Errorf("the largest request has %d bytes", largest)
	}
	if first := s.db.QueryInt("SELECT users FROM public.auth0pg_import ORDER BY batch LIMIT " +
		"1"); first != s.settings.firstBatch {
		t.Errorf("the first batch has %d users", first)
	}
}

// BenchmarkImport imports 100,000 users and reports what that takes. The heap is measured while the tenant, which is in
// the same process, has nobody yet and once more at the end, without what it keeps of each user.
func BenchmarkImport(b *testing.B) {
	const users = 100_000
	s := newSite(b, users, localtenant.Options{ImportDelay: -1})
	s.settings.poll = time.Millisecond
	for b.Loop() {
		began := time.Now()
		s.imports()
		b.ReportMetric(float64(users)/time.Since(began).Seconds(), "users/s")
	}
	if wrong := s.settled(users); wrong != "" {
		b.Error(wrong)
	}
}

// BenchmarkPage reports what the database takes for a page of 1,000 users, in the middle of tables of two sizes, and how
// much counting all of them allocates at a time.
func BenchmarkPage(b *testing.B) {
	for _, users := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			s := newSite(b, users, localtenant.Options{})
			s.db.Exec("ANALYZE public.users")
			session, err := migration.Look(b.Context(), s.server, s.source)
			if err != nil {
				b.Fatal(err)
			}
			defer session.Close()
			for b.Loop() {
				if page, err := session.Page(b.Context(), fmt.Sprint(users/2), bulkimport.PageSize); err != nil ||
					len(page) != bulkimport.PageSize {
					b.Fatal(len(page), err)
				}
			}
			c := &bulkimport.Converter{}
			c.Hashes.Formats = []string{"md5"}
			var peak uint64
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						peak = max(peak, m.HeapInuse)
					}
				}
			}()
			if f, err := bulkimport.Count(b.Context(), session, c); err != nil || f.Goes != int64(users) {
				b.Error(f.Goes, err)
			}
			close(stop)
			b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
		})
	}
}
