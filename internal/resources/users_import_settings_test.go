// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// config is an import into the connection, without user_id_prefix, with further settings.
func (l *leaving) config(connection string, more map[string]any) map[string]any {
	config := map[string]any{"connection_id": connection, "store": l.store(nil).Marshal(), "hash_formats": []string{"md5"}}
	maps.Copy(config, more)
	return config
}

// taken gives the addresses of the users up to a number to others of the connection.
func (l *leaving) taken(connection string, upTo int) {
	l.Helper()
	var users []map[string]any
	for n := range upTo {
		users = append(users, map[string]any{"user_id": fmt.Sprintf("other|%d", n+1), "email": fmt.Sprintf("user%d@example.com", n+1)})
	}
	file, err := json.Marshal(users)
	if err != nil {
		l.Fatal(err)
	}
	local := l.tenant.Local
	client := auth0.New(auth0.Config{BaseURL: local.URL(), Audience: local.Audience(), ClientID: local.ClientID(), ClientSecret: local.ClientSecret()})
	job, err := client.ImportUsers(l.Context(), auth0.UsersImport{ConnectionID: connection, Users: file})
	for err == nil && !job.Over() {
		time.Sleep(10 * time.Millisecond)
		job, err = client.Job(l.Context(), job.ID)
	}
	if err != nil || job.Summary.Inserted != upTo {
		l.Fatal(job, err)
	}
}

// sent are the calls since the last time that have started imports.
func (l *leaving) sent() (calls []string) {
	for _, r := range l.tenant.Local.Requests() {
		if strings.HasSuffix(r.Path, "/users-imports") {
			calls = append(calls, string(r.Body))
		}
	}
	l.tenant.Local.ResetRequests()
	return calls
}

// summaries are those of a severity.
func summaries(diags acctest.Diagnostics, severity tfprotov6.DiagnosticSeverity) string {
	var all []string
	for _, d := range diags {
		if d.Severity == severity {
			all = append(all, d.Summary)
		}
	}
	return strings.Join(all, ", ")
}

// Ids have the prefix of the connection's scripts. The ledger is the table that is named; of many who were refused the first
// hundred are listed, and all by the query. What the jobs are asked is what is configured.
func TestUsersImportSettings(t *testing.T) {
	t.Parallel()
	l := newLeaving(t, 105)
	l.db.Exec("CREATE SCHEMA moving")
	connection := l.rendered("users", scripts.Options{UserIDPrefix: "old"})
	l.taken(connection, 103)
	l.sent()
	ledger := map[string]any{"schema": "moving", "name": "sent"}
	first := l.config(connection, map[string]any{"ledger": ledger, "max_failed": 103})
	object, diags := l.Apply(l.New("auth0pg_users_import"), first)
	if got := summaries(diags, tfprotov6.DiagnosticSeverityWarning); diags.Failed() || got != "Users Will Be Imported, Users Refused By Auth0" ||
		!strings.Contains(diags.String(), "Auth0 refused 103 users of") {
		t.Fatal(diags)
	}
	got := object.JSON()
	failed := got["failed"].([]any)
	if fmt.Sprint(got["imported"], got["already_there"], len(failed), failed[0]) != "2 0 100 map[code:DUPLICATED_USER id:1]" {
		t.Errorf("imported %v, already there %v, failed %v", got["imported"], got["already_there"], failed)
	}
	if listed := l.db.QueryInt(fmt.Sprintf("SELECT count(*) FROM (%s) q", got["failed_query"])); listed != 103 {
		t.Errorf("the query lists %d", listed)
	}
	if status, _ := l.tenant.API("GET", "/users/auth0%7Cold%7C105", nil); status != http.StatusOK {
		t.Errorf("the user with the prefix of the scripts: status %d", status)
	}
	if made := l.db.QueryStrings("SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relname IN ('sent', 'auth0pg_import')"); fmt.Sprint(
		made) != "[moving.sent]" {
		t.Errorf("the ledger is %v", made)
	}
	expectSent := func(want int, value string) {
		t.Helper()
		calls := l.sent()
		for _, name := range []string{"upsert", "send_completion_email"} {
			is := regexp.MustCompile(`name="` + name + `"\r\n([^\r\n]+\r\n)*\r\n` + value + "\r\n")
			for _, call := range calls {
				if !is.MatchString(call) {
					t.Errorf("%s is not %s: %s", name, value, call)
				}
			}
		}
		if len(calls) != want {
			t.Errorf("%d jobs, want %d", len(calls), want)
		}
	}
	expectSent(2, "false")

	// A user more; an import that runs out of time is made up for by the next apply.
	l.db.Exec("INSERT INTO public.users (id, email, password_hash) VALUES (106, 'user106@example.com', md5('106'))")
	second := map[string]any{"ledger": ledger, "version": 2, "where": "id > 103", "upsert": true, "send_completion_email": true,
		"timeouts": map[string]any{"update": "1ms"}}
	cut, diags := l.Apply(object, l.config(connection, second))
	if summaries(diags, tfprotov6.DiagnosticSeverityError) != "Users Not Imported" || !strings.Contains(diags.String(),
		`at AttributeName("timeouts")`) || fmt.Sprint(cut.JSON()["version"]) != "1" {
		t.Errorf("out of time: %v, version %v", diags, cut.JSON()["version"])
	}
	second["timeouts"] = nil
	object, diags = l.Apply(cut, l.config(connection, second))
	if diags.Failed() || fmt.Sprint(object.JSON()["imported"], object.JSON()["version"]) != "1 2" {
		t.Errorf("%v, imported %v", diags, object.JSON()["imported"])
	}
	expectSent(1, "true")
}

// Where the provider may create nothing, it says so, and goes on once who may has run what it suggests.
func TestUsersImportWithALedgerOfTheOwner(t *testing.T) {
	t.Parallel()
	l := newLeaving(t, 3)
	connection := l.written("users", true)
	mover := l.db.RoleName("mover")
	l.db.Exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE " + mover + " LOGIN PASSWORD 'mover'; GRANT SELECT, UPDATE (migrated_at) ON " +
		"public.users TO " + mover)
	l.as(l.db.URLFor(mover, "mover"))
	config := l.config(connection, map[string]any{"user_id_prefix": ""})
	object, diags := l.Apply(l.New("auth0pg_users_import"), config)
	if got := summaries(diags, tfprotov6.DiagnosticSeverityError); got != "Users Not Imported" || !strings.Contains(diags.String(), "42501") ||
		!strings.Contains(diags.String(), "suggested_ddl") || !strings.Contains(diags.String(), "SELECT, INSERT and UPDATE") {
		t.Error(diags)
	}
	for _, statement := range object.JSON()["suggested_ddl"].([]any) {
		l.db.Exec(fmt.Sprint(statement))
	}
	_, diags = l.Apply(l.New("auth0pg_users_import"), config)
	if !diags.Failed() || !strings.Contains(diags.String(), "SELECT, INSERT and UPDATE") {
		t.Error(diags)
	}
	l.db.Exec("GRANT SELECT, INSERT, UPDATE ON public.auth0pg_import TO " + mover)
	object, diags = l.Apply(l.New("auth0pg_users_import"), config)
	if diags.Failed() || fmt.Sprint(object.JSON()["imported"]) != "3" {
		t.Errorf("%v, imported %v", diags, object.JSON()["imported"])
	}
	if left := l.db.QueryInt("SELECT count(*) FROM public.users WHERE migrated_at IS NULL"); left > 0 {
		t.Errorf("%d users are left", left)
	}
}
