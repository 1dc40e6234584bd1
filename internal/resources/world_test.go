// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// world is one of each object, led through every change that an object knows and to its end, for tests in which
// everything around the provider is set against it.
type world struct {
	testing.TB
	db        *pgtest.DB
	tenant    *acctest.TenantHandle
	workspace *acctest.Workspace
	clientID  string
	secret    string
	role      string
	schema    string
	// word is part of every name, comment and default: a text of the test's own alphabet.
	word string
}

func newWorld(t *testing.T, db *pgtest.DB, word string) *world {
	t.Helper()
	w := &world{TB: t, db: db, word: word, tenant: acctest.TenantWith(t, localtenant.Options{})}
	w.workspace = acctest.NewWorkspace(t, nil)
	w.clientID, w.secret = w.tenant.Local.AddClient("web")
	w.role = db.RoleName("scripts")
	if encoding := db.QueryString("SELECT pg_catalog.getdatabaseencoding()"); encoding == "UTF8" || encoding == "SQL_ASCII" {
		w.role = db.RoleName("scripts_" + word) // in others nobody could log in as such a role
	}
	w.schema = strings.TrimSuffix(db.RoleName("access")+"_owner", "_owner")
	db.RoleName(w.schema) // dropped, should the test fail
	return w
}

// prepare makes what the provider finds: an application's table with rows, in types that no function of the server's
// takes without a cast, and functions of the owner's.
func (w *world) prepare() {
	w.Helper()
	word := pgx.Identifier{"found " + w.word}.Sanitize()
	w.db.Exec(`CREATE SCHEMA app`)
	w.db.Exec(`CREATE EXTENSION IF NOT EXISTS citext SCHEMA app`)
	w.db.Exec(`CREATE DOMAIN app.short AS varchar(200)`)
	w.db.Exec(`CREATE FUNCTION app.plan_name() RETURNS varchar LANGUAGE sql STABLE AS $$ SELECT 'free'::pg_catalog.varchar $$`)
	w.db.Exec(fmt.Sprintf(`CREATE TABLE app.%s (id bigint NOT NULL, email varchar(200) NOT NULL, hash char(60), nick app.short,
		given pg_catalog.name, age smallint)`, word))
	w.db.Exec(fmt.Sprintf(`INSERT INTO app.%s SELECT n, 'User' OPERATOR(pg_catalog.||) n::pg_catalog.text OPERATOR(pg_catalog.||) '@example.com',
		'$2b$10$0123456789012345678901uAbCdEfGhIjKlMnOpQrStUvWxYz0', 'nick', 'given', 7 FROM pg_catalog.generate_series(1, 50) AS s (n)`, word))
}

