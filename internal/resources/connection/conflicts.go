// SPDX-License-Identifier: MPL-2.0

package connection

import (
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

// What the platform refuses about options that do not go together is refused at plan.

// Two forms of the password settings, of which the platform accepts one, although it may return both: it adds
// password_options to a connection that was created with a policy of the old form.
var (
	oldPasswordOptions = []string{
		"passwordPolicy",
		"password_history",
		"password_dictionary",
		"password_no_personal_info",
		"password_complexity_options",
	}
	newPasswordOptions = []string{"password_options"}
)

// Two forms of the settings of identifiers.
var (
	oldIdentifierOptions = []string{"validation", "requires_username"}
	newIdentifierOptions = []string{"attributes"}
)

// superseded names the options that must leave what is stored, so that one form of each setting is left: the one
// that is wanted or else, of the passwords, the old one, which is only there when someone asked for it.
func superseded(stored, wanted map[string]any) []string {
	var gone []string
	switch {
	case hasAny(wanted, newPasswordOptions):
		gone = append(gone, oldPasswordOptions...)
	case hasAny(stored, oldPasswordOptions) || hasAny(wanted, oldPasswordOptions):
		gone = append(gone, newPasswordOptions...)
	}
	switch {
	case hasAny(wanted, newIdentifierOptions):
		gone = append(gone, oldIdentifierOptions...)
	case hasAny(wanted, oldIdentifierOptions):
		gone = append(gone, newIdentifierOptions...)
	}
	return slices.DeleteFunc(gone, func(key string) bool { return stored[key] == nil })
}

// hasAny reports whether the options hold one of the keys. One that is false is none: it only says that the
// setting is not in use.
func hasAny(options map[string]any, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return options[key] != nil && options[key] != false })
}

// planSuperseded shows which options an update takes away. One that sends neither options nor configuration leaves them.
func (m *connectionModel) planSuperseded(prior, config *connectionModel) {
	if prior == nil || !m.writesOptions(prior) {
		return
	}
	planned := map[string]any{}
	for _, o := range m.typedOptions() {
		if value := toJSON(o.value()); value != nil {
			planned[o.key] = value
		}
	}
	gone := superseded(planned, m.wantedOptions(config))
	for _, o := range m.typedOptions() {
		if slices.Contains(gone, o.key) {
			o.set(o.read(nil))
		}
	}
}

// checkConfigured refuses options that the platform does not accept together.
func (m *connectionModel) checkConfigured(diags *diag.Diagnostics) {
	old := map[string]attr.Value{
		"password_policy": m.PasswordPolicy, "password_history": m.PasswordHistory, "password_dictionary": m.PasswordDictionary,
		"password_no_personal_info": m.PasswordNoPersonalInfo, "password_complexity_options": m.PasswordComplexityOptions,
	}
	for _, name := range sortedNames(old) {
		if isSet(old[name]) && isSet(m.PasswordOptions) {
			conflict(diags, path.Root(name), "Auth0 does not accept password_options together with %s, which is the old form "+
				"of the same setting. Remove one of them.", name)
		}
	}
	if isSet(m.Attributes) && isSet(m.Validation) {
		conflict(diags, path.Root("validation"), "Auth0 does not accept attributes together with validation. Set "+
			"attributes.username.validation instead.")
	}
	if isSet(m.Attributes) && isSet(m.RequiresUsername) {
		conflict(diags, path.Root("requires_username"), "Auth0 does not accept attributes together with requires_username. "+
			"Set attributes.username instead, and leave requires_username out.")
	}
	bounds := memberOf(m.Validation, "username")
	least, most := memberOf(bounds, "min"), memberOf(bounds, "max")
	checkOrder(diags, path.Root("validation").AtName("username").AtName("max"), least, most)
	length := memberOf(memberOf(m.Attributes, "username"), "validation")
	checkOrder(
		diags,
		path.Root("attributes").AtName("username").AtName("validation").AtName("max_length"),
		memberOf(length, "min_length"),
		memberOf(length, "max_length"),
	)

	complexity := memberOf(m.PasswordOptions, "complexity")
	types, ok := memberOf(complexity, "character_types").(types.Set)
	if rule := memberOf(complexity, "character_type_rule"); isText(rule, "three_of_four") && ok && !types.IsNull() &&
		!types.IsUnknown() &&
		len(types.Elements()) < len(characterTypes) {
		conflict(diags, path.Root("password_options").AtName("complexity").AtName("character_type_rule"),
			"The rule three_of_four counts all four character types. Set character_types to %s.", kit.List(characterTypes))
	}
}

func checkOrder(diags *diag.Diagnostics, at path.Path, least, most attr.Value) {
	low, okLow := least.(types.Int64)
	high, okHigh := most.(types.Int64)
	if okLow && okHigh && !low.IsNull() && !low.IsUnknown() && !high.IsNull() && !high.IsUnknown() &&
		low.ValueInt64() > high.ValueInt64() {
		conflict(diags, at, "The greatest length, %d, is below the least, %d.", high.ValueInt64(), low.ValueInt64())
	}
}

func conflict(diags *diag.Diagnostics, at path.Path, format string, values ...any) {
	diags.AddAttributeError(at, "Options Do Not Fit Together", fmt.Sprintf(format, values...))
}

