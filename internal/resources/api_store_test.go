// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const usersAPI = "https://users.example.com/"

// apiConfig is a data source over the audience, with other attributes over it; nil takes one away.
func apiConfig(others map[string]any) map[string]any {
	config := map[string]any{
		"url": "https://users.example.com/base/", "contract": "web_service", "password_check": "api", "audience": usersAPI,
		"parts": []string{"email_verified", "blocked"},
	}
	maps.Copy(config, others)
	maps.DeleteFunc(config, func(_ string, value any) bool { return value == nil })
	return config
}

// The store says how the API is asked; it needs no tenant where it names where tokens are asked for.
func TestAPIStoreIsDescribed(t *testing.T) {
	t.Parallel()
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{})
	tokens := "https://acme.example.com/oauth/token"
	described, diags := core.Data("auth0pg_api_store", apiConfig(map[string]any{"token_url": tokens}))
	diags.None(t)
	s, err := store.Parse(described["store"].(string))
	if err != nil {
		t.Fatal(err)
	}
	want := store.API{
		URL: "https://users.example.com/base", Contract: store.WebService, PasswordCheck: store.ByAPI, Auth: store.ClientCredentials,
		Audience: usersAPI, TokenURL: tokens, ClientIDKey: "API_CLIENT_ID", ClientSecretKey: "API_CLIENT_SECRET", CAKey: "API_CA",
	}
	if a, _ := s.API(); a != want || !slices.Equal(s.Refuses, []string{"change_username"}) {
		t.Errorf("%+v refuses %v", a, s.Refuses)
	}
	if got := scripts.Rendered(false, s); slices.Contains(got, scripts.ChangeUsername) || len(got) != 7 {
		t.Errorf("the scripts are %v", got)
	}
	if got := described["scopes"].([]any); len(got) != 7 || got[0] != "users:login" {
		t.Errorf("the scopes are %v", got)
	}
	described, diags = core.Data("auth0pg_api_store", apiConfig(map[string]any{
		"contract": "rpc", "schema": "auth0", "auth": "basic", "audience": nil, "operations": []string{"login", "get_user"}, "password_key": "PW",
	}))
	diags.None(t)
	if s, err = store.Parse(described["store"].(string)); err != nil || len(described["scopes"].([]any)) != 0 || described["token_url"] != nil {
		t.Fatalf("%v %v", err, described)
	}
	if a, _ := s.API(); a.UsernameKey != "API_USERNAME" || a.PasswordKey != "PW" || len(scripts.Rendered(false, s)) != 2 {
		t.Errorf("%+v %v", a, scripts.Rendered(false, s))
	}
}

// What cannot work is refused when it is planned, at the attribute that is at fault.
func TestAPIStoreRefusals(t *testing.T) {
	t.Parallel()
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{})
	for _, test := range []struct {
		others map[string]any
		want   string
	}{
		{map[string]any{"url": "http://users.example.com"}, `"url"`},
		{map[string]any{"url": "https://auth0:hunter2@users.example.com"}, `"url"`},
		{map[string]any{"url": "https://users.example.com?key=1"}, `"url"`},
		{map[string]any{"url": "users.example.com"}, `"url"`},
		{map[string]any{"token_url": "http://acme.example.com/oauth/token"}, `"token_url"`},
		{map[string]any{"token_url": nil}, "Token URL Not Known"},
		{map[string]any{"audience": nil}, `"audience"`},
		{map[string]any{"audience": ""}, `"audience"`},
		{map[string]any{"contract": "soap"}, `"contract"`},
		{map[string]any{"contract": "rpc"}, `"schema"`},
		{map[string]any{"schema": "auth0"}, `"schema"`},
		{map[string]any{"contract": "rpc", "schema": "aufträge"}, "ASCII"},
		{map[string]any{"auth": "basic"}, `"audience"`},
		{map[string]any{"username_key": "X"}, `"username_key"`},
		{map[string]any{"client_id_key": "API_CLIENT_SECRET"}, `Two of the keys are "API_CLIENT_SECRET"`},
		{map[string]any{"client_id_key": "a-b"}, `"client_id_key"`},
		{map[string]any{"parts": []string{"blokced"}}, `The nearest is "blocked"`},
		{map[string]any{"parts": []string{"password_salt"}}, `no part "password_salt"`},
		{map[string]any{"operations": []string{"logon"}}, `"operations"`},
		{map[string]any{"operations": []string{"login", "change_username"}}, "needs the part username"},
	} {
		others := map[string]any{"token_url": "https://acme.example.com/oauth/token"}
		maps.Copy(others, test.others)
		read, diags := core.Data("auth0pg_api_store", apiConfig(others))
		if said := diags.String(); !diags.Failed() || !strings.Contains(said, test.want) || strings.Contains(said, "hunter2") {
			t.Errorf("%v: %s\n%v, want %s", test.others, said, read, test.want)
		}
	}
}

