// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ClientCheck is the function that every access function calls first. It takes nothing and
// returns nothing; where only some addresses may call, it raises for all others.
const ClientCheck = "check_client"

// clientCheckBody lets everybody through. What the function does is not managed with the
// access functions: the allowlist changes it.
const clientCheckBody = "\nBEGIN\n  RETURN;\nEND\n"

const returnQuery = "  RETURN QUERY\n"

const pinnedSearchPath = "search_path=" + PinnedPath

// FunctionColumn is an argument or a result column of a function.
type FunctionColumn struct{ Name, Type string }

// AccessFunction is one function that stands in front of the users table, as it is to be or
// as the server has it.
type AccessFunction struct {
	Schema    string
	Name      string
	Owner     string
	Arguments []FunctionColumn
	// ArgumentsDefault means that every argument may be left out and is then null.
	ArgumentsDefault bool
	// Returns is the type of the result, with Results empty.
	Returns string
	Results []FunctionColumn
	// Language, Volatility and so on are in the words of CREATE FUNCTION.
	Language        string
	Volatility      string
	SecurityDefiner bool
	// Others are further attributes that an access function never has: STRICT, LEAKPROOF.
	Others   []string
	Settings []string
	Body     string
	Comment  string
	// Public means that everybody may execute it.
	Public bool

	identity string // the arguments as DROP FUNCTION takes them
	overload bool   // another function has the same name
	grantees []string
}

// NewAccessFunction describes a function that runs one statement with its owner's rights.
// The statement's parameters are the arguments; results is nil for one that returns no rows.
func NewAccessFunction(
	schema, owner, name, statement string,
	arguments, results []FunctionColumn,
	readOnly bool,
	comment string,
) AccessFunction {
	f := AccessFunction{
		Schema: schema, Name: name, Owner: owner, Arguments: arguments, ArgumentsDefault: len(arguments) > 0,
		Returns: "SETOF boolean", Results: results, Language: "plpgsql", Volatility: "VOLATILE", SecurityDefiner: true,
		Settings: []string{pinnedSearchPath}, Comment: comment,
	}
	if readOnly {
		f.Volatility = "STABLE"
	}
	if len(results) > 0 {
		f.Returns = ""
	} else {
		statement += "\nRETURNING true"
	}
	// Result columns have the names of table columns, which are meant wherever both could be.
	f.Body = fmt.Sprintf("\n#variable_conflict use_column\nBEGIN\n  PERFORM %s();\n  RETURN QUERY\n%s;\nEND\n",
		pgx.Identifier{schema, ClientCheck}.Sanitize(), indent(statement))
	return f
}

// Requiring is the function that refuses its arguments, in these words, unless the condition on them holds.
func (f AccessFunction) Requiring(condition, otherwise string) AccessFunction {
	check := fmt.Sprintf("  IF (%s) IS NOT TRUE THEN\n    RAISE EXCEPTION USING ERRCODE = "+
		"'22023', MESSAGE = %s;\n  END IF;\n",
		condition, QuoteLiteral(otherwise))
	f.Body = strings.Replace(f.Body, returnQuery, check+returnQuery, 1)
	return f
}

const (
	countsBefore = "DECLARE\n  changed bigint;\nBEGIN\n"
	countsAfter  = "  GET DIAGNOSTICS changed = ROW_COUNT;\n  IF changed > 1 THEN\n    RAISE EXCEPTION USING ERRCODE = '21000', " +
		"MESSAGE = 'the statement changed several rows where one user was meant';\n  END IF;\nEND\n"
)

// OfOne is the function that takes back what its statement did to more than one row.
func (f AccessFunction) OfOne() AccessFunction {
	f.Body = strings.Replace(f.Body, "BEGIN\n", countsBefore, 1)
	f.Body = strings.TrimSuffix(f.Body, "END\n") + countsAfter
	return f
}

