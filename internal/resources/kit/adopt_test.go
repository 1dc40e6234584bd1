// SPDX-License-Identifier: MPL-2.0

package kit_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

func TestAdoptStore(t *testing.T) {
	t.Parallel()
	unique := func(key string) table.Index {
		return table.Index{Method: "btree", Unique: true, Valid: true, Keys: []string{key}}
	}
	column := func(name, kind string) table.Column { return table.Column{Name: name, Quoted: name, Type: kind} }
	for name, test := range map[string]struct {
		table  table.Table
		want   map[store.Part]string
		lookup store.EmailLookup
	}{
		"own names": {
			table: table.Table{
				Columns: []table.Column{column("id", "uuid"), column("email", "text"), column("mail", "text"), column("password", "text")},
				Indexes: []table.Index{unique("lower(email)")},
			},
			want:   map[store.Part]string{store.ID: "id", store.Email: "email", store.Password: "password"},
			lookup: store.LowerIndex,
		},
		"other spellings, and the key": {
			table: table.Table{
				Columns:     []table.Column{column("nr", "bigint"), column("E-Mail", "public.citext"), column("pw_hash", "text"), column("Given Name", "text")},
				Constraints: []table.Constraint{{Kind: "p", Columns: []string{"nr"}}},
				Indexes:     []table.Index{unique("E-Mail")},
			},
			want:   map[store.Part]string{store.ID: "nr", store.Email: "E-Mail", store.Password: "pw_hash", store.GivenName: "Given Name"},
			lookup: store.CIText,
		},
		"types that cannot hold the part": {
			table:  table.Table{Columns: []table.Column{column("email", "bytea"), column("blocked", "text"), column("contact_mail", "character varying(9)")}},
			want:   map[store.Part]string{store.Email: "contact_mail"},
			lookup: store.LowerIndex,
		},
		"times and usual names as flags": {
			table: table.Table{Columns: []table.Column{column("id", "uuid"), column("email", "text"), column("verified", "boolean"),
				column("emailVerified", "timestamp(3) without time zone"), column("is_disabled", "smallint"), column("banned_until", "timestamp with time zone")}},
			want:   map[store.Part]string{store.ID: "id", store.Email: "email", store.EmailVerified: "emailVerified", store.Blocked: "is_disabled"},
			lookup: store.LowerIndex,
		},
		"confirmed, locked, a salt and bytes": {
			table: table.Table{Columns: []table.Column{column("id", "bigint"), column("email", "text"), column("password_hash", "bytea"), column("salt", "text"),
				column("confirmed_at", "timestamp without time zone"), column("locked_at", "date"), column("is_active", "boolean")}},
			want: map[store.Part]string{store.ID: "id", store.Email: "email", store.Password: "password_hash", store.PasswordSalt: "salt",
				store.EmailVerified: "confirmed_at", store.Blocked: "locked_at"},
			lookup: store.LowerIndex,
		},
		"a domain holds what its base does": {
			table: table.Table{
				Columns: []table.Column{{Name: "email", Quoted: "email", Type: "public.address", Base: "public.citext"}, {Name: "password", Quoted: "password", Type: "public.hash", Base: "text"}},
				Indexes: []table.Index{unique("email")},
			},
			want:   map[store.Part]string{store.Email: "email", store.Password: "password"},
			lookup: store.CIText,
		},
		"addresses with capitals under a plain index": {
			table:  table.Table{Capitals: true, Columns: []table.Column{column("email", "text")}, Indexes: []table.Index{unique("email")}},
			want:   map[store.Part]string{store.Email: "email"},
			lookup: store.LowerIndex,
		},
		"the address that mail goes to": {
			table:  table.Table{Columns: []table.Column{column("email", "text"), column("delivery_email", "text")}},
			want:   map[store.Part]string{store.Email: "delivery_email"},
			lookup: store.LowerIndex,
		},
		"no guess between two": {
			table:  table.Table{Columns: []table.Column{column("home_mail", "text"), column("work_mail", "text")}},
			want:   map[store.Part]string{},
			lookup: store.LowerIndex,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kit.AdoptStore(&test.table)
			got := map[store.Part]string{}
			for part, c := range s.Columns {
				got[part] = c.Name
			}
			if !maps.Equal(got, test.want) || s.EmailLookup != test.lookup || s.Reach != (store.Table{Schema: test.table.Schema, Name: test.table.Name}) {
				t.Errorf("%v by %s, want %v by %s", got, s.EmailLookup, test.want, test.lookup)
			}
		})
	}
}

// What a message offers for a name that a table does not have.
func TestLikelyColumns(t *testing.T) {
	t.Parallel()
	there := &table.Table{}
	for _, name := range []string{"id", "e_mail", "encrypted_password", "is_blocked", "is_active", "usr_name", "blocked_reason", "NickName", "pw"} {
		there.Columns = append(there.Columns, table.Column{Name: name, Type: "text"})
	}
	for _, test := range []struct {
		part  store.Part
		name  string
		taken []string
		want  []string
	}{
		{store.Password, "password", nil, []string{"encrypted_password", "pw"}},
		{store.Password, "password", []string{"encrypted_password"}, []string{"pw"}},
		{store.Password, "pasword", nil, []string{"encrypted_password", "pw"}},
		{store.Email, "email", nil, []string{"e_mail"}},
		{store.Blocked, "blocked", nil, []string{"is_blocked", "blocked_reason"}},
		{store.Username, "user_name", nil, []string{"usr_name"}},
		{store.Nickname, "nick_name", nil, []string{"NickName"}},
		{store.MigratedAt, "migrated_at", nil, nil},
	} {
		if got := kit.LikelyColumns(there, test.part, test.name, test.taken); !slices.Equal(got, test.want) {
			t.Errorf("%s as %q: %v, want %v", test.part, test.name, got, test.want)
		}
	}
}

func TestStoreCandidates(t *testing.T) {
	t.Parallel()
	adopted := store.Store{Columns: map[store.Part]store.Column{store.ID: {Name: "id"}, store.Email: {Name: "mail"}}}
	on := postgres.Object{Kind: postgres.TableObject, Schema: "public", Name: "users"}
	for _, test := range []struct {
		columns []string
		want    []int
	}{{nil, []int{2, 0}}, {[]string{"mail"}, []int{2, 1}}, {[]string{"id", "mail"}, []int{2}}} {
		var got []int
		for _, s := range kit.StoreCandidates(adopted, []postgres.Grant{{Privilege: "SELECT", Columns: test.columns, On: on}}) {
			got = append(got, len(s.Columns))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: candidates with %v parts, want %v", test.columns, got, test.want)
		}
	}
}

func TestAccessComment(t *testing.T) {
	t.Parallel()
	users := postgres.Object{Kind: postgres.TableObject, Schema: "sch.ema", Name: `t"able, managed`}
	if got, ok := kit.AccessTable(kit.AccessComment(users)); !ok || got != users {
		t.Errorf("%v, %v", got, ok)
	}
	for _, comment := range []string{"", "ours", kit.AccessComment(users) + " And more.", "Access functions for users, managed by Terraform (auth0pg_access_functions)."} {
		if users, ok := kit.AccessTable(comment); ok {
			t.Errorf("%q names %v", comment, users)
		}
	}
}
