// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// logins runs as many logins at once as there are lanes, and fails for one that does not end as Ada's.
func (b *apiBench) logins(count, lanes int) {
	b.t.Helper()
	script := b.script(scripts.Login)
	left := atomic.Int64{}
	left.Store(int64(count))
	var wait sync.WaitGroup
	for range lanes {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				outcome, err := b.container.Run(context.Background(), localtenant.Invocation{
					Script: script, Args: []any{"ada@example.com", "correct horse"}, Configuration: b.configuration,
				})
				if err != nil || outcome.Err != nil || outcome.Calls != 1 {
					b.t.Errorf("a login ends with %v, %+v, console %q", err, outcome.Err, outcome.Console)
					return
				}
			}
		})
	}
	wait.Wait()
}

// Each token counts against the tenant's quota: a container asks for one, whatever comes, and another setting for another.
func TestOneTokenForAContainer(t *testing.T) {
	t.Parallel()
	b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
	b.logins(10_000, 250)
	if issued, asked := b.issued.Load(), b.asked.Load(); issued != 1 || asked != 10_000 {
		t.Errorf("%d tokens for %d requests", issued, asked)
	}
	for _, op := range []scripts.Operation{scripts.GetUser, scripts.Verify, scripts.Delete} {
		b.run(op, "ada@example.com")
	}
	if issued := b.issued.Load(); issued != 1 {
		t.Errorf("%d tokens for all scripts", issued)
	}
	b.configuration = map[string]string{"API_CLIENT_ID": "client", "API_CLIENT_SECRET": "another secret"}
	b.logins(20, 10)
	b.container = newContainer(t)
	b.logins(20, 10)
	if issued := b.issued.Load(); issued != 3 {
		t.Errorf("%d tokens, want one for each secret and each container", issued)
	}
}

// A token is renewed before it ends, while the former one still serves: nobody is refused, and nobody waits for it.
func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
	const lifetime = 3 * time.Second
	var ends sync.Map
	b.issues(func(w http.ResponseWriter, _ *http.Request) {
		token := fmt.Sprintf("token-%d", b.issued.Load())
		ends.Store("Bearer "+token, time.Now().Add(lifetime))
		respondJSON(200, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, token, int(lifetime.Seconds())))(w, nil)
	})
	answer := b.ada()
	b.answers(func(w http.ResponseWriter, r *http.Request) {
		until, known := ends.Load(r.Header.Get("Authorization"))
		if !known || time.Now().After(until.(time.Time)) {
			t.Errorf("a request came with a token that has ended: %t", known)
		}
		answer(w, r)
	})
	for began := time.Now(); time.Since(began) < 3*lifetime; {
		b.logins(20, 10)
	}
	if issued := b.issued.Load(); issued < 3 || issued > 5 {
		t.Errorf("%d tokens in three lifetimes", issued)
	}
}

// A token that the API refuses is given up for another at once, by one request for all who had it; where it goes on refusing, the
// tenant is not asked at each login.
func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	forEachAPI(t, func(t *testing.T, reach store.API) {
		b := newAPIBench(t, reach)
		answer := b.ada()
		refused := atomic.Pointer[string]{}
		first := "Bearer token-1"
		refused.Store(&first)
		b.answers(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == *refused.Load() {
				respondJSON(401, `{"error":"unauthorized","code":"PGRST303"}`)(w, r)
				return
			}
			answer(w, r)
		})
		b.logins(50, 50)
		b.gives(true, scripts.Verify, "ada@example.com")
		if issued := b.issued.Load(); issued != 2 {
			t.Errorf("%d tokens after one was refused", issued)
		}
		b.answers(respondJSON(401, `{}`))
		for range 10 {
			b.fails("Error", "", scripts.Login, "ada@example.com", "correct horse")
		}
		if issued := b.issued.Load(); issued != 2 {
			t.Errorf("%d tokens for an API that refuses all", issued)
		}
	})
}

