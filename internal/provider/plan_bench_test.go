// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// The two providers to compare with: programs called terraform-provider-auth0 and terraform-provider-postgresql.
const (
	otherAuth0Variable      = "AUTH0PG_BENCH_AUTH0"
	otherPostgreSQLVariable = "AUTH0PG_BENCH_POSTGRESQL"
)

// ours has the objects of the demo.
const ours = `
resource "auth0pg_users_table" "users" {
  name                = "users"
  columns             = { id = {}, email = {}, password = {}, email_verified = {}, nickname = {}, user_metadata = {}, created_at = {}, updated_at = {}, last_password_reset = {} }
  deletion_protection = false
}

resource "auth0pg_database_role" "scripts" {
  name                = %[1]q
  store               = auth0pg_users_table.users.store
  operations          = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
  password_wo         = "scripts-password"
  password_wo_version = 1
  connection_limit    = 50
  statement_timeout   = "5s"
}

resource "auth0pg_connection" "users" {
  name  = "ours"
  store = auth0pg_users_table.users.store
  configuration_wo = {
    POSTGRES_URL = "postgres://${auth0pg_database_role.scripts.name}:scripts-password@%[2]s/%[3]s?sslmode=disable"
  }
  configuration_wo_version = 1
  enabled_clients          = [%[4]q]
  deletion_protection      = false
}

resource "auth0pg_allowlist" "database" {
  region = "EU"
  role   = auth0pg_database_role.scripts.name
}

data "auth0pg_scripts" "users" {
  store = auth0pg_users_table.users.store
}

output "scripts" {
  value = data.auth0pg_scripts.users.scripts
}
`

// theirs is the same setup without the table, for which neither has an object, and without the list of addresses.
const theirs = `
terraform {
  required_providers {
    auth0      = { source = "auth0/auth0" }
    postgresql = { source = "cyrilgdn/postgresql" }
  }
}

provider "auth0" {
  domain        = %[5]q
  client_id     = %[6]q
  client_secret = %[7]q
  audience      = %[8]q
}

provider "postgresql" {
  host     = %[9]q
  port     = %[10]s
  database = %[3]q
  username = %[11]q
  password = %[12]q
  sslmode  = "disable"
}

resource "postgresql_role" "scripts" {
  name              = %[1]q
  login             = true
  password          = "scripts-password"
  connection_limit  = 50
  statement_timeout = 5000
}

resource "postgresql_grant" "schema" {
  database    = %[3]q
  role        = postgresql_role.scripts.name
  schema      = "public"
  object_type = "schema"
  privileges  = ["USAGE"]
}

resource "postgresql_grant" "table" {
  database    = %[3]q
  role        = postgresql_role.scripts.name
  schema      = "public"
  object_type = "table"
  objects     = ["users"]
  privileges  = ["SELECT", "INSERT", "UPDATE", "DELETE"]
}

resource "auth0_connection" "users" {
  name     = "theirs"
  strategy = "auth0"
  options {
    enabled_database_customization = true
    brute_force_protection         = true
    custom_scripts                 = jsondecode(file("scripts.json"))
    configuration = {
      POSTGRES_URL = "postgres://%[1]s:scripts-password@%[2]s/%[3]s?sslmode=disable"
    }
  }
}

resource "auth0_connection_clients" "users" {
  connection_id   = auth0_connection.users.id
  enabled_clients = [%[4]q]
}
`

// BenchmarkPlan measures a plan of the demo's objects that finds nothing to do. With the programs of the two providers
// that people combine today it measures theirs, too: the same tenant and server, the runs taking turns.
func BenchmarkPlan(b *testing.B) {
	db, tenant := acctest.LocalDatabase(b), acctest.TenantWith(b, localtenant.Options{})
	_, client := tenant.API(http.MethodPost, "/clients", map[string]any{"name": "app"})
	address, err := url.Parse(db.URL)
	if err != nil {
		b.Fatal("the database's URL cannot be parsed")
	}
	role, otherRole := db.RoleName("scripts"), db.RoleName("others")
	values := []any{role, address.Host, db.Name, client["client_id"]}
	workspaces := map[string]*acctest.Workspace{
		"auth0pg": asForUsers(acctest.NewWorkspace(b, map[string]string{"main.tf": required + acctest.ProviderConfig(db, tenant) + fmt.Sprintf(ours, values...)})),
	}
	workspaces["auth0pg"].MustRun("apply", "-auto-approve")

	if auth0, postgresql := os.Getenv(otherAuth0Variable), os.Getenv(otherPostgreSQLVariable); auth0 != "" && postgresql != "" {
		w := asForUsers(acctest.NewWorkspace(b, nil))
		domain := useOthers(b, w, tenant, map[string]string{"auth0/auth0": auth0, "cyrilgdn/postgresql": postgresql})
		w.Write("scripts.json", workspaces["auth0pg"].MustRun("output", "-json", "scripts"))
		password, _ := address.User.Password()
		values = append(values, domain, tenant.Local.ClientID(), tenant.Local.ClientSecret(), tenant.Local.Audience(),
			address.Hostname(), address.Port(), address.User.Username(), password)
		values[0] = otherRole
		w.Write("main.tf", fmt.Sprintf(theirs, values...))
		w.MustRun("apply", "-auto-approve")
		workspaces["auth0+postgresql"] = w
	}
	took := map[string][]time.Duration{}
	for b.Loop() {
		for name, w := range workspaces {
			began := time.Now()
			w.MustRun("plan", "-detailed-exitcode")
			took[name] = append(took[name], time.Since(began))
		}
	}
	for name, times := range took {
		slices.Sort(times)
		b.ReportMetric(times[len(times)/2].Seconds(), name+"-s/plan")
	}
	b.ReportMetric(0, "ns/op") // of all together
}
