// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// tenantConfig is a data source, with other attributes over it; nil takes one away.
func tenantConfig(others map[string]any) map[string]any {
	config := map[string]any{"domain": "acme.eu.auth0.com", "connection_name": "members"}
	maps.Copy(config, others)
	maps.DeleteFunc(config, func(_ string, value any) bool { return value == nil })
	return config
}

// describedTenant is the store of a data source as text.
func describedTenant(t *testing.T, others map[string]any) string {
	t.Helper()
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{})
	read, diags := core.Data("auth0pg_tenant_store", tenantConfig(others))
	diags.None(t)
	return read["store"].(string)
}

// The store says whom the scripts ask, and the data source what a client there must be allowed for it.
func TestTenantStoreIsDescribed(t *testing.T) {
	t.Parallel()
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{})
	realm := "http://auth0.com/oauth/grant-type/password-realm"
	for name, test := range map[string]struct {
		others         map[string]any
		grants, scopes []string
		needs          string // of login
		scripts        int
	}{
		"default": {nil, []string{realm, "client_credentials"}, []string{"read:users", "create:users", "update:users", "delete:users"},
			`{"grant_types":["` + realm + `","client_credentials"],"scopes":["read:users"]}`, 8},
		"migration": {map[string]any{"operations": []string{"login", "get_user"}}, []string{realm, "client_credentials"}, []string{"read:users"},
			`{"grant_types":["` + realm + `","client_credentials"],"scopes":["read:users"]}`, 2},
		"claims": {map[string]any{"operations": []string{"login", "create"}, "parts": []string{"name"}}, []string{realm, "client_credentials"},
			[]string{"create:users"}, `{"grant_types":["` + realm + `"],"scopes":[]}`, 2},
		"login alone": {map[string]any{"operations": []string{"login"}, "parts": []string{}}, []string{realm}, []string{},
			`{"grant_types":["` + realm + `"],"scopes":[]}`, 1},
	} {
		described, diags := core.Data("auth0pg_tenant_store", tenantConfig(test.others))
		diags.None(t)
		s, err := store.Parse(described["store"].(string))
		if err != nil {
			t.Fatal(err)
		}
		want := store.Tenant{
			Domain: "acme.eu.auth0.com", Connection: "members", ClientIDKey: "TENANT_CLIENT_ID", ClientSecretKey: "TENANT_CLIENT_SECRET",
			ManagementClientIDKey: "TENANT_CLIENT_ID", ManagementClientSecretKey: "TENANT_CLIENT_SECRET",
		}
		if asked, _ := s.Tenant(); asked != want || len(scripts.Rendered(false, s)) != test.scripts {
			t.Errorf("%s: %+v with %v", name, asked, scripts.Rendered(false, s))
		}
		login, err := json.Marshal(described["needs"].(map[string]any)["login"])
		if err != nil || fmt.Sprint(described["grant_types"]) != fmt.Sprint(test.grants) ||
			fmt.Sprint(described["scopes"]) != fmt.Sprint(test.scopes) || string(login) != test.needs {
			t.Errorf("%s: %v %v %s", name, described["grant_types"], described["scopes"], login)
		}
	}
	two := describedTenant(t, map[string]any{"management_client_id_key": "API_ID", "management_client_secret_key": "API_SECRET"})
	s, err := store.Parse(two)
	if err != nil {
		t.Fatal(err)
	}
	asked, _ := s.Tenant()
	if got := asked.Keys(); !slices.Equal(got, []string{"TENANT_CLIENT_ID", "TENANT_CLIENT_SECRET", "API_ID", "API_SECRET"}) {
		t.Errorf("the keys are %v", got)
	}
}

