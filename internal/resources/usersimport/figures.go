// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// text says figures in the words of a plan.
func text(f bulkimport.Figures, firstBatch int64) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Not marked as migrated: %s. %d of them would go to Auth0%s", kit.Counted(f.Users, "user"), f.Goes,
		list(f.Formats, "%s: %d"))
	if f.Goes > 0 {
		jobs := f.Jobs(firstBatch)
		fmt.Fprintf(&out, "\n\nThat makes %s, the first one of %s, two at a time: about %s, if a job "+
			"takes a minute.", kit.Counted(jobs, "job"), kit.Counted(min(firstBatch, f.Goes), "user"),
			bulkimport.Takes(jobs))
	}
	if len(f.Held) > 0 {
		fmt.Fprintf(&out, "\n\n%d cannot go and would be held back%s", f.Users-f.Goes, list(f.Held, "%[2]d: %[1]s"))
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
