// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// scripts keep their users in `global`, so what the flows do can be seen.
func scripts() object {
	store := `var users = global.users = global.users || {}; `
	profile := `function profile(u) { return { user_id: u.id, email: u.email, username: u.username, email_verified: u.verified, nickname: u.nickname }; } `
	find := `function find(name) { return Object.keys(users).map(function (id) { return users[id]; })
		.filter(function (u) { return u.email === name || u.username === name; })[0]; } `
	head := store + profile + find
	return object{
		"login": `function login(name, password, callback) { ` + head + `
			var u = find(name);
			if (!u) return callback(new WrongUsernameOrPasswordError(null, 'no such user'));
			if (u.locked) return callback(new UnauthorizedError('the account is locked'));
			if (u.broken) return callback(new Error('the store is on fire'));
			if (u.password !== password) return callback(new WrongUsernameOrPasswordError(u.id, 'wrong password'));
			callback(null, profile(u));
		}`,
		"get_user": `function getUser(name, callback) { ` + head + `
			var u = find(name);
			callback(null, u ? profile(u) : undefined);
		}`,
		"create": `function create(user, callback) { ` + head + `
			global.created = user;
			if (user.email === 'raced@example.com') return callback(new ValidationError('user_exists', 'somebody was faster'));
			if (user.email === 'long@example.com') return callback(new ValidationError('email-too-long', 'that address is too long'));
			if (user.email === 'down@example.com') return callback(new Error('the store is on fire'));
			var id = 'legacy|' + (Object.keys(users).length + 1);
			users[id] = { id: id, email: user.email, username: user.username, password: user.password, verified: false, nickname: 'nick' };
			callback(null);
		}`,
		"verify":          `function verify(email, callback) { ` + head + ` var u = find(email); u.verified = true; callback(null, true); }`,
		"change_password": `function changePassword(email, password, callback) { ` + head + ` var u = find(email); u.password = password; callback(null, { last_password_reset: 1800000000000 }); }`,
		"delete":          `function deleteUser(id, callback) { ` + head + ` if (!users[id]) return callback(new Error('nobody is ' + id)); delete users[id]; callback(null); }`,
		"change_email":    `function changeEmail(email, newEmail, verified, callback) { ` + head + ` var u = find(email); if (!u) return callback(null, false); u.email = newEmail; u.verified = verified; callback(null, true); }`,
		"change_username": `function changeUsername(name, newName, callback) { ` + head + ` var u = find(name); u.username = newName; callback(null, true); }`,
	}
}

// world is a tenant with a connection that is enabled for an application.
type world struct {
	*localtenant.Tenant
	t           *testing.T
	app, secret string
	connection  object
}

func newWorld(t *testing.T, o localtenant.Options, options object) *world {
	t.Helper()
	w := &world{Tenant: start(t, o), t: t}
	w.app, w.secret = w.AddClient("app")
	merged := object{
		"enabledDatabaseCustomization": true, "customScripts": scripts(),
		"password_options": object{"complexity": object{"min_length": 6}},
	}
	for key, value := range options {
		merged[key] = value
	}
	w.connection = create(t, w.Tenant, "users", merged)
	api(t, w.Tenant, "PATCH", connectionPath(w.connection)+"/clients", []object{{"client_id": w.app, "status": true}}).want(t, 204)
	return w
}

func (w *world) signup(email, password string, more object) reply {
	w.t.Helper()
	body := object{"client_id": w.app, "connection": "users", "email": email, "password": password}
	for key, value := range more {
		body[key] = value
	}
	return send(w.t, w.Tenant, "", "POST", "/dbconnections/signup", body)
}

func (w *world) login(name, password string) reply {
	w.t.Helper()
	return login(w.t, w.Tenant, w.app, w.secret, "users", name, password)
}

// ran lists the scripts that ran since the last call.
func (w *world) ran(seen *int) []string {
	runs := w.ScriptRuns()
	var names []string
	for _, run := range runs[*seen:] {
		names = append(names, run.Script)
	}
	*seen = len(runs)
	return names
}

// store runs a script in the tenant's container through a login that always fails.
func (w *world) users() []any {
	w.t.Helper()
	return api(w.t, w.Tenant, "GET", "/api/v2/users?include_totals=true", nil).want(w.t, 200).object(w.t)["users"].([]any)
}

func (w *world) lastLog() localtenant.LogEvent {
	logs := w.Logs()
	return logs[len(logs)-1]
}

