// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// tokenRequest posts a form to /oauth/token, with Basic credentials if given.
func tokenRequest(t *testing.T, tenant *localtenant.Tenant, form url.Values, basic ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "POST", tenant.URL()+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) > 0 {
		request.SetBasicAuth(url.QueryEscape(basic[0]), url.QueryEscape(basic[1]))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, body}
}

func TestClientCredentials(t *testing.T) {
	tenant := start(t, localtenant.Options{ClientSecret: "a secret with+/%"})
	form := func(pairs ...string) url.Values {
		v := url.Values{"grant_type": {"client_credentials"}, "audience": {tenant.Audience()}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	asJSON := object{"grant_type": "client_credentials", "audience": tenant.Audience(), "client_id": tenant.ClientID(), "client_secret": tenant.ClientSecret()}
	for name, got := range map[string]reply{
		"form":  tokenRequest(t, tenant, form("client_id", tenant.ClientID(), "client_secret", tenant.ClientSecret())),
		"basic": tokenRequest(t, tenant, form(), tenant.ClientID(), tenant.ClientSecret()),
		"JSON":  send(t, tenant, "", "POST", "/oauth/token", asJSON),
	} {
		t.Run(name, func(t *testing.T) {
			o := got.want(t, 200).object(t)
			if o["expires_in"] != 86400.0 || o["token_type"] != "Bearer" || !strings.Contains(o["scope"].(string), "read:connections_options") || len(o) != 4 {
				t.Errorf("got %v", o)
			}
			send(t, tenant, o["access_token"].(string), "GET", "/api/v2/connections", nil).want(t, 200)
		})
	}
	app, secret := tenant.AddClient("app")
	for name, tc := range map[string]struct {
		got    reply
		status int
		code   string
		text   string
	}{
		"wrong secret":   {tokenRequest(t, tenant, form("client_id", tenant.ClientID(), "client_secret", "x")), 401, "access_denied", "Unauthorized"},
		"unknown client": {tokenRequest(t, tenant, form("client_id", "x", "client_secret", "x")), 401, "access_denied", "Unauthorized"},
		"no grant":       {tokenRequest(t, tenant, form("client_id", app, "client_secret", secret)), 403, "access_denied", "Client is not authorized to access"},
		"wrong audience": {tokenRequest(t, tenant, form("audience", "https://other/"), tenant.ClientID(), tenant.ClientSecret()), 403, "access_denied", "Service not found: https://other/"},
		"other grant":    {tokenRequest(t, tenant, form("grant_type", "magic")), 403, "unsupported_grant_type", "magic"},
	} {
		o := tc.got.want(t, tc.status).object(t)
		if o["error"] != tc.code || !strings.Contains(o["error_description"].(string), tc.text) {
			t.Errorf("%s: %v", name, o)
		}
	}
}

func TestSignedAssertion(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	newKey := func() (*ecdsa.PrivateKey, []byte) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(private.Public())
		if err != nil {
			t.Fatal(err)
		}
		return private, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	key, public := newKey()
	other, _ := newKey()
	if err := tenant.SetClientKey(public); err != nil {
		t.Fatal(err)
	}
	assertion := func(key *ecdsa.PrivateKey, edit func(*jwt.Builder)) url.Values {
		builder := jwt.NewBuilder().Issuer(tenant.ClientID()).Subject(tenant.ClientID()).Audience([]string{tenant.URL() + "/"}).
			JwtID("1").IssuedAt(time.Now()).Expiration(time.Now().Add(2 * time.Minute))
		edit(builder)
		token, err := builder.Build()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jwt.Sign(token, jwt.WithKey(jwa.ES256, key))
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{
			"grant_type": {"client_credentials"}, "audience": {tenant.Audience()}, "client_assertion": {string(signed)},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		}
	}
	same := func(*jwt.Builder) {}
	o := tokenRequest(t, tenant, assertion(key, same)).want(t, 200).object(t)
	send(t, tenant, o["access_token"].(string), "GET", "/api/v2/connections", nil).want(t, 200)
	for name, form := range map[string]url.Values{
		"other key":      assertion(other, same),
		"expired":        assertion(key, func(b *jwt.Builder) { b.Expiration(time.Now().Add(-time.Minute)) }),
		"wrong audience": assertion(key, func(b *jwt.Builder) { b.Audience([]string{"https://other/"}) }),
		"other issuer":   assertion(key, func(b *jwt.Builder) { b.Issuer("other") }),
		"unknown client": assertion(key, func(b *jwt.Builder) { b.Issuer("x").Subject("x") }),
	} {
		if o := tokenRequest(t, tenant, form).want(t, 401).object(t); o["error"] != "invalid_client" {
			t.Errorf("%s: %v", name, o)
		}
	}
	wrongType := assertion(key, same)
	wrongType.Set("client_assertion_type", "x")
	tokenRequest(t, tenant, wrongType).want(t, 401)
}

func TestTokensAreChecked(t *testing.T) {
	now := time.Now()
	tenant := start(t, localtenant.Options{Now: func() time.Time { return now }, TokenLifetime: time.Hour})
	token := tenant.Token()
	send(t, tenant, token, "GET", "/api/v2/connections", nil).want(t, 200)

	var set jwk.Set
	keys := send(t, tenant, "", "GET", "/.well-known/jwks.json", nil).want(t, 200)
	set, err := jwk.Parse(keys.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.Parse([]byte(token), jwt.WithKeySet(set, jwsInfer())); err != nil {
		t.Errorf("the published key does not verify a token: %v", err)
	}

	elsewhere := start(t, localtenant.Options{Audience: tenant.Audience()})
	parts := strings.Split(token, ".")
	for name, tc := range map[string]struct{ token, message string }{
		"none":            {"", "Missing authentication"},
		"garbage":         {"garbage", "Invalid token"},
		"forged":          {parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "Invalid signature received for JSON Web Token validation"},
		"other tenant":    {elsewhere.Token(), "Invalid token"},
		"another service": {userToken(t, tenant), "Bad audience"},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, tenant, tc.token, "GET", "/api/v2/connections", nil)
			got.wantError(t, 401, "", tc.message)
			if got.Header.Get("WWW-Authenticate") == "" || got.object(t)["attributes"].(object)["error"] != got.object(t)["message"] {
				t.Errorf("header %v, body %s", got.Header, got.Body)
			}
		})
	}
	now = now.Add(2 * time.Hour)
	send(t, tenant, token, "GET", "/api/v2/connections", nil).wantError(t, 401, "", "Expired token received for JSON Web Token validation")

	request, _ := http.NewRequestWithContext(t.Context(), "GET", tenant.URL()+"/api/v2/connections", nil)
	request.Header.Set("Authorization", "Token abc")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	reply{response.StatusCode, response.Header, body}.wantError(t, 400, "Bearer", "Bad HTTP authentication header format")
}

