// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Writing is SQL through which scripts write a column.
type Writing struct {
	// Key stands for it in the answer.
	Key string
	// Column is the one that gets the value, and Text the SQL.
	Column, Text string
	// New are the types of the columns of the row new, by their names.
	New map[string]string
	// OverRow is set where the row is there already, so that it can be read as well.
	OverRow bool
}

const (
	newRow     = "new"
	scratchNew = `pg_temp."auth0pg_new"`
)

// ResolveWritings is [ResolveExpressions] for what is written, by the keys. It may call volatile functions, and the column
// must take its value. The error names what is at fault, see [ExpressionError].
func ResolveWritings(
	ctx context.Context,
	db postgres.Beginner,
	row Row,
	writings []Writing,
) (map[string]Resolved, error) {
	resolved := map[string]Resolved{}
	if len(writings) == 0 {
		return resolved, nil
	}
	for _, w := range writings {
		if err := postgres.CheckExpression(w.Text); err != nil {
			return nil, &ExpressionError{w.Text, &w, err}
		}
	}
	r, err := begin(ctx, db, row)
	if err != nil {
		return nil, err
	}
	defer r.tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	for _, w := range writings {
		found, err := r.writing(ctx, w)
		var refused *ExpressionError
		if err = blamed(w.Text, err); errors.As(err, &refused) {
			refused.Writing = &w
		}
		if err != nil {
			return nil, err
		}
		resolved[w.Key] = found
	}
	return resolved, nil
}

// writing resolves one text, with the row new that it has, and takes back what it made for that.
func (r *rowResolver) writing(ctx context.Context, w Writing) (found Resolved, err error) {
	tx, err := r.tx.Begin(ctx)
	if err != nil {
		return found, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // the transaction around it is rolled back as well
	over := &rowResolver{resolver: resolver{tx: tx, tableOwner: r.tableOwner}, row: r.row, from: r.from, writes: true}
	if len(w.New) > 0 {
		if err := createNew(ctx, tx, w.New); err != nil {
			return found, err
		}
		beside := scratchNew + ` AS "new"`
		if over.from = beside; w.OverRow {
			over.from = r.from + ", " + beside
		}
	}
	if found, err = over.resolve(ctx, w.Text); err != nil {
		return found, err
	}
	return found, over.fits(ctx, w.Column, found.SQL)
}

// createNew makes the row new. Its types are those of parts, which are all in pg_catalog.
func createNew(ctx context.Context, tx pgx.Tx, row map[string]string) error {
	var columns []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		columns = append(columns, postgres.Ident(name)+" "+row[name])
	}
	_, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+scratchNew+" ("+strings.Join(columns, ", ")+") ON COMMIT DROP")
	return err
}

// fits has the server parse a statement that puts the value into the column, and run nothing: it says then whether there
// is such a column, whether it can be written, and whether it takes values of the type.
func (r *rowResolver) fits(ctx context.Context, column, sql string) error {
	target := scratchRow
	if r.row.isThere() {
		target = postgres.Ident(r.row.Schema, r.row.Name)
	}
	_, err := r.tx.Conn().PgConn().Prepare(
		ctx,
		"",
		"INSERT INTO "+target+" ("+postgres.Ident(column)+") SELECT "+sql+" FROM "+r.from,
		nil,
	)
	return err
}
