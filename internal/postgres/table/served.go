// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Serving is what the table's valid indexes find rows by, in the form that expressions have.
type Serving struct {
	// Keys are the first keys of indexes that hold every user.
	Keys []string
	// Implied are the predicates, as the catalog prints them, of partial indexes that hold every user.
	Implied []string
	// Meanings are the keys of unique indexes of one key, by the catalog's text.
	Meanings map[string]string
}

// ReadServing asks the server about the indexes of a row's table for users that the filter describes, as
// [ResolveExpressions] returned it; "" where all rows are users.
func ReadServing(ctx context.Context, db postgres.Beginner, row Row, filter string) (s Serving, err error) {
	if row.Current == nil {
		return s, nil
	}
	now := Row{Schema: row.Schema, Name: row.Name, Current: row.Current}
	meaning := func(text string) (string, error) {
		found, err := ResolveExpressions(ctx, db, now, []string{text})
		var refused *ExpressionError
		if errors.As(err, &refused) {
			return "", nil // an index by something of which nothing is known
		}
		if found[text].rewritten {
			return "", nil // the planner does not see that it is the same
		}
		return found[text].SQL, err
	}
	users := conjuncts(filter)
	for _, index := range row.Current.Indexes {
		if len(index.Keys) == 0 {
			continue
		}
		if index.Predicate != "" {
			predicate, err := meaning(index.Predicate)
			if err != nil {
				return s, err
			}
			if predicate == "" || !containsAll(users, conjuncts(predicate)) {
				continue
			}
			s.Implied = append(s.Implied, index.Predicate)
		}
		key, err := meaning(index.Keys[0])
		if err != nil {
			return s, err
		}
		for next := 1; key != "" && next < len(index.Keys) && fixes(users, key, row.Name); next++ {
			if key, err = meaning(index.Keys[next]); err != nil {
				return s, err
			}
		}
		if key == "" {
			continue
		}
		if index.Valid {
			s.Keys = append(s.Keys, key)
		}
		if index.Unique && len(index.Keys) == 1 {
			if s.Meanings == nil {
				s.Meanings = map[string]string{}
			}
			s.Meanings[index.Keys[0]] = key
		}
	}
	return s, nil
}

// fixes reports whether one of the conditions gives the key one value for all users, so that what stands behind it in an
// index finds them: a tenant, as in realm_id = 'r1'.
func fixes(conditions []string, key, table string) bool {
	for _, condition := range conditions {
		for _, before := range []string{"(" + key + " OPERATOR(pg_catalog.=) ", "((" + key + ")::pg_catalog.text OPERATOR(pg_catalog.=) "} {
			if value, ok := strings.CutPrefix(condition, before); ok && !strings.Contains(value, postgres.Ident(table)+".") &&
				!strings.Contains(value, table+".") && !strings.Contains(value, " ") {
				return true
			}
		}
	}
	return false
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}

// conjuncts are the conditions that all have to hold for the one that the server has printed.
func conjuncts(sql string) []string {
	inner, ok := strings.CutPrefix(sql, "(")
	if !ok {
		return []string{sql}
	}
	inner = strings.TrimSuffix(inner, ")")
	var parts []string
	depth, begin := 0, 0
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '\'' || c == '"':
			i += quotedEnd(inner[i:], c) - 1
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 { // what was taken off are not two of one pair
				return []string{sql}
			}
		case depth == 0 && strings.HasPrefix(inner[i:], " AND "):
			parts = append(parts, conjuncts(inner[begin:i])...)
			begin = i + len(" AND ")
		}
	}
	if parts == nil {
		return []string{sql}
	}
	return append(parts, conjuncts(inner[begin:])...)
}
