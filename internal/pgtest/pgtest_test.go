// SPDX-License-Identifier: MPL-2.0

package pgtest_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestDatabasesAreSeparateAndGoAway(t *testing.T) {
	witness := pgtest.LocalDatabase(t)
	witness.Exec("CREATE TABLE public.here (n int)")
	var name, role string

	t.Run("inner", func(t *testing.T) {
		db := pgtest.LocalDatabase(t)
		name, role = db.Name, db.RoleName("someone")
		if db.QueryString("SELECT to_regclass('public.here')") != "" {
			t.Error("a fresh database holds another's table")
		}
		db.Exec("CREATE ROLE " + role + " LOGIN PASSWORD 'p@ss/word'")
		db.Exec("CREATE TABLE public.owned (n int)")
		db.Exec("ALTER TABLE public.owned OWNER TO " + role)
		db.Exec("INSERT INTO public.owned SELECT generate_series(1, $1)", 3)

		// A session that nobody has closed must not keep the database alive.
		if _, err := pgx.Connect(t.Context(), db.URL); err != nil {
			t.Fatal(err)
		}
		var user string
		if err := db.ConnTo(db.URLFor(role, "p@ss/word")).QueryRow(t.Context(), "SELECT current_user").Scan(&user); err != nil || user != role {
			t.Errorf("logged in as %q: %v", user, err)
		}
		if got := db.QueryInt("SELECT count(*) FROM owned"); got != 3 {
			t.Errorf("%d rows", got)
		}
		if !db.QueryBool("SELECT true") || db.QueryString("SELECT 1.50::numeric") != "1.50" {
			t.Error("values are not read as they are")
		}
		if got := db.QueryStrings("SELECT n::text FROM owned ORDER BY n DESC"); !slices.Equal(got, []string{"3", "2", "1"}) {
			t.Error(got)
		}
	})

	if witness.QueryBool("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name) {
		t.Error("the database is left behind")
	}
	if witness.QueryBool("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role) {
		t.Error("the role is left behind")
	}
}
