// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var (
	_ resource.Resource                   = (*connection)(nil)
	_ resource.ResourceWithConfigure      = (*connection)(nil)
	_ resource.ResourceWithValidateConfig = (*connection)(nil)
	_ resource.ResourceWithModifyPlan     = (*connection)(nil)
	_ resource.ResourceWithImportState    = (*connection)(nil)
	_ resource.ResourceWithMoveState      = (*connection)(nil)
)

// NewConnection returns the auth0pg_connection resource.
func NewConnection() resource.Resource { return &connection{} }

type connection struct{ data *kit.Data }

type connectionModel struct {
	ID                        types.String         `tfsdk:"id"`
	Name                      types.String         `tfsdk:"name"`
	DisplayName               types.String         `tfsdk:"display_name"`
	ImportMode                types.Bool           `tfsdk:"import_mode"`
	Store                     kit.StoreValue       `tfsdk:"store"`
	ManageScripts             types.Bool           `tfsdk:"manage_scripts"`
	Operations                types.Set            `tfsdk:"operations"`
	Scripts                   types.Object         `tfsdk:"scripts"`
	ConfigurationWO           types.Map            `tfsdk:"configuration_wo"`
	ConfigurationWOVersion    types.Int64          `tfsdk:"configuration_wo_version"`
	EnabledClients            types.Set            `tfsdk:"enabled_clients"`
	Options                   jsontypes.Normalized `tfsdk:"options"`
	DeletionProtection        types.Bool           `tfsdk:"deletion_protection"`
	DeleteWithUsers           types.Bool           `tfsdk:"delete_with_users"`
	AllowReplacement          types.Bool           `tfsdk:"allow_replacement"`
	Preflight                 types.Bool           `tfsdk:"preflight"`
	ScriptDigests             types.Map            `tfsdk:"script_digests"`
	ScriptChanges             types.Map            `tfsdk:"script_changes"`
	UseFormerScripts          types.Bool           `tfsdk:"use_former_scripts"`
	ConfigurationFingerprints types.Map            `tfsdk:"configuration_fingerprints"`
	EnabledCustomization      types.Bool           `tfsdk:"enabled_database_customization"`
	Timeouts                  timeouts.Value       `tfsdk:"timeouts"`

	IsDomainConnection types.Bool `tfsdk:"is_domain_connection"`
	ShowAsButton       types.Bool `tfsdk:"show_as_button"`
	Realms             types.List `tfsdk:"realms"`
	Metadata           types.Map  `tfsdk:"metadata"`

	DisableSignup                    types.Bool           `tfsdk:"disable_signup"`
	DisableSelfServiceChangePassword types.Bool           `tfsdk:"disable_self_service_change_password"`
	RequiresUsername                 types.Bool           `tfsdk:"requires_username"`
	BruteForceProtection             types.Bool           `tfsdk:"brute_force_protection"`
	EnableScriptContext              types.Bool           `tfsdk:"enable_script_context"`
	RealmFallback                    types.Bool           `tfsdk:"realm_fallback"`
	StrategyVersion                  types.Int64          `tfsdk:"strategy_version"`
	SetUserRootAttributes            types.String         `tfsdk:"set_user_root_attributes"`
	NonPersistentAttrs               types.Set            `tfsdk:"non_persistent_attrs"`
	Precedence                       types.List           `tfsdk:"precedence"`
	UpstreamParams                   jsontypes.Normalized `tfsdk:"upstream_params"`
	MFA                              types.Object         `tfsdk:"mfa"`
	CustomPasswordHash               types.Object         `tfsdk:"custom_password_hash"`
	AuthenticationMethods            types.Object         `tfsdk:"authentication_methods"`
	PasskeyOptions                   types.Object         `tfsdk:"passkey_options"`
	Attributes                       types.Object         `tfsdk:"attributes"`
	Validation                       types.Object         `tfsdk:"validation"`
	PasswordOptions                  types.Object         `tfsdk:"password_options"`
	PasswordPolicy                   types.String         `tfsdk:"password_policy"`
	PasswordComplexityOptions        types.Object         `tfsdk:"password_complexity_options"`
	PasswordHistory                  types.Object         `tfsdk:"password_history"`
	PasswordNoPersonalInfo           types.Object         `tfsdk:"password_no_personal_info"`
	PasswordDictionary               types.Object         `tfsdk:"password_dictionary"`
}

// How long work may take where the configuration does not say. A deletion takes long with many users.
const (
	defaultConnectionTimeout = 20 * time.Minute
	defaultDeletionTimeout   = 10 * time.Minute
)

