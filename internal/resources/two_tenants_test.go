// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// Two aliases of the provider in one process, for two tenants and two databases that have things of the same names: each
// plans, changes and takes away its own.
func TestTwoAliases(t *testing.T) {
	t.Parallel()
	type alias struct {
		*acctest.Core
		db         *acctest.DB
		connection acctest.Object
		config     map[string]any
	}
	var all []*alias
	for range 2 {
		a := &alias{db: acctest.LocalDatabase(t)}
		settings := acctest.TenantWith(t, localtenant.Options{}).Auth0()
		settings["postgres"] = map[string]any{"url": a.db.URL}
		a.Core = acctest.NewCore(t, provider.Server("test"), settings)
		a.config = map[string]any{"name": "users", "store": plainStore().Marshal(), "import_mode": true, "configuration_wo_version": 1,
			"configuration_wo": map[string]any{"POSTGRES_URL": a.db.URL}, "deletion_protection": false}
		all = append(all, a)
	}
	one, other := all[0], all[1]
	one.db.Exec(plainTable)
	for i, a := range all { // only the first has the table yet, and what is tried is tried on its own server
		applied, diags := a.Apply(a.New("auth0pg_connection"), a.config)
		if diags.Failed() != (i == 1) {
			t.Fatalf("alias %d: %v", i, diags)
		}
		a.connection = applied
	}
	other.db.Exec(plainTable)
	var diags acctest.Diagnostics
	if other.connection, diags = other.Apply(other.New("auth0pg_connection"), other.config); diags.Failed() {
		t.Fatal(diags)
	}
	if gone, diags := one.Apply(one.connection, nil); diags.Failed() || !gone.State.IsNull() {
		t.Fatal(diags)
	}
	if read, diags := other.Refresh(other.connection); diags.Failed() || read.State.IsNull() {
		t.Errorf("with the one connection the other is gone: %v", diags)
	}
}
