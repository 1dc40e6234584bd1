// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// schema is the part of JSON Schema that the request bodies need. The zero value
// accepts everything.
type schema struct {
	types       []string // JSON types; "integer" is a number without a fraction
	enum        []string // of strings
	pattern     *regexp.Regexp
	format      string // name of a format that formats knows
	minLength   int
	maxLength   int // 0: none
	minimum     *float64
	maximum     *float64
	minItems    int
	maxItems    int // 0: none
	unique      bool
	items       *schema
	required    []string
	properties  map[string]*schema
	closed      bool    // no other properties
	additional  *schema // of other properties
	minProps    int
	maxProps    int // 0: none
	description string
}

// formats are the forms of text that have a name.
var formats = map[string]*regexp.Regexp{
	"email":        regexp.MustCompile(`^[^\s@]{1,64}@[^\s@]+$`),
	"phone-number": phoneNumber,
}

// violation is what is wrong with a value, with the validator's own code for it.
type violation struct {
	code, text, property, description string
}

func (v *violation) error() *apiError {
	where := ""
	if v.property != "" {
		where = " on property " + v.property
		if v.description != "" {
			where += " (" + v.description + ")"
		}
	}
	return invalidPayload("'" + v.text + "'" + where + ".")
}

// check validates a value. The messages are those of the validator that the real
// API uses, as far as answers of it are known.
func (s *schema) check(value any, property string) *apiError {
	if found := s.violation(value, property); found != nil {
		return found.error()
	}
	return nil
}

// violation is the first thing that is wrong with a value, nil when it fits.
func (s *schema) violation(value any, property string) *violation {
	fail := func(code, format string, args ...any) *violation {
		return &violation{code: code, text: fmt.Sprintf(format, args...), property: property, description: s.description}
	}
	got := typeOf(value)
	if len(s.types) > 0 && !slices.Contains(s.types, got) && !(got == "integer" && slices.Contains(s.types, "number")) {
		return fail("INVALID_TYPE", "Expected type %s but found type %s", strings.Join(s.types, ","), got)
	}
	switch v := value.(type) {
	case string:
		length := utf8.RuneCountInString(v)
		switch {
		case s.enum != nil && !slices.Contains(s.enum, v):
			return fail("ENUM_MISMATCH", "No enum match for: %q", v)
		case length < s.minLength:
			return fail("MIN_LENGTH", "String is too short (%d chars), minimum %d", length, s.minLength)
		case s.maxLength > 0 && length > s.maxLength:
			return fail("MAX_LENGTH", "String is too long (%d chars), maximum %d", length, s.maxLength)
		case s.format != "" && !formats[s.format].MatchString(v):
			return fail("FORMAT", "Object didn't pass validation for format %s: %s", s.format, v)
		case s.pattern != nil && !s.pattern.MatchString(v):
			return fail("PATTERN", "String does not match pattern %s: %s", s.pattern, v)
		}
	case json.Number:
		n, _ := v.Float64()
		switch {
		case s.minimum != nil && n < *s.minimum:
			return fail("MINIMUM", "Value %s is less than minimum %g", v, *s.minimum)
		case s.maximum != nil && n > *s.maximum:
			return fail("MAXIMUM", "Value %s is greater than maximum %g", v, *s.maximum)
		}
	case []any:
		switch {
		case len(v) < s.minItems:
			return fail("ARRAY_LENGTH_SHORT", "Array is too short (%d), minimum %d", len(v), s.minItems)
		case s.maxItems > 0 && len(v) > s.maxItems:
			return fail("ARRAY_LENGTH_LONG", "Array is too long (%d), maximum %d", len(v), s.maxItems)
		}
		if i, j, same := repeated(v); s.unique && same {
			return fail("ARRAY_UNIQUE", "Array items are not unique (indexes %d and %d)", i, j)
		}
		for i, item := range v {
			if s.items != nil {
				if found := s.items.violation(item, fmt.Sprintf("%s[%d]", property, i)); found != nil {
					return found
				}
			}
		}
	case *object:
		for _, key := range s.required {
			if !v.has(key) {
				return fail("OBJECT_REQUIRED", "Missing required property: %s", key)
			}
		}
		if s.closed {
			var others []string
			for _, key := range v.keys {
				if s.properties[key] == nil {
					others = append(others, key)
				}
			}
			if len(others) > 0 {
				return fail("OBJECT_ADDITIONAL_PROPERTIES", "Additional properties not allowed: %s", strings.Join(others, ","))
			}
		}
		switch {
		case len(v.keys) < s.minProps:
			return fail("OBJECT_PROPERTIES_MINIMUM", "Too few properties defined (%d), minimum %d", len(v.keys), s.minProps)
		case s.maxProps > 0 && len(v.keys) > s.maxProps:
			return fail("OBJECT_PROPERTIES_MAXIMUM", "Too many properties defined (%d), maximum %d", len(v.keys), s.maxProps)
		}
		for _, key := range v.keys {
			child := s.properties[key]
			if child == nil {
				child = s.additional
			}
			if child == nil {
				continue
			}
			name := key
			if property != "" {
				name = property + "." + key
			}
			if found := child.violation(v.values[key], name); found != nil {
				return found
			}
		}
	}
	return nil
}

func typeOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}

func repeated(list []any) (first, second int, found bool) {
	seen := map[string]int{}
	for i, item := range list {
		text, _ := encodeJSON(stored(item))
		if j, ok := seen[string(text)]; ok {
			return j, i, true
		}
		seen[string(text)] = i
	}
	return 0, 0, false
}

func typed(types ...string) *schema { return &schema{types: types} }

func enumOf(values ...string) *schema { return &schema{types: []string{"string"}, enum: values} }

func numberIn(kind string, limits ...float64) *schema {
	s := typed(kind)
	s.minimum = &limits[0]
	if len(limits) > 1 {
		s.maximum = &limits[1]
	}
	return s
}

func closedObject(properties map[string]*schema, required ...string) *schema {
	return &schema{types: []string{"object"}, properties: properties, closed: true, required: required}
}

func orNull(s *schema) *schema {
	c := *s
	c.types = append(slices.Clone(c.types), "null")
	return &c
}
