// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// Two databases of one server, each with functions in a schema of the same name: the owner by default is one role, made
// with the first and dropped with the last. Each provider block has a process of its own, as the framework for tests
// would not give it.
func TestAccessFunctionsInTwoDatabases(t *testing.T) {
	t.Parallel()
	first, second := acctest.LocalDatabase(t), acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	first.Exec(variety.ddl)
	second.Exec(variety.ddl)
	schema := accessSchema(first)
	functions := func(name, provider string) string {
		return fmt.Sprintf(`
resource "auth0pg_access_functions" %q {
  provider = %s
  schema   = %q
  table    = %s
}
`, name, provider, schema, storeHCL(variety.store))
	}
	providers := required + acctest.ProviderConfig(first, nil) + strings.Replace(acctest.ProviderConfig(second, nil), "{\n", "{\n  alias = \"second\"\n", 1)
	one, two := functions("first", "auth0pg"), functions("second", "auth0pg.second")
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": providers + one + two})
	settle := func() {
		t.Helper()
		w.MustRun("apply", "-auto-approve")
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("the next plan is not empty (exit code %d):\n%s", exit, output)
		}
	}
	settle()
	w.Write("main.tf", providers+two)
	settle()
	if roleGone(first, schema+"_owner") == nil {
		t.Error("the owner went with the first of its databases")
	}
	w.Write("main.tf", providers+one+two)
	settle()
	w.MustRun("destroy", "-auto-approve")
	if err := roleGone(first, schema+"_owner"); err != nil {
		t.Errorf("without any functions: %v", err)
	}
}

// Only what creates users draws from the sequence of a serial id.
func TestAccessFunctionsSequences(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["serial id, quoted names"]
	db.Exec(variety.ddl)
	schema := accessSchema(db)
	with := func(operations string) string {
		return accessConfig(t, db, variety.store, schema, "", "", "operations = ["+operations+"]")
	}
	privileges := func(n int, sequences ...string) resource.TestStep {
		return resource.TestStep{Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(accessAddress, "owner_sequence_privileges.#", strconv.Itoa(n)),
			func(*terraform.State) error {
				got := db.QueryStrings(`SELECT c.relname::text FROM pg_class c WHERE CASE WHEN c.relkind = 'S' THEN has_sequence_privilege($1, c.oid, 'USAGE') END ORDER BY 1`, schema+"_owner")
				if !slices.Equal(got, sequences) {
					return fmt.Errorf("the owner may use the sequences %q, want %q", got, sequences)
				}
				return nil
			},
		)}
	}
	all, none := privileges(2, "User's_The Id_seq", "User's_n_seq"), privileges(0)
	all.Config, none.Config = with(`"login", "create"`), with(`"login"`)
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{none, all, none}})
}

// Who is a member of the owner can do all that the functions can. The plan says so, whenever that came about.
func TestAccessFunctionsOwnerHasMembers(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	schema, other := accessSchema(db), db.RoleName("other")
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + accessConfig(t, db, variety.store, schema, "", "")})
	w.MustRun("apply", "-auto-approve")
	if output := w.MustRun("plan"); strings.Contains(output, "Owner Has Members") {
		t.Errorf("without a member:\n%s", output)
	}
	db.Exec("CREATE ROLE " + other + "; GRANT " + schema + "_owner TO " + other)
	output, exit := w.Run("plan", "-detailed-exitcode")
	if exit != 0 || !saying("Owner Has Members.*"+other+".*REVOKE \""+schema+"_owner\" FROM \""+other).MatchString(output) {
		t.Errorf("with a member: exit code %d\n%s", exit, output)
	}
	w.MustRun("destroy", "-auto-approve")
}
