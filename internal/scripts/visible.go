// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"regexp"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// VisibleNames are the names in the SQL that stands in a script as text, as the server would read them; nil where there is
// none, since the script puts it together or asks something else.
func VisibleNames(op Operation, text string) map[string]bool {
	function, problem := parseFunction(op, text)
	if problem != nil {
		return nil
	}
	literals := &textLiterals{}
	js.Walk(literals, function.node)
	var names map[string]bool
	for _, text := range literals.all {
		if !looksLikeSQL.MatchString(text) {
			continue
		}
		if names == nil {
			names = map[string]bool{}
		}
		for _, name := range sqlName.FindAllString(sqlText.ReplaceAllString(text, " "), -1) {
			if quoted, ok := strings.CutPrefix(name, `"`); ok {
				names[strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)] = true
			} else {
				names[strings.ToLower(name)] = true
			}
		}
	}
	return names
}

var (
	looksLikeSQL = regexp.MustCompile(`(?is)^\s*(select|insert\s+into|update|delete\s+from|with)\s`)
	sqlText      = regexp.MustCompile(`'(?:[^']|'')*'`)
	sqlName      = regexp.MustCompile(`"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*`)
)

// textLiterals collects strings and templates.
type textLiterals struct{ all []string }

func (l *textLiterals) Enter(node js.INode) js.IVisitor {
	switch node := node.(type) {
	case *js.LiteralExpr:
		if text := string(node.Data); node.TokenType == js.StringToken && len(text) > 1 {
			l.all = append(l.all, unescaped.Replace(text[1:len(text)-1]))
		}
	case *js.TemplateExpr:
		var text strings.Builder
		for _, part := range node.List {
			text.Write(part.Value)
		}
		text.Write(node.Tail)
		l.all = append(l.all, strings.Trim(unescaped.Replace(text.String()), "`"))
	}
	return l
}

func (l *textLiterals) Exit(js.INode) {}

var unescaped = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\n`, "\n", `\t`, "\t", "${", " ", "}", " ")
