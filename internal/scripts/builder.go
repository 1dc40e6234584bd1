// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

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

// isUsername folds case where the store's look-up of addresses does, as the table's unique
// index on the name does. With exact addresses the name is compared as it is typed.
func (b *builder) isUsername(name string) string {
	column := b.read(store.Username)
	switch {
	case familyOf(b.store.Columns[store.Username]) == familyCIText:
		return b.equalsCIText(column, name, store.Username)
	case b.store.EmailLookup == store.LowerIndex:
		return "pg_catalog.lower(" + column + ") = " + b.folded(name, store.Username)
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
func (b *builder) isID() string {
	column, value := b.read(store.ID), b.param("id", store.ID)
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

// profile lists the columns that make the profile.
func (b *builder) profile() []string {
	var outputs []string
	for _, part := range profileParts {
		if b.store.Has(part) {
			outputs = append(outputs, b.output(part))
		}
	}
	return outputs
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
