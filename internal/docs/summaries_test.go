// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const troubleshooting = "templates/guides/troubleshooting.md.tmpl"

// rowMessage is the message that a row of the guide's tables is about.
var rowMessage = regexp.MustCompile(`(?m)^\| \*\*(.+?)\*\* \|`)

// Every summary that the provider can raise is in the guide, once, and the guide has no other.
func TestTroubleshootingListsEveryMessage(t *testing.T) {
	raised := raisedSummaries(t)
	if len(raised) < 100 {
		t.Fatalf("found only %d summaries: the search is broken", len(raised))
	}
	listed := map[string]int{}
	for _, row := range rowMessage.FindAllStringSubmatch(read(t, troubleshooting), -1) {
		listed[row[1]]++
	}
	for _, summary := range slices.Sorted(maps.Keys(raised)) {
		if listed[summary] == 0 {
			t.Errorf("%s does not explain %q (%s)", troubleshooting, summary, raised[summary])
		}
	}
	for _, summary := range slices.Sorted(maps.Keys(listed)) {
		if raised[summary] == "" {
			t.Errorf("%s explains %q, which nothing raises", troubleshooting, summary)
		}
		if listed[summary] > 1 {
			t.Errorf("%s explains %q %d times", troubleshooting, summary, listed[summary])
		}
	}
}

// The house's rule: Title Case, at most six words, no values.
func TestSummariesAreShort(t *testing.T) {
	for summary, where := range raisedSummaries(t) {
		words := strings.Fields(summary)
		if len(words) > 6 {
			t.Errorf("%s: %q has more than six words", where, summary)
		}
		for _, word := range words {
			if word[:1] != strings.ToUpper(word[:1]) {
				t.Errorf("%s: %q is not in title case", where, summary)
				break
			}
		}
	}
}

// summaryAt is which argument of the framework's methods is the summary.
var summaryAt = map[string]int{"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1}

// raisedSummaries reads from the source which summaries diagnostics have, and where. An expression that it cannot
// read fails the test.
func raisedSummaries(t *testing.T) map[string]string {
	t.Helper()
	s := &summaries{t: t, set: token.NewFileSet(), found: map[string]string{}, takes: maps.Clone(summaryAt)}
	files := s.parse()
	for _, file := range files {
		s.helpers(file)
	}
	for _, file := range files {
		s.scan(file)
	}
	return s.found
}

type summaries struct {
	t     *testing.T
	set   *token.FileSet
	found map[string]string
	takes map[string]int // function -> which argument is a summary
}

func (s *summaries) parse() []*ast.File {
	s.t.Helper()
	var files []*ast.File
	for _, folder := range []string{"resources/*", "provider", "scripts"} {
		paths, err := filepath.Glob(filepath.Join(root(s.t), "internal", folder, "*.go"))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(s.set, path, nil, 0)
			if err != nil {
				s.t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	return files
}

// helpers notes the functions that are given a summary to raise.
func (s *summaries) helpers(file *ast.File) {
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		at := 0
		for _, field := range function.Type.Params.List {
			for _, name := range field.Names {
				if name.Name == "summary" {
					s.takes[function.Name.Name] = at
				}
				at++
			}
		}
	}
}

func (s *summaries) scan(file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			name := ""
			switch called := node.Fun.(type) {
			case *ast.Ident:
				name = called.Name
			case *ast.SelectorExpr:
				name = called.Sel.Name
			}
			if at, ok := s.takes[name]; ok && at < len(node.Args) {
				s.note(file, node.Args[at])
			}
		case *ast.CompositeLit:
			s.problem(file, node)
		}
		return true
	})
}

// problem reads the values that carry a summary with them: scripts.Problem, and the remedy
// for a script that failed when it was tried.
func (s *summaries) problem(file *ast.File, literal *ast.CompositeLit) {
	if list, ok := literal.Type.(*ast.ArrayType); ok && fmt.Sprint(list.Elt) == "Problem" {
		for _, element := range literal.Elts {
			if one, ok := element.(*ast.CompositeLit); ok && len(one.Elts) > 0 {
				s.note(file, one.Elts[0])
			}
		}
		return
	}
	if kind := fmt.Sprint(literal.Type); kind != "Problem" && kind != "ScriptRemedy" {
		return
	}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Summary" {
				s.note(file, pair.Value)
			}
			continue
		}
		s.note(file, literal.Elts[0])
		return
	}
}

func (s *summaries) note(file *ast.File, expression ast.Expr) {
	s.t.Helper()
	where := s.set.Position(expression.Pos())
	where.Filename, _ = filepath.Rel(root(s.t), where.Filename)
	values, ok := s.values(file, expression)
	if !ok {
		s.t.Errorf("%s: cannot read which summaries this can be; write them as literals", where)
	}
	for _, value := range values {
		s.found[value] = where.String()
	}
}

// values lists what an expression can be.
func (s *summaries) values(file *ast.File, expression ast.Expr) (values []string, ok bool) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return []string{value}, err == nil
	case *ast.BinaryExpr:
		left, okLeft := s.values(file, e.X)
		right, okRight := s.values(file, e.Y)
		for _, l := range left {
			for _, r := range right {
				values = append(values, l+r)
			}
		}
		return values, okLeft && okRight
	case *ast.IndexExpr:
		return s.mapValues(file, e.X)
	case *ast.SelectorExpr:
		return nil, e.Sel.Name == "Summary" // read where the value is made
	case *ast.Ident:
		return nil, e.Name == "summary" // read where the function is called
	}
	return nil, false
}

// mapValues lists the values of a map that stands there or is assigned to that name.
func (s *summaries) mapValues(file *ast.File, expression ast.Expr) (values []string, ok bool) {
	if name, isName := expression.(*ast.Ident); isName {
		var all []string
		ast.Inspect(file, func(node ast.Node) bool {
			assignment, is := node.(*ast.AssignStmt)
			if is && len(assignment.Lhs) == 1 && fmt.Sprint(assignment.Lhs[0]) == name.Name {
				found, readable := s.mapValues(file, assignment.Rhs[0])
				all, ok = append(all, found...), readable
			}
			return true
		})
		return all, ok
	}
	literal, isLiteral := expression.(*ast.CompositeLit)
	if !isLiteral {
		return nil, false
	}
	for _, element := range literal.Elts {
		pair, isPair := element.(*ast.KeyValueExpr)
		if !isPair {
			return nil, false
		}
		found, readable := s.values(file, pair.Value)
		if !readable {
			return nil, false
		}
		values = append(values, found...)
	}
	return values, true
}
