// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TestUsersTableRefusals counts at plan what stands in the way, and names the remedy.
func TestUsersTableRefusals(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	role := db.RoleName("scripts")
	steps := []resource.TestStep{{
		Config: tableConfig(db, dropAtEnd, acctest.Columns(`name = {}, created_at = {}`), `extra_columns = { plan = { type = "text" } }`),
		Check: func(*terraform.State) error {
			db.Exec(`INSERT INTO users (email, password, name, plan) SELECT 'u' || n || '@example.com', 'x', CASE WHEN n > 3 THEN repeat('n', n) END, 'p' || n % 4 FROM generate_series(1, 20) n`)
			db.Exec("CREATE ROLE " + role)
			db.Exec("GRANT SELECT (created_at) ON users TO " + role)
			db.Exec("CREATE VIEW planned AS SELECT plan FROM users")
			db.Exec("ANALYZE users")
			return nil
		},
	}}
	for _, refused := range []struct{ lines, want string }{
		{acctest.Columns(`name = { nullable = false }, created_at = {}`), `(?s)3 rows are null in\s+the column, which is to be NOT NULL.*UPDATE "public"."users" SET "name"`},
		{acctest.Columns(`name = { type = "varchar(10)" }, created_at = {}`), `(?s)10 rows\s+hold\s+a\s+value\s+that\s+character\s+varying\(10\) would not hold\s+unaltered.*SELECT \* FROM`},
		{acctest.Columns(`name = {}, created_at = {}, username = { name = "plan" }`) + "\nextra_columns = {}", `(?s)4 values\s+occur\s+more\s+than\s+once\s+where\s+each\s+must\s+be\s+unique.*GROUP BY 1 HAVING count\(\*\) > 1`},
		{acctest.Columns(`name = { type = "varchar(100)" }, created_at = {}`) + "\nrewrite_row_limit = 10", `(?s)writes every row anew.*about 20 rows\s+\(rewrite_row_limit\s+is\s+10\).*allow_rewrite = true`},
		{acctest.Columns(`name = {}`) + "\ndrop_removed_columns = true", `(?s)"created_at" is\s+granted\s+to\s+scripts_\w+,\s+whose\s+scripts\s+may\s+still\s+use\s+it`},
		{acctest.Columns(`name = {}, created_at = {}`) + "\n" + `extra_columns = { plan = { type = "varchar" } }`, `(?s)while\s+it\s+is\s+used\s+by\s+rule\s+_RETURN\s+on\s+view\s+public.planned`},
		{acctest.Columns(`name = {}, created_at = {}, id = { nullable = true }`), `(?s)belongs\s+to\s+the\s+primary\s+key`},
		{acctest.Columns(`name = { default = "generated always as identity" }, created_at = {}`), `(?s)Column Default Not Usable`},
		{acctest.Columns(`name = { type = "int" }, created_at = {}`), `(?s)Column Type Not Usable.*cannot\s+be\s+cast\s+automatically`},
		{acctest.Columns(`name = {}, created_at = {}`) + "\n" + `extra_columns = { plan = { type = "text" }, must = { type = "int", nullable = false } }`, `(?s)NOT\s+NULL\s+without\s+a\s+default\s+has\s+no\s+value`},
	} {
		steps = append(steps, resource.TestStep{Config: tableConfig(db, dropAtEnd, refused.lines), ExpectError: regexp.MustCompile(refused.want)})
	}
	steps = append(steps, resource.TestStep{
		PreConfig: func() { db.Exec("DROP VIEW planned") },
		Config:    tableConfig(db, dropAtEnd, acctest.Columns(`name = {}, created_at = {}`), `extra_columns = { plan = { type = "text" } }`),
		Check: func(*terraform.State) error {
			if got := db.QueryInt("SELECT count(*) FROM users WHERE plan IS NOT NULL AND created_at IS NOT NULL"); got != 20 {
				return fmt.Errorf("%d rows", got)
			}
			return nil
		},
	})
	testTable(t, steps...)
}

