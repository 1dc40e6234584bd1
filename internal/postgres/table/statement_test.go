// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// parameters are those of a sign-up.
var parameters = map[string]string{"email": "text", "password": "text", "id": "bigint", "verified": "boolean"}

// The server says what a statement over several tables takes and what it means, in every version.
func TestStatementsAreResolved(t *testing.T) {
	t.Parallel()
	db, server, _ := newExpressionSite(t)
	db.Exec(`CREATE TABLE app.passwords (user_id bigint UNIQUE REFERENCES app.users, hash text NOT NULL); CREATE SEQUENCE app.ids`)
	users := postgres.Object{Kind: postgres.TableObject, Schema: "app", Name: "users"}
	for name, test := range map[string]struct {
		text    string
		reads   bool
		sql     []string // fragments of the print
		grants  []string
		used    []string
		columns []table.ResultColumn
	}{
		"two tables": {
			text: `with u as (insert into users (id, email) values (nextval('ids'), lower(:email)) returning id)
				insert into passwords (user_id, hash) select id, :password from u;`,
			sql: []string{"nextval('app.ids'::regclass)", "lower(:email)", "INSERT INTO app.passwords", ":password"},
			grants: []string{
				`USAGE ON SCHEMA "app"`, `INSERT ("hash", "user_id") ON "app"."passwords"`, `INSERT ("email", "id") ON "app"."users"`,
				`SELECT ("id") ON "app"."users"`, `USAGE ON SEQUENCE "app"."ids"`,
			},
			used: []string{"email", "password"},
		},
		"a change with a condition": {
			text: `-- who it is
				update app.passwords p set hash = :password from app.users u
				where u.id = p.user_id and u.email = :email::citext -- the address`,
			sql: []string{"UPDATE app.passwords p", "OPERATOR(app.=)", "(:email)::app.citext"},
			grants: []string{
				`USAGE ON SCHEMA "app"`, `SELECT ("user_id") ON "app"."passwords"`, `UPDATE ("hash") ON "app"."passwords"`,
				`SELECT ("email", "id") ON "app"."users"`,
			},
			used: []string{"email", "password"},
		},
		"a deletion": {
			text:   `delete from users where id = :id and :verified`,
			sql:    []string{"DELETE FROM app.users"},
			grants: []string{`USAGE ON SCHEMA "app"`, `DELETE ON "app"."users"`, `SELECT ("id") ON "app"."users"`},
			used:   []string{"id", "verified"},
		},
		"a query": {
			text: `select u.id, u.email::text as email, p.hash as "password", u.mood from users u left join passwords p on p.user_id = u.id
				where lower(u.email::text) = lower(:email)`,
			reads: true,
			sql:   []string{"LEFT JOIN app.passwords p", "lower(:email)"},
			grants: []string{
				`USAGE ON SCHEMA "app"`, `SELECT ("hash", "user_id") ON "app"."passwords"`, `SELECT ("email", "id", "mood") ON "app"."users"`,
			},
			used:    []string{"email"},
			columns: []table.ResultColumn{{"id", "bigint"}, {"email", "text"}, {"password", "text"}, {"mood", "app.citext"}},
		},
		"what looks like parameters": {
			text: `insert into users (last_name, settings) select ':email' || $$ :password $$, (array[1,2,3])[1:2]::text::jsonb /* :id */
				where label(:email) = E'a\':b'`,
			sql:    []string{"':email'::text", "app.label(:email)"},
			grants: []string{`USAGE ON SCHEMA "app"`, `INSERT ("last_name", "settings") ON "app"."users"`},
			used:   []string{"email"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, err := server.Pool(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found, err := table.ResolveStatement(t.Context(), pool, users,
				table.Statement{Text: test.text, Parameters: parameters, Reads: test.reads})
			if err != nil {
				t.Fatal(err)
			}
			for _, fragment := range test.sql {
				if !strings.Contains(found.SQL, fragment) {
					t.Errorf("%q is not in\n%s", fragment, found.SQL)
				}
			}
			var grants []string
			for _, g := range found.Grants {
				grants = append(grants, g.String())
			}
			if !slices.Equal(grants, test.grants) {
				t.Errorf("takes\n%s\nwant\n%s", strings.Join(grants, "\n"), strings.Join(test.grants, "\n"))
			}
			if !slices.Equal(found.Used, test.used) || !slices.Equal(found.Columns, test.columns) {
				t.Errorf("uses %q, returns %v", found.Used, found.Columns)
			}
			// What an import finds means the same.
			again, err := table.ResolveStatement(t.Context(), pool, users,
				table.Statement{Text: found.SQL, Parameters: parameters, Reads: test.reads})
			if err != nil || again.SQL != found.SQL {
				t.Errorf("printed again: %v\n%s\nfirst\n%s", err, again.SQL, found.SQL)
			}
		})
	}
}

// What is not one statement of that kind, or would run code of others, is refused.
func TestStatementsThatAreRefused(t *testing.T) {
	t.Parallel()
	db, server, low := newExpressionSite(t)
	db.Exec("CREATE TABLE app.watched (id bigint); CREATE SCHEMA theirs AUTHORIZATION " + low)
	db.Exec("GRANT TRIGGER ON app.watched TO " + low + "; GRANT USAGE ON SCHEMA app TO " + low)
	db.Exec("SET ROLE " + low)
	db.Exec(`CREATE FUNCTION theirs.seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER seen BEFORE INSERT ON app.watched FOR EACH ROW EXECUTE FUNCTION theirs.seen()`)
	db.Exec("RESET ROLE")
	users := postgres.Object{Kind: postgres.TableObject, Schema: "app", Name: "users"}
	for text, want := range map[string]string{
		"":                                   "is empty",
		"delete from users; select 1":        "statement's end",
		"delete from users where id = :name": "no parameter :name; there are :email, :id, :password, :verified",
		"select id from users":               "must end in one INSERT, UPDATE or DELETE",
		"notify x":                           "must end in one INSERT, UPDATE or DELETE",
		"nothing":                            "must end in one",
		"delete from users returning id":     "without RETURNING",
		"delete from nowhere where id = :id": "nowhere",
		"insert into app.watched (id) values (:id)":                      "trigger seen calls a function of the role",
		"delete from users where upper('a'::varchar) = 'x' and id = :id": "function public.upper",
		"delete from public.theirs where id = :id":                       "table public.theirs",
		"insert into users (last_name) values ('a\nb' || :email)":        "line break between quotes",
		"delete from users where id = :id)":                              "closes nothing",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			pool, err := server.Pool(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = table.ResolveStatement(t.Context(), pool, users, table.Statement{Text: text, Parameters: parameters})
			var refused *table.StatementError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
	if db.QueryBool("SELECT is_called FROM public.ran") {
		t.Error("something of it has run")
	}
}
