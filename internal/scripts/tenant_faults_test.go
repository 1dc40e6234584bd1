// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// wrongFront stands in front of a tenant and answers in its place: for each client one request of a kind, from then on.
type wrongFront struct {
	tenant http.Handler
	mu     sync.Mutex
	plans  map[string]wrongPlan // by client
	asked  map[string][]string  // the kinds of requests, by client
}

type wrongPlan struct {
	kind   string
	answer wrongAnswer
}

// wrongAnswer answers in the tenant's place. What would have been right is the tenant's answer to a look-up, and the user as
// a change would be answered; nothing is changed.
type wrongAnswer func(w http.ResponseWriter, r *http.Request, right []byte)

func (f *wrongFront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	client, kind := askedBy(r, body)
	f.mu.Lock()
	plan, planned := f.plans[client]
	f.asked[client] = append(f.asked[client], kind)
	f.mu.Unlock()
	if !planned || plan.kind != kind {
		f.tenant.ServeHTTP(w, r)
		return
	}
	right := []byte(adaThere)
	if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "token") {
		recorder := httptest.NewRecorder()
		f.tenant.ServeHTTP(recorder, r)
		right = recorder.Body.Bytes()
	}
	plan.answer(w, r, right)
}

// adaThere is Ada as the tenant answers a change of her.
const adaThere = `{"user_id":"auth0|ada","email":"ada@example.com","email_verified":true,"username":"ada",` +
	`"identities":[{"connection":"members","provider":"auth0","user_id":"ada","isSocial":false}]}`

// askedBy is the client of a request, "" for the tenant's administrator, and what kind of a request it is.
func askedBy(r *http.Request, body []byte) (client, kind string) {
	var given struct {
		ClientID  string `json:"client_id"`
		GrantType string `json:"grant_type"`
		Subject   string `json:"sub"`
	}
	if strings.HasSuffix(r.URL.Path, "/oauth/token") {
		_ = json.Unmarshal(body, &given)
		if given.GrantType == scripts.PasswordRealmGrant {
			return given.ClientID, "login"
		}
		return given.ClientID, "token"
	}
	if parts := strings.Split(r.Header.Get("Authorization"), "."); len(parts) == 3 {
		claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(claims, &given)
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v2/"), "|")
	return strings.TrimSuffix(given.Subject, "@clients"), r.Method + " " + path
}

// newWrongFront is a bench whose scripts and whose administrator reach the tenant through the front.
func newWrongFront(t *testing.T) (*tenantBench, *wrongFront) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	front := &wrongFront{
		tenant: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address}),
		plans:  map[string]wrongPlan{}, asked: map[string][]string{},
	}
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	return newTenantBench(t, localtenant.Options{Listen: address, URL: server.URL}, nil), front
}

// wrongAnswers are what a tenant, or something in front of it, may say instead of what is right.
func wrongAnswers(elsewhere string) map[string]wrongAnswer {
	says := func(status int, kind, body string) wrongAnswer {
		return func(w http.ResponseWriter, r *http.Request, _ []byte) { respond(status, kind, body)(w, r) }
	}
	const isJSON, secret = "application/json; charset=utf-8", `"message":"ada@example.com eyJhbGciOi correct horse"`
	answers := map[string]wrongAnswer{
		"HTML":                   says(200, "text/html", "<html>ada@example.com</html>"),
		"HTML called JSON":       says(200, isJSON, "<html>ada@example.com</html>"),
		"nothing":                says(200, isJSON, ""),
		"no content":             says(204, "", ""),
		"null":                   says(200, isJSON, "null"),
		"a number":               says(200, isJSON, "7"),
		"an empty object":        says(200, isJSON, "{}"),
		"an error inside":        says(200, isJSON, `{"error":"access_denied",`+secret+`}`),
		"a 201 with an error":    says(201, isJSON, `{"error":"x",`+secret+`}`),
		"500":                    says(500, isJSON, `{"statusCode":500,"error":"Internal Server Error",`+secret+`}`),
		"502 of a proxy":         says(502, "text/html", "<html>ada@example.com</html>"),
		"400 of a proxy":         says(400, "text/html", "<html>ada@example.com</html>"),
		"404 of a proxy":         says(404, "text/html", "<html>ada@example.com</html>"),
		"409 of a proxy":         says(409, "text/html", "<html>ada@example.com</html>"),
		"401":                    says(401, isJSON, `{"statusCode":401,"error":"Unauthorized",`+secret+`}`),
		"403":                    says(403, isJSON, `{"statusCode":403,"errorCode":"insufficient_scope",`+secret+`}`),
		"429 without a reset":    says(429, isJSON, `{"statusCode":429,"errorCode":"too_many_requests",`+secret+`}`),
		"a connection that ends": func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) },
		"a redirect": func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		},
		"half of the JSON": func(w http.ResponseWriter, r *http.Request, right []byte) {
			respond(200, isJSON, string(right[:len(right)/2]))(w, r)
		},
		"half of the body": func(w http.ResponseWriter, _ *http.Request, right []byte) {
			w.Header().Set("Content-Type", isJSON)
			w.Header().Set("Content-Length", fmt.Sprint(len(right)))
			_, _ = w.Write(right[:len(right)/2])
			panic(http.ErrAbortHandler)
		},
		"50 MB": func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("Content-Type", isJSON)
			for range 50 {
				if _, err := w.Write([]byte(strings.Repeat(" ", 1<<20))); err != nil {
					return
				}
			}
		},
		"a slow body": func(w http.ResponseWriter, r *http.Request, right []byte) {
			w.Header().Set("Content-Type", isJSON)
			for at := 0; r.Context().Err() == nil; at++ {
				_, _ = w.Write(right[at%len(right) : at%len(right)+1])
				w.(http.Flusher).Flush()
				time.Sleep(100 * time.Millisecond)
			}
		},
		"JSON called text": func(w http.ResponseWriter, r *http.Request, right []byte) {
			respond(200, "text/plain", string(right))(w, r)
		},
	}
	maps.Copy(answers, otherUsers(isJSON))
	return answers
}

