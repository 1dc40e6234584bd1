// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TestPgBouncer runs the scripts through a pooler in transaction mode that knows
// none of the start-up parameters that a direct connection gets.
func TestPgBouncer(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{parts: allParts()}).withUser()
	log := b.behindPgBouncer(t)
	b.container = newContainer(t)

	// The first calls find out together what the pooler refuses.
	atOnce(10, func() {
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		b.gives(true, scripts.Verify, "ada@example.com")
		b.profile(scripts.GetUser, "ada@example.com")
	})
	if !strings.Contains(log(), "unsupported startup parameter: statement_timeout") {
		t.Error("the pooler refused nothing: this test has lost its point")
	}
	b.db.Exec("DELETE FROM " + b.table())
	lifeOfAUser(b)
	if refused := strings.Count(log(), "unsupported startup parameter"); refused > scripts.DefaultPoolMax {
		t.Errorf("the pooler refused %d connections: what it does not take should be found out once", refused)
	}
	if b.db.QueryString("SELECT count(*) FROM "+b.table()+" WHERE "+b.column(store.Email)+" = 'second@example.com'") != "1" {
		t.Error("the second user is not there")
	}
}

// A pooler takes the server's place, under the same address, while the container has connections.
func TestPoolerTakesTheServersPlace(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	port, log := startPgBouncer(t, b)
	p := b.behindProxy(t)
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	p.target.Store(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	b.endSessions()
	b.gives(true, scripts.Verify, "ada@example.com")
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if strings.Count(log(), "unsupported startup parameter") == 0 {
		t.Error("the pooler was not asked")
	}
}

// behindPgBouncer sends the bench's connections through a pooler and returns a reader of its log.
func (b *bench) behindPgBouncer(t *testing.T) (log func() string) {
	t.Helper()
	port, log := startPgBouncer(t, b)
	address, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	address.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	b.at(address.String())
	return log
}

// atOnce makes the same calls several times at once.
func atOnce(times int, calls func()) {
	var group sync.WaitGroup
	for range times {
		group.Go(calls)
	}
	group.Wait()
}

// startPgBouncer starts a pooler in front of the bench's database and returns its
// port and a reader of its log.
func startPgBouncer(t *testing.T, b *bench) (port int, log func() string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("needs PgBouncer, which is not installed; Debian has it as the package pgbouncer")
		}
	}
	dir, err := os.MkdirTemp("", "auth0pg-pgbouncer-") //nolint:usetesting // the test's own folder is closed to another account
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // it may have to run as another account
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	for name, content := range map[string]string{
		"users": fmt.Sprintf("%q %q\n", b.role, "role-password"),
		"pgbouncer.ini": fmt.Sprintf(`[databases]
%s = host=%s port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
pool_mode = transaction
default_pool_size = 2
auth_type = scram-sha-256
auth_file = %s
`, b.db.Name, b.db.Server.Host(), b.db.Server.Port(), port, filepath.Join(dir, "users")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{filepath.Join(dir, "pgbouncer.ini")}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...) // it refuses to run as root
	}
	var output lockedBuffer
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	for range 100 {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = conn.Close()
			return port, output.String
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("PgBouncer does not start: %s", output.String())
	return 0, nil
}

type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
