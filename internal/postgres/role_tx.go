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
// went.
func (s *Server) catalogTx(ctx context.Context, change func(pgx.Tx) error) error {
	pool, err := s.Pool(ctx)
	if err != nil {
		return err
	}
	return retryTx(ctx, pool, change)
}

// retryTx is catalogTx on a connection that the caller has: who holds one of the pool's must
// not wait for a second.
func retryTx(ctx context.Context, db interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}, change func(pgx.Tx) error) error {
	deadline := time.Now().Add(catalogBudget)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := pgx.BeginFunc(ctx, db, change)
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