// What cannot work is refused when it is planned, at the attribute that is at fault.
func TestTenantStoreRefusals(t *testing.T) {
	t.Parallel()
	core := acctest.NewCore(t, provider.Server("test"), map[string]any{})
	for _, test := range []struct {
		others map[string]any
		want   string
	}{
		{map[string]any{"domain": "https://acme.eu.auth0.com"}, "has a scheme"},
		{map[string]any{"domain": "acme.eu.auth0.com/"}, `"domain"`},
		{map[string]any{"domain": "acme.eu.auth0.com:8443"}, `"domain"`},
		{map[string]any{"domain": "Acme.eu.auth0.com"}, "capitals"},
		{map[string]any{"domain": "acme"}, `"domain"`},
		{map[string]any{"domain": ""}, `"domain"`},
		{map[string]any{"domain": "me:hunter2@acme.eu.auth0.com"}, `"domain"`},
		{map[string]any{"domain": "me:hunter2@127.0.0.1"}, `"domain"`},
		{map[string]any{"connection_name": ""}, `"connection_name"`},
		{map[string]any{"connection_name": "a--b"}, `"connection_name"`},
		{map[string]any{"connection_name": "con\"nection"}, `"connection_name"`},
		{map[string]any{"client_id_key": "a-b"}, `"client_id_key"`},
		{map[string]any{"client_id_key": "TENANT_CLIENT_SECRET"}, `Two of the keys are "TENANT_CLIENT_SECRET"`},
		{map[string]any{"management_client_id_key": "X"}, `"management_client_secret_key"`},
		{map[string]any{"management_client_secret_key": "X"}, `"management_client_id_key"`},
		{map[string]any{"management_client_id_key": "TENANT_CLIENT_ID", "management_client_secret_key": "X"}, "two clients with one id"},
		{map[string]any{"parts": []string{"blokced"}}, `The nearest is "blocked"`},
		{map[string]any{"parts": []string{"last_login"}}, `no part "last_login"`},
		{map[string]any{"operations": []string{"logon"}}, `"operations"`},
		{map[string]any{"operations": []string{"verify"}, "parts": []string{"name"}}, "needs the part email_verified"},
	} {
		read, diags := core.Data("auth0pg_tenant_store", tenantConfig(test.others))
		if said := diags.String(); !diags.Failed() || !strings.Contains(said, test.want) || strings.Contains(said, "hunter2") {
			t.Errorf("%v: %s\n%v, want %s", test.others, said, read, test.want)
		}
	}
}

// tenants are an inner tenant with a connection of its own users, and an outer one.
type tenants struct {
	*testing.T
	inner, outer *acctest.TenantHandle
	core         *acctest.Core
	credentials  map[string]any
}

func newTenants(t *testing.T) *tenants {
	t.Helper()
	w := &tenants{
		T: t, inner: acctest.TenantWith(t, localtenant.Options{CheckGrantTypes: true}), outer: acctest.TenantWith(t, localtenant.Options{}),
	}
	w.core = acctest.NewCore(t, provider.Server("test"), w.outer.Auth0())
	id := w.api(w.inner, "POST", "/connections", map[string]any{"name": "members", "strategy": "auth0"})["id"].(string)
	w.credentials = w.client(w.inner, id, map[string]any{
		"grant_types": []string{scripts.PasswordRealmGrant, scripts.ClientCredentialsGrant},
	})
	w.api(w.inner, "POST", "/client-grants", map[string]any{
		"client_id": w.credentials["TENANT_CLIENT_ID"], "audience": w.inner.URL + "/api/v2/",
		"scope": []string{"read:users", "create:users", "update:users", "delete:users"},
	})
	return w
}