// Who gets tokens for the audience is said at plan, with the lines that close it; an audience that is not there is refused.
func TestAPIStoreGuard(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
	said := func(audience, want string) string {
		t.Helper()
		read, diags := core.Data("auth0pg_api_store", apiConfig(map[string]any{"audience": audience}))
		text := diags.String()
		if want == "" && (len(diags) > 0 || read["token_url"] != tenant.URL+"/oauth/token") {
			t.Errorf("%s\n%v", text, read)
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s\nwant %s", text, want)
		}
		return text
	}
	if text := said("urn:nobody", "Audience Not Found"); !strings.Contains(text, "depends_on") || !strings.Contains(text, `"audience"`) {
		t.Error(text)
	}
	status, api := tenant.API("POST", "/resource-servers", map[string]any{"identifier": usersAPI, "name": "users"})
	if status != http.StatusCreated {
		t.Fatal(status, api)
	}
	at := "/resource-servers/" + api["id"].(string)
	policies := func(user, client string) {
		t.Helper()
		if status, answer := tenant.API("PATCH", at, map[string]any{"subject_type_authorization": map[string]any{
			"user": map[string]any{"policy": user}, "client": map[string]any{"policy": client},
		}}); status != http.StatusOK {
			t.Fatal(status, answer)
		}
	}
	text := said(usersAPI, "Users Get Tokens For The API")
	for _, line := range []string{"allow_all", `policy = "deny_all"`, "PATCH /api/v2/resource-servers/" + api["id"].(string), "There is no grant for it."} {
		if !strings.Contains(text, line) {
			t.Errorf("%s\nwant %s", text, line)
		}
	}
	policies("require_client_grant", "require_client_grant")
	said(usersAPI, "applications with a grant for it")
	policies("deny_all", "deny_all")
	if text := said(usersAPI, "its policy for clients is deny_all"); strings.Contains(text, "Users Get Tokens") {
		t.Error(text)
	}
	policies("deny_all", "require_client_grant")
	said(usersAPI, "There is no grant for it.")

	var scopes []any
	for _, op := range scripts.Operations() {
		scopes = append(scopes, map[string]any{"value": "users:" + string(op)})
	}
	if status, answer := tenant.API("PATCH", at, map[string]any{"scopes": scopes}); status != http.StatusOK {
		t.Fatal(status, answer)
	}
	_, client := tenant.API("POST", "/clients", map[string]any{"name": "scripts", "app_type": "non_interactive"})
	status, grant := tenant.API("POST", "/client-grants", map[string]any{
		"client_id": client["client_id"], "audience": usersAPI, "scope": []any{"users:login"},
	})
	if status != http.StatusCreated {
		t.Fatal(status, grant)
	}
	said(usersAPI, client["client_id"].(string)+" lacks users:get_user, users:create")
	if status, answer := tenant.API("PATCH", "/client-grants/"+grant["id"].(string), map[string]any{"scope": []any{
		"users:login", "users:get_user", "users:create", "users:verify", "users:change_password", "users:change_email", "users:delete",
	}}); status != http.StatusOK {
		t.Fatal(status, answer)
	}
	said(usersAPI, "")
}

// A tenant that does not say who gets tokens is no reason not to plan, and the plan says that it was not looked at.
func TestAPIStoreGuardNotLookedAt(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	if status, answer := tenant.API("POST", "/resource-servers", map[string]any{
		"identifier": usersAPI, "subject_type_authorization": map[string]any{"user": map[string]any{"policy": "deny_all"}},
	}); status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	for name, test := range map[string]struct {
		scope string
		fault *localtenant.Fault
		want  string
	}{
		"no scope for APIs":   {"read:connections", nil, "the scope read:resource_servers"},
		"no scope for grants": {"read:resource_servers", nil, "the scope read:client_grants"},
		"no answer":           {"read:resource_servers", &localtenant.Fault{Status: http.StatusBadRequest, Times: -1}, "when the tenant answers"},
	} {
		settings := tenant.Auth0()["auth0"].(map[string]any)
		delete(settings, "client_id")
		delete(settings, "client_secret")
		settings["api_token"] = tenant.Local.Token(test.scope)
		core := acctest.NewCore(t, provider.Server("test"), map[string]any{"auth0": settings})
		undo := func() {}
		if test.fault != nil {
			undo = tenant.Local.Inject(*test.fault)
		}
		read, diags := core.Data("auth0pg_api_store", apiConfig(nil))
		undo()
		if diags.Failed() || !strings.Contains(diags.String(), "Guard Of API Not Looked At") || !strings.Contains(diags.String(), test.want) {
			t.Errorf("%s: %s\n%v", name, diags, read)
		}
	}
}

// What is about PostgreSQL refuses a store behind an API, with what to do instead.
func TestAPIStoreIsNoTable(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{"postgres": map[string]any{"url": db.URL}})
	text := describedAPI(t, nil)
	refused := func(name string, diags acctest.Diagnostics) {
		t.Helper()
		if said := diags.String(); !diags.Failed() || !strings.Contains(said, "Store Is Not In A Database") || len(diags) != 1 {
			t.Errorf("%s: %s", name, said)
		}
	}
	for name, config := range map[string]map[string]any{
		"auth0pg_database_role":    {"name": "scripts", "store": text, "operations": []string{"login"}},
		"auth0pg_access_functions": {"schema": "auth0", "table": text},
		"auth0pg_allowlist":        {"database": "app", "enforcement": "functions", "store": text},
		"auth0pg_users_import":     {"connection_id": "con_0123456789abcdef", "store": text},
	} {
		_, diags := core.Plan(core.New(name), config)
		refused(name, diags)
	}
	_, diags := core.Data("auth0pg_users_audit", map[string]any{"store": text})
	refused("auth0pg_users_audit", diags)
}

