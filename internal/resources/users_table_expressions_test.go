// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// applicationTable is a users table as an application keeps it: who may log in, what a user is called and which rows are
// users is in columns that are no parts.
const applicationTable = `
CREATE SCHEMA app;
CREATE TABLE app.users (id bigserial PRIMARY KEY, email varchar(200) NOT NULL, pw char(60), first_name text, last_name text,
  is_active boolean DEFAULT true, banned_until timestamptz, confirmed_at timestamptz, deleted_at timestamptz);
CREATE UNIQUE INDEX users_email ON app.users (lower(email));
CREATE TABLE app.user_roles (user_id bigint, role text, secret text);
INSERT INTO app.users (email, pw, first_name, last_name, is_active, banned_until, confirmed_at, deleted_at)
SELECT e || '@example.com', '$2a$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m', e, 'L', a, b, c, d FROM (VALUES
  ('alice', true, null::timestamptz, now(), null::timestamptz), ('bob', false, null, now(), null), ('unsure', null, null, now(), null),
  ('banned', true, now() + interval '1 day', now(), null), ('released', true, now() - interval '1 day', null, null),
  ('deleted', true, null, now(), now())) v (e, a, b, c, d);
INSERT INTO app.user_roles SELECT id, 'admin', 'x' FROM app.users WHERE email = 'alice@example.com'`

const applicationColumns = `
  columns = {
    id             = {}
    email          = {}
    password       = { name = "pw" }
    email_verified = { name = "confirmed_at", expression = "confirmed_at is not null" }
    blocked        = { expression = "not is_active or coalesce(banned_until > now(), false)" }
    name           = { expression = "concat_ws(' ', first_name, last_name)" }
    app_metadata   = { expression = "(select jsonb_build_object('roles', jsonb_agg(r.role)) from app.user_roles r where r.user_id = users.id)" }
  }
  row_filter = %s
`

// An application's table is described as the application means it: the plan after the apply is empty, nothing about the
// table changes, and whoever the application refuses is refused, on the table and through access functions.
func TestUsersTableReadThroughExpressions(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	w := newWorld(t, db, "app")
	db.Exec(applicationTable)
	config := func(through bool, filter string) string {
		from := "auth0pg_users_table.users.store"
		functions := ""
		if through {
			from = "auth0pg_access_functions.access.store"
			functions = fmt.Sprintf("resource \"auth0pg_access_functions\" \"access\" {\n  schema = %q\n  table = auth0pg_users_table.users.store\n}\n", w.schema)
		}
		return required + acctest.ProviderConfig(w.db, w.tenant) + functions + fmt.Sprintf(`
import {
  to = auth0pg_users_table.users
  id = "app.users"
}
resource "auth0pg_users_table" "users" {
  schema = "app"
  name   = "users"
`+applicationColumns+`
  deletion_protection = false
  drop_table_with_rows = true
}
resource "auth0pg_database_role" "scripts" {
  name                = %q
  store               = %s
  operations          = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
  password_wo         = "password"
  password_wo_version = 1
}
resource "auth0pg_connection" "users" {
  name                     = "users"
  store                    = %s
  configuration_wo         = { POSTGRES_URL = %q }
  configuration_wo_version = 1
  enabled_clients          = [%q]
  deletion_protection      = false
  delete_with_users        = true
  depends_on               = [auth0pg_database_role.scripts]
}
`, acctest.Quote(filter), w.role, from, from, w.db.URLFor(w.role, "password"), w.clientID)
	}
	before := db.QueryString("SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM app.users u")
	for _, name := range []string{"table", "functions"} {
		through := name == "functions"
		w.workspace.Write("main.tf", config(through, "deleted_at is null"))
		w.workspace.MustRun("apply", "-auto-approve")
		if through {
			w.workspace.MustRun("apply", "-auto-approve") // what only the former scripts needed goes one apply later
		}
		if output, exit := w.workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Fatalf("%s: the plan after the apply is not empty (exit %d):\n%s", name, exit, output)
		}
		for user, in := range map[string]bool{"alice": true, "ALICE": true, "bob": false, "unsure": false, "banned": false, "released": true, "deleted": false, "ghost": false} {
			if got := w.logsIn(user+"@example.com", "S3cret-pass"); got != in {
				t.Errorf("%s: %s gets in: %t, want %t", name, user, got, in)
			}
		}
		if w.logsIn("alice@example.com", "wrong") {
			t.Errorf("%s: a wrong password gets in", name)
		}
		if after := db.QueryString("SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM app.users u"); after != before {
			t.Errorf("%s: rows have changed", name)
		}
	}
	if columns := db.QueryString("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'app.users'::regclass AND attnum > 0"); columns !=
		"id,email,pw,first_name,last_name,is_active,banned_until,confirmed_at,deleted_at" {
		t.Errorf("the table has %s", columns)
	}

	// Another spelling is no change, another meaning is one of what derives from it, and of nothing in the table.
	w.workspace.Write("main.tf", config(true, "(users.deleted_at) IS NULL"))
	if output, exit := w.workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("another spelling is a change (exit %d):\n%s", exit, output)
	}
	w.workspace.Write("main.tf", config(true, "deleted_at is null and coalesce(first_name, '') <> 'alice'"))
	output := w.workspace.MustRun("apply", "-auto-approve")
	if !strings.Contains(output, "users.first_name") || w.logsIn("alice@example.com", "S3cret-pass") || !w.logsIn("released@example.com", "S3cret-pass") {
		t.Errorf("another filter:\n%s", output)
	}

	// What an expression reads goes away: the next plan says so at its attribute.
	db.Exec("ALTER TABLE app.users RENAME COLUMN first_name TO given")
	output, exit := w.workspace.Run("plan")
	if exit != 1 || !strings.Contains(output, "Expression Not Usable") || !strings.Contains(output, "first_name") {
		t.Errorf("a column that is gone (exit %d):\n%s", exit, output)
	}
}

