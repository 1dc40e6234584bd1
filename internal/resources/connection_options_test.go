// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	fwresource "github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/connection"
)

// optionCase is an option with a first value, another one, and what the tenant then stores under its key.
type optionCase struct {
	first, second string
	key           string
	stored        any
}

// The options that go together with the new forms of password and identifier settings.
var optionCases = map[string]optionCase{
	"disable_signup":                       {"true", "false", "disable_signup", false},
	"disable_self_service_change_password": {"true", "false", "disable_self_service_change_password", false},
	"brute_force_protection":               {"false", "true", "brute_force_protection", true},
	"enable_script_context":                {"false", "true", "enable_script_context", true},
	"realm_fallback":                       {"true", "false", "realm_fallback", false},
	"strategy_version":                     {"2", "1", "strategy_version", 1},
	"set_user_root_attributes":             {`"on_first_login"`, `"never_on_login"`, "set_user_root_attributes", "never_on_login"},
	"non_persistent_attrs":                 {`["picture", "ethnicity"]`, `["gender"]`, "non_persistent_attrs", []any{"gender"}},
	"precedence":                           {`["email", "phone_number", "username"]`, `["username", "email", "phone_number"]`, "precedence", []any{"username", "email", "phone_number"}},
	"upstream_params":                      {`jsonencode({ screen_name = { alias = "login_hint" } })`, `jsonencode({ screen_name = { value = "<x>" } })`, "upstream_params", map[string]any{"screen_name": map[string]any{"value": "<x>"}}},
	"mfa":                                  {"{ active = false }", "{ active = true, return_enroll_settings = false }", "mfa", map[string]any{"active": true, "return_enroll_settings": false}},
	"custom_password_hash":                 {`{ action_id = "a1" }`, `{ action_id = "a2" }`, "custom_password_hash", map[string]any{"action_id": "a2"}},
	"authentication_methods": {`{ password = { enabled = true }, passkey = { enabled = false } }`,
		`{ password = { enabled = true, api_behavior = "optional", signup_behavior = "block" }, passkey = { enabled = false }, email_otp = { enabled = true }, phone_otp = { enabled = false } }`,
		"authentication_methods", map[string]any{
			"password": map[string]any{"enabled": true, "api_behavior": "optional", "signup_behavior": "block"}, "passkey": map[string]any{"enabled": false},
			"email_otp": map[string]any{"enabled": true}, "phone_otp": map[string]any{"enabled": false},
		}},
	"passkey_options": {`{ challenge_ui = "button", progressive_enrollment_enabled = true }`, `{ challenge_ui = "autofill", local_enrollment_enabled = false }`,
		"passkey_options", map[string]any{"challenge_ui": "autofill", "local_enrollment_enabled": false, "progressive_enrollment_enabled": true}},
	"attributes": {`{ email = { identifier = { active = true }, profile_required = true, signup = { status = "required", verification = { active = true } }, unique = true } }`,
		`{
			email        = { identifier = { active = true, default_method = "email_otp" }, verification_method = "otp" }
			phone_number = { identifier = { active = false, default_method = "phone_otp" }, profile_required = true, signup = { status = "required", verification = { active = false } } }
			username     = { identifier = { active = true }, profile_required = true, signup = { status = "required" }, validation = { min_length = 3, max_length = 20, allowed_types = { email = false, phone_number = false } } }
		}`,
		"attributes", map[string]any{
			"email": map[string]any{"identifier": map[string]any{"active": true, "default_method": "email_otp"}, "profile_required": true,
				"signup": map[string]any{"status": "required", "verification": map[string]any{"active": true}}, "unique": true, "verification_method": "otp"},
			"phone_number": map[string]any{"identifier": map[string]any{"active": false, "default_method": "phone_otp"}, "profile_required": true,
				"signup": map[string]any{"status": "required", "verification": map[string]any{"active": false}}},
			"username": map[string]any{"identifier": map[string]any{"active": true}, "profile_required": true, "signup": map[string]any{"status": "required"},
				"validation": map[string]any{"min_length": 3, "max_length": 20, "allowed_types": map[string]any{"email": false, "phone_number": false}}},
		}},
	"password_options": {`{ complexity = { min_length = 12, character_types = ["number", "special"], character_type_rule = "all" } }`,
		`{
			complexity = { min_length = 14, character_types = ["number", "special", "lowercase", "uppercase"], character_type_rule = "three_of_four", identical_characters = "block", sequential_characters = "block", max_length_exceeded = "truncate" }
			profile_data = { active = true, blocked_fields = ["name"] }
			history      = { active = true, size = 5 }
			dictionary   = { active = true, default = "en_10k", custom = ["acme"] }
		}`,
		"password_options", map[string]any{
			"complexity": map[string]any{"min_length": 14, "character_types": []any{"lowercase", "number", "special", "uppercase"}, "character_type_rule": "three_of_four",
				"identical_characters": "block", "sequential_characters": "block", "max_length_exceeded": "truncate"},
			"profile_data": map[string]any{"active": true, "blocked_fields": []any{"name"}}, "history": map[string]any{"active": true, "size": 5},
			"dictionary": map[string]any{"active": true, "default": "en_10k", "custom": []any{"acme"}},
		}},
	"options": {`jsonencode({ future_option = { a = 1, b = [1, 2] } })`, `jsonencode({ future_option = { a = 9007199254740993 } })`,
		"future_option", map[string]any{"a": 9007199254740993, "b": []any{1, 2}}},
}

