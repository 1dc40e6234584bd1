// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Param is one placeholder of a statement.
type Param struct {
	// Name is what the value is, for example "email" or "new_email".
	Name string
	// Part is the part whose column the value is compared with or written to.
	Part store.Part
}

// Statement is one SQL command that a script runs.
type Statement struct {
	// Name is unique within the operation.
	Name string
	SQL  string
	// Params are the values of $1, $2 and so on.
	Params []Param
	// ReadOnly statements can be repeated without harm.
	ReadOnly bool
	// Computes are the columns that get the value of an expression, which may fail for one user and not for another.
	Computes []string

	uses map[use]bool
}

// use is one column that a statement touches in one way; "" is the whole table, for a privilege that has no columns.
type use struct {
	privilege string
	on        store.Table
	column    string
}

// Rows that one look-up may return: one is a user, two are reason to refuse, and
// a few more tell the log how bad it is.
const lookupLimit = 10

// Feature is something that a script does only when asked to, and that needs SQL
// and privileges of its own.
type Feature string

// RehashOnLogin replaces a legacy hash at login, which needs login to update it.
const RehashOnLogin Feature = "rehash_on_login"

// Statements lists the SQL that the operation's script runs against the store.
// All of it is listed, also what a script runs only in one of its modes.
func Statements(s store.Store, op Operation, features ...Feature) ([]Statement, error) {
	if _, behind := s.Functions(); behind {
		return functionStatements(s, op, features...)
	}
	return tableStatements(s, op, features...)
}

// tableStatements are those that run on the table itself, with functions in front of it or without. One whose function has
// SQL of one's own has no text here, and takes nothing.
func tableStatements(s store.Store, op Operation, features ...Feature) ([]Statement, error) {
	if err := Check(s, op, features...); err != nil {
		return nil, err
	}
	if s.Reach == nil || !s.InDatabase() {
		return nil, &ReachError{s.Reach}
	}
	var statements []Statement
	for _, name := range statementNames(s, op, features...) {
		if s.Owns(functionName(op, name)) {
			statements = append(statements, ownStatement(op, name))
		} else {
			statements = append(statements, write(s, op, name))
		}
	}
	return statements, nil
}

// statementNames are the statements that the operation runs, the one that the operation is about first.
func statementNames(s store.Store, op Operation, features ...Feature) []string {
	names := []string{mainName(op)}
	switch op {
	case Login:
		if s.Writes(store.LastLogin) || s.Owns(functionName(op, recordLoginName)) {
			names = append(names, recordLoginName)
		}
		if s.Writes(store.MigratedAt) {
			names = append(names, recordMigrationName)
		}
		if slices.Contains(features, RehashOnLogin) {
			names = append(names, rehashName)
		}
	case GetUser:
		names = append(names, findByIDName)
	}
	return names
}

// mainName is the statement that the operation is about.
func mainName(op Operation) string {
	switch op {
	case Login, GetUser:
		return findName
	case Create:
		return "insert"
	case Verify:
		return "mark_verified"
	case ChangePassword:
		return "set_password"
	case Delete:
		return "delete"
	case ChangeEmail:
		return "set_email"
	default: // ChangeUsername, the only one left
		return "set_username"
	}
}

// write is the statement of that name.
func write(s store.Store, op Operation, name string) Statement {
	switch name {
	case findName:
		return find(s, op == Login)
	case findByIDName:
		return findByID(s)
	case recordLoginName:
		return recordLogin(s)
	case recordMigrationName:
		return recordMigration(s)
	case rehashName:
		return rehash(s)
	case "insert":
		return insert(s)
	case "mark_verified":
		return markVerified(s)
	case "set_password":
		return setPassword(s)
	case "delete":
		return deleteUser(s)
	case "set_email":
		return setEmail(s)
	default: // set_username, the only one left
		return setUsername(s)
	}
}

