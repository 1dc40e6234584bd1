// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func TestClientFieldsLeaveOutTheSecret(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	made := api(t, tenant, "POST", "/api/v2/clients", object{"name": "app", "app_type": "spa"}).want(t, http.StatusCreated).object(t)
	path := "/api/v2/clients/" + made["client_id"].(string)
	for query, want := range map[string]object{
		"?fields=client_id":                            {"client_id": made["client_id"]},
		"?fields=client_id,app_type":                   {"client_id": made["client_id"], "app_type": "spa"},
		"?fields=client_id,name&include_fields=true":   {"client_id": made["client_id"], "name": "app"},
		"?fields=client_secret,grant_types,jwt_config": {"client_secret": made["client_secret"], "grant_types": made["grant_types"]},
	} {
		if got := api(t, tenant, "GET", path+query, nil).want(t, http.StatusOK).object(t); !equal(got, want) {
			t.Errorf("%s: got %v", query, got)
		}
	}
	without := api(t, tenant, "GET", path+"?fields=client_secret&include_fields=false", nil).want(t, http.StatusOK).object(t)
	if without["client_secret"] != nil || without["name"] != "app" {
		t.Errorf("include_fields=false: got %v", without)
	}
	plain := send(t, tenant, tenant.Token("read:clients"), "GET", path, nil).want(t, http.StatusOK).object(t)
	if plain["client_secret"] != nil || plain["signing_keys"] != nil {
		t.Errorf("without read:client_keys: got %v", plain)
	}
	for _, list := range []string{"?fields=name", "?fields=name&include_totals=true", "?take=10&fields=name"} {
		if got := api(t, tenant, "GET", "/api/v2/clients"+list, nil).want(t, http.StatusOK); strings.Contains(string(got.Body), "client_secret") {
			t.Errorf("%s: got %s", list, got.Body)
		}
	}
}

func TestClientUpdates(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	made := api(t, tenant, "POST", "/api/v2/clients", object{
		"name": "app", "client_metadata": object{"a": "1", "b": "2"}, "jwt_configuration": object{"alg": "PS256"},
		"callbacks": []string{"https://a.example.com"}, "initiate_login_uri": "https://a.example.com/login",
		"mobile": object{"ios": object{"team_id": "1"}, "android": object{"app_package_name": "x"}},
	}).want(t, http.StatusCreated).object(t)
	path := "/api/v2/clients/" + made["client_id"].(string)
	change := func(body object) object {
		answer := api(t, tenant, "PATCH", path, body).want(t, http.StatusOK).object(t)
		if read := api(t, tenant, "GET", path, nil).want(t, http.StatusOK).object(t); !equal(read, answer) {
			t.Errorf("%v: answered %v, read %v", body, answer, read)
		}
		return answer
	}
	got := change(object{
		"name": "renamed", "client_metadata": object{"a": nil, "c": "3"}, "jwt_configuration": object{"alg": "RS256"},
		"callbacks": []string{"https://b.example.com"}, "initiate_login_uri": "", "mobile": object{"ios": object{"team_id": "2"}},
	})
	for key, want := range map[string]any{
		"name": "renamed", "client_metadata": object{"b": "2", "c": "3"}, "callbacks": []string{"https://b.example.com"},
		"jwt_configuration": object{"alg": "RS256", "secret_encoded": false}, "initiate_login_uri": nil,
		"mobile": object{"ios": object{"team_id": "2"}, "android": object{"app_package_name": "x"}},
	} {
		if !equal(got[key], want) {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if got := change(object{"callbacks": nil, "client_secret": strings.Repeat("s", 48)}); got["callbacks"] != nil || got["client_secret"] != strings.Repeat("s", 48) {
		t.Errorf("null must unset and a secret be taken: %v", got)
	}
	tokenRequest(t, tenant, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {made["client_id"].(string)}, "client_secret": {strings.Repeat("s", 48)}, "audience": {"x"},
	}).want(t, http.StatusForbidden)
	api(t, tenant, "PATCH", "/api/v2/clients/none", object{"name": "x"}).wantError(t, http.StatusNotFound, "inexistent_client", "does not exist")
	api(t, tenant, "PATCH", path, object{}).want(t, http.StatusBadRequest)
	if rotated := api(t, tenant, "POST", path+"/rotate-secret", nil).want(t, http.StatusOK).object(t); rotated["client_secret"] == strings.Repeat("s", 48) {
		t.Error("the secret is the old one")
	}
}

// claimsFor asks for a client's own token and returns its claims; "" as a secret means
// that the token was refused.
func claimsFor(t *testing.T, tenant *localtenant.Tenant, app, secret, audience, scope string) (answer object, claims jwt.Token) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {secret}, "audience": {audience}}
	if scope != "" {
		form.Set("scope", scope)
	}
	got := tokenRequest(t, tenant, form)
	answer = got.object(t)
	if got.Status == http.StatusOK {
		var err error
		if claims, err = jwt.ParseInsecure([]byte(answer["access_token"].(string))); err != nil {
			t.Fatal(err)
		}
	}
	return answer, claims
}

