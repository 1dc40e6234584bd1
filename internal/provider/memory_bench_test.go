// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// BenchmarkMemory plans few objects and many, which are all there, and reports what one more object costs: in the
// provider's process and, to compare, in Terraform's own, which holds all of them. Figures are of the peak.
func BenchmarkMemory(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the memory of a process is read from /proc, which this system does not have")
	}
	tenant := acctest.TenantWith(b, localtenant.Options{})
	for kind, block := range map[string]string{
		"allowlist": `
			resource "auth0pg_allowlist" "many" {
			  count            = %d
			  region           = "EU"
			  additional_cidrs = ["10.0.${floor(count.index / 250)}.${count.index %% 250}/32"]
			}`,
		"connection": `
			resource "auth0pg_connection" "many" {
			  count       = %d
			  name        = "many-${count.index}"
			  import_mode = true
			  scripts {
			    overrides = {
  			    login    = "function login(identifier, password, callback) { return callback(null, null); }"
  			    get_user = "function getUser(identifier, callback) { return callback(null, null); }"
			    }
			  }
			  deletion_protection = false
			}`,
	} {
		b.Run(kind, func(b *testing.B) {
			const few, many = 10, 1000
			w := asForUsers(acctest.NewWorkspace(b, nil))
			measure := func(n int) (provider, terraform int64) {
				w.Write("main.tf", required+acctest.ProviderConfig(nil, tenant)+fmt.Sprintf(block, n))
				w.MustRun("apply", "-auto-approve")
				usage := w.Measure("plan", "-detailed-exitcode")
				return usage.Provider.Memory, usage.Terraform.Memory
			}
			for range b.N {
				providerFew, terraformFew := measure(few)
				providerMany, terraformMany := measure(many)
				const each = (many - few) << 10
				b.ReportMetric(float64(providerMany-providerFew)/each, "provider-KiB/object")
				b.ReportMetric(float64(terraformMany-terraformFew)/each, "terraform-KiB/object")
				b.ReportMetric(float64(providerMany>>20), "provider-MiB")
				b.ReportMetric(float64(terraformMany>>20), "terraform-MiB")
				measure(0) // leaves the tenant as it was
			}
			b.ReportMetric(0, "ns/op") // says nothing here
		})
	}
}

// asForUsers gives the processes the garbage collection and the threads that tests do without.
func asForUsers(w *acctest.Workspace) *acctest.Workspace {
	w.Setenv("GOGC", "100")
	w.Setenv("GOMEMLIMIT", "off")
	w.Setenv("GOMAXPROCS", "") // as many as there are
	return w
}
