// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"fmt"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// QuotedFormats lists the formats of hashes that legacy_hashes can name, for a description.
func QuotedFormats() string { return Code(hashes.Optional()) }

// Code lists names for a description.
func Code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// List joins names for a sentence: "a, b and c".
func List(names []string) string { return postgres.List(names) }

// Counted is a number with its noun: "1 user", "3 users".
func Counted[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Sentence ends a text with one full stop, whoever wrote it.
func Sentence(text string) string { return strings.TrimRight(text, ". \n") + "." }

// Capitalized begins a sentence.
func Capitalized(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
