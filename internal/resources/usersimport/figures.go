// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// figures are what an import would do.
type figures struct {
	users, goes int64
	formats     map[string]int64
	held        map[string]int64
	bytes       int64
}

// count does everything that an import does, and sends nothing. Users are read page by page.
func count(ctx context.Context, db *migration.Session, c *converter) (f figures, err error) {
	f.formats, f.held = map[string]int64{}, map[string]int64{}
	for after := ""; ; {
		page, err := db.Page(ctx, after, pageSize)
		if err != nil {
			return f, err
		}
		for _, u := range page {
			f.add(c.user(u))
		}
		if len(page) < pageSize {
			return f, nil
		}
		if after = page[len(page)-1].ID(); after == "" { // rows without an id come last
			return f, nil
		}
	}
}

func (f *figures) add(row converted) {
	f.users++
	if row.held != "" {
		f.held[row.held]++
		return
	}
	f.goes++
	f.formats[row.format]++
	f.bytes += int64(len(row.json)) + 1
}

// jobs is how many there would be, the first batch among them.
func (f *figures) jobs(firstBatch int64) int64 {
	if f.goes == 0 {
		return 0
	}
	if f.goes <= firstBatch {
		return 1
	}
	return 1 + (f.bytes+auth0.MaxImportedUsers-1)/auth0.MaxImportedUsers
}

// jobTakes is what a job of Auth0's takes, roughly.
const jobTakes = time.Minute

// text says the figures in the words of a plan.
func (f *figures) text(firstBatch int64) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Not marked as migrated: %s. %d of them would go to Auth0%s", kit.Counted(f.users, "user"), f.goes,
		list(f.formats, "%s: %d"))
	if f.goes > 0 {
		jobs := f.jobs(firstBatch)
		fmt.Fprintf(&out, "\n\nThat makes %s, the first one of %s, two at a time: about %s, if a job "+
			"takes a minute.", kit.Counted(jobs, "job"), kit.Counted(min(firstBatch, f.goes), "user"),
			max(time.Duration(jobs+1)/2*jobTakes, jobTakes))
	}
	if len(f.held) > 0 {
		fmt.Fprintf(&out, "\n\n%d cannot go and would be held back%s", f.users-f.goes, list(f.held, "%[2]d: %[1]s"))
	}
	return out.String()
}

// list has a line for each, the most frequent first.
func list(counts map[string]int64, format string) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	if len(names) == 0 {
		return "."
	}
	lines := ":"
	for _, name := range names {
		lines += fmt.Sprintf("\n- "+format, name, counts[name])
	}
	return lines
}
