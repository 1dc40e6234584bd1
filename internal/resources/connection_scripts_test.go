// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

func TestConnectionImportMode(t *testing.T) {
	t.Parallel()
	c := anyConnectionTest(t)
	scripts := func(want string) resource.TestCheckFunc {
		return c.check(func() error {
			return expect("the set of scripts", slices.Sorted(maps.Keys(member(c.options(), "customScripts").(map[string]any))), want)
		})
	}
	c.steps(
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
	c.steps(
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
	c.steps(
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

// settings are the members of a `scripts` block that the state shows, with the defaults of the rest.
func settings(set map[string]knownvalue.Check) knownvalue.Check {
	all := map[string]knownvalue.Check{
		"user_id_prefix": knownvalue.Null(), "legacy_hashes": knownvalue.Null(), "overrides": knownvalue.Null(),
		"bcrypt_rounds": knownvalue.Int64Exact(scripts.DefaultBcryptRounds), "bcrypt_prefix": knownvalue.StringExact(scripts.DefaultBcryptPrefix),
		"password_hash": knownvalue.StringExact(scripts.DefaultPasswordHash), "pool_max": knownvalue.Int64Exact(scripts.DefaultPoolMax),
		"database_url_key": knownvalue.StringExact(scripts.DefaultDatabaseURLKey), "ca_key": knownvalue.StringExact(scripts.DefaultCAKey),
		"app_metadata_key": knownvalue.StringExact(scripts.DefaultAppMetadataKey),
		"rehash_on_login":  knownvalue.Bool(false), "import_finished": knownvalue.Bool(false), "forget_migrated_after": knownvalue.Null(),
		"pbkdf2_iterations": knownvalue.Null(), "pepper_key": knownvalue.Null(), "signer_key": knownvalue.Null(),
		"argon2_memory": knownvalue.Int64Exact(scripts.DefaultArgon2Memory), "argon2_passes": knownvalue.Int64Exact(scripts.DefaultArgon2Passes),
	}
	maps.Copy(all, set)
	return knownvalue.ObjectExact(all)
}

// said are the members of a `scripts` block that the state shows of one that was made here: null is what nobody has said.
func said(set map[string]knownvalue.Check) knownvalue.Check {
	all := map[string]knownvalue.Check{}
	for _, name := range []string{
		"user_id_prefix", "legacy_hashes", "overrides", "bcrypt_rounds", "bcrypt_prefix", "password_hash", "pool_max", "database_url_key",
		"ca_key", "app_metadata_key", "rehash_on_login", "import_finished", "forget_migrated_after", "pbkdf2_iterations", "pepper_key",
		"signer_key", "argon2_memory", "argon2_passes",
	} {
		all[name] = knownvalue.Null()
	}
	maps.Copy(all, set)
	return knownvalue.ObjectExact(all)
}

// No block, an empty one and one with the defaults mean the same scripts, and every plan after an apply is empty.
func TestConnectionScriptsBlock(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	step := func(block string, planned plancheck.ResourceActionType, want knownvalue.Check, updates int) []resource.TestStep {
		config := c.config(unprotected + block)
		return []resource.TestStep{
			{
				PreConfig: func() { c.tenant.Local.ResetRequests() },
				Config:    config, ConfigPlanChecks: action(planned),
				ConfigStateChecks: []statecheck.StateCheck{state("scripts", want)},
				Check:             c.check(func() error { return expect("the number of updates with "+block, len(c.sent("PATCH")), updates) }),
			},
			{Config: config, ConfigPlanChecks: noChange},
		}
	}
	const defaults = "scripts {\n bcrypt_rounds = 10\n pool_max = 5\n}"
	numbers := func(pool int64) knownvalue.Check {
		return said(map[string]knownvalue.Check{"bcrypt_rounds": knownvalue.Int64Exact(10), "pool_max": knownvalue.Int64Exact(pool)})
	}
	some := numbers(2)
	c.run(slices.Concat(
		step("", plancheck.ResourceActionCreate, knownvalue.Null(), 0),
		step("scripts {}", plancheck.ResourceActionUpdate, said(nil), 0),
		step(defaults, plancheck.ResourceActionUpdate, numbers(5), 0),
		step("scripts { pool_max = 2 }", plancheck.ResourceActionUpdate, some, 1),
		step("dynamic \"scripts\" {\n for_each = [2]\n content { pool_max = scripts.value }\n}", plancheck.ResourceActionNoop, some, 0),
		step("dynamic \"scripts\" {\n for_each = []\n content {}\n}", plancheck.ResourceActionUpdate, knownvalue.Null(), 1),
	)...)
}

// An import cannot tell no block from one with the defaults: it takes the former, and the latter is an update that
// sends nothing.
func TestConnectionScriptsBlockImported(t *testing.T) {
	t.Parallel()
	importBlock := "import {\n  to = auth0pg_connection.test\n  id = \"legacy-users\"\n}\n"
	forget := "removed {\n  from = auth0pg_connection.test\n  lifecycle {\n    destroy = false\n  }\n}\n"
	for name, test := range map[string]struct {
		made, block string
		planned     plancheck.ResourceActionType
		want        knownvalue.Check
	}{
		"none":         {"", "", plancheck.ResourceActionNoop, knownvalue.Null()},
		"empty":        {"", "scripts {}", plancheck.ResourceActionUpdate, said(nil)},
		"partly empty": {"scripts { pool_max = 2 }", "scripts { pool_max = 2 }", plancheck.ResourceActionNoop, settings(map[string]knownvalue.Check{"pool_max": knownvalue.Int64Exact(2)})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newConnectionTest(t)
			c.steps(
				resource.TestStep{Config: c.config(test.made)},
				resource.TestStep{Config: acctest.ProviderConfig(nil, c.tenant) + forget},
				resource.TestStep{
					Config: importBlock + c.config("enabled_clients = []\n"+test.block), ConfigPlanChecks: action(test.planned),
					ConfigStateChecks: []statecheck.StateCheck{state("scripts", test.want)},
					Check:             c.check(func() error { return expect("the number of updates", len(c.sent("PATCH")), 0) }),
				},
				resource.TestStep{Config: c.config(unprotected + test.block)},
			)
		})
	}
}

// Whether there is a dynamic block may not be known before the apply. Terraform then plans one with unknown members
// and refuses by itself an apply in which there turns out to be none.
func TestConnectionScriptsBlockUnknown(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	config := "resource \"terraform_data\" \"later\" {\n  input = toset([3])\n}\n" +
		c.config(unprotected+"dynamic \"scripts\" {\n for_each = terraform_data.later.output\n content { pool_max = scripts.value }\n}")
	c.run(
		resource.TestStep{Config: config},
		resource.TestStep{Config: config, ConfigPlanChecks: noChange, Check: c.check(func() error {
			login, _ := member(c.options(), "customScripts", "login").(string)
			return expect("the pool of three", regexp.MustCompile(`poolMax"?: 3\b`).MatchString(login), true)
		})},
	)
}

// Terraform writes the configuration of an imported connection, with a block where something is not the default.
func TestConnectionGeneratedConfiguration(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t, nil)
	for name, made := range map[string]string{"defaults": "", "settings": "scripts {\n pool_max = 2\n legacy_hashes = [\"md5\"]\n}"} {
		c := newConnectionTest(t)
		provider := acctest.ProviderConfig(nil, c.tenant)
		required := "terraform {\n  required_providers {\n    auth0pg = { source = \"auth0pg/auth0pg\" }\n  }\n}\n"
		w.Write("main.tf", required+c.config(made))
		w.MustRun("apply", "-auto-approve")
		w.MustRun("state", "rm", "-no-color", connectionAddress)
		w.Write("main.tf", required+provider+"import {\n  to = auth0pg_connection.test\n  id = \"legacy-users\"\n}\n")
		w.MustRun("plan", "-generate-config-out="+name+".tf")
		generated := w.Read(name + ".tf")
		if has := strings.Contains(generated, "scripts {"); has != (name == "settings") {
			t.Errorf("%s: the generated configuration is\n%s", name, generated)
		}
		output, exit := w.Run("plan", "-detailed-exitcode")
		if exit != 0 && !strings.Contains(output, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.") {
			t.Errorf("%s: the plan is not empty\n%s\n%s", name, output, generated)
		}
		w.MustRun("apply", "-auto-approve")
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("%s: the plan is not empty after the apply\n%s", name, output)
		}
		w.MustRun("state", "rm", "-no-color", connectionAddress)
		w.Write(name+".tf", "")
	}
}
