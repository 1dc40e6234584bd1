// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Indexable asks the server whether it takes an index of the row's table with this key and this predicate, both as
// [ResolveExpressions] returned them, "" for none: it creates it on an empty copy of the table, in a transaction that
// is rolled back. What changes with the time or reads other rows it does not take, and what
// runs code of a role that is neither a superuser nor the provider's own is not tried.
func Indexable(ctx context.Context, db postgres.Beginner, row Row, key, predicate string) (bool, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	if err := mayCreateTemporary(ctx, tx); err != nil {
		return false, err
	}
	if row.Current == nil {
		return false, nil
	}
	copied := postgres.Ident("pg_temp", row.Name)
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+copied+" (LIKE "+postgres.Ident(row.Schema,
		row.Name)+") ON COMMIT DROP"); err != nil {
		return false, err
	}
	u := Unique{Column: "1", Expression: key, Predicate: predicate}
	if key == "" {
		u.Expression = "1"
	}
	foreign, err := runsForeign(ctx, tx, strings.TrimSuffix(u.key()+" AS key, ("+predicate+") AS predicate",
		", () AS predicate"), postgres.Ident(row.Schema, row.Name))
	var server *pgconn.PgError
	if foreign || errors.As(err, &server) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, "CREATE INDEX ON "+copied+" ("+u.key()+")"+u.where())
	if errors.As(err, &server) {
		return false, nil
	}
	return err == nil, err
}