// Check tells why there is no script for the operation over the store: an [UnknownOperationError], a [MissingPartsError], a
// [RefusedCommandError] or what [CheckTypes] returns.
func Check(s store.Store, op Operation, features ...Feature) error {
	if _, ok := specOf(op); !ok {
		return &UnknownOperationError{op}
	}
	missing := MissingParts(s, op)
	if op == Login && slices.Contains(features, RehashOnLogin) && s.Has(store.Password) && !s.Writes(store.Password) &&
		!s.Owns(functionName(Login, rehashName)) {
		missing = append(missing, store.Password)
	}
	if len(missing) > 0 {
		return newMissingPartsError(s, op, missing)
	}
	if command := Refuses(s, op); command != "" {
		return &RefusedCommandError{op, command}
	}
	if !s.InDatabase() {
		return nil
	}
	return CheckTypes(s)
}

// CheckTypes refuses the types of columns and expressions that the SQL below has no form for. Its errors are a
// [ColumnTypeError], an [UnqualifiedTypeError] and a [FilterTypeError].
func CheckTypes(s store.Store) error {
	if s.RowFilter != nil && familyOf(store.Column{Type: s.RowFilter.Type}) != familyBoolean {
		return &FilterTypeError{s.RowFilter.Type}
	}
	for _, part := range s.Parts() {
		column := s.Columns[part]
		if e := column.Expression; e != nil {
			read := store.Column{Expression: e, Type: e.Type}
			if err := checkType(s, part, read); err != nil {
				return err
			}
			if part == store.Blocked && familyOf(read) == familyTimestamp {
				return &ColumnTypeError{part, read, "boolean, as whether a time is there or has come is for the expression to say"}
			}
		}
		if column.Name == "" || column.Write != nil && column.Expression != nil {
			continue // what is written is of the column's type, as the server has checked
		}
		if err := checkType(s, part, store.Column{Name: column.Name, Type: column.Type}); err != nil &&
			(column.Expression == nil || part != store.Email) {
			return err
		}
	}
	return nil
}

// checkType is of a column or of an expression, which stands alone then.
func checkType(s store.Store, part store.Part, column store.Column) error {
	f := familyOf(column)
	if name, ok := citextType(column); ok && len(name) == 1 {
		return &UnqualifiedTypeError{part, column}
	}
	switch part {
	case store.EmailVerified, store.PhoneVerified, store.Blocked:
		if f != familyBoolean && f != familyInteger && f != familyTimestamp {
			return &ColumnTypeError{part, column, "boolean, an integer (0 or 1) or a timestamp (null or when)"}
		}
	case store.CreatedAt, store.UpdatedAt, store.LastLogin, store.LastPasswordReset, store.MigratedAt:
		if f != familyTimestamp {
			return &ColumnTypeError{part, column, "a timestamp or a date"}
		}
	case store.UserMetadata, store.AppMetadata:
		if f != familyJSON && f != familyText {
			return &ColumnTypeError{part, column, "jsonb, json or text"}
		}
	case store.Email:
		if s.EmailLookup == store.CIText && f != familyCIText {
			return &ColumnTypeError{part, column, "citext, as the e-mail lookup is citext"}
		}
	}
	if !holdsText(part, column) {
		return &ColumnTypeError{part, column, "a type that holds text as it is written, such as text or character varying"}
	}
	return nil
}

// holdsText reports whether the column gives back what the scripts write into it. Bytes and arrays have a text of their own,
// but for the hash, of which bytes are read as the characters that they stand for,
// and what is compared, an address, a user name or a hash, is in no integer, date or the like. A type of somebody's, such as a
// domain or an enumeration, may do.
func holdsText(part store.Part, column store.Column) bool {
	f := familyOf(column)
	if f == familyBinary {
		return isHashInBytes(part, column)
	}
	switch part {
	case store.Email, store.Username, store.Password:
		return f == familyText || f == familyCIText || f == familyOther
	case store.ID:
		return f != familyBoolean && f != familyTimestamp && f != familyJSON
	}
	return true
}