func TestGrantsAndPolicies(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	const audience = "https://api.example.com/"
	app, secret := tenant.AddClient("service")
	made := api(t, tenant, "POST", "/api/v2/resource-servers", object{
		"name": "API", "identifier": audience, "token_lifetime": 600, "signing_alg": "HS256",
		"scopes": []object{{"value": "read:users"}, {"value": "write:users"}},
	}).want(t, http.StatusCreated).object(t)
	path := "/api/v2/resource-servers/" + made["id"].(string)
	refused := func(reason string) {
		t.Helper()
		if answer, claims := claimsFor(t, tenant, app, secret, audience, ""); claims != nil || !strings.Contains(answer["error_description"].(string), reason) {
			t.Errorf("got %v, want a refusal with %q", answer, reason)
		}
	}
	refused("client-grant")
	api(t, tenant, "POST", "/api/v2/resource-servers", object{"identifier": audience}).wantError(t, http.StatusConflict, "resource_conflict", "identifier")

	grant := api(t, tenant, "POST", "/api/v2/client-grants", object{"client_id": app, "audience": audience, "scope": []string{"read:users"}}).
		want(t, http.StatusCreated).object(t)
	if grant["subject_type"] != "client" {
		t.Errorf("grant %v", grant)
	}
	api(t, tenant, "POST", "/api/v2/client-grants", object{"client_id": app, "audience": audience, "scope": []string{}}).want(t, http.StatusConflict)
	answer, claims := claimsFor(t, tenant, app, secret, audience, "")
	if answer["scope"] != "read:users" || answer["expires_in"] != 600.0 || claims.Subject() != app+"@clients" || claims.Audience()[0] != audience {
		t.Errorf("got %v", answer)
	}
	if _, err := jwt.Parse([]byte(answer["access_token"].(string)), jwt.WithKey(jwa.HS256, []byte(made["signing_secret"].(string)))); err != nil {
		t.Errorf("the token is not signed with the API's secret: %v", err)
	}
	api(t, tenant, "PATCH", path, object{"signing_alg": "RS256", "enforce_policies": true, "token_dialect": "access_token_authz"}).want(t, http.StatusOK)
	api(t, tenant, "PATCH", "/api/v2/client-grants/"+grant["id"].(string), object{"scope": []string{"read:users", "write:users"}}).want(t, http.StatusOK)
	answer, claims = claimsFor(t, tenant, app, secret, audience, "write:users other")
	if permissions, _ := claims.Get("permissions"); answer["scope"] != "write:users" || !equal(permissions, []string{"write:users"}) {
		t.Errorf("got %v with permissions %v", answer, permissions)
	}
	keys := send(t, tenant, "", "GET", "/.well-known/jwks.json", nil).want(t, http.StatusOK)
	if !json.Valid(keys.Body) {
		t.Errorf("keys: %s", keys.Body)
	}

	api(t, tenant, "PATCH", path, object{"subject_type_authorization": object{"client": object{"policy": "deny_all"}}}).want(t, http.StatusOK)
	refused("not authorized")
	got := api(t, tenant, "GET", path, nil).want(t, http.StatusOK).object(t)
	if !equal(got["subject_type_authorization"], object{"client": object{"policy": "deny_all"}, "user": object{"policy": "allow_all"}}) {
		t.Errorf("policies %v", got["subject_type_authorization"])
	}
	api(t, tenant, "PATCH", path, object{"subject_type_authorization": object{"client": object{"policy": "require_client_grant"}}}).want(t, http.StatusOK)
	api(t, tenant, "GET", "/api/v2/resource-servers/"+url.PathEscape(audience), nil).want(t, http.StatusOK)
	api(t, tenant, "DELETE", path, nil).want(t, http.StatusNoContent)
	refused("Service not found")
	api(t, tenant, "GET", "/api/v2/client-grants/"+grant["id"].(string), nil).wantError(t, http.StatusNotFound, "inexistent_client_grant", "does not exist")
}

