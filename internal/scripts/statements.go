// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

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

	uses map[use]bool
}

// use is one column, or the whole table, that a statement touches in one way.
type use struct {
	privilege string
	part      store.Part
}

// wholeTable stands for a privilege that has no columns.
const wholeTable store.Part = ""

// Rows that one look-up may return: one is a user, two are reason to refuse, and
// a few more tell the log how bad it is.
const lookupLimit = 10

// Statements lists the SQL that the operation's script runs against the store.
// All of it is listed, also what a script runs only in one of its modes.
func Statements(s store.Store, op Operation) ([]Statement, error) {
	if _, ok := specOf(op); !ok {
		return nil, &UnknownOperationError{op}
	}
	if s.Kind != store.Table {
		return nil, &StoreKindError{s.Kind}
	}
	if missing := MissingParts(s, op); len(missing) > 0 {
		return nil, &MissingPartsError{op, missing}
	}
	if err := checkTypes(s); err != nil {
		return nil, err
	}
	switch op {
	case Login:
		statements := []Statement{find(s, true)}
		if s.Has(store.LastLogin) {
			statements = append(statements, recordLogin(s))
		}
		if s.Has(store.MigratedAt) {
			statements = append(statements, recordMigration(s))
		}
		return statements, nil
	case GetUser:
		return []Statement{find(s, false)}, nil
	case Create:
		return []Statement{insert(s)}, nil
	case Verify:
		return []Statement{markVerified(s)}, nil
	case ChangePassword:
		return []Statement{setPassword(s)}, nil
	case Delete:
		return []Statement{deleteUser(s)}, nil
	case ChangeEmail:
		return []Statement{setEmail(s)}, nil
	default: // ChangeUsername, the only one left
		return []Statement{setUsername(s)}, nil
	}
}

// checkTypes refuses the column types that the SQL below has no form for.
func checkTypes(s store.Store) error {
	for _, part := range s.Parts() {
		column := s.Columns[part]
		f := familyOf(column)
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
	}
	return nil
}

// find looks a user up by what the user typed. Where there are usernames, one
// statement looks for both: a second one would cost unknown users a second round
// trip and so tell them apart.
func find(s store.Store, withPassword bool) Statement {
	b := newBuilder(s)
	var outputs []string
	for _, part := range profileParts {
		if s.Has(part) {
			outputs = append(outputs, b.output(part))
		}
	}
	if withPassword {
		outputs = append(outputs, b.output(store.Password))
	}
	where, order := b.isEmail("identifier"), ""
	if s.Has(store.Username) {
		outputs = append(outputs, where+" AS found_by_email")
		where += " OR " + b.isUsername("identifier")
		order = "\nORDER BY found_by_email DESC"
	}
	return b.statement("find", true, fmt.Sprintf("SELECT %s\nFROM %s\nWHERE %s%s\nLIMIT %d",
		strings.Join(outputs, ", "), b.table(), where, order, lookupLimit))
}

// recordLogin keeps the time of a login.
func recordLogin(s store.Store) Statement {
	b := newBuilder(s)
	return b.statement("record_login", false, fmt.Sprintf("UPDATE %s\nSET %s\nWHERE %s",
		b.table(), b.set(store.LastLogin, "CURRENT_TIMESTAMP"), b.isID("id")))
}

// recordMigration keeps the time at which a user was first handed to Auth0.
func recordMigration(s store.Store) Statement {
	b := newBuilder(s)
	sets := []string{b.set(store.MigratedAt, fmt.Sprintf("COALESCE(%s, CURRENT_TIMESTAMP)", b.read(store.MigratedAt)))}
	if s.Has(store.LastLogin) {
		sets = append(sets, b.set(store.LastLogin, "CURRENT_TIMESTAMP"))
	}
	return b.statement("record_migration", false, fmt.Sprintf("UPDATE %s\nSET %s\nWHERE %s",
		b.table(), strings.Join(sets, ", "), b.isID("id")))
}

