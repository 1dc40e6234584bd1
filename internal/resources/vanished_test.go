// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A relation that goes, or becomes another kind, between plan and apply is an error that says so, whatever takes it, and
// nothing is left half done.
func TestRelationVanishesAfterPlan(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	core := func() *acctest.Core {
		config := acctest.TenantWith(t, localtenant.Options{}).Auth0()
		config["postgres"] = map[string]any{"url": db.URL}
		return acctest.NewCore(t, provider.Server("test"), config)
	}()
	role, functions := db.RoleName("scripts"), accessSchema(db)
	db.RoleName(functions + "_owner")
	columns := map[string]any{"id": map[string]any{}, "email": map[string]any{}, "password": map[string]any{"name": "password_hash"}}
	for name, test := range map[string]struct {
		typ, relation string
		config        map[string]any
		want          string
	}{
		"a role on a table": {"auth0pg_database_role", "table", map[string]any{"name": role, "password_wo": "Sup3rS3cret", "password_wo_version": 1, "operations": []string{"login"}}, "Store Not Found"},
		"a role on a view":  {"auth0pg_database_role", "view", map[string]any{"name": role, "password_wo": "Sup3rS3cret", "password_wo_version": 1, "operations": []string{"login"}}, "Store Not Found"},
		"access functions":  {"auth0pg_access_functions", "table", map[string]any{"schema": functions, "operations": []string{"login"}}, "Users Table Not Found"},
		"a connection": {"auth0pg_connection", "table", map[string]any{"name": "users", "import_mode": true, "configuration_wo_version": 1,
			"configuration_wo": map[string]any{"POSTGRES_URL": db.URL}}, "Users Table Not Found"},
		"a connection on a view": {"auth0pg_connection", "view", map[string]any{"name": "users", "import_mode": true, "configuration_wo_version": 1,
			"configuration_wo": map[string]any{"POSTGRES_URL": db.URL}}, "Users Table Not Found"},
		"the table itself":               {"auth0pg_users_table", "table", map[string]any{"name": "users", "columns": columns}, "Users Table Is Gone"},
		"the table, which is a view now": {"auth0pg_users_table", "turned", map[string]any{"name": "users", "columns": columns}, "view"},
	} {
		t.Run(name, func(t *testing.T) {
			db.Exec("DROP VIEW IF EXISTS shown; " + plainTable + "; CREATE VIEW shown AS TABLE users")
			object, users, clean := core.New(test.typ), plainStore(), "DROP TABLE IF EXISTS users CASCADE"
			defer func() { db.Exec(clean) }()
			drop := "DROP VIEW shown; DROP TABLE users"
			switch test.relation {
			case "view":
				users.Reach, drop = store.Table{Schema: "public", Name: "shown"}, "DROP VIEW shown"
			case "turned":
				clean = "DROP VIEW users; DROP TABLE was"
				drop = "DROP VIEW shown; ALTER TABLE users RENAME TO was; CREATE VIEW users AS TABLE was"
			}
			switch test.typ {
			case "auth0pg_users_table":
				var diags acctest.Diagnostics
				if object, diags = core.Import(test.typ, "users"); diags.Failed() {
					t.Fatal(diags)
				}
				test.config["columns"].(map[string]any)["created_at"] = map[string]any{"add": true} //nolint:forcetypeassert // above
			case "auth0pg_access_functions":
				test.config["table"] = users.Marshal()
			default:
				test.config["store"] = users.Marshal()
			}
			planned, diags := core.Plan(object, test.config)
			if diags.Failed() {
				t.Fatal(diags)
			}
			db.Exec(drop)
			_, diags = core.ApplyPlanned(object, planned, test.config)
			if said := diags.String(); !diags.Failed() || !strings.Contains(said, test.want) {
				t.Errorf("want %s:\n%s", test.want, said)
			}
			if db.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ANY ($1)) OR EXISTS (SELECT FROM pg_namespace WHERE nspname = $2)", []string{role, functions + "_owner"}, functions) {
				t.Error("something is left")
			}
		})
	}
}
