// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parameters returns one statement of the user's with what stands for each parameter, :name, in its place. It makes sure
// that the text is no more than one statement; whether that makes sense is the server's to say. A name behind a second
// colon, as in a cast, and what stands in quotes or comments is no parameter. A semicolon at the end is left out.
func Parameters(text string, with func(name string) (string, error)) (string, error) {
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return "", errors.New("the statement must be valid UTF-8 without NUL characters")
	}
	text = strings.TrimSpace(text)
	if trimmed := strings.TrimSuffix(text, ";"); trimmed != text {
		text = strings.TrimRight(trimmed, " \t\r\n")
	}
	if text == "" {
		return "", errors.New("the statement is empty")
	}
	s := &scanner{text: text + "\n", statement: true} // a comment may be its last line
	var out strings.Builder
	from := 0
	s.parameter = func(start, end int) error {
		value, err := with(strings.ToLower(s.text[start+1 : end]))
		out.WriteString(s.text[from:start] + value)
		from = end
		return err
	}
	if err := s.scan(); err != nil {
		return "", err
	}
	return strings.TrimRight(out.String()+s.text[from:], "\n"), nil
}

// NamedParameters is the reverse of [Parameters], for a statement whose parameters are $1 and so on.
func NamedParameters(text string, name func(n int) string) (string, error) {
	s := &scanner{text: text, statement: true}
	var out strings.Builder
	from := 0
	s.numbered = func(start, end int) {
		n, _ := strconv.Atoi(s.text[start+1 : end])
		out.WriteString(s.text[from:start] + ":" + name(n))
		from = end
	}
	err := s.scan()
	return out.String() + s.text[from:], err
}

// number is a parameter by its number, behind a dollar sign.
func (s *scanner) number() {
	start := s.at
	s.at++
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	if s.numbered != nil && s.at > start+1 {
		s.numbered(start, s.at)
	}
}

// colon is a cast, the := of a named argument, or a parameter.
func (s *scanner) colon() error {
	start := s.at
	s.at++
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, ":"), strings.HasPrefix(rest, "="):
		s.at++
		return nil
	case s.parameter == nil || rest == "" || !identifierStart(rest[0]):
		return nil
	}
	for s.at < len(s.text) && identifierByte(s.text[s.at]) {
		s.at++
	}
	return s.parameter(start, s.at)
}

func identifierByte(c byte) bool {
	return identifierStart(c) || c == '$' || c >= '0' && c <= '9'
}
