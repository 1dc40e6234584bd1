// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPasswordBytes is what bcrypt can hold.
const maxPasswordBytes = 72

// passwordRules is a password policy, from password_options or from the settings
// before it.
type passwordRules struct {
	minLength  int
	types      map[string]bool // uppercase, lowercase, number, special
	needed     int             // how many of the types
	identical  int             // most equal characters in a row; 0 means any number
	sequential bool            // refuse three characters in sequence
	words      []string
	fields     []string // of the profile, as paths
	truncates  bool
}

var allTypes = map[string]bool{"uppercase": true, "lowercase": true, "number": true, "special": true}

// passwordRules reads the policy of a connection.
func (c *connection) passwordRules() passwordRules {
	if o := c.options.object("password_options"); o != nil {
		return newPasswordRules(o)
	}
	rules := passwordRules{minLength: 1}
	switch c.options.string("passwordPolicy") {
	case "low":
		rules = passwordRules{minLength: 6}
	case "fair":
		rules = passwordRules{
			minLength: 8,
			types:     map[string]bool{"uppercase": true, "lowercase": true, "number": true},
			needed:    3,
		}
	case "good":
		rules = passwordRules{minLength: 8, types: allTypes, needed: 3}
	case "excellent":
		rules = passwordRules{minLength: 10, types: allTypes, needed: 3, identical: 2}
	}
	if n := wholeNumber(c.options.path("password_complexity_options", "min_length")); n > 0 {
		rules.minLength = n
	}
	if on, _ := c.options.path("password_dictionary", "enable").(bool); on {
		rules.words = stringsOf(c.options.path("password_dictionary", "dictionary"))
	}
	if on, _ := c.options.path("password_no_personal_info", "enable").(bool); on {
		rules.fields = []string{"email", "username", "name", "nickname", "given_name", "family_name"}
	}
	return rules
}

func newPasswordRules(o *object) passwordRules {
	rules := passwordRules{minLength: max(1, wholeNumber(o.path("complexity", "min_length"))), types: map[string]bool{}}
	for _, kind := range stringsOf(o.path("complexity", "character_types")) {
		rules.types[kind] = true
	}
	rules.needed = len(rules.types)
	if o.path("complexity", "character_type_rule") == "three_of_four" && len(rules.types) == 4 {
		rules.needed = 3
	}
	if o.path("complexity", "identical_characters") == "block" {
		rules.identical = 2
	}
	rules.sequential = o.path("complexity", "sequential_characters") == "block"
	rules.truncates = o.path("complexity", "max_length_exceeded") == "truncate"
	if on, _ := o.path("dictionary", "active").(bool); on {
		rules.words = stringsOf(o.path("dictionary", "custom"))
	}
	if on, _ := o.path("profile_data", "active").(bool); on {
		rules.fields = stringsOf(o.path("profile_data", "blocked_fields"))
	}
	return rules
}

// The codes of passwords that the platform knows, and that have something of the user in them.
const (
	dictionaryCode = "password_dictionary_error"
	userInfoCode   = "password_no_user_info_error"
)

// weakness is a rule that a password breaks.
type weakness struct{ code, message string }

// check returns the rules that a password breaks.
func (r passwordRules) check(password string, profile *object) []weakness {
	var broken []weakness
	strength := func(format string, args ...any) {
		broken = append(broken, weakness{"invalid_password", fmt.Sprintf(format, args...)})
	}
	if utf8.RuneCountInString(password) < r.minLength {
		strength("At least %d characters in length", r.minLength)
	}
	if len(password) > maxPasswordBytes && !r.truncates {
		strength("At most %d bytes in length", maxPasswordBytes)
	}
	has := map[string]bool{}
	run, longest, ascending := 0, 0, 0
	var last rune
	steps, direction := 0, 0
	for _, char := range password {
		switch {
		case unicode.IsUpper(char):
			has["uppercase"] = true
		case unicode.IsLower(char):
			has["lowercase"] = true
		case unicode.IsDigit(char):
			has["number"] = true
		default:
			has["special"] = true
		}
		if char == last {
			run++
		} else {
			run = 1
		}
		longest = max(longest, run)
		if step := int(char - last); step == 1 || step == -1 {
			if step == direction {
				steps++
			} else {
				steps, direction = 1, step
			}
		} else {
			steps, direction = 0, 0
		}
		ascending = max(ascending, steps)
		last = char
	}
	found := 0
	for kind := range r.types {
		if has[kind] {
			found++
		}
	}
	if found < r.needed {
		strength("At least %d of the following %d types of characters: lower case letters, upper case "+
			"letters, numbers, special characters", r.needed, len(r.types))
	}
	if r.identical > 0 && longest > r.identical {
		strength("No more than %d identical characters in a row", r.identical)
	}
	if r.sequential && ascending >= 2 {
		strength("No sequential characters")
	}
	for _, word := range r.words {
		if strings.EqualFold(password, word) {
			broken = append(broken, weakness{dictionaryCode, "Password is too common"})
			break
		}
	}
	for _, field := range r.fields {
		value, _ := profile.path(strings.Split(field, ".")...).(string)
		if field == "email" {
			value, _, _ = strings.Cut(value, "@")
		}
		if utf8.RuneCountInString(value) >= 3 && strings.Contains(strings.ToLower(password), strings.ToLower(value)) {
			broken = append(broken, weakness{userInfoCode, "Password contains user information"})
			break
		}
	}
	return broken
}

func wholeNumber(value any) int {
	n, _ := value.(json.Number)
	i, _ := n.Int64()
	return int(i)
}
