// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// logins logs a user in over and over until it is stopped, and holds what went wrong.
type logins struct {
	mu       sync.Mutex
	n        int
	failures []string
}

func (l *logins) run(ctx context.Context, url string, body map[string]any) {
	for ctx.Err() == nil {
		failed := logInOnce(url, body)
		l.mu.Lock()
		if l.n++; failed != "" {
			l.failures = append(l.failures, failed)
		}
		l.mu.Unlock()
	}
}

// more waits for further logins, so that something happens between logins and not between two of the test's steps.
func (l *logins) more(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	from := l.n
	l.mu.Unlock()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		n := l.n
		l.mu.Unlock()
		if n >= from+3 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody logs in any more")
		}
	}
}

func logInOnce(url string, body map[string]any) (failed string) {
	content, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	response, err := http.Post(url+"/oauth/token", "application/json", bytes.NewReader(content)) //nolint:noctx // the tenant is in this process
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	if answer, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Sprint(response.StatusCode, string(answer), err)
	}
	return ""
}

// A user logs in all the time while the connection is taken over, by import and by moved, changed, and given another
// secret.
func TestLoginsWhileMoving(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
	app, secret := tenant.Local.AddClient("web")
	texts := map[string]any{
		"login": "function login(email, password, callback) {\n  if (!configuration.POSTGRES_URL) {\n    return callback(new Error('no configuration'));\n  }\n" +
			"  return callback(null, { user_id: '1', email, email_verified: true });\n}\n",
		"get_user": "function getUser(email, callback) {\n  return callback(null, { user_id: '1', email, email_verified: true });\n}\n",
	}
	status, made := tenant.API("POST", "/connections", map[string]any{
		"name": "legacy-users", "strategy": "auth0", "enabled_clients": []string{app},
		"options": map[string]any{"enabledDatabaseCustomization": true, "customScripts": texts, "configuration": map[string]any{"POSTGRES_URL": scriptsURL}},
	})
	if status != http.StatusCreated {
		t.Fatal(status, made)
	}
	id := made["id"].(string)
	config := func(version int, url string, more map[string]any) map[string]any {
		config := map[string]any{
			"name": "legacy-users", "scripts": map[string]any{"overrides": texts}, "enabled_clients": []string{app},
			"configuration_wo": map[string]any{"POSTGRES_URL": url}, "configuration_wo_version": version,
		}
		for attribute, value := range more {
			config[attribute] = value
		}
		return config
	}

	var seen logins
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var ended sync.WaitGroup
	ended.Go(func() {
		seen.run(ctx, tenant.URL, map[string]any{
			"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": "legacy-users", "scope": "openid",
			"client_id": app, "client_secret": secret, "username": "ada@example.com", "password": "correct horse",
		})
	})
	seen.more(t)
	step := func(object acctest.Object, config map[string]any) acctest.Object {
		t.Helper()
		applied, diags := core.Apply(object, config)
		if diags.Failed() {
			t.Fatal(diags)
		}
		seen.more(t)
		return applied
	}
	imported, diags := core.Import("auth0pg_connection", id)
	diags.None(t)
	step(imported, config(1, scriptsURL, nil))
	core = acctest.NewCore(t, provider.Server("test"), tenant.Auth0()) // of another command: the import is given up
	moved, diags := core.Move("auth0pg_connection", officialState(t, id, map[string]any{"POSTGRES_URL": scriptsURL}))
	diags.None(t)
	object := step(moved, config(1, scriptsURL, nil))
	object = step(object, config(1, scriptsURL, map[string]any{"disable_signup": true}))
	object = step(object, config(2, otherScriptsURL, map[string]any{"disable_signup": true}))
	step(object, config(2, otherScriptsURL, nil))
	stop()
	ended.Wait()
	t.Logf("%d logins", seen.n)
	for _, failed := range seen.failures {
		t.Error(failed)
	}
}
