// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// ranOut reports that the time of the object's timeouts is over; false where there is some left.
func ranOut(ctx context.Context, diags *diag.Diagnostics, attempted string, err error) bool {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return false
	}
	diags.AddAttributeError(path.Root("timeouts"), "Users Not Imported", fmt.Sprintf("%s: the time given for it ran out.%s\n\n"+
		"Who is known to be in is marked. Apply again, with more time in timeouts if need be: the import goes on.", attempted,
		kit.HeldUpBy(err)))
	return true
}

// tenantError reports what Auth0 answered, with what to do.
func tenantError(ctx context.Context, diags *diag.Diagnostics, attempted string, err error) {
	if ranOut(ctx, diags, attempted, err) {
		return
	}
	remedy := kit.JustApply
	var failed *auth0.Error
	if errors.As(err, &failed) {
		switch scopes := failed.MissingScopes(); {
		case len(scopes) > 0:
			remedy = fmt.Sprintf("Grant the application one of the scopes %s for the Management API.",
				strings.Join(scopes, ", "))
		case failed.NotFound():
			remedy = "Check connection_id."
		case failed.NoAnswer():
			remedy = "Check domain and base_url in the provider's auth0 settings and the network on the way, and apply again."
		}
	}
	diags.AddError("Users Not Imported", fmt.Sprintf("%s: %s\n\n%s", attempted, kit.Sentence(err.Error()), remedy))
}

// failure reports why an import, or the count of one, did not come to its end.
func failure(ctx context.Context, diags *diag.Diagnostics, source migration.Source, err error) {
	title := source.Store.Title()
	attempted := "Could not import " + title
	var stopped *stoppedError
	var where *migration.WhereError
	var ledger *migration.NotALedgerError
	var foreign *postgres.ForeignError
	var foreignLedger *migration.ForeignLedgerError
	var api *auth0.Error
	var server *pgconn.PgError
	switch {
	case ranOut(ctx, diags, attempted, err):
	case errors.As(err, &stopped):
		diags.AddError("Import Stopped", fmt.Sprintf("%s: %s\n\nWho is in is marked, and nobody else was sent. "+
			"Look at failed and at the ledger (%s), correct the cause, and apply again: the import goes on.",
			attempted, kit.Sentence(stopped.Error()), source.Ledger.RefusedQuery()))
	case errors.As(err, &where):
		diags.AddAttributeError(path.Root("where"), "Condition Not Usable", fmt.Sprintf("%s: %s\n\nCorrect the condition.",
			attempted, kit.Sentence(where.Error())))
	case errors.As(err, &ledger):
		diags.AddAttributeError(path.Root("ledger"), "Ledger Not Usable", fmt.Sprintf("%s: %s\n\nGive the ledger another name.",
			attempted, kit.Sentence(ledger.Error())))
	case errors.As(err, &foreignLedger):
		diags.AddAttributeError(path.Root("ledger"), "Ledger Not Usable", fmt.Sprintf(
			"%s: of %s, %v. That role's code would run with the rights of the provider.\n\nGive the ledger another name, or "+
				"give what is named to the owner of the users table (ALTER … OWNER TO).", attempted, source.Ledger.Title(),
			foreignLedger))
	case errors.As(err, &foreign):
		diags.AddAttributeError(path.Root("store"), "Users Not Imported", fmt.Sprintf(
			"%s: %v. That role's code would run with the rights of the provider.\n\n%s", attempted, foreign, kit.ForeignRemedy))
	case errors.Is(err, table.ErrNotFound):
		diags.AddAttributeError(path.Root("store"), "Users Not Imported", attempted+": it does not "+
			"exist.\n\nCreate it, or correct the store.")
	case errors.Is(err, migration.ErrTooManyDuplicates):
		diags.AddAttributeError(path.Root("store"), "Users Not Imported", fmt.Sprintf("%s: %s\n\nSettle which of "+
			"them is whose: emails_duplicate of the data source auth0pg_users_audit lists them.", attempted,
			kit.Sentence(err.Error())))
	case errors.As(err, &api):
		tenantError(ctx, diags, attempted, err)
	case errors.As(err, &server) && server.Code == "42501":
		diags.AddError("Users Not Imported", fmt.Sprintf("%s\n\nWhere the provider may not create the ledger, have "+
			"its statements in suggested_ddl run by who may, and SELECT, INSERT and UPDATE on it granted to the provider's "+
			"role.", kit.PostgresDetail(attempted, err)))
	default:
		diags.AddError("Users Not Imported", kit.PostgresDetail(attempted, err))
	}
}
