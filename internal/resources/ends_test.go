// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// endsTest is a server of its own, which a test may stop, and a workspace with every object on it.
type endsTest struct {
	*testing.T
	db *acctest.DB
	w  *acctest.Workspace
	// url is what the provider connects with.
	url string
}

func newEndsTest(t *testing.T) *endsTest {
	t.Helper()
	if acctest.Real() {
		t.Skip("stops the server, and the suite runs against a real one")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	server, err := localpostgres.Start(ctx, localpostgres.Options{InMemory: true, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	db := pgtest.On(t, server)
	return &endsTest{T: t, db: db, w: acctest.NewWorkspace(t, nil), url: db.URL}
}

// write makes the configuration: the provider with further settings, and every object that this server and role can have.
// more goes into the table.
func (e *endsTest) write(settings, more string, superuser bool) {
	e.Helper()
	text := required + fmt.Sprintf(`
		provider "auth0pg" {
		  postgres {
		    url = %s
		    %s
		  }
		}
		resource "auth0pg_users_table" "users" {
		  name = "users"
		  columns = { id = {}, email = {}, email_verified = {}, password = {}, nickname = {} }
		  %s
		}
		resource "auth0pg_access_functions" "users" {
		  schema = "gate"
		  table  = auth0pg_users_table.users.store
		}
		resource "auth0pg_database_role" "scripts" {
		  name       = "ends_scripts"
		  store      = auth0pg_access_functions.users.store
		  operations = ["login", "get_user"]
		}
		resource "auth0pg_allowlist" "functions" {
		  region      = "EU"
		  enforcement = "functions"
		  store       = auth0pg_access_functions.users.store
		}
		data "auth0pg_users_audit" "users" {
		  store = auth0pg_users_table.users.store
		}
		output "rows" { value = data.auth0pg_users_audit.users.rows }
	`, acctest.Quote(e.url), settings, more)
	for how, since := range map[string]int{"pg_hba": 16, "login_trigger": 17} {
		if superuser && e.db.Server.Version() >= since {
			text += fmt.Sprintf("resource \"auth0pg_allowlist\" %[1]q {\n  region = \"EU\"\n  enforcement = %[1]q\n  role = auth0pg_database_role.scripts.name\n}\n", how)
		}
	}
	e.w.Write("main.tf", text)
}

// run runs Terraform and returns its output on one line.
func (e *endsTest) run(args ...string) (output string, exit int) {
	e.Helper()
	output, exit = e.w.Run(args...)
	output = strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
	for _, never := range []string{"inconsistent", "bug in the provider", "..  ", "Provider produced"} {
		if strings.Contains(output, never) {
			e.Errorf("terraform %s: says %q:\n%s", strings.Join(args, " "), never, output)
		}
	}
	return output, exit
}

// want is run with an exit code, and words that the output has.
func (e *endsTest) want(exit int, words []string, args ...string) string {
	e.Helper()
	output, got := e.run(args...)
	if got != exit {
		e.Fatalf("terraform %s: exit code %d:\n%s", strings.Join(args, " "), got, output)
	}
	for _, word := range words {
		if !strings.Contains(output, word) {
			e.Errorf("terraform %s: does not say %q:\n%s", strings.Join(args, " "), word, output)
		}
	}
	return output
}

func (e *endsTest) kill() {
	e.Helper()
	if err := e.db.Server.Kill(); err != nil {
		e.Fatal(err)
	}
}

func (e *endsTest) restart() {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), time.Minute)
	defer cancel()
	if err := e.db.Server.Restart(ctx); err != nil {
		e.Fatal(err)
	}
}

// maintenance runs a statement in the database postgres.
func (e *endsTest) maintenance(sql string) string {
	e.Helper()
	conn := e.db.ConnTo(e.db.Server.URL("postgres"))
	defer conn.Close(e.Context()) //nolint:errcheck // a test's own
	rows, err := conn.Query(e.Context(), sql)
	if err != nil {
		e.Fatal(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			e.Fatal(err)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		e.Fatal(err)
	}
	return strings.Join(found, " ")
}

// roles are those that were made here.
func (e *endsTest) roles() string {
	e.Helper()
	return e.maintenance("SELECT rolname::text FROM pg_roles WHERE rolname IN ('ends_scripts', 'gate_owner') ORDER BY 1")
}

func (e *endsTest) dropDatabase() {
	e.Helper()
	e.maintenance(`DROP DATABASE "` + e.db.Name + `" WITH (FORCE)`)
}

// What was in a database that is gone can be destroyed, and what belongs to the server goes with it.
func TestDatabaseIsGone(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	e.write("", "", true)
	e.w.MustRun("apply", "-auto-approve")
	e.dropDatabase()

	output := e.want(0, []string{"Database Does Not Exist", "(known after apply)"}, "plan")
	if strings.Contains(output, "No changes") {
		t.Error("the plan says that all is well")
	}
	e.want(1, []string{"Planned Without The Server"}, "apply", "-auto-approve")
	if got := e.roles(); got != "ends_scripts gate_owner" {
		t.Errorf("before the destroy there are %q", got)
	}
	e.want(0, []string{"Destroy complete", "counts as dropped", `DROP TABLE "public"."users";`}, "destroy", "-auto-approve")
	if got := e.roles(); got != "" {
		t.Errorf("after the destroy there are still %q", got)
	}
	if e.db.Server.Version() >= 16 {
		if got := e.maintenance("SELECT coalesce(max(pg_read_file(current_setting('hba_file'))), '')"); strings.Contains(got, "auth0pg") {
			t.Errorf("pg_hba.conf still says\n%s", got)
		}
	}
	if got := e.w.MustRun("show"); strings.Contains(got, "auth0pg_") {
		t.Errorf("the state has %s", got)
	}
}

// The same without a refresh, in one go.
func TestDatabaseIsGoneWithoutRefresh(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	e.write("", "", true)
	e.w.MustRun("apply", "-auto-approve")
	e.dropDatabase()
	e.want(0, []string{"Destroy complete"}, "destroy", "-auto-approve", "-refresh=false")
	if got := e.roles(); got != "" {
		t.Errorf("after the destroy there are still %q", got)
	}
}

// Created anew, the database is filled anew.
func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	e.write("", "", false)
	e.w.MustRun("apply", "-auto-approve")
	e.dropDatabase()
	e.want(0, []string{"Database Does Not Exist"}, "plan", "-out=lost")
	e.want(0, []string{"Database Does Not Exist"}, "apply", "-refresh-only", "-auto-approve") // the mark is in the state
	e.maintenance(`CREATE DATABASE "` + e.db.Name + `"`)
	e.want(1, []string{"stale"}, "apply", "lost")
	e.w.MustRun("apply", "-auto-approve")
	e.want(0, []string{"No changes"}, "plan", "-detailed-exitcode")
}

// Where the provider may be in no other database, what stays behind is named with the SQL that removes it.
func TestDatabaseIsGoneAndNoOther(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	_, e.url = e.db.MainUser("ends_main")
	e.write("", "", false)
	e.w.MustRun("apply", "-auto-approve")
	e.dropDatabase()
	e.maintenance("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
	e.maintenance("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC")
	e.want(0, []string{"Destroy complete", "Left On The Server", `DROP ROLE "ends_scripts";`, `DROP ROLE "gate_owner";`, "42501"}, "destroy", "-auto-approve")
	e.maintenance(`DROP ROLE ends_scripts`)
	e.maintenance(`DROP ROLE gate_owner`)
}

// A role that another database uses is not dropped, and stays in the state.
func TestDatabaseIsGoneAndRoleIsUsed(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	e.write("", "", false)
	e.w.MustRun("apply", "-auto-approve")
	e.dropDatabase()
	e.maintenance("CREATE TABLE kept ()")
	e.maintenance("GRANT SELECT ON kept TO ends_scripts")
	e.want(1, []string{"Role Has Dependent Objects", "2BP01"}, "destroy", "-auto-approve")
	if got := e.w.MustRun("show"); !strings.Contains(got, "# auth0pg_database_role.scripts") {
		t.Errorf("the state has %s", got)
	}
	e.maintenance("DROP TABLE kept")
	// The others are not in the state any more, and cannot be planned anew.
	e.want(1, []string{"Server Not Reached", "To destroy: terraform destroy -refresh=false"}, "destroy", "-auto-approve")
	e.want(0, []string{"Destroy complete"}, "destroy", "-auto-approve", "-refresh=false")
	if got := e.roles(); got != "" {
		t.Errorf("after the destroy there are still %q", got)
	}
}

// A server that is gone is an error with the ways out, or with may_be_absent a warning that names what stays behind.
func TestServerIsGone(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	e.write("", "", true)
	e.w.MustRun("apply", "-auto-approve")
	e.kill()
	for _, args := range [][]string{{"plan"}, {"plan", "-refresh=false"}, {"destroy", "-auto-approve"}} {
		if args[0] == "plan" && len(args) > 1 {
			e.write("", "extra_columns = { more = { type = \"text\" } }", true)
		}
		e.want(1, []string{"Server Not Reached", "may_be_absent = true", "terraform state rm"}, args...)
		e.write("", "", true)
	}
	e.write("may_be_absent = true", "", true)
	e.want(0, []string{"Server Is Absent"}, "plan")
	e.want(1, []string{"Planned Without The Server"}, "apply", "-auto-approve")
	words := []string{"Destroy complete", "Left On The Server", `DROP TABLE "public"."users";`, `DROP ROLE "ends_scripts";`, `DROP SCHEMA "gate" CASCADE;`, "check_client"}
	if e.db.Server.Version() >= 17 {
		words = append(words, "DROP EVENT TRIGGER", "in pg_hba.conf, remove the line")
	}
	e.want(0, words, "destroy", "-auto-approve")
	counted := required + fmt.Sprintf("provider \"auth0pg\" {\n postgres {\n url = %s\n may_be_absent = MAY\n }\n}\n", acctest.Quote(e.url)) +
		"data \"auth0pg_users_audit\" \"users\" {" + connectionStore + "}\noutput \"none\" { value = data.auth0pg_users_audit.users.rows == null }\n"
	e.w.Write("main.tf", strings.Replace(counted, "MAY", "false", 1))
	e.want(1, []string{"Server Not Reached", "-refresh=false"}, "plan")
	e.w.Write("main.tf", strings.Replace(counted, "MAY", "true", 1))
	e.want(0, []string{"Users Not Counted", "none = true"}, "plan")
	e.restart()
	// The SQL does what it says.
	e.db.Exec("SET client_min_messages = error")
	for _, statement := range []string{`DROP TABLE "public"."users" CASCADE`, `DROP SCHEMA "gate" CASCADE`, `DROP OWNED BY "gate_owner"`, `DROP ROLE "gate_owner"`, `DROP OWNED BY "ends_scripts"`, `DROP ROLE "ends_scripts"`} {
		e.maintenanceIn(e.db.URL, statement)
	}
}

func (e *endsTest) maintenanceIn(address, sql string) {
	e.Helper()
	conn := e.db.ConnTo(address)
	defer conn.Close(e.Context()) //nolint:errcheck // a test's own
	if _, err := conn.Exec(e.Context(), sql); err != nil {
		e.Errorf("%s: %v", sql, err)
	}
}

// A table that is gone takes nothing with it that destroying would stumble over.
func TestTableIsGone(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	e.write("", "", true)
	e.w.MustRun("apply", "-auto-approve")
	e.maintenanceIn(e.db.URL, "DROP TABLE users CASCADE")
	e.want(0, []string{"Destroy complete"}, "destroy", "-auto-approve")
	if got := e.roles(); got != "" {
		t.Errorf("after the destroy there are still %q", got)
	}
}

// A server that goes away or comes up between plan and apply ends in an error of ours, or in what was planned.
func TestServerBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	const absent = "may_be_absent = true"

	e.write("", "", true)
	e.w.MustRun("plan", "-out=creation")
	e.kill()
	e.want(1, []string{"Server Not Reached"}, "apply", "creation")
	e.restart()
	e.write(absent, "", true)
	e.want(0, []string{"Statements Not Binding", "CREATE TABLE"}, "plan", "-out=dim")
	e.kill()
	e.want(1, []string{"could not connect"}, "apply", "dim")
	e.write("", "", true)
	e.want(1, []string{"Server Not Reached", "may_be_absent = true"}, "plan")
	e.write(absent, "", true)
	e.want(0, []string{"Planned Without The Server"}, "plan", "-out=up")
	e.restart()
	e.w.MustRun("apply", "up")
	e.want(0, []string{"No changes"}, "plan", "-detailed-exitcode")

	for _, settings := range []string{"", absent} {
		column := "extra_columns = { more" + fmt.Sprint(len(settings)) + " = { type = \"varchar(20)\" } }"
		e.write(settings, column, true)
		e.w.MustRun("plan", "-out=update")
		e.kill()
		e.want(1, []string{"Server Not Reached"}, "apply", "update")
		e.restart()
		e.w.MustRun("apply", "-auto-approve")
		e.want(0, []string{"No changes"}, "plan", "-detailed-exitcode")
	}

	// Planned while it was away, and back before the apply.
	e.kill()
	e.want(0, []string{"Server Is Absent"}, "plan", "-out=lost")
	e.restart()
	e.want(1, []string{"Planned Without The Server"}, "apply", "lost")
	e.want(0, []string{"No changes"}, "plan", "-detailed-exitcode")

	// And a destroy that was planned while it was there.
	e.write("", "deletion_protection = false", true)
	e.w.MustRun("apply", "-auto-approve")
	e.w.MustRun("plan", "-destroy", "-out=destroy")
	e.kill()
	e.want(1, []string{"Server Not Reached"}, "apply", "destroy")
	e.restart()
	e.want(0, []string{"Destroy complete"}, "destroy", "-auto-approve")
}

// The settings may be known at apply only; then everything that depends on them is.
func TestServerOfUnknownSettings(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	for i, settings := range []string{"", "may_be_absent = true"} {
		e.write(settings, "deletion_protection = false", true)
		text := strings.Replace(e.w.Read("main.tf"), acctest.Quote(e.url), "terraform_data.url.output", 1)
		e.w.Write("main.tf", text+fmt.Sprintf("resource \"terraform_data\" \"url\" { input = %s }\n", acctest.Quote(e.url)))
		output := e.want(0, []string{"Apply complete"}, "apply", "-auto-approve")
		if strings.Contains(output, "Error") {
			t.Errorf("round %d:\n%s", i, output)
		}
		e.want(0, []string{"No changes"}, "plan", "-detailed-exitcode")
		e.want(0, []string{"Destroy complete"}, "destroy", "-auto-approve")
	}
}

// A refusal at plan also blocks terraform destroy, but not one without a refresh. A matter of the configuration does not
// speak of that.
func TestRefusalsLeaveAWayOut(t *testing.T) {
	t.Parallel()
	e := newEndsTest(t)
	own, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	tenant := acctest.Tenant(t)
	tenant.API("POST", "/connections", map[string]any{"name": "taken", "strategy": "auth0"})
	e.maintenanceIn(e.db.URL, "CREATE TABLE users (id int)")
	for name, resource := range map[string]string{
		"Users Table Exists Already": `resource "auth0pg_users_table" "x" { ` + "\nname = \"users\"\n" + acctest.Columns("") + "\n}",
		"Role Is The Provider's Own": `resource "auth0pg_database_role" "x" { ` + "\nname = " + acctest.Quote(own.User.Username()) + "\n operations = [\"login\"]\n" + connectionStore + ` }`,
		"Connection Exists Already":  `resource "auth0pg_connection" "x" { ` + "\nname = \"taken\"\n" + connectionStore + ` }`,
		"Users Table Not Found":      `data "auth0pg_users_audit" "x" { ` + strings.Replace(connectionStore, `public.users`, `public.nobody`, 1) + ` }`,
	} {
		e.w.Write("main.tf", required+acctest.ProviderConfig(e.db, tenant)+"resource \"terraform_data\" \"kept\" {}\n"+resource)
		e.w.MustRun("apply", "-auto-approve", "-target=terraform_data.kept")
		output := e.want(1, []string{name}, "destroy", "-auto-approve")
		if strings.Contains(output, "To destroy:") || strings.Contains(output, "recognised") || strings.Contains(output, "pply again") {
			t.Errorf("%s: the plan speaks as if something was done:\n%s", name, output)
		}
		if name == "Role Is The Provider's Own" && strings.Contains(output, "import {") {
			t.Errorf("the provider's own role is offered for import:\n%s", output)
		}
		e.want(0, []string{"Destroy complete"}, "destroy", "-auto-approve", "-refresh=false")
	}
}
