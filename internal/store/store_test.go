// SPDX-License-Identifier: MPL-2.0

package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var users = store.Store{
	Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "uuid"}, store.Email: {Name: "E-mail <&>", Type: "public.citext"}, store.Password: {Name: "hash", Type: "text"},
	},
	EmailLookup: store.CIText, Reach: store.Table{Schema: "app", Name: "users"},
}

// A message names objects that exist: the schema of access functions has no users table, and the table keeps its own.
func TestTitleNamesWhatExists(t *testing.T) {
	through := users.Through("auth0_access")
	for name, test := range map[string]struct{ got, want string }{
		"table":     {users.Title(), `the users table "app"."users"`},
		"functions": {through.Title(), `the users table "app"."users" behind the functions in the schema "auth0_access"`},
		"behind":    {through.Table().Title(), `the users table "app"."users"`},
		"direct":    {through.Direct().Title(), `the users table "app"."users"`},
	} {
		if test.got != test.want || strings.Contains(test.got, `"auth0_access"."users"`) {
			t.Errorf("%s: %s, want %s", name, test.got, test.want)
		}
	}
}

// What is in front of a table is no other table.
func TestReach(t *testing.T) {
	through := users.Through("auth0")
	want := store.Functions{Schema: "auth0", Table: store.Table{Schema: "app", Name: "users"}}
	if f, ok := through.Functions(); !ok || !reflect.DeepEqual(f, want) || through.Table() != want.Table {
		t.Errorf("through functions: %+v", through.Reach)
	}
	if again := through.Through("other"); again.Table() != want.Table {
		t.Errorf("through other functions: %+v", again.Reach)
	}
	if !reflect.DeepEqual(through.Direct(), users) {
		t.Errorf("direct again: %+v", through.Direct())
	}
	if _, ok := users.Functions(); ok {
		t.Error("a table has functions")
	}
}

// The text that Terraform keeps and shows. Its order is that of jsonencode.
func TestMarshal(t *testing.T) {
	const columns = `{"columns":{"email":"\"E-mail \u003c\u0026\u003e\" public.citext","id":"id uuid","password":"hash text"},"email_lookup":"citext",`
	for _, test := range []struct {
		store store.Store
		want  string
	}{
		{users, columns + `"table":"app.users"}`},
		{users.Through("auth0"), columns + `"functions":{"schema":"auth0","table":"app.users"}}`},
		{users.Through("auth0", "delete", "create"), columns +
			`"functions":{"schema":"auth0","statements":["create","delete"],"table":"app.users"}}`},
		{
			store.Store{Columns: users.Columns, EmailLookup: users.EmailLookup, Reach: store.Table{Schema: `a"."b`, Name: "My.Users"}},
			columns + `"table":"\"a\"\".\"\"b\".\"My.Users\""}`,
		},
	} {
		if got := test.store.Marshal(); got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
		if again, err := store.Parse(test.want); err != nil || !reflect.DeepEqual(again, test.store) {
			t.Errorf("parsed again: %v %+v", err, again)
		}
	}
}

// Parts that are read through SQL, one of them without a column, and a filter.
var filtered = store.Store{
	Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "uuid"}, store.Email: {Name: "email", Type: "text"}, store.Password: {Name: "hash", Type: "text"},
		store.Blocked: {Expression: &store.Expression{
			Reads: []store.Relation{{Columns: []string{"is_active"}, Name: "users", Schema: "app"}}, SQL: "(users.is_active IS NOT TRUE)", Type: "boolean",
		}},
		store.EmailVerified: {Expression: &store.Expression{SQL: "true", Type: "boolean"}, Name: "confirmed_at", Type: "date"},
	},
	EmailLookup: store.Exact, Reach: store.Table{Schema: "app", Name: "users"},
	RowFilter: &store.Expression{
		Reads: []store.Relation{{Columns: []string{"kind"}, Name: "users", Schema: "app"}}, Schemas: []string{"ext"}, SQL: "(users.kind OPERATOR(ext.=) 'x'::ext.citext)", Type: "boolean",
	},
}

