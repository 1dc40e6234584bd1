// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var (
	_ resource.Resource                = (*databaseRole)(nil)
	_ resource.ResourceWithConfigure   = (*databaseRole)(nil)
	_ resource.ResourceWithModifyPlan  = (*databaseRole)(nil)
	_ resource.ResourceWithImportState = (*databaseRole)(nil)
)

// NewDatabaseRole returns the auth0pg_database_role resource.
func NewDatabaseRole() resource.Resource { return &databaseRole{} }

type databaseRole struct{ data *kit.Data }

type databaseRoleModel struct {
	ID                 types.String   `tfsdk:"id"`
	Name               types.String   `tfsdk:"name"`
	Store              kit.StoreValue `tfsdk:"store"`
	Operations         types.Set      `tfsdk:"operations"`
	RehashOnLogin      types.Bool     `tfsdk:"rehash_on_login"`
	PasswordWO         types.String   `tfsdk:"password_wo"`
	PasswordWOVersion  types.Int64    `tfsdk:"password_wo_version"`
	VerifyPassword     types.Bool     `tfsdk:"verify_password"`
	ScramIterations    types.Int64    `tfsdk:"scram_iterations"`
	ConnectionLimit    types.Int64    `tfsdk:"connection_limit"`
	ValidUntil         types.String   `tfsdk:"valid_until"`
	StatementTimeout   types.String   `tfsdk:"statement_timeout"`
	LockTimeout        types.String   `tfsdk:"lock_timeout"`
	IdleTimeout        types.String   `tfsdk:"idle_in_transaction_session_timeout"`
	SearchPath         types.List     `tfsdk:"search_path"`
	ToleratedSettings  types.Set      `tfsdk:"tolerated_settings"`
	DrainTimeout       types.String   `tfsdk:"drain_timeout"`
	RoleAttributes     types.String   `tfsdk:"role_attributes"`
	ExtraPrivileges    types.Set      `tfsdk:"extra_privileges"`
	Privileges         types.List     `tfsdk:"privileges"`
	SequencePrivileges types.List     `tfsdk:"sequence_privileges"`
	OtherSettings      types.List     `tfsdk:"other_settings"`
	PasswordStatus     types.String   `tfsdk:"password_status"`
}

func (r *databaseRole) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_database_role"
}

