// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Scripts of one's own are named as untried, and so is what their SQL names and their role may not touch.
func TestOverridesAreNamedAsUntried(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	role := db.RoleName("scripts")
	db.Exec("CREATE TABLE users (id serial, email text, password text, deleted_at timestamptz, \"Locale\" text); CREATE ROLE " + role +
		"; GRANT SELECT (id, email) ON users TO " + role)
	server, err := postgres.NewServer(postgres.Config{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	settled := resolved{
		store: store.Store{Reach: store.Table{Schema: "public", Name: "users"}},
		overrides: map[scripts.Operation]string{
			scripts.Login:   "function login(email, password, callback) { q(`SELECT id, deleted_at, u.\"Locale\" FROM users u WHERE email = $1`); }",
			scripts.GetUser: "function getUser(email, callback) { q('SELECT id FROM users WHERE email = $1'); }",
			scripts.Verify:  "function verify(email, callback) { ask('deleted_at'); }",
		},
	}
	var diags diag.Diagnostics
	(&connection{}).warnOfOverrides(t.Context(), server, settled, target{user: role}, &diags)
	text := ""
	for _, d := range diags.Warnings() {
		text += d.Summary() + ": " + d.Detail() + "\n"
	}
	for _, has := range []string{`"deleted_at", "Locale"`, "get_user, login and verify are your own", "extra_privileges = [", role} {
		if !strings.Contains(text, has) {
			t.Errorf("no %s in: %s", has, text)
		}
	}
	if len(diags) != 2 || diags.HasError() {
		t.Errorf("%d: %s", len(diags), text)
	}
	db.Exec(`GRANT SELECT (deleted_at, "Locale") ON users TO ` + role)
	diags = nil
	if (&connection{}).warnOfOverrides(t.Context(), server, settled, target{user: role}, &diags); len(diags) != 1 {
		t.Errorf("with the privileges: %v", diags)
	}
}
