// SPDX-License-Identifier: MPL-2.0

package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
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
	// Retire names indexes that were built for an earlier lookup.
	Retire []string
	// RetireLater keeps those for now: until others have moved, they find users by them.
	RetireLater bool
	// Drop lists columns to be dropped.
	Drop []string
	// CreateCIText is the schema in which the extension is first created where it is missing; "" for none.
	CreateCIText string
	// Comment is set on a new table.
	Comment string
}

// Unique asks for a unique index.
type Unique struct {
	Column string
	Lookup Lookup
	// Expression is the key where no column is it, as [ResolveExpressions] returned it; Column is what it is called then.
	Expression string
	// Predicate is the condition for the rows in it, in the same form; "" for all.
	Predicate string
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
	LockExclusive   = "ACCESS EXCLUSIVE"
	LockShareUpdate = "SHARE UPDATE EXCLUSIVE"
	LockRows        = "ROW EXCLUSIVE"
	LockNone        = "none"
)

// Route is the way a change is made.
type Route string

const (
	// Creation is a statement of a new table, which nobody uses yet.
	Creation Route = "create"
	// Catalog statements only touch the catalog: they wait for their lock no longer than
	// lock_timeout, hold it for a moment, and are tried again.
	Catalog Route = "catalog"
	// Validation reads the whole table under a lock that lets everybody read and write.
	Validation Route = "validate"
	// Concurrent statements build or drop an index while everybody reads and writes. They
	// cannot run in a transaction and wait for others.
	Concurrent Route = "concurrently"
	// Backfill statements are repeated, a few pages of the table at a time.
	Backfill Route = "backfill"
	// Rewrite statements write the table or its indexes anew while nobody else gets at it.
	Rewrite Route = "rewrite"
)

// Step is one statement of a plan.
type Step struct {
	SQL  string
	What string
	// Route says how the statement is run, Lock what others find locked meanwhile.
	Route Route
	Lock  string
	// Scans is set when the statement reads the whole table, Rewrites when it writes it anew.
	Scans    bool
	Rewrites bool
	// Rows is the planner's estimate of the rows that are read or written.
	Rows int64
	// Joined steps run in the same transaction as the step before.
	Joined bool
	// Builds names the index that the step creates, so that its validity can be checked.
	Builds string
	// Renames is the new name of the column that the step renames.
	Renames string
	// Undo takes back what the steps before have prepared, when this one finds rows against it.
	Undo string
	// Unbounded lifts the time that a statement may keep others out.
	Unbounded bool
	// Left counts the rows that a backfill has yet to change.
	Left string
}

// Check is a question about the rows that must be answered with none before a plan runs.
type Check struct {
	// SQL counts what stands in the way. Reason has one %d for that number, and One is the reason where it is 1.
	SQL               string
	Column, Attribute string
	Reason, One       string
	Remedy            string
	// Index is set where a unique index is what is not made.
	Index bool
}

// Refusal is something that a plan will not do.
type Refusal struct {
	// Column and Attribute say what asked for it; Attribute is one of the declaration's or "".
	Column    string
	Attribute string
	Reason    string
	Index     bool // see [Check]
	Remedy    string
}

// Plan is what leads from one table to the desired one.
type Plan struct {
	Steps    []Step
	Checks   []Check
	Refusals []Refusal
	// Notices are about the table, not about the plan.
	Notices []string
	// Kept names the indexes of an earlier lookup that a later plan is to drop.
	Kept []string
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
	// current is the table, with columns that the plan renames under their new names.
	current *Table
	want    Desired
	limits  Limits
	table   string // quoted
	// renamed maps new names to those that the columns still have while checks run.
	renamed map[string]string
	// dropped names the indexes that the plan drops before it builds any.
	dropped []string
}

// NewPlan is a pure function from what is there (nil: no table) and what shall be there
// to the statements that lead from one to the other.
func NewPlan(current *Table, want Desired, limits Limits) Plan {
	p := &planner{
		current: current,
		want:    want,
		limits:  limits,
		table:   postgres.Ident(want.Schema, want.Name),
		renamed: map[string]string{},
	}
	if want.CreateCIText != "" {
		p.add(
			Step{SQL: createCIText(want.CreateCIText), What: "make the citext type available", Route: Creation, Lock: LockNone},
		)
	}
	if current == nil {
		p.create()
		return p.Plan
	}
	p.removeLeftovers()
	p.rename()
	for _, i := range generatedLast(want.Columns) {
		column := want.Columns[i]
		have := p.current.Column(column.Name)
		if have == nil {
			p.addColumn(column)
		} else {
			p.alterColumn(have, column)
		}
		p.comment(have, column)
	}
	p.primaryKey()
	p.uniqueIndexes()
	p.retireIndexes()
	p.dropColumns()
	if len(current.Foreign) > 0 && p.touchesRows() {
		p.refuse("", "", "rows would be read or written with "+
			"the rights of the provider, and "+postgres.List(current.Foreign), foreignRemedy)
		p.Checks = nil
	}
	if len(p.Steps) > 0 && !current.Owned {
		p.refuse("", "", fmt.Sprintf("the table belongs to the role %s, "+
			"and only its owner may alter it", postgres.Ident(current.Owner)),
			fmt.Sprintf("Connect as that role or as one of its members, or run GRANT %s TO the role "+
				"that the provider connects as.", postgres.Ident(current.Owner)))
	}
	return p.Plan
}

const foreignRemedy = "Give what is named to the owner of the table or of the database (ALTER … OWNER TO), or " +
	"disable the trigger for the change."

// touchesRows reports whether the plan does more than change the catalog: then functions of triggers, types and
// constraints run.
func (p *planner) touchesRows() bool {
	return len(p.Checks) > 0 ||
		slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Scans || s.Rewrites || s.Route == Backfill })
}

