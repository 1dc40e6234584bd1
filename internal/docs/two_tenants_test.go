// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"strings"
	"testing"
)

// standInThere has made beforehand what examples/two-tenants/there makes with the provider auth0/auth0.
const standInThere = `
variable "domain" {
  type = string
}
variable "connection" {
  type = string
}
variable "grant_types" {
  type = list(string)
}
variable "scopes" {
  type = list(string)
}
variable "client_secret" {
  type = string
}
output "client_id" {
  value = "client-of-${var.connection}"
}
`

// The example with two other tenants: both connections are made, and the scripts of the one that is left for good ask nobody when all
// have moved.
func TestExampleTwoTenants(t *testing.T) {
	files := filesBelow(t, "examples/two-tenants")
	files["providers.tf"], files["there/main.tf"] = requiredProviders, standInThere
	for _, alias := range []string{"acme", "globex"} {
		files["main.tf"] = strings.Replace(files["main.tf"], "  providers = { auth0 = auth0."+alias+" }\n", "", 1)
	}
	h := newHouse(t, files)
	management := `{"client_id":"x","client_secret":"x"}`
	for name, value := range map[string]string{
		"acme_management": management, "globex_management": management, "acme_client_secret": "the-secret-in-acme",
		"globex_client_secret": "the-secret-in-globex", "app_client_id": h.clientID,
	} {
		h.Setenv("TF_VAR_"+name, value)
	}
	asks := func() bool {
		_, answer := h.tenant.API("GET", "/connections?name=globex&take=1", nil)
		return strings.Contains(fmt.Sprint(answer), "https://globex.eu.auth0.com")
	}
	h.MustRun("get")
	h.MustRun("apply", "-auto-approve")
	h.MustRun("plan", "-detailed-exitcode")
	if !asks() {
		t.Error("the scripts do not ask globex")
	}
	h.Setenv("TF_VAR_globex_finished", "true")
	h.MustRun("apply", "-auto-approve")
	h.MustRun("plan", "-detailed-exitcode")
	if asks() {
		t.Error("the scripts still ask globex")
	}
}