// TestUsersAndTheAudienceOfAnAPI: what keeps the users of an application out of the API
// in front of their own store.
func TestUsersAndTheAudienceOfAnAPI(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	app, secret := tenant.AddClient("app")
	c := create(t, tenant, "people", object{"password_options": object{"complexity": object{"min_length": 1}}})
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	api(t, tenant, "POST", "/api/v2/users", object{"connection": "people", "email": "a@example.com", "password": "x"}).want(t, http.StatusCreated)
	const audience = "urn:store"
	made := api(t, tenant, "POST", "/api/v2/resource-servers", object{"identifier": audience, "scopes": []object{{"value": "login"}}}).
		want(t, http.StatusCreated).object(t)
	enter := func() reply {
		return send(t, tenant, "", "POST", "/oauth/token", object{
			"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "client_id": app, "client_secret": secret, "realm": "people",
			"username": "a@example.com", "password": "x", "audience": audience, "scope": "openid login other",
		})
	}
	if got := enter().want(t, http.StatusOK).object(t); got["scope"] != "openid login" {
		t.Errorf("got %v", got)
	}
	for policy, status := range map[string]int{"deny_all": http.StatusForbidden, "require_client_grant": http.StatusForbidden, "allow_all": http.StatusOK} {
		api(t, tenant, "PATCH", "/api/v2/resource-servers/"+made["id"].(string),
			object{"subject_type_authorization": object{"user": object{"policy": policy}}}).want(t, http.StatusOK)
		if got := enter(); got.Status != status {
			t.Errorf("%s: status %d: %s", policy, got.Status, got.Body)
		}
	}
	api(t, tenant, "PATCH", "/api/v2/resource-servers/"+made["id"].(string),
		object{"subject_type_authorization": object{"user": object{"policy": "require_client_grant"}}}).want(t, http.StatusOK)
	api(t, tenant, "POST", "/api/v2/client-grants", object{"client_id": app, "audience": audience, "scope": []string{"login"}, "subject_type": "user"}).
		want(t, http.StatusCreated)
	enter().want(t, http.StatusOK)
}

func TestMetadataIsClearedByEmptyObjects(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	create(t, tenant, "people", nil)
	path := "/api/v2/users/auth0%7Cchosen"
	u := api(t, tenant, "POST", "/api/v2/users", object{
		"connection": "people", "user_id": "chosen", "email": "a@example.com", "password": "a Password of 1 length",
		"user_metadata": object{"a": 1, "b": 2}, "app_metadata": object{"c": 3},
	}).want(t, http.StatusCreated).object(t)
	if u["user_id"] != "auth0|chosen" {
		t.Errorf("user_id is %v", u["user_id"])
	}
	api(t, tenant, "POST", "/api/v2/users", object{"connection": "people", "user_id": "chosen", "email": "b@example.com", "password": "a Password of 1 length"}).
		wantError(t, http.StatusConflict, "auth0_idp_error", "already exists")
	u = api(t, tenant, "PATCH", path, object{"user_metadata": object{"a": nil, "d": 4}}).want(t, http.StatusOK).object(t)
	if !equal(u["user_metadata"], object{"b": 2, "d": 4}) {
		t.Errorf("user_metadata is %v", u["user_metadata"])
	}
	u = api(t, tenant, "PATCH", path, object{"user_metadata": object{}, "app_metadata": object{}}).want(t, http.StatusOK).object(t)
	if !equal(u["user_metadata"], object{}) || u["app_metadata"] != nil {
		t.Errorf("metadata is %v, %v", u["user_metadata"], u["app_metadata"])
	}
}

