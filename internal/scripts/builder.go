// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// builder writes a statement and keeps count of what it touches: a column or an
// expression gets into the text only through a method that records why.
//
// The text means the same under any search path: whoever may create in a schema
// that comes before pg_catalog, or may put a better match there, must not be
// called. So every operator, function and type is named with its schema, but for
// the types that are words of the grammar. What compares without naming an
// operator does not occur: IN, BETWEEN, LIKE, NULLIF, IS DISTINCT FROM, USING,
// CASE with an operand.
type builder struct {
	store  store.Store
	params []Param
	uses   map[use]bool
	// computes are the columns that get the value of an expression.
	computes []string
}

func newBuilder(s store.Store) *builder { return &builder{store: s, uses: map[use]bool{}} }

func (b *builder) statement(name string, readOnly bool, sql string) Statement {
	b.reads(b.store.Reads)
	for _, relation := range b.store.Reads {
		if relation.Schema != b.store.Table().Schema {
			b.uses[use{"USAGE", store.Table{Schema: relation.Schema}, ""}] = true
		}
	}
	return Statement{Name: name, SQL: sql, Params: b.params, ReadOnly: readOnly, Computes: b.computes, uses: b.uses}
}

// The operators of pg_catalog alone. Without its schema varchar = text is found
// wherever somebody has made one, as it fits better than text = text.
const (
	equals  = " OPERATOR(pg_catalog.=) "
	differs = " OPERATOR(pg_catalog.<>) "
	asText  = "::pg_catalog.text"
)

// updateOne changes the one user that match finds. The scalar sub-query makes
// the server refuse (21000) where several users share an address, and the
// condition beside it lets the index on the address serve a table without one
// on the id.
func (b *builder) updateOne(name string, match func(string) string, param string, changes ...given) Statement {
	condition := b.ofUsers(match(param))
	return b.statement(name, false, fmt.Sprintf("UPDATE %s\nSET %s\nWHERE %s\n  AND %s",
		b.table(), sets(b.assign("UPDATE", b.dated(changes), onChange)), condition, b.isOnly(condition)))
}

// dated adds when the change was made.
func (b *builder) dated(changes []given) []given {
	if !b.store.Writes(store.UpdatedAt) {
		return changes
	}
	return append(changes, givenNow(store.UpdatedAt))
}

// ofUsers is the condition for those rows alone that are users. One that is an alternative stands in parentheses.
// Null is no user: it is not true.
func (b *builder) ofUsers(condition string) string {
	if b.store.RowFilter == nil {
		return condition
	}
	return condition + "\n  AND " + b.expression(b.store.RowFilter)
}

// isOnly compares the id with that of the one user for whom the condition holds.
func (b *builder) isOnly(condition string) string {
	id, equals := b.id()
	return fmt.Sprintf("%s%s(SELECT %s FROM %s WHERE %s)", id, equals, id, b.table(), condition)
}

func (b *builder) table() string {
	return pgx.Identifier{b.store.Table().Schema, b.store.Table().Name}.Sanitize()
}

func (b *builder) delete() string {
	b.uses[use{"DELETE", b.store.Table(), ""}] = true
	return b.table()
}

func (b *builder) column(privilege string, part store.Part) string {
	name := b.store.Columns[part].Name
	b.uses[use{privilege, b.store.Table(), name}] = true
	return pgx.Identifier{name}.Sanitize()
}

// read is what the part is read through, stored the column that it is written to.
func (b *builder) read(part store.Part) string {
	if e := b.store.Columns[part].Expression; e != nil {
		return b.expression(e)
	}
	return b.stored(part)
}

func (b *builder) stored(part store.Part) string { return b.column("SELECT", part) }

// expression is qualified by the name of the table, under which each statement has it.
func (b *builder) expression(e *store.Expression) string {
	b.reads(e.Reads)
	for _, schema := range e.Schemas {
		b.uses[use{"USAGE", store.Table{Schema: schema}, ""}] = true
	}
	for _, s := range e.Sequences {
		b.uses[use{"USAGE", store.Table{Schema: s.Schema, Name: s.Name}, ""}] = true
	}
	return "(" + e.SQL + ")"
}

// reads notes what is read of relations beside the columns of parts.
func (b *builder) reads(relations []store.Relation) {
	for _, relation := range relations {
		for _, column := range relation.Columns {
			b.uses[use{"SELECT", store.Table{Schema: relation.Schema, Name: relation.Name}, column}] = true
		}
	}
}

// as is the part's column with the type of what is read.
func (b *builder) as(part store.Part) store.Column {
	column := b.store.Columns[part]
	column.Type = column.ReadType()
	return column
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
	return "pg_catalog.lower(" + b.param(name, part) + asText + ")"
}

// raised is the address in upper case, for tables that are looked up so.
func (b *builder) raised(name string, part store.Part) string {
	return "pg_catalog.upper(" + b.param(name, part) + asText + ")"
}