// insert adds a user. Who signs up is never verified or blocked, whatever the
// request says; the id comes from the column's default.
func insert(s store.Store) Statement {
	b := newBuilder(s)
	var columns, values []string
	for _, part := range s.Parts() {
		var value string
		switch part {
		case store.Email:
			value = b.folded("email", store.Email)
		case store.EmailVerified, store.PhoneVerified, store.Blocked:
			value = b.flag(part, false)
		case store.CreatedAt, store.UpdatedAt:
			value = "CURRENT_TIMESTAMP"
		case store.ID, store.LastLogin, store.LastPasswordReset, store.MigratedAt:
			continue
		default:
			value = b.param(string(part), part)
		}
		columns = append(columns, b.insert(part))
		values = append(values, value)
	}
	return b.statement("insert", false, fmt.Sprintf("INSERT INTO %s (%s)\nVALUES (%s)",
		b.table(), strings.Join(columns, ", "), strings.Join(values, ", ")))
}

func markVerified(s store.Store) Statement {
	b := newBuilder(s)
	return b.updateOne("mark_verified", b.isEmail, "email", b.set(store.EmailVerified, b.flag(store.EmailVerified, true)))
}

func setPassword(s store.Store) Statement {
	b := newBuilder(s)
	sets := []string{b.set(store.Password, b.param("password", store.Password))}
	if s.Has(store.LastPasswordReset) {
		sets = append(sets, b.set(store.LastPasswordReset, "CURRENT_TIMESTAMP"))
	}
	return b.updateOne("set_password", b.isEmail, "email", sets...)
}

func setEmail(s store.Store) Statement {
	b := newBuilder(s)
	sets := []string{b.set(store.Email, b.folded("new_email", store.Email))}
	if s.Has(store.EmailVerified) {
		sets = append(sets, b.set(store.EmailVerified, fmt.Sprintf("CASE WHEN %s::boolean THEN %s ELSE %s END",
			b.param("verified", store.EmailVerified), b.flag(store.EmailVerified, true), b.flag(store.EmailVerified, false))))
	}
	return b.updateOne("set_email", b.isEmail, "email", sets...)
}

func setUsername(s store.Store) Statement {
	b := newBuilder(s)
	return b.updateOne("set_username", b.isEmailOrUsername, "username",
		b.set(store.Username, b.param("new_username", store.Username)))
}

// deleteUser selects the id again in a scalar sub-query, so that an id that is
// not unique is an error (21000) and not the loss of several users.
func deleteUser(s store.Store) Statement {
	b := newBuilder(s)
	return b.statement("delete", false, fmt.Sprintf("DELETE FROM %s\nWHERE %s = (SELECT %s FROM %s WHERE %s)",
		b.delete(), b.read(store.ID), b.read(store.ID), b.table(), b.isID("id")))
}

// builder writes a statement and keeps count of what it touches: a column gets
// into the text only through a method that records why.
type builder struct {
	store  store.Store
	params []Param
	uses   map[use]bool
}

func newBuilder(s store.Store) *builder { return &builder{store: s, uses: map[use]bool{}} }

func (b *builder) statement(name string, readOnly bool, sql string) Statement {
	return Statement{Name: name, SQL: sql, Params: b.params, ReadOnly: readOnly, uses: b.uses}
}

// updateOne changes the one user that match finds. The scalar sub-query makes
// the server refuse (21000) where several users share an address, and the
// condition beside it lets the index on the address serve a table without one
// on the id.
func (b *builder) updateOne(name string, match func(string) string, param string, sets ...string) Statement {
	if b.store.Has(store.UpdatedAt) {
		sets = append(sets, b.set(store.UpdatedAt, "CURRENT_TIMESTAMP"))
	}
	condition := match(param)
	return b.statement(name, false, fmt.Sprintf("UPDATE %s\nSET %s\nWHERE %s\n  AND %s = (SELECT %s FROM %s WHERE %s)",
		b.table(), strings.Join(sets, ", "), condition, b.read(store.ID), b.read(store.ID), b.table(), condition))
}

func (b *builder) table() string {
	return pgx.Identifier{b.store.Schema, b.store.Table}.Sanitize()
}

func (b *builder) delete() string {
	b.uses[use{"DELETE", wholeTable}] = true
	return b.table()
}

