// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// MaxScriptBytes is the platform's limit for one script.
const MaxScriptBytes = 100_000

// Problem is a reason why a script of the user's own cannot work. It never
// carries the script's text.
type Problem struct{ Summary, Detail string }

// Normalize evens out line endings and trailing space, which editors and the
// dashboard change and which mean nothing.
func Normalize(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// Validate checks a script of the user's own for one operation, and returns
// everything that is wrong with it.
func Validate(op Operation, text string) []Problem {
	known, ok := specOf(op)
	if !ok {
		return []Problem{{"Unknown Operation", fmt.Sprintf("%q is no operation of a custom database.", string(op))}}
	}
	var problems []Problem
	if len(text) > MaxScriptBytes {
		problems = append(problems, Problem{"Script Too Large", fmt.Sprintf(
			"The %s script has %d bytes; the platform accepts %d.", op, len(text), MaxScriptBytes)})
	}
	if line := credentialsLine(text); line > 0 {
		problems = append(problems, Problem{"Credentials In Script", fmt.Sprintf(
			"Line %d of the %s script holds a URL with a password. Whoever may read the connection reads it too: put the URL into configuration_wo and read it in the script as configuration.%s.",
			line, op, DefaultDatabaseURLKey)})
	}
	function, problem := parseFunction(op, text)
	if problem != nil {
		return append(problems, *problem)
	}
	if problem := checkSignature(op, known, function); problem != nil {
		problems = append(problems, *problem)
	}
	finder := &removedCalls{modules: map[string]bool{}}
	js.Walk(finder, function.node)
	if finder.found {
		problems = append(problems, Problem{"Removed Database Call", fmt.Sprintf(
			"The %s script calls connect on the pg module itself, which that module removed in version 7: the call throws and no login works. Use one pg.Pool, kept in global, and its query method.", op)})
	}
	return problems
}

// A password in a URL's authority. The platform's configuration is the place for it.
var urlWithPassword = regexp.MustCompile(`(?i)\bpostgres(?:ql)?://[^\s"'` + "`" + `/@:]*:[^\s"'` + "`" + `/@]+@`)

// credentialsLine returns the first line with a database URL that has a password.
// One put together from ${...} in a template is no literal password.
func credentialsLine(text string) int {
	for i, line := range strings.Split(text, "\n") {
		for _, match := range urlWithPassword.FindAllString(line, -1) {
			if !strings.Contains(match, "${") {
				return i + 1
			}
		}
	}
	return 0
}

// scriptFunction is the one function that a script consists of.
type scriptFunction struct {
	node   js.INode
	name   string
	params js.Params
}

// parseFunction parses the script and picks out its function.
func parseFunction(op Operation, text string) (*scriptFunction, *Problem) {
	ast, err := js.Parse(parse.NewInputString(text), js.Options{})
	if err != nil {
		// An anonymous function is no statement, but it is an expression.
		expression, expressionErr := js.Parse(parse.NewInputString("("+text+"\n)"), js.Options{})
		if expressionErr != nil {
			return nil, syntaxProblem(op, err)
		}
		ast = expression
	}
	var found []*scriptFunction
	others := 0
	for _, statement := range ast.List {
		switch statement := statement.(type) {
		case *js.EmptyStmt, *js.Comment:
		case *js.FuncDecl:
			found = append(found, newScriptFunction(statement))
		case *js.ExprStmt:
			if function := functionOf(statement.Value); function != nil {
				found = append(found, function)
			} else {
				others++
			}
		default:
			others++
		}
	}
	if len(found) != 1 || others > 0 {
		return nil, &Problem{"Script Is Not One Function", fmt.Sprintf(
			"The %s script must be exactly one function, as the platform evaluates its text as one expression; it has %d functions and %d other statements at its top level. Move everything into the one function.", op, len(found), others)}
	}
	return found[0], nil
}

func syntaxProblem(op Operation, err error) *Problem {
	var syntax *parse.Error
	where := ""
	if errors.As(err, &syntax) {
		// The parser's message quotes what it stumbled over, which may be a secret.
		where = fmt.Sprintf(" on line %d, column %d", syntax.Line, syntax.Column)
	}
	return &Problem{"Script Does Not Parse", fmt.Sprintf("The %s script is no valid JavaScript: there is a syntax error%s.", op, where)}
}

func newScriptFunction(declaration *js.FuncDecl) *scriptFunction {
	function := &scriptFunction{node: declaration, params: declaration.Params}
	if declaration.Name != nil {
		function.name = string(declaration.Name.Name())
	}
	return function
}

// functionOf sees through parentheses.
func functionOf(expression js.IExpr) *scriptFunction {
	switch expression := expression.(type) {
	case *js.GroupExpr:
		return functionOf(expression.X)
	case *js.FuncDecl:
		return newScriptFunction(expression)
	case *js.ArrowFunc:
		return &scriptFunction{node: expression, params: expression.Params}
	}
	return nil
}

// checkSignature accepts the documented parameters with or without context, and
// any shape that takes the rest.
func checkSignature(op Operation, known spec, function *scriptFunction) *Problem {
	if function.name == "" {
		return &Problem{"Script Function Has No Name", fmt.Sprintf(
			"The %s script is an anonymous function. Name it, for example %s, so that it is told apart in stack traces and logs.", op, known.function)}
	}
	count := len(function.params.List)
	if function.params.Rest != nil {
		if count <= known.arguments+2 {
			return nil
		}
	} else if count == known.arguments+1 || count == known.arguments+2 {
		return nil
	}
	return &Problem{"Wrong Number Of Parameters", fmt.Sprintf(
		"The %s script's function has %d parameters. The platform calls it with %d and then the callback, and where enable_script_context is on with context before the callback: declare %d or %d.",
		op, count, known.arguments, known.arguments+1, known.arguments+2)}
}

// removedCalls looks for connect called on the pg module, under whatever name a
// variable holds it, or under those that the platform once had as globals.
type removedCalls struct {
	modules map[string]bool
	found   bool
}

func (r *removedCalls) Enter(node js.INode) js.IVisitor {
	switch node := node.(type) {
	case *js.BindingElement:
		if name, ok := node.Binding.(*js.Var); ok && isRequireOfPG(node.Default) {
			r.modules[string(name.Name())] = true
		}
	case *js.CallExpr:
		dot, ok := node.X.(*js.DotExpr)
		if !ok || propertyName(dot) != "connect" {
			break
		}
		if name, ok := dot.X.(*js.Var); ok {
			old := name.Decl == js.NoDecl && (string(name.Name()) == "pg" || string(name.Name()) == "postgres")
			r.found = r.found || old || r.modules[string(name.Name())]
		}
		r.found = r.found || isRequireOfPG(dot.X)
	}
	return r
}

func (r *removedCalls) Exit(js.INode) {}

var pgModule = regexp.MustCompile("^[\"'`]pg(@[^\"'`]*)?[\"'`]$")

func isRequireOfPG(expression js.IExpr) bool {
	call, ok := expression.(*js.CallExpr)
	if !ok {
		return false
	}
	function, ok := call.X.(*js.Var)
	if !ok || string(function.Name()) != "require" || len(call.Args.List) != 1 {
		return false
	}
	literal, ok := call.Args.List[0].Value.(*js.LiteralExpr)
	return ok && pgModule.Match(literal.Data)
}

func propertyName(dot *js.DotExpr) string {
	switch name := dot.Y.(type) {
	case js.LiteralExpr:
		return string(name.Data)
	case *js.LiteralExpr:
		return string(name.Data)
	}
	return ""
}
