// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

const (
	attemptTimeout  = 30 * time.Second
	maxAttempts     = 4                // of a call that meets network errors or 5xx
	networkBudget   = 45 * time.Second // after which no further attempt is begun
	rateLimitBudget = 3 * time.Minute  // that one call waits for rate limits in all
	maxInFlight     = 6
	maxAnswer       = 64 << 20
	firstBackoff    = 250 * time.Millisecond
	maxBackoff      = 5 * time.Second
)

// answer is what came back for a call, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	sent   bool
}

type answerKey struct{}

// keep makes the transport leave the answer to a call in a.
func keep(ctx context.Context, a *answer) context.Context {
	return context.WithValue(ctx, answerKey{}, a)
}

// gate is what all requests to one tenant share: how many may run, and a pause that the
// tenant asked for.
type gate struct {
	slots chan struct{}

	mu        sync.Mutex
	notBefore time.Time
}

func newGate() *gate { return &gate{slots: make(chan struct{}, maxInFlight)} }

func (g *gate) pauseUntil(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.After(g.notBefore) {
		g.notBefore = t
	}
}

func (g *gate) pause() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.notBefore)
}

// retry sends a request until an answer stands. An exhausted rate limit is waited for with every
// method, since the tenant has not acted on such a request. Server and network errors
// are retried only where a second execution does what the first did.
type retry struct {
	base http.RoundTripper
	gate *gate
	// repeatable marks POST requests as harmless to repeat: asking for a token.
	repeatable bool
	userAgent  string
	// wait is time.Sleep that ends with the context; tests replace it.
	wait func(context.Context, time.Duration) error
}

// RoundTrip implements [http.RoundTripper].
func (r *retry) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	repeatable := r.repeatable || req.Method != http.MethodPost
	begin := time.Now()
	var waited time.Duration // for rate limits
	var failures, limits int
	for {
		a, err := r.attempt(req)
		if kept, _ := ctx.Value(answerKey{}).(*answer); kept != nil {
			sent := kept.sent || a.sent
			*kept = *a
			kept.sent = sent
		}
		var pause time.Duration
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !worthRetry(err):
			return nil, err
		case err != nil && a.sent && !repeatable:
			return nil, err
		case err != nil || retriable(a.status):
			failures++
			if err == nil && !repeatable || failures == maxAttempts || time.Since(begin) > networkBudget {
				return a.response(req), err
			}
			pause = backoff(failures)
		case a.status == http.StatusTooManyRequests:
			limits++
			pause = max(time.Until(resetTime(a.header)), 0) + backoff(limits)
			if waited += pause; waited > rateLimitBudget || beyondDeadline(ctx, pause) {
				return a.response(req), nil
			}
			r.gate.pauseUntil(time.Now().Add(pause))
		default:
			return a.response(req), nil
		}
		tflog.Debug(ctx, "Auth0 request will be repeated", map[string]any{
			"method": req.Method, "path": req.URL.Path, "status": a.status, "pause": pause.String(),
		})
		if err := r.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// attempt sends the request once and reads the whole answer, so that one cut half-way is a
