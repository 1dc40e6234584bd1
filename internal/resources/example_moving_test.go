// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

// The example of the guide on moving takes a connection over with the scripts that it has, and changes nothing.
func TestExampleMoving(t *testing.T) {
	t.Setenv("TF_ACC_PROVIDER_NAMESPACE", "auth0") // both providers get it
	t.Setenv("TF_VAR_scripts_url", scriptsURL)
	root, err := devtools.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "examples", "moving")
	text, err := os.ReadFile(filepath.Join(folder, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]any{}
	for operation := range legacyScripts() {
		script, err := os.ReadFile(filepath.Join(folder, "scripts", operation+".js"))
		if err != nil {
			t.Fatal(err)
		}
		scripts[operation] = string(script)
	}

	c := newConnectionTest(t)
	status, answer := c.tenant.API("POST", "/connections", map[string]any{
		"name": "legacy-users", "strategy": "auth0", "display_name": "Legacy users",
		"options": map[string]any{"enabledDatabaseCustomization": true, "customScripts": scripts, "configuration": map[string]any{"POSTGRES_URL": scriptsURL}},
	})
	if status != 201 {
		t.Fatal(status, answer)
	}
	factories := acctest.Factories()
	factories["auth0"] = providerserver.NewProtocol6WithError(officialProvider{})
	const sources = "required_providers {\n    auth0 = { source = \"auth0/auth0\" }\n"
	provider := acctest.ProviderConfig(nil, c.tenant)
	both := "terraform {\n  " + sources + "    auth0pg = { source = \"auth0/auth0pg\" }\n  }\n}\n"
	official := both + fmt.Sprintf(`
variable "scripts_url" {
  type = string
}

resource "auth0_connection" "users" {
  id       = %q
  name     = "legacy-users"
  strategy = "auth0"
  options {
    configuration = { POSTGRES_URL = var.scripts_url }
  }
}
`, answer["id"])
	example := strings.NewReplacer("required_providers {\n", sources, `"auth0pg/auth0pg"`, `"auth0/auth0pg"`, "${path.module}", folder).Replace(string(text))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: provider + official},
			{
				Config: provider + example,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("auth0pg_connection.users", plancheck.ResourceActionNoop)}},
				Check: c.check(func() error { return expect("the number of updates", len(c.sent("PATCH")), 0) }),
			},
			{Config: provider + example, ConfigPlanChecks: noChange},
			{Config: provider + both + "removed {\n  from = auth0pg_connection.users\n  lifecycle {\n    destroy = false\n  }\n}\n"},
		},
	})
}
