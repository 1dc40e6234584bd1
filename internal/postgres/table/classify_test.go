// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// shapeTypes are the types between which columns are changed.
var shapeTypes = []string{
	"text", "character varying", "character varying(10)", "character varying(20)", "character(10)", "character(20)", "citext", "name", `"char"`,
	"uuid", "smallint", "integer", "bigint", "oid", "numeric", "numeric(10,2)", "numeric(12,2)", "numeric(12,3)", "real", "double precision", "money", "boolean",
	"date", "timestamp without time zone", "timestamp(0) without time zone", "timestamp(3) without time zone", "timestamp with time zone", "timestamp(3) with time zone",
	"time without time zone", "time(3) without time zone", "time with time zone", "interval", "interval(3)", "interval day to second",
	"bytea", "json", "jsonb", "xml", "inet", "cidr", "macaddr", "bit(4)", "bit varying", "bit varying(4)", "bit varying(8)",
	"text[]", "character varying[]", "character varying(10)[]", "integer[]", "mood", "loose", "tight", "regclass",
}

// effects is what a statement really did, as the server shows it.
type effects struct {
	lock            string
	scans, rewrites bool
	// keepsOut is set when that takes as long as the table is large.
	keepsOut bool
}

var lockModes = map[string]string{
	"AccessExclusiveLock": table.LockExclusive, "ShareUpdateExclusiveLock": table.LockShareUpdate, "RowExclusiveLock": table.LockRows,
}

// measure runs one statement and looks at the table's files, scans and locks.
func measure(t *testing.T, conn *pgx.Conn, relation, sql string) (effects, error) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // does nothing after the commit
	read := func() (files map[string]uint32, scans int64) {
		files = map[string]uint32{}
		rows, err := tx.Query(t.Context(), `
			select c.relname::text, pg_relation_filenode(c.oid), case when c.relkind = 'r' then pg_stat_get_xact_numscans(c.oid) else 0 end
			from pg_class c where c.oid = $1::text::regclass or c.oid in (select indexrelid from pg_index where indrelid = $1::text::regclass)`, relation)
		if err != nil {
			t.Fatal(err)
		}
		var name string
		var file uint32
		var scanned int64
		if _, err := pgx.ForEachRow(rows, []any{&name, &file, &scanned}, func() error {
			files[name] = file
			scans += scanned
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return files, scans
	}
	before, scansBefore := read()
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		return effects{}, err
	}
	after, scans := read()
	var e effects
	e.scans = scans > scansBefore
	for name, file := range before {
		changed := after[name] != file
		if name == relation {
			e.rewrites = changed
		} else if after[name] != 0 && changed {
			e.keepsOut = true
		}
	}
	var modes []string
	if err := tx.QueryRow(t.Context(), `select array_agg(mode) from pg_locks where pid = pg_backend_pid() and relation = $1::text::regclass and mode <> 'AccessShareLock'`, relation).Scan(&modes); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"AccessExclusiveLock", "ShareUpdateExclusiveLock", "RowExclusiveLock"} {
		if e.lock == "" && slices.Contains(modes, mode) {
			e.lock = lockModes[mode]
		}
	}
	e.keepsOut = (e.keepsOut || e.scans || e.rewrites) && e.lock == table.LockExclusive
	return e, tx.Commit(t.Context())
}

// castsSQL lists the pairs of types between which a column can be changed: by a cast for
// assignments, by one to text, or because they are the same type with other modifiers.
const castsSQL = `
with types as (
  select t.name, coalesce(nullif(coalesce(nullif(ty.typbasetype, 0), ty.oid), 0)) as base, e.oid as element, ty.typcategory as category
  from unnest($1::text[]) as t (name)
  join pg_type ty on ty.oid = t.name::regtype
  left join pg_type e on e.oid = ty.typelem and ty.typcategory = 'A')
select a.name || ' to ' || b.name
from types a, types b
where a.base = b.base or b.category = 'S'
  or exists (select from pg_cast k where k.castcontext in ('a', 'i') and k.castsource = a.base and k.casttarget = b.base)
  or exists (select from pg_cast k where k.castcontext in ('a', 'i') and k.castsource = a.element and k.casttarget = b.element)
  or a.element = b.element`

