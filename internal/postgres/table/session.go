// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Session is a connection that alone changes one table: every run of the provider
// takes the same advisory lock first. It is no part of the pool, so that closing it
// releases the lock and all settings, and cancelling it ends the statement on the server.
type Session struct {
	*pgx.Conn
	server       *postgres.Server
	schema, name string
	lockTimeout  time.Duration
}

// Lock waits until no other run changes the table, as long as ctx allows.
func Lock(ctx context.Context, s *postgres.Server, schema, name string) (*Session, error) {
	conn, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session := &Session{Conn: conn, server: s, schema: schema, name: name, lockTimeout: s.LockTimeout()}
	if session.lockTimeout == 0 {
		session.lockTimeout = postgres.DefaultLockTimeout
	}
	if err := session.acquire(ctx); err != nil {
		session.Close()
		return nil, err
	}
	return session, nil
}

// acquire polls: a statement that waited for the lock would hold a snapshot, and the
// holder's CREATE INDEX CONCURRENTLY would wait for that.
func (t *Session) acquire(ctx context.Context) error {
	key := fnv.New64a()
	key.Write([]byte("auth0pg_users_table\x00" + t.schema + "\x00" + t.name))
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		var locked bool
		if err := t.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(key.Sum64())).Scan(&locked); err != nil || locked { //nolint:gosec // any 64 bits do
			return err
		}
		tflog.Info(ctx, "another run is changing the table, waiting", map[string]any{"table": t.quoted()})
		if err := postgres.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// Close gives the lock back and ends the session. A pooler takes a while to end that of the server.
func (t *Session) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = t.Exec(ctx, "select pg_advisory_unlock_all()") // a session that is beyond use ends without it
	postgres.LeaveClean(ctx, t.PgConn())
	_ = t.Conn.Close(ctx)
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