// describedAPI is the store of a data source as text.
func describedAPI(t *testing.T, others map[string]any) string {
	t.Helper()
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{})
	config := apiConfig(map[string]any{"token_url": "https://acme.example.com/oauth/token"})
	maps.Copy(config, others)
	maps.DeleteFunc(config, func(_ string, value any) bool { return value == nil })
	read, diags := core.Data("auth0pg_api_store", config)
	diags.None(t)
	return read["store"].(string)
}

// A connection over an API asks for its credentials and not for a database, refuses what is about PostgreSQL, and is created
// without anything being tried.
func TestConnectionOverAnAPI(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	settings := tenant.Auth0()
	settings["postgres"] = map[string]any{"url": "postgres://nobody@127.0.0.1:1/none"}
	core := acctest.NewCore(t, provider.Server("test"), settings)
	text := describedAPI(t, nil)
	basic := describedAPI(t, map[string]any{"auth": "basic", "audience": nil, "token_url": nil})
	credentials := map[string]any{"API_CLIENT_ID": "client", "API_CLIENT_SECRET": "secret-4711"}
	config := func(store string, configuration, scripts map[string]any) map[string]any {
		all := map[string]any{
			"name": "users", "store": store, "configuration_wo_version": 1, "configuration_wo": configuration, "deletion_protection": false,
		}
		if scripts != nil {
			all["scripts"] = scripts
		}
		return all
	}
	for name, test := range map[string]struct {
		config map[string]any
		want   string
	}{
		"no secret":         {config(text, map[string]any{"API_CLIENT_ID": "client"}, nil), "no value for API_CLIENT_SECRET"},
		"an empty secret":   {config(text, map[string]any{"API_CLIENT_ID": "client", "API_CLIENT_SECRET": ""}, nil), "no value for API_CLIENT_SECRET"},
		"a database's URL":  {config(text, map[string]any{"POSTGRES_URL": "postgres://a:b@c/d"}, nil), "API Credentials Missing"},
		"no user name":      {config(basic, credentials, nil), "no value for API_USERNAME and API_PASSWORD"},
		"a colon in a name": {config(basic, map[string]any{"API_USERNAME": "a:b", "API_PASSWORD": "c"}, nil), "API Credentials Malformed"},
		"no authority": {config(text, map[string]any{"API_CLIENT_ID": "client", "API_CLIENT_SECRET": "x", "API_CA": "none"}, nil),
			"Certificate Authority Not Readable"},
		"pool_max":         {config(text, credentials, map[string]any{"pool_max": 7}), "is about PostgreSQL"},
		"database_url_key": {config(text, credentials, map[string]any{"database_url_key": "X"}), "is about PostgreSQL"},
		"ca_key":           {config(text, credentials, map[string]any{"ca_key": "X"}), "is about PostgreSQL"},
		"legacy_hashes":    {config(text, credentials, map[string]any{"legacy_hashes": []string{"md5"}}), "checks passwords itself"},
		"rehash_on_login":  {config(text, credentials, map[string]any{"rehash_on_login": true}), "checks passwords itself"},
		"an operation": {kit.Merged(config(text, credentials, nil), map[string]any{"operations": []string{"login", "change_username"}}),
			"Store Lacks A Part"},
		"an operation not offered": {kit.Merged(config(describedAPI(t, map[string]any{"operations": []string{"login"}}), credentials, nil),
			map[string]any{"operations": []string{"login", "verify"}}), "Operation Not Offered"},
	} {
		_, diags := core.Plan(core.New("auth0pg_connection"), test.config)
		if said := diags.String(); !diags.Failed() || !strings.Contains(said, test.want) || strings.Contains(said, "4711") {
			t.Errorf("%s: %s\nwant %s", name, said, test.want)
		}
	}
	applied, diags := core.Apply(core.New("auth0pg_connection"), config(text, credentials, nil))
	if diags.Failed() {
		t.Fatal(diags)
	}
	if digests := applied.JSON()["script_digests"].(map[string]any); len(digests) != 7 {
		t.Errorf("%v", digests)
	}
	again, diags := core.Plan(applied, config(text, credentials, nil))
	if changes := acctest.Changes(applied, again); changes != "" || diags.Failed() {
		t.Errorf("%s %s", changes, diags)
	}
	fewer := describedAPI(t, map[string]any{"operations": []string{"login", "get_user"}})
	changed, diags := core.Apply(applied, config(fewer, credentials, nil))
	if digests := changed.JSON()["script_digests"].(map[string]any); len(digests) != 2 || !strings.Contains(diags.String(), "Operations Without Script") {
		t.Errorf("%v %s", digests, diags)
	}
}
