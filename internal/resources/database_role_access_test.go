// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// accessStores are tables of different making, each with the store that describes it.
func accessStores() map[string]struct {
	ddl   string
	store store.Store
} {
	return map[string]struct {
		ddl   string
		store store.Store
	}{
		"every part": {
			ddl: `CREATE TABLE public.users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text, email_verified boolean, password text, nickname text,
				username text, name text, given_name text, family_name text, picture text, phone_number text, phone_verified boolean, blocked boolean,
				user_metadata jsonb, app_metadata jsonb, created_at timestamptz, updated_at timestamptz, last_login timestamptz,
				last_password_reset timestamptz, migrated_at timestamptz, tenant_secret text)`,
			store: everyPart(),
		},
		"serial id, quoted names": {
			ddl: `CREATE SCHEMA "Odd ""schema"; CREATE TABLE "Odd ""schema"."User's" ("The Id" bigserial PRIMARY KEY, "E-mail" text, verified int, "pass(word)" text, n serial)`,
			store: store.Store{Kind: store.Table, Schema: `Odd "schema`, Table: "User's", EmailLookup: store.Exact, Columns: map[store.Part]store.Column{
				store.ID: {Name: "The Id", Type: "bigint"}, store.Email: {Name: "E-mail", Type: "text"},
				store.EmailVerified: {Name: "verified", Type: "integer"}, store.Password: {Name: "pass(word)", Type: "text"},
			}},
		},
		"citext off the path": {
			ddl: `CREATE SCHEMA "Ext"; CREATE EXTENSION citext SCHEMA "Ext"; CREATE TABLE public.users (id int GENERATED ALWAYS AS IDENTITY, email "Ext".citext, password text)`,
			store: store.Store{Kind: store.Table, Schema: "public", Table: "users", EmailLookup: store.CIText, Columns: map[store.Part]store.Column{
				store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "email", Type: `"Ext".citext`}, store.Password: {Name: "password", Type: "text"},
			}},
		},
	}
}

func everyPart() store.Store {
	s := store.Store{Kind: store.Table, Schema: "public", Table: "users", EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{}}
	for _, spec := range store.Parts() {
		s.Columns[spec.Part] = store.Column{Name: string(spec.Part), Type: spec.Type}
	}
	return s
}

