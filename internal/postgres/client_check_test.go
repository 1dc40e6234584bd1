// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// withFunctions makes access functions without a table behind them, and roles that call them.
func withFunctions(t *testing.T, g *guarded) {
	t.Helper()
	g.role("scripts")
	g.role("others")
	// Administrators of three kinds.
	g.Exec(`create role app login createrole password 'pw'; create role boss login superuser nocreaterole password 'pw'; create role member login password 'pw'`)
	server, err := postgres.NewServer(postgres.Config{URL: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	g.Exec("create table users (id int)")
	who := postgres.NewAccessFunction("auth0", "auth0_owner", "who", "SELECT session_user::text, current_user::text", nil,
		[]postgres.FunctionColumn{{Name: "session", Type: "text"}, {Name: "owner", Type: "text"}}, true, "For a test.")
	err = server.CreateAccess(t.Context(), postgres.AccessSpec{
		Schema: "auth0", Owner: "auth0_owner", Comment: "For a test.", Table: postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "users"},
		Functions: []postgres.AccessFunction{who}, Names: []string{"who"},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Exec("grant auth0_owner to member; grant usage on schema auth0 to scripts, others, app; grant execute on function auth0.who() to scripts, others, app")
}

// call calls an access function from an address.
func (g *guarded) call(t *testing.T, role, from string) error {
	t.Helper()
	conn, err := g.connect(t, g.URLFor(role, "pw"), from)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // it has served
	var session, owner string
	if err := conn.QueryRow(t.Context(), "select * from auth0.who()").Scan(&session, &owner); err != nil {
		return err
	}
	if session != role || owner != "auth0_owner" {
		t.Errorf("called as %q with the rights of %q", session, owner)
	}
	return nil
}

func TestClientCheckEnforces(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 13)
	withFunctions(t, g)
	check := func(role string, allowed, refused []string) {
		t.Helper()
		for _, from := range allowed {
			if err := g.call(t, role, from); err != nil {
				t.Errorf("%s from %s: %v", role, from, err)
			}
		}
		for _, from := range refused {
			err := g.call(t, role, from)
			var server *pgconn.PgError
			if !errors.As(err, &server) || server.Code != "42501" || server.Message != "call refused: "+from+" is not in the allowlist" {
				t.Errorf("%s from %s: %v, want a refusal", role, from, err)
			}
		}
	}
	all := []string{"127.0.0.2", "127.0.0.9", "::1"}
	check("scripts", all, nil)

	// For everybody who calls the functions, administrators left out.
	list := allow("", "127.0.0.2/32", "::1/128")
	const version = "select xmin::text from pg_proc where proname = 'check_client'"
	replaced := []string{g.QueryString(version)}
	for range 2 {
		if err := g.server.ApplyClientCheck(t.Context(), "auth0", list); err != nil {
			t.Fatal(err)
		}
		got, err := g.server.ClientCheck(t.Context(), "auth0")
		if err != nil || got != list.ClientCheckStatement("auth0") {
			t.Errorf("read back: %v\n got %s\nwant %s", err, got, list.ClientCheckStatement("auth0"))
		}
		replaced = append(replaced, g.QueryString(version))
	}
	if replaced[0] == replaced[1] || replaced[1] != replaced[2] {
		t.Errorf("the function is to be replaced by the first list alone: %q", replaced)
	}
	check("scripts", []string{"127.0.0.2", "::1"}, []string{"127.0.0.9"})
	check("others", []string{"127.0.0.2"}, []string{"127.0.0.9"})
	for _, administrator := range []string{"app", "boss", "member"} {
		check(administrator, all, nil)
	}

	// For one role.
	if err := g.server.ApplyClientCheck(t.Context(), "auth0", allow("scripts", "127.0.0.9/32")); err != nil {
		t.Fatal(err)
	}
	check("scripts", []string{"127.0.0.9"}, []string{"127.0.0.2", "::1"})
	check("others", all, nil)

	for range 2 {
		if err := g.server.RemoveClientCheck(t.Context(), "auth0"); err != nil {
			t.Fatal(err)
		}
		check("scripts", all, nil)
		if got, err := g.server.ClientCheck(t.Context(), "auth0"); err != nil || got != "" {
			t.Errorf("after removal: %q, %v", got, err)
		}
	}
}

func TestClientCheckWithoutFunctions(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 13)
	if err := g.server.ApplyClientCheck(t.Context(), "auth0", allow("", "127.0.0.2/32")); !errors.Is(err, postgres.ErrAccessNotFound) {
		t.Errorf("no schema: %v", err)
	}
	g.Exec("create schema auth0")
	if err := g.server.ApplyClientCheck(t.Context(), "auth0", allow("", "127.0.0.2/32")); !errors.Is(err, postgres.ErrAccessNotFound) {
		t.Errorf("no functions: %v", err)
	}
	if got, err := g.server.ClientCheck(t.Context(), "auth0"); err != nil || got != "" {
		t.Errorf("reading: %q, %v", got, err)
	}
	if err := g.server.RemoveClientCheck(t.Context(), "auth0"); err != nil {
		t.Errorf("removing: %v", err)
	}
}

// TestClientCheckAsCreateRole applies the list as a role that administers the functions'
// owner and is no superuser.
func TestClientCheckAsCreateRole(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 13)
	withFunctions(t, g)
	option := "with admin option"
	if g.local.Version() >= 16 {
		option = "with admin true, inherit false, set false"
	}
	g.Exec("grant auth0_owner to app " + option)
	server, err := postgres.NewServer(postgres.Config{URL: g.URLFor("app", "pw")})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := server.ApplyClientCheck(t.Context(), "auth0", allow("", "127.0.0.2/32")); err != nil {
		t.Fatal(err)
	}
	if err := g.call(t, "scripts", "127.0.0.9"); err == nil {
		t.Error("the list is not enforced")
	}
	if owner := g.QueryString("select pg_get_userbyid(proowner) from pg_proc where proname = 'check_client'"); owner != "auth0_owner" {
		t.Errorf("the function belongs to %s", owner)
	}
}
