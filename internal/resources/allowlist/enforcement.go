// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// The values of the attribute enforcement.
const (
	enforcementNone      = "none"
	enforcementFunctions = "functions"
	enforcementHBA       = "pg_hba"
	enforcementTrigger   = "login_trigger"
)

// guardedStore is the store whose access functions refuse other addresses.
func guardedStore() schema.StringAttribute {
	attribute := kit.ConsumedDatabaseStore("The access functions that `enforcement = \"functions\"` guards: the `store` of "+
		"an `auth0pg_access_functions`. "+
		"A change moves the rules to the other functions.",
		"What is enforced here is in the access functions of a database",
		"Leave `store` out, and give the addresses of the data source `auth0pg_ip_ranges` to the firewall in front of the API, "+
			"or to the allowlist of the other tenant's attack protection")
	attribute.Required, attribute.Optional = false, true
	return attribute
}

// List is what is to be enforced, once everything in it is known.
func (m *allowlistModel) list() postgres.Allowlist {
	return postgres.Allowlist{Database: m.Database.ValueString(), Role: m.Role.ValueString(), Networks: prefixes(m.CIDRs)}
}

// functionsSchema is the schema of the access functions; known is false while it is not.
func (m *allowlistModel) functionsSchema() (schema string, known bool) {
	described, _ := m.Store.Parsed()
	through, known := described.Functions()
	return through.Schema, known
}

// rulesPlace is where rules stand on the server: applying others in the same place replaces them.
type rulesPlace struct {
	Enforcement string `json:"enforcement"`
	Role        string `json:"role,omitempty"`
	Schema      string `json:"schema,omitempty"`
}

// enforcement is what enforces the list; "" while that is not known.
func (m *allowlistModel) enforcement() string {
	if m.Enforcement.IsNull() {
		return enforcementNone
	}
	return m.Enforcement.ValueString()
}

// place is where the model's rules stand.
func (m *allowlistModel) place() rulesPlace {
	at := rulesPlace{Enforcement: m.enforcement()}
	switch at.Enforcement {
	case enforcementFunctions:
		at.Schema, _ = m.functionsSchema()
	case enforcementHBA, enforcementTrigger:
		at.Role = m.Role.ValueString()
	}
	return at
}

// rules is what is to stand on the server; known is false while a part of it is not.
func (m *allowlistModel) rules() (rules []string, known bool) {
	how := m.enforcement()
	if how == enforcementNone {
		return nil, !m.Enforcement.IsUnknown()
	}
	if m.Enforcement.IsUnknown() || m.CIDRs.IsUnknown() || m.Role.IsUnknown() || m.Database.IsUnknown() {
		return nil, false
	}
	list := m.list()
	switch how {
	case enforcementFunctions:
		schema, known := m.functionsSchema()
		return []string{list.ClientCheckStatement(schema)}, known
	case enforcementHBA:
		return hbaRules(list.Role, &postgres.HBAFile{Lines: list.HBALines(), Place: postgres.IncludedFirst}), true
	}
	return list.LoginTriggerStatements(), true
}

// enforceRules says what is to stand on the server; null is nothing.
func (m *allowlistModel) enforceRules(rules []string) {
	m.Enforced = kit.StringList(rules)
	if len(rules) == 0 {
		m.Enforced = types.ListNull(types.StringType)
	}
}

// hbaRules are the lines that matter in both files.
func hbaRules(role string, file *postgres.HBAFile) []string {
	var rules []string
	switch file.Place {
	case postgres.IncludedFirst:
		rules = append(rules, "pg_hba.conf: "+postgres.HBAInclude(role))
	case postgres.IncludedLate:
		rules = append(rules, "pg_hba.conf, after rules of others: "+postgres.HBAInclude(role))
	case postgres.NotIncluded:
	}
	rules = append(rules, file.Lines...)
	if file.Pending {
		rules = append(rules, "(not loaded yet)")
	}
	return rules
}

