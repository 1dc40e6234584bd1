// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// HiddenRows are the rows of a table that a role sees none of, whatever it was granted.
type HiddenRows struct {
	On Object
	// Role is whose rights count: that of a view's owner, or that of whoever asks, which may be "" or not there yet.
	Role string
	// Server is that of a foreign table for which the role has no user mapping; "" where row-level security hides them.
	Server string
	// Commands are those for which no permissive policy is, of SELECT, INSERT, UPDATE and DELETE.
	Commands []string
}

// Why says what hides them.
func (h HiddenRows) Why() string {
	if h.Server != "" {
		return fmt.Sprintf("it is a foreign table, and the role %q, with whose rights it is "+
			"read, has no user mapping for the server %q", h.Role, h.Server)
	}
	return fmt.Sprintf("it has row-level security, and no permissive policy is for the role %q, with whose rights it is read (%s)",
		h.Role, List(h.Commands))
}

// Remedy is the statement by which an owner would show them.
func (h HiddenRows) Remedy() string {
	role := "<the scripts' role>"
	if h.Role != "" {
		role = Ident(h.Role)
	}
	switch {
	case h.Server != "":
		return fmt.Sprintf("CREATE USER MAPPING FOR %s SERVER %s OPTIONS (user '…', password '…')", role, Ident(h.Server))
	case len(h.Commands) == 1 && h.Commands[0] == "SELECT":
		return fmt.Sprintf("CREATE POLICY auth0 ON %s FOR SELECT TO %s USING (true)", h.On, role)
	}
	return fmt.Sprintf("CREATE POLICY auth0 ON %s TO %s USING (true) WITH CHECK (true)", h.On, role)
}

// commandLetters are the commands as pg_policy has them.
var commandLetters = map[string]string{"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}

// What a view reads is read with the rights of its owner, unless it has security_invoker: then with those of whoever asks,
// also where another view stands in front. A materialized view holds a copy. Of a role that is not known or not there, a policy counts that is for everybody; while nobody has said which
// role it will be, one that shows all rows to anybody, too.
const hiddenRowsSQL = `
with recursive seen as (
  select c.oid, r.oid as role, $5 as name, a.command, a.letter
    from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as a (schema, name, command, letter)
    join pg_namespace n on n.nspname = a.schema join pg_class c on c.relnamespace = n.oid and c.relname = a.name
    left join pg_roles r on r.rolname = $5
  union
  select d.refobjid, o.oid, case when i.invoker then $5 else o.rolname::text end, s.command, s.letter
    from seen s join pg_class v on v.oid = s.oid and v.relkind = 'v' and s.letter = 'r'
    cross join lateral (select coalesce((
      select p.option_value::bool from pg_options_to_table(v.reloptions) p where p.option_name = 'security_invoker'), false) as invoker) i
    left join pg_roles o on case when i.invoker then o.rolname = $5 else o.oid = v.relowner end
    join pg_rewrite w on w.ev_class = v.oid and w.rulename = '_RETURN'
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
      and d.refobjid <> v.oid
)
select n.nspname::text, c.relname::text, s.name, '', array_agg(s.command order by position(s.letter in 'rawd'))
  from seen s join pg_class c on c.oid = s.oid and c.relkind in ('r', 'p') and c.relrowsecurity
  join pg_namespace n on n.oid = c.relnamespace left join pg_roles r on r.oid = s.role
 where not coalesce(r.rolsuper or r.rolbypassrls or pg_has_role(r.oid, c.relowner, 'USAGE') and not c.relforcerowsecurity, false)
   and not exists (
     select from pg_policy p cross join unnest(p.polroles) as m (role)
      where p.polrelid = c.oid and p.polpermissive and p.polcmd::text in ('*', s.letter)
        and (m.role = 0 or pg_has_role(r.oid, m.role, 'USAGE') or s.name = '' and pg_get_expr(p.polqual, p.polrelid) = 'true'))
 group by 1, 2, 3
union all
select n.nspname::text, c.relname::text, s.name, f.srvname::text, array_agg(s.command order by position(s.letter in 'rawd'))
  from seen s join pg_class c on c.oid = s.oid and c.relkind = 'f' join pg_namespace n on n.oid = c.relnamespace
  join pg_foreign_table t on t.ftrelid = c.oid join pg_foreign_server f on f.oid = t.ftserver
 where s.name <> '' and exists (select from pg_user_mappings m where m.srvid = f.oid)
   and not exists (select from pg_user_mappings m where m.srvid = f.oid and (m.umuser = 0 or m.umuser = s.role))
 group by 1, 2, 3, 4 order by 1, 2, 3`

// ReadHiddenRows finds out of which relations, and of which tables beneath views among them, row-level security shows
// the role no row, or which foreign ones it has no user mapping for. The commands are those that are run on the first relation; the others are read. A role that is ""
// is one that nobody has named yet; one that does not exist sees what everybody sees.
func ReadHiddenRows(
	ctx context.Context, q Querier, role string, commands []string, relations ...Object,
) ([]HiddenRows, error) {
	var schemas, names, words, letters []string
	for i, on := range relations {
		asked := []string{"SELECT"}
		if i == 0 {
			asked = commands
		}
		for _, command := range asked {
			schemas, names = append(schemas, on.Schema), append(names, on.Name)
			words, letters = append(words, command), append(letters, commandLetters[command])
		}
	}
	rows, err := q.Query(ctx, hiddenRowsSQL, schemas, names, words, letters, role)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h HiddenRows, err error) {
		h.On.Kind = TableObject
		err = row.Scan(&h.On.Schema, &h.On.Name, &h.Role, &h.Server, &h.Commands)
		return h, err
	})
}
