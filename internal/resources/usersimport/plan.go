// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// lookingAtUsers bounds what a plan counts.
const lookingAtUsers = 5 * time.Minute

// ModifyPlan says what an import would do. What it shows in attributes is a function of the configuration: counts
// change between plan and apply, and are in a warning.
func (r *usersImport) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config, state usersImportModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	source, known := plan.source()
	if known {
		plan.showLedger(source)
	} else {
		plan.FailedQuery, plan.SuggestedDDL = types.StringUnknown(), types.ListUnknown(types.StringType)
	}
	imports := isNew || !plan.ConnectionID.Equal(state.ConnectionID) || plan.Version.IsUnknown() ||
		plan.Version.ValueInt64() > state.Version.ValueInt64()
	if imports {
		plan.Imported, plan.AlreadyThere, plan.Failed = types.Int64Unknown(), types.Int64Unknown(),
			types.ListUnknown(failedType)
		if known {
			r.foresee(ctx, &plan, config.PepperWO, source, &resp.Diagnostics)
		}
	} else {
		plan.Imported, plan.AlreadyThere, plan.Failed = state.Imported, state.AlreadyThere, state.Failed
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// checkSource refuses a store whose users cannot be read or marked.
func checkSource(source migration.Source, diags *diag.Diagnostics) bool {
	if _, behind := source.Store.Functions(); behind {
		diags.AddAttributeError(path.Root("store"), "Store Is Not A Table",
			"An import reads the rows of the users table, and this store is the functions in front of it. Use the "+
				"store of the auth0pg_users_table.")
		return false
	}
	if slices.Contains(source.Store.Refuses, "UPDATE") {
		diags.AddAttributeError(path.Root("store"), "Users Cannot Be Marked", fmt.Sprintf(
			"An import notes in migrated_at who is with Auth0, and %s takes no UPDATE.\n\nMake the view such that the column "+
				"can be changed through it, with an INSTEAD OF trigger if need be, or take the store of the table beneath it.",
			source.Store.Title()))
		return false
	}
	for _, part := range append(store.Required(), store.MigratedAt) {
		if !source.Store.Has(part) || part == store.MigratedAt && !source.Store.Writes(part) {
			diags.AddAttributeError(path.Root("store"), "Store Lacks A Part", fmt.Sprintf(
				"An import needs the part %s, which %s does not have, or has no column for.\n\n%s", part, source.Store.Title(),
				partRemedy(part, source.Store.Table())))
			return false
		}
	}
	return true
}

// partRemedy says how a store gets a part that it lacks.
func partRemedy(part store.Part, users store.Table) string {
	if part != store.MigratedAt {
		return fmt.Sprintf("Name in columns what holds it: %s = { name = … }, or an expression.", part)
	}
	return fmt.Sprintf("Add the part to the table's columns: a nullable timestamptz. The statement for it is\n\n"+
		"ALTER TABLE %s.%s ADD COLUMN migrated_at timestamp with time zone", kit.QuoteIdentifier(users.Schema),
		kit.QuoteIdentifier(users.Name))
}

// foresee counts who would go, and refuses what cannot work.
func (r *usersImport) foresee(ctx context.Context, m *usersImportModel, pepper types.String, source migration.Source,
	diags *diag.Diagnostics) {
	if !checkSource(source, diags) {
		return
	}
	prefix := m.UserIDPrefix.ValueString()
	if client, ok := r.data.Auth0.Get(&diag.Diagnostics{}); ok && !m.ConnectionID.IsUnknown() && r.data.Auth0.Known() {
		into, ok := m.target(ctx, client, diags)
		if !ok {
			return
		}
		prefix = into.prefix
	}
	server, ok := r.data.Postgres.Get(&diag.Diagnostics{})
	if !ok || !r.data.Postgres.Known() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, lookingAtUsers)
	defer cancel()
	found, err := r.countIn(limited, server, m, pepper, prefix, source, diags)
	switch {
	case diags.HasError():
	case err == nil && found.Users > 0:
		diags.AddWarning("Users Will Be Imported", fmt.Sprintf("%s: %s\n\nNothing has been sent yet. The figures "+
			"are those of now.", kit.Capitalized(source.Store.Title()), text(found, m.FirstBatch.ValueInt64())))
	case err == nil:
	case r.notThereYet(source, err), r.data.Absent(err) != "", limited.Err() != nil:
		diags.AddWarning("Users Not Counted", kit.PostgresDetail("Could not count whom the import would bring into Auth0",
			err)+" Where the same apply makes or changes the table, that is to be expected.")
	default:
		failure(ctx, diags, source, err)
	}
}

// notThereYet tells a table or a column that the same apply may make. A condition over a table that stays as it is has no
// such excuse.
func (r *usersImport) notThereYet(source migration.Source, err error) bool {
	users := source.Store.Table()
	var where *migration.WhereError
	if errors.As(err, &where) && !r.data.Notes.TableChanges(users.Schema, users.Name) {
		return false
	}
	code := postgres.SQLState(err)
	return errors.Is(err, table.ErrNotFound) || code == "42703" || code == "42P01" || code == "3F000"
}

func (r *usersImport) countIn(
	ctx context.Context, server *postgres.Server, m *usersImportModel, pepper types.String, prefix string,
	source migration.Source, diags *diag.Diagnostics,
) (bulkimport.Figures, error) {
	session, err := migration.Look(ctx, server, source)
	if err != nil {
		return bulkimport.Figures{}, err
	}
	defer session.Close()
	if err := session.CheckLedger(ctx); err != nil {
		return bulkimport.Figures{}, err
	}
	duplicates, err := session.Duplicates(ctx)
	if err != nil {
		return bulkimport.Figures{}, err
	}
	convert := m.converter(ctx, pepper, duplicates, diags)
	convert.Prefix = prefix
	return bulkimport.Count(ctx, session, convert)
}
