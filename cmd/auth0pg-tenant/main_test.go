// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// started runs the command and returns its ten lines.
func started(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var out pgtest.Output
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, args, &out, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for wait := time.Now().Add(2 * time.Minute); !strings.Contains(out.String(), "curl"); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("it ended: %v", err)
		default:
		}
		if time.Now().After(wait) {
			t.Fatalf("it printed only %q", out.String())
		}
	}
	return out.String()
}

func setting(t *testing.T, lines, name string) string {
	t.Helper()
	match := regexp.MustCompile(name + `\s*= "([^"]+)"`).FindStringSubmatch(lines)
	if match == nil {
		t.Fatalf("no %s in\n%s", name, lines)
	}
	return match[1]
}

// TestTheLinesAreTrue follows what the command prints: with the credentials of the provider
// block a connection is made, and the printed call logs a user in.
func TestTheLinesAreTrue(t *testing.T) {
	data := t.TempDir()
	lines := started(t, "-listen", "127.0.0.1:0", "-tls", "-data", data, "-connection", "people")
	if n := strings.Count(lines, "\n"); n != 10 {
		t.Errorf("%d lines, want 10:\n%s", n, lines)
	}
	authority := filepath.Join(data, "ca.pem")
	if !strings.Contains(lines, "trust "+authority) {
		t.Errorf("the authority is not named:\n%s", lines)
	}
	text, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}, Timeout: time.Minute}
	base := setting(t, lines, "base_url")
	send := func(method, path, kind, body, token string, status int) map[string]any {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", kind)
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close() //nolint:errcheck // only read
		content, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != status {
			t.Fatalf("%s %s: status %d, %v: %s", method, path, response.StatusCode, err, content)
		}
		var answer map[string]any
		_ = json.Unmarshal(content, &answer) // some have none
		return answer
	}
	const form, object = "application/x-www-form-urlencoded", "application/json"
	token, _ := send("POST", "/oauth/token", form, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {setting(t, lines, "client_id")}, "client_secret": {setting(t, lines, "client_secret")},
		"audience": {setting(t, lines, "audience")},
	}.Encode(), "", http.StatusOK)["access_token"].(string)
	made := send("POST", "/api/v2/connections", object, `{"name": "people", "strategy": "auth0", "enabled_clients": ["application"], "options": {
		"enabledDatabaseCustomization": true, "customScripts": {"login": "function login(name, password, callback) { callback(null, { user_id: '1', email: name }); }"}}}`, token, http.StatusCreated)
	if made["id"] == nil {
		t.Fatalf("made %v", made)
	}
	call := lines[strings.Index(lines, "curl"):]
	values := url.Values{"username": {"ada@example.com"}, "password": {"x"}}
	for _, pair := range regexp.MustCompile(`-d (\w+)=(\S+)`).FindAllStringSubmatch(call, -1) {
		values.Set(pair[1], pair[2])
	}
	if !strings.Contains(call, base+"/oauth/token") || !strings.Contains(call, "--cacert '"+authority+"'") {
		t.Errorf("the call: %s", call)
	}
	send("POST", "/oauth/token", form, values.Encode(), "", http.StatusOK)
	send("GET", "/local/", object, "", "", http.StatusOK)

	// The next start has the same credentials and the same authority.
	again := started(t, "-listen", "127.0.0.1:0", "-tls", "-data", data, "-connection", "people")
	for _, name := range []string{"client_id", "client_secret"} {
		if setting(t, again, name) != setting(t, lines, name) {
			t.Errorf("%s is another one", name)
		}
	}
	if now, err := os.ReadFile(authority); err != nil || !bytes.Equal(now, text) {
		t.Errorf("the authority is another one: %v", err)
	}
	if info, err := os.Stat(filepath.Join(data, "credentials.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("credentials.json: %v, %v", info, err)
	}
}

func TestBadFlags(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown": {"-port", "1"}, "argument": {"start"}, "address": {"-tls", "-listen", "nowhere", "-data", t.TempDir()},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
