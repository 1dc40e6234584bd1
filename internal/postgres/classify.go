// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// typeEffect is what a change of a column's type does besides changing the catalog.
type typeEffect struct {
	Rewrites  bool
	Reindexes bool
	// Scans is set when every row is read without being written.
	Scans bool
}

var typeText = regexp.MustCompile(`^([^()]+?)(?:\(([0-9]+)(?:,(-?[0-9]+))?\))?( with time zone| without time zone)?$`)

// typeParts splits a type in the server's own words, such as numeric(10,2), into its name
// and modifiers.
func typeParts(text string) (name string, modifiers []int) {
	m := typeText.FindStringSubmatch(text)
	if m == nil {
		return text, nil
	}
	for _, modifier := range m[2:4] {
		if modifier != "" {
			n, err := strconv.Atoi(modifier)
			if err != nil {
				return text, nil
			}
			modifiers = append(modifiers, n)
		}
	}
	return m[1] + m[4], modifiers
}

// classifyTypeChange knows the changes that only touch the catalog; every other one
// rewrites the table. It is right for the types themselves, and never says less than
// what happens for types that it does not know.
func classifyTypeChange(have *Column, want ColumnSpec, indexed bool) typeEffect {
	if have.Type == want.Type {
		return typeEffect{Reindexes: indexed && have.Collation != want.Collation}
	}
	from, fromMods := typeParts(have.Type)
	to, toMods := typeParts(want.Type)
	collation := indexed && have.Collation != want.Collation
	switch {
	case from == to && widens(from, fromMods, toMods):
		return typeEffect{Reindexes: collation}
	case len(toMods) == 0 && textual(from) && textual(to):
		// Stored alike. citext sorts by other rules than text, so its indexes are built anew.
		return typeEffect{Reindexes: collation || indexed && (isCIText(from) || isCIText(to))}
	}
	return typeEffect{Rewrites: true, Reindexes: indexed}
}

func textual(name string) bool {
	return name == "text" || name == "character varying" || isCIText(name)
}

// isCIText recognises the type also where its schema is not on the search_path.
func isCIText(name string) bool { return name == "citext" || strings.HasSuffix(name, ".citext") }

// widens reports whether every value of the narrower type is stored the same in the wider.
func widens(name string, from, to []int) bool {
	switch name {
	case "character varying", "bit varying", "timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone":
		return len(to) == 0 || len(from) == 1 && len(to) == 1 && to[0] >= from[0]
	case "numeric":
		return len(to) == 0 || len(from) == 2 && len(to) == 2 && to[0] >= from[0] && to[1] == from[1]
	}
	return false
}

// indexed reports whether an index may depend on the column.
func (t *Table) indexed(c *Column) bool {
	return slices.ContainsFunc(t.Indexes, func(i Index) bool { return mentions(i.Definition, c.Quoted) })
}

// mentions reports whether an expression in the server's own words may name a column. It
// errs on the side of yes.
func mentions(expression, quoted string) bool { return strings.Contains(expression, quoted) }