func TestSignupByOtherIdentifiers(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	app, secret := tenant.AddClient("app")
	active := object{"identifier": object{"active": true}, "signup": object{"status": "optional"}}
	c := create(t, tenant, "people", object{
		"attributes":       object{"email": active, "phone_number": active, "username": object{"identifier": object{"active": true}}},
		"password_options": object{"complexity": object{"min_length": 1}},
	})
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	for name, test := range map[string]struct {
		sent   object
		status int
	}{
		"phone alone":   {object{"phone_number": "+12345678900"}, http.StatusOK},
		"name alone":    {object{"username": "ada"}, http.StatusOK},
		"nothing":       {object{}, http.StatusBadRequest},
		"no such phone": {object{"phone_number": "0123"}, http.StatusBadRequest},
		"empty e-mail":  {object{"email": ""}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			body := object{"client_id": app, "connection": "people", "password": "secret"}
			for key, value := range test.sent {
				body[key] = value
			}
			got := send(t, tenant, "", "POST", "/dbconnections/signup", body).want(t, test.status).object(t)
			if test.status != http.StatusOK {
				return
			}
			for key, value := range test.sent {
				if got[key] != value {
					t.Errorf("got %v", got)
				}
				login(t, tenant, app, secret, "people", value.(string), "secret").want(t, http.StatusOK)
				send(t, tenant, "", "POST", "/dbconnections/signup", body).want(t, http.StatusBadRequest)
			}
			if got["email"] != nil || got["email_verified"] != nil {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestTicketsAreLinks(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	app, secret := tenant.AddClient("app")
	c := create(t, tenant, "people", object{"password_options": object{"complexity": object{"min_length": 1}}})
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	u := api(t, tenant, "POST", "/api/v2/users", object{"connection": "people", "email": "a@example.com", "password": "x", "verify_email": false}).
		want(t, http.StatusCreated).object(t)
	link := func(kind string, body object) string {
		answer := api(t, tenant, "POST", "/api/v2/tickets/"+kind, body).want(t, http.StatusCreated).object(t)
		return strings.TrimPrefix(answer["ticket"].(string), tenant.URL())
	}
	send(t, tenant, "", "GET", link("email-verification", object{"user_id": u["user_id"]}), nil).want(t, http.StatusOK)
	got := api(t, tenant, "GET", "/api/v2/users/"+url.PathEscape(u["user_id"].(string)), nil).want(t, http.StatusOK).object(t)
	if got["email_verified"] != true {
		t.Errorf("user %v", got)
	}
	reset := link("password-change", object{"connection_id": c["id"], "email": "a@example.com", "result_url": tenant.URL() + "/result?from=mine"})
	send(t, tenant, "", "POST", reset, object{"password": "new"}).want(t, http.StatusOK)
	login(t, tenant, app, secret, "people", "a@example.com", "new").want(t, http.StatusOK)
	if requests := tenant.Requests(); !strings.Contains(requests[len(requests)-2].Query, "from=mine&") {
		t.Errorf("the browser was not sent to result_url: %+v", requests[len(requests)-2])
	}
	api(t, tenant, "POST", "/api/v2/tickets/password-change", object{"user_id": "auth0|none"}).wantError(t, http.StatusNotFound, "inexistent_user", "exist")
	if mails := tenant.Mailbox("a@example.com"); len(mails) > 0 {
		t.Errorf("a ticket is no mail: %v", mails)
	}
	job := api(t, tenant, "POST", "/api/v2/jobs/verification-email", object{"user_id": u["user_id"]}).want(t, http.StatusCreated).object(t)
	if job["type"] != "verification_email" || job["status"] != "pending" {
		t.Errorf("job %v", job)
	}
}

func TestListsOnTheWay(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	app, secret := tenant.AddClient("app")
	c := create(t, tenant, "people", nil)
	for path, want := range map[string]string{
		"/api/v2/actions/actions?per_page=10":                  `{"actions":[],"page":0,"per_page":10,"total":0}`,
		"/api/v2/organizations?take=5":                         `{"organizations":[]}`,
		"/api/v2/organizations?include_totals=true&per_page=5": `{"limit":5,"organizations":[],"start":0,"total":0}`,
		"/api/v2/roles":                 `[]`,
		"/api/v2/users/auth0%7C1/roles": `[]`,
		connectionPath(c) + "/status":   `{"success":true}`,
	} {
		var got any
		if err := json.Unmarshal(api(t, tenant, "GET", path, nil).want(t, http.StatusOK).Body, &got); err != nil || !equal(got, json.RawMessage(want)) {
			t.Errorf("%s: got %v", path, got)
		}
	}
	if settings := api(t, tenant, "GET", "/api/v2/tenants/settings", nil).want(t, http.StatusOK).object(t); settings["friendly_name"] == nil {
		t.Errorf("settings %v", settings)
	}
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	for range 2 {
		login(t, tenant, app, secret, "people", "nobody@example.com", "x").want(t, http.StatusForbidden)
	}
	var logs []object
	if err := json.Unmarshal(api(t, tenant, "GET", "/api/v2/logs?per_page=5", nil).want(t, http.StatusOK).Body, &logs); err != nil {
		t.Fatal(err)
	}
	if len(logs) != 2 || logs[0]["type"] != "fu" || logs[0]["log_id"].(string) <= logs[1]["log_id"].(string) {
		t.Fatalf("logs %v", logs)
	}
	api(t, tenant, "GET", "/api/v2/logs/"+logs[1]["log_id"].(string), nil).want(t, http.StatusOK)
	after := api(t, tenant, "GET", "/api/v2/logs?from="+logs[1]["log_id"].(string), nil).want(t, http.StatusOK)
	if err := json.Unmarshal(after.Body, &logs); err != nil || len(logs) != 1 {
		t.Errorf("after the first: %s", after.Body)
	}
}
