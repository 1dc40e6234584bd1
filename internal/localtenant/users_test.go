// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func (w *world) user(id string) string { return "/api/v2/users/" + url.PathEscape(id) }

func TestManagementCreatesUsers(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	seen := 0
	body := object{"connection": "users", "email": "ann@example.com", "password": "secret-1", "app_metadata": object{"role": "admin"}, "verify_email": false}
	got := api(t, w.Tenant, "POST", "/api/v2/users", body).want(t, 201).object(t)
	if got["user_id"] != "auth0|legacy|1" || got["nickname"] != "nick" || got["name"] != "ann@example.com" || got["app_metadata"].(object)["role"] != "admin" {
		t.Errorf("got %v", got)
	}
	if ran := w.ran(&seen); !slices.Equal(ran, []string{"get_user", "create", "login"}) {
		t.Errorf("scripts ran: %v", ran)
	}
	if len(w.Mailbox("ann@example.com")) != 0 {
		t.Error("mail was sent although verify_email is false")
	}
	api(t, w.Tenant, "POST", "/api/v2/users", body).wantError(t, 409, "auth0_idp_error", "The user already exists.")
	body["email"] = "raced@example.com"
	api(t, w.Tenant, "POST", "/api/v2/users", body).wantError(t, 409, "auth0_idp_error", "The user already exists.")
	body["email"] = "down@example.com"
	api(t, w.Tenant, "POST", "/api/v2/users", body).wantError(t, 400, "auth0_idp_error", "the store is on fire")
	body["password"] = "x"
	api(t, w.Tenant, "POST", "/api/v2/users", body).wantError(t, 400, "invalid_body", "PasswordStrengthError: Password is too weak")
	body["connection"] = "other"
	api(t, w.Tenant, "POST", "/api/v2/users", body).wantError(t, 400, "inexistent_connection", "The connection does not exist")

	if read := api(t, w.Tenant, "GET", w.user("auth0|legacy|1"), nil).want(t, 200).object(t); !equal(read, got) {
		t.Errorf("read %v, created %v", read, got)
	}
	api(t, w.Tenant, "GET", w.user("auth0|nobody"), nil).wantError(t, 404, "inexistent_user", "The user does not exist.")
}

func TestManagementChangesUsers(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, object{"requires_username": true})
	w.signup("ann@example.com", "secret-1", object{"username": "ann"}).want(t, 200)
	w.signup("bob@example.com", "secret-1", object{"username": "bob"}).want(t, 200)
	path := w.user("auth0|legacy|1")
	seen := len(w.ScriptRuns())
	ran := func(want ...string) {
		t.Helper()
		if got := w.ran(&seen); !slices.Equal(got, want) {
			t.Errorf("scripts ran: %v, want %v", got, want)
		}
	}

	got := api(t, w.Tenant, "PATCH", path, object{"email": "ann@new.example.com", "connection": "users", "verify_email": true}).want(t, 200).object(t)
	if got["email"] != "ann@new.example.com" || got["email_verified"] != false {
		t.Errorf("got %v", got)
	}
	ran("get_user", "change_email")
	if mails := w.Mailbox("ann@new.example.com"); len(mails) != 1 {
		t.Errorf("mails %v", mails)
	}
	if got := api(t, w.Tenant, "PATCH", path, object{"email_verified": true}).want(t, 200).object(t); got["email_verified"] != true {
		t.Errorf("got %v", got)
	}
	ran("change_email")
	if c := claims(t, w.login("ann@new.example.com", "secret-1")); c["email_verified"] != true || c["email"] != "ann@new.example.com" {
		t.Errorf("claims %v", c)
	}
	ran("login")

	api(t, w.Tenant, "PATCH", path, object{"email": "bob@example.com"}).wantError(t, 400, "auth0_idp_error", "The specified new email already exists")
	ran("get_user")

	api(t, w.Tenant, "PATCH", path, object{"password": "secret-2"}).want(t, 200)
	ran("get_user", "change_password")
	w.login("ann@new.example.com", "secret-2").want(t, 200)
	api(t, w.Tenant, "PATCH", path, object{"password": "x"}).wantError(t, 400, "invalid_body", "too weak")

	if got := api(t, w.Tenant, "PATCH", path, object{"username": "anna"}).want(t, 200).object(t); got["username"] != "anna" {
		t.Errorf("got %v", got)
	}
	w.login("anna", "secret-2").want(t, 200)

	api(t, w.Tenant, "PATCH", path, object{"user_metadata": object{"a": "1", "b": "2"}, "app_metadata": object{"r": true}}).want(t, 200)
	got = api(t, w.Tenant, "PATCH", path, object{"user_metadata": object{"a": nil, "c": "3"}}).want(t, 200).object(t)
	if !equal(got["user_metadata"], object{"b": "2", "c": "3"}) || !equal(got["app_metadata"], object{"r": true}) {
		t.Errorf("metadata %v", got)
	}
	api(t, w.Tenant, "PATCH", path, object{"name": "Ann"}).wantError(t, 400, "operation_not_supported", "The following user attributes cannot be updated: name")
	api(t, w.Tenant, "PATCH", path, object{"email": "x@example.com", "password": "secret-3"}).wantError(t, 400, "operation_not_supported", "simultaneously")
	api(t, w.Tenant, "PATCH", path, object{"blocked": true}).want(t, 200)
	if o := w.login("anna", "secret-2").want(t, 401).object(t); o["error"] != "unauthorized" || o["error_description"] != "user is blocked" {
		t.Errorf("got %v", o)
	}
	api(t, w.Tenant, "PATCH", w.user("auth0|nobody"), object{"blocked": true}).wantError(t, 404, "inexistent_user", "")
}

