// SPDX-License-Identifier: MPL-2.0

package localpostgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

func start(t *testing.T, o localpostgres.Options) *localpostgres.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	server, err := localpostgres.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestEveryMajorStarts(t *testing.T) {
	majors := localpostgres.Majors()
	for i, major := range majors {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			if i != 0 && i != len(majors)-1 && os.Getenv("AUTH0PG_PG_ALL") == "" {
				t.Skip("the oldest and the newest version stand for the others; AUTH0PG_PG_ALL=1 starts all")
			}
			server := start(t, localpostgres.Options{Version: major})
			conn := connect(t, server.URL("postgres"))

			var number int
			if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&number); err != nil {
				t.Fatal(err)
			}
			if number/10000 != major || server.Version() != major {
				t.Errorf("asked for %d, the server says %d and Version %d", major, number, server.Version())
			}
			for _, extension := range []string{"citext", "pgcrypto"} {
				if _, err := conn.Exec(t.Context(), "CREATE EXTENSION "+extension); err != nil {
					t.Error(err)
				}
			}
			var lower string
			if err := conn.QueryRow(t.Context(), "SELECT lower('ÄÖÜ@EXAMPLE.COM')").Scan(&lower); err != nil {
				t.Fatal(err)
			}
			if lower != "äöü@example.com" {
				t.Errorf("the locale folds only ASCII: lower gives %q", lower)
			}
		})
	}
}

func TestKillAndRestart(t *testing.T) {
	server := start(t, localpostgres.Options{})
	before := connect(t, server.URL("postgres"))
	if _, err := before.Exec(t.Context(), "CREATE TABLE kept AS SELECT 1 AS n"); err != nil {
		t.Fatal(err)
	}

	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if conn, err := pgx.Connect(t.Context(), server.URL("postgres")); err == nil {
		t.Error("a killed server answers", conn.Close(t.Context()))
	}
	if err := server.Kill(); err != nil {
		t.Errorf("killing it twice: %v", err)
	}

	address := server.URL("postgres")
	for range 2 { // from killed, and from running
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if server.URL("postgres") != address {
			t.Error("the address has changed")
		}
		var n int
		if err := connect(t, address).QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 1 {
			t.Errorf("committed data is lost: %v", err)
		}
	}
}

