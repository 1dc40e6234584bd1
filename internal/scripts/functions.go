// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Function is a database function through which the scripts run one statement, for roles
// that may not touch the users table themselves.
type Function struct {
	// Name is the operation's, or for its further statements the operation's and the
	// statement's.
	Name string
	// Statement is what it runs on the table; the arguments are its parameters.
	Statement Statement
	Arguments []TypedName
	// Results are the columns that it returns; nil for a statement that returns none, for
	// which it gives one row of true for each user that was changed.
	Results []TypedName
}

// TypedName is an argument or a column of a function.
type TypedName struct{ Name, Type string }

// functionName names the function that stands for the operation's statement at index i.
func functionName(op Operation, i int, s Statement) string {
	if i == 0 {
		return string(op)
	}
	return string(op) + "_" + s.Name
}

// Functions lists the functions that stand for the operation's statements on this table.
func Functions(s store.Store, op Operation, features ...Feature) ([]Function, error) {
	s.Kind = store.Table
	statements, err := Statements(s, op, features...)
	if err != nil {
		return nil, err
	}
	functions := make([]Function, len(statements))
	for i, statement := range statements {
		f := Function{Name: functionName(op, i, statement), Statement: statement}
		if statement.ReadOnly {
			f.Results = resultColumns(s, op, statement)
		}
		for _, param := range statement.Params {
			argument := TypedName{param.Name, argumentType(s, param)}
			if slices.ContainsFunc(f.Results, func(result TypedName) bool { return result.Name == argument.Name }) {
				argument.Name = "wanted_" + argument.Name // a function has one name for one thing
			}
			f.Arguments = append(f.Arguments, argument)
		}
		functions[i] = f
	}
	return functions, nil
}

// FunctionNames lists the functions of every operation and feature that the store has the
// parts for, whether they exist or not.
func FunctionNames(s store.Store) []string {
	var names []string
	for _, op := range Operations() {
		functions, err := Functions(s, op, RehashOnLogin)
		if err != nil {
			continue // not one that this store can have
		}
		for _, f := range functions {
			names = append(names, f.Name)
		}
	}
	return names
}

// functionStatements are the operation's statements, each as a call of its function. The
// arguments are named: a function may gain arguments while older scripts still call it.
func functionStatements(s store.Store, op Operation, features ...Feature) ([]Statement, error) {
	functions, err := Functions(s, op, features...)
	if err != nil {
		return nil, err
	}
	calls := make([]Statement, len(functions))
	for i, f := range functions {
		arguments := make([]string, len(f.Arguments))
		for n, argument := range f.Arguments {
			arguments[n] = fmt.Sprintf("%s => $%d", pgx.Identifier{argument.Name}.Sanitize(), n+1)
		}
		calls[i] = Statement{
			Name:     f.Statement.Name,
			SQL:      fmt.Sprintf("SELECT *\nFROM %s(%s)", pgx.Identifier{s.Schema, f.Name}.Sanitize(), strings.Join(arguments, ", ")),
			Params:   f.Statement.Params,
			ReadOnly: f.Statement.ReadOnly,
		}
	}
	return calls, nil
}

// argumentType is the type that the statement's text gives the parameter: what it casts to
// or compares as text is text, all else has the column's type.
func argumentType(s store.Store, param Param) string {
	column := s.Columns[param.Part]
	f := familyOf(column)
	switch {
	case param.Name == "verified":
		return "boolean"
	case f == familyText || f == familyCIText || param.Part == store.Email || param.Part == store.Username:
		return "text"
	case f == familyOther && param.Part == store.ID:
		return "text"
	}
	name := strings.ToLower(strings.TrimSpace(typeModifier.ReplaceAllString(column.Type, "")))
	if canonical, ok := map[string]string{"int2": "smallint", "int": "integer", "int4": "integer", "int8": "bigint", "bool": "boolean"}[name]; ok {
		return canonical
	}
	if f == familyOther {
		return column.Type
	}
	return name
}

// resultColumns are the columns of a statement that looks a user up.
func resultColumns(s store.Store, op Operation, statement Statement) []TypedName {
	var columns []TypedName
	for _, part := range profileParts {
		if !s.Has(part) {
			continue
		}
		kind := "text"
		switch part {
		case store.EmailVerified, store.PhoneVerified, store.Blocked:
			kind = "boolean"
		}
		columns = append(columns, TypedName{string(part), kind})
	}
	if statement.Name != "find" {
		return columns
	}
	if op == Login {
		columns = append(columns, TypedName{string(store.Password), "text"})
	}
	if s.Has(store.Username) {
		columns = append(columns, TypedName{"found_by_email", "boolean"})
	}
	return columns
}
