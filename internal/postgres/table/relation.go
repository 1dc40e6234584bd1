// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Relation is whatever users can be read from: a table, a view, a foreign table.
type Relation struct {
	*Table
	// Refuses are the commands that it does not take, as [store.Store] has them.
	Refuses []string
	// Fixed are the columns of a view that take no change.
	Fixed []string
	// Reads is what a view that looks at the rights of whoever uses it needs beside itself, as does a view over such a one.
	Reads []store.Relation
	// Invoker is set for such views.
	Invoker bool
}

// Words for the kinds of relations, by pg_class.relkind.
var kindWords = map[string]string{
	"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table",
}

// KindWord is what the relation is, in Postgres' words.
func (t *Table) KindWord() string { return kindWords[t.Kind] }

// IsTable reports whether rows are kept in the relation itself, so that indexes and columns can be added.
func (t *Table) IsTable() bool { return t.Kind == "r" || t.Kind == "p" }

const relationTraitsSQL = `
select c.oid, pg_relation_is_updatable(c.oid, true),
  exists (select from pg_trigger g
    where g.tgrelid = c.oid and g.tgenabled <> 'D' and g.tgtype & 64 <> 0 and g.tgtype & 4 <> 0),
  exists (select from pg_trigger g
    where g.tgrelid = c.oid and g.tgenabled <> 'D' and g.tgtype & 64 <> 0 and g.tgtype & 16 <> 0),
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and c.relkind = 'v' and not pg_column_is_updatable(c.oid, a.attnum, true) order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`

// InspectRelation reads what users are in from the catalog, nil where there is nothing of that name.
func InspectRelation(ctx context.Context, db postgres.Beginner, schema, name string) (*Relation, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	found, err := inspect(ctx, tx, schema, name)
	if err != nil || found == nil {
		return nil, err
	}
	r := &Relation{Table: found}
	var oid uint32
	var takes int
	var inserts, updates bool
	if err := tx.QueryRow(ctx, relationTraitsSQL, schema, name).Scan(
		&oid, &takes, &inserts, &updates, &r.Fixed); err != nil {
		return nil, err
	}
	for i, command := range []string{"DELETE", "INSERT", "UPDATE"} {
		if bit := []int{1 << 4, 1 << 3, 1 << 2}[i]; takes&bit == 0 {
			r.Refuses = append(r.Refuses, command)
		}
	}
	if inserts || updates {
		r.Fixed = nil // a trigger takes every column
	}
	if found.IsTable() {
		return r, nil
	}
	further, err := postgres.ViewCode(ctx, tx, oid)
	if err != nil {
		return nil, err
	}
	r.Foreign = append(r.Foreign, further...)
	if r.Reads, r.Invoker, err = invokerReads(ctx, tx, oid); err != nil || !r.Invoker {
		return r, err
	}
	// What it changes is changed with the rights of whoever uses it, in tables of which nothing is known here.
	if !inserts && !updates {
		r.Refuses, r.Fixed = []string{"DELETE", "INSERT", "UPDATE"}, r.names()
	}
	return r, nil
}

func (t *Table) names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

const ruleSQL = `
select w.ev_action::text, coalesce((
  select o.option_value::bool from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false)
from pg_class c join pg_rewrite w on w.ev_class = c.oid and w.rulename = '_RETURN' where c.oid = $1 and c.relkind = 'v'`

// invokerReads is what the query of a view reads with the rights of whoever uses it: what views with security_invoker
// do, also beneath one without. It reports whether there is any such view.
func invokerReads(ctx context.Context, tx pgx.Tx, view uint32) (all []store.Relation, invokers bool, err error) {
	r := &rowResolver{resolver: resolver{tx: tx}}
	seen := map[uint32]bool{}
	for todo := []uint32{view}; len(todo) > 0; {
		oid := todo[0]
		if todo = todo[1:]; seen[oid] {
			continue
		}
		seen[oid] = true
		var tree string
		var invoker bool
		switch err := tx.QueryRow(ctx, ruleSQL, oid).Scan(&tree, &invoker); {
		case errors.Is(err, pgx.ErrNoRows):
			continue
		case err != nil:
			return nil, false, err
		}
		invokers = invokers || invoker
		for _, read := range readings(tree) {
			if todo = append(todo, read.oid); !invoker {
				continue
			}
			relation, err := r.relation(ctx, tx, read)
			if err != nil {
				return nil, false, err
			}
			all = append(all, relation)
		}
	}
	slices.SortFunc(all, func(a, b store.Relation) int {
		return strings.Compare(a.Schema+"\x00"+a.Name, b.Schema+"\x00"+b.Name)
	})
	return merged(all), invokers, nil
}
