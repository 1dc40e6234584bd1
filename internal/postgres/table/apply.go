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

// Budgets bound how long a plan may take where others are in its way.
type Budgets struct {
	// Lock is how long one statement is tried again while its lock is not free.
	Lock time.Duration
	// Build is how long one index may take to build or to drop; zero is unlimited.
	Build time.Duration
}

// progressInterval is how long apart the log tells how far a long statement is.
const progressInterval = 10 * time.Second

// StepError is a statement of a plan that failed. What ran before it stays.
type StepError struct {
	Step Step
	// Done and Total count the plan's statements.
	Done, Total int
	err         error
}

func (e *StepError) Error() string {
	return fmt.Sprintf("statement %d of %d failed: %s: %v", e.Done+1, e.Total, e.Step.SQL, e.err)
}

func (e *StepError) Unwrap() error { return e.err }

// InvalidIndexError is an index that was built and turned out not to be usable.
type InvalidIndexError struct{ Schema, Name string }

func (e *InvalidIndexError) Error() string {
	return fmt.Sprintf("the index %s was built and is not valid", postgres.Ident(e.Schema, e.Name))
}

// TooLongError is a statement that was given up because it ran for longer than it may. Its
// work is undone, and at the next try it would take as long.
type TooLongError struct {
	Limit time.Duration
	err   error
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("it was not done after %v: %v", e.Limit, e.err)
}

func (e *TooLongError) Unwrap() error { return e.err }

// Apply executes a plan. Each statement is tried again while it cannot get its lock, until
// the budget is used up. An interrupted run is resumed by planning again.
func (t *Session) Apply(ctx context.Context, plan Plan, budgets Budgets) error {
	for at := 0; at < len(plan.Steps); {
		end := at + 1
		for end < len(plan.Steps) && plan.Steps[end].Joined {
			end++
		}
		group := plan.Steps[at:end]
		began := time.Now()
		for _, step := range group {
			tflog.Debug(
				ctx,
				"changing the table",
				map[string]any{"table": t.quoted(), "what": step.What, "lock": step.Lock, "route": string(step.Route)},
			)
		}
		failed, err := 0, t.stillKept(ctx)
		if err == nil {
			failed, err = t.runGroup(ctx, group, budgets)
		}
		if err != nil {
			if undo := group[failed].Undo; undo != "" && postgres.RowsAgainst(err) {
				t.undo(ctx, undo, budgets)
			}
			return &StepError{Step: group[failed], Done: at + failed, Total: len(plan.Steps), err: err}
		}
		for _, step := range group {
			// The statements of one transaction are done together.
			tflog.Info(
				ctx,
				"table changed",
				map[string]any{
					"table":       t.quoted(),
					"what":        step.What,
					"route":       string(step.Route),
					"duration_ms": time.Since(began).Milliseconds(),
				},
			)
		}
		at = end
	}
	return nil
}

// runGroup runs the statements of one transaction, or a single one outside of any.
func (t *Session) runGroup(ctx context.Context, group []Step, budgets Budgets) (failed int, err error) {
	switch group[0].Route {
	case Concurrent:
		return 0, t.runConcurrent(ctx, group[0], budgets.Build)
	case Backfill:
		return 0, t.runBackfill(ctx, group[0], budgets.Lock)
	}
	began := time.Now()
	run := func() error {
		return t.retry(ctx, t.Conn, budgets.Lock-time.Since(began), group[0].What, func(wait time.Duration) (err error) {
			failed, err = t.runTransaction(ctx, group, wait)
			return err
		})
	}
	err = run()
	var long *TooLongError
	if errors.As(err, &long) && group[failed].Route == Catalog {
		// What only changes the catalog takes a moment: the server may have been busy. A second
		// rewrite would keep logins waiting for as long as the first.
		tflog.Info(ctx, "the statement was too slow, trying once more",
			map[string]any{"table": t.quoted(), "what": group[failed].What})
		if err := postgres.Pause(ctx, time.Second); err != nil {
			return failed, err
		}
		err = run()
	}
	return failed, err
}

