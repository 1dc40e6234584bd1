// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What each operation sends: the path, and all arguments that are documented, null where there is no value.
func TestAPIRequests(t *testing.T) {
	forEachAPI(t, func(t *testing.T, reach store.API) {
		b := newAPIBench(t, reach)
		asked := reach.PasswordCheck == store.ByAPI
		password := map[bool]string{true: `"correct horse"`, false: `null`}[asked]
		hash := map[bool]string{true: `null`, false: `"HASH"`}[asked]
		rpcPassword := map[bool]string{true: `"correct horse"`, false: `"HASH"`}[asked]
		rpcLogin := map[bool]string{true: `,"password":"correct horse"`, false: ``}[asked]
		texts := `"email":"New@example.com","username":"new","name":null,"nickname":null,"given_name":null,"family_name":null,"picture":null,` +
			`"phone_number":null,"user_metadata":{"a":{"b":1}},"app_metadata":{}`
		for _, test := range []struct {
			op       scripts.Operation
			args     []any
			context  any
			web, rpc string
		}{
			{scripts.Login, []any{"ada@example.com", "correct horse"}, nil, `login {"identifier":"ada@example.com","password":` + password + `}`,
				`login {"identifier":"ada@example.com"` + rpcLogin + `}`},
			{scripts.GetUser, []any{"ada@example.com"}, nil, `get_user {"identifier":"ada@example.com","user_id":null}`,
				`get_user {"identifier":"ada@example.com"}`},
			{scripts.GetUser, []any{"1"}, map[string]any{"identifierType": "user_id"}, `get_user {"identifier":null,"user_id":"1"}`,
				`get_user_find_by_id {"wanted_id":"1"}`},
			{scripts.Create, []any{map[string]any{
				"email": "New@example.com", "password": "correct horse", "username": "new", "user_metadata": map[string]any{"a": map[string]any{"b": 1}},
				"blocked": true, "email_verified": true,
			}}, nil, `create {"user":{` + texts + `},"password":` + password + `,"password_hash":` + hash + `}`,
				`create {` + texts + `,"password":` + rpcPassword + `}`},
			{scripts.Verify, []any{"ada@example.com"}, nil, `verify {"email":"ada@example.com"}`, `verify {"email":"ada@example.com"}`},
			{scripts.ChangePassword, []any{"ada@example.com", "correct horse"}, nil,
				`change_password {"email":"ada@example.com","password":` + password + `,"password_hash":` + hash + `}`,
				`change_password {"email":"ada@example.com","password":` + rpcPassword + `}`},
			{scripts.ChangeEmail, []any{"ada@example.com", "new@example.com", false}, nil,
				`change_email {"email":"ada@example.com","new_email":"new@example.com","verified":false}`,
				`change_email {"email":"ada@example.com","new_email":"new@example.com","verified":false}`},
			{scripts.ChangeUsername, []any{"ada", "countess"}, nil, `change_username {"username":"ada","new_username":"countess"}`,
				`change_username {"username":"ada","new_username":"countess"}`},
			{scripts.Delete, []any{"1"}, nil, `delete {"user_id":"1"}`, `delete {"id":"1"}`},
		} {
			b.context = test.context
			if outcome := b.run(test.op, test.args...); outcome.Err != nil {
				t.Errorf("%s: %+v %q", test.op, outcome.Err, outcome.Console)
			}
			path, body, _ := strings.Cut(test.web, " ")
			path = "/v1/" + path
			if b.rpc() {
				path, body, _ = strings.Cut(test.rpc, " ")
				path = "/rpc/" + path
			}
			sent := b.last()
			for _, holder := range []string{"password", "password_hash"} {
				if text, ok := sent.body[holder].(string); ok && strings.HasPrefix(text, "$2b$04$") {
					sent.body[holder] = "HASH"
				}
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(body), &want); err != nil {
				t.Fatal(err)
			}
			if sent.path != path || !reflect.DeepEqual(sent.body, want) || sent.authorization != "Bearer token-1" ||
				sent.schema != map[bool]string{true: "auth0"}[b.rpc()] {
				t.Errorf("%s sends %+v\nwant %s %v", test.op, sent, path, want)
			}
		}
		b.context = nil
		b.wrong("1", "ada@example.com", wrongPassword(b))
		if issued := b.issued.Load(); issued != 1 {
			t.Errorf("%d tokens were asked for", issued)
		}
	})
}

