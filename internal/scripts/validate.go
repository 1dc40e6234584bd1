// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts/modules"
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
			"Line %d of the %s script holds a URL with a password. Whoever may read the connection reads it too: put the URL "+
				"into configuration_wo and read it in the script as configuration.%s.",
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
			"The %s script calls connect on the pg module itself, which that module removed in version 7: the call throws and "+
				"no login works. Use one pg.Pool, kept in global, and its query method.", op)})
	}
	return problems
}

// Warnings names what a script of the user's own asks for and Auth0 no longer has. It may be there under another
// agreement, so that it is no error.
func Warnings(op Operation, text string) []Problem {
	function, problem := parseFunction(op, text)
	if problem != nil {
		return nil // Validate says it
	}
	required := &requiredModules{}
	js.Walk(required, function.node)
	var problems []Problem
	for _, name := range required.names {
		if withdrawn := modules.Withdrawn(name); withdrawn != "" {
			problems = append(problems, Problem{"Module Withdrawn", fmt.Sprintf(
				"The %s script requires %s. %s, so the script is expected to fail at its first call. Require a version that "+
					"Auth0 still has, or another module.",
				op, name, withdrawn)})
		}
	}
	return problems
}

// CheckContext refuses a script whose parameters do not fit what Auth0 calls it with: with context before the
// callback where the connection has enable_script_context, and without it elsewhere. What change_email and
// change_username are called with is not documented, and both shapes pass.
func CheckContext(op Operation, text string, enabled bool) *Problem {
	known, ok := specOf(op)
	function, problem := parseFunction(op, text)
	if !ok || problem != nil || function.params.Rest != nil || op == ChangeEmail || op == ChangeUsername {
		return nil
	}
	switch count := len(function.params.List); {
	case count == known.arguments+2 && !enabled:
		return &Problem{"Script Context Is Off", fmt.Sprintf(
			"The %s script takes context before the callback, and the connection has enable_script_context off: Auth0 would "+
				"pass the callback in place of context, and every call would fail with \"callback is not a function\". Set "+
				"enable_script_context = true, or take the parameter out.", op)}
	case count == known.arguments+1 && enabled:
		return &Problem{"Script Context Is On", fmt.Sprintf(
			"The %s script takes no context, and the connection has enable_script_context on: Auth0 would pass context in "+
				"place of the callback, and every call would fail with \"callback is not a function\". Declare context before "+
				"the callback; Auth0 cannot switch it off again.", op)}
	}
	return nil
}

// A password in a URL's authority, whatever the scheme. The platform's configuration is the place for it.
var urlWithPassword = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'` + "`" + `/@:]*:[^\s"'` + "`" + `/@]+@`)

// credentialsLine returns the first line with a URL that has a password.
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
			"The %s script must be exactly one function, as the platform evaluates its text as one expression; it has %d "+
				"functions and %d other statements at its top level. Move "+
				"everything into the one function.", op, len(found), others)}
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
	return &Problem{"Script Does Not Parse", fmt.Sprintf("The %s script is no valid "+
		"JavaScript: there is a syntax error%s.", op, where)}
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
			"The %s script is an anonymous function. Name it, for example %s, so that it is told "+
				"apart in stack traces and logs.", op, known.function)}
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
		"The %s script's function has %d parameters. The platform calls it with %d and then the callback, and where "+
			"enable_script_context is on with context before the callback: declare %d or %d.",
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

// requiredModules collects what is required by a literal name.
type requiredModules struct{ names []string }

func (r *requiredModules) Enter(node js.INode) js.IVisitor {
	if call, ok := node.(*js.CallExpr); ok {
		if name := requiredBy(call); name != "" && !slices.Contains(r.names, name) {
			r.names = append(r.names, name)
		}
	}
	return r
}

func (r *requiredModules) Exit(js.INode) {}

// requiredBy is the module that a call requires, "" where it is no such call.
func requiredBy(call *js.CallExpr) string {
	function, ok := call.X.(*js.Var)
	if !ok || string(function.Name()) != "require" || len(call.Args.List) != 1 {
		return ""
	}
	switch argument := call.Args.List[0].Value.(type) {
	case *js.LiteralExpr:
		if argument.TokenType == js.StringToken {
			return strings.Trim(string(argument.Data), "\"'")
		}
	case *js.TemplateExpr:
		if len(argument.List) == 0 {
			return strings.Trim(string(argument.Tail), "`")
		}
	}
	return ""
}

func isRequireOfPG(expression js.IExpr) bool {
	call, ok := expression.(*js.CallExpr)
	if !ok {
		return false
	}
	name, _ := modules.Split(requiredBy(call))
	return name == "pg"
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