// retry repeats work on a connection while it misses its lock and budget is left. Work is told how long to
// wait for the lock. The error names whom it waited for, see [postgres.HeldUpError].
func (t *Session) retry(
	ctx context.Context,
	on *pgx.Conn,
	budget time.Duration,
	what string,
	work func(wait time.Duration) error,
) error {
	watch := t.server.Watch(ctx, postgres.Backend(on), "")
	return watch.Stop(t.repeat(ctx, budget, what, work))
}

func (t *Session) repeat(
	ctx context.Context,
	budget time.Duration,
	what string,
	work func(wait time.Duration) error,
) error {
	deadline := time.Now().Add(budget)
	rest := postgres.FirstWait
	for wait := min(postgres.FirstWait, t.lockTimeout); ; wait = min(2*wait, t.lockTimeout) {
		err := work(wait)
		if !postgres.LockMissed(err) || ctx.Err() != nil || time.Now().Add(rest).After(deadline) {
			return err
		}
		tflog.Info(ctx, "the lock was not free in time, trying again",
			map[string]any{"table": t.quoted(), "what": what, "waited_ms": wait.Milliseconds()})
		if err := postgres.Pause(ctx, rest); err != nil {
			return err
		}
		rest = min(2*rest, 10*time.Second)
	}
}

func (t *Session) runTransaction(ctx context.Context, group []Step, wait time.Duration) (failed int, err error) {
	statements := []string{"begin"}
	for _, step := range group {
		statements = append(statements, t.timeouts(wait, t.longest(step, wait)), step.SQL)
	}
	began := time.Now()
	done, err := postgres.Script(ctx, t.Conn, append(statements, "commit")...)
	if err == nil {
		return 0, nil
	}
	failed = min(max(done-1, 0)/2, len(group)-1)
	return failed, errors.Join(tooLong(err, t.longestOf(group[:failed+1], wait), began), t.rollBack(ctx, t.Conn, "rollback"))
}

// rollBack ends what is left of a transaction that failed, if the session outlived it.
func (t *Session) rollBack(ctx context.Context, conn *pgx.Conn, statement string) error {
	if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
		return nil
	}
	_, err := conn.Exec(ctx, statement)
	return err
}

// tooLong tells a statement that has used up its time from one that somebody cancelled.
func tooLong(err error, limit time.Duration, began time.Time) error {
	// The server's clock and ours need not run alike.
	if limit > 0 && postgres.SQLState(err) == "57014" && time.Since(began) >= limit*9/10 { // query_canceled
		return &TooLongError{Limit: limit, err: err}
	}
	return err
}

// longest bounds a statement that keeps everybody out: were it slower than planned, it
// would be given up rather than keep logins waiting. Once it has its lock it may take as
// long as a lock may be waited for; whoever allows a rewrite more has said so.
func (t *Session) longest(step Step, wait time.Duration) time.Duration {
	switch {
	case step.Lock != LockExclusive || step.Unbounded:
		return 0
	case step.Route == Rewrite:
		return wait + t.lockTimeout
	}
	return wait + max(t.lockTimeout, time.Second)
}

// idleLimit is how long a client that is suspended or lost keeps the rows that it has changed.
const idleLimit = 10 * time.Second

// longestOf bounds the steps of a transaction up to the last of these, 0 where that is not bounded. Who cancels it after steps
// that took long is taken for its time-out.
func (t *Session) longestOf(steps []Step, wait time.Duration) (limit time.Duration) {
	for _, step := range steps {
		limit += t.longest(step, wait)
	}
	if t.longest(steps[len(steps)-1], wait) == 0 {
		return 0
	}
	return limit
}

// timeouts is the statement that bounds what comes next in the transaction.
func (t *Session) timeouts(lock, statement time.Duration) string {
	return fmt.Sprintf("select set_config('lock_timeout', '%s', true), set_config('statement_timeout', '%s', true), "+
		"set_config('idle_in_transaction_session_timeout', '%s', true)",
		postgres.Milliseconds(lock), postgres.Milliseconds(statement), postgres.Milliseconds(idleLimit))
}

