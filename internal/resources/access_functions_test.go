// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const accessAddress = "auth0pg_access_functions.access"

// accessConfig is functions in front of a table and, unless role is "", a role that uses them.
func accessConfig(t *testing.T, db *acctest.DB, table store.Store, schema, role, operations string, lines ...string) string {
	t.Helper()
	text := acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
resource "auth0pg_access_functions" "access" {
  schema = %q
  table  = %s
  %s
}
`, schema, storeHCL(table), strings.Join(lines, "\n  "))
	if role == "" {
		return text
	}
	return text + fmt.Sprintf(`
resource "auth0pg_database_role" "scripts" {
  name       = %q
  operations = [%s]
  store      = auth0pg_access_functions.access.store
  %s
}
`, role, operations, password("first", 1))
}

// accessSchema names a schema whose owner is dropped after the test, too.
func accessSchema(db *acctest.DB) string {
	return strings.TrimSuffix(db.RoleName("access")+"_owner", "_owner")
}

// Every statement of every operation gives the same through the functions as on the table,
// whatever the table is like, and the role can call nothing else.
func TestAccessFunctionsStandForTheTable(t *testing.T) {
	t.Parallel()
	for name, variety := range accessStores() {
		t.Run(name, func(t *testing.T) {
			db := acctest.LocalDatabase(t)
			db.Exec(variety.ddl)
			db.Exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC") // the default before PostgreSQL 15
			table := pgx.Identifier{variety.store.Table().Schema, variety.store.Table().Name}.Sanitize()
			schema, role := "Fun \"ctions", db.RoleName("scripts")
			owner := db.RoleName("owner")
			db.Exec("ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY; ALTER TABLE " + table + " FORCE ROW LEVEL SECURITY")
			operations := []scripts.Operation{}
			for _, op := range scripts.Operations() {
				if len(scripts.MissingParts(variety.store, op)) == 0 {
					operations = append(operations, op)
				}
			}
			quoted := strings.Join(strings.Fields(fmt.Sprintf("%q", operations)), ",")
			cfg := accessConfig(t, db, variety.store, schema, role, strings.Trim(quoted, "[]"), fmt.Sprintf("owner = %q", owner), "rehash_on_login = true")
			cfg = strings.Replace(cfg, "  operations =", "  rehash_on_login = true\n  operations =", 1)
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{
					{
						Config: cfg,
						Check: func(*terraform.State) error {
							for _, op := range operations {
								compareOperation(t, db, role, schema, variety.store, op, scripts.RehashOnLogin)
							}
							return onlyFunctions(db, role, schema)
						},
					},
				},
				CheckDestroy: func(*terraform.State) error { return errors.Join(roleGone(db, role), roleGone(db, owner)) },
			})
			if got := db.QueryInt("SELECT count(*) FROM pg_policy"); got != 0 {
				t.Errorf("%d policies are left", got)
			}
		})
	}
}

// compareOperation runs each statement of the operation on the table as the administrator
// and through its function as the role, on the same rows.
func compareOperation(t *testing.T, db *acctest.DB, role, schema string, table store.Store, op scripts.Operation, features ...scripts.Feature) {
	t.Helper()
	through := table.Through(schema)
	direct, err := scripts.Statements(table, op, features...)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := scripts.Statements(through, op, features...)
	if err != nil {
		t.Fatal(err)
	}
	admin, user := db.Conn(), db.ConnTo(db.URLFor(role, "first"))
	defer user.Close(context.Background()) //nolint:errcheck // a role with sessions is not dropped
	for i := range direct {
		want := runOnSample(t, admin, db, table, direct[i])
		got := runOnSample(t, user, db, table, calls[i])
		if got != want {
			t.Errorf("%s %s: the function gives\n%s, the table\n%s", op, direct[i].Name, got, want)
		}
	}
}

// runOnSample runs a statement on a table with one user and tells what it returned and what
// became of the user.
func runOnSample(t *testing.T, conn *pgx.Conn, db *acctest.DB, table store.Store, statement scripts.Statement) string {
	t.Helper()
	name := pgx.Identifier{table.Table().Schema, table.Table().Name}.Sanitize()
	db.Exec("TRUNCATE " + name + " RESTART IDENTITY")
	var columns, values []string
	for _, part := range []store.Part{store.ID, store.Email, store.Password, store.Username} {
		if column, ok := table.Columns[part]; ok && (part != store.ID || column.Type == "uuid") {
			columns = append(columns, pgx.Identifier{column.Name}.Sanitize())
			values = append(values, "'"+sample(table, scripts.Param{Part: part})+"'")
		}
	}
	db.Exec(fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", name, strings.Join(columns, ", "), strings.Join(values, ", ")))
	var arguments []any
	for _, param := range statement.Params {
		arguments = append(arguments, sample(table, param))
	}
	rows, err := conn.Query(context.Background(), statement.SQL, arguments...)
	if err != nil {
		return err.Error()
	}
	returned, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return fmt.Sprint(values), err
	})
	if err != nil {
		return "error " + err.Error()
	}
	if !statement.ReadOnly {
		// A function answers each changed row with true, where the statement has a count only.
		returned = []string{fmt.Sprint(rows.CommandTag().RowsAffected())}
	}
	left := db.QueryStrings(fmt.Sprintf("SELECT regexp_replace(u::text, '[0-9-]{10} [0-9:.+]+', 'time', 'g') FROM %s u ORDER BY 1", name))
	if statement.Name == "insert" {
		left = []string{fmt.Sprint(len(left))} // the new id differs
	}
	return strings.Join(returned, "\n") + " leaving " + strings.Join(left, "\n")
}

// onlyFunctions tries every privilege on every object of the database.
func onlyFunctions(db *acctest.DB, role, schema string) error {
	excess := db.QueryStrings(`
WITH own AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
SELECT 'table ' || c.oid::regclass || ' ' || p FROM pg_class c, unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) p
 WHERE c.relnamespace IN (SELECT oid FROM own) AND c.relkind IN ('r','p','v','m','f') AND has_table_privilege($1, c.oid, p)
