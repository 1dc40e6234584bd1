// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What the other tenant knows of a user is in both profiles, and the id is not given a second prefix.
func TestTenantProfiles(t *testing.T) {
	t.Parallel()
	ada := map[string]any{
		"user_id": "ada|1", "email": "Ada@Example.com", "username": "ada", "email_verified": true, "name": "Ada Lovelace",
		"nickname": "ada", "given_name": "Ada", "family_name": "Lovelace", "picture": "https://example.com/ada.png",
		"user_metadata": map[string]any{"theme": "dark"}, "app_metadata": map[string]any{"plan": "gold"},
	}
	want := map[string]any{
		"user_id": "ada|1", "email": "ada@example.com", "username": "ada", "email_verified": true, "blocked": false,
		"phone_verified": false, "name": "Ada Lovelace", "nickname": "ada", "given_name": "Ada", "family_name": "Lovelace",
		"picture": "https://example.com/ada.png", "user_metadata": map[string]any{"theme": "dark"}, "app_metadata": map[string]any{"plan": "gold"},
	}
	claims := []store.Part{
		store.ID, store.Email, store.EmailVerified, store.Password, store.Nickname, store.Name, store.GivenName, store.FamilyName,
		store.Picture, store.Blocked,
	}
	for name, test := range map[string]struct {
		parts []store.Part
		asked map[string]int // by a login
	}{
		"all":    {nil, map[string]int{"POST /oauth/token": 2, "GET /users": 1}},
		"claims": {claims, map[string]int{"POST /oauth/token": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTenantBench(t, localtenant.Options{}, test.parts)
			b.user(ada)
			expected := maps.Clone(want)
			maps.DeleteFunc(expected, func(key string, _ any) bool { return key != "user_id" && !b.store.Has(store.Part(key)) })
			for _, prefix := range []string{"", "old"} {
				b.options.UserIDPrefix, b.rendered = prefix, map[scripts.Operation]string{}
				if prefix != "" {
					expected["user_id"] = "old|ada|1"
				}
				b.tenant.ResetRequests()
				found := []map[string]any{b.profile(scripts.Login, "ADA@example.com", "correct horse")}
				if got := b.asked(); prefix == "" && fmt.Sprint(got) != fmt.Sprint(test.asked) {
					t.Errorf("login asks %v, want %v", got, test.asked)
				}
				found = append(found, b.profile(scripts.GetUser, "Ada@example.com"))
				b.context = map[string]any{"identifierType": "user_id"}
				found = append(found, b.profile(scripts.GetUser, expected["user_id"]))
				b.context = nil
				for _, profile := range found {
					if fmt.Sprint(profile) != fmt.Sprint(expected) {
						t.Errorf("the profile is %v, want %v", profile, expected)
					}
				}
			}
		})
	}
}

// Each operation works with the grant types and scopes that are listed for it, and without any one of them does not.
func TestTenantNeeds(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]store.Part{nil, {store.ID, store.Email, store.Password, store.EmailVerified}} {
		for _, op := range scripts.Operations() {
			var refuses []string
			for _, other := range scripts.Operations() {
				if other != op {
					refuses = append(refuses, string(other))
				}
			}
			t.Run(fmt.Sprintf("%s/%d", op, len(parts)), func(t *testing.T) {
				t.Parallel()
				if op == scripts.ChangeUsername && parts != nil {
					t.Skip("there are no user names")
				}
				slices.Sort(refuses)
				b := newTenantBench(t, localtenant.Options{}, parts, refuses...)
				b.user(map[string]any{"email": "ada@example.com", "username": "ada", "user_id": "1"})
				args := map[scripts.Operation][]any{
					scripts.Login: {"ada@example.com", "correct horse"}, scripts.GetUser: {"ada@example.com"},
					scripts.Create: {map[string]any{"email": "eve@example.com", "password": "correct horse"}},
					scripts.Verify: {"ada@example.com"}, scripts.ChangePassword: {"ada@example.com", "correct horse"},
					scripts.Delete: {"1"}, scripts.ChangeEmail: {"ada@example.com", "ada@example.com", true},
					scripts.ChangeUsername: {"ada", "countess"},
				}[op]
				needs := scripts.TenantNeeds(b.store, op)
				without := func(list []string, left string) []string {
					var kept []string
					for _, name := range list {
						if name != left {
							kept = append(kept, name)
						}
					}
					return kept
				}
				for _, left := range append(append([]string{}, needs.GrantTypes...), needs.Scopes...) {
					b.client(without(needs.GrantTypes, left), without(needs.Scopes, left))
					outcome := b.run(op, args...)
					if outcome.Err == nil || !strings.Contains(fmt.Sprint(outcome.Console), "HTTP 403") {
						t.Errorf("without %s: %v %+v %q", left, result(outcome), outcome.Err, outcome.Console)
					}
				}
				b.client(needs.GrantTypes, needs.Scopes)
				if outcome := b.run(op, args...); outcome.Err != nil {
					t.Errorf("with %+v: %+v %q", needs, outcome.Err, outcome.Console)
				}
			})
		}
	}
}

