// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// family groups column types by how the scripts read, compare and write them.
type family string

const (
	familyBoolean   family = "boolean"
	familyInteger   family = "integer"
	familyText      family = "text"
	familyCIText    family = "citext"
	familyUUID      family = "uuid"
	familyTimestamp family = "timestamp"
	familyJSON      family = "json"
	familyBinary    family = "binary"
	familyOther     family = "other"
)

var families = map[string]family{
	"boolean": familyBoolean, "bool": familyBoolean,
	"smallint": familyInteger, "integer": familyInteger, "bigint": familyInteger,
	"int": familyInteger, "int2": familyInteger, "int4": familyInteger, "int8": familyInteger,
	"text": familyText, "character varying": familyText, "varchar": familyText,
	"character": familyText, "char": familyText, "bpchar": familyText,
	"uuid":                        familyUUID,
	"timestamp with time zone":    familyTimestamp,
	"timestamp without time zone": familyTimestamp,
	"timestamp":                   familyTimestamp, "timestamptz": familyTimestamp, "date": familyTimestamp,
	"json": familyJSON, "jsonb": familyJSON,
	"bytea": familyBinary, "bit": familyBinary, "bit varying": familyBinary, "varbit": familyBinary,
}

// Modifiers stand at the end, varchar(255), or in the middle, timestamp(3) with time zone.
var typeModifier = regexp.MustCompile(`\s*\([0-9, ]*\)`)

func familyOf(column store.Column) family {
	name := strings.ToLower(strings.TrimSpace(typeModifier.ReplaceAllString(column.Type, "")))
	if f, ok := families[name]; ok {
		return f
	}
	if _, ok := citextType(column); ok {
		return familyCIText
	}
	if strings.HasSuffix(name, "[]") {
		return familyBinary
	}
	return familyOther
}

// citextType recognises citext however it is qualified and returns its identifier.
// The server writes the schema, since the path under which it is asked has none but
// its own; whoever writes a store by hand may leave it out.
func citextType(column store.Column) (pgx.Identifier, bool) {
	name := strings.TrimSpace(column.Type)
	if strings.EqualFold(name, "citext") {
		return pgx.Identifier{"citext"}, true
	}
	schema, ok := strings.CutSuffix(name, ".citext")
	if !ok {
		schema, ok = strings.CutSuffix(name, `."citext"`)
	}
	if !ok {
		return nil, false
	}
	if unquoted, quoted := strings.CutPrefix(schema, `"`); quoted {
		schema = strings.ReplaceAll(strings.TrimSuffix(unquoted, `"`), `""`, `"`)
	}
	return pgx.Identifier{schema, "citext"}, true
}
