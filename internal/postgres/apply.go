// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

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
	return fmt.Sprintf("the index %s was built and is not valid", ident(e.Schema, e.Name))
}

// Run executes a plan. Each statement is tried again while it cannot get its lock, until
// budget is used up. An interrupted run is resumed by planning again.
func (t *TableSession) Run(ctx context.Context, plan Plan, budget time.Duration) error {
	for at := 0; at < len(plan.Steps); {
		end := at + 1
		for end < len(plan.Steps) && plan.Steps[end].Joined {
			end++
		}
		for _, step := range plan.Steps[at:end] {
			tflog.Info(ctx, "changing the table", map[string]any{"table": ident(t.schema, t.name), "what": step.What, "sql": step.SQL, "lock": step.Lock})
		}
		if failed, err := t.runGroup(ctx, plan.Steps[at:end], budget); err != nil {
			return &StepError{Step: plan.Steps[at+failed], Done: at + failed, Total: len(plan.Steps), err: err}
		}
		at = end
	}
	return nil
}

// runGroup runs the statements of one transaction, or a single one outside of any.
func (t *TableSession) runGroup(ctx context.Context, group []Step, budget time.Duration) (failed int, err error) {
	err = t.retry(ctx, budget, group[0].What, func() (err error) {
		switch group[0].Kind {
		case Concurrent:
			return t.runConcurrent(ctx, group[0])
		case Batches:
			return t.runBatches(ctx, group[0])
		default:
			failed, err = t.runTransaction(ctx, group)
			return err
		}
	})
	return failed, err
}

// retry repeats work, with growing pauses, while it misses its lock and budget is left.
func (t *TableSession) retry(ctx context.Context, budget time.Duration, what string, work func() error) error {
	deadline := time.Now().Add(budget)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := work()
		if !lockMissed(err) || ctx.Err() != nil || time.Now().Add(wait).After(deadline) {
			return err
		}
		tflog.Info(ctx, "the lock was not free in time, trying again", map[string]any{"table": ident(t.schema, t.name), "what": what})
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// lockMissed reports whether a statement failed only for want of a lock.
func lockMissed(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code {
	case "55P03", "40P01", "57014": // lock_not_available, deadlock_detected, query_canceled by its timeout
		return true
	}
	return false
}

func (t *TableSession) runTransaction(ctx context.Context, group []Step) (failed int, err error) {
	err = pgx.BeginFunc(ctx, t.Conn, func(tx pgx.Tx) error {
		for i, step := range group {
			failed = i
			if err := t.timeouts(ctx, tx, step); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, step.SQL); err != nil {
				return err
			}
		}
		return nil
	})
	return failed, err
}

// timeouts bounds the wait for the lock, and with a quick statement also the time that the
// lock is held: were a statement slower than planned, it would be given up rather than
// keep logins waiting.
func (t *TableSession) timeouts(ctx context.Context, q Querier, step Step) error {
	statement := time.Duration(0)
	if step.Kind == Quick && step.Lock == lockExclusive {
		statement = t.lockTimeout + 2*time.Second
	}
	_, err := q.Exec(ctx, "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
		milliseconds(t.lockTimeout), milliseconds(statement))
	return err
}

// runConcurrent runs a statement that waits for other transactions without blocking
// anybody. lock_timeout would end that wait as well and leave an invalid index, so it is off.
func (t *TableSession) runConcurrent(ctx context.Context, step Step) error {
	if _, err := t.Exec(ctx, "select set_config('lock_timeout', '0', false), set_config('statement_timeout', '0', false)"); err != nil {
		return err
	}
	_, err := t.Exec(ctx, step.SQL)
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
func (t *TableSession) dropInvalid(ctx context.Context, index string) {
	var valid bool
	if err := t.QueryRow(ctx, indexValidSQL, t.schema, index).Scan(&valid); err != nil || valid {
		return
	}
	if _, err := t.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+ident(t.schema, index)); err != nil {
		tflog.Warn(ctx, "the invalid index of the failed build could not be removed; the next plan will", map[string]any{"index": index, "error": err.Error()})
	}
}

// runBatches repeats a statement, each time in a transaction of its own, until nothing is left.
func (t *TableSession) runBatches(ctx context.Context, step Step) error {
	for total := int64(0); ; {
		var changed int64
		began := time.Now()
		err := pgx.BeginFunc(ctx, t.Conn, func(tx pgx.Tx) error {
			if err := t.timeouts(ctx, tx, step); err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, step.SQL)
			changed = tag.RowsAffected()
			return err
		})
		if err != nil {
			return err
		}
		total += changed
		tflog.Info(ctx, "batch done", map[string]any{"table": ident(t.schema, t.name), "what": step.What, "rows": total})
		if changed == 0 {
			return nil
		}
		// As long a rest as the batch took leaves half of the server to others.
		if err := pause(ctx, max(time.Since(began), time.Millisecond)); err != nil {
			return err
		}
	}
}
