// SPDX-License-Identifier: MPL-2.0

package resources

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// twoStops are two full stops, and not an ellipsis.
var twoStops = regexp.MustCompile(`(^|[^.])\.\.([^.]|$)`)

// Whatever words the server ends its sentences with, ours end with one full stop, for every SQLSTATE that has a text of
// its own.
func TestOneFullStop(t *testing.T) {
	for _, end := range []string{"", ".", "...", ".\n", ". ", "?"} {
		for _, code := range []string{"0A000", "22001", "23505", "25006", "28P01", "2BP01", "3D000", "3F000", "42501", "42703", "42883", "42P01", "42P10", "53300", "55000", "55P03", "57014", "P0001", "XX000"} {
			for _, more := range []pgconn.PgError{{}, {Detail: "It lies there" + end}, {Hint: "Take it" + end}, {Detail: "It lies there" + end, Hint: "Take it" + end}} {
				err := more
				err.Code, err.Message = code, "it does not work"+end
				for name, report := range map[string]func(*diag.Diagnostics){
					"role":      func(d *diag.Diagnostics) { roleError(d, "create", "r", &err) },
					"functions": func(d *diag.Diagnostics) { accessError(d, "create", "s", &err) },
					"allowlist": func(d *diag.Diagnostics) {
						enforcementError(d, "Allowlist Not Read", "Could not read it", "functions", &err)
					},
					"audit": func(d *diag.Diagnostics) { auditError(store.Store{}, &err, d) },
					"table": func(d *diag.Diagnostics) { addPlanError(tableSpec{}, &err, d) },
					"others": func(d *diag.Diagnostics) {
						d.AddError("Other", postgresDetail("Could not do it", errors.New("no"+end)))
					},
				} {
					var diags diag.Diagnostics
					report(&diags)
					tidy(&diags)
					for _, d := range diags {
						if text := d.Detail(); twoStops.MatchString(text) || strings.Contains(text, ". (SQLSTATE") {
							t.Errorf("%s, %s, %q: %q", name, code, end, text)
						}
					}
				}
			}
		}
	}
}

// A standby is called one.
func TestStandbyIsCalledOne(t *testing.T) {
	text := postgresDetail("Could not create it", &pgconn.PgError{Code: "25006", Message: "cannot execute CREATE ROLE in a read-only transaction"})
	for _, want := range []string{"SQLSTATE 25006", "The server is a standby", "primary"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

// At plan nothing was done yet, and errors say how to destroy all the same.
func TestMessagesAtPlan(t *testing.T) {
	var diags diag.Diagnostics
	diags.AddAttributeError(path.Root("name"), "First", postgresDetail("Could not do it", &pgconn.PgError{Code: "XX000", Message: "no"}))
	diags.AddError("Second", postgresDetail("Could not do it", errors.New("no")))
	diags.AddWarning("Third", "It is so.. Apply again.")
	diags.AddAttributeWarning(path.Root("name"), "Fourth", "Nothing is wrong here")
	tidy(&diags, asPlanned, withWayOut)
	for _, d := range diags {
		text := d.Detail()
		if strings.Contains(text, "recognised") || strings.Contains(text, "pply again") || strings.Contains(text, "..") {
			t.Errorf("%s: %q", d.Summary(), text)
		}
		if failed := d.Severity() == diag.SeverityError; strings.Contains(text, wayOut) != failed || strings.Contains(text, "nothing was changed") != failed {
			t.Errorf("%s: %q", d.Summary(), text)
		}
		_, located := d.(diag.DiagnosticWithPath)
		if want := d.Summary() == "First" || d.Summary() == "Fourth"; located != want {
			t.Errorf("%s has a path: %t", d.Summary(), located)
		}
	}
}
