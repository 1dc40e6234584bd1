// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// A sub-select that names the row, in whatever depth, is told from one that reads the same for everybody.
func TestLooseSubselects(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec(`CREATE TABLE users (id bigint, email text, "a{b" text); CREATE TABLE roles (user_id bigint, id bigint, role text); CREATE TABLE settings (id bigint, locked boolean)`)
	server := serverAt(t, db.URL)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"(select r.role from public.roles r where r.user_id = users.id)":                                               false,
		"(select r.role from public.roles r where r.user_id = id)":                                                     true, // roles has an id of its own
		"(select r.role from public.roles r where user_id = users.id)":                                                 false,
		"exists (select 1 from public.roles)":                                                                          true,
		"email in (select role from public.roles)":                                                                     false,
		"(select s.locked from public.settings s where users.id is not null)":                                          false,
		"(select max(x.role) from (select r.role from public.roles r where r.user_id = users.id) x)":                   false,
		"(select max(x.role) from (select r.role from public.roles r) x)":                                              true,
		"(select r.role from public.roles r where r.user_id = users.id and exists (select 1 from public.settings s))":  false,
		"\"a{b\" || '}{VAR' || (select max(role) from public.roles)":                                                   true,
		"array(select r.role from public.roles r where r.user_id = users.id) || array(select role from public.roles)":  true,
		"not exists (select 1 from public.roles r join public.settings s on s.id = r.id where r.user_id = (users.id))": false,
		"email": false,
	} {
		current, err := table.Inspect(t.Context(), pool, "public", "users")
		if err != nil {
			t.Fatal(err)
		}
		found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "public", Name: "users", Current: current}, []string{text})
		if err != nil || found[text].Loose != want {
			t.Errorf("%s: loose %t, want %t (%v)", text, found[text].Loose, want, err)
		}
	}
}
