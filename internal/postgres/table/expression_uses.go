// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What a query reads stands in its tree, for the server's own check of permissions: the relations with the columns that
// are selected, since Postgres 16 in a node of their own. Dependencies lose a whole row beside a column. A blank or a
// colon in a name has a backslash before it there, so that no name looks like a field.
var (
	readBefore16 = regexp.MustCompile(
		`:relid (\d+) :relkind \w :rellockmode \d+ :tablesample .*? :requiredPerms (\d+) :checkAsUser \d+ :selectedCols \(b([ \d]*)\)`,
	)
	readSince16 = regexp.MustCompile(
		`\{RTEPERMISSIONINFO :relid (\d+) :inh \w+ :requiredPerms (\d+) :checkAsUser \d+ :selectedCols \(b([ \d]*)\)`,
	)
	// LOCALTIMESTAMP, without and with a precision.
	localTime = regexp.MustCompile(`\{SQLVALUEFUNCTION :op [78] `)
	called    = regexp.MustCompile(`:(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)`)
)

const (
	// The set of columns begins with the lowest number of a system column.
	firstColumn = -7
	wholeRow    = 0
	// What the server is not made with has a number from this one on.
	firstOwnObject = 16384
)

// reading is one relation in a tree.
type reading struct {
	oid     uint32
	columns []int // their numbers, [wholeRow] for all
}

// readings are the relations of a tree with what is read of them, each once.
func readings(tree string) []reading {
	matches := readSince16.FindAllStringSubmatch(tree, -1)
	if matches == nil {
		matches = readBefore16.FindAllStringSubmatch(tree, -1)
	}
	byOID := map[uint32][]int{}
	for _, m := range matches {
		oid, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil || m[2] == "0" {
			continue // the view itself, as it stands in its own rule
		}
		columns := byOID[uint32(oid)]
		for _, bit := range strings.Fields(m[3]) {
			if n, err := strconv.Atoi(bit); err == nil && !slices.Contains(columns, n+firstColumn) {
				columns = append(columns, n+firstColumn)
			}
		}
		byOID[uint32(oid)] = columns
	}
	var all []reading
	for _, oid := range slices.Sorted(maps.Keys(byOID)) {
		all = append(all, reading{oid, byOID[oid]})
	}
	return all
}

// uses fills in what the query of that tree reads and calls, and refuses what a script must not run.
func (r *rowResolver) uses(ctx context.Context, tx pgx.Tx, tree string, found *Resolved) error {
	if strings.Contains(tree, ":hasForUpdate true") {
		return &refusedError{"it locks rows (FOR UPDATE or FOR SHARE)"}
	}
	found.Loose, found.Zoned = isLoose(tree), localTime.MatchString(tree)
	for _, read := range readings(tree) {
		relation, err := r.relation(ctx, tx, read)
		if err != nil {
			return err
		}
		if r.writes && relation.Name == newRow && relation.Schema == "" {
			if len(read.columns) > 0 { // at sign-up it is there without being read
				found.Takes = relation.Columns
			}
			continue
		}
		code, err := postgres.ViewCode(ctx, tx, read.oid)
		switch {
		case err != nil:
			return err
		case len(code) > 0:
			return &refusedError{"it reads what runs code of a role that is not trusted: " + strings.Join(code, "; ")}
		}
		if len(read.columns) > 0 || relation.Schema != r.row.Schema || relation.Name != r.row.Name {
			found.Reads = append(found.Reads, relation) // a statement reads something of the users table anyway
		}
		asked, _, err := invokerReads(ctx, tx, read.oid)
		if err != nil {
			return err
		}
		found.Reads = append(found.Reads, asked...)
	}
	slices.SortFunc(
		found.Reads,
		func(a, b store.Relation) int { return strings.Compare(a.Schema+"\x00"+a.Name, b.Schema+"\x00"+b.Name) },
	)
	found.Reads = merged(found.Reads)
	err := r.calls(ctx, tx, tree, found)
	if err != nil {
		return err
	}
	if found.Sequences, err = usedSequences(ctx, tx); err != nil {
		return err
	}
	return r.schemas(ctx, tx, found)
}

// merged makes one of neighbours that are the same relation: the table, and what stands for it.
func merged(relations []store.Relation) []store.Relation {
	var all []store.Relation
	for _, next := range relations {
		if n := len(all) - 1; n >= 0 && all[n].Schema == next.Schema && all[n].Name == next.Name {
			all[n].Columns = slices.Compact(slices.Sorted(slices.Values(append(all[n].Columns, next.Columns...))))
			continue
		}
		all = append(all, next)
	}
	return all
}

const relationColumnsSQL = `
select n.nspname::text, c.relname::text, c.oid = to_regclass('pg_temp.auth0pg_row'),
  c.oid = to_regclass('pg_temp.auth0pg_new'),
  array(select a.attnum::int from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1`

