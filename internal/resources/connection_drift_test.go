// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

func TestConnectionUnmanagedOptionsSurvive(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.steps(
		resource.TestStep{Config: c.config(unprotected)},
		resource.TestStep{
			PreConfig: c.change(func(options map[string]any) {
				options["future_option"] = map[string]any{"deep": []any{1, "x"}}
				options["passwordPolicy"] = "low"
				delete(options, "password_options")
				options["authentication_methods"] = map[string]any{"password": map[string]any{"enabled": true}, "passkey": map[string]any{"enabled": true}}
				options["customScripts"].(map[string]any)["change_phone_number"] = "function changePhoneNumber(a, b, callback) { callback(null, true); }"
			}),
			Config: c.config(unprotected), ConfigPlanChecks: noChange,
		},
		resource.TestStep{
			Config:           c.config(unprotected + `disable_signup = true`),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				options := c.options()
				if err := expect("the unknown option", options["future_option"], map[string]any{"deep": []any{1, "x"}}); err != nil {
					return err
				}
				if err := expect("the password policy", options["passwordPolicy"], "low"); err != nil {
					return err
				}
				if err := expect("passkeys", member(options, "authentication_methods", "passkey", "enabled"), true); err != nil {
					return err
				}
				return expect("the foreign script", member(options, "customScripts", "change_phone_number") != nil, true)
			}),
		},
	)
}

// The order of keys, and the notation, mean nothing.
func TestConnectionFurtherOptionsInAnyOrder(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.steps(
		resource.TestStep{
			Config: c.config(unprotected + `options = jsonencode({ future_option = { b = 1, c = [true] }, other_option = true })`),
			Check: c.check(func() error {
				return expect("the further option", c.options()["future_option"], map[string]any{"b": 1, "c": []any{true}})
			}),
		},
		resource.TestStep{
			Config:           c.config(unprotected + `options = "{ \"other_option\": true, \"future_option\": { \"c\": [true], \"b\": 1 } }"`),
			ConfigPlanChecks: noChange,
		},
		// What the tenant has of its own, and the state therefore does not show, goes when it is null.
		resource.TestStep{
			PreConfig: func() {
				c.tenant.API("PATCH", "/connections/"+c.id(), map[string]any{"options": withOption(c.options(), "third_option", 5)})
			},
			Config: c.config(unprotected + `options = jsonencode({ other_option = true, third_option = null })`),
			Check: c.check(func() error {
				if err := expect("the third option", c.options()["third_option"], nil); err != nil {
					return err
				}
				return expect("the one that is no longer managed", c.options()["future_option"] != nil, true)
			}),
		},
		resource.TestStep{Config: c.config(unprotected + `options = jsonencode({ other_option = true, third_option = null })`), ConfigPlanChecks: noChange},
	)
}

// withOption is all options of a connection with one set, as the API wants them.
func withOption(options map[string]any, key string, value any) map[string]any {
	options = maps.Clone(options)
	options[key] = value
	return options
}

func TestConnectionDriftIsMended(t *testing.T) {
	t.Parallel()
	secret := secretConfig(scriptsURL, 1, unprotected+`
		disable_signup = false
		display_name   = "Legacy users"
		mfa            = { active = true }
		options        = jsonencode({ other_option = true, future_option = { a = 1 } })
	`)
	drifts := map[string]struct {
		change func(options map[string]any)
		mended func(options map[string]any) error
	}{
		"script changed": {
			func(o map[string]any) {
				o["customScripts"].(map[string]any)["login"] = "function login(email, password, callback) { callback(null, {}); }"
			},
			func(o map[string]any) error {
				return expect("login", strings.Contains(member(o, "customScripts", "login").(string), "password_hash"), true)
			},
		},
		"change_email deleted": {
			func(o map[string]any) { delete(o["customScripts"].(map[string]any), "change_email") },
			func(o map[string]any) error {
				return expect("change_email", member(o, "customScripts", "change_email") != nil, true)
			},
		},
		"typed option changed": {
			func(o map[string]any) { o["disable_signup"] = true },
			func(o map[string]any) error { return expect("disable_signup", o["disable_signup"], false) },
		},
		"further option changed": {
			func(o map[string]any) { o["future_option"] = map[string]any{"a": 2, "b": 3} },
			func(o map[string]any) error {
				return expect("the further option", o["future_option"], map[string]any{"a": 1, "b": 3})
			},
		},
		"nested option changed": {
			func(o map[string]any) { o["mfa"] = map[string]any{"active": false, "return_enroll_settings": false} },
			func(o map[string]any) error {
				return expect("mfa", o["mfa"], map[string]any{"active": true, "return_enroll_settings": false})
			},
		},
		"further option gone": {
			func(o map[string]any) { delete(o, "other_option") },
			func(o map[string]any) error { return expect("the further option", o["other_option"], true) },
		},
		"customization switched off": {
			func(o map[string]any) { o["enabledDatabaseCustomization"] = false },
			func(o map[string]any) error {
				return expect("customization", o["enabledDatabaseCustomization"], true)
			},
		},
		"import mode switched on": {
			func(o map[string]any) { o["import_mode"] = true },
			func(o map[string]any) error { return expect("import mode", o["import_mode"], false) },
		},
	}
	for _, name := range slices.Sorted(maps.Keys(drifts)) {
		drift := drifts[name]
		t.Run(name, func(t *testing.T) {
			c := newConnectionTest(t)
			c.steps(
				resource.TestStep{Config: c.config(secret)},
				resource.TestStep{
					PreConfig: c.change(func(o map[string]any) {
						drift.change(o)
						o["configuration"] = map[string]any{"POSTGRES_URL": scriptsURL}
					}),
					Config: c.config(secret), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
					Check: c.check(func() error {
						if err := expect("the configuration sent", member(c.sent("PATCH")[1], "options", "configuration"), map[string]any{"POSTGRES_URL": scriptsURL}); err != nil {
							return err
						}
						return drift.mended(c.options())
					}),
				},
			)
		})
	}
}
