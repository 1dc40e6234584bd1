// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"net/url"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Settings that name no database mean the one of the user's name, before the server was asked and after.
func TestDatabaseOfSettingsWithoutOne(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.LocalDatabase(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/"
	server, err := postgres.NewServer(postgres.Config{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	before := server.Database()
	if _, err := server.Pool(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, want := server.Database(), u.User.Username(); before != want || after != want {
		t.Errorf("the database is %q, and %q once connected", before, after)
	}
}
