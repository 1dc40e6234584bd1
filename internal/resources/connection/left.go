// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// warnOfLeft tells, where the scripts are to know nobody any more, how many users have not come to Auth0. A table that
// cannot be read is no reason not to plan.
func (r *connection) warnOfLeft(
	ctx context.Context, settled resolved, prior, plan *connectionModel, diags *diag.Diagnostics,
) {
	users := settled.store
	at, direct := users.Reach.(store.Table)
	if diags.HasError() || !settled.storeKnown || !direct || !users.Writes(store.MigratedAt) ||
		!settled.settings.ImportFinished.ValueBool() ||
		!plan.uploads(prior) || r.data.Notes.TableChanges(at.Schema, at.Name) {
		return
	}
	server := r.preflightServer(ctx)
	if server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookingAtRows)
	defer cancel()
	session, err := migration.Look(ctx, server, migration.Source{Store: users})
	if err != nil {
		tflog.Info(ctx, "the users who are left are not counted", map[string]any{"error": err.Error()})
		return
	}
	defer session.Close()
	left, err := session.Left(ctx)
	if err != nil {
		tflog.Info(ctx, "the users who are left are not counted", map[string]any{"error": err.Error()})
		return
	}
	if left > 0 {
		diags.AddAttributeWarning(path.Root("scripts").AtName("import_finished"), "Users Are Left", fmt.Sprintf(
			"%s has %s not marked as migrated. With import_finished the scripts know nobody, so that "+
				"they cannot log in.\n\n"+
				"auth0pg_users_import brings them in with their hashes; the data source auth0pg_users_audit lists them (left).",
			kit.Capitalized(users.Title()), kit.Counted(left, "user")))
	}
}
