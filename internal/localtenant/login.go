// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// wrongPasswordCode is the code of the platform's error class for refused
// credentials.
const wrongPasswordCode = "wrongusernameorpassword"

var (
	errWrongPassword = &oauthError{http.StatusForbidden, "invalid_grant", "Wrong email or password."}
	errBlocked       = &oauthError{http.StatusUnauthorized, "unauthorized", "user is blocked"}
)

// login checks credentials in the platform's order: in import mode the
// tenant's own store first and then the login script, whose user is kept; else
// the login script alone, or the store alone without custom scripts. A
// *ScriptError is what the script said.
func (t *Tenant) login(ctx context.Context, c *connection, identifier, password string) (*user, error) {
	var known *user
	if !c.legacy() {
		known = t.find(c, identifier)
	}
	switch {
	case known != nil:
		if !known.hasPassword(password) {
			return nil, &ScriptError{Name: "WrongUsernameOrPasswordError", Code: wrongPasswordCode, UserID: known.rawID()}
		}
	case !c.custom():
		return nil, &ScriptError{Name: "WrongUsernameOrPasswordError", Code: wrongPasswordCode}
	default:
		if c.imports() {
			identifier = strings.ToLower(identifier)
		}
		profile, err := t.runProfile(ctx, c, "login", identifier, password)
		if err != nil {
			return nil, err
		}
		if profile == nil {
			return nil, &ScriptError{Name: "WrongUsernameOrPasswordError", Code: wrongPasswordCode}
		}
		if known, err = t.admit(c, profile, password); err != nil {
			return nil, err
		}
	}
	var failed error
	changed := t.change(known.id, func(u *user) {
		u.lastLogin = t.options.Now()
		u.logins++
		if u.foreign != nil {
			failed = u.setPassword(password)
		}
	})
	return changed, failed
}

// admit keeps the user of a profile that a script has vouched for; in import
// mode with the password, so that the scripts are not asked again.
func (t *Tenant) admit(c *connection, profile *object, password string) (*user, error) {
	profile = c.persistent(profile)
	if !c.imports() {
		return t.remember(c, profile), nil
	}
	if email := profile.string("email"); email != "" {
		profile.set("email", strings.ToLower(email))
		if other := t.find(c, email); other != nil && other.rawID() != profileID(profile) {
			return nil, &ScriptError{Name: "Error", Message: "The specified new email already exists"}
		}
	}
	u := t.remember(c, profile)
	var failed error
	u = t.change(u.id, func(u *user) { failed = u.setPassword(password) })
	return u, failed
}

// persistent is the profile without what the connection does not store.
func (c *connection) persistent(profile *object) *object {
	kept := clone(profile).(*object)
	for _, key := range stringsOf(c.options.get("non_persistent_attrs")) {
		if key != "user_id" && key != "email" {
			kept.remove(key)
		}
	}
	return kept
}

// passwordRealm is the grant by which an application logs a user in itself.
func (t *Tenant) passwordRealm(ctx context.Context, params url.Values) (*object, error) {
	app, err := t.application(params)
	if err != nil {
		return nil, err
	}
	if err := t.checkGrantType(app, passwordRealmGrant); err != nil {
		return nil, err
	}
	for _, name := range []string{"username", "password"} {
		if params.Get(name) == "" {
			return nil, &oauthError{http.StatusForbidden, "invalid_request", "Missing required parameter: " + name}
		}
	}
	realm := params.Get("realm")
	c := t.snapshot(func(c *connection) bool {
		return realm != "" && (c.name == realm || slices.Contains(stringsOf(c.beside.get("realms")), realm))
	})
	switch {
	case realm == "":
		return nil, &oauthError{http.StatusForbidden, "server_error", "Authorization server not configured with default connection."}
	case c == nil:
		return nil, &oauthError{http.StatusForbidden, "invalid_request", "Unknown realm: " + realm}
	case !slices.Contains(c.clients, app.id):
		return nil, &oauthError{http.StatusForbidden, "unauthorized_client", "The connection is not enabled for the client"}
	}

	u, err := t.login(ctx, c, params.Get("username"), params.Get("password"))
	if err != nil {
		return nil, t.loginError(c, err)
	}
	if u.blocked() {
		t.log("f", c, u.id, "user is blocked")
		return nil, errBlocked
	}
	t.log("s", c, u.id, "")
	return t.userTokens(app, u, params)
}

