// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// A membership would let a thief be another role. The first plan of an imported role names
// it, the apply takes it back; what only somebody else may take back stays, with a warning.
func TestDatabaseRoleMemberships(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	admin, url := db.MainUser("main")
	db.Exec(roleTable)
	db.Exec("ALTER TABLE public.users OWNER TO " + admin)
	name, ours, theirs := db.RoleName("scripts"), db.RoleName("ours"), db.RoleName("theirs")
	byAdmin := db.ConnTo(db.URLFor(admin, "main"))
	run := func(statement string) {
		t.Helper()
		if _, err := byAdmin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE ROLE " + name + " LOGIN NOINHERIT")
	run("CREATE ROLE " + ours)
	run("GRANT " + ours + " TO " + name)
	cfg := required + strings.Replace(roleConfig(db, name, `"login"`), acctest.Quote(db.URL), acctest.Quote(url), 1)
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": cfg + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", roleAddress, name)})
	memberOf := func() string {
		return db.QueryString("SELECT string_agg(roleid::regrole::text, ' ' ORDER BY 1) FROM pg_auth_members WHERE member = $1::regrole", name)
	}
	output := w.MustRun("apply", "-auto-approve")
	if !saying("Privileges Will Be Revoked.*MEMBER OF").MatchString(output) || memberOf() != "" {
		t.Errorf("the imported role is still a member of %q, after:\n%s", memberOf(), output)
	}
	w.Write("main.tf", cfg)
	run("GRANT " + ours + " TO " + name)
	db.Exec("CREATE ROLE " + theirs + "; GRANT " + theirs + " TO " + name)
	output = w.MustRun("apply", "-auto-approve")
	left := ""
	if db.Server.Version() >= 16 {
		left = theirs
		if !saying("Membership Stays.*Have a superuser run.*REVOKE \"" + theirs).MatchString(output) {
			t.Errorf("no word of what stays:\n%s", output)
		}
	}
	if memberOf() != left {
		t.Errorf("the role is a member of %q, want %q, after:\n%s", memberOf(), left, output)
	}
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the next plan is not empty (exit code %d):\n%s", exit, output)
	}
	w.MustRun("destroy", "-auto-approve")
}

// What can somebody do who got hold of the password of a role with grants on the table?
func TestDatabaseRoleLeakedPassword(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	db.Exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC") // the default before PostgreSQL 15; the plan warns of it
	name := db.RoleName("scripts")
	admin := pgx.Identifier{db.QueryString("SELECT current_user")}.Sanitize()
	cfg := roleConfig(db, name, `"login"`, password("first", 1), `statement_timeout = "5s"`, "connection_limit = 2")
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: cfg,
				Check: func(*terraform.State) error {
					thief, second := db.ConnTo(db.URLFor(name, "first")), db.ConnTo(db.URLFor(name, "first"))
					defer thief.Close(context.Background())  //nolint:errcheck // a role with sessions is not dropped
					defer second.Close(context.Background()) //nolint:errcheck // likewise
					if got := login(t, db, name, "first"); got != "53300" {
						t.Errorf("a session more than connection_limit ends with SQLSTATE %q", got)
					}
					for _, statement := range []string{
						// What login reads, and settings of the session, are open to him.
						"SELECT id, email, password, nickname FROM public.users", "SET statement_timeout = 0", "CREATE TEMP TABLE notes (n int)",
					} {
						if _, err := thief.Exec(context.Background(), statement); err != nil {
							t.Errorf("%s: %v", statement, err)
						}
					}
					for _, statement := range []string{
						"SELECT tenant_secret FROM public.users", "SELECT FROM public.other", "INSERT INTO public.users (email, password) VALUES ('a', 'b')",
						"UPDATE public.users SET password = 'x'", "DELETE FROM public.users", "TRUNCATE public.users", "DROP TABLE public.users",
						"ALTER TABLE public.users ADD stolen text", "CREATE INDEX ON public.users (email)",
						"ALTER ROLE CURRENT_USER CREATEDB", "ALTER ROLE CURRENT_USER CREATEROLE", "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1",
						"ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'", "GRANT SELECT ON public.other TO CURRENT_USER", "DROP OWNED BY CURRENT_USER",
						"SET ROLE " + admin, "SET SESSION AUTHORIZATION " + admin, "GRANT " + admin + " TO CURRENT_USER",
						"CREATE TABLE public.stolen (n int)", "CREATE SCHEMA stolen", "CREATE ROLE stolen", "CREATE DATABASE stolen",
						"CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'", "SELECT rolpassword FROM pg_authid",
						"COPY (SELECT 1) TO '/tmp/stolen'", "COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('/etc/hostname')", "ALTER SYSTEM SET work_mem = '1GB'",
					} {
						if _, err := thief.Exec(context.Background(), statement); sqlState(t, err) != "42501" {
							t.Errorf("%s: %v", statement, err)
						}
					}
					if db.QueryBool("SELECT rolinherit OR EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r WHERE rolname = $1", name) {
						return errors.New("the role inherits, or is a member of another role")
					}
					// PostgreSQL lets every role change its own password, and so lock the scripts out.
					_, err := thief.Exec(context.Background(), "ALTER ROLE CURRENT_USER PASSWORD 'his'")
					return errors.Join(err, expectLogin(t, db, name, "first", "28P01")(nil))
				},
				ExpectNonEmptyPlan: true,
			},
			{
				Config: cfg,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate), changes{"password_status"}}},
				Check: expectLogin(t, db, name, "first", ""),
			},
		},
	})
}

