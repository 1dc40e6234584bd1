// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options says how a tenant behaves. The zero value is a usable tenant as of
// August 2026.
type Options struct {
	// Listen is the address to listen on; empty means a free port of the loopback
	// interface.
	Listen string
	// Certificate makes the tenant speak HTTPS.
	Certificate *tls.Certificate
	// URL is the base URL under which clients reach the tenant, without a slash at the end;
	// empty means the address on this machine.
	URL string
	// ModulesDir is the node_modules folder for scripts; empty means the one of
	// InstallModules, used when the first script runs.
	ModulesDir string
	// Node is the program that runs the scripts; empty means the platform's version where
	// there is one, which npm may have to bring, and else the one on PATH.
	Node string
	// Defaults is what the server adds to connections; nil means LatestDefaults.
	Defaults *Defaults
	// Redefault gives authentication_methods, passkey_options and
	// brute_force_protection their defaults again when an update leaves them
	// out; otherwise they keep their values.
	Redefault bool
	// DeleteDelay is how long a deletion goes on: the name stays taken, and
	// deleting again is answered as the first time. Zero means 200 ms, a
	// negative value not at all.
	DeleteDelay time.Duration
	// SynchronousDelete finishes a deletion within the call and answers 204, as
	// tenants of 2022 and 2023 sometimes did.
	SynchronousDelete bool
	// ImportDelay is how long a job that imports users goes on. Zero means 100 ms; with
	// a negative value it is over when its call is answered.
	ImportDelay time.Duration
	// ListDelay is how long a new connection is missing from lists.
	ListDelay time.Duration
	// SearchDelay is how long a new or changed user is missing from searches.
	SearchDelay time.Duration
	// CheckGrantTypes refuses tokens to clients whose grant_types do not name the grant.
	CheckGrantTypes bool
	// RateLimit bounds the calls of the Management API; nil means no limit.
	RateLimit *RateLimit
	// ClientID and ClientSecret of the management client; chance when empty.
	ClientID, ClientSecret string
	// Audience is the identifier of the Management API; empty means its URL.
	Audience string
	// DefaultAudience makes the Management API the audience of token requests
	// that name none.
	DefaultAudience bool
	// Scopes are what the management client is granted; nil means everything
	// that this tenant knows.
	Scopes []string
	// TokenLifetime of a management token; zero means a day.
	TokenLifetime time.Duration
	// ScriptTimeout bounds a script; zero means DefaultScriptTimeout.
	ScriptTimeout time.Duration
	// ContextForChanges passes the script context to change_email and
	// change_username as well, where the documentation shows none.
	ContextForChanges bool
	// NewID names a new thing of a kind (connection, client, credential, user)
	// instead of chance; an empty answer leaves it to chance.
	NewID func(kind string) string
	// Now is the clock; nil means the system's.
	Now func() time.Time
}

// Tenant is a running tenant.
type Tenant struct {
	options  Options
	defaults Defaults
	listener net.Listener
	server   *http.Server
	url      string

	clientID     string
	clientSecret string

	limiter *limiter

	requestsMu sync.Mutex
	requests   []Request
	faultsMu   sync.Mutex
	faults     []*fault

	scriptsMu sync.Mutex
	container *Container

	mu          sync.Mutex
	connections map[string]*connection
	deletions   map[string]deletion // by id
	clients     map[string]*client
	apis        map[string]*object // resource servers by id
	grants      map[string]*object // client grants by id
	users       map[string]*user
	jobs        map[string]*job
	tickets     map[string]*ticket
	mails       []Mail
	logs        []LogEvent
	runs        []ScriptRun
	closed      bool
}

// Request is a call that the tenant has received.
type Request struct {
	Method string
	Path   string // decoded, without the query
	Query  string
	Header http.Header
	Body   []byte
	Status int // 0 when the connection was cut
	Time   time.Time
}

// Start starts a tenant. It runs until Close.
func Start(ctx context.Context, o Options) (*Tenant, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening for the local tenant on %s: %w", o.Listen, err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.DeleteDelay == 0 {
		o.DeleteDelay = 200 * time.Millisecond
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = 24 * time.Hour
	}
	if o.Scopes == nil {
		o.Scopes = AllScopes()
	}
	t := &Tenant{
		options:     o,
		defaults:    LatestDefaults(),
		listener:    listener,
		url:         baseURL(listener, o.Certificate != nil),
		connections: map[string]*connection{},
		deletions:   map[string]deletion{},
		clients:     map[string]*client{},
		apis:        map[string]*object{},
		grants:      map[string]*object{},
		users:       map[string]*user{},
		jobs:        map[string]*job{},
		tickets:     map[string]*ticket{},
	}
	if o.URL != "" {
		t.url = o.URL
	}
	if o.Defaults != nil {
		t.defaults = *o.Defaults
	}
	if o.RateLimit != nil {
		t.limiter = newLimiter(*o.RateLimit)
	}
	t.furnish()

	t.server = &http.Server{Handler: t.handler(), ReadHeaderTimeout: 30 * time.Second}
	if o.Certificate != nil {
		listener = tls.NewListener(
			listener,
			&tls.Config{Certificates: []tls.Certificate{*o.Certificate}, NextProtos: []string{"http/1.1"}},
		)
	}
	go func() { _ = t.server.Serve(listener) }() // until Close
	return t, nil
}