// storeHCL writes a store as an expression; JSON is one.
func storeHCL(t *testing.T, s store.Store) string {
	t.Helper()
	columns := map[string]any{}
	for part, column := range s.Columns {
		columns[string(part)] = map[string]string{"name": column.Name, "type": column.Type}
	}
	text, err := json.Marshal(map[string]any{"kind": s.Kind, "schema": s.Schema, "table": s.Table, "id_type": s.IDType(), "email_lookup": s.EmailLookup, "columns": columns})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// With what it is granted the role can run each operation's SQL; with any single
// privilege less it cannot.
func TestDatabaseRolePrivilegesAreMinimal(t *testing.T) {
	for name, variety := range accessStores() {
		t.Run(name, func(t *testing.T) {
			db := acctest.LocalDatabase(t)
			db.Exec(variety.ddl)
			// What everybody has would hide what the role lacks.
			db.Exec("REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON DATABASE " + db.Name + " FROM PUBLIC")
			role := db.RoleName("scripts")
			var steps []resource.TestStep
			for _, op := range scripts.Rendered(false, variety.store) {
				if len(scripts.MissingParts(variety.store, op)) > 0 {
					continue
				}
				steps = append(steps, resource.TestStep{
					Config: strings.Replace(roleConfig(db, role, fmt.Sprintf("%q", op), password("first", 1)), roleStore, storeHCL(t, variety.store), 1),
					Check: resource.ComposeAggregateTestCheckFunc(expectLogin(t, db, role, "first", ""), func(*terraform.State) error {
						checkMinimal(t, db, role, variety.store, op)
						return nil
					}),
				})
			}
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
		})
	}
}

func checkMinimal(t *testing.T, db *acctest.DB, role string, s store.Store, op scripts.Operation) {
	t.Helper()
	admin := db.Conn()
	grants := heldGrants(t, db, role, s)
	if err := runOperation(t, admin, role, "", s, op); err != nil {
		t.Errorf("%s with %v: %v", op, grants, err)
	}
	for _, g := range grants {
		if g.Privilege == "CONNECT" {
			continue // tried with a login: a session that is open does not show it
		}
		privilege, on, _ := strings.Cut(g.String(), " ON ")
		revoke := fmt.Sprintf("REVOKE %s ON %s FROM %s", privilege, on, pgx.Identifier{role}.Sanitize())
		if err := runOperation(t, admin, role, revoke, s, op); sqlState(t, err) != "42501" {
			t.Errorf("%s works without %s: %v", op, g, err)
		}
	}
	connect := "CONNECT ON DATABASE " + db.Name
	db.Exec("REVOKE " + connect + " FROM " + role)
	if got := login(t, db, role, "first"); got != "42501" {
		t.Errorf("the login without CONNECT ends with %q", got)
	}
	db.Exec("GRANT " + connect + " TO " + role)
}

// heldGrants is what the role has, one grant for each column.
func heldGrants(t *testing.T, db *acctest.DB, role string, s store.Store) []postgres.Grant {
	t.Helper()
	server, err := postgres.NewServer(postgres.Config{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	read, err := server.Role(t.Context(), role)
	if err != nil {
		t.Fatal(err)
	}
	objects := []postgres.Object{{Kind: postgres.DatabaseObject, Name: db.Name}, {Kind: postgres.TableObject, Schema: s.Schema, Name: s.Table}}
	for _, schema := range []string{s.Schema, "Ext"} {
		objects = append(objects, postgres.Object{Kind: postgres.SchemaObject, Name: schema})
	}
	sequences, _, err := server.DefaultSequences(t.Context(), s.Schema, s.Table)
	if err != nil {
		t.Fatal(err)
	}
	grants, err := server.RoleGrants(t.Context(), read, append(objects, sequences...))
	if err != nil {
		t.Fatal(err)
	}
	return postgres.SplitGrants(grants)
}

// runOperation runs the operation's statements as the role, after a change of its
// privileges, and undoes all of it. The error is that of the first statement that fails.
func runOperation(t *testing.T, admin *pgx.Conn, role, change string, s store.Store, op scripts.Operation) error {
	t.Helper()
	statements, err := scripts.Statements(s, op)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		tx, err := admin.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, prepare := range []string{change, "SET LOCAL ROLE " + pgx.Identifier{role}.Sanitize()} {
			if _, err := tx.Exec(t.Context(), prepare); err != nil {
				t.Fatal(err)
			}
		}
		var values []any
		for _, param := range statement.Params {
			values = append(values, sample(s, param))
		}
		_, err = tx.Exec(t.Context(), statement.SQL, values...)
		if rollback := tx.Rollback(t.Context()); rollback != nil {
			t.Fatal(rollback)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", statement.Name, err)
		}
	}
	return nil
}

// sample is a value for a parameter, as text.
func sample(s store.Store, param scripts.Param) string {
	switch kind := s.Columns[param.Part].Type; {
	case param.Name == "verified":
		return "true"
	case kind == "uuid":
		return "00000000-0000-0000-0000-000000000001"
	case kind == "integer" || kind == "bigint":
		return "1"
	case kind == "boolean":
		return "false"
	case strings.HasPrefix(kind, "json"):
		return "{}"
	}
	return "someone@example.com"
}

// The scripts of a running connection use the former store until the same apply has
// replaced them; the next apply takes the privileges on it back.
func TestDatabaseRoleMovesToAnotherStore(t *testing.T) {
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	db.Exec("ALTER TABLE public.users ADD number serial; CREATE TABLE public.people (LIKE public.users)")
	name := db.RoleName("scripts")
	before := roleConfig(db, name, `"get_user", "create"`)
	after := strings.Replace(roleConfig(db, name, `"get_user"`), `table = "users"`, `table = "people"`, 1)
	held := func(want string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			got := db.QueryString(`SELECT concat(has_column_privilege($1, 'users', 'email', 'SELECT'), has_column_privilege($1, 'users', 'email', 'INSERT'),
				has_sequence_privilege($1, 'users_number_seq', 'USAGE'), has_column_privilege($1, 'users', 'password', 'SELECT'),
				has_column_privilege($1, 'people', 'email', 'SELECT'), has_column_privilege($1, 'people', 'email', 'INSERT'))`, name)
			if got != want {
				return fmt.Errorf("the role may %s, want %s", got, want)
			}
			return nil
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: before, Check: held("tttfff")},
			{
				PreConfig:          func() { db.Exec("GRANT SELECT (password) ON public.users TO " + name) },
				Config:             after,
				Check:              held("tttftf"),
				ExpectNonEmptyPlan: true,
			},
			{Config: after, Check: held("fffftf")},
			{Config: before, Check: held("tttftf"), ExpectNonEmptyPlan: true},
			{Config: before, Check: held("tttfff")},
		},
		CheckDestroy: func(*terraform.State) error { return roleGone(db, name) },
	})
}

