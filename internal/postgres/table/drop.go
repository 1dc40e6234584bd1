// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
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
	on, begin, undo := t.Conn, "begin", "rollback"
	if t.kept != nil {
		on, begin, undo = t.keeper, "savepoint a", "rollback to savepoint a"
	}
	err := t.retry(ctx, on, budget, "drop the table", func(wait time.Duration) error {
		statements := []string{begin, t.timeouts(wait, 0)}
		if !withRows {
			statements = append(statements, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE", "set local row_security = off",
				// Where there is a row, this divides by zero, and nothing after it is run.
				"SELECT 1 / (CASE WHEN EXISTS (SELECT FROM "+table+") THEN 0 ELSE 1 END)")
		}
		done, err := postgres.Script(ctx, on, append(statements, "DROP TABLE "+table, "commit")...)
		if err == nil {
			return nil
		}
		if !withRows && done == len(statements)-1 && postgres.SQLState(err) == "22012" { // division_by_zero
			err = &RowsError{Schema: t.schema, Name: t.name}
		}
		return errors.Join(err, t.rollBack(ctx, on, undo))
	})
	if err == nil {
		t.kept = nil // it is committed
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
