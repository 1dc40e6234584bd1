// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"regexp"
	"strings"
)

// usualParts are what most of the tests' tables have.
var usualParts = []string{"id", "email", "email_verified", "password", "nickname"}

// Columns is the attribute `columns` of a users table with the parts, each as `name = { … }`, and with the usual ones that
// these do not name: id, email, email_verified, password and nickname.
func Columns(parts string) string {
	all := []string{}
	for _, part := range usualParts {
		if !regexp.MustCompile(`(^|[\s,])` + part + `\s*=\s*\{`).MatchString(parts) {
			all = append(all, part+" = {}")
		}
	}
	if parts != "" {
		all = append(all, parts)
	}
	return "columns = { " + strings.Join(all, ", ") + " }"
}
