// SPDX-License-Identifier: MPL-2.0

// Package kittest has what the tests of several objects ask of their messages.
package kittest

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/jackc/pgx/v5/pgconn"
)

// twoStops are two full stops, and not an ellipsis.
var twoStops = regexp.MustCompile(`(^|[^.])\.\.([^.]|$)`)

// states are the SQLSTATEs that have a text of their own, and one that has none.
var states = []string{
	"0A000", "22001", "23505", "25006", "28P01", "2BP01", "3D000", "3F000", "42501", "42703", "42883", "42P01", "42P10", "53300",
	"55000", "55P03", "57014", "P0001", "XX000",
}

// OneFullStop holds a report of errors to one full stop at the end of each sentence, whatever words the server ends its
// own with.
func OneFullStop(t *testing.T, report func(*diag.Diagnostics, error)) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		var diags diag.Diagnostics
		report(&diags, err)
		for _, d := range diags {
			if text := d.Detail(); twoStops.MatchString(text) || strings.Contains(text, ". (SQLSTATE") {
				t.Errorf("%#v: %q", err, text)
			}
		}
	}
	for _, end := range []string{"", ".", "...", ".\n", ". ", "?"} {
		check(errors.New("no" + end))
		for _, code := range states {
			for _, more := range []pgconn.PgError{
				{}, {Detail: "It lies there" + end}, {Hint: "Take it" + end}, {Detail: "It lies there" + end, Hint: "Take it" + end},
			} {
				more.Code, more.Message = code, "it does not work"+end
				check(&more)
			}
		}
	}
}
