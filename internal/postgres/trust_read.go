// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Where rows are only looked at, nobody is trusted but superusers and the provider's own role. READ ONLY does not stop
// COPY … TO PROGRAM, and a function can take back every role that we take on: a view's owner would run code as the provider.

// What the planner and the executor run for a query over the relation $1. A rule, an index, a check, statistics, a
// partition's key and a policy are trees of expressions; the planner works out what is constant in them,
// those of indexes that it does not use, too. The tree of a view is searched for functions of the server's own as well,
// which stand in no dependency: some of them run the text that they are given. With $2 policies are looked at, which
// row_security = off keeps from running.
const readSQL = `
with recursive trusted as (
  select r.oid from pg_roles r where r.rolsuper or r.rolname in (current_user, session_user)
), reached (class, id, via) as (
  select 'pg_class'::regclass::oid, $1::oid, $1::oid
  union
  select e.class, e.id, e.via from reached r, lateral (
    select d.refclassid, d.refobjid, case r.class when 'pg_class'::regclass then r.id else r.via end from pg_depend d
    where d.classid = r.class and d.objid = r.id and (d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
      or r.class in ('pg_rewrite'::regclass, 'pg_policy'::regclass) and d.refclassid in ('pg_class'::regclass, 'pg_type'::regclass))
      and r.class in ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_class'::regclass, 'pg_constraint'::regclass,
        'pg_statistic_ext'::regclass)
    union all
    select d.refclassid, d.refobjid, r.via from pg_depend d where r.class = 'pg_type'::regclass and d.classid = r.class
      and d.objid = r.id and d.refclassid in ('pg_type'::regclass, 'pg_proc'::regclass)
    union all
    select 'pg_type'::regclass, t.typelem, r.via from pg_type t where r.class = 'pg_type'::regclass and t.oid = r.id and t.typelem <> 0
    union all
    select 'pg_type'::regclass, a.atttypid, r.via from pg_type t join pg_attribute a on a.attrelid = t.typrelid
    where r.class = 'pg_type'::regclass and t.oid = r.id and a.attnum > 0 and not a.attisdropped
    union all
    select 'pg_constraint'::regclass, k.oid, r.via from pg_constraint k where r.class = 'pg_type'::regclass and k.contypid = r.id
    union all
    select 'pg_rewrite'::regclass, w.oid, r.id from pg_rewrite w join pg_class c on c.oid = w.ev_class
    where r.class = 'pg_class'::regclass and w.ev_class = r.id and c.relkind = 'v'
    union all
    select 'pg_class'::regclass, i.inhrelid, i.inhrelid from pg_inherits i where r.class = 'pg_class'::regclass and i.inhparent = r.id
    union all
    select 'pg_class'::regclass, i.indexrelid, r.id from pg_index i where r.class = 'pg_class'::regclass and i.indrelid = r.id
    union all
    select 'pg_constraint'::regclass, k.oid, r.id from pg_constraint k
    where r.class = 'pg_class'::regclass and k.conrelid = r.id and k.contype = 'c'
    union all
    select 'pg_statistic_ext'::regclass, s.oid, r.id from pg_statistic_ext s where r.class = 'pg_class'::regclass and s.stxrelid = r.id
    union all
    select 'pg_policy'::regclass, p.oid, r.id from pg_policy p join pg_class c on c.oid = p.polrelid
    where $2 and c.relrowsecurity and r.class = 'pg_class'::regclass and p.polrelid = r.id
    union all
    select 'pg_proc'::regclass, o.oprcode, r.via from pg_operator o where r.class = 'pg_operator'::regclass and o.oid = r.id
    union all
    select 'pg_proc'::regclass, m[1]::oid, r.via from pg_rewrite w, regexp_matches(w.ev_action::text, $3, 'g') m
    where r.class = 'pg_rewrite'::regclass and w.oid = r.id
    union all
    select 'pg_proc'::regclass, m[1]::oid, r.via from pg_policy p, regexp_matches(p.polqual::text, $3, 'g') m
    where r.class = 'pg_policy'::regclass and p.oid = r.id
  ) e (class, id, via)
), calls as (
  select case c.relkind when 'v' then 'view' when 'f' then 'foreign table' else 'table' end as kind, c.oid as via, p.oid as id,
    p.proowner, c.relowner, p.proowner not in (select oid from trusted) as foreign_code,
    -- what runs SQL that it is given as text, or does something
    c.relowner not in (select oid from trusted) and (
      p.provolatile = 'v' and not (p.pronamespace = 'pg_catalog'::regnamespace
        and p.proname in ('random', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7'))
      or p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ '_to_xml'
      or p.pronamespace <> 'pg_catalog'::regnamespace and p.proretset and p.provolatile <> 'i') as runs_text
  from reached r join pg_proc p on p.oid = r.id and r.class = 'pg_proc'::regclass join pg_class c on c.oid = r.via
)
select distinct text from (
  select case when via = any ($4::oid[]) then format('the function %s belongs to the role %I', id::regprocedure, pg_get_userbyid(proowner))
    else format('the %s %s calls the function %s of the role %I', kind, via::regclass, id::regprocedure, pg_get_userbyid(proowner)) end as text
  from calls where foreign_code
  union all
  select format('the %s %s of the role %I calls %s, which does more than to compute a value', kind, via::regclass, pg_get_userbyid(relowner),
    id::regprocedure)
  from calls where runs_text and not foreign_code
  union all
  select format('the foreign table %s belongs to the role %I', c.oid::regclass, pg_get_userbyid(c.relowner))
  from reached r join pg_class c on c.oid = r.id and r.class = 'pg_class'::regclass
  where c.relkind = 'f' and c.relowner not in (select oid from trusted)
  union all
  select format('the server %I of the foreign table %s belongs to the role %I', s.srvname, c.oid::regclass, pg_get_userbyid(s.srvowner))
  from reached r join pg_class c on c.oid = r.id and r.class = 'pg_class'::regclass
    join pg_foreign_table f on f.ftrelid = c.oid join pg_foreign_server s on s.oid = f.ftserver
  where s.srvowner not in (select oid from trusted)
) found order by 1`

// calledInTree matches the functions in a tree of the server's.
const calledInTree = `:(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)`

// ReadCode says which code of a role that is neither a superuser nor the provider's own would run where a query over the
// relation is planned, or its rows are read. The relations in own are ours, such as a temporary view, and are not named.
func ReadCode(ctx context.Context, q Querier, relation uint32, policies bool, own ...uint32) ([]string, error) {
	if own == nil {
		own = []uint32{}
	}
	rows, err := q.Query(ctx, readSQL, relation, policies, calledInTree, own)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// What casts the types of a relation's columns have by functions of others: the values are read as text.
const castSQL = `
with recursive kinds (id) as (
  select a.atttypid from pg_attribute a where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
  union select e.id from kinds k join pg_type t on t.oid = k.id, lateral (values (t.typbasetype), (t.typelem)) e (id) where e.id <> 0
)
select distinct format('the type %s has a cast by the function %s of the role %I', format_type(c.castsource, null), p.oid::regprocedure,
  pg_get_userbyid(p.proowner))
from kinds k join pg_cast c on c.castsource = k.id join pg_proc p on p.oid = c.castfunc
where p.proowner not in (select r.oid from pg_roles r where r.rolsuper or r.rolname in (current_user, session_user))
order by 1`

// CastCode is [ReadCode] for what runs where columns of a relation are read as text.
func CastCode(ctx context.Context, q Querier, relation uint32) ([]string, error) {
	rows, err := q.Query(ctx, castSQL, relation)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
