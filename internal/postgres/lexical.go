// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// CheckExpression reports why a text is not one expression. It makes sure that the text,
// put between parentheses, cannot end them: so whatever the server then accepts is an
// expression and nothing more. Whether the expression makes sense is the server's to say.
func CheckExpression(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("the expression is empty")
	}
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return errors.New("the expression must be valid UTF-8 without NUL characters")
	}
	return (&scanner{text: text}).scan()
}

// scanner follows the lexical rules of Postgres (documentation, section 4.1) with
// standard_conforming_strings on, which normalisation sets.
type scanner struct {
	text string
	at   int
	open []byte // closing brackets that are awaited
	// statement is set for a whole statement; parameter and numbered see where each of its parameters begins and ends.
	statement bool
	parameter func(start, end int) error
	numbered  func(start, end int)
}

func (s *scanner) scan() error {
	for s.at < len(s.text) {
		if err := s.token(); err != nil {
			return err
		}
	}
	if len(s.open) > 0 {
		return fmt.Errorf("a %q is missing", s.open[len(s.open)-1])
	}
	return nil
}

func (s *scanner) token() error {
	rest := s.text[s.at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		end := strings.IndexAny(rest, "\r\n")
		if end < 0 {
			return errors.New("it ends in a comment")
		}
		s.at += end
	case strings.HasPrefix(rest, "/*"):
		return s.comment()
	case c == '\'':
		return s.quoted('\'', false)
	case c == '"':
		return s.quoted('"', false)
	case c == '$':
		return s.dollar()
	case c == ';':
		return errors.New("it contains a statement's end (;)")
	case c == '(' || c == '[':
		s.open = append(s.open, map[byte]byte{'(': ')', '[': ']'}[c])
		s.at++
	case c == ')' || c == ']':
		if len(s.open) == 0 || s.open[len(s.open)-1] != c {
			return fmt.Errorf("a %q closes nothing", c)
		}
		s.open = s.open[:len(s.open)-1]
		s.at++
	case c == ':':
		return s.colon()
	case c == ',' && len(s.open) == 0 && !s.statement:
		return errors.New("it is more than one expression")
	case identifierStart(c):
		return s.word()
	default:
		s.at++
	}
	return nil
}

func identifierStart(c byte) bool {
	return c == '_' || c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *scanner) word() error {
	start := s.at
	for s.at < len(s.text) {
		if !identifierByte(s.text[s.at]) {
			break
		}
		s.at++
	}
	// E'...' is a string with escapes.
	if strings.EqualFold(s.text[start:s.at], "e") && strings.HasPrefix(s.text[s.at:], "'") {
		return s.quoted('\'', true)
	}
	return nil
}

func (s *scanner) quoted(mark byte, escapes bool) error {
	for i := s.at + 1; i < len(s.text); i++ {
		switch {
		case escapes && s.text[i] == '\\':
			i++
		case s.text[i] == mark && i+1 < len(s.text) && s.text[i+1] == mark:
			i++
		case s.text[i] == mark:
			s.at = i + 1
			// A second string on the next line would be read as the first one's continuation.
			if escapes && strings.HasPrefix(strings.TrimLeft(s.text[s.at:], " \t\r\n\f\v"), "'") {
				return errors.New("a string with escapes must not be split")
			}
			return nil
		}
	}
	return fmt.Errorf("a %c is not closed", mark)
}

func (s *scanner) comment() error {
	depth := 0
	for i := s.at; i+1 < len(s.text); i++ {
		switch s.text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				s.at = i + 1
				return nil
			}
		}
	}
	return errors.New("a comment is not closed")
}

var dollarTag = regexp.MustCompile(`^\$(?:[A-Za-z_\x80-\x{10ffff}][A-Za-z0-9_\x80-\x{10ffff}]*)?\$`)

func (s *scanner) dollar() error {
	tag := dollarTag.FindString(s.text[s.at:])
	if tag == "" {
		s.number()
		return nil
	}
	end := strings.Index(s.text[s.at+len(tag):], tag)
	if end < 0 {
		return fmt.Errorf("a %s is not closed", tag)
	}
	s.at += len(tag) + end + len(tag)
	return nil
}