// The options of the old forms.
var oldOptionCases = map[string]optionCase{
	"requires_username":           {"true", "false", "requires_username", false},
	"validation":                  {"{ username = { min = 1, max = 15 } }", "{ username = { min = 2, max = 20 } }", "validation", map[string]any{"username": map[string]any{"min": 2, "max": 20}}},
	"password_policy":             {`"low"`, `"excellent"`, "passwordPolicy", "excellent"},
	"password_complexity_options": {"{ min_length = 8 }", "{ min_length = 10 }", "password_complexity_options", map[string]any{"min_length": 10}},
	"password_history":            {"{ enable = true, size = 5 }", "{ enable = false }", "password_history", map[string]any{"enable": false, "size": 5}},
	"password_no_personal_info":   {"{ enable = true }", "{ enable = false }", "password_no_personal_info", map[string]any{"enable": false}},
	"password_dictionary":         {`{ enable = true, dictionary = ["acme"] }`, `{ enable = true, dictionary = ["acme", "corp"] }`, "password_dictionary", map[string]any{"enable": true, "dictionary": []any{"acme", "corp"}}},
}

// The attributes of the connection beside its options.
var propertyCases = map[string]optionCase{
	"display_name":         {`"One"`, `"Two"`, "display_name", "Two"},
	"is_domain_connection": {"true", "false", "is_domain_connection", false},
	"show_as_button":       {"true", "false", "show_as_button", false},
	"realms":               {`["one"]`, `["one", "two"]`, "realms", []any{"one", "two"}},
	"metadata":             {`{ a = "1", b = "2" }`, `{ a = "3" }`, "metadata", map[string]any{"a": "3"}},
}

// optionsText writes the attributes, those in changed with their second value.
func optionsText(cases map[string]optionCase, changed ...string) string {
	var text strings.Builder
	text.WriteString(unprotected)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		value := cases[name].first
		if slices.Contains(changed, name) {
			value = cases[name].second
		}
		fmt.Fprintf(&text, "%s = %s\n", name, value)
	}
	return text.String()
}

// statedByImports are the connection's settings of the provider's own, which an import states and nobody has to.
var statedByImports = []string{
	"allow_replacement", "delete_with_users", "enabled_database_customization", "import_mode", "manage_scripts", "operations", "preflight",
	"use_former_scripts", "scripts.app_metadata_key", "scripts.argon2_memory", "scripts.argon2_passes", "scripts.bcrypt_prefix",
	"scripts.ca_key", "scripts.database_url_key", "scripts.import_finished", "scripts.password_hash",
	"scripts.pool_max",
}

// optionsBut are the options that a configuration of these cases says nothing of, of which an import alone has values.
func optionsBut(cases map[string]optionCase) []string {
	all := maps.Clone(optionCases)
	maps.Copy(all, oldOptionCases)
	maps.Copy(all, propertyCases)
	for name := range cases {
		delete(all, name)
	}
	return append(slices.Sorted(maps.Keys(all)), statedByImports...)
}

func TestConnectionOptionsRoundTrip(t *testing.T) {
	t.Parallel()
	for set, cases := range map[string]map[string]optionCase{"options": optionCases, "old": oldOptionCases, "properties": propertyCases} {
		t.Run(set, func(t *testing.T) {
			c := newConnectionTest(t)
			store := strings.Replace(connectionStore, "nickname ", "username = \"username text\"\nnickname ", 1)
			config := func(changed ...string) string {
				return strings.Replace(c.config(optionsText(cases, changed...)), connectionStore, store, 1)
			}
			steps := []resource.TestStep{{Config: config()}}
			var changed []string
			for some := range slices.Chunk(slices.Sorted(maps.Keys(cases)), 8) {
				changed = append(changed, some...)
				steps = append(steps, resource.TestStep{
					Config: config(changed...), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
					Check: c.check(func() error {
						stored := c.options()
						if set == "properties" {
							stored = c.stored()
						}
						for _, name := range some {
							if err := expectJSON(name, stored[cases[name].key], cases[name].stored); err != nil {
								return err
							}
						}
						return nil
					}),
				})
			}
			steps = append(steps,
				// Nothing is configured any more, and nothing changes.
				resource.TestStep{Config: strings.Replace(c.config(unprotected), connectionStore, store, 1), ConfigPlanChecks: noChange},
				resource.TestStep{Config: config(changed...), ConfigPlanChecks: noChange},
				resource.TestStep{
					// What the configuration says, an import finds.
					ResourceName: connectionAddress, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: append(optionsBut(cases),
						"deletion_protection", "options", "script_changes"),
				},
			)
			c.steps(steps...)
		})
	}
}

