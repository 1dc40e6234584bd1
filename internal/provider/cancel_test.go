// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// soon bounds what takes a second or two on a machine that does nothing else; all that is waited for here would take
// minutes.
const soon = 20 * time.Second

const required = `
terraform {
  required_providers {
    auth0pg = {
      source = "auth0pg/auth0pg"
    }
  }
}
`

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatal("in vain waited for: " + what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// interrupt presses Ctrl-C once a run waits for what the test has arranged. It must end soon.
func interrupt(t *testing.T, w *acctest.Workspace, waits func() bool, args ...string) (output string) {
	t.Helper()
	run := w.Start(args...)
	eventually(t, "a run that waits", waits)
	run.Interrupt()
	began := time.Now()
	output, exit := run.Wait()
	took := time.Since(began)
	t.Logf("ended after %v", took)
	if exit == 0 || took > soon {
		t.Errorf("exit code %d after %v\n%s", exit, took, output)
	}
	if strings.Contains(output, "bug in the provider") || strings.Contains(output, "Plugin did not respond") {
		t.Errorf("the provider did not end well\n%s", output)
	}
	return output
}

// settles expects that the next apply finishes what the interrupted one began.
func settles(t *testing.T, w *acctest.Workspace) {
	t.Helper()
	w.MustRun("apply", "-auto-approve")
	if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
		t.Errorf("the plan is not empty\n%s", output)
	}
}

// TestInterruptedStatements presses Ctrl-C while a statement waits on the server: it ends there, too, and the objects
// that were made before are in the state.
func TestInterruptedStatements(t *testing.T) {
	t.Parallel()
	const users = `
		resource "auth0pg_users_table" "users" {
		  name                = "users"
		  columns             = { id = {}, email = {}, email_verified = {}, password = {}, nickname = {} %s }
		  deletion_protection = false
		  timeouts            = { update = "30m" }
		}`
	const role = `
		resource "auth0pg_database_role" "scripts" {
		  name       = "%s"
		  store      = auth0pg_users_table.users.store
		  operations = ["login"]
		}`
	for name, test := range map[string]struct {
		before, after func(role string) string
		// hold is what another session does, in a transaction that stays open.
		hold []string
		kept string
	}{
		"index behind a transaction that writes": {
			before: func(string) string { return fmt.Sprintf(users, "") },
			after:  func(string) string { return fmt.Sprintf(users, ", username = {}") },
			hold:   []string{"INSERT INTO users (email, password) VALUES ('a@example.com', 'x')"},
			kept:   "auth0pg_users_table",
		},
		"index behind an old snapshot": {
			before: func(string) string { return fmt.Sprintf(users, "") },
			after:  func(string) string { return fmt.Sprintf(users, ", username = {}") },
			hold:   []string{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM users"},
			kept:   "auth0pg_users_table",
		},
		"grant behind another grant": {
			before: func(string) string { return fmt.Sprintf(users, "") },
			after:  func(name string) string { return fmt.Sprintf(users, "") + fmt.Sprintf(role, name) },
			hold:   []string{"GRANT SELECT (email) ON users TO public", "GRANT USAGE ON SCHEMA public TO public"},
			kept:   "auth0pg_users_table",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := acctest.LocalDatabase(t)
			roleName := db.RoleName("scripts")
			provider := required + fmt.Sprintf("provider \"auth0pg\" {\n  postgres {\n    url = %s\n    lock_timeout = \"10m\"\n  }\n}\n", acctest.Quote(db.URL))
			w := acctest.NewWorkspace(t, map[string]string{"main.tf": provider + test.before(roleName)})
			w.MustRun("apply", "-auto-approve")
			if strings.Contains(test.hold[0], "SET TRANSACTION") {
				db.Exec("ALTER TABLE users ADD username text") // the index is then the first statement
			}
			holder := db.Conn()
			for _, sql := range append([]string{"BEGIN"}, test.hold...) {
				if _, err := holder.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			w.Write("main.tf", provider+test.after(roleName))
			interrupt(t, w, func() bool {
				return db.QueryBool(`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'terraform-provider-auth0pg'
					AND state = 'active' AND cardinality(pg_blocking_pids(pid)) > 0)`)
			}, "apply", "-auto-approve")
			eventually(t, "the end of the provider's sessions", func() bool {
				return db.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'terraform-provider-auth0pg'") == 0
			})
			if !strings.Contains(w.Read("terraform.tfstate"), test.kept) {
				t.Error("the state is lost")
			}
			if _, err := holder.Exec(t.Context(), "COMMIT"); err != nil {
				t.Fatal(err)
			}
			settles(t, w)
		})
	}
}

// TestInterruptedRequests presses Ctrl-C while the tenant keeps the provider waiting.
func TestInterruptedRequests(t *testing.T) {
	t.Parallel()
	// Far enough to be waited for, and not so far that the provider gives up at once.
	reset := strconv.FormatInt(time.Now().Add(2*time.Minute).Unix(), 10)
	for name, fault := range map[string]localtenant.Fault{
		"no answer to a creation": {Method: http.MethodPost, Path: regexp.MustCompile(`^/api/v2/connections$`), Latency: 10 * time.Minute, Times: -1},
		"an exhausted rate limit": {Method: http.MethodPost, Path: regexp.MustCompile(`^/api/v2/connections$`), Status: http.StatusTooManyRequests, Times: -1,
			Header: http.Header{"X-RateLimit-Reset": {reset}, "X-RateLimit-Remaining": {"0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := acctest.TenantWith(t, localtenant.Options{})
			w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + acctest.ProviderConfig(nil, tenant) + `
				resource "auth0pg_allowlist" "first" {
				  region = "EU"
				}` + oneConnection})
			w.MustRun("apply", "-auto-approve", "-target=auth0pg_allowlist.first")
			hits := func() int {
				n := 0
				for _, request := range tenant.Local.Requests() {
					if (fault.Method == "" || fault.Method == request.Method) && fault.Path.MatchString(request.Path) {
						n++
					}
				}
				return n
			}
			before := hits()
			remove := tenant.Local.Inject(fault)
			output := interrupt(t, w, func() bool { return hits() > before }, "apply", "-auto-approve")
			if !strings.Contains(w.Read("terraform.tfstate"), "auth0pg_allowlist") {
				t.Errorf("the state is lost\n%s", output)
			}
			remove()
			settles(t, w)
			if _, list := tenant.API(http.MethodGet, "/connections", nil); len(list["items"].([]any)) != 1 {
				t.Errorf("the tenant has %v", list)
			}
		})
	}
}

