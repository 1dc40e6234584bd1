// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// PoolerError is a connection through a pooler that gives each transaction to another session of the server. A lock or
// a setting of ours would stay behind on a session that somebody else gets next.
type PoolerError struct {
	// Unproven is set when no second session was to be had in time, so that it could not be found out.
	Unproven bool
}

func (e *PoolerError) Error() string {
	if e.Unproven {
		return fmt.Sprintf("the connection goes through a pooler, which gave no second session within %s, so that it could "+
			"not be found out whether it keeps a session for one client",
			secondSession)
	}
	return "the connection goes through a pooler in transaction mode, which gives each transaction to " +
		"another session of the server"
}

// dialer opens one more connection to the same address, in which nothing is set.
type dialer func(ctx context.Context) (*pgconn.PgConn, error)

// secondSession bounds the wait for the session that proves the pooler's mode.
const secondSession = 5 * time.Second

// poolerRounds and poolerAsks are how often the mode is asked for: where other clients take and give back sessions in
// between, one answer more or less is chance.
const poolerRounds, poolerAsks = 3, 10

// pooler is what is known about the pooler that stands in between, if there is one.
type pooler struct {
	mu    sync.Mutex
	known bool
	err   error
}

// keepsSessions finds out, once, whether the pooler leaves a session to one client until that ends. Its error is a
// [PoolerError] when it does not.
func (p *pooler) keepsSessions(ctx context.Context, conn *pgconn.PgConn, dial dialer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known {
		return p.err
	}
	shared, err := sharesSessions(ctx, conn, dial)
	if err != nil {
		return err
	}
	p.known = true
	if shared {
		p.err = &PoolerError{}
	}
	return p.err
}

// The transaction holds the session that answers it.
const beginAndAsk = "BEGIN READ ONLY; " + askPID

const askPID = "SELECT pg_catalog.pg_backend_pid()"

// sharesSessions proves a pooler that gives away a session between two statements: the one that has just answered here
// answers a second client, or another one answers here while the second client holds its own. Nothing is changed and
// nothing is left behind.
func sharesSessions(ctx context.Context, conn *pgconn.PgConn, dial dialer) (bool, error) {
	other, err := secondClient(ctx, dial)
	if err != nil {
		return false, err
	}
	defer closeRaw(other)
	for range poolerRounds {
		first, err := askSoon(ctx, conn, askPID)
		if err != nil {
			return false, err
		}
		second, err := askSoon(ctx, other, beginAndAsk)
		if SQLState(err) == "08P01" { // PgBouncer's refusal of a transaction
			return true, nil
		}
		if err != nil || second == first {
			return err == nil, err
		}
		for range poolerAsks {
			again, err := askSoon(ctx, conn, askPID)
			if err != nil || again != first {
				return err == nil, err
			}
			if err := Pause(ctx, 4*time.Millisecond); err != nil {
				return false, err
			}
		}
		if _, err := other.Exec(ctx, "ROLLBACK").ReadAll(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// askSoon asks for the process, and takes no answer in time for a pooler that has no session to give.
func askSoon(ctx context.Context, conn *pgconn.PgConn, sql string) (pid uint32, err error) {
	wait, cancel := context.WithTimeout(ctx, secondSession)
	defer cancel()
	pid, err = backendPID(wait, conn, sql)
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		err = &PoolerError{Unproven: true}
	}
	return pid, err
}

// secondClient opens one more connection.
func secondClient(ctx context.Context, dial dialer) (*pgconn.PgConn, error) {
	wait, cancel := context.WithTimeout(ctx, secondSession)
	defer cancel()
	other, err := dial(wait)
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		err = &PoolerError{Unproven: true}
	}
	return other, err
}

// pooled marks a connection whose session of the server outlives it.
const pooled = "auth0pg_pooled"

// LeaveClean takes back what was set in a session that a pooler gives to somebody else next. Poolers can do that, too,
// and need not.
func LeaveClean(ctx context.Context, conn *pgconn.PgConn) {
	if conn.CustomData()[pooled] == true && !conn.IsClosed() && !conn.IsBusy() {
		_, _ = conn.Exec(ctx, "DISCARD ALL").ReadAll() // a session that is beyond use is not given to anybody
	}
}

// closeRaw ends a connection also when the caller's context has ended.
func closeRaw(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	LeaveClean(ctx, conn)
	_ = conn.Close(ctx) // nothing is left to be done in it
}
