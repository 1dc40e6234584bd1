// SPDX-License-Identifier: MPL-2.0

package resources

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The options that the resource itself decides about.
const (
	optionScripts       = "customScripts"
	optionConfiguration = "configuration"
	optionCustomization = "enabledDatabaseCustomization"
	optionImportMode    = "import_mode"
)

// Two sets of options of which the platform accepts one only, although it may return both: it adds
// password_options to a connection that was created with a password policy of the old form.
var (
	oldPasswordOptions = []string{"passwordPolicy", "password_history", "password_dictionary", "password_no_personal_info", "password_complexity_options"}
	newPasswordOptions = []string{"password_options"}
)

// option is an option with an attribute of its own.
type option struct {
	attribute string
	key       string
	value     attr.Value
	set       func(attr.Value)
}

// typedOptions lists the attributes of the model that are options. What the configuration
// leaves out is read but never written.
func (m *connectionModel) typedOptions() []option {
	return []option{
		{"disable_signup", "disable_signup", m.DisableSignup, func(v attr.Value) { m.DisableSignup = v.(types.Bool) }},
		{"requires_username", "requires_username", m.RequiresUsername, func(v attr.Value) { m.RequiresUsername = v.(types.Bool) }},
	}
}

func boolOption(description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, MarkdownDescription: description + unmanagedNote,
		PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
	}
}

const unmanagedNote = " A change is an update in place. Without this attribute the option is left as it is."

func typedOptionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"disable_signup":    boolOption("Whether nobody can sign up through this connection."),
		"requires_username": boolOption("Whether users have a username besides their e-mail address; the store then needs the part `username`."),
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

// wantedOptions are the options that the configuration decides, scripts included, as they are laid
// over those that are stored. Call it on the plan with the configuration at hand: what
// is only computed is not wanted.
func (m *connectionModel) wantedOptions(config *connectionModel) map[string]any {
	wanted := map[string]any{}
	if object, ok := decodeObject(config.Options.ValueString()); ok {
		wanted = object
	}
	for _, o := range config.typedOptions() {
		if value := toJSON(o.value); value != nil {
			wanted[o.key] = value
		}
	}
	wanted[optionCustomization] = true
	wanted[optionImportMode] = m.ImportMode.ValueBool()
	wanted[optionScripts] = toJSON(m.RenderedScripts)
	return wanted
}

// refreshOptions takes the typed attributes and `options` from what is stored. In `options` only the keys count
// that are there; adopt fills it with everything that no attribute stands for.
func (m *connectionModel) refreshOptions(stored map[string]any, adopt bool) {
	m.ImportMode = types.BoolValue(stored[optionImportMode] == true)
	m.EnabledCustomization = types.BoolValue(stored[optionCustomization] == true)
	for _, o := range m.typedOptions() {
		o.set(fromJSON(o.value.Type(context.Background()), stored[o.key]))
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

// settle gives what the plan left open the value that is stored now.
func (m *connectionModel) settle(stored map[string]any) {
	for _, o := range m.typedOptions() {
		o.set(settled(o.value, stored[o.key]))
	}
}

func settled(planned attr.Value, stored any) attr.Value {
	if planned.IsUnknown() {
		return fromJSON(planned.Type(context.Background()), stored)
	}
	object, ok := planned.(types.Object)
	if !ok || planned.IsNull() {
		return planned
	}
	members := map[string]attr.Value{}
	inner, _ := stored.(map[string]any)
	for name, member := range object.Attributes() {
		members[name] = settled(member, inner[name])
	}
	return types.ObjectValueMust(object.AttributeTypes(context.Background()), members)
}

// sameOptions reports whether two models ask for the same options, apart from `configuration`.
func (m *connectionModel) sameOptions(other *connectionModel) bool {
	theirs := other.typedOptions()
	for i, o := range m.typedOptions() {
		if !o.value.Equal(theirs[i].value) {
			return false
		}
	}
	return m.ImportMode.Equal(other.ImportMode) && m.EnabledCustomization.Equal(other.EnabledCustomization) &&
		m.RenderedScripts.Equal(other.RenderedScripts) && m.Options.Equal(other.Options)
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
				"The option %q is managed by the attribute %s. Remove it from options and set %s instead.", key, attribute, attribute))
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
	if okStored && okWanted && coversJSON(stored, wanted) {
		m.Options = prior.Options
	}
}

// resolvePasswordOptions leaves one form of the password settings in what is sent: the configured one, else
// the old one, which is only there when someone asked for it.
func resolvePasswordOptions(merged, wanted map[string]any) {
	drop := newPasswordOptions
	if hasAny(wanted, newPasswordOptions) && !hasAny(wanted, oldPasswordOptions) {
		drop = oldPasswordOptions
	}
	if !hasAny(merged, oldPasswordOptions) {
		return
	}
	for _, key := range drop {
		delete(merged, key)
	}
}

func hasAny(object map[string]any, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return object[key] != nil })
}
