// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What a role may do that owns a schema and nothing else: its functions run a program as soon as a superuser runs them.
const plot = `
CREATE FUNCTION app.strike() RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch %[1]s''';
  END IF;
  RETURN 'x'; END $$;
CREATE FUNCTION app.evil(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM app.strike(); RETURN $1; END $$;
CREATE FUNCTION app.evil(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT app.evil($1) || $2 $$;
CREATE OPERATOR app.### (LEFTARG = text, RIGHTARG = text, FUNCTION = app.evil);
CREATE DOMAIN app.checked AS text CHECK (coalesce(app.evil(VALUE), '') <> '-');
CREATE TYPE app.mood AS ENUM ('a@example.com');
CREATE FUNCTION app.evil(app.mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN app.strike(); END $$;
CREATE CAST (app.mood AS text) WITH FUNCTION app.evil(app.mood);
CREATE TABLE app.base (id bigint, email text, password text);
INSERT INTO app.base VALUES (1, 'a@example.com', 'x');
CREATE VIEW app.bad AS SELECT app.evil('x'::text) AS email;`

// wayIn is how a role that owns the relation gets its code run, or tries nothing.
type wayIn struct {
	sql string
	// email is the expression of that part, "" for its column, filter the row_filter.
	email, filter string
	// read is what a superuser would do who looks at the rows; "" for reading them all.
	read string
	from int // the major version of the server that has it
	// safe is set for what an application does, and planned where it is the planner that runs it in our EXPLAIN alone.
	safe, planned bool
}

const asView, asTable = "CREATE VIEW app.users AS SELECT id, ", "ALTER TABLE app.base RENAME TO users;"

var waysIn = map[string]wayIn{
	"a function of a view":        {sql: asView + "app.evil(email) AS email, password FROM app.base"},
	"an operator of a view":       {sql: asView + "email ### '' AS email, password FROM app.base"},
	"a view beneath":              {sql: asView + "(SELECT b.email FROM app.bad b) AS email, password FROM app.base"},
	"a cast to a domain":          {sql: asView + "email::app.checked AS email, password FROM app.base"},
	"a cast in an array":          {sql: asView + "('{a}'::text[]::app.checked[])[1] AS email, password FROM app.base"},
	"a cast of a column":          {sql: "CREATE TABLE app.users AS SELECT id, email::app.mood AS email, password FROM app.base", read: "SELECT email::text FROM app.users"},
	"SQL that is run as a text":   {sql: asView + "query_to_xml('SELECT * FROM app.bad', true, true, '')::text AS email, password FROM app.base"},
	"a relation that is a text":   {sql: asView + "table_to_xml('app.bad', true, true, '')::text AS email, password FROM app.base"},
	"a constant in an index":      {sql: asTable + "CREATE INDEX ON app.users ((app.evil('x'::text) || email))"},
	"a constant in a predicate":   {sql: asTable + "CREATE INDEX ON app.users (email) WHERE app.evil('x'::text) = email"},
	"a constant in statistics":    {sql: asTable + "CREATE STATISTICS app.s ON (app.evil('x'::text) || email), id FROM app.users", from: 14},
	"a constant in a child check": {sql: asTable + "CREATE TABLE app.child (CHECK (app.evil('x'::text) = 'x')) INHERITS (app.users)", read: "SELECT * FROM app.users WHERE email = 'b'"},
	"a policy behind a view": {
		sql: "ALTER TABLE app.base ENABLE ROW LEVEL SECURITY; ALTER TABLE app.base FORCE ROW LEVEL SECURITY;" +
			"CREATE POLICY p ON app.base USING (app.evil('x'::text) = 'x');" + asView + "email, password FROM app.base",
		planned: true,
	},
	"a function in an expression": {sql: asTable, email: "app.evil(email)", read: "SELECT app.evil(email) FROM app.users"},
	"a function in a filter":      {sql: asTable, filter: "app.evil(email) = 'x'", read: "SELECT app.evil(email) FROM app.users"},

	"a plain view": {sql: asView + "lower(btrim(email)) AS email, coalesce(password, '') AS password FROM app.base " +
		"WHERE now() > '2020-01-01' AND random() < 2", safe: true},
	"a view over a view": {sql: "CREATE VIEW app.inner AS SELECT * FROM app.base;" + asView + "email, password FROM app.inner", safe: true},
	"types of its own": {sql: "CREATE TYPE app.state AS ENUM ('new'); ALTER TABLE app.base ADD s app.state DEFAULT 'new', ADD d app.checked;" +
		asView + "email, password, s::text FROM app.base WHERE s = 'new'", filter: "s = 'new'", safe: true},
	"indexes and checks": {sql: asTable + "CREATE INDEX ON app.users (lower(email)); ALTER TABLE app.users ADD CHECK (email ~ '@')",
		email: "lower(email)", safe: true},
	"a function of a superuser": {sql: asTable + "RESET ROLE; CREATE FUNCTION public.fold(text) RETURNS text LANGUAGE sql " +
		"IMMUTABLE AS 'SELECT lower($1)'", email: "public.fold(email)", safe: true},
}