// A tenant that gives no token is not asked by every login, the former token serves to its end, and the log says what the
// tenant did.
func TestTenantsWithoutATokenForUs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		issue       http.HandlerFunc
		says, cause string
		most        int64
	}{
		"down": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, notNow, "token: ", 8},
		"429":  {respondJSON(429, `{"error":"too_many_requests"}`), notNow, "token: HTTP 429 too_many_requests", 2},
		"429 for long": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			respondJSON(429, `{"error":"too_many_requests"}`)(w, r)
		}, notNow, "token: HTTP 429 too_many_requests", 1},
		"no audience": {respondJSON(403, `{"error":"access_denied","error_description":"Service not found: urn:users"}`), notNow, "token: HTTP 403 access_denied", 2},
		"HTML":        {respond(200, "text/html", "<html>"), notNow, "token: an answer without a token", 2},
		"no token":    {respondJSON(200, `{"token_type":"Bearer"}`), notNow, "token: an answer without a token", 2},
		"no lifetime": {respondJSON(200, `{"access_token":"abc","token_type":"Bearer"}`), notNow, "token: an answer without a token", 2},
		"two lines":   {respondJSON(200, `{"access_token":"abc\r\nx: y","token_type":"Bearer","expires_in":60}`), notNow, "token: an answer without a token", 2},
		"slow":        {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, tooLate, "token: late", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
			b.issues(test.issue)
			for range 3 {
				outcome := b.fails("Error", "", scripts.Login, "ada@example.com", "correct horse")
				log := strings.Join(outcome.Console, "\n")
				if outcome.Err.Message != test.says || !strings.Contains(log, test.cause) || strings.Contains(log, clientSecret) {
					t.Errorf("says %q, log %q", outcome.Err.Message, log)
				}
			}
			if issued := b.issued.Load(); issued > test.most || b.asked.Load() > 0 {
				t.Errorf("three logins ask for %d tokens, and the API %d times", issued, b.asked.Load())
			}
		})
	}
	t.Run("for a while", func(t *testing.T) {
		t.Parallel()
		b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
		once := atomic.Bool{}
		b.issues(func(w http.ResponseWriter, r *http.Request) {
			if once.CompareAndSwap(false, true) {
				w.Header().Set("Retry-After", "1")
				respondJSON(429, `{}`)(w, r)
				return
			}
			respondJSON(200, `{"access_token":"abc","token_type":"Bearer","expires_in":60}`)(w, r)
		})
		b.logins(10, 10)
		if issued := b.issued.Load(); issued != 2 {
			t.Errorf("%d requests for a token", issued)
		}
	})
}

// What the scripts need and the configuration does not have is named in the log.
func TestAPIWithoutCredentials(t *testing.T) {
	t.Parallel()
	b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
	b.configuration = map[string]string{"API_CLIENT_ID": "client"}
	outcome := b.fails("Error", "", scripts.Login, "ada@example.com", "correct horse")
	if outcome.Err.Message != notNow || !strings.Contains(fmt.Sprint(outcome.Console), "configuration.API_CLIENT_SECRET is not set") {
		t.Errorf("%+v %q", outcome.Err, outcome.Console)
	}
}

// failing answers in order, the last one from then on, and counts.
func failing(count *atomic.Int64, answers ...http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := int(count.Add(1))
		answers[min(n, len(answers))-1](w, r)
	}
}