func (r *connection) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_connection"
}

func (r *connection) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = connectionSchema(ctx)
}

func (r *connection) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = kit.ConfigureResource(req, resp)
}

func (r *connection) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config connectionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := kit.Bounded(ctx, plan.Timeouts.Create, defaultConnectionTimeout, &resp.Diagnostics)
	defer cancel()
	client, ok := r.data.Auth0.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	settled := plan.resolve(ctx, &resp.Diagnostics)
	texts, ok := plan.settleScripts(settled, nil, connectionPrivate{}, &resp.Diagnostics)
	secrets := plainValues(config.ConfigurationWO)
	if !ok || !r.preflight(ctx, settled, nil, &plan, secrets, &resp.Diagnostics) {
		return
	}
	options := map[string]any{}
	overlayJSON(options, plan.wantedOptions(&config))
	options[optionScripts] = asJSON(texts)
	if len(secrets) > 0 {
		options[optionConfiguration] = secrets
	}
	body := map[string]any{"name": plan.Name.ValueString(), "options": options}
	for _, o := range config.properties() {
		if value := toJSON(o.value()); value != nil {
			body[o.key] = value
		}
	}
	began := time.Now()
	created, err := client.CreateConnection(ctx, body)
	if err != nil {
		auth0Error(&resp.Diagnostics, "Connection Not Created", err, secrets)
	}
	if created == nil {
		return
	}

	kit.LogDone(ctx, began, "connection created", map[string]any{
		"connection": created.Name, "id": created.ID, "scripts": kit.NamesIn(texts), "configuration": kit.NamesIn(secrets),
	})

	// From here on the connection exists: the state must say so whatever fails.
	plan.ID = types.StringValue(created.ID)
	plan.settleAfterWrite(created)
	private := connectionPrivate{Domain: client.Domain(), ManagesClients: !config.EnabledClients.IsNull()}
	if len(secrets) > 0 {
		private.Sent = newSentConfiguration(secrets, created.Options)
	}
	wantedClients := plan.EnabledClients
	if wantedClients.IsUnknown() {
		wantedClients = types.SetNull(types.StringType)
	}
	plan.EnabledClients = types.SetNull(types.StringType)
	private.keep(nil, &plan, texts, &resp.Diagnostics)
	private.save(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	if resp.Diagnostics.HasError() || !private.ManagesClients {
		return
	}
	if setClients(ctx, client, created.ID, wantedClients, &resp.Diagnostics) {
		plan.EnabledClients = wantedClients
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *connection) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state connectionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	private, _ := loadConnectionPrivate(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := r.data.Auth0.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	found, err := client.RefreshedConnection(ctx, state.ID.ValueString())
	if auth0.IsNotFound(err) && private.Domain != "" && private.Domain != client.Domain() {
		resp.Diagnostics.AddError("State Of Another Tenant", fmt.Sprintf(
			"The state has the connection %s of the tenant %s, and the provider is configured for %s, which has no such "+
				"connection. It was left in the state.\n\n"+
				"Use the workspace or the backend of this tenant, or correct domain in "+
				"the provider's auth0 settings.", state.describe(), private.Domain, client.Domain()))
		return
	}
	if auth0.IsNotFound(err) {
		resp.Diagnostics.AddWarning("Connection Not Found", fmt.Sprintf(
			"The connection %s does not exist any more and is removed from the state. It will be created again, without its "+
				"users, unless the resource is removed from the configuration.", state.describe()))
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		auth0Error(&resp.Diagnostics, "Connection Not Read", err, nil)
		return
	}
	adopted := state.Name.IsNull() // just imported or moved: only the id is known
	if adopted {
		if found.Strategy != auth0.Strategy {
			resp.Diagnostics.AddError("Not A Database Connection", fmt.Sprintf(
				"Connection %s has the strategy %q. Only database connections, of the "+
					"strategy %q, can be managed here.", found.ID, found.Strategy, auth0.Strategy))
			return
		}
		state.adopt(found)
		private.ManagesClients = true
		if private.Sent != nil {
			private.Sent.Fingerprints = fingerprints(found.Options)
		}
	} else {
		state.refresh(found)
	}
	moved := private.Domain != client.Domain()
	private.Domain = client.Domain()
	if private.keep(nil, &state, state.managedScripts(found), &resp.Diagnostics) || adopted || moved {
		private.save(ctx, resp.Private, &resp.Diagnostics)
	}
	if !r.data.Notes.Manages(found.ID, private.Instance) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Connection Managed Twice", fmt.Sprintf(
			"Two resources have the connection %s: each apply of the one would undo what the other has done.\n\n"+
				"Keep one of them. Remove the other from the configuration, and from the state without deleting the connection, "+
				"with a removed block (destroy = false) or with terraform state rm.", state.describe()))
		return
	}
	if private.ManagesClients {
		clients, err := client.RefreshedClients(ctx, found, knownClients(state.EnabledClients))
		if err != nil {
			auth0Error(&resp.Diagnostics, "Enabled Clients Not Read", err, nil)
			return
		}
		state.EnabledClients = stringSet(clients)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *connection) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config connectionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	private, _ := loadConnectionPrivate(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := kit.Bounded(ctx, plan.Timeouts.Update, defaultConnectionTimeout, &resp.Diagnostics)
	defer cancel()
	client, ok := r.data.Auth0.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	settled := plan.resolve(ctx, &resp.Diagnostics)
	texts, ok := plan.settleScripts(settled, &state, private, &resp.Diagnostics)
	id, secrets := state.ID.ValueString(), plainValues(config.ConfigurationWO)
	if !ok || !r.preflight(ctx, settled, &state, &plan, secrets, &resp.Diagnostics) {
		return
	}

	body := plan.changedProperties(&state, &config)
	writesOptions := plan.writesOptions(&state)
	if writesOptions || len(body) > 0 {
		stored, err := client.Connection(ctx, id)
		if err != nil {
			auth0Error(&resp.Diagnostics, "Connection Not Read", err, nil)
			return
		}
		// An update without the display name may reset it to the name.
		if name, ok := stored.Properties["display_name"]; ok && body["display_name"] == nil {
			body["display_name"] = name
		}
		if writesOptions {
			body["options"] = plan.mergedOptions(&state, &config, stored, texts, private.Sent, &resp.Diagnostics)
		}
		if resp.Diagnostics.HasError() {
			return
		}
		began := time.Now()
		updated, err := client.UpdateConnection(ctx, id, body)
		if err != nil {
			auth0Error(&resp.Diagnostics, "Connection Not Updated", err, secrets)
			return
		}
		kit.LogDone(ctx, began, "connection changed", map[string]any{
			"connection": updated.Name, "id": id, "changed": kit.NamesIn(body), "scripts": kit.ChangedIn(state.ScriptDigests.Elements(), plan.ScriptDigests.Elements()),
		})
		plan.settleAfterWrite(updated)
		if writesOptions && len(secrets) > 0 {
			private.Sent = newSentConfiguration(secrets, updated.Options)
		}
	}
	if !config.EnabledClients.IsNull() {
		private.ManagesClients = true
	}
	private.keep(&state, &plan, texts, &resp.Diagnostics)
	private.save(ctx, resp.Private, &resp.Diagnostics)
	wantedClients := plan.EnabledClients
	plan.EnabledClients = state.EnabledClients
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !config.EnabledClients.IsNull() && !wantedClients.Equal(state.EnabledClients) {
		if !setClients(ctx, client, id, wantedClients, &resp.Diagnostics) {
			return
		}
	}
	plan.EnabledClients = wantedClients
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *connection) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state connectionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := r.data.Auth0.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	ctx, cancel := kit.Bounded(ctx, state.Timeouts.Delete, defaultDeletionTimeout, &resp.Diagnostics)
	defer cancel()
	if refuseDeletion(ctx, client, &state, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	began := time.Now()
	if err := client.DeleteConnection(ctx, state.ID.ValueString()); err != nil {
		auth0Error(&resp.Diagnostics, "Connection Not Deleted", err, nil)
		return
	}
	kit.LogDone(
		ctx,
		began,
		"connection deleted",
		map[string]any{"connection": state.Name.ValueString(), "id": state.ID.ValueString()},
	)
}

