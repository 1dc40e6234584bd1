// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

const (
	// backfillPages is how much of the table one batch covers: few enough rows for a login
	// on one of them not to wait noticeably.
	backfillPages = 32

	// backfillRounds is how often the table is gone through for rows that were locked or
	// moved while it was, before the default is taken for one that gives null.
	backfillRounds = 100

	pagesSQL = `
select coalesce(max(pg_relation_size(leaf.oid) / current_setting('block_size')::bigint), 0) + 1
from pg_catalog.pg_class leaf
where leaf.oid = $1::text::regclass
  or leaf.oid in (select p.relid from pg_partition_tree($1::text::regclass) p)
  or leaf.oid in (select h.inhrelid from pg_catalog.pg_inherits h where h.inhparent = $1::text::regclass)`
)

// runBackfill goes through the table page by page, each batch in a transaction of its own.
// Rows that others hold are passed over and met in the next round; a run that is
// interrupted goes on where rows are left.
func (t *Session) runBackfill(ctx context.Context, step Step, budget time.Duration) error {
	path, err := t.rowsPath(ctx)
	if err != nil {
		return err
	}
	total, told := int64(0), time.Now()
	for range backfillRounds {
		var pages int64
		if err := t.QueryRow(ctx, pagesSQL, t.quoted()).Scan(&pages); err != nil {
			return err
		}
		for page := int64(0); page < pages; page += backfillPages {
			began := time.Now()
			changed, err := t.runBatch(ctx, step, path, page, budget)
			if err != nil {
				return err
			}
			if changed == 0 {
				continue
			}
			total += changed
			if time.Since(told) > progressInterval {
				told = time.Now()
				tflog.Info(
					ctx,
					"filling the column",
					map[string]any{
						"table":       t.quoted(),
						"what":        step.What,
						"percent":     percent(page, pages),
						"rows":        total,
						"pages_done":  page,
						"pages_total": pages,
					},
				)
			}
			// A rest between batches leaves the server to others for a third of the time.
			if err := postgres.Pause(ctx, max(time.Since(began)/2, time.Millisecond)); err != nil {
				return err
			}
		}
		var left int64
		if err := t.outside(ctx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, step.Left).Scan(&left) }); err != nil ||
			left == 0 {
			return err
		}
		if err := postgres.Pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("rows are still null after %d rounds: others hold them "+
		"locked, or the default gives null", backfillRounds)
}

const rowsPathSQL = `
select concat_ws(', ', 'pg_catalog', nullif(btrim(reset_val), ''), 'pg_temp'), coalesce((
  select pg_get_userbyid(c.relowner) from pg_class c where c.oid = $1::text::regclass), '')
from pg_settings where name = 'search_path'`

// rowsPath is the search_path under which rows are written: what defaults, constraints and triggers call may look names up
// in that of the user's own sessions. It is the pinned one where a role that is not trusted could put something there.
func (t *Session) rowsPath(ctx context.Context) (path string, err error) {
	err = t.outside(ctx, func(tx pgx.Tx) error {
		var owner string
		if err := tx.QueryRow(ctx, rowsPathSQL, t.quoted()).Scan(&path, &owner); err != nil {
			return err
		}
		schema, err := postgres.UntrustedSchema(ctx, tx, path, owner)
		if schema != "" {
			path = postgres.PinnedPath
		}
		return err
	})
	return path, err
}

func (t *Session) runBatch(
	ctx context.Context,
	step Step,
	path string,
	page int64,
	budget time.Duration,
) (changed int64, err error) {
	err = t.retry(ctx, t.Conn, budget, step.What, func(wait time.Duration) error {
		return pgx.BeginFunc(ctx, t.Conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, t.timeouts(wait, 0)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "select pg_catalog.set_config('search_path', $1, true)", path); err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, step.SQL, page, page+backfillPages)
			changed = tag.RowsAffected()
			return err
		})
	})
	return changed, err
}

// outside runs a query without the statement_timeout of an earlier statement.
func (t *Session) outside(ctx context.Context, work func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, t.Conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, t.timeouts(t.lockTimeout, 0)); err != nil {
			return err
		}
		return work(tx)
	})
}
