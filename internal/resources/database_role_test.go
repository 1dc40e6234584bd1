// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

const roleAddress = "auth0pg_database_role.scripts"

// roleTable is a users table beside what the role must not reach.
const roleTable = `
CREATE TABLE public.users (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, email_verified boolean NOT NULL DEFAULT false,
	password text NOT NULL, nickname text, tenant_secret text);
CREATE UNIQUE INDEX ON public.users (lower(email));
CREATE TABLE public.other (n int);
INSERT INTO public.users (email, password) VALUES ('someone@example.com', '$2b$10$abcdefghijklmnopqrstuv')`

// roleStore describes roleTable as a users table exports it.
const roleStore = `jsonencode({
    table = "public.users", email_lookup = "lower_index"
    columns = {
      id = "id uuid", email = "email text", password = "password text"
      email_verified = "email_verified boolean", nickname = "nickname text"
    }
  })`

// roleConfig is a role with the store, the operations and further lines.
func roleConfig(db *acctest.DB, name, operations string, lines ...string) string {
	return acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
resource "auth0pg_database_role" "scripts" {
  name       = %q
  operations = [%s]
  store      = %s
  %s
}
`, name, operations, roleStore, strings.Join(lines, "\n  "))
}

func password(value string, version int) string {
	return fmt.Sprintf("password_wo = %q\n  password_wo_version = %d", strings.ReplaceAll(value, "${", "$${"), version)
}

// login reports the SQLSTATE with which a login is refused, "" when it is not.
func login(t *testing.T, db *acctest.DB, user, password string) string {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), db.URLFor(user, password))
	if err == nil {
		_ = conn.Close(context.Background())
	}
	return sqlState(t, err)
}

func sqlState(t *testing.T, err error) string {
	t.Helper()
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return refused.Code
	}
	t.Error(err)
	return "no SQLSTATE"
}

func expectLogin(t *testing.T, db *acctest.DB, user, password, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := login(t, db, user, password); got != want {
			return fmt.Errorf("the login ends with SQLSTATE %q, want %q", got, want)
		}
		return nil
	}
}

func TestDatabaseRoleLifecycle(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	name := db.RoleName(`Scripts "role"`)
	status := "as_applied"
	if !db.QueryBool("SELECT has_table_privilege('pg_authid', 'SELECT')") {
		status = "not_readable"
	}
	settings := `connection_limit = 50
  statement_timeout = "5s"
  lock_timeout = "0"
  search_path = ["$user", "Odd, name"]
  valid_until = "2099-01-01T00:00:00+01:00"`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: roleConfig(db, name, `"get_user"`, password(`pass\w'o"rd`, 1), settings),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue(roleAddress, tfjsonpath.New("privileges"), knownvalue.ListExact([]knownvalue.Check{
						knownvalue.StringExact(fmt.Sprintf(`CONNECT ON DATABASE "%s"`, db.Name)),
						knownvalue.StringExact(`USAGE ON SCHEMA "public"`),
						knownvalue.StringExact(`SELECT ("email", "email_verified", "id", "nickname") ON "public"."users"`),
					})),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(roleAddress, tfjsonpath.New("id"), knownvalue.StringExact(name)),
					statecheck.ExpectKnownValue(roleAddress, tfjsonpath.New("password_wo"), knownvalue.Null()),
					statecheck.ExpectKnownValue(roleAddress, tfjsonpath.New("password_status"), knownvalue.StringExact(status)),
					statecheck.ExpectKnownValue(roleAddress, tfjsonpath.New("sequence_privileges"), knownvalue.ListSizeExact(0)),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					expectLogin(t, db, name, `pass\w'o"rd`, ""),
					expectLogin(t, db, name, `pass\\w'o"rd`, "28P01"),
					func(*terraform.State) error { return tryOutRole(t, db, name) },
				),
			},
			{ // The same in other words.
				Config: roleConfig(db, name, `"get_user", "get_user"`, password(`another`, 1), `connection_limit = 50
  statement_timeout = "5000ms"
  lock_timeout = "0ms"
  search_path = ["$user", "Odd, name"]
  valid_until = "2098-12-31T23:00:00Z"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check:            expectLogin(t, db, name, `another`, "28P01"),
			},
			{
				Config: roleConfig(db, name, `"get_user", "login"`, password(`another`, 2), `idle_in_transaction_session_timeout = "1min"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate)}},
				Check: resource.ComposeAggregateTestCheckFunc(
					expectLogin(t, db, name, `pass\w'o"rd`, "28P01"),
					expectLogin(t, db, name, `another`, ""),
					func(*terraform.State) error {
						got := db.QueryString(`SELECT concat(r.rolconnlimit, ' ', r.rolvaliduntil, ' ', s.setconfig) FROM pg_roles r
							JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE rolname = $1`, name)
						if want := `-1 infinity {idle_in_transaction_session_timeout=1min}`; got != want {
							return fmt.Errorf("the role has %s, want %s", got, want)
						}
						return nil
					},
				),
			},
			{
				ResourceName: roleAddress, ImportState: true, ImportStateId: name, ImportStateVerify: true,
				ImportStateVerifyIgnore: []string{"store", "operations", "password_wo_version", "password_status", "privileges", "sequence_privileges",
					"drain_timeout", "rehash_on_login", "verify_password"},
			},
			{ // The old role goes and the new one comes.
				Config: roleConfig(db, name+"2", `"get_user"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionReplace)}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(roleAddress, tfjsonpath.New("password_status"), knownvalue.StringExact("not_managed")),
				},
				Check: func(*terraform.State) error { return roleGone(db, name) },
			},
		},
		CheckDestroy: func(*terraform.State) error { return roleGone(db, name+"2") },
	})
}

func roleGone(db *acctest.DB, name string) error {
	if db.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name) {
		return errors.New("the role is still there")
	}
	return nil
}

// tryOutRole logs in as a role for get_user alone.
func tryOutRole(t *testing.T, db *acctest.DB, name string) error {
	conn, err := pgx.Connect(context.Background(), db.URLFor(name, `pass\w'o"rd`))
	if err != nil {
		return err
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the end of the check
	for statement, want := range map[string]string{
		"SELECT id, email, nickname FROM public.users":                                 "",
		"SELECT password FROM public.users":                                            "42501",
		"SELECT tenant_secret FROM public.users":                                       "42501",
		"SELECT * FROM public.users":                                                   "42501",
		"INSERT INTO public.users (email, password) VALUES ('a', 'b')":                 "42501",
		"UPDATE public.users SET nickname = 'x'":                                       "42501",
		"DELETE FROM public.users":                                                     "42501",
		"TRUNCATE public.users":                                                        "42501",
		"SELECT FROM public.other":                                                     "42501",
		"ALTER ROLE CURRENT_USER CREATEDB":                                             "42501",
		"SET ROLE " + pgx.Identifier{db.QueryString("SELECT current_user")}.Sanitize(): "42501",
	} {
		if _, err := conn.Exec(context.Background(), statement); sqlState(t, err) != want {
			return fmt.Errorf("%s ends with SQLSTATE %q, want %q", statement, sqlState(t, err), want)
		}
	}
	var timeout, path string
	if err := conn.QueryRow(context.Background(), "SELECT current_setting('statement_timeout'), current_setting('search_path')").Scan(&timeout, &path); err != nil {
		return err
	}
	if timeout != "5s" || path != `"$user", "Odd, name"` {
		return fmt.Errorf("a session has statement_timeout %s and search_path %s", timeout, path)
	}
	return nil
}

func TestDatabaseRoleDriftIsMended(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	name, other := db.RoleName("scripts"), db.RoleName("other")
	cfg := roleConfig(db, name, `"get_user"`, password("first", 1), `statement_timeout = "5s"`, `search_path = ["public"]`)
	db.Exec("CREATE ROLE " + other + "; GRANT SELECT ON public.users TO " + other)
	// Each is seen by a plan of its own, in the attribute named.
	drifts := []struct{ statement, attribute string }{
		{`REVOKE SELECT (email) ON public.users FROM %s`, "privileges"},
		{`REVOKE USAGE ON SCHEMA public FROM %s`, "privileges"},
		{`REVOKE CONNECT ON DATABASE ` + db.Name + ` FROM %s`, "privileges"},
		{`GRANT SELECT (password) ON public.users TO %s`, "privileges"},
		{`GRANT UPDATE ON public.users TO %s`, "privileges"},
		{`GRANT SELECT (id) ON public.users TO %s WITH GRANT OPTION`, "privileges"},
		{`GRANT CREATE ON SCHEMA public TO %s`, "privileges"},
		{`GRANT ` + other + ` TO %s`, "privileges"},
		{`GRANT ` + other + ` TO %s WITH ADMIN OPTION`, "privileges"},
		{`ALTER ROLE %s CREATEROLE INHERIT`, "role_attributes"},
		{`ALTER ROLE %s NOLOGIN`, "role_attributes"},
		{`ALTER ROLE %s CONNECTION LIMIT 0`, "connection_limit"},
		{`ALTER ROLE %s VALID UNTIL '2001-01-01'`, "valid_until"},
		{`ALTER ROLE %s PASSWORD 'changed'`, "password_status"},
		{`ALTER ROLE %s PASSWORD NULL`, "password_status"},
		{`ALTER ROLE %s IN DATABASE ` + db.Name + ` SET statement_timeout = '6s'`, "statement_timeout"},
		{`ALTER ROLE %s IN DATABASE ` + db.Name + ` RESET search_path`, "search_path"},
		{`ALTER ROLE %s IN DATABASE ` + db.Name + ` SET lock_timeout = '1ms'`, "other_settings"},
		{`ALTER ROLE %s IN DATABASE ` + db.Name + ` SET work_mem = '2MB'`, "other_settings"},
		{`ALTER ROLE %s SET default_transaction_read_only = on`, "other_settings"},
		{`ALTER ROLE %s SET somebody.own = 'x'`, "other_settings"},
	}
	if db.QueryInt("SELECT current_setting('server_version_num')::int") >= 170000 {
		drifts = append(drifts, struct{ statement, attribute string }{`ALTER ROLE %s SET transaction_timeout = '1ms'`, "other_settings"})
	}
	steps := []resource.TestStep{{Config: cfg}}
	for _, drift := range pgtest.Some(drifts) {
		steps = append(steps, resource.TestStep{
			PreConfig: func() { db.Exec(fmt.Sprintf(drift.statement, name)) },
			Config:    cfg,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate), changes{drift.attribute}}},
			Check: resource.ComposeAggregateTestCheckFunc(
				expectLogin(t, db, name, "first", ""),
				func(*terraform.State) error {
					if !db.QueryBool("SELECT has_table_privilege($1, 'public.users', 'SELECT')", other) {
						return errors.New("another role lost its grant")
					}
					return nil
				},
			),
		})
	}
	tolerant := roleConfig(db, name, `"get_user"`, password("first", 1), `statement_timeout = "5s"`, `search_path = ["public"]`, `tolerated_settings = ["work_mem"]`)
	steps = append(steps, resource.TestStep{ // what is tolerated is left alone
		PreConfig: func() { db.Exec("ALTER ROLE " + name + " IN DATABASE " + db.Name + " SET work_mem = '2MB'") },
		Config:    tolerant,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate), changes{"tolerated_settings"}}},
		Check: resource.TestCheckResourceAttr(roleAddress, "other_settings.0", "work_mem = 2MB"),
	}, resource.TestStep{
		Config:           tolerant,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
	}, resource.TestStep{ // removed elsewhere
		PreConfig: func() { db.Exec("DROP OWNED BY " + name + "; DROP ROLE " + name) },
		Config:    cfg,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionCreate)}},
		Check: expectLogin(t, db, name, "first", ""),
	})
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// changes expects the role's plan to change one attribute and no other.
type changes struct{ attribute string }