// What a script cannot do about the other tenant's answer is said in words, and the log has the cause.
func TestTenantRefusals(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{}, nil)
	id := b.user(map[string]any{"email": "ada@example.com", "username": "ada"})
	reset := func(in time.Duration) http.Header {
		return http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(in).Unix(), 10)}}
	}
	oauth := func(status int, code string, header http.Header) localtenant.Fault {
		return localtenant.Fault{
			Path: regexp.MustCompile(`^/oauth/token$`), Status: status, Header: header, Times: -1,
			Body: fmt.Sprintf(`{"error":%q,"error_description":"about ada@example.com"}`, code),
		}
	}
	users := func(method string, status int, body string, header http.Header) localtenant.Fault {
		return localtenant.Fault{
			Method: method, Path: regexp.MustCompile(`^/api/v2/users`), Status: status, Body: body, Header: header, Times: -1,
		}
	}
	jsonHeader := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	user := func(old, other string) localtenant.Fault {
		text := `[{"user_id":"auth0|1","email":"ada@example.com","email_verified":false,` +
			`"identities":[{"connection":"members","provider":"auth0","user_id":"1"}]}]`
		if !strings.Contains(text, old) {
			t.Fatalf("the user has no %s", old)
		}
		return users("GET", 200, strings.Replace(text, old, other, 1), jsonHeader)
	}
	login, getUser := []any{"ada@example.com", "correct horse"}, []any{"ada@example.com"}
	blocked := "UnauthorizedError"
	for _, test := range []struct {
		name        string
		fault       localtenant.Fault
		op          scripts.Operation
		args        []any
		class       string
		says, cause string
		most        int // requests
	}{
		{"mfa", oauth(403, "mfa_required", nil), scripts.Login, login, blocked, "second factor", "login: HTTP 403 mfa_required", 1},
		{"locked", oauth(429, "too_many_attempts", reset(time.Second)), scripts.Login, login, blocked, "locked", "HTTP 429 too_many_attempts", 1},
		{"leaked", oauth(401, "password_leaked", nil), scripts.Login, login, blocked, "must be reset", "HTTP 401 password_leaked", 1},
		{"blocked", oauth(401, "unauthorized", nil), scripts.Login, login, blocked, "This account is blocked.", "HTTP 401 unauthorized", 1},
		{"refused", oauth(403, "access_denied", nil), scripts.Login, login, blocked, "may not log in", "HTTP 403 access_denied", 1},
		{"wrong client", oauth(401, "access_denied", nil), scripts.Login, login, "Error", notNow, "login: HTTP 401 access_denied", 1},
		{"no grant type", oauth(403, "unauthorized_client", nil), scripts.Login, login, "Error", notNow, "HTTP 403 unauthorized_client", 1},
		{"limited for long", oauth(429, "too_many_requests", reset(time.Minute)), scripts.Login, login, "Error", notNow, "HTTP 429 too_many_requests", 1},
		{"HTML at login", localtenant.Fault{Path: regexp.MustCompile("token"), Status: 200, Body: "<html>", Times: -1}, scripts.Login, login, "Error", notNow, "no ID token", 1},
		{"no token", oauth(200, "x", nil), scripts.Login, login, "Error", notNow, "no ID token", 1},
		{"cut", localtenant.Fault{Path: regexp.MustCompile("token"), Cut: localtenant.CutBefore, Times: -1}, scripts.Login, login, "Error", notNow, "login: ", 1},
		{"500 at login", oauth(500, "server_error", nil), scripts.Login, login, "Error", notNow, "HTTP 500 server_error", 1},
		{"504 at login", oauth(504, "late", nil), scripts.Login, login, "Error", tooLate, "HTTP 504", 1},
		{"redirect", localtenant.Fault{
			Path: regexp.MustCompile("token"), Status: 307, Body: "x", Header: http.Header{"Location": {"http://127.0.0.1:1/"}}, Times: -1,
		}, scripts.Login, login, "Error", notNow, "HTTP 307", 1},

		{"limited", users("", 429, "", reset(time.Minute)), scripts.GetUser, getUser, "Error", notNow, "GET users-by-email: HTTP 429 too_many_requests", 1},
		{"no scope", users("", 403, `{"statusCode":403,"error":"Forbidden","message":"ada@example.com","errorCode":"insufficient_scope"}`, nil),
			scripts.GetUser, getUser, "Error", notNow, "HTTP 403 insufficient_scope", 1},
		{"500", users("", 500, "", nil), scripts.Verify, getUser, "Error", notNow, "HTTP 500", 1},
		{"HTML", users("", 200, "<html>", nil), scripts.GetUser, getUser, "Error", notNow, "no JSON", 1},
		{"an error inside", users("", 200, `{"error":"x"}`, jsonHeader), scripts.GetUser, getUser, "Error", notNow, "an error in it", 1},
		{"no list", users("", 200, `{"users":[]}`, jsonHeader), scripts.GetUser, getUser, "Error", notNow, "no list of users", 1},
		{"no user", users("", 200, `["ada@example.com"]`, jsonHeader), scripts.GetUser, getUser, "Error", notNow, "without a user_id", 1},
		{"500 kB", users("", 200, `["`+strings.Repeat("a", 500_000)+`"]`, jsonHeader), scripts.GetUser, getUser, "Error", notNow, "more than 256 kB", 1},
		{"somebody else", user("ada@", "eve@"), scripts.GetUser, getUser, "Error", notNow, "another user than was asked for", 1},
		{"no address", user(`"email":"ada@example.com",`, ""), scripts.GetUser, getUser, "Error", notNow, "without an address", 1},
		{"a flag as text", user(`"email_verified":false`, `"email_verified":"false"`), scripts.GetUser, getUser, "Error", notNow, "neither true nor false as email_verified", 1},
		{"linked", user(`"user_id":"auth0|1"`, `"user_id":"google-oauth2|7"`), scripts.GetUser, getUser, "Error", "linked to another one", "linked", 1},
		{"several", user(`[{`, `[{"user_id":"auth0|2","email":"ada@example.com","identities":[{"connection":"members","provider":"auth0","user_id":"2"}]},{`),
			scripts.ChangePassword, login, "Error", several, "several users", 1},
		{"a password that is weak", users("PATCH", 400, `{"statusCode":400,"message":"PasswordHistoryError: Password has previously been used"}`, nil),
			scripts.ChangePassword, login, "Error", "does not meet the rules", "PATCH users: HTTP 400", 2},
		{"values", users("PATCH", 400, `{"statusCode":400,"errorCode":"invalid_body","message":"about ada@example.com"}`, nil),
			scripts.ChangeEmail, []any{"ada@example.com", "b@example.com", true}, "Error", noFit, "HTTP 400 invalid_body", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.run(scripts.GetUser, "nobody@example.com") // the container has its token
			defer b.tenant.Inject(test.fault)()
			b.tenant.ResetRequests()
			outcome := b.fails(test.class, map[string]string{blocked: "unauthorized"}[test.class], test.op, test.args...)
			log := strings.Join(outcome.Console, "\n")
			if !strings.Contains(outcome.Err.Message, test.says) || !strings.Contains(log, test.cause) {
				t.Errorf("says %q, log %q; want %q because of %q", outcome.Err.Message, log, test.says, test.cause)
			}
			total := 0
			for _, count := range b.asked() {
				total += count
			}
			if total > test.most {
				t.Errorf("%d requests: %v", total, b.asked())
			}
			for _, secret := range []string{b.configuration[tenantSecret], "eyJ", "ada@", "correct", id} {
				if strings.Contains(log+outcome.Err.Message, secret) {
					t.Errorf("%q is told in %q", secret, log)
				}
			}
		})
	}
	b.profile(scripts.Login, login...)
	for _, password := range []any{nil, 7, "", strings.Repeat("x", 10_001)} {
		b.wrong("", "ada@example.com", password)
	}
	b.context = map[string]any{"identifierType": "user_id"}
	for _, nobody := range []string{"7", "nobody's", "a/b?c#d", "auth0|" + id, strings.Repeat("7", 1000)} {
		b.gives(nil, scripts.GetUser, nobody)
		b.gives(nil, scripts.Delete, nobody)
	}
}

