// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var (
	_ resource.Resource                = (*accessFunctions)(nil)
	_ resource.ResourceWithConfigure   = (*accessFunctions)(nil)
	_ resource.ResourceWithModifyPlan  = (*accessFunctions)(nil)
	_ resource.ResourceWithImportState = (*accessFunctions)(nil)
)

// NewAccessFunctions returns the auth0pg_access_functions resource.
func NewAccessFunctions() resource.Resource { return &accessFunctions{} }

type accessFunctions struct{ data *kit.Data }

type accessFunctionsModel struct {
	ID                      types.String   `tfsdk:"id"`
	Schema                  types.String   `tfsdk:"schema"`
	Owner                   types.String   `tfsdk:"owner"`
	Table                   kit.StoreValue `tfsdk:"table"`
	Operations              types.Set      `tfsdk:"operations"`
	RehashOnLogin           types.Bool     `tfsdk:"rehash_on_login"`
	PasswordHash            types.String   `tfsdk:"password_hash"`
	Statements              types.Map      `tfsdk:"statements"`
	ExtraPrivileges         types.Set      `tfsdk:"extra_privileges"`
	Store                   kit.StoreValue `tfsdk:"store"`
	Definitions             types.Map      `tfsdk:"definitions"`
	SchemaDefinition        types.String   `tfsdk:"schema_definition"`
	OwnerAttributes         types.List     `tfsdk:"owner_attributes"`
	OwnerPrivileges         types.List     `tfsdk:"owner_privileges"`
	OwnerSequencePrivileges types.List     `tfsdk:"owner_sequence_privileges"`
	Policy                  types.String   `tfsdk:"policy"`
}

func (r *accessFunctions) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_functions"
}

func (r *accessFunctions) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Functions through which the action scripts reach the users table, so that their role needs " +
			"no right on the table itself: " +
			"who has its password can look up one user at a time whose e-mail address is known, and can neither list " +
			"users nor read other columns. " +
			"Each operation has a `SECURITY DEFINER` function in a schema of its own, owned by a role that cannot log in; " +
			"an operation that runs further statements has one more for each. Hand `store` to the role and to the " +
			"connection in place of the table's.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The schema's name.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"schema": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString("auth0"),
				MarkdownDescription: "The schema that is created for the functions, `auth0` by default. A change drops " +
					"the old schema and makes a new one, and logins fail from then until the same apply has changed the " +
					"connection. To spare them, add a second object, move role and connection to it, and delete this one afterwards.",
				Validators:    []validator.String{kit.RoleNameValidator{}, stringvalidator.NoneOf("information_schema")},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"owner": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The role that is created to own schema and functions, by default the schema's name " +
					"followed by `_owner`. It cannot log in. " +
					"Databases on one server that name the same owner share it, and the last one drops it. A change " +
					"drops schema and functions and makes them anew, with the same gap for logins as a change of `schema`.",
				Validators: []validator.String{kit.RoleNameValidator{}},
			},
			"table": kit.ConsumedDatabaseStore("The table's description: the `store` of an `auth0pg_users_table` or of a data "+
				"source `auth0pg_store`. A change replaces the functions in one transaction.",
				"Access functions stand in front of a table",
				"Leave them out, or, for an API that calls them, give them the `store` of the table that it reads"),
			"operations": kit.OperationsAttribute(
				false,
				"The operations that have functions: "+kit.QuotedOperations()+"; without it, all for which the table has the parts. "+
					"A change creates or drops what makes the difference.",
			),
			"rehash_on_login": kit.RehashAttribute("Whether there is a function by which `login` replaces a password's hash, " +
				"as scripts with `rehash_on_login` do; `false` by default. " +
				"A change creates or drops it."),
			"password_hash": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(hashes.Bcrypt),
				MarkdownDescription: "The format of the passwords' hashes that `create`, `change_password` and the replacement " +
					"at login take, and no other: " +
					"the `password_hash` of the connection's `scripts`, `bcrypt` by default. A change replaces these functions.",
				Validators: []validator.String{stringvalidator.OneOf(hashes.Writable()...)},
			},
			"statements": statementsAttribute(),
			"extra_privileges": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Privileges of the owner beside those that are derived, for what functions and triggers read " +
					"and write with its rights; none by default. Each is written as in `extra_privileges` of the database role. " +
					"A change grants or revokes what makes the difference.",
				Validators: kit.ExtraPrivilegesValidators(false),
			},
			"store": kit.ExportedStore(),
			"definitions": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "The SQL that makes each function what it is, with its owner and without rights for " +
					"everybody. What was changed elsewhere is put back.",
			},
			"schema_definition": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The SQL that makes the schema what it is. A right to create objects in it that was " +
					"given elsewhere is taken back.",
			},
			"owner_attributes": kit.ComputedStrings("The owner's attributes as the server has them. What was " +
				"changed elsewhere is put back."),
			"owner_privileges": kit.ComputedStrings("What the owner is granted on the table and the schemas that the " +
				"functions use, as it stands in `GRANT`. What was changed elsewhere is put back."),
			"owner_sequence_privileges": kit.ComputedStrings("What the owner is granted on sequences that the defaults of the " +
				"table's columns draw from, where there is `create`. " +
				"It is known once the table exists; what was changed elsewhere is put back."),
			"policy": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The policy that lets the owner see the rows of a table with row-level security; null " +
					"without. It is known once the table exists; what was changed elsewhere is put back.",
			},
		},
	}
}

func (r *accessFunctions) Configure(
	_ context.Context,
	req resource.ConfigureRequest,
	resp *resource.ConfigureResponse,
) {
	r.data = kit.ConfigureResource(req, resp)
}

