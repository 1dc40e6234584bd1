// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/conformance"
)

// standInTenant has made beforehand what examples/custom-api/tenant makes with the provider auth0/auth0.
const standInTenant = `
variable "audience" {
  type = string
}
variable "client_secret" {
  type = string
}
variable "client_id" {
  type = string
}
output "client_id" {
  value = var.client_id
}
`

// The example with an API: what the plan warns of until the API's access is closed, and users who sign up, log in and change their
// password through scripts, tokens of the tenant's, the API and the access functions, of which no hash gets out.
func TestExampleCustomAPI(t *testing.T) {
	files := filesBelow(t, "examples/custom-api")
	files["providers.tf"] = requiredProviders + "variable \"client_id\" {\n  type = string\n}\n"
	files["tenant/main.tf"] = standInTenant
	files["main.tf"] = strings.Replace(files["main.tf"], "  client_secret = var.client_secret\n}", "  client_secret = var.client_secret\n  client_id = var.client_id\n}", 1)
	h := newHouse(t, files)
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	made := func(path string, body map[string]any) map[string]any {
		t.Helper()
		status, answer := h.tenant.API("POST", path, body)
		if status != http.StatusCreated {
			t.Fatalf("%s: HTTP %d %v", path, status, answer)
		}
		return answer
	}
	names := []any{"users:login", "users:get_user", "users:create", "users:verify", "users:change_password", "users:change_email", "users:delete"}
	var scopes []any
	for _, name := range names {
		scopes = append(scopes, map[string]any{"value": name})
	}
	api := made("/resource-servers", map[string]any{"name": "Users", "identifier": url + "/", "scopes": scopes})
	client := made("/clients", map[string]any{"name": "scripts", "app_type": "non_interactive", "grant_types": []any{"client_credentials"}})
	clientID, secret := client["client_id"].(string), client["client_secret"].(string)
	for name, value := range map[string]string{
		"url": url, "app_client_id": h.clientID, "client_id": clientID, "client_secret": secret, "api_password": "a-long-enough-password",
	} {
		h.Setenv("TF_VAR_"+name, value)
	}
	before := roles(h)
	t.Cleanup(func() { dropRoles(h, before) })

	h.MustRun("get")
	plan := strings.Join(strings.Fields(h.MustRun("plan")), " ")
	for _, want := range []string{"Users Get Tokens For The API", "API Gives Scripts No Token", `policy = "deny_all"`} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %s:\n%s", want, plan)
		}
	}
	made("/client-grants", map[string]any{"client_id": clientID, "audience": url + "/", "scope": names})
	if status, answer := h.tenant.API("PATCH", "/resource-servers/"+api["id"].(string), map[string]any{"subject_type_authorization": map[string]any{
		"user": map[string]any{"policy": "deny_all"}, "client": map[string]any{"policy": "require_client_grant"},
	}}); status != http.StatusOK {
		t.Fatalf("HTTP %d %v", status, answer)
	}
	// As the guide says: all that the API needs, the API, and the connection once it is there.
	h.MustRun("apply", "-auto-approve", "-target=auth0pg_database_role.api", "-target=data.auth0pg_api_store.users")
	serveFromOutputs(t, h, server)
	checkByHand(t, h, url, secret)
	if output := h.MustRun("apply", "-auto-approve"); strings.Contains(output, "Warning: Users Get Tokens") || strings.Contains(output, "Warning: API") {
		t.Errorf("the apply still warns:\n%s", output)
	}
	h.MustRun("plan", "-detailed-exitcode")
	h.signUp(t, "users")
	if err := h.logIn("users"); err != nil {
		t.Error(err)
	}
	h.db.Exec("UPDATE users SET blocked = true")
	if err := h.logIn("users"); err == nil {
		t.Error("whoever is blocked gets in")
	}
	if hash := h.db.QueryString("SELECT password_hash FROM users"); !strings.HasPrefix(hash, "$2b$10$") {
		t.Errorf("the API stores %s", hash)
	}
	if strings.Contains(h.MustRun("show", "-json"), secret) {
		t.Error("the client's secret is in the state")
	}
}

// checkByHand gets a token as the guide does, and has the API checked with it.
func checkByHand(t *testing.T, h *house, url, secret string) {
	t.Helper()
	var request struct {
		URL      string `json:"url"`
		ClientID string `json:"client_id"`
		Audience string `json:"audience"`
	}
	if err := json.Unmarshal([]byte(h.MustRun("output", "-json", "token_request")), &request); err != nil {
		t.Fatal(err)
	}
	response, err := http.PostForm(request.URL, map[string][]string{ //nolint:noctx // in this process
		"grant_type": {"client_credentials"}, "client_id": {request.ClientID}, "client_secret": {secret}, "audience": {request.Audience},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("no token: HTTP %d %v", response.StatusCode, err)
	}
	passed, err := conformance.Run(t.Context(), conformance.Options{URL: url, PasswordCheck: "api", Token: answer.Token, AllowChanges: true},
		func(r conformance.Result) {
			if r.Outcome == conformance.Failed {
				t.Errorf("%s: %s", r.Rule, r.Reason)
			}
		})
	if err != nil || !passed {
		t.Errorf("the check does not pass: %v", err)
	}
}

// serveFromOutputs starts the API with the settings that the example puts out, and no others.
func serveFromOutputs(t *testing.T, h *house, server *httptest.Server) {
	t.Helper()
	var set map[string]string
	if err := json.Unmarshal([]byte(h.MustRun("output", "-json", "api_environment")), &set); err != nil {
		t.Fatal(err)
	}
	role := strings.TrimSpace(h.MustRun("output", "-raw", "api_role"))
	handler, err := usersapi.New(usersapi.Config{
		DatabaseURL: h.db.URLFor(role, "a-long-enough-password"), Schema: set["AUTH0PG_API_SCHEMA"],
		PasswordCheck: usersapi.PasswordCheck(set["AUTH0PG_API_PASSWORD_CHECK"]),
		Tokens: &usersapi.TokenRules{
			JWKS: set["AUTH0PG_API_ISSUER"] + ".well-known/jwks.json", Issuer: set["AUTH0PG_API_ISSUER"],
			Audience: set["AUTH0PG_API_AUDIENCE"], Clients: strings.Split(set["AUTH0PG_API_CLIENTS"], ","),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(func() {
		server.Close()
		handler.Close()
	})
}