// The other tenant's own rules for passwords are told in words, for a sign-up by the platform's class.
func TestTenantPasswordRules(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{}, nil)
	b.user(map[string]any{"email": "ada@example.com"})
	rules := "The password does not meet the rules of the user database."
	outcome := b.fails("ValidationError", "invalid_password", scripts.Create, map[string]any{"email": "eve@example.com", "password": "abc"})
	if outcome.Err.Message != rules {
		t.Errorf("create says %q", outcome.Err.Message)
	}
	b.says(rules, scripts.ChangePassword, "ada@example.com", "abc")
	b.gives(true, scripts.ChangePassword, "ada@example.com", "another horse")
	b.profile(scripts.Login, "ada@example.com", "another horse")
}

// Users of the tenant's other connections are nobody, whatever they are asked by, and nobody deletes them.
func TestTenantOtherConnections(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{}, nil)
	b.api("POST", "connections", map[string]any{"name": "staff", "strategy": "auth0"}, http.StatusCreated)
	id := b.user(map[string]any{"connection": "staff", "email": "ada@example.com", "password": "Correct-Horse-Battery-1"})
	b.gives(nil, scripts.GetUser, "ada@example.com")
	b.wrong("", "ada@example.com", "Correct-Horse-Battery-1")
	b.gives(false, scripts.Verify, "ada@example.com")
	b.gives(false, scripts.ChangePassword, "ada@example.com", "another horse")
	b.context = map[string]any{"identifierType": "user_id"}
	b.gives(nil, scripts.GetUser, id)
	outcome := b.run(scripts.Delete, id)
	if outcome.Err != nil || !strings.Contains(fmt.Sprint(outcome.Console), "another connection") {
		t.Errorf("%+v %q", outcome.Err, outcome.Console)
	}
	b.api("GET", "users/auth0%7C"+id, nil, http.StatusOK)
	b.context = nil
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	b.profile(scripts.GetUser, "ada@example.com")
}

