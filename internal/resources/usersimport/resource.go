// SPDX-License-Identifier: MPL-2.0

// Package usersimport is the resource that brings the users of a table into Auth0: schema, plan and the engine of the
// import, which knows nothing of Terraform.
package usersimport

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var (
	_ resource.Resource               = (*usersImport)(nil)
	_ resource.ResourceWithConfigure  = (*usersImport)(nil)
	_ resource.ResourceWithModifyPlan = (*usersImport)(nil)
)

// NewUsersImport returns the auth0pg_users_import resource.
func NewUsersImport() resource.Resource { return &usersImport{} }

type usersImport struct{ data *kit.Data }

const defaultImportTimeout = 12 * time.Hour

func (r *usersImport) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_users_import"
}

func (r *usersImport) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = kit.ConfigureResource(req, resp)
}

// source is whose users are imported; ok is false while the store is not known.
func (m *usersImportModel) source() (source migration.Source, ok bool) {
	users, ok := m.Store.Parsed()
	if !ok {
		return migration.Source{}, false
	}
	source = migration.Source{Store: users, Where: m.Where.ValueString(),
		Ledger: migration.DefaultLedger(users.Table())}
	if text, _ := m.Ledger.Attributes()["schema"].(types.String); !text.IsNull() && text.ValueString() != "" {
		source.Ledger.Schema = text.ValueString()
	}
	if text, _ := m.Ledger.Attributes()["name"].(types.String); !text.IsNull() && text.ValueString() != "" {
		source.Ledger.Name = text.ValueString()
	}
	return source, true
}

// converter is made of the settings; the pepper comes from the configuration alone.
func (m *usersImportModel) converter(ctx context.Context, pepper types.String, duplicates map[string]bool,
	diags *diag.Diagnostics) *bulkimport.Converter {
	c := &bulkimport.Converter{Duplicates: duplicates, Hashes: hashes.ImportSettings{
		Pepper: pepper.ValueString(), SaltPosition: hashes.Position(m.SaltPosition.ValueString()),
	}}
	diags.Append(m.HashFormats.ElementsAs(ctx, &c.Hashes.Formats, false)...)
	return c
}