func (w *world) config(step int) string {
	found, quote := "found "+w.word, acctest.Quote
	pick := func(first, later string) string {
		if step > 1 {
			return later
		}
		return first
	}
	config := required + acctest.ProviderConfig(w.db, w.tenant) + fmt.Sprintf(`
resource "auth0pg_users_table" "made" {
  schema  = "app"
  name    = %[1]s
  columns = {
    id = {}, email = %[6]s, email_verified = {}, password = {}, nickname = { %[7]s }, username = {}
    blocked = {}, user_metadata = {}, app_metadata = {}, created_at = {}, updated_at = {}, last_login = {}
    last_password_reset = {}, migrated_at = {}, given_name = { comment = %[3]s }, phone_number = {}
  }
  extra_columns = merge({
    plan   = { type = "app.short", default = "app.plan_name()" }
    noted  = { type = "text", default = %[4]s }
    folded = { type = "text", default = "generated always as (lower(noted || %[5]s)) stored" }
  }, %[8]s)
  email_lookup         = %[9]s
  drop_removed_columns = true
  deletion_protection  = false
  drop_table_with_rows = true
}

import {
  to = auth0pg_users_table.found
  id = %[12]s
}

resource "auth0pg_users_table" "found" {
  schema  = "app"
  name    = %[2]s
  columns = {
    id = { nullable = false }, email = %[10]s, password = { name = "hash" }, nickname = { name = "nick" }, given_name = { name = "given" }
  }
  extra_columns        = %[11]s
  email_lookup         = "lower_index"
  primary_key          = true
  deletion_protection  = false
  drop_table_with_rows = true
}
`, quote("made "+w.word), quote(found), quote("comment "+w.word), quote("'"+w.word+`\`+"'"), strings.Trim(quote("'"+w.word+"'"), `"`),
		pick(`{ type = "varchar(200)" }`, `{ type = "varchar(250)" }`),
		pick(`name = "nick"`, `name = "nick2", renamed_from = "nick"`),
		pick("{}", `{ token = { type = "uuid", nullable = false, default = "gen_random_uuid()" }, seen = { type = "timestamptz", default = "clock_timestamp()" } }`),
		pick(`"lower_index"`, `"exact"`),
		pick(`{}`, `{ type = "varchar(300)" }`),
		pick(`{}`, `{ age = { type = "bigint", nullable = false, default = "18" } }`),
		quote("app."+pgx.Identifier{found}.Sanitize()))
	config += fmt.Sprintf(`
resource "auth0pg_access_functions" "access" {
  schema          = %[1]q
  table           = auth0pg_users_table.made.store
  rehash_on_login = true
}

resource "auth0pg_database_role" "scripts" {
  name                = %[2]s
  store               = auth0pg_access_functions.access.store
  operations          = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email", "change_username"]
  rehash_on_login     = true
  password_wo         = "password-%[3]d"
  password_wo_version = %[3]d
  statement_timeout   = "5s"
  search_path         = ["public"]
  connection_limit    = %[4]s
  drain_timeout       = "90s"
}

resource "auth0pg_database_role" "direct" {
  name                = %[5]s
  store               = auth0pg_users_table.found.store
  operations          = ["login", "get_user"]
  password_wo         = "password"
  password_wo_version = 1
}

resource "auth0pg_allowlist" "functions" {
  role        = auth0pg_database_role.scripts.name
  enforcement = "functions"
  store       = auth0pg_access_functions.access.store
  region = "EU"
  additional_cidrs = ["127.0.0.0/8", "::1/128"]
}

data "auth0pg_users_audit" "made" {
  store = auth0pg_users_table.made.store
}

data "auth0pg_users_audit" "found" {
  store = auth0pg_users_table.found.store
}

resource "auth0pg_connection" "users" {
  name                     = "users"
  store                    = auth0pg_access_functions.access.store
  configuration_wo         = { POSTGRES_URL = %[6]s }
  configuration_wo_version = %[3]d
  scripts {
    rehash_on_login = true
    legacy_hashes   = ["sha256"]
  }
  enabled_clients          = [%[7]q]
  deletion_protection      = false
  delete_with_users        = true
}
`, w.schema, quote(w.role), step, pick("20", "25"), quote(w.role+"2"), quote(w.db.URLFor(w.role, fmt.Sprint("password-", step))), w.clientID)
	return config
}

// live leads the objects from creation through changes to the end, and users through theirs.
func (w *world) live() {
	w.Helper()
	w.db.RoleName(w.role + "2")
	for step := 1; step <= 2; step++ {
		w.workspace.Write("main.tf", w.config(step))
		w.workspace.MustRun("apply", "-auto-approve")
		if step > 1 {
			w.workspace.MustRun("apply", "-auto-approve") // a former index is dropped one apply later
		}
		if output, exit := w.workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
			w.Fatalf("the plan after apply %d is not empty (exit %d):\n%s", step, exit, output)
		}
		w.users(fmt.Sprintf("User%d@Example.com", step))
	}
	// The container's pool keeps its sessions for a while, and a role with sessions is not dropped.
	superuser := w.db.ConnTo(w.db.Server.URL(w.db.Name))
	ended, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			_, _ = superuser.Exec(w.Context(), "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"+
				" WHERE usename OPERATOR(pg_catalog.=) $1::pg_catalog.name AND state OPERATOR(pg_catalog.=) 'idle'", w.role)
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
			}
		}
	}()
	w.workspace.MustRun("destroy", "-auto-approve")
	close(stop)
	<-ended
}

// users signs somebody up and logs in.
func (w *world) users(email string) {
	w.Helper()
	const password = "correct horse battery staple 1"
	w.post("/dbconnections/signup", map[string]any{"client_id": w.clientID, "connection": "users", "email": email, "password": password, "username": strings.ToLower(email[:5])})
	for _, name := range []string{email, strings.ToLower(email), strings.ToLower(email[:5])} {
		w.post("/oauth/token", map[string]any{
			"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": "users", "scope": "openid",
			"client_id": w.clientID, "client_secret": w.secret, "username": name, "password": password,
		})
	}
}

func (w *world) post(path string, body map[string]any) {
	w.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	response, err := http.Post(w.tenant.URL+path, "application/json", bytes.NewReader(content)) //nolint:noctx // the tenant is in this process
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	if answer, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		w.Errorf("%s as %v: %d %s %v", path, body["username"], response.StatusCode, answer, err)
	}
}

// Nothing that a role puts where names are looked up ever runs: neither with the rights of a superuser, nor with those
// of a managed service's main user, nor as the scripts. The path is the usual one, or one in which the twins come
// before the server's own objects.
func TestNoTwinRuns(t *testing.T) {
	t.Parallel()
	for _, managed := range []bool{false, true} {
		for _, searchPath := range []string{`"$user", public, app`, "public, pg_catalog, app"} {
			t.Run(fmt.Sprintf("managed %t, pg_catalog last %t", managed, !strings.HasPrefix(searchPath, `"`)), func(t *testing.T) {
				t.Parallel()
				noTwinRuns(t, managed, searchPath)
			})
		}
	}
}

