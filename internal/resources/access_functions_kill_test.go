// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// A provider that is killed while it makes or changes the functions leaves all of it or
// nothing; what it made without Terraform knowing is taken over.
func TestAccessFunctionsKilledHalfWay(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	variety := accessStores()["every part"]
	db.Exec(variety.ddl)
	schema := accessSchema(db)
	cfg := required + accessConfig(t, db, variety.store, schema, "", "")
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": cfg})
	// killed runs Terraform until it waits for the table's privileges: with the owner and the
	// schema made, and the functions not.
	killed := func() {
		t.Helper()
		holder := db.Conn()
		if _, err := holder.Exec(t.Context(), "BEGIN; GRANT SELECT ON public.users TO CURRENT_USER"); err != nil {
			t.Fatal(err)
		}
		process := w.Start("apply", "-auto-approve")
		eventually(t, db, "waiting for the lock", "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event IN ('transactionid', 'tuple'))")
		process.KillProvider()
		if output, exit := process.Wait(); exit == 0 {
			t.Errorf("the killed apply succeeds:\n%s", output)
		}
		if err := holder.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, db, "the end of the provider's sessions", "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}
	finish := func() {
		t.Helper()
		w.MustRun("apply", "-auto-approve")
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("the next plan is not empty (exit %d):\n%s", exit, output)
		}
	}
	functions := func() int {
		return db.QueryInt("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1", schema)
	}

	killed()
	if err := roleGone(db, schema+"_owner"); err != nil || functions() != 0 {
		t.Error("half of a creation is left: ", err, functions())
	}
	finish()

	all := functions()
	w.Write("main.tf", strings.Replace(cfg, "table  =", "operations = [\"login\"]\n  table  =", 1))
	killed()
	if functions() != all {
		t.Errorf("half of a change is left: %d functions of %d", functions(), all)
	}
	finish()

	if err := os.Remove(filepath.Join(w.Dir, "terraform.tfstate")); err != nil { // as if killed before it was written
		t.Fatal(err)
	}
	finish()
	w.MustRun("destroy", "-auto-approve")
	if err := roleGone(db, schema+"_owner"); err != nil {
		t.Error(err)
	}
}
