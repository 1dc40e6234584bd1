// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// createdKey is the private state's mark of an object that this resource made or took over.
const createdKey = "created"

// endKey is the private state's mark of a planned destroy. A replacement is not planned as one, so that it has none.
const endKey = "end"

// ModifyPlan shows the functions that will be made and refuses what can be refused early.
func (r *accessFunctions) ModifyPlan(
	ctx context.Context,
	req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse,
) {
	// Whether the functions go for good is noted before anything else: without the mark they would be dropped under roles
	// that may still call them.
	if req.Plan.Raw.IsNull() {
		kit.SetPrivate(ctx, resp.Private, endKey, true, &resp.Diagnostics)
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, endKey, nil)...)
	if r.data == nil {
		return
	}
	var prior *accessFunctionsModel
	if !req.State.Raw.IsNull() {
		prior = &accessFunctionsModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	var plan, config accessFunctionsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	replaced := prior != nil && !plan.Schema.Equal(prior.Schema)
	plan.planOwner(prior, config.Owner, replaced)
	if prior != nil && !replaced && !plan.Owner.Equal(prior.Owner) {
		resp.RequiresReplace.Append(path.Root("owner"))
		replaced = true
	}
	if len(plan.Owner.ValueString()) > kit.MaxIdentifier {
		resp.Diagnostics.AddAttributeError(path.Root("schema"), "Owner Name Too Long",
			"The owner's default name, the schema's name followed by _owner, has more than 63 "+
				"bytes.\n\nGive `owner` a shorter name.")
		return
	}
	users, known := plan.describedTable(&resp.Diagnostics)
	if _, named := plan.own(); known && named && !plan.Schema.IsUnknown() {
		plan.Store = kit.NewStore(plan.through(users))
	} else {
		plan.Store = kit.UnknownStore()
	}
	plan.forgetServer()
	if prior == nil || replaced {
		r.data.Notes.WillCreateFunctions(plan.Schema.ValueString())
	}
	if !resp.Diagnostics.HasError() {
		r.plan(ctx, req, &plan, prior, replaced, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// plan asks the server, where it can be asked.
func (r *accessFunctions) plan(
	ctx context.Context,
	req resource.ModifyPlanRequest,
	plan, prior *accessFunctionsModel,
	replaced bool,
	diags *diag.Diagnostics,
) {
	server, look := r.data.ToPlan(ctx, req.Private, prior == nil || replaced, plan.title(), diags)
	if server == nil {
		return
	}
	private, found := req.Private.GetKey(ctx, createdKey)
	diags.Append(found...)
	fresh := prior == nil && len(private) == 0
	if replaced {
		prior = nil
	}
	if look == kit.Dim {
		unseen := *plan
		unseen.planServer(ctx, server, prior, fresh, true, diags)
		return
	}
	users, known := plan.describedTable(diags)
	soon := known && (r.data.Notes.TableOfStoreIsNew(users) || r.data.Notes.TableChanges(users.Table().Schema, users.Table().Name))
	plan.planServer(ctx, server, prior, fresh, soon, diags)
	if known && prior != nil && plan.Table.Equal(prior.Table) &&
		r.data.Notes.TableOfStoreIsNew(users) {
		// Another table takes the place of the one on which the owner has its rights.
		plan.OwnerPrivileges, plan.OwnerSequencePrivileges = types.ListUnknown(
			types.StringType,
		), types.ListUnknown(
			types.StringType,
		)
		plan.Policy = types.StringUnknown()
	}
}

// planOwner keeps the owner that there is when the configuration names none.
func (m *accessFunctionsModel) planOwner(prior *accessFunctionsModel, configured types.String, replaced bool) {
	switch {
	case !configured.IsNull():
		m.Owner = configured
	case prior != nil && !replaced:
		m.Owner = prior.Owner
	case m.Schema.IsUnknown():
		m.Owner = types.StringUnknown()
	default:
		m.Owner = types.StringValue(m.Schema.ValueString() + "_owner")
	}
}

func (m *accessFunctionsModel) forgetServer() {
	m.Definitions = types.MapUnknown(types.StringType)
	m.SchemaDefinition = types.StringUnknown()
	m.OwnerAttributes = types.ListUnknown(types.StringType)
	m.OwnerPrivileges = types.ListUnknown(types.StringType)
	m.OwnerSequencePrivileges = types.ListUnknown(types.StringType)
	m.Policy = types.StringUnknown()
}

// planServer fills in what will be on the server. fresh is set for a schema that must not
// exist yet, soon where the table is about to be what it is described as.
func (m *accessFunctionsModel) planServer(
	ctx context.Context,
	server *postgres.Server,
	prior *accessFunctionsModel,
	fresh, soon bool,
	diags *diag.Diagnostics,
) {
	m.OwnerAttributes = kit.StringList(postgres.FunctionsOwner.Words())
	spec, resolved, known := m.baseSpec(ctx, server, soon, diags)
	if !m.Schema.IsUnknown() && !m.Owner.IsUnknown() {
		m.SchemaDefinition = types.StringValue((&postgres.Access{Schema: spec.Schema, Owner: spec.Owner}).SchemaDefinition())
	}
	if !known || diags.HasError() {
		return
	}
	access, err := server.Access(ctx, spec.Schema, append(spec.Names, postgres.ClientCheck))
	if err == nil && fresh && (access.Comment != spec.Comment || access.Owner != spec.Owner) {
		accessError(diags, "create", spec.Schema, &postgres.AccessExistsError{Kind: "schema", Name: spec.Schema})
		return
	}
	if fresh && errors.Is(err, postgres.ErrAccessNotFound) {
		var exists *postgres.AccessExistsError
		if err := server.CheckOwner(ctx, spec.Owner); errors.As(err, &exists) {
			accessError(diags, "create", spec.Schema, exists)
			return
		}
	}
	if access != nil {
		warnOfMembers(ctx, server, spec.Owner, diags)
	}
	m.warnOfFunctions(prior, resolved, diags)
	m.checkHidden(ctx, server, spec.Owner, resolved.grants(), diags)
	m.Definitions = stringMap(spec.Wanted(access))
	m.OwnerPrivileges, _ = kit.HeldLines(spec.Grants)
	// The table's own changes in the same apply may decide the rest.
	if prior != nil && !m.Table.Equal(prior.Table) {
		return
	}
	security, err := server.RowSecurity(ctx, spec.Table, spec.Schema)
	if err != nil || !security.Exists {
		return
	}
	m.Policy = types.StringNull()
	if security.Enabled {
		m.Policy = types.StringValue(postgres.OwnerPolicy(spec.Schema, spec.Table, spec.Owner))
	}
	m.OwnerSequencePrivileges = kit.PlannedUsage(m.sequences(ctx, server, spec.Grants))
}

// checkHidden tells of what the functions read beside the table and row-level security hides from their owner: no statement
// fails, and whoever that would block gets in. The table itself has the owner's policy.
func (m *accessFunctionsModel) checkHidden(
	ctx context.Context, server *postgres.Server, owner string, own []postgres.Grant, diags *diag.Diagnostics,
) {
	users, known := m.Table.Parsed()
	pool, err := server.Pool(ctx)
	if !known || err != nil {
		return
	}
	hidden, err := table.Hidden(ctx, pool, users.Direct(), owner, "SELECT")
	for _, on := range kit.ObjectsOf(own) {
		if err == nil && on.Kind == postgres.TableObject && on != kit.TableObject(users) {
			var further []postgres.HiddenRows
			further, err = postgres.ReadHiddenRows(ctx, pool, owner, commandsOn(own, on), on)
			hidden = append(hidden, further...)
		}
	}
	if err != nil {
		return // the apply meets it
	}
	_, err = server.Role(ctx, owner)
	for _, rows := range hidden {
		if rows.On == kit.TableObject(users) && rows.Role == owner && rows.Server == "" {
			continue
		}
		says := diags.AddAttributeError
		when := "run this, and plan again"
		if rows.Role == owner && errors.Is(err, postgres.ErrRoleNotFound) {
			says, when = diags.AddAttributeWarning, "run this once it exists, before anybody logs in through the functions"
		}
		says(path.Root("table"), "Rows Are Hidden", fmt.Sprintf(
			"The functions would see no row of %s: %s. What they would say of a user is missing, and whoever they would block "+
				"gets in.\n\nHave the owner of what is named %s:\n\n  %s;", rows.On, rows.Why(), when, rows.Remedy()))
	}
}

// commandsOn are the commands that grants on a table are for.
func commandsOn(grants []postgres.Grant, on postgres.Object) []string {
	var commands []string
	for _, g := range grants {
		if g.On == on && !slices.Contains(commands, g.Privilege) {
			commands = append(commands, g.Privilege)
		}
	}
	return commands
}

// warnOfMembers tells who could be the owner of the functions that there are.
func warnOfMembers(ctx context.Context, server *postgres.Server, owner string, diags *diag.Diagnostics) {
	members, err := server.OwnerMembers(ctx, owner)
	if err != nil || len(members) == 0 {
		return
	}
	var names []string
	for _, m := range members {
		if !slices.Contains(names, m.Member) {
			names = append(names, m.Member)
		}
	}
	diags.AddAttributeWarning(path.Root("owner"), "Owner Has Members", fmt.Sprintf(
		"The role %q owns the access functions. These roles are members of it, and so can change the functions and do on "+
			"the table what it may: %s.\n\n"+
			"Unless they need that, take it back:\n%s", owner, kit.List(names), strings.Join(kit.Revocations(members), "\n")))
}

// accessError reports a failed attempt to create, read, change or drop the functions.
func accessError(diags *diag.Diagnostics, verb, schema string, err error) {
	attempted := fmt.Sprintf("Could not %s the access functions in the schema %q", verb, schema)
	var exists *postgres.AccessExistsError
	var used *postgres.AccessInUseError
	var different *postgres.AccessError
	var changed *kit.ChangedSincePlanError
	var grants *postgres.GrantsError
	var untrusted *table.UntrustedError
	var server *pgconn.PgError
	switch {
	case errors.As(err, &untrusted):
		diags.AddAttributeError(path.Root("table"), "Object Of Another Role", fmt.Sprintf("%s: a column's type is not "+
			"used: %v.\n\n%s", attempted, untrusted, kit.UntrustedRemedy))
	case errors.As(err, &exists) && exists.Kind == "role":
		remedy := ""
		if exists.Remedy != "" {
			remedy = " " + exists.Remedy
		}
		diags.AddAttributeError(path.Root("owner"), "Role Exists Already", fmt.Sprintf(
			"%s: %v.\n\nChoose another name for the owner. Roles belong to the whole server: one that was made for functions "+
				"in another of its databases is shared, and one that a dropped schema has left is taken over.%s",
			attempted, exists, remedy))
	case errors.As(err, &exists):
		diags.AddAttributeError(path.Root("schema"), "Schema Exists Already", fmt.Sprintf(
			"%s: %v, and the functions need a schema of their own.\n\nChoose another name, or bring access functions that are "+
				"there under management with an import block:\n\n"+
				"import {\n  to = auth0pg_access_functions.<name>\n  id = %q\n}", attempted, exists, schema))
	case errors.As(err, &used):
		diags.AddError("Access Functions In Use", fmt.Sprintf(
			"%s: %v.\n\nGive the role and the connection another store first, and apply until the plan is "+
				"empty; then remove the functions.", attempted, used))
	case errors.As(err, &changed):
		diags.AddError("Functions Changed Since Plan",
			fmt.Sprintf("%s: somebody gave it %v after the plan was made, and nothing was changed.\n\nPlan again to "+
				"see what will be done about it.", attempted, changed))
	case errors.As(err, &different):
		diags.AddError("Functions Not Changed", fmt.Sprintf("%s: the server accepted the change and the functions are "+
			"%v.\n\nThis needs a role with more rights, mostly a superuser.", attempted, different))
	case errors.As(err, &grants):
		diags.AddError("Privileges Not Changed", fmt.Sprintf("%s: %v.\n\n%s", attempted, grants, kit.GrantorRemedy))
	case errors.As(err, &server) && (server.Code == "42P01" || server.Code == "42703" || server.Code == "3F000"):
		diags.AddAttributeError(path.Root("table"), "Users Table Not Found", fmt.Sprintf(
			"%s: %s\n\nCreate the table first: refer to the `store` of the object that makes it, so "+
				"that Terraform knows the order.", attempted, kit.ServersWords(server)))
	default:
		diags.AddError(
			"Access Functions Not "+map[string]string{"create": "Created", "read": "Read", "change": "Changed", "drop": "Dropped"}[verb],
			accessDetail(attempted, err),
		)
	}
}

// accessDetail is postgresDetail, but for a table that was never free for as long as it takes to change its policy.
func accessDetail(attempted string, err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == "55P03" {
		return fmt.Sprintf("%s: %s It was tried for a minute, each time briefly, so that logins do not queue behind "+
			"it. Nothing was changed.%s\n\n"+
			"Find in pg_stat_activity what reads the table for so long, such as a report or pg_dump, and "+
			"apply again when that is done.",
			attempted, kit.ServersWords(server), kit.HeldUpBy(err))
	}
	return kit.PostgresDetail(attempted, err)
}
