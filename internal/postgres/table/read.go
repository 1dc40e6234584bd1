// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// readView is the temporary view that a query of rows stands in. It is planned and run from there, so that what runs is
// the tree that was looked at: as a text it would be looked up once more.
const readView = `pg_temp."auth0pg_read"`

// RowsQuery is a query over rows of a user store.
type RowsQuery struct {
	SQL string
	// Of is the store that it reads; nil where it may name functions of others by itself.
	Of *store.Store
	// Explain is how it is only planned, such as EXPLAIN; "" runs it.
	Explain string
}

// ReadRows runs a query of rows in a transaction that writes nothing and is rolled back, or in one of its own within a
// transaction. Its error is a [postgres.ForeignError] where code of a role that is neither a superuser nor the
// provider's own would run; then nothing has.
func ReadRows(ctx context.Context, db postgres.Beginner, q RowsQuery, read func(pgx.Rows) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	sql := "SELECT * FROM " + readView
	err = mayCreateTemporary(ctx, tx)
	var lacking *TemporaryError
	switch {
	case err == nil:
		err = q.inView(ctx, tx)
	case (errors.Is(err, ErrStandby) || errors.As(err, &lacking)) && q.direct():
		sql = q.SQL
		err = q.overRelation(ctx, tx)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SET TRANSACTION READ ONLY"); err != nil {
		return err
	}
	if q.Explain != "" {
		sql = q.Explain + " " + sql
	}
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	return read(rows)
}

// ReadRow is [ReadRows] for a query of one row.
func ReadRow(ctx context.Context, db postgres.Beginner, q RowsQuery, into ...any) error {
	return ReadRows(ctx, db, q, func(rows pgx.Rows) error {
		_, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (struct{}, error) {
			return struct{}{}, row.Scan(into...)
		})
		return err
	})
}

// inView makes the view and looks at what it runs. To parse a query of it locks what is beneath, so that nobody can put
// something else there.
func (q RowsQuery) inView(ctx context.Context, tx pgx.Tx) error {
	described, err := tx.Prepare(ctx, "", q.SQL)
	if err != nil {
		return err
	}
	names := ""
	for i := range described.Fields {
		names += fmt.Sprintf(", c%d", i)
	}
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY VIEW "+readView+" ("+names[2:]+") AS "+q.SQL); err != nil {
		return err
	}
	if _, err := tx.Prepare(ctx, "", "SELECT * FROM "+readView); err != nil {
		return err
	}
	var view uint32
	if err := tx.QueryRow(ctx, "select '"+readView+"'::regclass::oid").Scan(&view); err != nil {
		return err
	}
	found, err := postgres.ReadCode(ctx, tx, view, q.Explain != "", view)
	return foreign(found, err)
}

// direct reports whether the query calls nothing that is not the server's own, but for casts of its columns.
func (q RowsQuery) direct() bool {
	if q.Of == nil || q.Of.RowFilter != nil {
		return false
	}
	for _, column := range q.Of.Columns {
		if column.Expression != nil {
			return false
		}
	}
	return true
}

// overRelation looks at the relation alone, where no temporary view can be made.
func (q RowsQuery) overRelation(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Prepare(ctx, "", q.SQL); err != nil {
		return err
	}
	var relation uint32
	at := postgres.Ident(q.Of.Table().Schema, q.Of.Table().Name)
	if err := tx.QueryRow(ctx, "select $1::text::regclass::oid", at).Scan(&relation); err != nil {
		return err
	}
	found, err := postgres.ReadCode(ctx, tx, relation, q.Explain != "")
	if err := foreign(found, err); err != nil {
		return err
	}
	found, err = postgres.CastCode(ctx, tx, relation)
	return foreign(found, err)
}

func foreign(found []string, err error) error {
	if err == nil && len(found) > 0 {
		return &postgres.ForeignError{Found: found}
	}
	return err
}
