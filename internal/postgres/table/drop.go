// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// RowsError is a table that was to be dropped and has rows.
type RowsError struct{ Schema, Name string }

func (e *RowsError) Error() string {
	return fmt.Sprintf("the table %s has rows", postgres.Ident(e.Schema, e.Name))
}

// HasRows reports whether the table has a row, also one that row-level security hides:
// then it is an error rather than a no.
func HasRows(ctx context.Context, db postgres.Beginner, schema, name string) (rows bool, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local row_security = off"); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+postgres.Ident(schema, name)+")").Scan(&rows)
	})
	return rows, err
}

// Drop drops the table. Unless withRows is set, a table with rows is left alone, see
// [RowsError]; the rows are looked for while nobody can write any.
func (t *Session) Drop(ctx context.Context, withRows bool, budget time.Duration) error {
	table := t.quoted()
	// The table takes its row type along, so that the session which has the lock on that drops it.
	on, in := t.Conn, postgres.Beginner(t.Conn)
	if t.kept != nil {
		on, in = t.keeper, t.kept
	}
	drop := func(wait time.Duration) error {
		return pgx.BeginFunc(ctx, in, func(tx pgx.Tx) error {
			if err := t.timeouts(ctx, tx, wait, 0); err != nil {
				return err
			}
			if !withRows {
				if _, err := tx.Exec(ctx, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
					return err
				}
				rows, err := HasRows(ctx, tx, t.schema, t.name)
				if err != nil {
					return err
				}
				if rows {
					return &RowsError{Schema: t.schema, Name: t.name}
				}
			}
			_, err := tx.Exec(ctx, "DROP TABLE "+table)
			return err
		})
	}
	err := t.retry(ctx, on, budget, "drop the table", drop)
	if err == nil && t.kept != nil {
		err = t.kept.Commit(ctx)
		t.kept = nil
	}
	return err
}

// SchemaAccess reports whether the schema exists and whether the session's role may create
// tables in it.
func SchemaAccess(ctx context.Context, q postgres.Querier, schema string) (exists, mayCreate bool, err error) {
	err = q.QueryRow(
		ctx,
		`select count(*) > 0, coalesce(bool_or(has_schema_privilege(oid, 'CREATE')), false) from pg_catalog.pg_namespace where nspname = $1`,
		schema,
	).
		Scan(
			&exists,
			&mayCreate,
		)
	return exists, mayCreate, err
}