func (c changes) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		before, _ := change.Change.Before.(map[string]any)
		after, _ := change.Change.After.(map[string]any)
		unknown, _ := change.Change.AfterUnknown.(map[string]any)
		for attribute := range after {
			differs := fmt.Sprint(before[attribute]) != fmt.Sprint(after[attribute]) || unknown[attribute] == true
			if differs != (attribute == c.attribute) {
				resp.Error = errors.Join(resp.Error, fmt.Errorf("%s: before %v, after %v", attribute, before[attribute], after[attribute]))
			}
		}
	}
}

func TestDatabaseRoleIsNotDroppedInUse(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	cfg := roleConfig(db, name, `"login"`, password("first", 1))
	var session *pgx.Conn
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: cfg},
			{
				PreConfig:   func() { session = db.ConnTo(db.URLFor(name, "first")) },
				Config:      cfg,
				Destroy:     true,
				ExpectError: saying(`Role Is In Use.*1 session of the role is open.*drain_timeout.*pg_terminate_backend`),
			},
			{ // A replacement is a deletion, too.
				Config:      roleConfig(db, name+"_b", `"login"`, password("first", 1)),
				ExpectError: saying(`Role Is In Use`),
			},
			{Config: cfg, Check: expectLogin(t, db, name, "first", "")},
			{ // Too short a time: the role comes back as it was.
				Config: roleConfig(db, name, `"login"`, password("first", 1), `drain_timeout = "1s"`),
			},
			{
				Config:      roleConfig(db, name, `"login"`, password("first", 1), `drain_timeout = "1s"`),
				Destroy:     true,
				ExpectError: saying(`Role Is In Use`),
			},
			{
				PreConfig: func() {
					if err := session.Close(context.Background()); err != nil {
						t.Error(err)
					}
				},
				Config:           cfg,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{changes{"drain_timeout"}}},
				Check:            expectLogin(t, db, name, "first", ""),
			},
		},
		CheckDestroy: func(*terraform.State) error { return roleGone(db, name) },
	})
}

