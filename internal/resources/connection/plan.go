// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

var (
	configurationPath = path.Root("configuration_wo")
	overridesPath     = path.Root("scripts").AtName("overrides")
)

// ValidateConfig checks what needs neither the tenant nor the state.
func (r *connection) ValidateConfig(
	ctx context.Context,
	req resource.ValidateConfigRequest,
	resp *resource.ValidateConfigResponse,
) {
	var config connectionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.checkConfigured(&resp.Diagnostics)
	config.checkOperations(ctx, &resp.Diagnostics)
	for _, key := range slices.Sorted(maps.Keys(config.ConfigurationWO.Elements())) {
		if config.ConfigurationWO.Elements()[key].IsNull() {
			resp.Diagnostics.AddAttributeError(
				configurationPath.AtMapKey(key),
				"Configuration Value Is Null",
				"Every key needs a value. Leave the key out to take it away.",
			)
		}
	}
}

// checkOverrides refuses scripts that cannot work. Of one that the tenant has as it is, whose digest is among those that
// are stored, it warns: it may be in use.
func checkOverrides(overrides types.Map, at path.Path, stored map[string]string, diags *diag.Diagnostics) {
	for _, name := range slices.Sorted(maps.Keys(overrides.Elements())) {
		text, ok := overrides.Elements()[name].(types.String)
		at := at.AtMapKey(name)
		switch {
		case !ok || text.IsUnknown():
		case text.IsNull():
			diags.AddAttributeError(at, "Script Is Null", "An override needs the text of a script. Leave the "+
				"operation out to get the rendered one.")
		default:
			for _, problem := range scripts.Validate(scripts.Operation(name), text.ValueString()) {
				if stored[name] == scripts.Digest(text.ValueString()) {
					diags.AddAttributeWarning(at, problem.Summary, problem.Detail+" The tenant has this script "+
						"already, and it stays as it is.")
					continue
				}
				diags.AddAttributeError(at, problem.Summary, problem.Detail)
			}
			for _, problem := range scripts.Warnings(scripts.Operation(name), text.ValueString()) {
				diags.AddAttributeWarning(at, problem.Summary, problem.Detail)
			}
		}
	}
}

// checkContext refuses overrides that do not take what the connection will pass them.
func (m *connectionModel) checkContext(r resolved, prior, config *connectionModel, diags *diag.Diagnostics) {
	enabled := m.EnableScriptContext
	if config.EnableScriptContext.IsUnknown() || prior != nil && enabled.IsUnknown() {
		return
	}
	for _, op := range slices.Sorted(maps.Keys(r.overrides)) {
		if r.open[op] {
			continue
		}
		problem := scripts.CheckContext(op, r.overrides[op], enabled.ValueBool())
		if problem != nil &&
			(prior == nil || prior.digests()[string(op)] != scripts.Digest(r.overrides[op]) || !enabled.Equal(prior.EnableScriptContext)) {
			diags.AddAttributeError(overridesPath.AtMapKey(string(op)), problem.Summary, problem.Detail)
		}
	}
}

