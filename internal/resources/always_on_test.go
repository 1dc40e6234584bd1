// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// alwaysOn is a whole custom database that users log in to while it is changed.
type alwaysOn struct {
	*testing.T
	db        *acctest.DB
	tenant    *acctest.TenantHandle
	workspace *acctest.Workspace
	clientID  string
	secret    string
}

const (
	userEmail    = "grace@example.com"
	userPassword = "correct horse battery staple 1"
)

func newAlwaysOn(t *testing.T) *alwaysOn {
	t.Helper()
	a := &alwaysOn{T: t, db: acctest.LocalDatabase(t), tenant: acctest.TenantWith(t, localtenant.Options{})}
	a.workspace = acctest.NewWorkspace(t, nil)
	a.db.Exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC") // the default before PostgreSQL 15
	a.clientID, a.secret = a.tenant.Local.AddClient("web")
	return a
}

// apply writes the configuration and applies it; the last apply must leave nothing to do.
func (a *alwaysOn) apply(times int, objects string) {
	a.Helper()
	a.workspace.Write("main.tf", required+acctest.ProviderConfig(a.db, a.tenant)+`
resource "auth0pg_users_table" "users" {
  name                = "users"
  columns             = { id = {}, email = {}, email_verified = {}, password = {}, last_login = {} }
  deletion_protection = false
}
`+objects)
	for range times {
		a.workspace.MustRun("apply", "-auto-approve")
	}
	if output, exit := a.workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
		a.Errorf("the plan after the apply is not empty (exit %d):\n%s", exit, output)
	}
}

// role declares a role for all operations on a store.
func (a *alwaysOn) role(label, name, store string) string {
	return fmt.Sprintf(`
resource "auth0pg_database_role" %q {
  name                = %q
  store               = %s
  operations          = ["login", "get_user", "create", "verify", "change_password", "delete", "change_email"]
  password_wo         = "password-of-%s"
  password_wo_version = 1
  drain_timeout       = "1m"
}
`, label, name, store, label)
}

// connection declares the connection over a store with the role of that label.
func (a *alwaysOn) connection(label, store string, version int) string {
	url := strings.Replace(a.db.URLFor("ROLE", "password-of-"+label), "ROLE", "${auth0pg_database_role."+label+".name}", 1)
	return fmt.Sprintf(`
resource "auth0pg_connection" "users" {
  name                     = "users"
  store                    = %s
  configuration_wo         = { POSTGRES_URL = "%s" }
  configuration_wo_version = %d
  enabled_clients          = [%q]
  deletion_protection      = false
  delete_with_users        = true
}
`, store, url, version, a.clientID)
}

func (a *alwaysOn) post(path string, body map[string]any) (status int, answer string, err error) {
	content, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(a.Context(), http.MethodPost, a.tenant.URL+path, bytes.NewReader(content))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	content, err = io.ReadAll(resp.Body)
	return resp.StatusCode, string(content), err
}

func (a *alwaysOn) signUp() {
	a.Helper()
	status, answer, err := a.post("/dbconnections/signup", map[string]any{"client_id": a.clientID, "connection": "users", "email": userEmail, "password": userPassword})
	if err != nil || status != http.StatusOK {
		a.Fatalf("sign-up: %d %s %v", status, answer, err)
	}
}

func (a *alwaysOn) login() error {
	status, answer, err := a.post("/oauth/token", map[string]any{
		"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": "users", "scope": "openid",
		"client_id": a.clientID, "client_secret": a.secret, "username": userEmail, "password": userPassword,
	})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%d %s", status, answer)
	}
	return err
}

// during logs in all the time while work runs, and fails the test for each login that is refused.
func (a *alwaysOn) during(work func()) {
	a.Helper()
	ctx, stop := context.WithCancel(a.Context())
	var group sync.WaitGroup
	var logins, refused atomic.Int64
	for range 3 {
		group.Go(func() {
			for ctx.Err() == nil {
				logins.Add(1)
				if err := a.login(); err != nil {
					refused.Add(1)
					a.Errorf("%s a login is refused: %v", time.Now().Format(time.TimeOnly), err)
				}
			}
		})
	}
	work()
	stop()
	group.Wait()
	a.Logf("%d logins, %d refused", logins.Load(), refused.Load())
	if logins.Load() < 10 {
		a.Errorf("only %d logins", logins.Load())
	}
}

