// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgurl"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Scripts are tried before they are live: what their SQL would meet at the first sign-up or
// login, it meets here, in a transaction that is rolled back.

// triesScripts reports whether the scripts are tried, as they are by default; false while that is not known.
func (m *connectionModel) triesScripts() bool { return m.Preflight.IsNull() || m.Preflight.ValueBool() }

func preflightAttribute() schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(true),
		MarkdownDescription: "Whether the SQL of the scripts is tried before they are uploaded; true by default. Where the " +
			"provider reaches the server, it adds a user that cannot exist, finds, changes and deletes it, " +
			"as the role of the database's URL if the provider may be that role, in a transaction that is always rolled back. " +
			"Numbers taken from sequences are not given back, and what triggers do outside of the database is done. Where the " +
			"provider does not reach the server, nothing is tried. Nor is a store behind an API or in another tenant: for an API " +
			"run `auth0pg-users-api check`. A change counts at the next upload.",
	}
}

// uploads reports whether the scripts will be others, run as somebody else, or be asked for sign-ups from now on.
func (m *connectionModel) uploads(prior *connectionModel) bool {
	return prior == nil || !m.ScriptDigests.Equal(prior.ScriptDigests) ||
		!m.ConfigurationWOVersion.Equal(prior.ConfigurationWOVersion) || isTrue(prior.DisableSignup) && !isTrue(m.DisableSignup)
}

// preflightServer is the server on which the scripts can be tried, nil where the provider has none.
func (r *connection) preflightServer(ctx context.Context) *postgres.Server {
	server, ok := r.data.Postgres.Get(&diag.Diagnostics{})
	if !ok {
		tflog.Info(ctx, "the scripts are not tried: the provider has no postgres settings")
		return nil
	}
	return server
}

// checkCatalog refuses a plan whose sign-ups the catalog tells to fail, or whose logins would find nobody. A table that is yet to
// be created or changed is tried at apply.
func (r *connection) checkCatalog(
	ctx context.Context,
	settled resolved,
	prior, plan, config *connectionModel,
	diags *diag.Diagnostics,
) {
	users := settled.store
	at, direct := users.Reach.(store.Table)
	if diags.HasError() || !direct || !plan.triesScripts() || plan.UseFormerScripts.ValueBool() ||
		hasUnknown(plan.ScriptDigests) || !plan.uploads(prior) || r.data.Notes.TableChanges(at.Schema, at.Name) {
		return
	}
	server := r.preflightServer(ctx)
	if server == nil {
		return
	}
	pool, err := server.Pool(ctx)
	if err != nil {
		tflog.Info(ctx, "the catalog is not checked: the server does not answer yet", map[string]any{"error": err.Error()})
		return
	}
	operations := settled.tried(plan.ScriptDigests)
	value, _ := config.ConfigurationWO.Elements()[settled.settings.DatabaseURLKey.ValueString()].(types.String)
	hidden, err := findHidden(ctx, pool, users, operations, settled.options(), scriptsTarget(value.ValueString()))
	if err == nil && hidden.report(diags) || !slices.Contains(operations, scripts.Create) {
		return
	}
	var filled, null []string
	privileges, err := scripts.Privileges(users, []scripts.Operation{scripts.Create})
	if err != nil {
		return // planScripts has said so
	}
	for _, p := range privileges {
		if p.Type == "INSERT" {
			filled = p.Columns
		}
	}
	for _, part := range scripts.LeftOut(users, plan.mayLackUsername(prior)) {
		null = append(null, users.Columns[part].Name)
	}
	unfilled, err := table.Unfilled(ctx, pool, at.Schema, at.Name, users.Columns[store.ID].Name, filled, null)
	if err != nil {
		diags.AddAttributeError(
			path.Root("store"),
			"Table Could Not Be Checked",
			kit.PostgresDetail(fmt.Sprintf("Could not read %s from the catalog", users.Title()), err),
		)
		return
	}
	for _, column := range unfilled {
		addUnfilled(users, column, "", diags)
	}
}

// mayLackUsername reports whether somebody may sign up without a username. Where it is not managed here, the tenant knows.
func (m *connectionModel) mayLackUsername(prior *connectionModel) bool {
	username := memberOf(m.Attributes, "username")
	switch {
	case m.RequiresUsername.IsUnknown(), m.Attributes.IsUnknown():
		return false
	case isTrue(m.RequiresUsername), isText(memberOf(memberOf(username, "signup"), "status"), "required"),
		isTrue(memberOf(username, "profile_required")):
		return false
	}
	return prior == nil || isFalse(m.RequiresUsername) || isSet(m.Attributes)
}