func TestDatabaseRoleWithDependents(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: roleConfig(db, name, `"login"`)},
			{
				PreConfig: func() { db.Exec("GRANT SELECT ON public.other TO " + name) },
				Config:    roleConfig(db, name, `"login"`), Destroy: true,
				ExpectError: saying(`Role Has Dependent Objects.*2BP01.*privileges for table public.other.*DROP OWNED BY`),
			},
			{PreConfig: func() { db.Exec("REVOKE SELECT ON public.other FROM " + name) }, Config: roleConfig(db, name, `"login"`)},
		},
	})
}

func TestDatabaseRoleExists(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t) // makes a superuser
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	db.Exec("CREATE ROLE " + name + " LOGIN SUPERUSER CONNECTION LIMIT 7; GRANT SELECT ON public.users TO " + name +
		"; ALTER ROLE " + name + " IN DATABASE " + db.Name + " SET lock_timeout = '1s'")
	cfg := roleConfig(db, name, `"get_user"`, password("mine", 1))
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: cfg, PlanOnly: true,
				ExpectError: saying(`Role Exists Already.*import \{.*id = "` + name + `"`),
			},
			{
				Config: cfg + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", roleAddress, name),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate)}},
				Check: resource.ComposeAggregateTestCheckFunc(expectLogin(t, db, name, "mine", ""), func(*terraform.State) error {
					got := db.QueryString(`SELECT concat(r.rolsuper, ' ', r.rolconnlimit, ' ', has_table_privilege(r.oid, 'public.users', 'SELECT'),
						' ', has_column_privilege(r.oid, 'public.users', 'email', 'SELECT'), ' ', count(s)) FROM pg_roles r
						LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE rolname = $1 GROUP BY r.oid, rolsuper, rolconnlimit`, name)
					if want := "f -1 f t 0"; got != want {
						return fmt.Errorf("the imported role has %s, want %s", got, want)
					}
					return nil
				}),
			},
		},
	})
}