// TestInterruptedConnecting presses Ctrl-C while somebody accepts connections and says nothing.
// It does so during a plan: Terraform tells providers to stop then, and not while an apply makes its plan.
func TestInterruptedConnecting(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"the server": `
			provider "auth0pg" {
			  postgres {
			    url = "postgres://u:p@%[1]s/db"
			    connect_timeout = "10m"
			  }
			}
			resource "auth0pg_users_table" "users" {
			  name    = "users"
			  columns = { id = {}, email = {}, password = {} }
			}`,
		"the tenant": `
			provider "auth0pg" {
			  auth0 {
			    base_url = "http://%[1]s"
			    client_id = "id"
			    client_secret = "secret"
			  }
			}
			resource "auth0pg_connection" "users" {
			  name = "users"
			  import_mode = true
			  scripts {
			    overrides = {
  			    login    = "function login(identifier, password, callback) { return callback(null, null); }"
  			    get_user = "function getUser(identifier, callback) { return callback(null, null); }"
			    }
			  }
			}`,
		"the feed": `
			resource "auth0pg_allowlist" "live" {
			  region = "EU"
			  live = true
			  url = "http://%[1]s/"
			}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			accepted := make(chan net.Conn, 100)
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					accepted <- conn // stays open
				}
			}()
			w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + fmt.Sprintf(config, listener.Addr())})
			interrupt(t, w, func() bool { return len(accepted) > 0 }, "plan")
		})
	}
}
