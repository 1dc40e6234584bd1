// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
)

// writes is an expression that takes columns of the row new.
func writes(sql, kind string, takes ...string) *store.Expression {
	return &store.Expression{SQL: sql, Type: kind, Takes: takes}
}

// newWritingBench is a table of which an application fills columns: one follows the address, one is a short name of the
// user's own, and deleted rows stay.
func newWritingBench(t *testing.T) *bench {
	t.Helper()
	db := pgtest.LocalDatabase(t)
	db.Exec(`CREATE SCHEMA app; CREATE TABLE app.users (id uuid PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, upper_email text NOT NULL UNIQUE,
		hash text NOT NULL, name varchar(50) NOT NULL, slug varchar(8) NOT NULL UNIQUE, verified int NOT NULL, deleted_at timestamptz, n int NOT NULL DEFAULT 0);
		CREATE UNIQUE INDEX ON app.users (lower(email))`)
	b := &bench{t: t, db: db, rendered: map[scripts.Operation]string{}, rendering: new(sync.Mutex), container: sharedContainer(t)}
	upper := writes("pg_catalog.upper(new.email)", "text", "email")
	b.store = store.Store{
		Reach: store.Table{Schema: "app", Name: "users"}, EmailLookup: store.LowerIndex,
		Columns: map[store.Part]store.Column{
			store.ID:       {Name: "id", Type: "uuid", Write: writes("pg_catalog.gen_random_uuid()", "uuid")},
			store.Email:    {Name: "email", Type: "character varying(100)"},
			store.Password: {Name: "hash", Type: "text"},
			store.Name:     {Name: "name", Type: "character varying(50)", Write: writes("COALESCE(new.value, ''::text)", "text", "value")},
			store.EmailVerified: {
				Name: "verified", Type: "integer", Expression: read("(users.verified = 7)", "boolean", nil,
					store.Relation{Schema: "app", Name: "users", Columns: []string{"verified"}}),
				Write: writes("CASE WHEN new.value THEN 7 ELSE 2 END", "integer", "value"),
			},
		},
		Fills: map[string]store.Fill{
			"upper_email": {Create: upper, Change: upper},
			"slug":        {Create: writes("pg_catalog.split_part(new.name, ' '::text, 1)", "text", "name")},
			"n":           {Change: &store.Expression{SQL: "(users.n + 1)", Type: "integer", Reads: []store.Relation{{Schema: "app", Name: "users", Columns: []string{"n"}}}}},
		},
		RowFilter: &store.Expression{SQL: "(users.deleted_at IS NULL)", Type: "boolean", Reads: []store.Relation{{Schema: "app", Name: "users", Columns: []string{"deleted_at"}}}},
		OnDelete:  map[string]*store.Expression{"deleted_at": {SQL: "pg_catalog.now()", Type: "timestamp with time zone"}},
	}
	if parsed, err := store.Parse(b.store.Marshal()); err != nil || parsed.Marshal() != b.store.Marshal() {
		t.Fatalf("the store is not read back: %v", err)
	}
	b.options = scripts.Options{Store: b.store, BcryptRounds: 4}
	b.role = db.RoleName("scripts")
	b.url = db.URLFor(b.role, "role-password")
	b.configuration = map[string]string{scripts.DefaultDatabaseURLKey: b.url}
	db.Exec("CREATE ROLE " + quote(b.role) + " LOGIN PASSWORD 'role-password'")
	db.Exec("GRANT USAGE ON SCHEMA app TO " + quote(b.role))
	b.grant(b.privileges(b.operations()...))
	return b
}