// shape is a table and what becomes of it.
type shape struct {
	create []string
	column declared
}

func (s shape) String() string {
	return fmt.Sprintf("%s -> %+v not null %t", strings.Join(s.create, "; "), s.column.Declaration, s.column.notNull)
}

// shapes generates the tables and changes.
func shapes(castable map[string]bool) []shape {
	var all []shape
	created := func(column string, more ...string) []string {
		return append([]string{"CREATE TABLE probe (k int, c " + column + ")"}, more...)
	}
	indexes := [][]string{nil, {"CREATE INDEX ON probe (c)"}}
	for i, from := range shapeTypes {
		for j, to := range shapeTypes {
			if from != to && castable[from+" to "+to] {
				all = append(all, shape{created(from, indexes[(i+j)%2]...), column("c", to, "", false)})
			}
		}
	}
	for _, kind := range []string{"text", "character varying(10)", "citext"} {
		for _, index := range [][]string{nil, {"CREATE INDEX ON probe (c)"}, {"CREATE INDEX ON probe (lower(c))"}, {"CREATE INDEX ON probe (k) WHERE c IS NOT NULL"}, {"CREATE INDEX ON probe (k) INCLUDE (c)"}, {"CREATE UNIQUE INDEX ON probe (c)"}, {"CREATE INDEX ON probe (c text_pattern_ops)"}} {
			for _, to := range []string{"text", "character varying(20)", "character varying", "citext"} {
				for _, collation := range []string{"", "C"} {
					changed := column("c", to, "", false)
					changed.Collation = collation
					all = append(all, shape{created(kind, index...), changed})
					all = append(all, shape{created(kind+` COLLATE "C"`, index...), changed})
				}
			}
		}
	}
	// Adding a column.
	for _, added := range []declared{
		column("d", "int", "", false), column("d", "int", "1", true), column("d", "int", "1 + 1", false), column("d", "timestamptz", "now()", true),
		column("d", "timestamptz", "CURRENT_TIMESTAMP", true), column("d", "timestamptz", "clock_timestamp()", true), column("d", "date", "CURRENT_DATE", false), column("d", "uuid", "gen_random_uuid()", true),
		column("d", "text", "'x'", true), column("d", "text", "lower('X')", false), column("d", "text", "(gen_random_uuid())::text", false), column("d", "text", "current_user", false),
		column("d", "double precision", "random()", false), column("d", "bigint", "generated always as identity", true), column("d", "bigint", "generated by default as identity", true),
		column("d", "bigint", "nextval('numbers')", false), column("d", "text", "generated always as (c || 'x') stored", false), column("d", "mood", "'good'", true),
		column("d", "loose", "'x'", true), column("d", "tight", "'x'", true), column("d", "tight", "", false), column("d", "jsonb", "'{}'", true), column("d", "int[]", "ARRAY[1,2]", true), column("d", "int[]", "'{}'", true),
		column("d", "text", "stable_text()", true), column("d", "text", "volatile_text()", true), column("d", "text", "immutable_text()", true), column("d", "text", "coalesce(volatile_text(), 'x')", true),
		column("d", "text", "CASE WHEN random() < 2 THEN 'a' ELSE 'b' END", true), column("d", "int", "", true), column("d", "text", "", true),
	} {
		for _, index := range indexes {
			all = append(all, shape{created("text", index...), added})
		}
		if !added.notNull || added.Default != "" {
			all = append(all, shape{[]string{"CREATE TABLE probe (k int, c text) WITH (fillfactor = 70)", "INSERT INTO probe VALUES (1, 'a'), (2, 'b')"}, added})
		}
	}
	// Nulls and defaults.
	for _, check := range [][]string{nil, {"ALTER TABLE probe ADD CHECK (c IS NOT NULL)"}, {"ALTER TABLE probe ADD CONSTRAINT auth0pg_not_null_c CHECK (c IS NOT NULL) NOT VALID"}, {"ALTER TABLE probe ALTER c SET NOT NULL"}, {"ALTER TABLE probe ALTER c SET DEFAULT 'a'"}} {
		for _, notNull := range []bool{true, false} {
			for _, def := range []string{"", "'b'", "(gen_random_uuid())::text", "now()::text"} {
				all = append(all, shape{created("text", append([]string{"INSERT INTO probe VALUES (1, 'a')"}, check...)...), column("c", "text", def, notNull)})
			}
		}
	}
	return all
}