// otherUsers are right answers about the wrong users.
func otherUsers(kind string) map[string]wrongAnswer {
	replaced := func(pairs ...string) wrongAnswer {
		return func(w http.ResponseWriter, r *http.Request, right []byte) {
			respond(200, kind, strings.NewReplacer(pairs...).Replace(string(right)))(w, r)
		}
	}
	return map[string]wrongAnswer{
		"another user":           replaced("ada@example.com", "eve@example.com", `"auth0|ada"`, `"auth0|eve"`, `"user_id":"ada"`, `"user_id":"eve"`, `"username":"ada"`, `"username":"eve"`),
		"a user of another kind": replaced(`"auth0|ada"`, `"google-oauth2|ada"`),
		"of another connection":  replaced(`"connection":"members"`, `"connection":"staff"`),
		othersToken: func(w http.ResponseWriter, r *http.Request, right []byte) {
			given := map[string]any{}
			_ = json.Unmarshal(right, &given)
			parts := strings.Split(fmt.Sprint(given["id_token"]), ".")
			claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
			claims = []byte(strings.NewReplacer("ada@", "eve@", "auth0|ada", "auth0|eve", `"ada"`, `"eve"`).Replace(string(claims)))
			parts[1] = base64.RawURLEncoding.EncodeToString(claims)
			given["id_token"] = strings.Join(parts, ".")
			text, _ := json.Marshal(given)
			respond(200, kind, string(text))(w, r)
		},
		"two users": func(w http.ResponseWriter, r *http.Request, right []byte) {
			user := strings.Trim(string(right), "[]\n")
			other := strings.NewReplacer(`"auth0|ada"`, `"auth0|eve"`, `"user_id":"ada"`, `"user_id":"eve"`).Replace(user)
			respond(200, kind, "["+user+","+other+"]")(w, r)
		},
	}
}

// othersToken can only be an answer to a login.
const othersToken = "another user's token"

// sparedBy are wrong answers that are right ones to requests of a kind: an ID token names no connection.
var sparedBy = map[string][]string{
	"of another connection":  {"login", "token", "POST users", "PATCH users/auth0", "DELETE users/auth0"},
	"a user of another kind": {"login", "token", "POST users", "DELETE users/auth0"},
	"another user":           {"login", "token", "DELETE users/auth0"},
	"two users":              {"token"},
	"JSON called text":       {"login", "token"},
	"no content":             {"DELETE users/auth0"},
}

// Whatever the other tenant answers to whichever request: one callback in time, nobody instead of somebody else, no success of a change
// that has not happened, a plain message, and nothing secret in the log.
func TestTenantAnswersWrongly(t *testing.T) {
	t.Parallel()
	b, front := newWrongFront(t)
	redirected := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(redirected.Close)
	b.user(map[string]any{"user_id": "ada", "email": "ada@example.com", "username": "ada"})
	b.user(map[string]any{"user_id": "eve", "email": "eve@example.com", "username": "eve"})
	calls := b.wrongCalls(front)
	before := b.users.all()
	answers := wrongAnswers(redirected.URL)
	if len(calls) < 20 {
		t.Fatalf("only %d requests: %v", len(calls), calls)
	}
	var group sync.WaitGroup
	lanes := make(chan struct{}, 24)
	for _, call := range calls {
		for name, answer := range pgtest.SomeOf(answers) {
			if slices.Contains(sparedBy[name], call.kind) || name == othersToken && call.kind != "login" {
				continue
			}
			call := call
			call.configuration = b.asClient()
			front.plan(call.configuration["TENANT_CLIENT_ID"], wrongPlan{call.kind, answer})
			lanes <- struct{}{}
			group.Go(func() {
				defer func() { <-lanes }()
				b.answeredWrongly(call, name)
			})
		}
	}
	group.Wait()
	if after := b.users.all(); after != before {
		t.Errorf("there is %s, was %s", after, before)
	}
}