// What an application would fill is filled, a deleted row stays, and what goes wrong is told apart: the user reads a plain
// message, and the log has the column and no value.
func TestWritings(t *testing.T) {
	overEach(t, newWritingBench, func(b *bench) {
		if b.serve != nil {
			b.serve(func(c *usersapi.Config) { c.ConflictColumns = []string{"email", "upper_email"} })
		}
		row := func(condition string) {
			b.t.Helper()
			if !b.db.QueryBool("SELECT bool_and(" + condition + ") FROM app.users WHERE lower(email) LIKE 'ada%'") {
				b.t.Errorf("not %s: %s", condition, b.db.QueryString("SELECT string_agg(u::text, ' ') FROM app.users u"))
			}
		}
		ada := map[string]any{"email": "Ada@Example.com", "password": "correct horse", "name": "Ada L"}
		b.gives(nil, scripts.Create, ada)
		row("upper_email = 'ADA@EXAMPLE.COM' AND slug = 'Ada' AND name = 'Ada L' AND verified = 2 AND n = 0")
		b.gives(true, scripts.Verify, "ada@example.com")
		row("verified = 7 AND n = 1")
		b.gives(true, scripts.ChangeEmail, "ada@example.com", "Ada@new.example.com", false)
		row("upper_email = 'ADA@NEW.EXAMPLE.COM' AND slug = 'Ada' AND verified = 2 AND n = 2")
		b.gives(true, scripts.ChangePassword, "ada@new.example.com", "another horse")
		id := fmt.Sprint(b.profile(scripts.Login, "ada@new.example.com", "another horse")["user_id"])

		const refused = "The user database does not accept these values."
		grace := map[string]any{"email": "grace@example.com", "password": "correct horse", "name": "Ada Too"}
		logged := func(outcome string, has, not string) {
			b.t.Helper()
			if b.serve == nil && !strings.Contains(outcome, has) || strings.Contains(outcome, not) { // an API has a log of its own
				b.t.Errorf("the log has no %q, or %q: %s", has, not, outcome)
			}
		}
		outcome := b.says(refused, scripts.Create, grace)
		logged(strings.Join(outcome.Console, "\n"), "users_slug_key", "Ada")
		grace["name"] = "Wilhelmina Grace"
		outcome = b.says(refused, scripts.Create, grace)
		logged(strings.Join(outcome.Console, "\n"), "slug", "Wilhelmina")
		b.fails("ValidationError", "user_exists", scripts.Create, map[string]any{
			"email": "ADA@new.example.com", "password": "correct horse", "name": "Eve",
		})
		// A name that is part of a key's, and a value that looks like a key.
		b.db.Exec(`ALTER TABLE app.users ADD "mail )=(" text DEFAULT '(email)=(x)'; CREATE UNIQUE INDEX odd ON app.users ("mail )=(");
			GRANT SELECT ("mail )=(") ON app.users TO PUBLIC`)
		outcome = b.says(refused, scripts.Create, map[string]any{"email": "eve@example.com", "password": "correct horse", "name": "Eve"})
		logged(strings.Join(outcome.Console, "\n"), "odd", "eve")
		b.db.Exec(`DROP INDEX app.odd; ALTER TABLE app.users ADD email_kind text DEFAULT '(email)=(x)';
			CREATE UNIQUE INDEX odd ON app.users (email_kind); GRANT SELECT (email_kind) ON app.users TO PUBLIC`)
		outcome = b.says(refused, scripts.Create, map[string]any{"email": "eve@example.com", "password": "correct horse", "name": "Eve"})
		logged(strings.Join(outcome.Console, "\n"), "odd", "eve")
		b.db.Exec("DROP INDEX app.odd")
		b.db.Exec("ALTER TABLE app.users ALTER deleted_at SET DEFAULT NULL, ADD more text CHECK (more <> ''), ALTER n DROP DEFAULT")
		outcome = b.says(refused, scripts.Create, map[string]any{"email": "eve@example.com", "password": "correct horse", "name": "Eve"})
		logged(strings.Join(outcome.Console, "\n"), "column n", "eve")
		b.db.Exec("ALTER TABLE app.users ALTER n SET DEFAULT 0")

		b.gives(nil, scripts.Delete, id)
		row("deleted_at IS NOT NULL AND n = 4")
		b.wrong("", "ada@new.example.com", "another horse")
		b.gives(nil, scripts.GetUser, "ada@new.example.com")
		b.fails("ValidationError", "user_exists", scripts.Create, map[string]any{
			"email": "ada@new.example.com", "password": "correct horse", "name": "Ada Again",
		})
	})
}

// What the statements need is granted and nothing else.
func TestPrivilegesForWritingsAreExact(t *testing.T) {
	b := newWritingBench(t)
	got, err := scripts.Privileges(b.store, []scripts.Operation{scripts.Create, scripts.Delete})
	if err != nil {
		t.Fatal(err)
	}
	want := "[{{app users} INSERT [email hash id name slug upper_email verified]} {{app users} SELECT [deleted_at email id n slug upper_email]} " +
		"{{app users} UPDATE [deleted_at n upper_email]}]"
	if fmt.Sprint(got) != want {
		t.Errorf("\n got %v\nwant %s", got, want)
	}
}