func TestUsersTableChangesAreShown(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	change := func(route, lock string, scans bool, rows knownvalue.Check) knownvalue.Check {
		return knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"route": knownvalue.StringExact(route), "lock": knownvalue.StringExact(lock), "scans": knownvalue.Bool(scans), "rewrites": knownvalue.Bool(false), "rows": rows,
		})
	}
	none, some := knownvalue.Int64Exact(0), knownvalue.Int64Exact(50)
	testTable(t,
		resource.TestStep{Config: tableConfig(db, dropAtEnd)},
		resource.TestStep{
			PreConfig: func() {
				db.Exec("INSERT INTO users (email, password) SELECT 'u' || n || '@example.com', 'x' FROM generate_series(1, 50) n")
				db.Exec("ANALYZE users")
			},
			Config: tableConfig(db, dropAtEnd, acctest.Columns(`username = {}`), `extra_columns = { token = { type = "uuid", default = "gen_random_uuid()" } }`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(tableAddress, tfjsonpath.New("changes"), knownvalue.ListExact([]knownvalue.Check{
					change("catalog", "ACCESS EXCLUSIVE", false, none),
					change("catalog", "ACCESS EXCLUSIVE", false, none),
					change("backfill", "ROW EXCLUSIVE", true, some),
					change("catalog", "ACCESS EXCLUSIVE", false, none),
					change("concurrently", "SHARE UPDATE EXCLUSIVE", true, some),
				})),
			}},
		},
	)
}

// TestUsersTableLookupChanges changes the lookup there and back. The scripts are replaced
// after the table, so the old index stays for one apply more.
func TestUsersTableLookupChanges(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	step := func(lookup string, again bool, indexes ...string) resource.TestStep {
		return resource.TestStep{
			ExpectNonEmptyPlan: again,
			Config:             tableConfig(db, dropAtEnd, fmt.Sprintf("email_lookup = %q", lookup), acctest.Columns(`username = {}`)),
			Check: resource.ComposeAggregateTestCheckFunc(
				expectStore(tableAddress, func(s store.Store) bool { return s.EmailLookup == store.EmailLookup(lookup) }),
				func(*terraform.State) error {
					got := db.QueryStrings(`select pg_get_indexdef(indexrelid, 1, false) from pg_index where indrelid = 'users'::regclass and indisvalid and indisunique and not indisprimary order by 1`)
					if strings.Join(got, ", ") != strings.Join(indexes, ", ") {
						return fmt.Errorf("the indexes are %v, want %v", got, indexes)
					}
					if n := db.QueryInt("SELECT count(*) FROM users"); n != 1 {
						return fmt.Errorf("%d rows", n)
					}
					return nil
				},
			),
		}
	}
	first := step("lower_index", false, "lower(email)", "lower(username)")
	first.Check = func(*terraform.State) error {
		db.Exec("INSERT INTO users (email, username, password) VALUES ('a@example.com', 'a', 'x')")
		return nil
	}
	testTable(t, first,
		step("exact", true, "email", "lower(email)", "lower(username)", "username"),
		step("exact", false, "email", "username"),
		step("citext", false, "email", "username"),
		step("lower_index", true, "email", "lower((email)::text)", "lower((username)::text)", "username"),
		// Back before the former indexes went.
		step("exact", true, "email", "lower((email)::text)", "lower((username)::text)", "username"),
		step("exact", false, "email", "username"),
	)
}

// TestUsersTableFormerIndexGoesLater reads what the plans say of the index that the present
// scripts use, and kills the provider in both applies.
func TestUsersTableFormerIndexGoesLater(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, `email_lookup = "exact"`))
	former := func() bool { return db.QueryBool("SELECT to_regclass('users_email_lower_key') IS NOT NULL") }
	const drop = `DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"users_email_lower_key\"`
	killed := func(finished bool) { // whether the server goes on with the statement
		release, apply := applyBlocked(t, db, w)
		apply.KillProvider()
		if output, exit := apply.Wait(); exit == 0 {
			t.Errorf("the apply succeeded without its provider\n%s", output)
		}
		if !finished {
			db.Exec("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass")
		}
		release()
	}
	killed(true)
	output := w.MustRun("apply", "-auto-approve")
	if !strings.Contains(output, "Former Index Stays For Now") || !strings.Contains(output, "users_email_lower_key") || strings.Contains(output, drop) || !former() {
		t.Errorf("the former index did not stay: %t\n%s", former(), output)
	}
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 2 || !strings.Contains(output, drop) || strings.Contains(output, "Former Index Stays For Now") {
		t.Errorf("the second plan does not drop the former index, exit %d\n%s", exit, output)
	}
	killed(false)
	if !former() {
		t.Fatal("the former index went before its time")
	}
	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 || former() {
		t.Errorf("the third plan is not empty, exit %d, former index: %t\n%s", exit, former(), output)
	}
	if got := db.QueryStrings("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'users'::regclass ORDER BY 1"); strings.Join(got, " ") != "users_email_key users_pkey" {
		t.Errorf("the indexes are %v", got)
	}
}

