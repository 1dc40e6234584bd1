// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

// seen is one request that a test tenant got.
type seen struct {
	Method, Path, Query, Body, Authorization string
}

// tenant is a scripted Management API: each route answers with its steps in turn, the last
// one for ever.
type tenant struct {
	*httptest.Server
	mu       sync.Mutex
	requests []seen
	routes   map[string][]http.HandlerFunc
	tokens   int
}

func newTenant(t *testing.T) *tenant {
	t.Helper()
	tn := &tenant{routes: map[string][]http.HandlerFunc{}}
	tn.Server = httptest.NewServer(http.HandlerFunc(tn.serve))
	t.Cleanup(tn.Close)
	tn.on("POST /oauth/token", func(w http.ResponseWriter, _ *http.Request) {
		tn.mu.Lock()
		tn.tokens++
		n := tn.tokens
		tn.mu.Unlock()
		reply(w, 200, fmt.Sprintf(`{"access_token":"token-%d","token_type":"Bearer","expires_in":86400}`, n))
	})
	return tn
}

func (tn *tenant) on(route string, steps ...http.HandlerFunc) { tn.routes[route] = steps }

func (tn *tenant) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	route := r.Method + " " + r.URL.Path
	tn.mu.Lock()
	tn.requests = append(tn.requests, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Get("Authorization")})
	steps := tn.routes[route]
	if len(steps) > 1 {
		tn.routes[route] = steps[1:]
	}
	tn.mu.Unlock()
	if len(steps) == 0 {
		reply(w, 404, `{"statusCode":404,"error":"Not Found","message":"The connection does not exist","errorCode":"inexistent_connection"}`)
		return
	}
	steps[0](w, r)
}

// calls returns the requests of a route.
func (tn *tenant) calls(route string) []seen {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	var matching []seen
	for _, r := range tn.requests {
		if r.Method+" "+r.Path == route {
			matching = append(matching, r)
		}
	}
	return matching
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
}

// cut ends the connection in the middle of an answer.
func cut(w http.ResponseWriter, _ *http.Request) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":")
	_ = buffer.Flush()
	_ = conn.Close()
}

// endless goes on answering until nobody listens.
func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for blanks := bytes.Repeat([]byte(" "), 1<<20); ; {
		if _, err := w.Write(blanks); err != nil {
			return
		}
	}
}

func limited(reset time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(reset).Unix()))
		reply(w, 429, `{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}`)
	}
}

// client has credentials for the tenant; it notes its waits instead of waiting.
func (tn *tenant) client(t *testing.T) (*Client, *[]time.Duration) {
	t.Helper()
	c := New(Config{Domain: "acme.eu.auth0.com", BaseURL: tn.URL, ClientID: "id", ClientSecret: "s3cret"})
	var mu sync.Mutex
	waits := &[]time.Duration{}
	c.transport.wait = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		*waits = append(*waits, d)
		return ctx.Err()
	}
	// A pause that was not really waited for must not be found pending by the next request.
	c.transport.gate = newGate()
	return c, waits
}

const connectionJSON = `{"id":"con_1","name":"legacy","strategy":"auth0","options":{"customScripts":{"login":"L"}}}`