func (f *wrongFront) plan(client string, plan wrongPlan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans[client] = plan
}

// wrongCall is an operation and one of the requests that it makes.
type wrongCall struct {
	op            scripts.Operation
	args          []any
	context       any
	kind          string
	configuration map[string]string
}

// wrongCalls finds out which requests each operation makes.
func (b *tenantBench) wrongCalls(front *wrongFront) []wrongCall {
	b.t.Helper()
	var calls []wrongCall
	for _, call := range []wrongCall{
		{op: scripts.Login, args: []any{"ada@example.com", "correct horse"}}, {op: scripts.Login, args: []any{"ada", "correct horse"}},
		{op: scripts.GetUser, args: []any{"ada@example.com"}}, {op: scripts.GetUser, args: []any{"ada"}},
		{op: scripts.GetUser, args: []any{"ada"}, context: map[string]any{"identifierType": "user_id"}},
		{op: scripts.Create, args: []any{map[string]any{"email": "new@example.com", "password": "correct horse"}}},
		{op: scripts.Verify, args: []any{"ada@example.com"}}, {op: scripts.ChangePassword, args: []any{"ada@example.com", "correct horse"}},
		{op: scripts.ChangeEmail, args: []any{"ada@example.com", "ada@example.com", true}},
		{op: scripts.ChangeUsername, args: []any{"ada", "ada"}}, {op: scripts.Delete, args: []any{"ada"}},
	} {
		call.configuration = b.asClient()
		client := call.configuration["TENANT_CLIENT_ID"]
		if call.op == scripts.Create || call.op == scripts.Delete { // these leave nothing as it was
			kinds := map[scripts.Operation][]string{scripts.Create: {"token", "POST users"}, scripts.Delete: {"token", "GET users/auth0", "DELETE users/auth0"}}
			front.asked[client] = kinds[call.op]
		} else if outcome := b.try(call); outcome.Err != nil {
			b.t.Fatalf("%s: %+v %q", call.op, outcome.Err, outcome.Console)
		}
		for _, kind := range front.asked[client] {
			call.kind = kind
			calls = append(calls, call)
		}
	}
	return calls
}

// asClient is the configuration of a client that has asked for nothing yet.
func (b *tenantBench) asClient() map[string]string {
	b.t.Helper()
	needs := scripts.TenantNeedsTogether(b.store)
	b.client(needs.GrantTypes, needs.Scopes)
	return maps.Clone(b.configuration)
}

// try runs a call as its own client.
func (b *bench) try(call wrongCall) localtenant.Outcome {
	b.t.Helper()
	outcome, err := b.container.Run(context.Background(), localtenant.Invocation{
		Script: b.script(call.op), Args: call.args, Configuration: call.configuration, Context: call.context,
	})
	if err != nil {
		b.t.Errorf("%s: %v", call.op, err)
	}
	return outcome
}

// answeredWrongly checks what becomes of a wrong answer.
func (b *tenantBench) answeredWrongly(call wrongCall, name string) {
	outcome := b.try(call)
	what := fmt.Sprintf("%s of %v, %s to %s", call.op, call.args[0], name, call.kind)
	checkOutcome(b.t, call.op, outcome)
	log := strings.Join(outcome.Console, "\n")
	found, _ := result(outcome).(map[string]any)
	switch {
	case found != nil:
		b.t.Errorf("%s: finds %v", what, found)
		return
	case outcome.Err == nil && name == "of another connection": // is nobody, and nobody is there to delete
		if got := result(outcome); got != nil && got != false {
			b.t.Errorf("%s: gives %v", what, got)
		}
		return
	case outcome.Err == nil:
		b.t.Errorf("%s: succeeds with %v, log %q", what, result(outcome), log)
		return
	}
	plain := slices.ContainsFunc([]string{notNow, tooLate, several, noFit, "This account is linked"}, func(words string) bool {
		return strings.HasPrefix(outcome.Err.Message, words)
	})
	if !plain || !strings.Contains(log, fmt.Sprintf("auth0pg %s: ", call.op)) {
		b.t.Errorf("%s: says %s %q, log %q", what, outcome.Err.Name, outcome.Err.Message, log)
	}
	for _, secret := range []string{call.configuration[tenantSecret], "eyJ", "ada@", "eve@", "correct", "auth0|"} {
		if strings.Contains(log+outcome.Err.Message, secret) {
			b.t.Errorf("%s: %q is told in %q", what, secret, log)
		}
	}
}
