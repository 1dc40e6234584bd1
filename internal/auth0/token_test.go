// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (tn *tenant) tokenRequest(t *testing.T) url.Values {
	t.Helper()
	calls := tn.calls("POST /oauth/token")
	if len(calls) == 0 {
		t.Fatal("no token was asked for")
	}
	form, err := url.ParseQuery(calls[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func TestClientSecret(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	c, _ := tn.client(t)
	for range 2 {
		if _, err := c.Connection(t.Context(), "con_1"); err != nil {
			t.Fatal(err)
		}
	}
	form := tn.tokenRequest(t)
	if form.Get("grant_type") != "client_credentials" || form.Get("client_id") != "id" || form.Get("client_secret") != "s3cret" || form.Get("audience") != "https://acme.eu.auth0.com/api/v2/" {
		t.Errorf("asked with %v", form)
	}
	if n := len(tn.calls("POST /oauth/token")); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
	if got := tn.calls("GET /api/v2/connections/con_1")[0].Authorization; got != "Bearer token-1" {
		t.Errorf("authorized by %q", got)
	}
}

func TestPrivateKeyJWT(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	config := Config{BaseURL: tn.URL, Audience: "aud", ClientID: "id", ClientAssertionPrivateKey: text, ClientAssertionSigningAlg: "ES256"}
	if _, err := New(config).Connection(t.Context(), "con_1"); err != nil {
		t.Fatal(err)
	}
	form := tn.tokenRequest(t)
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Get("audience") != "aud" {
		t.Errorf("asked with %v", form)
	}
	parts := strings.Split(form.Get("client_assertion"), ".")
	claims := struct{ Iss, Sub, Aud string }{}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Iss != "id" || claims.Sub != "id" || claims.Aud != tn.URL+"/" {
		t.Errorf("claims %s, %v", payload, err)
	}

	config.ClientAssertionSigningAlg = "RS256"
	_, err = New(config).Connection(t.Context(), "con_1")
	var unusable *ConfigError
	if !errors.As(err, &unusable) || unusable.Attribute != "client_assertion_private_key" || strings.Contains(err.Error(), "BEGIN") {
		t.Errorf("got %v for a key that does not fit", err)
	}
}

func TestAPIToken(t *testing.T) {
	tn := newTenant(t)
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	c := New(Config{BaseURL: tn.URL, APIToken: "given"})
	if _, err := c.Connection(t.Context(), "con_1"); err != nil {
		t.Fatal(err)
	}
	if got := tn.calls("GET /api/v2/connections/con_1")[0].Authorization; got != "Bearer given" || len(tn.calls("POST /oauth/token")) != 0 {
		t.Errorf("authorized by %q", got)
	}
	tn.on("GET /api/v2/connections/con_1", answers(401, `{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}`))
	var e *Error
	if _, err := c.Connection(t.Context(), "con_1"); !errors.As(err, &e) || !e.Unauthorized() {
		t.Errorf("got %v", err)
	}
}

func TestRefusedCredentials(t *testing.T) {
	tn := newTenant(t)
	tn.on("POST /oauth/token", answers(401, `{"error":"access_denied","error_description":"Unauthorized"}`))
	c, _ := tn.client(t)
	_, err := c.Connection(t.Context(), "con_1")
	var refused *TokenError
	if !errors.As(err, &refused) || refused.Status != 401 || refused.Code != "access_denied" || refused.Message != "Unauthorized" || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	if len(tn.calls("POST /oauth/token")) != 1 || len(tn.calls("GET /api/v2/connections/con_1")) != 0 {
		t.Errorf("sent %+v, want one request for a token and nothing else", tn.requests)
	}
	for name, answer := range map[string]http.HandlerFunc{"page": answers(200, `<html>`), "no token": answers(200, `{}`), "error page": answers(403, `<html>`)} {
		tn.on("POST /oauth/token", answer)
		if _, err := c.Connection(t.Context(), "con_1"); !errors.As(err, &refused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	tn.on("POST /oauth/token", answers(503, ``), cut, answers(200, `{"access_token":"late","token_type":"Bearer"}`))
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	if _, err := c.Connection(t.Context(), "con_1"); err != nil {
		t.Errorf("got %v, want the token asked for again", err)
	}
}

func TestRevokedTokenIsReplacedOnce(t *testing.T) {
	tn := newTenant(t)
	invalid := answers(401, `{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}`)
	tn.on("PATCH /api/v2/connections/con_1", invalid, answers(200, connectionJSON))
	c, _ := tn.client(t)
	if _, err := c.UpdateConnection(t.Context(), "con_1", map[string]any{"display_name": "x"}); err != nil {
		t.Fatal(err)
	}
	calls := tn.calls("PATCH /api/v2/connections/con_1")
	if len(calls) != 2 || calls[1].Authorization != "Bearer token-2" || calls[1].Body != `{"display_name":"x"}` {
		t.Errorf("sent %+v", calls)
	}
	tn.on("PATCH /api/v2/connections/con_1", invalid)
	if _, err := c.UpdateConnection(t.Context(), "con_1", nil); err == nil || len(tn.calls("PATCH /api/v2/connections/con_1")) != 4 {
		t.Errorf("got %v", err)
	}
}

// The secret was rotated during the run, and the token was revoked with it or comes to its end: the message is about the
// credentials, not about the token, and what was to be changed is not sent.
func TestSecretRotatedDuringTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		reads []http.HandlerFunc
	}{
		"revoked": {`{"access_token":"first","token_type":"Bearer"}`, []http.HandlerFunc{
			answers(200, connectionJSON), answers(401, `{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}`),
		}},
		"at its end": {`{"access_token":"first","token_type":"Bearer","expires_in":30}`, []http.HandlerFunc{answers(200, connectionJSON)}},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on("POST /oauth/token", answers(200, c.token), answers(401, `{"error":"access_denied","error_description":"Unauthorized"}`))
			tn.on("GET /api/v2/connections/con_1", c.reads...)
			tn.on("PATCH /api/v2/connections/con_1", answers(401, `{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}`))
			client, _ := tn.client(t)
			if _, err := client.Connection(t.Context(), "con_1"); err != nil {
				t.Fatal(err)
			}
			var refused *TokenError
			if _, err := client.UpdateConnection(t.Context(), "con_1", map[string]any{"display_name": "x"}); !errors.As(err, &refused) ||
				refused.Code != "access_denied" || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v", err)
			}
			if n := len(tn.calls("POST /oauth/token")); n != 2 {
				t.Errorf("%d tokens were asked for", n)
			}
		})
	}
}

