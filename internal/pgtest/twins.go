// SPDX-License-Identifier: MPL-2.0

package pgtest

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Twins are objects that an attacker has put where a search path may find them: functions, operators, types and views
// with the names of the server's own. Each counts when it runs, and then fails.
type Twins struct {
	// Made is how many there are.
	Made int

	db     *DB
	schema string
	token  string
}

//go:embed twins.sql
var twinsSQL string

// twinSlots is how many of the last calls are remembered by name.
const twinSlots = 40

// HostileTwins creates, as the role, in the schema, a twin of every function, operator, type and relation of the server
// and of the extensions installed: with the same signature, which is found where the schema comes before pg_catalog,
// and with others that fit a call better than the server's own, as varchar = text does, which is found wherever the
// schema is in the path at all. The role gets the right to create there and needs no other. Call it when the domains,
// enums and extensions of the test exist: their types are among the signatures, where the role may use their schemas.
//
// A session that does not pin its search path, the test's own included, meets them. DB.Pin keeps the helpers safe.
func (d *DB) HostileTwins(role, schema string) *Twins {
	d.t.Helper()
	// Some 24,000 of them: seconds by themselves, minutes beside other tests.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	t := &Twins{db: d, schema: pgx.Identifier{schema}.Sanitize(), token: "hostile twin " + suffix()}
	conn, err := pgx.Connect(ctx, d.URL)
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // it has done its work
	exec := func(sql string) {
		d.t.Helper()
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			d.t.Fatalf("%.80s: %v", sql, err)
		}
	}
	quoted := pgx.Identifier{role}.Sanitize()
	exec("SET search_path = pg_catalog, pg_temp; SET check_function_bodies = off; SET client_min_messages = error")
	exec("GRANT USAGE, CREATE ON SCHEMA " + t.schema + " TO " + quoted)
	exec("GRANT " + quoted + " TO CURRENT_USER") // no superuser has to be allowed
	exec("SET ROLE " + quoted)
	common := strings.NewReplacer("{schema}", t.schema, "{token}", t.token, "{slots}", strconv.Itoa(twinSlots))
	exec(common.Replace(twinsSQL))
	list := &twinList{schema: t.schema, seen: map[string]bool{}}
	if err := list.fill(ctx, conn); err != nil {
		d.t.Fatal(err)
	}
	create := "SELECT " + t.schema + ".twin_create($1, $2)"
	if err := conn.QueryRow(ctx, create, list.names, list.statements).Scan(&t.Made); err != nil {
		d.t.Fatal(err)
	}
	exec("RESET ROLE")
	exec("REVOKE " + quoted + " FROM CURRENT_USER")
	return t
}

// Pin takes the twins out of reach of Exec and the Query helpers.
func (d *DB) Pin() {
	d.t.Helper()
	d.Exec("SET search_path = pg_catalog, pg_temp")
}

// Ran names the twins that ran, each once; of very many calls the last ones.
func (t *Twins) Ran() []string {
	t.db.t.Helper()
	var union []string
	for slot := range twinSlots {
		union = append(union, fmt.Sprintf("SELECT last_value, is_called FROM %s.twin_call_%d", t.schema, slot))
	}
	ran := t.db.QueryStrings(fmt.Sprintf("SELECT DISTINCT n.what FROM (%s) c "+
		"JOIN %s.twin_names n ON n.id OPERATOR(pg_catalog.=) c.last_value WHERE c.is_called",
		strings.Join(union, " UNION ALL "), t.schema))
	for _, name := range t.logged() {
		if !slices.Contains(ran, name) {
			ran = append(ran, name)
		}
	}
	slices.Sort(ran)
	return ran
}

// logged names the twins that the log of a local server tells of.
func (t *Twins) logged() []string {
	if t.db.Server == nil {
		return nil
	}
	log, err := os.ReadFile(t.db.Server.LogFile())
	if err != nil {
		t.db.t.Fatal(err)
	}
	var names []string
	for line := range bytes.Lines(log) {
		if _, after, found := strings.Cut(string(line), "LOG:  "+t.token+" "); found {
			names = append(names, after[:strings.LastIndex(after, " as ")])
		}
	}
	return names
}

// twinList collects what is to be created.
type twinList struct {
	schema string
	// alike are the types that may stand in a signature in a type's place, by the type's name.
	alike map[string][]string
	// concrete are types for a polymorphic argument.
	concrete          []string
	seen              map[string]bool
	names, statements []string
}

// add creates the statement of one twin from its number.
func (l *twinList) add(name string, statement func(ran string) string) {
	if l.seen[name] {
		return
	}
	l.seen[name] = true
	l.names = append(l.names, name)
	l.statements = append(l.statements, statement(fmt.Sprintf("%s.twin_ran(%d)", l.schema, len(l.names))))
}