func (r *accessFunctions) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan accessFunctionsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server, ok := r.data.Postgres.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	plan.complete()
	spec := plan.spec(ctx, nil, server, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	began := time.Now()
	if err := server.CreateAccess(ctx, spec); err != nil {
		accessError(&resp.Diagnostics, "create", spec.Schema, err)
		return
	}
	kit.LogDone(
		ctx,
		began,
		"access functions created",
		map[string]any{"schema": spec.Schema, "functions": len(spec.Functions), "owner": spec.Owner},
	)
	// It tells a replacement from a creation, see ModifyPlan.
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, createdKey, []byte("true"))...)
	if plan.refresh(ctx, server, spec.Objects, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *accessFunctions) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state accessFunctionsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server := r.data.ToRead(ctx, resp.Private, state.title(), &resp.Diagnostics)
	if server == nil {
		return
	}
	found := state.refresh(ctx, server, nil, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if !found {
		resp.Diagnostics.AddWarning("Access Functions Not Found", fmt.Sprintf(
			"The schema %q does not exist any more and is removed from the state. It will be created again unless the "+
				"resource is removed from the configuration, and then takes over its owner, the role %[2]s, where somebody has "+
				"left that. A destroy leaves it there; then, in this database:\n%[3]s",
			state.Schema.ValueString(), kit.QuoteIdentifier(state.Owner.ValueString()),
			leftOwnerSQL(state.Owner.ValueString())))
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *accessFunctions) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state accessFunctionsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server, ok := r.data.Postgres.Get(&resp.Diagnostics)
	if !ok || kit.RefuseLost(ctx, req.Private, state.title(), &resp.Diagnostics) {
		return
	}
	plan.complete()
	spec := plan.spec(ctx, &state, server, &resp.Diagnostics)
	spec.Check = state.unchanged(ctx, spec)
	if resp.Diagnostics.HasError() {
		return
	}
	began := time.Now()
	if err := server.AlterAccess(ctx, spec); err != nil {
		accessError(&resp.Diagnostics, "change", spec.Schema, err)
		return
	}
	kit.LogDone(
		ctx,
		began,
		"access functions changed",
		map[string]any{"schema": spec.Schema, "functions": len(spec.Functions), "owner": spec.Owner},
	)
	if plan.refresh(ctx, server, spec.Objects, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *accessFunctions) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state accessFunctionsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	end, ok := r.data.ToDelete(ctx, state.remains(), &resp.Diagnostics)
	if !ok || end.Server == nil {
		return
	}
	defer end.Close()
	if end.Elsewhere {
		if err := end.Server.DropOwnerElsewhere(ctx, state.Owner.ValueString()); err != nil {
			kit.AddLeft(state.remains(), kit.PostgresDetail(fmt.Sprintf("Could not drop the role %q",
				state.Owner.ValueString()), err), &resp.Diagnostics)
		}
		return
	}
	began := time.Now()
	forGood, diags := req.Private.GetKey(ctx, endKey)
	resp.Diagnostics.Append(diags...)
	var err error
	if len(forGood) > 0 {
		// Terraform may be taking the roles' rights away at the same time.
		err = end.Server.DropAccess(ctx, state.dropSpec(), 15*time.Second)
	} else {
		var users []string
		if users, err = end.Server.DropAccessToReplace(ctx, state.dropSpec()); err == nil && len(users) > 0 {
			warnOfLostPrivileges(state.Schema.ValueString(), users, &resp.Diagnostics)
		}
	}
	if err != nil {
		accessError(&resp.Diagnostics, "drop", state.Schema.ValueString(), err)
		return
	}
	kit.LogDone(ctx, began, "access functions dropped", map[string]any{"schema": state.Schema.ValueString()})
}

// warnOfLostPrivileges says who could call the functions that others now take the place of. A role and an allowlist that
// have the functions' store are planned anew in the same run; who got the right elsewhere has lost it.
func warnOfLostPrivileges(schema string, roles []string, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("schema"), "Privileges Went With Functions", fmt.Sprintf(
		"The access functions in the schema %q were dropped to be created anew. Until this apply has come to the roles "+
			"that it manages, they cannot be called by %s.\n\n"+
			"Grant what was granted elsewhere again.", schema, kit.List(roles)))
}

func (m *accessFunctionsModel) title() string {
	return fmt.Sprintf("the access functions in the schema %q", m.Schema.ValueString())
}

// leftOwnerSQL drops an owner that nothing belongs to any more.
func leftOwnerSQL(owner string) string {
	return fmt.Sprintf("DROP OWNED BY %[1]s;\nDROP ROLE %[1]s;", kit.QuoteIdentifier(owner))
}

// Remains is what the functions leave where they cannot be dropped.
func (m *accessFunctionsModel) remains() kit.Remains {
	return kit.Remains{
		What: m.title(),
		SQL: fmt.Sprintf("DROP SCHEMA %s CASCADE;\n%s", kit.QuoteIdentifier(m.Schema.ValueString()),
			leftOwnerSQL(m.Owner.ValueString())),
		OnServer: fmt.Sprintf("DROP ROLE %s;", kit.QuoteIdentifier(m.Owner.ValueString())),
	}
}

// ImportState takes the schema's name. Table and operations are derived when it is read; where they cannot be told they
// come from the configuration, and the first plan shows them as a change.
func (r *accessFunctions) ImportState(
	ctx context.Context,
	req resource.ImportStateRequest,
	resp *resource.ImportStateResponse,
) {
	kit.ImportName(ctx, path.Root("schema"), req, resp)
}