// planEnforced shows what will stand on the server, and refuses what cannot.
func (r *allowlist) planEnforced(
	ctx context.Context,
	private kit.PrivateReader,
	plan, state *allowlistModel,
	diags *diag.Diagnostics,
) {
	rules, known := plan.rules()
	if known {
		plan.enforceRules(rules)
	}
	how := plan.enforcement()
	if plan.Enforcement.IsUnknown() || how == enforcementNone {
		return
	}
	described, _ := plan.Store.Parsed()
	if _, direct := described.Reach.(store.Table); direct && how == enforcementFunctions {
		diags.AddAttributeError(path.Root("store"), "Store Has No Functions",
			"The store is a table, which the scripts reach without functions that could refuse an address.\n\nSet store to "+
				"the store of an auth0pg_access_functions, or choose another enforcement.")
		return
	}
	if state != nil {
		if text, _ := private.GetKey(ctx, kit.AbsentKey); len(text) > 0 {
			plan.Enforced = types.ListUnknown(types.StringType)
			return
		}
		if how == enforcementFunctions && r.data.Notes.StoreIsNew(described) {
			// New functions let everybody in until they are told.
			plan.Enforced = types.ListUnknown(types.StringType)
			return
		}
	}
	if state != nil && state.Enforced.Equal(plan.Enforced) || !r.data.Postgres.Known() {
		return
	}
	if _, ok := r.data.Postgres.Get(diags); !ok {
		return
	}
	// The rules follow from the configuration, so that nothing is hidden where the server may be absent.
	server, _ := r.data.ToPlan(ctx, private, state == nil, plan.title(), diags)
	if server == nil {
		return
	}
	found, err := server.Enforcement(ctx)
	if err != nil {
		diags.AddError("Server Not Inspected", kit.PostgresDetail("Could not find out how the allowlist can be enforced",
			err))
		return
	}
	plan.checkPossible(found, diags)
	if diags.HasError() {
		return
	}
	if found.Pooled {
		diags.AddAttributeWarning(path.Root("enforcement"), "Connection Pooler In Between",
			"The provider reaches the server through a connection pooler. If the scripts do so, too, the server sees the "+
				"pooler's address for all of them, and no rule can tell Auth0 from others.\n\n"+
				"Have the scripts connect to the server itself, or enforce the list in front of the "+
				"pooler with enforcement = \"none\".")
	}
	if known && !plan.Role.IsNull() {
		plan.checkRole(ctx, server, diags)
	}
}

// checkPossible refuses an enforcement that this server or this role does not allow.
func (m *allowlistModel) checkPossible(found *postgres.Enforcement, diags *diag.Diagnostics) {
	reasons := map[string]string{
		enforcementFunctions: found.Functions,
		enforcementHBA:       found.HBA,
		enforcementTrigger:   found.LoginTrigger,
	}
	how := m.enforcement()
	if reason := reasons[how]; reason != "" {
		possible := []string{`"none"`}
		for _, other := range []string{enforcementFunctions, enforcementTrigger, enforcementHBA} {
			if reasons[other] == "" {
				possible = append(possible, fmt.Sprintf("%q", other))
			}
		}
		diags.AddAttributeError(path.Root("enforcement"), "Enforcement Not Possible", fmt.Sprintf(
			"enforcement = %q does not work on this server (%s, connected "+
				"as %q): %s.\n\nHere works: %s.", how, found.Server, found.User, reason, kit.List(possible)))
	}
	if how == enforcementTrigger && !m.Database.IsNull() && !m.Database.IsUnknown() &&
		m.Database.ValueString() != found.Database {
		diags.AddAttributeError(path.Root("database"), "Another Database", fmt.Sprintf(
			"A login trigger guards the database that it is in, and the provider connects to %q, not to %q.\n\nRemove "+
				"database, or use a provider for that database.", found.Database, m.Database.ValueString()))
	}
}

