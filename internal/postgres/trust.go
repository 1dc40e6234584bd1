// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// Trusted are superusers, the provider's own role, the owner of the database and that of the table: all others could run
// code with the provider's rights through what belongs to them.

// ForeignError is a table whose rows are not touched: code of a role that is not trusted would run in a session that can go
// back to the provider's rights.
type ForeignError struct {
	// Found says what would run it, see [Table].
	Found []string
}

func (e *ForeignError) Error() string { return List(e.Found) }

// What could run code of a role that is not trusted, see [UntrustedError], where rows are read, converted or written:
// triggers, whose functions run in a session that can go back to the rights of whoever it belongs to; the types of
// columns, with their casts and constraints; tables that inherit, with all that their owners put on them; and what indexes,
// checks, defaults, policies, rules and the conditions of triggers call, whoever put them there.
const foreignSQL = `
with recursive family as (
  select c.oid from pg_class c where c.oid = $1
  union select i.inhrelid from pg_inherits i join family f on i.inhparent = f.oid
), trusted as (
  select r.oid from pg_roles r where r.rolsuper or r.rolname in (current_user, session_user)
  union select relowner from pg_class where oid = $1
  union select datdba from pg_database where datname = current_database()
), trees (class, id, name) as (
  select 'pg_class'::regclass, i.indexrelid, format('index %s', i.indexrelid::regclass) from pg_index i join family f on f.oid = i.indrelid
  union all
  -- the key of partitions, and before PostgreSQL 15 generated columns
  select 'pg_class'::regclass, f.oid, format('table %s', f.oid::regclass) from family f join pg_class c on c.oid = f.oid
  where c.relkind in ('r', 'p')
  union all
  select 'pg_constraint'::regclass, k.oid, format('constraint %I', k.conname) from pg_constraint k
  where k.contype = 'c' and (k.conrelid in (select oid from family)
    or k.contypid in (select a.atttypid from pg_attribute a join family f on f.oid = a.attrelid where not a.attisdropped))
  union all
  select 'pg_attrdef'::regclass, d.oid, format('default of the column %I', a.attname)
  from pg_attrdef d join family f on f.oid = d.adrelid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  union all
  select 'pg_policy'::regclass, p.oid, format('policy %I', p.polname) from pg_policy p join family f on f.oid = p.polrelid
  union all
  select 'pg_rewrite'::regclass, w.oid, format('rule %I', w.rulename) from pg_rewrite w join family f on f.oid = w.ev_class
    join pg_class c on c.oid = f.oid where c.relkind in ('r', 'p')
  union all
  select 'pg_trigger'::regclass, g.oid, format('trigger %I', g.tgname) from pg_trigger g join family f on f.oid = g.tgrelid
  where not g.tgisinternal and g.tgenabled <> 'D'
)
select distinct text from (
  select format('the %s calls the function %s of the role %I', t.name, p.oid::regprocedure, pg_get_userbyid(p.proowner)) as text
  from trees t join pg_depend d on d.classid = t.class and d.objid = t.id
    left join pg_operator o on o.oid = d.refobjid and d.refclassid = 'pg_operator'::regclass
    join pg_proc p on p.oid = case d.refclassid when 'pg_proc'::regclass then d.refobjid when 'pg_operator'::regclass then o.oprcode::oid end
  where p.proowner not in (select oid from trusted)
    and not exists (select from pg_trigger g where d.classid = 'pg_trigger'::regclass and g.oid = d.objid and g.tgfoid = p.oid)
  union all
  select format('the trigger %I calls a function of the role %I', g.tgname, pg_get_userbyid(p.proowner)) as text
  from pg_trigger g join pg_proc p on p.oid = g.tgfoid
  where not g.tgisinternal and g.tgenabled <> 'D' and g.tgrelid in (select oid from family) and p.proowner not in (select oid from trusted)
  union all
  select format('the column %I has the type %s of the role %I', a.attname, format_type(t.oid, null), pg_get_userbyid(t.typowner))
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  where a.attnum > 0 and not a.attisdropped and a.attrelid in (select oid from family) and t.typowner not in (select oid from trusted)
  union all
  select format('the table %s, which inherits from it, belongs to the role %I', c.oid::regclass, pg_get_userbyid(c.relowner))
  from pg_class c where c.oid in (select oid from family) and c.relowner not in (select oid from trusted)
) found order by 1`

