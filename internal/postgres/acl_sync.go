// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// GrantsError is a change of privileges that the server accepted and did not carry out:
// it only warns where the one who grants lacks the right to.
type GrantsError struct {
	Missing []Grant
	Extra   []Grant
}

func (e *GrantsError) Error() string {
	var parts []string
	for _, g := range e.Missing {
		parts = append(parts, "not granted: "+g.String())
	}
	for _, g := range e.Extra {
		parts = append(parts, "not revoked: "+g.String())
	}
	return strings.Join(parts, "; ")
}

// syncGrants makes the role's own rights on the objects exactly those wanted. Rights of
// other roles are not touched.
func syncGrants(ctx context.Context, q pgx.Tx, role string, oid uint32, objects []Object, wanted []Grant) error {
	want := rights(wanted)
	held, err := readRights(ctx, q, oid, objects)
	if err != nil {
		return err
	}
	owners, err := readOwners(ctx, q, objects)
	if err != nil {
		return err
	}
	revoked := false
	for _, h := range held {
		if h.public || slices.Contains(want, h.right) {
			continue
		}
		if err := owners.revoke(ctx, q, role, h); err != nil {
			return err
		}
		revoked = true
	}
	if revoked {
		// Revoking on a table takes the columns' privileges along.
		if held, err = readRights(ctx, q, oid, objects); err != nil {
			return err
		}
	}
	if missing := grantsOf(subtract(want, plainRights(held))); len(missing) > 0 {
		for _, g := range missing {
			if err := owners.exec(ctx, q, g.On, fmt.Sprintf("GRANT %s ON %s TO %s", g.privilege(), g.On, pgx.Identifier{role}.Sanitize())); err != nil {
				return err
			}
		}
		if held, err = readRights(ctx, q, oid, objects); err != nil {
			return err
		}
	}
	return checkGrants(want, held)
}

func checkGrants(want []right, held []heldRight) error {
	have := plainRights(held)
	extra := slices.DeleteFunc(slices.Clone(held), func(h heldRight) bool { return h.public })
	e := &GrantsError{Missing: grantsOf(subtract(want, have)), Extra: grantsOf(subtract(plainRights(extra), want))}
	if len(e.Missing)+len(e.Extra) > 0 {
		return e
	}
	return nil
}

// owners are the roles that must be taken on to change the privileges on some objects.
type owners map[Object]string

// Access functions and their schema belong to a role that nobody is a member of. Of all
// other objects, only those are changed on which the provider's own role has the right to.
const ownersSQL = `
select o.kind, o.schema, o.name, r.rolname
  from (select w.kind, w.schema, w.name, p.proowner as owner
          from unnest($1::text[], $2::text[], $3::text[]) as w (kind, schema, name)
          join pg_catalog.pg_namespace n on n.nspname = w.schema
          join pg_catalog.pg_proc p on w.kind = 'function' and p.pronamespace = n.oid and p.proname = w.name
        union
        select w.kind, w.schema, w.name, n.nspowner
          from unnest($1::text[], $2::text[], $3::text[]) as w (kind, schema, name)
          join pg_catalog.pg_namespace n on w.kind = 'schema' and n.nspname = w.name
         where exists (select from unnest($1::text[], $2::text[]) as f (kind, schema) where f.kind = 'function' and f.schema = n.nspname)) o
  join pg_catalog.pg_roles r on r.oid = o.owner
 where not r.rolcanlogin and not r.rolsuper and not pg_has_role(current_user, r.oid, 'USAGE')`

func readOwners(ctx context.Context, q Querier, objects []Object) (owners, error) {
	kinds, schemas, names := columnsOf(objects)
	rows, err := q.Query(ctx, ownersSQL, kinds, schemas, names)
	if err != nil {
		return nil, err
	}
	found := owners{}
	var o Object
	var owner string
	_, err = pgx.ForEachRow(rows, []any{&o.Kind, &o.Schema, &o.Name, &owner}, func() error {
		found[o] = owner
		return nil
	})
	return found, err
}

// exec runs a statement that changes the privileges on an object.
func (o owners) exec(ctx context.Context, tx pgx.Tx, on Object, statement string) error {
	run := func() error {
		_, err := tx.Exec(ctx, statement)
		return err
	}
	if owner, ok := o[on]; ok {
		return withRole(ctx, tx, owner, func() error { return asRole(ctx, tx, owner, run) })
	}
	return run()
}

// revoke takes one right away. Only the role that granted it can: an owner and a
// superuser act as the owner, so for any other grantor that role is taken on.
func (o owners) revoke(ctx context.Context, tx pgx.Tx, role string, h heldRight) error {
	g := grantsOf([]right{h.right})[0]
	// CASCADE takes back what the role passed on to others.
	statement := fmt.Sprintf("REVOKE %s ON %s FROM %s CASCADE", g.privilege(), g.On, pgx.Identifier{role}.Sanitize())
	if h.grantor == h.owner {
		return o.exec(ctx, tx, h.on, statement)
	}
	return asRole(ctx, tx, h.grantor, func() error {
		_, err := tx.Exec(ctx, statement)
		return err
	})
}

func subtract(from, what []right) []right {
	return slices.DeleteFunc(slices.Clone(from), func(r right) bool { return slices.Contains(what, r) })
}
