// SPDX-License-Identifier: MPL-2.0

package table

import (
	"regexp"
	"strings"
)

var (
	identityClause  = regexp.MustCompile(`(?is)^\s*generated\s+(always|by\s+default)\s+as\s+identity\s*$`)
	generatedClause = regexp.MustCompile(`(?is)^\s*generated\s+always\s+as\s*\((.*)\)\s*(stored|virtual)\s*$`)
)

// defaultClause is what stands behind a column's type to say where its values come from.
type defaultClause struct {
	// Identity is "always" or "by default".
	Identity string
	// Generated is "stored" or "virtual".
	Generated string
	// Expression is the DEFAULT or the generation expression.
	Expression string
}

// parseDefault tells an identity and a generated column from a plain default.
func parseDefault(text string) defaultClause {
	if m := identityClause.FindStringSubmatch(text); m != nil {
		return defaultClause{Identity: strings.Join(strings.Fields(strings.ToLower(m[1])), " ")}
	}
	if m := generatedClause.FindStringSubmatch(text); m != nil {
		return defaultClause{Generated: strings.ToLower(m[2]), Expression: m[1]}
	}
	return defaultClause{Expression: text}
}

func (c defaultClause) plain() bool { return c.Identity == "" && c.Generated == "" }

// sql is the clause behind the column's type. The line break keeps a comment at the
// expression's end from swallowing the parenthesis.
func (c defaultClause) sql() string {
	switch {
	case c.Identity != "":
		return " GENERATED " + strings.ToUpper(c.Identity) + " AS IDENTITY"
	case c.Generated != "":
		return " GENERATED ALWAYS AS (" + c.Expression + "\n) " + strings.ToUpper(c.Generated)
	case c.Expression != "":
		return " DEFAULT (" + c.Expression + "\n)"
	}
	return ""
}

// written is the clause in the server's own words, on one line.
func (c defaultClause) written() string {
	switch {
	case c.Identity != "":
		return " GENERATED " + strings.ToUpper(c.Identity) + " AS IDENTITY"
	case c.Generated != "":
		return " GENERATED ALWAYS AS (" + c.Expression + ") " + strings.ToUpper(c.Generated)
	case c.Expression != "":
		return " DEFAULT " + c.Expression
	}
	return ""
}
