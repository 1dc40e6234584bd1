// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"slices"
)

// Reach is through what the action scripts get at the users: a [Table], [Functions], an [API] or a [Tenant], and nothing else. Nil
// is a store that says nothing of it.
type Reach interface {
	// users is the table in which the users are; ok is false for a store that is no table of a database.
	users() (t Table, ok bool)
	// title names it for a message.
	title() string
	// check finds what none of its kind has.
	check() error
}

// Table means that scripts read and write the users table itself.
type Table struct {
	Schema string
	Name   string
}

// Functions means that scripts call one SECURITY DEFINER function for each statement.
type Functions struct {
	// Schema is that of the functions.
	Schema string
	// Own are the names of those whose SQL is one's own, sorted: they can do what the parts say nothing of.
	Own []string
	// Table is the one that they stand in front of.
	Table Table
}

func (t Table) users() (Table, bool)     { return t, true }
func (f Functions) users() (Table, bool) { return f.Table, true }

// Title names for a message where the users are.
func (t Table) Title() string { return fmt.Sprintf("the users table %q.%q", t.Schema, t.Name) }

func (t Table) title() string { return t.Title() }
func (f Functions) title() string {
	return fmt.Sprintf("%s behind the functions in the schema %q", f.Table.Title(), f.Schema)
}

func (t Table) check() error {
	if t.Schema == "" || t.Name == "" {
		return errors.New("the table lacks a schema or a name")
	}
	return nil
}

func (f Functions) check() error {
	if f.Schema == "" || slices.Contains(f.Own, "") {
		return errors.New("functions lacks a schema, or the name of one")
	}
	if !slices.IsSorted(f.Own) || len(slices.Compact(slices.Clone(f.Own))) < len(f.Own) {
		return errors.New("functions.statements names one twice, or is not sorted")
	}
	return f.Table.check()
}

// Through is the store of a table as it is reached through functions in the schema, of which these have SQL of one's own.
func (s Store) Through(schema string, own ...string) Store {
	s.Reach = Functions{Schema: schema, Own: slices.Sorted(slices.Values(own)), Table: s.Table()}
	return s
}

// Owns reports whether the function of that name has SQL of one's own.
func (s Store) Owns(function string) bool {
	f, _ := s.Functions()
	return slices.Contains(f.Own, function)
}

// Direct is the store with its table reached without functions; one that is no table stays what it is.
func (s Store) Direct() Store {
	if s.InDatabase() {
		s.Reach = s.Table()
	}
	return s
}

// InDatabase reports whether the users are in a table of a PostgreSQL database, whatever stands in front of it, as they
// are where nothing else is said. Of other stores there are no columns, no SQL and no privileges.
func (s Store) InDatabase() bool {
	if s.Reach == nil {
		return true
	}
	_, ok := s.Reach.users()
	return ok
}

// Table is the one in which the users are, whatever stands in front of it; the zero value for a store that is no
// table, and where Reach is nil.
func (s Store) Table() Table {
	if s.Reach == nil {
		return Table{}
	}
	t, _ := s.Reach.users()
	return t
}

// Functions are those that stand in front of the table; ok is false for everything else.
func (s Store) Functions() (f Functions, ok bool) {
	f, ok = s.Reach.(Functions)
	return f, ok
}

// Title names for a message what the scripts talk to.
func (s Store) Title() string {
	if s.Reach == nil {
		return s.Table().Title()
	}
	return s.Reach.title()
}