// addUnfilled reports a column that stays without a value when somebody signs up; cause is
// what the server said about it, "" when it was not asked.
func addUnfilled(users store.Store, column, cause string, diags *diag.Diagnostics) {
	why := "it is NOT NULL and has no default"
	remedy := fmt.Sprintf("Say what it gets where the table is described, extra_columns = { %s = "+
		"{ on_create = \"…\" } }; or "+
		"give it a default, make it nullable, or fill it in a trigger that runs before the insert", quotedKey(column))
	for part, c := range users.Columns {
		switch {
		case c.Name != column:
		case part == store.ID:
			why, remedy = "it has no default, and the "+
				"script leaves the id to the table", "Say where the table is described how an id is made, "+
				"such as id = { write = \"gen_random_uuid()\" }; or give it a default, or make it an identity column"
		default:
			why, remedy = fmt.Sprintf("it is NOT NULL, and a sign-up that "+
				"brings no %s has none to give",
				part), fmt.Sprintf("Say where the table is described what it gets then, such as %s = { "+
				"write = \"coalesce(value, '')\" }; or make it nullable", part)
			if part == store.Username {
				remedy += "; or have every sign-up bring one, with requires_username = true on the connection"
			}
		}
	}
	diags.AddAttributeError(path.Root("store"), "Column Would Not Be Filled", fmt.Sprintf(
		"The script create cannot add users to %s: the column %q stays without a value, since %s.%s\n\n%s. If users are "+
			"never created through Auth0, set disable_signup = true, and operations without create; or write the script yourself in "+
			"scripts.overrides[\"create\"]. %s",
		users.Table().Title(), column, why, cause, remedy, withoutPreflight))
}