func (w *tenants) api(tenant *acctest.TenantHandle, method, path string, body any) map[string]any {
	w.Helper()
	status, answer := tenant.API(method, path, body)
	if status > 299 {
		w.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// client makes an application that the connection is enabled for.
func (w *tenants) client(tenant *acctest.TenantHandle, connection string, settings map[string]any) map[string]any {
	w.Helper()
	all := map[string]any{"name": "application"}
	maps.Copy(all, settings)
	made := w.api(tenant, "POST", "/clients", all)
	w.api(tenant, "PATCH", "/connections/"+connection+"/clients", []any{map[string]any{"client_id": made["client_id"], "status": true}})
	return map[string]any{"TENANT_CLIENT_ID": made["client_id"], "TENANT_CLIENT_SECRET": made["client_secret"]}
}

func (w *tenants) config(text string, others map[string]any) map[string]any {
	all := map[string]any{
		"name": "members", "store": text, "configuration_wo_version": 1, "configuration_wo": w.credentials, "deletion_protection": false,
	}
	maps.Copy(all, others)
	return all
}

// domain is the inner tenant's.
func (w *tenants) domain() string { return strings.TrimPrefix(w.inner.URL, "http://") }

// login is the outer tenant's answer to a login of an application of its own.
func (w *tenants) login(app map[string]any, email, password string) (int, map[string]any) {
	w.Helper()
	body, err := json.Marshal(map[string]any{
		"grant_type": scripts.PasswordRealmGrant, "realm": "members", "username": email, "password": password,
		"client_id": app["TENANT_CLIENT_ID"], "client_secret": app["TENANT_CLIENT_SECRET"],
	})
	if err != nil {
		w.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.Context(), "POST", w.outer.URL+"/oauth/token", bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		w.Fatal(err)
	}
	return response.StatusCode, answer
}

// The plan asks for the credentials, and refuses a connection that would ask itself, or whose users' ids are taken.
func TestConnectionOverATenant(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	text := describedTenant(t, map[string]any{"domain": w.domain()})
	itself := strings.TrimPrefix(w.outer.URL, "http://")
	for name, test := range map[string]struct {
		config map[string]any
		want   string
	}{
		"no secret":      {w.config(text, map[string]any{"configuration_wo": map[string]any{"TENANT_CLIENT_ID": "x"}}), "no value for TENANT_CLIENT_SECRET"},
		"itself":         {w.config(describedTenant(t, map[string]any{"domain": itself}), nil), "Connection Is Its Own Store"},
		"the same ids":   {w.config(describedTenant(t, map[string]any{"domain": itself, "connection_name": "others"}), nil), "Ids Are Taken"},
		"PostgreSQL":     {w.config(text, map[string]any{"scripts": map[string]any{"pool_max": 7}}), "is about PostgreSQL"},
		"another hash":   {w.config(text, map[string]any{"scripts": map[string]any{"password_hash": "argon2"}}), "checks passwords itself"},
		"no such script": {w.config(describedTenant(t, map[string]any{"domain": w.domain(), "operations": []string{"login"}}), map[string]any{"operations": []string{"login", "verify"}}), "Operation Not Offered"},
	} {
		_, diags := w.core.Plan(w.core.New("auth0pg_connection"), test.config)
		if said := diags.String(); !diags.Failed() || !strings.Contains(said, test.want) {
			t.Errorf("%s: %s\nwant %s", name, said, test.want)
		}
	}
	beside := describedTenant(t, map[string]any{"domain": itself, "connection_name": "others"})
	if _, diags := w.core.Plan(w.core.New("auth0pg_connection"), w.config(beside, map[string]any{
		"scripts": map[string]any{"user_id_prefix": "others"},
	})); diags.Failed() {
		t.Error(diags)
	}
}

// With automatic migration users move with their id, their metadata and their password: once they have, the other tenant may be
// away for good.
func TestUsersMoveFromATenant(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	ada := w.api(w.inner, "POST", "/users", map[string]any{
		"connection": "members", "email": "ada@example.com", "password": "Correct-Horse-Battery-1", "email_verified": true, "name": "Ada",
		"user_metadata": map[string]any{"theme": "dark"}, "app_metadata": map[string]any{"plan": "gold"},
	})
	text := describedTenant(t, map[string]any{"domain": w.domain(), "operations": []string{"login", "get_user"}})
	config := w.config(text, map[string]any{"import_mode": true})
	applied, diags := w.core.Apply(w.core.New("auth0pg_connection"), config)
	if diags.Failed() {
		t.Fatal(diags)
	}
	again, diags := w.core.Plan(applied, config)
	if changes := acctest.Changes(applied, again); changes != "" || diags.Failed() {
		t.Errorf("%s %s", changes, diags)
	}
	app := w.client(w.outer, applied.JSON()["id"].(string), nil)
	if status, answer := w.login(app, "ada@example.com", "wrong"); status != http.StatusForbidden || answer["error"] != "invalid_grant" {
		t.Errorf("a wrong password: %d %v", status, answer)
	}
	if status, answer := w.login(app, "ADA@example.com", "Correct-Horse-Battery-1"); status != http.StatusOK {
		t.Fatalf("%d %v %v", status, answer, w.outer.Local.Logs())
	}
	if err := w.inner.Local.Close(); err != nil {
		t.Fatal(err)
	}
	if status, answer := w.login(app, "ada@example.com", "Correct-Horse-Battery-1"); status != http.StatusOK {
		t.Errorf("with the other tenant away: %d %v", status, answer)
	}
	moved := w.api(w.outer, "GET", "/users/"+strings.Replace(ada["user_id"].(string), "|", "%7C", 1), nil)
	for _, part := range []string{"user_id", "email", "email_verified", "name", "user_metadata", "app_metadata"} {
		if fmt.Sprint(moved[part]) != fmt.Sprint(ada[part]) {
			t.Errorf("%s is %v, was %v", part, moved[part], ada[part])
		}
	}
	if status, answer := w.login(app, "eve@example.com", "Correct-Horse-Battery-1"); status != http.StatusForbidden || answer["error"] != "access_denied" {
		t.Errorf("who has not moved, with the other tenant away: %d %v", status, answer)
	}
}