UNION ALL
SELECT 'column ' || c.oid::regclass || ' ' || p FROM pg_class c, unnest(ARRAY['SELECT','INSERT','UPDATE','REFERENCES']) p
 WHERE c.relnamespace IN (SELECT oid FROM own) AND c.relkind IN ('r','p','v','m','f') AND has_any_column_privilege($1, c.oid, p)
UNION ALL
SELECT 'sequence ' || c.oid::regclass || ' ' || p FROM pg_class c, unnest(ARRAY['USAGE','SELECT','UPDATE']) p
 WHERE c.relnamespace IN (SELECT oid FROM own) AND c.relkind = 'S' AND has_sequence_privilege($1, c.oid, p)
UNION ALL
SELECT 'create in ' || oid::regnamespace FROM own WHERE has_schema_privilege($1, oid, 'CREATE')
UNION ALL
SELECT 'create in the database' WHERE has_database_privilege($1, current_database(), 'CREATE')
UNION ALL
SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2) AND p.proname = 'check_client' AND has_function_privilege($1, p.oid, 'EXECUTE')
UNION ALL
SELECT 'member of ' || roleid::regrole FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)
ORDER BY 1`, role, schema)
	if len(excess) > 0 {
		return fmt.Errorf("the role may do more than call the functions:\n%s", strings.Join(excess, "\n"))
	}
	return nil
}

// What does somebody learn who got hold of the scripts' password?
func TestAccessFunctionsLeakedPassword(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	db.Exec("INSERT INTO public.users (email, password, tenant_secret) SELECT 'user' || n || '@example.com', 'hash' || n, 'internal' FROM generate_series(1, 20) n")
	schema, role := accessSchema(db), db.RoleName("scripts")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: accessConfig(t, db, variety.store, schema, role, `"login", "get_user"`),
			Check: func(*terraform.State) error {
				thief := db.ConnTo(db.URLFor(role, "first"))
				defer thief.Close(context.Background()) //nolint:errcheck // a role with sessions is not dropped
				login, user := pgx.Identifier{schema, "login"}.Sanitize(), pgx.Identifier{schema, "get_user"}.Sanitize()
				count := func(query string, arguments ...any) (n int) {
					if err := thief.QueryRow(context.Background(), "SELECT count(*) FROM "+query, arguments...).Scan(&n); err != nil {
						t.Errorf("%s: %v", query, err)
					}
					return n
				}
				// One profile for a guessed address; wildcards and nothing at all find nobody.
				if n := count(user+"($1)", "user7@example.com"); n != 1 {
					t.Errorf("a known address finds %d users", n)
				}
				for _, guess := range []any{"%", "user%", "", nil, "' OR true --", "user7@example.com' OR '1'='1"} {
					if n := count(login+"($1)", guess); n != 0 {
						t.Errorf("%v finds %d users", guess, n)
					}
				}
				// The profile has no hash, and no row shows what is not part of a user.
				for _, query := range []string{
					"SELECT password FROM " + user + "('user7@example.com')",
					"SELECT tenant_secret FROM " + login + "('user7@example.com')",
				} {
					if _, err := thief.Exec(context.Background(), query); sqlState(t, err) != "42703" {
						t.Errorf("%s: %v", query, err)
					}
				}
				for _, query := range []string{
					"SELECT * FROM public.users", "COPY public.users TO STDOUT", "SELECT count(*) FROM public.users", "EXPLAIN ANALYZE SELECT * FROM public.users",
					"SET ROLE " + pgx.Identifier{schema + "_owner"}.Sanitize(), "DELETE FROM public.users",
					"SELECT " + pgx.Identifier{schema, "delete"}.Sanitize() + "('00000000-0000-0000-0000-000000000001')",
					"CREATE FUNCTION " + pgx.Identifier{schema, "login"}.Sanitize() + "(text, text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
					"ALTER FUNCTION " + login + " SET search_path = public",
				} {
					if _, err := thief.Exec(context.Background(), query); sqlState(t, err) != "42501" {
						t.Errorf("%s: %v", query, err)
					}
				}
				// A temporary object cannot get in front of what the functions use: relations, types, functions, operators.
				for _, sql := range []string{
					"CREATE TEMP TABLE users AS SELECT 'stolen' AS email; CREATE TEMP SEQUENCE ran; CREATE TEMP VIEW pg_class AS SELECT 1 AS oid",
					"CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT nextval('pg_temp.ran')::pg_catalog.text $$",
					"CREATE FUNCTION pg_temp.alike(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT nextval('pg_temp.ran') > 0 $$",
					"CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.alike)",
					"CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (nextval('pg_temp.ran') > 0); CREATE TYPE pg_temp.citext AS (a int)",
					"CREATE FUNCTION pg_temp.check_client() RETURNS void LANGUAGE sql AS $$ SELECT nextval('pg_temp.ran') $$",
					"SET search_path = pg_temp, pg_catalog",
				} {
					if _, err := thief.Exec(context.Background(), sql); err != nil {
						t.Errorf("%s: %v", sql, err)
					}
				}
				var ran bool
				if n := count(user+"($1)", "someone@example.net"); n != 0 {
					t.Errorf("with temporary objects an unknown address finds %d users", n)
				}
				if err := thief.QueryRow(context.Background(), "SELECT is_called FROM pg_temp.ran").Scan(&ran); err != nil || ran {
					t.Errorf("a temporary object of the role was used: %v", err)
				}
				if n := count(user+"($1)", "user7@example.com"); n != 1 {
					t.Errorf("with temporary objects a known address finds %d users", n)
				}
				return nil
			},
		}},
	})
}

func TestAccessFunctionsDriftIsMended(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	schema, other := accessSchema(db), db.RoleName("other")
	owner := schema + "_owner"
	db.Exec("CREATE ROLE " + other)
	cfg := accessConfig(t, db, variety.store, schema, "", "")
	function := schema + ".get_user(text)"
	drifts := []struct{ statement, attribute string }{
		{`ALTER FUNCTION ` + function + ` RESET search_path`, "definitions"},
		{`ALTER FUNCTION ` + function + ` SET search_path = public`, "definitions"},
		{`ALTER FUNCTION ` + function + ` SET work_mem = '1MB'`, "definitions"},
		{`ALTER FUNCTION ` + function + ` SECURITY INVOKER`, "definitions"},
		{`ALTER FUNCTION ` + function + ` VOLATILE`, "definitions"},
		{`ALTER FUNCTION ` + function + ` STRICT LEAKPROOF`, "definitions"},
		{`ALTER FUNCTION ` + function + ` OWNER TO ` + other, "definitions"},
		{`GRANT EXECUTE ON FUNCTION ` + function + ` TO PUBLIC`, "definitions"},
		{`DROP FUNCTION ` + function, "definitions"},
		{`CREATE FUNCTION ` + schema + `.get_user(text, text) RETURNS int LANGUAGE sql AS 'SELECT 1'`, "definitions"},
		{`CREATE OR REPLACE FUNCTION ` + schema + `.verify("email" text DEFAULT NULL) RETURNS SETOF boolean LANGUAGE sql AS 'SELECT true'`, "definitions"},
		{`DROP FUNCTION ` + schema + `.check_client()`, "definitions"},
		{`COMMENT ON FUNCTION ` + function + ` IS 'mine'`, "definitions"},
		{`GRANT CREATE ON SCHEMA ` + schema + ` TO ` + other, "schema_definition"},
		{`GRANT CREATE ON SCHEMA ` + schema + ` TO PUBLIC`, "schema_definition"},
		{`ALTER SCHEMA ` + schema + ` OWNER TO ` + other, "schema_definition"},
		{`ALTER ROLE ` + owner + ` LOGIN`, "owner_attributes"},
		{`GRANT SELECT (tenant_secret) ON public.users TO ` + owner, "owner_privileges"},
		{`REVOKE SELECT (email) ON public.users FROM ` + owner, "owner_privileges"},
	}
	policies := []struct{ statement, attribute string }{ // each after the one before
		{`ALTER TABLE public.users ENABLE ROW LEVEL SECURITY`, "policy"},
		{`ALTER POLICY auth0pg_` + schema + ` ON public.users USING (false)`, "policy"},
		{`ALTER TABLE public.users DISABLE ROW LEVEL SECURITY`, "policy"},
	}
	steps := []resource.TestStep{{Config: cfg}}
	for _, drift := range slices.Concat(pgtest.Some(drifts), policies) {
		steps = append(steps, resource.TestStep{
			PreConfig: func() { db.Exec(drift.statement) },
			Config:    cfg,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(accessAddress, plancheck.ResourceActionUpdate), changes{drift.attribute}}},
		})
	}
	steps = append(steps,
		resource.TestStep{ // what the allowlist does is not managed here, nor is what else is granted
			PreConfig: func() {
				db.Exec(`CREATE OR REPLACE FUNCTION ` + schema + `.check_client() RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS 'BEGIN END'`)
				db.Exec(`CREATE FUNCTION ` + schema + `.unrelated() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
			},
			Config:           cfg,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
		resource.TestStep{
			PreConfig: func() { db.Exec("DROP SCHEMA " + schema + " CASCADE; DROP OWNED BY " + owner + "; DROP ROLE " + owner) },
			Config:    cfg,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(accessAddress, plancheck.ResourceActionCreate)}},
		},
		resource.TestStep{
			ResourceName: accessAddress, ImportState: true, ImportStateId: schema, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"table", "store", "owner_privileges", "owner_sequence_privileges", "rehash_on_login"},
		})
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// A table that gains a part changes arguments and results; scripts that know the former
// ones go on working, and the role keeps its right to call.
func TestAccessFunctionsChangeWithTheTable(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	small := variety.store
	small.Columns = map[store.Part]store.Column{}
	for _, part := range []store.Part{store.ID, store.Email, store.EmailVerified, store.Password, store.Name} {
		small.Columns[part] = variety.store.Columns[part]
	}
	schema, role := accessSchema(db), db.RoleName("scripts")
	through := small.Through(schema)
	operations := `"login", "get_user", "create"`
	formerScripts := func(*terraform.State) error {
		user := db.ConnTo(db.URLFor(role, "first"))
		defer user.Close(context.Background()) //nolint:errcheck // a role with sessions is not dropped
		for _, op := range []scripts.Operation{scripts.Login, scripts.GetUser, scripts.Create} {
			statements, err := scripts.Statements(through, op)
			if err != nil {
				return err
			}
			for _, statement := range statements {
				var arguments []any
				for _, param := range statement.Params {
					arguments = append(arguments, sample(small, param))
				}
				if _, err := user.Exec(context.Background(), statement.SQL, arguments...); err != nil {
					return fmt.Errorf("%s %s: %w", op, statement.Name, err)
				}
			}
		}
		return nil
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: accessConfig(t, db, small, schema, role, operations), Check: formerScripts},
			{Config: accessConfig(t, db, variety.store, schema, role, operations), Check: formerScripts},
			{ // An operation less, and columns less.
				Config: accessConfig(t, db, small, schema, role, `"login"`, `operations = ["login"]`),
				Check:  resource.TestCheckResourceAttr(roleAddress, "privileges.#", "3"),
			},
			{Config: accessConfig(t, db, variety.store, schema, role, operations), Check: formerScripts},
			{ // An operation less is a function less.
				Config: accessConfig(t, db, variety.store, schema, role, `"login"`, `operations = ["login"]`),
				Check: func(*terraform.State) error {
					got := db.QueryString("SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = $1::regnamespace", schema)
					if want := "check_client login login_record_login login_record_migration"; got != want {
						return fmt.Errorf("functions %s, want %s", got, want)
					}
					return nil
				},
			},
		},
	})
}

