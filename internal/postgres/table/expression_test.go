// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// newExpressionSite has a users table with relations beside it, functions that would show that they ran, and another
// role's objects in the schema that comes first in the path.
func newExpressionSite(t *testing.T) (*pgtest.DB, *postgres.Server, string) {
	t.Helper()
	db := pgtest.LocalDatabase(t)
	low := db.RoleName("low")
	db.Exec("CREATE ROLE " + low + "; GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC; CREATE SEQUENCE public.ran; GRANT ALL ON SEQUENCE public.ran TO PUBLIC")
	db.Exec("CREATE SCHEMA app; CREATE EXTENSION citext SCHEMA app")
	db.Exec(`CREATE TABLE app.users (id bigint PRIMARY KEY, email app.citext, "First Name" varchar(50), last_name varchar(50), is_active boolean,
		banned_until timestamptz, deleted_at timestamptz, last_seen bigint, settings jsonb, hash bytea, mood app.citext, gone int);
		ALTER TABLE app.users DROP COLUMN gone`)
	db.Exec(`CREATE TABLE app.roles (id int PRIMARY KEY, user_id bigint, role text, note text);
		CREATE TABLE app."Odd :relid 1 {RTE" (id bigint, "(b 9)" text);
		CREATE VIEW app.active AS SELECT id, email FROM app.users WHERE is_active`)
	db.Exec(`CREATE FUNCTION app.label(text) RETURNS text LANGUAGE sql STABLE AS 'select $1';
		CREATE FUNCTION app.writes(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('public.ran'); RETURN true; END $$;
		CREATE FUNCTION app.full_name(app.users) RETURNS text LANGUAGE sql STABLE AS 'select $1.last_name'`)
	db.Exec("SET ROLE " + low)
	db.Exec(`CREATE FUNCTION public.upper(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_catalog.nextval('public.ran'); RETURN 'x'; END $$;
		CREATE TABLE public.theirs (id bigint)`)
	db.Exec("RESET ROLE")
	db.Exec("ALTER DATABASE " + pgx.Identifier{db.Name}.Sanitize() + " SET search_path = public, app")
	return db, serverFor(t, db, false), low
}

func relation(schema, name string, columns ...string) store.Relation {
	return store.Relation{Columns: columns, Name: name, Schema: schema}
}

