// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// ModifyPlan shows what the role will be granted and refuses what can be refused early.
func (r *databaseRole) ModifyPlan(
	ctx context.Context,
	req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse,
) {
	if r.data == nil || !r.data.Postgres.Known() {
		return
	}
	var prior *databaseRoleModel
	if !req.State.Raw.IsNull() {
		prior = &databaseRoleModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if req.Plan.Raw.IsNull() {
		server, ok := r.data.Postgres.Get(&diag.Diagnostics{})
		if ok && prior != nil && !resp.Diagnostics.HasError() {
			refuseWhileInUse(ctx, server, prior, &resp.Diagnostics)
		}
		return
	}
	var plan, config databaseRoleModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	replaced := prior != nil && !plan.Name.Equal(prior.Name)
	// Privileges name the database as the server does, which is asked here.
	server, look := r.data.ToPlan(ctx, req.Private, prior == nil || replaced, plan.title(), &resp.Diagnostics)
	switch {
	case look == kit.Blind || look == kit.Failed:
		return // the object that is created, read or deleted reports missing settings
	case look == kit.Lost:
		plan.Privileges, plan.SequencePrivileges = types.ListUnknown(types.StringType), types.ListUnknown(types.StringType)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
		return
	case server == nil:
		plan.grants(ctx, "", &resp.Diagnostics) // refuses what no server makes right
		return
	}
	if replaced {
		refuseWhileInUse(ctx, server, prior, &resp.Diagnostics)
		prior = nil
	}
	// A replacement is planned a second time as a creation, with the private state of the
	// object that goes: its name may be the same and still taken.
	private, diags := req.Private.GetKey(ctx, verifierKey)
	resp.Diagnostics.Append(diags...)
	if prior == nil && !replaced && len(private) == 0 && !plan.Name.IsUnknown() {
		refuseExisting(ctx, server, plan.Name.ValueString(), config.PasswordWO, &resp.Diagnostics)
	}
	if look == kit.Dim {
		plan.grants(ctx, "", &resp.Diagnostics)
		warnOfOpenSchemas(ctx, server, &resp.Diagnostics)
		return
	}

	if prior == nil {
		plan.checkName(ctx, server, &resp.Diagnostics)
	}
	plan.RoleAttributes = roleWords(postgres.ScriptsRole)
	plan.planSettings(ctx, prior, &resp.Diagnostics)
	plan.checkMemberships(ctx, server, prior, &resp.Diagnostics)
	grants, _ := plan.grants(ctx, server.Database(), &resp.Diagnostics)
	switch described, known := plan.Store.Parsed(); {
	case !known || plan.Operations.IsUnknown() || kit.UnknownElement(plan.Operations) ||
		plan.ExtraPrivileges.IsUnknown() || kit.UnknownElement(plan.ExtraPrivileges):
		plan.Privileges = types.ListUnknown(types.StringType)
		plan.SequencePrivileges = types.ListUnknown(types.StringType)
	case prior != nil && plan.Store.Equal(prior.Store) && r.data.Notes.StoreIsNew(described):
		// Another table, or other functions, take the place of those on which they were granted.
		plan.Privileges = types.ListUnknown(types.StringType)
		plan.SequencePrivileges = types.ListUnknown(types.StringType)
	default:
		kept := plan.kept(ctx, r.data, prior, server.Database())
		warnOfKept(kept, &resp.Diagnostics)
		kept = slices.DeleteFunc(kept, func(g postgres.Grant) bool { return g.On.Kind == postgres.SequenceObject })
		staying := plan.staying(ctx, server, prior, &resp.Diagnostics)
		plan.Privileges = kit.StringList(kit.GrantLines(postgres.MergeGrants(slices.Concat(grants, kept, staying))))
		plan.planSequences(ctx, server, prior)
	}
	if prior == nil || !plan.Store.Equal(prior.Store) {
		warnOfOpenSchemas(ctx, server, &resp.Diagnostics)
	}
	derived := kit.GetPrivate[bool](ctx, req.Private, derivedKey, &resp.Diagnostics) != nil
	if prior != nil && (prior.Store.IsNull() || derived) {
		plan.warnOfRevocations(ctx, server, prior, &resp.Diagnostics)
	}
	plan.planPassword(prior, config.PasswordWO, &resp.Diagnostics)
	if prior != nil {
		plan.planVerification(ctx, server, prior, config.PasswordWO, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// checkName refuses a name that nobody could log in with. The names of roles belong to no database, and are compared at
// login byte by byte: clients send them as UTF-8, and the server has kept them in the encoding of a database.
func (m *databaseRoleModel) checkName(ctx context.Context, server *postgres.Server, diags *diag.Diagnostics) {
	name := m.Name.ValueString()
	if isASCII(name) {
		return
	}
	encoding, err := server.Encoding(ctx)
	if err != nil || encoding == "UTF8" || encoding == "SQL_ASCII" {
		return // an error is the next statement's, too
	}
	diags.AddAttributeError(path.Root("name"), "Role Could Not Log In", fmt.Sprintf(
		"The role %q would be created in the database %q, whose encoding is %s, and kept under other bytes than those that "+
			"the scripts send at login.\n\n"+
			"Choose a name of ASCII characters, or let the provider "+
			"connect to a database in UTF8.", name, server.Database(), encoding))
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// staying are memberships of the role that the provider may not take back: not to plan what
// would fail at apply, when the table has changed and the connection has not.
func (m *databaseRoleModel) staying(
	ctx context.Context,
	server *postgres.Server,
	prior *databaseRoleModel,
	diags *diag.Diagnostics,
) []postgres.Grant {
	if prior == nil || !prior.Privileges.IsNull() && len(memberships(prior.held())) == 0 {
		return nil
	}
	role, err := server.Role(ctx, m.Name.ValueString())
	if err != nil {
		return nil // the apply reports it
	}
	held, err := server.Memberships(ctx, role)
	if err != nil {
		return nil // likewise
	}
	named := memberships(m.extraPrivileges())
	held = slices.DeleteFunc(held, func(m postgres.Membership) bool {
		return m.Revocable ||
			slices.ContainsFunc(named, func(g postgres.Grant) bool { return g.String() == m.Grant().String() })
	})
	if len(held) > 0 {
		diags.AddWarning("Membership Stays", fmt.Sprintf(
			"The role %q is a member of another role, and who has its password can be that one with SET ROLE. The role that "+
				"the provider connects as may not take it back: "+
				"it did not grant it, or it may not administer that role.\n\nHave a superuser run this, "+
				"and plan again afterwards:\n%s", m.Name.ValueString(), strings.Join(kit.Revocations(held), "\n")))
	}
	return postgres.MembershipGrants(held)
}

// warnOfRevocations shows what an imported role will lose. Its state does not always: it may have no
// store, and so no objects whose privileges it could list, or one that was only derived.
func (m *databaseRoleModel) warnOfRevocations(
	ctx context.Context, server *postgres.Server, prior *databaseRoleModel, diags *diag.Diagnostics,
) {
	role, err := server.Role(ctx, m.Name.ValueString())
	if err != nil {
		return // the apply reports it
	}
	wanted, objects := m.grants(ctx, server.Database(), &diag.Diagnostics{})
	objects = kit.Union(objects, prior.objects(ctx, server.Database()))
	if m.SequencePrivileges.IsUnknown() { // the apply decides about those
		objects = slices.DeleteFunc(objects, func(o postgres.Object) bool { return o.Kind == postgres.SequenceObject })
	}
	held, err := server.RoleGrants(ctx, role, objects, wanted)
	if err != nil || m.Privileges.IsUnknown() {
		return
	}
	memberOf, err := server.Memberships(ctx, role)
	if err != nil {
		return
	}
	held = append(held, postgres.MembershipGrants(memberOf)...)
	keep := kit.GrantLines(postgres.SplitGrants(append(wanted, m.held()...)))
	extra := slices.DeleteFunc(
		postgres.SplitGrants(held),
		func(g postgres.Grant) bool { return slices.Contains(keep, g.String()) },
	)
	if len(extra) > 0 {
		diags.AddWarning("Privileges Will Be Revoked", fmt.Sprintf(
			"The operations do not need all that the imported role %q holds. This will be revoked:\n%s",
			m.Name.ValueString(), strings.Join(kit.GrantLines(postgres.MergeGrants(extra)), "\n")))
	}
}

func warnOfKept(kept []postgres.Grant, diags *diag.Diagnostics) {
	if len(kept) > 0 {
		diags.AddAttributeWarning(path.Root("store"), "Former Privileges Stay For Now", fmt.Sprintf(
			"The role moves to another store. So that the connection's present scripts work until this apply has replaced "+
				"them, the role keeps what they need:\n%s\n\n"+
				"Apply once more afterwards: the next plan takes these privileges back.", strings.Join(kit.GrantLines(kept), "\n")))
	}
}

// warnOfOpenSchemas tells of a right that the role has because everybody has it, as by
// default in the schema public before PostgreSQL 15. It is not for this resource to take it
// from everybody.
func warnOfOpenSchemas(ctx context.Context, server *postgres.Server, diags *diag.Diagnostics) {
	open, err := server.OpenSchemas(ctx)
	if err != nil || len(open) == 0 {
		return
	}
	statements := make([]string, len(open))
	for i, schema := range open {
		statements[i] = fmt.Sprintf("REVOKE CREATE ON SCHEMA %s FROM PUBLIC;", kit.QuoteIdentifier(schema))
	}
	diags.AddWarning("Everybody May Create Objects", fmt.Sprintf(
		"The role will be able to create objects, because everybody is, in the schema %s.\n\nUnless other "+
			"roles need that, take it back:\n%s", kit.List(open), strings.Join(statements, "\n")))
}

// planSequences leaves open what the table's own changes in the same apply may decide.
func (m *databaseRoleModel) planSequences(ctx context.Context, server *postgres.Server, prior *databaseRoleModel) {
	m.SequencePrivileges = types.ListUnknown(types.StringType)
	if prior == nil || m.Store.Equal(prior.Store) {
		m.SequencePrivileges = kit.PlannedUsage(m.sequences(ctx, server))
	}
}

// refuseExisting stops a plan that would fail at apply.
func refuseExisting(
	ctx context.Context,
	server *postgres.Server,
	name string,
	password types.String,
	diags *diag.Diagnostics,
) {
	_, err := server.Role(ctx, name)
	switch {
	case errors.Is(err, postgres.ErrOwnRole):
		roleError(diags, "create", name, err) // which cannot be imported either
	case err == nil && !leftBehind(ctx, server, name, password):
		roleError(diags, "create", name, postgres.ErrRoleExists)
	}
}

// refuseWhileInUse is the guard of deletion and replacement at plan.
func refuseWhileInUse(ctx context.Context, server *postgres.Server, role *databaseRoleModel, diags *diag.Diagnostics) {
	if role.drain() > 0 {
		return
	}
	open, err := server.RoleSessions(ctx, role.Name.ValueString())
	if err == nil && open > 0 {
		roleError(diags, "drop", role.Name.ValueString(), &postgres.SessionsError{Open: open})
	}
}

// roleError reports a failed attempt to create, read, change or drop the role.
func roleError(diags *diag.Diagnostics, verb, name string, err error) {
	attempted := fmt.Sprintf("Could not %s the role %q", verb, name)
	var sessions *postgres.SessionsError
	var grants *postgres.GrantsError
	var members *postgres.MembershipsError
	var changed *kit.ChangedSincePlanError
	var setting *postgres.SettingError
	var server *pgconn.PgError
	switch {
	case errors.Is(err, postgres.ErrRoleExists):
		diags.AddAttributeError(path.Root("name"), "Role Exists Already", fmt.Sprintf(
			"%s: the server has a role of this name.\n\nChoose another name, or bring the role under management with an "+
				"import block, the address being that of this resource:\n\n"+
				"import {\n  to = auth0pg_database_role.<name>\n  id = %q\n}", attempted, name))
	case errors.Is(err, postgres.ErrOwnRole):
		diags.AddAttributeError(path.Root("name"), "Role Is The Provider's Own", fmt.Sprintf(
			"%s: %v, and it would lose its rights on the way.\n\nChoose another name for the scripts' role.", attempted, err))
	case errors.As(err, &sessions):
		diags.AddError("Role Is In Use", fmt.Sprintf("%s: %v.\n\n%s", attempted, sessions, sessionsRemedy(name)))
	case errors.As(err, &changed):
		diags.AddError("Role Changed Since Plan", fmt.Sprintf("%s: the role was given %v after the plan was made, and "+
			"nothing was changed.\n\nPlan again to see what will be done about it.", attempted, changed))
	case errors.As(err, &grants):
		diags.AddError("Privileges Not Changed", fmt.Sprintf(
			"%s: the server left some privileges as they were.\n%s\n\n%s",
			attempted, strings.Join(strings.Split(grants.Error(), "; "), "\n"), kit.GrantorRemedy))
	case errors.As(err, &setting) && errors.As(err, &server) && server.Code == "42501":
		diags.AddAttributeError(path.Root("other_settings"), "Setting Not Taken Back", fmt.Sprintf(
			"%s: %s\n\nThe role that the provider connects as may not change this setting (%s). Have a superuser run this, "+
				"and apply again; or name it in tolerated_settings:\n%s;",
			attempted, kit.ServersWords(server), setting.Name, setting.Statement))
	case errors.As(err, &members):
		diags.AddError("Privileges Not Changed", fmt.Sprintf("%s: %v. The role that the provider connects as may not take "+
			"that back.\n\nHave a superuser run:\n%s",
			attempted, members, strings.Join(kit.Revocations(members.Left), "\n")))
	case errors.As(err, &server) && server.Code == "2BP01":
		diags.AddError("Role Has Dependent Objects", fmt.Sprintf(
			"%s: %s\n\nGive what it owns to another role and take its other privileges back, in every database "+
				"named above, then apply again:\n\n"+
				"REASSIGN OWNED BY %[3]s TO "+
				"<other role>;\nDROP OWNED BY %[3]s;", attempted, kit.ServersWords(server), kit.QuoteIdentifier(name)))
	case errors.As(err, &server) && server.Code == "42883":
		diags.AddAttributeError(path.Root("operations"), "Operation Has No Function", fmt.Sprintf(
			"%s: %s\n\nName the operation in the `operations` of the auth0pg_access_functions too (and set its "+
				"rehash_on_login if the role has it), or leave it out here.",
			attempted, kit.ServersWords(server)))
	case errors.As(err, &server) && server.Code == "42703":
		diags.AddAttributeError(path.Root("store"), "Column Not Found", fmt.Sprintf(
			"%s: %s\n\nRefer to the `store` of the object that makes the table, so that Terraform "+
				"knows its columns and the order.", attempted, kit.ServersWords(server)))
	case errors.As(err, &server) && (server.Code == "42P01" || server.Code == "3F000"):
		diags.AddAttributeError(path.Root("store"), "Store Not Found", fmt.Sprintf(
			"%s: %s\n\nCreate the store first: refer to the `store` of the object that makes it, so "+
				"that Terraform knows the order.", attempted, kit.ServersWords(server)))
	default:
		diags.AddError(
			"Role Not "+map[string]string{"create": "Created", "read": "Read", "change": "Changed", "drop": "Dropped"}[verb],
			kit.PostgresDetail(attempted, err),
		)
	}
}

func sessionsRemedy(name string) string {
	return fmt.Sprintf("Switch the connection to another role first. Idle sessions of script containers end by "+
		"themselves within minutes. Then apply again, or:\n"+
		"- set drain_timeout = \"5m\" and apply that first: the deletion then keeps new sessions out "+
		"and waits for the open ones;\n"+
		"- or end them: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s;", quoteText(name))
}
