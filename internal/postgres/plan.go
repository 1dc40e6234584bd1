// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"fmt"
	"slices"
	"strings"
)

// Desired is the part of a table that the configuration describes.
type Desired struct {
	Schema  string
	Name    string
	Columns []ColumnSpec
	// PrimaryKey is the column of the primary key; "" leaves the key as it is.
	PrimaryKey string
	// Unique lists the columns that are looked up and kept unique by an index.
	Unique []Unique
	// Drop lists columns to be dropped.
	Drop []string
	// CreateCIText creates the extension first where it is missing.
	CreateCIText bool
	// Comment is set on a new table.
	Comment string
}

// Unique asks for a unique index.
type Unique struct {
	Column string
	Lookup Lookup
}

// Limits say what a plan may do without being told so in so many words.
type Limits struct {
	// Version is the server's server_version_num.
	Version int
	// RewriteRows is the number of rows up to which a table may be rewritten under an exclusive lock.
	RewriteRows int64
	// AllowRewrite lifts that limit.
	AllowRewrite bool
}

// Locks as the documentation names them (section 13.3).
const (
	lockExclusive   = "ACCESS EXCLUSIVE"
	lockShareUpdate = "SHARE UPDATE EXCLUSIVE"
	lockRows        = "ROW EXCLUSIVE"
	lockNone        = "none"
)

// StepKind says how the executor runs a statement.
type StepKind string

const (
	// Quick statements only touch the catalog: they wait for their lock no longer than
	// lock_timeout and are tried again.
	Quick StepKind = "quick"
	// Long statements read or rewrite the whole table.
	Long StepKind = "long"
	// Concurrent statements cannot run in a transaction and wait for other transactions.
	Concurrent StepKind = "concurrent"
	// Batches statements are repeated until they change no row.
	Batches StepKind = "batches"
)

// Step is one statement of a plan.
type Step struct {
	SQL  string
	What string
	Kind StepKind
	Lock string
	// Scans is set when the statement reads the whole table, Rewrites when it writes it anew.
	Scans    bool
	Rewrites bool
	// Joined steps run in the same transaction as the step before.
	Joined bool
	// Builds names the index that the step creates, so that its validity can be checked.
	Builds string
}

// Refusal is something that a plan will not do.
type Refusal struct {
	// Column and Attribute say what asked for it; Attribute is one of the declaration's or "".
	Column    string
	Attribute string
	Reason    string
	Remedy    string
}

// Plan is what leads from one table to the desired one.
type Plan struct {
	Steps    []Step
	Refusals []Refusal
}

// Statements lists the plan's SQL.
func (p Plan) Statements() []string {
	statements := make([]string, len(p.Steps))
	for i, step := range p.Steps {
		statements[i] = step.SQL
	}
	return statements
}

// planner collects the steps of one plan.
type planner struct {
	Plan
	current *Table
	want    Desired
	limits  Limits
	table   string // quoted
}

// PlanTable is a pure function from what is there (nil: no table) and what shall be there
// to the statements that lead from one to the other.
func PlanTable(current *Table, want Desired, limits Limits) Plan {
	p := &planner{current: current, want: want, limits: limits, table: ident(want.Schema, want.Name)}
	if want.CreateCIText {
		p.add(Step{SQL: createCITextSQL, What: "make the citext type available", Kind: Quick, Lock: lockNone})
	}
	if current == nil {
		p.create()
		return p.Plan
	}
	p.removeLeftovers()
	for _, column := range want.Columns {
		have := current.Column(column.Name)
		if have == nil {
			p.addColumn(column)
		} else {
			p.alterColumn(have, column)
		}
	}
	p.primaryKey()
	p.uniqueIndexes()
	p.dropColumns()
	if len(p.Steps) > 0 && !current.Owned {
		p.refuse("", "", fmt.Sprintf("the table belongs to the role %s, and only its owner may alter it", ident(current.Owner)),
			fmt.Sprintf("Connect as that role or as one of its members, or run GRANT %s TO the role that the provider connects as.", ident(current.Owner)))
	}
	return p.Plan
}

func (p *planner) add(s Step) { p.Steps = append(p.Steps, s) }

// quick adds a change of the catalog alone.
func (p *planner) quick(what, sql string) {
	p.add(Step{SQL: sql, What: what, Kind: Quick, Lock: lockExclusive})
}

func (p *planner) refuse(column, attribute, reason, remedy string) {
	p.Refusals = append(p.Refusals, Refusal{Column: column, Attribute: attribute, Reason: reason, Remedy: remedy})
}

// alter is ALTER TABLE with its actions.
func (p *planner) alter(actions ...string) string {
	return "ALTER TABLE " + p.table + " " + strings.Join(actions, ", ")
}

// create plans a new table: everything in one transaction, so that an interrupted run
// leaves nothing behind.
func (p *planner) create() {
	var lines []string
	for _, column := range p.want.Columns {
		lines = append(lines, columnDefinition(column, column.NotNull))
	}
	if p.want.PrimaryKey != "" {
		lines = append(lines, "PRIMARY KEY ("+ident(p.want.PrimaryKey)+")")
	}
	p.add(Step{
		SQL:  "CREATE TABLE " + p.table + " (\n  " + strings.Join(lines, ",\n  ") + "\n)",
		What: "create the table", Kind: Quick, Lock: lockNone, Joined: len(p.Steps) > 0,
	})
	for _, unique := range p.want.Unique {
		if unique.Lookup == NoLookup {
			continue
		}
		name := p.indexName(unique, nil)
		p.add(Step{
			SQL:  "CREATE UNIQUE INDEX " + ident(name) + " ON " + p.table + " (" + unique.key() + ")",
			What: "keep " + unique.Column + " unique and find users by it", Kind: Quick, Lock: lockNone, Joined: true, Builds: name,
		})
	}
	if p.want.Comment != "" {
		p.add(Step{
			SQL:  "COMMENT ON TABLE " + p.table + " IS " + quoteLiteral(p.want.Comment),
			What: "say who made the table", Kind: Quick, Lock: lockNone, Joined: true,
		})
	}
}

