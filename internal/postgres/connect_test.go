// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
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

// A server that listens on IPv6 alone is reached by a URL and by settings, checks of the password on a second connection
// included, and what it does not let in is named as it was given.
func TestServerOverIPv6(t *testing.T) {
	t.Parallel()
	if !pgtest.HasIPv6() {
		t.Skip("this machine has no IPv6 loopback address, ::1")
	}
	local, err := localpostgres.Start(t.Context(), localpostgres.Options{ListenAddresses: []string{"::1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Stop(context.Background()) })
	db := pgtest.On(t, local)
	port := strconv.Itoa(local.Port())
	if !strings.Contains(db.URL, "@[::1]:"+port+"/") {
		t.Fatal("the server is somewhere else")
	}
	for name, config := range map[string]postgres.Config{
		"URL":      {URL: db.URL},
		"settings": {Host: "::1", Port: local.Port(), Username: local.User(), Password: local.Password(), Database: db.Name},
	} {
		server, err := postgres.NewServer(config)
		if err != nil {
			t.Fatal(name, err)
		}
		pool, err := server.Pool(t.Context())
		if err != nil {
			t.Fatal(name, err)
		}
		var address string
		if err := pool.QueryRow(t.Context(), "SELECT host(inet_server_addr())").Scan(&address); err != nil || address != "::1" {
			t.Errorf("%s: at %s: %v", name, address, err)
		}
		server.Close()
	}
	wrong, err := postgres.NewServer(postgres.Config{URL: strings.Replace(db.URL, local.Password(), "wrong", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer wrong.Close()
	if _, err := wrong.Pool(t.Context()); err == nil || !strings.Contains(err.Error(), "connect to [::1]:"+port) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
}