func (l *twinList) fill(ctx context.Context, conn *pgx.Conn) error {
	for _, step := range []func(context.Context, *pgx.Conn) error{l.types, l.functions, l.operators, l.relations} {
		if err := step(ctx, conn); err != nil {
			return err
		}
	}
	// An aggregate that is called with a star, which no function stands in for.
	l.add("count(*)", func(ran string) string {
		return fmt.Sprintf("CREATE FUNCTION %[1]s.twin_count(int8) RETURNS int8 LANGUAGE plpgsql "+
			"AS 'BEGIN PERFORM %[2]s; END'; CREATE AGGREGATE %[1]s.count(*) "+
			"(SFUNC = %[1]s.twin_count, STYPE = int8, INITCOND = '0', FINALFUNC = %[1]s.twin_count)", l.schema, ran)
	})
	return nil
}

// types makes domains with the names of the server's types, and learns which types can stand for which.
func (l *twinList) types(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT format_type(t.oid, NULL), t.typname::text, t.typtype::text, n.nspname = 'pg_catalog',
			format_type(CASE t.typbasetype WHEN 0 THEN t.oid ELSE t.typbasetype END, NULL)
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
		WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_toast' AND n.nspname || '.' || t.typname <> 'public.int'
			AND (t.typtype IN ('d', 'e') OR t.typtype = 'b' AND (t.typelem = 0 OR t.typname IN ('name', 'point')))`)
	if err != nil {
		return err
	}
	strings := []string{"text", "character varying", "character", "name"}
	l.alike = map[string][]string{
		"smallint": {"integer", "bigint"}, "integer": {"smallint", "bigint"}, "bigint": {"integer", "smallint"},
		"double precision": {"integer", "bigint", "numeric", "real"}, "numeric": {"integer", "bigint"},
		"oid":                      {"integer", "bigint", "regclass", "regtype", "regrole", "regnamespace", "regproc"},
		"timestamp with time zone": {"timestamp without time zone", "date"},
		"text[]":                   {"character varying[]", "name[]"},
	}
	var name, own, kind, base string
	var builtIn bool
	_, err = pgx.ForEachRow(rows, []any{&name, &own, &kind, &builtIn, &base}, func() error {
		switch {
		case builtIn:
			l.add("type "+own, func(ran string) string {
				return fmt.Sprintf("CREATE DOMAIN %s.%s AS %s CHECK (%s)", l.schema, pgx.Identifier{own}.Sanitize(), name, ran)
			})
		case own == "citext" && kind == "b" || kind == "d" && slices.Contains(strings, base):
			strings = append(strings, name)
		case kind == "d":
			l.alike[base] = append(l.alike[base], name)
		case kind == "e":
			l.concrete = append(l.concrete, name)
		}
		return nil
	})
	for _, one := range strings {
		for _, other := range strings {
			if other != one {
				l.alike[one] = append(l.alike[one], other)
			}
		}
	}
	l.concrete = append(l.concrete, append(strings, "integer", "smallint", "bigint", "oid", "boolean", "uuid", `"char"`,
		"jsonb", "timestamp with time zone")...)
	return err
}

// source tells what twins are made of: the server's own and what extensions have added.
const twinSource = `(%[1]s = 'pg_catalog'::regnamespace OR EXISTS (SELECT FROM pg_depend d
	WHERE d.classid = '%[2]s'::regclass AND d.objid = %[3]s AND d.deptype = 'e'))`

func (l *twinList) functions(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT p.proname::text, pg_get_function_arguments(p.oid), coalesce(pg_get_function_result(p.oid), 'void'),
			ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u(a, n) ORDER BY n),
			(CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END) || format_type(p.prorettype, NULL),
			p.provariadic <> 0, p.prokind = 'f'
		FROM pg_proc p
		WHERE p.prokind IN ('f', 'a', 'w') AND p.proname <> 'twin_ran'
			AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
			AND p.prorettype::regtype::text NOT IN ('internal', 'cstring', 'trigger', 'event_trigger')
			AND `+fmt.Sprintf(twinSource, "p.pronamespace", "pg_proc", "p.oid"))
	if err != nil {
		return err
	}
	var name, arguments, result, plain string
	var types []string
	var variadic, function bool
	_, err = pgx.ForEachRow(rows, []any{&name, &arguments, &result, &types, &plain, &variadic, &function}, func() error {
		if name == "count" && len(types) == 0 {
			return nil
		}
		if function && !slices.Contains(types, `"any"`) {
			l.function(name, types, arguments, result) // with its defaults and its named results
		}
		for _, v := range l.variants(types, plain, variadic) {
			l.function(name, v.arguments, strings.Join(v.arguments, ", "), v.result)
		}
		return nil
	})
	return err
}

func (l *twinList) function(name string, types []string, arguments, result string) {
	quoted := pgx.Identifier{name}.Sanitize()
	l.add(fmt.Sprintf("%s(%s)", name, strings.Join(types, ", ")), func(ran string) string {
		return fmt.Sprintf("CREATE FUNCTION %s.%s(%s) RETURNS %s LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM %s; END'",
			l.schema, quoted, arguments, result, strings.ReplaceAll(ran, "'", "''"))
	})
}

