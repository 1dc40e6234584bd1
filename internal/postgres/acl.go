// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ObjectKind is a kind of object on which privileges are granted.
type ObjectKind string

// The kinds of objects that a scripts' role has privileges on.
const (
	DatabaseObject ObjectKind = "database"
	SchemaObject   ObjectKind = "schema"
	TableObject    ObjectKind = "table"
	FunctionObject ObjectKind = "function"
	SequenceObject ObjectKind = "sequence"
)

// Object is one object of the current database, or that database itself.
type Object struct {
	Kind   ObjectKind
	Schema string // "" for databases and schemas
	Name   string
}

// String is the object as it stands behind ON in GRANT.
func (o Object) String() string {
	switch o.Kind {
	case RoleObject:
		return pgx.Identifier{o.Name}.Sanitize()
	case DatabaseObject:
		return "DATABASE " + pgx.Identifier{o.Name}.Sanitize()
	case SchemaObject:
		return "SCHEMA " + pgx.Identifier{o.Name}.Sanitize()
	case FunctionObject:
		return "FUNCTION " + pgx.Identifier{o.Schema, o.Name}.Sanitize()
	case SequenceObject:
		return "SEQUENCE " + pgx.Identifier{o.Schema, o.Name}.Sanitize()
	default:
		return pgx.Identifier{o.Schema, o.Name}.Sanitize()
	}
}

func (o Object) compare(other Object) int {
	order := []ObjectKind{DatabaseObject, SchemaObject, TableObject, FunctionObject, SequenceObject, RoleObject}
	return cmp.Or(cmp.Compare(slices.Index(order, o.Kind), slices.Index(order, other.Kind)),
		cmp.Compare(o.Schema, other.Schema), cmp.Compare(o.Name, other.Name))
}

// Grant is one privilege on one object, given to a role directly.
type Grant struct {
	Privilege string // SELECT, EXECUTE, CONNECT and so on
	Columns   []string
	On        Object
	// Grantable means that the role may pass the privilege on.
	Grantable bool
}

// String is the grant as it stands in GRANT, without the grantee: SELECT ("id") ON "public"."users".
func (g Grant) String() string {
	if g.On.Kind == RoleObject {
		return memberText(g)
	}
	text := g.privilege() + " ON " + g.On.String()
	if g.Grantable {
		text += " WITH GRANT OPTION"
	}
	return text
}

// privilege is the privilege with its columns.
func (g Grant) privilege() string {
	if g.Columns == nil {
		return g.Privilege
	}
	quoted := make([]string, len(g.Columns))
	for i, column := range g.Columns {
		quoted[i] = pgx.Identifier{column}.Sanitize()
	}
	return g.Privilege + " (" + strings.Join(quoted, ", ") + ")"
}

// right is a grant for one column or for a whole object: the unit in which the server
// keeps privileges and in which they are compared.
type right struct {
	on        Object
	privilege string
	column    string // "" for the whole object
	grantable bool
}

// heldRight is a right as the catalog has it.
type heldRight struct {
	right
	grantor string
	owner   string
	// public means that the role has the privilege only as everybody has it.
	public bool
}

func rights(grants []Grant) []right {
	var all []right
	for _, g := range grants {
		if g.Columns == nil {
			all = append(all, right{g.On, g.Privilege, "", g.Grantable})
		}
		for _, column := range g.Columns {
			all = append(all, right{g.On, g.Privilege, column, g.Grantable})
		}
	}
	return all
}

// MergeGrants joins the columns of equal privileges and sorts, so that equal sets of
// privileges are equal lists.
func MergeGrants(grants []Grant) []Grant { return grantsOf(rights(grants)) }

// SplitGrants is the reverse of [MergeGrants]: one grant for each column.
func SplitGrants(grants []Grant) []Grant {
	var split []Grant
	for _, r := range rights(grants) {
		split = append(split, grantsOf([]right{r})...)
	}
	return split
}

var grantForm = regexp.MustCompile(
	`^([A-Z ]+?)(?: \(((?:"(?:[^"]|"")*"(?:, )?)+)\))? ON (?:(DATABASE|SCHEMA|FUNCTION|SEQUENCE) )?` +
		`("(?:[^"]|"")*"(?:\."(?:[^"]|"")*")?)( WITH GRANT OPTION)?$`,
)

// ParseGrant is the reverse of [Grant.String].
func ParseGrant(line string) (g Grant, ok bool) {
	m := grantForm.FindStringSubmatch(line)
	if m == nil {
		return parseMember(line)
	}
	g = Grant{Privilege: m[1], Grantable: m[5] != "", On: Object{Kind: ObjectKind(strings.ToLower(m[3]))}}
	if m[2] != "" {
		if g.Columns, ok = ParseIdentifierList(m[2]); !ok || len(g.Columns) == 0 {
			return Grant{}, false
		}
	}
	name, ok := ParseQualifiedName(m[4])
	if !ok {
		return Grant{}, false
	}
	if m[3] == "" {
		g.On.Kind = TableObject
	}
	// Databases and schemas are in no schema, everything else is.
	if inSchema := g.On.Kind != DatabaseObject && g.On.Kind != SchemaObject; inSchema != (len(name) == 2) {
		return Grant{}, false
	}
	g.On.Name = name[len(name)-1]
	if len(name) == 2 {
		g.On.Schema = name[0]
	}
	return g, true
}