func (p *planner) add(s Step) {
	if p.current != nil && (s.Scans || s.Rewrites) {
		s.Rows = p.current.Rows
	}
	s.Unbounded = s.Route == Rewrite && p.limits.AllowRewrite
	p.Steps = append(p.Steps, s)
}

// quick adds a change of the catalog alone.
func (p *planner) quick(what, sql string) {
	p.add(Step{SQL: sql, What: what, Route: Catalog, Lock: LockExclusive})
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
		if i := slices.IndexFunc(p.want.Columns, func(c ColumnSpec) bool { return c.Name == p.want.PrimaryKey && !c.NotNull }); i >= 0 {
			p.refuse(p.want.PrimaryKey, "nullable", keyIsNotNull, "Set nullable = false.")
		}
		lines = append(lines, "PRIMARY KEY ("+postgres.Ident(p.want.PrimaryKey)+")")
	}
	p.created("create the table", "CREATE TABLE "+p.table+" (\n  "+strings.Join(lines, ",\n  ")+"\n)", "")
	for _, unique := range p.want.Unique {
		if unique.Lookup != NoLookup {
			name := p.indexName(unique, nil)
			p.created("keep "+unique.Column+" unique and find users by it",
				"CREATE UNIQUE INDEX "+postgres.Ident(name)+" ON "+p.table+" ("+unique.key()+")"+unique.where(), name)
		}
	}
	if p.want.Comment != "" {
		p.created("say who made the table", "COMMENT ON TABLE "+p.table+" IS "+postgres.QuoteLiteral(p.want.Comment), "")
	}
	for _, column := range p.want.Columns {
		if column.Comment != nil {
			p.created("comment on "+column.Name, p.commentOn(column), "")
		}
	}
}

func (p *planner) created(what, sql, builds string) {
	p.add(Step{SQL: sql, What: what, Route: Creation, Lock: LockNone, Joined: len(p.Steps) > 0, Builds: builds})
}

const keyIsNotNull = "the column belongs to the primary key, which is never null"

// columnDefinition is a column in CREATE TABLE or ADD COLUMN.
func columnDefinition(c ColumnSpec, notNull bool) string {
	clause := parseDefault(c.Default)
	text := postgres.Ident(c.Name) + " " + c.Type + collate(c.Collation)
	if notNull && clause.Identity == "" {
		text += " NOT NULL"
	}
	return text + clause.written()
}

// rename gives columns their new names, and lets the rest of the plan see the table so.
func (p *planner) rename() {
	for _, column := range p.want.Columns {
		old := p.current.Column(column.RenamedFrom)
		if old == nil || p.current.Column(column.Name) != nil {
			continue
		}
		if old.Inherited {
			p.refuse(column.Name, "name", "the column is inherited, and is renamed "+
				"in the table that it comes from", "Rename it there, or give the part this column's name.")
			continue
		}
		p.add(Step{
			SQL:  p.alter("RENAME COLUMN " + postgres.Ident(old.Name) + " TO " + postgres.Ident(column.Name)),
			What: "rename " + old.Name + " to " + column.Name, Route: Catalog, Lock: LockExclusive, Renames: column.Name,
		})
		p.renamed[column.Name] = old.Name
		renamed := *p.current
		renamed.Columns = slices.Clone(p.current.Columns)
		// Expressions that were read still have the old name, so Quoted stays.
		renamed.Column(old.Name).Name = column.Name
		renamed.Constraints = nil
		for _, c := range p.current.Constraints {
			c.Columns = slices.Clone(c.Columns)
			for i, name := range c.Columns {
				if name == old.Name {
					c.Columns[i] = column.Name
				}
			}
			renamed.Constraints = append(renamed.Constraints, c)
		}
		p.current = &renamed
	}
}

// now is the name that a column has before the plan runs.
func (p *planner) now(column string) string {
	if old, ok := p.renamed[column]; ok {
		return old
	}
	return column
}

// comment changes a column's comment where the configuration has one.
func (p *planner) comment(have *Column, want ColumnSpec) {
	if want.Comment == nil || have != nil && have.Comment == *want.Comment || have == nil && *want.Comment == "" {
		return
	}
	p.add(Step{SQL: p.commentOn(want), What: "comment on " + want.Name, Route: Catalog, Lock: LockShareUpdate})
}

func (p *planner) commentOn(c ColumnSpec) string {
	text := "NULL"
	if *c.Comment != "" {
		text = postgres.QuoteLiteral(*c.Comment)
	}
	return "COMMENT ON COLUMN " + p.table + "." + postgres.Ident(c.Name) + " IS " + text
}

func (p *planner) dropColumns() {
	for _, name := range p.want.Drop {
		have := p.current.Column(name)
		switch {
		case have == nil:
		case have.Inherited:
			p.refuse(name, "", "the column is inherited, and is dropped "+
				"in the table that it comes from", "Drop it there, or set drop_removed_columns = false.")
		case len(have.UsedBy) > 0:
			p.refuse(name, "", fmt.Sprintf("dropping the column %s would break %s",
				postgres.Ident(name), postgres.List(have.UsedBy)),
				"Remove what depends on the column first, or set drop_removed_columns = false.")
		case len(have.GrantedTo) > 0:
			p.refuse(name, "", fmt.Sprintf("the column %s is granted to %s, whose scripts may still use it, "+
				"and logins would fail without it", postgres.Ident(name), postgres.List(have.GrantedTo)),
				"Apply with drop_removed_columns = false first: the column is then forgotten, and the scripts and their role no "+
					"longer use it. Set drop_removed_columns = true afterwards to drop it.")
		default:
			p.quick("drop "+name+" with its data", p.alter("DROP COLUMN "+postgres.Ident(name)))
		}
	}
}