func TestExpressionsInTheText(t *testing.T) {
	const want = `{"columns":{"blocked":{"expression":{"reads":[{"columns":["is_active"],"name":"users","schema":"app"}],"sql":"(users.is_active IS NOT TRUE)","type":"boolean"}},` +
		`"email":"email text","email_verified":{"expression":{"sql":"true","type":"boolean"},"name":"confirmed_at","type":"date"},` +
		`"id":"id uuid","password":"hash text"},"email_lookup":"exact",` +
		`"row_filter":{"reads":[{"columns":["kind"],"name":"users","schema":"app"}],"schemas":["ext"],"sql":"(users.kind OPERATOR(ext.=) 'x'::ext.citext)","type":"boolean"},` +
		`"table":"app.users"}`
	if got := filtered.Marshal(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if again, err := store.Parse(want); err != nil || !reflect.DeepEqual(again, filtered) {
		t.Errorf("parsed again: %v %+v", err, again)
	}
	if filtered.Writes(store.Blocked) || !filtered.Has(store.Blocked) || !filtered.Writes(store.EmailVerified) || filtered.Writes(store.Name) {
		t.Error("what is written is told wrongly")
	}
	for part, want := range map[store.Part]string{store.EmailVerified: "boolean", store.Blocked: "boolean", store.ID: "uuid", store.Name: ""} {
		if got := filtered.Columns[part].ReadType(); got != want {
			t.Errorf("%s is read as %q, want %q", part, got, want)
		}
	}
}

// A view that is only read, and that looks at the rights of whoever reads it.
func TestRefusalsInTheText(t *testing.T) {
	view := users
	view.Reads, view.Refuses = []store.Relation{{Columns: []string{"id"}, Name: "people", Schema: "app"}}, []string{"DELETE", "INSERT"}
	if again, err := store.Parse(view.Marshal()); err != nil || !reflect.DeepEqual(again, view) {
		t.Errorf("parsed again: %v %+v", err, again)
	}
	if through := view.Through("auth0"); !reflect.DeepEqual(through.Refuses, view.Refuses) || !reflect.DeepEqual(through.Direct(), view) {
		t.Errorf("through functions: %+v", through)
	}
	for _, wrong := range [][]string{{"SELECT"}, {"INSERT", "DELETE"}, {"INSERT", "INSERT"}, {"insert"}} {
		view.Refuses = wrong
		if again, err := store.Parse(view.Marshal()); err == nil {
			t.Errorf("%q: read as %+v", wrong, again)
		}
	}
}

// Every member that a column can have is read again from the text.
func TestMarshalOfWholeColumns(t *testing.T) {
	whole := store.Store{EmailLookup: store.Exact, Reach: users.Reach, Columns: map[store.Part]store.Column{
		store.ID: {Name: "id", Type: "uuid"}, store.EmailVerified: {Generated: true, Name: "verified", Type: "boolean"},
	}}
	if again, err := store.Parse(whole.Marshal()); err != nil || !reflect.DeepEqual(again, whole) {
		t.Errorf("parsed again: %v %+v", err, again)
	}
}

// What cannot be a store is refused, with a word about what is at fault.
func TestParseIsStrict(t *testing.T) {
	const table = `"table":"app.users"`
	for name, test := range map[string]struct{ text, want string }{
		"blanks and another order":  {" { " + table + ` , "email_lookup":"exact", "columns":{"id" : "id uuid"} }` + "\n", ""},
		"no JSON":                   {`{"columns"`, "ends too early"},
		"nothing":                   {``, "ends too early"},
		"a name":                    {`users`, "not JSON"},
		"an array":                  {`[]`, "not a JSON object"},
		"null":                      {`null`, "table"},
		"something behind":          {`{"columns":{},"email_lookup":"exact",` + table + `} x`, "follows"},
		"misspelt member":           {`{"colums":{},"email_lookup":"exact",` + table + `}`, `"colums"`},
		"member in capitals":        {`{"Columns":{},"email_lookup":"exact",` + table + `}`, "another name"},
		"null member":               {`{"columns":{},"email_lookup":"exact","functions":null,` + table + `}`, "null"},
		"same member twice":         {`{"columns":{},"email_lookup":"exact",` + table + `,` + table + `,"columns":{"id":"a b"}}`, ""},
		"column twice":              {`{"columns":{"id":{"name":"a","type":"b"}},"columns":{},"email_lookup":"exact",` + table + `}`, "twice"},
		"misspelt part":             {`{"columns":{"pasword":{"name":"a","type":"b"}},"email_lookup":"exact",` + table + `}`, `the nearest is "password"`},
		"unknown part":              {`{"columns":{"x":{"name":"a","type":"b"}},"email_lookup":"exact",` + table + `}`, `the part "x"`},
		"column without a type":     {`{"columns":{"id":{"name":"a"}},"email_lookup":"exact",` + table + `}`, "columns.id"},
		"column of another kind":    {`{"columns":{"id":1},"email_lookup":"exact",` + table + `}`, "another type"},
		"column that lacks a type":  {`{"columns":{"id":"id"},"email_lookup":"exact",` + table + `}`, `"id" is no column`},
		"needless quotes":           {`{"columns":{"id":"\"id\" uuid"},"email_lookup":"exact",` + table + `}`, "another form"},
		"needless object":           {`{"columns":{"id":{"name":"id","type":"uuid"}},"email_lookup":"exact",` + table + `}`, "another form"},
		"misspelt member of column": {`{"columns":{"id":{"name":"id","typ":"uuid"}},"email_lookup":"exact",` + table + `}`, `"typ"`},
		"expression without sql":    {`{"columns":{"id":{"expression":{"type":"b"}}},"email_lookup":"exact",` + table + `}`, "columns.id"},
		"expression without type":   {`{"columns":{},"email_lookup":"exact","row_filter":{"sql":"true"},` + table + `}`, "row_filter"},
		"reads without columns":     {`{"columns":{},"email_lookup":"exact","row_filter":{"reads":[{"columns":[],"name":"a","schema":"b"}],"sql":"true","type":"boolean"},` + table + `}`, "reads"},
		"expression, name, no type": {`{"columns":{"id":{"expression":{"sql":"1","type":"b"},"name":"a"}},"email_lookup":"exact",` + table + `}`, "columns.id"},
		"null expression":           {`{"columns":{"id":{"expression":null,"name":"a","type":"b"}},"email_lookup":"exact",` + table + `}`, "null"},
		"no columns":                {`{"email_lookup":"exact",` + table + `}`, "columns"},
		"unknown lookup":            {`{"columns":{},"email_lookup":"lower",` + table + `}`, `"lower"`},
		"no table":                  {`{"columns":{},"email_lookup":"exact"}`, "table"},
		"table without schema":      {`{"columns":{},"email_lookup":"exact","table":"users"}`, "schema"},
		"table by other quotes":     {`{"columns":{},"email_lookup":"exact","table":"app.\"users\""}`, "quotes around"},
		"table with more to it":     {`{"columns":{},"email_lookup":"exact","table":"app.users.more"}`, "schema"},
		"table without a name":      {`{"columns":{},"email_lookup":"exact","table":"app."}`, "schema"},
		"table as an object":        {`{"columns":{},"email_lookup":"exact","table":{"name":"users","schema":"app"}}`, "another type"},
		"table and functions":       {`{"columns":{},"email_lookup":"exact","functions":{"schema":"a",` + table + `},` + table + `}`, "not both"},
		"functions without schema":  {`{"columns":{},"email_lookup":"exact","functions":{` + table + `}}`, "schema"},
		"functions without table":   {`{"columns":{},"email_lookup":"exact","functions":{"schema":"a"}}`, "table"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Parse(test.text)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "Go ")):
				t.Errorf("%v, want a word about %s", err, test.want)
			}
		})
	}
}