func TestMissingScripts(t *testing.T) {
	few := object{"login": scripts()["login"], "get_user": scripts()["get_user"], "create": scripts()["create"]}
	w := newWorld(t, localtenant.Options{}, object{"customScripts": few})
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	path := w.user("auth0|legacy|1")
	api(t, w.Tenant, "PATCH", path, object{"email": "b@example.com"}).wantError(t, 400, "auth0_idp_error", "change_email script does not exist")
	api(t, w.Tenant, "PATCH", path, object{"password": "secret-2"}).wantError(t, 400, "auth0_idp_error", "Please implement the Change Password script")
	api(t, w.Tenant, "DELETE", path, nil).wantError(t, 400, "auth0_idp_error", "Sandbox Error: Please implement the Delete script")
	api(t, w.Tenant, "GET", path, nil).want(t, 200)
	if result := follow(t, w.Mailbox("ann@example.com")[0].Link, nil); result.Get("success") != "false" || !strings.Contains(result.Get("message"), "Please implement the Verify script") {
		t.Errorf("result %v", result)
	}
}

func TestDeleteUser(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	w.signup("bob@example.com", "secret-1", nil).want(t, 200)
	api(t, w.Tenant, "DELETE", w.user("auth0|legacy|1"), nil).want(t, 204)
	w.login("ann@example.com", "secret-1").want(t, 403)
	api(t, w.Tenant, "DELETE", w.user("auth0|legacy|1"), nil).want(t, 204)
	api(t, w.Tenant, "DELETE", connectionPath(w.connection)+"/users?email=bob@example.com", nil).want(t, 204)
	w.login("bob@example.com", "secret-1").want(t, 403)
	if users := w.users(); len(users) != 0 {
		t.Errorf("users %v", users)
	}
	api(t, w.Tenant, "DELETE", connectionPath(w.connection)+"/users", nil).wantError(t, 400, "invalid_query_string", "email")
}

func TestCustomizationIsFixedOnceThereAreUsers(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	path := connectionPath(w.connection)
	off := object{"options": object{"customScripts": scripts()}}
	on := object{"options": object{"customScripts": scripts(), "enabledDatabaseCustomization": true, "password_options": object{"complexity": object{"min_length": 6}}}}
	api(t, w.Tenant, "PATCH", path, off).want(t, 200)
	api(t, w.Tenant, "PATCH", path, on).want(t, 200)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	api(t, w.Tenant, "PATCH", path, off).wantError(t, 400, "invalid_body", `This database contains users. You cannot change "options.enabledDatabaseCustomization" setting.`)
	api(t, w.Tenant, "PATCH", path, on).want(t, 200)
}

