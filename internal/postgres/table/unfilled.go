// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Columns that refuse a row which leaves them out ($3 those that are not left out), or which
// gives them NULL ($4), and the id ($5), which no user can be without. A trigger that runs
// before the insert, or a rule in its place, may fill any of them. Defaults on the other side of a foreign table do not:
// its wrapper sends every column.
const unfilledSQL = `
select a.attname
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'f') and not c.relhasrules and a.attnum > 0 and not a.attisdropped
  and (a.attnotnull or t.typnotnull or a.attname = $5)
  and (a.attname = any ($4::text[])
    or a.attname <> all ($3::text[]) and not a.atthasdef and a.attidentity = '' and t.typdefault is null)
  and not exists (select from pg_catalog.pg_trigger g
    where g.tgrelid = c.oid and g.tgenabled in ('O', 'A') and g.tgtype & 7 = 7)
order by a.attnum`

// Unfilled lists the columns that will be without a value in a row that gives values to the
// columns in filled and NULL to those in null, though they need one, as far as the catalog can tell.
func Unfilled(
	ctx context.Context,
	q postgres.Querier,
	schema, table, id string,
	filled, null []string,
) ([]string, error) {
	rows, err := q.Query(ctx, unfilledSQL, schema, table, append([]string{}, filled...), append([]string{}, null...), id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
