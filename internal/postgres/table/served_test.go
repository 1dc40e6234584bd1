// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// A partial index serves users where what it asks for is part of what makes a row a user, however the two are written.
func TestIndexesUnderAFilter(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	pool, err := serverFor(t, db, false).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(`CREATE TABLE users (id bigint, email varchar(100), login text, kind text, deleted_at timestamptz);
		CREATE UNIQUE INDEX live ON users (lower(email)) WHERE deleted_at IS NULL;
		CREATE UNIQUE INDEX typed ON users (email) WHERE kind = 'a) AND (b' AND deleted_at IS NULL;
		CREATE INDEX either ON users (coalesce(email, login), id)`)
	current, err := table.Inspect(t.Context(), pool, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	row := table.Row{Schema: "public", Name: "users", Current: current}
	for filter, want := range map[string]struct{ lower, plain bool }{
		"": {}, "deleted_at is null": {lower: true}, "not (deleted_at is not null)": {}, "deleted_at is null or id > 1": {},
		"id > 1 and (deleted_at) is null": {lower: true}, "kind = 'a) AND (b'": {}, "deleted_at is null and (id > 1 and kind = 'a) AND (b')": {lower: true, plain: true},
	} {
		sql := ""
		if filter != "" {
			found, err := table.ResolveExpressions(t.Context(), pool, row, []string{filter})
			if err != nil {
				t.Fatal(err)
			}
			sql = found[filter].SQL
		}
		serving, err := table.ReadServing(t.Context(), pool, row, sql)
		if err != nil {
			t.Fatal(err)
		}
		users := *current
		users.Implied = serving.Implied
		if lower, plain := users.LookupIndex("email", table.LowerLookup) != nil, users.LookupIndex("email", table.PlainLookup) != nil; lower != want.lower || plain != want.plain {
			t.Errorf("%q (%s): lower %t, plain %t; implied %q", filter, sql, lower, plain, serving.Implied)
		}
		found, err := table.ResolveExpressions(t.Context(), pool, row, []string{"coalesce(email, login)", "coalesce(login, email)"})
		if err != nil || !slices.Contains(serving.Keys, found["coalesce(email, login)"].SQL) || slices.Contains(serving.Keys, found["coalesce(login, email)"].SQL) {
			t.Errorf("%q: keys %q, %v", filter, serving.Keys, err)
		}
	}
}

// The scripts have a comparison with its operator where it was written without one; the planner takes an index in that
// form, and in no other.
func TestIndexesByComparisons(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	pool, err := serverFor(t, db, false).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(`CREATE TABLE users (id bigint, email text, kind text);
		CREATE INDEX as_written ON users (email) WHERE kind IS DISTINCT FROM 'bot';
		CREATE INDEX with_operator ON users (email) WHERE (kind = 'bot') IS NOT TRUE;
		INSERT INTO users SELECT n, n FROM generate_series(1, 10000) n; ANALYZE users`)
	current, err := table.Inspect(t.Context(), pool, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	const text = "kind is distinct from 'bot'"
	row := table.Row{Schema: "public", Name: "users", Current: current}
	found, err := table.ResolveExpressions(t.Context(), pool, row, []string{text})
	if err != nil {
		t.Fatal(err)
	}
	serving, err := table.ReadServing(t.Context(), pool, row, found[text].SQL)
	if err != nil || !slices.Equal(serving.Implied, []string{"((kind = 'bot'::text) IS NOT TRUE)"}) {
		t.Errorf("implied %q, %v", serving.Implied, err)
	}
	plan := db.QueryString("EXPLAIN (FORMAT JSON) SELECT FROM users WHERE email = '7' AND " + found[text].SQL)
	if !strings.Contains(plan, "with_operator") || strings.Contains(plan, "as_written") {
		t.Error(plan)
	}
}

// An index by the key that is suggested serves, however the text compares.
func TestSuggestedKeysServe(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	pool, err := serverFor(t, db, false).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec("CREATE TABLE users (id bigint, email text, kind text)")
	for _, text := range []string{"lower(nullif(email, ''))", "lower(case kind when 'mail' then email end)", "lower(coalesce(email, ''))"} {
		current, err := table.Inspect(t.Context(), pool, "public", "users")
		if err != nil {
			t.Fatal(err)
		}
		row := table.Row{Schema: "public", Name: "users", Current: current}
		found, err := table.ResolveExpressions(t.Context(), pool, row, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		for key, serves := range map[string]bool{text: found[text].Key(text) == text, found[text].Key(text): true} {
			db.Exec("CREATE INDEX suggested ON users ((" + key + "))")
			if row.Current, err = table.Inspect(t.Context(), pool, "public", "users"); err != nil {
				t.Fatal(err)
			}
			serving, err := table.ReadServing(t.Context(), pool, row, "")
			if err != nil || slices.Contains(serving.Keys, found[text].SQL) != serves {
				t.Errorf("%s by %s: keys %q, %v", text, key, serving.Keys, err)
			}
			db.Exec("DROP INDEX suggested")
		}
	}
}

// Behind what the filter fixes to one value, an index finds users by its next key.
func TestIndexesBehindATenant(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	pool, err := serverFor(t, db, false).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(`CREATE TABLE users (id bigint, email varchar(100), tenant int, realm varchar(36), other int);
		CREATE UNIQUE INDEX ON users (tenant, lower(email)); CREATE INDEX ON users (realm, tenant, id)`)
	current, err := table.Inspect(t.Context(), pool, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	row := table.Row{Schema: "public", Name: "users", Current: current}
	for filter, want := range map[string][]string{
		"tenant > 7": nil, "tenant = 7": {"lower(email)"}, "id > 0 and tenant = 7 and realm = 'r1'": {"lower(email)", "id"}, "realm = 'r1'": {"tenant"}, "tenant = other": nil,
	} {
		found, err := table.ResolveExpressions(t.Context(), pool, row, []string{filter, "lower(email)", "id", "tenant"})
		if err != nil {
			t.Fatal(err)
		}
		serving, err := table.ReadServing(t.Context(), pool, row, found[filter].SQL)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"lower(email)", "id"} {
			if got := slices.Contains(serving.Keys, found[key].SQL); got != slices.Contains(want, key) {
				t.Errorf("%s serves %s: %t (%q)", filter, key, got, serving.Keys)
			}
		}
	}
}
