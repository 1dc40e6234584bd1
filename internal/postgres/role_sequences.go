// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Identity columns draw from their sequences with the table's own right and have no entry here.
const defaultSequencesSQL = `
select distinct coalesce(n.nspname, '')::text, coalesce(s.relname, '')::text
  from pg_catalog.pg_class t
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace and tn.nspname = $1
  left join (pg_catalog.pg_attrdef d
	join pg_catalog.pg_depend p on p.classid = 'pg_catalog.pg_attrdef'::regclass and p.objid = d.oid and p.refclassid = 'pg_catalog.pg_class'::regclass
	join pg_catalog.pg_class s on s.oid = p.refobjid and s.relkind = 'S'
	join pg_catalog.pg_namespace n on n.oid = s.relnamespace) on d.adrelid = t.oid
 where t.relname = $2 and t.relkind in ('r', 'p', 'v', 'm', 'f')
 order by 1, 2`

// DefaultSequences lists the sequences that the defaults of a table's columns draw from: who
// inserts a row needs USAGE on them. exists is false when there is no such table.
func (s *Server) DefaultSequences(
	ctx context.Context,
	schema, table string,
) (sequences []Object, exists bool, err error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, false, err
	}
	rows, err := pool.Query(ctx, defaultSequencesSQL, schema, table)
	if err != nil {
		return nil, false, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Object, error) {
		o := Object{Kind: SequenceObject}
		err := row.Scan(&o.Schema, &o.Name)
		return o, err
	})
	for _, o := range found {
		if o.Name != "" {
			sequences = append(sequences, o)
		}
	}
	return sequences, len(found) > 0, err
}
