// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

const (
	connectionAddress = "auth0pg_connection.test"
	scriptsURL        = "postgres://scripts:Sup3rS3cretOne@db.example:5432/app"
	otherScriptsURL   = "postgres://scripts:Sup3rS3cretTwo@db.example:5432/app"
)

const connectionStore = `
  store = {
    kind = "table", schema = "public", table = "users", id_type = "uuid", email_lookup = "lower_index"
    columns = {
      id             = { name = "id", type = "uuid" }
      email          = { name = "email", type = "text" }
      email_verified = { name = "email_verified", type = "boolean" }
      password       = { name = "password_hash", type = "text" }
      nickname       = { name = "nickname", type = "text" }
    }
  }
`

// connectionConfig is a connection with the attributes given, beside store and name.
func connectionConfig(tenant *acctest.TenantHandle, attributes string) string {
	return acctest.ProviderConfig(nil, tenant) + fmt.Sprintf(`
resource "auth0pg_connection" "test" {
  name = "legacy-users"
  %s
  %s
}
`, connectionStore, attributes)
}

// secretConfig adds the configuration in a given version.
func secretConfig(url string, version int, more string) string {
	return fmt.Sprintf("configuration_wo = { POSTGRES_URL = %q }\n  configuration_wo_version = %d\n  %s", url, version, more)
}

// unprotected lets a test end with the connection deleted.
const unprotected = "deletion_protection = false\n  delete_with_users = true\n"

// connectionTest drives one connection in a tenant of its own.
type connectionTest struct {
	*testing.T
	tenant *acctest.TenantHandle
}

func newConnectionTest(t *testing.T) *connectionTest {
	t.Helper()
	return &connectionTest{t, acctest.TenantWith(t, localtenant.Options{})}
}

func (c *connectionTest) run(steps ...resource.TestStep) {
	c.Helper()
	resource.UnitTest(c, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
}

func (c *connectionTest) config(attributes string) string {
	return connectionConfig(c.tenant, attributes)
}

// stored is the connection as the tenant shows it, nil when there is none.
func (c *connectionTest) stored() map[string]any {
	c.Helper()
	status, found := c.tenant.API("GET", "/connections?name=legacy-users&take=10", nil)
	list, _ := found["connections"].([]any)
	if status != 200 || len(list) == 0 {
		return nil
	}
	return list[0].(map[string]any)
}

func (c *connectionTest) id() string { return c.stored()["id"].(string) }

func (c *connectionTest) options() map[string]any {
	options, _ := c.stored()["options"].(map[string]any)
	return options
}

// change writes options elsewhere than in Terraform: those stored, changed by a function.
func (c *connectionTest) change(edit func(options map[string]any)) func() {
	return func() {
		c.Helper()
		options := c.options()
		edit(options)
		c.patch(map[string]any{"options": options})
	}
}

func (c *connectionTest) patch(body map[string]any) {
	c.Helper()
	if status, answer := c.tenant.API("PATCH", "/connections/"+c.id(), body); status != 200 {
		c.Fatalf("the connection could not be changed: %d %v", status, answer)
	}
}

// check wraps a test of the tenant's state.
func (c *connectionTest) check(test func() error) resource.TestCheckFunc {
	return func(*terraform.State) error { return test() }
}

// sent lists the bodies that the provider sent with a method to connections since the last reset.
func (c *connectionTest) sent(method string) []map[string]any {
	var bodies []map[string]any
	for _, r := range c.tenant.Local.Requests() {
		if r.Method == method && regexp.MustCompile(`^/api/v2/connections(/[^/]+)?$`).MatchString(r.Path) {
			var body map[string]any
			if err := json.Unmarshal(r.Body, &body); err != nil {
				c.Fatalf("%s %s has no JSON body: %v", r.Method, r.Path, err)
			}
			bodies = append(bodies, body)
		}
	}
	return bodies
}

func action(want plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(connectionAddress, want)}}
}

var noChange = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}

func state(attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(connectionAddress, tfjsonpath.New(attribute), want)
}

