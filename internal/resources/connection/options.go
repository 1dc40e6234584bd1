// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
)

// The options that the resource itself decides about.
const (
	optionScripts       = "customScripts"
	optionConfiguration = "configuration"
	optionCustomization = "enabledDatabaseCustomization"
	optionImportMode    = "import_mode"
)

// option is an attribute of the model for one key, of the options or of the connection itself.
type option struct {
	attribute string
	key       string
	field     any // a pointer to the attribute's value
}

func (o option) value() attr.Value {
	switch f := o.field.(type) {
	case *types.Bool:
		return *f
	case *types.Int64:
		return *f
	case *types.String:
		return *f
	case *types.List:
		return *f
	case *types.Set:
		return *f
	case *types.Map:
		return *f
	case *types.Object:
		return *f
	case *jsontypes.Normalized:
		return *f
	}
	panic(fmt.Sprintf("option %s has a field of type %T", o.attribute, o.field))
}

// absent are the options whose absence in the tenant means false, so that a configured false is no change.
var absent = []string{
	"disable_signup", "disable_self_service_change_password", "requires_username", "enable_script_context", "realm_fallback", "is_domain_connection",
}

// read is the attribute's value for what the tenant stores.
func (o option) read(stored any) attr.Value {
	if stored == nil && slices.Contains(absent, o.attribute) {
		stored = false
	}
	return fromJSON(o.typ(), stored)
}

// refresh takes what the tenant stores, unless nobody has ever said anything of the option.
func (o option) refresh(stored any, adopt bool) {
	if adopt || !o.value().IsNull() {
		o.set(o.read(stored))
	}
}

func (o option) set(value attr.Value) {
	switch f := o.field.(type) {
	case *types.Bool:
		assign(f, value)
	case *types.Int64:
		assign(f, value)
	case *types.String:
		assign(f, value)
	case *types.List:
		assign(f, value)
	case *types.Set:
		assign(f, value)
	case *types.Map:
		assign(f, value)
	case *types.Object:
		assign(f, value)
	case *jsontypes.Normalized:
		assign(f, value)
	}
}

// assign panics on a value of another type than the schema's, which only a mistake in this file can bring about.
func assign[T attr.Value](field *T, value attr.Value) {
	v, ok := value.(T)
	if !ok {
		panic(fmt.Sprintf("a %T cannot hold a %T", *field, value))
	}
	*field = v
}

// typ is the attribute's type as the schema has it; a model that was never filled has no element types.
func (o option) typ() attr.Type {
	if t, ok := optionTypes()[o.attribute]; ok {
		return t
	}
	panic("no schema for option " + o.attribute)
}

var optionTypes = sync.OnceValue(func() map[string]attr.Type {
	all := map[string]attr.Type{}
	for name, attribute := range connectionSchema(context.Background()).Attributes {
		all[name] = attribute.GetType()
	}
	return all
})

// typedOptions lists the attributes that are options. What the configuration leaves out is read but never written.
func (m *connectionModel) typedOptions() []option {
	return []option{
		{"disable_signup", "disable_signup", &m.DisableSignup},
		{"disable_self_service_change_password", "disable_self_service_change_password", &m.DisableSelfServiceChangePassword},
		{"requires_username", "requires_username", &m.RequiresUsername},
		{"brute_force_protection", "brute_force_protection", &m.BruteForceProtection},
		{"enable_script_context", "enable_script_context", &m.EnableScriptContext},
		{"realm_fallback", "realm_fallback", &m.RealmFallback},
		{"strategy_version", "strategy_version", &m.StrategyVersion},
		{"set_user_root_attributes", "set_user_root_attributes", &m.SetUserRootAttributes},
		{"non_persistent_attrs", "non_persistent_attrs", &m.NonPersistentAttrs},
		{"precedence", "precedence", &m.Precedence},
		{"upstream_params", "upstream_params", &m.UpstreamParams},
		{"mfa", "mfa", &m.MFA},
		{"custom_password_hash", "custom_password_hash", &m.CustomPasswordHash},
		{"authentication_methods", "authentication_methods", &m.AuthenticationMethods},
		{"passkey_options", "passkey_options", &m.PasskeyOptions},
		{"attributes", "attributes", &m.Attributes},
		{"validation", "validation", &m.Validation},
		{"password_options", "password_options", &m.PasswordOptions},
		{"password_policy", "passwordPolicy", &m.PasswordPolicy},
		{"password_complexity_options", "password_complexity_options", &m.PasswordComplexityOptions},
		{"password_history", "password_history", &m.PasswordHistory},
		{"password_no_personal_info", "password_no_personal_info", &m.PasswordNoPersonalInfo},
		{"password_dictionary", "password_dictionary", &m.PasswordDictionary},
	}
}