func (r *databaseRole) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	timeout := func(what string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true,
			MarkdownDescription: what + " A duration as Postgres writes it, for example `5s`; `0` means no limit. " +
				"It is set for this role in the provider's database only; without this attribute one that was set elsewhere is " +
				"taken back, unless `tolerated_settings` names it. A change applies to new sessions.",
			Validators:    []validator.String{timeoutValidator{}},
			PlanModifiers: []planmodifier.String{sameMeaning{equal: sameTimeout}},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A login role for the action scripts, with exactly the privileges that the named operations " +
			"need on the user store and no other power. " +
			"The password is turned into a SCRAM verifier before it leaves the provider: it reaches neither the server nor " +
			"its logs, nor Terraform's state or plan.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The role's name.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The role's name, taken as it is, also with capitals. A change makes a " +
					"new role and drops the old one.",
				Validators:    []validator.String{kit.RoleNameValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"store": kit.ConsumedDatabaseStore("The user store that the scripts work on: the `store` of an `auth0pg_users_table`, "+
				"of `auth0pg_access_functions`, or of a data source `auth0pg_store`. "+
				"A change grants what the new store needs; what only the former one needed goes with the next apply, when "+
				"the scripts no longer use it.",
				"A role's privileges follow from a table or from access functions",
				"Leave the role out, since these scripts log in to no database; or, for the role that an API itself logs in with, "+
					"give it the `store` of the table or of the access functions behind the API"),
			"operations": kit.OperationsAttribute(
				true,
				"The operations that the role's scripts carry out: "+kit.QuotedOperations()+". "+
					"A change grants or revokes what makes the difference.",
			),
			"rehash_on_login": kit.RehashAttribute("Whether `login` may replace a password's hash, as scripts with " +
				"`rehash_on_login` do; `false` by default. " +
				"A change grants or revokes what that takes."),
			"extra_privileges": extraPrivilegesAttribute(),
			"password_wo": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				WriteOnly: true,
				MarkdownDescription: "The password, of printable ASCII characters without spaces; it " +
					"is kept nowhere (write-only). " +
					"A change takes effect only together with a change of `password_wo_version`. Without it the role has no " +
					"password until one is set elsewhere.",
				Validators: []validator.String{
					passwordValidator{},
					stringvalidator.AlsoRequires(path.MatchRoot("password_wo_version")),
				},
			},
			"password_wo_version": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "The version of `password_wo`. A change sets the password in `password_wo`; " +
					"sessions that are open stay open.",
			},
			"verify_password": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether each plan checks `password_wo` by logging in as the role, where the provider's own " +
					"role cannot read the stored verifier; `false` by default. " +
					"A password that is refused is set again, also when `password_wo_version` is the same. A change " +
					"takes effect with the next plan.",
			},
			"scram_iterations": schema.Int64Attribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedInt64(postgres.DefaultIterations),
				MarkdownDescription: "The work factor of the password's verifier; the default is Postgres' own, 4096. " +
					"A change derives the verifier anew and so needs `password_wo`.",
				Validators: []validator.Int64{int64validator.Between(1, 10_000_000)},
			},
			"connection_limit": schema.Int64Attribute{
				Optional: true,
				Computed: true,
				Default:  int64default.StaticInt64(-1),
				MarkdownDescription: "How many sessions the role may have at a time; -1, the default, means no limit. A " +
					"change leaves open sessions alone.",
				Validators: []validator.Int64{int64validator.Between(-1, 1<<31-1)},
			},
			"valid_until": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The time at which the password ceases to be valid, as RFC 3339 writes it; without it, " +
					"never. A change applies to the next login.",
				Validators:    []validator.String{timeValidator{}},
				PlanModifiers: []planmodifier.String{sameMeaning{equal: sameInstant}},
			},
			"statement_timeout": timeout("How long one statement of the role may run. The scripts ask for " +
				"`3s` by themselves, wherever the server, or a pooler in front of it, lets them."),
			"lock_timeout":                        timeout("How long one statement of the role may wait for a lock."),
			"idle_in_transaction_session_timeout": timeout("How long a session of the role may be idle within a transaction."),
			"search_path": schema.ListAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "The schemas in which the role's sessions look for names, `$user` being the " +
					"schema of the role's own name. " +
					"It is set for this role in the provider's database only; without this attribute one that was set elsewhere is " +
					"taken back, unless `tolerated_settings` names it. A change applies to new sessions.",
				Validators: []validator.List{listvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 63))},
			},
			"tolerated_settings": toleratedSettings(),
			"drain_timeout": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedString("0s"),
				MarkdownDescription: "How long the deletion of the role waits for its open sessions to end; for example `2m` or " +
					"`90s`. For the first 12 seconds, or half of the time where that is less, " +
					"it can still log in, for scripts that began just before the connection moved to " +
					"another role; after that it cannot. " +
					"With `0s`, the default, the role is not deleted while a session of it is open. A change counts for the next " +
					"deletion, once it has been applied.",
				Validators: []validator.String{kit.Duration{Most: time.Hour}},
			},
			"role_attributes": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The role's attributes as the server has them, in the words of `CREATE ROLE`. What was " +
					"changed elsewhere is put back.",
			},
			"privileges": kit.ComputedStrings("What the role is granted on the database, the schema and the store, as it " +
				"stands in `GRANT`, and of which roles it is a member, as `MEMBER OF \"role\"`. " +
				"What was granted or revoked elsewhere on these objects is put back, and a membership is taken back where the " +
				"provider may; grants to other roles are left alone."),
			"sequence_privileges": kit.ComputedStrings("What the role is granted on sequences that the defaults of the " +
				"table's columns draw from, as `create` needs it for a `serial` id. " +
				"It is known once the table exists; what was changed elsewhere is put back."),
			"other_settings": kit.ComputedStrings("Further settings of the role, for the provider's database or for all, such " +
				"as `work_mem = 64MB`; the value only of the server's own. " +
				"A role may set most of them for itself. They are taken back, except those in `tolerated_settings`; null without any."),
			"password_status": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Whether the stored password is the one that was applied: `as_applied`, " +
					"`changed_elsewhere` (it is set again), " +
					"`not_readable` (only a superuser can read it; see `verify_password`) or " +
					"`not_managed` (no `password_wo_version`).",
			},
		},
	}
}

func (r *databaseRole) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = kit.ConfigureResource(req, resp)
}

