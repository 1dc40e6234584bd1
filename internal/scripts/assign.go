// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// given is what a statement gives a part: as its column takes it where nothing else is said, and as the row new has it, in
// the part's own type, see [store.Part.ValueType].
type given struct {
	part          store.Part
	column, value string
}

func (b *builder) givenFlag(part store.Part, on bool) given {
	value := "false"
	if on {
		value = "true"
	}
	return given{part, b.flag(part, on), value}
}

// givenNothing is for a part that no script has a value of, and that is written all the same.
func givenNothing(part store.Part) given { return given{part, "", "NULL::pg_catalog.text"} }

// givenHash is a new hash, which has its salt in itself; what a column of salts gets beside it is for the store to say.
func (b *builder) givenHash() []given {
	changes := []given{b.givenParam("password", store.Password)}
	if salt := b.store.Columns[store.PasswordSalt]; salt.Write != nil && salt.Written() {
		changes = append(changes, givenNothing(store.PasswordSalt))
	}
	return changes
}

func givenNow(part store.Part) given { return given{part, "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"} }

// givenEmail is an address, which is written in lower case.
func (b *builder) givenEmail(name string) given {
	folded := b.folded(name, store.Email)
	return given{store.Email, folded, folded}
}

// givenParam is the value of a parameter. One that stands in several places has the same type in each: the server would
// otherwise work out two.
func (b *builder) givenParam(name string, part store.Part) given {
	placeholder := b.param(name, part)
	column := b.store.Columns[part]
	if column.Write != nil {
		value := placeholder + "::" + qualifiedType(part.ValueType())
		return given{part, value, value}
	}
	if !b.takes(part) {
		return given{part, placeholder, ""}
	}
	typed := placeholder + "::" + qualifiedType(column.Type)
	if isHashInBytes(part, column) {
		return given{part, typed, "pg_catalog.encode(" + typed + ", 'escape')"}
	}
	return given{part, typed, typed + "::" + qualifiedType(part.ValueType())}
}

// Types whose names are words of the grammar, which no path changes. A character without a length is one of one character.
var grammarTypes = []string{
	"bigint", "bit", "boolean", "character", "double", "integer", "interval", "numeric", "real", "smallint", "time", "timestamp",
}

// qualifiedType is a type without its modifier as it means the same under every path. The server writes those that are not
// in pg_catalog with their schema.
func qualifiedType(name string) string {
	name = strings.TrimSpace(typeModifier.ReplaceAllString(name, ""))
	word, _, _ := strings.Cut(name, " ")
	switch {
	case name == "character":
		return "pg_catalog.bpchar"
	case strings.ContainsAny(name, `."`), slices.Contains(grammarTypes, strings.TrimSuffix(word, "[]")):
		return name
	}
	return "pg_catalog." + name
}

// takes reports whether something that is written reads the part of the row new.
func (b *builder) takes(part store.Part) bool {
	reads := func(e *store.Expression) bool { return e != nil && slices.Contains(e.Takes, string(part)) }
	for _, c := range b.store.Columns {
		if reads(c.Write) {
			return true
		}
	}
	for _, fill := range b.store.Fills {
		if reads(fill.Create) || reads(fill.Change) {
			return true
		}
	}
	return false
}

// assignment is what a statement puts into a column.
type assignment struct{ column, value string }

// assign writes what a statement puts into the columns of the parts that it gives, and into those that fill has something for.
func (b *builder) assign(privilege string, changes []given, fill func(store.Fill) *store.Expression) []assignment {
	var all []assignment
	for _, change := range changes {
		value := change.column
		if write := b.store.Columns[change.part].Write; write != nil {
			value = b.computed(write, change.value, changes)
			b.computes = append(b.computes, b.store.Columns[change.part].Name)
		}
		all = append(all, assignment{b.column(privilege, change.part), value})
	}
	if fill == nil {
		return all
	}
	for _, name := range slices.Sorted(maps.Keys(b.store.Fills)) {
		if e := fill(b.store.Fills[name]); e != nil {
			all = append(all, b.fills(privilege, name, b.computed(e, "", changes)))
		}
	}
	return all
}

// fills puts a value into a column that need be no part.
func (b *builder) fills(privilege, name, value string) assignment {
	b.uses[use{privilege, b.store.Table(), name}] = true
	// Only who may see a column is told that it is the one which another row has the value of.
	b.uses[use{"SELECT", b.store.Table(), name}] = true
	b.computes = append(b.computes, name)
	return assignment{pgx.Identifier{name}.Sanitize(), value}
}

func onCreate(f store.Fill) *store.Expression { return f.Create }
func onChange(f store.Fill) *store.Expression { return f.Change }

// computed is an expression with the row new beside it, as far as it reads that.
func (b *builder) computed(e *store.Expression, value string, changes []given) string {
	if len(e.Takes) == 0 {
		return b.expression(e)
	}
	items := make([]string, len(e.Takes))
	for i, name := range e.Takes {
		items[i] = value
		if name != valueName {
			items[i] = b.willBe(store.Part(name), changes)
		}
		items[i] += " AS " + pgx.Identifier{name}.Sanitize()
	}
	return "(SELECT " + b.expression(e) + " FROM (SELECT " + strings.Join(items, ", ") + `) AS "new")`
}

// valueName is the column of the row new that has the new value itself.
const valueName = "value"

// willBe is the part as the row new has it: what the statement gives it, else what it is.
func (b *builder) willBe(part store.Part, changes []given) string {
	for _, change := range changes {
		if change.part == part {
			return change.value
		}
	}
	switch part.ValueType() {
	case "boolean":
		return b.asFlag(part)
	case "text":
		return b.text(part)
	}
	return b.read(part) + "::" + qualifiedType(part.ValueType())
}

// sets is the SET clause of an UPDATE.
func sets(assignments []assignment) string {
	lines := make([]string, len(assignments))
	for i, a := range assignments {
		lines[i] = a.column + " = " + a.value
	}
	return strings.Join(lines, ", ")
}

// NewRow is the row new, as what is written may read it: the types of its columns by their names. At a sign-up it has what
// that gives; a later change has every part but the id, which never changes, the salt and what scripts never read.
func NewRow(s store.Store, creates bool) map[string]string {
	row := map[string]string{}
	for _, part := range s.Parts() {
		if kind := part.ValueType(); kind != "" && part != store.PasswordSalt && part != store.TOTP &&
			(!creates || s.Writes(part) && givenAtSignUp(part)) {
			row[string(part)] = kind
		}
	}
	return row
}

// ValueType is the type of value, which a part's column is written from; the id has none until it is written.
func ValueType(part store.Part) string {
	if part == store.ID {
		return "text"
	}
	return part.ValueType()
}

// givenAtSignUp reports whether the INSERT has a value for the part's column.
func givenAtSignUp(part store.Part) bool {
	switch part {
	case store.ID, store.PasswordSalt, store.TOTP, store.LastLogin, store.LastPasswordReset, store.MigratedAt:
		return false
	}
	return true
}
