// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// apiClients installs the clients of the Management API and starts a tenant that they
// reach by HTTPS. Its run runs one of them and returns what it printed.
func apiClients(t *testing.T) (tenant *localtenant.Tenant, run func(dir string, args ...string) string) {
	t.Helper()
	packageFile, err := os.ReadFile("testdata/clients/package.json")
	if err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile("testdata/clients/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := localtenant.Install(t.Context(), "api-clients", packageFile, lock)
	if err != nil {
		t.Fatal(err)
	}
	certificate, authority, err := localtenant.Certificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tenant = start(t, localtenant.Options{Certificate: &certificate, ClientID: "tools", ClientSecret: "secret of the tools"})
	return tenant, func(dir string, args ...string) string {
		t.Helper()
		args[0] = strings.Replace(args[0], "MODULES", modules, 1)
		cmd := exec.CommandContext(t.Context(), "node", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+authority, "MODULES="+modules, "NODE_NO_WARNINGS=1",
			"AUTH0_DOMAIN="+strings.TrimPrefix(tenant.URL(), "https://"), "AUTH0_CLIENT_ID="+tenant.ClientID(),
			"AUTH0_CLIENT_SECRET="+tenant.ClientSecret(), "AUTH0_AUDIENCE="+tenant.Audience(), "AUTH0_ALLOW_DELETE=true")
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		cmd.WaitDelay = time.Second
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, output.Bytes())
		}
		return output.String()
	}
}

// TestNodeSDK calls the tenant with the official SDK for Node, unchanged.
func TestNodeSDK(t *testing.T) {
	tenant, run := apiClients(t)
	script, err := filepath.Abs("testdata/clients/node-auth0.mjs")
	if err != nil {
		t.Fatal(err)
	}
	output := run(".", script, strings.TrimPrefix(tenant.URL(), "https://"), tenant.ClientID(), tenant.ClientSecret(), tenant.Audience())
	answers := map[string]any{}
	for line := range strings.Lines(output) {
		var said struct {
			Name, Error string
			Answer      any
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatalf("not a line of ours: %s", line)
		}
		answers[said.Name] = said.Answer
		if said.Error != "" {
			t.Errorf("%s: %s", said.Name, said.Error)
		}
	}
	if len(answers) < 40 {
		t.Errorf("only %d calls were made:\n%s", len(answers), output)
	}
	if got, _ := answers["clients.get"].(object); got["name"] != "app" || len(got) != 2 {
		t.Errorf("clients.get: %v", got)
	}
	if got, _ := answers["jobs.get"].(object); !equal(got["summary"], object{"failed": 1, "updated": 0, "inserted": 1, "total": 2}) {
		t.Errorf("jobs.get: %v", got)
	}
	if got, _ := answers["users.update"].(object); !equal(got["user_metadata"], object{}) {
		t.Errorf("users.update: %v", got)
	}
}

// TestDeployCLI exports the databases of a tenant with auth0-deploy-cli and imports them
// into another one.
func TestDeployCLI(t *testing.T) {
	if os.Getenv("AUTH0PG_DEPLOY_CLI") == "" {
		t.Skip("it takes half a minute of a processor: make test-clients runs it")
	}
	tenant, run := apiClients(t)
	const script = "function login(a, b, callback) {\n  callback(null, { user_id: a });\n}\n"
	create(t, tenant, "people", object{
		"enabledDatabaseCustomization": true, "customScripts": object{"login": script}, "configuration": object{"url": "secret"},
	})
	create(t, tenant, "others", nil)
	folder := t.TempDir()
	cli := "MODULES/auth0-deploy-cli/lib/index.js"
	settings := filepath.Join(folder, "config.json")
	if err := os.WriteFile(settings, []byte(`{"AUTH0_INCLUDED_ONLY": ["databases"], "AUTH0_ALLOW_DELETE": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run(folder, cli, "export", "--config_file", settings, "--format", "directory", "--output_folder", folder)
	exported, err := os.ReadFile(filepath.Join(folder, "database-connections", "people", "login.js"))
	if err != nil || string(exported) != script {
		t.Fatalf("exported %q: %v", exported, err)
	}

	another, run := apiClients(t)
	create(t, another, "left-over", nil)
	run(folder, cli, "import", "--config_file", settings, "--input_file", folder)
	var list []struct {
		Name    string
		Options struct {
			CustomScripts map[string]string
			Custom        bool `json:"enabledDatabaseCustomization"`
		}
	}
	answer := api(t, another, "GET", "/api/v2/connections?strategy=auth0", nil).want(t, http.StatusOK)
	if err := json.Unmarshal(answer.Body, &list); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range list {
		found[c.Name] = true
		if c.Name == "people" && (c.Options.CustomScripts["login"] != script || !c.Options.Custom) {
			t.Errorf("imported %+v", c)
		}
	}
	if !found["people"] || !found["others"] || found["left-over"] {
		t.Errorf("imported %v", found)
	}
}
