// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
)

// Requests are no larger than Auth0 takes, as they go over the wire, the first has the users that it was told, and what
// was foreseen is what is sent. The first job runs alone, then two at a time, and the log says how far it is.
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
	s.settings.total = users
	var log bytes.Buffer
	counted := &counter{over: map[string]bool{}}
	_, err = s.importing(tflogtest.RootLogger(t.Context(), &log), func(in tenant) tenant { counted.tenant = in; return counted })
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, r := range s.tenant.Requests() {
		if strings.HasSuffix(r.Path, "users-imports") {
			sizes = append(sizes, len(r.Body))
		}
	}
	if fmt.Sprint(counted.running) != "[1 1 2 2 2]" {
		t.Errorf("after each call there ran %v jobs", counted.running)
	}
	progressed(t, &log)
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

// counter counts the jobs of which it is not known that they are over, after each one that was started. All but the first
// go on until there is a further one, or for twenty looks.
type counter struct {
	tenant
	jobs    []string
	looks   int // at the last job
	over    map[string]bool
	running []int
}

func (c *counter) ImportUsers(ctx context.Context, u auth0.UsersImport) (*auth0.Job, error) {
	started, err := c.tenant.ImportUsers(ctx, u)
	if err == nil {
		c.jobs, c.looks = append(c.jobs, started.ID), 0
		c.running = append(c.running, len(c.jobs)-len(c.over))
	}
	return started, err
}

func (c *counter) Job(ctx context.Context, id string) (*auth0.Job, error) {
	job, err := c.tenant.Job(ctx, id)
	if err != nil || !job.Over() {
		return job, err
	}
	if id == c.jobs[len(c.jobs)-1] && len(c.jobs) > 1 {
		if c.looks++; c.looks < 20 {
			job.Status = "processing"
			return job, nil
		}
	}
	c.over[id] = true
	return job, nil
}

// progressed looks at the lines of the log that tell how far an import is.
func progressed(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	lines, err := tflogtest.MultilineJSONDecode(log)
	if err != nil {
		t.Fatal(err)
	}
	last, left := -1.0, time.Duration(-1)
	for _, line := range lines {
		if line["@message"] != "users are being imported" {
			continue
		}
		percent, _ := line["percent"].(float64)
		if left, err = time.ParseDuration(fmt.Sprint(line["time_left"])); err != nil || left < 0 || percent < last {
			t.Errorf("after %v percent: %v", last, line)
		}
		last = percent
	}
	if last != 100 || left != 0 {
		t.Errorf("the last line has %v percent, %s left", last, left)
	}
}

// A tenant that takes few calls is not asked again before it says so, however often its jobs are looked at.
func TestPollsWithinTheRateLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t, 5, localtenant.Options{RateLimit: &localtenant.RateLimit{Burst: 5, PerSecond: 10}, ImportDelay: 300 * time.Millisecond})
	s.tenant.ResetRequests()
	s.imports()
	limited, before := 0, 0
	for _, r := range s.tenant.Requests() {
		if r.Status == http.StatusTooManyRequests {
			limited++
			if before == r.Status {
				t.Errorf("%s %s was sent while the limit was not over", r.Method, r.Path)
			}
		}
		before = r.Status
	}
	if limited == 0 {
		t.Error("the limit was not met: the run proves nothing")
	}
	if wrong := s.settled(5); wrong != "" {
		t.Error(wrong)
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