// A managed service's main user may create roles and is no superuser.
func TestDatabaseRoleWithoutSuperuser(t *testing.T) {
	db := acctest.LocalDatabase(t)
	admin := db.RoleName("main")
	db.Exec("CREATE ROLE " + admin + " LOGIN CREATEDB CREATEROLE PASSWORD 'main'; ALTER DATABASE " + db.Name + " OWNER TO " + admin)
	db.Exec(roleTable)
	db.Exec("ALTER TABLE public.users OWNER TO " + admin + "; ALTER SCHEMA public OWNER TO " + admin)
	name := db.RoleName("scripts")
	asAdmin := func(config string) string {
		return strings.Replace(config, fmt.Sprintf("%q", db.URL), fmt.Sprintf("%q", db.URLFor(admin, "main")), 1)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: asAdmin(roleConfig(db, name, `"login", "create"`, password("first", 1), `statement_timeout = "5s"`)),
				Check: resource.ComposeAggregateTestCheckFunc(expectLogin(t, db, name, "first", ""),
					resource.TestCheckResourceAttr(roleAddress, "password_status", "not_readable")),
			},
			{
				PreConfig: func() {
					db.Exec("GRANT SELECT ON public.users TO " + name + "; ALTER ROLE " + name + " NOLOGIN CREATEDB")
				},
				Config: asAdmin(roleConfig(db, name, `"login"`, password("second", 2), `scram_iterations = 10000`)),
				Check: resource.ComposeAggregateTestCheckFunc(expectLogin(t, db, name, "second", ""), func(*terraform.State) error {
					if got := db.QueryString("SELECT rolpassword LIKE 'SCRAM-SHA-256$10000:%' FROM pg_authid WHERE rolname = $1", name); got != "t" {
						return fmt.Errorf("the verifier has not 10000 iterations")
					}
					return nil
				}),
			},
			{ // Nothing tells that the password was changed by hand.
				PreConfig:        func() { db.Exec("ALTER ROLE " + name + " PASSWORD 'by hand'") },
				Config:           asAdmin(roleConfig(db, name, `"login"`, password("second", 2), `scram_iterations = 10000`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check:            expectLogin(t, db, name, "by hand", ""),
			},
			{ // Unless it is tried.
				Config:             asAdmin(roleConfig(db, name, `"login"`, password("second", 2), `scram_iterations = 10000`, `verify_password = true`)),
				Check:              resource.TestCheckResourceAttr(roleAddress, "password_status", "changed_elsewhere"),
				ExpectNonEmptyPlan: true,
			},
			{
				Config: asAdmin(roleConfig(db, name, `"login"`, password("second", 2), `scram_iterations = 10000`, `verify_password = true`)),
				Check: resource.ComposeAggregateTestCheckFunc(expectLogin(t, db, name, "second", ""),
					resource.TestCheckResourceAttr(roleAddress, "password_status", "as_applied")),
			},
			{
				PreConfig: func() { db.Exec("ALTER ROLE " + name + " PASSWORD 'by hand'") },
				Config:    asAdmin(roleConfig(db, name, `"login"`, password("second", 2), `scram_iterations = 10000`, `verify_password = true`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(roleAddress, plancheck.ResourceActionUpdate), changes{"password_status"}}},
				Check: resource.ComposeAggregateTestCheckFunc(expectLogin(t, db, name, "second", ""),
					resource.TestCheckResourceAttr(roleAddress, "password_status", "as_applied")),
			},
			{
				Config: asAdmin(roleConfig(db, name, `"login"`, `password_wo_version = 2`, `scram_iterations = 10000`)),
				Check:  resource.TestCheckResourceAttr(roleAddress, "password_status", "not_readable"),
			},
		},
		CheckDestroy: func(*terraform.State) error { return roleGone(db, name) },
	})
}

