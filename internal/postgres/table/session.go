// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Session is a connection that alone changes one table: every run of the provider takes the lock that COMMENT takes on the
// table's row type first. It is no part of the pool, so that closing it releases the lock and all settings, and cancelling
// it ends the statement on the server.
type Session struct {
	*pgx.Conn
	server       *postgres.Server
	schema, name string
	lockTimeout  time.Duration

	// keeper has the transaction that has the lock: a second connection, since indexes are built outside of transactions.
	keeper *pgx.Conn
	// kept is nil while there is no table, whose creation is one transaction, and for one that the provider may not alter.
	kept pgx.Tx
}

// Lock waits until no other run changes the table, as long as ctx allows. Its error then names the other run, see
// [postgres.HeldUpError].
func Lock(ctx context.Context, s *postgres.Server, schema, name string) (*Session, error) {
	conn, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session := &Session{Conn: conn, server: s, schema: schema, name: name, lockTimeout: s.LockTimeout()}
	if session.lockTimeout == 0 {
		session.lockTimeout = postgres.DefaultLockTimeout
	}
	if session.keeper, err = s.Connect(ctx); err == nil {
		err = session.acquire(ctx)
	}
	if err != nil {
		session.Close()
		return nil, err
	}
	return session, nil
}

const rowTypeSQL = `
select c.reltype, coalesce(quote_literal(obj_description(c.reltype, 'pg_type')), 'NULL')
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p') and pg_has_role(c.relowner, 'USAGE')`

// acquire tries again and again: a statement that waited for the lock would hold a snapshot, and the
// holder's CREATE INDEX CONCURRENTLY would wait for that.
func (t *Session) acquire(ctx context.Context) error {
	var holders []postgres.Holder
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		var rowType uint32
		var comment string
		err := t.keeper.QueryRow(ctx, rowTypeSQL, t.schema, t.name).Scan(&rowType, &comment)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = t.keep(ctx, comment)
		}
		switch postgres.SQLState(err) {
		case "55P03", "42704": // somebody has it; the table is gone meanwhile
		default:
			return postgres.NewHeldUpError(err, holders)
		}
		now, err := postgres.Commenters(ctx, t.keeper, "pg_catalog.pg_type", rowType)
		if err != nil {
			return postgres.NewHeldUpError(err, holders)
		}
		if len(holders) == 0 && len(now) > 0 {
			tflog.Info(ctx, "another run is changing the table, waiting",
				map[string]any{"table": t.quoted(), "held_up_by": (&postgres.HeldUpError{Holders: now}).Who()})
		}
		holders = now
		if err := postgres.Pause(ctx, wait); err != nil {
			return postgres.NewHeldUpError(err, holders)
		}
	}
}

// keep takes the lock, or fails with 55P03 where another run has it.
func (t *Session) keep(ctx context.Context, comment string) error {
	tx, err := t.keeper.Begin(ctx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "select set_config('lock_timeout', '100ms', true), set_config('statement_timeout', '0', "+
		"true), set_config('idle_in_transaction_session_timeout', '0', true)")
	if err == nil {
		_, err = tx.Exec(ctx, "COMMENT ON TYPE "+t.quoted()+" IS "+comment)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback(ctx))
	}
	t.kept = tx
	return nil
}

// stillKept reports as an error that the session with the lock was ended by somebody.
func (t *Session) stillKept(ctx context.Context) error {
	if t.kept == nil {
		return nil
	}
	if _, err := t.kept.Exec(ctx, "select 1"); err != nil {
		return fmt.Errorf("the session that keeps other runs away from the table was lost: %w", err)
	}
	return nil
}

// Close gives the lock back and ends the session. A pooler takes a while to end that of the server.
func (t *Session) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if t.kept != nil {
		_ = t.kept.Rollback(ctx) // a session that is beyond use ends without it
	}
	for _, conn := range []*pgx.Conn{t.keeper, t.Conn} {
		if conn != nil {
			postgres.LeaveClean(ctx, conn.PgConn())
			_ = conn.Close(ctx)
		}
	}
}

func (t *Session) quoted() string { return postgres.Ident(t.schema, t.name) }

// Inspect reads the table as it is now.
func (t *Session) Inspect(ctx context.Context) (*Table, error) {
	return Inspect(ctx, t.Conn, t.schema, t.name)
}

// Settled reads the table once no session is building an index of it any more: one that a
// killed run has left goes on until it is done or the server notices.
func (t *Session) Settled(ctx context.Context) (*Table, error) {
	for {
		table, err := t.Inspect(ctx)
		if err != nil || table == nil || !table.BeingBuilt() {
			return table, err
		}
		tflog.Info(ctx, "another session is building an index of the table, waiting", map[string]any{"table": t.quoted()})
		if err := postgres.Pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}
