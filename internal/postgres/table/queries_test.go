// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Whatever the problems and the audit print runs as it is, in a session that nobody has prepared: over columns of every
// type that a part can have, over expressions, and by every list of formats.
func TestPrintedQueriesRun(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec(`CREATE EXTENSION citext; CREATE DOMAIN address AS varchar(100);
		CREATE TABLE plain (id bigint PRIMARY KEY, email text, password text);
		CREATE TABLE "Users ""x" ("Id" uuid PRIMARY KEY, "E-Mail" citext, "Hash" bytea, "isActive" boolean, "bannedUntil" timestamptz,
			deleted_at timestamp, removed int, status text, account_expires date, migrated_at timestamptz, locked_at timestamp);
		CREATE TABLE domains (id varchar(9) PRIMARY KEY, email address, password varchar(200), data jsonb, active smallint)`)
	server := serverAt(t, db.URL)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	column := func(name, kind string) store.Column { return store.Column{Name: name, Type: kind} }
	read := func(sql, kind string) store.Column {
		return store.Column{Expression: &store.Expression{SQL: sql, Type: kind}}
	}
	filter := func(sql string) *store.Expression { return &store.Expression{SQL: sql, Type: "boolean"} }
	at := func(name string) store.Table { return store.Table{Schema: "public", Name: name} }
	lists := [][]string{hashes.Optional(), nil}
	for _, format := range hashes.Optional() {
		lists = append(lists, []string{format})
	}
	session := db.Conn()
	run := map[string]bool{}
	for _, users := range []store.Store{
		{Reach: at("plain"), EmailLookup: store.Exact, Columns: map[store.Part]store.Column{
			store.ID: column("id", "bigint"), store.Email: column("email", "text"), store.Password: column("password", "text")}},
		{Reach: at(`Users "x`), EmailLookup: store.Exact, RowFilter: filter(`("Users ""x".deleted_at IS NULL)`), Columns: map[store.Part]store.Column{
			store.ID: column("Id", "uuid"), store.Email: column("E-Mail", "citext"), store.Password: column("Hash", "bytea"),
			store.Blocked: read(`(NOT "Users ""x"."isActive")`, "boolean"), store.MigratedAt: column("migrated_at", "timestamp with time zone")}},
		{Reach: at("domains"), EmailLookup: store.LowerIndex, RowFilter: filter(`(domains.data ? 'user'::text)`), Columns: map[store.Part]store.Column{
			store.ID: column("id", "character varying(9)"), store.Email: read(`(domains.data ->> 'email'::text)`, "text"),
			store.Password: read(`decode((domains.data ->> 'hash'::text), 'hex'::text)`, "bytea"), store.Blocked: read(`(domains.active = 0)`, "boolean")}},
	} {
		relation, err := table.InspectRelation(t.Context(), pool, "public", users.Table().Name)
		if err != nil {
			t.Fatal(err)
		}
		suspects := table.Suspects(users, relation.Table, nil)
		for i, formats := range pgtest.Some(lists) {
			var queries []string
			if i < 2 {
				audit, err := table.AuditUsers(t.Context(), server, users, formats, nil)
				if err != nil {
					t.Fatal(err)
				}
				queries = printed(reflect.ValueOf(*audit))
			}
			for _, census := range everyCensus(users, suspects) {
				for _, problem := range table.Problems(users, census, suspects, nil, nil, formats) {
					queries = append(queries, problem.Query)
				}
			}
			for _, query := range queries {
				if query == "" || run[query] {
					continue
				}
				run[query] = true
				if _, err := session.Exec(t.Context(), query); err != nil {
					t.Errorf("%s, reading %v: %v\n%s", users.Title(), formats, err, query)
				}
			}
		}
	}
	if len(run) < 60 { // of a third of the formats
		t.Errorf("only %d queries were run", len(run))
	}
}

// What is listed is what was counted, whatever formats are named.
func TestUnreadableHashesAreListedAsCounted(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec("CREATE TABLE users (id int PRIMARY KEY, email text, password text); INSERT INTO users VALUES " +
		"(1, 'a', 'no hash'), (2, 'b', md5('x')), (3, 'c', '$2b$10$wv3R/YIZwR4nsjXfxnCwLeN1SjXvsXqN8Z3lA6QkqSpCVRJSaPA8m')")
	server := serverAt(t, db.URL)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	column := func(name, kind string) store.Column { return store.Column{Name: name, Type: kind} }
	users := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.Exact, Columns: map[store.Part]store.Column{
		store.ID: column("id", "integer"), store.Email: column("email", "text"), store.Password: column("password", "text"),
	}}
	relation, err := table.InspectRelation(t.Context(), pool, "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	for name, formats := range map[string][]string{"1,2": nil, "2": {table.UnknownLook}, "1": {"md5"}} {
		problems, err := table.FindProblems(t.Context(), pool, users, relation.Table, nil, formats)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Kind != table.Unreadable {
				continue
			}
			if got := strings.Join(db.QueryStrings("SELECT id::text FROM ("+p.Query+") q ORDER BY 1"), ","); got != name || int(*p.Counted) != len(strings.Split(name, ",")) {
				t.Errorf("%q: %d are counted, %s listed", formats, *p.Counted, got)
			}
		}
		if len(problems) == 0 {
			t.Errorf("%q: nothing is said", formats)
		}
	}
}

// everyCensus finds all problems that rows can have, and those of a filter in turn.
func everyCensus(users store.Store, suspects []table.Suspect) []*table.Census {
	out := map[string]int64{}
	for _, s := range suspects {
		out[s.Column] = 9
	}
	looks := map[string]int64{table.UnknownLook: 9}
	for _, look := range hashes.Looks() {
		looks[look.Name] = 9
	}
	some := table.Census{Rows: 9, Users: 9, Capitals: 9, Shared: 9, Out: out, Hashes: looks}
	if users.Has(store.Blocked) {
		some.Nulls = 9
	}
	none := some
	none.Users = 0
	return []*table.Census{&some, &none, nil}
}

// printed are the queries of findings, wherever they stand.
func printed(v reflect.Value) (queries []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return printed(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "Query" {
				queries = append(queries, v.Field(i).String())
				continue
			}
			queries = append(queries, printed(v.Field(i))...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			queries = append(queries, printed(v.Index(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			queries = append(queries, printed(v.MapIndex(key))...)
		}
	default:
	}
	return queries
}