// The server says what an expression means, of which type it is and what it reads, column by column.
func TestExpressionsAreResolved(t *testing.T) {
	t.Parallel()
	_, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	every := relation("app", "users", "First Name", "banned_until", "deleted_at", "email", "hash", "id", "is_active", "last_name", "last_seen", "mood", "settings")
	for text, want := range map[string]table.Resolved{
		"deleted_at is null": {Expression: store.Expression{
			SQL: "(users.deleted_at IS NULL)", Type: "boolean", Reads: []store.Relation{relation("app", "users", "deleted_at")},
		}},
		"is_active is not true or banned_until > now() -- until": {},
		"is_active is not true or banned_until > now()": {Expression: store.Expression{
			SQL: "((is_active IS NOT TRUE) OR (banned_until OPERATOR(pg_catalog.>) pg_catalog.now()))", Type: "boolean", Reads: []store.Relation{relation("app", "users", "banned_until", "is_active")},
		}},
		`concat_ws(' ', "First Name", last_name)`: {Expression: store.Expression{
			SQL: `pg_catalog.concat_ws(' '::pg_catalog.text, "First Name", last_name)`, Type: "text", Reads: []store.Relation{relation("app", "users", "First Name", "last_name")},
		}},
		"to_timestamp(last_seen / 1000.0)": {Expression: store.Expression{
			SQL: "pg_catalog.to_timestamp((((last_seen)::numeric OPERATOR(pg_catalog./) 1000.0))::double precision)", Type: "timestamp with time zone", Reads: []store.Relation{relation("app", "users", "last_seen")},
		}},
		"settings ->> 'plan'":       {Expression: store.Expression{SQL: "(settings OPERATOR(pg_catalog.->>) 'plan'::pg_catalog.text)", Type: "text", Reads: []store.Relation{relation("app", "users", "settings")}}},
		"convert_from(hash,'UTF8')": {Expression: store.Expression{SQL: "pg_catalog.convert_from(hash, 'UTF8'::pg_catalog.name)", Type: "text", Reads: []store.Relation{relation("app", "users", "hash")}}},
		"email = 'a@B'":             {Expression: store.Expression{SQL: "(email OPERATOR(app.=) 'a@B'::app.citext)", Type: "boolean", Reads: []store.Relation{relation("app", "users", "email")}}},
		"label(last_name)": {
			Expression: store.Expression{SQL: "app.label((last_name)::pg_catalog.text)", Type: "text", Reads: []store.Relation{relation("app", "users", "last_name")}},
			Functions:  []string{"app.label(text)"},
		},
		"not is_active or last_seen between -1 and 2 or id = any ('{1}') or last_name like 'x%'": {Expression: store.Expression{
			SQL: "((NOT is_active) OR ((last_seen OPERATOR(pg_catalog.>=) '-1'::integer) AND (last_seen OPERATOR(pg_catalog.<=) 2)) OR (users.id OPERATOR(pg_catalog.=) ANY ('{1}'::bigint[])) OR " +
				"((last_name)::pg_catalog.text OPERATOR(pg_catalog.~~) 'x%'::pg_catalog.text))",
			Type: "boolean", Reads: []store.Relation{relation("app", "users", "id", "is_active", "last_name", "last_seen")},
		}},
		`(select string_agg(u || "left"(u, 1), ',') from unnest(array['=>', 'a(b)', 'OPERATOR(']) as u)`: {Expression: store.Expression{
			SQL: `( SELECT pg_catalog.string_agg((u.u OPERATOR(pg_catalog.||) pg_catalog."left"(u.u, 1)), ','::pg_catalog.text) AS string_agg FROM ` +
				`pg_catalog.unnest(ARRAY['=>'::pg_catalog.text, 'a(b)'::pg_catalog.text, 'OPERATOR('::pg_catalog.text]) u(u))`,
			Type: "text",
		}},
		"(select max(unnest) from unnest(array[1]) as unnest(unnest))": {Expression: store.Expression{
			SQL: "( SELECT pg_catalog.max(unnest.unnest) AS max FROM pg_catalog.unnest(ARRAY[1]) unnest(unnest))", Type: "integer",
		}},
		"make_interval(days => 1) > interval '-1 day' and -last_seen < 1": {Expression: store.Expression{
			SQL:  "((pg_catalog.make_interval(days => 1) OPERATOR(pg_catalog.>) '-1 days'::interval) AND ((OPERATOR(pg_catalog.-) last_seen) OPERATOR(pg_catalog.<) 1))",
			Type: "boolean", Reads: []store.Relation{relation("app", "users", "last_seen")},
		}},
		"true": {Expression: store.Expression{SQL: "true", Type: "boolean"}},
		"'x'":  {Expression: store.Expression{SQL: "'x'::pg_catalog.text", Type: "text"}},
		"(select jsonb_agg(r.role order by r.id) from roles r where r.user_id = users.id)": {Expression: store.Expression{
			SQL:  "( SELECT pg_catalog.jsonb_agg(r.role ORDER BY r.id) AS jsonb_agg FROM app.roles r WHERE (r.user_id OPERATOR(pg_catalog.=) users.id))",
			Type: "jsonb", Reads: []store.Relation{relation("app", "roles", "id", "role", "user_id"), relation("app", "users", "id")},
		}},
		// A whole row beside a column of it.
		"(select jsonb_agg(r) from roles r where r.user_id = users.id)": {Expression: store.Expression{
			SQL: "( SELECT pg_catalog.jsonb_agg(r.*) AS jsonb_agg FROM app.roles r WHERE (r.user_id OPERATOR(pg_catalog.=) users.id))", Type: "jsonb",
			Reads: []store.Relation{relation("app", "roles", "id", "note", "role", "user_id"), relation("app", "users", "id")},
		}},
		"(select count(*) from roles)": {Expression: store.Expression{SQL: "( SELECT pg_catalog.count(*) AS count FROM app.roles)", Type: "bigint", Reads: []store.Relation{relation("app", "roles", "id")}}},
		"to_jsonb(users)":              {Expression: store.Expression{SQL: "pg_catalog.to_jsonb(users.*)", Type: "jsonb", Reads: []store.Relation{every}}},
		"users.full_name":              {Expression: store.Expression{SQL: "app.full_name(users.*)", Type: "text", Reads: []store.Relation{every}}, Functions: []string{"app.full_name(app.users)"}},
		"exists (select from active a where a.id = users.id)": {Expression: store.Expression{
			SQL: "(EXISTS ( SELECT FROM app.active a WHERE (a.id OPERATOR(pg_catalog.=) users.id)))", Type: "boolean",
			Reads: []store.Relation{relation("app", "active", "id"), relation("app", "users", "id")},
		}},
		// The table once more, under its own name.
		"(select count(*) from app.users where users.deleted_at is null)": {Expression: store.Expression{
			SQL: "( SELECT pg_catalog.count(*) AS count FROM app.users users_1 WHERE (users_1.deleted_at IS NULL))", Type: "bigint", Reads: []store.Relation{relation("app", "users", "deleted_at")},
		}},
		`(select o."(b 9)" from "Odd :relid 1 {RTE" o where o.id = users.id)`: {Expression: store.Expression{
			SQL: `( SELECT o."(b 9)" FROM app."Odd :relid 1 {RTE" o WHERE (o.id OPERATOR(pg_catalog.=) users.id))`, Type: "text",
			Reads: []store.Relation{relation("app", "Odd :relid 1 {RTE", "(b 9)", "id"), relation("app", "users", "id")},
		}},
	} {
		t.Run(text, func(t *testing.T) {
			found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "users", Current: current}, []string{text})
			if want.SQL == "" { // it ends in a comment, which would swallow what comes behind it, or names what is not there
				if err == nil {
					t.Error("not refused")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := found[text]
			got.Loose = false // see TestLooseSubselects
			want.SQL = qualifiedColumns(want.SQL)
			if got.SQL = qualifiedColumns(got.SQL); !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// What people write about users, in forms that the server prints each in its own way: each is understood, and what is
// printed means the same once more.
func TestUsualExpressionsAreResolved(t *testing.T) {
	db, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"case when is_active then 'yes' else 'no' end", "case last_name when 'x' then true when 'y' then false end",
		"coalesce(case when last_seen > 0 then case when is_active then 1 else 2 end end, 0)", "nullif(last_name, '')",
		"coalesce(last_name, \"First Name\", '')", "last_name in ('a', 'b')", "last_name not in ('a', 'b')", "lower(last_name) = any (array['a', 'b'])",
		"last_name is distinct from 'x'", "last_name ilike 'x%'", "last_name !~ '^x'", "last_name similar to 'a|b'", "position('a' in last_name) > 0",
		"substring(last_name from 1 for 2)", "substring(last_name from '[a-z]+')", "trim(both from last_name)", "trim(leading '0' from last_name)",
		"overlay(last_name placing 'x' from 1)", "extract(epoch from banned_until)", "date_trunc('day', banned_until)", "banned_until at time zone 'UTC'",
		"banned_until::date < current_date", "banned_until < localtimestamp", "now() - banned_until > interval '30 days'", "banned_until between now() and 'infinity'",
		"(banned_until, now()) overlaps (now(), interval '1 day')", "isfinite(banned_until)", "settings -> 'a' ->> 'b'", "settings #>> '{a,b}'", "settings @> '{\"a\": true}'",
		"settings ? 'a'", "(settings ->> 'active')::boolean is not true", "settings['a'] ->> 'b'", "jsonb_path_exists(settings, '$.a')", "mood::text = 'x'",
		"cast(last_seen as text)", "row(id, last_seen) = row(1, 2)", "greatest(last_seen, 0)", "least(last_seen, 1)::int", "md5(last_name)", "encode(hash, 'hex')",
		"convert_from(hash, 'UTF8')", "decode(last_name, 'base64')::text", "is_active and (deleted_at is null or deleted_at > now())", "not (is_active is false)", "(is_active)::int",
		"format('%s %s', \"First Name\", last_name)", "\"First Name\" || ' ' || last_name", "regexp_replace(last_name, '\\s+', ' ', 'g')", "split_part(email::text, '@', 2) = 'example.com'",
		"array_length(string_to_array(last_name, ' '), 1) > 1", "to_char(banned_until, 'YYYY-MM-DD')", "last_name collate \"C\" < 'x'", "bool(last_seen::int)", "last_seen & 1 = 1", "-last_seen", "last_seen is null",
		"exists (select 1 from roles r where r.user_id = users.id and r.role in ('a', 'b'))", "(select r.role from roles r where r.user_id = users.id order by r.id desc limit 1)",
		"array(select r.role from roles r where r.user_id = users.id)::text", "(select case when count(*) > 0 then 'x' end from roles r where r.user_id = users.id)",
		"(with newest as (select r.role from roles r where r.user_id = users.id) select role from newest limit 1)", "(select r.role from roles r left join roles s on r.id = s.id where r.user_id = users.id limit 1)",
		"(select string_agg(distinct r.role, ', ') filter (where r.role <> '') from roles r where r.user_id = users.id)", "(select x.value ->> 'a' from jsonb_array_elements(settings) x limit 1)",
		"(select x from unnest(array[1, 2]) with ordinality as u (x, n) order by n limit 1)", "xmlserialize(content xmlelement(name a, last_name) as text)", "current_setting('TimeZone') = 'UTC'",
	} {
		if db.Server.Version() < 14 && strings.HasPrefix(text, "settings[") {
			continue // jsonb has subscripts since 14
		}
		found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "users", Current: current}, []string{text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if strings.Contains(found[text].SQL, "\n") {
			t.Errorf("%s: of several lines: %s", text, found[text].SQL)
		}
	}
}

// The same over types of the application's own.
func TestExpressionsOverOwnTypes(t *testing.T) {
	db, server, _ := newExpressionSite(t)
	db.Exec(`CREATE TYPE app."State" AS ENUM ('active', 'banned'); CREATE DOMAIN app.address AS app.citext; CREATE DOMAIN app.code AS char(5);
		CREATE TABLE app.people (id uuid, state app."State", email app.address, code app.code, tags varchar[], flags bit(3), seen timestamptz(3), note name, mail app.citext)`)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "people")
	if err != nil {
		t.Fatal(err)
	}
	if base := current.Column("email").Base; base != "app.citext" {
		t.Errorf("the domain is over %q", base)
	}
	for _, text := range []string{
		"state = 'active'", "state in ('active', 'banned')", "state <> all (array['banned']::\"State\"[])", "state::text like 'a%'", "state is distinct from 'active'", "state < 'banned'",
		"email = 'x'", "email in ('a', 'b')", "mail in ('a', 'b')", "lower(email)", "email::text", "code = 'a'", "code in ('a', 'b')", "'admin' = any (tags)", "tags && array['a', 'b']::varchar[]", "tags @> '{a}'",
		"array_position(tags, 'a') is not null", "flags & b'100' <> b'000'", "get_bit(flags, 0) = 1", "seen > now() - interval '1 year'", "note = 'x'", "id = '00000000-0000-0000-0000-000000000000'",
		"id::text", "case state when 'active' then 1 else 0 end", "coalesce(state, 'banned') = 'banned'", "array_to_string(tags, ',')", "cardinality(tags) > 0",
	} {
		if _, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "people", Current: current}, []string{text}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// qualifiedColumns leaves out what every column of the table has in front; that it has is another test's.
func qualifiedColumns(sql string) string {
	for _, column := range []string{`"First Name"`, "last_name", "last_seen", "is_active", "banned_until", "settings", "hash", "email"} {
		sql = strings.ReplaceAll(sql, "users."+column, column)
	}
	return sql
}

// Without the table's name, a column would be another one where a statement has a second relation.
func TestExpressionsAreQualified(t *testing.T) {
	t.Parallel()
	db, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(`CREATE TABLE app."Us ers" (id bigint, "value" text, auth0pg text)`)
	current, err := table.Inspect(t.Context(), pool, "app", "Us ers")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{`"value"`: `"Us ers".value`, "upper(auth0pg::text)": `pg_catalog.upper("Us ers".auth0pg)`} {
		found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "Us ers", Current: current}, []string{text})
		if err != nil || found[text].SQL != want {
			t.Errorf("%s: %q %v, want %q", text, found[text].SQL, err, want)
		}
	}
}

// What is no expression over the row, or does more than reading it, is refused, and nothing of it has run.
func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	db, server, low := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	db.Exec("SET ROLE " + low + `; CREATE FUNCTION public.theirs(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$;
		CREATE DOMAIN public.checked AS bigint; RESET ROLE;
		CREATE VIEW app.calls AS SELECT public.theirs(id) AS id FROM app.users; CREATE VIEW app.on_top AS SELECT id FROM app.calls;
		CREATE VIEW app.casts AS SELECT id::public.checked::bigint AS id FROM app.users`)
	for text, cause := range map[string]string{
		"":                               "empty",
		"true; drop table app.users":     "statement's end",
		"true) from app.users; select (": "closes nothing",
		"true) or (true":                 "closes nothing",
		"is_active, true":                "more than one",
		"is_active -- x":                 "ends in a comment",
		"is_active /*":                   "not closed",
		"is_active where true":           "syntax error",
		"is_actve":                       "does not exist",
		"count(*)":                       "aggregate",
		"max(id) over ()":                "window function",
		"row_number() over ()":           "window function",
		"generate_series(1, 2)":          "set-returning",
		"unnest(array[1])":               "set-returning",
		"random()":                       "VOLATILE",
		"clock_timestamp()":              "VOLATILE",
		"nextval('public.ran')":          "VOLATILE",
		"writes(id)":                     "VOLATILE",
		"(select writes(1) limit 1)":     "VOLATILE",
		"(select x from writes(1) x)":    "VOLATILE",
		"(with x as (delete from app.roles returning 1) select 1)":       "data-modifying",
		"(select id from app.roles limit 1 for update)":                  "locks rows",
		"(select 1 from (select id from app.roles for share) x limit 1)": "locks rows",
		"upper(\"First Name\")":                                          "public.upper(character varying)",
		"(select id from public.theirs limit 1)":                         "public.theirs",
		"exists (select from calls c where c.id = users.id)":             "public.theirs(bigint) of the role",
		"exists (select from on_top c where c.id = users.id)":            "public.theirs(bigint) of the role",
		"exists (select from casts c where c.id = users.id)":             "the type public.checked of the role",
		"$1 = 'x'":                        "parameter",
		"users":                           "whole row",
		"row(1, 2)":                       "pseudo-type",
		"(select r from roles r limit 1)": "whole row",
		"xmin::text":                      "system column",
		"E'a\\nb'":                        "line break",
		"auth0pg_beside is null":          "auth0pg_beside",
		"(select 1, 2)":                   "one column",
		"app.nothing(id)":                 "does not exist",
		"nowhere.f(id)":                   "does not exist",
		"(select 1 into x)":               "",
		"(select r.role from roles r join roles s using (id) limit 1)": "write ON",
		"(select r.role from roles r natural join roles s limit 1)":    "write ON",
		"case mood when 'x' then true end":                             "which it reads as", // as text where citext's schema is not in the path
		"id = 'x'":                                                     "invalid input",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "users", Current: current}, []string{"true", text})
			var refused *table.ExpressionError
			if !errors.As(err, &refused) || refused.Text != text || !strings.Contains(err.Error(), cause) {
				t.Errorf("%v, want a refusal over %s", err, cause)
			}
			var untrusted *table.UntrustedError
			if errors.As(err, &untrusted) && untrusted.Owner != low {
				t.Error(untrusted.Owner)
			}
			if db.QueryBool("SELECT is_called FROM public.ran") {
				t.Error("something has run")
			}
		})
	}
}