func TestUserSearch(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	for i := range 3 {
		w.signup(fmt.Sprintf("user-%d@example.com", i), "secret-1", nil).want(t, 200)
	}
	create(t, w.Tenant, "others", nil)
	api(t, w.Tenant, "POST", "/api/v2/users", object{"connection": "others", "email": "user-0@example.com", "password": "correct horse battery"}).want(t, 201)
	count := func(q string) float64 {
		t.Helper()
		path := "/api/v2/users?search_engine=v3&include_totals=true&per_page=1&q=" + url.QueryEscape(q)
		got := api(t, w.Tenant, "GET", path, nil).want(t, 200).object(t)
		if got["limit"] != 1.0 || got["start"] != 0.0 || got["length"].(float64) > 1 {
			t.Errorf("page %v", got)
		}
		return got["total"].(float64)
	}
	for q, want := range map[string]float64{
		`identities.connection:"users"`:                                 3,
		`identities.connection:"others"`:                                1,
		`identities.connection:"nothing"`:                               0,
		`identities.connection:"users" AND email:"user-1@example.com"`:  1,
		`identities.connection:"users" AND -email:"user-1@example.com"`: 2,
		`email:user-0@example.com`:                                      2,
		`email:user*`:                                                   4,
		`email:"user*"`:                                                 0,
		`email:"*"`:                                                     0,
		`user_id:"auth0|legacy|2"`:                                      1,
		``:                                                              4,
	} {
		if got := count(q); got != want {
			t.Errorf("%s: %g users, want %g", q, got, want)
		}
	}
	api(t, w.Tenant, "GET", "/api/v2/users?q="+url.QueryEscape("(a OR b)"), nil).wantError(t, 400, "invalid_query_string", "")
	if got := string(api(t, w.Tenant, "GET", "/api/v2/users-by-email?email=user-0@example.com", nil).want(t, 200).Body); strings.Count(got, `"user_id":"auth0|`) != 2 {
		t.Errorf("got %s", got)
	}
}

func TestImportMode(t *testing.T) {
	few := object{"login": scripts()["login"], "get_user": scripts()["get_user"]}
	seed := object{"login": `function login(name, password, callback) {
		global.users = { 'legacy|1': { id: 'legacy|1', email: 'ann@example.com', password: 'secret-1', verified: true, nickname: 'annie' },
		                 'legacy|2': { id: 'legacy|2', email: 'bob@example.com', password: 'secret-1', verified: false, nickname: 'bobby' } };
		callback(new WrongUsernameOrPasswordError(null, 'seeded'));
	}`}
	w := newWorld(t, localtenant.Options{}, object{"import_mode": true, "customScripts": seed})
	w.login("seed", "x").want(t, 403)
	api(t, w.Tenant, "PATCH", connectionPath(w.connection), object{"options": object{
		"enabledDatabaseCustomization": true, "import_mode": true, "customScripts": few, "password_options": object{"complexity": object{"min_length": 6}},
	}}).want(t, 200)
	seen := len(w.ScriptRuns())
	ran := func(want ...string) {
		t.Helper()
		if got := w.ran(&seen); !slices.Equal(got, want) {
			t.Errorf("scripts ran: %v, want %v", got, want)
		}
	}

	// The first login brings the user in, with its id and password; the address is folded.
	w.login("ann@example.com", "wrong").want(t, 403)
	if event := w.lastLog(); event.Type != "fp" {
		t.Errorf("log %+v", event)
	}
	c := claims(t, w.login("Ann@Example.com", "secret-1"))
	if c["sub"] != "auth0|legacy|1" || c["email_verified"] != true {
		t.Errorf("claims %v", c)
	}
	ran("login", "login")
	w.login("ann@example.com", "secret-1").want(t, 200)
	w.login("ann@example.com", "wrong").want(t, 403)
	ran()

	// Sign-up stays in the tenant's store; who is in the old one exists.
	w.signup("Carol@Example.com", "secret-1", nil).want(t, 200)
	ran("get_user")
	if c := claims(t, w.login("carol@example.com", "secret-1")); c["email"] != "carol@example.com" {
		t.Errorf("claims %v", c)
	}
	ran()
	if got := w.signup("bob@example.com", "secret-1", nil).want(t, 400).object(t); got["code"] != "user_exists" {
		t.Errorf("got %v", got)
	}
	if got := w.signup("ann@example.com", "secret-1", nil).want(t, 400).object(t); got["code"] != "user_exists" {
		t.Errorf("got %v", got)
	}
	ran("get_user")
	if result := follow(t, w.Mailbox("carol@example.com")[0].Link, nil); result.Get("success") != "true" {
		t.Errorf("result %v", result)
	}
	if c := claims(t, w.login("carol@example.com", "secret-1")); c["email_verified"] != true {
		t.Errorf("claims %v", c)
	}

	// A reset brings a user in from get_user's profile, with the new password.
	send(t, w.Tenant, "", "POST", "/dbconnections/change_password", object{"client_id": w.app, "connection": "users", "email": "bob@example.com"}).want(t, 200)
	if result := follow(t, w.Mailbox("bob@example.com")[0].Link, url.Values{"password": {"secret-9"}}); result.Get("success") != "true" {
		t.Errorf("result %v", result)
	}
	ran("get_user", "get_user")
	if c := claims(t, w.login("bob@example.com", "secret-9")); c["sub"] != "auth0|legacy|2" || c["nickname"] != "bobby" || c["email_verified"] != true {
		t.Errorf("claims %v", c)
	}
	ran()

	// Changes stay in the tenant's store.
	path := w.user("auth0|legacy|2")
	api(t, w.Tenant, "PATCH", path, object{"password": "secret-10"}).want(t, 200)
	api(t, w.Tenant, "PATCH", path, object{"name": "Bob"}).want(t, 200)
	api(t, w.Tenant, "PATCH", path, object{"email_verified": false}).want(t, 200)
	ran()
	if got := api(t, w.Tenant, "PATCH", path, object{"email": "Robert@example.com"}).want(t, 200).object(t); got["email"] != "robert@example.com" || got["name"] != "Bob" {
		t.Errorf("got %v", got)
	}
	ran("get_user")
	api(t, w.Tenant, "PATCH", path, object{"email": "ann@example.com"}).wantError(t, 400, "auth0_idp_error", "already exists")
	w.login("robert@example.com", "secret-10").want(t, 200)
	api(t, w.Tenant, "DELETE", path, nil).want(t, 204)
	ran()
}

