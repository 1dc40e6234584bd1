// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// lived is what a user's row looks like after an operation: a condition over it, or over the table where it is gone.
type lived map[scripts.Operation]string

// What an application's own code would write, the statements write: each table in its application's way, one user's life in
// each, the conditions being what the application expects of the row.
func TestWritings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ddl  string
		want wanted
		then lived
	}{
		"a column that follows the address, and stamps": {
			`CREATE TABLE users ("Id" text PRIMARY KEY, email varchar(256), normalized varchar(256) NOT NULL UNIQUE, password text, stamp text NOT NULL,
			  changes int NOT NULL, verified boolean NOT NULL)`,
			wanted{
				columns: map[store.Part]string{store.ID: "Id", store.EmailVerified: "verified"},
				writes:  map[store.Part]string{store.ID: "gen_random_uuid()"},
				onCreate: map[string]string{
					"normalized": "upper(new.email)", "stamp": "md5(random()::text)", "changes": "0",
				},
				onChange: map[string]string{
					"normalized": "upper(new.email)", "changes": "users.changes + 1",
					"stamp": "case when new.password is distinct from users.password then 'new' else users.stamp end",
				},
			},
			lived{
				scripts.Create:         `normalized = upper(email) AND length("Id") = 36 AND length(stamp) = 32 AND changes = 0`,
				scripts.Verify:         `verified AND changes = 1 AND length(stamp) = 32`,
				scripts.ChangePassword: `changes = 2 AND stamp = 'new'`,
				scripts.ChangeEmail:    `normalized = upper(email) AND email LIKE 'preflight.%' AND changes = 3 AND stamp = 'new'`,
				scripts.Delete:         `NOT EXISTS (SELECT FROM users)`,
			},
		},
		"parts of other types": {
			`CREATE TYPE state AS ENUM ('active', 'locked'); CREATE DOMAIN mail AS varchar(200);
			CREATE TABLE users (id serial PRIMARY KEY, email mail UNIQUE, password bytea NOT NULL, status state NOT NULL, last_seen bigint,
			  settings json NOT NULL, info text, first text NOT NULL, "user" varchar(20) NOT NULL, flags int NOT NULL)`,
			wanted{
				columns: map[store.Part]string{
					store.Blocked: "status := status is distinct from 'active'", store.LastLogin: "last_seen := to_timestamp(last_seen / 1000.0)",
					store.UserMetadata: "settings", store.GivenName: "first",
					store.Username: "user", store.EmailVerified: "flags := flags & 4 <> 0", store.AppMetadata: "info",
				},
				writes: map[store.Part]string{
					store.Blocked:       "(case when value then 'locked' else 'active' end)::state",
					store.LastLogin:     "extract(epoch from value) * 1000",
					store.UserMetadata:  "coalesce(value, '{}')::json",
					store.GivenName:     "coalesce(value, '?')",
					store.Username:      "left(coalesce(value, split_part(new.email, '@', 1)), 20)",
					store.EmailVerified: "case when value then 4 else 0 end",
				},
			},
			lived{
				scripts.Create: `status = 'active' AND last_seen IS NULL AND settings::text = '{}' AND first = '?' AND "user" LIKE 'pf%'
				  AND flags = 0 AND info = '{}'`,
				scripts.Login:  `last_seen > 1600000000000`,
				scripts.Verify: `flags = 4`,
			},
		},
		"deleted rows stay": {
			`CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, password text, deleted_at timestamptz, updated_at date, by text)`,
			wanted{
				filter:   "deleted_at is null",
				columns:  map[store.Part]string{store.UpdatedAt: "updated_at"},
				onChange: map[string]string{"by": "'auth0'"},
				onDelete: map[string]string{"deleted_at": "now()", "email": "'deleted-' || users.id"},
			},
			lived{
				scripts.ChangePassword: `by = 'auth0' AND deleted_at IS NULL AND updated_at IS NOT NULL`,
				scripts.Delete:         `deleted_at IS NOT NULL AND email = 'deleted-1' AND by = 'auth0'`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.ddl)
			test.want.name = "users"
			m, diags := b.describe(test.want)
			if diags.HasError() {
				t.Fatal(diags)
			}
			users, ok := m.Store.Parsed()
			if !ok {
				t.Fatal("no store")
			}
			if again, err := store.Parse(users.Marshal()); err != nil || again.Marshal() != users.Marshal() {
				t.Errorf("read back: %v\n%s", err, users.Marshal())
			}
			b.live(users, test.then)
		})
	}
}

