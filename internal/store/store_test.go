// SPDX-License-Identifier: MPL-2.0

package store_test

import (
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A message names objects that exist: the schema of access functions has no users table.
func TestTitleNamesWhatExists(t *testing.T) {
	table := store.Store{Kind: store.Table, Schema: "app", Table: "users"}
	if got := table.Title(); got != `the users table "app"."users"` {
		t.Error(got)
	}
	functions := store.Store{Kind: store.Functions, Schema: "auth0_access", Table: "users"}
	got := functions.Title()
	if strings.Contains(got, `"auth0_access"."users"`) || !strings.Contains(got, `"users"`) || !strings.Contains(got, `"auth0_access"`) {
		t.Error(got)
	}
}
