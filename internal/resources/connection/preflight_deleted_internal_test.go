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

// TestMain stops the server that the tests share.
func TestMain(m *testing.M) { pgtest.Main(m) }

// Where the rows of deleted users stay, the preflight says whether they are users still, and whether the address is free
// again.
func TestPreflightOfDeletedUsers(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	server, err := postgres.NewServer(postgres.Config{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	expression := func(sql, kind string, columns ...string) *store.Expression {
		return &store.Expression{SQL: sql, Type: kind, Reads: []store.Relation{{Schema: "public", Name: "users", Columns: columns}}}
	}
	for name, test := range map[string]struct {
		index, filter, onDelete string
		errors, says            string
	}{
		"free again": {"(email) WHERE gone IS NULL", "(users.gone IS NULL)", "pg_catalog.now()", "", ""},
		"covered":    {"(email)", "(users.gone IS NULL)", "pg_catalog.now()", "", "users_email_idx"},
		"still a user": {"(email)", "(users.gone IS NULL OR users.gone OPERATOR(pg_catalog.>) '2000-01-01'::timestamp with time zone)",
			"pg_catalog.now()", "row_filter is true for it", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db.Exec("DROP TABLE IF EXISTS users; CREATE TABLE users (id serial PRIMARY KEY, email text, password text, gone timestamptz); " +
				"CREATE UNIQUE INDEX users_email_idx ON users " + test.index)
			users := store.Store{
				Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.Exact,
				Columns: map[store.Part]store.Column{
					store.ID: {Name: "id", Type: "integer"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "password", Type: "text"},
				},
				RowFilter: expression(test.filter, "boolean", "gone"),
				OnDelete:  map[string]*store.Expression{"gone": {SQL: test.onDelete, Type: "timestamp with time zone"}},
			}
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
			var errors, warnings string
			for _, d := range diags.Errors() {
				errors += d.Detail()
			}
			for _, d := range diags.Warnings() {
				warnings += d.Detail()
			}
			if (errors == "") != (test.errors == "") || !strings.Contains(errors, test.errors) ||
				(warnings == "") != (test.says == "") || !strings.Contains(warnings, test.says) {
				t.Errorf("errors: %s\nwarnings: %s", errors, warnings)
			}
		})
	}
}