// A membership that is named is given and kept, any other taken back; an import names those that are there.
func TestDatabaseRoleMembershipsThatStay(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	name, kept, other := db.RoleName("scripts"), db.RoleName("Kept"), db.RoleName("other")
	quoted := pgx.Identifier{kept}.Sanitize()
	db.Exec("CREATE ROLE " + quoted + "; CREATE ROLE " + other)
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
	memberOf := func() string {
		return db.QueryString("SELECT coalesce(string_agg(r.rolname, ' '), '') FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = $1::regrole", name)
	}
	config := map[string]any{
		"name": name, "operations": []string{"login"},
		"store": `{"columns":{"email":"email text","id":"id uuid","password":"password text"},"email_lookup":"lower_index","table":"public.users"}`,
	}
	role := core.New("auth0pg_database_role")
	apply := func(what, want string, extra ...string) {
		t.Helper()
		delete(config, "extra_privileges")
		if len(extra) > 0 {
			config["extra_privileges"] = extra
		}
		var diags acctest.Diagnostics
		if role, diags = core.Apply(role, config); diags.Failed() {
			t.Fatal(what, diags)
		}
		if role, diags = core.Refresh(role); diags.Failed() || memberOf() != want {
			t.Errorf("%s: member of %q, want %q: %v", what, memberOf(), want, diags)
		}
		planned, diags := core.Plan(role, config)
		if changes := acctest.Changes(role, planned); changes != "" || diags.Failed() {
			t.Errorf("%s: the plan after the apply: %s %v", what, changes, diags)
		}
	}
	apply("named", kept, "MEMBER OF "+quoted)
	through := db.RoleName("through")
	db.Exec("CREATE ROLE " + through + " CREATEROLE; GRANT " + through + " TO " + other)
	config["extra_privileges"] = []string{"MEMBER OF " + other}
	if _, diags := core.Plan(role, config); !strings.Contains(diags.String(), through) {
		t.Errorf("a membership in a member of a role that may create roles: %v", diags)
	}
	db.Exec("REVOKE " + through + " FROM " + other)
	late, diags := core.Plan(role, config)
	if diags.Failed() {
		t.Fatal(diags)
	}
	db.Exec("GRANT " + through + " TO " + other)
	if _, diags := core.ApplyPlanned(role, late, config); !strings.Contains(diags.String(), through) || memberOf() != kept {
		t.Errorf("the same since the plan: a member of %q, %v", memberOf(), diags)
	}
	db.Exec("REVOKE " + through + " FROM " + other)
	db.Exec("REVOKE " + quoted + " FROM " + name + "; GRANT " + other + " TO " + name + "; GRANT DELETE ON users TO " + name)
	if role, diags = core.Refresh(role); diags.Failed() {
		t.Fatal(diags)
	}
	apply("changed elsewhere", kept, "MEMBER OF "+quoted)
	db.Exec("GRANT SELECT (nickname) ON users TO " + name)
	imported, diags := core.Import("auth0pg_database_role", name)
	if diags.Failed() {
		t.Fatal(diags)
	}
	if imported, diags = core.Refresh(imported); diags.Failed() {
		t.Fatal(diags)
	}
	state := imported.JSON()
	if got, want := fmt.Sprint(state["extra_privileges"]), fmt.Sprintf(`[MEMBER OF "%s"]`, kept); got != want {
		t.Errorf("imported with %s, want %s", got, want)
	}
	if role, diags = core.Refresh(role); diags.Failed() {
		t.Fatal(diags)
	}
	apply("no longer named", "")
	// Nobody becomes more than one of scripts by a way round, and what a membership opens besides is told.
	db.Exec("CREATE SCHEMA app; CREATE TABLE app.t (n int); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	db.Exec("CREATE FOREIGN DATA WRAPPER w")
	plan := func(membership string) string {
		config["extra_privileges"] = []string{"MEMBER OF " + membership}
		_, diags := core.Plan(role, config)
		return diags.String()
	}
	for what, c := range pgtest.SomeOf(reaches) {
		if c.from > db.Server.Version() {
			continue
		}
		high, between := db.RoleName("high"), db.RoleName("between")
		db.Exec("CREATE ROLE " + high + "; CREATE ROLE " + between + "; GRANT " + high + " TO " + between)
		db.Exec(strings.ReplaceAll(c.sql, "$", high))
		said, want := plan(between), strings.ReplaceAll(c.want, "$", high)
		if strings.Contains(said, "Privilege Not Usable") == c.told || !strings.Contains(said, want) ||
			strings.Contains(said, "Membership Opens More") != c.told {
			t.Errorf("%s by a way round, want %q: %s", what, want, said)
		}
		db.Exec("REVOKE " + high + " FROM " + between)
		if said := plan(between); said != "" {
			t.Errorf("without %s: %s", what, said)
		}
		db.Exec("REASSIGN OWNED BY " + high + " TO CURRENT_USER; DROP OWNED BY " + high)
	}
}

// reach is what the role $ has, and what is said of somebody who can be it.
type reach struct {
	sql, want string
	told      bool // and not refused
	from      int  // the version that has it
}

var reaches = map[string]reach{
	"superuser":               {sql: "ALTER ROLE $ SUPERUSER", want: "a superuser"},
	"an attribute":            {sql: "ALTER ROLE $ CREATEDB", want: "further attributes"},
	"another attribute":       {sql: "ALTER ROLE $ BYPASSRLS", want: "further attributes"},
	"programs":                {sql: "GRANT pg_execute_server_program TO $", want: `"pg_execute_server_program", one of the server's own`},
	"all data":                {sql: "GRANT pg_write_all_data TO $", want: `"pg_write_all_data", one of the server's own`, from: 14},
	"others' sessions":        {sql: "GRANT pg_signal_backend TO $", want: `"pg_signal_backend", one of the server's own`},
	"a table's owner":         {sql: "ALTER TABLE app.t OWNER TO $", want: "the owner of table app.t"},
	"a schema's owner":        {sql: "ALTER SCHEMA app OWNER TO $", want: "the owner of schema app"},
	"a function's owner":      {sql: "ALTER FUNCTION app.f OWNER TO $", want: "the owner of function app.f()"},
	"creating":                {sql: "GRANT CREATE ON SCHEMA app TO $", want: "may create objects in schema app"},
	"triggers":                {sql: "GRANT TRIGGER ON app.t TO $", want: "may put triggers on table app.t"},
	"handing on":              {sql: "GRANT SELECT (n) ON app.t TO $ WITH GRANT OPTION", want: "may hand on what is granted on table app.t"},
	"handing a membership on": {sql: "CREATE ROLE of_$; GRANT of_$ TO $ WITH ADMIN OPTION", want: "may make others members of of_$"},
	"another kind of object":  {sql: "GRANT USAGE ON FOREIGN DATA WRAPPER w TO $", want: "privileges on foreign-data wrapper w"},
	"the server's parameters": {sql: "GRANT ALTER SYSTEM ON PARAMETER work_mem TO $", want: "privileges on parameter work_mem", from: 15},
	"more of a table":         {sql: "GRANT UPDATE ON app.t TO $", want: `UPDATE ON "app"."t"`, told: true},
	"a function":              {sql: "GRANT EXECUTE ON FUNCTION app.f() TO $", want: `EXECUTE ON FUNCTION "app"."f"`, told: true},
}
