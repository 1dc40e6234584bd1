// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// oddHBA is what a pg_hba.conf may look like after some years.
const oddHBA = "# TYPE  DATABASE  USER  ADDRESS  METHOD\r\n\n" +
	"local all all trust\n" +
	"host all all 127.0.0.0/8 scram-sha-256 # loopback\n" +
	"host \\\n  all all ::1/128 scram-sha-256\n" +
	"# ldapbindpasswd=secret-of-another-service \\ \x01 \xff\n" +
	"host nodb all 0.0.0.0/0 reject\n" +
	"host all all 192.0.2.0/24 scram-sha-256"

// guarded is a server whose access rules a test may change, with a role and its URL.
type guarded struct {
	*pgtest.DB
	local  *localpostgres.Server
	server *postgres.Server
}

// newGuarded starts a server of its own, of the newest version or the one that the run asks
// for if that has what the test needs.
func newGuarded(t *testing.T, oldest int) *guarded {
	t.Helper()
	version := pgtest.Shared(t).Version()
	if version < oldest {
		t.Skipf("PostgreSQL %d lacks it; it came with %d", version, oldest)
	}
	hba := oddHBA
	if version < 14 {
		hba = "" // it knows no continued lines
	}
	addresses := []string{"127.0.0.1"}
	if pgtest.HasIPv6() {
		addresses = append(addresses, "::1")
	}
	local, err := localpostgres.Start(t.Context(), localpostgres.Options{
		Version: version, TLS: true, HBA: hba, ListenAddresses: addresses,
		// What a standby needs to go on from.
		Settings: map[string]string{"wal_level": "replica"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	g := &guarded{DB: pgtest.On(t, local), local: local}
	g.server, err = postgres.NewServer(postgres.Config{URL: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.server.Close)
	return g
}

// reachable reports whether a test can come from this address.
func reachable(from string) bool { return from != "::1" || pgtest.HasIPv6() }

func (g *guarded) role(name string) string {
	g.Exec("create role " + pgx.Identifier{name}.Sanitize() + " login password 'pw'")
	return name
}

// login tries to log in from one loopback address.
func (g *guarded) login(t *testing.T, role, from string, change ...func(*pgx.ConnConfig)) error {
	t.Helper()
	conn, err := g.connect(t, g.URLFor(role, "pw"), from, change...)
	if err != nil {
		return err
	}
	return conn.Close(t.Context())
}

// connect opens a connection from one loopback address.
func (g *guarded) connect(t *testing.T, url, from string, change ...func(*pgx.ConnConfig)) (*pgx.Conn, error) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	if !reachable(from) {
		t.Skip("this machine has no IPv6 loopback address, ::1")
	}
	ip := net.ParseIP(from)
	if ip.To4() == nil {
		config.Host, config.TLSConfig.ServerName = "::1", "::1"
	}
	config.DialFunc = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}).DialContext
	config.Fallbacks = nil
	for _, change := range change {
		change(config)
	}
	return pgx.ConnectConfig(t.Context(), config)
}

func withoutTLS(config *pgx.ConnConfig) { config.TLSConfig = nil }

func (g *guarded) allows(t *testing.T, role, from string, change ...func(*pgx.ConnConfig)) {
	t.Helper()
	if !reachable(from) {
		return
	}
	if err := g.login(t, role, from, change...); err != nil {
		t.Errorf("%s is refused from %s: %v", role, from, err)
	}
}

func (g *guarded) refuses(t *testing.T, role, from string, change ...func(*pgx.ConnConfig)) {
	t.Helper()
	if !reachable(from) {
		return
	}
	err := g.login(t, role, from, change...)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28000" {
		t.Errorf("%s from %s: %v, want a refusal (28000)", role, from, err)
	}
}

func (g *guarded) hbaFile() string { return filepath.Join(g.local.DataDir(), "pg_hba.conf") }

func (g *guarded) mainIs(t *testing.T, want string) {
	t.Helper()
	if got, err := os.ReadFile(g.hbaFile()); err != nil || string(got) != want {
		t.Errorf("pg_hba.conf is not as it should be: %v\n got %q\nwant %q", err, got, want)
	}
}

