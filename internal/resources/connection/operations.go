// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A connection has scripts for as many operations as it needs: those in production rarely have all of them.

// checkOperations refuses what does not go together about the scripts, as far as it is configured.
func (m *connectionModel) checkOperations(ctx context.Context, diags *diag.Diagnostics) {
	settings := m.settings(ctx, diags)
	if isFalse(m.ManageScripts) {
		for name, value := range map[string]attr.Value{"store": m.Store, "operations": m.Operations, "scripts": m.Scripts} {
			if isSet(value) {
				conflict(diags, path.Root(name), "With manage_scripts = false something else deploys the scripts. "+
					"Leave %s out, or manage them here.", name)
			}
		}
	}
	named := map[string]bool{}
	for _, element := range m.Operations.Elements() {
		if name, ok := element.(types.String); ok && !name.IsUnknown() {
			named[name.ValueString()] = true
			m.checkMode(path.Root("operations"), name.ValueString(), diags)
		}
	}
	for name, text := range settings.Overrides.Elements() {
		at := overridesPath.AtMapKey(name)
		m.checkMode(at, name, diags)
		if text.IsNull() {
			diags.AddAttributeError(at, "Script Is Null", "An override needs the text of a script. Leave the "+
				"operation out to get the rendered one.")
		}
		if isSet(m.Operations) && !slices.ContainsFunc(m.Operations.Elements(), attr.Value.IsUnknown) && !named[name] {
			conflict(diags, at, "There is a script for %s, which is not among the operations. Add it to "+
				"operations, or take the script out.", name)
		}
	}
}

// managesScripts reports whether the scripts are managed here, as they are by default; false while that is not known.
func (m *connectionModel) managesScripts() bool {
	return m.ManageScripts.IsNull() || m.ManageScripts.ValueBool()
}

// checkMode refuses an operation that the connection never has.
func (m *connectionModel) checkMode(at path.Path, operation string, diags *diag.Diagnostics) {
	if isTrue(m.ImportMode) && !slices.Contains(scripts.Rendered(true, store.Store{}), scripts.Operation(operation)) {
		conflict(diags, at, "With import_mode users live in Auth0's own store, which calls the scripts login and get_user "+
			"alone, and never %s. Take it out; "+
			"a script that the tenant has for it stays there.", operation)
	}
}

// digests are those of the scripts that the tenant has, by operation.
func (m *connectionModel) digests() map[string]string {
	if m == nil {
		return nil
	}
	return plainValues(m.ScriptDigests)
}

// withoutScript is what Auth0 does where a script is missing.
var withoutScript = map[scripts.Operation]string{
	scripts.Login: "nobody can log in",
	scripts.GetUser: "sign-up does not find who is there already, a forgotten password cannot be reset, and " +
		"passwordless logins find nobody",
	scripts.Create: "sign-up fails, and users cannot be created over the API; disable_signup = true " +
		"takes sign-up off the login page",
	scripts.Verify: "the link in the verification mail ends in an error, and addresses stay unverified",
	scripts.ChangePassword: "the link in the mail for a forgotten password ends in an error; " +
		"disable_self_service_change_password = true takes it off the login page",
	scripts.Delete:      "a user that is deleted in Auth0 stays in the database, and comes back at the next login",
	scripts.ChangeEmail: "an address that is changed in Auth0 stays what it was in the database",
}

// warnOfMissing says what Auth0 does without the scripts that the connection is not to have, where that is news.
func (m *connectionModel) warnOfMissing(r resolved, prior *connectionModel, diags *diag.Diagnostics) {
	if !r.managed || r.mode || hasUnknown(m.ScriptDigests) || prior != nil && operationsOf(prior.ScriptDigests).Equal(operationsOf(m.ScriptDigests)) {
		return
	}
	missing, refused := "", ""
	for _, op := range scripts.Operations() {
		switch _, has := m.ScriptDigests.Elements()[string(op)]; {
		case has, withoutScript[op] == "", op == scripts.Create && isTrue(m.DisableSignup),
			op == scripts.ChangePassword && isTrue(m.DisableSelfServiceChangePassword):
		default:
			missing += fmt.Sprintf("\n  %s: %s", op, withoutScript[op])
			if err := scripts.Check(r.store, op); r.hasStore && r.storeKnown && err != nil {
				refused += fmt.Sprintf("\n  %s: %v", op, err)
			}
		}
	}
	if refused != "" {
		refused = "\n\nThe store does not take these; they need a script of your own in scripts.overrides:\n" + refused
	}
	if missing != "" {
		diags.AddAttributeWarning(path.Root("operations"), "Operations Without Script", "The connection has no script for "+
			"some operations. Without them:\n"+missing+
			"\n\nTo have one that the store takes, add it to operations, or leave that out with a store."+refused)
	}
}

