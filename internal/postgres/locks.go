// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"
)

// Runs follow one another by the lock that COMMENT takes on an object, the comment being repeated as it is. An advisory
// lock everybody may take, the scripts' role too; this one only who owns the object: others wait for it, are refused, and
// hold nothing. It keeps nobody from using the object, and ends with its transaction, also behind a pooler.

// FirstWait is how long the first try waits for a lock. Every login that comes meanwhile
// waits as long, so a short wait is tried before longer ones, up to lock_timeout.
const FirstWait = 100 * time.Millisecond

// DefaultLockTimeout is how long a statement waits for a lock when nothing is configured.
// Everybody who comes after it waits as long.
const DefaultLockTimeout = 2 * time.Second

// Pause sleeps for about as long as given, so that competing runs do not meet again and again.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d/2 + rand.N(d)): //nolint:gosec // no secret
		return nil
	}
}

// lockDatabase lets all who change roles, privileges or functions in this database follow one another, where the provider
// may have that lock: without it, two changes of one object's privileges fail with "tuple concurrently updated", and are
// tried again. No login waits behind it, so it is waited for in one piece: who gives up and comes again is last each time.
func lockDatabase(ctx context.Context, tx pgx.Tx) error {
	var owned bool
	var name, comment, lockTimeout, statementTimeout string
	err := tx.QueryRow(ctx, `
select d.datname::text, pg_has_role(d.datdba, 'USAGE'), coalesce(quote_literal(shobj_description(d.oid, 'pg_database')), 'NULL'),
       current_setting('lock_timeout'), current_setting('statement_timeout')
  from pg_catalog.pg_database d where d.datname = current_database()`).
		Scan(&name, &owned, &comment, &lockTimeout, &statementTimeout)
	if err != nil || !owned {
		return err
	}
	const limits = "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)"
	if _, err := tx.Exec(ctx, limits, Milliseconds(catalogBudget), "0"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "COMMENT ON DATABASE "+Ident(name)+" IS "+comment); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, limits, lockTimeout, statementTimeout)
	return err
}

// Holder is a session that another one waits for, or a transaction that was prepared in one and outlives it.
type Holder struct {
	// PID is 0 for a prepared transaction, which has no session.
	PID  int
	Role string
	// State and Waits are what pg_stat_activity says; "" where it may not be read.
	State, Waits string
	// GID is the prepared transaction's name, and Database the one in which it can be ended.
	GID, Database string
}

func (h Holder) String() string {
	text := fmt.Sprintf("process %d", h.PID)
	switch {
	case h.GID != "":
		text = fmt.Sprintf("the prepared transaction %q in the database %q", h.GID, h.Database)
	case h.PID == 0:
		text = "a prepared transaction"
	}
	if h.Role != "" {
		text += fmt.Sprintf(" of the role %q", h.Role)
	}
	switch {
	case h.State != "" && h.Waits != "":
		text += fmt.Sprintf(" (%s, in %s)", h.State, h.Waits)
	case h.State != "":
		text += fmt.Sprintf(" (%s)", h.State)
	}
	return text
}

// HeldUpError is what could not be done because of other sessions.
type HeldUpError struct {
	// Holders are those that were waited for last.
	Holders []Holder
	// MayNotEnd is a role whose sessions the provider would end, and may not; "" for none.
	MayNotEnd string
	err       error
}

// Who names the sessions.
func (e *HeldUpError) Who() string {
	names := make([]string, len(e.Holders))
	for i, h := range e.Holders {
		names[i] = h.String()
	}
	return List(names)
}

func (e *HeldUpError) Error() string { return fmt.Sprintf("%v; it was held up by %s", e.err, e.Who()) }

func (e *HeldUpError) Unwrap() error { return e.err }

// NewHeldUpError is nil without an error, and the error itself where nobody held it up.
func NewHeldUpError(err error, holders []Holder) error {
	if err == nil || len(holders) == 0 {
		return err
	}
	return &HeldUpError{Holders: holders, err: err}
}

