// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// The plan says who would go and sends nothing; an import that Auth0's answers stop leaves a tainted resource, whose
// replacement goes on; a higher version imports who is left; nothing is deleted.
func TestUsersImport(t *testing.T) {
	t.Parallel()
	db, tenant := acctest.LocalDatabase(t), acctest.TenantWith(t, localtenant.Options{})
	db.Exec(`CREATE TABLE people (id int PRIMARY KEY, mail text, hash text, migrated timestamptz)`)
	db.Exec(`INSERT INTO people SELECT n, 'user' || n || '@example.com', md5(n::text) FROM generate_series(1, 12) n`)
	db.Exec(`INSERT INTO people VALUES (13, 'nobody', md5('x')), (14, 'secret-salted@example.com', 'plain text')`)
	script := "function f(a, b, callback) { (callback || b)(null); }"
	_, created := tenant.API("POST", "/connections", map[string]any{"name": "people", "strategy": "auth0",
		"options": map[string]any{
			"import_mode": true, "enabledDatabaseCustomization": true, "customScripts": map[string]any{"login": script,
				"get_user": script},
		}})
	id, _ := created["id"].(string)
	// One address is somebody else's.
	db.Exec(`UPDATE people SET mail = 'taken@example.com' WHERE id = 5`)
	if status, answer := tenant.API("POST", "/users", map[string]any{"connection": "people",
		"email": "taken@example.com", "password": "Correct-Horse-7!"}); status != 201 {
		t.Fatal(status, answer)
	}
	users := store.Store{Reach: store.Table{Schema: "public", Name: "people"}, EmailLookup: store.LowerIndex,
		Columns: map[store.Part]store.Column{
			store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "mail", Type: "text"},
			store.Password:   {Name: "hash", Type: "text"},
			store.MigratedAt: {Name: "migrated", Type: "timestamp with time zone"},
		}}
	w := acctest.NewWorkspace(t, nil)
	write := func(lines ...string) {
		w.Write("main.tf", required+acctest.ProviderConfig(db, tenant)+fmt.Sprintf(
			"variable \"pepper\" {\n  type = string\n  ephemeral = true\n}\nresource \"auth0pg_users_import\" \"rest\" {\n  connection_id = %q\n  store = %s\n  hash_formats = "+
				"[\"bcrypt\", \"md5\", \"bcrypt_pepper\"]\n  pepper_wo = var.pepper\n  user_id_prefix = \"old\"\n  %s\n}\n"+
				"output \"failed\" {\n  value = auth0pg_users_import.rest.failed\n}\n", id, storeHCL(users),
			strings.Join(lines, "\n  ")))
	}
	run := func(exit int, command ...string) string {
		t.Helper()
		output, got := w.Run(command...)
		if got != exit {
			t.Fatalf("%v: exit %d\n%s", command, got, output)
		}
		if strings.Contains(output, "@example.com") || strings.Contains(output, "plain text") || strings.Contains(output, "Unmistakable-Pepper") {
			t.Errorf("%v shows a row:\n%s", command, output)
		}
		return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
	}
	marked := func() int { return db.QueryInt("SELECT count(*) FROM people WHERE migrated IS NOT NULL") }

	const pepper = "Unmistakable-Pepper"
	w.Setenv("TF_VAR_pepper", pepper)
	write()
	planned := run(0, "plan")
	for _, want := range []string{"Not marked as migrated: 14 users.", "12 of them would go to Auth0: - md5: 12",
		"2 jobs, the first one of 10 users", "1: an e-mail address that Auth0 does not take",
		"1: a hash that looks like unknown"} {
		if !strings.Contains(planned, want) {
			t.Errorf("the plan does not say %q:\n%s", want, planned)
		}
	}
	if db.QueryInt("SELECT count(*) FROM pg_class WHERE relname = 'auth0pg_import'") != 0 {
		t.Error("the plan has made the ledger")
	}

	if stopped := run(1, "apply", "-auto-approve"); !strings.Contains(stopped, "Import Stopped") ||
		!strings.Contains(stopped, "more than max_failed = 0") || marked() != 9 {
		t.Errorf("%d users are marked:\n%s", marked(), stopped)
	}
	write("max_failed = 1")
	again := run(0, "apply", "-auto-approve")
	for _, want := range []string{"is tainted, so must be replaced", "Users Stay In Auth0", "Users Refused By Auth0",
		"Users Held Back", "DUPLICATED_USER"} {
		if !strings.Contains(again, want) {
			t.Errorf("the second apply does not say %q:\n%s", want, again)
		}
	}
	if marked() != 11 {
		t.Errorf("%d users are marked", marked())
	}
	db.Exec(`UPDATE people SET mail = 'mine@example.com' WHERE id = 5; UPDATE people SET mail = 'nobody@example.com' WHERE id = 13`)
	write("max_failed = 1", "version = 2", `where = "id < 14"`)
	run(0, "apply", "-auto-approve")
	if marked() != 13 {
		t.Errorf("%d users are marked", marked())
	}
	run(0, "plan", "-detailed-exitcode")
	if strings.Contains(w.Read("terraform.tfstate")+w.Read("terraform.tfstate.backup"), pepper) {
		t.Error("the pepper is in the state")
	}
	run(0, "destroy", "-auto-approve")
	if db.QueryInt("SELECT count(*) FROM auth0pg_import") == 0 || marked() != 13 {
		t.Error("the deletion has taken something back")
	}
}