// checkPlanned refuses what depends on the values that are already stored.
func (m *connectionModel) checkPlanned(prior, config *connectionModel, diags *diag.Diagnostics) {
	if prior != nil && prior.EnableScriptContext.ValueBool() && !config.EnableScriptContext.IsNull() &&
		!config.EnableScriptContext.IsUnknown() &&
		!config.EnableScriptContext.ValueBool() {
		conflict(diags, path.Root("enable_script_context"), "Auth0 cannot switch the script context off again. Set "+
			"enable_script_context = true, or leave it out; the rendered scripts work with and without it.")
	}
	if config.Attributes.IsNull() || m.Attributes.IsUnknown() {
		return
	}
	planned := m.Attributes
	if prior == nil || prior.Attributes.IsNull() {
		planned = config.Attributes // what is not configured does not come to be an identifier by itself
	}
	at := path.Root("attributes")
	names := []string{"email", "phone_number", "username"}
	active, open := false, false
	for _, name := range names {
		attribute := memberOf(planned, name)
		identifier := memberOf(memberOf(attribute, "identifier"), "active")
		active = active || isTrue(identifier)
		open = open || attribute.IsUnknown() || identifier.IsUnknown() || memberOf(attribute, "identifier").IsUnknown()
		status, required := memberOf(memberOf(attribute, "signup"), "status"), memberOf(attribute, "profile_required")
		if text, ok := status.(types.String); ok && !text.IsNull() && !text.IsUnknown() && text.ValueString() != "required" &&
			isTrue(required) {
			conflict(diags, at.AtName(name).AtName("signup").AtName("status"), "The attribute %s is required in every profile "+
				"and so must also be required at sign-up.", name)
		}
	}
	if !active && !open {
		conflict(diags, at, "One of the attributes must be an identifier: set identifier.active = true for "+
			"email, phone_number or username.")
	}
	if prior == nil {
		return
	}
	unique, stored := memberOf(memberOf(planned, "email"), "unique"), memberOf(prior.Attributes, "email")
	switch was := memberOf(stored, "unique"); {
	case isNothing(memberOf(planned, "email")) || unique.IsUnknown():
	case isNothing(stored) && isFalse(unique):
		conflict(diags, at.AtName("email").AtName("unique"), "Auth0 adds the email attribute to an existing connection "+
			"only as unique. Leave unique out, or set it to true.")
	case !isNothing(stored) && isFalse(unique) != isFalse(was):
		conflict(diags, at.AtName("email").AtName("unique"), "Auth0 does not change whether e-mail addresses are "+
			"unique. Set unique = %v, as it is.", !isFalse(was))
	}
}

// checkUsernames refuses usernames that the store has no column for: nobody could sign up or log in with one, and no
// profile would hold it. Scripts of the user's own may keep them elsewhere.
func (m *connectionModel) checkUsernames(r resolved, config *connectionModel, diags *diag.Diagnostics) {
	own := r.ownOperations(m.ScriptDigests)
	rendered := slices.ContainsFunc(
		[]scripts.Operation{scripts.Login, scripts.GetUser, scripts.Create},
		func(op scripts.Operation) bool { return slices.Contains(own, op) },
	)
	if !r.storeKnown || r.store.Has(store.Username) || !rendered {
		return
	}
	refuse := func(at path.Path) {
		conflict(diags, at, "Users would have a username, and the store has no part username to keep it in. Add the part "+
			"to the columns of the users table, or leave this out.")
	}
	if isTrue(config.RequiresUsername) {
		refuse(path.Root("requires_username"))
	}
	username, at := memberOf(config.Attributes, "username"), path.Root("attributes").AtName("username")
	switch {
	case isTrue(memberOf(memberOf(username, "identifier"), "active")):
		refuse(at.AtName("identifier").AtName("active"))
	case isTrue(memberOf(username, "profile_required")):
		refuse(at.AtName("profile_required"))
	case isText(memberOf(memberOf(username, "signup"), "status"), "required"):
		refuse(at.AtName("signup").AtName("status"))
	}
}

// memberOf walks into an object; what is not there is null.
func memberOf(value attr.Value, name string) attr.Value {
	object, ok := value.(types.Object)
	if ok && object.IsUnknown() {
		return types.StringUnknown()
	}
	if ok && !object.IsNull() {
		if member, exists := object.Attributes()[name]; exists {
			return member
		}
	}
	return types.StringNull()
}

// isSet is whether there is a value. One that is not known yet, such as a variable while a module is validated, may be null.
func isSet(value attr.Value) bool { return !value.IsNull() && !value.IsUnknown() }

func isNothing(value attr.Value) bool { return value.IsNull() && !value.IsUnknown() }

func isTrue(value attr.Value) bool {
	b, ok := value.(types.Bool)
	return ok && b.ValueBool()
}

// isFalse is whether the value is a known false.
func isFalse(value attr.Value) bool {
	b, ok := value.(types.Bool)
	return ok && !b.IsNull() && !b.IsUnknown() && !b.ValueBool()
}

func isText(value attr.Value, want string) bool {
	text, ok := value.(types.String)
	return ok && text.ValueString() == want
}
