// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// dialSocket connects through a socket.
func dialSocket(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

func TestEnforcement(t *testing.T) {
	t.Parallel()
	for version, want := range map[int]struct{ hba, trigger string }{
		15: {"PostgreSQL 16", "PostgreSQL 17"},
		16: {"", "PostgreSQL 17"},
		18: {"", ""},
	} {
		local, err := localpostgres.Start(t.Context(), localpostgres.Options{Version: version, TLS: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := local.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		db := pgtest.On(t, local)
		checkEnforcement(t, db, db.URL, want.hba, want.trigger)

		db.Exec("create role app login createrole createdb password 'pw'")
		if version >= 16 {
			want.hba = "superuser"
		}
		if version >= 17 {
			want.trigger = `permission denied to create event trigger "auth0pg_probe" (SQLSTATE 42501)`
		}
		checkEnforcement(t, db, db.URLFor("app", "pw"), want.hba, want.trigger)
		if db.QueryInt("select count(*)::int from pg_event_trigger") != 0 {
			t.Error("the probe left something behind")
		}
	}
	t.Run("without TLS", func(t *testing.T) {
		if pgtest.Shared(t).Version() < 17 {
			t.Skip("the shared server is too old for both ways")
		}
		db := pgtest.LocalDatabase(t)
		checkEnforcement(t, db, db.URL, "TLS", "")
	})
}

func checkEnforcement(t *testing.T, db *pgtest.DB, url, hba, trigger string) {
	t.Helper()
	server, err := postgres.NewServer(postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	found, err := server.Enforcement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if (found.HBA == "") != (hba == "") || !strings.Contains(found.HBA, hba) {
		t.Errorf("%s as %s: pg_hba: %q, want %q", found.Server, found.User, found.HBA, hba)
	}
	if (found.LoginTrigger == "") != (trigger == "") || !strings.Contains(found.LoginTrigger, trigger) {
		t.Errorf("%s as %s: login_trigger: %q, want %q", found.Server, found.User, found.LoginTrigger, trigger)
	}
	if found.Pooled || found.Database != db.Name {
		t.Errorf("%+v", found)
	}
}

func TestGuardedRole(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 13)
	role := g.role("scripts")
	g.Exec("create role boss login superuser password 'pw'")
	for name, want := range map[string]postgres.GuardedRole{"scripts": {}, "nobody": {}, "boss": {Superuser: true}, "postgres": {Superuser: true, Own: true}} {
		got, err := g.server.GuardedRole(t.Context(), allow(name, "0.0.0.0/0", "::/0"))
		if err != nil || got.Superuser != want.Superuser || got.Own != want.Own || len(got.Outside) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}

	for _, from := range []string{"127.0.0.2", "127.0.0.9", "127.0.0.9", "::1"} {
		conn, err := g.connect(t, g.URLFor(role, "pw"), from)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context()) //nolint:errcheck // the end of the test
	}
	got, err := g.server.GuardedRole(t.Context(), allow(role, "127.0.0.2/32"))
	if err != nil || len(got.Outside) != 2 || got.Outside[0].String() != "127.0.0.9" || got.Outside[1].String() != "::1" {
		t.Errorf("sessions from outside: %+v, %v", got, err)
	}
}
