// SPDX-License-Identifier: MPL-2.0

package table

import (
	"slices"
	"strings"
)

// Some forms compare without naming an operator: CASE with an operand, IS DISTINCT FROM, NULLIF, IN with a query. Whoever
// runs them looks for = in the own path, and finds somebody's that takes just these types before that of pg_catalog
// which takes any. So each is written with the operator, to which [inCatalog] gives its schema.

// node is a token of what the server has printed, or what stands between brackets or between CASE and END.
type node struct {
	token       string
	inner       []node
	open, close string // of a group
}

// explicit writes out the comparisons of an expression that the server has printed on one line.
func explicit(sql string) (string, error) {
	p := &printedTokens{sql: sql}
	nodes, err := writtenOut(p.until(""))
	return printed(nodes), err
}

// printedTokens are read from left to right.
type printedTokens struct {
	sql string
	at  int
}

// until reads up to that token, or to the end.
func (p *printedTokens) until(end string) []node {
	var nodes []node
	for p.at < len(p.sql) {
		switch token := p.next(); token {
		case end:
			return nodes
		case "(":
			nodes = append(nodes, node{open: token, close: ")", inner: p.until(")")})
		case "[":
			nodes = append(nodes, node{open: token, close: "]", inner: p.until("]")})
		case "CASE":
			nodes = append(nodes, node{open: token, close: "END", inner: p.until("END")})
		default:
			nodes = append(nodes, node{token: token})
		}
	}
	return nodes
}

// next is a quoted text, a word, or one byte.
func (p *printedTokens) next() string {
	rest, length := p.sql[p.at:], 1
	switch c := rest[0]; {
	case c == '\'' || c == '"':
		length = quotedEnd(rest, c)
	case identifierByte(c):
		for length < len(rest) && identifierByte(rest[length]) {
			length++
		}
	}
	p.at += length
	return rest[:length]
}

func printed(nodes []node) string {
	var text strings.Builder
	for _, n := range nodes {
		text.WriteString(n.token + n.open + printed(n.inner) + n.close)
	}
	return text.String()
}

// writtenOut goes from the inside to the outside.
func writtenOut(nodes []node) ([]node, error) {
	for i := range nodes {
		n := &nodes[i]
		var err error
		if n.inner, err = writtenOut(n.inner); err != nil {
			return nil, err
		}
		previous := ""
		if i > 0 {
			previous = nodes[i-1].token
		}
		switch {
		case n.open == "CASE":
			n.inner = withoutOperand(n.inner)
		case n.open == "(" && previous == "NULLIF":
			nodes[i-1].token = ""
			n.inner = nullIf(n.inner)
		case n.open == "(" && previous != "POSITION":
			n.inner = distinct(inQuery(n.inner))
		}
		if n.open == "(" && i > 1 && previous == " " && nodes[i-2].token == "USING" {
			return nil, &refusedError{"it joins with USING or NATURAL, where = is looked for in whichever schemas; " +
				"write ON with the columns of both"}
		}
	}
	return nodes, nil
}

// word is the place of a word among the nodes, -1 without it.
func word(nodes []node, words ...string) int {
	return slices.IndexFunc(nodes, func(n node) bool { return slices.Contains(words, n.token) })
}

func trimmed(nodes []node) string { return strings.TrimSpace(printed(nodes)) }

func verbatim(text string) []node { return []node{{token: text}} }

// withoutOperand makes CASE x WHEN y one of CASE WHEN (x = y).
func withoutOperand(nodes []node) []node {
	first := word(nodes, "WHEN")
	if first < 0 || trimmed(nodes[:first]) == "" {
		return nodes
	}
	text := " "
	operand, rest := trimmed(nodes[:first]), nodes[first:]
	for {
		when, then := word(rest, "WHEN"), word(rest, "THEN")
		if when < 0 || then < when {
			return verbatim(text + printed(rest))
		}
		text += printed(rest[:when]) + "WHEN (" + operand + " = " + trimmed(rest[when+1:then]) + ") THEN"
		rest = rest[then+1:]
	}
}

// nullIf makes NULLIF(x, y) what it stands for.
func nullIf(nodes []node) []node {
	comma := word(nodes, ",")
	if comma < 0 {
		return nodes
	}
	x, y := trimmed(nodes[:comma]), trimmed(nodes[comma+1:])
	return verbatim("CASE WHEN (" + x + " = " + y + ") THEN NULL ELSE " + x + " END")
}

// inQuery makes x IN (SELECT …) one of = ANY.
func inQuery(nodes []node) []node {
	in := word(nodes, "IN")
	if in < 0 || in+2 >= len(nodes) || nodes[in+2].open != "(" {
		return nodes
	}
	query := strings.TrimSpace(printed(nodes[in+2].inner))
	for _, begin := range []string{"SELECT", "WITH", "VALUES"} {
		if strings.HasPrefix(query, begin+" ") {
			nodes[in].token = "= ANY"
		}
	}
	return nodes
}

// distinct makes x IS DISTINCT FROM y a comparison with what it says of nulls. With NULL itself it compares nothing.
func distinct(nodes []node) []node {
	is := word(nodes, "IS")
	if is < 0 || len(nodes) < is+6 || nodes[is+2].token != "DISTINCT" || nodes[is+4].token != "FROM" {
		return nodes
	}
	x, y := trimmed(nodes[:is]), trimmed(nodes[is+5:])
	if y == "NULL" {
		return nodes
	}
	compared := "(" + x + " = " + y + ") IS NOT TRUE"
	if y[0] == '\'' || y[0] >= '0' && y[0] <= '9' { // a constant
		return verbatim(compared)
	}
	return verbatim("(" + compared + ") AND ((" + x + " IS DISTINCT FROM NULL) OR (" + y + " IS DISTINCT FROM NULL))")
}
