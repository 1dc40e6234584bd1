// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// generatedWorlds are a table with functions in front of it and roles on both.
var generatedWorlds = map[string]struct {
	before, table, functions, through, direct string
	// wants are lines of the generated configuration, blanks folded.
	wants []string
}{
	"default shape": {
		table:   acctest.Columns(""),
		through: `operations = ["login", "get_user"]`, direct: `operations = ["login", "get_user", "create"]`,
		wants: []string{`operations = null`, `operations = ["get_user", "login"]`, `operations = ["create", "get_user", "login"]`},
	},
	"all operations": {
		table:     acctest.Columns(`id = { type = "bigint" }, username = {}, last_login = {}, migrated_at = {}, updated_at = {}, blocked = {}`),
		functions: `rehash_on_login = true`,
		through: `rehash_on_login = true
		operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email", "change_username"]`,
		direct: `operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email", "change_username"]`,
		wants:  []string{`rehash_on_login = true`, `migrated_at = "migrated_at timestamp with time zone"`},
	},
	"a column that is no part": {
		table: `email_lookup = "exact"
		columns       = { id = {}, email = {}, email_verified = {}, password = {}, nickname = {}, name = {} }
		extra_columns = { phone = { type = "text" }, picture = { type = "text" } }`,
		functions: `operations = ["login", "delete"]`, through: `operations = ["delete"]`,
		direct: `operations = ["login", "verify"]`,
		wants:  []string{`email_lookup = "exact"`, `operations = ["delete", "login"]`, `operations = ["delete"]`, `operations = ["get_user", "login", "verify"]`},
	},
	"citext elsewhere": {
		before:  `CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext`,
		table:   "schema = \"app\"\n  email_lookup = \"citext\"\n  " + acctest.Columns("username = {}"),
		through: `operations = ["change_username"]`, direct: `operations = ["change_username", "get_user"]`,
		wants: []string{`"email ext.citext"`, `operations = ["change_username"]`},
	},
}

// Terraform writes the whole configuration of imported functions and roles, and it describes what is there.
func TestGeneratedConfiguration(t *testing.T) {
	t.Parallel()
	for name, world := range pgtest.SomeOf(generatedWorlds) {
		t.Run(name, func(t *testing.T) {
			db := acctest.LocalDatabase(t) // extensions
			schema, through, direct := accessSchema(db), db.RoleName("through"), db.RoleName("direct")
			db.Exec("CREATE SCHEMA app")
			if world.before != "" {
				db.Exec(world.before)
			}
			provider := required + acctest.ProviderConfig(db, nil)
			made := acctest.NewWorkspace(t, map[string]string{"main.tf": provider + fmt.Sprintf(`
resource "auth0pg_users_table" "users" {
  name                 = "users"
  deletion_protection  = false
  drop_table_with_rows = true
  %s
}

resource "auth0pg_access_functions" "access" {
  schema = %q
  table  = auth0pg_users_table.users.store
  %s
}

resource "auth0pg_database_role" "through" {
  name              = %q
  store             = auth0pg_access_functions.access.store
  connection_limit  = 7
  statement_timeout = "5s"
  %s
  %s
}

resource "auth0pg_database_role" "direct" {
  name  = %q
  store = auth0pg_users_table.users.store
  %s
}
`, world.table, schema, world.functions, through, world.through, password("first", 1), direct, world.direct)})
			made.MustRun("apply", "-auto-approve")
			imports := ""
			for address, id := range map[string]string{
				"access_functions.access": schema, "database_role.through": through, "database_role.direct": direct,
			} {
				imports += fmt.Sprintf("import {\n  to = auth0pg_%s\n  id = %q\n}\n", address, id)
			}
			w := acctest.NewWorkspace(t, map[string]string{"main.tf": provider + imports})
			output := w.MustRun("plan", "-generate-config-out=generated.tf")
			generated := w.Read("generated.tf")
			if !strings.Contains(output, "Plan: 3 to import, 0 to add, 0 to change, 0 to destroy.") || strings.Contains(output, "Will Be Revoked") {
				t.Errorf("the first plan is not empty\n%s\n%s", output, generated)
			}
			folded := strings.Join(strings.Fields(generated), " ")
			for _, want := range world.wants {
				if !strings.Contains(folded, want) {
					t.Errorf("the generated configuration lacks %s\n%s", want, generated)
				}
			}
			output, exit := w.Run("plan", "-detailed-exitcode")
			if exit != 0 && !strings.Contains(output, "Plan: 3 to import, 0 to add, 0 to change, 0 to destroy.") {
				t.Errorf("the plan is not empty\n%s\n%s", output, generated)
			}
			w.MustRun("apply", "-auto-approve")
			if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
				t.Errorf("the plan is not empty after the apply\n%s", output)
			}
			if output, exit := made.Run("plan", "-detailed-exitcode"); exit != 0 {
				t.Errorf("the import has changed what was imported\n%s", output)
			}
			w.MustRun("destroy", "-auto-approve")
			made.MustRun("destroy", "-auto-approve")
		})
	}
}