func TestAccessFunctionsBadInput(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	small := variety.store
	small.Columns = map[store.Part]store.Column{store.ID: variety.store.Columns[store.ID], store.Email: variety.store.Columns[store.Email], store.Password: variety.store.Columns[store.Password]}
	functions, missing := variety.store.Through("auth0"), variety.store
	missing.Reach = store.Table{Schema: missing.Table().Schema, Name: "missing"}
	taken, role := accessSchema(db), db.RoleName("taken")
	db.Exec("CREATE SCHEMA " + taken + "; CREATE ROLE " + role)
	beneath := small
	beneath.Reach = store.Table{Schema: "public", Name: "shown"}
	db.Exec(fmt.Sprintf(`CREATE TABLE public.guarded AS TABLE %s; ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY;
		GRANT SELECT ON public.guarded TO %[2]s; CREATE VIEW public.shown AS TABLE public.guarded; ALTER VIEW public.shown OWNER TO %[2]s`,
		pgx.Identifier{small.Table().Schema, small.Table().Name}.Sanitize(), role))
	with := func(s store.Store, schema string, lines ...string) string {
		return accessConfig(t, db, s, schema, "", "", lines...)
	}
	var steps []resource.TestStep
	for _, bad := range []struct{ config, want string }{
		{with(variety.store, "pg_access"), "Invalid Role Name"},
		{with(variety.store, "information_schema"), "information_schema"},
		{with(variety.store, strings.Repeat("x", 60)), "Owner Name Too Long"},
		{with(variety.store, "s", `operations = []`), "operations"},
		{with(variety.store, "s", `operations = ["logout"]`), "logout"},
		{with(small, "s", `operations = ["verify"]`), "Store Lacks A Part.*email_verified"},
		{with(functions, "s"), "Store Is Not A Table"},
		{with(variety.store, taken), "Schema Exists Already.*import"},
		{with(variety.store, "s", fmt.Sprintf("owner = %q", role)), "Role Exists Already.*was not made to own access functions"},
		{with(variety.store, "s", `owner = "postgres"`), "Role Exists Already.*connects as it"},
		{with(beneath, "s", `operations = ["login"]`), `Rows Are Hidden.*CREATE POLICY auth0 ON "public"."guarded" FOR SELECT TO "taken_`},
	} {
		steps = append(steps, resource.TestStep{Config: bad.config, PlanOnly: true, ExpectError: saying(bad.want)})
	}
	schema := accessSchema(db)
	steps = append(steps,
		resource.TestStep{Config: with(missing, schema), ExpectError: saying("Users Table Not Found.*42P01")})
	acctest.Test(t, resource.TestCase{Steps: steps,
		CheckDestroy: func(*terraform.State) error {
			if db.QueryBool("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", schema) {
				return errors.New("a refused creation leaves a schema")
			}
			return roleGone(db, schema+"_owner")
		}})
}

