// SPDX-License-Identifier: MPL-2.0

package store_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const apiText = `{"api":{"audience":"urn:users","auth":"client_credentials","ca_key":"API_CA","client_id_key":"API_CLIENT_ID",` +
	`"client_secret_key":"API_CLIENT_SECRET","contract":"web_service","password_check":"api",` +
	`"token_url":"https://tenant.example.com/oauth/token","url":"https://users.example.com/base"},` +
	`"parts":["blocked","email","id","password"],"refuses":["create","delete"]}`

// A store behind an API has parts and no columns; all that can be said of it comes back from its text.
func TestAPIAsText(t *testing.T) {
	s, err := store.Parse(apiText)
	if err != nil || s.Marshal() != apiText {
		t.Fatalf("%v\n got %s\nwant %s", err, s.Marshal(), apiText)
	}
	if again, err := store.Parse(s.Marshal()); err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("parsed again: %v %+v", err, again)
	}
	if s.InDatabase() || !s.ChecksPasswords() || s.Title() != "the API https://users.example.com/base" || s.Table() != (store.Table{}) {
		t.Errorf("%t %t %q %+v", s.InDatabase(), s.ChecksPasswords(), s.Title(), s.Table())
	}
	if !s.Has(store.Blocked) || !s.Writes(store.Blocked) || s.Has(store.Name) || s.Writes(store.Name) || s.IDType() != "" {
		t.Error("what it has is told wrongly")
	}
	if !reflect.DeepEqual(s.Direct(), s) {
		t.Errorf("direct it is %+v", s.Direct())
	}
}

// What no API has is refused, with a word about what is at fault.
func TestAPITextsAreStrict(t *testing.T) {
	for _, test := range []struct{ old, wrong, want string }{
		{`"web_service"`, `"soap"`, "api.contract"},
		{`"web_service"`, `"rpc"`, "api.schema"},
		{`"web_service","password_check":"api",`, `"rpc","password_check":"api","schema":"aufträge",`, "ASCII"},
		{`"password_check":"api"`, `"password_check":"both"`, "api.password_check"},
		{`"client_credentials"`, `"digest"`, "api.auth"},
		{`"client_credentials"`, `"basic"`, "username_key"},
		{`"audience":"urn:users",`, ``, "audience"},
		{`"audience":"urn:users",`, `"audience":"",`, "audience"},
		{`"audience":"urn:users",`, `"audience":"urn:users","audiense":"x",`, "audiense"},
		{`"contract"`, `"Contract"`, "null or empty"},
		{`https://users.example.com/base`, `https://users.example.com/base/`, "slash"},
		{`https://users.example.com/base`, `http://users.example.com/base`, "https://"},
		{`https://users.example.com/base`, `users.example.com`, "absolute"},
		{`https://users.example.com/base`, `ftp://users.example.com`, "https://"},
		{`https://users.example.com/base`, `https://me:hunter2@users.example.com`, "password in it"},
		{`https://users.example.com/base`, `https://users.example.com?x=1`, "query"},
		{`https://users.example.com/base`, `https://users.example.com#x`, "fragment"},
		{`https://users.example.com/base`, `https:///base`, "absolute"},
		{`https://tenant.example.com/oauth/token`, `http://tenant.example.com/oauth/token`, "api.token_url"},
		{`"parts":["blocked","email","id","password"],`, ``, "parts"},
		{`"parts":["blocked",`, `"parts":["id","blocked",`, "sorted"},
		{`"parts":["blocked",`, `"parts":["blokced",`, `"blocked"`},
		{`"refuses":["create","delete"]`, `"refuses":["delete","create"]`, "sorted"},
		{`"refuses":["create","delete"]`, `"email_lookup":"exact"`, "only a table"},
		{`"refuses":["create","delete"]`, `"columns":{}`, "no columns"},
		{`"refuses":["create","delete"]`, `"table":"b.a"`, "not both"},
	} {
		if !strings.Contains(apiText, test.old) {
			t.Fatalf("the text has no %s", test.old)
		}
		s, err := store.Parse(strings.Replace(apiText, test.old, test.wrong, 1))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want a word about %s (%+v)", test.wrong, err, test.want, s)
		}
	}
	for _, local := range []string{"http://localhost:3000", "http://127.0.0.1:3000/base", "http://[::1]:3000"} {
		if s, err := store.Parse(strings.Replace(apiText, "https://users.example.com/base", local, 1)); err != nil {
			t.Errorf("%s: %v %+v", local, err, s)
		}
	}
}
