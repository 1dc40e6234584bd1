// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

func TestLoginTriggerEnforces(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 17)
	role, other := g.role("scripts"), g.role("other")

	if err := g.server.ApplyLoginTrigger(t.Context(), allow(role, "127.0.0.2/32", "127.0.1.0/24", "::1/128")); err != nil {
		t.Fatal(err)
	}
	g.allows(t, role, "127.0.0.2")
	g.allows(t, role, "127.0.1.77")
	g.allows(t, role, "::1")
	g.refuses(t, role, "127.0.0.9")
	for _, everybody := range []string{"127.0.0.2", "127.0.0.9", "::1"} {
		g.allows(t, other, everybody)
	}
	// A socket has no address.
	g.allows(t, role, "127.0.0.9", func(c *pgx.ConnConfig) {
		c.Host, c.TLSConfig = filepath.Dir(g.local.LogFile()), nil
		c.DialFunc = dialSocket
	})

	// A change, then the same again.
	list := allow(role, "127.0.0.9/32")
	for range 2 {
		if err := g.server.ApplyLoginTrigger(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		g.allows(t, role, "127.0.0.9")
		g.refuses(t, role, "127.0.0.2")
		g.refuses(t, role, "::1")
		got, err := g.server.LoginTrigger(t.Context(), role)
		if err != nil || !slices.Equal(got, list.LoginTriggerStatements()) {
			t.Errorf("read back: %v\n got %q\nwant %q", err, got, list.LoginTriggerStatements())
		}
	}

	for range 2 {
		if err := g.server.RemoveLoginTrigger(t.Context(), role); err != nil {
			t.Fatal(err)
		}
		g.allows(t, role, "127.0.0.2")
		if left := g.QueryInt(`select (select count(*) from pg_event_trigger)::int + (select count(*) from pg_namespace where nspname = 'auth0pg')::int`); left != 0 {
			t.Errorf("%d objects are left", left)
		}
	}
}

// TestLoginTriggerCannotBeTalkedRound tries what the role can bring along to its login.
func TestLoginTriggerCannotBeTalkedRound(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 17)
	role := g.role(`back\'slash`)
	quoted := pgx.Identifier{role}.Sanitize()
	if err := g.server.ApplyLoginTrigger(t.Context(), allow(role, "127.0.0.2/32")); err != nil {
		t.Fatal(err)
	}
	// Operators and functions of its own, found before the real ones.
	g.Exec(`create schema evil authorization ` + quoted)
	g.Exec(`create function evil.ne(name, name) returns bool language sql return true;
		create operator evil.<> (leftarg = name, rightarg = name, function = evil.ne);
		create function evil.inside(inet, inet) returns bool language sql return true;
		create operator evil.<<= (leftarg = inet, rightarg = inet, function = evil.inside);
		create function evil.inet_client_addr() returns inet language sql return null::inet;
		alter role ` + quoted + ` set search_path = evil, pg_catalog`)
	with := func(name, value string) func(*pgx.ConnConfig) {
		return func(c *pgx.ConnConfig) { c.RuntimeParams[name] = value }
	}
	for _, attempt := range []func(*pgx.ConnConfig){
		with("application_name", "auth0"),
		with("search_path", "evil,pg_catalog"),
		with("standard_conforming_strings", "off"),
		with("options", "-c standard_conforming_strings=off -c escape_string_warning=off -c search_path=evil"),
		with("check_function_bodies", "off"),
		with("plpgsql.variable_conflict", "use_column"),
	} {
		g.refuses(t, role, "127.0.0.9", attempt)
		g.allows(t, role, "127.0.0.2", attempt)
	}
	// What would switch the trigger off is not the role's to set.
	for _, setting := range []string{"event_triggers", "session_replication_role"} {
		value := map[string]string{"event_triggers": "off", "session_replication_role": "replica"}[setting]
		err := g.login(t, role, "127.0.0.9", with(setting, value))
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" && refused.Code != "28000" {
			t.Errorf("%s: %v, want a refusal", setting, err)
		}
	}
}

