// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

const (
	moduleFolder = "examples/modules/custom-database"
	userEmail    = "ada@example.com"
	userPassword = "correct horse battery staple 1"
)

// house is a database and a tenant that a configuration is applied to.
type house struct {
	*acctest.Workspace
	db               *acctest.DB
	tenant           *acctest.TenantHandle
	clientID, secret string // of the application whose users log in
}

func newHouse(t *testing.T, files map[string]string) *house {
	t.Helper()
	h := &house{Workspace: acctest.NewWorkspace(t, files), db: acctest.LocalDatabase(t), tenant: acctest.Tenant(t)}
	if h.tenant.Local == nil {
		t.Skip("logs users in and reads their e-mail, which a real tenant does not let a test do")
	}
	h.clientID, h.secret = h.tenant.Local.AddClient("application")
	database, err := json.Marshal(map[string]any{"host": h.db.Server.Host(), "port": h.db.Server.Port(), "name": h.db.Name, "sslmode": "disable"})
	if err != nil {
		t.Fatal(err)
	}
	h.Setenv("AUTH0_DOMAIN", "example.eu.auth0.com") // the region of the allowlist
	h.Setenv("AUTH0PG_BASE_URL", h.tenant.URL)
	h.Setenv("AUTH0_AUDIENCE", h.tenant.Local.Audience())
	h.Setenv("AUTH0_CLIENT_ID", h.tenant.Local.ClientID())
	h.Setenv("AUTH0_CLIENT_SECRET", h.tenant.Local.ClientSecret())
	h.Setenv("AUTH0PG_POSTGRES_URL", h.db.URL)
	h.Setenv("TF_VAR_database", string(database))
	return h
}

// post calls the tenant as the application does.
func (h *house) post(path string, body map[string]any) (status int, answer map[string]any, err error) {
	body["client_id"], body["client_secret"] = h.clientID, h.secret
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.tenant.URL+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	err = json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode, answer, err
}

func (h *house) signUp(t *testing.T, connection string) {
	t.Helper()
	status, answer, err := h.post("/dbconnections/signup", map[string]any{"connection": connection, "email": userEmail, "password": userPassword})
	if err != nil || status != http.StatusOK {
		t.Fatalf("signing up: HTTP %d %v %v", status, answer, err)
	}
}

func (h *house) logIn(connection string) error {
	status, answer, err := h.post("/oauth/token", map[string]any{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": connection, "scope": "openid", "username": userEmail, "password": userPassword,
	})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("HTTP %d %v", status, answer)
	}
	return err
}

// The tests that come with the module pass, as a user runs them.
func TestModuleTests(t *testing.T) {
	t.Parallel()
	h := newHouse(t, filesBelow(t, moduleFolder))
	output := h.MustRun("test")
	for _, run := range []string{`"defaults"... pass`, `"functions"... pass`, `"another_role_and_password"... pass`, `"grants_without_functions"... pass`, `"a_part_more"... pass`} {
		if !strings.Contains(output, "run "+run) {
			t.Errorf("did not run: %s", run)
		}
	}
	if _, answer := h.tenant.API("GET", "/connections", nil); len(answer["items"].([]any)) > 0 {
		t.Errorf("the tests leave connections behind: %v", answer)
	}
	for what, query := range map[string]string{
		"table": "select count(*) from pg_tables where tablename like 'custom_database_test%'",
		"role":  "select count(*) from pg_roles where rolname like 'custom_database_test%'",
	} {
		if left := h.db.QueryString(query); left != "0" {
			t.Errorf("the tests leave a %s behind", what)
		}
	}
}

// caller is a configuration that consists of one module block.
const caller = `
terraform {
  required_providers {
    auth0pg = { source = "auth0pg/auth0pg" }
  }
}

variable "database" {
  type = any
}

module "users" {
  source              = "./custom-database"
  name                = "legacy-users"
  database            = var.database
  enabled_clients     = [%q]
  functions_owner     = %q
  deletion_protection = false
  destroy_users       = true
  %s
}
`

func newCaller(t *testing.T) (h *house, configure func(arguments string, values ...any)) {
	t.Helper()
	files := map[string]string{}
	for name, text := range filesBelow(t, moduleFolder) {
		files["custom-database/"+name] = text
	}
	h = newHouse(t, files)
	owner := h.db.RoleName("owner")
	return h, func(arguments string, values ...any) {
		t.Helper()
		h.Write("main.tf", fmt.Sprintf(caller, h.clientID, owner, fmt.Sprintf(arguments, values...)))
		h.MustRun("get")
	}
}