// A provider that is killed after it created the role, and before Terraform knew, leaves a
// role that the next apply takes over; a role of somebody else it does not touch.
func TestDatabaseRoleLeftBehind(t *testing.T) {
	for _, kind := range []string{"superuser", "createrole"} {
		t.Run(kind, func(t *testing.T) {
			db := acctest.LocalDatabase(t)
			db.Exec(roleTable)
			name, admin := db.RoleName("scripts"), db.RoleName("main")
			url := db.URL
			if kind == "createrole" {
				db.Exec("CREATE ROLE " + admin + " LOGIN CREATEROLE PASSWORD 'main'; ALTER DATABASE " + db.Name + " OWNER TO " + admin)
				db.Exec("ALTER TABLE public.users OWNER TO " + admin + "; ALTER SCHEMA public OWNER TO " + admin)
				url = db.URLFor(admin, "main")
			}
			cfg := required + strings.Replace(roleConfig(db, name, `"login"`, password("the-same", 1), `statement_timeout = "5s"`), fmt.Sprintf("%q", db.URL), fmt.Sprintf("%q", url), 1)
			w := acctest.NewWorkspace(t, map[string]string{"main.tf": cfg})
			w.MustRun("apply", "-auto-approve")
			// What a lost state looks like.
			if err := os.Remove(filepath.Join(w.Dir, "terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
			w.MustRun("apply", "-auto-approve")
			if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
				t.Errorf("the next plan is not empty (exit %d):\n%s", exit, output)
			}
			if got := login(t, db, name, "the-same"); got != "" {
				t.Errorf("the login ends with %q", got)
			}
			w.Write("main.tf", strings.Replace(cfg, "the-same", "another", 1))
			if err := os.Remove(filepath.Join(w.Dir, "terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
			if output, exit := w.Run("apply", "-auto-approve"); exit == 0 || !strings.Contains(output, "Role Exists Already") {
				t.Errorf("a role with another password: exit %d\n%s", exit, output)
			}
		})
	}
}

func TestDatabaseRolesAtOnce(t *testing.T) {
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	names := map[string]string{}
	for i := range 40 {
		names[fmt.Sprint(i)] = db.RoleName("parallel")
	}
	list, err := json.Marshal(slices.Collect(maps.Values(names)))
	if err != nil {
		t.Fatal(err)
	}
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + acctest.ProviderConfig(db, nil) + fmt.Sprintf(`
resource "auth0pg_database_role" "scripts" {
  for_each   = toset(%s)
  name       = each.key
  operations = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
  store      = %s
}
`, list, roleStore)})
	w.MustRun("apply", "-auto-approve", "-parallelism=20")
	if output, exit := w.Run("plan", "-detailed-exitcode", "-parallelism=20"); exit != 0 {
		t.Errorf("the next plan is not empty (exit %d):\n%s", exit, output)
	}
	w.MustRun("destroy", "-auto-approve", "-parallelism=20")
}

const required = `
terraform {
  required_providers {
    auth0pg = { source = "auth0pg/auth0pg" }
  }
}
`

// Neither the password nor its verifier may be anywhere that Terraform or the server keep,
// and the password not even in the server's log.
func TestDatabaseRoleKeepsItsSecret(t *testing.T) {
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	const first, second = "Unmistakable-Secret-One", "Unmistakable-Secret-Two"
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + `
variable "password" {
  type      = string
  ephemeral = true
}
variable "bump" { type = number }
` + roleConfig(db, name, `"login"`, "password_wo = var.password", "password_wo_version = var.bump")})
	w.Setenv("TF_LOG", "TRACE")
	w.Setenv("TF_LOG_PATH", "trace.log")
	var shown strings.Builder
	run := func(args ...string) {
		t.Helper()
		shown.WriteString(w.MustRun(args...))
	}
	w.Setenv("TF_VAR_password", first)
	w.Setenv("TF_VAR_bump", "1")
	run("plan", "-out=first.tfplan")
	shown.WriteString(w.MustRun("show", "-json", "first.tfplan"))
	run("apply", "first.tfplan")
	w.Setenv("TF_VAR_password", second)
	w.Setenv("TF_VAR_bump", "2")
	run("apply", "-auto-approve")
	w.Setenv("TF_VAR_password", "not valid: Unmistakable-Secret-Three")
	w.Setenv("TF_VAR_bump", "3")
	refused, exit := w.Run("apply", "-auto-approve")
	if exit == 0 || !strings.Contains(refused, "Invalid Password") {
		t.Errorf("a password with spaces: exit %d\n%s", exit, refused)
	}
	shown.WriteString(refused)
	if got := login(t, db, name, second); got != "" {
		t.Errorf("the login ends with %q: the search would prove nothing", got)
	}

	serverLog, err := os.ReadFile(db.Server.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(serverLog), "CREATE ROLE \""+name) {
		t.Fatal("the server's log does not hold the statements: the search would prove nothing")
	}
	stored := db.QueryString("SELECT rolpassword FROM pg_authid WHERE rolname = $1", name)
	places := map[string]string{
		"output": shown.String(), "state": w.Read("terraform.tfstate"), "backup": w.Read("terraform.tfstate.backup"), "trace": w.Read("trace.log"),
	}
	for place, text := range places {
		if strings.Contains(text, stored) || strings.Contains(text, "SCRAM-SHA-256$") {
			t.Errorf("the verifier is in the %s", place)
		}
	}
	places["server's log"] = string(serverLog)
	for place, text := range places {
		if i := strings.Index(text, "Unmistakable-Secret"); i >= 0 {
			t.Errorf("the password is in the %s: %s", place, text[max(0, i-200):i])
		}
	}
}