func TestScopes(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	c := create(t, tenant, "users", nil)
	read := tenant.Token("read:connections")
	for method, path := range map[string]string{
		"POST": "/api/v2/connections", "PATCH": connectionPath(c), "DELETE": connectionPath(c),
	} {
		send(t, tenant, read, method, path, object{}).wantError(t, 403, "insufficient_scope", "Insufficient scope, expected any of: ")
	}
	send(t, tenant, tenant.Token("update:connections"), "GET", connectionPath(c), nil).wantError(t, 403, "insufficient_scope", "Insufficient scope, expected any of: read:connections")

	if got := send(t, tenant, read, "GET", connectionPath(c), nil).want(t, 200).object(t); got["options"] != nil || got["name"] != "users" {
		t.Errorf("without read:connections_options: %v", got)
	}
	if got := string(send(t, tenant, read, "GET", "/api/v2/connections", nil).want(t, 200).Body); strings.Contains(got, `"options"`) {
		t.Errorf("list without read:connections_options: %s", got)
	}
	update := tenant.Token("update:connections")
	send(t, tenant, update, "PATCH", connectionPath(c), object{"options": object{}}).wantError(t, 403, "insufficient_scope", "update:connections_options")
	if got := send(t, tenant, update, "PATCH", connectionPath(c), object{"metadata": object{"a": "b"}}).want(t, 200).object(t); got["options"] != nil {
		t.Errorf("got %v", got)
	}
	both := tenant.Token("update:connections", "update:connections_options")
	send(t, tenant, both, "PATCH", connectionPath(c), object{"options": object{}}).want(t, 200)

	granted := start(t, localtenant.Options{Scopes: []string{"read:connections"}})
	send(t, granted, granted.Token(), "POST", "/api/v2/connections", object{}).want(t, 403)
}

func TestRateLimit(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tenant := start(t, localtenant.Options{RateLimit: &localtenant.FreeTenantLimit, Now: func() time.Time { return now }})
	headers := func(got reply, remaining string) {
		t.Helper()
		if got.Header.Get("X-RateLimit-Limit") != "2" || got.Header.Get("X-RateLimit-Remaining") != remaining {
			t.Errorf("headers %v", got.Header)
		}
	}
	headers(api(t, tenant, "GET", "/api/v2/connections", nil).want(t, 200), "1")
	headers(api(t, tenant, "GET", "/api/v2/connections", nil).want(t, 200), "0")
	limited := api(t, tenant, "GET", "/api/v2/connections", nil)
	limited.wantError(t, 429, "too_many_requests", "Global limit has been reached")
	headers(limited, "0")
	reset, err := strconv.ParseInt(limited.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || reset != now.Unix()+1 {
		t.Errorf("reset %d, now %d", reset, now.Unix())
	}
	now = time.Unix(reset, 0)
	api(t, tenant, "GET", "/api/v2/connections", nil).want(t, 200)

	free := start(t, localtenant.Options{})
	if got := api(t, free, "GET", "/api/v2/connections", nil); got.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("headers without a limit: %v", got.Header)
	}
}

