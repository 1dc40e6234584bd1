// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// A type, a collation or an expression that a user writes means what it means in the user's own sessions: names without
// a schema are looked up in the search_path that the role and the database give. But whoever may create in one of those
// schemas can put a better match there, which would then run with the rights of the provider. So the server resolves
// the text once, in a transaction that is rolled back and in a form that runs nothing of it; whatever it found must
// belong to somebody who is trusted; and what is used from then on is the server's own print of it under [postgres.PinnedPath],
// in which each name that is not one of pg_catalog's has its schema.

// UntrustedError is a name in a text of the user's that resolves to an object of a role that could run code through it.
type UntrustedError struct {
	// Object is the object as the server describes it, for example "function public.lower(character varying)".
	Object string
	// Owner is the role that it belongs to.
	Owner string
}

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("it refers to the %s, which belongs to the role %s", e.Object, postgres.Ident(e.Owner))
}

// resolver resolves texts in one transaction.
type resolver struct {
	tx pgx.Tx
	// tableOwner is the owner of the table that the texts are for; "" for a new one.
	tableOwner string
}

// The path of the user's own sessions, pg_catalog before it. Temporary objects are our own and come last.
const usersPathSQL = `
select set_config('search_path', concat_ws(', ', 'pg_catalog', nullif(btrim(reset_val), ''), 'pg_temp'), true)
from pg_settings where name = 'search_path'`

// resolving runs work under the user's path and read under the pinned one, and takes back what they did.
func (r *resolver) resolving(ctx context.Context, work, read func(pgx.Tx) error) error {
	tx, err := r.tx.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // the transaction around it is rolled back as well
	if _, err := tx.Exec(ctx, usersPathSQL); err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, postgres.PinPathSQL); err != nil {
		return err
	}
	return read(tx)
}

// resolved is the temporary view in which a text is resolved. CREATE VIEW only parses: it runs no function and folds no
// constant.
const resolved = `pg_temp."auth0pg_resolved"`

const resolvedTypeSQL = `
select format_type(atttypid, atttypmod) from pg_attribute where attrelid = '` + resolved + `'::regclass and attnum = 1`

const resolvedCollationSQL = `
select case when n.nspname = 'pg_catalog' then l.collname
  else '"' || replace(n.nspname, '"', '""') || '"."' || replace(l.collname, '"', '""') || '"' end
from pg_attribute a
join pg_collation l on l.oid = a.attcollation
join pg_namespace n on n.oid = l.collnamespace
where a.attrelid = '` + resolved + `'::regclass and a.attnum = 1`

// typeName returns the server's own name of a type. Common ones are pg_catalog's, which comes first in the path: they need
// no question.
func (r *resolver) typeName(ctx context.Context, text string) (name string, err error) {
	if name, ok := CommonTypeName(text); ok {
		return name, nil
	}
	err = r.resolving(ctx, func(tx pgx.Tx) error {
		// The type is looked up through a parameter first: what the server takes for the name of one type there is
		// nothing else in the cast.
		if _, err := tx.Exec(ctx, "select $1::pg_catalog.text::pg_catalog.regtype", text); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "CREATE TEMPORARY VIEW "+resolved+" AS SELECT NULL::"+text+" AS value")
		return err
	}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, resolvedTypeSQL).Scan(&name); err != nil {
			return err
		}
		return r.trustView(ctx, tx)
	})
	return name, err
}

const citextSchemaSQL = `
select coalesce((
  select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'citext'), '')`

// The schema in which the user's own sessions create what has none in its name.
const creationSchemaSQL = `
select coalesce((
  select s.name from unnest(current_schemas(false)) with ordinality as s (name, position)
  where s.name <> 'pg_catalog' order by s.position limit 1), 'public')`

// CITextSchema returns the schema of the extension citext or, where it is not installed, the one to create it in.
func CITextSchema(ctx context.Context, db postgres.Beginner) (schema string, installed bool, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, citextSchemaSQL).Scan(&schema); err != nil || schema != "" {
			installed = schema != ""
			return err
		}
		return (&resolver{tx: tx}).resolving(ctx, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, creationSchemaSQL).Scan(&schema)
		}, func(pgx.Tx) error { return nil })
	})
	return schema, installed, err
}

const ownerOfSQL = `
select coalesce((select pg_get_userbyid(c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2), '')`

// ResolveTypes returns each type of a table's columns in the server's own words, as the names are looked up in the
// user's own sessions. ok is false while the server does not have one of them.
func ResolveTypes(
	ctx context.Context,
	s *postgres.Server,
	table postgres.Object,
	texts []string,
) (names map[string]string, ok bool, err error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, false, err
	}
	names = map[string]string{}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		r := &resolver{tx: tx}
		if err := tx.QueryRow(ctx, ownerOfSQL, table.Schema, table.Name).Scan(&r.tableOwner); err != nil {
			return err
		}
		for _, text := range texts {
			if err := postgres.CheckExpression(text); err != nil {
				return err
			}
			if names[text], err = r.citextOr(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
	if state := postgres.SQLState(err); state == "42704" || state == "3F000" { // no such type, no such schema
		return nil, false, nil
	}
	return names, err == nil, err
}

// citextOr is typeName for which plain citext is the extension's, also where its schema is not on the user's path.
func (r *resolver) citextOr(ctx context.Context, text string) (string, error) {
	if !strings.EqualFold(strings.TrimSpace(text), "citext") {
		return r.typeName(ctx, text)
	}
	var schema string
	if err := r.tx.QueryRow(ctx, citextSchemaSQL).Scan(&schema); err != nil {
		return "", err
	}
	if schema != "" {
		text = postgres.Ident(schema, "citext")
	}
	return r.typeName(ctx, text)
}

// collation returns the name of a collation for a type, with its schema unless that is pg_catalog.
func (r *resolver) collation(ctx context.Context, text, kind string) (name string, err error) {
	err = r.resolving(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TEMPORARY VIEW "+resolved+" AS SELECT NULL::"+kind+collate(text)+" AS value")
		return err
	}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, resolvedCollationSQL).Scan(&name); err != nil {
			return err
		}
		return r.trustView(ctx, tx)
	})
	return name, err
}

