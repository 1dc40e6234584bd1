// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"reflect"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Of a table that is larger than what is looked at, each plan looks at the same rows, wherever the last read of it has
// ended; and nothing is said of all rows that was seen of some.
func TestCensusOfALargeTable(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec(`CREATE UNLOGGED TABLE users (id int, email text, password text, active boolean);
		INSERT INTO users SELECT n, 'U' || n || '@example.com', CASE WHEN n > 90000 THEN repeat('x', 60) END, n < 110000
			FROM generate_series(1, 160000) n; ANALYZE users`)
	pool, err := serverAt(t, db.URL).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	active := &store.Expression{SQL: "users.active", Type: "boolean"}
	users := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.Exact, RowFilter: active,
		Columns: map[store.Part]store.Column{
			store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "password", Type: "text"},
			store.Blocked: {Expression: &store.Expression{SQL: "NOT users.active", Type: "boolean"}},
		}}
	relation, err := table.InspectRelation(t.Context(), pool, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	var first *table.Census
	for i, rows := range []int{0, 50_000, 130_000} {
		// Leaves off where the next shared read would begin.
		if got := db.QueryInt("SELECT count(*) FROM (SELECT FROM users LIMIT $1) u", rows); got != rows {
			t.Fatal(got)
		}
		census, _, err := table.TakeCensus(t.Context(), pool, users, relation.Table, nil)
		if err != nil || census == nil {
			t.Fatal(census, err)
		}
		if i == 0 {
			first = census
		}
		if !reflect.DeepEqual(census, first) {
			t.Errorf("after a read of %d rows: %+v, before %+v", rows, census, first)
		}
	}
	if first.Rows != table.CensusRows || first.Users != first.Rows || first.Passwordless != 90_000 || first.Blocked != 0 {
		t.Errorf("%+v", first)
	}
	found := map[table.ProblemKind]bool{}
	for _, p := range table.Problems(users, first, nil, nil, nil, nil) {
		found[p.Kind] = true
	}
	if want := map[table.ProblemKind]bool{table.Capitals: true, table.NoPassword: true}; !reflect.DeepEqual(found, want) {
		t.Errorf("the problems are %v, want %v", found, want)
	}
}