// What the guide on rotating promises: with a new role and a new password in one apply, no login fails, and the old
// role is gone afterwards. Without create_before_destroy logins fail here.
func TestRotationByNewRoleKeepsLoginsGoing(t *testing.T) {
	t.Parallel()
	h, configure := newCaller(t)
	first, second := h.db.RoleName("scripts"), h.db.RoleName("scripts")
	const arguments = "role_name = %q\nscripts_password = %q\nsecrets_version = %d"
	configure(arguments, first, "the-first-long-password", 1)
	h.MustRun("apply", "-auto-approve")
	h.signUp(t, "legacy-users")

	stop, done := make(chan struct{}), make(chan []error, 1)
	enough := sync.OnceFunc(func() { close(stop) })
	t.Cleanup(enough)
	var logins atomic.Int64
	go func() {
		var failed []error
		for {
			select {
			case <-stop:
				done <- failed
				return
			default:
			}
			// A new container opens new sessions, as the platform does all the time.
			if logins.Load()%5 == 0 {
				h.tenant.Local.RecycleContainer()
			}
			if err := h.logIn("legacy-users"); err != nil {
				failed = append(failed, err)
			}
			logins.Add(1)
		}
	}()
	configure(arguments, second, "the-second-long-password", 2)
	h.MustRun("apply", "-auto-approve")
	enough()
	if failed := <-done; len(failed) > 0 {
		t.Errorf("%d of %d logins failed, the first with: %v", len(failed), logins.Load(), failed[0])
		for _, run := range h.tenant.Local.ScriptRuns() {
			if run.Outcome.Err != nil {
				t.Logf("%s: %s %q", run.Script, run.Outcome.Err.Message, run.Outcome.Console)
			}
		}
	}
	if logins.Load() < 5 {
		t.Errorf("only %d logins: that proves nothing", logins.Load())
	}
	if err := h.logIn("legacy-users"); err != nil {
		t.Errorf("logging in afterwards: %v", err)
	}
	roles := h.db.QueryString("select string_agg(rolname, ',') from pg_roles where rolname = any($1)", []string{first, second})
	if roles != second {
		t.Errorf("roles afterwards: %s, want %s", roles, second)
	}
	h.tenant.Local.RecycleContainer() // the drain would wait for its idle sessions
	h.MustRun("destroy", "-auto-approve")
}

// Users log in whichever way the scripts reach the table, and a switch between the two keeps them.
func TestModuleSwitchesAccess(t *testing.T) {
	t.Parallel()
	h, configure := newCaller(t)
	role := h.db.RoleName("scripts")
	const arguments = "role_name = %q\nscripts_password = \"a-long-enough-password\"\naccess = %s"
	for i, step := range []struct {
		more      string
		functions bool
	}{
		{`"grants"`, false}, {`"functions"`, true}, {"\"grants\"\nkeep_functions = true", true}, {`"grants"`, false},
	} {
		configure(arguments, role, step.more)
		h.MustRun("apply", "-auto-approve")
		if i == 0 {
			h.signUp(t, "legacy-users")
		}
		if err := h.logIn("legacy-users"); err != nil {
			t.Fatalf("logging in with access = %s: %v", step.more, err)
		}
		// The second apply takes back what the former scripts needed.
		h.MustRun("apply", "-auto-approve")
		h.MustRun("plan", "-detailed-exitcode")
		if err := h.logIn("legacy-users"); err != nil {
			t.Fatalf("logging in with access = %s after the second apply: %v", step.more, err)
		}
		if functions := h.db.QueryString("select count(*) from pg_proc where pronamespace = to_regnamespace('auth0')"); (functions != "0") != step.functions {
			t.Errorf("with access = %s there are %s functions", step.more, functions)
		}
	}
	h.tenant.Local.RecycleContainer() // the drain would wait for its idle sessions
	h.MustRun("destroy", "-auto-approve")
}

// The README of the module lists exactly its variables and outputs.
func TestModuleREADME(t *testing.T) {
	text := read(t, moduleFolder+"/README.md")
	for _, kind := range []string{"variable", "output"} {
		for _, name := range declared(t, moduleFolder+"/"+kind+"s.tf", kind) {
			if !strings.Contains(text, "| `"+name+"` |") {
				t.Errorf("the README does not list the %s %s", kind, name)
			}
		}
	}
	names := slices.Concat(declared(t, moduleFolder+"/variables.tf", "variable"), declared(t, moduleFolder+"/outputs.tf", "output"))
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			if name, _, _ := strings.Cut(name, "`"); !slices.Contains(names, name) {
				t.Errorf("the README lists %s, which the module does not have", name)
			}
		}
	}
}

// The row of a variable that is an object names each of its attributes.
func TestModuleREADMENamesAttributes(t *testing.T) {
	text, n := read(t, moduleFolder+"/README.md"), 0
	for _, block := range strings.Split(read(t, moduleFolder+"/variables.tf"), "\nvariable \"")[1:] {
		name, _, _ := strings.Cut(block, `"`)
		_, row, _ := strings.Cut(text, "\n| `"+name+"` |")
		row, _, _ = strings.Cut(row, "\n")
		for _, attribute := range regexp.MustCompile(`(?m)^    ([a-z_]+) += (?:optional\(|string$)`).FindAllStringSubmatch(block, -1) {
			n++
			if !regexp.MustCompile(`\b` + attribute[1] + `\b`).MatchString(row) {
				t.Errorf("the row of %s does not name %s: %s", name, attribute[1], row)
			}
		}
	}
	if n < 20 {
		t.Errorf("found only %d attributes", n)
	}
}

// declared lists the blocks of a kind in a file.
func declared(t *testing.T, file, kind string) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(read(t, file)) {
		if rest, ok := strings.CutPrefix(line, kind+` "`); ok {
			name, _, _ := strings.Cut(rest, `"`)
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("no %s in %s", kind, file)
	}
	return names
}