// TestUsersTableSlowRewrite has a table of few rows that takes longer to write than logins may wait.
func TestUsersTableSlowRewrite(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	const slow = `extra_columns = { slow = { type = "slow", nullable = true, default = "'x'" } }`
	testTable(t,
		resource.TestStep{
			Config: tableConfig(db, dropAtEnd),
			Check: func(*terraform.State) error {
				db.Exec("INSERT INTO users (email, password) SELECT 'u' || n || '@example.com', 'x' FROM generate_series(1, 60) n")
				db.Exec("CREATE FUNCTION slowly(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN true; END'")
				db.Exec("CREATE DOMAIN slow AS text CHECK (slowly(value))")
				return nil
			},
		},
		resource.TestStep{
			Config:      tableConfig(db, dropAtEnd, slow),
			ExpectError: regexp.MustCompile(`(?s)Users Table Not Changed.*not\s+done\s+after\s+2\.1s.*not\s+tried\s+again.*allow_rewrite\s+=\s+true.*raise\s+lock_timeout`),
		},
		resource.TestStep{Config: tableConfig(db, dropAtEnd, slow, "allow_rewrite = true"), Check: resource.TestCheckResourceAttr(tableAddress, "ddl.#", "1")},
	)
}

func TestUsersTableRename(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	config := func(columns string) string { return tableConfig(db, dropAtEnd, acctest.Columns(columns)) }
	testTable(t,
		resource.TestStep{
			Config: config(`password = { type = "varchar(100)" }`),
			Check: func(*terraform.State) error {
				db.Exec("INSERT INTO users (email, password) VALUES ('a@example.com', 'secret')")
				return nil
			},
		},
		resource.TestStep{
			Config: config(`password = { name = "password_hash", renamed_from = "password", type = "varchar(200)" }, email = { name = "mail", renamed_from = "email" }`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(tableAddress, tfjsonpath.New("ddl"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.StringExact(`ALTER TABLE "public"."users" RENAME COLUMN "email" TO "mail"`),
					knownvalue.StringExact(`ALTER TABLE "public"."users" RENAME COLUMN "password" TO "password_hash"`),
					knownvalue.StringExact(`ALTER TABLE "public"."users" ALTER COLUMN "password_hash" TYPE character varying(200)`),
				})),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				expectStore(tableAddress, func(s store.Store) bool { return s.Columns[store.Password].Name == "password_hash" }),
				resource.TestCheckResourceAttr(tableAddress, "email_lookup", "lower_index"),
				func(*terraform.State) error {
					if got := db.QueryString("SELECT password_hash FROM users WHERE lower(mail) = 'a@example.com'"); got != "secret" {
						return fmt.Errorf("the row reads %q", got)
					}
					return nil
				},
			),
		},
		// Once it is done, the old name may go from the configuration.
		resource.TestStep{
			Config: config(`password = { name = "password_hash" }, email = { name = "mail", renamed_from = "email" }`),
			Check:  resource.TestCheckResourceAttr(tableAddress, "ddl.#", "0"),
		},
		// Without renamed_from another name means another column.
		resource.TestStep{
			Config: config(`password = { name = "password_hash" }, email = { name = "mail" }, nickname = { name = "nick" }`),
			Check: func(*terraform.State) error {
				if !db.QueryBool("SELECT count(*) = 2 FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname IN ('nick', 'nickname') AND NOT attisdropped") {
					return fmt.Errorf("the old column did not stay")
				}
				return nil
			},
		},
	)
}

// workspace is a users table under the real command line.
func tableWorkspace(t *testing.T, db *acctest.DB, lines ...string) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": workspaceConfig(db, lines...)})
	return w
}

func workspaceConfig(db *acctest.DB, lines ...string) string {
	return "terraform {\n  required_providers {\n    auth0pg = { source = \"auth0pg/auth0pg\" }\n  }\n}\n" + tableConfig(db, lines...)
}

// TestUsersTableProviderKilled kills the provider while a statement of it waits, with and
// without the server noticing before the next run.
func TestUsersTableProviderKilled(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	db.Exec("INSERT INTO users (email, password) SELECT 'u' || n || '@example.com', 'x' FROM generate_series(1, 500) n")
	for _, lines := range []string{
		acctest.Columns(`username = {}`),
		acctest.Columns(`username = {}, nickname = { nullable = false, default = "'n'" }`),
		acctest.Columns(`username = {}, created_at = {}`) + "\n" + `extra_columns = { token = { type = "uuid", nullable = false, default = "gen_random_uuid()" } }`,
	} {
		db.Exec("UPDATE users SET nickname = 'n'")
		w.Write("main.tf", workspaceConfig(db, dropAtEnd, lines))
		release, apply := applyBlocked(t, db, w)
		apply.KillProvider()
		if output, exit := apply.Wait(); exit == 0 {
			t.Errorf("the apply succeeded without its provider\n%s", output)
		}
		release()
		w.MustRun("apply", "-auto-approve")
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("the plan is not empty\n%s", output)
		}
		if !db.QueryBool("SELECT count(*) = 500 FROM users") || db.QueryBool("SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = 'users'::regclass AND NOT indisvalid)") {
			t.Error("rows are lost or an invalid index is left")
		}
	}
}