func TestLoginTriggerOfOddNames(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 17)
	names := pgtest.Some([]string{
		"all", "UPPER", "upper", `we"ird, #1`, "it's", "$auth0pg$", `back\slash`, "é", "%s %", strings.Repeat("x", 63), strings.Repeat("x", 62) + "y",
	})
	for _, name := range names {
		g.role(name)
		g.allows(t, name, "127.0.0.9")
		if err := g.server.ApplyLoginTrigger(t.Context(), allow(name, "127.0.0.2/32")); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		g.allows(t, name, "127.0.0.2")
		g.refuses(t, name, "127.0.0.9")
	}
	for _, name := range names {
		g.refuses(t, name, "127.0.0.9") // still, after all the others
	}
	for i := range names {
		name := names[(i*7)%len(names)]
		if err := g.server.RemoveLoginTrigger(t.Context(), name); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		g.allows(t, name, "127.0.0.9")
	}
	if left := g.QueryInt(`select (select count(*) from pg_event_trigger)::int + (select count(*) from pg_namespace where nspname = 'auth0pg')::int`); left != 0 {
		t.Errorf("%d objects are left", left)
	}
}

func TestLoginTriggerSeesDrift(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 17)
	list := allow(g.role("scripts"), "127.0.0.2/32")
	want := list.LoginTriggerStatements()
	for what, sql := range map[string]string{
		"disabled":           `alter event trigger auth0pg_allowlist_scripts disable`,
		"always":             `alter event trigger auth0pg_allowlist_scripts enable always`,
		"replica":            `alter event trigger auth0pg_allowlist_scripts enable replica`,
		"dropped":            `drop event trigger auth0pg_allowlist_scripts`,
		"all dropped":        `drop schema auth0pg cascade`,
		"body":               `create or replace function auth0pg.auth0pg_allowlist_scripts() returns event_trigger language plpgsql set search_path = pg_catalog, pg_temp as 'begin end'`,
		"search_path":        `alter function auth0pg.auth0pg_allowlist_scripts() reset all`,
		"another setting":    `alter function auth0pg.auth0pg_allowlist_scripts() set work_mem = '1MB'`,
		"definer":            `alter function auth0pg.auth0pg_allowlist_scripts() security definer`,
		"another function":   `create function public.f() returns event_trigger language plpgsql as 'begin end'; drop event trigger auth0pg_allowlist_scripts; create event trigger auth0pg_allowlist_scripts on login execute function f()`,
		"another event":      `drop event trigger auth0pg_allowlist_scripts; create event trigger auth0pg_allowlist_scripts on ddl_command_start execute function auth0pg.auth0pg_allowlist_scripts()`,
		"function elsewhere": `alter function auth0pg.auth0pg_allowlist_scripts() set schema public`,
	} {
		if err := g.server.ApplyLoginTrigger(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		g.Exec(sql)
		if got, err := g.server.LoginTrigger(t.Context(), "scripts"); err != nil || slices.Equal(got, want) {
			t.Errorf("%s: the change is not seen: %q, %v", what, got, err)
		}
		if err := g.server.ApplyLoginTrigger(t.Context(), list); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got, err := g.server.LoginTrigger(t.Context(), "scripts"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: the change is not mended: %q, %v", what, got, err)
		}
		if err := g.login(t, "scripts", "127.0.0.1"); err == nil {
			t.Errorf("%s: the list is not enforced any more", what)
		}
		g.Exec(`drop function if exists public.f(), public.auth0pg_allowlist_scripts()`)
	}
	// What others keep in the schema stays.
	g.Exec(`create table auth0pg.mine ()`)
	if err := g.server.RemoveLoginTrigger(t.Context(), "scripts"); err != nil {
		t.Fatal(err)
	}
	if g.QueryInt(`select count(*)::int from pg_tables where schemaname = 'auth0pg'`) != 1 {
		t.Error("the table of others is gone")
	}
	g.Exec(`drop schema auth0pg cascade; create schema auth0pg`)
	if err := errors.Join(g.server.ApplyLoginTrigger(t.Context(), list), g.server.RemoveLoginTrigger(t.Context(), "scripts")); err != nil {
		t.Fatal(err)
	}
	if g.QueryInt(`select count(*)::int from pg_namespace where nspname = 'auth0pg'`) != 1 {
		t.Error("the schema of others is gone")
	}
}