func TestFinishedImport(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, object{"import_mode": true, "customScripts": object{
		"login": `function login(name, password, callback) { callback(null, null); }`, "get_user": `function getUser(name, callback) { callback(null, null); }`,
	}})
	w.login("ann@example.com", "secret-1").want(t, 403)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	w.login("ann@example.com", "secret-1").want(t, 200)
}

func TestStoreWithoutScripts(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, object{"enabledDatabaseCustomization": false})
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	w.login("ANN@example.com", "secret-1").want(t, 200)
	w.login("ann@example.com", "x").want(t, 403)
	if runs := w.ScriptRuns(); len(runs) != 0 {
		t.Errorf("scripts ran: %v", runs)
	}
}

func TestTwoConnectionsShareOneSpaceOfIDs(t *testing.T) {
	script := `function login(name, password, callback) { callback(null, { user_id: '1', email: name }); }`
	w := newWorld(t, localtenant.Options{}, object{"customScripts": object{"login": script}})
	other := create(t, w.Tenant, "others", object{"enabledDatabaseCustomization": true, "customScripts": object{"login": script}})
	api(t, w.Tenant, "PATCH", connectionPath(other)+"/clients", []object{{"client_id": w.app, "status": true}}).want(t, http.StatusNoContent)
	w.login("ann@example.com", "x").want(t, 200)
	login(t, w.Tenant, w.app, w.secret, "others", "eve@example.com", "x").want(t, 200)
	if users := w.users(); len(users) != 1 || users[0].(object)["email"] != "eve@example.com" {
		t.Errorf("users %v", users)
	}
}

func TestProfileAttributesAndStorage(t *testing.T) {
	script := `function login(name, password, callback) {
		callback(null, { user_id: '1', email: 'a@example.com', nickname: password, phone_number: '+1', user_metadata: { v: password }, app_metadata: { v: password } });
	}`
	for mode, want := range map[string]string{"on_each_login": "second", "on_first_login": "first", "never_on_login": "a"} {
		w := newWorld(t, localtenant.Options{}, object{
			"customScripts": object{"login": script}, "set_user_root_attributes": mode, "non_persistent_attrs": []string{"phone_number"},
		})
		w.login("a", "first").want(t, 200)
		w.login("a", "second").want(t, 200)
		u := w.users()[0].(object)
		if u["nickname"] != want || u["phone_number"] != nil || !equal(u["user_metadata"], object{"v": "first"}) || u["logins_count"] != 2.0 {
			t.Errorf("%s: %v", mode, u)
		}
	}
}