// live runs a user's life and asks after each operation.
func (b *bench) live(users store.Store, then lived) {
	b.Helper()
	var operations []scripts.Operation
	for _, op := range scripts.Operations() {
		if scripts.Possible(users, op) {
			operations = append(operations, op)
		}
	}
	steps, err := scripts.Rehearse(scripts.Options{Store: users, BcryptRounds: 4}, operations, "abcdefghijkl")
	if err != nil {
		b.Fatal(err)
	}
	id, asked := "", map[scripts.Operation]bool{}
	err = b.server.Try(b.Context(), "", []postgres.Object{kit.TableObject(users)}, func(ctx context.Context, t *postgres.Preflight) error {
		for i, step := range steps {
			result, err := t.Run(ctx, step.Statement.SQL, step.For(id))
			if err != nil {
				b.Errorf("%s: %v\n%s", step.Operation, err, step.Statement.SQL)
				continue
			}
			if step.Expect == scripts.Finds && id == "" {
				id = result.First["id"]
			}
			if i+1 < len(steps) && steps[i+1].Operation == step.Operation || then[step.Operation] == "" || asked[step.Operation] {
				continue
			}
			asked[step.Operation] = true
			condition := then[step.Operation]
			from := " FROM public.users"
			if strings.HasPrefix(condition, "NOT EXISTS") {
				from = ""
				condition = strings.ReplaceAll(condition, "FROM users", "FROM public.users")
			}
			got, err := t.Run(ctx, "SELECT bool_and("+condition+")::text AS it"+from, nil)
			if err != nil || got.First["it"] != "true" {
				row, _ := t.Run(ctx, "SELECT string_agg(to_jsonb(u)::text, ' ') AS it FROM public.users u", nil)
				b.Errorf("after %s not %s: %v\n%s\n%s", step.Operation, condition, err, row.First["it"], step.Statement.SQL)
			}
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
	for op := range then {
		if !asked[op] {
			b.Errorf("%s was not tried", op)
		}
	}
}

// What cannot be written is refused at the attribute that settles it, with what there is to be read.
func TestWritingsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, `CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, password text, twice text GENERATED ALWAYS AS (email || email) STORED,
		n int GENERATED ALWAYS AS IDENTITY, note varchar(5), at timestamptz, deleted boolean);
		CREATE VIEW seen AS SELECT id, email, password, upper(email) AS upper FROM users`)
	for name, test := range pgtest.SomeOf(map[string]struct {
		want       wanted
		at, saying string
	}{
		"no such part of new": {wanted{onCreate: map[string]string{"note": "new.emial"}},
			`extra_columns["note"].on_create`, `There are new.email and new.password`},
		"a part that columns does not name": {wanted{onChange: map[string]string{"note": "new.nickname"}},
			`extra_columns["note"].on_change`, `column new.nickname does not exist`},
		"the row at sign-up": {wanted{onCreate: map[string]string{"note": "users.email"}},
			`extra_columns["note"].on_create`, "not there yet"},
		"which of the two": {wanted{onChange: map[string]string{"note": "email"}},
			`extra_columns["note"].on_change`, "ambiguous"},
		"no such column":     {wanted{onCreate: map[string]string{"nope": "'x'"}}, `extra_columns["nope"].on_create`, `"nope"`},
		"a generated column": {wanted{onCreate: map[string]string{"twice": "'x'"}}, `extra_columns["twice"].on_create`, "428C9"},
		"an identity column": {wanted{onChange: map[string]string{"n": "1"}}, `extra_columns["n"].on_change`, "428C9"},
		"another type": {wanted{onCreate: map[string]string{"at": "new.email"}},
			`extra_columns["at"].on_create`, "is of type timestamp with time zone"},
		"a statement": {wanted{onCreate: map[string]string{"note": "'x'); drop table users; --"}},
			`extra_columns["note"].on_create`, "closes nothing"},
		"an aggregate": {wanted{onChange: map[string]string{"note": "max(new.email)"}}, `extra_columns["note"].on_change`, "aggregate"},
		"value where there is none": {wanted{onCreate: map[string]string{"note": "value"}},
			`extra_columns["note"].on_create`, `"value" does not exist`},
		"a write of a generated column": {wanted{columns: map[store.Part]string{store.Name: "twice"}, writes: map[store.Part]string{store.Name: "value"}},
			`columns["name"].write`, "428C9"},
		"a write that needs the row": {wanted{columns: map[store.Part]string{store.Name: "note"}, writes: map[store.Part]string{store.Name: "users.note"}},
			`columns["name"].write`, "not there yet"},
		"on_delete of another type": {wanted{filter: "deleted is not true", onDelete: map[string]string{"deleted": "now()"}},
			`on_delete["deleted"]`, "is of type boolean"},
		"a column that the view works out": {wanted{name: "seen", onCreate: map[string]string{"upper": "'x'"}},
			`extra_columns["upper"].on_create`, "0A000"},
	}) {
		t.Run(name, func(t *testing.T) {
			if test.want.name == "" {
				test.want.name = "users"
			}
			_, diags := b.describe(test.want)
			for _, d := range diags.Errors() {
				at, _ := d.(diag.DiagnosticWithPath)
				if strings.Contains(d.Detail(), test.saying) && at != nil && at.Path().String() == test.at {
					return
				}
			}
			t.Errorf("%v", diags)
		})
	}
}
