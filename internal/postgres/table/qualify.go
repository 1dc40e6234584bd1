// SPDX-License-Identifier: MPL-2.0

package table

import (
	"slices"
	"strings"
)

// Under [postgres.PinnedPath] the server leaves pg_catalog out of what it prints. Whoever runs the text may have another
// path, in which a function that takes just these types would be found in place of one of pg_catalog that takes any.

// qualifier puts pg_catalog in front of the functions, operators and types of an expression that the server has printed.
type qualifier struct {
	sql       string
	at        int
	out       strings.Builder
	previous  string   // the last token
	functions []string // the names of those of pg_catalog that are called
}

// Types whose names are words of the grammar, which no path changes.
var grammarTypes = []string{
	"bigint", "bit", "boolean", "character", "double", "integer", "interval", "numeric", "real", "smallint", "time", "timestamp",
}

const operatorCharacters = "+-*/<>=~!@#%^&|`?"

// inCatalog qualifies what the server has printed on one line.
func inCatalog(sql string, functions []string) string {
	q := &qualifier{sql: sql, functions: functions}
	for q.at < len(q.sql) {
		q.token()
	}
	return q.out.String()
}

func (q *qualifier) token() {
	rest := q.sql[q.at:]
	switch c := rest[0]; {
	case c == ' ':
		q.out.WriteByte(c)
		q.at++
	case c == '\'':
		q.copy(quotedEnd(rest, '\''))
	case strings.HasPrefix(rest, "OPERATOR("):
		q.copy(q.named(rest))
	case c == '"' || identifierByte(c) && (c < '0' || c > '9'):
		q.word(rest)
	case strings.HasPrefix(rest, "::"):
		q.copy(len("::"))
	case c >= '0' && c <= '9':
		q.copy(len(rest) - len(strings.TrimLeft(rest, "0123456789.")))
	case strings.IndexByte(operatorCharacters, c) >= 0:
		q.operator(rest)
	default:
		q.copy(1)
	}
}

// copy takes a token of that length as it is.
func (q *qualifier) copy(length int) {
	q.previous = q.sql[q.at : q.at+length]
	q.out.WriteString(q.previous)
	q.at += length
}

func identifierByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// quotedEnd is the length of what is quoted at the beginning of the text.
func quotedEnd(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if i+1 == len(text) || text[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(text)
}

// named is the length of an operator with its schema.
func (q *qualifier) named(rest string) int {
	for i := len("OPERATOR("); i < len(rest); i++ {
		switch rest[i] {
		case '"':
			i += quotedEnd(rest[i:], '"') - 1
		case ')':
			return i + 1
		}
	}
	return len(rest)
}

func (q *qualifier) word(rest string) {
	length := quotedEnd(rest, '"')
	if rest[0] != '"' {
		length = len(rest)
		if end := strings.IndexFunc(rest, func(r rune) bool { return r < 0x80 && !identifierByte(byte(r)) }); end >= 0 {
			length = end
		}
	}
	word, after := rest[:length], rest[length:]
	name := strings.ReplaceAll(strings.Trim(word, `"`), `""`, `"`)
	isType := q.previous == "::" && !strings.HasPrefix(after, ".") && !slices.Contains(grammarTypes, word)
	isCall := strings.HasPrefix(after, "(") && slices.Contains(q.functions, name) && !q.afterName()
	if isType || isCall {
		q.out.WriteString("pg_catalog.")
	}
	q.copy(length)
}

// afterName reports whether the last token was a name, or the end of what has one, so that the next is its alias; or
// whether the next has its schema already.
func (q *qualifier) afterName() bool {
	p := q.previous
	if p == "." || p == ")" || p == "AS" || p == "" {
		return p != ""
	}
	return p[0] == '"' || identifierByte(p[0]) && p != strings.ToUpper(p)
}

func (q *qualifier) operator(rest string) {
	length := len(rest) - len(strings.TrimLeft(rest, operatorCharacters))
	operator := rest[:length]
	if operator == "=>" ||
		operator == "*" && (q.previous == "." || q.previous == "(" && strings.HasPrefix(rest[1:], ")")) {
		q.copy(length)
		return
	}
	q.out.WriteString("OPERATOR(pg_catalog." + operator + ")")
	q.previous = operator
	q.at += length
}