const (
	// watchAfter is how long a session waits before the first look, less than [FirstWait].
	watchAfter = 60 * time.Millisecond
	// watchOften and watchSeldom are the times between two looks, where it was found waiting and where it was long not.
	watchOften  = 50 * time.Millisecond
	watchSeldom = time.Second
	// lookTimeout is how long a look may take, and so how much longer than what it watches a watch may last.
	lookTimeout = 3 * time.Second
)

// Watch looks at one session of ours while it may have to wait, names in the log for whom, and ends whom it may.
type Watch struct {
	server *Server
	pid    int
	end    string // the role whose sessions are ended
	stop   context.CancelFunc
	done   chan struct{}

	// Written by the goroutine until done is closed.
	holders []Holder
	refused bool
}

// Watch begins to look at the session that runs as that process. Sessions of the role end are ended when it waits for
// them; "" ends none. The caller calls [Watch.Stop].
func (s *Server) Watch(ctx context.Context, pid int, end string) *Watch {
	ctx, stop := context.WithCancel(ctx)
	w := &Watch{server: s, pid: pid, end: end, stop: stop, done: make(chan struct{})}
	go w.run(ctx)
	return w
}

// Stop ends the watch and says of an error that comes from waiting who was waited for, see [HeldUpError].
func (w *Watch) Stop(err error) error {
	w.stop()
	<-w.done
	waited := LockMissed(err) || SQLState(err) == "57014" || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled)
	if err == nil || !waited || len(w.holders) == 0 {
		return err
	}
	held := &HeldUpError{Holders: w.holders, err: err}
	if w.refused {
		held.MayNotEnd = w.end
	}
	return held
}

func (w *Watch) run(ctx context.Context) {
	defer close(w.done)
	var conn *pgx.Conn
	defer func() {
		if conn != nil {
			CloseSoon(conn)
		}
	}()
	for wait := watchAfter; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		var waiting bool
		if conn, waiting = w.once(ctx, conn); waiting {
			wait = watchOften
		} else {
			wait = min(2*wait, watchSeldom)
		}
	}
}

// once looks one time, over a new connection where there is none. The end of the watch does not cut it short: that would
// send a request to cancel, which ends a PgBouncer of before 1.19 that has nothing to cancel any more.
func (w *Watch) once(ctx context.Context, conn *pgx.Conn) (open *pgx.Conn, waiting bool) {
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer end()
	if conn == nil || conn.IsClosed() {
		var err error
		if conn, err = w.server.Connect(ctx); err != nil {
			return nil, false
		}
	}
	return conn, w.look(ctx, conn)
}

// Who blocks. A prepared transaction has the process 0; which it is tells the lock on its own number.
const holdersSQL = `
select distinct b.pid, coalesce(a.usename::text, a.backend_type, p.owner::text, ''), coalesce(a.state, ''), coalesce(a.wait_event, ''),
       coalesce(p.gid, ''), coalesce(p.database::text, '')
  from unnest(pg_blocking_pids($1)) as b (pid) left join pg_catalog.pg_stat_activity a using (pid)
  left join pg_catalog.pg_prepared_xacts p on b.pid = 0 and exists (
    select from pg_catalog.pg_locks w join pg_catalog.pg_locks h on h.granted and h.pid is null and h.locktype = w.locktype
      join pg_catalog.pg_locks own on own.pid is null and own.locktype = 'transactionid' and own.virtualtransaction = h.virtualtransaction
     where w.pid = $1 and not w.granted and own.transactionid::text = p.transaction::text
       and (h.database, h.relation, h.page, h.tuple, h.transactionid::text, h.classid, h.objid, h.objsubid)
         is not distinct from (w.database, w.relation, w.page, w.tuple, w.transactionid::text, w.classid, w.objid, w.objsubid))
 order by 1, 5`

// look finds out whether the session is waiting, and for whom.
func (w *Watch) look(ctx context.Context, conn *pgx.Conn) (waiting bool) {
	rows, err := conn.Query(ctx, holdersSQL, w.pid)
	if err != nil {
		return false
	}
	holders, err := pgx.CollectRows(rows, scanHolder)
	if err != nil || len(holders) == 0 {
		return false
	}
	if !sameProcesses(w.holders, holders) {
		tflog.Info(ctx, "waiting for another session", map[string]any{"held_up_by": (&HeldUpError{Holders: holders}).Who()})
	}
	w.holders = holders
	w.endThose(ctx, conn)
	return true
}

