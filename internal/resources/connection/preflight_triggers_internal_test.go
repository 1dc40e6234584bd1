// SPDX-License-Identifier: MPL-2.0

package connection

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

// A trigger that changes what was written is named: otherwise nobody would find the user, or compare with what was hashed.
func TestPreflightOfTriggersThatChange(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	server, err := postgres.NewServer(postgres.Config{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	users := store.Store{
		Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex,
		Columns: map[store.Part]store.Column{
			store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "password", Type: "text"},
		},
	}
	for name, test := range map[string]struct{ when, does, wants string }{
		"the address of a sign-up": {"INSERT", "NEW.email := replace(NEW.email, '-', '_');", `found 0 rows[\s\S]*"meddles"`},
		"the domain of a sign-up":  {"INSERT", "NEW.email := NEW.email || '.';", "meddles"},
		"the hash of a sign-up":    {"INSERT", "NEW.password := md5(NEW.password);", "another hash of the password"},
		"the hash of a change":     {"UPDATE", "NEW.password := md5(NEW.password);", "another hash of the password"},
		"the address of a change":  {"UPDATE", "NEW.email := replace(NEW.email, '.invalid', '.example');", "changed 0 rows"},
		"the case of an address":   {"INSERT OR UPDATE", "NEW.email := initcap(NEW.email);", ""},
		"another column":           {"INSERT OR UPDATE", "NEW.note := 'x';", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db.Exec("DROP TABLE IF EXISTS users; CREATE TABLE users (id serial PRIMARY KEY, email text, password text, note text); " +
				"CREATE UNIQUE INDEX ON users (lower(email)); CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS " +
				"$$ BEGIN " + test.does + " RETURN NEW; END $$; CREATE TRIGGER meddles BEFORE " + test.when +
				" ON users FOR EACH ROW EXECUTE FUNCTION meddle()")
			var diags diag.Diagnostics
			operations := []scripts.Operation{scripts.Login, scripts.GetUser, scripts.Create, scripts.ChangePassword, scripts.Delete, scripts.ChangeEmail}
			err := server.Try(t.Context(), "", []postgres.Object{kit.TableObject(users)}, func(ctx context.Context, p *postgres.Preflight) error {
				tried := newScriptPreflight(p, users, scripts.Options{Store: users, BcryptRounds: 4})
				if err := tried.run(ctx, operations); err != nil {
					return err
				}
				tried.report(&diags)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var said string
			for _, d := range diags.Errors() {
				said += d.Detail()
			}
			words := strings.Split(test.wants, `[\s\S]*`)
			for _, word := range words {
				if !strings.Contains(said, word) {
					t.Errorf("%q is not in: %s", word, said)
				}
			}
			if named := strings.Contains(said, `"meddles"`); named != (test.wants != "") {
				t.Errorf("the trigger is named: %t: %s", named, said)
			}
		})
	}
}
