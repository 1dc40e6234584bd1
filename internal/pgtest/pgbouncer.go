// SPDX-License-Identifier: MPL-2.0

package pgtest

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// PgBouncer is a pooler in front of a database.
type PgBouncer struct {
	// Host is the pooler's "address:port".
	Host string
	// Log returns what it has written so far.
	Log func() string
	// Prepares says that a statement's name is known in every session that it gives: since 1.21, when told to.
	Prepares bool
}

// PgBouncerOptions say how the pooler works.
type PgBouncerOptions struct {
	// Mode is "session", "transaction" or "statement".
	Mode string
	// PoolSize is the number of sessions on the server; zero: 2.
	PoolSize int
	// Settings are further lines of its configuration.
	Settings []string
	// Users are the roles that it knows, with their passwords.
	Users map[string]string
}

// PgBouncerVariable names the program of PgBouncer to use instead of the installed one.
const PgBouncerVariable = "AUTH0PG_PGBOUNCER"

// pgBouncer returns the program, and whether it knows prepared statements. It skips the test where the program is not
// installed.
func pgBouncer(t testing.TB) (program string, prepares bool) {
	t.Helper()
	err := error(nil)
	for _, name := range []string{os.Getenv(PgBouncerVariable), "pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err = exec.LookPath(name); err == nil {
			break
		}
		if name != "" && name == os.Getenv(PgBouncerVariable) {
			t.Fatalf("%s: %v", PgBouncerVariable, err)
		}
	}
	if err != nil {
		t.Skip("needs PgBouncer, which is not installed; Debian has it as the package pgbouncer")
	}
	said, err := exec.CommandContext(t.Context(), program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(said), "PgBouncer %d.%d", &major, &minor); err != nil {
		t.Fatalf("the version of %s: %v: %q", program, err, said)
	}
	return program, major > 1 || minor >= 21
}

// PgBouncer starts a pooler in front of the database, which ends with the test. It skips the test where the program is
// not installed.
func (d *DB) PgBouncer(t testing.TB, options PgBouncerOptions) *PgBouncer {
	t.Helper()
	program, prepares := pgBouncer(t)
	//nolint:usetesting // the test's own folder is closed to another account
	dir, err := os.MkdirTemp("", "auth0pg-pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // it may have to run as another account
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := listener.Addr().String()
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	users := ""
	for name, password := range options.Users {
		users += fmt.Sprintf("%q %q\n", name, password)
	}
	configuration := fmt.Sprintf(`[databases]
%s = host=%s port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
pool_mode = %s
default_pool_size = %d
auth_type = scram-sha-256
auth_file = %s
`, d.Name, d.Server.Host(), d.Server.Port(), port, options.Mode, cmp.Or(options.PoolSize, 2), filepath.Join(dir, "users"))
	if prepares {
		configuration += "max_prepared_statements = 100\n"
	}
	for _, line := range options.Settings {
		configuration += line + "\n"
	}
	for name, content := range map[string]string{"users": users, "pgbouncer.ini": configuration} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{filepath.Join(dir, "pgbouncer.ini")}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...) // it refuses to run as root
	}
	var output Output
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	bouncer := &PgBouncer{Host: host, Log: output.String, Prepares: prepares}
	for range 100 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
		if err == nil {
			_ = conn.Close()
			return bouncer
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("PgBouncer does not start: %s", output.String())
	return nil
}

// In returns the URL with the pooler in the server's place.
func (p *PgBouncer) In(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("parsing the URL failed") // its error would print the password
	}
	u.Host = p.Host
	return u.String()
}
