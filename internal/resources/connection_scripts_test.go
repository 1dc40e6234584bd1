// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

func TestConnectionImportMode(t *testing.T) {
	t.Parallel()
	c := anyConnectionTest(t)
	scripts := func(want string) resource.TestCheckFunc {
		return c.check(func() error {
			return expect("the set of scripts", slices.Sorted(maps.Keys(member(c.options(), "customScripts").(map[string]any))), want)
		})
	}
	c.run(
		resource.TestStep{
			Config: c.config(unprotected + "import_mode = true"),
			Check: resource.ComposeTestCheckFunc(scripts("[get_user login]"), c.check(func() error {
				return expect("import mode", c.options()["import_mode"], true)
			})),
		},
		resource.TestStep{Config: c.config(unprotected + "import_mode = true"), ConfigPlanChecks: noChange},
		resource.TestStep{
			Config: c.config(unprotected + "import_mode = false"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: scripts("[change_email change_password create delete get_user login verify]"),
		},
		resource.TestStep{
			Config: c.config(unprotected + "import_mode = true"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: scripts("[get_user login]"),
		},
	)
}

func TestConnectionOverrides(t *testing.T) {
	t.Parallel()
	c := anyConnectionTest(t)
	override := func(text string) string {
		quoted, _ := json.Marshal(text)
		return unprotected + "scripts { overrides = { login = " + string(quoted) + " } }"
	}
	own := "function login(email, password, callback) {\n  callback(new WrongUsernameOrPasswordError(email));\n}\n"
	c.run(
		resource.TestStep{
			Config: c.config(override(own)),
			Check:  c.check(func() error { return expect("login", member(c.options(), "customScripts", "login"), own) }),
		},
		resource.TestStep{Config: c.config(override(own)), ConfigPlanChecks: noChange},
		resource.TestStep{Config: c.config(override(strings.ReplaceAll(own, "\n", "\r\n"))), ConfigPlanChecks: noChange},
		resource.TestStep{
			Config: c.config(unprotected), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("login", strings.Contains(member(c.options(), "customScripts", "login").(string), "password_hash"), true)
			}),
		},
	)
}

func TestConnectionScriptSpacingIsNoDrift(t *testing.T) {
	t.Parallel()
	c := anyConnectionTest(t)
	c.run(
		resource.TestStep{Config: c.config(unprotected), Check: c.noted()},
		resource.TestStep{
			PreConfig: c.change(func(o map[string]any) {
				scripts := o["customScripts"].(map[string]any)
				scripts["login"] = strings.ReplaceAll(scripts["login"].(string), "\n", " \r\n") + "\n\n"
			}),
			Config: c.config(unprotected), ConfigPlanChecks: noChange,
		},
	)
}