// wrongPassword makes the API say so, where that is its affair.
func wrongPassword(b *apiBench) string {
	user := strings.ReplaceAll(fmt.Sprintf(adaWeb, adaHash), `"password_matches":true`, `"password_matches":false`)
	if b.rpc() {
		user = strings.ReplaceAll(fmt.Sprintf(adaRPC, adaHash), `"password_matches":true`, `"password_matches":false`)
	}
	b.answers(b.withUsers(user))
	return "incorrect horse"
}

// answered is one thing that an API may say, and what becomes of it at login: what the user is told, and what the log has.
type answered struct {
	name        string
	answer      func(b *apiBench) http.HandlerFunc
	says, cause string
}

// changed puts other JSON into Ada, in the names of either contract.
func changed(old, other string) func(b *apiBench) http.HandlerFunc {
	return func(b *apiBench) http.HandlerFunc {
		user, old, other := fmt.Sprintf(adaWeb, adaHash), old, other
		if b.rpc() {
			names := strings.NewReplacer(`"user_id"`, `"id"`, `"password_hash"`, `"password"`)
			user, old, other = fmt.Sprintf(adaRPC, adaHash), names.Replace(old), names.Replace(other)
		}
		if !strings.Contains(user, old) {
			b.t.Fatalf("Ada has no %s", old)
		}
		return b.withUsers(strings.Replace(user, old, other, 1))
	}
}

func always(h http.HandlerFunc) func(*apiBench) http.HandlerFunc {
	return func(*apiBench) http.HandlerFunc { return h }
}

const (
	notNow  = "The user database cannot be used at the moment. Please try again later."
	tooLate = "The user database took too long to answer. Please try again later."
	noFit   = "The user database does not accept these values."
	several = "Several accounts share this address. Please contact support."
)

// Whoever is blocked stays out, also where nobody has named the part, and whatever an API takes for true.
func TestAPIBlockedUsers(t *testing.T) {
	t.Parallel()
	forEachAPI(t, func(t *testing.T, reach store.API) {
		for _, blocked := range []string{"true", `"true"`, "1", "{}"} {
			b := newAPIBench(t, reach)
			delete(b.options.Store.Columns, store.Blocked)
			b.answers(changed(`"blocked":false`, `"blocked":`+blocked)(b))
			b.fails("UnauthorizedError", "unauthorized", scripts.Login, "ada@example.com", "correct horse")
			if profile := b.profile(scripts.GetUser, "ada@example.com"); profile["blocked"] != true {
				t.Errorf("blocked as %s: %v", blocked, profile)
			}
		}
	})
}