// From table to functions and back is one changed reference. The apply that changes it
// leaves the role both rights, the next one takes the former ones back.
func TestSwitchToFunctionsKeepsLoginsWorking(t *testing.T) {
	t.Parallel()
	a := newAlwaysOn(t)
	role := a.db.RoleName("scripts")
	schema := accessSchema(a.db)
	through := func(store string) string {
		return fmt.Sprintf("resource \"auth0pg_access_functions\" \"access\" {\n  schema = %q\n  table = auth0pg_users_table.users.store\n}\n", schema) +
			a.role("scripts", role, store) + a.connection("scripts", store, 1)
	}
	const table, functions = "auth0pg_users_table.users.store", "auth0pg_access_functions.access.store"
	a.apply(1, through(table))
	a.signUp()
	a.during(func() {
		a.apply(2, through(functions))
		if err := onlyFunctions(a.db, role, schema); err != nil {
			t.Error(err)
		}
		a.apply(2, through(table))
	})
}

// The guide's way to change the password: a second role takes over, the first one is drained.
func TestRotationKeepsLoginsWorking(t *testing.T) {
	t.Parallel()
	a := newAlwaysOn(t)
	blue, green := a.db.RoleName("blue"), a.db.RoleName("green")
	const table = "auth0pg_users_table.users.store"
	a.apply(1, a.role("blue", blue, table)+a.connection("blue", table, 1))
	a.signUp()
	a.during(func() {
		a.apply(1, a.role("blue", blue, table)+a.role("green", green, table)+a.connection("green", table, 2))
		a.apply(1, a.role("green", green, table)+a.connection("green", table, 2))
	})
	if err := roleGone(a.db, blue); err != nil {
		t.Error(err)
	}
}

// clientCheck is what the access functions ask of a client's address.
func (a *alwaysOn) clientCheck(schema string) string {
	return a.db.QueryString("SELECT prosrc FROM pg_proc WHERE proname = 'check_client' AND pronamespace = $1::regnamespace", schema)
}

// A table or functions that are made anew take every privilege on the former ones along, and what the functions check. What
// derives from them is planned and applied in the same run, so that logins work afterwards, also where another address or
// store stands in between, and the same addresses are refused.
func TestReplacedTableKeepsLoginsWorking(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]string{"table": "auth0pg_users_table.users.store", "functions": "auth0pg_access_functions.access.store"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAlwaysOn(t)
			schema := accessSchema(a.db)
			objects := fmt.Sprintf("resource \"auth0pg_access_functions\" \"access\" {\n  schema = %q\n  table = auth0pg_users_table.users.store\n}\n", schema) +
				a.role("scripts", a.db.RoleName("scripts"), store) + a.connection("scripts", store, 1) + `
resource "auth0pg_allowlist" "auth0" {
  region           = "EU"
  additional_cidrs = ["127.0.0.0/8"]
  enforcement      = "functions"
  store            = auth0pg_access_functions.access.store
}
`
			a.apply(1, objects)
			check := a.clientCheck(schema)
			for _, way := range []func(){
				func() { a.workspace.MustRun("apply", "-auto-approve", "-replace=auth0pg_access_functions.access") },
				func() { a.workspace.MustRun("apply", "-auto-approve", "-replace=auth0pg_users_table.users") },
				func() {
					a.workspace.MustRun("taint", "auth0pg_users_table.users")
					a.workspace.MustRun("apply", "-auto-approve")
				},
				func() {
					a.db.Exec("DROP TABLE users CASCADE")
					a.workspace.MustRun("apply", "-auto-approve")
				},
			} {
				way()
				if output, exit := a.workspace.Run("plan", "-detailed-exitcode"); exit != 0 {
					t.Errorf("the plan after it is not empty (exit %d):\n%s", exit, output)
				}
				if now := a.clientCheck(schema); now != check {
					t.Errorf("the functions check other addresses than before:\n%s", now)
				}
				a.signUp()
				if err := a.login(); err != nil {
					t.Error(err)
				}
				a.db.Exec("DELETE FROM users")
			}
		})
	}
}
