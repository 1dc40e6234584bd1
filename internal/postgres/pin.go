// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PinnedPath is the search_path of every session and every function of ours: names without a schema are those of
// pg_catalog. pg_temp is named, and last, because unnamed it comes first.
const PinnedPath = "pg_catalog, pg_temp"

// pinned are the settings of every session of ours: whatever the role, the database or a pooler sets, the server
// resolves the same names, reads and writes the same text, and waits no longer than it is told to. A setting that a
// server does not have yet is passed over.
var pinned = [][2]string{
	{"search_path", PinnedPath},

	// How text is read and written.
	{"client_encoding", "UTF8"},
	{"standard_conforming_strings", "on"},
	{"backslash_quote", "safe_encoding"},
	{"quote_all_identifiers", "off"},
	{"array_nulls", "on"},
	{"transform_null_equals", "off"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"bytea_output", "hex"},
	{"extra_float_digits", "1"},
	{"xmlbinary", "base64"},
	{"xmloption", "content"},
	{"lc_monetary", "C"},
	{"lc_numeric", "C"},
	{"lc_time", "C"},

	// What a statement sees and does. Where row-level security must not hide a row, row_security is off for that
	// transaction. After a wait for a lock a statement has to see what the other session did.
	{"row_security", "on"},
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_deferrable", "off"},
	{"check_function_bodies", "on"},
	{"client_min_messages", "warning"},

	// What ends a session or a transaction. The first bounds a client that is suspended or lost.
	{"idle_in_transaction_session_timeout", "60s"},
	{"idle_session_timeout", "0"},
	{"transaction_timeout", "0"},
}

// pinner prepares each new session before anything else is done in it. It is a statement and no startup parameter
// because poolers refuse those that they do not know.
type pinner struct {
	settings [][2]string
	timeout  time.Duration
	pooler   pooler
}

func newPinner(c Config, timeout time.Duration) *pinner {
	settings := append([][2]string{
		{"lock_timeout", Milliseconds(c.LockTimeout)}, {"statement_timeout", Milliseconds(c.StatementTimeout)},
	}, pinned...)
	return &pinner{settings: settings, timeout: timeout}
}

// prepare pins the session. A setting made through a pooler may stay on a session of the server that somebody else gets
// next, so that none is made before the pooler is known to leave sessions to one client. Its error is then a
// [PoolerError].
func (p *pinner) prepare(ctx context.Context, conn *pgconn.PgConn, dial dialer) error {
	pid, err := p.pin(ctx, conn, conn.PID())
	if SQLState(err) == "08P01" { // PgBouncer's refusal of a transaction, in statement mode
		return &PoolerError{}
	}
	if err != nil {
		return err
	}
	if pid != conn.PID() {
		if err := p.pooler.keepsSessions(ctx, conn, dial); err != nil {
			return err
		}
		conn.CustomData()[pooled] = true
		if pid, err = p.pin(ctx, conn, 0); err != nil {
			return err
		}
	}
	conn.CustomData()[backend] = pid
	return nil
}

// backend marks a connection with the process of the server that answers in it.
const backend = "auth0pg_backend"

// Backend is the process of the server that a connection of ours talks to, which a pooler announces otherwise.
func Backend(conn *pgx.Conn) int {
	if pid, ok := conn.PgConn().CustomData()[backend].(uint32); ok {
		return int(pid)
	}
	return int(conn.PgConn().PID())
}

// pin makes the settings, if the process is the one given or 0 is, and returns the process that answered. It names the
// schema of all that it uses, as no path is pinned yet, and stays in one transaction, which keeps a pooler from putting
// something in between and lets it lift a statement_timeout that is too short for it.
func (p *pinner) pin(ctx context.Context, conn *pgconn.PgConn, only uint32) (pid uint32, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	rows := make([]string, len(p.settings))
	for i, setting := range p.settings {
		rows[i] = "(" + QuoteLiteral(setting[0]) + ", " + QuoteLiteral(setting[1]) + ")"
	}
	sql := fmt.Sprintf(`BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_catalog.pg_backend_pid(), (
	SELECT pg_catalog.count(pg_catalog.set_config(k.name, v.value, false))
	  FROM (VALUES %s) AS v (name, value)
	  JOIN pg_catalog.pg_settings AS k ON k.name OPERATOR(pg_catalog.=) v.name
	 WHERE %d OPERATOR(pg_catalog.=) 0 OR pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) %[2]d); COMMIT`, strings.Join(rows, ", "), only)
	return backendPID(ctx, conn, sql)
}

// backendPID runs statements of which one returns a row, and returns the number in its first column.
func backendPID(ctx context.Context, conn *pgconn.PgConn, sql string) (pid uint32, err error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return 0, err
	}
	for _, result := range results {
		if len(result.Rows) == 1 {
			_, err = fmt.Sscan(string(result.Rows[0][0]), &pid)
			return pid, err
		}
	}
	return 0, errors.New("the server did not answer which of its processes it is")
}

const PinPathSQL = `select pg_catalog.set_config('search_path', '` + PinnedPath + `', true)`