// By address and by id users are found at once; by name only once the search has them.
func TestTenantSearchIsBehind(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{SearchDelay: time.Hour}, nil)
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse", "username": "ada"})
	b.profile(scripts.GetUser, "ada@example.com")
	b.profile(scripts.Login, "ada", "correct horse")
	b.gives(nil, scripts.GetUser, "ada")
	b.gives(false, scripts.ChangeUsername, "ada", "countess")
	b.gives(true, scripts.ChangeUsername, "ada@example.com", "countess")
	b.profile(scripts.Login, "countess", "correct horse")
}

// A blocked user is refused at login, and get_user says it.
func TestTenantBlockedUsers(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{}, nil)
	b.user(map[string]any{"email": "ada@example.com", "blocked": true})
	b.fails("UnauthorizedError", "unauthorized", scripts.Login, "ada@example.com", "correct horse")
	b.wrong("", "ada@example.com", "incorrect horse")
	for _, parts := range [][]store.Part{nil, {store.ID, store.Email, store.Password}} {
		b := newTenantBench(t, localtenant.Options{}, parts)
		b.user(map[string]any{"email": "ada@example.com", "blocked": true})
		if profile := b.profile(scripts.GetUser, "ada@example.com"); profile["blocked"] != true {
			t.Errorf("the profile is %v", profile)
		}
	}
}

