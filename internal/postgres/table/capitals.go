// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// ReadCapitals finds out whether an address in the column has capitals, among the first [CensusRows] rows. Where that
// cannot be told, the rows are taken to have some: a look-up that folds finds everybody all the same.
func (t *Table) ReadCapitals(ctx context.Context, db postgres.Beginner, column *Column) error {
	if column == nil || IsCIText(column.ValueType()) || t.LookupIndex(column.Name, PlainLookup) == nil ||
		t.LookupIndex(column.Name, LowerLookup) != nil {
		return nil // nothing depends on it
	}
	if t.Capitals = true; len(t.Foreign) > 0 {
		return nil
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	for _, sql := range []string{
		"SET LOCAL row_security = off", fmt.Sprintf("SET LOCAL statement_timeout = %d", censusTime.Milliseconds()),
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	address := postgres.Ident(column.Name) + "::text"
	sql := fmt.Sprintf("SELECT coalesce(bool_or(%[1]s <> lower(%[1]s)), false) FROM (SELECT "+
		"%[2]s FROM %[3]s LIMIT %[4]d) s",
		address, postgres.Ident(column.Name), postgres.Ident(t.Schema, t.Name), CensusRows)
	of := store.Store{Reach: store.Table{Schema: t.Schema, Name: t.Name}}
	err = ReadRow(ctx, tx, RowsQuery{SQL: sql, Of: &of}, &t.Capitals)
	var foreign *postgres.ForeignError
	var server *pgconn.PgError
	if errors.As(err, &server) || errors.As(err, &foreign) {
		return nil
	}
	return err
}