// checkRole refuses roles that must not be locked out and points out sessions that would
// not be let in again.
func (m *allowlistModel) checkRole(ctx context.Context, server *postgres.Server, diags *diag.Diagnostics) {
	role := m.Role.ValueString()
	guarded, err := server.GuardedRole(ctx, m.list())
	if err != nil {
		diags.AddError("Server Not Inspected", kit.PostgresDetail(fmt.Sprintf("Could not look at the role %q", role), err))
		return
	}
	switch {
	case guarded.Own:
		diags.AddAttributeError(path.Root("role"), "Role Is The Provider's Own", fmt.Sprintf(
			"The provider itself connects as %q and would lock itself out.\n\nSet role to the "+
				"role that the scripts log in as.", role))
	case guarded.Superuser:
		diags.AddAttributeError(path.Root("role"), "Role Is A Superuser", fmt.Sprintf(
			"%q is a superuser: it could lift any rule, and nobody could help who locked it out.\n\nSet role to the "+
				"role that the scripts log in as.", role))
	case len(guarded.Outside) > 0:
		var addresses []string
		for _, address := range guarded.Outside {
			addresses = append(addresses, address.String())
		}
		diags.AddAttributeWarning(path.Root("role"), "Sessions From Other Addresses", fmt.Sprintf(
			"%q has sessions open from %s, which the list does not hold: from there it will not be let in again. "+
				"If that is a connection pooler or a proxy, the server sees its address in place of Auth0's, and Auth0 would be "+
				"locked out.\n\nAdd the address to additional_cidrs if it is to stay.", role, kit.List(addresses)))
	}
}

// enforce puts the planned rules in force.
func (r *allowlist) enforce(ctx context.Context, plan *allowlistModel, diags *diag.Diagnostics) bool {
	how := plan.enforcement()
	if rules, known := plan.rules(); known {
		plan.enforceRules(rules)
	}
	if how == enforcementNone {
		return true
	}
	server, ok := r.data.Postgres.Get(diags)
	if !ok {
		return false
	}
	var err error
	switch how {
	case enforcementFunctions:
		schema, _ := plan.functionsSchema()
		err = server.ApplyClientCheck(ctx, schema, plan.list())
	case enforcementHBA:
		err = server.ApplyHBA(ctx, plan.list())
	case enforcementTrigger:
		err = server.ApplyLoginTrigger(ctx, plan.list())
	}
	if err != nil {
		enforcementError(diags, "Allowlist Not Enforced", "Could not put the allowlist in force", how, err)
	}
	return err == nil
}

// readEnforced reads what stands on the server.
func (r *allowlist) readEnforced(
	ctx context.Context,
	private kit.Private,
	state *allowlistModel,
	diags *diag.Diagnostics,
) bool {
	how := state.enforcement()
	if how == enforcementNone {
		return true
	}
	server := r.data.ToRead(ctx, private, state.title(), diags)
	if server == nil {
		return false
	}
	var rules []string
	var err error
	switch how {
	case enforcementFunctions:
		schema, _ := state.functionsSchema()
		var check string
		if check, err = server.ClientCheck(ctx, schema); check != "" {
			rules = []string{check}
		}
	case enforcementHBA:
		var file *postgres.HBAFile
		if file, err = server.HBAFile(ctx, state.Role.ValueString()); err == nil {
			rules = hbaRules(state.Role.ValueString(), file)
		}
	case enforcementTrigger:
		rules, err = server.LoginTrigger(ctx, state.Role.ValueString())
	}
	if err != nil {
		enforcementError(diags, "Allowlist Not Read", "Could not read how the allowlist is enforced", how, err)
		return false
	}
	state.enforceRules(rules)
	return true
}

