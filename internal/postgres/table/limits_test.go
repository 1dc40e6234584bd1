// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// TestWideTable has nearly as many columns as a table can, of types that are seldom, and an address under a collation to
// which different texts are equal.
func TestWideTable(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	pool, err := serverFor(t, db, false).Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{`id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY`, `email address COLLATE "Alike" NOT NULL`, "d1 short", "d2 short[]"}
	for i := range 1500 {
		columns = append(columns, fmt.Sprintf(`"column %d" boolean`, i))
	}
	db.Exec(`CREATE COLLATION "Alike" (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE DOMAIN address AS text; CREATE DOMAIN short AS varchar(3)`)
	db.Exec("CREATE TABLE users (" + strings.Join(columns, ", ") + "); CREATE UNIQUE INDEX ON users (email)")
	current, err := table.Inspect(t.Context(), pool, "public", "users")
	if err != nil || len(current.Columns) != len(columns) {
		t.Fatalf("%v", err)
	}
	const text = `"column 1499" is not true and email = 'ANN@example.com' and to_jsonb(users) is not null`
	row := table.Row{Schema: "public", Name: "users", Current: current}
	found, err := table.ResolveExpressions(t.Context(), pool, row, []string{text})
	if err != nil || len(found[text].Reads) != 1 || len(found[text].Reads[0].Columns) != len(columns) {
		t.Fatalf("%v", err)
	}
	if _, err := table.ReadServing(t.Context(), pool, row, ""); err != nil {
		t.Error(err)
	}
	// The comparison that it prints is the server's own: texts that the collation takes for one are one.
	db.Exec("INSERT INTO users (email) VALUES ('ann@example.com')")
	if n := db.QueryInt("SELECT count(*) FROM users WHERE " + found[text].SQL); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// TestVacuumInTheWay lets a vacuum, which gives way to nobody, go over the table for as long as it likes: a run gets its
// turn, and its statement says whom it waited for.
func TestVacuumInTheWay(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec("CREATE TABLE public.users (id bigint PRIMARY KEY, note text) WITH (autovacuum_enabled = off)")
	db.Exec("INSERT INTO public.users SELECT n, repeat('x', 400) FROM generate_series(1, 5000) n; UPDATE public.users SET note = note")
	vacuum := db.Conn()
	pid := int(vacuum.PgConn().PID())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = vacuum.Exec(t.Context(), "SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 20")
		_, _ = vacuum.Exec(t.Context(), "VACUUM (FREEZE) public.users")
	}()
	for !db.QueryBool("SELECT EXISTS (SELECT FROM pg_stat_progress_vacuum WHERE pid = $1)", pid) {
		time.Sleep(10 * time.Millisecond)
	}
	session, err := table.Lock(t.Context(), serverAt(t, db.URL), "public", "users")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	plan := table.Plan{Steps: []table.Step{{SQL: "ALTER TABLE public.users ADD name text", What: "add", Route: table.Catalog, Lock: table.LockExclusive}}}
	err = session.Apply(t.Context(), plan, table.Budgets{Lock: time.Second})
	var held *postgres.HeldUpError
	if !errors.As(err, &held) || !slices.ContainsFunc(held.Holders, func(h postgres.Holder) bool { return h.PID == pid }) {
		t.Errorf("a change beside a vacuum: %v", err)
	}
	db.Exec("SELECT pg_terminate_backend($1)", pid)
	<-done
	if err := session.Apply(t.Context(), plan, table.Budgets{Lock: 5 * time.Second}); err != nil {
		t.Errorf("after it: %v", err)
	}
}
