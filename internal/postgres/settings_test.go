// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// TestEverySettingIsTakenBack makes each setting that a role may make for itself, for the database and for all, and wants
// none to last that is neither configured nor tolerated.
func TestEverySettingIsTakenBack(t *testing.T) {
	t.Parallel()
	administrators(t, func(t *testing.T, db *pgtest.DB, server *postgres.Server) {
		spec := rotationSite(t, db, server)
		address := db.URLFor(spec.Name, rolePassword)
		thief, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer thief.Close(t.Context()) //nolint:errcheck // the database is dropped
		names := db.QueryStrings("SELECT name FROM pg_settings WHERE context NOT IN ('internal', 'postmaster', 'sighup') ORDER BY 1")
		made := 0
		for _, name := range append(names, "somebody.own") {
			value := "x"
			if name != "somebody.own" {
				value = db.QueryString("SELECT CASE vartype WHEN 'bool' THEN CASE boot_val WHEN 'on' THEN 'off' ELSE 'on' END " +
					"WHEN 'enum' THEN (SELECT v FROM unnest(enumvals) v WHERE v <> boot_val LIMIT 1) WHEN 'integer' THEN min_val WHEN 'real' THEN min_val ELSE coalesce(nullif(boot_val, ''), 'x') END FROM pg_settings WHERE name = '" + name + "'")
			}
			for _, in := range []string{"", " IN DATABASE " + postgres.Ident(db.Name)} {
				if _, err := thief.Exec(t.Context(), "ALTER ROLE CURRENT_USER"+in+" SET "+postgres.Ident(name)+" = "+postgres.QuoteLiteral(value)); err == nil {
					made++
				}
			}
		}
		if made < 200 {
			t.Errorf("only %d settings were made", made)
		}
		role, err := server.Role(t.Context(), spec.Name)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(role.OtherSettings(nil, nil)); got != made {
			t.Errorf("%d settings were made and %d are seen", made, got)
		}
		kept := postgres.RoleSetting{Name: "work_mem", Value: role.Everywhere["work_mem"], Everywhere: true}
		next := spec
		next.Verifier, next.Tolerated, next.Settings = nil, []string{"WORK_MEM"}, map[string]string{"statement_timeout": "5s"}
		if err := server.AlterRole(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if role, err = server.Role(t.Context(), spec.Name); err != nil {
			t.Fatal(err)
		}
		if got := role.OtherSettings([]string{"statement_timeout"}, nil); len(got) != 2 || !slices.Contains(got, kept) || role.Settings["statement_timeout"] != "5s" {
			t.Errorf("%v are left, and statement_timeout is %s", got, role.Settings["statement_timeout"])
		}
		next.Tolerated = nil
		if err := server.AlterRole(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if role, err = server.Role(t.Context(), spec.Name); err != nil || len(role.OtherSettings([]string{"statement_timeout"}, nil)) > 0 {
			t.Errorf("%v are left (%v)", role.OtherSettings(nil, nil), err)
		}
		if got := db.QueryStrings("SELECT DISTINCT s FROM pg_db_role_setting d JOIN pg_roles r ON r.oid = d.setrole, unnest(d.setconfig) s WHERE r.rolname = $1", spec.Name); len(got) > 4 || !slices.Contains(got, "statement_timeout=5s") {
			t.Errorf("%v are left", got)
		}
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context()) //nolint:errcheck // the database is dropped
		if _, err := conn.Exec(t.Context(), "DELETE FROM app.users"); err != nil {
			t.Error(err)
		}
	})
}