func grantsOf(all []right) []Grant {
	var merged []Grant
	for _, r := range all {
		i := slices.IndexFunc(merged, func(g Grant) bool {
			return g.On == r.on && g.Privilege == r.privilege && g.Grantable == r.grantable &&
				(g.Columns == nil) == (r.column == "")
		})
		if i < 0 {
			merged = append(merged, Grant{Privilege: r.privilege, On: r.on, Grantable: r.grantable})
			i = len(merged) - 1
		}
		if r.column != "" && !slices.Contains(merged[i].Columns, r.column) {
			merged[i].Columns = append(merged[i].Columns, r.column)
		}
	}
	for _, g := range merged {
		slices.Sort(g.Columns)
	}
	slices.SortFunc(merged, func(a, b Grant) int {
		return cmp.Or(
			a.On.compare(b.On),
			cmp.Compare(a.Privilege, b.Privilege),
			slices.Compare(a.Columns, b.Columns),
			strings.Compare(a.String(), b.String()),
		)
	})
	return merged
}

// grantsSQL lists what a role was given on some objects. An absent ACL stands for the
// built-in one, so it is expanded first; a privilege that everybody has counts where the
// provider may not grant it itself and so cannot make it the role's own.
const grantsSQL = `
with wanted as (select * from unnest($2::text[], $3::text[], $4::text[]) as w (kind, schema, name)),
object as (
	select w.*, d.oid, d.datdba as owner, coalesce(d.datacl, acldefault('d', d.datdba)) as acl,
	       has_database_privilege(d.oid, 'CONNECT WITH GRANT OPTION') as ours
	  from wanted w join pg_catalog.pg_database d on d.datname = w.name
	 where w.kind = 'database'
	union all
	select w.*, n.oid, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)),
	       has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
	  from wanted w join pg_catalog.pg_namespace n on n.nspname = w.name
	 where w.kind = 'schema'
	union all
	select w.*, c.oid, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner)), true
	  from wanted w join pg_catalog.pg_namespace n on n.nspname = w.schema
	  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name and c.relkind in ('r', 'p', 'v', 'f')
	 where w.kind = 'table'
	union all
	select w.*, c.oid, c.relowner, coalesce(c.relacl, acldefault('s', c.relowner)), true
	  from wanted w join pg_catalog.pg_namespace n on n.nspname = w.schema
	  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name and c.relkind = 'S'
	 where w.kind = 'sequence'
	union all
	select w.*, p.oid, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), true
	  from wanted w join pg_catalog.pg_namespace n on n.nspname = w.schema
	  join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = w.name and p.prokind = 'f'
	 where w.kind = 'function'
)
select o.kind, o.schema, o.name, '' as "column", a.privilege_type, a.is_grantable,
       pg_get_userbyid(a.grantor)::text, pg_get_userbyid(o.owner)::text, false
  from object o, lateral aclexplode(o.acl) a
 where a.grantee = $1
union all
select o.kind, o.schema, o.name, t.attname::text, a.privilege_type, a.is_grantable,
       pg_get_userbyid(a.grantor)::text, pg_get_userbyid(o.owner)::text, false
  from object o join pg_catalog.pg_attribute t on t.attrelid = o.oid and not t.attisdropped, lateral aclexplode(t.attacl) a
 where o.kind = 'table' and a.grantee = $1
union all
select o.kind, o.schema, o.name, '', a.privilege_type, false, '', '', true
  from object o, lateral aclexplode(o.acl) a
 where a.grantee = 0 and not o.ours
   and (o.kind, a.privilege_type) in (('database', 'CONNECT'), ('schema', 'USAGE'))
   and not exists (select from aclexplode(o.acl) own where own.grantee = $1 and own.privilege_type = a.privilege_type)`

func readRights(ctx context.Context, q Querier, role uint32, objects []Object) ([]heldRight, error) {
	kinds, schemas, names := columnsOf(objects)
	rows, err := q.Query(ctx, grantsSQL, role, kinds, schemas, names)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h heldRight, err error) {
		err = row.Scan(
			&h.on.Kind,
			&h.on.Schema,
			&h.on.Name,
			&h.column,
			&h.privilege,
			&h.grantable,
			&h.grantor,
			&h.owner,
			&h.public,
		)
		return h, err
	})
}

func columnsOf(objects []Object) (kinds, schemas, names []string) {
	for _, o := range objects {
		kinds, schemas, names = append(kinds, string(o.Kind)), append(schemas, o.Schema), append(names, o.Name)
	}
	return kinds, schemas, names
}

// shownGrants leaves out what everybody has and the role has no need of: nothing that is
// granted to the role, or taken from it, would change that.
func shownGrants(held []heldRight, wanted []Grant) []Grant {
	want := rights(wanted)
	return grantsOf(plainRights(slices.DeleteFunc(slices.Clone(held), func(h heldRight) bool {
		return h.public && !slices.Contains(want, h.right)
	})))
}

func plainRights(held []heldRight) []right {
	plain := make([]right, len(held))
	for i, h := range held {
		plain[i] = h.right
	}
	return plain
}