// properties lists the attributes of the connection beside its options.
func (m *connectionModel) properties() []option {
	return []option{
		{"display_name", "display_name", &m.DisplayName},
		{"is_domain_connection", "is_domain_connection", &m.IsDomainConnection},
		{"show_as_button", "show_as_button", &m.ShowAsButton},
		{"realms", "realms", &m.Realms},
		{"metadata", "metadata", &m.Metadata},
	}
}

// reservedOptions maps each option that has an attribute, and so must not stand in `options`, to that attribute.
func reservedOptions() map[string]string {
	reserved := map[string]string{
		optionScripts: "scripts", optionConfiguration: "configuration_wo", optionCustomization: "store", optionImportMode: "import_mode",
	}
	for _, o := range new(connectionModel).typedOptions() {
		reserved[o.key] = o.attribute
	}
	return reserved
}

// wantedOptions are the options that the configuration decides, scripts apart, as they are laid
// over those that are stored. Call it on the plan with the configuration at hand: what
// is only computed is not wanted.
func (m *connectionModel) wantedOptions(config *connectionModel) map[string]any {
	wanted := map[string]any{}
	if object, ok := decodeObject(config.Options.ValueString()); ok {
		wanted = object
	}
	for _, o := range config.typedOptions() {
		if value := toJSON(o.value()); value != nil {
			wanted[o.key] = value
		}
	}
	wanted[optionCustomization] = true
	wanted[optionImportMode] = m.ImportMode.ValueBool()
	return wanted
}

// refreshOptions takes the typed attributes and `options` from what is stored. In `options` only the keys count
// that are there; adopt fills it with everything that no attribute stands for.
func (m *connectionModel) refreshOptions(stored map[string]any, adopt bool) {
	for key, state := range map[string]*types.Bool{optionImportMode: &m.ImportMode, optionCustomization: &m.EnabledCustomization} {
		// Without a word the one is false and the other true.
		if value := stored[key] == true; adopt || !state.IsNull() || value == (key == optionImportMode) {
			*state = types.BoolValue(value)
		}
	}
	for _, o := range m.typedOptions() {
		o.refresh(stored[o.key], adopt)
	}
	var part map[string]any
	switch {
	case adopt:
		part = maps.Clone(stored)
		for key := range reservedOptions() {
			delete(part, key)
		}
		if len(part) == 0 {
			return
		}
	case m.Options.IsNull():
		return
	default:
		shape, ok := decodeObject(m.Options.ValueString())
		if ok && coversJSON(stored, shape) {
			return
		}
		part = projectJSON(stored, shape)
	}
	text, err := json.Marshal(part)
	if err != nil {
		return // decoded JSON encodes
	}
	m.Options = jsontypes.NewNormalizedValue(string(text))
}

// leaveOut plans nothing for what the configuration of a new connection leaves to Auth0.
func (m *connectionModel) leaveOut(config *connectionModel) {
	configured := slices.Concat(config.typedOptions(), config.properties())
	for i, o := range slices.Concat(m.typedOptions(), m.properties()) {
		if configured[i].value().IsNull() {
			o.set(fromJSON(o.typ(), nil))
		}
	}
	if config.Options.IsNull() {
		m.Options = jsontypes.NewNormalizedNull()
	}
}

// settle gives what the plan left open the value that is stored now.
func (m *connectionModel) settle(found *auth0.Connection) {
	for _, o := range m.typedOptions() {
		o.settle(found.Options[o.key])
	}
	for _, o := range m.properties() {
		o.settle(found.Properties[o.key])
	}
}

func (o option) settle(stored any) {
	if o.value().IsUnknown() {
		o.set(o.read(stored))
		return
	}
	o.set(reconciledValue(o.value(), o.typ(), stored))
}