// A table that is to be made, or to be changed in the same apply, is looked at as it will be.
func TestExpressionsOverTheTableToBe(t *testing.T) {
	t.Parallel()
	db, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	columns := []table.ColumnSpec{{Name: "active", Type: "boolean", RenamedFrom: "is_active"}, {Name: "migrated", Type: "boolean"}}
	for name, test := range map[string]struct {
		row  table.Row
		want string
	}{
		"new":     {table.Row{Schema: "app", Name: "people", Columns: columns}, "(people.active AND people.migrated)"},
		"changed": {table.Row{Schema: "app", Name: "users", Current: current, Columns: columns}, "(users.active AND users.migrated)"},
	} {
		found, err := table.ResolveExpressions(t.Context(), pool, test.row, []string{"active and migrated"})
		want := []store.Relation{relation("app", test.row.Name, "active", "migrated")}
		if got := found["active and migrated"]; err != nil || got.SQL != test.want || !reflect.DeepEqual(got.Reads, want) || got.Schemas != nil {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	// Beside the table that is there: what is read of either is read of the one.
	row := table.Row{Schema: "app", Name: "users", Current: current, Columns: columns}
	const twice = "active and exists (select from app.users u where u.id = users.id and u.is_active)"
	found, err := table.ResolveExpressions(t.Context(), pool, row, []string{twice, "deleted_at is null"})
	if want := []store.Relation{relation("app", "users", "active", "id", "is_active")}; err != nil || !reflect.DeepEqual(found[twice].Reads, want) {
		t.Errorf("%+v %v", found[twice].Reads, err)
	}
	if db.QueryBool("SELECT EXISTS (SELECT FROM pg_class WHERE relname LIKE 'auth0pg%')") {
		t.Error("something was left behind")
	}
}

// Schemas are those in which something has to be found.
func TestSchemasOfExpressions(t *testing.T) {
	t.Parallel()
	db, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(`CREATE SCHEMA "Other"; CREATE TABLE "Other".users (id int, mail app.citext); CREATE TABLE "Other".notes (id int)`)
	current, err := table.Inspect(t.Context(), pool, "Other", "users")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"id > 1": nil, "mail = 'x'": {"app"}, `exists (select from "Other".notes)`: nil, "exists (select from app.roles)": {"app"}, "app.label('x')": {"app"},
	} {
		found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "Other", Name: "users", Current: current}, []string{text})
		if err != nil || !reflect.DeepEqual(found[text].Schemas, want) {
			t.Errorf("%s: %v %v, want %v", text, found[text].Schemas, err, want)
		}
	}
}

