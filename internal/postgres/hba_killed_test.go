// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// TestHBASurvivesTheServer has the server die once the files are written and before it follows them. It starts with what was
// written, which keeps nobody else out, and the next run finishes.
func TestHBASurvivesTheServer(t *testing.T) {
	t.Parallel()
	needsLoopbackAddresses(t)
	g := newGuarded(t, 16)
	list := allow(g.role("scripts"), "127.0.0.2/32")
	g.role("others")
	holder := g.Conn()
	if _, err := holder.Exec(t.Context(), "begin; comment on role pg_monitor is null"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- g.server.ApplyHBA(t.Context(), list) }()
	until(t, "the run has its sessions", func() bool {
		return g.QueryBool("select exists (select from pg_stat_activity where query like 'COMMENT ON ROLE pg_monitor%')")
	})
	pid, err := os.ReadFile(filepath.Join(g.local.DataDir(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	postmaster, err := strconv.Atoi(strings.Fields(string(pid))[0])
	if err != nil {
		t.Fatal(err)
	}
	// It answers the sessions that there are, and loads nothing.
	if err := syscall.Kill(postmaster, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	until(t, "the file is written", func() bool {
		content, err := os.ReadFile(g.hbaFile())
		return err == nil && strings.Contains(string(content), postgres.HBAInclude("scripts"))
	})
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the run ends well without a server")
	}
	// Its sessions end once they see that it is gone.
	until(t, "the server is back", func() bool { return g.local.Restart(t.Context()) == nil })
	g.allows(t, "others", "127.0.0.9")
	g.allows(t, "scripts", "127.0.0.2")
	g.refuses(t, "scripts", "127.0.0.9")
	if err := g.server.ApplyHBA(t.Context(), list); err != nil {
		t.Error(err)
	}
	g.refuses(t, "scripts", "127.0.0.9")
	if err := g.server.RemoveHBA(t.Context(), "scripts"); err != nil {
		t.Error(err)
	}
	g.mainIs(t, oddHBA)
	g.allows(t, "scripts", "127.0.0.9")
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s: not after %s", what, time.Since(began))
		}
	}
}