func (b *builder) column(privilege string, part store.Part) string {
	b.uses[use{privilege, part}] = true
	return pgx.Identifier{b.store.Columns[part].Name}.Sanitize()
}

func (b *builder) read(part store.Part) string   { return b.column("SELECT", part) }
func (b *builder) insert(part store.Part) string { return b.column("INSERT", part) }

func (b *builder) set(part store.Part, value string) string {
	return b.column("UPDATE", part) + " = " + value
}

// param returns the placeholder of a value, the same one for the same name.
func (b *builder) param(name string, part store.Part) string {
	for i, known := range b.params {
		if known.Name == name {
			return fmt.Sprintf("$%d", i+1)
		}
	}
	b.params = append(b.params, Param{name, part})
	return fmt.Sprintf("$%d", len(b.params))
}

// folded is the lower-cased address. The server folds, here and nowhere else, so
// that what is stored and what is looked up agree under its own rules.
func (b *builder) folded(name string, part store.Part) string {
	return "pg_catalog.lower(" + b.param(name, part) + "::text)"
}

func (b *builder) isEmail(name string) string {
	column := b.read(store.Email)
	switch b.store.EmailLookup {
	case store.CIText:
		return b.equalsCIText(column, name, store.Email)
	case store.Exact:
		return column + " = " + b.folded(name, store.Email)
	default:
		return "pg_catalog.lower(" + column + ") = " + b.folded(name, store.Email)
	}
}

func (b *builder) isUsername(name string) string {
	column := b.read(store.Username)
	if familyOf(b.store.Columns[store.Username]) == familyCIText {
		return b.equalsCIText(column, name, store.Username)
	}
	return column + " = " + b.param(name, store.Username) + "::text"
}

func (b *builder) isEmailOrUsername(name string) string {
	return "(" + b.isEmail(name) + " OR " + b.isUsername(name) + ")"
}

// equalsCIText names the operator's schema along with the type's: where citext is
// off the search path an unqualified = silently compares as text, with case.
func (b *builder) equalsCIText(column, name string, part store.Part) string {
	citext, _ := citextType(b.store.Columns[part])
	operator := "="
	if len(citext) > 1 {
		operator = "OPERATOR(" + citext[:1].Sanitize() + ".=)"
	}
	return column + " " + operator + " " + b.param(name, part) + "::" + citext.Sanitize()
}

// isID compares the id in its own type. Types with a text form that a script
// cannot check beforehand are compared as text.
func (b *builder) isID(name string) string {
	column, value := b.read(store.ID), b.param(name, store.ID)
	switch familyOf(b.store.Columns[store.ID]) {
	case familyUUID, familyInteger, familyText, familyCIText:
		return column + " = " + value
	}
	return column + "::text = " + value
}

// flag is the value that means yes or no in the part's column.
func (b *builder) flag(part store.Part, on bool) string {
	switch familyOf(b.store.Columns[part]) {
	case familyInteger:
		if on {
			return "1"
		}
		return "0"
	case familyTimestamp:
		if on {
			return "CURRENT_TIMESTAMP"
		}
		return "NULL"
	}
	if on {
		return "true"
	}
	return "false"
}

// profileParts are what login and get_user return, each under the part's name.
var profileParts = []store.Part{
	store.ID, store.Email, store.EmailVerified, store.Username, store.Nickname, store.Name, store.GivenName,
	store.FamilyName, store.Picture, store.PhoneNumber, store.PhoneVerified, store.Blocked,
	store.UserMetadata, store.AppMetadata,
}

// output is a column as the scripts read it: flags as booleans, all else as text,
// which keeps every digit of an id and drops the padding of character(n).
func (b *builder) output(part store.Part) string {
	column, alias := b.read(part), " AS "+pgx.Identifier{string(part)}.Sanitize()
	switch part {
	case store.EmailVerified, store.PhoneVerified, store.Blocked:
		switch familyOf(b.store.Columns[part]) {
		case familyInteger:
			return "COALESCE(" + column + " <> 0, false)" + alias
		case familyTimestamp:
			return column + " IS NOT NULL" + alias
		}
		return "COALESCE(" + column + ", false)" + alias
	}
	return column + "::text" + alias
}
