// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// API serves the users. It is an [http.Handler].
type API struct {
	config  Config
	users   *users
	callers *callers
	slots   chan struct{}
	// draining means that the process is about to end.
	draining atomic.Bool

	readiness sync.Mutex
	asked     time.Time
	unready   error // what came of it
}

// Drain makes [API.Ready] say no, so that no new requests are sent here; those that are, are served.
func (a *API) Drain() { a.draining.Store(true) }

// New makes an API and contacts nothing yet: [API.Ready] says whether it can serve.
func New(c Config) (*API, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	u := &users{config: c}
	if c.PasswordCheck == CheckInAPI {
		if u.passwords, err = check.New(c.Passwords); err != nil {
			return nil, err
		}
	}
	if u.database, err = openDatabase(c); err != nil {
		return nil, err
	}
	return &API{config: c, users: u, callers: newCallers(c), slots: make(chan struct{}, c.MaxInFlight)}, nil
}

// Close ends the connections to the database, once what runs has ended.
func (a *API) Close() { a.users.database.pool.Close() }

// Ready says why no request can be served; nil where they can. What was found out a second ago is not asked again, since
// everybody may ask.
func (a *API) Ready(ctx context.Context) error {
	if a.draining.Load() {
		return errors.New("the process is about to end")
	}
	a.readiness.Lock()
	defer a.readiness.Unlock()
	if time.Since(a.asked) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTime)
		defer cancel()
		a.unready, a.asked = a.findOut(ctx), time.Now()
	}
	return a.unready
}

func (a *API) findOut(ctx context.Context) error {
	if _, err := a.users.database.catalog(ctx, false); err != nil {
		return fmt.Errorf("the access functions: %s", describe(err))
	}
	if err := a.users.database.pool.Ping(ctx); err != nil {
		return fmt.Errorf("the database: %s", describe(err))
	}
	return a.callers.ready(ctx)
}

// Operations lists what the role may call at the moment.
func (a *API) Operations(ctx context.Context) []scripts.Operation {
	return a.users.database.operations(ctx)
}

// request is what is known of one while it is served.
type request struct {
	id, path, contract, caller string
	problem                    *problem
}

// ServeHTTP answers one request of either contract.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	req := &request{id: rand.Text()[:16]}
	w.Header().Set("X-Request-Id", req.id)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	status := a.respond(w, r, req)
	if req.contract == "" && req.problem == nil {
		return // health
	}
	attributes := []any{
		"request", req.id, "method", r.Method, "path", req.path, "status", status, "caller", req.caller,
		"ms", time.Since(started).Milliseconds(),
	}
	if p := req.problem; p != nil {
		attributes = append(attributes, "error", p.code, "message", p.message, "cause", p.cause)
	}
	a.config.Log.InfoContext(r.Context(), "request", attributes...)
}

// respond writes the answer and returns its status.
func (a *API) respond(w http.ResponseWriter, r *http.Request, req *request) int {
	switch r.URL.Path {
	case "/healthz":
		return a.health(w, r, nil)
	case "/readyz":
		return a.health(w, r, a.Ready(r.Context()))
	}
	body, err := a.guarded(w, r, req)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(body); err == nil && len(text) > maxAnswer {
			err = unfit("the answer would be larger than 256 kB")
		}
		if err == nil {
			return write(w, http.StatusOK, text)
		}
	}
	p := toProblem(err)
	req.problem = p
	return a.fail(w, req, p)
}

func write(w http.ResponseWriter, status int, text []byte) int {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that has gone is no concern
	return status
}

func (a *API) health(w http.ResponseWriter, r *http.Request, problem error) int {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return write(w, http.StatusMethodNotAllowed, []byte(`{"error":"bad_request","message":"only GET is served"}`))
	}
	if problem == nil {
		return write(w, http.StatusOK, []byte(`{"status":"ok"}`))
	}
	// Who asks has not said who it is: the reason is in the log alone.
	a.config.Log.WarnContext(r.Context(), "not ready", "cause", problem.Error())
	return write(w, http.StatusServiceUnavailable, []byte(`{"error":"unavailable","message":"not ready; the log has the reason"}`))
}

// fail writes an error in the contract's form.
func (a *API) fail(w http.ResponseWriter, req *request, p *problem) int {
	status, body := p.status, any(map[string]string{"error": p.code, "message": p.message})
	if req.contract == "rpc" {
		status, body = postgrestError(p)
	}
	switch status {
	case http.StatusUnauthorized:
		for _, scheme := range a.callers.schemes() {
			w.Header().Add("WWW-Authenticate", scheme)
		}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return write(w, http.StatusInternalServerError, []byte(`{"error":"internal","message":""}`))
	}
	return write(w, status, text)
}

// guarded keeps one request from taking the process with it, or all of its time.
func (a *API) guarded(w http.ResponseWriter, r *http.Request, req *request) (body any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			a.config.Log.ErrorContext(r.Context(), "panic", "request", req.id, "stack", string(debug.Stack()))
			body, err = nil, &problem{status: http.StatusInternalServerError, code: "internal", message: "an error of the API", pgrst: "XX000"}
		}
	}()
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	return a.serve(ctx, w, r, req)
}

// serve finds the operation, lets in who may call it, and runs it.
func (a *API) serve(ctx context.Context, w http.ResponseWriter, r *http.Request, req *request) (any, error) {
	scope, run := a.route(r, req)
	if err := a.callers.checkAddress(r); err != nil {
		return nil, err
	}
	if run == nil {
		return nil, notOffered("the path")
	}
	if r.Method != http.MethodPost {
		p := badRequest("only POST is served")
		p.status, p.pgrst = http.StatusMethodNotAllowed, "PGRST117"
		return nil, p
	}
	var err error
	if req.caller, err = a.callers.admit(ctx, r, scope); err != nil {
		return nil, err
	}
	select { // who may not call takes nobody's place
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	default:
		return nil, unavailable(errors.New("too many requests at once"))
	}
	if profile := r.Header.Get("Content-Profile"); req.contract == "rpc" && profile != "" && profile != a.config.Schema {
		return nil, &problem{
			status: http.StatusNotAcceptable, code: "bad_request", message: "the schema is not served", pgrst: "PGRST106",
		}
	}
	o, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	return run(ctx, a.users, o)
}

// route finds what a path means. Only paths that are known are told in the log.
func (a *API) route(r *http.Request, req *request) (scripts.Operation, func(context.Context, *users, object) (any, error)) {
	req.path, req.contract = "(unknown)", "web_service"
	if name, ok := strings.CutPrefix(r.URL.Path, "/v1/"); ok {
		op, ok := webService[name]
		if ok {
			req.path = r.URL.Path
		}
		return op.scope, op.run
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/rpc/")
	if !ok {
		return "", nil
	}
	req.contract = "rpc"
	f, ok := known[name]
	if !ok || name == "login_rehash" && a.users.passwords != nil {
		return "", nil
	}
	req.path = r.URL.Path
	return f.operation, func(ctx context.Context, u *users, o object) (any, error) { return rpc(ctx, u, name, o) }
}
