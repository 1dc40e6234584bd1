// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// The same drift must show a second time although the same statement mended it before, and what ran leaves the state
// without a plan that has anything to do.
func TestUsersTableStatementsLeave(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	config := tableConfig(db, dropAtEnd) + `
resource "auth0pg_database_role" "reader" {
  name       = "` + db.RoleName("reader") + `"
  store      = auth0pg_users_table.users.store
  operations = ["get_user"]
}
`
	drift := func() { db.Exec(`ALTER TABLE users ALTER COLUMN email_verified SET DEFAULT true`) }
	mended := func() resource.TestStep {
		return resource.TestStep{
			PreConfig: drift,
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(tableAddress, plancheck.ResourceActionUpdate),
			}},
			Check: expectColumns(db, "users", strings.Split("id uuid not null default gen_random_uuid()|email text not null|email_verified boolean not null default false|password text not null|nickname text", "|")...),
		}
	}
	testTables(t,
		resource.TestStep{Config: config}, // and again, which must plan nothing
		mended(),
		mended(),
	)
}
