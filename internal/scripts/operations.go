// SPDX-License-Identifier: MPL-2.0

// Package scripts renders the action scripts of a custom database connection
// from the description of its user store, and says which SQL they run and which
// privileges that SQL needs. The SQL is written once, in [Statements]; the
// scripts carry it as data, and grants are derived from it.
package scripts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Operation is one thing that Auth0 asks of a custom database, named as the
// script's key in the connection's options.
type Operation string

// The operations, see [Operations].
const (
	Login          Operation = "login"
	GetUser        Operation = "get_user"
	Create         Operation = "create"
	Verify         Operation = "verify"
	ChangePassword Operation = "change_password"
	Delete         Operation = "delete"
	ChangeEmail    Operation = "change_email"
	ChangeUsername Operation = "change_username"
)

// Operations lists every operation, in a stable order.
func Operations() []Operation {
	return []Operation{Login, GetUser, Create, Verify, ChangePassword, Delete, ChangeEmail, ChangeUsername}
}

// Rendered lists the operations that a connection over this store gets a script
// for: with automatic migration only those that hand a user over, otherwise all
// of them, verify where the store knows who is verified, and change_username where there are usernames.
func Rendered(importMode bool, s store.Store) []Operation {
	if importMode {
		return []Operation{Login, GetUser}
	}
	operations := []Operation{Login, GetUser, Create, Verify, ChangePassword, Delete, ChangeEmail}
	if !s.Has(store.EmailVerified) && !s.Owns(string(Verify)) {
		operations = slices.Delete(operations, 3, 4)
	}
	if s.Writes(store.Username) || s.Owns(string(ChangeUsername)) {
		operations = append(operations, ChangeUsername)
	}
	if !s.InDatabase() { // what it offers is said where it is described
		return slices.DeleteFunc(operations, func(op Operation) bool { return Refuses(s, op) != "" })
	}
	return operations
}

// spec is what is fixed about an operation whatever the store.
type spec struct {
	// function is the name of the JavaScript function and file.
	function string
	// arguments is how many come before context and callback.
	arguments int
	// needs are the parts without which the operation cannot work.
	needs []store.Part
	// writes are those among them whose columns it writes.
	writes []store.Part
	// command is what it asks of the relation beside SELECT, "" for nothing.
	command string
}

// specOf is the only list of what the operations need. Ok is false for a name
// that is no operation.
func specOf(op Operation) (s spec, ok bool) {
	switch op {
	case Login:
		return spec{"login", 2, []store.Part{store.ID, store.Email, store.Password}, nil, ""}, true
	case GetUser:
		return spec{"getUser", 1, []store.Part{store.ID, store.Email}, nil, ""}, true
	case Create:
		return spec{
			"create",
			1,
			[]store.Part{store.Email, store.Password},
			[]store.Part{store.Email, store.Password},
			"INSERT",
		}, true
	case Verify:
		return spec{
			"verify",
			1,
			[]store.Part{store.ID, store.Email, store.EmailVerified},
			[]store.Part{store.EmailVerified},
			"UPDATE",
		}, true
	case ChangePassword:
		return spec{
			"changePassword",
			2,
			[]store.Part{store.ID, store.Email, store.Password},
			[]store.Part{store.Password},
			"UPDATE",
		}, true
	case Delete:
		return spec{"deleteUser", 1, []store.Part{store.ID}, nil, "DELETE"}, true
	case ChangeEmail:
		return spec{"changeEmail", 3, []store.Part{store.ID, store.Email}, []store.Part{store.Email}, "UPDATE"}, true
	case ChangeUsername:
		return spec{
			"changeUsername",
			2,
			[]store.Part{store.ID, store.Email, store.Username},
			[]store.Part{store.Username},
			"UPDATE",
		}, true
	}
	return spec{}, false
}

// MissingParts lists the parts that the operation needs and the store lacks, or has no column for that could be written;
// where that is left to SQL of one's own, only the former.
func MissingParts(s store.Store, op Operation) []store.Part {
	known, _ := specOf(op)
	var missing []store.Part
	for _, part := range known.needs {
		if !s.Has(part) || slices.Contains(known.writes, part) && !s.Writes(part) && !s.Owns(string(op)) {
			missing = append(missing, part)
		}
	}
	return missing
}