// claims reads the id token of a login.
func claims(t *testing.T, answer reply) map[string]any {
	t.Helper()
	token, err := jwt.ParseInsecure([]byte(answer.want(t, 200).object(t)["id_token"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := token.AsMap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLegacySignupAndLogin(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	seen := 0
	got := w.signup("Ann@Example.com", "secret-1", object{"user_metadata": object{"plan": "free"}}).want(t, 200).object(t)
	if want := (object{"_id": "legacy|1", "email": "Ann@Example.com", "email_verified": false, "nickname": "nick", "user_metadata": object{"plan": "free"}}); !equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if ran := w.ran(&seen); !slices.Equal(ran, []string{"get_user", "create", "login"}) {
		t.Errorf("scripts ran: %v", ran)
	}
	if event := w.lastLog(); event.Type != "ss" || event.UserID != "auth0|legacy|1" {
		t.Errorf("log %+v", event)
	}
	c := claims(t, w.login("Ann@Example.com", "secret-1"))
	if c["sub"] != "auth0|legacy|1" || c["email"] != "Ann@Example.com" || c["email_verified"] != false || c["nickname"] != "nick" {
		t.Errorf("claims %v", c)
	}
	if ran := w.ran(&seen); !slices.Equal(ran, []string{"login"}) {
		t.Errorf("scripts ran: %v", ran)
	}
	// Addresses are passed on as they are typed: folding is up to the scripts.
	w.login("ann@example.com", "secret-1").want(t, 403)
	users := w.users()
	if len(users) != 1 {
		t.Fatalf("users %v", users)
	}
	u := users[0].(object)
	if u["user_id"] != "auth0|legacy|1" || u["logins_count"] != 1.0 || u["user_metadata"].(object)["plan"] != "free" ||
		!equal(u["identities"], []object{{"connection": "users", "user_id": "legacy|1", "provider": "auth0", "isSocial": false}}) {
		t.Errorf("user %v", u)
	}
}

func TestCreateArgument(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, object{"requires_username": true, "customScripts": object{
		"get_user": `function getUser(name, callback) { callback(null); }`,
		"create":   `function create(user, callback) { global.user = user; callback(null); }`,
		"login":    `function login(name, password, callback) { callback(null, { user_id: '1', email: name, username: 'ann', nickname: JSON.stringify(global.user) }); }`,
	}})
	w.signup("ann@example.com", "secret-1", nil).want(t, 400)
	w.signup("ann@example.com", "secret-1", object{"username": "ann", "given_name": "Ann", "user_metadata": object{"a": "b"}}).want(t, 200)
	want := `{"app_metadata":{},"client_id":"` + w.app + `","connection":"users","email":"ann@example.com","given_name":"Ann","password":"secret-1","tenant":"local","user_metadata":{"a":"b"},"username":"ann"}`
	if got := w.users()[0].(object)["nickname"]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSignupErrors(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	seen := len(w.ScriptRuns())
	for _, tc := range []struct{ email, password, code, description string }{
		{"ann@example.com", "secret-1", "user_exists", "The user already exists."},
		{"raced@example.com", "secret-1", "user_exists", "somebody was faster"},
		{"long@example.com", "secret-1", "email-too-long", "that address is too long"},
		{"down@example.com", "secret-1", "invalid_signup", "the store is on fire"},
		{"no-address", "secret-1", "invalid_signup", "Invalid email address"},
		{strings.Repeat("a", 65) + "@example.com", "secret-1", "invalid_signup", "Invalid email address"},
	} {
		got := w.signup(tc.email, tc.password, nil).want(t, 400).object(t)
		if got["code"] != tc.code || got["description"] != tc.description || got["statusCode"] != 400.0 {
			t.Errorf("%s: %v", tc.email, got)
		}
		if event := w.lastLog(); event.Type != "fs" || event.Description != tc.description {
			t.Errorf("%s: log %+v", tc.email, event)
		}
	}
	if ran := w.ran(&seen); !slices.Equal(ran, []string{"get_user", "get_user", "create", "get_user", "create", "get_user", "create"}) {
		t.Errorf("scripts ran: %v", ran)
	}
	weak := w.signup("bob@example.com", "short", nil).want(t, 400).object(t)
	if weak["code"] != "invalid_password" || weak["name"] != "PasswordStrengthError" || weak["policy"] != "* At least 6 characters in length" {
		t.Errorf("weak password: %v", weak)
	}
	if ran := w.ran(&seen); len(ran) != 0 {
		t.Errorf("scripts ran for a weak password: %v", ran)
	}
	for name, body := range map[string]object{
		"unknown connection": {"client_id": w.app, "connection": "other"},
		"unknown client":     {"client_id": "x", "connection": "users"},
	} {
		if got := send(t, w.Tenant, "", "POST", "/dbconnections/signup", body).want(t, 400).object(t); got["code"] != "invalid_request" {
			t.Errorf("%s: %v", name, got)
		}
	}

	closed := newWorld(t, localtenant.Options{}, object{"disable_signup": true})
	if got := closed.signup("ann@example.com", "secret-1", nil).want(t, 400).object(t); got["description"] != "Public signup is disabled" || len(closed.ScriptRuns()) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestLoginErrors(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, object{"customScripts": object{"login": `function login(name, password, callback) {
		switch (name) {
			case 'nobody': return callback(new WrongUsernameOrPasswordError(null, 'no such user'));
			case 'wrong': return callback(new WrongUsernameOrPasswordError('legacy|7', 'try again'));
			case 'empty': return callback();
			case 'null': return callback(null, null);
			case 'locked': return callback(new UnauthorizedError('the account is locked'));
			case 'broken': return callback(new Error('the store is on fire'));
			case 'text': return callback('just text');
			case 'thrown': throw new Error('secret detail');
			case 'no id': return callback(null, { email: 'a@example.com' });
			case 'number': return callback(null, { id: 42, email: 'n@example.com' });
		}
	}`}})
	for name, want := range map[string]struct {
		status      int
		error, text string
		log, userID string
		logged      string
	}{
		"nobody": {403, "invalid_grant", "Wrong email or password.", "fu", "", "no such user"},
		"wrong":  {403, "invalid_grant", "Wrong email or password.", "fp", "auth0|legacy|7", "try again"},
		"empty":  {403, "invalid_grant", "Wrong email or password.", "fu", "", "Wrong email or password."},
		"null":   {403, "invalid_grant", "Wrong email or password.", "fu", "", "Wrong email or password."},
		"locked": {401, "unauthorized", "the account is locked", "f", "", "the account is locked"},
		"broken": {403, "access_denied", "the store is on fire", "f", "", "the store is on fire"},
		"text":   {403, "access_denied", "just text", "f", "", "just text"},
		"thrown": {403, "access_denied", "Script generated an unhandled exception.", "f", "", "secret detail"},
		"no id":  {403, "access_denied", "has no user_id", "f", "", "has no user_id"},
	} {
		o := w.login(name, "x").want(t, want.status).object(t)
		if o["error"] != want.error || !strings.Contains(o["error_description"].(string), want.text) {
			t.Errorf("%s: %v", name, o)
		}
		if event := w.lastLog(); event.Type != want.log || event.UserID != want.userID || !strings.Contains(event.Description, want.logged) {
			t.Errorf("%s: log %+v", name, event)
		}
		if strings.Contains(o["error_description"].(string), "secret detail") {
			t.Errorf("%s: the answer has the stack: %v", name, o)
		}
	}
	if c := claims(t, w.login("number", "x")); c["sub"] != "auth0|42" {
		t.Errorf("claims %v", c)
	}
	for name, body := range map[string]object{
		"wrong secret":  {"client_id": w.app, "client_secret": "x", "realm": "users", "username": "a", "password": "b"},
		"no secret":     {"client_id": w.app, "realm": "users", "username": "a", "password": "b"},
		"unknown realm": {"client_id": w.app, "client_secret": w.secret, "realm": "x", "username": "a", "password": "b"},
		"no password":   {"client_id": w.app, "client_secret": w.secret, "realm": "users", "username": "a"},
		"not enabled":   {"client_id": w.ClientID(), "client_secret": w.ClientSecret(), "realm": "users", "username": "a", "password": "b"},
	} {
		body["grant_type"] = "http://auth0.com/oauth/grant-type/password-realm"
		if got := send(t, w.Tenant, "", "POST", "/oauth/token", body); got.Status < 400 || got.object(t)["error"] == nil {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
}

func TestTimeoutOfALogin(t *testing.T) {
	w := newWorld(t, localtenant.Options{ScriptTimeout: 200e6}, object{"customScripts": object{"login": `function login(name, password, callback) {}`}})
	if o := w.login("a", "b").want(t, 403).object(t); o["error_description"] != "Request to Webtask exceeded allowed execution time" {
		t.Errorf("got %v", o)
	}
}

func TestContextArgument(t *testing.T) {
	show := `function (a) { var args = Array.prototype.slice.call(arguments); var callback = args.pop(); callback(null, { user_id: '1', email: 'a@example.com', nickname: JSON.stringify(args) }); }`
	for _, on := range []bool{false, true} {
		w := newWorld(t, localtenant.Options{}, object{"enable_script_context": on, "customScripts": object{
			"login":        show,
			"get_user":     `function (name) { arguments[arguments.length - 1](null); }`,
			"delete":       `function () { var args = Array.prototype.slice.call(arguments); args.pop()(new Error(JSON.stringify(args))); }`,
			"change_email": `function () { var args = Array.prototype.slice.call(arguments); args.pop()(new Error(JSON.stringify(args))); }`,
		}})
		want := map[bool]string{false: `["a","b"]`, true: `["a","b",{}]`}[on]
		if c := claims(t, w.login("a", "b")); c["nickname"] != want {
			t.Errorf("context %v: login got %v", on, c["nickname"])
		}
		want = map[bool]string{false: `["1"]`, true: `["1",{}]`}[on]
		api(t, w.Tenant, "DELETE", "/api/v2/users/auth0%7C1", nil).wantError(t, 400, "auth0_idp_error", want)
		api(t, w.Tenant, "PATCH", "/api/v2/users/auth0%7C1", object{"email": "b@example.com"}).wantError(t, 400, "auth0_idp_error", `["a@example.com","b@example.com",false]`)
	}
}

func TestVerification(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	mails := w.Mailbox("ann@example.com")
	if len(mails) != 1 || mails[0].Kind != localtenant.VerifyEmail || !strings.HasPrefix(mails[0].Link, w.URL()) {
		t.Fatalf("mails %v", mails)
	}
	result := follow(t, mails[0].Link, nil)
	if result.Get("success") != "true" || result.Get("email") != "ann@example.com" {
		t.Errorf("result %v", result)
	}
	// Verification alone does not change what the tenant knows of the user.
	if u := w.users()[0].(object); u["email_verified"] != false {
		t.Errorf("user %v", u)
	}
	if c := claims(t, w.login("ann@example.com", "secret-1")); c["email_verified"] != true {
		t.Errorf("claims %v", c)
	}
	if got := get(t, mails[0].Link); got != http.StatusBadRequest {
		t.Errorf("the link works twice: %d", got)
	}
	w.login("ann@example.com", "secret-1").want(t, 200)
	if len(w.Mailbox("ann@example.com")) != 1 {
		t.Error("a login sent mail")
	}
}

func TestPasswordReset(t *testing.T) {
	w := newWorld(t, localtenant.Options{}, nil)
	w.signup("ann@example.com", "secret-1", nil).want(t, 200)
	seen := len(w.ScriptRuns())
	ask := func(email string) reply {
		return send(t, w.Tenant, "", "POST", "/dbconnections/change_password", object{"client_id": w.app, "connection": "users", "email": email})
	}
	known, unknown := ask("ann@example.com").want(t, 200), ask("bob@example.com").want(t, 200)
	if string(known.Body) != string(unknown.Body) || len(w.Mailbox("bob@example.com")) != 0 {
		t.Errorf("the answer tells who exists: %q and %q", known.Body, unknown.Body)
	}
	mails := w.Mailbox("ann@example.com")
	link := mails[len(mails)-1]
	if link.Kind != localtenant.ResetPassword {
		t.Fatalf("mails %v", mails)
	}
	if got := get(t, link.Link); got != 200 {
		t.Errorf("the form: %d", got)
	}
	if result := follow(t, link.Link, url.Values{"password": {"short"}}); result != nil {
		t.Errorf("a weak password was accepted: %v", result)
	}
	if result := follow(t, link.Link, url.Values{"password": {"secret-2"}}); result.Get("success") != "true" {
		t.Errorf("result %v", result)
	}
	if ran := w.ran(&seen); !slices.Equal(ran, []string{"get_user", "get_user", "get_user", "change_password"}) {
		t.Errorf("scripts ran: %v", ran)
	}
	if u := w.users()[0].(object); u["last_password_reset"] != "2027-01-15T08:00:00.000Z" {
		t.Errorf("user %v", u)
	}
	w.login("ann@example.com", "secret-1").want(t, 403)
	w.login("ann@example.com", "secret-2").want(t, 200)
	if result := follow(t, link.Link, url.Values{"password": {"secret-3"}}); result != nil {
		t.Errorf("the link works twice: %v", result)
	}
}

// follow opens a link (posts the form if there is one) and returns the query of
// the page that it leads to, nil when it leads nowhere.
func follow(t *testing.T, link string, form url.Values) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var response *http.Response
	var err error
	if form == nil {
		response, err = client.Get(link)
	} else {
		response, err = client.PostForm(link, form)
	}
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusFound {
		return nil
	}
	to, err := response.Location()
	if err != nil {
		t.Fatal(err)
	}
	return to.Query()
}

func get(t *testing.T, link string) int {
	t.Helper()
	response, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
