// SPDX-License-Identifier: MPL-2.0

// Package store describes a user store: which parts of a user it holds, in which
// columns of which type, how an e-mail address is looked up, and through what the
// action scripts reach it. It is the one description from which DDL, the SQL of the
// action scripts, grants, access functions and the audit are derived. Pure values, no I/O.
package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// EmailLookup is the way an e-mail address is compared and kept unique.
type EmailLookup string

const (
	// LowerIndex compares lower(email); a unique index on that expression serves it.
	LowerIndex EmailLookup = "lower_index"
	// CIText relies on an e-mail column of the citext type with a unique index.
	CIText EmailLookup = "citext"
	// Exact compares the column with the lower-cased address; a plain unique index serves it.
	// The column itself is expected to hold lower-cased addresses, as the scripts write them.
	Exact EmailLookup = "exact"
	// UpperIndex compares upper(email), and ExactUpper the column with the address in upper case: for tables whose
	// application looks addresses up so. No table made here has them.
	UpperIndex EmailLookup = "upper_index"
	ExactUpper EmailLookup = "exact_upper"
)

// EmailLookups lists the lookups that a table made here can have, the default first.
func EmailLookups() []EmailLookup { return []EmailLookup{LowerIndex, CIText, Exact} }

// EveryLookup lists those of tables of others, too.
func EveryLookup() []EmailLookup { return append(EmailLookups(), UpperIndex, ExactUpper) }

// Column is where one part of a user is kept, or what it is read through; one of the two is there, or both.
type Column struct {
	// Expression is what the part is read through; nil where that is the column itself.
	Expression *Expression `json:"expression,omitempty"`
	// Generated means that the server works the value out: it is read and never written.
	Generated bool `json:"generated,omitempty"`
	// Name is the column's name, unquoted and case-sensitive; "" for a part that is only read.
	Name string `json:"name,omitempty"`
	// Type is the column's type as Postgres writes it (format_type), for example
	// "uuid" or "character varying(255)"; "" where there is no column.
	Type string `json:"type,omitempty"`
	// Write is what the column gets for a new value of the part, which it has as new.value; nil where that is the value.
	Write *Expression `json:"write,omitempty"`
}

// Written reports whether there is a column that the part can be written to.
func (c Column) Written() bool { return c.Name != "" && !c.Generated }

// ReadType is the type of what is read: the expression's, or that of the column.
func (c Column) ReadType() string {
	if c.Expression != nil {
		return c.Expression.Type
	}
	return c.Type
}

// Expression is SQL over one row of the users table, as the server prints it: columns of the row are qualified by the
// table's name without its schema, everything else that is not in pg_catalog by its schema.
type Expression struct {
	// Reads is what it takes to run it, the users table among it: see [Relation].
	Reads []Relation `json:"reads,omitempty"`
	// Schemas are those that hold something which it uses, sorted; pg_catalog is none of them.
	Schemas []string `json:"schemas,omitempty"`
	// Sequences are those that it names, sorted: whoever runs it draws from them.
	Sequences []Sequence `json:"sequences,omitempty"`
	SQL       string     `json:"sql"`
	// Takes are the columns of the row new that it reads, sorted: parts, or value. Only what is written has such a row.
	Takes []string `json:"takes,omitempty"`
	// Type is the type of its value, in the server's words.
	Type string `json:"type"`
}

// Relation is a table or view with the columns of it that are read, sorted by their names.
type Relation struct {
	Columns []string `json:"columns"`
	Name    string   `json:"name"`
	Schema  string   `json:"schema"`
}

// Sequence is one from which values are drawn.
type Sequence struct {
	Name   string `json:"name"`
	Schema string `json:"schema"`
}

func (e *Expression) check() error {
	if e == nil {
		return nil
	}
	if e.SQL == "" || e.Type == "" {
		return errors.New("an expression lacks its sql or its type")
	}
	if slices.ContainsFunc(e.Sequences, func(s Sequence) bool { return s.Name == "" || s.Schema == "" }) {
		return errors.New("a sequence lacks its name or its schema")
	}
	return checkReads(e.Reads)
}

func checkReads(relations []Relation) error {
	for _, r := range relations {
		if r.Schema == "" || r.Name == "" || len(r.Columns) == 0 || slices.Contains(r.Columns, "") {
			return errors.New("what is read, reads, lacks a schema, a name or columns")
		}
	}
	return nil
}

// Store is the description that the table exports and everything else consumes.
// It holds no secret. Whoever was given one changes neither its map nor what that holds:
// others have the same.
type Store struct {
	// Columns are those of the users table. Of a store that is no table they say which parts it has, and nothing of where.
	Columns     map[Part]Column
	EmailLookup EmailLookup
	Reach       Reach
	// Fills is what the scripts put into columns that are no parts, by the columns' names.
	Fills map[string]Fill
	// OnDelete is what the columns get by their names in place of the row's being deleted; nil where it is deleted. What
	// stands there is over the row.
	OnDelete map[string]*Expression
	// RowFilter is true for the rows that are users, and for no other; nil where all are.
	RowFilter *Expression
	// Reads is what whoever reads the relation needs beside it: of a view that looks at the rights of whoever uses it.
	Reads []Relation
	// Refuses are the commands that the relation does not take, as a view may: DELETE, INSERT and UPDATE, in this order. Of a
	// store that is no table they are the names of the operations that it does not offer, sorted.
	Refuses []string
}

// Fill is what a column gets that is no part.
type Fill struct {
	// Change is what each change of a user puts there, over the row and over the row new of parts as they will be.
	Change *Expression `json:"on_change,omitempty"`
	// Create is what a new user gets, over the row new alone.
	Create *Expression `json:"on_create,omitempty"`
}