// Create imports. What came of it is kept also where it stopped: the next apply replaces the resource and goes on by the
// ledger.
func (r *usersImport) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config usersImportModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := kit.Bounded(ctx, plan.Timeouts.Create, defaultImportTimeout, &resp.Diagnostics)
	defer cancel()
	r.imports(ctx, &plan, config.PepperWO, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Update imports where the version was raised.
func (r *usersImport) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config usersImportModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.Version.ValueInt64() > state.Version.ValueInt64() {
		ctx, cancel := kit.Bounded(ctx, plan.Timeouts.Update, defaultImportTimeout, &resp.Diagnostics)
		defer cancel()
		r.imports(ctx, &plan, config.PepperWO, &resp.Diagnostics)
		if resp.Diagnostics.HasError() { // so that the next plan imports again
			plan.Version = state.Version
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read has nothing to look at: what an import has done is history.
func (r *usersImport) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Delete takes nothing back.
func (r *usersImport) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state usersImportModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	source, ok := state.source()
	if !ok {
		return
	}
	resp.Diagnostics.AddWarning("Users Stay In Auth0", fmt.Sprintf(
		"The import is forgotten, and nothing of it is undone: who was imported stays in the connection %s and is "+
			"marked in %s, and %s says what was sent.\n\n"+
			"Once nobody needs it, DROP TABLE %s removes the ledger.", state.ConnectionID.ValueString(),
		source.Store.Title(), source.Ledger.Title(),
		kit.QuoteIdentifier(source.Ledger.Schema)+"."+kit.QuoteIdentifier(source.Ledger.Name)))
}

// imports runs an import and shows what came of it.
func (r *usersImport) imports(ctx context.Context, m *usersImportModel, pepper types.String, diags *diag.Diagnostics) {
	source, _ := m.source()
	m.show(report{}, source)
	m.ID = m.ConnectionID
	server, hasServer := r.data.Postgres.Get(diags)
	client, hasTenant := r.data.Auth0.Get(diags)
	if !hasServer || !hasTenant || !checkSource(source, diags) {
		return
	}
	into, ok := m.target(ctx, client, diags)
	if !ok {
		return
	}
	began := time.Now()
	session, err := migration.Open(ctx, server, source)
	if err != nil {
		failure(ctx, diags, source, err)
		return
	}
	defer session.Close()
	duplicates, err := session.Duplicates(ctx)
	if err != nil {
		failure(ctx, diags, source, err)
		return
	}
	left, err := session.Left(ctx)
	if err != nil {
		failure(ctx, diags, source, err)
		return
	}
	e := &engine{tenant: client, db: session, convert: m.converter(ctx, pepper, duplicates, diags), settings: settings{
		connectionID: into.id, connectionName: into.name, upsert: m.Upsert.ValueBool(),
		completionEmail: m.SendEmail.ValueBool(),
		firstBatch:      int(m.FirstBatch.ValueInt64()), maxFailed: int(m.MaxFailed.ValueInt64()), total: left,
		poll: defaultPoll, patience: defaultPatience,
	}}
	e.convert.Prefix = into.prefix
	done, err := e.run(ctx)
	m.show(done, source)
	kit.LogDone(ctx, began, "users imported", map[string]any{"imported": done.imported,
		"already_there": done.alreadyThere, "refused": len(done.refused)})
	if err != nil {
		failure(ctx, diags, source, err)
		return
	}
	done.warn(diags, source, session)
}

// warn says who did not come.
func (r report) warn(diags *diag.Diagnostics, source migration.Source, queries heldQueries) {
	var held int64
	for _, n := range r.held {
		held += n
	}
	if held > 0 {
		diags.AddWarning("Users Held Back", fmt.Sprintf(
			"Users of %s, %d in all, were not sent to Auth0 and are not marked%s\n\n%s",
			source.Store.Title(), held, list(r.held, "%[2]d: %[1]s"), r.heldRemedy(queries)))
	}
	if len(r.refused) > 0 {
		diags.AddWarning("Users Refused By Auth0", fmt.Sprintf(
			"Auth0 refused %s of %s: in failed, and not marked. This lists all of them:\n\n%s\n\nOf a "+
				"DUPLICATED_USER the address belongs to another user of the connection, or is left over in Auth0's store: "+
				"DELETE /api/v2/connections/{id}/users?email=… takes the latter out. Correct the causes and raise version.",
			kit.Counted(len(r.refused), "user"), source.Store.Title(), source.Ledger.RefusedQuery()))
	}
}

// heldQueries list by their ids who is left in the table, and who shares an address.
type heldQueries interface {
	LeftQuery() string
	SharedQuery() string
}

// heldRemedy says who they are and what helps them. An address is what the scripts find a user by, too.
func (r report) heldRemedy(queries heldQueries) string {
	text := "This lists the ids of those who are left, whom Auth0 has refused among them:\n\n" + queries.LeftQuery() + ";"
	if r.held[bulkimport.SharedEmail] > 0 {
		text += "\n\nWho shares an address or an id with another one, by ids:\n\n" + queries.SharedQuery() + ";"
	}
	known, others := int64(0), int64(0)
	for reason, n := range r.held {
		if slices.Contains([]string{bulkimport.NoID, bulkimport.NoEmail, bulkimport.BadEmail, bulkimport.SharedEmail, bulkimport.UserIDTooLong}, reason) {
			known += n
		} else {
			others += n
		}
	}
	if known > 0 {
		text += "\n\nWithout an address and an id of their own that Auth0 takes, users cannot log in through the scripts " +
			"either. Correct these, join the accounts of one person, or leave rows that are no users out: with a row_filter " +
			"of the table, or with where."
	}
	if others > 0 {
		text += "\n\nWho is held back for the hash or the profile comes to Auth0 with the next login, or by a reset of the " +
			"password. Or correct the causes."
	}
	return text + "\n\nThen raise version."
}

// show puts what came of an import into the attributes.
func (m *usersImportModel) show(r report, source migration.Source) {
	m.Imported, m.AlreadyThere = types.Int64Value(r.imported), types.Int64Value(r.alreadyThere)
	failed := []attr.Value{}
	for _, refusal := range r.refused[:min(len(r.refused), shownRefusals)] {
		failed = append(failed, types.ObjectValueMust(failedType.AttrTypes, map[string]attr.Value{
			"id": types.StringValue(refusal.ID), "code": types.StringValue(strings.Join(refusal.Codes, ", ")),
		}))
	}
	m.Failed = types.ListValueMust(failedType, failed)
	m.showLedger(source)
}

func (m *usersImportModel) showLedger(source migration.Source) {
	m.FailedQuery = types.StringValue(source.Ledger.RefusedQuery())
	var ddl []attr.Value
	for _, statement := range source.Ledger.DDL() {
		ddl = append(ddl, types.StringValue(statement))
	}
	m.SuggestedDDL = types.ListValueMust(types.StringType, ddl)
}
