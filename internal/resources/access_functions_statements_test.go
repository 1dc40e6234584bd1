// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Passwords stand in a table of their own, which only SQL of one's own writes.
const twoTables = `CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, last_login timestamptz, locked boolean NOT NULL DEFAULT false);
CREATE TABLE passwords (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE, hash text NOT NULL);
CREATE SEQUENCE ids`

func twoTablesStore() store.Store {
	return store.Store{
		Columns: map[store.Part]store.Column{
			store.ID: {Name: "id", Type: "bigint"}, store.Email: {Name: "email", Type: "text"},
			store.LastLogin: {Name: "last_login", Type: "timestamp with time zone"}, store.Blocked: {Name: "locked", Type: "boolean"},
			store.Password: {Expression: &store.Expression{
				Reads: []store.Relation{{Columns: []string{"hash", "user_id"}, Name: "passwords", Schema: "public"}},
				SQL:   "( SELECT p.hash FROM public.passwords p WHERE (p.user_id OPERATOR(pg_catalog.=) users.id))", Type: "text",
			}},
		},
		EmailLookup: store.Exact, Reach: store.Table{Schema: "public", Name: "users"},
	}
}

// ownStatements write them.
var ownStatements = map[string]any{
	"create": `WITH u AS (INSERT INTO users (id, email) VALUES (nextval('ids'), lower(:email)) RETURNING id)
		INSERT INTO passwords (user_id, hash) SELECT u.id, :password FROM u`,
	"change_password": `UPDATE passwords SET hash = :password FROM users WHERE users.id = user_id AND users.email = lower(:email);`,
	"login_rehash":    `UPDATE passwords SET hash = :password WHERE user_id = :id AND hash = :old_password`,
	"get_user": `SELECT id, email, locked AS blocked FROM users -- of everybody
		WHERE email = lower(:identifier)`,
}

const bcryptHash = "$2b$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m"

func statementsCore(t *testing.T, db *acctest.DB) *acctest.Core {
	t.Helper()
	return acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
}

