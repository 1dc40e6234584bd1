// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TooDear stands for the look of hashes that cost more than a login has time for, UnknownLook for that of hashes that
// have none.
const (
	TooDear     = "too costly"
	UnknownLook = "unknown"
)

// UnreadableHashes counts, by their looks, the hashes among so many rows that login cannot compare with when it reads
// these formats beside those that it always does. It reads nothing where another role's code could run.
func UnreadableHashes(
	ctx context.Context, s *postgres.Server, users store.Store, formats []string, rows int,
) (counts map[string]int64, err error) {
	conn, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer postgres.CloseSoon(conn)
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
	err = pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL row_security = off; "+sameRowsSQL, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		found, err := Inspect(ctx, tx, users.Table().Schema, users.Table().Name)
		switch {
		case err != nil:
			return err
		case found == nil:
			return ErrNotFound
		case len(found.Foreign) > 0:
			return &postgres.ForeignError{Found: found.Foreign}
		}
		counts, err = newAuditQuery(users, found, formats).unreadableLooks(ctx, tx, users, formats, rows)
		return err
	})
	return counts, err
}

func (q *auditQuery) unreadableLooks(
	ctx context.Context, db postgres.Beginner, users store.Store, formats []string, limit int,
) (map[string]int64, error) {
	looks, dear := unreadableBy(formats)
	sql := fmt.Sprintf("SELECT CASE WHEN u.dear THEN %s ELSE u.hash END, count(*)\n"+
		"FROM (SELECT %s AS hash, %s ~ ANY (%s) AS dear FROM %s%s LIMIT %d) AS u\nWHERE u.dear "+
		"OR u.hash = ANY (%s) GROUP BY 1",
		postgres.QuoteLiteral(TooDear), q.look(), q.password, postgres.TextArray(dear), q.table, q.clause(), limit,
		postgres.TextArray(append(looks, UnknownLook)))
	counts := map[string]int64{}
	err := ReadRows(ctx, db, RowsQuery{SQL: sql, Of: &users}, func(rows pgx.Rows) error {
		var look string
		var count int64
		_, err := pgx.ForEachRow(rows, []any{&look, &count}, func() error {
			counts[look] = count
			return nil
		})
		return err
	})
	return counts, err
}