// expression returns an expression over a relation as the server prints it, columns qualified by the relation's name
// before Postgres 16 and plain since. The relation is qualified and quoted.
func (r *resolver) expression(ctx context.Context, text, relation string) (printed string, err error) {
	// IS NOT NULL takes every type, and leaves a constant without one as it is.
	const before, after = " SELECT (", " IS NOT NULL) AS value\n   FROM "
	err = r.resolving(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(
			ctx,
			"CREATE TEMPORARY VIEW "+resolved+" AS SELECT ("+text+"\n) IS NOT NULL AS value FROM "+relation,
		)
		return err
	}, func(tx pgx.Tx) error {
		var view string
		if err := tx.QueryRow(ctx, "select pg_get_viewdef('"+resolved+"'::regclass, false)").Scan(&view); err != nil {
			return err
		}
		end := strings.LastIndex(view, after)
		if !strings.HasPrefix(view, before) || end < len(before) {
			return errors.New("the server prints the expression in a form that is not understood")
		}
		printed = view[len(before):end]
		return r.trustView(ctx, tx)
	})
	return printed, err
}

// columnDefault returns the default that a text gives to a column, as the server prints it. SET DEFAULT only parses, too.
func (r *resolver) columnDefault(ctx context.Context, text, relation, column string) (printed string, err error) {
	err = r.resolving(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "ALTER TABLE "+relation+" ALTER COLUMN "+postgres.Ident(column)+" SET DEFAULT ("+text+"\n)")
		return err
	}, func(tx pgx.Tx) error {
		var oid uint32
		err := tx.QueryRow(ctx, `
select d.oid, pg_get_expr(d.adbin, d.adrelid)
from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
where d.adrelid = $1::text::regclass and a.attname = $2`, relation, column).Scan(&oid, &printed)
		if errors.Is(err, pgx.ErrNoRows) {
			printed = "NULL" // the server keeps no default that is null
			return nil
		}
		if err != nil {
			return err
		}
		return r.trust(ctx, tx, "pg_attrdef", oid)
	})
	return printed, err
}

func (r *resolver) trustView(ctx context.Context, tx pgx.Tx) error {
	var rule uint32
	if err := tx.QueryRow(ctx, "select oid from pg_rewrite where ev_class = '"+resolved+"'::regclass").Scan(&rule); err != nil {
		return err
	}
	return r.trust(ctx, tx, "pg_rewrite", rule)
}

// What belongs to nobody in this list, such as a schema or a language, runs nothing of its owner's. What is built into
// the server is not in pg_depend and belongs to the superuser who set it up. $3 is the owner of the table.
const untrustedSQL = `
with used as (
  select distinct d.refclassid as class, d.refobjid as id, d.refobjsubid as part from pg_depend d
  where d.classid = $1::text::regclass and d.objid = $2::bigint::oid
), owned as (
  select class, id, part, proowner as owner from used join pg_proc o on o.oid = id and class = 'pg_proc'::regclass
  union all select class, id, part, oprowner from used join pg_operator o on o.oid = id and class = 'pg_operator'::regclass
  union all select class, id, part, typowner from used join pg_type o on o.oid = id and class = 'pg_type'::regclass
  union all select class, id, part, relowner from used join pg_class o on o.oid = id and class = 'pg_class'::regclass
    and o.relpersistence <> 't'
  union all select class, id, part, collowner from used join pg_collation o on o.oid = id and class = 'pg_collation'::regclass
  union all select class, id, part, opcowner from used join pg_opclass o on o.oid = id and class = 'pg_opclass'::regclass
  union all select class, id, part, opfowner from used join pg_opfamily o on o.oid = id and class = 'pg_opfamily'::regclass
  union all select class, id, part, cfgowner from used join pg_ts_config o on o.oid = id and class = 'pg_ts_config'::regclass
  union all select class, id, part, dictowner from used join pg_ts_dict o on o.oid = id and class = 'pg_ts_dict'::regclass
  union all select class, id, part, conowner from used join pg_conversion o on o.oid = id and class = 'pg_conversion'::regclass
)
select pg_describe_object(class, id, part), r.rolname
from owned join pg_roles r on r.oid = owned.owner
where not r.rolsuper and r.rolname not in (current_user, session_user, $3)
  and r.oid <> (select datdba from pg_database where datname = current_database())
order by 1 limit 1`

// trust refuses what depends on an object of somebody who is neither a superuser nor the owner of the table or of the
// database nor the provider's own role. Its error is an [UntrustedError].
func (r *resolver) trust(ctx context.Context, tx pgx.Tx, class string, oid uint32) error {
	untrusted := &UntrustedError{}
	err := tx.QueryRow(ctx, untrustedSQL, class, int64(oid), r.tableOwner).Scan(&untrusted.Object, &untrusted.Owner)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return untrusted
}