// Whatever an API answers, login calls back once and in time, the user is told nothing of it, and the log says what it was
// without personal data.
func TestAPIBadAnswers(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(other.Close)
	tests := []answered{
		{"HTML", always(respond(200, "text/html", "<html>ada@example.com</html>")), notNow, "no JSON"},
		{"JSON called HTML", always(respond(200, "text/html", `{"users":[]}`)), notNow, "no JSON"},
		{"HTML called JSON", always(respondJSON(200, "<html>")), notNow, "no JSON"},
		{"an error inside", always(respondJSON(200, `{"error":"ada@example.com is gone","users":[]}`)), notNow, "an error in it"},
		{"null", always(respondJSON(200, `null`)), notNow, "no JSON"},
		{"a number", always(respondJSON(200, `7`)), notNow, "no list of users"},
		{"an object", always(respondJSON(200, `{"data":{"email":"ada@example.com"}}`)), notNow, "no list of users"},
		{"other JSON in the list", func(b *apiBench) http.HandlerFunc { return b.withUsers(`"ada@example.com"`) }, notNow, "without an id"},
		{"nothing", always(respondJSON(204, "")), notNow, "HTTP 204"},
		{"500 kB", func(b *apiBench) http.HandlerFunc {
			return b.withUsers(fmt.Sprintf(`{"email":%q}`, strings.Repeat("a", 500_000)))
		}, notNow, "more than 256 kB"},
		{"no UTF-8", func(b *apiBench) http.HandlerFunc { return b.withUsers("\"\xff\"") }, notNow, "ENCODING"},
		{"two users", func(b *apiBench) http.HandlerFunc {
			user := fmt.Sprintf(adaWeb, adaHash)
			if b.rpc() {
				user = fmt.Sprintf(adaRPC, adaHash)
			}
			return b.withUsers(user + "," + user)
		}, several, "2 users or more"},
		{"another user", changed("Ada@example.com", "eve@example.com"), notNow, "another user"},
		{"a number as id", changed(`"user_id":"1"`, `"user_id":9007199254740993`), notNow, "without an id and an address as text"},
		{"no id", changed(`"user_id":"1"`, `"user_id":null`), notNow, "without an id and an address as text"},
		{"no address", changed(`"email":"Ada@example.com"`, `"e_mail":"Ada@example.com"`), notNow, "without an id and an address as text"},
		{"blocked as text", changed(`"blocked":false`, `"blocked":"true"`), notNow, "neither true nor false as blocked"},
		{"nothing about blocked", changed(`"blocked":false`, `"block":false`), notNow, "neither true nor false as blocked"},
		{"null as blocked", changed(`"blocked":false`, `"blocked":null`), notNow, "neither true nor false as blocked"},
		{"a user name that is none", changed(`"username":null`, `"username":{"first":"Ada"}`), notNow, "something else than text or null as username"},
		{"a redirect", always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}), notNow, "HTTP 307"},
		{"a slow body", always(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 100 {
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		}), tooLate, "late"},
		{"no answer", always(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), tooLate, "late"},
		{"its own failure", always(respondJSON(500, `{"error":"internal","message":"ada@example.com"}`)), notNow, "HTTP 500 internal"},
		{"a failure that quotes", always(respondJSON(500, `{"error":"no user ada@example.com","code":"no user ada@example.com"}`)), notNow, "HTTP 500"},
		{"forbidden", always(respondJSON(403, `{"error":"forbidden"}`)), notNow, "HTTP 403 forbidden"},
		{"late", always(respondJSON(504, `{"error":"late","code":"57014"}`)), tooLate, "HTTP 504"},
		{"too large", always(respondJSON(413, `{}`)), noFit, "HTTP 413"},
		{"a connection that ends", always(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }), notNow, "login"},
		{"a body that ends", always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"users":[`))
		}), notNow, "login"},
		{"no token that is right", always(respondJSON(401, `{"error":"unauthorized"}`)), notNow, "HTTP 401 unauthorized"},
	}
	web := []answered{
		{"ambiguous", always(respondJSON(409, `{"error":"ambiguous"}`)), several, "HTTP 409 ambiguous"},
		{"unfit", always(respondJSON(422, `{"error":"unfit"}`)), noFit, "HTTP 422 unfit"},
	}
	rpc := []answered{
		{"cardinality_violation", always(respondJSON(400, `{"code":"21000","message":"ada@example.com","details":null}`)), several, "HTTP 400 21000"},
		{"data_exception", always(respondJSON(400, `{"code":"22001"}`)), noFit, "HTTP 400 22001"},
		{"no such function", always(respondJSON(404, `{"code":"PGRST202","message":"ada@example.com"}`)), notNow, "HTTP 404 PGRST202"},
		{"JWT expired", always(respondJSON(401, `{"code":"PGRST303"}`)), notNow, "HTTP 401 PGRST303"},
	}
	inScript := []answered{
		{"a hash that is none", changed(fmt.Sprintf(`"password_hash":%q`, adaHash), `"password_hash":{"bcrypt":true}`), notNow, "something else than text"},
	}
	byAPI := []answered{
		{"no verdict", changed(`"password_matches":true`, `"password_ok":true`), notNow, "neither true nor false as password_matches"},
		{"a verdict as text", changed(`"password_matches":true`, `"password_matches":"false"`), notNow, "neither true nor false as password_matches"},
	}
	forEachAPI(t, func(t *testing.T, reach store.API) {
		all := append(append(append([]answered{}, tests...), map[store.Contract][]answered{store.WebService: web, store.RPC: rpc}[reach.Contract]...),
			map[store.PasswordCheck][]answered{store.ByScript: inScript, store.ByAPI: byAPI}[reach.PasswordCheck]...)
		t.Parallel()
		for _, test := range all {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				b := newAPIBench(t, reach)
				b.answers(test.answer(b))
				outcome := b.fails("Error", "", scripts.Login, "ada@example.com", "correct horse")
				log := strings.Join(outcome.Console, "\n")
				if outcome.Err.Message != test.says || !strings.Contains(log, test.cause) || !strings.Contains(log, "auth0pg login: ") {
					t.Errorf("says %q, log %q; want %q because of %q", outcome.Err.Message, log, test.says, test.cause)
				}
				for _, secret := range []string{clientSecret, "token-", "ada@", "correct", adaHash} {
					if strings.Contains(log+outcome.Err.Message, secret) {
						t.Errorf("%q is told in %q", secret, log)
					}
				}
			})
		}
	})
}