// ForeignCode says of the table with that oid what its Foreign holds, see [ForeignError].
func ForeignCode(ctx context.Context, q Querier, oid uint32) ([]string, error) {
	rows, err := q.Query(ctx, foreignSQL, oid)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// OwnerForeign says what [ForeignCode] leaves out, since a table's owner is trusted there: that a table which we write to as
// one of ours belongs to somebody who is neither trusted nor the owner of the users. It is "" where that is not so.
func OwnerForeign(ctx context.Context, q Querier, schema, name, usersOwner string) (found string, err error) {
	err = q.QueryRow(ctx, `
select format('the table %I.%I belongs to the role %I', n.nspname, c.relname, r.rolname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = c.relowner
where n.nspname = $1 and c.relname = $2 and not r.rolsuper and r.rolname not in (current_user, session_user, $3)
  and r.oid <> (select datdba from pg_database where datname = current_database())`, schema, name, usersOwner).Scan(&found)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return found, err
}

// What a view runs where it is read: functions, operators and the checks of domains, with the rights of whoever reads it,
// and views beneath it.
const viewSQL = `
with recursive family as (
  select c.oid from pg_class c where c.oid = $1
  union select d.refobjid from family f join pg_rewrite w on w.ev_class = f.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
), trusted as (
  select r.oid from pg_roles r where r.rolsuper or r.rolname in (current_user, session_user)
  union select relowner from pg_class where oid = $1
  union select datdba from pg_database where datname = current_database()
), used as (
  select f.oid as view, d.refclassid as class, d.refobjid as id from family f join pg_rewrite w on w.ev_class = f.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
)
select distinct text from (
  select format('the view %s belongs to the role %I', c.oid::regclass, pg_get_userbyid(c.relowner)) as text
  from family f join pg_class c on c.oid = f.oid where c.relkind in ('v', 'm') and c.relowner not in (select oid from trusted)
  union all
  select format('the view %s calls the function %s of the role %I', u.view::regclass, p.oid::regprocedure, pg_get_userbyid(p.proowner))
  from used u left join pg_operator o on o.oid = u.id and u.class = 'pg_operator'::regclass
    join pg_proc p on p.oid = case u.class when 'pg_proc'::regclass then u.id when 'pg_operator'::regclass then o.oprcode::oid end
  where p.proowner not in (select oid from trusted)
  union all
  -- a cast to a domain runs what its checks call
  select format('the view %s uses the type %s of the role %I', u.view::regclass, format_type(t.oid, null), pg_get_userbyid(t.typowner))
  from used u join pg_type t on t.oid = u.id and u.class = 'pg_type'::regclass
  where t.typrelid = 0 and t.typowner not in (select oid from trusted)
) found order by 1`

// ViewCode is [ForeignCode] for what the query of a view runs.
func ViewCode(ctx context.Context, q Querier, oid uint32) ([]string, error) {
	rows, err := q.Query(ctx, viewSQL, oid)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// The tables beneath a view, each with what there is to say of its owner: "" for one that is trusted, as the view's is.
const beneathSQL = `
with recursive family as (
  select c.oid from pg_class c where c.oid = $1
  union select d.refobjid from family f join pg_rewrite w on w.ev_class = f.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
)
select c.oid, case when r.rolsuper or r.rolname in (current_user, session_user) or r.oid = v.relowner
    or r.oid = (select datdba from pg_database where datname = current_database()) then ''
  else format('the table %s, which a change of it writes to, belongs to the role %I', c.oid::regclass, r.rolname) end
from family f join pg_class c on c.oid = f.oid and c.relkind in ('r', 'p', 'f') join pg_roles r on r.oid = c.relowner
cross join (select relowner from pg_class where oid = $1) v order by 2`

// WrittenForeign is [ForeignCode] for what a change through a view runs: the triggers and the like of the tables beneath it.
func WrittenForeign(ctx context.Context, q Querier, schema, name string) (all []string, err error) {
	var view uint32
	if err := q.QueryRow(ctx, `select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2`, schema, name).Scan(&view); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, beneathSQL, view)
	if err != nil {
		return nil, err
	}
	type beneath struct {
		OID   uint32
		Owner string
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[beneath])
	for _, table := range tables {
		if table.Owner != "" {
			all = append(all, table.Owner)
		}
		found, err := ForeignCode(ctx, q, table.OID)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, err
}

// foreignCodeOf is [ForeignCode] and [ViewCode] of a relation by its name, with its owner.
func foreignCodeOf(ctx context.Context, q Querier, table Object) (owner string, found []string, err error) {
	var oid uint32
	var view bool
	err = q.QueryRow(ctx, `
select c.oid, pg_catalog.pg_get_userbyid(c.relowner), c.relkind not in ('r', 'p')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`, table.Schema, table.Name).Scan(&oid, &owner, &view)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	if found, err = ForeignCode(ctx, q, oid); err != nil || !view {
		return owner, found, err
	}
	beneath, err := ViewCode(ctx, q, oid)
	return owner, append(found, beneath...), err
}

// The first of the schemas in which somebody who is not trusted may create, or owns, what a trigger would find there.
const untrustedSchemaSQL = `
with trusted as (
  select r.oid from pg_roles r
  where r.rolsuper or r.rolname in (session_user, $2) or r.oid = (select datdba from pg_database where datname = current_database())
    -- who owns the database is its owner under another name
    or r.rolname = 'pg_database_owner'
)
select n.nspname::text from unnest($1::text[]) with ordinality as s (name, position) join pg_namespace n on n.nspname = s.name
where n.nspname <> 'pg_catalog' and (
  n.nspowner not in (select oid from trusted)
  or exists (select from aclexplode(n.nspacl) a where a.privilege_type = 'CREATE' and a.grantee not in (select oid from trusted))
  or exists (select from pg_proc o where o.pronamespace = n.oid and o.proowner not in (select oid from trusted))
  or exists (select from pg_operator o where o.oprnamespace = n.oid and o.oprowner not in (select oid from trusted))
  or exists (select from pg_type o where o.typnamespace = n.oid and o.typowner not in (select oid from trusted))
  or exists (select from pg_class o where o.relnamespace = n.oid and o.relowner not in (select oid from trusted)))
order by s.position limit 1`

// UntrustedSchema looks at each schema of a search_path, in which functions of the table's owner look names up: they run in
// a session of the provider's, with its rights or within reach of them. It leaves the session pinned.
func UntrustedSchema(ctx context.Context, tx pgx.Tx, path, owner string) (schema string, err error) {
	var schemas []string
	if _, err := tx.Exec(ctx, "select pg_catalog.set_config('search_path', $1, true)", path); err != nil {
		return "", err
	}
	if err := tx.QueryRow(ctx, "select pg_catalog.current_schemas(false)::pg_catalog.text[]").Scan(&schemas); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, PinPathSQL); err != nil {
		return "", err
	}
	err = tx.QueryRow(ctx, untrustedSchemaSQL, schemas, owner).Scan(&schema)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return schema, err
}