// mergedOptions are the options to send: all that are stored, with the configured ones over them and the whole
// configuration in clear. Nothing is left out for the platform to keep or to fill in. It refuses to send what would
// lose a secret.
func (m *connectionModel) mergedOptions(
	state, config *connectionModel,
	stored *auth0.Connection,
	texts map[string]string,
	sent *sentConfiguration,
	diags *diag.Diagnostics,
) map[string]any {
	merged, _ := cloneJSON(stored.Options).(map[string]any)
	delete(merged, optionConfiguration) // ciphertext must not be sent back
	wanted := m.wantedOptions(config)
	if !config.UpstreamParams.IsNull() {
		delete(merged, "upstream_params") // one attribute for the whole object: none of the old members stays
	}
	overlayJSON(merged, wanted)
	for _, key := range superseded(merged, wanted) {
		delete(merged, key)
	}
	dropNulls(merged) // a null can break a connection, and says no more than the absence of its key
	all, ok := m.mergedScripts(state, stored, texts, diags)
	if !ok {
		return nil
	}
	merged[optionScripts] = asJSON(all)

	remote := fingerprints(stored.Options)
	secrets := plainValues(config.ConfigurationWO)
	if len(remote) > 0 && config.ConfigurationWO.IsNull() {
		configurationWouldBeLost(diags, keysOnlyIn(remote, map[string]string{}))
		return nil
	}
	// Keys that came after the plan: the plan does not show that they go.
	if added := keysOnlyIn(remote, m.knownFingerprints(state, secrets)); len(added) > 0 {
		diags.AddError("Connection Changed Since Plan", fmt.Sprintf(
			"The configuration of connection %s has got the keys %s since the plan was made; sending ours would delete them. "+
				"Nothing was changed.\n\nPlan again, and add them to "+
				"configuration_wo to keep them.", m.describe(), kit.List(added)))
		return nil
	}
	if sent != nil && m.ConfigurationWOVersion.Equal(state.ConfigurationWOVersion) {
		if changed := sent.differs(config.ConfigurationWO.Elements()); len(changed) > 0 {
			configurationUnstable(diags, changed)
			return nil
		}
	}
	if len(secrets) > 0 {
		merged[optionConfiguration] = secrets
	}
	return merged
}

