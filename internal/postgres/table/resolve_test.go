// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// site of a resolution: objects of several owners in schemas of the user's path.
func newResolutionSite(t *testing.T, managed bool) (db *pgtest.DB, low string, server *postgres.Server) {
	t.Helper()
	db = pgtest.LocalDatabase(t)
	low = db.RoleName("low")
	owner := db.RoleName("owner")
	db.Exec("CREATE ROLE " + low + "; CREATE ROLE " + owner + "; GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC; CREATE SEQUENCE public.ran")
	db.Exec("GRANT ALL ON SEQUENCE public.ran TO PUBLIC; CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO PUBLIC")
	db.Exec("CREATE EXTENSION citext SCHEMA app")
	const body = "LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_catalog.nextval('public.ran'); RETURN $1; END $$"
	db.Exec("CREATE TABLE app.users (id bigint, email varchar(200), state text DEFAULT 'new'); ALTER TABLE app.users OWNER TO " + owner)
	for suffix, role := range map[string]string{"low": low, "owner": owner} {
		db.Exec("SET ROLE " + role)
		db.Exec("CREATE FUNCTION app.f_" + suffix + "(text) RETURNS text " + body)
		db.Exec("CREATE FUNCTION app.g_" + suffix + "(varchar) RETURNS varchar " + body)
		db.Exec("CREATE DOMAIN app.d_" + suffix + " AS text DEFAULT app.f_" + suffix + "('x')")
		db.Exec("CREATE TYPE app.e_" + suffix + " AS ENUM ('a')")
		db.Exec("CREATE SEQUENCE app.s_" + suffix)
		db.Exec("CREATE COLLATION app.c_" + suffix + " (LOCALE = 'C')")
		db.Exec("CREATE FUNCTION app.o_" + suffix + "(varchar, varchar) RETURNS text " + body)
		db.Exec("RESET ROLE")
	}
	db.Exec("SET ROLE " + owner + "; CREATE OPERATOR app.### (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = app.o_owner)")
	db.Exec("CREATE INDEX ON app.users (email) WHERE app.f_owner('a') = email; RESET ROLE; SELECT setval('public.ran', 1, false)")
	return db, low, serverFor(t, db, managed)
}

