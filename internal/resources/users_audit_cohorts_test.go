// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Who is left is counted by what brings them to Auth0, and what an import would do in the figures of its plan.
func TestUsersAuditOfWhoIsLeft(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(`CREATE TABLE public.users (id bigint PRIMARY KEY, email text, hash text, seen timestamptz, migrated_at timestamptz)`)
	bcrypt := "$2b$10$" + strings.Repeat("u", 53)
	for id, row := range [][3]string{
		{bcrypt, "now() - interval '3 days'", "null"}, {bcrypt, "now() - interval '60 days'", "null"},
		{bcrypt, "timestamptz '2024-02-29 23:30:00-08'", "null"}, {bcrypt, "null", "null"}, {bcrypt, "timestamptz 'infinity'", "null"},
		{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "timestamptz '2024-03-31 00:00:00Z'", "null"}, {"", "timestamptz '2024-03-01 00:00:00Z'", "null"},
		{"plain", "null", "null"}, {bcrypt, "now()", "now()"},
	} {
		db.Exec(fmt.Sprintf(`INSERT INTO public.users VALUES (%d, 'user%[1]d@example.com', $1, %s, %s)`, id, row[1], row[2]), row[0])
	}
	s := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "bigint"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "hash", Type: "text"},
		store.LastLogin: {Name: "seen", Type: "timestamp with time zone"}, store.MigratedAt: {Name: "migrated_at", Type: "timestamp with time zone"},
	}}
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
	read := func(s store.Store, settings map[string]any) map[string]any {
		t.Helper()
		config := map[string]any{"store": string(s.Marshal()), "import": nil}
		if settings != nil {
			config["import"] = settings
		}
		found, diags := core.Data("auth0pg_users_audit", config)
		diags.None(t)
		return found
	}
	got := read(s, map[string]any{"hash_formats": []string{"bcrypt", "phpass"}, "first_batch": 2})
	months := got["left_by_last_login"].(map[string]any)
	for month, want := range map[string]int{"2024-03": 3, "never": 3} {
		if fmt.Sprint(months[month]) != fmt.Sprint(want) {
			t.Errorf("%s: %v of %v", month, months[month], months)
		}
	}
	if len(months) < 3 || len(months) > 4 {
		t.Errorf("the months are %v", months)
	}
	for attribute, want := range map[string]string{
		"left_by_format": "map[bcrypt_2b:5 missing:1 phpass:1 unknown:1]",
		"forecast": "8 users left. 2 of them logged in during the last 30 days and 3 during the last 90: they move by logging in, " +
			"for the most part. The other 5 will mostly not come by themselves: import them.",
	} {
		if fmt.Sprint(got[attribute]) != want {
			t.Errorf("%s is %v, want %s", attribute, got[attribute], want)
		}
	}
	figures := got["import_figures"].(map[string]any)
	if fmt.Sprint(figures["users"], figures["goes"], figures["jobs"], figures["minutes"], figures["formats"], len(figures["held"].(map[string]any))) !=
		"8 5 2 1 map[bcrypt:5] 3" {
		t.Errorf("the figures are %v", figures)
	}

	delete(s.Columns, store.LastLogin)
	got = read(s, nil)
	if got["import_figures"] != nil || got["left_by_last_login"] != nil || !strings.Contains(fmt.Sprint(got["forecast"]), "does not say") {
		t.Errorf("without last_login: %v", got)
	}
	delete(s.Columns, store.MigratedAt)
	got = read(s, nil)
	if got["left_by_format"] != nil || got["forecast"] != nil {
		t.Errorf("without migrated_at: %v", got)
	}
	if _, diags := core.Data("auth0pg_users_audit", map[string]any{"store": string(s.Marshal()), "import": map[string]any{}}); !strings.Contains(
		diags.String(), "needs the part migrated_at") {
		t.Error(diags)
	}
}
