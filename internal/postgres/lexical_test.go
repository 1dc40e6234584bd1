// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

func TestCheckExpression(t *testing.T) {
	for _, text := range []string{
		"now()", "'a''b'", "'(('", `'\'`, `E'\'('`, "e'a\\\\'", `"odd)"()`, "$$;)$$", "$a$ $b$ ; $a$", "a$1$", "(1)", "ARRAY[1, 2]", "f(1, 2)", "1 -- one\n", "1 /* a /* ) */ ; */", "numeric(10, 2)", "U&'\\0061'", "'ü'",
	} {
		if err := postgres.CheckExpression(text); err != nil {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "  ", "1;", "1, 2", "1) , x int DEFAULT (2", ")", "(", "(]", "'a", `"a`, "$$a", "$a$ $b$", "/* /* */", "1 -- one", `E'\'`, "E'a'\n'b\\')'", "a\x00", "\xff", "'a' ) --",
	} {
		if postgres.CheckExpression(text) == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestNormalizeAcceptsNothingMore looks for a text that gets through as one type or one default and makes
// the server do more than that.
func TestNormalizeAcceptsNothingMore(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := roleServer(t, db.URL)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"1", "int", "text", "'", "''", `"`, `""`, "$$", "$a$", "(", ")", "[", "]", ",", ";", "--", "/*", "*/", "\n", " ", "E'", `\`, "x", "DEFAULT", "CHECK", "NOT NULL", "PRIMARY KEY", "REFERENCES t", "GENERATED ALWAYS AS", "STORED", "COLLATE \"C\"", "ADD COLUMN y int", "DROP TABLE witness", "ALTER TABLE witness ADD z int", "::", "|", "+"}
	db.Exec("CREATE TABLE witness (n int); ")
	state := uint32(1)
	next := func(n int) int { // a fixed sequence, so that a failure can be repeated
		state = state*1664525 + 1013904223
		return int(state>>8) % n
	}
	accepted := 0
	for range 6000 {
		var parts []string
		for range 1 + next(7) {
			parts = append(parts, pieces[next(len(pieces))])
		}
		text := strings.Join(parts, []string{"", " "}[next(2)])
		d := postgres.Declaration{Name: "c", Type: "text", Default: text}
		if next(3) == 0 {
			d = postgres.Declaration{Name: "c", Type: text}
		}
		specs, err := postgres.Normalize(t.Context(), pool, []postgres.Declaration{d, {Name: "d", Type: "int"}}, nil, "")
		if err != nil {
			continue
		}
		accepted++
		if len(specs) != 2 || specs[0].Name != "c" || specs[1].Type != "integer" || specs[0].Collation != "" {
			t.Errorf("%+v gives %+v", d, specs)
		}
	}
	if accepted < 50 {
		t.Errorf("only %d texts were accepted: the test asks for too little", accepted)
	}
	if got := db.QueryStrings("SELECT c.relname || ' ' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0"); !slices.Equal(got, []string{"witness n"}) {
		t.Errorf("the database holds %v", got)
	}
}

func TestQualifiedNames(t *testing.T) {
	for text, want := range map[string][]string{
		"users": {"users"}, "public.users": {"public", "users"}, `"User Accounts"`: {"User Accounts"}, "a.User Accounts": {"a", "User Accounts"},
		`"sch.ema"."t"`: {"sch.ema", "t"}, `"a""b".c`: {`a"b`, "c"}, "ä.ö": {"ä", "ö"},
	} {
		got, ok := postgres.ParseQualifiedName(text)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%q is %v, %t", text, got, ok)
		}
		if len(want) == 2 {
			if again, ok := postgres.ParseQualifiedName(postgres.QualifiedName(want[0], want[1])); !ok || !slices.Equal(again, want) {
				t.Errorf("%v does not come back: %v", want, again)
			}
		}
	}
	for _, text := range []string{"", ".", "a.", ".a", `"a`, `a"`, `"a"b`, `""`, strings.Repeat("x", 64), "a\x00"} {
		if got, ok := postgres.ParseQualifiedName(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestCommonTypeNames(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	for _, text := range []string{
		"uuid", "TEXT", "bool", "int", "int8", "int2", "decimal", "float4", "float8", "Double  Precision", "varchar", "varchar(255)", "character varying ( 10 )", "char(60)", "timestamp", "timestamptz", "timestamp with time zone", "jsonb", "json", "date", "bytea", "inet",
	} {
		got, ok := postgres.CommonTypeName(text)
		db.Exec("DROP TABLE IF EXISTS types; ")
		db.Exec("CREATE TABLE types (c " + text + ")")
		if want := db.QueryString("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum = 1"); !ok || got != want {
			t.Errorf("%q is %q here and %q on the server", text, got, want)
		}
	}
	if _, ok := postgres.CommonTypeName("citext"); ok {
		t.Error("citext has the name that its schema gives it")
	}
}
