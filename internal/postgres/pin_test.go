// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"errors"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// Whatever role, database or session says, a session of ours reads and writes the same text.
func TestEverySessionIsPinned(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	settings := map[string][2]string{ // what is set, and what a session of ours has
		"search_path": {"public, pg_catalog", "pg_catalog, pg_temp"}, "client_encoding": {"LATIN1", "UTF8"},
		"standard_conforming_strings": {"off", "on"}, "quote_all_identifiers": {"on", "off"}, "bytea_output": {"escape", "hex"},
		"DateStyle": {"SQL, DMY", "ISO, MDY"}, "IntervalStyle": {"iso_8601", "postgres"}, "TimeZone": {"Asia/Kathmandu", "UTC"},
		"row_security": {"off", "on"}, "extra_float_digits": {"-15", "1"}, "array_nulls": {"off", "on"}, "backslash_quote": {"off", "safe_encoding"},
		"transform_null_equals": {"on", "off"}, "xmlbinary": {"hex", "base64"}, "xmloption": {"document", "content"},
		"default_transaction_isolation": {"serializable", "read committed"}, "lock_timeout": {"5s", "0"}, "statement_timeout": {"5s", "0"},
	}
	for name, values := range settings {
		for _, target := range []string{"DATABASE " + db.Name, "ROLE CURRENT_USER IN DATABASE " + db.Name} {
			db.Exec("ALTER " + target + " SET " + name + " = '" + values[0] + "'")
			if name == "search_path" {
				db.Exec("ALTER " + target + " SET search_path = public, pg_catalog")
			}
		}
	}
	server := serverFor(t, db, false)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	session, err := table.Lock(t.Context(), server, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for name, values := range settings {
		var pooled, own string
		if err := errors.Join(pool.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&pooled),
			session.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&own)); err != nil {
			t.Fatal(err)
		}
		if pooled != values[1] || own != values[1] {
			t.Errorf("%s is %q in the pool and %q in a session of a table, want %q", name, pooled, own, values[1])
		}
	}
}
