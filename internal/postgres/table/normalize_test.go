// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// TestNormalizeAcceptsNothingMore looks for a text that gets through as one type or one default and makes
// the server do more than that.
func TestNormalizeAcceptsNothingMore(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := serverAt(t, db.URL)
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
	for range pgtest.Some(make([]int, 6000)) {
		var parts []string
		for range 1 + next(7) {
			parts = append(parts, pieces[next(len(pieces))])
		}
		text := strings.Join(parts, []string{"", " "}[next(2)])
		d := table.Declaration{Name: "c", Type: "text", Default: text}
		if next(3) == 0 {
			d = table.Declaration{Name: "c", Type: text}
		}
		specs, err := table.Normalize(t.Context(), pool, []table.Declaration{d, {Name: "d", Type: "int"}}, nil, "")
		if err != nil {
			continue
		}
		accepted++
		if len(specs) != 2 || specs[0].Name != "c" || specs[1].Type != "integer" || specs[0].Collation != "" {
			t.Errorf("%+v gives %+v", d, specs)
		}
	}
	if accepted < 15 {
		t.Errorf("only %d texts were accepted: the test asks for too little", accepted)
	}
	if got := db.QueryStrings("SELECT c.relname || ' ' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0"); !slices.Equal(got, []string{"witness n"}) {
		t.Errorf("the database holds %v", got)
	}
}

func TestCommonTypeNames(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	for _, text := range []string{
		"uuid", "TEXT", "bool", "int", "int8", "int2", "decimal", "float4", "float8", "Double  Precision", "varchar", "varchar(255)", "character varying ( 10 )", "char(60)", "timestamp", "timestamptz", "timestamp with time zone", "jsonb", "json", "date", "bytea", "inet",
	} {
		got, ok := table.CommonTypeName(text)
		db.Exec("DROP TABLE IF EXISTS types; ")
		db.Exec("CREATE TABLE types (c " + text + ")")
		if want := db.QueryString("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum = 1"); !ok || got != want {
			t.Errorf("%q is %q here and %q on the server", text, got, want)
		}
	}
	if _, ok := table.CommonTypeName("citext"); ok {
		t.Error("citext has the name that its schema gives it")
	}
}
