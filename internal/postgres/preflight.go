// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// preflightBudget bounds how long a preflight is repeated that meets another session's lock.
	preflightBudget = 15 * time.Second
	// PreflightTimeout is how long one statement of a preflight may take. It is more than the scripts
	// give a statement.
	PreflightTimeout = 5 * time.Second
)

// Preflight is a transaction in which statements are tried as another role. It is always rolled
// back. What no rollback undoes is left: numbers taken from sequences, and whatever triggers
// do outside of the database.
type Preflight struct {
	// Role is the role that the statements run as.
	Role string
	// Assumed is false when that is the provider's own, as it may not be the role that was asked for.
	Assumed bool
	// Untrusted is a schema of the role's search_path in which a role that is not trusted may create or has created
	// something, see [UntrustedError]; "" for none. Triggers then find nothing but what they name with its schema.
	Untrusted string

	tx   pgx.Tx
	path string // the search_path of what triggers call
	lost bool   // to another session's lock
}

// PreflightResult is what one statement gave.
type PreflightResult struct {
	// Rows is how many rows it returned or changed.
	Rows int64
	// First is the first row by column, in the text form of the server; a null is left out.
	First map[string]string
}

// Try runs work on tables, the users' first, in a preflight as the role, "" for the provider's own. Its error is
// [ErrRoleNotFound] for a role that does not exist, a [ConnectError], a [ForeignError], or what work returns.
// Work is repeated, from nothing, while one of its statements meets another session's lock.
func (s *Server) Try(
	ctx context.Context,
	role string,
	tables []Object,
	work func(context.Context, *Preflight) error,
) error {
	conn, err := s.Connect(ctx)
	if err != nil {
		return err
	}
	defer CloseSoon(conn)
	deadline := time.Now().Add(preflightBudget)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		lost, err := s.tryOnce(ctx, conn, role, tables, work)
		if !lost || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // no secret
		}
	}
}

func (s *Server) tryOnce(
	ctx context.Context,
	conn *pgx.Conn,
	role string,
	tables []Object,
	work func(context.Context, *Preflight) error,
) (lost bool, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		// A connection that cannot roll back is about to be closed, which does it.
		_ = tx.Rollback(ctx)
	}()
	var owner string
	for i, table := range tables {
		of, found, err := foreignCodeOf(ctx, tx, table)
		switch {
		case err != nil:
			return lostRace(err), err
		case len(found) > 0:
			return false, &ForeignError{Found: found}
		case i == 0:
			owner = of
		}
	}
	t := &Preflight{tx: tx, path: PinnedPath}
	if err := t.begin(ctx, s.LockTimeout(), role, owner); err != nil {
		return lostRace(err), err
	}
	err = work(ctx, t)
	return t.lost, err
}

// begin sets what a statement of the scripts meets. A deferred constraint is checked at the
// end of each of their statements, which are transactions of their own.
func (t *Preflight) begin(ctx context.Context, lockTimeout time.Duration, role, owner string) error {
	if lockTimeout == 0 {
		lockTimeout = DefaultLockTimeout
	}
	_, err := t.tx.Exec(ctx, "select set_config('lock_timeout', $1, true), "+
		"set_config('statement_timeout', $2, true)", Milliseconds(lockTimeout), Milliseconds(PreflightTimeout))
	if err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return err
	}
	if role != "" {
		if err := t.become(ctx, role, owner); err != nil {
			return err
		}
	}
	return t.tx.QueryRow(ctx, "select current_user").Scan(&t.Role)
}

// pinned runs work of ours, whatever a trigger has made of the search_path.
func (t *Preflight) pinned(ctx context.Context, work func() error) error {
	if _, err := t.tx.Exec(ctx, PinPathSQL); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, "select pg_catalog.set_config('search_path', $1, true)", t.path)
	return err
}

// The search_path of a role's sessions, for what triggers call: its own in this database, else its own, else the
// database's, else the server's, which the provider's sessions would have if nothing is set for its role.
const roleSearchPathSQL = `
with settings as (
  select s.setrole, s.setdatabase, substr(setting, length('search_path=') + 1) as path
  from pg_db_role_setting s, unnest(s.setconfig) setting
  where s.setdatabase in (0, (select oid from pg_database where datname = current_database())) and starts_with(setting, 'search_path=')
)
select coalesce((
    select path from settings where setrole in (0, (select oid from pg_roles where rolname = $1))
    order by setrole = 0, setdatabase = 0 limit 1),
  (select reset_val from pg_settings where name = 'search_path'
    and not exists (select from settings where setrole = (select oid from pg_roles where rolname = session_user))),
  '"$user", public')`

