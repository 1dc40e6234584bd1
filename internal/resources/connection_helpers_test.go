// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
  store = jsonencode({
    table = "public.users", email_lookup = "lower_index"
    columns = {
      id             = "id uuid"
      email          = "email text"
      email_verified = "email_verified boolean"
      password       = "password_hash text"
      nickname       = "nickname text"
    }
  })
`

// secretConfig adds the configuration in a given version.
func secretConfig(url string, version int, more string) string {
	return fmt.Sprintf("configuration_wo = { POSTGRES_URL = %q }\n  configuration_wo_version = %d\n  %s", url, version, more)
}

// unprotected lets a test end with the connection deleted.
const unprotected = "deletion_protection = false\n  delete_with_users = true\n"

// connectionTest drives one connection.
type connectionTest struct {
	*testing.T
	tenant *acctest.TenantHandle
	name   string
	known  string // the id as it was in the last state
}

// newConnectionTest is a test in a tenant of its own, which it may do anything to.
func newConnectionTest(t *testing.T) *connectionTest {
	t.Helper()
	return connectionTestWith(t, localtenant.Options{})
}

func connectionTestWith(t *testing.T, o localtenant.Options) *connectionTest {
	t.Helper()
	return &connectionTest{T: t, tenant: acctest.TenantWith(t, o), name: "legacy-users"}
}

// anyConnectionTest is a test that also runs in a real tenant, which holds connections of others and may not be
// looked into.
func anyConnectionTest(t *testing.T) *connectionTest {
	t.Helper()
	return &connectionTest{T: t, tenant: acctest.Tenant(t), name: "auth0pg-test-" + strings.ToLower(rand.Text()[:10])}
}

func (c *connectionTest) run(steps ...resource.TestStep) {
	c.Helper()
	resource.UnitTest(c, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
}

// steps is run without the command line.
func (c *connectionTest) steps(steps ...resource.TestStep) {
	c.Helper()
	acctest.Steps(c, steps...)
}

// config is a connection with the attributes given, beside store and name.
func (c *connectionTest) config(attributes string) string {
	return acctest.ProviderConfig(nil, c.tenant) + fmt.Sprintf(`
resource "auth0pg_connection" "test" {
  name = %q
  %s
  %s
}
`, c.name, connectionStore, attributes)
}

// stored is the connection as the tenant shows it, nil when there is none. Lists lag behind in a real tenant, so it is
// read by its id where that is known.
func (c *connectionTest) stored() map[string]any {
	c.Helper()
	if c.known != "" {
		if status, found := c.tenant.API("GET", "/connections/"+c.known, nil); status == 200 && found["name"] == c.name {
			return found
		}
	}
	status, found := c.tenant.API("GET", "/connections?name="+c.name+"&take=10", nil)
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
	return func(s *terraform.State) error {
		if found := s.RootModule().Resources[connectionAddress]; found != nil && found.Primary != nil {
			c.known = found.Primary.ID
		}
		return test()
	}
}

// noted checks nothing and keeps the id, for a step that comes before one that changes the connection elsewhere.
func (c *connectionTest) noted() resource.TestCheckFunc {
	return c.check(func() error { return nil })
}

// checkLocal is check for what only a local tenant tells: what it was sent.
func (c *connectionTest) checkLocal(test func() error) resource.TestCheckFunc {
	return c.check(func() error {
		if c.tenant.Local == nil {
			return nil
		}
		return test()
	})
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

// files returns the text of every file below a folder.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() { // the test's own folder is linked
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
