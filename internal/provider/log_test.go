// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

const loggedConfig = `
resource "auth0pg_users_table" "users" {
  name                = "users"
  columns             = { id = {}, email = {}, email_verified = {}, password = {}, nickname = {} %[1]s }
  deletion_protection = false
}

resource "auth0pg_access_functions" "users" {
  schema = "api"
  table  = auth0pg_users_table.users.store
  owner  = "%[2]s"
}

resource "auth0pg_database_role" "scripts" {
  name                = "%[3]s"
  store               = auth0pg_access_functions.users.store
  operations          = ["login", "get_user"]
  password_wo         = "scripts-hunter2"
  password_wo_version = 1
}

resource "auth0pg_connection" "users" {
  name        = "logged"
  import_mode = true
  store       = auth0pg_access_functions.users.store
  scripts { overrides = { get_user = "function getUser(hunter2, callback) { return callback(null); }" } }
  configuration_wo = {
    POSTGRES_URL = "postgres://${auth0pg_database_role.scripts.name}:scripts-hunter2@%[4]s/%[5]s?sslmode=disable"
    API_KEY      = "key-hunter2"
  }
  configuration_wo_version = 1
  enabled_clients = [%[6]q]
  deletion_protection      = false
  %[7]s
}

resource "auth0pg_allowlist" "addresses" {
  region = "EU"
  role   = auth0pg_database_role.scripts.name
}
`

// logLine is a line of ours in the log: when, level, message and fields.
var logLine = regexp.MustCompile(`(?m)^\S+ \[([A-Z]+)\] +provider\.terraform-provider-auth0pg: (.*)$`)

// TestLogTellsTheStory applies something of everything. The log says at INFO what was done and in what time, on one
// screen; at DEBUG each call and each statement; and at no level a secret or a script's text.
func TestLogTellsTheStory(t *testing.T) {
	t.Parallel()
	db, tenant := acctest.LocalDatabase(t), acctest.TenantWith(t, localtenant.Options{RateLimit: &localtenant.RateLimit{Burst: 100, PerSecond: 50}})
	_, client := tenant.API(http.MethodPost, "/clients", map[string]any{"name": "app"})
	address, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal("the database's URL cannot be parsed")
	}
	owner, role := db.RoleName("owner"), db.RoleName("scripts")
	config := func(columns, setting string) string {
		return required + acctest.ProviderConfig(db, tenant) + fmt.Sprintf(loggedConfig, columns, owner, role, address.Host, db.Name, client["client_id"], setting)
	}
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": config("", "")})
	administrator, _ := address.User.Password()
	secrets := []string{"hunter2", administrator, tenant.Local.ClientSecret(), tenant.Local.Token(), "eyJ", "SCRAM-SHA-256$", "callback(", "Bearer "}
	// logged runs Terraform and returns the lines of a level, and below it none.
	logged := func(level string, args ...string) []string {
		t.Helper()
		file := strings.ToLower(level) + "-" + args[0] + ".log"
		w.Setenv("TF_LOG_PROVIDER", level)
		w.Setenv("TF_LOG_PATH", file)
		output := w.MustRun(args...)
		log := w.Read(file)
		for _, secret := range secrets {
			if strings.Contains(log, secret) {
				at := strings.Index(log, secret)
				t.Errorf("the log has %q: …%s…", secret, log[max(0, at-200):min(len(log), at+50)])
			}
		}
		if strings.Contains(output, "-hunter2") { // the scripts are shown, the secrets are not
			t.Errorf("the output has a secret")
		}
		var lines []string
		for _, found := range logLine.FindAllStringSubmatch(log, -1) {
			switch {
			case strings.HasPrefix(found[2], "configuring server automatic mTLS"): // what every plug-in says at its start
			case strings.HasPrefix(found[2], "Response contains warning diagnostic"): // Terraform shows it: a script of one's own
			case level == "INFO" && !strings.Contains(found[0], "@module=auth0pg"):
				t.Errorf("at INFO the log has %s", found[0])
			default:
				lines = append(lines, found[2])
			}
		}
		return lines
	}
	// has expects a line that begins with a message and has the fields.
	has := func(lines []string, message string, fields ...string) {
		t.Helper()
		for _, line := range lines {
			missing := !strings.HasPrefix(line, message+": ")
			for _, field := range append(fields, "duration_ms=") {
				missing = missing || !strings.Contains(line, field)
			}
			if !missing {
				return
			}
		}
		of := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, message) })
		t.Errorf("no line %q with %q; there are %d lines, of these\n%s", message, fields, len(lines), strings.Join(of, "\n"))
	}

	lines := logged("INFO", "apply", "-auto-approve")
	has(lines, "table changed", `table="\"public\".\"users\""`, `what="create the table"`)
	has(lines, "access functions created", "schema=api", "functions=")
	has(lines, "role created", "role="+role, "password_set=true")
	has(lines, "scripts tried", "role="+role)
	has(lines, "connection created", "connection=logged", `scripts="get_user, login"`, `configuration="API_KEY, POSTGRES_URL"`)
	has(lines, "clients of the connection set", "enabled=1")
	has(lines, "allowlist created", "enforcement=none", "source=snapshot")
	if len(lines) > 24 {
		t.Errorf("%d lines are more than one screen:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	t.Log("\n" + strings.Join(lines, "\n"))
	if lines := logged("INFO", "plan", "-detailed-exitcode"); len(lines) > 0 {
		t.Errorf("a plan that changes nothing says\n%s", strings.Join(lines, "\n"))
	}

	// With the secrets once more.
	w.Write("main.tf", strings.ReplaceAll(config(", created_at = {}", `display_name = "Logged"`), "_wo_version = 1", "_wo_version = 2"))
	lines = logged("DEBUG", "apply", "-auto-approve")
	has(lines, "SQL statement", `ALTER TABLE \"public\".\"users\" ADD`)
	has(lines, "Auth0 request", "method=PATCH", "path=/api/v2/connections/con_", "status=200", "rate_limit_remaining=")

	lines = logged("INFO", "destroy", "-auto-approve")
	for _, message := range []string{"table dropped", "access functions dropped", "role dropped", "connection deleted", "allowlist removed"} {
		has(lines, message)
	}
}
