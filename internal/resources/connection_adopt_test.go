// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	fwresource "github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// legacyScripts are scripts as somebody wrote them in the dashboard.
func legacyScripts() map[string]any {
	arguments := map[string]string{
		"login": "email, password", "get_user": "email", "create": "user", "verify": "email", "change_password": "email, newPassword", "delete": "id", "change_email": "email, newEmail, verified",
	}
	texts := map[string]any{}
	for op, list := range arguments {
		texts[op] = fmt.Sprintf("function %s(%s, callback) {\n  return callback(null, {});\n}\n", strings.ReplaceAll(op, "delete", "remove"), list)
	}
	return texts
}

// legacyConnection makes a connection elsewhere than in Terraform and returns its id.
func (c *connectionTest) legacyConnection() string {
	c.Helper()
	status, answer := c.tenant.API("POST", "/connections", map[string]any{
		"name": "legacy-users", "strategy": "auth0", "display_name": "Legacy users", "metadata": map[string]any{"team": "a"},
		"options": map[string]any{
			"enabledDatabaseCustomization": true, "customScripts": legacyScripts(), "disable_signup": true, "future_option": map[string]any{"a": 1, "b": 2},
			"configuration": map[string]any{"POSTGRES_URL": scriptsURL, "API_KEY": "An0therS3cret"},
		},
	})
	if status != 201 {
		c.Fatal(status, answer)
	}
	return answer["id"].(string)
}

// legacyConfig describes that connection.
func legacyConfig(more string) string {
	texts, _ := json.Marshal(legacyScripts())
	return `
resource "auth0pg_connection" "test" {
  name         = "legacy-users"
  display_name = "Legacy users"
  scripts { overrides = ` + string(texts) + ` }
  disable_signup = true
  options        = jsonencode({ future_option = { b = 2 } })
  configuration_wo         = { POSTGRES_URL = "` + scriptsURL + `", API_KEY = "An0therS3cret" }
  configuration_wo_version = 1
  ` + more + `
}
`
}

func TestConnectionImportBlock(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	id := c.legacyConnection()
	for name, by := range map[string]string{"id": id, "name": "legacy-users"} {
		t.Run(name, func(t *testing.T) {
			c := &connectionTest{T: t, tenant: c.tenant, name: c.name}
			importBlock := "import {\n  to = auth0pg_connection.test\n  id = \"" + by + "\"\n}\n"
			config := acctest.ProviderConfig(nil, c.tenant) + legacyConfig("enabled_clients = []")
			forget := acctest.ProviderConfig(nil, c.tenant) + "removed {\n  from = auth0pg_connection.test\n  lifecycle {\n    destroy = false\n  }\n}\n"
			c.tenant.Local.ResetRequests()
			c.run(
				resource.TestStep{Config: importBlock + config, ConfigPlanChecks: action(plancheck.ResourceActionNoop)},
				resource.TestStep{Config: config, ConfigPlanChecks: noChange, Check: c.check(func() error { return expect("the number of updates", len(c.sent("PATCH")), 0) })},
				resource.TestStep{Config: forget},
			)
		})
	}
}

func TestConnectionImportThenChange(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.legacyConnection()
	importBlock := "import {\n  to = auth0pg_connection.test\n  id = \"legacy-users\"\n}\n"
	provider := acctest.ProviderConfig(nil, c.tenant)
	c.steps(
		resource.TestStep{Config: importBlock + provider + legacyConfig(unprotected)},
		resource.TestStep{
			Config: provider + legacyConfig(unprotected+"requires_username = true"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				sent := member(c.sent("PATCH")[0], "options", "configuration")
				if err := expect("the configuration sent", sent, map[string]any{"POSTGRES_URL": scriptsURL, "API_KEY": "An0therS3cret"}); err != nil {
					return err
				}
				return expect("the further option", c.options()["future_option"], map[string]any{"a": 1, "b": 2})
			}),
		},
		// The scripts move from the dashboard's to the rendered ones.
		resource.TestStep{
			Config: provider + strings.Replace(legacyConfig(unprotected), "scripts {", connectionStore+"scripts {", 1), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			Config: strings.Replace(c.config(secretConfig(scriptsURL, 2, unprotected)), "requires", "", 1), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("login", strings.Contains(member(c.options(), "customScripts", "login").(string), "password_hash"), true)
			}),
		},
	)
}

func TestConnectionImportOfOtherStrategies(t *testing.T) {
	c := newConnectionTest(t)
	if err := c.tenant.Local.AddConnection([]byte(`{"id":"con_1234567890abcdef","name":"google","strategy":"google-oauth2","options":{}}`)); err != nil {
		t.Fatal(err)
	}
	c.steps(resource.TestStep{
		Config:      "import {\n  to = auth0pg_connection.test\n  id = \"con_1234567890abcdef\"\n}\n" + c.config(""),
		ExpectError: words(`has the strategy "google-oauth2"`),
	})
}

// officialProvider stands for Auth0's own provider, which wrote the state that is moved: the part of its schema
// that matters, kept in the state as it is configured.
type officialProvider struct{ provider.Provider }

