// SPDX-License-Identifier: MPL-2.0

package table

import (
	"regexp"
	"strings"
)

// typeNames are the spellings of the common types and what the server calls them.
var typeNames = map[string]string{
	"uuid": "uuid", "text": "text", "boolean": "boolean", "bool": "boolean", "json": "json", "jsonb": "jsonb", "date": "date", "bytea": "bytea", "inet": "inet",
	"integer": "integer", "int": "integer", "int4": "integer", "bigint": "bigint", "int8": "bigint", "smallint": "smallint", "int2": "smallint",
	"numeric": "numeric", "decimal": "numeric", "real": "real", "float4": "real", "double precision": "double precision", "float8": "double precision",
	"varchar": "character varying", "character varying": "character varying",
	"timestamp": "timestamp without time zone", "timestamp without time zone": "timestamp without time zone",
	"timestamptz": "timestamp with time zone", "timestamp with time zone": "timestamp with time zone",
}

var varcharLength = regexp.MustCompile(`^(?:varchar|character varying) ?\( ?([1-9][0-9]{0,6}) ?\)$`)

// CommonTypeName is the server's own name of a common type, for plans that are made
// without the server. ok is false for every other type.
func CommonTypeName(text string) (name string, ok bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	if m := varcharLength.FindStringSubmatch(text); m != nil {
		return "character varying(" + m[1] + ")", true
	}
	if text == "char(60)" || text == "character(60)" { // a bcrypt hash
		return "character(60)", true
	}
	name, ok = typeNames[text]
	return name, ok
}

// IsIdentity reports whether a column's default is an identity, which is never null.
func IsIdentity(text string) bool { return strings.HasSuffix(text, " as identity") }

// IsGenerated reports whether a column's default is a generation expression: nobody writes such a column.
func IsGenerated(text string) bool { return parseDefault(text).Generated != "" }
