// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// SQL of one's own stands in a function in place of ours: the scripts call it with the same values, and take the same
// rows for an answer.

// ownStatement is what is fixed about a statement whatever its SQL.
func ownStatement(op Operation, name string) Statement {
	email := Param{"email", store.Email}
	id, password := Param{"id", store.ID}, Param{string(store.Password), store.Password}
	own := Statement{Name: name, ReadOnly: name == findName || name == findByIDName}
	switch name {
	case findName:
		own.Params = []Param{{"identifier", store.Email}}
	case findByIDName, recordLoginName, recordMigrationName, "delete":
		own.Params = []Param{id}
	case rehashName:
		own.Params = []Param{password, id, {"old_password", store.Password}}
	case "insert":
		own.Params = signUpParams()
	case "mark_verified":
		own.Params = []Param{email}
	case "set_password":
		own.Params = []Param{password, email}
	case "set_email":
		own.Params = []Param{{"new_email", store.Email}, {"verified", store.EmailVerified}, email}
	case "set_username":
		own.Params = []Param{{"new_username", store.Username}, {"username", store.Username}}
	}
	return own
}

// Parameters are those that SQL of one's own may name, with their types. Of a sign-up they are the parts that the store has.
func (f Function) Parameters() map[string]string {
	types := map[string]string{}
	for _, param := range f.Statement.Params {
		name := argumentName(f.Results, param)
		for _, argument := range f.Arguments {
			if argument.Name == name {
				types[param.Name] = argument.Type
			}
		}
	}
	return types
}

// Needed are those of its parameters without which the SQL cannot do what is asked: all but what a sign-up brings for
// parts that are only read, and whether an address is verified for a store that does not know.
func (f Function) Needed(s store.Store) []string {
	var names []string
	for _, param := range f.Statement.Params {
		optional := param.Name == "verified" && !s.Has(store.EmailVerified) ||
			f.Statement.Name == "insert" && param.Part != store.Email && param.Part != store.Password && !s.Writes(param.Part)
		if !optional {
			names = append(names, param.Name)
		}
	}
	return names
}

// Wanted are the columns that a query of one's own has to return, and no others: those of the parts that the store has.
func (f Function) Wanted(s store.Store) []TypedName {
	return slices.DeleteFunc(slices.Clone(f.Results), func(result TypedName) bool { return !hasResult(s, result.Name) })
}

// Placeholder is what stands for the parameter in the function's SQL.
func (f Function) Placeholder(param string) string {
	name := argumentName(f.Results, Param{Name: param})
	n := slices.IndexFunc(f.Arguments, func(a TypedName) bool { return a.Name == name })
	return fmt.Sprintf("$%d", n+1)
}

// ParameterAt is the reverse of [Function.Placeholder]; "" for none.
func (f Function) ParameterAt(n int) string {
	if n < 1 || n > len(f.Arguments) {
		return ""
	}
	return strings.TrimPrefix(f.Arguments[n-1].Name, "wanted_")
}

// WithSQL is the function with SQL of one's own, which has the arguments as $1 and so on.
func (f Function) WithSQL(s store.Store, sql string) Function {
	f.SQL = sql
	if f.Results != nil {
		f.SQL = wrapped(s, sql, f.Results)
	}
	return f
}

// OwnSQL is the reverse of [Function.WithSQL].
func (f Function) OwnSQL(sql string) string {
	if f.Results != nil {
		_, sql, _ = strings.Cut(sql, ownBefore)
		sql = strings.TrimSuffix(sql, ownAfter)
	}
	return sql
}

// wrapped are the rows of a query of one's own as the function returns them. What does not say whether somebody is blocked
// does not say that they may get in.
func wrapped(s store.Store, sql string, results []TypedName) string {
	columns := make([]string, len(results))
	for i, result := range results {
		column := pgx.Identifier{"found", result.Name}.Sanitize()
		switch {
		case !hasResult(s, result.Name):
			column = "NULL" + castTo[result.Type]
		case result.Type == "boolean":
			column = fmt.Sprintf("COALESCE(%s, %t)", column, result.Name == string(store.Blocked))
		default:
			column += asText
		}
		columns[i] = column
	}
	return fmt.Sprintf("SELECT %s%s%s%s", strings.Join(columns, ", "), ownBefore, sql, ownAfter)
}

var (
	ownBefore = "\nFROM (\n"
	ownAfter  = fmt.Sprintf("\n) AS \"found\"\nLIMIT %d", lookupLimit)
)