// skips tells whether the script with these options never runs a statement of its operation: one of another mode.
func (o Options) skips(statement Statement, all []Statement) bool {
	switch statement.Name {
	case recordMigrationName:
		return !o.ImportMode
	case recordLoginName:
		return o.ImportMode && slices.ContainsFunc(all, func(s Statement) bool { return s.Name == recordMigrationName })
	}
	return false
}

// The names of statements that are told apart; the two that record a login exclude each other.
const (
	findName            = "find"
	findByIDName        = "find_by_id"
	recordLoginName     = "record_login"
	recordMigrationName = "record_migration"
	rehashName          = "rehash"
)

// find looks a user up by what the user typed. Where there are usernames, one
// statement looks for both: a second one would cost unknown users a second round
// trip and so tell them apart.
func find(s store.Store, withPassword bool) Statement {
	b := newBuilder(s)
	outputs := b.profile()
	if withPassword {
		outputs = append(outputs, b.output(store.Password))
		if s.Has(store.PasswordSalt) {
			outputs = append(outputs, b.output(store.PasswordSalt))
		}
	}
	where := b.isEmail("identifier")
	if s.Has(store.Username) {
		outputs = append(outputs, where+" AS found_by_email")
		where += " OR " + b.isUsername("identifier")
		if s.RowFilter != nil {
			where = "(" + where + ")"
		}
	}
	return b.statement(findName, true, fmt.Sprintf("SELECT %s\nFROM %s\nWHERE %s\nLIMIT %d",
		strings.Join(outputs, ", "), b.table(), b.ofUsers(where), lookupLimit))
}

// findByID looks a user up by the id that Auth0 knows, as it does for passkeys.
func findByID(s store.Store) Statement {
	b := newBuilder(s)
	outputs := b.profile()
	return b.statement(findByIDName, true, fmt.Sprintf("SELECT %s\nFROM %s\nWHERE %s\nLIMIT %d",
		strings.Join(outputs, ", "), b.table(), b.ofUsers(b.isID()), lookupLimit))
}

// recordLogin keeps the time of a login.
func recordLogin(s store.Store) Statement {
	b := newBuilder(s)
	return b.updateByID(recordLoginName, givenNow(store.LastLogin))
}

// updateByID is a note about a user and no change of one: neither the time of the last change nor what follows from a
// change goes with it.
func (b *builder) updateByID(name string, changes ...given) Statement {
	return b.statement(name, false, fmt.Sprintf("UPDATE %s\nSET %s\nWHERE %s",
		b.table(), sets(b.assign("UPDATE", changes, nil)), b.ofUsers(b.isID())))
}

// recordMigration keeps the time at which a user was first handed to Auth0.
func recordMigration(s store.Store) Statement {
	b := newBuilder(s)
	first := fmt.Sprintf("COALESCE(%s, CURRENT_TIMESTAMP)", b.read(store.MigratedAt))
	changes := []given{{store.MigratedAt, first, first}}
	if s.Writes(store.LastLogin) {
		changes = append(changes, givenNow(store.LastLogin))
	}
	return b.updateByID(recordMigrationName, changes...)
}

// rehash replaces the hash that was compared with, unless it has changed since.
func rehash(s store.Store) Statement {
	b := newBuilder(s)
	statement := b.updateByID(rehashName, b.givenHash()...)
	statement.SQL += "\n  AND " + b.text(store.Password) + equals + b.param("old_password", store.Password)
	statement.Params = b.params
	return statement
}

// insert adds a user. Who signs up is never verified or blocked, whatever the
// request says; the id comes from the column's default, unless something writes it.
func insert(s store.Store) Statement { return newBuilder(s).insertUser() }

