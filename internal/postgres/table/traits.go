// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Traits are what a table may be besides its shape, and what makes it a worse place for users.
type Traits struct {
	// Unlogged is set for a table that a crash of the server empties, and that no standby has.
	Unlogged bool
	// Children are the tables that inherit from it. A partitioned table's partitions are no such children.
	Children []string
	// Parents are those that it inherits from, again without partitioning.
	Parents []string
}

const traitsSQL = `
select c.relpersistence = 'u',
       array(select i.inhrelid::pg_catalog.regclass::pg_catalog.text from pg_catalog.pg_inherits i
              where i.inhparent = c.oid and c.relkind = 'r' order by 1),
       array(select i.inhparent::pg_catalog.regclass::pg_catalog.text from pg_catalog.pg_inherits i
              where i.inhrelid = c.oid and not c.relispartition order by 1)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')`

// ReadTraits reads them; those of a table that does not exist are none.
func ReadTraits(ctx context.Context, q postgres.Querier, schema, name string) (t Traits, err error) {
	err = q.QueryRow(ctx, traitsSQL, schema, name).Scan(&t.Unlogged, &t.Children, &t.Parents)
	if errors.Is(err, pgx.ErrNoRows) {
		return Traits{}, nil
	}
	return t, err
}
