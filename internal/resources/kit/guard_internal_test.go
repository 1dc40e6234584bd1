// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit/kittest"
)

// A standby is called one.
func TestStandbyIsCalledOne(t *testing.T) {
	text := PostgresDetail("Could not create it", &pgconn.PgError{Code: "25006", Message: "cannot execute CREATE ROLE in a read-only transaction"})
	for _, want := range []string{"SQLSTATE 25006", "The server is a standby", "primary"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

func TestOneFullStop(t *testing.T) {
	kittest.OneFullStop(t, func(d *diag.Diagnostics, err error) {
		d.AddError("Other", PostgresDetail("Could not do it", err))
		tidy(d)
	})
}

// At plan nothing was done yet, and errors that are not the configuration's say how to destroy all the same.
func TestMessagesAtPlan(t *testing.T) {
	var diags diag.Diagnostics
	diags.AddAttributeError(path.Root("name"), "First", PostgresDetail("Could not do it", &pgconn.PgError{Code: "XX000", Message: "no"}))
	diags.AddError("Second", PostgresDetail("Could not do it", errors.New("no")))
	diags.AddError("Provider Setting Missing", PostgresDetail("Could not do it", errors.New("no")))
	diags.AddWarning("Third", "It is so.. Apply again.")
	diags.AddAttributeWarning(path.Root("name"), "Fourth", "Nothing is wrong here")
	tidy(&diags, asPlanned)
	addWayOut(&diags)
	for _, d := range diags {
		text := d.Detail()
		if strings.Contains(text, "recognised") || strings.Contains(text, "pply again") || strings.Contains(text, "..") {
			t.Errorf("%s: %q", d.Summary(), text)
		}
		if failed := d.Severity() == diag.SeverityError; strings.Contains(text, wayOut) != (d.Summary() == "Second") || strings.Contains(text, "nothing was changed") != failed {
			t.Errorf("%s: %q", d.Summary(), text)
		}
		_, located := d.(diag.DiagnosticWithPath)
		if want := d.Summary() == "First" || d.Summary() == "Fourth"; located != want {
			t.Errorf("%s has a path: %t", d.Summary(), located)
		}
	}
}
