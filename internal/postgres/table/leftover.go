// SPDX-License-Identifier: MPL-2.0

package table

import (
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// The checks that we leave on a column between two statements begin with these words. The
// rest of the name is that of the column, before it was renamed.
const (
	backfillWord = "auth0pg_backfill"
	notNullWord  = "auth0pg_not_null"
)

// backfillMark is the name of the check that marks an unfinished backfill.
func backfillMark(column string) string { return postgres.ObjectName(backfillWord, column) }

// notNullCheck is the name of the check that proves a column free of nulls before
// SET NOT NULL, which then need not read the table under its lock.
func notNullCheck(column string) string { return postgres.ObjectName(notNullWord, column) }

// marks reports whether the check is one that we left on the column. A renaming of the
// column leaves the check its name, so only the beginning of that counts.
func (c Constraint) marks(word, column string) bool {
	return c.Kind == "c" && strings.HasPrefix(c.Name, word+"_") && slices.Equal(c.Columns, []string{column})
}

// mark is the check that begins with the word and was left on the column, nil when there is none.
func (t *Table) mark(word, column string) *Constraint {
	for i := range t.Constraints {
		if t.Constraints[i].marks(word, column) {
			return &t.Constraints[i]
		}
	}
	return nil
}

// Backfilling reports whether a run that was interrupted has yet to fill the column.
func (t *Table) Backfilling(column string) bool { return t.mark(backfillWord, column) != nil }

// freeConstraint is the first of the name, name_1 and so on that no constraint of the table has.
func (p *planner) freeConstraint(words ...string) string {
	taken := make([]string, len(p.current.Constraints))
	for i, c := range p.current.Constraints {
		taken[i] = c.Name
	}
	return postgres.FreeName(taken, words...)
}

// Built names the indexes that we have built to find a row by the column, as far as their
// names and shapes tell: by the present lookup or by an earlier one.
func (t *Table) Built(column string) []string {
	var names []string
	for i := range t.Indexes {
		index := &t.Indexes[i]
		for _, u := range []Unique{{Column: column, Lookup: LowerLookup}, {Column: column, Lookup: PlainLookup}} {
			if index.Valid && index.Constraint == "" && t.hasLookupShape(index, column, u.Lookup) &&
				postgres.MadeName(index.Name, u.words(t.Name)...) {
				names = append(names, index.Name)
			}
		}
	}
	return names
}