// Where nothing can be looked up, it is not the expression's fault.
func TestExpressionsThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	db, server, low := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	db.Exec("REVOKE TEMPORARY ON DATABASE " + pgx.Identifier{db.Name}.Sanitize() + " FROM PUBLIC")
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // the end of the test
	resolve := func() error {
		_, err := table.ResolveExpressions(t.Context(), tx, table.Row{Schema: "app", Name: "users", Current: current}, []string{"true"})
		return err
	}
	if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+low); err != nil {
		t.Fatal(err)
	}
	var lacking *table.TemporaryError
	if err := resolve(); !errors.As(err, &lacking) || lacking.Role != low || lacking.Database != db.Name {
		t.Errorf("without the right: %v", err)
	}
	if _, err := tx.Exec(t.Context(), "RESET ROLE; SET TRANSACTION READ ONLY"); err != nil {
		t.Fatal(err)
	}
	if err := resolve(); !errors.Is(err, table.ErrStandby) {
		t.Errorf("read only: %v", err)
	}
	for _, err := range []error{lacking, table.ErrStandby} {
		var blamed *table.ExpressionError
		if errors.As(err, &blamed) || !strings.Contains(fmt.Sprint(err), "temporary view") {
			t.Error(err)
		}
	}
}

// The server itself says that what an expression reads is all that it takes, and that nothing of it can be left out.
func TestReadsAreExact(t *testing.T) {
	t.Parallel()
	db, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	role := db.RoleName("reader")
	db.Exec("CREATE ROLE " + role)
	texts := []string{}
	if db.Server.Version() >= 15 { // what such a view reads, whoever reads it needs the right to
		db.Exec(`CREATE VIEW app.asking WITH (security_invoker) AS SELECT user_id, role FROM app.roles WHERE note IS NOT NULL;
			CREATE VIEW app.over AS SELECT user_id FROM app.asking`)
		texts = append(texts, "exists (select from asking a where a.user_id = users.id)", "exists (select from over o where o.user_id = users.id)")
	}
	quoted := func(r store.Relation) string { return pgx.Identifier{r.Schema, r.Name}.Sanitize() }
	explain := func(sql string) string {
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(t.Context()) //nolint:errcheck // what is meant
		if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+role); err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(t.Context(), "EXPLAIN SELECT 1 FROM app.users WHERE ("+sql+") IS NOT NULL")
		return postgres.SQLState(err)
	}
	for _, text := range append(texts, []string{
		"is_active is not true or coalesce(banned_until > now(), false)", `concat_ws(' ', "First Name", last_name)`, "email = 'a@B'", "label(last_name)",
		"(select jsonb_agg(r.role order by r.id) from roles r where r.user_id = users.id)", "(select jsonb_agg(r) from roles r where r.user_id = users.id)",
		"(select count(*) from roles)", "to_jsonb(users)", "users.full_name", "exists (select from active a where a.id = users.id)",
		`(select o."(b 9)" from "Odd :relid 1 {RTE" o where o.id = users.id)`,
		"(select x.role from (select * from roles) x join active on x.id = active.id where x.user_id = users.id limit 1)",
		"(with t as (select id, note from roles) select t.note from t join active on t.id = active.id limit 1)",
	}...) {
		found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "users", Current: current}, []string{text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		db.Exec("GRANT USAGE ON SCHEMA app TO " + role)
		for _, r := range found[text].Reads {
			db.Exec("GRANT SELECT (" + postgres.Idents(r.Columns) + ") ON " + quoted(r) + " TO " + role)
		}
		if !slices.ContainsFunc(found[text].Reads, func(r store.Relation) bool { return r.Name == "users" }) {
			db.Exec("GRANT SELECT (mood) ON app.users TO " + role) // the statement reads something of the table anyway
		}
		if state := explain(found[text].SQL); state != "" {
			t.Errorf("%s: %s with all that it reads", text, state)
		}
		for _, r := range found[text].Reads {
			for _, column := range r.Columns {
				on := "SELECT (" + postgres.Ident(column) + ") ON " + quoted(r)
				db.Exec("REVOKE " + on + " FROM " + role)
				if state := explain(found[text].SQL); state != "42501" {
					t.Errorf("%s: %q without %s of %s", text, state, column, r.Name)
				}
				db.Exec("GRANT " + on + " TO " + role)
			}
		}
		db.Exec("DROP OWNED BY " + role)
	}
}