// member walks into nested objects.
func member(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func expect(what string, got, want any) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

func TestConnectionLife(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.run(
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, "")),
			ConfigPlanChecks: action(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				state("id", knownvalue.StringRegexp(regexp.MustCompile(`^con_`))),
				state("import_mode", knownvalue.Bool(false)),
				state("deletion_protection", knownvalue.Bool(true)),
				state("configuration_wo", knownvalue.Null()),
				state("enabled_clients", knownvalue.Null()),
				state("rendered_scripts", knownvalue.MapPartial(map[string]knownvalue.Check{"login": knownvalue.StringRegexp(regexp.MustCompile(`password_hash`))})),
			},
			Check: c.check(func() error {
				scripts := slices.Sorted(maps.Keys(member(c.options(), "customScripts").(map[string]any)))
				if err := expect("the set of scripts", scripts, "[change_email change_password create delete get_user login verify]"); err != nil {
					return err
				}
				body := c.sent("POST")[0]
				if err := expect("what was sent", slices.Sorted(maps.Keys(body)), "[name options strategy]"); err != nil {
					return err
				}
				options := slices.Sorted(maps.Keys(body["options"].(map[string]any)))
				if err := expect("the options sent", options, "[configuration customScripts enabledDatabaseCustomization import_mode]"); err != nil {
					return err
				}
				return expect("the configuration sent", member(body, "options", "configuration"), map[string]any{"POSTGRES_URL": scriptsURL})
			}),
		},
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, "")), ConfigPlanChecks: noChange},
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, `display_name = "Legacy users"`)),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("the update", c.sent("PATCH"), []map[string]any{{"display_name": "Legacy users"}})
			}),
		},
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, "display_name = \"Legacy users\"\n disable_signup = true")),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				body := c.sent("PATCH")[1]
				options := body["options"].(map[string]any)
				for _, kept := range []string{"authentication_methods", "passkey_options", "brute_force_protection", "mfa", "password_options", "strategy_version", "customScripts"} {
					if options[kept] == nil {
						return fmt.Errorf("the update leaves out %s", kept)
					}
				}
				if err := expect("the configuration sent", options["configuration"], map[string]any{"POSTGRES_URL": scriptsURL}); err != nil {
					return err
				}
				if err := expect("the display name sent", body["display_name"], "Legacy users"); err != nil {
					return err
				}
				return expect("disable_signup", c.options()["disable_signup"], true)
			}),
		},
		resource.TestStep{
			Config: c.config(secretConfig(scriptsURL, 1, `
				scripts = { user_id_prefix = "legacy", bcrypt_rounds = 12 }
				options = jsonencode({ future_option = { b = 1, c = [true] }, other_option = true })
			`)),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				state("disable_signup", knownvalue.Bool(true)), // not configured any more, and left as it is
			},
			Check: c.check(func() error {
				if err := expect("the further option", c.options()["future_option"], map[string]any{"b": 1, "c": []any{true}}); err != nil {
					return err
				}
				return expect("disable_signup", c.options()["disable_signup"], true)
			}),
		},
		resource.TestStep{
			Config: c.config(secretConfig(scriptsURL, 1, `
				scripts = { user_id_prefix = "legacy", bcrypt_rounds = 12 }
				options = jsonencode({ other_option = true, future_option = { c = [true], b = 1 } })
			`) + unprotected),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check:            c.check(func() error { return expect("the number of updates", len(c.sent("PATCH")), 3) }),
		},
		resource.TestStep{
			// The name is taken as soon as the connection exists, and free again after its end.
			Config: acctest.ProviderConfig(nil, c.tenant),
			Check:  c.check(func() error { return expect("the connection", c.stored() == nil, true) }),
		},
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected))},
	)
}

func TestConnectionUnmanagedOptionsSurvive(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.run(
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
			c.run(
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

func TestConnectionScriptSpacingIsNoDrift(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.run(
		resource.TestStep{Config: c.config(unprotected)},
		resource.TestStep{
			PreConfig: c.change(func(o map[string]any) {
				scripts := o["customScripts"].(map[string]any)
				scripts["login"] = strings.ReplaceAll(scripts["login"].(string), "\n", " \r\n") + "\n\n"
			}),
			Config: c.config(unprotected), ConfigPlanChecks: noChange,
		},
	)
}

func TestConnectionRemovedElsewhere(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	var before string
	c.run(
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected))},
		resource.TestStep{
			PreConfig: func() {
				before = c.id()
				c.tenant.API("DELETE", "/connections/"+before, nil)
			},
			Config:           c.config(secretConfig(scriptsURL, 1, unprotected)),
			ConfigPlanChecks: action(plancheck.ResourceActionCreate),
			Check:            c.check(func() error { return expect("a new connection", c.id() != before, true) }),
		},
	)
}