func (g *guarded) writeMain(t *testing.T, content string) {
	t.Helper()
	// The file keeps its owner.
	if err := os.WriteFile(g.hbaFile(), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func allow(role string, networks ...string) postgres.Allowlist {
	list := postgres.Allowlist{Role: role}
	for _, network := range networks {
		list.Networks = append(list.Networks, netip.MustParsePrefix(network))
	}
	return list
}

func needsLoopbackAddresses(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "darwin" {
		t.Skip("macOS has one IPv4 loopback address only, unless an administrator adds more")
	}
}

func TestHBAEnforces(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 16)
	role, other := g.role("scripts"), g.role("other")
	g.allows(t, role, "127.0.0.9")

	if err := g.server.ApplyHBA(t.Context(), allow(role, "127.0.0.2/32", "127.0.1.0/24", "::1/128")); err != nil {
		t.Fatal(err)
	}
	g.allows(t, role, "127.0.0.2")
	g.allows(t, role, "127.0.1.77")
	g.allows(t, role, "::1")
	g.refuses(t, role, "127.0.0.9")
	g.refuses(t, role, "127.0.0.2", withoutTLS)
	for _, everybody := range []string{"127.0.0.2", "127.0.0.9", "::1"} {
		g.allows(t, other, everybody)
		g.allows(t, other, everybody, withoutTLS)
	}
	g.mainIs(t, postgres.HBAInclude(role)+"\n"+oddHBA)

	// A change, then the same again.
	for range 2 {
		if err := g.server.ApplyHBA(t.Context(), allow(role, "127.0.0.9/32")); err != nil {
			t.Fatal(err)
		}
		g.allows(t, role, "127.0.0.9")
		g.refuses(t, role, "127.0.0.2")
		g.refuses(t, role, "::1")
		g.mainIs(t, postgres.HBAInclude(role)+"\n"+oddHBA)
	}

	// It outlives the server, and the loss of our file does no harm.
	restart(t, g)
	g.refuses(t, role, "127.0.0.2")
	if err := os.Remove(filepath.Join(g.local.DataDir(), "auth0pg_scripts.conf")); err != nil {
		t.Fatal(err)
	}
	restart(t, g)
	g.allows(t, other, "127.0.0.2")
	if err := g.server.ApplyHBA(t.Context(), allow(role, "127.0.0.9/32")); err != nil {
		t.Fatal(err)
	}
	g.refuses(t, role, "127.0.0.2")

	for range 2 {
		if err := g.server.RemoveHBA(t.Context(), role); err != nil {
			t.Fatal(err)
		}
		g.mainIs(t, oddHBA)
		g.allows(t, role, "127.0.0.2", withoutTLS)
		if left, err := g.server.HBAFile(t.Context(), role); err != nil || left.Lines != nil {
			t.Errorf("left behind: %+v, %v", left, err)
		}
	}
	log, err := os.ReadFile(g.local.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(log, []byte("secret-of-another-service")) || bytes.Contains(log, []byte("7365637265742d6f66")) {
		t.Error("the server's log repeats pg_hba.conf")
	}
}

func restart(t *testing.T, g *guarded) {
	t.Helper()
	g.server.Close()
	if err := g.local.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestHBAOfOddNames(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 16)
	names := pgtest.Some([]string{
		"all", "replication", "sameuser", "UPPER", "upper", `we"ird, #1`, "+group", "@file", `back\slash`, "with space", "é", strings.Repeat("x", 63), "a-b.c", "auth0",
	})
	for i, name := range names {
		g.role(name)
		if i > 0 {
			// Not yet guarded, whatever the names before may stand for.
			g.allows(t, name, "127.0.0.9")
		}
		if err := g.server.ApplyHBA(t.Context(), allow(name, "127.0.0.2/32")); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		g.allows(t, name, "127.0.0.2")
		g.refuses(t, name, "127.0.0.9")
	}
	for _, name := range names {
		g.refuses(t, name, "127.0.0.9") // still, after all the others
	}
	for i := range names {
		name := names[(i*3)%len(names)] // in another order than they came
		if err := g.server.RemoveHBA(t.Context(), name); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		g.allows(t, name, "127.0.0.9")
	}
	g.mainIs(t, oddHBA)
}

func TestHBAFileSeesDrift(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 16)
	list := allow(g.role("scripts"), "127.0.0.2/32")
	own := filepath.Join(g.local.DataDir(), "auth0pg_scripts.conf")
	include := postgres.HBAInclude("scripts") + "\n"
	check := func(what string, place postgres.HBAPlace, pending bool, lines ...string) {
		t.Helper()
		got, err := g.server.HBAFile(t.Context(), "scripts")
		if err != nil || got.Place != place || got.Pending != pending || !slices.Equal(got.Lines, lines) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	apply := func() {
		t.Helper()
		if err := g.server.ApplyHBA(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		check("applied", postgres.IncludedFirst, false, list.HBALines()...)
		g.mainIs(t, include+oddHBA)
	}
	check("nothing", postgres.NotIncluded, false)
	apply()

	g.writeMain(t, oddHBA)
	future(t, g.hbaFile())
	check("line removed", postgres.NotIncluded, true, list.HBALines()...)
	apply()

	g.writeMain(t, "host all all 127.0.0.9/32 trust\n"+include+oddHBA)
	past(t, g.hbaFile())
	check("a rule above", postgres.IncludedLate, false, list.HBALines()...)
	if err := g.server.ApplyHBA(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	g.mainIs(t, include+"host all all 127.0.0.9/32 trust\n"+oddHBA)
	g.writeMain(t, oddHBA)

	for _, edited := range []string{"include auth0pg_scripts.conf", "\tinclude_if_exists\t\"auth0pg_scripts.conf\"\r"} {
		g.writeMain(t, "# mine\n"+edited+"\n"+oddHBA)
		past(t, g.hbaFile())
		check("line edited", postgres.IncludedFirst, false, list.HBALines()...)
		if err := g.server.ApplyHBA(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		g.mainIs(t, include+"# mine\n"+oddHBA)
	}
	g.writeMain(t, oddHBA)
	apply()

	if err := os.WriteFile(own, []byte("hostssl all scripts 127.0.0.77/32 trust\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	past(t, own)
	check("our file edited", postgres.IncludedFirst, false, "hostssl all scripts 127.0.0.77/32 trust")
	apply()

	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	check("our file removed", postgres.IncludedFirst, false)
	apply()

	// Killed before the reload: the files are there, the server does not follow them yet.
	future(t, own)
	check("not loaded", postgres.IncludedFirst, true, list.HBALines()...)
	const loaded = "select pg_conf_load_time()"
	before := g.QueryString(loaded)
	if err := g.server.ApplyHBA(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if g.QueryString(loaded) == before {
		t.Error("files that were not loaded yet are still not loaded")
	}
}

// future dates a file after the last reload.
func future(t *testing.T, file string) { t.Helper(); date(t, file, time.Now().AddDate(0, 0, 1)) }

// past dates a file before the last reload, whatever second it was written in.
func past(t *testing.T, file string) { t.Helper(); date(t, file, time.Now().Add(-time.Hour)) }

func date(t *testing.T, file string, when time.Time) {
	t.Helper()
	if err := os.Chtimes(file, when, when); err != nil {
		t.Fatal(err)
	}
}

func TestHBAPutsBack(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 16)
	list := allow(g.role("scripts"), "127.0.0.2/32")

	t.Run("a rule that the server does not take", func(t *testing.T) {
		broken := list
		broken.Role = "scripts\nbroken"
		var wrong *postgres.HBAError
		if err := g.server.ApplyHBA(t.Context(), broken); !errors.As(err, &wrong) || !wrong.Ours {
			t.Errorf("%v, want an HBAError of ours", err)
		}
		g.mainIs(t, oddHBA)
	})
	t.Run("the provider locked out", func(t *testing.T) {
		if err := g.server.ApplyHBA(t.Context(), allow("postgres", "127.0.0.2/32")); !errors.Is(err, postgres.ErrLockedOut) {
			t.Errorf("%v, want ErrLockedOut", err)
		}
		g.mainIs(t, oddHBA)
		if err := g.server.ApplyHBA(t.Context(), list); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if err := g.server.RemoveHBA(t.Context(), "scripts"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a file that was broken before", func(t *testing.T) {
		broken := "nonsense\n" + oddHBA
		g.writeMain(t, broken)
		var wrong *postgres.HBAError
		if err := g.server.ApplyHBA(t.Context(), list); !errors.As(err, &wrong) || wrong.Ours || wrong.Line != 1 {
			t.Errorf("%v, want an HBAError of line 1", err)
		}
		g.mainIs(t, broken)
		g.writeMain(t, oddHBA)
	})
	for what, cut := range map[string]string{
		"a file that was emptied": "", "a file that was cut off": postgres.HBAInclude("scripts") + "\n# TYPE  DATA",
	} {
		t.Run(what, func(t *testing.T) {
			if err := g.server.ApplyHBA(t.Context(), list); err != nil {
				t.Fatal(err)
			}
			g.writeMain(t, cut)
			for _, err := range []error{g.server.ApplyHBA(t.Context(), list), g.server.RemoveHBA(t.Context(), "scripts")} {
				if !errors.Is(err, postgres.ErrEmptyHBA) {
					t.Errorf("%v, want ErrEmptyHBA", err)
				}
				g.mainIs(t, cut)
			}
			g.writeMain(t, oddHBA)
		})
	}
	t.Run("a file that Patroni writes", func(t *testing.T) {
		patroni := "# Do not edit this file manually!\n# It will be overwritten by Patroni!\n" + oddHBA
		g.writeMain(t, patroni)
		if err := g.server.ApplyHBA(t.Context(), list); !errors.Is(err, postgres.ErrForeignHBA) {
			t.Errorf("%v, want ErrForeignHBA", err)
		}
		g.mainIs(t, patroni)
		g.writeMain(t, oddHBA)
	})
	t.Run("a folder that the server may not write", func(t *testing.T) {
		own := filepath.Join(g.local.DataDir(), "auth0pg_scripts.conf")
		if err := os.RemoveAll(own); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(own, 0o755); err != nil {
			t.Fatal(err)
		}
		var refused *pgconn.PgError
		if err := g.server.ApplyHBA(t.Context(), list); !errors.As(err, &refused) {
			t.Errorf("%v, want the server's error", err)
		}
		g.mainIs(t, oddHBA)
	})
}

// meddle has every login fail while pg_hba.conf includes a file of ours, after a shell command
// on the server: that is the moment between a change and its end.
func (g *guarded) meddle(t *testing.T, command string) {
	t.Helper()
	g.Exec(`create or replace function meddle() returns event_trigger language plpgsql as $$
		begin
			if exists (select from pg_hba_file_rules where file_name ~ 'auth0pg_') then
				copy (select 1) to program 'cat >/dev/null; ` + command + `';
				raise 'meddled';
			end if;
		end $$;
		drop event trigger if exists meddle;
		create event trigger meddle on login execute function meddle()`)
}

func TestHBASaysWhatItCannotPutBack(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 17)
	list := allow(g.role("scripts"), "127.0.0.2/32")
	g.meddle(t, "chmod 400 pg_hba.conf")
	err := g.server.ApplyHBA(t.Context(), list)
	if err := os.Chmod(g.hbaFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	g.writeMain(t, oddHBA)
	var left *postgres.RestoreError
	if !errors.As(err, &left) || !errors.Is(err, postgres.ErrLockedOut) {
		t.Fatalf("%v, want a RestoreError after ErrLockedOut", err)
	}
	for _, want := range []string{"meddled", "Permission denied"} {
		if !strings.Contains(left.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, left)
		}
	}
	for _, want := range []string{g.hbaFile(), postgres.HBAInclude("scripts"), "pg_reload_conf"} {
		if !strings.Contains(left.ByHand, want) {
			t.Errorf("what to do lacks %q: %s", want, left.ByHand)
		}
	}
}

func TestHBAKeepsEditsMadeMeanwhile(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, 17)
	list := allow(g.role("scripts"), "127.0.0.2/32")
	for _, test := range []struct{ name, command, want string }{
		{"a line more", "(echo; echo \\# mine) >> pg_hba.conf", oddHBA + "\n# mine\n"},
		{"cut off", "head -c 90 pg_hba.conf > cut; cat cut > pg_hba.conf", oddHBA},
		{"our line gone", "echo local all all trust > pg_hba.conf; echo host all all all scram-sha-256 >> pg_hba.conf", "local all all trust\nhost all all all scram-sha-256\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g.meddle(t, test.command)
			err := g.server.ApplyHBA(t.Context(), list)
			var kept *postgres.HBAEditedError
			if edited := test.want != oddHBA; !errors.Is(err, postgres.ErrLockedOut) || errors.As(err, &kept) != edited {
				t.Errorf("%v, want ErrLockedOut, and that it says so: %v", err, edited)
			}
			g.mainIs(t, test.want)
			g.writeMain(t, oddHBA)
		})
	}
}

// TestHBAWaitsNotForEver has another run, in another database of the server, hold the lock.
func TestHBAWaitsNotForEver(t *testing.T) {
	t.Parallel()
	postgres.LimitHBAWait(t, 500*time.Millisecond)
	g := newGuarded(t, 16)
	elsewhere, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere.Path = "/postgres"
	holder, err := pgx.Connect(t.Context(), elsewhere.String())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // its end is all
	if _, err := holder.Exec(t.Context(), "BEGIN; COMMENT ON ROLE pg_monitor IS 'as it is'"); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ctx, cancel := context.WithTimeout(tflogtest.RootLogger(t.Context(), &log), 20*time.Second)
	defer cancel()
	if err := g.server.ApplyHBA(ctx, allow(g.role("scripts"), "127.0.0.2/32")); !errors.Is(err, postgres.ErrHBABusy) {
		t.Errorf("%v, want ErrHBABusy", err)
	}
	if said := strings.Count(log.String(), `"@level":"info","@message":"another run is changing pg_hba.conf, waiting"`); said != 1 {
		t.Errorf("the wait is logged %d times:\n%s", said, log.String())
	}
	var pid uint32
	if err := g.Conn().QueryRow(t.Context(), "select pid from ("+postgres.HBALockHolderSQL+") holder").Scan(&pid); err != nil || pid != holder.PgConn().PID() {
		t.Errorf("the holder is %d, not %d: %v", pid, holder.PgConn().PID(), err)
	}
	g.mainIs(t, oddHBA)
}