// Under a path in which somebody has put what fits better, the text means the same.
func TestExpressionsUnderAHostilePath(t *testing.T) {
	t.Parallel()
	db, server, _ := newExpressionSite(t)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "users")
	if err != nil {
		t.Fatal(err)
	}
	found, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "users", Current: current},
		[]string{"concat_ws('-', last_name, last_name)", "last_name || id"})
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(`CREATE FUNCTION public.concat_ws(text, varchar, varchar) RETURNS text LANGUAGE sql AS $$ SELECT 'stolen' $$;
		CREATE FUNCTION public.theirs(text, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'stolen' $$;
		CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = bigint, FUNCTION = public.theirs);
		INSERT INTO app.users (id, last_name) VALUES (1, 'L'); SET search_path = public`)
	for text, want := range map[string]string{"concat_ws('-', last_name, last_name)": "L-L", "last_name || id": "L1"} {
		if stolen := db.QueryString("SELECT " + text + " FROM app.users"); stolen != "stolen" {
			t.Errorf("%s is %s where nothing is qualified: the test shows nothing", text, stolen)
		}
		if got := db.QueryString("SELECT " + found[text].SQL + " FROM app.users"); got != want {
			t.Errorf("%s: %s gives %s", text, found[text].SQL, got)
		}
	}
}

