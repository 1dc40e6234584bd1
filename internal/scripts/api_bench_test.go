// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// apiBench is an API and a tenant's endpoint for tokens that behave as a test says, and scripts that ask them.
type apiBench struct {
	*bench
	api, tenant *httptest.Server
	// answer and issue are the behaviour of the two; asked and issued count what reached them.
	answer, issue atomic.Pointer[http.HandlerFunc]
	asked, issued atomic.Int64
	// opened counts the connections to the API.
	opened   atomic.Int64
	mu       sync.Mutex
	requests []apiRequest
}

type apiRequest struct {
	path, authorization, schema string
	body                        map[string]any
}

const (
	clientSecret = "client-secret-4711"
	adaWeb       = `{"user_id":"1","email":"Ada@example.com","username":null,"email_verified":false,"blocked":false,"phone_verified":false,` +
		`"user_metadata":{"a":1},"password_hash":%q,"password_matches":true}`
	adaRPC = `{"id":"1","email":"Ada@example.com","username":null,"email_verified":false,"blocked":false,"phone_verified":false,` +
		`"user_metadata":"{\"a\":1}","password":%q,"password_matches":true}`
	// adaHash is that of "correct horse".
	adaHash = "$2b$04$FtTHJdNw.ENInVPeEgpGpusV4cBIfkP5yJ8QpdrKx1.PfGbwcEoH2"
)

func respond(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func respondJSON(status int, body string) http.HandlerFunc {
	return respond(status, "application/json; charset=utf-8", body)
}

// newAPIBench starts both, which then know Ada. Parts are all but those of the times.
func newAPIBench(t testing.TB, reach store.API) *apiBench {
	t.Helper()
	b := &apiBench{}
	b.api = b.serves(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		b.note(r)
		(*b.answer.Load())(w, r)
	}), false)
	b.tenant = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // or the end of the connection is not seen
		r.Body = io.NopCloser(bytes.NewReader(body))
		b.issued.Add(1)
		(*b.issue.Load())(w, r)
	}))
	t.Cleanup(b.tenant.Close)
	if reach.URL == "" {
		reach.URL = b.api.URL
	}
	if reach.Contract == "" {
		reach.Contract = store.WebService
	}
	if reach.Contract == store.RPC {
		reach.Schema = "auth0"
	}
	reach.Auth, reach.Audience, reach.TokenURL = store.ClientCredentials, "urn:users", b.tenant.URL+"/oauth/token"
	reach.ClientIDKey, reach.ClientSecretKey, reach.CAKey = "API_CLIENT_ID", "API_CLIENT_SECRET", "API_CA"
	s := store.Store{Reach: reach, Columns: store.WithoutColumns([]store.Part{
		store.ID, store.Email, store.EmailVerified, store.Password, store.Username, store.Name, store.PhoneVerified, store.Blocked,
		store.UserMetadata, store.AppMetadata,
	})}
	if again, err := store.Parse(s.Marshal()); err != nil {
		t.Fatalf("%v in %s, %+v", err, s.Marshal(), again)
	}
	b.bench = &bench{
		t: t, store: s, options: scripts.Options{Store: s, BcryptRounds: 4}, rendered: map[scripts.Operation]string{},
		rendering: new(sync.Mutex), container: newContainer(t),
		configuration: map[string]string{"API_CLIENT_ID": "client", "API_CLIENT_SECRET": clientSecret},
	}
	b.issues(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":86400}`, b.issued.Load())
	})
	b.answers(b.ada())
	return b
}

// serves starts a server, with TLS or without, whose connections are counted.
func (b *apiBench) serves(t testing.TB, h http.Handler, secure bool) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			b.opened.Add(1)
		}
	}
	start := map[bool]func(){true: server.StartTLS, false: server.Start}[secure]
	start()
	t.Cleanup(server.Close)
	return server
}

func (b *apiBench) answers(h http.HandlerFunc) { b.answer.Store(&h) }
func (b *apiBench) issues(h http.HandlerFunc)  { b.issue.Store(&h) }

func (b *apiBench) note(r *http.Request) {
	request := apiRequest{path: r.URL.Path, authorization: r.Header.Get("Authorization"), schema: r.Header.Get("Content-Profile")}
	content, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(content, &request.body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, request)
}

// last is the last request that reached the API.
func (b *apiBench) last() apiRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests[len(b.requests)-1]
}

func (b *apiBench) rpc() bool {
	a, _ := b.store.API()
	return a.Contract == store.RPC
}

// ada answers every look-up with her, and every change with what it was.
func (b *apiBench) ada() http.HandlerFunc {
	user := fmt.Sprintf(adaWeb, adaHash)
	if b.rpc() {
		user = fmt.Sprintf(adaRPC, adaHash)
	}
	return b.withUsers(user)
}

// withUsers is the answer with these users, or with a change where something else is asked.
func (b *apiBench) withUsers(users string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		lookup := strings.HasSuffix(r.URL.Path, "login") && !strings.Contains(r.URL.Path, "record") || strings.Contains(r.URL.Path, "get_user")
		switch {
		case lookup && b.rpc():
			respondJSON(200, "["+users+"]")(w, r)
		case lookup:
			respondJSON(200, `{"users":[`+users+`]}`)(w, r)
		case b.rpc():
			respondJSON(200, `[true]`)(w, r)
		default:
			respondJSON(200, `{"result":"changed"}`)(w, r)
		}
	}
}

// forEachAPI runs a test over both contracts.
func forEachAPI(t *testing.T, test func(t *testing.T, reach store.API)) {
	for _, contract := range store.Contracts() {
		for _, check := range store.PasswordChecks() {
			t.Run(fmt.Sprintf("%s/%s", contract, check), func(t *testing.T) {
				test(t, store.API{Contract: contract, PasswordCheck: check})
			})
		}
	}
}
