// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"go.uber.org/goleak"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// everyKind has an object of each kind, one of which refers to the other.
const everyKind = `
resource "auth0pg_users_table" "users" {
  name                = "users"
  columns             = { id = {}, email = {}, email_verified = {}, password = {}, nickname = {} }
  deletion_protection = false
}

resource "auth0pg_database_role" "scripts" {
  name                = %q
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user"]
  password_wo         = "scripts-password"
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name                = "everything"
  import_mode         = true
  store               = auth0pg_users_table.users.store
  deletion_protection = false
}

resource "auth0pg_allowlist" "addresses" {
  region = "EU"
  role   = auth0pg_database_role.scripts.name
}
`

// TestNothingStays has a provider, in this process, make everything and destroy it: when nobody holds it any more,
// none of its goroutines and none of its sessions are left.
func TestNothingStays(t *testing.T) {
	db, tenant := acctest.LocalDatabase(t), acctest.Tenant(t)
	config := acctest.ProviderConfig(db, tenant) + fmt.Sprintf(everyKind, db.RoleName("scripts"))
	sessions := func() int {
		return db.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'terraform-provider-auth0pg' AND datname = current_database()")
	}
	sessions() // opens the connection that asks
	before := goleak.IgnoreCurrent()
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{Config: config}}})
	http.DefaultClient.CloseIdleConnections()

	deadline := time.Now().Add(20 * time.Second)
	for {
		runtime.GC()
		err := goleak.Find(before)
		left := sessions()
		if err == nil && left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are left, and: %v", left, err)
		}
	}
}