func TestLoginTriggerOnStandby(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 17)
	role, other := g.role("scripts"), g.role("other")
	if err := g.server.ApplyLoginTrigger(t.Context(), allow(role, "127.0.0.2/32")); err != nil {
		t.Fatal(err)
	}
	// The flag that a login trigger exists is cleared lazily, which a standby could not do.
	if err := g.server.ApplyLoginTrigger(t.Context(), allow(other, "127.0.0.2/32")); err != nil {
		t.Fatal(err)
	}
	if err := g.server.RemoveLoginTrigger(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	signal := filepath.Join(g.local.DataDir(), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The database is dropped on a server that can write.
		if err := errors.Join(os.Remove(signal), g.local.Restart(context.Background())); err != nil {
			t.Error(err)
		}
	})
	restart(t, g)
	g.allows(t, role, "127.0.0.2")
	g.refuses(t, role, "127.0.0.9")
	g.allows(t, other, "127.0.0.9")
	found, err := g.server.Enforcement(t.Context())
	if err != nil || !strings.Contains(found.LoginTrigger, "is a standby") || !strings.Contains(found.HBA, "standby") {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestLoginTriggerHoldsUpNobody logs in all the time while the trigger comes, changes and goes.
func TestLoginTriggerHoldsUpNobody(t *testing.T) {
	g := newGuarded(t, 17)
	role, other := g.role("scripts"), g.role("other")
	stop := make(chan struct{})
	var wait sync.WaitGroup
	var logins atomic.Int32
	var longest time.Duration
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			start := time.Now()
			if err := g.login(t, other, "127.0.0.1"); err != nil {
				t.Errorf("login %d: %v", logins.Load(), err)
				return
			}
			longest = max(longest, time.Since(start))
			logins.Add(1)
		}
	})
	for i := 0; !t.Failed() && (i < 10 || logins.Load() < 10); i++ {
		list := allow(role, "127.0.0.2/32")
		if i%2 == 1 {
			list = allow(role, "127.0.0.3/32")
		}
		if err := g.server.ApplyLoginTrigger(t.Context(), list); err != nil {
			t.Error(err)
		}
		if i%3 == 2 {
			if err := g.server.RemoveLoginTrigger(t.Context(), role); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	wait.Wait()
	if longest > 10*time.Second { // a lock would be waited for until somebody gives up
		t.Errorf("the longest of %d logins took %s", logins.Load(), longest)
	}
}

func TestLoginTriggersAtOnce(t *testing.T) {
	needsLoopbackAddresses(t)
	g := newGuarded(t, 17)
	// More than the pool has connections.
	var names []string
	for i := range 20 {
		names = append(names, g.role(fmt.Sprintf("r%d", i)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var wait sync.WaitGroup
	for _, name := range names {
		wait.Go(func() {
			if err := g.server.ApplyLoginTrigger(ctx, allow(name, "127.0.0.2/32")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := g.server.ApplyHBA(ctx, allow(name, "127.0.0.2/32")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wait.Wait()
	for _, name := range names {
		g.refuses(t, name, "127.0.0.9")
		if got, err := g.server.LoginTrigger(t.Context(), name); err != nil || len(got) != 2 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if got, err := g.server.HBAFile(t.Context(), name); err != nil || got.Place != postgres.IncludedFirst {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestLoginTriggerPutsBack locks the provider itself out, which the plan refuses to do.
func TestLoginTriggerPutsBack(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 17)
	count := func() int {
		return g.QueryInt(`select (select count(*) from pg_event_trigger)::int + (select count(*) from pg_namespace where nspname = 'auth0pg')::int`)
	}
	if err := g.server.ApplyLoginTrigger(t.Context(), allow("postgres", "192.0.2.2/32")); !errors.Is(err, postgres.ErrLockedOut) {
		t.Errorf("%v, want ErrLockedOut", err)
	}
	if left := count(); left != 0 {
		t.Errorf("%d objects are left", left)
	}
	before := allow("postgres", "127.0.0.0/8", "::1/128")
	if err := g.server.ApplyLoginTrigger(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if err := g.server.ApplyLoginTrigger(t.Context(), allow("postgres", "192.0.2.2/32")); !errors.Is(err, postgres.ErrLockedOut) {
		t.Errorf("%v, want ErrLockedOut", err)
	}
	if got, err := g.server.LoginTrigger(t.Context(), "postgres"); err != nil || !slices.Equal(got, before.LoginTriggerStatements()) {
		t.Errorf("what was there before is not put back: %q, %v", got, err)
	}
}

// TestLoginTriggerPutsBackWhatever goes back to what somebody else has made of the trigger.
func TestLoginTriggerPutsBackWhatever(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 17)
	before, locksOut := allow("postgres", "127.0.0.0/8", "::1/128"), allow("postgres", "192.0.2.2/32")
	for what, sql := range map[string]string{
		"as it was":            ``,
		"disabled":             `alter event trigger auth0pg_allowlist_postgres disable`,
		"without a trigger":    `drop event trigger auth0pg_allowlist_postgres`,
		"a setting":            `alter function auth0pg.auth0pg_allowlist_postgres() set work_mem = '1MB'`,
		"another function":     `drop event trigger auth0pg_allowlist_postgres; create event trigger auth0pg_allowlist_postgres on login execute function f()`,
		"only another":         `drop event trigger auth0pg_allowlist_postgres; drop schema auth0pg cascade; create event trigger auth0pg_allowlist_postgres on login execute function f()`,
		"another event, a tag": `drop event trigger auth0pg_allowlist_postgres; create event trigger auth0pg_allowlist_postgres on ddl_command_start when tag in ('CREATE CAST') execute function f()`,
	} {
		g.Exec(`create or replace function public.f() returns event_trigger language plpgsql as 'begin end'`)
		if err := g.server.ApplyLoginTrigger(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		g.Exec(sql)
		want, err := g.server.LoginTrigger(t.Context(), "postgres")
		if err != nil {
			t.Fatal(err)
		}
		if err := g.server.ApplyLoginTrigger(t.Context(), locksOut); !errors.Is(err, postgres.ErrLockedOut) || strings.Contains(err.Error(), "put back") {
			t.Errorf("%s: %v, want ErrLockedOut", what, err)
		}
		if got, err := g.server.LoginTrigger(t.Context(), "postgres"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v\n got %q\nwant %q", what, err, got, want)
		}
		if body := g.QueryString(`select prosrc from pg_proc where oid = 'public.f()'::regprocedure`); body != "begin end" {
			t.Errorf("%s: the function of others is now %q", what, body)
		}
	}
}

// TestLoginTriggerPutsBackAfterHangingLogin has the login use up all the time that it is given.
func TestLoginTriggerPutsBackAfterHangingLogin(t *testing.T) {
	t.Parallel()
	postgres.LimitLogin(t, time.Second)
	g := newGuarded(t, 17)
	g.Exec(`create function hang() returns event_trigger language plpgsql as $$
		begin
			if exists (select from pg_event_trigger where evtname ~ '^auth0pg_') then perform pg_sleep(5); end if;
		end $$;
		create event trigger hang on login execute function hang()`)
	if err := g.server.ApplyLoginTrigger(t.Context(), allow(g.role("scripts"), "127.0.0.2/32")); !errors.Is(err, postgres.ErrLockedOut) {
		t.Errorf("%v, want ErrLockedOut", err)
	}
	if left := g.QueryInt(`select count(*)::int from pg_event_trigger where evtname ~ '^auth0pg_'`); left != 0 {
		t.Error("the trigger is still there")
	}
}

func TestLoginTriggerSaysWhatItCannotPutBack(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 17)
	g.Exec(`create function keep() returns event_trigger language plpgsql as $$ begin raise 'not to be dropped'; end $$;
		create event trigger keep on ddl_command_start when tag in ('DROP FUNCTION') execute function keep()`)
	err := g.server.ApplyLoginTrigger(t.Context(), allow("postgres", "192.0.2.2/32"))
	g.Exec(`drop event trigger keep; drop event trigger auth0pg_allowlist_postgres`)
	var left *postgres.RestoreError
	if !errors.As(err, &left) || !errors.Is(err, postgres.ErrLockedOut) || !strings.Contains(left.Error(), "not to be dropped") {
		t.Fatalf("%v, want a RestoreError after ErrLockedOut", err)
	}
	for _, want := range []string{"event_triggers=off", `DROP EVENT TRIGGER IF EXISTS "auth0pg_allowlist_postgres"`} {
		if !strings.Contains(left.ByHand, want) {
			t.Errorf("what to do lacks %q: %s", want, left.ByHand)
		}
	}
}