func (b *builder) insertUser() Statement {
	var changes []given
	for _, part := range b.store.Parts() {
		if !b.store.Writes(part) {
			continue
		}
		switch {
		case (part == store.ID || part == store.PasswordSalt) && b.store.Columns[part].Write != nil:
			changes = append(changes, givenNothing(part))
		case !givenAtSignUp(part):
		case part == store.Email:
			changes = append(changes, b.givenEmail("email"))
		case part.ValueType() == "boolean":
			changes = append(changes, b.givenFlag(part, false))
		case part == store.CreatedAt || part == store.UpdatedAt:
			changes = append(changes, givenNow(part))
		default:
			changes = append(changes, b.givenParam(string(part), part))
		}
	}
	var columns, values []string
	for _, a := range b.assign("INSERT", changes, onCreate) {
		columns, values = append(columns, a.column), append(values, a.value)
	}
	return b.statement("insert", false, fmt.Sprintf("INSERT INTO %s (%s)\nVALUES (%s)",
		b.table(), strings.Join(columns, ", "), strings.Join(values, ", ")))
}

// markVerified keeps the time of the first confirmation, where the column holds a time.
func markVerified(s store.Store) Statement {
	b := newBuilder(s)
	verified := b.givenFlag(store.EmailVerified, true)
	if column := s.Columns[store.EmailVerified]; column.Write == nil && familyOf(column) == familyTimestamp {
		verified.column = fmt.Sprintf("COALESCE(%s, %s)", b.stored(store.EmailVerified), verified.column)
	}
	return b.updateOne("mark_verified", b.isEmail, "email", verified)
}

func setPassword(s store.Store) Statement {
	b := newBuilder(s)
	changes := b.givenHash()
	if s.Writes(store.LastPasswordReset) {
		changes = append(changes, givenNow(store.LastPasswordReset))
	}
	return b.updateOne("set_password", b.isEmail, "email", changes...)
}

func setEmail(s store.Store) Statement {
	b := newBuilder(s)
	changes := []given{b.givenEmail("new_email")}
	if s.Writes(store.EmailVerified) {
		verified := b.param("verified", store.EmailVerified) + "::boolean"
		changes = append(changes, given{store.EmailVerified, fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END",
			verified, b.flag(store.EmailVerified, true), b.flag(store.EmailVerified, false)), verified})
	}
	return b.updateOne("set_email", b.isEmail, "email", changes...)
}

// setUsername takes a name with an @ only where it is the user's own address: as a user
// name, somebody else's would keep that person from signing up.
func setUsername(s store.Store) Statement {
	b := newBuilder(s)
	name := b.param("new_username", store.Username)
	changed := b.givenParam("new_username", store.Username)
	statement := b.updateOne("set_username", b.isEmailOrUsername, "username", changed)
	statement.SQL += fmt.Sprintf("\n  AND (pg_catalog.strpos(%s, '@')%s0 OR %s)",
		name+asText, equals, b.isEmail("new_username"))
	return statement
}

// deleteUser selects the id again in a scalar sub-query, so that an id that is
// not unique is an error (21000) and not the loss of several users.
func deleteUser(s store.Store) Statement {
	b := newBuilder(s)
	if s.OnDelete != nil {
		return b.markDeleted()
	}
	return b.statement("delete", false, fmt.Sprintf("DELETE FROM %s\nWHERE %s",
		b.delete(), b.ofUsers(b.isOnly(b.ofUsers(b.isID())))))
}

// markDeleted keeps the row of a deleted user, which the row filter then leaves out.
func (b *builder) markDeleted() Statement {
	var all []assignment
	for _, name := range slices.Sorted(maps.Keys(b.store.OnDelete)) {
		all = append(all, b.fills("UPDATE", name, b.expression(b.store.OnDelete[name])))
	}
	for _, a := range b.assign("UPDATE", b.dated(nil), onChange) {
		if !slices.ContainsFunc(all, func(set assignment) bool { return set.column == a.column }) {
			all = append(all, a)
		}
	}
	return b.statement("delete", false, fmt.Sprintf("UPDATE %s\nSET %s\nWHERE %s",
		b.table(), sets(all), b.ofUsers(b.isOnly(b.ofUsers(b.isID())))))
}
