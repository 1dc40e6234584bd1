// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

const manyConnections = 200

// manyOurs is one table and many connections over it.
const manyOurs = `
resource "auth0pg_users_table" "users" {
  name                = "users"
  columns             = { id = {}, email = {}, password = {}, email_verified = {}, nickname = {} }
  deletion_protection = false
}

resource "auth0pg_connection" "many" {
  count                    = %d
  name                     = "ours-${count.index}"
  store                    = auth0pg_users_table.users.store
  configuration_wo         = { POSTGRES_URL = "postgres://scripts:a-long-and-random-password@db.example.com/app" }
  configuration_wo_version = 1
  preflight                = false
  deletion_protection      = false
}
`

// manyFloor is as many objects of a resource that does nothing.
const manyFloor = `
resource "terraform_data" "many" {
  count = %d
  input = "ours-${count.index}"
}
`

// manyTheirs is as many connections of Auth0's own provider, with seven scripts of a kilobyte.
const manyTheirs = `
terraform {
  required_providers {
    auth0 = { source = "auth0/auth0" }
  }
}

provider "auth0" {
  domain        = %[2]q
  client_id     = %[3]q
  client_secret = %[4]q
  audience      = %[5]q
}

locals {
  script = "function f(a, b, callback) { callback(null); }${join("", [for i in range(60) : "\n// a line of a script"])}"
}

resource "auth0_connection" "many" {
  count    = %[1]d
  name     = "theirs-${count.index}"
  strategy = "auth0"
  options {
    enabled_database_customization = true
    custom_scripts = { for op in ["login", "get_user", "create", "verify", "change_password", "change_email", "delete"] : op => local.script }
    configuration  = { POSTGRES_URL = "postgres://scripts:a-long-and-random-password@db.example.com/app" }
  }
}
`

// BenchmarkPlanOfMany measures whole commands on 200 connections over one table: the apply that makes them, and a plan
// with nothing to do; beside it, in turns, the same number of objects that do nothing, and, where a variable names its
// program, the connections of Auth0's own provider.
func BenchmarkPlanOfMany(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("what a process takes is read from /proc, which this system does not have")
	}
	// Both providers speak TLS with the tenant, and Auth0's does nothing else.
	certificate, authority, err := localtenant.Certificate(b.TempDir(), "127.0.0.1", "localhost")
	if err != nil {
		b.Fatal(err)
	}
	b.Setenv("SSL_CERT_FILE", authority)
	db, tenant := acctest.LocalDatabase(b), acctest.TenantWith(b, localtenant.Options{Certificate: &certificate})
	ours := asForUsers(acctest.NewWorkspace(b, map[string]string{"main.tf": required + acctest.ProviderConfig(db, tenant) + fmt.Sprintf(manyOurs, manyConnections)}))
	floor := asForUsers(acctest.NewWorkspace(b, map[string]string{"main.tf": fmt.Sprintf(manyFloor, manyConnections)}))
	floor.MustRun("init")
	floor.MustRun("apply", "-auto-approve")
	began := time.Now()
	ours.MustRun("apply", "-auto-approve")
	applied := time.Since(began)
	workspaces := map[string]*acctest.Workspace{"auth0pg": ours, "floor": floor}
	if program := os.Getenv(otherAuth0Variable); program != "" {
		workspaces["auth0"] = theirMany(b, tenant, program)
	}
	tenant.Local.ResetRequests()
	ours.MustRun("plan", "-detailed-exitcode")
	calls := len(tenant.Local.Requests())

	usages := map[string][]acctest.Usage{}
	for b.Loop() {
		for name, w := range workspaces {
			usages[name] = append(usages[name], w.Measure("plan", "-detailed-exitcode"))
		}
	}
	for name, of := range usages {
		slices.SortFunc(of, func(a, b acctest.Usage) int { return int(a.Wall - b.Wall) })
		median := of[len(of)/2]
		b.ReportMetric(median.Wall.Seconds(), name+"-s/plan")
		b.ReportMetric(median.Terraform.CPU.Seconds(), name+"-terraform-cpu-s/plan")
		b.ReportMetric(median.Provider.CPU.Seconds(), name+"-provider-cpu-s/plan")
		b.ReportMetric(float64(median.Terraform.Memory>>20), name+"-terraform-MiB")
		b.ReportMetric(float64(median.Provider.Memory>>20), name+"-provider-MiB")
	}
	b.ReportMetric(applied.Seconds(), "auth0pg-s/apply")
	b.ReportMetric(float64(calls), "auth0pg-calls/plan")
	b.ReportMetric(float64(len(ours.Read("terraform.tfstate")))/manyConnections, "auth0pg-state-B/connection")
	b.ReportMetric(0, "ns/op") // of all together
}

// theirMany is a workspace of Auth0's own provider.
func theirMany(b *testing.B, tenant *acctest.TenantHandle, program string) *acctest.Workspace {
	b.Helper()
	w := asForUsers(acctest.NewWorkspace(b, nil))
	w.ProviderIs(program)
	override(w, map[string]string{"auth0/auth0": program})
	domain := strings.TrimPrefix(tenant.URL, "https://")
	w.Write("main.tf", fmt.Sprintf(manyTheirs, manyConnections, domain, tenant.Local.ClientID(), tenant.Local.ClientSecret(), tenant.Local.Audience()))
	w.MustRun("apply", "-auto-approve")
	return w
}

// useOthers makes Terraform run the programs of other providers, by their sources, and returns the tenant's domain for
// them: Auth0's speaks TLS alone.
func useOthers(b *testing.B, w *acctest.Workspace, tenant *acctest.TenantHandle, programs map[string]string) (domain string) {
	b.Helper()
	behind, err := url.Parse(tenant.URL)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }})
	b.Cleanup(proxy.Close)
	w.Write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})))
	w.Setenv("SSL_CERT_FILE", filepath.Join(w.Dir, "ca.pem"))
	override(w, programs)
	return strings.TrimPrefix(proxy.URL, "https://")
}

// override makes Terraform run the programs of other providers, by their sources.
func override(w *acctest.Workspace, programs map[string]string) {
	overrides := ""
	for source, program := range programs {
		overrides += fmt.Sprintf("    %q = %q\n", source, filepath.Dir(program))
	}
	w.Write("cli.tfrc", "provider_installation {\n  dev_overrides {\n"+overrides+"  }\n}\n")
	w.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(w.Dir, "cli.tfrc"))
}