// warnOfUsers counts the users whom Auth0 will ask the database about from this apply on. The tenant takes no connection
// with users among those with a database of its own, whatever the mode.
func (r *connection) warnOfUsers(ctx context.Context, prior, plan *connectionModel, diags *diag.Diagnostics) {
	ordinary := prior != nil && !prior.EnabledCustomization.ValueBool() &&
		!plan.EnabledCustomization.Equal(prior.EnabledCustomization)
	if prior == nil || diags.HasError() || !ordinary && (plan.ImportMode.IsUnknown() || plan.ImportMode.ValueBool() ||
		!prior.ImportMode.ValueBool()) {
		return
	}
	client := r.client()
	if client == nil {
		return
	}
	who := "users, who could not be counted,"
	users, err := client.CountUsers(ctx, prior.Name.ValueString())
	if err == nil {
		if users == 0 {
			return
		}
		who = kit.Counted(users, "user")
	}
	if ordinary {
		says := diags.AddAttributeError
		if err != nil { // the apply finds out
			says = diags.AddAttributeWarning
		}
		says(path.Root("store"), "Users Of Auth0's Own Store", fmt.Sprintf(
			"The connection %s is an ordinary database connection, and has %s in Auth0's own store. Auth0 switches a database "+
				"of one's own on only for a connection without users, and refuses the change otherwise (400: This database "+
				"contains users).\n\nMake a new connection for this database and let the applications use it; the users of "+
				"this one can be exported and imported there.", prior.describe(), who))
		return
	}
	diags.AddAttributeWarning(path.Root("import_mode"), "Users Of Auth0's Own Store", fmt.Sprintf(
		"The connection %s took its users over into Auth0's own store until now, and has %s there. From this apply on Auth0 "+
			"asks the scripts about all of them: who is not in the database cannot log in any more, "+
			"and who is needs the password that the database has.\n\nTo keep them where they are, set import_mode = true: "+
			"then the scripts are asked about everybody else.",
		prior.describe(), who))
}

// checkIdentifiers refuses what users could be offered to log in with, and the rendered scripts do not serve.
func (m *connectionModel) checkIdentifiers(r resolved, prior, config *connectionModel, diags *diag.Diagnostics) {
	own := r.ownOperations(m.ScriptDigests)
	if !r.storeKnown || len(own) == 0 {
		return
	}
	if isTrue(memberOf(memberOf(memberOf(config.Attributes, "phone_number"), "identifier"), "active")) {
		conflict(diags, path.Root("attributes").AtName("phone_number").AtName("identifier").AtName("active"),
			"Users could be asked to log in by phone number, by which the rendered scripts find nobody: neither logins nor "+
				"sign-ups with one would work, and two users could have the same. "+
				"Leave it out, or write login, get_user and create yourself in scripts.overrides.")
	}
	if !isTrue(memberOf(memberOf(config.AuthenticationMethods, "passkey"), "enabled")) || r.mode {
		return
	}
	at := path.Root("authentication_methods").AtName("passkey").AtName("enabled")
	if context := m.EnableScriptContext; !config.EnableScriptContext.IsUnknown() && !context.ValueBool() {
		conflict(diags, at, "Without import_mode, passkeys need scripts that are told what they look for. Set "+
			"enable_script_context = true, or leave passkeys out.")
	} else if !r.passkeys && slices.Contains(own, scripts.Create) && (prior == nil || !isTrue(memberOf(memberOf(prior.AuthenticationMethods, "passkey"), "enabled"))) {
		diags.AddAttributeWarning(at, "Passkey At Sign-up", "Without import_mode, Auth0 wants create to return the new "+
			"user's profile for a passkey at sign-up, which the rendered script does not without the operation get_user, or "+
			"over a store in another tenant. Users add a passkey after a later login.\n\nTo have it at sign-up, write create yourself in scripts.overrides.")
	}
}