// become takes on the role where the provider may, or may let itself for this transaction.
func (t *Preflight) become(ctx context.Context, role, owner string) error {
	var exists bool
	if err := t.tx.QueryRow(ctx, "select exists (select from "+
		"pg_catalog.pg_roles where rolname = $1)", role).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		return ErrRoleNotFound
	}
	var member, options bool
	if err := t.tx.QueryRow(ctx, membershipSQL, role).Scan(&member, &options); err != nil {
		return err
	}
	if !member {
		grant := fmt.Sprintf("GRANT %s TO CURRENT_USER", pgx.Identifier{role}.Sanitize())
		if options {
			grant += " WITH INHERIT FALSE, SET TRUE"
		}
		err := pgx.BeginFunc(ctx, t.tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, grant)
			return err
		})
		if state := SQLState(err); state == "42501" || state == "0LP01" { // not allowed, or a circle
			return nil
		}
		if err != nil {
			return err
		}
	}
	t.Assumed = true
	if _, err := t.tx.Exec(ctx, "SET LOCAL ROLE "+pgx.Identifier{role}.Sanitize()); err != nil {
		return err
	}
	var path string
	err := t.tx.QueryRow(ctx, roleSearchPathSQL, role).Scan(&path)
	if err != nil {
		return err
	}
	if t.Untrusted, err = UntrustedSchema(ctx, t.tx, path, owner); err != nil || t.Untrusted != "" {
		return err
	}
	t.path = path
	return t.pinned(ctx, func() error { return nil })
}

// Run runs one statement as the scripts' driver does, every value as text of a type that the
// server works out; nil is NULL. After an error the preflight goes on as if it had not been run.
func (t *Preflight) Run(ctx context.Context, sql string, values []*string) (result PreflightResult, err error) {
	err = pgx.BeginFunc(ctx, t.tx, func(tx pgx.Tx) error {
		result, err = runAsText(ctx, tx.Conn().PgConn(), sql, values)
		return err
	})
	t.lost = t.lost || lostRace(err)
	return result, err
}

func runAsText(ctx context.Context, conn *pgconn.PgConn, sql string, values []*string) (PreflightResult, error) {
	texts := make([][]byte, len(values))
	for i, value := range values {
		if value != nil {
			texts[i] = []byte(*value)
		}
	}
	answer := conn.ExecParams(ctx, sql, texts, nil, nil, nil).Read()
	if answer.Err != nil {
		return PreflightResult{}, answer.Err
	}
	result := PreflightResult{Rows: answer.CommandTag.RowsAffected(), First: map[string]string{}}
	if len(answer.Rows) > 0 {
		for i, field := range answer.FieldDescriptions {
			if value := answer.Rows[0][i]; value != nil {
				result.First[field.Name] = string(value)
			}
		}
	}
	return result, nil
}

const rowTriggersSQL = `
select g.tgname::text from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and not g.tgisinternal and g.tgenabled <> 'D'
  and g.tgtype & 1 <> 0 and g.tgtype & (4 | 16) <> 0 -- for each row, of an insert or an update
order by 1`

// RowTriggers are the names of the triggers that may have changed a row that was written.
func (t *Preflight) RowTriggers(ctx context.Context, table Object) (names []string, err error) {
	err = t.pinned(ctx, func() error {
		rows, err := t.tx.Query(ctx, rowTriggersSQL, table.Schema, table.Name)
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return names, err
}

// What does not exist is no matter of privileges.
const lackingSQL = `
select i::int - 1
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) with ordinality as r (kind, schema, name, privilege, col, i)
where not coalesce(case kind
  when 'schema' then (select has_schema_privilege(n.oid, privilege) from pg_catalog.pg_namespace n where n.nspname = r.name)
  when 'function' then (
    select bool_or(has_function_privilege(p.oid, privilege))
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = r.schema and p.proname = r.name)
  when 'table' then (
    select case when r.col = '' then has_table_privilege(c.oid, privilege) else has_column_privilege(c.oid, a.attnum, privilege) end
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = r.col and not a.attisdropped
    where n.nspname = r.schema and c.relname = r.name)
  end, true)
order by i`

// Lacking returns those of the grants that the preflight's role does not have, column by column.
func (t *Preflight) Lacking(ctx context.Context, grants []Grant) ([]Grant, error) {
	var kinds, schemas, names, privileges, columns []string
	all := rights(grants)
	for _, r := range all {
		kinds, schemas, names = append(kinds, string(r.on.Kind)), append(schemas, r.on.Schema), append(names, r.on.Name)
		privileges, columns = append(privileges, r.privilege), append(columns, r.column)
	}
	var lacking []int
	err := t.pinned(ctx, func() error {
		rows, err := t.tx.Query(ctx, lackingSQL, kinds, schemas, names, privileges, columns)
		if err != nil {
			return err
		}
		lacking, err = pgx.CollectRows(rows, pgx.RowTo[int])
		return err
	})
	if err != nil {
		return nil, err
	}
	var missing []right
	for _, i := range lacking {
		missing = append(missing, all[i])
	}
	return grantsOf(missing), nil
}