// undo takes back a preparation. When that fails too, the next plan does it.
func (t *Session) undo(ctx context.Context, sql string, budgets Budgets) {
	step := Step{SQL: sql, What: "take back what was prepared", Route: Catalog, Lock: LockExclusive}
	if _, err := t.runGroup(ctx, []Step{step}, budgets); err != nil {
		tflog.Warn(ctx, "the preparation could not be "+
			"taken back; the next plan will", map[string]any{"table": t.quoted(), "sql": sql, "error": err.Error()})
	}
}

// runConcurrent runs a statement that waits for other transactions without blocking
// anybody. lock_timeout would end that wait as well and leave an invalid index, so it is
// off and the statement has a budget of its own.
func (t *Session) runConcurrent(ctx context.Context, step Step, budget time.Duration) error {
	if _, err := t.Exec(ctx, "select set_config('lock_timeout', '0', false), "+
		"set_config('statement_timeout', $1, false)", postgres.Milliseconds(budget)); err != nil {
		return err
	}
	stop := t.reportProgress(ctx, step)
	began := time.Now()
	watch := t.server.Watch(ctx, postgres.Backend(t.Conn), "")
	_, err := t.Exec(ctx, step.SQL)
	err = watch.Stop(tooLong(err, budget, began))
	stop()
	if step.Builds == "" {
		return err
	}
	if err != nil {
		if ctx.Err() == nil {
			t.dropInvalid(ctx, step.Builds)
		}
		return err
	}
	var valid bool
	if err := t.QueryRow(ctx, indexValidSQL, t.schema, step.Builds).Scan(&valid); err != nil {
		return err
	}
	if !valid {
		t.dropInvalid(ctx, step.Builds)
		return &InvalidIndexError{Schema: t.schema, Name: step.Builds}
	}
	return nil
}

const indexValidSQL = `
select i.indisvalid and i.indisready
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2`

// dropInvalid removes what a failed build has left. When that fails too, the next plan does it.
func (t *Session) dropInvalid(ctx context.Context, index string) {
	var valid bool
	if err := t.QueryRow(ctx, indexValidSQL, t.schema, index).Scan(&valid); err != nil || valid {
		return
	}
	_, err := t.Exec(ctx, "select set_config('statement_timeout', $1, false)", postgres.Milliseconds(time.Minute))
	if err == nil {
		_, err = t.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+postgres.Ident(t.schema, index))
	}
	if err != nil {
		tflog.Warn(ctx, "the invalid index of the failed build could not "+
			"be removed; the next plan will", map[string]any{"index": index, "error": err.Error()})
	}
}

const progressSQL = `
select phase, blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total
from pg_catalog.pg_stat_progress_create_index where pid = $1`

// percent is how much of the phase is done. Of the pairs of done and total, in the order of
// the view, the last that is counted is the phase's: those before it stay as they ended.
func percent(counts ...int64) int64 {
	for i := len(counts) - 2; i >= 0; i -= 2 {
		if done, total := counts[i], counts[i+1]; total > 0 {
			return 100 * min(done, total) / total
		}
	}
	return 0
}

// reportProgress logs how far a build is, from a connection of its own, until stop is called.
func (t *Session) reportProgress(ctx context.Context, step Step) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			pool, err := t.server.Pool(ctx)
			if err != nil {
				continue
			}
			var phase string
			var counts [6]int64
			if err := pool.QueryRow(ctx, progressSQL, t.PgConn().PID()).Scan(&phase, &counts[0], &counts[1], &counts[2], &counts[3], &counts[4], &counts[5]); err == nil {
				tflog.Info(ctx, "building the index", map[string]any{
					"percent": percent(
						counts[:]...), "table": t.quoted(), "index": step.Builds, "phase": phase, "blocks_done": counts[0], "blocks_total": counts[1],
					"tuples_done": counts[2], "tuples_total": counts[3], "lockers_done": counts[4], "lockers_total": counts[5],
				})
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