// quotedKey is a name as the key of a map in HCL.
func quotedKey(name string) string {
	if plainKey.MatchString(name) {
		return name
	}
	return fmt.Sprintf("%q", name)
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

const withoutPreflight = "To upload the scripts without trying them, set preflight = false."

// preflight tries the SQL of the scripts as they are about to be uploaded. It returns false,
// with errors, when they would fail.
func (r *connection) preflight(
	ctx context.Context,
	settled resolved,
	prior, plan *connectionModel,
	configuration map[string]string,
	diags *diag.Diagnostics,
) bool {
	users := settled.store
	if !settled.storeKnown || !plan.triesScripts() || !plan.uploads(prior) {
		return true
	}
	if plan.UseFormerScripts.ValueBool() {
		diags.AddAttributeWarning(formerPath, "Scripts Not Tried", "The former scripts are uploaded without being tried: "+
			"store and scripts describe others.")
		return true
	}
	if !users.InDatabase() {
		tflog.Info(ctx, "the scripts are not tried: they run no SQL, and "+users.Title()+" is not asked from here")
		return true
	}
	operations := settled.tried(plan.ScriptDigests)
	server := r.preflightServer(ctx)
	if diags.HasError() || server == nil {
		return !diags.HasError()
	}
	target := scriptsTarget(configuration[settled.settings.DatabaseURLKey.ValueString()])
	r.warnOfOverrides(ctx, server, settled, target, diags)
	if len(operations) == 0 {
		return true
	}
	options := settled.options()
	options.MayLackUsername = plan.mayLackUsername(prior)
	began := time.Now()
	var preflight *scriptPreflight
	var wanted, role string
	var assumed bool
	if hidden, err := findHiddenOn(ctx, server, users, operations, options, target); err == nil && hidden.report(diags) {
		return false
	}
	tables, err := touched(ctx, server, users)
	known := err == nil
	for _, wanted = range target.roles() {
		if !known {
			break
		}
		err = server.Try(ctx, wanted, tables, func(ctx context.Context, t *postgres.Preflight) error {
			role, assumed = t.Role, t.Assumed
			preflight = newScriptPreflight(t, users, options)
			return preflight.run(ctx, operations)
		})
		if !errors.Is(err, postgres.ErrRoleNotFound) {
			break
		}
	}
	attempted := "Could not try the SQL of the scripts on " + users.Title()
	var unreachable *postgres.ConnectError
	var foreign *postgres.ForeignError
	switch {
	case errors.As(err, &unreachable) && ctx.Err() == nil:
		diags.AddWarning(
			"Scripts Not Tried",
			kit.PostgresDetail(attempted, err)+" The scripts are uploaded all the same. "+withoutPreflight,
		)
		return true
	case errors.Is(err, postgres.ErrRoleNotFound):
		diags.AddWarning("Scripts Not Tried", attempted+": "+target.noRole()+" "+withoutPreflight)
		return true
	case errors.As(err, &foreign):
		diags.AddWarning("Scripts Not Tried", fmt.Sprintf("%s: %v. That role's code would run in a session that can go "+
			"back to the rights of the provider. "+
			"The scripts are uploaded all the same.\n\nGive it to the owner of the table, "+
			"if it is meant to run there. %s", attempted, foreign, withoutPreflight))
		return true
	case err != nil:
		diags.AddError(
			"Scripts Not Tried",
			kit.PostgresDetail(attempted, err)+" Nothing was changed in Auth0. "+withoutPreflight,
		)
		return false
	case preflight.missing() && target.database != "" && target.database != server.Database():
		diags.AddWarning("Scripts Not Tried", fmt.Sprintf(
			"%s: the scripts connect to the database %q, the provider to %q, which has no such table. The scripts are "+
				"uploaded all the same.\n\nPoint the provider's postgres settings at the scripts' database. %s",
			attempted, target.database, server.Database(), withoutPreflight))
		return true
	}
	if wanted == "" || !assumed {
		addTriedAsOther(wanted, role, diags)
	}
	kit.LogDone(ctx, began, "scripts tried", map[string]any{"role": role, "scripts": len(operations)})
	preflight.report(diags)
	return !diags.HasError()
}

// touched are the tables that the scripts may change, the users' first. What functions of one's own SQL change is known to
// the rights of their owner.
func touched(ctx context.Context, server *postgres.Server, users store.Store) ([]postgres.Object, error) {
	tables := []postgres.Object{kit.TableObject(users)}
	through, behind := users.Functions()
	if !behind || len(through.Own) == 0 {
		return tables, nil
	}
	access, err := server.Access(ctx, through.Schema, nil)
	if err != nil {
		return tables, ignoring(err, postgres.ErrAccessNotFound) // the calls say so
	}
	owner, err := server.Role(ctx, access.Owner)
	if err != nil {
		return tables, ignoring(err, postgres.ErrOwnRole)
	}
	granted, err := server.GrantedObjects(ctx, owner)
	for _, on := range granted {
		if on.Kind == postgres.TableObject {
			tables = kit.Union(tables, []postgres.Object{on})
		}
	}
	return tables, err
}

func ignoring(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

func addTriedAsOther(wanted, role string, diags *diag.Diagnostics) {
	if wanted == "" {
		diags.AddWarning("Privileges Not Tried", fmt.Sprintf(
			"The SQL of the scripts was tried as %q, which the provider connects as: configuration_wo has no URL with the "+
				"name of the scripts' role. What that role may not do was not found out.", role))
		return
	}
	diags.AddWarning("Privileges Not Tried", fmt.Sprintf(
		"The SQL of the scripts was tried as %q, which the provider connects as and which may not be the scripts' role %q. "+
			"What that role may not do was not found out.\n\n"+
			"GRANT %s TO %s lets the provider try it as that role.",
		role, wanted, kit.QuoteIdentifier(wanted), kit.QuoteIdentifier(role)))
}

// target is what the scripts' URL says, as far as it may be shown.
type target struct{ user, database string }

func scriptsTarget(databaseURL string) target {
	u, err := pgurl.Parse(databaseURL)
	if err != nil {
		return target{}
	}
	return target{user: u.User, database: u.Database}
}

// azureServer is a server's name, which Azure's single servers want behind the role's.
var azureServer = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// roles are the roles of the server that the user name can stand for, the likeliest first: "" for none. A role may
// itself be called a.b or a@b, so that the whole name goes before what a pooler or a proxy makes of it.
func (t target) roles() []string {
	roles := []string{t.user}
	if i := strings.LastIndexByte(t.user, '@'); i > 0 && azureServer.MatchString(t.user[i+1:]) {
		return append(roles, t.user[:i]) // role@server
	}
	if i := strings.LastIndexByte(t.user, '.'); i > 0 && i < len(t.user)-1 && !strings.Contains(t.user[i:], "@") {
		return append(roles, t.user[:i]) // role.project, as Supavisor has it
	}
	return roles
}

// noRole says that there is none of the roles yet, and what to do about it. Where something stands behind the role's
// name, logins need it.
func (t target) noRole() string {
	const end = " does not exist on the server that the provider connects to. The scripts are uploaded all the same.\n\n" +
		"If the same configuration creates the role, "
	roles := t.roles()
	if len(roles) == 1 {
		return fmt.Sprintf("the role %q, which the scripts log in as,%slet the URL in configuration_wo take its name from "+
			"the auth0pg_database_role, or add that to depends_on.", t.user, end)
	}
	return fmt.Sprintf("the scripts log in as %[1]q. A role of this name, or %[2]q if the "+
		"rest is for a pooler or a proxy,"+
		"%[3]sadd the auth0pg_database_role to depends_on. Keep the user name as it is if the address needs all of it.",
		t.user, roles[1], end)
}