func TestDatabaseRoleBadInput(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	with := func(name string, lines ...string) string { return roleConfig(db, name, `"login"`, lines...) }
	nickless := strings.Replace(with("r"), `email_verified = "email_verified boolean",`, "", 1)
	var steps []resource.TestStep
	for _, bad := range []struct{ config, want string }{
		{with(""), "Invalid Role Name.*it is empty"},
		{with("pg_scripts"), "Invalid Role Name.*reserves"},
		{with("public"), "Invalid Role Name.*reserves"},
		{with(strings.Repeat("ö", 32)), "Invalid Role Name.*64 bytes"},
		{with("r", password("with space", 1)), "Invalid Password.*printable ASCII"},
		{with("r", password("", 1)), "Invalid Password.*printable ASCII"},
		{with("r", `password_wo = "x"`), "password_wo_version"},
		{with("r", `password_wo_version = 1`), "Password Missing"},
		{with("r", `statement_timeout = "5 seconds"`), "Invalid Timeout"},
		{with("r", `lock_timeout = "-1"`), "Invalid Timeout"},
		{with("r", `valid_until = "tomorrow"`), "Invalid Time"},
		{with("r", `connection_limit = -2`), "connection_limit"},
		{with("r", `scram_iterations = 0`), "scram_iterations"},
		{with("r", `drain_timeout = "2d"`), "Invalid Duration"},
		{roleConfig(db, "r", ``), "operations"},
		{roleConfig(db, "r", `"logout"`), "operations"},
		{roleConfig(db, "r", `"change_username"`), "Store Lacks A Part.*username"},
		{strings.Replace(nickless, `["login"]`, `["verify"]`, 1), "Store Lacks A Part.*email_verified"},
		{strings.Replace(with("r"), "email_verified boolean", "email_verified inet", 1), "Store Cannot Be Used.*inet"},
	} {
		steps = append(steps, resource.TestStep{Config: bad.config, PlanOnly: true, ExpectError: saying(bad.want)})
	}
	// What only the server can know is an error at apply, at the attribute.
	steps = append(steps, resource.TestStep{
		Config:      strings.Replace(with(db.RoleName("scripts")), "public.users", "public.missing", 1),
		ExpectError: saying(`Store Not Found.*42P01`),
	}, resource.TestStep{
		Config:      with(db.QueryString("SELECT current_user")),
		PlanOnly:    true,
		ExpectError: saying(`Role Is The Provider's Own`),
	})
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// saying is a pattern for a diagnostic, which Terraform wraps where it likes.
func saying(words string) *regexp.Regexp {
	return regexp.MustCompile("(?s)" + strings.ReplaceAll(words, " ", `\s+`))
}

// Store, name and the server itself may all come from the same apply.
func TestDatabaseRoleUnknownValues(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	unknowns := fmt.Sprintf(`
resource "terraform_data" "known_later" {
  input = { url = %q, name = %q, version = 1, store = %s }
}
provider "auth0pg" {
  postgres { url = terraform_data.known_later.output.url }
}
`, db.URL, name, roleStore)
	role := `
resource "auth0pg_database_role" "scripts" {
  name       = terraform_data.known_later.output.name
  operations = ["login"]
  store      = terraform_data.known_later.output.store
  password_wo = "first"
  password_wo_version = terraform_data.known_later.output.version
}
`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: unknowns + role,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(roleAddress, tfjsonpath.New("privileges"))}},
				Check: expectLogin(t, db, name, "first", ""),
			},
			{
				Config:           unknowns + role,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}

// The password may be an ephemeral value that differs in every run.
func TestDatabaseRoleEphemeralPassword(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	cfg := `
variable "password" {
  type      = string
  ephemeral = true
}
` + roleConfig(db, name, `"login"`, "password_wo = var.password", "password_wo_version = 1")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: cfg, ConfigVariables: config.Variables{"password": config.StringVariable("first")}, Check: expectLogin(t, db, name, "first", "")},
			{
				Config: cfg, ConfigVariables: config.Variables{"password": config.StringVariable("second")},
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}