func TestIncompleteStores(t *testing.T) {
	for name, s := range map[string]store.Store{
		"no reach":     {Columns: users.Columns, EmailLookup: store.Exact},
		"no lookup":    {Columns: users.Columns, Reach: users.Reach},
		"unknown part": {Columns: map[store.Part]store.Column{"x": {Name: "a", Type: "b"}}, EmailLookup: store.Exact, Reach: users.Reach},
	} {
		if again, err := store.Parse(s.Marshal()); err == nil {
			t.Errorf("%s: read as %+v", name, again)
		}
	}
}

// Whatever is read is written so that reading it again gives the same, and equal stores have one text.
func FuzzStoreText(f *testing.F) {
	for _, s := range []store.Store{users, users.Through(`od"d \ schema`), filtered} {
		text := s.Marshal()
		f.Add(text)
		f.Add(strings.ReplaceAll(text, ",", " ,\n"))
	}
	f.Add(apiText)
	f.Add(`{"columns":{"id":{"name":"\ud800","type":"b"}},"email_lookup":"exact","table":"b.a"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := store.Parse(text)
		if err != nil {
			return
		}
		canonical := s.Marshal()
		again, err := store.Parse(canonical)
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("read %q as %+v, its own text %q as %+v: %v", text, s, canonical, again, err)
		}
		if twice := again.Marshal(); twice != canonical {
			t.Fatalf("%q became %q", canonical, twice)
		}
	})
}

func TestNearest(t *testing.T) {
	for text, want := range map[string]store.Part{
		"pasword": store.Password, "Email": store.Email, "emial": store.Email, "mail_verified": store.EmailVerified, "is_blocked": "", "x": "", "user_name": store.Username,
		"nick_name": store.Nickname, "user_metdata": store.UserMetadata,
	} {
		if got := store.Nearest(text); got != want {
			t.Errorf("nearest to %q is %q, want %q", text, got, want)
		}
	}
	var unknown *store.UnknownPartError
	_, err := store.Parse(`{"columns":{"emial":{"name":"a","type":"b"}},"email_lookup":"exact","table":"b.a"}`)
	if !errors.As(err, &unknown) || unknown.Name != "emial" || unknown.Nearest != store.Email {
		t.Errorf("%v", err)
	}
}

func TestRequired(t *testing.T) {
	if got := store.Required(); !reflect.DeepEqual(got, []store.Part{store.ID, store.Email, store.Password}) {
		t.Error(got)
	}
}