func TestConnectionImport(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	config := c.config(secretConfig(scriptsURL, 1, `
		display_name    = "Legacy users"
		disable_signup  = true
		enabled_clients = []
		scripts         = { user_id_prefix = "legacy", bcrypt_rounds = 12, legacy_hashes = ["ssha", "md5"], rehash_on_login = true }
	`))
	verify := func(id string) resource.TestStep {
		// What no attribute stands for is taken over into options.
		return resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateId: id, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"options"}}
	}
	block := func(id string) resource.TestStep {
		return resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: id}
	}
	fails := func(id, want string) resource.TestStep {
		return resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateId: id, ExpectError: words(want)}
	}
	c.run(
		resource.TestStep{Config: config},
		verify(""), verify("legacy-users"), block(""), block("legacy-users"),
		fails("no-such-name", `no connection named "no-such-name"`),
		fails("not a name", "neither the id nor the name"),
		fails("con_doesnotexist1", "Cannot import non-existent"),
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected))},
	)
}

func TestConnectionImportOfAllKinds(t *testing.T) {
	t.Parallel()
	for name, attributes := range map[string]string{
		"import mode":     "import_mode = true",
		"import finished": "import_mode = true\nscripts = { import_finished = true }",
		"one override":    `scripts = { overrides = { login = "function login(email, password, callback) { callback(null, {}); }" } }`,
		"defaults":        "",
	} {
		t.Run(name, func(t *testing.T) {
			c := newConnectionTest(t)
			c.run(
				resource.TestStep{Config: c.config(attributes)},
				resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateKind: resource.ImportBlockWithID},
				resource.TestStep{Config: c.config(attributes + "\n" + unprotected)},
			)
		})
	}
}

func TestConnectionEnabledClients(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	one, _ := c.tenant.Local.AddClient("one")
	two, _ := c.tenant.Local.AddClient("two")
	enabled := func() []string {
		_, answer := c.tenant.API("GET", "/connections/"+c.id()+"/clients", nil)
		ids := []string{}
		for _, client := range answer["clients"].([]any) {
			ids = append(ids, client.(map[string]any)["client_id"].(string))
		}
		slices.Sort(ids)
		return ids
	}
	clients := func(ids ...string) string {
		list, _ := json.Marshal(append([]string{}, ids...))
		return unprotected + "enabled_clients = " + string(list)
	}
	both := []string{one, two}
	slices.Sort(both)
	c.run(
		resource.TestStep{Config: c.config(unprotected)},
		resource.TestStep{
			PreConfig: func() {
				c.tenant.API("PATCH", "/connections/"+c.id()+"/clients", []map[string]any{{"client_id": one, "status": true}})
			},
			Config: c.config(unprotected), ConfigPlanChecks: noChange,
		},
		resource.TestStep{
			Config: c.config(clients(one, two)), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error { return expect("the enabled clients", enabled(), both) }),
		},
		resource.TestStep{
			PreConfig: func() {
				c.tenant.API("PATCH", "/connections/"+c.id()+"/clients", []map[string]any{{"client_id": one, "status": false}})
			},
			Config: c.config(clients(one, two)), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error { return expect("the enabled clients", enabled(), both) }),
		},
		resource.TestStep{
			Config: c.config(clients(two)), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error { return expect("the enabled clients", enabled(), []string{two}) }),
		},
		// Not configured any more: left as they are.
		resource.TestStep{Config: c.config(unprotected), ConfigPlanChecks: noChange},
		resource.TestStep{
			Config: c.config(clients()), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error { return expect("the enabled clients", enabled(), []string{}) }),
		},
	)
}

func TestConnectionImportMode(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
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
	c := newConnectionTest(t)
	override := func(text string) string {
		quoted, _ := json.Marshal(text)
		return unprotected + "scripts = { overrides = { login = " + string(quoted) + " } }"
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

func TestConnectionUnknownValues(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	config := acctest.ProviderConfig(nil, c.tenant) + `
resource "terraform_data" "later" {
  input = {
    name = "legacy-users", table = "users", url = "` + scriptsURL + `", prefix = "legacy"
    login = "function login(email, password, callback) { callback(null, {}); }"
  }
}
resource "auth0pg_connection" "test" {
  name = terraform_data.later.output.name
  ` + strings.Replace(connectionStore, `"users"`, "terraform_data.later.output.table", 1) + `
  scripts = {
    user_id_prefix = terraform_data.later.output.prefix
    overrides      = { login = terraform_data.later.output.login }
  }
  configuration_wo         = { POSTGRES_URL = terraform_data.later.output.url }
  configuration_wo_version = 1
  ` + unprotected + `
}
`
	c.run(
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(connectionAddress, tfjsonpath.New("rendered_scripts")),
			}},
			Check: c.check(func() error {
				return expect("the configuration sent", member(c.sent("POST")[0], "options", "configuration"), map[string]any{"POSTGRES_URL": scriptsURL})
			}),
		},
		resource.TestStep{Config: config, ConfigPlanChecks: noChange},
	)
}

// files returns the text of every file below a folder.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