// commands are those that a relation can refuse.
var commands = []string{"DELETE", "INSERT", "UPDATE"}

// ValueType is the type in which the scripts have a value of the part, whatever the column's; "" for the id, which has
// that of its column.
func (p Part) ValueType() string {
	switch p {
	case ID:
		return ""
	case EmailVerified, PhoneVerified, Blocked:
		return "boolean"
	case CreatedAt, UpdatedAt, LastLogin, LastPasswordReset, MigratedAt:
		return "timestamp with time zone"
	case UserMetadata, AppMetadata:
		return "jsonb"
	}
	return "text"
}

// Has reports whether the store knows this part.
func (s Store) Has(p Part) bool {
	_, ok := s.Columns[p]
	return ok
}

// Writes reports whether the store has a column for this part that can be written. Where a store that is no table keeps
// a part is its own affair.
func (s Store) Writes(p Part) bool {
	return s.Columns[p].Written() || s.Has(p) && !s.InDatabase()
}

// IDType is the type of the id as it is read, "" when the store has none.
func (s Store) IDType() string { return s.Columns[ID].ReadType() }

// Parts lists the parts that the store knows, in the order of [Parts].
func (s Store) Parts() []Part {
	var kept []Part
	for _, spec := range Parts() {
		if s.Has(spec.Part) {
			kept = append(kept, spec.Part)
		}
	}
	return kept
}

// checkTakes refuses what reads of the row new what that never has.
func (s Store) checkTakes(e *Expression) error {
	if e == nil {
		return nil
	}
	for _, name := range e.Takes {
		if name != "value" && (!s.Has(Part(name)) || Part(name) == ID) {
			return fmt.Errorf("takes names %q, which is no part of the columns that can be read as new", name)
		}
	}
	return nil
}

// checkFills is of what is written into columns that are no parts.
func (s Store) checkFills() error {
	for _, name := range slices.Sorted(maps.Keys(s.Fills)) {
		fill := s.Fills[name]
		if fill.Create == nil && fill.Change == nil {
			return fmt.Errorf("extra_columns.%s lacks on_create and on_change", name)
		}
		err := errors.Join(fill.Create.check(), fill.Change.check(), s.checkTakes(fill.Create), s.checkTakes(fill.Change))
		if err != nil {
			return fmt.Errorf("extra_columns.%s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.OnDelete)) {
		if s.OnDelete[name] == nil {
			return fmt.Errorf("on_delete.%s is null", name)
		}
		if err := s.OnDelete[name].check(); err != nil {
			return fmt.Errorf("on_delete.%s: %w", name, err)
		}
	}
	if s.OnDelete != nil && s.RowFilter == nil {
		return errors.New("on_delete keeps the row of a deleted user, and no row_filter says that it is none")
	}
	return nil
}

// check finds what no store has, whoever wrote it.
func (s Store) check() error {
	for _, part := range slices.Sorted(maps.Keys(s.Columns)) {
		if _, ok := Spec(part); !ok {
			return unknownPart(part)
		}
	}
	if s.Reach == nil {
		return errors.New("it says nothing of what it is reached through")
	}
	if err := s.Reach.check(); err != nil {
		return err
	}
	if !s.InDatabase() {
		return s.checkOperations()
	}
	return s.checkRelation()
}

// checkRelation finds what no users table has.
func (s Store) checkRelation() error {
	if err := s.checkColumns(); err != nil {
		return err
	}
	if err := s.checkFills(); err != nil {
		return err
	}
	if err := s.RowFilter.check(); err != nil {
		return fmt.Errorf("row_filter: %w", err)
	}
	if err := checkReads(s.Reads); err != nil {
		return err
	}
	known := func(command string) bool { return slices.Contains(s.Refuses, command) }
	refused := slices.DeleteFunc(slices.Clone(commands), func(c string) bool { return !known(c) })
	if len(s.Refuses) > 0 && !slices.Equal(refused, s.Refuses) {
		return errors.New("refuses names something else than DELETE, INSERT and UPDATE, in this order and each once")
	}
	if !slices.Contains(EveryLookup(), s.EmailLookup) {
		return fmt.Errorf("email_lookup is %q and not one of lower_index, citext, "+
			"exact, upper_index and exact_upper", s.EmailLookup)
	}
	return nil
}

// checkColumns finds what no column of a users table has.
func (s Store) checkColumns() error {
	for _, part := range slices.Sorted(maps.Keys(s.Columns)) {
		column := s.Columns[part]
		if (column.Name == "") != (column.Type == "") || column.Name == "" && column.Expression == nil {
			return fmt.Errorf("columns.%s lacks a name or a type", part)
		}
		if err := column.Expression.check(); err != nil {
			return fmt.Errorf("columns.%s: %w", part, err)
		}
		if err := errors.Join(column.Write.check(), s.checkTakes(column.Write)); err != nil {
			return fmt.Errorf("columns.%s.write: %w", part, err)
		}
		if column.Write != nil && column.Name == "" {
			return fmt.Errorf("columns.%s has write and no name of a column", part)
		}
	}
	return nil
}

// checkOperations finds what no store has that is no table.
func (s Store) checkOperations() error {
	if !slices.IsSorted(s.Refuses) || len(slices.Compact(slices.Clone(s.Refuses))) != len(s.Refuses) {
		return errors.New("refuses names the operations that are not offered sorted and each once")
	}
	if s.EmailLookup != "" || s.Fills != nil || s.OnDelete != nil || s.RowFilter != nil || s.Reads != nil {
		return errors.New("it has what only a table has; a store that is none has parts, and perhaps refuses")
	}
	return nil
}
