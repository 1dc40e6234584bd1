// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func TestWhatHappenedCanBeRead(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	app, secret := tenant.AddClient("app")
	c := create(t, tenant, "people", object{"enabledDatabaseCustomization": true, "customScripts": object{
		"login": "function login(a, b, callback) { console.log('looking for', a); require('mongodb@3.1.4'); }",
	}})
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	create(t, tenant, "own", object{"password_options": object{"complexity": object{"min_length": 1}}})
	api(t, tenant, "POST", "/api/v2/users", object{"connection": "own", "email": "ada@example.com", "password": "x"}).want(t, http.StatusCreated)
	answer := login(t, tenant, app, secret, "people", "ada@example.com", "x").want(t, http.StatusForbidden).object(t)
	if answer["error_description"] != "Script generated an unhandled exception." {
		t.Errorf("the application hears %v", answer)
	}
	read := func(path string) []object {
		var list []object
		if err := json.Unmarshal(send(t, tenant, "", "GET", path, nil).want(t, http.StatusOK).Body, &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	runs := read("/local/runs?connection=people&script=login")
	if len(runs) != 1 || !equal(runs[0]["console"], []string{"looking for ada@example.com"}) ||
		!strings.Contains(runs[0]["uncaught"].(string), "Cannot find module 'mongodb'") || !strings.Contains(runs[0]["warnings"].([]any)[0].(string), "2025-08-15") {
		t.Errorf("runs %v", runs)
	}
	if none := read("/local/runs?connection=own"); len(none) > 0 {
		t.Errorf("runs of another connection: %v", none)
	}
	if mails := read("/local/mails?to=Ada@example.com"); len(mails) != 1 || mails[0]["kind"] != "verify_email" || mails[0]["link"] == nil {
		t.Errorf("mails %v", mails)
	}
	if mails := read("/local/mails?to=bob@example.com"); len(mails) > 0 {
		t.Errorf("mails %v", mails)
	}
	if logs := read("/local/logs"); len(logs) == 0 || !strings.Contains(logs[0]["description"].(string), "Cannot find module") {
		t.Errorf("logs %v", logs)
	}
}

// TestLocalPagesAreForTheOwner: a page that a browser has opened under another name gets
// nothing, nor does another machine, unless it has a token.
func TestLocalPagesAreForTheOwner(t *testing.T) {
	tenant := start(t, localtenant.Options{})
	for name, test := range map[string]struct {
		host, token string
		status      int
	}{
		"by name":       {"localhost:1", "", http.StatusOK},
		"by address":    {"", "", http.StatusOK},
		"by IPv6":       {"[::1]:4400", "", http.StatusOK},
		"rebound":       {"evil.example.com", "", http.StatusForbidden},
		"with a token":  {"tenant.example.com", tenant.Token(), http.StatusOK},
		"another token": {"tenant.example.com", "x.y.z", http.StatusForbidden},
	} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", tenant.URL()+"/local/mails", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		if test.token != "" {
			request.Header.Set("Authorization", "Bearer "+test.token)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: status %d", name, response.StatusCode)
		}
	}
}
