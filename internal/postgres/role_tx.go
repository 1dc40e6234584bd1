// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// catalogBudget bounds the retries of one change of roles or privileges.
const catalogBudget = time.Minute

// catalogTx runs a change of roles or privileges in one transaction and repeats it when it
// lost against another session: "tuple concurrently updated" (XX000, the catalogs' own
// conflict, which no lock of ours prevents when somebody else grants by hand),
// serialization failure, deadlock, a lock that was not free in time, or an owner that came or
// went. Its error names whom it waited for, see [HeldUpError].
func (s *Server) catalogTx(ctx context.Context, change func(pgx.Tx) error) error {
	return s.catalogTxAgainst(ctx, "", change)
}

// catalogTxAgainst is catalogTx that ends the sessions of a role which hold it up: a role can lock its own entry, and the
// objects that it may write to, for as long as it likes.
func (s *Server) catalogTxAgainst(ctx context.Context, role string, change func(pgx.Tx) error) error {
	pool, err := s.Pool(ctx)
	if err != nil {
		return err
	}
	return s.retryTx(ctx, pool, role, change)
}

// retryTx is catalogTxAgainst on a connection that the caller has: who holds one of the pool's must
// not wait for a second.
func (s *Server) retryTx(ctx context.Context, db Beginner, role string, change func(pgx.Tx) error) error {
	deadline := time.Now().Add(catalogBudget)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error { return s.watched(ctx, tx, role, change) })
		if !lostRace(err) || time.Now().After(deadline) {
			return err
		}
		if SQLState(err) == "55P03" {
			wait = max(wait, FirstWait) // logins that queued behind the lock go first
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

// watched runs a change while its session is watched. No lock is waited for without an end.
func (s *Server) watched(ctx context.Context, tx pgx.Tx, role string, change func(pgx.Tx) error) error {
	if s.LockTimeout() == 0 {
		if _, err := tx.Exec(ctx, "select set_config('lock_timeout', $1, true)",
			Milliseconds(DefaultLockTimeout)); err != nil {
			return err
		}
	}
	watch := s.Watch(ctx, Backend(tx.Conn()), role)
	return watch.Stop(change(tx))
}
