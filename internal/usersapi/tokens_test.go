// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

// issuer is a tenant as far as tokens go.
type issuer struct {
	t   testing.TB
	url string

	mu      sync.Mutex
	keys    []jwk.Key
	status  int // what the keys are answered with, 0 for 200
	fetches int
	now     time.Time
}

func newIssuer(t testing.TB) *issuer {
	i := &issuer{t: t, now: time.Unix(1_800_000_000, 0), keys: []jwk.Key{newKey(t, "first", 2048)}}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetches++
	if i.status != 0 {
		http.Redirect(w, &http.Request{}, "http://127.0.0.1:1/", i.status)
		return
	}
	set := jwk.NewSet()
	for _, key := range i.keys {
		public, _ := key.PublicKey()
		_ = set.AddKey(public)
	}
	_ = json.NewEncoder(w).Encode(set)
}

// change is safe while the keys are served.
func (i *issuer) change(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func newKey(t testing.TB, id string, bits int) jwk.Key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwk.FromRaw(private)
	if err != nil {
		t.Fatal(err)
	}
	_ = key.Set(jwk.KeyIDKey, id)
	return key
}

// claims are those of a good token, but for what replaces them; nil takes one away.
func (i *issuer) claims(replaced m) m {
	now := i.clock().Unix()
	all := m{
		"iss": i.url + "/", "aud": "https://users.example.com", "sub": "client@clients", "azp": "client",
		"gty": "client-credentials", "iat": now, "exp": now + 86400, "scope": "users:verify users:login",
	}
	maps.Copy(all, replaced)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

// sign makes a token with the key's own id in its header, but for what replaces that.
func (i *issuer) sign(algorithm jwa.SignatureAlgorithm, key any, header, claims m) string {
	i.t.Helper()
	payload, err := json.Marshal(i.claims(claims))
	if err != nil {
		i.t.Fatal(err)
	}
	headers := jws.NewHeaders()
	if known, ok := key.(jwk.Key); ok { // which would put its own id over the header's
		var private rsa.PrivateKey
		if err := known.Raw(&private); err != nil {
			i.t.Fatal(err)
		}
		_ = headers.Set(jws.KeyIDKey, known.KeyID())
		key = private
	}
	for name, value := range header {
		if err := headers.Set(name, value); err != nil {
			i.t.Fatal(err)
		}
	}
	token, err := jws.Sign(payload, jws.WithKey(algorithm, key, jws.WithProtectedHeaders(headers)))
	if err != nil {
		i.t.Fatal(err)
	}
	return string(token)
}

// api lets in who has a token; behind it is no database, so that who gets in is told 503.
func (i *issuer) api() *bench {
	log := &bytes.Buffer{}
	config := usersapi.Config{
		DatabaseURL: "postgres://api@127.0.0.1:1/none", Schema: "access", Log: slog.New(slog.NewJSONHandler(log, nil)),
	}
	i.accept(&config)
	return &bench{t: i.t, config: config, server: usersapitest.Serve(i.t, config), log: log}
}

// accept is the configuration for tokens of the tenant.
func (i *issuer) accept(c *usersapi.Config) {
	c.Tokens = &usersapi.TokenRules{
		JWKS: i.url + "/.well-known/jwks.json", Issuer: i.url + "/", Audience: "https://users.example.com",
		Clients: []string{"client", "other"}, Now: i.clock,
	}
}

func (b *bench) bearer(token string) { b.header = http.Header{"Authorization": {"Bearer " + token}} }

// part is a piece of a token that is put together by hand.
func part(v any) string {
	text, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(text)
}

// TestTokens tries what an attacker has: tokens of users, of other clients and for other APIs, and forged ones.
func TestTokens(t *testing.T) {
	i := newIssuer(t)
	b := i.api()
	first := i.keys[0]
	stranger, weak := newKey(t, "first", 2048), newKey(t, "weak", 1024)
	i.keys = append(i.keys, weak)
	now := i.now.Unix()
	var private rsa.PrivateKey
	if err := first.Raw(&private); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	publicJWK, _ := first.PublicKey()
	publicJSON, _ := json.Marshal(publicJWK)
	good := i.sign(jwa.RS256, first, nil, nil)
	pieces := strings.Split(good, ".")

	const in, no, lacks = http.StatusServiceUnavailable, http.StatusUnauthorized, http.StatusForbidden
	for name, c := range map[string]struct {
		token string
		want  int
	}{
		"good":                {good, in},
		"of RFC 9068":         {i.sign(jwa.RS256, first, m{"typ": "at+jwt"}, m{"azp": nil, "gty": nil, "client_id": "client"}), in},
		"without gty":         {i.sign(jwa.RS256, first, nil, m{"gty": nil}), in},
		"audience in a list":  {i.sign(jwa.RS256, first, nil, m{"aud": []string{"https://users.example.com"}}), in},
		"other client of two": {i.sign(jwa.RS256, first, nil, m{"azp": "other", "sub": "other@clients"}), in},
		"within the skew":     {i.sign(jwa.RS256, first, nil, m{"exp": now - 20, "iat": now + 20, "nbf": now + 20}), in},
		"no aud":              {i.sign(jwa.RS256, first, nil, m{"aud": nil}), no},
		"empty aud":           {i.sign(jwa.RS256, first, nil, m{"aud": []string{}}), no},
		"wrong aud":           {i.sign(jwa.RS256, first, nil, m{"aud": "https://other.example.com"}), no},
		"longer aud":          {i.sign(jwa.RS256, first, nil, m{"aud": "https://users.example.com/"}), no},
		"two auds":            {i.sign(jwa.RS256, first, nil, m{"aud": []string{"https://users.example.com", i.url + "/userinfo"}}), no},
		"a user's":            {i.sign(jwa.RS256, first, nil, m{"gty": nil, "sub": "auth0|1"}), no},
		"a user's by name":    {i.sign(jwa.RS256, first, nil, m{"gty": nil, "sub": "auth0|client@clients"}), no},
		"of another grant":    {i.sign(jwa.RS256, first, nil, m{"gty": "password"}), no},
		"of several grants":   {i.sign(jwa.RS256, first, nil, m{"gty": []string{"client-credentials", "refresh_token"}}), no},
		"no azp":              {i.sign(jwa.RS256, first, nil, m{"azp": nil}), no},
		"wrong azp":           {i.sign(jwa.RS256, first, nil, m{"azp": "stranger", "sub": "stranger@clients"}), no},
		"azp of another kind": {i.sign(jwa.RS256, first, nil, m{"azp": []string{"client"}}), no},
		"expired":             {i.sign(jwa.RS256, first, nil, m{"exp": now - 31}), no},
		"without end":         {i.sign(jwa.RS256, first, nil, m{"exp": nil}), no},
		"not yet valid":       {i.sign(jwa.RS256, first, nil, m{"nbf": now + 31}), no},
		"issued tomorrow":     {i.sign(jwa.RS256, first, nil, m{"iat": now + 86400}), no},
		"wrong iss":           {i.sign(jwa.RS256, first, nil, m{"iss": "https://evil.example.com/"}), no},
		"iss without slash":   {i.sign(jwa.RS256, first, nil, m{"iss": i.url}), no},
		"no iss":              {i.sign(jwa.RS256, first, nil, m{"iss": nil}), no},
		"missing scope":       {i.sign(jwa.RS256, first, nil, m{"scope": "users:login"}), lacks},
		"no scope":            {i.sign(jwa.RS256, first, nil, m{"scope": nil}), lacks},
		"longer scope":        {i.sign(jwa.RS256, first, nil, m{"scope": "users:verify2 xusers:verify"}), lacks},
		"scopes in a list":    {i.sign(jwa.RS256, first, nil, m{"scope": []string{"users:verify"}}), lacks},
		"none algorithm":      {part(m{"alg": "none", "kid": "first"}) + "." + pieces[1] + ".", no},
		"None algorithm":      {part(m{"alg": "None", "kid": "first"}) + "." + pieces[1] + ".", no},
		"no algorithm":        {part(m{"kid": "first"}) + "." + pieces[1] + "." + pieces[2], no},
		"HS256 with the PEM":  {i.sign(jwa.HS256, publicPEM, m{"kid": "first"}, nil), no},
		"HS256 with the DER":  {i.sign(jwa.HS256, der, m{"kid": "first"}, nil), no},
		"HS256 with the JWK":  {i.sign(jwa.HS256, publicJSON, m{"kid": "first"}, nil), no},
		"RS512":               {i.sign(jwa.RS512, first, nil, nil), no},
		"PS256":               {i.sign(jwa.PS256, first, nil, nil), no},
		"another's key":       {i.sign(jwa.RS256, stranger, nil, nil), no},
		"key in the header":   {i.sign(jwa.RS256, stranger, m{"jwk": must(stranger.PublicKey())}, nil), no},
		"key by URL":          {i.sign(jwa.RS256, stranger, m{"jku": i.url + "/evil"}, nil), no},
		"weak key":            {i.sign(jwa.RS256, weak, nil, nil), no},
		"unknown kid":         {i.sign(jwa.RS256, first, m{"kid": "unknown"}, nil), no},
		"empty kid":           {i.sign(jwa.RS256, first, m{"kid": ""}, nil), no},
		"critical header":     {i.sign(jwa.RS256, first, m{"crit": []string{"exp"}}, nil), no},
		"another type":        {i.sign(jwa.RS256, first, m{"typ": "logout+jwt"}, nil), no},
		"other claims":        {pieces[0] + "." + part(i.claims(m{"azp": "other"})) + "." + pieces[2], no},
		"no signature":        {pieces[0] + "." + pieces[1] + ".", no},
		"no claims":           {strings.Replace(good, pieces[1], "", 1), no},
		"five parts":          {good + ".x.x", no},
		"not base64":          {"€.€.€", no},
		"JSON":                {`{"payload":"","signatures":[]}`, no},
		"huge":                {i.sign(jwa.RS256, first, nil, m{"x": strings.Repeat("x", 9000)}), no},
		"empty":               {"", no},
	} {
		b.bearer(c.token)
		if status, answer := b.post("/v1/verify", m{"email": "ada@example.com"}); status != c.want {
			t.Errorf("%s: %d %s, want %d; %s", name, status, answer, c.want, lastLine(b.log))
		}
	}
	if i.fetches != 1 {
		t.Errorf("the keys were fetched %d times", i.fetches)
	}
	for name, header := range map[string]http.Header{
		"none": {"Authorization": nil}, "two": {"Authorization": {"Bearer " + good, "Bearer " + good}},
		"another scheme": {"Authorization": {"DPoP " + good}}, "basic": {"Authorization": {"Basic YTpi"}},
	} {
		b.header = header
		if status, _ := b.post("/rpc/verify", m{"email": "ada@example.com"}); status != no {
			t.Errorf("%s: %d", name, status)
		}
	}
	for _, leak := range append(pieces[1:], "evil", "ada@") {
		if strings.Contains(b.log.String(), leak) {
			t.Errorf("the log has %q", leak)
		}
	}
}

func must(key jwk.Key, err error) jwk.Key {
	if err != nil {
		panic(err)
	}
	return key
}

func lastLine(log *bytes.Buffer) string {
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	return lines[len(lines)-1]
}

// A new key is found by its id, and not more often than every few seconds; one that is gone is good for ten minutes at
// most; where the tenant does not answer, what is known stays good for a day.
func TestKeyRotation(t *testing.T) {
	i := newIssuer(t)
	b := i.api()
	first, second := i.keys[0], newKey(t, "second", 2048)
	is := func(what string, key jwk.Key, want int) {
		t.Helper()
		b.bearer(i.sign(jwa.RS256, key, nil, nil))
		if status, answer := b.post("/v1/verify", m{"email": "ada@example.com"}); status != want {
			t.Errorf("%s: %d %s, want %d", what, status, answer, want)
		}
	}
	after := func(d time.Duration) { i.change(func() { i.now = i.now.Add(d) }) }
	const in, no = http.StatusServiceUnavailable, http.StatusUnauthorized
	is("the first key", first, in)
	i.change(func() { i.keys = []jwk.Key{first, second} })
	is("a new key at once", second, no)
	after(6 * time.Second)
	is("a new key", second, in)
	is("the first key beside it", first, in)
	fetches := i.fetches
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			is := *b // each with a header of its own
			is.bearer(i.sign(jwa.RS256, first, m{"kid": rand.Text()}, nil))
			is.post("/v1/verify", m{"email": "ada@example.com"})
		})
	}
	all.Wait()
	if i.fetches > fetches+1 {
		t.Errorf("ids that nobody has fetch the keys %d times", i.fetches-fetches)
	}
	i.change(func() { i.keys = []jwk.Key{second} })
	is("a key that is gone, soon", first, in)
	after(11 * time.Minute)
	is("a key that is gone", first, no)
	i.change(func() { i.status = http.StatusFound })
	after(time.Hour)
	is("keys that cannot be fetched", second, in)
	after(24 * time.Hour)
	b.log.Reset()
	is("keys of the day before", second, in)
	if !strings.Contains(b.log.String(), "keys that tokens are checked with") {
		t.Error("with keys of the day before, somebody gets in")
	}
}