// relation names what is read of one relation. Where rows are counted and nothing of them is read, the right to one
// column is enough.
func (r *rowResolver) relation(ctx context.Context, tx pgx.Tx, read reading) (relation store.Relation, err error) {
	var isRow, isNew *bool
	var numbers []int
	var names []string
	if err := tx.QueryRow(ctx, relationColumnsSQL, read.oid).Scan(&relation.Schema, &relation.Name, &isRow, &isNew, &numbers, &names); err != nil {
		return relation, err
	}
	if isRow != nil && *isRow {
		relation.Schema, relation.Name = r.row.Schema, r.row.Name
	}
	if isNew != nil && *isNew {
		relation.Schema, relation.Name = "", newRow
	}
	for _, number := range read.columns {
		if number < wholeRow {
			return relation, &refusedError{fmt.Sprintf("it reads a system column of the relation %q", relation.Name)}
		}
	}
	for i, name := range names {
		if slices.Contains(read.columns, wholeRow) || slices.Contains(read.columns, numbers[i]) {
			relation.Columns = append(relation.Columns, name)
		}
	}
	if len(read.columns) == 0 && len(names) > 0 {
		relation.Columns = names[:1]
	}
	slices.Sort(relation.Columns)
	return relation, nil
}

const calledSQL = `
select p.oid::regprocedure::text, p.proname::text, p.pronamespace = 'pg_catalog'::regnamespace, p.provolatile = 'v', p.oid >= $2 and not exists (
  select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'),
  -- comparisons of the two types, and casts between them, written or implied
  p.pronamespace = 'pg_catalog'::regnamespace and (p.proname ~ '^(timestamp_[a-z]+_timestamptz|timestamptz_[a-z]+_timestamp)$'
    or p.proname in ('timestamp', 'timestamptz') and p.pronargs = 1
      and array[p.proargtypes[0], p.prorettype] <@ array['timestamp'::regtype, 'timestamptz'::regtype]::oid[])
from pg_proc p where p.oid = any ($1::bigint[]::oid[]) order by 1`

// calledIn are the functions in a tree, each once.
func calledIn(tree string) []int64 {
	oids := []int64{}
	for _, m := range called.FindAllStringSubmatch(tree, -1) {
		if oid, err := strconv.ParseInt(m[1], 10, 64); err == nil && oid != 0 {
			oids = append(oids, oid)
		}
	}
	slices.Sort(oids)
	return slices.Compact(oids)
}

// calls refuses functions that may do or say something else each time, which a look-up must not.
func (r *rowResolver) calls(ctx context.Context, tx pgx.Tx, tree string, found *Resolved) error {
	oids := calledIn(tree)
	found.called = oids
	rows, err := tx.Query(ctx, calledSQL, oids, int64(firstOwnObject))
	if err != nil {
		return err
	}
	var signature, name string
	var builtIn, volatile, own, zoned bool
	_, err = pgx.ForEachRow(rows, []any{&signature, &name, &builtIn, &volatile, &own, &zoned}, func() error {
		found.Zoned = found.Zoned || zoned
		if volatile && !r.writes {
			return &refusedError{fmt.Sprintf("it calls the function %s, which is VOLATILE: it may write, and "+
				"gives another value each time", signature)}
		}
		if own {
			found.Functions = append(found.Functions, signature)
		}
		if builtIn {
			found.builtIn = append(found.builtIn, name)
		}
		return nil
	})
	return err
}

const usedSchemasSQL = `
with used as (
  select d.refclassid as class, d.refobjid as id from pg_depend d join pg_rewrite w on w.oid = d.objid
  where d.classid = 'pg_rewrite'::regclass and w.ev_class = '` + resolved + `'::regclass
), at as (
  select relnamespace as schema from used join pg_class o on o.oid = id and class = 'pg_class'::regclass and o.relpersistence <> 't'
  union select pronamespace from used join pg_proc o on o.oid = id and class = 'pg_proc'::regclass
  union select oprnamespace from used join pg_operator o on o.oid = id and class = 'pg_operator'::regclass
  union select typnamespace from used join pg_type o on o.oid = id and class = 'pg_type'::regclass and o.typrelid = 0
  union select collnamespace from used join pg_collation o on o.oid = id and class = 'pg_collation'::regclass
  union select cfgnamespace from used join pg_ts_config o on o.oid = id and class = 'pg_ts_config'::regclass
)
select n.nspname::text from at join pg_namespace n on n.oid = at.schema where n.nspname <> 'pg_catalog' order by 1`

func (r *rowResolver) schemas(ctx context.Context, tx pgx.Tx, found *Resolved) error {
	rows, err := tx.Query(ctx, usedSchemasSQL)
	if err != nil {
		return err
	}
	found.Schemas, err = pgx.CollectRows(rows, pgx.RowTo[string])
	// The table itself may be a temporary one for now; its schema is named with it anyway.
	found.Schemas = slices.DeleteFunc(found.Schemas, func(name string) bool { return name == r.row.Schema })
	if len(found.Schemas) == 0 {
		found.Schemas = nil
	}
	return err
}