// applyBlocked starts an apply whose next statement waits for a lock until it is released.
func applyBlocked(t *testing.T, db *acctest.DB, w *acctest.Workspace) (release func(), apply *acctest.Process) {
	t.Helper()
	holder := db.Conn()
	for _, sql := range []string{"BEGIN", "LOCK TABLE users IN SHARE MODE"} {
		if _, err := holder.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	apply = w.Start("apply", "-auto-approve")
	for range 1000 {
		if db.QueryBool("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)") {
			return func() {
				if _, err := holder.Exec(t.Context(), "COMMIT"); err != nil {
					t.Error(err)
				}
			}, apply
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no statement waits\n%s", apply.Output())
	return nil, nil
}

// TestUsersTableInterrupted presses Ctrl-C while a statement runs: it ends on the server.
func TestUsersTableInterrupted(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, acctest.Columns(`username = {}`)))
	db.Exec("ALTER TABLE users ADD username text") // so that the index is the first statement
	release, apply := applyBlocked(t, db, w)
	const running = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'CREATE UNIQUE INDEX%')"
	if !db.QueryBool(running) {
		t.Error("no statement to interrupt")
	}
	apply.Interrupt()
	began := time.Now()
	output, exit := apply.Wait()
	if exit == 0 || time.Since(began) > 10*time.Second {
		t.Errorf("exit %d after %v\n%s", exit, time.Since(began), output)
	}
	if db.QueryBool(running) {
		t.Error("the statement goes on")
	}
	release()
	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s", output)
	}
	if db.QueryBool("SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = 'users'::regclass AND NOT indisvalid)") {
		t.Error("an invalid index is left")
	}
}

// TestUsersTableCreationInterrupted loses the state right after the table was made.
func TestUsersTableCreationInterrupted(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	w.Write("terraform.tfstate", "")
	if output := w.MustRun("apply", "-auto-approve"); !strings.Contains(output, "Users Table Was Created Before") {
		t.Errorf("no word about the table that is there\n%s", output)
	}
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s", output)
	}
	// With a user in it, it is somebody's.
	db.Exec("INSERT INTO users (email, password) VALUES ('a@example.com', 'x')")
	w.Write("terraform.tfstate", "")
	if output, exit := w.Run("apply", "-auto-approve"); exit != 1 || !strings.Contains(output, "Users Table Exists Already") {
		t.Errorf("exit %d\n%s", exit, output)
	}
}

// TestUsersTableReplaced replaces the table under its own name.
func TestUsersTableReplaced(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	oid := db.QueryString("SELECT 'users'::regclass::oid")
	w.MustRun("apply", "-auto-approve", "-replace="+tableAddress)
	if db.QueryString("SELECT 'users'::regclass::oid") == oid {
		t.Error("it is the same table")
	}
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s", output)
	}
}

// TestUsersTableSavedPlan changes the table between a saved plan and its apply.
func TestUsersTableSavedPlan(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, acctest.Columns(`created_at = {}, nickname = { type = "varchar(50)" }`)))
	w.MustRun("plan", "-out=saved")
	db.Exec("ALTER TABLE users ALTER password DROP NOT NULL")
	output, exit := w.Run("apply", "saved")
	if exit != 1 || !strings.Contains(output, "Table Changed Since Plan") || strings.Contains(output, "bug") {
		t.Errorf("exit %d\n%s", exit, output)
	}
	if db.QueryBool("SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'created_at')") {
		t.Error("a statement ran")
	}
	// The same statements, and what took a moment would now take a rebuild.
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, acctest.Columns(`nickname = { collation = "C" }`)))
	w.MustRun("plan", "-out=saved")
	db.Exec("ALTER TABLE users ALTER password SET NOT NULL")
	db.Exec("CREATE INDEX ON users (nickname)")
	if output, exit := w.Run("apply", "saved"); exit != 1 || !strings.Contains(output, "Table Changed Since Plan") {
		t.Errorf("exit %d\n%s", exit, output)
	}
	// Dropped altogether.
	w.MustRun("plan", "-out=saved")
	db.Exec("DROP TABLE users")
	if output, exit := w.Run("apply", "saved"); exit != 1 || !strings.Contains(output, "Users Table Is Gone") || strings.Contains(output, "bug") {
		t.Errorf("exit %d\n%s", exit, output)
	}
	// Created by somebody else after a plan to create it.
	w.MustRun("plan", "-out=saved")
	db.Exec("CREATE TABLE users (n int)")
	if output, exit := w.Run("apply", "saved"); exit != 1 || !strings.Contains(output, "Users Table Exists Already") || strings.Contains(output, "bug in") {
		t.Errorf("exit %d\n%s", exit, output)
	}
}

