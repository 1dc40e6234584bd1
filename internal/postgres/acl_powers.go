// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Reached is what the member of a role can be and do by it, and by the roles that this one is a member of.
type Reached struct {
	// Powers are those of them which are more than a role of scripts may be.
	Powers []Power
	// Rights is what they were granted on tables and functions of the database.
	Rights []Grant
}

// Power is a role by which something could be done that lasts, or that no privilege on an object bounds.
type Power struct {
	Role string
	// Why completes "the role is ": "a superuser", "the owner of table app.users".
	Why string
}

func (p Power) String() string { return Ident(p.Role) + ", " + p.Why }

// A role that owns something, that may create, that hands on or that sets the server's parameters leaves things behind in which
// others' sessions run its code, and the predefined ones are bounded by no object. Of what is granted on other kinds of objects
// than tables, functions, types and schemas nothing is of use to scripts: it stands among what roles share.
const powersSQL = `
with recursive reached (oid) as (
  select oid from pg_catalog.pg_roles where rolname = $1
  union select m.roleid from pg_catalog.pg_auth_members m join reached on m.member = reached.oid
), here (oid) as (select oid from pg_catalog.pg_database where datname = current_database()
), shared as (
  select d.refobjid as role, d.deptype, d.classid, case when d.dbid in (0, h.oid) then pg_describe_object(d.classid, d.objid, 0)
    else format('objects of the database %I', b.datname) end as object
  from reached r join pg_catalog.pg_shdepend d on d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid,
    here h, lateral (select (select datname from pg_catalog.pg_database where oid = d.dbid)) b (datname)
), granted (role, class, id, privilege, grantable) as (
  select a.grantee, o.class, o.id, a.privilege_type, a.is_grantable from (
    select 'pg_catalog.pg_database'::regclass, oid, datacl from pg_catalog.pg_database
    union all select 'pg_catalog.pg_namespace'::regclass, oid, nspacl from pg_catalog.pg_namespace
    union all select 'pg_catalog.pg_class'::regclass, oid, relacl from pg_catalog.pg_class
    union all select 'pg_catalog.pg_class'::regclass, attrelid, attacl from pg_catalog.pg_attribute where attacl is not null
    union all select 'pg_catalog.pg_proc'::regclass, oid, proacl from pg_catalog.pg_proc
    union all select 'pg_catalog.pg_type'::regclass, oid, typacl from pg_catalog.pg_type
  ) o (class, id, acl), lateral aclexplode(o.acl) a where a.grantee in (select oid from reached)
)
select r.rolname::text, r.oid, coalesce(case
  when r.rolname in (current_user, session_user) then 'the role that the provider connects as'
  when r.rolsuper then 'a superuser'
  when r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls then 'a role with further attributes'
  when r.rolname ~ '^pg_' then 'one of the server''s own roles, which no privilege on an object bounds' end,
  (select 'the owner of ' || min(object) from shared s where s.role = r.oid and s.deptype = 'o'
    and s.classid <> 'pg_catalog.pg_default_acl'::regclass),
  (select min(format(case when g.grantable then 'who may hand on what is granted on %s' when g.privilege = 'TRIGGER' then
      'who may put triggers on %s' else 'who may create objects in %s' end, pg_describe_object(g.class, g.id, 0)))
    from granted g where g.role = r.oid and (g.grantable or g.privilege in ('CREATE', 'TRIGGER'))),
  (select format('who may make others members of %I', min(pg_get_userbyid(m.roleid)::text)) from pg_catalog.pg_auth_members m
    where m.member = r.oid and m.admin_option having count(*) > 0),
  (select 'who has privileges on ' || min(object) from shared s where s.role = r.oid and s.deptype = 'a' and s.classid not in (
    'pg_catalog.pg_database'::regclass, 'pg_catalog.pg_namespace'::regclass, 'pg_catalog.pg_class'::regclass,
    'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_default_acl'::regclass)), '')
  from reached join pg_catalog.pg_roles r using (oid)
 order by r.rolname <> $1, 1`

// Reached tells what a member of the role could be and do. Its error is [ErrRoleNotFound] where there is no such role.
func (s *Server) Reached(ctx context.Context, role string) (found Reached, err error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return found, err
	}
	rows, err := pool.Query(ctx, powersSQL, role)
	if err != nil {
		return found, err
	}
	var roles []uint32
	var p Power
	var oid uint32
	_, err = pgx.ForEachRow(rows, []any{&p.Role, &oid, &p.Why}, func() error {
		roles = append(roles, oid)
		if p.Why != "" {
			found.Powers = append(found.Powers, p)
		}
		return nil
	})
	switch {
	case err != nil:
		return found, err
	case len(roles) == 0:
		return found, ErrRoleNotFound
	}
	var all []Grant
	for _, oid := range roles {
		granted, err := grantsOfRole(ctx, pool, oid)
		if err != nil {
			return found, fmt.Errorf("read what is granted: %w", err)
		}
		all = append(all, granted...)
	}
	found.Rights = MergeGrants(all)
	return found, nil
}

// grantsOfRole lists what a role itself was granted on tables and functions.
func grantsOfRole(ctx context.Context, q Querier, oid uint32) ([]Grant, error) {
	objects, err := grantedObjects(ctx, q, oid)
	if err != nil {
		return nil, err
	}
	held, err := readRights(ctx, q, oid, objects)
	return shownGrants(held, nil), err
}