// What somebody else has put into the schema is named and left alone; nothing suggests to drop it along.
func TestAccessFunctionsWithDependents(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	schema := accessSchema(db)
	cfg := accessConfig(t, db, variety.store, schema, "", "")
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: cfg},
			{
				PreConfig:   func() { db.Exec("CREATE VIEW public.report AS SELECT * FROM " + schema + ".get_user('a')") },
				Config:      cfg,
				Destroy:     true,
				ExpectError: saying(`Access Functions Not Dropped.*2BP01.*view public.report depends on function.*change it so that it does without.*apply again`),
			},
			{
				PreConfig:        func() { db.Exec("DROP VIEW public.report") },
				Config:           cfg,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
		CheckDestroy: func(*terraform.State) error { return roleGone(db, schema+"_owner") },
	})
}

// On a managed service nobody can simply be another role, nor change what it owns.
func TestAccessFunctionsWithoutSuperuser(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	admin, url := db.MainUser("main")
	db.Exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER TABLE public.users OWNER TO " + admin + "; ALTER TABLE public.users ENABLE ROW LEVEL SECURITY")
	schema, role := accessSchema(db), db.RoleName("scripts")
	cfg := strings.Replace(accessConfig(t, db, variety.store, schema, role, `"login", "get_user"`), fmt.Sprintf("%q", db.URL), fmt.Sprintf("%q", url), 1)
	member := func(*terraform.State) error {
		if db.QueryBool("SELECT EXISTS (SELECT FROM pg_auth_members m WHERE m.member = $1::regrole AND m.roleid = $2::regrole AND NOT m.admin_option)", admin, schema+"_owner") {
			return errors.New("the provider's role is still a member of the owner")
		}
		return nil
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: cfg,
				Check: resource.ComposeAggregateTestCheckFunc(member, func(*terraform.State) error {
					for _, op := range []scripts.Operation{scripts.Login, scripts.GetUser} {
						compareOperation(t, db, role, schema, variety.store, op)
					}
					return onlyFunctions(db, role, schema)
				}),
			},
			{
				PreConfig: func() {
					db.Exec("ALTER FUNCTION " + schema + ".login(text) VOLATILE; REVOKE ALL ON FUNCTION " + schema + ".login(text) FROM " + role)
				},
				Config: cfg,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(accessAddress, plancheck.ResourceActionUpdate),
					plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate)}},
				Check: member,
			},
		},
		CheckDestroy: func(*terraform.State) error { return errors.Join(roleGone(db, role), roleGone(db, schema+"_owner")) },
	})
}

// Table, functions and role of one apply: all is known at plan but what only the table can tell.
func TestAccessFunctionsInOneApply(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	schema, role := accessSchema(db), db.RoleName("scripts")
	cfg := acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
resource "auth0pg_users_table" "users" {
  name                = "users"
  columns             = { id = {}, email = {}, email_verified = {}, password = {} }
  deletion_protection = false
}
resource "auth0pg_access_functions" "access" {
  schema = %q
  table  = auth0pg_users_table.users.store
}
resource "auth0pg_database_role" "scripts" {
  name       = %q
  operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
  store      = auth0pg_access_functions.access.store
}
`, schema, role)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: cfg,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(accessAddress, tfjsonpath.New("definitions").AtMapKey("login"), knownvalue.StringRegexp(saying("SECURITY DEFINER"))),
				plancheck.ExpectUnknownValue(accessAddress, tfjsonpath.New("policy")),
				plancheck.ExpectKnownValue(roleAddress, tfjsonpath.New("privileges"), knownvalue.ListSizeExact(10)),
			}},
		}},
	})
}