// Statement is the one that the function runs, as it was given to [NewAccessFunction]; "" for a function of another kind.
func (f AccessFunction) Statement() string {
	_, text, _ := strings.Cut(f.Body, returnQuery)
	text = strings.TrimSuffix(strings.TrimSuffix(text, countsAfter), "END\n")
	text, ends := strings.CutSuffix(text, ";\n")
	if !ends {
		return ""
	}
	text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n  ", "\n"), "\n")
	if len(f.Results) == 0 {
		text = strings.TrimSuffix(text, "\nRETURNING true")
	}
	return text
}

// newClientCheck describes the function that the others call first.
func newClientCheck(schema, owner, body string) AccessFunction {
	return AccessFunction{
		Schema: schema, Name: ClientCheck, Owner: owner, Returns: "void", Language: "plpgsql", Volatility: "STABLE",
		Settings: []string{pinnedSearchPath}, Body: body,
		Comment: "Called first by every access function; raises where the client's address may not call.",
	}
}

func indent(statement string) string {
	return "  " + strings.ReplaceAll(statement, "\n", "\n  ")
}

// Key names the function among those of its schema.
func (f AccessFunction) Key() string {
	if !f.overload {
		return f.Name
	}
	return f.Name + "(" + f.identity + ")"
}

// Definition is the SQL that makes the function what it is.
func (f AccessFunction) Definition() string {
	return strings.Join(f.statements("CREATE FUNCTION"), ";\n") + ";"
}

// statements create the function. Everybody may execute a new one until that is revoked, so
// they run in one transaction.
func (f AccessFunction) statements(create string) []string {
	signature := f.signature()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s(%s)", create, pgx.Identifier{f.Schema, f.Name}.Sanitize(), f.arguments())
	if f.Returns != "" {
		fmt.Fprintf(&b, " RETURNS %s", f.Returns)
	} else {
		columns := make([]string, len(f.Results))
		for i, c := range f.Results {
			columns[i] = pgx.Identifier{c.Name}.Sanitize() + " " + c.Type
		}
		fmt.Fprintf(&b, " RETURNS TABLE (%s)", strings.Join(columns, ", "))
	}
	fmt.Fprintf(&b, "\n  LANGUAGE %s %s", f.Language, f.Volatility)
	if f.SecurityDefiner {
		b.WriteString(" SECURITY DEFINER")
	}
	for _, other := range f.Others {
		b.WriteString(" " + other)
	}
	for _, setting := range f.Settings {
		name, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&b, "\n  SET %s = %s", name, value)
	}
	fmt.Fprintf(&b, "\n  AS %s", QuoteLiteral(f.Body))
	statements := []string{b.String(), fmt.Sprintf("ALTER FUNCTION %s OWNER TO %s",
		signature, pgx.Identifier{f.Owner}.Sanitize())}
	if f.Public {
		statements = append(statements, fmt.Sprintf("GRANT EXECUTE ON FUNCTION %s TO PUBLIC", signature))
	} else {
		statements = append(statements, fmt.Sprintf("REVOKE ALL ON FUNCTION %s FROM PUBLIC", signature))
	}
	return append(statements, fmt.Sprintf("COMMENT ON FUNCTION %s IS %s", signature, QuoteLiteral(f.Comment)))
}

// signature is the function with its argument types.
func (f AccessFunction) signature() string {
	types := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		types[i] = a.Type
	}
	return pgx.Identifier{f.Schema, f.Name}.Sanitize() + "(" + strings.Join(types, ", ") + ")"
}

func (f AccessFunction) arguments() string {
	arguments := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		arguments[i] = pgx.Identifier{a.Name}.Sanitize() + " " + a.Type
		if f.ArgumentsDefault {
			arguments[i] += " DEFAULT NULL"
		}
	}
	return strings.Join(arguments, ", ")
}

// sameSignature tells whether CREATE OR REPLACE can turn one into the other: it changes
// neither arguments nor results.
func (f AccessFunction) sameSignature(other AccessFunction) bool {
	head := func(f AccessFunction) string {
		return fmt.Sprint(f.Arguments, f.ArgumentsDefault, f.Returns, f.Results)
	}
	return head(f) == head(other)
}