// No operator is found in the path of whoever runs the text, in whichever form it compares: twins of =, for just the
// types of each comparison, are found by none.
func TestComparisonsUnderAHostilePath(t *testing.T) {
	t.Parallel()
	db, server, low := newExpressionSite(t)
	db.Exec(`CREATE TYPE app."State" AS ENUM ('active', 'banned'); CREATE DOMAIN app.code AS char(5);
		CREATE TABLE app.people (n bigint, i int, t text, v varchar(20), state app."State", code app.code, tags varchar[], d date, seen timestamptz);
		INSERT INTO app.people VALUES (1, 1, 'a', 'a', 'active', 'a', '{a}', '2020-01-01', '2020-01-01'), (2, 1, NULL, 'b', NULL, NULL, NULL, NULL, '2020-01-02'), (NULL, NULL, 'c', NULL, 'banned', 'b', '{b}', NULL, NULL)`)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, err := table.Inspect(t.Context(), pool, "app", "people")
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{
		"state is distinct from 'active'", "state is not distinct from 'active'", "state is distinct from null", "n is distinct from i", "v is distinct from t", "t is distinct from v || ''",
		"tags is distinct from '{a}'", "d is distinct from seen", "code is distinct from 'a'", "row(n, v) is distinct from row(i, t)", "(state is distinct from 'active') is distinct from (n is distinct from 1)",
		"case state when 'active' then 1 when 'banned' then 2 else 0 end", "case v when 'a' then 1 end", "case n when i then case v when 'b' then 'it''s, WHEN (x' end else 'ELSE' end", "case code when 'a' then 1 end",
		"case (case v when 'a' then 1 else 2 end) when 1 then 'one' else 'two' end", "case when case tags when '{a}' then true end then 1 else 0 end",
		"nullif(state, 'active')", "nullif(v, 'a,b')", "nullif(nullif(n, 2), i)", "nullif(greatest(n, 1), 1)", "v in (select x.v from people x)", "v not in (select x.t from people x where x.t is not null)",
		"(n, v) in (select x.i, x.t from people x)", "state in (with y as (select x.state from people x) select state from y)", "n in (values (1), (3))", "position('a' in v)", "position('a' in (select 'ba'::text))",
	}
	read := func(sql string) string {
		return db.QueryString("SELECT coalesce(string_agg(coalesce((" + sql + ")::text, 'null'), ' ' ORDER BY n), '') FROM app.people")
	}
	found, want := map[string]string{}, map[string]string{}
	for _, text := range texts {
		resolved, err := table.ResolveExpressions(t.Context(), pool, table.Row{Schema: "app", Name: "people", Current: current}, []string{text})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		db.Exec("SET search_path = pg_catalog, app")
		found[text], want[text] = resolved[text].SQL, read(text)
	}
	db.Exec("GRANT USAGE ON SCHEMA app TO PUBLIC; SET search_path = pg_catalog; SET ROLE " + low)
	db.Exec(`DO $do$ DECLARE l text; r text; types text[] := array['text', 'varchar', 'bpchar', 'bigint', 'int', 'boolean', 'timestamptz', 'date', 'app."State"', 'app.code', 'varchar[]'];
		BEGIN
		FOREACH l IN ARRAY types LOOP FOREACH r IN ARRAY types LOOP
			EXECUTE format('CREATE FUNCTION public.evil(%s, %s) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION ''stolen''; END $$', l, r);
			EXECUTE format('CREATE OPERATOR public.= (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.evil)', l, r);
		END LOOP; END LOOP;
		END $do$`)
	db.Exec("RESET ROLE")
	for _, path := range []string{"public", "public, pg_catalog"} {
		db.Exec("SET search_path = " + path)
		for text, sql := range found {
			if got := read(sql); got != want[text] {
				t.Errorf("%s under the path %s: %s gives %s, want %s", text, path, sql, got, want[text])
			}
		}
	}
}
