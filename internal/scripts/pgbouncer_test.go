// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TestPgBouncer runs the scripts through a pooler in transaction mode that knows
// none of the start-up parameters that a direct connection gets.
func TestPgBouncer(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{parts: allParts()}).withUser()
	log := b.behindPgBouncer(t).Log
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
	pooler := startPgBouncer(t, b)
	p := b.behindProxy(t)
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	p.target.Store(pooler.Host)
	b.endSessions()
	b.gives(true, scripts.Verify, "ada@example.com")
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if strings.Count(pooler.Log(), "unsupported startup parameter") == 0 {
		t.Error("the pooler was not asked")
	}
}

// behindPgBouncer sends the bench's connections through a pooler.
func (b *bench) behindPgBouncer(t *testing.T) *pgtest.PgBouncer {
	t.Helper()
	pooler := startPgBouncer(t, b)
	b.at(pooler.In(t, b.url))
	return pooler
}

// atOnce makes the same calls several times at once.
func atOnce(times int, calls func()) {
	var group sync.WaitGroup
	for range times {
		group.Go(calls)
	}
	group.Wait()
}

// startPgBouncer starts a pooler in transaction mode in front of the bench's database.
func startPgBouncer(t *testing.T, b *bench) *pgtest.PgBouncer {
	t.Helper()
	return b.db.PgBouncer(t, pgtest.PgBouncerOptions{Mode: "transaction", Users: map[string]string{b.role: "role-password"}})
}