// release removes the rules that a former plan put in force.
func (r *allowlist) release(ctx context.Context, at rulesPlace, diags *diag.Diagnostics) bool {
	if at.Enforcement == enforcementNone {
		return true
	}
	end, ok := r.data.ToDelete(ctx, at.remains(), diags)
	if !ok || end.Server == nil {
		return ok
	}
	defer end.Close()
	server := end.Server
	var err error
	switch at.Enforcement {
	case enforcementFunctions:
		err = server.RemoveClientCheck(ctx, at.Schema)
	case enforcementHBA:
		err = server.RemoveHBA(ctx, at.Role)
	case enforcementTrigger:
		err = server.RemoveLoginTrigger(ctx, at.Role)
	}
	if err != nil {
		enforcementError(diags, "Allowlist Not Removed", "Could not remove the rules of the allowlist", at.Enforcement, err)
	}
	return err == nil
}

// enforcementError reports a failure with what is special about the way of enforcement.
func enforcementError(diags *diag.Diagnostics, summary, attempted, how string, err error) {
	attempted = fmt.Sprintf("%s (enforcement = %q)", attempted, how)
	var left *postgres.RestoreError
	if errors.As(err, &left) {
		diags.AddError("Allowlist Not Put Back", fmt.Sprintf("%s: %v. What was there before "+
			"could not be put back: %v.\n\n%s", attempted, left.Cause, left.Restore, left.ByHand))
		return
	}
	back := "What was there before was put back."
	var edited *postgres.HBAEditedError
	if errors.As(err, &edited) {
		err = edited.Cause
		back = "Somebody else edited pg_hba.conf meanwhile: that was kept, and only the change made here was taken back."
	}
	var broken *postgres.HBAError
	switch {
	case errors.Is(err, postgres.ErrLockedOut):
		diags.AddError(summary, fmt.Sprintf("%s: %v. %s\n\nCheck that the provider can still reach the server, and that no "+
			"other limit (such as max_connections) stands in its way, and apply again.", attempted, err, back))
	case errors.As(err, &broken) && broken.Ours:
		diags.AddError(summary, fmt.Sprintf("%s: the server does not take the rules: %v. %s\n\nThis is a bug in "+
			"the provider, please report it.", attempted, broken, back))
	case errors.As(err, &broken):
		diags.AddError(summary, fmt.Sprintf("%s: the server could not load its files, even without a change: %v. Nothing "+
			"was changed.\n\nCorrect that line, and apply again.", attempted, broken))
	case errors.Is(err, postgres.ErrEmptyHBA):
		diags.AddError(summary, fmt.Sprintf("%s: %v. Nothing was changed.\n\nThe server still follows the rules that it "+
			"loaded before, until it is started anew. Put pg_hba.conf back from a backup "+
			"before that, and apply again.", attempted, err))
	case errors.Is(err, postgres.ErrHBABusy):
		diags.AddError(summary, fmt.Sprintf("%s: %v. Nothing was changed.\n\nApply again once that run is done. Its "+
			"session is found by\n  %s\nand, if the run is no more, ended "+
			"by pg_terminate_backend(pid).", attempted, err, postgres.HBALockHolderSQL))
	case errors.Is(err, postgres.ErrForeignHBA):
		diags.AddAttributeError(path.Root("enforcement"), summary, fmt.Sprintf("%s: %v. Nothing was changed.\n\nPut "+
			"pg_hba_lines into Patroni's configuration and set enforcement = \"none\".", attempted, err))
	case errors.Is(err, postgres.ErrAccessNotFound):
		diags.AddAttributeError(path.Root("store"), summary, fmt.Sprintf("%s: there are no access functions in the store's "+
			"schema.\n\nSet store to the store of an auth0pg_access_functions, so that "+
			"Terraform creates them first.", attempted))
	case edited != nil:
		diags.AddError(summary, kit.PostgresDetail(attempted, err)+" "+back)
	default:
		diags.AddError(summary, kit.PostgresDetail(attempted, err))
	}
}