func TestBodiesAreSentAsTheyAre(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections", answers(200, `{"connections":[]}`))
	tn.on("POST /api/v2/connections", answers(201, connectionJSON))
	tn.on("PATCH /api/v2/connections/con_1", answers(200, connectionJSON))
	c, _ := tn.client(t)
	options := map[string]any{
		"import_mode": false, "configuration": map[string]any{"A": "<&>"}, "future": []any{json.Number("9007199254740993"), nil},
		"mfa": map[string]any{}, "empty": []any{}, "customScripts": map[string]any{"login": "L"},
	}
	if _, err := c.CreateConnection(t.Context(), map[string]any{"name": "legacy", "options": options}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateConnection(t.Context(), "con_1", map[string]any{"options": options}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateConnection(t.Context(), "con_1", map[string]any{"display_name": "x"}); err != nil {
		t.Fatal(err)
	}
	const sent = `{"configuration":{"A":"\u003c\u0026\u003e"},"customScripts":{"login":"L"},"empty":[],"future":[9007199254740993,null],"import_mode":false,"mfa":{}}`
	if got, want := tn.calls("POST /api/v2/connections")[0].Body, `{"name":"legacy","options":`+sent+`,"strategy":"auth0"}`; got != want {
		t.Errorf("create sent %s\nwant %s", got, want)
	}
	patches := tn.calls("PATCH /api/v2/connections/con_1")
	if want := `{"options":` + sent + `}`; patches[0].Body != want {
		t.Errorf("update sent %s\nwant %s", patches[0].Body, want)
	}
	if want := `{"display_name":"x"}`; patches[1].Body != want {
		t.Errorf("update sent %s\nwant %s", patches[1].Body, want)
	}
}

func TestOptionsAreReadLosslessly(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", answers(200, `{"id":"con_1","name":"legacy","strategy":"auth0","authentication":"of a future shape",
		"options":{"big":9007199254740993,"nested":{"unknown":[1.50]},"brute_force_protection":true}}`))
	c, _ := tn.client(t)
	got, err := c.Connection(t.Context(), "con_1")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(got.Options)
	if want := `{"big":9007199254740993,"brute_force_protection":true,"nested":{"unknown":[1.50]}}`; string(text) != want {
		t.Errorf("read %s, want %s", text, want)
	}
}

func TestMissingOptionsAreNotEmptyOptions(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", answers(200, `{"id":"con_1","name":"legacy","strategy":"auth0"}`))
	c, _ := tn.client(t)
	_, err := c.Connection(t.Context(), "con_1")
	var unreadable *OptionsUnreadableError
	if !errors.As(err, &unreadable) || !strings.Contains(err.Error(), "read:connections_options") {
		t.Errorf("got %v, want an error that names the scope", err)
	}
}

func TestErrorsCarryWhatTheTenantSaid(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		check  func(*Error) bool
		text   string
	}{
		"not found": {answers(404, `{"statusCode":404,"error":"Not Found","message":"The connection does not exist","errorCode":"inexistent_connection"}`),
			func(e *Error) bool { return e.NotFound() && e.Code == "inexistent_connection" }, "The connection does not exist"},
		"scope": {answers(403, `{"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:connections,read:more","errorCode":"insufficient_scope"}`),
			func(e *Error) bool { return fmt.Sprint(e.MissingScopes()) == "[read:connections read:more]" }, "insufficient_scope"},
		"scope without a list": {answers(403, `{"message":"no","errorCode":"insufficient_scope"}`),
			func(e *Error) bool {
				return fmt.Sprint(e.MissingScopes()) == "[read:connections read:connections_options]"
			}, "no"},
		"forbidden for another reason": {answers(403, `{"message":"blocked","errorCode":"operation_not_supported"}`),
			func(e *Error) bool { return e.MissingScopes() == nil }, "blocked"},
		"bad request": {answers(400, `{"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'x'","errorCode":"invalid_body"}`),
			func(e *Error) bool { return e.Status == 400 && !e.Uncertain() }, "Payload validation error"},
		"page instead of JSON": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><title>Welcome</title></html>")
		}, func(e *Error) bool { return e.Status == 200 && e.Uncertain() }, "not JSON (text/html)"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		},
			func(e *Error) bool { return e.Status == 302 }, "https://elsewhere.example/"},
		"list instead of an object": {answers(200, `[]`), func(e *Error) bool { return e.Status == 200 }, "heck the domain"},
		"server error": {answers(500, `{"statusCode":500,"error":"Internal Server Error","message":"sorry"}`),
			func(e *Error) bool { return e.Status == 500 && e.Uncertain() }, "sorry"},
		"nothing":           {answers(200, ``), func(e *Error) bool { return e.Status == 200 && e.Uncertain() }, "(empty answer)"},
		"half of the JSON":  {answers(200, connectionJSON[:40]), func(e *Error) bool { return e.Status == 200 && e.Uncertain() }, "40 bytes that are not JSON"},
		"more than is read": {endless, func(e *Error) bool { return e.NoAnswer() && e.Uncertain() }, "more than 64 MB"},
		"cut":               {cut, func(e *Error) bool { return e.NoAnswer() && e.Uncertain() }, "cut off after 6 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on("GET /api/v2/connections/con_1", test.answer)
			c, _ := tn.client(t)
			_, err := c.Connection(t.Context(), "con_1")
			var e *Error
			if !errors.As(err, &e) || !test.check(e) || !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), "read connection con_1") {
				t.Errorf("got %#v: %v", e, err)
			}
		})
	}
}

// Whatever its address is like.
func TestTenantOverIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6 loopback address: %v", err)
	}
	tn := newTenant(t)
	other := httptest.NewUnstartedServer(http.HandlerFunc(tn.serve))
	_ = other.Listener.Close()
	other.Listener = listener
	other.Start()
	defer other.Close()
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	c := New(Config{Domain: "acme.eu.auth0.com", BaseURL: other.URL, ClientID: "id", ClientSecret: "s3cret"})
	if _, err := c.Connection(t.Context(), "con_1"); err != nil {
		t.Error(err)
	}
}

// A tenant that takes longer than any attempt may is given up, and asked again where that does no harm.
func TestEveryAttemptEnds(t *testing.T) {
	for method, want := range map[string]int{http.MethodGet: maxAttempts, http.MethodPost: 1} {
		attempts := 0
		slow := &retry{gate: newGate(), wait: func(context.Context, time.Duration) error { return nil }}
		slow.base = roundTrip(func(req *http.Request) (*http.Response, error) {
			attempts++
			httptrace.ContextClientTrace(req.Context()).GotConn(httptrace.GotConnInfo{})
			if until, ok := req.Context().Deadline(); !ok || time.Until(until) > attemptTimeout {
				t.Errorf("%s: an attempt may take until %v", method, until)
			}
			return nil, context.DeadlineExceeded
		})
		req, err := http.NewRequestWithContext(t.Context(), method, "https://acme.eu.auth0.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := slow.RoundTrip(req)
		if answer != nil {
			_ = answer.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || attempts != want {
			t.Errorf("%s: %v after %d attempts, want %d", method, err, attempts, want)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestUnreachableTenants(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + listener.Addr().String()
	_ = listener.Close()
	for name, config := range map[string]Config{
		"refused":      {BaseURL: refused, APIToken: "t"},
		"unknown host": {Domain: "no-such-tenant.invalid", APIToken: "t"},
	} {
		t.Run(name, func(t *testing.T) {
			c := New(config)
			c.transport.wait = func(context.Context, time.Duration) error { return nil }
			_, err := c.Connection(t.Context(), "con_1")
			var e *Error
			if !errors.As(err, &e) || !e.NoAnswer() || e.Uncertain() {
				t.Errorf("got %v, want an error that says nothing was sent", err)
			}
		})
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections", answers(200, `{"connections":[]}`))
	tn.on("POST /api/v2/connections", limited(7*time.Second), limited(3*time.Second), answers(201, connectionJSON))
	c, waits := tn.client(t)
	if _, err := c.CreateConnection(t.Context(), map[string]any{"name": "legacy", "options": map[string]any{}}); err != nil {
		t.Fatal(err)
	}
	if n := len(tn.calls("POST /api/v2/connections")); n != 3 {
		t.Errorf("created with %d requests, want 3", n)
	}
	// The whole client pauses: the clock stands still, so another call finds the limit still in force.
	before := len(*waits)
	if _, err := c.ConnectionByName(t.Context(), "legacy"); err != nil || len(*waits) == before {
		t.Errorf("another call does not wait for the limit: %v, %v", *waits, err)
	}
	if longest := maxOf(*waits); longest < 5*time.Second || longest > 9*time.Second {
		t.Errorf("waited %v, want until the reset, 7 s away", *waits)
	}
}

func TestRateLimitEndsWithTheBudgetAndTheContext(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", limited(time.Hour))
	c, waits := tn.client(t)
	_, err := c.Connection(t.Context(), "con_1")
	var e *Error
	if !errors.As(err, &e) || !e.RateLimited() || time.Until(e.ResetAt) < 50*time.Minute || len(*waits) != 0 {
		t.Errorf("got %v after waits %v, want the limit reported with its end, at once", err, *waits)
	}

	tn.on("GET /api/v2/connections/con_1", limited(20*time.Second))
	c = New(c.config)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := c.Connection(ctx, "con_1"); err == nil || time.Since(begin) > 5*time.Second {
		t.Errorf("got %v after %s, want an error when the context cannot wait", err, time.Since(begin))
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, err := c.Connection(ctx, "con_1"); !errors.Is(err, context.Canceled) || time.Since(begin) > 5*time.Second {
		t.Errorf("got %v, want the cancellation to end the wait", err)
	}
}

func maxOf(durations []time.Duration) time.Duration {
	var longest time.Duration
	for _, d := range durations {
		longest = max(longest, d)
	}
	return longest
}

func TestIdempotentCallsAreRepeated(t *testing.T) {
	for name, failure := range map[string]http.HandlerFunc{"503": answers(503, `oops`), "cut": cut} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on("GET /api/v2/connections/con_1", failure, failure, answers(200, connectionJSON), answers(404, `{}`))
			tn.on("PATCH /api/v2/connections/con_1", failure, answers(200, connectionJSON))
			tn.on("DELETE /api/v2/connections/con_1", failure, answers(204, ``))
			c, _ := tn.client(t)
			if _, err := c.Connection(t.Context(), "con_1"); err != nil {
				t.Error(err)
			}
			if _, err := c.UpdateConnection(t.Context(), "con_1", map[string]any{"display_name": "x"}); err != nil {
				t.Error(err)
			}
			if err := c.DeleteConnection(t.Context(), "con_1"); err != nil {
				t.Error(err)
			}
			for _, patch := range tn.calls("PATCH /api/v2/connections/con_1") {
				if patch.Body != `{"display_name":"x"}` {
					t.Errorf("repeated with body %q", patch.Body)
				}
			}
		})
	}
}

func TestLostAnswerToCreate(t *testing.T) {
	body := map[string]any{"name": "legacy", "options": map[string]any{"customScripts": map[string]any{"login": "L"}}}
	none, found := answers(200, `{"connections":[]}`), answers(200, `{"connections":[`+connectionJSON+`]}`)
	foreign := answers(200, `{"connections":[{"id":"con_2","name":"legacy","strategy":"auth0","options":{"customScripts":{"login":"other"}}}]}`)
	for name, lost := range map[string]http.HandlerFunc{"cut": cut, "502": answers(502, `<html>`), "page": answers(200, `<html>`)} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on("POST /api/v2/connections", lost)
			tn.on("GET /api/v2/connections", none, none, found)
			c, _ := tn.client(t)
			created, err := c.CreateConnection(t.Context(), body)
			if err != nil || created.ID != "con_1" {
				t.Fatalf("got %v, %v; want the connection that was created", created, err)
			}
			if n := len(tn.calls("POST /api/v2/connections")); n != 1 {
				t.Errorf("POST was sent %d times", n)
			}
			tn.on("GET /api/v2/connections", none)
			if _, err := c.CreateConnection(t.Context(), body); err == nil {
				t.Error("no error although nothing was created")
			}
			tn.on("GET /api/v2/connections", none, foreign)
			var taken *NameTakenError
			if _, err := c.CreateConnection(t.Context(), body); !errors.As(err, &taken) || taken.ID != "con_2" {
				t.Errorf("got %v, want the other connection left alone", err)
			}
		})
	}
}

func TestNamesInUse(t *testing.T) {
	tn := newTenant(t)
	body := map[string]any{"name": "legacy", "options": map[string]any{}}
	tn.on("GET /api/v2/connections", answers(200, `{"connections":[`+connectionJSON+`]}`))
	c, _ := tn.client(t)
	var taken *NameTakenError
	if _, err := c.CreateConnection(t.Context(), body); !errors.As(err, &taken) || taken.ID != "con_1" || len(tn.calls("POST /api/v2/connections")) != 0 {
		t.Errorf("got %v", err)
	}
	// A name that a deleted connection still holds becomes free.
	conflict := answers(409, `{"statusCode":409,"error":"Conflict","message":"A connection with the same name is being deleted, try again later","errorCode":"connection_conflict"}`)
	tn.on("GET /api/v2/connections", answers(200, `{"connections":[]}`))
	tn.on("POST /api/v2/connections", conflict, conflict, answers(201, connectionJSON))
	if _, err := c.CreateConnection(t.Context(), body); err != nil {
		t.Error(err)
	}
}

func TestFindByNameReadsAllPages(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections",
		answers(200, `{"connections":[{"id":"con_0","name":"legacy-2","strategy":"auth0","options":{}}],"next":"abc"}`),
		answers(200, `{"connections":[`+connectionJSON+`]}`))
	c, _ := tn.client(t)
	found, err := c.ConnectionByName(t.Context(), "legacy")
	if err != nil || found == nil || found.ID != "con_1" {
		t.Fatalf("got %v, %v", found, err)
	}
	calls := tn.calls("GET /api/v2/connections")
	if len(calls) != 2 || calls[0].Query != "name=legacy&take=100" || calls[1].Query != "from=abc&name=legacy&take=100" {
		t.Errorf("asked %+v", calls)
	}
}

func TestClientsAreSetInChunks(t *testing.T) {
	tn := newTenant(t)
	tn.on("PATCH /api/v2/connections/con_1/clients", answers(204, ``))
	tn.on("GET /api/v2/connections/con_1/clients", answers(200, `{"clients":[{"client_id":"b"}],"next":"n"}`), answers(200, `{"clients":[{"client_id":"a"}]}`))
	c, _ := tn.client(t)
	var many []string
	for i := range 61 {
		many = append(many, fmt.Sprint("c", i))
	}
	if err := c.SetClients(t.Context(), "con_1", many, []string{"x"}); err != nil {
		t.Fatal(err)
	}
	calls := tn.calls("PATCH /api/v2/connections/con_1/clients")
	if len(calls) != 2 || strings.Count(calls[0].Body, "client_id") != 50 || strings.Count(calls[1].Body, "client_id") != 12 ||
		!strings.Contains(calls[1].Body, `{"client_id":"x","status":false}`) || !strings.HasPrefix(calls[0].Body, `[{"client_id":"c0","status":true}`) {
		t.Errorf("sent %+v", calls)
	}
	got, err := c.EnabledClients(t.Context(), "con_1")
	if err != nil || fmt.Sprint(got) != "[a b]" {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestCountUsers(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/users", answers(200, `{"start":0,"limit":1,"length":1,"total":1234,"users":[{"user_id":"auth0|1"}]}`))
	c, _ := tn.client(t)
	n, err := c.CountUsers(t.Context(), "legacy")
	if err != nil || n != 1234 {
		t.Fatalf("got %d, %v", n, err)
	}
	if query := tn.calls("GET /api/v2/users")[0].Query; !strings.Contains(query, "q=identities.connection%3A%22legacy%22") || !strings.Contains(query, "search_engine=v3") {
		t.Errorf("asked %s", query)
	}
}

func TestDeleteWaitsForTheEnd(t *testing.T) {
	tn := newTenant(t)
	tn.on("DELETE /api/v2/connections/con_1", answers(202, `{"deleted_at":"2026-03-10T05:18:25.111Z"}`))
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON), answers(200, `{"id":"con_1"}`), answers(404, `{}`))
	c, waits := tn.client(t)
	if err := c.DeleteConnection(t.Context(), "con_1"); err != nil {
		t.Fatal(err)
	}
	if n := len(tn.calls("GET /api/v2/connections/con_1")); n != 3 || len(*waits) != 2 {
		t.Errorf("asked %d times with waits %v", n, *waits)
	}
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.DeleteConnection(ctx, "con_1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the wait to end with the context", err)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", limited(0), cut, answers(200, connectionJSON))
	tn.on("PATCH /api/v2/connections/con_1", answers(200, connectionJSON))
	c, _ := tn.client(t)
	var log bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &log)
	if _, err := c.Connection(ctx, "con_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateConnection(ctx, "con_1", map[string]any{"options": map[string]any{"configuration": map[string]any{"K": "hunter2"}}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `"rate_limit_remaining":"0"`) {
		t.Errorf("the remaining rate limit is not logged: %s", log.String())
	}
	for _, secret := range []string{"s3cret", "hunter2", "token-1"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s was logged", secret)
		}
	}
}