// network error here and not a decoding error later.
func (r *retry) attempt(req *http.Request) (*answer, error) {
	ctx := req.Context()
	select {
	case r.gate.slots <- struct{}{}:
		defer func() { <-r.gate.slots }()
	case <-ctx.Done():
		return &answer{}, ctx.Err()
	}
	if pause := r.gate.pause(); pause > 0 {
		if err := r.wait(ctx, pause); err != nil {
			return &answer{}, err
		}
	}

	var sent atomic.Bool
	limited, cancel := context.WithTimeoutCause(ctx, attemptTimeout, errAttemptTimeout)
	defer cancel()
	traced := httptrace.WithClientTrace(
		limited,
		&httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }},
	)
	once := req.Clone(traced)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return &answer{}, err
		}
		once.Body = body
	}
	once.Header.Set("User-Agent", r.userAgent)

	begin := time.Now()
	a := &answer{}
	resp, err := r.base.RoundTrip(once)
	a.sent = sent.Load()
	if err == nil {
		a.header = resp.Header
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
		_ = resp.Body.Close()
		switch {
		case err != nil:
			err = fmt.Errorf("the answer was cut off after %d bytes: %w", len(a.body), err)
		case len(a.body) > maxAnswer:
			a.body, err = nil, errTooLarge
		default:
			a.status = resp.StatusCode
		}
	}
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = context.Cause(limited)
	}
	fields := map[string]any{
		"method":      req.Method,
		"path":        req.URL.Path,
		"status":      a.status,
		"duration_ms": time.Since(begin).Milliseconds(),
	}
	if a.header.Get("X-RateLimit-Remaining") != "" {
		fields["rate_limit_remaining"] = a.header.Get("X-RateLimit-Remaining")
		fields["rate_limit_reset"] = a.header.Get("X-RateLimit-Reset")
	}
	if err != nil {
		fields["error"] = err.Error()
	}
	tflog.Debug(ctx, "Auth0 request", fields)
	return a, err
}

var (
	errAttemptTimeout = &timeoutError{}
	errTooLarge       = fmt.Errorf("the answer has more than %d MB. Something other than the Management API answered: "+
		"check the domain, and proxies on the way", maxAnswer>>20)
)

// timeoutError is a tenant that accepted the connection and then did not answer.
type timeoutError struct{}

func (*timeoutError) Error() string { return fmt.Sprintf("no answer within %s", attemptTimeout) }

// response turns what was read back into what net/http expects.
func (a *answer) response(req *http.Request) *http.Response {
	if a.status == 0 {
		return nil
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
}

func retriable(status int) bool {
	switch status {
	case http.StatusInternalServerError,
		http.StatusBadGateway,
		http.StatusServiceUnavailable,
		http.StatusGatewayTimeout,
		524:
		return true
	}
	return false
}

// worthRetry is false for errors that another attempt meets again: a name that does not
// exist, a certificate that is not trusted, more than any answer has.
func worthRetry(err error) bool {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return !(errors.As(err, &dns) && dns.IsNotFound || errors.As(err, &certificate) || errors.As(err, &alert) || errors.As(err, &record) ||
		errors.Is(err, errTooLarge))
}

// backoff grows with each failure and is jittered, so that parallel calls do not meet again.
func backoff(failures int) time.Duration {
	d := min(firstBackoff<<(failures-1), maxBackoff)
	return d/2 + rand.N(d)
}

// resetTime is when the tenant says that its limit is over, zero when it does not.
func resetTime(header http.Header) time.Time {
	if at, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		return time.Unix(at, 0)
	}
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds >= 0 {
		return time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return time.Time{}
}

func beyondDeadline(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Now().Add(pause).After(deadline)
}

// sleep waits unless the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errRefused stands for an answer that is no success.
var errRefused = errors.New("the tenant refused the request")

// bearer adds the token to a request. A token that the tenant does not accept any more is
// replaced once: a request answered 401 has not been acted on.
//
// Only successes are handed on. The SDK retries other answers by rules of its own, POST
// included, and sleeps without regard to the context even where its retries are disabled;
// [keep] has the answer. Nor does the SDK see what is in a success: what it would make of it is
// not used, and to decode a page of connections with their scripts twice takes long.
type bearer struct {
	tokens *tokens
	next   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	for fresh := false; ; fresh = true {
		token, err := b.tokens.token(req.Context())
		if err != nil {
			return nil, err
		}
		authorized := req.Clone(req.Context())
		authorized.Header.Set("Authorization", "Bearer "+token)
		resp, err := b.next.RoundTrip(authorized)
		switch {
		case err != nil:
			return nil, err
		case resp.StatusCode >= 200 && resp.StatusCode < 300:
			resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
			return resp, nil
		}
		_ = resp.Body.Close() // of a buffer
		if resp.StatusCode != http.StatusUnauthorized || fresh || !b.tokens.drop(token) {
			return nil, errRefused
		}
	}
}