// logsIn tells whether the tenant gives tokens.
func (w *world) logsIn(name, password string) bool {
	w.Helper()
	content, err := json.Marshal(map[string]any{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": "users", "scope": "openid",
		"client_id": w.clientID, "client_secret": w.secret, "username": name, "password": password,
	})
	if err != nil {
		w.Fatal(err)
	}
	response, err := http.Post(w.tenant.URL+"/oauth/token", "application/json", bytes.NewReader(content)) //nolint:noctx // the tenant is in this process
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only its status matters
	if response.StatusCode >= http.StatusInternalServerError {
		w.Errorf("%s: status %d", name, response.StatusCode)
	}
	return response.StatusCode == http.StatusOK
}

// Wrong expressions are told at plan, at their attributes.
func TestUsersTableExpressionsBadInput(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	table := func(part, more string) string {
		return acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
resource "auth0pg_users_table" "users" {
  name    = "users"
  columns = { id = {}, email = {}, password = {}, %s }
  extra_columns = { is_active = { type = "boolean" } }
  %s
}`, part, more)
	}
	var steps []resource.TestStep
	for config, want := range map[string]string{
		table(`blocked = { expression = "not is_actve" }`, ""):            `Expression Not Usable[\s\S]*is_actve`,
		table(`blocked = { expression = "is_active; drop table x" }`, ""): `Not One Expression`,
		table(`blocked = { expression = "is_active::text" }`, ""):         `Expression Not Usable[\s\S]*boolean`,
		table(`name = { expression = "random()::text" }`, ""):             `VOLATILE`,
		table(`name = { expression = "email", type = "text" }`, ""):       `Part Is Only Read`,
		table(`nickname = {}`, `row_filter = "count(*) > 1"`):             `Expression Not Usable[\s\S]*aggregate`,
		table(`nickname = {}`, `row_filter = "email"`):                    `Expression Not Usable[\s\S]*boolean`,
	} {
		steps = append(steps, resource.TestStep{Config: config, PlanOnly: true, ExpectError: regexp.MustCompile(want)})
	}
	// A table that does not exist yet, with a part that has no column.
	steps = append(steps, resource.TestStep{
		Config: table(`blocked = { expression = "not is_active" }`, "row_filter = \"email <> ''\"\ndeletion_protection = false"),
		Check:  expectColumns(db, "users", "id uuid not null default gen_random_uuid()", "email text not null", "password text not null", "is_active boolean"),
	})
	testTable(t, steps...)
}

// An index that holds the users alone serves them, also where rows that are none have the same address; a look-up that no
// index serves is told with the statement that would.
func TestUsersTableIndexesUnderAFilter(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(`CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, login text, password text NOT NULL, deleted_at timestamptz);
		CREATE UNIQUE INDEX live ON users (lower(email)) WHERE deleted_at IS NULL;
		INSERT INTO users VALUES (1, 'a@example.com', 'a', 'x', now()), (2, 'A@example.com', 'a', 'x', NULL)`)
	workspace := acctest.NewWorkspace(t, nil)
	config := func(email string) string {
		return required + acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
import {
  to = auth0pg_users_table.users
  id = "users"
}
resource "auth0pg_users_table" "users" {
  name         = "users"
  columns      = { id = {}, email = %s, password = {} }
  row_filter   = "email <> '' and deleted_at is null"
  email_lookup = "lower_index"
}
`, email)
	}
	workspace.Write("main.tf", config("{}"))
	if output := workspace.MustRun("apply", "-auto-approve"); strings.Contains(output, "CREATE") {
		t.Errorf("an index is built:\n%s", output)
	}
	if output, exit := workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty (exit %d):\n%s", exit, output)
	}
	workspace.Write("main.tf", config(`{ expression = "coalesce(login, email)" }`))
	// It is asked for, so that it is built: of the users alone, since a row that is none has the same key.
	output := workspace.MustRun("apply", "-auto-approve")
	if !strings.Contains(output, "CREATE UNIQUE INDEX CONCURRENTLY") || strings.Contains(strings.Join(strings.Fields(output), " "), "reads the whole table") {
		t.Errorf("no index is built:\n%s", output)
	}
	if output, exit := workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the index is not recognised (exit %d):\n%s", exit, output)
	}
	if built := db.QueryString("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'users_email%'"); !strings.Contains(built, "lower(COALESCE(login, email))") || !strings.Contains(built, "WHERE") {
		t.Errorf("built: %s", built)
	}
	// What changes with the time can be in no index: the look-up is told with the statement that would not do either.
	workspace.Write("main.tf", config(`{ expression = "case when now() > 'epoch' then email end" }`))
	if output := workspace.MustRun("plan"); !strings.Contains(strings.Join(strings.Fields(output), " "), "reads the whole table") {
		t.Errorf("nothing is said of the look-up:\n%s", output)
	}
}