func noTwinRuns(t *testing.T, managed bool, searchPath string) {
	t.Helper()
	db := acctest.LocalDatabase(t)
	low := db.RoleName("low")
	db.Exec("CREATE ROLE " + low)
	superuser, main := db.URL, db.URL
	if managed {
		_, main = db.MainUser("main_user")
		db.Administrator(main)
	}
	w := newWorld(t, db, "word")
	w.prepare()
	db.Administrator(superuser)
	twins := db.HostileTwins(low, "public")
	db.Exec("ALTER DATABASE " + pgx.Identifier{db.Name}.Sanitize() + " SET search_path = " + searchPath)
	db.Administrator(main)
	db.Pin()
	w.live()
	db.Administrator(superuser)
	db.Pin()
	if ran := twins.Ran(); len(ran) > 0 {
		t.Errorf("of %d twins %d ran: %q", twins.Made, len(ran), ran)
	}
}

// The texts of a world are the same under every setting that changes how the server reads or writes them, on the role
// and on the database, and in every encoding.
func TestTextMeansTheSame(t *testing.T) {
	t.Parallel()
	for encoding, word := range map[string]string{
		"UTF8": "prénom 名前 \"q\"", "LATIN1": "prénom ß", "EUC_JP": "名前 ひらがな", "SQL_ASCII": "prénom 名前",
	} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			acctest.LocalDatabase(t) // skips where the server is not the test's own
			db := pgtest.Encoded(t, pgtest.Shared(t), encoding)
			w := newWorld(t, db, word)
			w.prepare()
			for i, setting := range textSettings(encoding) {
				target := "DATABASE " + pgx.Identifier{db.Name}.Sanitize()
				if i%2 == 1 {
					target = "ROLE CURRENT_USER IN " + target
				}
				db.Exec("ALTER " + target + " SET " + setting)
			}
			w.live()
		})
	}
}

// textSettings are settings that change how text is read and written, each other than it is by default.
func textSettings(encoding string) []string {
	client := map[string]string{"UTF8": "LATIN1", "LATIN1": "LATIN1", "EUC_JP": "SJIS", "SQL_ASCII": "SQL_ASCII"}[encoding]
	return []string{
		"client_encoding = " + client, "standard_conforming_strings = off", "quote_all_identifiers = on", "bytea_output = escape",
		"DateStyle = 'SQL, DMY'", "IntervalStyle = sql_standard", "TimeZone = 'Asia/Kathmandu'", "row_security = off",
		"extra_float_digits = -15", "array_nulls = off", "backslash_quote = off", "xmlbinary = hex", "xmloption = document",
		"transform_null_equals = on", "default_transaction_isolation = 'repeatable read'", "check_function_bodies = off",
		"client_min_messages = error", "escape_string_warning = off", "idle_in_transaction_session_timeout = '1ms'",
		"statement_timeout = '500ms'", "lock_timeout = '1s'",
	}
}

// In other encodings than UTF-8 a role's name is kept under bytes that no client sends.
func TestRoleNameInAnotherEncoding(t *testing.T) {
	t.Parallel()
	acctest.LocalDatabase(t) // skips where the server is not the test's own
	db := pgtest.Encoded(t, pgtest.Shared(t), "LATIN1")
	db.Exec("CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, password text)")
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
resource "auth0pg_database_role" "scripts" {
  name       = %q
  operations = ["login"]
  store = jsonencode({
    table = "public.users", email_lookup = "exact"
    columns = { id = "id bigint", email = "email text", password = "password text" }
  })
}`, db.RoleName("prénom")),
			ExpectError: regexp.MustCompile(`(?s)Role Could Not Log In.*LATIN1`),
		}},
	})
}

// The same for what enforces an allowlist on the server, which takes a superuser.
func TestNoTwinRunsInEnforcement(t *testing.T) {
	t.Parallel()
	f := newFortress(t, 16)
	low := f.RoleName("low")
	f.Exec("CREATE ROLE " + low)
	twins := f.HostileTwins(low, "public")
	f.Exec("ALTER DATABASE " + pgx.Identifier{f.Name}.Sanitize() + " SET search_path = public, pg_catalog")
	f.Administrator(f.URL) // in a session that has the path
	f.Pin()
	w := acctest.NewWorkspace(t, nil)
	enforcements := []string{"pg_hba"}
	if f.Server.Version() >= 17 {
		enforcements = append(enforcements, "login_trigger")
	}
	for _, enforcement := range enforcements {
		for _, cidr := range []string{"127.0.0.0/8", "127.0.0.1/32"} {
			w.Write("main.tf", required+acctest.ProviderConfig(f.DB, nil)+fmt.Sprintf(`
resource "auth0pg_allowlist" "enforced" {
  region           = "EU"
  role             = "scripts"
  enforcement      = %q
  additional_cidrs = [%q]
}
`, enforcement, cidr))
			w.MustRun("apply", "-auto-approve")
		}
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("the plan after it is not empty (exit %d):\n%s", exit, output)
		}
	}
	w.MustRun("destroy", "-auto-approve")
	if ran := twins.Ran(); len(ran) > 0 {
		t.Errorf("of %d twins %d ran: %q", twins.Made, len(ran), ran)
	}
}
