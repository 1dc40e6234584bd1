// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// keptCall is a call that the official provider has made.
type keptCall struct {
	Method, Path, Query, Body string `json:",omitempty"`
	Status                    int
}

const keptCalls = "testdata/clients/official-provider/calls.json"

// numbered gives new things ids that are the same in each run.
func numbered() func(kind string) string {
	prefixes := map[string]string{"connection": "con_%016d", "client_grant": "cgr_%016d", "resource_server": "%024d", "client": "%032d"}
	made := map[string]int{}
	return func(kind string) string {
		prefix := prefixes[kind]
		if prefix == "" {
			return ""
		}
		made[kind]++
		return fmt.Sprintf(prefix, made[kind])
	}
}

// TestOfficialProvider repeats the calls that the provider auth0/auth0 1.54.1, unchanged, has made to
// this tenant: applying the configuration beside them, an empty plan, a rename and a destroy all
// went well. AUTH0PG_AUTH0_PROVIDER names the program to do that again, and keeps its calls.
func TestOfficialProvider(t *testing.T) {
	if program := os.Getenv("AUTH0PG_AUTH0_PROVIDER"); program != "" {
		keepCalls(t, program)
	}
	text, err := os.ReadFile(keptCalls)
	if err != nil {
		t.Fatal(err)
	}
	var calls []keptCall
	if err := json.Unmarshal(text, &calls); err != nil {
		t.Fatal(err)
	}
	if len(calls) < 50 {
		t.Fatalf("only %d calls were kept", len(calls))
	}
	tenant := start(t, localtenant.Options{NewID: numbered(), DeleteDelay: -1})
	for n, call := range calls {
		target := tenant.URL() + (&url.URL{Path: call.Path, RawQuery: call.Query}).RequestURI()
		if identifier, ok := strings.CutPrefix(call.Path, "/api/v2/resource-servers/"); ok {
			target = tenant.URL() + "/api/v2/resource-servers/" + url.PathEscape(identifier)
		}
		request, err := http.NewRequestWithContext(t.Context(), call.Method, target, strings.NewReader(call.Body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+tenant.Token())
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(response.Body)
		response.Body.Close()
		if response.StatusCode != call.Status {
			t.Errorf("#%d %s %s %s: status %d, was %d: %.500s", n, call.Method, call.Path, call.Body, response.StatusCode, call.Status, body.Bytes())
		}
	}
	if left := api(t, tenant, "GET", "/api/v2/connections?strategy=auth0", nil); string(left.Body) != "[]" {
		t.Errorf("left over: %s", left.Body)
	}
}

// keepCalls runs Terraform with the provider and keeps the calls that the tenant got.
func keepCalls(t *testing.T, program string) {
	t.Helper()
	certificate, authority, err := localtenant.Certificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tenant := start(t, localtenant.Options{Certificate: &certificate, NewID: numbered(), DeleteDelay: -1})
	folder := t.TempDir()
	configuration, err := os.ReadFile("testdata/clients/official-provider/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"main.tf": string(configuration),
		"cli":     fmt.Sprintf("provider_installation {\n  dev_overrides { \"auth0/auth0\" = %q }\n  direct {}\n}\n", filepath.Dir(program)),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"apply", "-auto-approve", "-var=name=renamed"},
		{"plan", "-detailed-exitcode", "-var=name=renamed"}, {"destroy", "-auto-approve"},
	} {
		cmd := exec.CommandContext(t.Context(), "terraform", append(args, "-no-color", "-parallelism=1")...)
		cmd.Dir, cmd.WaitDelay = folder, time.Second
		cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(folder, "cli"), "CHECKPOINT_DISABLE=1", "SSL_CERT_FILE="+authority,
			"AUTH0_DOMAIN="+strings.TrimPrefix(tenant.URL(), "https://"), "AUTH0_CLIENT_ID="+tenant.ClientID(), "AUTH0_CLIENT_SECRET="+tenant.ClientSecret())
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("terraform %v: %v\n%s", args, err, output)
		}
	}
	var calls []keptCall
	for _, request := range tenant.Requests() {
		if strings.HasPrefix(request.Path, "/api/v2/") {
			calls = append(calls, keptCall{request.Method, request.Path, request.Query, string(request.Body), request.Status})
		}
	}
	text, err := json.MarshalIndent(calls, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keptCalls, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
