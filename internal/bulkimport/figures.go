// SPDX-License-Identifier: MPL-2.0

package bulkimport

import (
	"context"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
)

// PageSize is how many users are read at once.
const PageSize = 1000

// Figures are what an import would do.
type Figures struct {
	// Users are those who are not marked, Goes of them would go.
	Users, Goes int64
	// Formats are the hashes of those who would go, Held the reasons of the others.
	Formats, Held map[string]int64
	// Bytes is how much would be sent.
	Bytes int64
}

// Count does everything that an import does, and sends nothing. Users are read page by page.
func Count(ctx context.Context, db *migration.Session, c *Converter) (f Figures, err error) {
	f.Formats, f.Held = map[string]int64{}, map[string]int64{}
	for after := ""; ; {
		page, err := db.Page(ctx, after, PageSize)
		if err != nil {
			return f, err
		}
		for _, u := range page {
			f.add(c.User(u))
		}
		if len(page) < PageSize {
			return f, nil
		}
		if after = page[len(page)-1].ID(); after == "" { // rows without an id come last
			return f, nil
		}
	}
}

func (f *Figures) add(row Row) {
	f.Users++
	if row.Held != "" {
		f.Held[row.Held]++
		return
	}
	f.Goes++
	f.Formats[row.Format]++
	f.Bytes += int64(len(row.JSON)) + 1
}

// Jobs is how many there would be, the first batch among them.
func (f *Figures) Jobs(firstBatch int64) int64 {
	if f.Goes == 0 {
		return 0
	}
	if f.Goes <= firstBatch {
		return 1
	}
	return 1 + (f.Bytes+auth0.MaxImportedUsers-1)/auth0.MaxImportedUsers
}

// jobTakes is what a job of Auth0's takes, roughly; two run at a time.
const jobTakes = time.Minute

// Takes is what so many jobs take, roughly.
func Takes(jobs int64) time.Duration { return max(time.Duration(jobs+1)/2*jobTakes, jobTakes) }
