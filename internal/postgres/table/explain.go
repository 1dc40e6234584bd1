// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"
	"slices"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
	"github.com/jackc/pgx/v5"
)

// Explain has the server plan a look-up of users, which checks the rights to all that is beneath. It plans nothing that
// runs code of a role that is not trusted, see [ReadRows]: planning works constants out.
func Explain(ctx context.Context, db postgres.Beginner, users store.Store) error {
	q := newRowsQuery(users)
	sql := fmt.Sprintf("SELECT %s, %s, %s FROM %s WHERE %s", q.id, q.email, q.password, q.from, q.users)
	return ReadRows(ctx, db, RowsQuery{SQL: sql, Of: &users, Explain: "EXPLAIN"}, func(rows pgx.Rows) error {
		rows.Close()
		return rows.Err()
	})
}

// WholeRead is a relation that a look-up reads from end to end.
type WholeRead struct {
	On   string // as SQL
	Rows int64  // about how many it has
}

// manyRows is from how many on reading all of them for each login is too much.
const manyRows = 10_000

// WholeReads are the large relations of which the server reads every row to run the query of users, which it only plans,
// and under the same condition as [Explain].
func WholeReads(ctx context.Context, db postgres.Beginner, users store.Store, query string) ([]WholeRead, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	var plan []struct{ Plan planNode }
	err = ReadRow(ctx, tx, RowsQuery{SQL: query, Of: &users, Explain: "EXPLAIN (FORMAT JSON, VERBOSE)"}, &plan)
	if err != nil {
		return nil, err
	}
	var found []WholeRead
	for _, p := range plan {
		for _, on := range p.Plan.scanned() {
			var rows int64
			if err := tx.QueryRow(ctx, rowsOfSQL, on.schema, on.name).Scan(&rows); err != nil {
				return nil, err
			}
			read := WholeRead{On: postgres.Ident(on.schema, on.name), Rows: rows}
			if rows > manyRows && !slices.Contains(found, read) {
				found = append(found, read)
			}
		}
	}
	return found, nil
}

// A table that was never analysed has about a hundred rows in 8 kB.
const rowsOfSQL = `
select coalesce((select case when c.reltuples > 0 then c.reltuples::bigint else pg_relation_size(c.oid) / 80 end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2), 0)`

// planNode is a node of a plan as EXPLAIN has it.
type planNode struct {
	Type   string `json:"Node Type"`
	Schema string
	Name   string `json:"Relation Name"`
	Plans  []planNode
}

type scannedRelation struct{ schema, name string }

func (n planNode) scanned() (all []scannedRelation) {
	if n.Type == "Seq Scan" {
		all = append(all, scannedRelation{n.Schema, n.Name})
	}
	for _, below := range n.Plans {
		all = append(all, below.scanned()...)
	}
	return all
}
