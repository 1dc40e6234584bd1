// SPDX-License-Identifier: MPL-2.0

package table

import (
	"fmt"
	"slices"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// key is the index key.
func (u Unique) key() string {
	if u.Expression != "" {
		return "(" + u.Expression + ")"
	}
	if u.Lookup == LowerLookup {
		return "pg_catalog.lower(" + postgres.Ident(u.Column) + ")"
	}
	return postgres.Ident(u.Column)
}

// where is the clause of a partial index.
func (u Unique) where() string {
	if u.Predicate == "" {
		return ""
	}
	return " WHERE (" + u.Predicate + ")"
}

func (p *planner) indexName(u Unique, taken []string) string {
	return postgres.FreeName(taken, u.words(p.want.Name)...)
}

// words make up the name of the index.
func (u Unique) words(table string) []string {
	words := []string{table, u.Column}
	if u.Lookup == LowerLookup {
		words = append(words, "lower")
	}
	return append(words, "key")
}

// taken lists the names in the schema that a new index must not have. Those of leftovers
// that the plan drops first are free.
func (p *planner) taken() []string {
	return slices.DeleteFunc(
		slices.Clone(p.current.Relations),
		func(name string) bool { return slices.Contains(p.dropped, name) },
	)
}

// primaryKey adds the key to a table that has none.
func (p *planner) primaryKey() {
	have := p.current.PrimaryKey()
	column := p.want.PrimaryKey
	if column == "" || slices.Equal(have, []string{column}) {
		return
	}
	if have != nil {
		p.refuse(column, "", fmt.Sprintf("the table has another primary key: (%s)", postgres.Idents(have)),
			"Name its column as the part id, or set primary_key = false.")
		return
	}
	name := ""
	if index := p.current.LookupIndex(column, PlainLookup); index != nil && index.Constraint == "" &&
		index.Schema == p.current.Schema {
		name = index.Name
	} else {
		name = postgres.FreeName(p.taken(), p.want.Name, "pkey")
		p.buildIndex(Unique{Column: column, Lookup: PlainLookup}, name)
	}
	described := slices.ContainsFunc(p.want.Columns, func(c ColumnSpec) bool { return c.Name == column && c.NotNull })
	if c := p.current.Column(column); !described && (c == nil || !c.NotNull || c.NotNullUnproven) {
		p.setNotNull(column)
	}
	p.quick("make "+column+" the primary key", p.alter("ADD PRIMARY KEY USING INDEX "+postgres.Ident(name)))
}

// uniqueIndexes builds the indexes that lookups need.
func (p *planner) uniqueIndexes() {
	for _, unique := range p.want.Unique {
		if unique.Lookup == NoLookup || p.current.serving(unique) != nil {
			continue
		}
		if unique.Column == p.want.PrimaryKey && unique.Lookup == PlainLookup {
			continue
		}
		p.buildIndex(unique, p.indexName(unique, p.taken()))
	}
}

// buildIndex creates a unique index without keeping anybody from reading or writing.
func (p *planner) buildIndex(u Unique, name string) {
	if p.current.Kind == "p" {
		p.refuse(u.Column, "", "the table is partitioned, and a unique index on it can neither be built without blocking "+
			"writes nor leave the partition key out",
			"Create the index by hand, or leave email_lookup (or primary_key) as it was read.")
		return
	}
	p.duplicates(u)
	p.add(Step{
		SQL: "CREATE UNIQUE INDEX CONCURRENTLY " + postgres.Ident(
			name,
		) + " ON " + p.table + " (" + u.key() + ")" + u.where(),
		What:  "keep " + u.Column + " unique and find users by it",
		Route: Concurrent, Lock: LockShareUpdate, Scans: true, Builds: name,
	})
}

// duplicates asks how many values occur more than once, and shows the query that lists them.
func (p *planner) duplicates(u Unique) {
	have := p.current.Column(u.Column)
	if have == nil && u.Expression == "" {
		return // a new column
	}
	key := "(" + u.Expression + ")"
	if u.Expression == "" {
		key = postgres.Ident(p.now(u.Column))
	}
	if u.Expression == "" && (u.Lookup == LowerLookup || p.wantsCIText(u.Column)) {
		key = "lower(" + key + "::text)"
	}
	of := ""
	if u.Predicate != "" {
		of = " AND (" + u.Predicate + ")"
	}
	groups := fmt.Sprintf("FROM %s WHERE %s IS NOT NULL%s GROUP BY 1 HAVING count(*) > 1", p.table, key, of)
	p.Checks = append(p.Checks, Check{
		SQL:    fmt.Sprintf("SELECT count(*) FROM (SELECT %s %s) AS d", key, groups),
		Column: u.Column,
		Index:  true,
		Reason: "%d values occur more than once where each must be unique",
		One:    "a value occurs more than once where each must be unique",
		Remedy: fmt.Sprintf("This query lists them:\n\n  SELECT %s, count(*) "+
			"%s\n\nResolve them and plan again.", key, groups),
	})
}

func (p *planner) wantsCIText(column string) bool {
	return slices.ContainsFunc(p.want.Columns, func(c ColumnSpec) bool { return c.Name == column && IsCIText(c.Type) })
}

// retireIndexes drops the indexes of an earlier lookup, or keeps them for one more plan.
func (p *planner) retireIndexes() {
	for i := range p.current.Indexes {
		index := &p.current.Indexes[i]
		switch {
		case !p.retires(index):
		case p.want.RetireLater && index.Valid:
			p.Kept = append(p.Kept, index.Name)
		default:
			p.dropIndex(index, "remove the index of the earlier lookup")
		}
	}
}

// retires reports whether the index was built for an earlier lookup and serves none any more.
func (p *planner) retires(index *Index) bool {
	return slices.Contains(p.want.Retire, index.Name) && index.Schema == p.current.Schema && index.Constraint == "" &&
		index.Unique &&
		!slices.Contains(p.dropped, index.Name) &&
		!p.serves(index)
}

// serves reports whether the index is one that is wanted.
func (p *planner) serves(index *Index) bool {
	return slices.ContainsFunc(p.want.Unique, func(u Unique) bool {
		found := p.current.serving(u)
		return u.Lookup != NoLookup && found != nil && found.Name == index.Name
	})
}

// dropIndex takes it for done when the index is gone by then: the server goes on with the
// statement of a run that was killed.
func (p *planner) dropIndex(index *Index, what string) {
	step := Step{
		SQL:   "DROP INDEX CONCURRENTLY IF EXISTS " + postgres.Ident(index.Schema, index.Name),
		What:  what,
		Route: Concurrent,
		Lock:  LockShareUpdate,
	}
	if p.current.Kind == "p" {
		step = Step{
			SQL:   "DROP INDEX " + postgres.Ident(index.Schema, index.Name),
			What:  what,
			Route: Catalog,
			Lock:  LockExclusive,
		}
	}
	p.add(step)
}

// leftover reports whether an invalid index is what an interrupted statement of ours has left.
// It is ours beyond doubt when it has our name and our shape.
func (p *planner) leftover(index *Index) bool {
	if index.Valid || index.Constraint != "" || index.Schema != p.current.Schema {
		return false
	}
	return slices.ContainsFunc(p.lookups(), func(u Unique) bool {
		return p.current.hasShape(index, u) &&
			(postgres.MadeName(index.Name, u.words(p.want.Name)...) || u.Lookup == PlainLookup && postgres.MadeName(index.Name, p.want.Name, "pkey"))
	})
}

// lookups are the unique indexes that any plan of ours may have begun to build.
func (p *planner) lookups() []Unique {
	var all []Unique
	for _, u := range p.want.Unique {
		all = append(all, u, Unique{Column: u.Column, Lookup: LowerLookup}, Unique{Column: u.Column, Lookup: PlainLookup})
	}
	for _, c := range p.want.Columns {
		all = append(all, Unique{Column: c.Name, Lookup: PlainLookup})
	}
	return all
}

// removeLeftovers drops what an interrupted run of ours has left. An invalid index finds
// nothing, costs every write, and makes later rewrites of the table fail; a check of ours
// on a column that is no longer described serves nobody.
func (p *planner) removeLeftovers() {
	for i := range p.current.Indexes {
		index := &p.current.Indexes[i]
		switch {
		case index.Valid:
		case p.leftover(index):
			p.dropIndex(index, "remove the invalid index that an interrupted statement left")
			p.dropped = append(p.dropped, index.Name)
		case slices.Contains(p.want.Retire, index.Name): // ours, with the name of a former column: see retireIndexes
		default:
			p.Notices = append(p.Notices, fmt.Sprintf("The index %s is not valid: it finds nothing, takes room, and may slow "+
				"every write. It was not made by this resource, so it is left alone.", postgres.Ident(index.Schema, index.Name)))
		}
	}
	for _, c := range p.current.Constraints {
		if len(c.Columns) != 1 {
			continue
		}
		column := c.Columns[0]
		described := slices.ContainsFunc(p.want.Columns, func(s ColumnSpec) bool {
			return s.Name == column || s.RenamedFrom == column && p.current.Column(s.Name) == nil
		})
		if (c.marks(backfillWord, column) || c.marks(notNullWord, column)) && !described {
			p.quick("remove what an interrupted change of "+column+" left", p.alter("DROP CONSTRAINT "+postgres.Ident(c.Name)))
		}
	}
}

// BeingBuilt reports whether another session is building an index of the table. A run that
// was killed leaves such a session until the server notices.
func (t *Table) BeingBuilt() bool {
	return slices.ContainsFunc(t.Indexes, func(i Index) bool { return i.Building })
}
