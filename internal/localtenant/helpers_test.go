// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

type object = map[string]any

func start(t *testing.T, o localtenant.Options) *localtenant.Tenant {
	t.Helper()
	tenant, err := localtenant.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	return tenant
}

// reply is an answer of the tenant.
type reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// object is the body as an object.
func (r reply) object(t *testing.T) object {
	t.Helper()
	var o object
	if err := json.Unmarshal(r.Body, &o); err != nil {
		t.Fatalf("not an object (status %d): %s", r.Status, r.Body)
	}
	return o
}

func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	return r
}

// wantError checks an error body of the Management API.
func (r reply) wantError(t *testing.T, status int, code, message string) {
	t.Helper()
	r.want(t, status)
	o := r.object(t)
	got, _ := o["errorCode"].(string)
	if o["statusCode"] != float64(status) || o["error"] != http.StatusText(status) || got != code || !strings.Contains(o["message"].(string), message) {
		t.Errorf("got %s, want code %q and message %q", r.Body, code, message)
	}
}

// client trusts every tenant, also one that speaks HTTPS.
var client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// send calls the tenant with a JSON body; nil sends none.
func send(t *testing.T, tenant *localtenant.Tenant, token, method, path string, body any) reply {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, tenant.URL()+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, content}
}

// api calls the Management API with all scopes.
func api(t *testing.T, tenant *localtenant.Tenant, method, path string, body any) reply {
	t.Helper()
	return send(t, tenant, tenant.Token(), method, path, body)
}

// create creates a connection and returns it.
func create(t *testing.T, tenant *localtenant.Tenant, name string, options object) object {
	t.Helper()
	body := object{"name": name, "strategy": "auth0"}
	if options != nil {
		body["options"] = options
	}
	return api(t, tenant, "POST", "/api/v2/connections", body).want(t, http.StatusCreated).object(t)
}

func connectionPath(c object) string { return "/api/v2/connections/" + c["id"].(string) }

// equal compares JSON values.
func equal(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// jwsInfer lets a key of a set verify although it names no algorithm.
func jwsInfer() jws.WithKeySetSuboption { return jws.WithInferAlgorithmFromKey(true) }

// userToken is the token of an end user for another service.
func userToken(t *testing.T, tenant *localtenant.Tenant) string {
	t.Helper()
	app, secret := tenant.AddClient("token app")
	c := create(t, tenant, "token-users", object{"password_options": object{"complexity": object{"min_length": 1}}})
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	api(t, tenant, "POST", "/api/v2/users", object{"connection": "token-users", "email": "token@example.com", "password": "secret"}).want(t, http.StatusCreated)
	answer := login(t, tenant, app, secret, "token-users", "token@example.com", "secret").want(t, http.StatusOK)
	return answer.object(t)["access_token"].(string)
}

// login is the password-realm grant.
func login(t *testing.T, tenant *localtenant.Tenant, app, secret, realm, username, password string) reply {
	t.Helper()
	return send(t, tenant, "", "POST", "/oauth/token", object{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "client_id": app, "client_secret": secret,
		"realm": realm, "username": username, "password": password, "scope": "openid profile email",
	})
}
