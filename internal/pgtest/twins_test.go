// SPDX-License-Identifier: MPL-2.0

package pgtest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// Each of these meets a twin, with the schema anywhere in the path or in front.
func TestHostileTwins(t *testing.T) {
	db := pgtest.Database(t)
	db.Exec(`CREATE SCHEMA "Other"; CREATE EXTENSION citext SCHEMA "Other"`)
	db.Exec("CREATE DOMAIN public.address AS text")
	db.Exec("CREATE SCHEMA attacker")
	low := db.RoleName("low")
	db.Exec("CREATE ROLE " + low + " LOGIN PASSWORD 'low'")
	began := time.Now()
	db.Exec(`GRANT USAGE ON SCHEMA "Other" TO ` + low)
	twins := db.HostileTwins(low, "attacker")
	t.Logf("%d twins in %s", twins.Made, time.Since(began))
	if took := time.Since(began); twins.Made < 5000 || took > 30*time.Second {
		t.Errorf("%d twins in %s", twins.Made, took)
	}
	db.Exec("GRANT USAGE ON SCHEMA attacker TO PUBLIC")
	if ran := twins.Ran(); len(ran) > 0 {
		t.Errorf("making them ran %q", ran)
	}

	for _, c := range []struct {
		sql, twin string
		first     bool // only where the schema comes before pg_catalog
	}{
		{"SELECT lower('A'::varchar)", "lower(character varying)", false},
		{"SELECT lower('A'::name)", "lower(name)", false},
		{"SELECT 'a'::varchar = 'b'::text", "operator = (character varying, text)", false},
		{"SELECT 'a'::public.address = 'b'::text", "operator = (public.address, text)", false},
		{`SELECT 'a'::"Other".citext || 'b'::text`, `operator || ("Other".citext, text)`, false},
		{"SELECT format('%s', 'a'::name)", "format(text, name)", false},
		{"SELECT lower('A'::pg_catalog.text)", "lower(text)", true},
		{"SELECT lower('A')", "lower(text)", true},
		{"SELECT 1 = 2", "operator = (integer, integer)", true},
		{"SELECT 'a'::pg_catalog.\"char\" IN ('b')", `operator = ("char", "char")`, true},
		{"SELECT 1 IS DISTINCT FROM 2", "operator = (integer, integer)", true},
		{"SELECT 'a' LIKE 'b'", "operator ~~ (text, text)", true},
		{"SELECT count(*)", "count(*)", true},
		{"SELECT now()", "now()", true},
		{"SELECT 'x'::text", "type text", true},
		{"SELECT 'null'::jsonb", "type jsonb", true},
		{"SELECT oid FROM pg_class LIMIT 1", "relation pg_class", true},
		{"SELECT array_length(ARRAY[1], 1)", "array_length(integer[], integer)", true},
		{
			"SELECT make_interval(mins => 5)",
			"make_interval(integer, integer, integer, integer, integer, integer, double precision)", true,
		},
	} {
		conn := db.Conn()
		path := "pg_catalog, attacker"
		if c.first {
			path = "attacker, pg_catalog"
		}
		if _, err := conn.Exec(context.Background(), "SET search_path = "+path); err != nil {
			t.Fatal(err)
		}
		before := twins.Ran()
		_, err := conn.Exec(context.Background(), c.sql)
		if err == nil || !strings.Contains(err.Error(), "the hostile twin "+c.twin+" ran") {
			t.Errorf("%s: %v", c.sql, err)
		}
		if ran := twins.Ran(); !slices.Contains(ran, c.twin) {
			t.Errorf("%s: ran %q, before %q", c.sql, ran, before)
		}
	}

	// In a transaction that only reads the log tells.
	if db.Server != nil {
		conn := db.Conn()
		_, err := conn.Exec(context.Background(), "BEGIN READ ONLY; SELECT attacker.upper('a'::name)")
		if err == nil || !slices.Contains(twins.Ran(), "upper(name)") {
			t.Errorf("%v, %q", err, twins.Ran())
		}
	}
}