// Nobody who owns the relation of the users, or what it is made of, runs code as the provider where rows are looked at;
// what an application's role has otherwise is counted.
func TestPlansRunNoCodeOfOthers(t *testing.T) {
	t.Parallel()
	for name, way := range pgtest.SomeOf(waysIn) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.LocalDatabase(t)
			if db.QueryInt("SELECT current_setting('server_version_num')::int") < way.from*10000 {
				t.Skip("this server has no such statistics")
			}
			ran := struckIn(t)
			low := db.RoleName("low")
			db.Exec("CREATE ROLE " + low + "; CREATE SCHEMA app AUTHORIZATION " + low)
			db.Exec("SET ROLE " + low + "; SET search_path = app;" + strings.ReplaceAll(plot, "%[1]s", ran.path) + way.sql +
				"; RESET ROLE; RESET search_path")
			if ran.happened() {
				t.Fatal("it has run before anybody looked")
			}
			if !way.safe && !way.planned {
				read := way.read
				if read == "" {
					read = "SELECT * FROM app.users"
				}
				if db.Exec(read); !ran.happened() {
					t.Fatal("it is no way in: a superuser who reads the rows is safe")
				}
			}
			lookAtRows(t, serverFor(t, db, false), way, ran)
		})
	}
}

func lookAtRows(t *testing.T, server *postgres.Server, way wayIn, ran struck) {
	t.Helper()
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	relation, err := table.InspectRelation(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	row := table.Row{Schema: "app", Name: "users", Current: relation.Table}
	users := store.Store{EmailLookup: store.Exact, Reach: store.Table{Schema: "app", Name: "users"}, Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "bigint"}, store.Email: {Name: "email", Type: "text"},
		store.Password: {Name: "password", Type: "text"},
	}}
	resolved := func(text string) *store.Expression {
		if text == "" {
			return nil
		}
		found, err := table.ResolveExpressions(t.Context(), pool, row, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		e := found[text].Expression
		return &e
	}
	email := users.Columns[store.Email]
	email.Expression, users.RowFilter = resolved(way.email), resolved(way.filter)
	users.Columns[store.Email] = email
	looks := map[string]func() error{
		"the census":      func() error { return second(table.FindProblems(t.Context(), pool, users, relation.Table, nil, nil)) },
		"the audit":       func() error { return second(table.AuditUsers(t.Context(), server, users, nil, nil)) },
		"the explanation": func() error { return table.Explain(t.Context(), pool, users) },
	}
	if relation.IsTable() {
		looks["the hashes"] = func() error { return second(table.UnreadableHashes(t.Context(), server, users, nil, 10)) }
	}
	for name, look := range looks {
		err := look()
		var foreign *postgres.ForeignError
		switch {
		case ran.happened():
			t.Errorf("%s ran it", name)
		case way.safe && err != nil:
			t.Errorf("%s fails: %v", name, err)
		case !way.safe && !errors.As(err, &foreign) && name != "the hashes" && (!way.planned || name == "the explanation"):
			t.Errorf("%s does not say so: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// struck is a file that appears once the plot has worked.
type struck struct{ path string }

func struckIn(t *testing.T) struck {
	t.Helper()
	folder, err := os.MkdirTemp("", "auth0pg-struck") //nolint:usetesting // the server's user gets into no folder of a test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o777); err != nil { //nolint:gosec // the server runs as another user
		t.Fatal(err)
	}
	return struck{filepath.Join(folder, "ran")}
}

// happened reports it once.
func (s struck) happened() bool { return os.Remove(s.path) == nil }