func (r *databaseRole) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config databaseRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server, ok := r.data.Postgres.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	spec := plan.spec(ctx, r.data, nil, server, &resp.Diagnostics)
	if !plan.PasswordWOVersion.IsNull() {
		spec.Verifier = newVerifier(config.PasswordWO, plan.iterations(), &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	began := time.Now()
	err := server.CreateRole(ctx, spec)
	if errors.Is(err, postgres.ErrRoleExists) && leftBehind(ctx, server, spec.Name, config.PasswordWO) {
		err = server.AlterRole(ctx, spec)
	}
	if err != nil {
		roleError(&resp.Diagnostics, "create", spec.Name, err)
		return
	}
	kit.LogDone(
		ctx,
		began,
		"role created",
		map[string]any{"role": spec.Name, "privileges": len(spec.Grants), "password_set": spec.Verifier != nil},
	)
	saveVerifier(ctx, resp.Private, spec.Verifier, &resp.Diagnostics)
	// A replacement gets what was kept beside the former role.
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, derivedKey, nil)...)
	plan.ID = plan.Name
	settings := plan.OtherSettings
	if plan.refresh(ctx, server, spec.Objects, fingerprint(spec.Verifier), &resp.Diagnostics) {
		plan.verify(ctx, server, config.PasswordWO)
		plan.keepSettings(settings)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *databaseRole) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state databaseRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server := r.data.ToRead(ctx, resp.Private, state.title(), &resp.Diagnostics)
	if server == nil {
		return
	}
	applied := savedVerifier(ctx, req.Private, &resp.Diagnostics)
	derives := state.Store.IsNull()
	found := state.refresh(ctx, server, nil, applied, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if !found {
		resp.Diagnostics.AddWarning("Role Not Found", fmt.Sprintf(
			"The role %q does not exist any more and is removed from the state. It will be created again unless the resource "+
				"is removed from the configuration.", state.Name.ValueString()))
		resp.State.RemoveResource(ctx)
		return
	}
	if derives && !state.Store.IsNull() {
		kit.SetPrivate(ctx, resp.Private, derivedKey, true, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *databaseRole) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config databaseRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server, ok := r.data.Postgres.Get(&resp.Diagnostics)
	if !ok || kit.RefuseLost(ctx, req.Private, state.title(), &resp.Diagnostics) {
		return
	}
	spec := plan.spec(ctx, r.data, &state, server, &resp.Diagnostics)
	if kit.GetPrivate[bool](ctx, req.Private, derivedKey, &resp.Diagnostics) == nil {
		spec.Check = state.unchanged(r.data, spec.Grants)
	}
	write, verify := plan.writesPassword(&state), plan.PasswordStatus.IsUnknown()
	if write {
		spec.Verifier = newVerifier(config.PasswordWO, plan.iterations(), &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	began := time.Now()
	if err := server.AlterRole(ctx, spec); err != nil {
		roleError(&resp.Diagnostics, "change", spec.Name, err)
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, derivedKey, nil)...)
	kit.LogDone(
		ctx,
		began,
		"role changed",
		map[string]any{"role": spec.Name, "privileges": len(spec.Grants), "password_set": write},
	)
	applied := savedVerifier(ctx, req.Private, &resp.Diagnostics)
	if write {
		saveVerifier(ctx, resp.Private, spec.Verifier, &resp.Diagnostics)
		applied = fingerprint(spec.Verifier)
	}
	settings := plan.OtherSettings
	if plan.refresh(ctx, server, spec.Objects, applied, &resp.Diagnostics) {
		plan.keepSettings(settings)
		if verify {
			plan.verify(ctx, server, config.PasswordWO)
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *databaseRole) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state databaseRoleModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	end, ok := r.data.ToDelete(ctx, state.remains(), &resp.Diagnostics)
	if !ok || end.Server == nil {
		return
	}
	defer end.Close()
	began := time.Now()
	server := end.Server
	_, err := server.Pool(ctx) // privileges name the database as the server does, once it was asked
	if err == nil {
		var objects []postgres.Object
		if !end.Elsewhere { // else they are gone, and the role's privileges with them
			objects = state.objects(ctx, server.Database())
		}
		err = server.DropRole(ctx, state.Name.ValueString(), objects, state.drain())
	}
	if err != nil && !errors.Is(err, postgres.ErrRoleNotFound) {
		roleError(&resp.Diagnostics, "drop", state.Name.ValueString(), err)
		return
	}
	kit.LogDone(ctx, began, "role dropped", map[string]any{"role": state.Name.ValueString()})
}

func (m *databaseRoleModel) title() string { return fmt.Sprintf("the role %q", m.Name.ValueString()) }

// Remains is what the role leaves where it cannot be dropped.
func (m *databaseRoleModel) remains() kit.Remains {
	role := kit.QuoteIdentifier(m.Name.ValueString())
	return kit.Remains{What: m.title(), SQL: fmt.Sprintf("DROP OWNED BY %[1]s;\nDROP ROLE %[1]s;",
		role), OnServer: fmt.Sprintf("DROP ROLE %s;", role)}
}

// ImportState takes the role's name. Store and operations are derived when it is read, where they can be told; the
// password comes from the configuration, so the first plan shows it as a change.
func (r *databaseRole) ImportState(
	ctx context.Context,
	req resource.ImportStateRequest,
	resp *resource.ImportStateResponse,
) {
	kit.ImportName(ctx, path.Root("name"), req, resp)
}
