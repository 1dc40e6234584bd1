// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

func TestRenderedScriptsAreRecognised(t *testing.T) {
	odd := storeWith()
	odd.Reach = store.Table{Schema: "a\nb", Name: "User \"Accounts\" \u2028*/"}
	odd.Columns[store.Nickname] = store.Column{Name: "nick\r\nname", Type: "character varying(255)"}
	functions := storeWith(store.ID, store.Email, store.Password, store.EmailVerified)
	functions = functions.Through("auth0")
	functions.EmailLookup = store.CIText
	functions.Columns[store.Email] = store.Column{Name: "email", Type: "public.citext"}
	tests := map[string]Options{
		"defaults":  {Store: storeWith()},
		"odd names": {Store: odd},
		"functions": {Store: functions},
		"settings": {Store: storeWith(), UserIDPrefix: "legacy", BcryptRounds: 12, BcryptPrefix: "2a", DatabaseURLKey: "URL", CAKey: "CA", PoolMax: 7,
			AppMetadataKey: "metadata", LegacyHashes: []string{"ssha", "md5"}, RehashOnLogin: true},
		"import":   {Store: storeWith(), ImportMode: true},
		"api":      {Store: behindAPI(store.WebService, store.ByAPI), UserIDPrefix: "legacy"},
		"tenant":   {Store: inATenant(), UserIDPrefix: "legacy", ImportMode: true},
		"rpc":      {Store: behindAPI(store.RPC, store.ByScript), LegacyHashes: []string{"md5"}, RehashOnLogin: true},
		"forgets":  {Store: storeWith(), ImportMode: true, ForgetMigratedAfter: 90 * time.Minute},
		"finished": {Store: storeWith(), ImportMode: true, ImportFinished: true},
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			text := render(t, Login, options)
			got, ok := Recognise(strings.ReplaceAll(text, "\n", " \r\n"))
			if !ok || !reflect.DeepEqual(got.Store, options.Store) {
				t.Fatalf("recognised %v %+v", ok, got.Store)
			}
			if again := render(t, Login, got); again != text {
				t.Errorf("rendered again, the script is another:\n%s", again)
			}
			if problems := Validate(Login, text); len(problems) > 0 {
				t.Errorf("%+v", problems)
			}
			for _, op := range Rendered(options.ImportMode, options.Store) {
				checkExcerpt(t, op, render(t, op, options))
			}
			if same, ok := Recognise(render(t, GetUser, options)); !ok || same.UserIDPrefix != got.UserIDPrefix || same.BcryptRounds != got.BcryptRounds {
				t.Errorf("get_user is recognised as %v %+v", ok, same)
			}
		})
	}
}

// behindAPI is a store with every part behind an API.
func behindAPI(contract store.Contract, check store.PasswordCheck) store.Store {
	reach := store.API{
		URL: "https://users.example.com", Contract: contract, PasswordCheck: check, Auth: store.ClientCredentials, Audience: "urn:`users`",
		TokenURL: "https://acme.example.com/oauth/token", ClientIDKey: "API_CLIENT_ID", ClientSecretKey: "API_CLIENT_SECRET", CAKey: "API_CA",
	}
	if contract == store.RPC {
		reach.Schema = `Auth0 "*/ ${x}`
	}
	return store.Store{Reach: reach, Columns: store.WithoutColumns(storeWith().Parts())}
}

// inATenant is a store in another tenant with all parts that it has.
func inATenant() store.Store {
	return store.Store{Columns: store.WithoutColumns(store.TenantParts()), Reach: store.Tenant{
		Domain: "acme.eu.auth0.com", Connection: "members", ClientIDKey: "TENANT_CLIENT_ID", ClientSecretKey: "TENANT_CLIENT_SECRET",
		ManagementClientIDKey: "TENANT_CLIENT_ID", ManagementClientSecretKey: "TENANT_CLIENT_SECRET",
	}}
}

// checkExcerpt wants a script to be rendered again from a few of its lines, and no other than it is.
func checkExcerpt(t *testing.T, op Operation, text string) {
	t.Helper()
	excerpt, ok := Excerpt(op, text)
	again, rendered := FromExcerpt(op, excerpt)
	if !ok || !rendered || again != text || len(excerpt) > 2500 {
		t.Errorf("%s: %v, %v, an excerpt of %d bytes:\n%s", op, ok, rendered, len(excerpt), excerpt)
	}
	if excerpt, ok := Excerpt(op, strings.Replace(text, "\n", "\n  console.log('by hand');\n", 1)); ok {
		t.Errorf("%s: an edited script is taken for ours:\n%s", op, excerpt)
	}
	if Digest(text) != Digest(strings.ReplaceAll(text, "\n", " \r\n")) || Digest(text) == Digest(text+";") {
		t.Errorf("%s: line endings make another digest, or a further character does not", op)
	}
}

func TestOtherScriptsAreNotRecognised(t *testing.T) {
	for _, text := range []string{
		"", "function login(email, password, callback) {\n  callback(null, {});\n}\n",
		"function login(email, password, callback) {\n  // store: {\"kind\":\n  callback(null, {});\n}\n",
	} {
		if _, ok := Recognise(text); ok {
			t.Errorf("%q is recognised", text)
		}
	}
}