// Refuses is the command that the operation needs and the relation does not take; of a store that is no table, the operation
// that it does not offer. "" where nothing is in its way, or SQL of one's own does something else.
func Refuses(s store.Store, op Operation) string {
	known, _ := specOf(op)
	if !s.InDatabase() {
		known.command = string(op)
	}
	if op == Delete && s.OnDelete != nil {
		known.command = "UPDATE"
	}
	if slices.Contains(s.Refuses, known.command) && !s.Owns(string(op)) {
		return known.command
	}
	return ""
}

// Possible reports whether the store has what the operation needs: the parts, and a relation that takes the command.
func Possible(s store.Store, op Operation) bool {
	return len(MissingParts(s, op)) == 0 && Refuses(s, op) == ""
}

// RefusedCommandError is returned for an operation whose command the relation does not take.
type RefusedCommandError struct {
	Operation Operation
	Command   string
}

func (e *RefusedCommandError) Error() string {
	if e.Command == string(e.Operation) {
		return fmt.Sprintf("%s is not among the operations that the store offers", e.Operation)
	}
	return fmt.Sprintf("%s needs %s, which the relation does not take", e.Operation, e.Command)
}

// UnknownOperationError is returned for a name that is no operation.
type UnknownOperationError struct{ Operation Operation }

func (e *UnknownOperationError) Error() string {
	return fmt.Sprintf("%q is no operation of a custom database", string(e.Operation))
}

// MissingPartsError is returned when the store lacks what the operation needs.
type MissingPartsError struct {
	Operation Operation
	Missing   []store.Part
	// ReadOnly are those among them that the store has, but no column to write them to.
	ReadOnly []store.Part
}

func newMissingPartsError(s store.Store, op Operation, missing []store.Part) *MissingPartsError {
	e := &MissingPartsError{Operation: op, Missing: missing}
	for _, part := range missing {
		if s.Has(part) {
			e.ReadOnly = append(e.ReadOnly, part)
		}
	}
	return e
}

func (e *MissingPartsError) Error() string {
	var absent, readOnly []string
	for _, part := range e.Missing {
		if slices.Contains(e.ReadOnly, part) {
			readOnly = append(readOnly, string(part))
		} else {
			absent = append(absent, string(part))
		}
	}
	var why []string
	if absent != nil {
		why = append(why, fmt.Sprintf("needs the part %s, which the store does not have",
			strings.Join(absent, " and the part ")))
	}
	if readOnly != nil {
		why = append(why, fmt.Sprintf("writes the part %s, which is only read: through an expression without a column "+
			"(name), or in a generated column", strings.Join(readOnly, " and the part ")))
	}
	return fmt.Sprintf("%s %s", e.Operation, strings.Join(why, ", and "))
}

// ColumnTypeError is returned when a part's column has a type that the scripts
// cannot read or write.
type ColumnTypeError struct {
	Part   store.Part
	Column store.Column
	Want   string
}

func (e *ColumnTypeError) Error() string {
	if e.Column.Expression != nil {
		return fmt.Sprintf("the expression %s for the part %s has "+
			"the type %s; the scripts need %s", e.Column.Expression.SQL, e.Part, e.Column.Type, e.Want)
	}
	return fmt.Sprintf("column %q for the part %s has "+
		"the type %s; the scripts need %s", e.Column.Name, e.Part, e.Column.Type, e.Want)
}

// FilterTypeError is returned for a row filter that is no condition.
type FilterTypeError struct{ Type string }

func (e *FilterTypeError) Error() string {
	return fmt.Sprintf("the row filter has the type %s; it must be a boolean", e.Type)
}

// UnqualifiedTypeError is returned for a citext column whose type does not say in which schema
// the extension is: what compares such values could be anybody's.
type UnqualifiedTypeError struct {
	Part   store.Part
	Column store.Column
}

func (e *UnqualifiedTypeError) Error() string {
	return fmt.Sprintf("column %q for the part %s has the type citext without a schema, so that what compares its values "+
		"could be anybody's operator; write the type with the schema of the extension, for example public.citext, "+
		"or take the store from an auth0pg_users_table", e.Column.Name, e.Part)
}

// ReachError is returned where SQL is wanted and the store is no table.
type ReachError struct{ Reach store.Reach }

func (e *ReachError) Error() string {
	return fmt.Sprintf("there is no SQL for %s, which is no table", store.Store{Reach: e.Reach}.Title())
}
