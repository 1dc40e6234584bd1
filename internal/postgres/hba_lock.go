// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"
)

// ErrHBABusy is another run that holds the lock on pg_hba.conf for too long.
var ErrHBABusy = errors.New("another run of the provider is changing pg_hba.conf")

// hbaPatience bounds the wait for other runs; a variable for the tests.
var hbaPatience = 2 * time.Minute

// The file belongs to the server, and so must the lock: advisory locks hold in one database alone. A comment on a role
// that every server has, repeated as it is, locks that role until the transaction ends.
const hbaLockRole = "pg_monitor"

// HBALockHolderSQL finds the session that keeps other runs away from pg_hba.conf.
const HBALockHolderSQL = "select a.pid, a.usename, a.application_name, a.client_addr, a.backend_start from pg_locks " +
	"l join pg_stat_activity a using (pid) " +
	"where l.locktype = 'object' and l.granted and l.classid = " +
	"'pg_authid'::regclass and l.objid = '" + hbaLockRole + "'::regrole"

// hbaTurn lets the allowlists of this process follow one another, so that they do not all wait on the server.
var hbaTurn = make(chan struct{}, 1)

// lockHBA keeps other runs of the provider away from pg_hba.conf. The lock has a connection of its own, outside the pool:
// what is done under it is more than one transaction.
func (s *Server) lockHBA(ctx context.Context) (unlock func(), err error) {
	conn, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			CloseSoon(conn)
		}
	}()
	began := time.Now()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err = holdHBA(ctx, conn)
		switch {
		case err == nil:
			return func() { CloseSoon(conn) }, nil // the end of the session ends the transaction
		case SQLState(err) != "55P03":
			return nil, err
		}
		if wait == 50*time.Millisecond {
			tflog.Info(ctx, "another run is changing pg_hba.conf, waiting", map[string]any{"at_most": hbaPatience.String()})
		}
		if time.Since(began) > hbaPatience {
			return nil, fmt.Errorf("%w, and was not done after %s", ErrHBABusy, hbaPatience)
		}
		if err := Pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// holdHBA begins the transaction that holds the lock, or ends it with 55P03 when somebody else has it.
func holdHBA(ctx context.Context, conn *pgx.Conn) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadWrite})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "select pg_catalog.set_config('lock_timeout', '100ms', true), "+
		"pg_catalog.set_config('idle_in_transaction_session_timeout', $1, true)",
		Milliseconds(3*hbaBudget))
	var comment string
	if err == nil {
		err = tx.QueryRow(ctx, "select coalesce(pg_catalog.quote_literal(pg_catalog.shobj_description(oid, 'pg_authid')), "+
			"'NULL') from pg_catalog.pg_roles where rolname = $1",
			hbaLockRole).Scan(&comment)
	}
	if err == nil {
		_, err = tx.Exec(ctx, "COMMENT ON ROLE "+hbaLockRole+" IS "+comment)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback(ctx))
	}
	return nil
}