func (officialProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "auth0"
}
func (officialProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (officialProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (officialProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }
func (officialProvider) Resources(context.Context) []func() fwresource.Resource {
	return []func() fwresource.Resource{func() fwresource.Resource { return officialConnection{} }}
}

type officialConnection struct{}

func (officialConnection) Metadata(_ context.Context, _ fwresource.MetadataRequest, resp *fwresource.MetadataResponse) {
	resp.TypeName = "auth0_connection"
}

func (officialConnection) Schema(_ context.Context, _ fwresource.SchemaRequest, resp *fwresource.SchemaResponse) {
	texts := schema.MapAttribute{Optional: true, ElementType: types.StringType}
	resp.Schema = schema.Schema{
		Version:    3,
		Attributes: map[string]schema.Attribute{"id": schema.StringAttribute{Required: true}, "name": schema.StringAttribute{Required: true}, "strategy": schema.StringAttribute{Required: true}},
		Blocks: map[string]schema.Block{"options": schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{
			Attributes: map[string]schema.Attribute{"configuration": texts, "custom_scripts": texts, "disable_signup": schema.BoolAttribute{Optional: true}},
		}}},
	}
}

func (officialConnection) Create(_ context.Context, req fwresource.CreateRequest, resp *fwresource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
}
func (officialConnection) Read(context.Context, fwresource.ReadRequest, *fwresource.ReadResponse) {}
func (officialConnection) Update(_ context.Context, req fwresource.UpdateRequest, resp *fwresource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}
func (officialConnection) Delete(context.Context, fwresource.DeleteRequest, *fwresource.DeleteResponse) {
}

func TestConnectionMoved(t *testing.T) {
	moved := "moved {\n  from = auth0_connection.test\n  to   = auth0pg_connection.test\n}\n"
	for name, test := range map[string]struct{ strategy, secret, refused string }{
		"as it is":            {"auth0", scriptsURL, ""},
		"with another secret": {"auth0", otherScriptsURL, "The configured values of POSTGRES_URL are not those that were sent"},
		"of another strategy": {"google-oauth2", scriptsURL, `has the strategy "google-oauth2"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TF_ACC_PROVIDER_NAMESPACE", "auth0")
			c := newConnectionTest(t)
			id := c.legacyConnection()
			factories := acctest.Factories()
			factories["auth0"] = providerserver.NewProtocol6WithError(officialProvider{})
			sources := "terraform {\n  required_providers {\n    auth0 = { source = \"auth0/auth0\" }\n    auth0pg = { source = \"auth0/auth0pg\" }\n  }\n}\n"
			config := sources + acctest.ProviderConfig(nil, c.tenant)
			forget := "removed {\n  from = %s.test\n  lifecycle {\n    destroy = false\n  }\n}\n"
			official := fmt.Sprintf(`
resource "auth0_connection" "test" {
  id       = %q
  name     = "legacy-users"
  strategy = %q
  options {
    configuration  = { POSTGRES_URL = %q, API_KEY = "An0therS3cret" }
    disable_signup = true
  }
}
`, id, test.strategy, test.secret)
			folder := t.TempDir()
			steps := []resource.TestStep{{Config: config + official}}
			if test.refused != "" {
				steps = append(steps, resource.TestStep{Config: config + moved + legacyConfig(""), ExpectError: words(test.refused)},
					resource.TestStep{Config: config + fmt.Sprintf(forget, "auth0_connection")})
			} else {
				steps = append(steps,
					resource.TestStep{
						Config: config + moved + legacyConfig(""), ConfigPlanChecks: action(plancheck.ResourceActionNoop),
						PostApplyFunc: func() {
							for file, text := range files(t, folder) {
								if strings.HasSuffix(file, ".tfstate") && (strings.Contains(text, "Sup3rS3cret") || strings.Contains(text, "An0therS3cret")) {
									t.Errorf("a secret is still in %s", file)
								}
							}
						},
					},
					resource.TestStep{
						Config: config + legacyConfig("requires_username = true"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
						Check: c.check(func() error {
							if err := expect("the number of updates", len(c.sent("PATCH")), 1); err != nil {
								return err
							}
							return expect("the keys", slices.Sorted(maps.Keys(member(c.options(), "configuration").(map[string]any))), "[API_KEY POSTGRES_URL]")
						}),
					},
					resource.TestStep{Config: config + fmt.Sprintf(forget, "auth0pg_connection")},
				)
			}
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: factories, WorkingDir: folder, Steps: steps})
		})
	}
}

// What a refresh may read is bounded, whether or not it looks after the enabled clients.
func TestConnectionRefreshReadsPages(t *testing.T) {
	t.Parallel()
	const n = 6 // more than the reads that are allowed
	for name, clients := range map[string]string{
		"clients not managed": "null",
		"some clients each":   "[local.client]",
		"none, and others":    "count.index == 0 ? [local.client] : []",
	} {
		t.Run(name, func(t *testing.T) {
			c := newConnectionTest(t)
			client, _ := c.tenant.Local.AddClient("app")
			config := acctest.ProviderConfig(nil, c.tenant) + fmt.Sprintf(`
locals {
  client = %q
}
resource "auth0pg_connection" "test" {
  count           = %d
  name            = "legacy-users-${count.index}"
  enabled_clients = %s
  %s
  %s
}
`, client, n, clients, connectionStore, unprotected)
			c.run(
				resource.TestStep{Config: config},
				resource.TestStep{
					PreConfig: func() { c.tenant.Local.ResetRequests() },
					Config:    config, PlanOnly: true,
				},
			)
			perCommand, last := 0, 0
			for _, r := range c.tenant.Local.Requests() {
				if r.Method == "DELETE" {
					break
				}
				if r.Path == "/oauth/token" { // each command asks for one
					last, perCommand = max(last, perCommand), 0
				} else if r.Method == "GET" {
					perCommand++
				}
			}
			if last == 0 || last > 4 {
				t.Errorf("a refresh of %d connections takes %d reads, want at most 4", n, last)
			}
		})
	}
}