// A limit that is lifted in time is waited for, a token is asked for once and renewed once it is refused, and a tenant that is
// away answers in time.
func TestTenantLimitsAndTokens(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{}, nil)
	b.user(map[string]any{"email": "ada@example.com"})
	for range 5 {
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		b.profile(scripts.GetUser, "ada@example.com")
	}
	if got := b.asked()["POST /oauth/token"]; got != 6 {
		t.Errorf("%d requests at the endpoint for tokens, want one for each login and one for the container", got)
	}
	soon := func() http.Header {
		return http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(1500*time.Millisecond).Unix(), 10)}}
	}
	for _, path := range []string{"^/api/v2/users", "^/oauth/token"} {
		for _, op := range []scripts.Operation{scripts.Login, scripts.ChangePassword} {
			remove := b.tenant.Inject(localtenant.Fault{Path: regexp.MustCompile(path), Status: 429, Header: soon()})
			if outcome := b.run(op, "ada@example.com", "correct horse"); outcome.Err != nil {
				t.Errorf("%s after a 429 of %s: %+v %q", op, path, outcome.Err, outcome.Console)
			}
			remove()
		}
	}
	b.tenant.ResetRequests()
	b.tenant.Inject(localtenant.Fault{Path: regexp.MustCompile("^/api/v2/users"), Method: "PATCH", Status: 401})
	b.gives(true, scripts.Verify, "ada@example.com")
	if got := b.asked(); got["POST /oauth/token"] != 1 || got["PATCH /users"] != 2 {
		t.Errorf("after a refused token: %v", got)
	}
	// A change that may have happened is not sent again, what is only read is.
	b.tenant.ResetRequests()
	b.tenant.Inject(localtenant.Fault{Path: regexp.MustCompile("^/api/v2/users"), Method: "PATCH", Cut: localtenant.CutAfter})
	b.says(notNow, scripts.Verify, "ada@example.com")
	b.tenant.Inject(localtenant.Fault{Path: regexp.MustCompile("^/api/v2/users"), Method: "GET", Cut: localtenant.CutBefore})
	b.profile(scripts.GetUser, "ada@example.com")
	if got := b.asked(); got["PATCH /users"] != 1 || got["GET /users-by-email"] != 3 {
		t.Errorf("after lost answers: %v", got)
	}
	_ = b.tenant.Close()
	for _, op := range []scripts.Operation{scripts.Login, scripts.GetUser} {
		outcome := b.fails("Error", "", op, "ada@example.com", "correct horse")
		if outcome.Err.Message != notNow || !strings.Contains(fmt.Sprint(outcome.Console), "ECONN") {
			t.Errorf("%s: %+v %q", op, outcome.Err, outcome.Console)
		}
	}
}

// An ID token that is not the tenant's or not for the client lets nobody in.
func TestTenantClaims(t *testing.T) {
	t.Parallel()
	b := newTenantBench(t, localtenant.Options{}, []store.Part{store.ID, store.Email, store.Password})
	issuer, client := b.tenant.URL()+"/", b.configuration["TENANT_CLIENT_ID"]
	for name, test := range map[string]struct {
		claims map[string]any
		cause  string
	}{
		"right":             {map[string]any{"iss": issuer, "aud": client, "sub": "auth0|1", "email": "ada@example.com"}, ""},
		"another issuer":    {map[string]any{"iss": "https://evil.example.com/", "aud": client, "sub": "auth0|1", "email": "ada@example.com"}, "another tenant"},
		"another client":    {map[string]any{"iss": issuer, "aud": "other", "sub": "auth0|1", "email": "ada@example.com"}, "another client"},
		"no subject":        {map[string]any{"iss": issuer, "aud": client, "email": "ada@example.com"}, "another tenant"},
		"linked":            {map[string]any{"iss": issuer, "aud": client, "sub": "google-oauth2|1", "email": "ada@example.com"}, "linked"},
		"another's address": {map[string]any{"iss": issuer, "aud": client, "sub": "auth0|1", "email": "eve@example.com"}, "not a user of the connection alone"},
		"no address":        {map[string]any{"iss": issuer, "aud": client, "sub": "auth0|1"}, "without an address"},
	} {
		t.Run(name, func(t *testing.T) {
			payload, err := json.Marshal(test.claims)
			if err != nil {
				t.Fatal(err)
			}
			token := "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".x"
			remove := b.tenant.Inject(localtenant.Fault{
				Path: regexp.MustCompile("token"), Status: 200, Body: fmt.Sprintf(`{"id_token":%q}`, token), Times: -1,
			})
			defer remove()
			outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
			if (outcome.Err == nil) != (test.cause == "") || !strings.Contains(fmt.Sprint(outcome.Console), test.cause) {
				t.Errorf("%+v %q, want %q", outcome.Err, outcome.Console, test.cause)
			}
		})
	}
}