// TestUsersTableAppliedTwice applies one change twice at once: the second waits and finds
// it done.
func TestUsersTableAppliedTwice(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	w := tableWorkspace(t, db, dropAtEnd)
	w.MustRun("apply", "-auto-approve")
	db.Exec("INSERT INTO users (email, password) SELECT 'u' || n || '@example.com', 'x' FROM generate_series(1, 30000) n")
	w.Write("main.tf", workspaceConfig(db, dropAtEnd, acctest.Columns(`username = {}`), `extra_columns = { token = { type = "uuid", nullable = false, default = "gen_random_uuid()" } }`))
	w.MustRun("plan", "-out=saved")
	first, second := w.Start("apply", "-lock=false", "saved"), w.Start("apply", "-lock=false", "saved")
	for _, p := range []*acctest.Process{first, second} {
		if output, exit := p.Wait(); exit != 0 {
			t.Errorf("exit %d\n%s", exit, output)
		}
	}
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s", output)
	}
}

// TestUsersTableGeneratedConfiguration lets Terraform write the configuration of legacy tables.
func TestUsersTableGeneratedConfiguration(t *testing.T) {
	t.Parallel()
	var w *acctest.Workspace
	for name, legacy := range legacyTables {
		t.Run(name, func(t *testing.T) {
			db := legacyDatabase(t, name)
			for _, sql := range strings.Split(legacy.sql, ";\n") {
				db.Exec(sql)
			}
			w = acctest.NewWorkspace(t, map[string]string{"main.tf": strings.Split(workspaceConfig(db), "resource \"")[0] +
				fmt.Sprintf("import {\n  to = auth0pg_users_table.users\n  id = %q\n}\n", legacy.id)})
			w.MustRun("plan", "-generate-config-out=generated.tf")
			output, exit := w.Run("plan", "-detailed-exitcode")
			if exit != 0 && !strings.Contains(output, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.") {
				t.Errorf("the plan is not empty\n%s\n%s", output, w.Read("generated.tf"))
			}
			w.MustRun("apply", "-auto-approve")
			if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
				t.Errorf("the plan is not empty after the apply\n%s", output)
			}
		})
	}
}

// TestUsersTableManagedService works as the main user of a managed service: no superuser,
// owner of the database.
func TestUsersTableManagedService(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	_, url := db.MainUser("main_user")
	managed := &acctest.DB{URL: url, Name: db.Name, Server: db.Server}
	testTable(t,
		resource.TestStep{Config: tableConfig(managed, dropAtEnd, `email_lookup = "citext"`)},
		resource.TestStep{
			PreConfig: func() { db.Exec("INSERT INTO users (email, password) VALUES ('a@example.com', 'x')") },
			Config:    tableConfig(managed, dropAtEnd, `email_lookup = "citext"`, acctest.Columns(`username = {}, nickname = { default = "'x'" }`), `extra_columns = { token = { type = "uuid", nullable = false, default = "gen_random_uuid()" } }`),
			Check:     expectIndexes(db, "primary id", "unique email", "unique username"),
		},
	)
	// A table of somebody else's is read, and its change is refused at plan.
	db.Exec("CREATE TABLE theirs (id uuid PRIMARY KEY, email text, password text)")
	theirs := strings.Replace(tableConfig(managed, "columns = { id = {}, email = {}, password = {} }"), `name = "users"`, `name = "theirs"`, 1)
	block := "import {\n  to = auth0pg_users_table.users\n  id = \"theirs\"\n}\n"
	testTable(t,
		resource.TestStep{Config: theirs + block, PlanOnly: true, ExpectNonEmptyPlan: false},
		resource.TestStep{
			Config: strings.Replace(theirs, "email = {}", "email = { nullable = false }", 1) + block, PlanOnly: true,
			ExpectError: regexp.MustCompile(`(?s)the table belongs to the role\s+"postgres"`),
		},
	)
}
