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
// that may not touch the users table themselves. Its signature hardly depends on the parts
// that the store has: a function that keeps its signature is replaced without any call failing.
type Function struct {
	// Name is the operation's, or for its further statements the operation's and the
	// statement's.
	Name string
	// Statement is the one on the table that the function stands for.
	Statement Statement
	// SQL is what the function runs, with its arguments as $1 and so on; "" where that is one's own.
	SQL string
	// Own means that its SQL is one's own.
	Own       bool
	Arguments []TypedName
	// Results are the columns that it returns; nil for a statement that returns none, for
	// which it gives one row of true for each user that was changed.
	Results []TypedName
}

// StoredPassword is the hash that is handed to the function to be stored, as text in SQL; "" for none.
func (f Function) StoredPassword() string {
	i := slices.IndexFunc(f.Arguments, func(a TypedName) bool { return a.Name == string(store.Password) })
	if i < 0 {
		return ""
	}
	name := pgx.Identifier{f.Arguments[i].Name}.Sanitize()
	if isHashInBytes(store.Password, store.Column{Type: f.Arguments[i].Type}) {
		return asHash(name)
	}
	return name + asText
}

// TypedName is an argument or a column of a function.
type TypedName struct{ Name, Type string }

// functionName names the function that stands for the operation's statement.
func functionName(op Operation, statement string) string {
	if statement == mainName(op) {
		return string(op)
	}
	return string(op) + "_" + statement
}

// Functions lists the functions that stand for the operation's statements on this table.
func Functions(s store.Store, op Operation, features ...Feature) ([]Function, error) {
	statements, err := tableStatements(s, op, features...)
	if err != nil {
		return nil, err
	}
	functions := make([]Function, len(statements))
	for i, statement := range statements {
		f := Function{Name: functionName(op, statement.Name), Statement: statement, SQL: statement.SQL}
		f.Own = s.Owns(f.Name)
		params := statement.Params
		if op == Create {
			// Arguments for every part, also those that the store lacks.
			params = signUpParams()
			if f.Own {
				f.Statement.Params = slices.DeleteFunc(signUpParams(), func(p Param) bool { return !s.Has(p.Part) })
			} else {
				b := newBuilder(s)
				b.params = params
				f.SQL = b.insertUser().SQL
			}
		}
		if statement.ReadOnly {
			f.Results = resultColumns(op, statement)
			if !f.Own {
				f.SQL = widened(s, statement, f.Results)
			}
		}
		for _, param := range params {
			f.Arguments = append(f.Arguments, TypedName{argumentName(f.Results, param), argumentType(s, param)})
		}
		functions[i] = f
	}
	return functions, nil
}

// argumentName is the parameter's name, unless a result has it: a function has one name for one thing.
func argumentName(results []TypedName, param Param) string {
	if slices.ContainsFunc(results, func(result TypedName) bool { return result.Name == param.Name }) {
		return "wanted_" + param.Name
	}
	return param.Name
}

// signUpParams are the values that a sign-up may bring, in the order of the parts.
func signUpParams() []Param {
	var params []Param
	for _, spec := range store.Parts() {
		switch spec.Part {
		case store.ID,
			store.PasswordSalt,
			store.TOTP,
			store.EmailVerified,
			store.PhoneVerified,
			store.Blocked,
			store.CreatedAt,
			store.UpdatedAt,
			store.LastLogin,
			store.LastPasswordReset,
			store.MigratedAt:
		default:
			params = append(params, Param{string(spec.Part), spec.Part})
		}
	}
	return params
}

// hasResult tells whether the statement on the table returns the column.
func hasResult(s store.Store, column string) bool {
	switch column {
	case foundByEmail:
		return s.Has(store.Username)
	case migratedAgo:
		return s.Writes(store.MigratedAt)
	}
	return s.Has(store.Part(column))
}

// castTo are the casts to the types that a result has.
var castTo = map[string]string{"text": asText, "boolean": "::boolean"}

// widened returns the statement's columns among all that the function has, the others null.
func widened(s store.Store, statement Statement, results []TypedName) string {
	columns := make([]string, len(results))
	for i, result := range results {
		columns[i] = pgx.Identifier{"found", result.Name}.Sanitize()
		if !hasResult(s, result.Name) {
			columns[i] = "NULL" + castTo[result.Type]
		}
	}
	return fmt.Sprintf("SELECT %s\nFROM (\n%s\n) AS \"found\"", strings.Join(columns, ", "), statement.SQL)
}

// FunctionNames lists the functions of every operation and feature that the store has the
// parts for, whether they exist or not.
func FunctionNames(s store.Store) []string {
	var names []string
	for _, op := range Operations() {
		functions, err := Functions(s, op, RehashOnLogin)
		if err != nil { // where the password is only read, there is no feature that writes it
			functions, err = Functions(s, op)
		}
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
	through, _ := s.Functions()
	functions, err := Functions(s, op, features...)
	if err != nil {
		return nil, err
	}
	calls := make([]Statement, len(functions))
	for i, f := range functions {
		arguments := make([]string, len(f.Statement.Params))
		for n, param := range f.Statement.Params {
			arguments[n] = fmt.Sprintf("%s => $%d", pgx.Identifier{argumentName(f.Results, param)}.Sanitize(), n+1)
		}
		columns := []string{"*"}
		if f.Results != nil {
			columns = nil
			for _, result := range f.Results {
				if hasResult(s, result.Name) {
					columns = append(columns, pgx.Identifier{result.Name}.Sanitize())
				}
			}
		}
		calls[i] = Statement{
			Name: f.Statement.Name,
			SQL: fmt.Sprintf(
				"SELECT %s\nFROM %s(%s)",
				strings.Join(columns, ", "),
				pgx.Identifier{through.Schema, f.Name}.Sanitize(),
				strings.Join(arguments, ", "),
			),
			Params:   f.Statement.Params,
			Computes: f.Statement.Computes,
			ReadOnly: f.Statement.ReadOnly,
		}
	}
	return calls, nil
}

// argumentType is the type that the statement's text gives the parameter: what it casts to
// or compares as text is text, all else has the column's type.
func argumentType(s store.Store, param Param) string {
	column, ok := s.Columns[param.Part]
	if param.Part == store.ID { // it is only compared, in the form in which it is read
		column.Type = column.ReadType()
	}
	if !ok || column.Type == "" { // of a part that the store lacks: the type that the part would have
		spec, _ := store.Spec(param.Part)
		column.Type = spec.Type
	}
	if column.Write != nil && param.Part != store.ID {
		column.Type = param.Part.ValueType()
	}
	f := familyOf(column)
	switch {
	case param.Name == "verified":
		return "boolean"
	case param.Name == "old_password":
		return "text"
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

// foundByEmail is the column that tells a user found by address from one found by name.
const foundByEmail = "found_by_email"

// resultColumns are the columns of a function that looks a user up.
func resultColumns(op Operation, statement Statement) []TypedName {
	var columns []TypedName
	for _, part := range profileParts {
		kind := "text"
		switch part {
		case store.EmailVerified, store.PhoneVerified, store.Blocked:
			kind = "boolean"
		}
		columns = append(columns, TypedName{string(part), kind})
	}
	columns = append(columns, TypedName{migratedAgo, "text"})
	if statement.Name != findName {
		return columns
	}
	if op == Login {
		columns = append(columns, TypedName{string(store.Password), "text"}, TypedName{string(store.PasswordSalt), "text"})
	}
	return append(columns, TypedName{foundByEmail, "boolean"})
}
