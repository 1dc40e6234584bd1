// SPDX-License-Identifier: MPL-2.0

package store_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const tenantText = `{"parts":["blocked","email","id","password"],"refuses":["create","delete"],"tenant":{"client_id_key":"A",` +
	`"client_secret_key":"B","connection":"members","domain":"acme.eu.auth0.com","management_client_id_key":"C","management_client_secret_key":"D"}}`

// A store in another tenant has parts and no columns; all that can be said of it comes back from its text.
func TestTenantAsText(t *testing.T) {
	s, err := store.Parse(tenantText)
	if err != nil || s.Marshal() != tenantText {
		t.Fatalf("%v\n got %s\nwant %s", err, s.Marshal(), tenantText)
	}
	asked, ok := s.Tenant()
	if !ok || s.InDatabase() || !s.ChecksPasswords() || s.Title() != `the connection "members" of the tenant acme.eu.auth0.com` ||
		asked.URL() != "https://acme.eu.auth0.com" || asked.Audience() != "https://acme.eu.auth0.com/api/v2/" ||
		!slices.Equal(asked.Keys(), []string{"A", "B", "C", "D"}) || !reflect.DeepEqual(s.Direct(), s) {
		t.Errorf("%+v %q %v", asked, s.Title(), asked.Keys())
	}
	if one, err := store.Parse(strings.NewReplacer(`"C"`, `"A"`, `"D"`, `"B"`).Replace(tenantText)); err != nil {
		t.Error(err)
	} else if asked, _ := one.Tenant(); !slices.Equal(asked.Keys(), []string{"A", "B"}) {
		t.Errorf("the keys of one client are %v", asked.Keys())
	}
}

// What no tenant has is refused, with a word about what is at fault.
func TestTenantTextsAreStrict(t *testing.T) {
	for _, test := range []struct{ old, wrong, want string }{
		{`acme.eu.auth0.com`, `https://acme.eu.auth0.com`, "scheme"},
		{`acme.eu.auth0.com`, `acme.eu.auth0.com/x`, "no domain"},
		{`acme.eu.auth0.com`, `acme.eu.auth0.com:443`, "no domain"},
		{`acme.eu.auth0.com`, `me:hunter2@localhost`, "no domain"},
		{`acme.eu.auth0.com`, `localhost:80?x`, "no domain"},
		{`acme.eu.auth0.com`, `10.0.0.1`, "no domain"},
		{`acme.eu.auth0.com`, ``, "no domain"},
		{`"members"`, `"mem bers"`, "tenant.connection"},
		{`"members"`, `"-members"`, "tenant.connection"},
		{`"A"`, `""`, "client_id_key"},
		{`"A"`, `"B"`, "one key"},
		{`"C"`, `"A"`, "two clients"},
		{`"D"`, `"C"`, "one key"},
		{`"client_id_key":"A",`, ``, "client_id_key"},
		{`"client_id_key"`, `"Client_id_key"`, "null or empty"},
		{`"connection"`, `"conexion"`, "conexion"},
		{`"refuses":["create","delete"]`, `"table":"b.a"`, "not both"},
		{`"parts":["blocked",`, `"parts":["id","blocked",`, "sorted"},
		{`"parts":["blocked","email","id","password"],`, ``, "parts"},
	} {
		if !strings.Contains(tenantText, test.old) {
			t.Fatalf("the text has no %s", test.old)
		}
		s, err := store.Parse(strings.Replace(tenantText, test.old, test.wrong, 1))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want a word about %s (%+v)", test.wrong, err, test.want, s)
		}
	}
	for domain, url := range map[string]string{
		"localhost:3000": "http://localhost:3000", "127.0.0.1": "http://127.0.0.1", "[::1]:3000": "http://[::1]:3000", "a-b.auth0app.com": "https://a-b.auth0app.com",
	} {
		s, err := store.Parse(strings.Replace(tenantText, "acme.eu.auth0.com", domain, 1))
		if asked, _ := s.Tenant(); err != nil || asked.URL() != url {
			t.Errorf("%s: %v %s", domain, err, asked.URL())
		}
	}
}