// columnDefinition is a column in CREATE TABLE or ADD COLUMN.
func columnDefinition(c ColumnSpec, notNull bool) string {
	clause := parseDefault(c.Default)
	text := ident(c.Name) + " " + c.Type + collate(c.Collation)
	if notNull && clause.Identity == "" {
		text += " NOT NULL"
	}
	return text + clause.written()
}

// key is the index key.
func (u Unique) key() string {
	if u.Lookup == LowerLookup {
		return "lower(" + ident(u.Column) + ")"
	}
	return ident(u.Column)
}

func (p *planner) indexName(u Unique, taken []string) string {
	words := []string{p.want.Name, u.Column}
	if u.Lookup == LowerLookup {
		words = append(words, "lower")
	}
	return freeName(taken, append(words, "key")...)
}

// primaryKey adds the key to a table that has none.
func (p *planner) primaryKey() {
	have := p.current.PrimaryKey()
	if p.want.PrimaryKey == "" || slices.Equal(have, []string{p.want.PrimaryKey}) {
		return
	}
	if have != nil {
		p.refuse(p.want.PrimaryKey, "", fmt.Sprintf("the table has another primary key: (%s)", idents(have)),
			"Name its column as the part id, or set primary_key = false.")
		return
	}
	unique := Unique{Column: p.want.PrimaryKey, Lookup: PlainLookup}
	name := ""
	if index := p.current.LookupIndex(unique.Column, PlainLookup); index != nil && index.Constraint == "" && index.Schema == p.current.Schema {
		name = index.Name
	} else {
		name = objectName(p.want.Name, "pkey")
		if p.leftover(name) == nil {
			name = freeName(p.current.Relations, p.want.Name, "pkey")
		}
		p.buildIndex(unique, name)
	}
	described := slices.ContainsFunc(p.want.Columns, func(c ColumnSpec) bool { return c.Name == p.want.PrimaryKey && c.NotNull })
	if c := p.current.Column(p.want.PrimaryKey); !described && (c == nil || !c.NotNull || c.NotNullUnproven) {
		p.setNotNull(p.want.PrimaryKey)
	}
	p.quick("make "+p.want.PrimaryKey+" the primary key", p.alter("ADD PRIMARY KEY USING INDEX "+ident(name)))
}

// uniqueIndexes builds the indexes that lookups need.
func (p *planner) uniqueIndexes() {
	for _, unique := range p.want.Unique {
		if unique.Lookup == NoLookup || p.current.LookupIndex(unique.Column, unique.Lookup) != nil {
			continue
		}
		if unique.Column == p.want.PrimaryKey && unique.Lookup == PlainLookup {
			continue
		}
		name := p.indexName(unique, nil)
		if p.leftover(name) == nil {
			name = p.indexName(unique, p.current.Relations)
		}
		p.buildIndex(unique, name)
	}
}

// buildIndex creates a unique index without keeping anybody from reading or writing.
func (p *planner) buildIndex(u Unique, name string) {
	if p.current.Kind == "p" {
		p.refuse(u.Column, "", "the table is partitioned, and a unique index on it cannot be built without blocking writes",
			"Create the index by hand, one partition after the other, and apply again.")
		return
	}
	p.add(Step{
		SQL:  "CREATE UNIQUE INDEX CONCURRENTLY " + ident(name) + " ON " + p.table + " (" + u.key() + ")",
		What: "keep " + u.Column + " unique and find users by it", Kind: Concurrent, Lock: lockShareUpdate, Scans: true, Builds: name,
	})
}

// leftover returns the invalid index that an interrupted build of ours has left under
// this name. It is ours beyond doubt when it has our name and our shape.
func (p *planner) leftover(name string) *Index {
	for i := range p.current.Indexes {
		index := &p.current.Indexes[i]
		if index.Name != name || index.Valid || index.Constraint != "" || index.Schema != p.current.Schema {
			continue
		}
		for _, unique := range p.lookups() {
			if p.current.hasLookupShape(index, unique.Column, unique.Lookup) {
				return index
			}
		}
	}
	return nil
}

// lookups are the unique indexes that the plan may build.
func (p *planner) lookups() []Unique {
	all := p.want.Unique
	if p.want.PrimaryKey != "" {
		all = append(slices.Clone(all), Unique{Column: p.want.PrimaryKey, Lookup: PlainLookup})
	}
	return all
}

// removeLeftovers drops what an interrupted build of ours has left. An invalid index finds
// nothing, costs every write, and makes later rewrites of the table fail.
func (p *planner) removeLeftovers() {
	names := []string{objectName(p.want.Name, "pkey")}
	for _, unique := range p.want.Unique {
		names = append(names, p.indexName(unique, nil))
	}
	for _, name := range names {
		if index := p.leftover(name); index != nil && !index.Building {
			p.add(Step{
				SQL:  "DROP INDEX CONCURRENTLY " + ident(index.Schema, index.Name),
				What: "remove the invalid index that an interrupted build left", Kind: Concurrent, Lock: lockShareUpdate,
			})
		}
	}
}

func (p *planner) dropColumns() {
	for _, name := range p.want.Drop {
		if p.current.Column(name) != nil {
			p.quick("drop "+name+" with its data", p.alter("DROP COLUMN "+ident(name)))
		}
	}
}