// baseURL is where a listener is reached on this machine. Names of the loopback
// interface are shown as localhost, which certificates and browsers know.
func baseURL(listener net.Listener, secure bool) string {
	scheme := "http"
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	if address := net.ParseIP(host); address != nil && address.IsUnspecified() {
		host = "127.0.0.1"
	}
	if secure {
		scheme, host = "https", "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// furnish makes what every tenant has: the management client with its grant, the
// Management API, and the client that stands for all applications.
func (t *Tenant) furnish() {
	o := t.options
	management := t.newClient(
		newObject("name", "Management", "app_type", "non_interactive", "client_secret", o.ClientSecret),
	)
	if o.ClientID != "" {
		management.id = o.ClientID
		management.shown.set("client_id", o.ClientID)
	}
	t.clientID, t.clientSecret = management.id, management.secret
	t.clients[management.id] = management

	global := t.newClient(newObject("name", "All Applications", "global", true))
	t.clients[global.id] = global

	known := make([]any, len(AllScopes()))
	for i, scope := range AllScopes() {
		known[i] = newObject("value", scope, "description", scope)
	}
	api := t.newResourceServer(newObject(
		"name", "Auth0 Management API", "identifier", t.Audience(), "is_system", true, "scopes", known,
		"token_lifetime", num(strconv.Itoa(int(o.TokenLifetime.Seconds()))),
	))
	t.apis[api.string("id")] = api
	grant := newObject(
		"id",
		"cgr_"+randomID(16),
		"client_id",
		management.id,
		"audience",
		t.Audience(),
		"scope",
		listOf(o.Scopes),
	)
	t.grants[grant.string("id")] = grant
}

// URL is the base URL, without a slash at the end.
func (t *Tenant) URL() string { return t.url }

// ClientID is the id of a client that is granted the Management API.
func (t *Tenant) ClientID() string { return t.clientID }

// ClientSecret is the secret of that client.
func (t *Tenant) ClientSecret() string { return t.clientSecret }

// Audience is the identifier of the Management API.
func (t *Tenant) Audience() string {
	if t.options.Audience != "" {
		return t.options.Audience
	}
	return t.url + "/api/v2/"
}

// Close stops the tenant and its script container.
func (t *Tenant) Close() error {
	err := t.server.Close()
	t.mu.Lock()
	t.closed = true
	for _, j := range t.jobs {
		if j.timer != nil {
			j.timer.Stop()
		}
	}
	t.mu.Unlock()
	t.scriptsMu.Lock()
	defer t.scriptsMu.Unlock()
	if t.container != nil {
		err = errors.Join(err, t.container.Close())
		t.container = nil
	}
	return err
}

// Requests lists the calls received so far.
func (t *Tenant) Requests() []Request {
	t.requestsMu.Lock()
	defer t.requestsMu.Unlock()
	return slices.Clone(t.requests)
}

// ResetRequests forgets the calls received so far.
func (t *Tenant) ResetRequests() {
	t.requestsMu.Lock()
	defer t.requestsMu.Unlock()
	t.requests = nil
}

func (t *Tenant) newID(kind string, random func() string) string {
	if t.options.NewID != nil {
		if id := t.options.NewID(kind); id != "" {
			return id
		}
	}
	return random()
}

// timestamp is a time as the API writes it.
func timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// call is one call of the Management API.
type call struct {
	*http.Request
	scopes []string
	body   []byte
}

func (c *call) may(scope string) bool { return slices.Contains(c.scopes, scope) }

// object reads the body as an object that fits the schema.
func (c *call) object(s *schema) (*object, error) {
	value, err := c.value(s)
	if err != nil {
		return nil, err
	}
	o, ok := value.(*object)
	if !ok {
		return nil, invalidPayload("'Expected type object but found type " + typeOf(value) + "'.")
	}
	return o, nil
}

func (c *call) value(s *schema) (any, error) {
	value, err := decodeJSON(c.body)
	if err != nil {
		return nil, &apiError{status: http.StatusBadRequest, message: "Invalid request payload JSON format"}
	}
	if e := s.check(value, ""); e != nil {
		return nil, e
	}
	return value, nil
}

// management wraps a handler with the limit, the token and the scope.
func (t *Tenant) management(scope string, handle apiHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body, err := t.serve(w, r, scope, handle)
		var e *apiError
		switch {
		case errors.As(err, &e):
			if e.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer error="`+e.attributes+`"`)
			}
			writeJSON(w, e.status, e.body())
		case err != nil:
			writeJSON(
				w,
				http.StatusInternalServerError,
				(&apiError{status: http.StatusInternalServerError, message: err.Error()}).body(),
			)
		case body == nil:
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(status)
		default:
			writeJSON(w, status, body)
		}
	})
}

func (t *Tenant) serve(w http.ResponseWriter, r *http.Request, scope string, handle apiHandler) (int, any, error) {
	if t.limiter != nil && !t.limiter.allow(w.Header(), t.options.Now()) {
		return 0, nil, &apiError{
			status:  http.StatusTooManyRequests,
			message: "Global limit has been reached",
			code:    "too_many_requests",
		}
	}
	scopes, err := t.authenticate(r)
	if err != nil {
		return 0, nil, err
	}
	c := &call{Request: r, scopes: scopes}
	if scope != "" && !c.may(scope) {
		return 0, nil, insufficientScope(scope)
	}
	if c.body, err = io.ReadAll(r.Body); err != nil {
		return 0, nil, err
	}
	return handle(c)
}

// record keeps every call for Requests.
func (t *Tenant) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		t.requestsMu.Lock()
		index := len(t.requests)
		t.requests = append(t.requests, Request{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body, Time: t.options.Now(),
		})
		t.requestsMu.Unlock()
		seen := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		t.requestsMu.Lock()
		if index < len(t.requests) {
			t.requests[index].Status = seen.status
		}
		t.requestsMu.Unlock()
	})
}

// statusWriter notes the status that is sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap gives http.ResponseController the writer underneath.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// splitList splits a comma-separated query value.
func splitList(value string) []string {
	var out []string
	for _, part := range strings.Split(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