// loginError logs a failed login as the platform does and says what the
// application hears of it.
func (t *Tenant) loginError(c *connection, err error) error {
	var script *ScriptError
	if !errors.As(err, &script) {
		return err
	}
	switch script.Code {
	case wrongPasswordCode:
		kind, id := "fu", ""
		if script.UserID != "" {
			kind, id = "fp", userPrefix+script.UserID
		}
		message := script.Message
		if message == "" {
			message = errWrongPassword.description
		}
		t.log(kind, c, id, message)
		return errWrongPassword
	case "unauthorized":
		t.log("f", c, "", script.Message)
		return &oauthError{http.StatusUnauthorized, "unauthorized", script.Message}
	default:
		t.log("f", c, "", script.describe())
		return &oauthError{http.StatusForbidden, "access_denied", script.Message}
	}
}

// describe is the message with the stack where there is no more to it.
func (e *ScriptError) describe() string {
	if e.Stack != "" && !strings.Contains(e.Stack, e.Message) {
		return e.Message + " " + e.Stack
	}
	return e.Message
}

// application finds the client of a request. Only one that is registered without
// a secret may leave it out.
func (t *Tenant) application(params url.Values) (*client, error) {
	t.mu.Lock()
	c := t.clients[params.Get("client_id")]
	t.mu.Unlock()
	switch {
	case c == nil:
		return nil, errDenied
	case params.Get("client_assertion") != "":
		return t.authenticateAssertion(params)
	case c.shown.string("token_endpoint_auth_method") == "none" && params.Get("client_secret") == "":
		return c, nil
	case subtle.ConstantTimeCompare([]byte(params.Get("client_secret")), []byte(c.secret)) != 1:
		return nil, errDenied
	}
	return c, nil
}

// userTokenLifetime is how long the tokens of a user are valid.
const userTokenLifetime = 24 * time.Hour

// userScopes are the standard scopes, which are about the user.
var userScopes = []string{"openid", "profile", "email", "phone", "address", "offline_access"}

func (t *Tenant) userTokens(app *client, u *user, params url.Values) (*object, error) {
	audience, scope := params.Get("audience"), params.Get("scope")
	if scope == "" {
		scope = "openid profile email"
	}
	granted := &access{
		api: newObject("identifier", t.url+"/userinfo"), scopes: strings.Fields(scope), lifetime: userTokenLifetime,
	}
	if audience != "" && audience != t.url+"/userinfo" {
		var err error
		if granted, err = t.accessOf(app, audience, userSubject, scope); err != nil {
			return nil, err
		}
		// The standard scopes are about the user and belong to no API.
		granted.scopes = append(slices.DeleteFunc(strings.Fields(scope), func(name string) bool {
			return !slices.Contains(userScopes, name)
		}), granted.scopes...)
	}
	token, err := t.accessToken(u.id, app.id, granted, "password")
	if err != nil {
		return nil, err
	}
	scope = strings.Join(granted.scopes, " ")
	answer := newObject("access_token", token)
	if slices.Contains(strings.Fields(scope), "openid") {
		claims := map[string]any{}
		for key, value := range plain(userInfo(u)).(map[string]any) {
			if key != "sub" {
				claims[key] = value
			}
		}
		id, err := t.sign(u.id, app.id, userTokenLifetime, claims)
		if err != nil {
			return nil, err
		}
		answer.set("id_token", id)
	}
	answer.set("scope", scope)
	answer.set("expires_in", int(granted.lifetime.Seconds()))
	answer.set("token_type", "Bearer")
	return answer, nil
}

// userInfo is the standard part of a user.
func userInfo(u *user) *object {
	shown, info := u.show(), newObject("sub", u.id)
	for _, key := range []string{
		"given_name", "family_name", "nickname", "name", "picture", "username", "email", "email_verified",
		"phone_number", "phone_number_verified", "updated_at",
	} {
		if shown.has(key) {
			info.set(key, shown.get(key))
		}
	}
	return info
}

// userInfoEndpoint is GET /userinfo.
func (t *Tenant) userInfoEndpoint(w http.ResponseWriter, r *http.Request) {
	token, err := t.verify(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	var u *user
	if err == nil {
		t.mu.Lock()
		u = copied(t.users[token.Subject()])
		t.mu.Unlock()
	}
	if u == nil {
		writeOAuthError(w, errDenied)
		return
	}
	writeJSON(w, http.StatusOK, userInfo(u))
}
