// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// eventually waits for a condition that the administrator's query states.
func eventually(t *testing.T, db *acctest.DB, what, query string, args ...any) {
	t.Helper()
	for range 300 {
		if db.QueryBool(query, args...) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s does not happen", what)
}

// A provider that is killed while it creates, changes or drops the role leaves the role as it
// was or, while it waits for sessions to end, unable to log in; the next apply finishes the work.
func TestDatabaseRoleKilledHalfWay(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(roleTable)
	name := db.RoleName("scripts")
	w := acctest.NewWorkspace(t, nil)
	write := func(operations string, lines ...string) {
		w.Write("main.tf", required+roleConfig(db, name, operations, append(lines, password("first", 1))...))
	}
	const (
		waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'object')"
		alone   = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	)
	// killed runs Terraform until it waits for its turn to change privileges, with all before it done.
	killed := func() {
		t.Helper()
		holder := db.Conn()
		if _, err := holder.Exec(t.Context(), "BEGIN; COMMENT ON DATABASE "+pgx.Identifier{db.Name}.Sanitize()+" IS NULL"); err != nil {
			t.Fatal(err)
		}
		process := w.Start("apply", "-auto-approve")
		eventually(t, db, "waiting for the lock", waiting)
		process.KillProvider()
		if output, exit := process.Wait(); exit == 0 {
			t.Errorf("the killed apply succeeds:\n%s", output)
		}
		if err := holder.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, db, "the end of the provider's sessions", alone)
	}
	finish := func(want string) {
		t.Helper()
		w.MustRun("apply", "-auto-approve")
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("the next plan is not empty (exit %d):\n%s", exit, output)
		}
		if got := login(t, db, name, "first"); got != want {
			t.Errorf("the login ends with %q, want %q", got, want)
		}
	}

	write(`"get_user"`)
	killed()
	if err := roleGone(db, name); err != nil {
		t.Error("half of a creation is left: ", err)
	}
	finish("")

	write(`"get_user", "login"`, "connection_limit = 3", `drain_timeout = "8s"`)
	killed()
	if got := db.QueryInt("SELECT rolconnlimit FROM pg_roles WHERE rolname = $1", name); got != -1 {
		t.Errorf("half of a change is left: connection limit %d", got)
	}
	finish("")

	session := db.ConnTo(db.URLFor(name, "first"))
	process := w.Start("destroy", "-auto-approve")
	eventually(t, db, "closing the role to new sessions", "SELECT NOT rolcanlogin FROM pg_roles WHERE rolname = $1", name)
	process.KillProvider()
	if output, exit := process.Wait(); exit == 0 {
		t.Errorf("the killed destroy succeeds:\n%s", output)
	}
	if got := login(t, db, name, "first"); got != "28000" {
		t.Errorf("the login ends with %q: the test does not kill half-way", got)
	}
	finish("") // the role is wanted after all
	if err := session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.MustRun("destroy", "-auto-approve")
	if err := roleGone(db, name); err != nil {
		t.Error(fmt.Errorf("after the deletion: %w", err))
	}
}
