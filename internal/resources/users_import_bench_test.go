// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// BenchmarkImportByTerraform imports tables of two sizes with the real command, and reports the most that the provider's
// process had at a time: it does not depend on the number of users.
func BenchmarkImportByTerraform(b *testing.B) {
	for _, users := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			for b.Loop() {
				db, tenant := acctest.LocalDatabase(b), acctest.TenantWith(b, localtenant.Options{ImportDelay: -1})
				db.Exec(`CREATE TABLE people (id int PRIMARY KEY, mail text, hash text, migrated timestamptz)`)
				db.Exec(`INSERT INTO people SELECT n, 'user' || n || '@example.com', md5(n::text) FROM generate_series(1, $1::int) n`, users)
				script := "function f(a, b, callback) { (callback || b)(null); }"
				_, created := tenant.API("POST", "/connections", map[string]any{"name": "people", "strategy": "auth0", "options": map[string]any{
					"import_mode": true, "enabledDatabaseCustomization": true, "customScripts": map[string]any{"login": script, "get_user": script},
				}})
				w := acctest.NewWorkspace(b, map[string]string{"main.tf": required + acctest.ProviderConfig(db, tenant) + fmt.Sprintf(
					"resource \"auth0pg_users_import\" \"rest\" {\n  connection_id = %q\n  store = %s\n  hash_formats = [\"md5\"]\n  user_id_prefix = \"old\"\n}\n",
					created["id"], storeHCL(store.Store{
						Reach: store.Table{Schema: "public", Name: "people"}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{
							store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "mail", Type: "text"}, store.Password: {Name: "hash", Type: "text"},
							store.MigratedAt: {Name: "migrated", Type: "timestamp with time zone"},
						},
					}))})
				for name, value := range map[string]string{"GOGC": "100", "GOMEMLIMIT": "off", "GOMAXPROCS": "2"} {
					w.Setenv(name, value) // tests run short programs without a collection of garbage
				}
				usage := w.Measure("apply", "-auto-approve")
				if marked := db.QueryInt("SELECT count(*) FROM people WHERE migrated IS NOT NULL"); marked != users {
					b.Errorf("%d users are marked", marked)
				}
				b.ReportMetric(float64(usage.Provider.Memory)/(1<<20), "MiB-provider")
				b.ReportMetric(usage.Wall.Seconds(), "s-wall")
				b.ReportMetric(usage.Provider.CPU.Seconds(), "s-cpu-provider")
			}
		})
	}
}
