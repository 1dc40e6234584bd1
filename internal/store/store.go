// SPDX-License-Identifier: MPL-2.0

// Package store describes a user store: which parts of a user it holds, in which
// columns of which type, and how an e-mail address is looked up. It is the one
// description from which DDL, the SQL of the action scripts, grants, access
// functions and the audit are derived. Pure values, no I/O.
package store

import "fmt"

// Kind says through what the action scripts reach the users.
type Kind string

const (
	// Table means that scripts read and write the users table itself.
	Table Kind = "table"
	// Functions means that scripts call one SECURITY DEFINER function per operation.
	Functions Kind = "functions"
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
)

// EmailLookups lists every lookup, the default first.
func EmailLookups() []EmailLookup { return []EmailLookup{LowerIndex, CIText, Exact} }

// Column is where one part of a user is kept.
type Column struct {
	// Name is the column's name, unquoted and case-sensitive.
	Name string
	// Type is the column's type as Postgres writes it (format_type), for example
	// "uuid" or "character varying(255)".
	Type string
}

// Store is the description that the table exports and everything else consumes.
// It holds no secret.
type Store struct {
	Kind   Kind
	Schema string
	// Table is the users table's name. With Kind Functions it is the table that
	// the functions stand in front of, and Schema is the functions' schema.
	Table       string
	Columns     map[Part]Column
	EmailLookup EmailLookup
}

// Title names the users table for a message, by no name that does not exist: of a table behind functions the schema is not
// known, since Schema is that of the functions then.
func (s Store) Title() string {
	if s.Kind == Functions {
		return fmt.Sprintf("the users table %q behind the functions in the schema %q", s.Table, s.Schema)
	}
	return fmt.Sprintf("the users table %q.%q", s.Schema, s.Table)
}

// Has reports whether the store keeps this part.
func (s Store) Has(p Part) bool {
	_, ok := s.Columns[p]
	return ok
}

// IDType is the type of the id column, "" when the store has none.
func (s Store) IDType() string { return s.Columns[ID].Type }

// Parts lists the parts that the store keeps, in the order of [Parts].
func (s Store) Parts() []Part {
	var kept []Part
	for _, spec := range Parts() {
		if s.Has(spec.Part) {
			kept = append(kept, spec.Part)
		}
	}
	return kept
}
