// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// Where a timestamp without a time zone meets a time that has one, the zone of the session decides, whichever way it is
// written; where the expression says the zone, it does not.
func TestTimesOfTheSessionsZone(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec(`CREATE TABLE users (id int, until timestamp(3), since timestamptz, day date, kind text);
		CREATE TABLE bans (user_id int, until timestamp)`)
	pool, err := serverAt(t, db.URL).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"until > now()": true,
		"now() < until": true,
		"coalesce(until >= current_timestamp(3), false)":                             true,
		"until - interval '1 hour' = now()":                                          true,
		"until between now() and since":                                              true,
		"coalesce(until, now()) is null":                                             true,
		"until > now()::timestamp":                                                   true,
		"until > localtimestamp":                                                     true,
		"until = any (array[now(), since])":                                          true,
		"until in (since)":                                                           true,
		"until - now() > interval '1 hour'":                                          true,
		"until is distinct from since":                                               true,
		"exists (select from bans b where b.user_id = users.id and b.until > now())": true,
		"until > (now() at time zone 'utc')":                                         false,
		"until at time zone 'utc' > now()":                                           false,
		"until > (now() at time zone current_setting('TimeZone'))":                   false,
		"since > now()":                                                              false,
		"until > '2020-01-01'":                                                       false,
		"until > (day + interval '1 day')":                                           false,
		"until is not null":                                                          false,
		"kind = 'timestamp_lt_timestamptz {SQLVALUEFUNCTION :op 7 '":                 false,
	} {
		found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "public", Name: "users", Current: current}, []string{text})
		if err != nil || found[text].Zoned != want {
			t.Errorf("%s: %t, want %t (%v)", text, found[text].Zoned, want, err)
		}
	}
}