// SQL of one's own stands in the functions, with the rights that it takes and no others; what is changed elsewhere is put
// back, and an import finds all of it.
func TestAccessFunctionsWithStatements(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(twoTables)
	schema := accessSchema(db)
	db.RoleName(schema + "_owner")
	core := statementsCore(t, db)
	config := map[string]any{
		"schema": schema, "table": twoTablesStore().Marshal(), "rehash_on_login": true,
		"operations": []string{"login", "get_user", "create", "change_password", "delete"}, "statements": ownStatements,
	}
	object := core.New("auth0pg_access_functions")
	planned, diags := core.Plan(object, config)
	diags.None(t)
	applied, diags := core.ApplyPlanned(object, planned, config)
	diags.None(t)
	if changes := acctest.Changes(planned, applied); strings.Contains(changes, "owner_privileges") || strings.Contains(changes, "definitions") {
		t.Errorf("planned and applied:\n%s", changes)
	}
	want := []string{
		`USAGE ON SCHEMA "public"`, `INSERT ("hash", "user_id") ON "public"."passwords"`, `SELECT ("hash", "user_id") ON "public"."passwords"`,
		`UPDATE ("hash") ON "public"."passwords"`, `DELETE ON "public"."users"`, `INSERT ("email", "id") ON "public"."users"`,
		`SELECT ("email", "id", "locked") ON "public"."users"`, `UPDATE ("last_login") ON "public"."users"`,
	}
	if got := lines(applied.JSON()["owner_privileges"]); !slices.Equal(got, want) {
		t.Errorf("the owner may\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	want = []string{`USAGE ON SEQUENCE "public"."ids"`, `USAGE ON SEQUENCE "public"."passwords_id_seq"`}
	if got := lines(applied.JSON()["owner_sequence_privileges"]); !slices.Equal(got, want) {
		t.Errorf("the owner draws from %s", got)
	}
	call := func(name, arguments string) string {
		return db.QueryString(`SELECT coalesce(string_agg(f::text, ' '), 'none') FROM "` + schema + `".` + name + "(" + arguments + ") f")
	}
	signUp := "email => 'A@Example.com', password => '" + bcryptHash + "'"
	for _, step := range []struct{ name, arguments, want string }{
		{"create", signUp, "true"},
		{"get_user", "identifier => 'A@example.com'", `1,a@example.com`},
		{"login", "identifier => 'a@example.com'", bcryptHash},
		{"change_password", "email => 'A@Example.com', password => '" + strings.Replace(bcryptHash, "2b", "2a", 1) + "'", "true"},
		{"login", "identifier => 'a@example.com'", "$2a$"},
		{"change_password", "email => 'b@example.com', password => '" + bcryptHash + "'", "none"},
	} {
		if got := call(step.name, step.arguments); !strings.Contains(got, step.want) {
			t.Errorf("%s(%s): %s, want %s", step.name, step.arguments, got, step.want)
		}
	}
	// Two passwords of one user: neither changes.
	db.Exec("INSERT INTO passwords (user_id, hash) VALUES (1, 'x')")
	_, err := db.Conn().Exec(t.Context(), `SELECT FROM "`+schema+`".change_password(email => 'a@example.com', password => '`+bcryptHash+"')")
	if sqlState(t, err) != "21000" || db.QueryInt("SELECT count(*) FROM passwords WHERE hash = $1", bcryptHash) != 0 {
		t.Errorf("two rows: %v", err)
	}
	if _, err := db.Conn().Exec(t.Context(), `SELECT FROM "`+schema+`".create(email => 'x@example.com', password => 'plain')`); sqlState(t, err) != "22023" {
		t.Errorf("a password that is no hash: %v", err)
	}
	imported, diags := core.Import("auth0pg_access_functions", schema)
	if diags.Failed() {
		t.Fatal(diags)
	}
	statements, _ := imported.JSON()["statements"].(map[string]any)
	if got := slices.Sorted(maps.Keys(statements)); !slices.Equal(got, slices.Sorted(maps.Keys(ownStatements))) {
		t.Fatalf("imported %q", got)
	}
	config["statements"] = statements
	if planned, diags = core.Plan(imported, config); len(diags) > 0 || strings.Contains(acctest.Changes(imported, planned), "definitions") {
		t.Errorf("a plan with what was imported: %s\n%s", diags, acctest.Changes(imported, planned))
	}
	config["statements"] = ownStatements
	db.Exec(`ALTER FUNCTION "` + schema + `".create RESET ALL; GRANT UPDATE ON passwords TO "` + schema + `_owner"`)
	drifted, diags := core.Refresh(applied)
	diags.None(t)
	if changes := acctest.Changes(applied, drifted); !strings.Contains(changes, "definitions") || !strings.Contains(changes, "owner_privileges") {
		t.Errorf("nobody saw what was changed: %s", changes)
	}
	again, diags := core.Apply(drifted, config)
	diags.None(t)
	if changes := acctest.Changes(applied, again); changes != "" {
		t.Errorf("not put back: %s", changes)
	}
	_, diags = core.Apply(again, nil)
	diags.None(t)
}

func lines(list any) (all []string) {
	elements, _ := list.([]any)
	for _, element := range elements {
		text, _ := element.(string)
		all = append(all, text)
	}
	return all
}

// What a statement lacks, or has too much of, is an error of the plan at its key.
func TestStatementsAreCheckedAtPlan(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(twoTables + `; CREATE TABLE accounts (id int); CREATE TABLE hidden (user_id bigint); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
		CREATE FUNCTION noted(text) RETURNS text LANGUAGE sql AS 'select $1'`)
	schema := accessSchema(db)
	core := statementsCore(t, db)
	for name, test := range map[string]struct{ function, text, want string }{
		"a parameter that is not used": {"change_password", "UPDATE passwords SET hash = :password", "does not use the parameter :email"},
		"a parameter that is unknown": {"change_password", "UPDATE passwords SET hash = :hash, user_id = :email",
			"no parameter :hash; there are :email, :password"},
		"a part that the table lacks": {"create", "INSERT INTO users (id, email) VALUES (1, :nickname)", "no parameter :nickname"},
		"no such column":              {"delete", "DELETE FROM users WHERE user_id = :id", `column "user_id" does not exist`},
		"no such table":               {"delete", "DELETE FROM people WHERE id = :id", `relation "people" does not exist`},
		"a query for a change":        {"delete", "SELECT 1 WHERE :id > 0", "must end in one INSERT, UPDATE or DELETE"},
		"a change for a query":        {"login", "DELETE FROM users WHERE email = :identifier", "SELECT that returns the columns"},
		"columns that are missing":    {"get_user", "SELECT id, locked AS blocked FROM users WHERE email = :identifier", "returns no column email"},
		"columns too many": {"get_user", "SELECT id, email, locked AS blocked, 1 AS age FROM users WHERE email = :identifier",
			"nobody reads its columns age"},
		"a flag that is none": {"get_user", "SELECT id, email, 0 AS blocked FROM users WHERE email = :identifier", "must be boolean"},
		"no operation":        {"verify", "UPDATE users SET locked = false WHERE email = :email", `No function "verify" is made`},
		"no feature":          {"login_rehash", "UPDATE passwords SET hash = :password WHERE user_id = :id AND hash = :old_password", "rehash_on_login is not true"},
		"a misspelt name":     {"chnage_email", "DELETE FROM users", "value must be one of"},
		"two statements":      {"delete", "DELETE FROM passwords WHERE user_id = :id; DELETE FROM users WHERE id = :id", "statement's end"},
		"a function":          {"delete", "DELETE FROM users WHERE id = :id AND noted('x') = 'x'", "Statement Calls Functions"},
		"rows that are hidden": {"delete", "WITH h AS (DELETE FROM hidden WHERE user_id = :id) DELETE FROM users WHERE id = :id",
			"Rows Are Hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := core.Plan(core.New("auth0pg_access_functions"), map[string]any{
				"schema": schema, "table": twoTablesStore().Marshal(), "operations": []string{"login", "get_user", "create", "change_password", "delete"},
				"statements": func() map[string]any {
					all := maps.Clone(ownStatements)
					delete(all, "login_rehash")
					all[test.function] = test.text
					return all
				}(),
			})
			if text := diags.String(); !strings.Contains(text, test.want) ||
				test.function != "chnage_email" && !strings.Contains(text, "hidden") && !strings.Contains(text, test.function) {
				t.Errorf("%s\nwant %s", text, test.want)
			}
		})
	}
}