func (l *twinList) operators(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT o.oprname::text, CASE o.oprleft WHEN 0 THEN '{}' ELSE ARRAY[format_type(o.oprleft, NULL)] END
			|| format_type(o.oprright, NULL), format_type(o.oprresult, NULL)
		FROM pg_operator o
		WHERE o.oprright <> 0 AND o.oprresult <> 0 AND `+fmt.Sprintf(twinSource, "o.oprnamespace", "pg_operator", "o.oid"))
	if err != nil {
		return err
	}
	var name, result string
	var types []string
	_, err = pgx.ForEachRow(rows, []any{&name, &types, &result}, func() error {
		for _, v := range l.variants(types, result, false) {
			l.operator(name, v)
		}
		return nil
	})
	return err
}

func (l *twinList) operator(name string, v signature) {
	l.add(fmt.Sprintf("operator %s (%s)", name, strings.Join(v.arguments, ", ")), func(ran string) string {
		sides := "RIGHTARG = " + v.arguments[len(v.arguments)-1]
		if len(v.arguments) == 2 {
			sides = "LEFTARG = " + v.arguments[0] + ", " + sides
		}
		function := fmt.Sprintf("%s.twin_operator_%d", l.schema, len(l.names))
		return fmt.Sprintf("CREATE FUNCTION %[1]s(%[2]s) RETURNS %[3]s LANGUAGE plpgsql IMMUTABLE "+
			"AS 'BEGIN PERFORM %[4]s; END'; CREATE OPERATOR %[5]s.%[6]s (%[7]s, FUNCTION = %[1]s)",
			function, strings.Join(v.arguments, ", "), v.result, strings.ReplaceAll(ran, "'", "''"), l.schema, name, sides)
	})
}

// relations makes views with the names of the catalog's tables and views.
func (l *twinList) relations(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT DISTINCT ON (c.relname) c.relname::text, c.oid::regclass::text
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') ORDER BY c.relname`)
	if err != nil {
		return err
	}
	var name, qualified string
	_, err = pgx.ForEachRow(rows, []any{&name, &qualified}, func() error {
		l.add("relation "+name, func(ran string) string {
			view := l.schema + "." + pgx.Identifier{name}.Sanitize()
			return fmt.Sprintf("CREATE VIEW %[1]s AS SELECT * FROM %[2]s WHERE %[3]s; GRANT SELECT ON %[1]s TO PUBLIC",
				view, qualified, ran)
		})
		return nil
	})
	return err
}

// signature is what a twin takes and returns.
type signature struct {
	arguments []string
	result    string
}

// variants are the signature itself and those that fit some call better.
func (l *twinList) variants(types []string, result string, variadic bool) []signature {
	if i := slices.Index(types, `"any"`); i >= 0 {
		return l.anything(types[:i], result, variadic)
	}
	all := []signature{{types, result}}
	if slices.ContainsFunc(types, isPolymorphic) {
		for _, concrete := range l.concrete {
			made := slices.Clone(types)
			for i := range made {
				made[i] = concretely(made[i], concrete)
			}
			set, one := strings.CutPrefix(result, "SETOF ")
			result := concretely(set, concrete)
			if one {
				result = "SETOF " + result
			}
			all = append(all, signature{made, result})
		}
	}
	return append(all, l.replaced(types, result)...)
}

// anything gives functions of any arguments some of one type.
func (l *twinList) anything(first []string, result string, variadic bool) []signature {
	most := 1
	if variadic {
		most = 4
	}
	var all []signature
	for _, concrete := range l.concrete {
		made := slices.Clone(first)
		for range most {
			made = append(slices.Clone(made), concrete)
			all = append(all, signature{made, result})
		}
	}
	return all
}

// replaced puts other types into the signature: each combination for one or two arguments, for more of them one at a
// time and all at once.
func (l *twinList) replaced(types []string, result string) []signature {
	var places []int
	for i, t := range types {
		if len(l.alike[t]) > 0 {
			places = append(places, i)
		}
	}
	var all []signature
	with := func(replace map[int]string) {
		made := slices.Clone(types)
		for i, t := range replace {
			made[i] = t
		}
		all = append(all, signature{made, result})
	}
	for _, i := range places {
		for _, one := range l.alike[types[i]] {
			with(map[int]string{i: one})
			together := map[int]string{}
			for _, j := range places {
				if types[j] == types[i] {
					together[j] = one
				}
				if len(places) != 2 || j == i {
					continue
				}
				for _, other := range l.alike[types[j]] {
					with(map[int]string{i: one, j: other})
				}
			}
			with(together)
		}
	}
	return all
}

func isPolymorphic(name string) bool { return strings.HasPrefix(name, "any") }

// concretely is the type that stands for a polymorphic one where its element is the given type.
func concretely(polymorphic, element string) string {
	switch polymorphic {
	case "anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray", "anyenum":
		return element
	case "anyarray", "anycompatiblearray":
		return element + "[]"
	}
	return polymorphic
}
