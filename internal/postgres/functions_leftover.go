// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// When somebody drops the schema of access functions, their owner stays behind with its rights on the table and its
// policy. It is known by its comment, owns nothing, and is taken over by the next creation or goes with the next drop.

// leftoverSQL tells, of a dependency d, whether it is one that a dropped schema leaves.
const leftoverSQL = `(d.deptype = 'a' and d.classid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_namespace'::regclass)
  or d.deptype = 'r' and d.classid = 'pg_catalog.pg_policy'::regclass)`

const leftObjectsSQL = `
select distinct case when d.classid = 'pg_catalog.pg_namespace'::regclass then 'schema' when c.relkind = 'S' then 'sequence' else 'table' end,
       case when d.classid = 'pg_catalog.pg_namespace'::regclass then '' else n.nspname::text end, coalesce(c.relname, n.nspname)::text
  from pg_catalog.pg_shdepend d
  left join pg_catalog.pg_class c on d.classid = 'pg_catalog.pg_class'::regclass and c.oid = d.objid
  join pg_catalog.pg_namespace n on n.oid = coalesce(c.relnamespace, d.objid)
 where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = $1 and d.deptype = 'a'
   and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
 order by 1, 2, 3`

// revokeLeftovers takes back all that a leftover owner may do in this database.
func revokeLeftovers(ctx context.Context, tx pgx.Tx, owner string) error {
	role, err := readRole(ctx, tx, owner)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, leftObjectsSQL, role.oid)
	if err != nil {
		return err
	}
	objects, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Object, err error) {
		return o, row.Scan(&o.Kind, &o.Schema, &o.Name)
	})
	if err != nil || len(objects) == 0 {
		return err
	}
	return syncGrants(ctx, tx, owner, role.oid, objects, nil)
}

const leftPoliciesSQL = `
select p.polname::text, n.nspname::text, c.relname::text
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_roles r on p.polroles = array[r.oid]
 where r.rolname = $1 order by 1, 2, 3`

// dropLeftPolicies drops the policies that are for the owner alone, but for the one of these functions on their table.
func dropLeftPolicies(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	rows, err := tx.Query(ctx, leftPoliciesSQL, spec.Owner)
	if err != nil {
		return err
	}
	type policy struct{ Name, Schema, Table string }
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[policy])
	if err != nil {
		return err
	}
	for _, p := range found {
		if p.Name == policyName(spec.Schema) && p.Schema == spec.Table.Schema && p.Table == spec.Table.Name {
			continue
		}
		if err := waitBriefly(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("DROP POLICY IF EXISTS %s ON %s", Ident(p.Name),
			Ident(p.Schema, p.Table))); err != nil {
			return err
		}
	}
	return nil
}

// dropLeftover drops the owner that a schema of functions has left behind, if there is one.
func dropLeftover(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	var other *AccessExistsError
	switch exists, err := checkOwner(ctx, tx, spec.Owner); {
	case errors.As(err, &other):
		return nil // of another use
	case err != nil || !exists:
		return err
	}
	if err := revokeLeftovers(ctx, tx, spec.Owner); err != nil {
		return err
	}
	nowhere := spec
	nowhere.Table = Object{}
	if err := dropLeftPolicies(ctx, tx, nowhere); err != nil {
		return err
	}
	return dropOwner(ctx, tx, spec)
}