func TestPasswordPolicies(t *testing.T) {
	for _, tc := range []struct {
		options  object
		password string
		want     string
	}{
		{object{"password_options": object{"complexity": object{"min_length": 10}}}, "123456789", "invalid_password"},
		{object{"password_options": object{"complexity": object{"min_length": 3}}}, "123", ""},
		{object{"password_options": object{"complexity": object{"min_length": 1}}}, strings.Repeat("x", 73), "invalid_password"},
		{object{"password_options": object{"complexity": object{"min_length": 1, "max_length_exceeded": "truncate"}}}, strings.Repeat("x", 73), ""},
		{object{"password_options": object{"complexity": object{"min_length": 1, "character_types": []string{"uppercase", "number"}}}}, "abc1", "invalid_password"},
		{object{"password_options": object{"complexity": object{"min_length": 1, "character_types": []string{"uppercase", "number"}}}}, "Abc1", ""},
		{object{"password_options": object{"complexity": object{"min_length": 1, "character_types": []string{"uppercase", "number", "lowercase", "special"}, "character_type_rule": "three_of_four"}}}, "Abc1", ""},
		{object{"password_options": object{"complexity": object{"min_length": 1, "identical_characters": "block"}}}, "aaab", "invalid_password"},
		{object{"password_options": object{"complexity": object{"min_length": 1, "sequential_characters": "block"}}}, "xabcx", "invalid_password"},
		{object{"password_options": object{"complexity": object{"min_length": 1, "sequential_characters": "block"}}}, "xabxcb", ""},
		{object{"password_options": object{"complexity": object{"min_length": 1}, "dictionary": object{"active": true, "custom": []string{"Company-Name"}}}}, "company-name", "password_dictionary_error"},
		{object{"password_options": object{"complexity": object{"min_length": 1}, "profile_data": object{"active": true, "blocked_fields": []string{"email", "user_metadata.first"}}}}, "my-bobby-pass", "password_no_user_info_error"},
		{object{"password_options": object{"complexity": object{"min_length": 1}, "profile_data": object{"active": true, "blocked_fields": []string{"user_metadata.first"}}}}, "my-ROBERT-pass", "password_no_user_info_error"},
		{object{"passwordPolicy": "low"}, "12345", "invalid_password"},
		{object{"passwordPolicy": "low"}, "123456", ""},
		{object{"passwordPolicy": "fair"}, "abcdefgh", "invalid_password"},
		{object{"passwordPolicy": "good"}, "Abcdefg1", ""},
		{object{"passwordPolicy": "excellent"}, "Abcdefgh11", ""},
		{object{"passwordPolicy": "excellent"}, "Abcdefg111", "invalid_password"},
		{object{"passwordPolicy": "low", "password_complexity_options": object{"min_length": 9}}, "12345678", "invalid_password"},
		{object{"passwordPolicy": "low", "password_dictionary": object{"enable": true, "dictionary": []string{"letmein"}}}, "letmein", "password_dictionary_error"},
		{object{"passwordPolicy": "low", "password_no_personal_info": object{"enable": true}}, "bobby-123", "password_no_user_info_error"},
	} {
		defaults := localtenant.LatestDefaults()
		defaults.PasswordOptionsAlways = false
		w := newWorld(t, localtenant.Options{Defaults: &defaults}, nil)
		tc.options["enabledDatabaseCustomization"] = false
		api(t, w.Tenant, "PATCH", connectionPath(w.connection), object{"options": tc.options}).want(t, 200)
		got := w.signup("bobby@example.com", tc.password, object{"user_metadata": object{"first": "Robert"}})
		if tc.want == "" {
			got.want(t, 200)
		} else if o := got.want(t, 400).object(t); o["code"] != tc.want {
			t.Errorf("%v %q: %v, want %s", tc.options, tc.password, o, tc.want)
		}
	}
}

func TestUsernames(t *testing.T) {
	for _, tc := range []struct {
		options  object
		username string
		ok       bool
	}{
		{object{}, strings.Repeat("a", 15), true},
		{object{}, strings.Repeat("a", 16), false},
		{object{"validation": object{"username": object{"min": 3, "max": 20}}}, strings.Repeat("a", 20), true},
		{object{"validation": object{"username": object{"min": 3, "max": 20}}}, "ab", false},
		{object{}, "two words", true},
		{object{"import_mode": true}, "two words", false},
	} {
		tc.options["requires_username"] = true
		w := newWorld(t, localtenant.Options{}, tc.options)
		got := w.signup("bobby@example.com", "secret-1", object{"username": tc.username})
		if (got.Status == 200) != tc.ok {
			t.Errorf("%v %q: %d %s", tc.options, tc.username, got.Status, got.Body)
		}
	}
}

func TestUserInfo(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	token := w.login("ann@example.com", "secret-1").want(t, 200).object(t)["access_token"].(string)
	got := send(t, w.Tenant, token, "GET", "/userinfo", nil).want(t, 200).object(t)
	if got["sub"] != "auth0|legacy|1" || got["email"] != "ann@example.com" {
		t.Errorf("got %v", got)
	}
	send(t, w.Tenant, "x", "GET", "/userinfo", nil).want(t, 401)
}
