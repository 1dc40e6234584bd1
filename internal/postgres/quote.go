// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// Ident quotes an identifier; of several parts, each one before its dot.
func Ident(parts ...string) string { return pgx.Identifier(parts).Sanitize() }

// Idents quotes a list of columns.
func Idents(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = Ident(name)
	}
	return strings.Join(quoted, ", ")
}

// QuoteLiteral writes a string constant, right under every standard_conforming_strings.
func QuoteLiteral(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// TextArray writes string constants as an array, which may be empty.
func TextArray(values []string) string {
	if len(values) == 0 {
		return "'{}'::text[]"
	}
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = QuoteLiteral(value)
	}
	return "ARRAY[" + strings.Join(quoted, ", ") + "]"
}

// List joins names for a sentence: "a, b and c".
func List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
