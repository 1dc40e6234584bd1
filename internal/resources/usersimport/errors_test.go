// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What is wrong with the ledger is told of the ledger, and what is wrong with the users of the store.
func TestWhoseCodeItIs(t *testing.T) {
	t.Parallel()
	found := postgres.ForeignError{Found: []string{`the trigger t calls a function of the role "low"`}}
	source := migration.Source{
		Store: store.Store{Reach: store.Table{Schema: "public", Name: "users"}}, Ledger: migration.Ledger{Schema: "app", Name: "sent"},
	}
	for attribute, err := range map[string]error{"store": &found, "ledger": &migration.ForeignLedgerError{ForeignError: found}} {
		var diags diag.Diagnostics
		failure(t.Context(), &diags, source, fmt.Errorf("opening: %w", err))
		told, ok := diags[0].(diag.DiagnosticWithPath)
		if !ok || !told.Path().Equal(path.Root(attribute)) || !strings.Contains(told.Detail(), "the trigger t") {
			t.Errorf("%s: %v", attribute, diags)
		}
	}
}

// Once the object's time is over that is the cause, whatever call it has ended.
func TestTimeRunsOut(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	source := migration.Source{Store: store.Store{Reach: store.Table{Schema: "public", Name: "users"}}}
	for _, err := range []error{errors.New("connecting"), &auth0.Error{}, &pgconn.PgError{Code: "57014"}, context.DeadlineExceeded} {
		for ctx, want := range map[context.Context]bool{over: true, t.Context(): false} {
			var diags diag.Diagnostics
			failure(ctx, &diags, source, fmt.Errorf("a step: %w", err))
			told, _ := diags[0].(diag.DiagnosticWithPath)
			if got := told != nil && told.Path().Equal(path.Root("timeouts")); got != want || len(diags) != 1 {
				t.Errorf("%v, out of time %t: %v", err, want, diags)
			}
		}
	}
}

// A message names a user only by an id that says nothing of a person.
func TestUsersInMessages(t *testing.T) {
	t.Parallel()
	for id, named := range map[string]bool{
		"17": true, "7d444840-9dc0-11d1-b245-5ffdce74fad2": true, "jane@example.com": false, "jane.doe": false, "4915112345678": false,
		"015112345": false, "": false, "17\njane": false,
	} {
		if got := oneUser(id); (got == "its user "+id) != named || !named && got != "one of its users" {
			t.Errorf("%q: %s", id, got)
		}
	}
}
