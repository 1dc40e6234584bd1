// SPDX-License-Identifier: MPL-2.0

// Package table reads and changes a users table. Statements are planned as pure values first and executed
// afterwards, so that what runs is what was shown.
package table

import (
	"cmp"
	"slices"
)

// Table is one table as the catalog describes it. It holds everything that a plan depends
// on, so that the same value always gives the same plan; it is kept as JSON.
type Table struct {
	Schema string
	Name   string
	// Kind is pg_class.relkind: "r" a plain table, "p" a partitioned one.
	Kind string
	// Owner is the owning role; Owned says whether the inspecting role may alter the table.
	Owner string
	Owned bool
	// Inherits is set for a child or a partition, HasChildren for a parent.
	Inherits    bool `json:",omitempty"`
	HasChildren bool `json:",omitempty"`
	// Rows is the planner's estimate, not a count.
	Rows int64
	// Comment is the table's comment.
	Comment string `json:",omitempty"`

	Columns     []Column
	Indexes     []Index
	Constraints []Constraint
	// Foreign says what could run code of a role that is not trusted where rows are read or written, each a sentence's
	// part such as "the trigger x calls a function of the role y".
	Foreign []string `json:",omitempty"`
	// Relations are the names in the schema that begin like ours, so that a new index gets a free one.
	Relations []string `json:",omitempty"`
	// Capitals is set where addresses in the column that was asked about have capitals, see [ReadCapitals].
	Capitals bool `json:",omitempty"`
	// Meanings are the keys of unique indexes that are expressions, in the form of [ResolveExpressions], by the catalog's text.
	Meanings map[string]string `json:",omitempty"`
	// Implied are the predicates of partial indexes that hold every user, see [Serving].
	Implied []string `json:",omitempty"`
}

// Column is one column of a table.
type Column struct {
	Name string
	// Quoted is the name as the server writes it inside expressions.
	Quoted string
	// Type is the type in the server's own words, for example "character varying(255)".
	Type string
	// Base is the type that a domain is over, "" where the type is none.
	Base string `json:",omitempty"`
	// Collation is "" for the type's default one.
	Collation string `json:",omitempty"`
	NotNull   bool   `json:",omitempty"`
	// NotNullUnproven means that NOT NULL holds for new rows only (NOT VALID, Postgres 18).
	NotNullUnproven bool `json:",omitempty"`
	// Default is the DEFAULT expression, or the identity or generated clause; "" for none.
	Default string `json:",omitempty"`
	// Inherited columns are altered through the parent.
	Inherited bool   `json:",omitempty"`
	Comment   string `json:",omitempty"`
	// UsedBy describes the views, policies, triggers and functions that name the column.
	UsedBy []string `json:",omitempty"`
	// GrantedTo lists the roles that have privileges on the column itself.
	GrantedTo []string `json:",omitempty"`
}

// Index is one index of a table.
type Index struct {
	Schema     string
	Name       string
	Definition string
	// Body is the definition from the access method on.
	Body    string
	Method  string
	Unique  bool `json:",omitempty"`
	Primary bool `json:",omitempty"`
	Valid   bool `json:",omitempty"`
	// Building is set while another session creates the index concurrently.
	Building bool `json:",omitempty"`
	// Keys are the key columns and expressions in the server's own words.
	Keys []string
	// Predicate is the condition of a partial index.
	Predicate string `json:",omitempty"`
	// Constraint is the constraint that owns the index, if any.
	Constraint string `json:",omitempty"`
}

// Constraint is one constraint of a table.
type Constraint struct {
	Name string
	// Kind is pg_constraint.contype: p, u, c, f, x, n or t.
	Kind       string
	Columns    []string
	Definition string
	Valid      bool `json:",omitempty"`
}

// ValueType is the type of the column's values: that which a domain is over, or the column's own.
func (c *Column) ValueType() string { return cmp.Or(c.Base, c.Type) }

// Column returns the column of that name, nil when there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Constraint returns the constraint of that name, nil when there is none.
func (t *Table) Constraint(name string) *Constraint {
	for i := range t.Constraints {
		if t.Constraints[i].Name == name {
			return &t.Constraints[i]
		}
	}
	return nil
}

// PrimaryKey lists the columns of the primary key.
func (t *Table) PrimaryKey() []string {
	for _, c := range t.Constraints {
		if c.Kind == "p" {
			return c.Columns
		}
	}
	return nil
}

// Lookup is the way a column's values are kept unique and found.
type Lookup string

const (
	// NoLookup means that no unique index is asked for.
	NoLookup Lookup = ""
	// PlainLookup is a unique index on the column itself.
	PlainLookup Lookup = "plain"
	// LowerLookup is a unique index on lower(column).
	LowerLookup Lookup = "lower"
)

// LookupIndex returns the index that keeps the column unique under the lookup and finds a
// user by it: unique, valid, with every user in it and on that one key. It is nil when there is none.
func (t *Table) LookupIndex(column string, lookup Lookup) *Index {
	for i := range t.Indexes {
		if index := &t.Indexes[i]; index.Valid && t.hasLookupShape(index, column, lookup) {
			return index
		}
	}
	return nil
}

// serving is the valid index that is asked for.
func (t *Table) serving(u Unique) *Index {
	for i := range t.Indexes {
		if index := &t.Indexes[i]; index.Valid && t.hasShape(index, u) {
			return index
		}
	}
	return nil
}

// hasShape ignores whether the index is valid.
func (t *Table) hasShape(index *Index, u Unique) bool {
	if u.Expression == "" {
		return t.hasLookupShape(index, u.Column, u.Lookup)
	}
	return index.Unique && index.Method == "btree" && len(index.Keys) == 1 && t.Meanings[index.Keys[0]] == u.Expression &&
		(index.Predicate == "" || slices.Contains(t.Implied, index.Predicate))
}

// hasLookupShape ignores whether the index is valid.
func (t *Table) hasLookupShape(index *Index, column string, lookup Lookup) bool {
	c := t.Column(column)
	if c == nil || !index.Unique || index.Method != "btree" ||
		index.Predicate != "" && !slices.Contains(t.Implied, index.Predicate) ||
		len(index.Keys) != 1 {
		return false
	}
	key := index.Keys[0]
	if lookup == PlainLookup {
		return key == c.Quoted
	}
	// The cast is there for every type but text.
	return key == "lower("+c.Quoted+")" || key == "lower(("+c.Quoted+")::text)"
}