// Every attribute that stands for something of the platform's takes part in the round trip, with each of its members:
// the case names it, and the tenant then holds it.
func TestConnectionOptionsAreAllTried(t *testing.T) {
	t.Parallel()
	var resp fwresource.SchemaResponse
	connection.NewConnection().Schema(t.Context(), fwresource.SchemaRequest{}, &resp)
	cases := map[string]optionCase{}
	for _, set := range []map[string]optionCase{optionCases, oldOptionCases, propertyCases} {
		maps.Copy(cases, set)
	}
	// What the resource decides about by itself.
	ours := []string{"id", "name", "import_mode", "store", "scripts", "operations", "manage_scripts", "configuration_wo", "configuration_wo_version", "enabled_clients",
		"deletion_protection", "delete_with_users",
		"allow_replacement", "preflight", "script_digests", "script_changes", "use_former_scripts", "configuration_fingerprints", "enabled_database_customization", "timeouts"}
	var tried func(text, at string, attribute schema.Attribute, stored any)
	tried = func(text, at string, attribute schema.Attribute, stored any) {
		name := at[strings.LastIndex(at, ".")+1:]
		if stored == nil || strings.Contains(at, ".") && !regexp.MustCompile(`\b`+name+`\b`).MatchString(text) {
			t.Errorf("no case tries %s", at)
		}
		if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
			for member, inner := range nested.Attributes {
				value, _ := stored.(map[string]any)
				tried(text, at+"."+member, inner, value[member])
			}
		}
	}
	for name, attribute := range resp.Schema.Attributes {
		if slices.Contains(ours, name) {
			continue
		}
		tried(cases[name].first+cases[name].second, name, attribute, cases[name].stored)
	}
	// The options that the platform documents for database connections, and those that its own provider has beside them.
	for _, name := range strings.Fields(`attributes authentication_methods brute_force_protection custom_password_hash disable_self_service_change_password
		disable_signup display_name enable_script_context is_domain_connection metadata mfa non_persistent_attrs passkey_options password_complexity_options
		password_dictionary password_history password_no_personal_info password_options password_policy precedence realm_fallback realms requires_username
		set_user_root_attributes show_as_button strategy_version upstream_params validation`) {
		if resp.Schema.Attributes[name] == nil {
			t.Errorf("there is no attribute %s", name)
		}
	}
}

// expectJSON compares numbers by value.
func expectJSON(what string, got, want any) error {
	return expect(what, fmt.Sprint(plain(got)), fmt.Sprint(plain(want)))
}

func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = plain(inner)
		}
		return out
	case []any:
		out := []any{}
		for _, inner := range v {
			out = append(out, plain(inner))
		}
		return out
	case int:
		return float64(v)
	}
	return value
}

func TestConnectionOptionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ options, want string }{
		"both password forms":         {`password_options = { history = { active = true } }` + "\n" + `password_policy = "good"`, "Auth0 does not accept password_options together with password_policy"},
		"attributes and validation":   {"attributes = { email = { identifier = { active = true } } }\nvalidation = { username = { min = 1, max = 2 } }", "Auth0 does not accept attributes together with validation"},
		"attributes and usernames":    {"attributes = { email = { identifier = { active = true } } }\nrequires_username = true", "Auth0 does not accept attributes together with requires_username"},
		"attributes and no usernames": {"attributes = { email = { identifier = { active = true } } }\nrequires_username = false", "leave requires_username out"},
		"no identifier":               {"attributes = { email = { identifier = { active = false } } }", "One of the attributes must be an identifier"},
		"required but not at sign-up": {`attributes = { phone_number = { identifier = { active = true }, profile_required = true, signup = { status = "optional" } } }`, "must also be required at sign-up"},
		"precedence of two":           {`precedence = ["email", "username"]`, "at least 3 elements"},
		"precedence with a double":    {`precedence = ["email", "email", "username"]`, "duplicate"},
		"three of two types":          {`password_options = { complexity = { character_type_rule = "three_of_four", character_types = ["number"] } }`, "counts all four character types"},
		"unknown policy":              {`password_policy = "great"`, `"excellent"`},
		"lengths the wrong way round": {"validation = { username = { min = 9, max = 2 } }", "The greatest length, 2, is below the least, 9"},
		"username lengths":            {"attributes = { username = { identifier = { active = true }, validation = { min_length = 9, max_length = 2 } } }", "The greatest length, 2, is below the least, 9"},
		"history too long":            {"password_options = { history = { size = 25 } }", "between 1 and 24"},
		"upstream that is a list":     {"upstream_params = jsonencode([])", "must be one JSON object"},
		"metadata too long":           {`metadata = { a = "` + strings.Repeat("x", 256) + `" }`, "at most 255"},
	}
	const noPart = "the store has no part username to keep it in"
	for name, options := range map[string]string{
		"usernames without a column":         "requires_username = true",
		"username without a column":          "attributes = { username = { identifier = { active = true } } }",
		"required username without a column": "attributes = { email = { identifier = { active = true } }, username = { profile_required = true, signup = { status = \"required\" } } }",
		"sign-up name without a column":      "attributes = { email = { identifier = { active = true } }, username = { signup = { status = \"required\" } } }",
		"usernames in import mode":           "requires_username = true\nimport_mode = true",
	} {
		tests[name] = struct{ options, want string }{options, noPart}
	}
	c := newConnectionTest(t)
	var steps []resource.TestStep
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		steps = append(steps, resource.TestStep{Config: c.config(tests[name].options), PlanOnly: true, ExpectError: words(tests[name].want)})
	}
	c.steps(steps...)
}

func TestConnectionOptionsThatCannotChange(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	email := func(unique string) string {
		return unprotected + "enable_script_context = true\nattributes = { email = { identifier = { active = true }, unique = " + unique + " } }"
	}
	c.steps(
		resource.TestStep{Config: c.config(unprotected + "enable_script_context = true")},
		resource.TestStep{Config: c.config(unprotected + "enable_script_context = false"), ExpectError: words("Auth0 cannot switch the script context off again")},
		resource.TestStep{Config: c.config(email("false")), ExpectError: words("adds the email attribute to an existing connection only as unique")},
		resource.TestStep{Config: c.config(email("true"))},
		resource.TestStep{Config: c.config(email("false")), ExpectError: words("Set unique = true, as it is")},
	)
}

func TestConnectionSwitchesForms(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	only := func(there, gone string) resource.TestCheckFunc {
		return c.check(func() error {
			if err := expect(there, c.options()[there] != nil, true); err != nil {
				return err
			}
			return expect(gone, c.options()[gone], nil)
		})
	}
	c.steps(
		// The tenant adds the new form to what is created with the old one.
		resource.TestStep{Config: c.config(unprotected + `password_policy = "low"`)},
		resource.TestStep{Config: c.config(unprotected + `password_policy = "low"`), ConfigPlanChecks: noChange},
		resource.TestStep{
			Config: c.config(unprotected + `password_policy = "fair"`), Check: only("passwordPolicy", "password_options"),
			ConfigStateChecks: []statecheck.StateCheck{state("password_options", knownvalue.Null())},
		},
		resource.TestStep{Config: c.config(unprotected + `password_options = { complexity = { min_length = 10 } }`), Check: only("password_options", "passwordPolicy")},
		resource.TestStep{Config: c.config(unprotected + `validation = { username = { min = 2, max = 9 } }`)},
		resource.TestStep{Config: c.config(unprotected + `attributes = { email = { identifier = { active = true } } }`), Check: only("attributes", "validation")},
		resource.TestStep{Config: c.config(unprotected + `validation = { username = { min = 2, max = 9 } }`), Check: only("validation", "attributes")},
		resource.TestStep{Config: c.config(unprotected + `validation = { username = { min = 2, max = 9 } }`), ConfigPlanChecks: noChange},
	)
}

// An apply that sends nothing but a new secret takes away what the platform has added of the other form, and its plan says so.
func TestConnectionSecretLeavesOneForm(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	config := func(version int) string {
		return c.config(secretConfig(scriptsURL, version, unprotected+`password_policy = "fair"`))
	}
	gone := []plancheck.PlanCheck{plancheck.ExpectKnownValue(connectionAddress, tfjsonpath.New("password_options"), knownvalue.Null())}
	c.steps(
		resource.TestStep{Config: config(1), Check: c.check(func() error { return expect("the platform's form", c.options()["password_options"] != nil, true) })},
		resource.TestStep{
			Config: config(2), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: gone},
			Check:             c.check(func() error { return expect("the platform's form", c.options()["password_options"], nil) }),
			ConfigStateChecks: []statecheck.StateCheck{state("password_options", knownvalue.Null())},
		},
	)
}