// ModifyPlan shows the scripts that will be uploaded and refuses what can be refused early.
func (r *connection) ModifyPlan(
	ctx context.Context,
	req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse,
) {
	if r.data == nil {
		return
	}
	var prior *connectionModel
	if !req.State.Raw.IsNull() {
		prior = &connectionModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	private, hasPrivate := loadConnectionPrivate(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		if prior != nil {
			refuseDeletion(ctx, r.client(), prior, &resp.Diagnostics)
		}
		return
	}
	var plan, config connectionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && !plan.Name.IsUnknown() && !plan.Name.Equal(prior.Name) {
		if r.planRename(ctx, prior, &plan, &resp.Diagnostics); resp.Diagnostics.HasError() {
			return
		}
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("name"))
		prior, private = nil, connectionPrivate{}
	}
	// When a replacement is planned as a creation, the private state is that of the object that goes; its
	// name may be the same and still taken.
	if prior == nil && !hasPrivate {
		r.refuseTaken(ctx, &plan, &resp.Diagnostics)
	}

	r.planValues(ctx, prior, &plan, &config, private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// planValues decides what is computed, and then checks the whole.
func (r *connection) planValues(
	ctx context.Context,
	prior, plan, config *connectionModel,
	private connectionPrivate,
	diags *diag.Diagnostics,
) {
	settled := plan.decide(ctx, prior, config, private, diags)
	r.checkPlan(ctx, settled, prior, plan, config, diags)
}

// decide fills in what is computed. Each step needs what those before it have decided: whether options are written depends
// on the scripts and on the options themselves, whether the configuration is sent depends on that, and what an update
// takes away on all three.
func (m *connectionModel) decide(
	ctx context.Context,
	prior, config *connectionModel,
	private connectionPrivate,
	diags *diag.Diagnostics,
) resolved {
	if config.Operations.IsNull() {
		m.Operations = types.SetNull(types.StringType) // follows from the others
	}
	if prior == nil {
		m.leaveOut(config)
	}
	settled := m.resolve(ctx, diags)
	m.EnabledCustomization = types.BoolNull()
	if prior != nil && !prior.EnabledCustomization.IsNull() {
		m.EnabledCustomization = types.BoolValue(true)
	}
	m.planScripts(settled, prior, private, diags)
	if config.Operations.IsNull() && prior != nil && !prior.Operations.IsNull() {
		m.Operations = operationsOf(m.ScriptDigests) // as an import states them
	}
	m.planOptions(prior)
	m.planConfiguration(prior, config, private.Sent, diags)
	m.planSuperseded(prior, config)
	return settled
}

// checkPlan refuses and warns of what the values that were decided lead to.
func (r *connection) checkPlan(
	ctx context.Context,
	settled resolved,
	prior, plan, config *connectionModel,
	diags *diag.Diagnostics,
) {
	plan.checkPlanned(prior, config, diags)
	checkOverrides(settled.settings.Overrides, overridesPath, prior.digests(), diags)
	plan.warnOfMissing(settled, prior, diags)
	plan.warnOfFormer(settled, prior, diags)
	plan.checkIdentifiers(settled, prior, config, diags)
	plan.checkUsernames(settled, config, diags)
	plan.checkContext(settled, prior, config, diags)
	plan.checkConfiguration(settled, config, diags)
	plan.checkOwnTenant(settled, r.client(), diags)
	r.checkCatalog(ctx, settled, prior, plan, config, diags)
	r.warnOfHashes(ctx, settled, prior, plan, diags)
	r.warnOfLeft(ctx, settled, prior, plan, diags)
	r.warnOfUsers(ctx, prior, plan, diags)
}

// client is nil while the provider's settings are not known or not complete, which whoever
// needs the client reports.
func (r *connection) client() *auth0.Client {
	client, ok := r.data.Auth0.Get(&diag.Diagnostics{})
	if !ok {
		return nil
	}
	return client
}

func (r *connection) planRename(ctx context.Context, prior, plan *connectionModel, diags *diag.Diagnostics) {
	if !plan.AllowReplacement.ValueBool() {
		diags.AddAttributeError(path.Root("name"), "Connection Cannot Be Renamed", fmt.Sprintf(
			"Auth0 cannot rename connection %s to %q. Another connection would be created and this one deleted, with the "+
				"profiles, metadata and second factors of its users.\n\n"+
				"Keep the name and set display_name to change what users see. To have another connection beside this one, add a "+
				"second resource. To really replace it, set allow_replacement = true.",
			prior.describe(), plan.Name.ValueString()))
		return
	}
	refuseDeletion(ctx, r.client(), prior, diags)
	r.refuseTaken(ctx, plan, diags) // or the old one would be gone before the new one is refused
}

// refuseDeletion is the guard of deletion and replacement. Without a client, at plan, only the flag counts.
func refuseDeletion(ctx context.Context, client *auth0.Client, m *connectionModel, diags *diag.Diagnostics) {
	if m.Name.IsNull() {
		diags.AddError("Connection Not Read Yet", fmt.Sprintf(
			"The state knows connection %s by its id alone, as after a moved block, and so neither whether it is protected "+
				"nor whose users it has. Nothing was deleted.\n\n"+
				"Run terraform refresh, or leave -refresh=false out.", m.ID.ValueString()))
		return
	}
	if m.DeletionProtection.ValueBool() {
		diags.AddAttributeError(path.Root("deletion_protection"), "Connection Is Protected", fmt.Sprintf(
			"Connection %s is protected from deletion, which would delete all of its users in Auth0.\n\nTo delete it, set "+
				"deletion_protection = false, apply, and then delete it. "+
				"If it is to be replaced because its creation failed half-way, run terraform untaint on it and apply again. To "+
				"only stop managing it here, use a removed block or terraform state rm.", m.describe()))
		return
	}
	if m.DeleteWithUsers.ValueBool() || client == nil {
		return
	}
	users, err := client.CountUsers(ctx, m.Name.ValueString())
	switch {
	case err != nil:
		auth0Error(diags, "Users Could Not Be Counted", err, nil)
		diags.AddAttributeError(path.Root("delete_with_users"), "Connection May Have Users", fmt.Sprintf(
			"Whether connection %s has users could not be found out, so it is not deleted.\n\nTo delete it with any users it "+
				"has, set delete_with_users = true, apply, and then delete the connection.", m.describe()))
	case users > 0:
		diags.AddAttributeError(path.Root("delete_with_users"), "Connection Has Users", fmt.Sprintf(
			"Connection %s has %s. Auth0 would delete their profiles, metadata and second factors together with it.\n\n"+
				"To delete them all, set delete_with_users = true, apply, "+
				"and then delete the connection.", m.describe(), kit.Counted(users, "user")))
	}
}

// refuseTaken stops a plan that would fail at apply. A tenant that cannot be asked is no error here.
func (r *connection) refuseTaken(ctx context.Context, plan *connectionModel, diags *diag.Diagnostics) {
	client := r.client()
	if client == nil || plan.Name.IsUnknown() {
		return
	}
	existing, err := client.ListedByName(ctx, plan.Name.ValueString())
	var unreadable *auth0.OptionsUnreadableError
	var token *auth0.TokenError
	var answer *auth0.Error
	switch {
	case errors.As(err, &unreadable),
		errors.As(err, &token) && refusesCredentials(token.Status), errors.As(err, &answer) && refusesCredentials(answer.Status):
		auth0Error(diags, "Connection Not Read", err, nil)
	case err == nil && existing != nil:
		nameTaken(diags, &auth0.NameTakenError{Name: existing.Name, ID: existing.ID})
	}
}

// refusesCredentials tells a tenant that would refuse the apply, too, from one that cannot be asked now.
func refusesCredentials(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// writesOptions reports whether the plan changes an option or sends the configuration again.
func (m *connectionModel) writesOptions(prior *connectionModel) bool {
	return !m.sameOptions(prior) || hasUnknown(m.ConfigurationFingerprints) ||
		!m.ConfigurationFingerprints.Equal(prior.ConfigurationFingerprints)
}

// planConfiguration decides whether the configuration is sent, and refuses what would lose a value.
func (m *connectionModel) planConfiguration(
	prior, config *connectionModel,
	sent *sentConfiguration,
	diags *diag.Diagnostics,
) {
	configured := config.ConfigurationWO
	if prior == nil {
		m.ConfigurationFingerprints = types.MapUnknown(types.StringType)
		return
	}
	stored := map[string]string{}
	for key, value := range prior.ConfigurationFingerprints.Elements() {
		if text, ok := value.(types.String); ok {
			stored[key] = text.ValueString()
		}
	}
	m.ConfigurationFingerprints = prior.ConfigurationFingerprints
	writes := !m.sameOptions(prior)
	if configured.IsNull() {
		if writes && len(stored) > 0 {
			configurationWouldBeLost(diags, keysOnlyIn(stored, map[string]string{}))
		}
		return
	}
	bumped := !m.ConfigurationWOVersion.Equal(prior.ConfigurationWOVersion)
	if !configured.IsUnknown() {
		foreign := keysOnlyIn(stored, configured.Elements())
		switch {
		case sent == nil && len(foreign) > 0 && !bumped:
			diags.AddAttributeError(configurationPath, "Configuration Key Not Managed", fmt.Sprintf(
				"The configuration of connection %s holds the keys %s, which are not in configuration_wo. Auth0 gives out "+
					"ciphertext only, so they cannot be kept: the next update would delete them.\n\n"+
					"Add them to configuration_wo with their values. To delete them, "+
					"raise configuration_wo_version.%s", prior.describe(), kit.List(foreign), spelling(foreign, configured.Elements())))
			return
		case sent != nil && !bumped:
			if changed := sent.differs(configured.Elements()); len(changed) > 0 {
				configurationUnstable(diags, changed)
				return
			}
		}
		if added := without(foreign, sent.keys()); len(added) > 0 {
			diags.AddAttributeWarning(configurationPath, "Configuration Keys Will Be Deleted", fmt.Sprintf(
				"The configuration of connection %s has got the keys %s elsewhere. This apply sends configuration_wo as a whole "+
					"and so deletes them.\n\nAdd them to configuration_wo to keep them.", prior.describe(), kit.List(added)))
		}
	}
	drifted := sent != nil && !maps.Equal(stored, sent.Fingerprints)
	switch {
	case writes || bumped || drifted:
		m.ConfigurationFingerprints = unknownFingerprints(configured)
	case sent == nil:
		diags.AddAttributeWarning(configurationPath, "Configuration Not Compared", fmt.Sprintf(
			"Connection %s was imported. Auth0 gives out ciphertext only, so whether its configuration holds the values of "+
				"configuration_wo is not known; they are taken to be the same.\n\nRaise "+
				"configuration_wo_version to send yours.", prior.describe()))
	}
}

// spelling says which keys are configured but for the case of letters.
func spelling(stored []string, configured map[string]attr.Value) string {
	for _, key := range stored {
		for wanted := range configured {
			if strings.EqualFold(key, wanted) {
				return fmt.Sprintf(" %s is configured and %s stored: to Auth0 these are two keys.", wanted, key)
			}
		}
	}
	return ""
}

func configurationWouldBeLost(diags *diag.Diagnostics, keys []string) {
	diags.AddAttributeError(configurationPath, "Configuration Would Be Lost", fmt.Sprintf(
		"An option of the connection changes. Auth0 replaces all options at once and gives out the values of its "+
			"configuration as ciphertext only, so the keys %s would be deleted and the scripts would fail.\n\n"+
			"Set configuration_wo with the values of these keys.", kit.List(keys)))
}

func configurationUnstable(diags *diag.Diagnostics, keys []string) {
	diags.AddAttributeError(configurationPath, "Configuration Changed Without Version", fmt.Sprintf(
		"The configured values of %s are not those that were sent, while configuration_wo_version is the same. A value "+
			"that changes by itself would end the logins at the next update.\n\n"+
			"If the change is meant, raise configuration_wo_version. If not, make the value stable, for example by "+
			"reading it from a secret store.", kit.List(keys)))
}