// What was derived is a guess until it is applied: an imported role still loses nothing without a word.
func TestImportedRoleIsToldOfRevocations(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	db.Exec("CREATE TABLE public.elsewhere AS TABLE public.users")
	name := db.RoleName("scripts")
	db.Exec("CREATE ROLE " + name + " LOGIN; GRANT USAGE ON SCHEMA public TO " + name + "; GRANT SELECT, DELETE ON public.users TO " + name)
	cfg := required + roleConfig(db, name, `"login"`)
	moved := strings.Replace(cfg, `name = "users"`, `name = "elsewhere"`, 1)
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": moved})
	w.MustRun("import", roleAddress, name)
	// A store that is not the one that was derived: the role keeps what the former scripts need, once.
	output := w.MustRun("plan")
	if !saying(`Privileges Will Be Revoked.*DELETE ON "public"."users"`).MatchString(output) {
		t.Errorf("no word of what another store takes:\n%s", output)
	}
	w.Write("main.tf", cfg)
	output = w.MustRun("plan")
	if !saying(`Privileges Will Be Revoked.*DELETE ON "public"."users".*SELECT ON "public"."users"`).MatchString(output) {
		t.Errorf("no word of what the operations do not need:\n%s", output)
	}
	w.MustRun("apply", "-auto-approve")
	if got := db.QueryString("SELECT string_agg(privilege_type, ' ') FROM information_schema.role_table_grants WHERE grantee = $1", name); got != "" {
		t.Errorf("the role still holds %s on the table", got)
	}
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty after the apply\n%s", output)
	}
	// From then on it is a role like any other.
	db.Exec("GRANT DELETE ON public.users TO " + name)
	if output := w.MustRun("apply", "-auto-approve"); strings.Contains(output, "Privileges Will Be Revoked") {
		t.Errorf("the role still counts as imported:\n%s", output)
	}
	w.MustRun("destroy", "-auto-approve")
}

// What cannot be told from the server is left to the configuration.
func TestImportedFunctionsThatCannotBeTold(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	schema, role := accessSchema(db), db.RoleName("scripts")
	config := required + accessConfig(t, db, accessStores()["every part"].store, schema, role, `"login"`)
	db.Exec(accessStores()["every part"].ddl)
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": config})
	w.MustRun("apply", "-auto-approve")
	db.Exec("COMMENT ON SCHEMA " + schema + " IS 'ours'")
	w.MustRun("state", "rm", "-no-color", accessAddress)
	output := w.MustRun("import", accessAddress, schema)
	if !saying(`Table Not Derived.*table = auth0pg_users_table.<name>.store`).MatchString(output) {
		t.Errorf("no word of what to write:\n%s", output)
	}
	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty after the apply\n%s", output)
	}
	w.MustRun("destroy", "-auto-approve")
}