// TestStepsSayWhatHappens plans every shape and compares what each statement is said to do
// with what the server does: the lock, whether the table is read, and whether the table or
// its indexes are written anew.
func TestStepsSayWhatHappens(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := serverAt(t, db.URL)
	for _, sql := range []string{
		"CREATE EXTENSION citext", "CREATE TYPE mood AS ENUM ('good', 'bad')", "CREATE DOMAIN loose AS text", "CREATE DOMAIN tight AS text CHECK (length(value) < 100)", "CREATE SEQUENCE numbers",
		"CREATE FUNCTION stable_text() RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN ''s''; END'",
		"CREATE FUNCTION volatile_text() RETURNS text LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN ''v''; END'",
		"CREATE FUNCTION immutable_text() RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN ''i''; END'",
	} {
		db.Exec(sql)
	}
	castable := map[string]bool{}
	for _, pair := range db.QueryStrings(castsSQL, shapeTypes) {
		castable[pair] = true
	}
	conn := db.Conn()
	tried, impossible := 0, 0
	wrong := map[string]bool{}
	for _, s := range shapes(castable) {
		if !s.recreate(t, conn) {
			impossible++ // for example no index method for the type
			continue
		}
		users, err := table.Inspect(t.Context(), conn, "public", "probe")
		if err != nil {
			t.Fatal(err)
		}
		declaration := s.column.Declaration
		declaration.NotNull = s.column.notNull
		declarations := []table.Declaration{declaration}
		if declaration.Name != "c" {
			declarations = append(declarations, table.Declaration{Name: "c", Type: "text"}) // for expressions that name it
		}
		specs, err := table.Normalize(t.Context(), conn, declarations, users, "")
		if err != nil {
			impossible++ // no cast, or a default of another type
			continue
		}
		specs[0].NotNull = s.column.notNull
		plan := table.NewPlan(users, table.Desired{Schema: "public", Name: "probe", Columns: specs[:1]}, withRewrites(limits(t, server)))
		for _, step := range plan.Steps {
			if step.Route == table.Backfill {
				if _, err := conn.Exec(t.Context(), step.SQL, 0, 10); err != nil {
					t.Errorf("%s: %s: %v", s, step.SQL, err)
				}
				continue
			}
			tried++
			did, err := measure(t, conn, "probe", step.SQL)
			if err != nil {
				t.Errorf("%s: %s: %v", s, step.SQL, err)
				break
			}
			said := effects{lock: step.Lock, scans: step.Scans, rewrites: step.Rewrites, keepsOut: step.Route == table.Rewrite || step.Scans && step.Lock == table.LockExclusive}
			if said != did {
				wrong[fmt.Sprintf("%s\n  %s\n  said %+v\n  did  %+v", s, step.SQL, said, did)] = true
			}
		}
	}
	for _, text := range slices.Sorted(maps.Keys(wrong)) {
		t.Error(text)
	}
	t.Logf("%d statements compared, %d shapes impossible, %d wrong", tried, impossible, len(wrong))
	if tried < 300 {
		t.Errorf("only %d statements were compared", tried)
	}
}

// recreate makes the table anew, with a row of nulls unless it has rows or must have none.
func (s shape) recreate(t *testing.T, conn *pgx.Conn) bool {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "DROP TABLE IF EXISTS probe"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range s.create {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			return false
		}
	}
	_, err := conn.Exec(t.Context(), "INSERT INTO probe (k) SELECT 1 WHERE NOT EXISTS (SELECT FROM probe) AND $1", !s.column.notNull)
	return err == nil
}

func withRewrites(l table.Limits) table.Limits {
	l.AllowRewrite = true
	return l
}
