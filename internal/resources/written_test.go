// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// A table of somebody else's says what is written, what a script of one's own needs beside that is granted, and both are
// kept: nothing is to do afterwards, and what is taken away comes back.
func TestWritingsAndExtraPrivileges(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	role := db.RoleName("scripts")
	db.Exec(`CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL UNIQUE, folded text NOT NULL, password text NOT NULL, first text NOT NULL,
		gone timestamptz, changes int NOT NULL, locale text);
		CREATE TABLE "Audit" (at timestamptz, what text); CREATE SEQUENCE ids; CREATE FUNCTION is_open() RETURNS bool LANGUAGE sql AS 'select true'`)
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
	config := func(write string) map[string]any {
		return map[string]any{
			"name": "users", "email_lookup": "exact", "row_filter": "gone is null",
			"columns": map[string]any{
				"id": map[string]any{"write": "gen_random_uuid()::text"}, "email": map[string]any{}, "password": map[string]any{},
				"given_name": map[string]any{"name": "first", "write": write},
			},
			"extra_columns": map[string]any{
				"folded":  map[string]any{"on_create": "upper(new.email)", "on_change": "upper(new.email)"},
				"changes": map[string]any{"on_create": "0", "on_change": "users.changes + 1"},
			},
			"on_delete": map[string]any{"gone": "now()"},
		}
	}
	table, diags := core.Import("auth0pg_users_table", "public.users")
	if diags.Failed() {
		t.Fatal(diags)
	}
	refused := config("new.emial")
	if _, diags := core.Plan(table, refused); !diags.Failed() || !strings.Contains(diags.String(), "new.email") {
		t.Errorf("a misspelt part: %v", diags)
	}
	if table, diags = core.Apply(table, config("coalesce(value, '')")); diags.Failed() {
		t.Fatal(diags)
	}
	text, _ := table.JSON()["store"].(string)
	for _, has := range []string{`"on_create":{"sql":"pg_catalog.upper(new.email)","takes":["email"],"type":"text"}`, `"on_delete":{"gone":`,
		`"write":{"sql":"COALESCE(new.value`} {
		if !strings.Contains(text, has) {
			t.Errorf("the store has no %s: %s", has, text)
		}
	}
	if table, diags = core.Refresh(table); diags.Failed() {
		t.Fatal(diags)
	}
	again, diags := core.Plan(table, config("coalesce(value, '')"))
	if changes := acctest.Changes(table, again); changes != "" || diags.Failed() {
		t.Errorf("the plan after the apply: %s %v", changes, diags)
	}
	missing := config("coalesce(value, '')")
	missing["extra_columns"] = map[string]any{"nowhere": map[string]any{"on_create": "1"}}
	if _, diags := core.Plan(table, missing); !diags.Failed() || !strings.Contains(diags.String(), "no type") {
		t.Errorf("a column that is not there: %v", diags)
	}

	scripts := map[string]any{
		"name": role, "store": text, "operations": []string{"login", "create"},
		"extra_privileges": []string{
			"SELECT (locale) ON public.users", `INSERT ON public."Audit"`, "EXECUTE ON FUNCTION public.is_open", "USAGE ON SEQUENCE public.ids",
		},
	}
	object, diags := core.Apply(core.New("auth0pg_database_role"), scripts)
	if diags.Failed() {
		t.Fatal(diags)
	}
	may := func(what string) bool {
		return db.QueryBool(strings.ReplaceAll("SELECT "+what, "$r", "'"+role+"'"))
	}
	extra := map[string]string{
		"a column":   "has_column_privilege($r, 'users', 'locale', 'SELECT')",
		"a table":    `has_table_privilege($r, '"Audit"', 'INSERT')`,
		"a sequence": "has_sequence_privilege($r, 'ids', 'USAGE')",
	}
	for name, what := range extra {
		if !may(what) {
			t.Errorf("%s is not granted", name)
		}
	}
	db.Exec(fmt.Sprintf(`REVOKE INSERT ON "Audit" FROM %[1]s; GRANT DELETE ON "Audit" TO %[1]s`, role))
	if object, diags = core.Refresh(object); diags.Failed() {
		t.Fatal(diags)
	}
	if object, diags = core.Apply(object, scripts); diags.Failed() {
		t.Fatal(diags)
	}
	if !may(extra["a table"]) || may(`has_table_privilege($r, '"Audit"', 'DELETE')`) {
		t.Error("what was changed on the extra table stays so")
	}
	scripts["extra_privileges"] = []string{"SELECT (locale) ON public.users"}
	if object, diags = core.Apply(object, scripts); diags.Failed() {
		t.Fatal(diags)
	}
	if may(extra["a table"]) || may(extra["a sequence"]) || !may(extra["a column"]) {
		t.Error("what is no longer named is not taken back")
	}
	for _, bad := range []string{"ALL ON public.users", "SELECT ON users", "CREATE ON SCHEMA public", "TRUNCATE ON public.users", "MEMBER OF postgres", "MEMBER OF nobody_there", "MEMBER OF pg_read_server_files", `MEMBER OF "a" WITH ADMIN OPTION`,
		"SELECT ON public.users WITH GRANT OPTION", "x"} {
		scripts["extra_privileges"] = []string{bad}
		if _, diags := core.Plan(object, scripts); !diags.Failed() {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A sequence that an expression names is one from which whoever runs it may draw, and nobody else.
func TestSequencesOfExpressions(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	role, functions := db.RoleName("scripts"), accessSchema(db)
	db.RoleName(functions + "_owner")
	db.Exec(`CREATE SCHEMA app; CREATE SEQUENCE app."Numbers"; CREATE SEQUENCE ids; CREATE SEQUENCE changes;
		CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL UNIQUE, password text NOT NULL, number int NOT NULL, change int);
		ALTER DATABASE "` + db.Name + `" SET search_path = app, public`)
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
	table, diags := core.Import("auth0pg_users_table", "public.users")
	if diags.Failed() {
		t.Fatal(diags)
	}
	if table, diags = core.Apply(table, map[string]any{
		"name": "users", "email_lookup": "exact",
		"columns": map[string]any{"id": map[string]any{"write": "'u' || nextval('ids')"}, "email": map[string]any{}, "password": map[string]any{}},
		"extra_columns": map[string]any{
			"number": map[string]any{"on_create": `nextval('"Numbers"')`}, "change": map[string]any{"on_change": "nextval('public.changes')"},
		},
	}); diags.Failed() {
		t.Fatal(diags)
	}
	users, _ := table.JSON()["store"].(string)
	draws := func(attribute string, object acctest.Object, want ...string) {
		t.Helper()
		got := strings.Join(lines(object.JSON()[attribute]), "; ")
		if wanted := strings.Join(want, "; "); got != wanted {
			t.Errorf("%s: %s, want %s", object.Type, got, wanted)
		}
	}
	const ids, numbers, changes = `USAGE ON SEQUENCE "public"."ids"`, `USAGE ON SEQUENCE "app"."Numbers"`, `USAGE ON SEQUENCE "public"."changes"`
	config := map[string]any{"name": role, "store": users, "operations": []string{"login", "create"}}
	planned, diags := core.Plan(core.New("auth0pg_database_role"), config)
	diags.None(t)
	draws("sequence_privileges", planned, numbers, ids)
	object, diags := core.ApplyPlanned(core.New("auth0pg_database_role"), planned, config)
	if diags.Failed() {
		t.Fatal(diags)
	}
	draws("sequence_privileges", object, numbers, ids)
	if !slices.Contains(lines(object.JSON()["privileges"]), `USAGE ON SCHEMA "app"`) {
		t.Error("the role may not see the schema of a sequence")
	}
	config["operations"] = []string{"login", "change_email"}
	if object, diags = core.Apply(object, config); diags.Failed() {
		t.Fatal(diags)
	}
	draws("sequence_privileges", object, changes)
	owner, diags := core.Apply(core.New("auth0pg_access_functions"), map[string]any{
		"schema": functions, "table": users, "extra_privileges": []string{"SELECT (id) ON public.users", "USAGE ON SCHEMA app"},
	})
	if diags.Failed() {
		t.Fatal(diags)
	}
	draws("owner_sequence_privileges", owner, numbers, changes, ids)
	if got := db.QueryString(`SELECT string_agg(f::text, ' ') FROM "` + functions + `".create(email => 'a@example.com', password => '` + bcryptHash + `') f`); got != "true" {
		t.Errorf("a sign-up: %s", got)
	}
	for _, o := range []acctest.Object{owner, object} {
		if _, diags = core.Apply(o, nil); diags.Failed() {
			t.Error(diags)
		}
	}
	if _, diags := core.Plan(core.New("auth0pg_access_functions"), map[string]any{
		"schema": functions, "table": users, "extra_privileges": []string{"MEMBER OF pg_monitor"},
	}); !strings.Contains(diags.String(), "a member of no role") {
		t.Errorf("an owner that is a member: %s", diags)
	}
}
