// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// executed counts, in the server's log, the executions by the bench's role of statements with and without a name.
func (b *bench) executed() (named, unnamed int) {
	b.t.Helper()
	log, err := os.ReadFile(b.db.Server.LogFile())
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		switch {
		case !strings.Contains(line, b.role+"@"+b.db.Name+" "):
		case strings.Contains(line, " execute auth0pg_"), strings.Contains(line, " execute PGBOUNCER_"):
			named++
		case strings.Contains(line, " execute <unnamed>"):
			unnamed++
		}
	}
	return named, unnamed
}

// On connections of their own the scripts let the server keep their statements.
func TestStatementsArePrepared(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{parts: allParts()}).withUser()
	for range 3 {
		b.profile(scripts.Login, "ada@example.com", "correct horse")
	}
	named, unnamed := b.executed()
	if named < 7 || unnamed > 0 { // a sign-up, and each login looks and records
		t.Errorf("%d statements with a name and %d without", named, unnamed)
	}

	// A server that does not let the role ask gets its statements without names.
	b.db.Exec("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_backend_pid() FROM PUBLIC")
	b.container = newContainer(t)
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if n, unnamed := b.executed(); n != named || unnamed != 2 {
		t.Errorf("%d more statements with a name and %d without", n-named, unnamed)
	}
}

// The server takes a prepared statement's parameters for the types that the columns had. The script that follows a change
// of type reaches what the former type could not hold, while the container still has its connections.
func TestPreparedStatementsAndChangedColumns(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{
		types: map[store.Part]string{store.ID: "integer"}, defaults: map[store.Part]string{store.ID: "'1'"},
	}).withUser()
	b.context = map[string]any{"identifierType": "user_id"}
	for range 7 { // the server makes a plan for all values after five
		b.profile(scripts.GetUser, "1")
	}
	b.db.Exec("ALTER TABLE " + b.table() + " ALTER id TYPE bigint")
	b.profile(scripts.GetUser, "1")
	b.db.Exec("UPDATE " + b.table() + " SET id = 3000000000")
	b.store.Columns[store.ID] = store.Column{Name: b.store.Columns[store.ID].Name, Type: "bigint"}
	b.options.Store, b.rendered = b.store, map[scripts.Operation]string{}
	b.profile(scripts.GetUser, "3000000000")
}

// A pooler may pass for the server and still run each statement in another session. What the scripts would do then is
// seen by making them take PgBouncer for the server.
func TestPreparedStatementsThroughAPooler(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{parts: allParts()}).withUser()
	pooler := b.behindPgBouncer(t)

	for _, fooled := range []bool{false, true} {
		b.container, b.rendered = newContainer(t), map[scripts.Operation]string{}
		if fooled {
			for _, op := range b.operations() {
				b.amend(op, "rows[0].pid === client.processID", "true")
			}
		}
		before, _ := b.executed()
		atOnce(10, func() {
			b.profile(scripts.Login, "ada@example.com", "correct horse")
			b.gives(true, scripts.Verify, "ada@example.com")
			b.profile(scripts.GetUser, "ada@example.com")
		})
		after, _ := b.executed()
		switch named := after - before; {
		case !fooled && named > 0:
			t.Errorf("%d statements have a name behind a pooler", named)
		case fooled && named == 0:
			t.Error("no statement has a name: this test has lost its point")
		case fooled && !pooler.Prepares && named > 3*scripts.DefaultPoolMax:
			t.Errorf("%d statements have a name: the first refusal should have been the last", named)
		}
	}
}

// A statement whose name is refused goes again without it, however long the connection took to open.
func TestPreparedStatementsAfterASlowStart(t *testing.T) {
	t.Parallel() // it waits
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	p.delay.Store(int64(500 * time.Millisecond))
	p.last(func(fromServer []byte) []byte {
		if !bytes.HasPrefix(fromServer, []byte("1\x00\x00\x00\x04")) { // ParseComplete
			return nil
		}
		p.delay.Store(0)
		return fatal("26000", "prepared statement does not exist")
	})
	b.gives(true, scripts.Verify, "ada@example.com")
	if p.pending() != nil {
		t.Error("no name was refused")
	}
}
