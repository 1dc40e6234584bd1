// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// answered is one thing that an API may say, and what becomes of it: what the user is told, and what the log has.
type answered struct {
	name        string
	answer      func(b *apiBench) http.HandlerFunc
	says, cause string
}

func (c wrongCall) looksUp() bool { return c.op == scripts.Login || c.op == scripts.GetUser }
func (c wrongCall) byID() bool    { return c.context != nil }

// replies is an answer to either contract, the second to PostgREST's.
func replies(web, rpc string) func(*apiBench) http.HandlerFunc {
	return func(b *apiBench) http.HandlerFunc {
		if b.rpc() {
			return respondJSON(200, rpc)
		}
		return respondJSON(200, web)
	}
}

// slowly sends a byte now and then, and no end.
func slowly(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for r.Context().Err() == nil {
		_, _ = w.Write([]byte(" "))
		w.(http.Flusher).Flush()
		time.Sleep(100 * time.Millisecond)
	}
}

// answersToAnything are wrong whatever was asked.
func answersToAnything(elsewhere string) []answered {
	const changed = `"result":"changed","users":[]}`
	return []answered{
		{"HTML", always(respond(200, "text/html", "<html>ada@example.com</html>")), notNow, "no JSON"},
		{"JSON called HTML", always(respond(200, "text/html", `{`+changed)), notNow, "no JSON"},
		{"HTML called JSON", always(respondJSON(200, "<html>")), notNow, "no JSON"},
		{"an error inside", always(respondJSON(200, `{"error":"ada@example.com is gone",`+changed)), notNow, "an error in it"},
		{"an error in a list", replies(`[{"error":"ada@example.com is gone"}]`, `[{"error":"ada@example.com is gone"}]`), notNow, ""},
		{"null", always(respondJSON(200, `null`)), notNow, "no JSON"},
		{"a number", always(respondJSON(200, `7`)), notNow, ""},
		{"an object", always(respondJSON(200, `{"data":{"email":"ada@example.com"}}`)), notNow, ""},
		{"a list of other JSON", always(respondJSON(200, `["ada@example.com"]`)), notNow, ""},
		{"nothing", always(respondJSON(204, "")), notNow, "HTTP 204"},
		{"another success", always(respondJSON(201, `{`+changed)), notNow, "HTTP 201"},
		{"500 kB", always(respondJSON(200, `{"padding":"`+strings.Repeat("a", 500_000)+`",`+changed)), notNow, "more than 256 kB"},
		{"no UTF-8", always(respondJSON(200, "{\"padding\":\"\xff\","+changed)), notNow, "ENCODING"},
		{"a redirect", always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}), notNow, "HTTP 307"},
		{"a slow body", always(slowly), tooLate, "late"},
		{"no answer", always(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), tooLate, "late"},
		{"its own failure", always(respondJSON(500, `{"error":"internal","message":"ada@example.com"}`)), notNow, "HTTP 500 internal"},
		{"a failure that quotes", always(respondJSON(500, `{"error":"no user ada@example.com","code":"no user ada@example.com"}`)), notNow, "HTTP 500"},
		{"forbidden", always(respondJSON(403, `{"error":"forbidden"}`)), notNow, "HTTP 403 forbidden"},
		{"late", always(respondJSON(504, `{"error":"late","code":"57014"}`)), tooLate, "HTTP 504"},
		{"too large", always(respondJSON(413, `{}`)), noFit, "HTTP 413"},
		{"a connection that ends", always(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), notNow, ""},
		{"a body that ends", always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{` + changed))
		}), notNow, ""},
		{"no token that is right", always(respondJSON(401, `{"error":"unauthorized"}`)), notNow, "HTTP 401 unauthorized"},
	}
}

// answersOfContracts are the errors that each contract has words for.
var answersOfContracts = map[store.Contract][]answered{
	store.WebService: {
		{"ambiguous", always(respondJSON(409, `{"error":"ambiguous"}`)), several, "HTTP 409 ambiguous"},
		{"unfit", always(respondJSON(422, `{"error":"unfit"}`)), noFit, "HTTP 422 unfit"},
		{"needed", always(respondJSON(409, `{"error":"needed"}`)), needed, "HTTP 409 needed"},
		{"a conflict as an error", always(respondJSON(409, `{"error":"conflict","result":"changed"}`)), notNow, "HTTP 409 conflict"},
	},
	store.RPC: {
		{"cardinality_violation", always(respondJSON(400, `{"code":"21000","message":"ada@example.com","details":null}`)), several, "HTTP 400 21000"},
		{"data_exception", always(respondJSON(400, `{"code":"22001"}`)), noFit, "HTTP 400 22001"},
		{"foreign_key_violation", always(respondJSON(409, `{"code":"23503"}`)), needed, "HTTP 409 23503"},
		{"no such function", always(respondJSON(404, `{"code":"PGRST202","message":"ada@example.com"}`)), notNow, "HTTP 404 PGRST202"},
		{"JWT expired", always(respondJSON(401, `{"code":"PGRST303"}`)), notNow, "HTTP 401 PGRST303"},
	},
}

const needed = "The user is still needed by other data."

// answersToLookups are no answers to login and get_user.
func answersToLookups() []answered {
	return []answered{
		{"other JSON in the list", func(b *apiBench) http.HandlerFunc { return b.withUsers(`"ada@example.com"`) }, notNow, "without an id"},
		{"no list", replies(`{"users":{}}`, `{}`), notNow, "no list of users"},
		{"two users", func(b *apiBench) http.HandlerFunc {
			user := fmt.Sprintf(adaWeb, adaHash)
			if b.rpc() {
				user = fmt.Sprintf(adaRPC, adaHash)
			}
			return b.withUsers(user + "," + user)
		}, several, "2 users or more"},
		{"a number as id", changed(`"user_id":"1"`, `"user_id":9007199254740993`), notNow, "without an id and an address as text"},
		{"no id", changed(`"user_id":"1"`, `"user_id":null`), notNow, "without an id and an address as text"},
		{"no address", changed(`"email":"Ada@example.com"`, `"e_mail":"Ada@example.com"`), notNow, "without an id and an address as text"},
		{"blocked as text", changed(`"blocked":false`, `"blocked":"true"`), notNow, "neither true nor false as blocked"},
		{"nothing about blocked", changed(`"blocked":false`, `"block":false`), notNow, "neither true nor false as blocked"},
		{"null as blocked", changed(`"blocked":false`, `"blocked":null`), notNow, "neither true nor false as blocked"},
		{"a user name that is none", changed(`"username":null`, `"username":{"first":"Ada"}`), notNow, "something else than text or null as username"},
	}
}

// answersToChanges do not say that anything was changed.
func answersToChanges(contract store.Contract) (all []answered) {
	cause := map[store.Contract]string{
		store.WebService: "a result that is none here", store.RPC: "neither [true] nor []",
	}[contract]
	for name, result := range map[string][2]string{
		"another word": {`"ok"`, `"changed"`}, "another case": {`"Changed"`, `"t"`}, "true": {`true`, `{}`}, "null as result": {`null`, `null`},
		"a list": {`["changed"]`, `[true]`}, "false": {`false`, `false`}, "two": {`"changed,changed"`, `true,true`},
	} {
		all = append(all, answered{name, func(b *apiBench) http.HandlerFunc {
			return replies(`{"result":`+result[0]+`}`, `[`+result[1]+`]`)(b)
		}, notNow, cause})
	}
	return append(all,
		answered{"no result", replies(`{}`, `true`), notNow, cause},
		answered{"the other contract's", replies(`[true]`, `{"result":"changed"}`), notNow, cause})
}

// wrongAnswersTo are those that are wrong for a call.
func wrongAnswersTo(call wrongCall, reach store.API, elsewhere string) []answered {
	all := slices.Concat(answersToAnything(elsewhere), answersOfContracts[reach.Contract])
	if !call.looksUp() {
		all = append(all, answersToChanges(reach.Contract)...)
		if !slices.Contains([]scripts.Operation{scripts.Create, scripts.ChangeEmail, scripts.ChangeUsername}, call.op) {
			all = append(all, answered{"a conflict", func(b *apiBench) http.HandlerFunc {
				if b.rpc() {
					return respondJSON(409, `{"code":"23505"}`)
				}
				return respondJSON(200, `{"result":"conflict"}`)
			}, map[store.Contract]string{store.RPC: noFit, store.WebService: notNow}[reach.Contract], ""})
		}
		if call.op == scripts.Create {
			all = append(all, answered{"nobody added", replies(`{"result":"none"}`, `[]`), notNow, "the API added nobody"})
		}
		return all
	}
	other := answered{"another user", changed("Ada@example.com", "eve@example.com"), notNow, "another user"}
	if call.byID() {
		other.answer = changed(`"user_id":"1"`, `"user_id":"2"`)
	}
	all = append(append(all, answersToLookups()...), other)
	if call.op == scripts.Login && reach.PasswordCheck == store.ByScript {
		all = append(all, answered{"a hash that is none", changed(fmt.Sprintf(`"password_hash":%q`, adaHash), `"password_hash":{"bcrypt":true}`), notNow, "something else than text"})
	}
	if call.op == scripts.Login && reach.PasswordCheck == store.ByAPI {
		for name, verdict := range map[string]string{"no verdict": `"password_ok":true`, "a verdict as text": `"password_matches":"false"`} {
			all = append(all, answered{name, changed(`"password_matches":true`, verdict), notNow, "neither true nor false as password_matches"})
		}
	}
	return all
}

// apiCalls are all operations, each of which would succeed.
func apiCalls() []wrongCall {
	return []wrongCall{
		{op: scripts.Login, args: []any{"ada@example.com", "correct horse"}}, {op: scripts.GetUser, args: []any{"ada@example.com"}},
		{op: scripts.GetUser, args: []any{"1"}, context: map[string]any{"identifierType": "user_id"}},
		{op: scripts.Create, args: []any{map[string]any{"email": "new@example.com", "username": "new", "password": "correct horse"}}},
		{op: scripts.Verify, args: []any{"ada@example.com"}}, {op: scripts.ChangePassword, args: []any{"ada@example.com", "correct horse"}},
		{op: scripts.ChangeEmail, args: []any{"ada@example.com", "new@example.com", true}},
		{op: scripts.ChangeUsername, args: []any{"ada", "new"}}, {op: scripts.Delete, args: []any{"1"}},
	}
}

// byClient answers each client in its own way. A client's tokens begin with its id and a dot.
type byClient struct {
	mu    sync.Mutex
	plans map[string]http.HandlerFunc
}

func (c *byClient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer token-"), ".")
	c.mu.Lock()
	answer := c.plans[client]
	c.mu.Unlock()
	answer(w, r)
}

// add answers another client from now on, whose configuration it returns.
func (c *byClient) add(answer http.HandlerFunc) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	client := fmt.Sprintf("client-%d", len(c.plans))
	c.plans[client] = answer
	return map[string]string{"API_CLIENT_ID": client, "API_CLIENT_SECRET": clientSecret}
}

// answersByClient lets calls at once be answered in different ways.
func (b *apiBench) answersByClient() *byClient {
	clients := &byClient{plans: map[string]http.HandlerFunc{}}
	b.answers(clients.ServeHTTP)
	b.issues(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Client string `json:"client_id"`
		}
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &asked)
		respondJSON(200, fmt.Sprintf(`{"access_token":"token-%s.%d","token_type":"Bearer","expires_in":86400}`, asked.Client, b.issued.Load()))(w, r)
	})
	return clients
}

// Whatever an API answers to whichever operation: one callback in time, nobody instead of somebody else, no success of a change that
// the answer does not confirm, a plain message, and a log that says what it was without personal data.
func TestAPIBadAnswers(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(other.Close)
	forEachAPI(t, func(t *testing.T, reach store.API) {
		t.Parallel()
		b := newAPIBench(t, reach)
		clients := b.answersByClient()
		var group sync.WaitGroup
		lanes := make(chan struct{}, 8) // calls that hash wait for their turn, not too long
		for _, call := range apiCalls() {
			call.configuration = clients.add(b.ada())
			if outcome := b.try(call); outcome.Err != nil {
				t.Fatalf("%s: %+v %q", call.op, outcome.Err, outcome.Console)
			}
			for _, test := range pgtest.Some(wrongAnswersTo(call, reach, other.URL)) {
				call := call
				call.configuration = clients.add(test.answer(b))
				if test.says == tooLate { // it only waits
					group.Go(func() { b.answeredBadly(call, test) })
					continue
				}
				lanes <- struct{}{}
				group.Go(func() {
					defer func() { <-lanes }()
					b.answeredBadly(call, test)
				})
			}
		}
		group.Wait()
	})
}

// answeredBadly checks what becomes of an answer that is none.
func (b *apiBench) answeredBadly(call wrongCall, test answered) {
	outcome := b.try(call)
	checkOutcome(b.t, call.op, outcome)
	what, log := fmt.Sprintf("%s to %s", test.name, call.op), strings.Join(outcome.Console, "\n")
	if outcome.Err == nil {
		b.t.Errorf("%s: succeeds with %v, log %q", what, result(outcome), log)
		return
	}
	if outcome.Err.Name != "Error" || outcome.Err.Message != test.says || !strings.Contains(log, test.cause) ||
		!strings.Contains(log, fmt.Sprintf("auth0pg %s: ", call.op)) {
		b.t.Errorf("%s: says %s %q, log %q; want %q because of %q", what, outcome.Err.Name, outcome.Err.Message, log, test.says, test.cause)
	}
	for _, secret := range []string{clientSecret, "token-", "ada@", "new@", "correct", adaHash} {
		if strings.Contains(log+outcome.Err.Message, secret) {
			b.t.Errorf("%s: %q is told in %q", what, secret, log)
		}
	}
}