// endThose ends the sessions among the holders that are the role's, and takes its prepared transactions back.
func (w *Watch) endThose(ctx context.Context, conn *pgx.Conn) {
	var pids []int
	w.refused = false
	for _, h := range w.holders {
		switch {
		case w.end == "" || h.Role != w.end:
		case h.GID != "":
			w.ended(ctx, h.String(), w.server.rollBackPrepared(ctx, h))
		case h.PID != 0:
			pids = append(pids, h.PID)
		}
	}
	if len(pids) > 0 {
		w.ended(ctx, fmt.Sprintf("sessions %v", pids), endSessions(ctx, conn, w.end, pids))
	}
}

// ended says what became of a try to end what holds the role's change up.
func (w *Watch) ended(ctx context.Context, what string, err error) {
	w.refused = w.refused || SQLState(err) == "42501"
	switch {
	case err == nil:
		tflog.Warn(ctx, "what held up a role's change was the role's own, and was ended",
			map[string]any{"role": w.end, "ended": what})
	case ctx.Err() == nil:
		tflog.Warn(ctx, "what holds up a role's change is the role's own, and could not be ended",
			map[string]any{"role": w.end, "what": what, "error": err.Error()})
	}
}

func scanHolder(row pgx.CollectableRow) (h Holder, err error) {
	err = row.Scan(&h.PID, &h.Role, &h.State, &h.Waits, &h.GID, &h.Database)
	return h, err
}

func sameProcesses(a, b []Holder) bool {
	return slices.EqualFunc(a, b, func(a, b Holder) bool { return a.PID == b.PID && a.GID == b.GID })
}

// Who has the lock that COMMENT takes on an object.
const commentersSQL = `
select coalesce(l.pid, 0), coalesce(a.usename::text, ''), coalesce(a.state, ''), coalesce(a.wait_event, ''), '', ''
  from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a using (pid)
 where l.locktype = 'object' and l.granted and l.mode = 'ShareUpdateExclusiveLock' and l.pid is distinct from pg_backend_pid()
   and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
   and l.classid = $1::text::regclass and l.objid = $2
 order by 1`

// Commenters are the sessions that have the lock which COMMENT takes on an object of this database.
func Commenters(ctx context.Context, q Querier, class string, oid uint32) ([]Holder, error) {
	rows, err := q.Query(ctx, commentersSQL, class, oid)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanHolder)
}

const endSessionsSQL = "select pg_terminate_backend(pid) from unnest($1::int[]) as p (pid)"

// endSessions ends sessions of the role: with the provider's own rights or, where those do not suffice, as the role itself.
func endSessions(ctx context.Context, conn *pgx.Conn, role string, pids []int) error {
	_, err := conn.Exec(ctx, endSessionsSQL, pids)
	if SQLState(err) != "42501" {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		return withRole(ctx, tx, role, func() error {
			return asRole(ctx, tx, role, func() error {
				_, err := tx.Exec(ctx, endSessionsSQL, pids)
				return err
			})
		})
	})
}

// rollBackPrepared ends a prepared transaction, which goes in its own database alone and outside of any transaction: with
// the provider's own rights or, where those do not suffice, as the role, of which it lends itself the membership.
func (s *Server) rollBackPrepared(ctx context.Context, h Holder) error {
	config := s.ConnConfig()
	config.Database = h.Database
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer CloseSoon(conn)
	run := func(statements ...string) error {
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	}
	end, role := "ROLLBACK PREPARED "+QuoteLiteral(h.GID), Ident(h.Role)
	if err := run(end); SQLState(err) != "42501" {
		return err
	}
	var member, options bool
	if err := conn.QueryRow(ctx, membershipSQL, h.Role).Scan(&member, &options); err != nil {
		return err
	}
	if member {
		return run("SET ROLE "+role, end)
	}
	with := ""
	if options {
		with = " WITH INHERIT FALSE, SET TRUE"
	}
	if err := run("GRANT " + role + " TO CURRENT_USER" + with); err != nil {
		return err
	}
	return errors.Join(run("SET ROLE "+role, end), run("RESET ROLE", "REVOKE "+role+" FROM CURRENT_USER"))
}