// What a type, a default or a collation resolves to must belong to somebody who is trusted, and runs at no time before
// that is known; what is used then has its schema.
func TestOnlyTrustedObjectsAreUsed(t *testing.T) {
	t.Parallel()
	// varchar has no function, operator or cast of its own in pg_catalog: an exact match in the path wins.
	const hostile = `
CREATE FUNCTION public.upper(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_catalog.nextval('public.ran'); RETURN 'x'; END $$;
CREATE FUNCTION public.%[1]s_cat(varchar, varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_catalog.nextval('public.ran'); RETURN 'x'; END $$;
CREATE OPERATOR public.|| (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.%[1]s_cat);
CREATE DOMAIN public.plain AS text DEFAULT public.upper('a'::varchar);
CREATE SEQUENCE public.next_id;
CREATE COLLATION public.folded (LOCALE = 'C');
CREATE TABLE public.rows (a int)`
	column := func(kind, clause, collation string) table.Declaration {
		return table.Declaration{Name: "c", Type: kind, Default: clause, Collation: collation}
	}
	for _, managed := range []bool{false, true} {
		db, low, server := newResolutionSite(t, managed)
		db.Exec("SET ROLE " + low)
		db.Exec(fmt.Sprintf(hostile, "low"))
		db.Exec("RESET ROLE")
		db.Exec("ALTER DATABASE " + pgx.Identifier{db.Name}.Sanitize() + " SET search_path = public, app")
		pool, err := server.Pool(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			declaration table.Declaration
			object      string // what is refused, "" for nothing
			want        string // of what is not: the type, the default and the collation
		}{
			"better match":               {column("text", "upper('a'::varchar)", ""), "function public.upper(character varying)", ""},
			"in a generated column":      {column("text", "generated always as (upper(v)) stored", ""), "function public.upper(character varying)", ""},
			"in a constant one":          {column("text", "generated always as (upper('a'::varchar)) stored", ""), "function public.upper(character varying)", ""},
			"operator":                   {column("text", "generated always as (v || v) stored", ""), "operator public.||(character varying,character varying)", ""},
			"deep inside":                {column("text", "coalesce(nullif(case when true then upper('a'::varchar) end, 'b'), 'c')", ""), "function public.upper(character varying)", ""},
			"named with its schema":      {column("text", "app.f_low('a')", ""), "function app.f_low(text)", ""},
			"domain":                     {column("plain", "", ""), "type public.plain", ""},
			"array of a domain":          {column("plain[]", "", ""), "type public.plain[]", ""},
			"enum":                       {column("app.e_low", "", ""), "type app.e_low", ""},
			"row type":                   {column("rows", "", ""), "type public.rows", ""},
			"cast to a domain":           {column("text", "'a'::plain", ""), "type public.plain", ""},
			"sequence":                   {column("bigint", "nextval('next_id')", ""), "sequence public.next_id", ""},
			"collation":                  {column("text", "", "folded"), "collation public.folded", ""},
			"collation in an expression": {column("boolean", `generated always as (v < 'b' collate folded) stored`, ""), "collation public.folded", ""},

			"owner's function":  {column("text", "f_owner('a')", ""), "", "text app.f_owner('a'::text) "},
			"owner's constant":  {column("text", "generated always as (f_owner('a')) stored", ""), "", "text generated always as (app.f_owner('a'::text)) stored "},
			"owner's domain":    {column("d_owner", "", ""), "", "app.d_owner  "},
			"owner's sequence":  {column("bigint", "nextval('s_owner')", ""), "", "bigint nextval('app.s_owner'::regclass) "},
			"owner's operator":  {column("text", "generated always as (v ### v) stored", ""), "", "text generated always as ((v OPERATOR(app.###) v)) stored "},
			"owner's collation": {column("text", "", "c_owner"), "", `text  "app"."c_owner"`},
			"citext":            {column("citext", "'A'", ""), "", "app.citext 'A'::app.citext "},
			"citext compared":   {column("boolean", "generated always as (ci = 'A') stored", ""), "", "boolean generated always as ((ci OPERATOR(app.=) 'A'::app.citext)) stored "},
			"built in":          {column("varchar(20)", "upper('a')", ""), "", "character varying(20) upper('a'::text) "},
			"constant":          {column("jsonb", "'{}'", ""), "", "jsonb '{}'::jsonb "},
			"null":              {column("text", "null", ""), "", "text  "},
			"interval":          {column("interval day to second(3)", "'1 day'", ""), "", "interval day to second(3) '1 day'::interval day to second(3) "},
			"array":             {column("text[]", "'{a}'", ""), "", "text[] '{a}'::text[] "},
			"collation of C":    {column("text", "", "C"), "", "text  C"},
		} {
			t.Run(fmt.Sprint(name, " ", managed), func(t *testing.T) {
				declarations := []table.Declaration{{Name: "v", Type: "varchar(9)"}, {Name: "ci", Type: "citext"}, c.declaration}
				current, err := table.Inspect(t.Context(), pool, "app", "users")
				if err != nil {
					t.Fatal(err)
				}
				specs, err := table.Normalize(t.Context(), pool, declarations, current, "")
				var untrusted *table.UntrustedError
				switch {
				case c.object == "" && err != nil:
					t.Fatal(err)
				case c.object == "":
					if got := specs[2].Type + " " + specs[2].Default + " " + specs[2].Collation; got != c.want {
						t.Errorf("got  %s\nwant %s", got, c.want)
					}
				case !errors.As(err, &untrusted):
					t.Errorf("not refused: %v", err)
				case untrusted.Object != c.object || untrusted.Owner != low:
					t.Errorf("refused over %s of %s, want %s of %s", untrusted.Object, untrusted.Owner, c.object, low)
				case !strings.Contains(err.Error(), `"c"`):
					t.Errorf("the error does not name the column: %v", err)
				}
				if db.QueryBool("SELECT is_called FROM public.ran") {
					t.Error("something of another role's has run")
				}
				db.Exec("SELECT setval('public.ran', 1, false)")
			})
		}
	}
}
