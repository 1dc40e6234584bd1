// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func TestConnectionLife(t *testing.T) {
	t.Parallel()
	c := anyConnectionTest(t)
	c.run(
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, "")),
			ConfigPlanChecks: action(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				state("id", knownvalue.StringRegexp(regexp.MustCompile(`^con_`))),
				state("import_mode", knownvalue.Null()),
				state("deletion_protection", knownvalue.Bool(true)),
				state("configuration_wo", knownvalue.Null()),
				state("enabled_clients", knownvalue.Null()),
				state("script_digests", knownvalue.MapPartial(map[string]knownvalue.Check{"login": knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{32}$`))})),
				state("script_changes", knownvalue.MapPartial(map[string]knownvalue.Check{"login": knownvalue.StringRegexp(
					regexp.MustCompile(`^function login\(identifier, password, \.\.\.rest\), \d+\.\d kB: SELECT .*password_hash.* LIMIT 10$`))})),
			},
			Check: resource.ComposeTestCheckFunc(c.check(func() error {
				scripts := slices.Sorted(maps.Keys(member(c.options(), "customScripts").(map[string]any)))
				return expect("the set of scripts", scripts, "[change_email change_password create delete get_user login verify]")
			}), c.checkLocal(func() error {
				body := c.sent("POST")[0]
				if err := expect("what was sent", slices.Sorted(maps.Keys(body)), "[name options strategy]"); err != nil {
					return err
				}
				options := slices.Sorted(maps.Keys(body["options"].(map[string]any)))
				if err := expect("the options sent", options, "[configuration customScripts enabledDatabaseCustomization import_mode]"); err != nil {
					return err
				}
				return expect("the configuration sent", member(body, "options", "configuration"), map[string]any{"POSTGRES_URL": scriptsURL})
			})),
		},
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, `display_name = "Legacy users"`)),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.checkLocal(func() error {
				return expect("the update", c.sent("PATCH"), []map[string]any{{"display_name": "Legacy users"}})
			}),
		},
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, "display_name = \"Legacy users\"\n disable_signup = true")),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: resource.ComposeTestCheckFunc(c.checkLocal(func() error {
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
				return expect("the display name sent", body["display_name"], "Legacy users")
			}), c.check(func() error {
				if err := expect("the display name", c.stored()["display_name"], "Legacy users"); err != nil {
					return err
				}
				return expect("disable_signup", c.options()["disable_signup"], true)
			})),
		},
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, "scripts {\n user_id_prefix = \"legacy\"\n bcrypt_rounds = 12\n }")),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				state("disable_signup", knownvalue.Bool(true)), // not configured any more, and left as it is
			},
			Check: c.check(func() error { return expect("disable_signup", c.options()["disable_signup"], true) }),
		},
		resource.TestStep{
			Config:           c.config(secretConfig(scriptsURL, 1, "scripts {\n user_id_prefix = \"legacy\"\n bcrypt_rounds = 12\n }\n"+unprotected)),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check:            c.checkLocal(func() error { return expect("the number of updates", len(c.sent("PATCH")), 3) }),
		},
		resource.TestStep{
			// The name is taken as soon as the connection exists, and free again after its end.
			Config: acctest.ProviderConfig(nil, c.tenant),
			Check:  c.check(func() error { return expect("the connection", c.stored() == nil, true) }),
		},
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected))},
	)
}

func TestConnectionRemovedElsewhere(t *testing.T) {
	t.Parallel()
	c := anyConnectionTest(t)
	var before string
	c.run(
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected)), Check: c.noted()},
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
	c := anyConnectionTest(t)
	config := c.config(secretConfig(scriptsURL, 1, `
		display_name    = "Legacy users"
		disable_signup  = true
		enabled_clients = []
		scripts {
		  user_id_prefix  = "legacy"
		  bcrypt_rounds   = 12
		  legacy_hashes   = ["ssha", "md5"]
		  rehash_on_login = true
		}
	`))
	verify := func(id string) resource.TestStep {
		return resource.TestStep{
			ResourceName: connectionAddress, ImportState: true, ImportStateId: id, ImportStateVerify: true,
			ImportStateVerifyIgnore: append(optionsBut(map[string]optionCase{"disable_signup": {}, "display_name": {}}), "options", "script_changes"),
		}
	}
	block := func(id string) resource.TestStep {
		return resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: id}
	}
	fails := func(id, want string) resource.TestStep {
		return resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateId: id, ExpectError: words(want)}
	}
	c.run(
		resource.TestStep{Config: config},
		// Of what nobody has configured the import alone has values.
		verify(""), verify(c.name), block(""), block(c.name),
		fails("no-such-"+c.name, `no connection named "no-such-`+c.name+`"`),
		fails("not a name", "neither the id nor the name"),
		fails("con_doesnotexist1", "Cannot import non-existent"),
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected))},
	)
}

func TestConnectionImportOfAllKinds(t *testing.T) {
	t.Parallel()
	for name, attributes := range map[string]string{
		"import mode":     "import_mode = true",
		"import finished": "import_mode = true\nscripts { import_finished = true }",
		"forgets":         "import_mode = true\nscripts { forget_migrated_after = \"1h30m\" }",
		"one override":    `scripts { overrides = { login = "function login(email, password, callback) { callback(null, {}); }" } }`,
		"defaults":        "",
	} {
		t.Run(name, func(t *testing.T) {
			c := anyConnectionTest(t)
			config := func(attributes string) string {
				return strings.Replace(c.config(attributes), "nickname ", "migrated_at = \"migrated_at timestamp with time zone\"\nnickname ", 1)
			}
			c.run(
				resource.TestStep{Config: config(attributes)},
				resource.TestStep{ResourceName: connectionAddress, ImportState: true, ImportStateKind: resource.ImportBlockWithID},
				resource.TestStep{Config: config(attributes + "\n" + unprotected)},
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

// A tenant that does not get done deleting is waited for as long as the configuration says.
func TestConnectionDeleteTimeout(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	deletion := regexp.MustCompile(`^/api/v2/connections/con_[^/]+$`)
	var remove func()
	c.run(
		resource.TestStep{Config: c.config(unprotected + `timeouts = { delete = "3s" }`)},
		resource.TestStep{
			PreConfig: func() {
				still, err := json.Marshal(c.stored())
				if err != nil {
					t.Fatal(err)
				}
				remove = c.tenant.Local.Inject(localtenant.Fault{Method: "GET", Path: deletion, Times: -1, Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: string(still)})
				c.tenant.Local.ResetRequests()
			},
			Config: acctest.ProviderConfig(nil, c.tenant), ExpectError: words("The time given for it ran out"),
		},
		resource.TestStep{
			PreConfig: func() {
				remove()
				requests := c.tenant.Local.Requests()
				sent := slices.IndexFunc(requests, func(r localtenant.Request) bool { return r.Method == "DELETE" })
				if asked := len(requests) - sent - 1; sent < 0 || asked < 1 || asked > 3 { // every two seconds
					t.Errorf("the tenant was asked %d times whether it is done", asked)
				}
			},
			Config: acctest.ProviderConfig(nil, c.tenant),
			Check:  c.check(func() error { return expect("the connection", c.stored() == nil, true) }),
		},
	)
}

// Creation and change end with their time, too.
func TestConnectionTimeouts(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	slow := func(method string) func() {
		return c.tenant.Local.Inject(localtenant.Fault{Method: method, Path: regexp.MustCompile(`^/api/v2/connections`), Times: -1, Latency: 5 * time.Second})
	}
	limits := unprotected + `timeouts = { create = "1s", update = "1s" }` + "\n"
	var remove func()
	c.run(
		resource.TestStep{PreConfig: func() { remove = slow("POST") }, Config: c.config(limits), ExpectError: words("The time given for it ran out")},
		resource.TestStep{PreConfig: func() { remove() }, Config: c.config(unprotected)},
		resource.TestStep{PreConfig: func() { remove = slow("PATCH") }, Config: c.config(limits + "disable_signup = true"), ExpectError: words("The time given for it ran out")},
		resource.TestStep{PreConfig: func() { remove() }, Config: c.config(unprotected + "disable_signup = true")},
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
  ` + strings.Replace(connectionStore, `"public.users"`, "\"public.${terraform_data.later.output.table}\"", 1) + `
  scripts {
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
				plancheck.ExpectUnknownValue(connectionAddress, tfjsonpath.New("script_changes")),
			}},
			Check: c.check(func() error {
				return expect("the configuration sent", member(c.sent("POST")[0], "options", "configuration"), map[string]any{"POSTGRES_URL": scriptsURL})
			}),
		},
	)
}