func TestFaults(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	list := func() int { return api(t, tenant, "GET", "/api/v2/connections", nil).Status }

	tenant.Inject(localtenant.Fault{Status: 429, Times: 2, Header: http.Header{"X-RateLimit-Reset": {"1800000000"}}})
	limited := api(t, tenant, "GET", "/api/v2/connections", nil)
	limited.wantError(t, 429, "too_many_requests", "Global limit has been reached")
	if limited.Header.Get("X-RateLimit-Reset") != "1800000000" {
		t.Errorf("headers %v", limited.Header)
	}
	if got := []int{list(), list()}; !equal(got, []int{429, 200}) {
		t.Errorf("got %v", got)
	}

	tenant.Inject(localtenant.Fault{Status: 503, Skip: 1})
	if got := []int{list(), list(), list()}; !equal(got, []int{200, 503, 200}) {
		t.Errorf("got %v", got)
	}

	remove := tenant.Inject(localtenant.Fault{Status: 502, Times: -1, Method: "POST", Path: regexp.MustCompile(`^/api/v2/connections$`), Body: "<html>Bad Gateway</html>", Header: http.Header{"Content-Type": {"text/html"}}})
	for range 3 {
		got := api(t, tenant, "POST", "/api/v2/connections", object{"name": "a", "strategy": "auth0"}).want(t, 502)
		if string(got.Body) != "<html>Bad Gateway</html>" || got.Header.Get("Content-Type") != "text/html" {
			t.Errorf("got %s", got.Body)
		}
	}
	if list() != 200 {
		t.Error("the fault hits other calls")
	}
	remove()
	create(t, tenant, "a", nil)

	tenant.Inject(localtenant.Fault{Latency: 100 * time.Millisecond})
	began := time.Now()
	if list() != 200 || time.Since(began) < 100*time.Millisecond {
		t.Errorf("took %s", time.Since(began))
	}

	for cut, happens := range map[localtenant.Cut]bool{localtenant.CutBefore: false, localtenant.CutAfter: true} {
		name := "cut-" + strconv.Itoa(int(cut))
		tenant.Inject(localtenant.Fault{Cut: cut, Method: "POST"})
		body, _ := json.Marshal(object{"name": name, "strategy": "auth0"})
		request, _ := http.NewRequestWithContext(t.Context(), "POST", tenant.URL()+"/api/v2/connections", strings.NewReader(string(body)))
		request.Header.Set("Authorization", "Bearer "+tenant.Token())
		if response, err := http.DefaultClient.Do(request); err == nil {
			t.Errorf("%s: status %d", name, response.StatusCode)
			response.Body.Close()
		}
		found := strings.Contains(string(api(t, tenant, "GET", "/api/v2/connections?name="+name, nil).Body), name)
		if found != happens {
			t.Errorf("%s: created %v, want %v", name, found, happens)
		}
	}
}

func TestRequestsAreKept(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	tenant.Inject(localtenant.Fault{Status: 500, Method: "DELETE"})
	api(t, tenant, "POST", "/api/v2/connections?a=b", `{"name":"users","strategy":"auth0"}`)
	api(t, tenant, "DELETE", "/api/v2/connections/con_x", nil)
	got := tenant.Requests()
	if len(got) != 2 || got[0].Method != "POST" || got[0].Path != "/api/v2/connections" || got[0].Query != "a=b" ||
		string(got[0].Body) != `{"name":"users","strategy":"auth0"}` || got[0].Status != 201 || got[1].Status != 500 {
		t.Errorf("got %+v", got)
	}
	tenant.ResetRequests()
	if got := tenant.Requests(); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestUnknownPathsAreNotFound(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	api(t, tenant, "GET", "/api/v2/guardian/factors", nil).wantError(t, 404, "", "Not Found")
}

func TestClients(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	got := api(t, tenant, "POST", "/api/v2/clients", object{"name": "App"}).want(t, 201).object(t)
	if got["name"] != "App" || len(got["client_id"].(string)) != 32 || got["cross_origin_authentication"] != false {
		t.Errorf("got %v", got)
	}
	path := "/api/v2/clients/" + got["client_id"].(string)
	if read := api(t, tenant, "GET", path, nil).want(t, 200).object(t); !equal(read, got) {
		t.Errorf("read %v, created %v", read, got)
	}
	api(t, tenant, "DELETE", path, nil).want(t, 204)
	api(t, tenant, "GET", path, nil).wantError(t, 404, "inexistent_client", "The client does not exist")
	api(t, tenant, "POST", "/api/v2/clients", object{}).wantError(t, 400, "invalid_body", "Missing required property: name")
}