func TestExpiredTokenIsReplaced(t *testing.T) {
	tn := newTenant(t)
	tn.on("POST /oauth/token", answers(200, `{"access_token":"short","token_type":"Bearer","expires_in":30}`))
	tn.on("GET /api/v2/connections/con_1", answers(200, connectionJSON))
	c, _ := tn.client(t)
	for range 2 {
		if _, err := c.Connection(t.Context(), "con_1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(tn.calls("POST /oauth/token")); n != 2 {
		t.Errorf("%d tokens were asked for, want a new one when the old is about to end", n)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	secret := Config{ClientID: "id", ClientSecret: "s"}
	tests := map[string]struct {
		attribute string
		change    func(*Config)
	}{
		"no domain":        {"domain", func(*Config) {}},
		"path in domain":   {"domain", func(c *Config) { c.Domain = "acme.auth0.com/api/v2" }},
		"http domain":      {"domain", func(c *Config) { c.Domain = "http://acme.auth0.com" }},
		"user in domain":   {"domain", func(c *Config) { c.Domain = "a@b.com" }},
		"plain http":       {"base_url", func(c *Config) { c.BaseURL = "http://auth0.example" }},
		"no scheme":        {"base_url", func(c *Config) { c.BaseURL = "127.0.0.1:3000" }},
		"path in base URL": {"base_url", func(c *Config) { c.BaseURL = "http://127.0.0.1:3000/api" }},
		"no credentials":   {"client_id", func(c *Config) { *c = Config{Domain: "acme.auth0.com"} }},
		"no secret":        {"client_secret", func(c *Config) { *c = Config{Domain: "acme.auth0.com", ClientID: "id"} }},
		"unknown algorithm": {"client_assertion_signing_alg", func(c *Config) {
			*c = Config{Domain: "acme.auth0.com", ClientID: "id", ClientAssertionPrivateKey: "k", ClientAssertionSigningAlg: "HS256"}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config := secret
			test.change(&config)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := New(config).Connection(ctx, "con_1")
			var unusable *ConfigError
			if !errors.As(err, &unusable) || unusable.Attribute != test.attribute {
				t.Errorf("got %v, want %s refused", err, test.attribute)
			}
		})
	}
	for _, good := range []Config{
		{Domain: "acme.eu.auth0.com", APIToken: "t"}, {Domain: "https://acme.eu.auth0.com/", APIToken: "t"},
		{BaseURL: "http://127.0.0.1:3000/", APIToken: "t"}, {BaseURL: "http://[::1]:3000", APIToken: "t"},
		{BaseURL: "http://localhost:3000", ClientID: "id", ClientSecret: "s"}, {BaseURL: "https://proxy.example", APIToken: "t"},
	} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
}
