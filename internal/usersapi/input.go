// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object whose members are still text. Names are compared as they are, which encoding/json does not.
type object map[string]json.RawMessage

// readBody reads a request's JSON object of at most 64 kB.
func readBody(w http.ResponseWriter, r *http.Request) (object, error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, given := parameters["charset"]
	if err != nil || kind != "application/json" || given && !strings.EqualFold(charset, "utf-8") ||
		r.Header.Get("Content-Encoding") != "" {
		p := badRequest("the body must be application/json in UTF-8, not compressed")
		p.status = http.StatusUnsupportedMediaType
		return nil, p
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &problem{
			status: http.StatusRequestEntityTooLarge, code: "too_large", message: "the body is larger than 64 kB", pgrst: "PGRST102",
		}
	case err != nil:
		return nil, badRequest("the body could not be read")
	case !utf8.Valid(text):
		return nil, badRequest("the body is not UTF-8")
	case halfOfPair(text):
		return nil, badRequest("the body has half of a surrogate pair")
	}
	if err := onceEach(text); err != nil {
		return nil, err
	}
	return toObject(text, "the body")
}

func toObject(text json.RawMessage, what string) (o object, err error) {
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, badRequest("%s is no JSON object", what)
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, badRequest("%s is no JSON object", what)
	}
	return o, nil
}

// maxDepth bounds how deeply objects stand in each other.
const maxDepth = 50

// onceEach refuses what is no JSON, a member that is given twice in an object, of which readers take different ones, and
// what is nested without end.
func onceEach(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := oneValue(decoder, 0); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("something stands behind the JSON object")
	}
	return nil
}

func oneValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return badRequest("the body is no JSON")
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth > maxDepth {
		return badRequest("the body is nested too deeply")
	}
	seen := map[string]bool{}
	for decoder.More() {
		if delimiter == '{' {
			key, err := decoder.Token()
			name, _ := key.(string)
			if err != nil || seen[name] {
				return badRequest("a member stands twice in an object, or the body is no JSON")
			}
			seen[name] = true
		}
		if err := oneValue(decoder, depth+1); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return badRequest("the body is no JSON")
	}
	return nil
}

// halfOfPair finds an escape such as \ud800 that is no character; encoding/json puts another one in its place.
func halfOfPair(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		unit, ok := escaped(text[i:])
		if !ok || !utf16.IsSurrogate(unit) {
			i++ // what is escaped is no backslash that begins an escape
			continue
		}
		low, ok := escaped(text[i+6:])
		if !ok || utf16.DecodeRune(unit, low) == unicode.ReplacementChar {
			return true
		}
		i += 11
	}
	return false
}

// escaped is the unit that \uXXXX at the start of text stands for.
func escaped(text []byte) (unit rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, digit := range text[2:6] {
		at := strings.IndexByte("0123456789abcdef", digit|0x20)
		if digit <= '9' {
			at = strings.IndexByte("0123456789", digit)
		}
		if at < 0 {
			return 0, false
		}
		unit = unit<<4 | rune(at)
	}
	return unit, true
}

// only refuses members of other names.
func (o object) only(names ...string) error {
	for name := range o {
		if !slices.Contains(names, name) {
			return badRequest("the body has a member that the operation does not know; it knows %s", strings.Join(names, ", "))
		}
	}
	return nil
}

// text is a member that is text, or nil for null and for one that is not there.
func (o object) text(name string) (*string, error) {
	raw, ok := o[name]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, badRequest("%s is no text", name)
	}
	return text, nil
}

// flag is a member that must be true or false.
func (o object) flag(name string) (value bool, err error) {
	raw := o[name]
	if string(raw) != "true" && string(raw) != "false" {
		return false, badRequest("%s is neither true nor false", name)
	}
	return string(raw) == "true", nil
}

// needed is a member that is text which may go to the store.
func (o object) needed(name string, most int) (string, error) {
	text, err := o.text(name)
	switch {
	case err != nil:
		return "", err
	case text == nil:
		return "", badRequest("%s is missing", name)
	case !isText(*text, most):
		return "", badRequest("%s is empty, longer than %d, or has a NUL", name, most)
	}
	return *text, nil
}

// The most characters, as JavaScript counts them.
const (
	maxIdentifier = 320
	maxID         = 1024
	maxPart       = 2048
	maxMetadata   = 65536
)

// isText tells whether the value is text that may go to the store: of bounded length, without NUL.
func isText(text string, most int) bool {
	return text != "" && len(text) <= 3*most && len(utf16.Encode([]rune(text))) <= most && !strings.Contains(text, "\x00")
}

// isEmail tells whether the value can be someone's address. Letters outside ASCII that become ASCII in lower case, such as
// the Kelvin sign, are refused: they would make one address pass for another.
func isEmail(text string) bool {
	return isText(text, maxIdentifier) && strings.Contains(text, "@") && !strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII && unicode.ToLower(r) <= unicode.MaxASCII
	})
}

// isIdentifier tells whether the value can be what a user types to log in: an address or a user name.
func isIdentifier(text string) bool {
	return isText(text, maxIdentifier) && (!strings.Contains(text, "@") || isEmail(text))
}