// A change may have happened unless it was never sent, or the API says that it did nothing: only then it is sent again. What is
// only read is.
func TestAPIRetries(t *testing.T) {
	t.Parallel()
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	after := func(status int, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", value)
			respondJSON(status, `{"error":"unavailable"}`)(w, r)
		}
	}
	for name, test := range map[string]struct {
		first          http.HandlerFunc
		reads, changes int64 // how often they are sent, 0 where they fail
		most           int64
	}{
		"cut off":         {cut, 2, 0, 1},
		"502":             {respondJSON(502, `{}`), 2, 0, 1},
		"503":             {respondJSON(503, `{"error":"unavailable"}`), 2, 0, 1},
		"503 with a time": {after(503, "0"), 2, 2, 2},
		"429 with a time": {after(429, "1"), 2, 2, 2},
		"503 with a date": {after(503, time.Now().UTC().Format(http.TimeFormat)), 2, 2, 2},
		"503 for long":    {after(503, "30"), 0, 0, 1},
		"500":             {respondJSON(500, `{}`), 0, 0, 1},
		"422":             {respondJSON(422, `{"error":"unfit"}`), 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, call := range []struct {
				op   scripts.Operation
				sent int64
			}{{scripts.GetUser, test.reads}, {scripts.Verify, test.changes}} {
				b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
				var count atomic.Int64
				b.answers(failing(&count, test.first, b.ada()))
				outcome := b.run(call.op, "ada@example.com")
				if (outcome.Err == nil) != (call.sent > 0) || call.sent > 0 && count.Load() != call.sent || call.sent == 0 && count.Load() > test.most {
					t.Errorf("%s was sent %d times: %+v %q", call.op, count.Load(), outcome.Err, outcome.Console)
				}
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
		b.api.Close()
		outcome := b.fails("Error", "", scripts.Verify, "ada@example.com")
		if !strings.Contains(fmt.Sprint(outcome.Console), "ECONNREFUSED") || outcome.Duration < 200*time.Millisecond {
			t.Errorf("%s %q", outcome.Duration, outcome.Console)
		}
	})
}

// An authority of one's own is what the API is verified against, and its name counts.
func TestAPICertificates(t *testing.T) {
	t.Parallel()
	b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
	secure := httptest.NewTLSServer(b.api.Config.Handler)
	t.Cleanup(secure.Close)
	authority := pemOf(secure.Certificate())
	for name, test := range map[string]struct{ host, ca, cause string }{
		"own authority":     {"127.0.0.1", authority, ""},
		"in one line":       {"127.0.0.1", strings.ReplaceAll(authority, "\n", `\n`), ""},
		"no authority":      {"127.0.0.1", "", "DEPTH_ZERO_SELF_SIGNED_CERT"},
		"another name":      {"localhost", authority, "ERR_TLS_CERT_ALTNAME_INVALID"},
		"another authority": {"127.0.0.1", authorityOfNobody(t), "SIGN"},
	} {
		t.Run(name, func(t *testing.T) {
			of := newAPIBench(t, store.API{PasswordCheck: store.ByAPI, URL: strings.Replace(secure.URL, "127.0.0.1", test.host, 1)})
			of.configuration["API_CA"] = test.ca
			if test.cause == "" {
				for range 3 {
					of.gives(true, scripts.Verify, "ada@example.com")
				}
				of.profile(scripts.Login, "ada@example.com", "correct horse")
				return
			}
			outcome := of.fails("Error", "", scripts.Login, "ada@example.com", "correct horse")
			if outcome.Err.Message != notNow || !strings.Contains(fmt.Sprint(outcome.Console), test.cause) {
				t.Errorf("%+v %q", outcome.Err, outcome.Console)
			}
		})
	}
}

// A connection serves one call after another, also through an authority of one's own, which fetch does not take: as many are
// opened as calls are in flight.
func TestAPIConnectionsAreKept(t *testing.T) {
	t.Parallel()
	const calls, inFlight, most = 400, 20, 30 // some may end unused, where a machine is slow
	b := newAPIBench(t, store.API{PasswordCheck: store.ByAPI})
	b.logins(calls, inFlight)
	if opened := b.opened.Load(); opened == 0 || opened > most {
		t.Errorf("%d connections for %d calls, %d of them in flight", opened, calls, inFlight)
	}
	b.opened.Store(0)
	secure := b.serves(t, b.api.Config.Handler, true)
	of := newAPIBench(t, store.API{PasswordCheck: store.ByAPI, URL: secure.URL})
	of.configuration["API_CA"] = pemOf(secure.Certificate())
	of.logins(calls, inFlight)
	for range calls / 10 { // the other scripts share them
		of.gives(true, scripts.Verify, "ada@example.com")
	}
	if opened := b.opened.Load(); opened == 0 || opened > most {
		t.Errorf("with an authority of one's own %d connections for %d calls, %d of them in flight", opened, calls, inFlight)
	}
}

func pemOf(certificate *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}

// authorityOfNobody has signed nothing.
func authorityOfNobody(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf(&x509.Certificate{Raw: raw})
}