func TestStopLeavesNothing(t *testing.T) {
	server := start(t, localpostgres.Options{})
	for range 2 {
		if err := server.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(server.DataDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left behind: %v", server.DataDir(), err)
	}
	if err := server.Restart(t.Context()); err == nil {
		t.Error("a stopped server restarts")
	}
}

func TestTLS(t *testing.T) {
	const user = "certified"
	server := start(t, localpostgres.Options{
		TLS: true,
		HBA: "hostssl all " + user + " 127.0.0.0/8 cert\nhostssl all all 127.0.0.0/8 scram-sha-256\n",
	})
	conn := connect(t, server.URL("postgres"))
	var encrypted bool
	if err := conn.QueryRow(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&encrypted); err != nil || !encrypted {
		t.Errorf("encrypted: %v, %v", encrypted, err)
	}
	if plain, err := pgx.Connect(t.Context(), strings.Replace(server.URL("postgres"), "verify-full", "disable", 1)); err == nil {
		t.Error("HBA is not in force: a plain connection is let in", plain.Close(t.Context()))
	}

	other := start(t, localpostgres.Options{TLS: true})
	if conn, err := pgx.Connect(t.Context(), strings.Replace(server.URL("postgres"), url.QueryEscape(server.CAFile()), url.QueryEscape(other.CAFile()), 1)); err == nil {
		t.Error("a certificate of another authority is accepted", conn.Close(t.Context()))
	}

	if _, err := conn.Exec(t.Context(), "CREATE ROLE "+user+" LOGIN"); err != nil {
		t.Fatal(err)
	}
	cert, key, err := server.ClientCertificate(user)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=%s&sslcert=%s&sslkey=%s", user, server.Port(), server.CAFile(), cert, key)
	var who string
	if err := connect(t, address).QueryRow(t.Context(), "SELECT current_user").Scan(&who); err != nil || who != user {
		t.Errorf("logged in as %q: %v", who, err)
	}
}

func TestListensWhereAsked(t *testing.T) {
	addresses := []string{"127.0.0.1", "::1"}
	if runtime.GOOS == "linux" { // elsewhere 127.0.0.1 is the only one of its kind
		addresses = append(addresses, "127.0.0.2")
	}
	if !pgtest.HasIPv6() {
		t.Skip("this machine has no IPv6 loopback address, ::1")
	}
	server := start(t, localpostgres.Options{ListenAddresses: addresses})
	for _, address := range addresses {
		config, err := pgx.ParseConfig(server.URL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		config.Host = address
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		var seen string
		if err := conn.QueryRow(t.Context(), "SELECT host(inet_server_addr())").Scan(&seen); err != nil || seen != address {
			t.Errorf("connected to %s, the server says %q: %v", address, seen, err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestSettingsAndLog(t *testing.T) {
	server := start(t, localpostgres.Options{Settings: map[string]string{"application_name": `it's \ "quoted"`, "max_connections": "7"}})
	conn := connect(t, server.URL("postgres"))
	var name, connections string
	if err := conn.QueryRow(t.Context(), "SELECT reset_val, current_setting('max_connections') FROM pg_settings WHERE name = 'application_name'").Scan(&name, &connections); err != nil {
		t.Fatal(err)
	}
	if name != `it's \ "quoted"` || connections != "7" {
		t.Errorf("settings: %q, %q", name, connections)
	}
	if _, err := conn.Exec(t.Context(), "SELECT 'a statement in the log'"); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(server.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "a statement in the log") {
		t.Error("statements are not logged")
	}
	if strings.Contains(string(log), server.Password()) {
		t.Error("the log holds the superuser's password")
	}
}

func TestStartFailureShowsTheLogAndCleansUp(t *testing.T) {
	temporary := ownTemporaryFolder(t)
	_, err := localpostgres.Start(t.Context(), localpostgres.Options{Settings: map[string]string{"no_such_setting": "on"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("the reason is not shown: %v", err)
	}
	if _, err := localpostgres.Start(t.Context(), localpostgres.Options{Version: 9}); err == nil {
		t.Error("a version that nobody offers starts")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := localpostgres.Start(ctx, localpostgres.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a start that was called off: %v", err)
	}
	left, err := os.ReadDir(temporary)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		// As root, a copy of the programs may be among them, which is meant to stay.
		if !strings.HasPrefix(entry.Name(), "auth0pg-postgres-") {
			t.Errorf("%s is left behind", entry.Name())
		}
	}
}

// TestServerGoesWithItsParent starts this test binary again, which starts a server and is then killed without a chance
// to clean up.
func TestServerGoesWithItsParent(t *testing.T) {
	const variable = "LOCALPOSTGRES_TEST_CHILD"
	if os.Getenv(variable) != "" {
		server, err := localpostgres.Start(t.Context(), localpostgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nstarted %s %s\n", server.DataDir(), server.URL("postgres"))
		select {}
	}

	child := exec.Command(os.Args[0], "-test.run=^TestServerGoesWithItsParent$", "-test.v")
	child.Env = append(os.Environ(), variable+"=1")
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var dir, address string
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "started %s %s", &dir, &address); err == nil {
			break
		}
	}
	if dir == "" {
		t.Fatal("the child did not start a server")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		_, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there: %v", dir, err)
		}
	}
	// Without its files the server lets nobody in, so only the port tells.
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := net.DialTimeout("tcp", parsed.Host, time.Second); err == nil {
		t.Error("the server has outlived its parent", conn.Close())
	}
}

// TestProgramsOutOfReach is the case of a clone under root's home: the account that the server runs as cannot get there.
func TestProgramsOutOfReach(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody else")
	}
	ownTemporaryFolder(t)
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	installed := start(t, localpostgres.Options{})
	if out, err := exec.Command("cp", "-a", filepath.Dir(installed.BinDir())+"/.", closed).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv(localpostgres.BinVariable, filepath.Join(closed, "bin"))

	first, second := start(t, localpostgres.Options{}), start(t, localpostgres.Options{})
	if strings.HasPrefix(first.BinDir(), closed) {
		t.Errorf("the server runs from %s, which should be out of reach", first.BinDir())
	}
	if first.BinDir() != second.BinDir() {
		t.Errorf("the programs are copied each time: %s, %s", first.BinDir(), second.BinDir())
	}
}

// ownTemporaryFolder makes the folder for temporary files one that no other process uses. It is open to the account
// that the server runs as, which t.TempDir need not be.
func ownTemporaryFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "auth0pg-test-") //nolint:usetesting // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	return dir
}
