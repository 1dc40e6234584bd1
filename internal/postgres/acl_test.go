// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"reflect"
	"testing"
)

func TestGrantsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	odd := `o"dd ) ON "x".y, (`
	for _, g := range []Grant{
		{Privilege: "CONNECT", On: Object{Kind: DatabaseObject, Name: odd}},
		{Privilege: "USAGE", On: Object{Kind: SchemaObject, Name: "a.b"}, Grantable: true},
		{Privilege: "SELECT", Columns: []string{`"`, "id", odd}, On: Object{Kind: TableObject, Schema: odd, Name: `"`}},
		{Privilege: "ALTER SYSTEM", On: Object{Kind: TableObject, Schema: "public", Name: " WITH GRANT OPTION"}, Grantable: true},
		{Privilege: "EXECUTE", On: Object{Kind: FunctionObject, Schema: "a", Name: "login"}},
		{Privilege: "USAGE", On: Object{Kind: SequenceObject, Schema: "a", Name: "ids"}},
		{Privilege: "MEMBER", On: Object{Kind: RoleObject, Name: odd}},
		{Privilege: "MEMBER", On: Object{Kind: RoleObject, Name: " WITH ADMIN OPTION"}, Grantable: true},
	} {
		got, ok := ParseGrant(g.String())
		if !ok || !reflect.DeepEqual(got, g) {
			t.Errorf("%s was read as %+v, %v", g, got, ok)
		}
	}
	for _, line := range []string{"", "SELECT", `SELECT ON users`, `SELECT () ON "a"`, `SELECT ON "a"."b"."c"`, `SELECT ON "a" "b"`, `SELECT ON ""`, `MEMBER OF a`, `MEMBER OF ""`, `MEMBER OF "a"."b"`} {
		if got, ok := ParseGrant(line); ok {
			t.Errorf("%q was read as %+v", line, got)
		}
	}
}

func TestMergeAndSplitGrants(t *testing.T) {
	t.Parallel()
	users := Object{Kind: TableObject, Schema: "public", Name: "users"}
	merged := MergeGrants([]Grant{
		{Privilege: "SELECT", Columns: []string{"id"}, On: users},
		{Privilege: "DELETE", On: users},
		{Privilege: "SELECT", Columns: []string{"email", "id"}, On: users},
		{Privilege: "SELECT", On: users},
		{Privilege: "USAGE", On: Object{Kind: SchemaObject, Name: "public"}},
	})
	var got []string
	for _, g := range merged {
		got = append(got, g.String())
	}
	want := []string{`USAGE ON SCHEMA "public"`, `DELETE ON "public"."users"`, `SELECT ON "public"."users"`, `SELECT ("email", "id") ON "public"."users"`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("merged to %q, want %q", got, want)
	}
	if split := SplitGrants(merged); len(split) != 5 || !reflect.DeepEqual(MergeGrants(split), merged) {
		t.Errorf("split to %v", split)
	}
}