// knownFingerprints are the configuration keys that the plan took into account.
func (m *connectionModel) knownFingerprints(state *connectionModel, secrets map[string]string) map[string]attr.Value {
	known := map[string]attr.Value{}
	for key, value := range state.ConfigurationFingerprints.Elements() {
		known[key] = value
	}
	for key := range secrets {
		known[key] = types.StringNull()
	}
	return known
}

// settleAfterWrite fills in what the plan left open from the tenant's answer.
func (m *connectionModel) settleAfterWrite(answer *auth0.Connection) {
	m.settle(answer)
	if hasUnknown(m.ConfigurationFingerprints) {
		m.ConfigurationFingerprints = fingerprintMap(fingerprints(answer.Options))
	}
	m.ConfigurationWO = types.MapNull(types.StringType)
	if m.ConfigurationWOVersion.IsUnknown() {
		m.ConfigurationWOVersion = types.Int64Null()
	}
}

// describe names the connection in messages.
func (m *connectionModel) describe() string {
	if m.Name.IsNull() || m.Name.IsUnknown() {
		return m.ID.ValueString()
	}
	return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.ID.ValueString())
}

// setClients makes the connection enabled for exactly the wanted clients.
func setClients(ctx context.Context, client *auth0.Client, id string, wanted types.Set, diags *diag.Diagnostics) bool {
	var clients []string
	diags.Append(wanted.ElementsAs(ctx, &clients, false)...)
	if diags.HasError() {
		return false
	}
	began := time.Now()
	enabled, err := client.EnabledClients(ctx, id)
	added, removed := without(clients, enabled), without(enabled, clients)
	if err == nil {
		err = client.SetClients(ctx, id, added, removed)
	}
	if err != nil {
		auth0Error(diags, "Enabled Clients Not Set", err, nil)
		return false
	}
	kit.LogDone(ctx, began, "clients of the connection set",
		map[string]any{"id": id, "enabled": len(added), "disabled": len(removed)})
	return true
}

// knownClients are the clients of the state, sorted; nil where it does not say.
func knownClients(set types.Set) []string {
	if set.IsNull() || set.IsUnknown() {
		return nil
	}
	known := []string{}
	for _, element := range set.Elements() {
		if id, ok := element.(types.String); ok {
			known = append(known, id.ValueString())
		}
	}
	slices.Sort(known)
	return known
}

func without(values, excluded []string) []string {
	skip := map[string]bool{}
	for _, value := range excluded {
		skip[value] = true
	}
	var rest []string
	for _, value := range values {
		if !skip[value] {
			rest = append(rest, value)
		}
	}
	return rest
}

func stringSet(values []string) types.Set {
	elements := []attr.Value{}
	for _, value := range values {
		elements = append(elements, types.StringValue(value))
	}
	return types.SetValueMust(types.StringType, elements)
}