func reconciledValue(planned attr.Value, typ attr.Type, stored any) attr.Value {
	if planned.IsUnknown() {
		return fromJSON(typ, stored)
	}
	object, ok := planned.(types.Object)
	if !ok || planned.IsNull() {
		return planned
	}
	members := map[string]attr.Value{}
	inner, _ := stored.(map[string]any)
	for name, member := range object.Attributes() {
		members[name] = reconciledValue(member, member.Type(context.Background()), inner[name])
	}
	return types.ObjectValueMust(object.AttributeTypes(context.Background()), members)
}

// refreshProperties takes the attributes beside the options from what is stored.
func (m *connectionModel) refreshProperties(found *auth0.Connection, adopt bool) {
	for _, o := range m.properties() {
		o.refresh(found.Properties[o.key], adopt)
	}
}

// changedProperties is the part of an update beside the options.
func (m *connectionModel) changedProperties(prior, config *connectionModel) map[string]any {
	body, before, configured := map[string]any{}, prior.properties(), config.properties()
	for i, o := range m.properties() {
		if value := toJSON(configured[i].value()); value != nil && !o.value().Equal(before[i].value()) {
			body[o.key] = value
		}
	}
	return body
}

// sameOptions reports whether two models ask for the same options, apart from `configuration`.
func (m *connectionModel) sameOptions(other *connectionModel) bool {
	theirs := other.typedOptions()
	for i, o := range m.typedOptions() {
		if !o.value().Equal(theirs[i].value()) {
			return false
		}
	}
	sameMode := m.ImportMode.IsUnknown() == other.ImportMode.IsUnknown() && m.ImportMode.ValueBool() == other.ImportMode.ValueBool()
	return sameMode && m.EnabledCustomization.Equal(other.EnabledCustomization) &&
		(m.ScriptDigests.Equal(other.ScriptDigests) || !m.managesScripts()) && m.Options.Equal(other.Options)
}

// jsonObjectValidator wants a JSON object.
type jsonObjectValidator struct{}

func (jsonObjectValidator) Description(context.Context) string { return "a JSON object" }

func (v jsonObjectValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (jsonObjectValidator) ValidateString(
	_ context.Context,
	req validator.StringRequest,
	resp *validator.StringResponse,
) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, ok := decodeObject(req.ConfigValue.ValueString()); !ok {
		resp.Diagnostics.AddAttributeError(req.Path, "Not A JSON Object", "The value must be one JSON object, for example "+
			"jsonencode({ screen_name = { alias = \"login_hint\" } }).")
	}
}

// optionsValidator checks the further options: an object without keys that an attribute manages.
type optionsValidator struct{}

func (optionsValidator) Description(context.Context) string {
	return "a JSON object of options that have no attribute of their own"
}

func (v optionsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (optionsValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	object, ok := decodeObject(req.ConfigValue.ValueString())
	if !ok {
		resp.Diagnostics.AddAttributeError(req.Path, "Options Are Not An Object",
			"The further options must be one JSON object, for example jsonencode({ realm_fallback = true }).")
		return
	}
	reserved := reservedOptions()
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if attribute, taken := reserved[key]; taken {
			resp.Diagnostics.AddAttributeError(req.Path, "Option Has Its Own Attribute", fmt.Sprintf(
				"The option %q is managed by the attribute %s. Remove it "+
					"from options and set %s instead.", key, attribute, attribute))
		}
	}
}

// planOptions keeps the options of the state where they hold all that is configured: after an import they
// hold more, and a different notation means nothing.
func (m *connectionModel) planOptions(prior *connectionModel) {
	if prior == nil || m.Options.IsNull() || m.Options.IsUnknown() || prior.Options.IsNull() {
		return
	}
	stored, okStored := decodeObject(prior.Options.ValueString())
	wanted, okWanted := decodeObject(m.Options.ValueString())
	if okStored && okWanted && coversJSON(stored, wanted) && statesNulls(stored, wanted) {
		m.Options = prior.Options
	}
}

// statesNulls reports whether the state speaks of every key that is to be removed. The tenant may have one of which it does not:
// it shows those that were managed.
func statesNulls(stored, wanted map[string]any) bool {
	for key, want := range wanted {
		have, stated := stored[key]
		inner, isObject := have.(map[string]any)
		innerWanted, wantsObject := want.(map[string]any)
		if want == nil && !stated || isObject && wantsObject && !statesNulls(inner, innerWanted) {
			return false
		}
	}
	return true
}
