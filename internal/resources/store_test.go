// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// storeOfRole is a role whose store is an expression.
func storeOfRole(db *acctest.DB, name, expression string) string {
	return strings.Replace(roleConfig(db, name, `"login"`), roleStore, expression, 1)
}

// A store by hand: another text of it is no change, and what is none is refused where it stands.
func TestStoreIsOneString(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	respelt := strings.NewReplacer("jsonencode(", "replace(jsonencode(", "  })", `  }), ",", " ,\n")`).Replace(roleStore)
	refused := func(expression, want string) resource.TestStep {
		return resource.TestStep{Config: storeOfRole(db, name, expression), PlanOnly: true, ExpectError: regexp.MustCompile(want)}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			refused(`"users"`, `(?s)Not A Store.*store\s+= "users".*not JSON`),
			refused(strings.Replace(roleStore, "password = ", "pasword = ", 1), `(?s)Not A Store.*"pasword".*the\s+nearest\s+is\s+"password"`),
			refused(strings.Replace(roleStore, "table =", "tabel =", 1), `(?s)Not A Store.*"tabel"`),
			{Config: storeOfRole(db, name, roleStore)},
			{
				Config:           storeOfRole(db, name, respelt),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}

// A change of the store is read line by line, at the table and at whatever takes it, and what is not known yet is said to be so.
func TestStoreInAPlan(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	consumer := "resource \"auth0pg_database_role\" \"scripts\" {\n  name = \"" + db.RoleName("scripts") + "\"\n" +
		"  store = auth0pg_access_functions.access.store\n  operations = [\"login\"]\n}\n" +
		"resource \"auth0pg_access_functions\" \"access\" {\n  schema = \"" + accessSchema(db) + "\"\n  table = auth0pg_users_table.users.store\n}\n"
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": workspaceConfig(db, dropAtEnd) + consumer})
	w.MustRun("apply", "-auto-approve")
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, acctest.Columns(`last_login = {}`))+consumer)
	output := w.MustRun("plan")
	if n := strings.Count(output, "jsonencode("); n < 4 {
		t.Errorf("%d stores are shown line by line\n%s", n, output)
	}
	if n := len(regexp.MustCompile(`\+ last_login\s+= "last_login `).FindAllString(output, -1)); n < 4 {
		t.Errorf("%d changes show the new column alone\n%s", n, output)
	}
	unknown := "resource \"terraform_data\" \"name\" {\n  input = \"nick\"\n}\n"
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, acctest.Columns(`nickname = { name = terraform_data.name.output }`))+consumer+unknown)
	if output := w.MustRun("plan"); !regexp.MustCompile(`store\s+= jsonencode\([^)]*\) -> \(known after apply\)|\(known after apply\)`).MatchString(output) {
		t.Errorf("what is not known is shown\n%s", output)
	}
	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s", output)
	}
	w.MustRun("destroy", "-auto-approve")
}