func (b *builder) isEmail(name string) string {
	column := b.read(store.Email)
	switch b.store.EmailLookup {
	case store.CIText:
		return b.equalsCIText(column, name, store.Email)
	case store.Exact:
		return column + equals + b.folded(name, store.Email)
	case store.UpperIndex:
		return "pg_catalog.upper(" + column + ")" + equals + b.raised(name, store.Email)
	case store.ExactUpper:
		return column + equals + b.raised(name, store.Email)
	default:
		return "pg_catalog.lower(" + column + ")" + equals + b.folded(name, store.Email)
	}
}

// isUsername folds case where the store's look-up of addresses does, as the table's unique
// index on the name does. With exact addresses the name is compared as it is typed.
func (b *builder) isUsername(name string) string {
	column := b.read(store.Username)
	switch {
	case familyOf(b.as(store.Username)) == familyCIText:
		return b.equalsCIText(column, name, store.Username)
	case b.store.EmailLookup == store.LowerIndex:
		return "pg_catalog.lower(" + column + ")" + equals + b.folded(name, store.Username)
	case b.store.EmailLookup == store.UpperIndex:
		return "pg_catalog.upper(" + column + ")" + equals + b.raised(name, store.Username)
	}
	return column + equals + b.param(name, store.Username) + asText
}

func (b *builder) isEmailOrUsername(name string) string {
	return "(" + b.isEmail(name) + " OR " + b.isUsername(name) + ")"
}

// equalsCIText compares with citext's own operator: that of pg_catalog would
// silently compare as text, with case.
func (b *builder) equalsCIText(column, name string, part store.Part) string {
	citext, equals := citextEquals(b.as(part))
	return column + equals + b.param(name, part) + "::" + citext
}

// citextEquals is the type of a citext column and the operator between two of them.
func citextEquals(column store.Column) (citext, equals string) {
	name, _ := citextType(column)
	return name.Sanitize(), " OPERATOR(" + name[:1].Sanitize() + ".=) "
}

// id is the column as it is compared, and the operator for that. Types that need
// not have one in pg_catalog, or whose text form a script cannot check beforehand,
// are compared as text.
func (b *builder) id() (id, operator string) {
	column := b.as(store.ID)
	switch familyOf(column) {
	case familyUUID, familyInteger, familyText:
		return b.read(store.ID), equals
	case familyCIText:
		_, operator = citextEquals(column)
		return b.read(store.ID), operator
	}
	return b.read(store.ID) + asText, equals
}

// isID compares the id in its own type.
func (b *builder) isID() string {
	if familyOf(b.as(store.ID)) == familyCIText {
		return b.equalsCIText(b.read(store.ID), "id", store.ID)
	}
	id, equals := b.id()
	return id + equals + b.param("id", store.ID)
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
	return append(outputs, b.migratedAgo()...)
}

// migratedAgo is how long ago the user was marked as migrated: seconds as text, null for who is not. Times that never end
// have a number, too, which they would not have as an interval.
const migratedAgo = "migrated_ago"

func (b *builder) migratedAgo() []string {
	if !b.store.Writes(store.MigratedAt) {
		return nil
	}
	const seconds = "pg_catalog.date_part('epoch', %s::pg_catalog.timestamptz)"
	return []string{fmt.Sprintf("("+seconds+" OPERATOR(pg_catalog.-) "+seconds+")%s AS %s",
		"CURRENT_TIMESTAMP", b.read(store.MigratedAt), asText, migratedAgo)}
}

// output is a column as the scripts read it: flags as booleans, all else as text,
// which keeps every digit of an id and drops the padding of character(n). A column that is null blocks
// nobody, as most that are nullable mean it; an expression that is null does not say that the user may get in.
func (b *builder) output(part store.Part) string {
	alias := " AS " + pgx.Identifier{string(part)}.Sanitize()
	switch part {
	case store.EmailVerified, store.PhoneVerified, store.Blocked:
		return b.asFlag(part) + alias
	}
	if part == store.Email && b.store.EmailLookup == store.ExactUpper {
		return "pg_catalog.lower(" + b.text(part) + ")" + alias
	}
	return b.text(part) + alias
}

// asFlag is a flag as true or false.
func (b *builder) asFlag(part store.Part) string {
	column := b.read(part)
	unknown := strconv.FormatBool(part == store.Blocked && b.store.Columns[part].Expression != nil)
	switch familyOf(b.as(part)) {
	case familyInteger:
		return "COALESCE(" + column + differs + "0, " + unknown + ")"
	case familyTimestamp:
		return column + " IS NOT NULL"
	}
	return "COALESCE(" + column + ", " + unknown + ")"
}

// text is what the part is read as, where that is text. Of bytes those beyond ASCII have a form that no hash has, so that
// whatever stands in the column is read without an error.
func (b *builder) text(part store.Part) string {
	if isHashInBytes(part, b.as(part)) {
		return asHash(b.read(part))
	}
	return b.read(part) + asText
}

// asHash is a hash in bytes as text.
func asHash(column string) string { return "pg_catalog.encode(" + column + ", 'escape')" }

// isHashInBytes reports whether the column holds a hash as bytes, as some drivers write it.
func isHashInBytes(part store.Part, column store.Column) bool {
	return part == store.Password && familyOf(column) == familyBinary &&
		strings.EqualFold(strings.TrimSpace(column.Type), "bytea")
}
