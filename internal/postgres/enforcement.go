// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrLockedOut is a change after which the provider could not log in again. It was taken back.
var ErrLockedOut = errors.New("after the change the provider could not log in any more")

// Enforcement says how an allowlist can be enforced on this server by this role, and what
// stands between the two.
type Enforcement struct {
	// Server and User name the two in a message.
	Server, User string
	Database     string
	// Functions, HBA and LoginTrigger say why the mechanism cannot be used, "" when it can.
	Functions, HBA, LoginTrigger string
	// Pooled is set when the session goes through a connection pooler: the server then
	// sees the pooler's address in place of the client's.
	Pooled bool
}

const enforcementSQL = `
select pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_version_num')::int, r.rolname, r.rolsuper,
       pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('ssl')::bool, pg_catalog.pg_backend_pid(), pg_catalog.current_database()
  from pg_catalog.pg_roles r where r.rolname = session_user`

// Enforcement finds out what is possible, without changing anything.
func (s *Server) Enforcement(ctx context.Context) (*Enforcement, error) {
	conn, err := s.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	var version, database string
	var number int
	var pid uint32
	var superuser, standby, tls bool
	found := &Enforcement{}
	if err := conn.QueryRow(ctx, enforcementSQL).Scan(&version, &number, &found.User, &superuser, &standby, &tls, &pid, &database); err != nil {
		return nil, err
	}
	found.Server = "PostgreSQL " + version
	found.Database = database
	// A pooler answers with a cancellation key of its own.
	found.Pooled = pid != conn.Conn().PgConn().PID()

	switch {
	case standby:
		found.HBA = "this server is a standby, on which nothing can be written"
		found.LoginTrigger, found.Functions = found.HBA, found.HBA
		return found, nil
	case number < 160000:
		found.HBA = "it needs PostgreSQL 16 or later, where pg_hba.conf can include files"
	case !superuser:
		found.HBA = "it needs a superuser, which alone may read and write pg_hba.conf"
	case !tls:
		found.HBA = "the server has TLS switched off, and the list lets in TLS connections alone"
	}
	switch {
	case number < 170000:
		found.LoginTrigger = "it needs PostgreSQL 17 or later, where event triggers fire at login"
	case !superuser:
		found.LoginTrigger, err = probeLoginTrigger(ctx, conn)
	}
	return found, err
}

// probeLoginTrigger tries what plain PostgreSQL leaves to superusers and many managed
// services allow: whether this one does, its documentation may not say. The transaction is
// rolled back.
func probeLoginTrigger(ctx context.Context, conn interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}) (problem string, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing is to be kept
	const probeSQL = `
create function pg_temp.auth0pg_probe() returns event_trigger language plpgsql as 'begin end';
create event trigger auth0pg_probe on login execute function pg_temp.auth0pg_probe();`
	_, err = tx.Exec(ctx, probeSQL, pgx.QueryExecModeSimpleProtocol)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return fmt.Sprintf("the server does not let this role create a login "+
			"event trigger: %s (SQLSTATE %s)", refused.Message, refused.Code), nil
	}
	return "", err
}

// GuardedRole is what makes a role unfit for an allowlist of its own.
type GuardedRole struct {
	Superuser bool
	// Own is set for the role that the provider works as.
	Own bool
	// Outside lists addresses, at most ten, from which sessions of the role are open and
	// that the list does not cover.
	Outside []netip.Addr
}

const guardedRoleSQL = `
select coalesce(bool_or(rolsuper), false), $1 in (current_user, session_user)
  from pg_catalog.pg_roles where rolname = $1`

const outsideSQL = `
select distinct client_addr from pg_catalog.pg_stat_activity
 where usename = $1 and not client_addr <<= any ($2::text[]::inet[])
 order by client_addr limit 10`

// GuardedRole looks at the role of a list; it need not exist yet.
func (s *Server) GuardedRole(ctx context.Context, list Allowlist) (*GuardedRole, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	role := &GuardedRole{}
	if err := pool.QueryRow(ctx, guardedRoleSQL, list.Role).Scan(&role.Superuser, &role.Own); err != nil {
		return nil, err
	}
	networks := make([]string, len(list.Networks))
	for i, network := range list.Networks {
		networks[i] = network.String()
	}
	rows, err := pool.Query(ctx, outsideSQL, list.Role, networks)
	if err != nil {
		return nil, err
	}
	role.Outside, err = pgx.CollectRows(rows, pgx.RowTo[netip.Addr])
	return role, err
}

// reload has the server read its files and waits until a new session follows them, which
// also proves that the provider is still let in.
func (s *Server) reload(ctx context.Context, conn interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) error {
	var before time.Time
	if err := conn.QueryRow(ctx, "select clock_timestamp from "+
		"pg_catalog.clock_timestamp(), pg_catalog.pg_reload_conf()").Scan(&before); err != nil {
		return err
	}
	for {
		var loaded time.Time
		if err := s.logIn(ctx, "select pg_catalog.pg_conf_load_time()", &loaded); err != nil {
			return err
		}
		if loaded.After(before) {
			return nil
		}
		if err := Pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// logIn opens a connection outside the pool and runs one query on it. Its error is [ErrLockedOut].
func (s *Server) logIn(ctx context.Context, sql string, result any) error {
	conn, err := s.Connect(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLockedOut, err)
	}
	defer CloseSoon(conn)
	if err := conn.QueryRow(ctx, sql).Scan(result); err != nil {
		return fmt.Errorf("%w: %w", ErrLockedOut, err)
	}
	return nil
}
