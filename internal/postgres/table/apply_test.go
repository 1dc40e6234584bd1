// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// routeSite makes a site for one of the routes in a database of its own.
func routeSite(t *testing.T, name string, rows int) *site {
	t.Helper()
	r, ok := routes()[name]
	if !ok {
		t.Fatalf("no route %q", name)
	}
	db := pgtest.LocalDatabase(t)
	return newSite(t, db, serverAt(t, db.URL), "app", r, rows)
}

func (s *site) run(ctx context.Context) error {
	session := s.open()
	defer session.Close()
	_, plan := s.plan(session)
	return session.Apply(ctx, plan, table.Budgets{Lock: 10 * time.Second})
}

func (s *site) expectState(err error, code string) {
	s.t.Helper()
	var step *table.StepError
	var server *pgconn.PgError
	if !errors.As(err, &step) || !errors.As(err, &server) || server.Code != code {
		s.t.Errorf("got %v, want SQLSTATE %s of a statement", err, code)
	}
}

func (s *site) invalidIndexes() int {
	return s.db.QueryInt("SELECT count(*) FROM pg_index WHERE indrelid = 'app.users'::regclass AND NOT indisvalid")
}

// TestEveryBuildSurvivesAFullDisk leaves each index of each route as little room for its sort as a full disk would.
func TestEveryBuildSurvivesAFullDisk(t *testing.T) {
	t.Parallel()
	db := routeDatabase(t, pgtest.LocalDatabase(t))
	set := func(change string) { db.Exec("ALTER DATABASE " + db.Name + " " + change) }
	sites, builds := 0, 0
	for name, r := range pgtest.SomeOf(routes()) {
		if r.before == "" {
			continue // an empty table needs no room
		}
		t.Run(name, func(t *testing.T) {
			for build := 0; ; build++ {
				sites++
				s := newSite(t, db, serverAt(t, db.URL), fmt.Sprintf("disk_%d", sites), r, 60_000)
				session := s.open()
				_, plan := s.plan(session)
				var at []int
				for i, step := range plan.Steps {
					if step.Route == table.Concurrent && step.Builds != "" {
						at = append(at, i)
					}
				}
				if build >= len(at) || s.rows == 0 {
					session.Close()
					break
				}
				builds++
				if err := session.Apply(t.Context(), part(plan, 0, at[build]), table.Budgets{Lock: 10 * time.Second}); err != nil {
					t.Fatal(err)
				}
				session.Close()
				set("SET temp_file_limit = '64kB'")
				set("SET maintenance_work_mem = '1MB'")
				s.server.Close() // new sessions have the limits
				session = s.open()
				err := session.Apply(t.Context(), part(plan, at[build], at[build]+1), table.Budgets{Lock: 10 * time.Second})
				session.Close()
				set("RESET ALL")
				s.expectState(err, "53400")
				if n := db.QueryInt("SELECT count(*) FROM pg_index WHERE indrelid = '" + s.schema + ".users'::regclass AND NOT indisvalid"); n != 0 {
					t.Errorf("%d invalid indexes are left", n)
				}
				s.server.Close()
				s.settle()
			}
		})
	}
	if builds < 2 {
		t.Errorf("only %d indexes were built: the test looks in the wrong place", builds)
	}
}

func TestDuplicatesLeaveNothing(t *testing.T) {
	t.Parallel()
	s := routeSite(t, "index", 100)
	session := s.open()
	defer session.Close()
	_, plan := s.plan(session)
	// Written after the plan has counted none.
	s.db.Exec("INSERT INTO app.users (email) VALUES ('U1@example.com')")
	s.expectState(session.Apply(t.Context(), plan, table.Budgets{}), "23505")
	if n := s.invalidIndexes(); n != 0 {
		t.Errorf("%d invalid indexes are left", n)
	}
	found, err := plan.Ask(t.Context(), session)
	if err != nil || len(found) != 1 || found[0].Reason != "a value occurs more than once where each must be unique" {
		t.Errorf("asked again: %+v %v", found, err)
	}
	s.db.Exec("DELETE FROM app.users WHERE email = 'U1@example.com'")
	session.Close()
	s.settle()
}

func TestNullsUndoTheCheck(t *testing.T) {
	t.Parallel()
	s := routeSite(t, "set not null", 100)
	session := s.open()
	defer session.Close()
	_, plan := s.plan(session)
	s.db.Exec("UPDATE app.users SET a = NULL WHERE email = 'u1@example.com'")
	err := session.Apply(t.Context(), plan, table.Budgets{Lock: time.Second})
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "23514" && server.Code != "23502" {
		t.Errorf("got %v", err)
	}
	// The application may go on to write nulls.
	s.db.Exec("UPDATE app.users SET a = NULL WHERE email = 'u2@example.com'")
	found, err := plan.Ask(t.Context(), session)
	if err != nil || len(found) != 1 || found[0].Reason != "2 rows are null in the column, which is to be NOT NULL" {
		t.Errorf("asked again: %+v %v", found, err)
	}
	s.db.Exec("UPDATE app.users SET a = 1")
	session.Close()
	s.settle()
}

// TestNarrowingIsCounted makes sure that no value is cut or rounded unnoticed.
func TestNarrowingIsCounted(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := serverAt(t, db.URL)
	pool, err := server.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		from, value, to string
		refused         bool
	}{
		{"text", "'12345'", "varchar(5)", false}, {"text", "'123456'", "varchar(5)", true}, {"varchar(10)", "'1234  '", "varchar(4)", true},
		{"bigint", "2147483647", "int", false}, {"bigint", "2147483648", "int", true}, {"int", "-32769", "smallint", true},
		{"numeric(10,2)", "1.25", "numeric(10,1)", true}, {"numeric(10,2)", "1.20", "numeric(10,1)", false}, {"numeric(10,2)", "1000", "numeric(4,2)", true},
		{"timestamptz", "'2020-01-01 10:00:00.123456'", "timestamptz(0)", true}, {"timestamptz", "'2020-01-01 10:00:00'", "timestamptz(0)", false},
		{"timestamptz", "'2020-01-01 10:00:00+00'", "date", true}, {"char(60)", "'abc'", "text", false}, {"double precision", "0.1", "real", true}, {"json", "'{}'", "jsonb", false},
	} {
		narrow := fmt.Sprintf("narrow_%d", i)
		db.Exec("CREATE TABLE " + narrow + " (c " + test.from + ")")
		db.Exec("INSERT INTO " + narrow + " VALUES (" + test.value + "), (NULL)")
		current, err := table.Inspect(t.Context(), pool, "public", narrow)
		if err != nil {
			t.Fatal(err)
		}
		want := desire(t, server, table.Desired{Schema: "public", Name: narrow}, current, []declared{column("c", test.to, "", false)})
		plan := table.NewPlan(current, want, limits(t, server))
		found, err := plan.Ask(t.Context(), pool)
		if err != nil || len(plan.Refusals) > 0 || (len(found) > 0) != test.refused {
			t.Errorf("%s %s to %s: %+v %+v %v", test.from, test.value, test.to, plan.Refusals, found, err)
			continue
		}
		if test.refused {
			continue
		}
		before := db.QueryString("SELECT string_agg(c::text, ',') FROM " + narrow)
		for _, sql := range plan.Statements() {
			db.Exec(sql)
		}
		if after := db.QueryString("SELECT string_agg(trim(c::text), ',') FROM " + narrow); after != before && test.to != "text" && test.from != "numeric(10,2)" {
			t.Errorf("%s %s to %s: now %s", test.from, before, test.to, after)
		}
	}
}

// TestTooLongIsNotRepeated gives statements that keep everybody out less time than they take.
func TestTooLongIsNotRepeated(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server, err := postgres.NewServer(postgres.Config{URL: db.URL, LockTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	db.Exec("CREATE SEQUENCE tries")
	const slow = "DO $$ BEGIN PERFORM nextval('public.tries'); PERFORM pg_sleep(10); END $$"
	for _, test := range []struct {
		route table.Route
		tries int
	}{{table.Rewrite, 1}, {table.Catalog, 2}} {
		session, err := table.Lock(t.Context(), server, "public", "users")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		db.Exec("ALTER SEQUENCE tries RESTART")
		plan := table.Plan{Steps: []table.Step{{SQL: slow, Route: test.route, Lock: table.LockExclusive}}}
		err = session.Apply(t.Context(), plan, table.Budgets{Lock: 6 * time.Second})
		var long *table.TooLongError
		if !errors.As(err, &long) || long.Limit > 2*time.Second {
			t.Errorf("%s: %v", test.route, err)
		}
		if n := db.QueryInt("SELECT last_value FROM tries"); n != test.tries {
			t.Errorf("%s: tried %d times, want %d", test.route, n, test.tries)
		}
		session.Close()
	}
}

// TestRenameGoesOnWithTheBackfill interrupts a backfill after each statement and gives the
// column another name, which is interrupted as well.
func TestRenameGoesOnWithTheBackfill(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	server := serverAt(t, db.URL)
	before := routes()["volatile default"]
	after := before
	secret := column("secret", "uuid", "gen_random_uuid()", true)
	after.columns = []declared{before.columns[0], secret}
	renaming := after
	secret.renamedFrom = "token"
	renaming.columns = []declared{before.columns[0], secret}
	n := 0
	for _, forgotten := range []bool{false, true} { // whether renamed_from goes from the configuration meanwhile
		for done, more := 1, true; more; done++ {
			n++
			s := newSite(t, db, server, fmt.Sprintf("renamed_%d", n), before, 400)
			session := s.open()
			_, plan := s.plan(session)
			ends := groups(plan)
			more = done+1 < len(ends)
			if err := session.Apply(t.Context(), part(plan, 0, ends[done-1]), table.Budgets{Lock: time.Second}); err != nil {
				t.Fatal(err)
			}
			s.route = renaming
			_, plan = s.plan(session)
			if err := session.Apply(t.Context(), part(plan, 0, 1), table.Budgets{Lock: time.Second}); err != nil {
				t.Fatal(err)
			}
			session.Close()
			if forgotten {
				s.route = after
			}
			s.settle()
			if nulls := db.QueryInt("SELECT count(*) FROM " + s.schema + ".users WHERE secret IS NULL"); nulls != 0 {
				t.Errorf("after %d statements: %d rows are still null", ends[done-1], nulls)
			}
		}
	}
}

// TestCancelledBuild ends the statement on the server, too, and leaves what the next run
// takes away.
func TestCancelledBuild(t *testing.T) {
	t.Parallel()
	s := routeSite(t, "index", 100)
	release := s.blocked() // CREATE INDEX CONCURRENTLY waits for it
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.run(ctx) }()
	pid := s.awaitWaiting()
	cancel()
	began := time.Now()
	if err := <-result; !errors.Is(err, context.Canceled) && err == nil {
		t.Errorf("got %v", err)
	}
	for s.db.QueryBool("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active')", pid) {
		if time.Since(began) > 5*time.Second {
			t.Fatal("the statement goes on")
		}
		time.Sleep(10 * time.Millisecond)
	}
	release()
	s.settle()
}

// TestBuildOutwaitsOldTransactions: lock_timeout would end the wait for a transaction that
// began before, and leave an invalid index.
func TestBuildOutwaitsOldTransactions(t *testing.T) {
	t.Parallel()
	s := routeSite(t, "index", 100)
	old := s.db.Conn()
	for _, sql := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM app.users"} {
		if _, err := old.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	result := make(chan error, 1)
	go func() { result <- s.run(t.Context()) }()
	select {
	case err := <-result:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(3 * time.Second): // longer than the server's lock_timeout of 2s
	}
	if _, err := old.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
	s.settle()
}

// TestSecondRunWaits lets two runs begin at once: the second finds the work done.
func TestSecondRunWaits(t *testing.T) {
	t.Parallel()
	s := routeSite(t, "volatile default", 3000)
	first := s.open()
	second := make(chan int, 1)
	go func() {
		defer close(second) // also when planning fails the test
		session, err := table.Lock(context.Background(), s.server, "app", "users")
		if err != nil {
			t.Error(err)
			return
		}
		defer session.Close()
		_, plan := s.plan(session)
		second <- len(plan.Steps)
	}()
	_, plan := s.plan(first)
	if err := first.Apply(t.Context(), plan, table.Budgets{Lock: time.Second}); err != nil {
		t.Error(err)
	}
	select {
	case <-second:
		t.Error("the second run did not wait")
	default:
	}
	first.Close()
	if steps, planned := <-second; !planned || steps != 0 {
		t.Errorf("%d statements are left to the second run", steps)
	}
	s.settle()
}

// TestBackfillUnderWrites goes on while rows are written, moved and held.
func TestBackfillUnderWrites(t *testing.T) {
	s := routeSite(t, "volatile default", 20_000)
	stop := s.usable(time.Second)
	holder := s.db.Conn()
	writer := s.db.Conn()
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan int, 1)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if _, err := writer.Exec(context.Background(), "UPDATE app.users SET email = email || 'x' WHERE email LIKE $1", fmt.Sprintf("u%d@%%", n%1000)); err != nil {
				t.Error(err)
			}
			if _, err := writer.Exec(context.Background(), "INSERT INTO app.users (email) VALUES ($1)", fmt.Sprintf("new%d@example.com", n)); err != nil {
				t.Error(err)
			}
		}
		written <- n
	}()
	result := make(chan error, 1)
	session := s.open()
	_, plan := s.plan(session)
	// ALTER TABLE itself would wait for the holder: only the backfill is to meet it.
	if err := session.Apply(t.Context(), part(plan, 0, 1), table.Budgets{Lock: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"BEGIN", "UPDATE app.users SET email = 'held@example.com' WHERE email LIKE 'u5077@%'"} {
		if _, err := holder.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		result <- session.Apply(t.Context(), part(plan, 1, len(plan.Steps)), table.Budgets{Lock: 10 * time.Second})
	}()
	time.Sleep(500 * time.Millisecond)
	if _, err := holder.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
	cancel()
	s.rows += <-written
	stop()
	session.Close()
	s.settle()
	if s.db.QueryBool("SELECT count(DISTINCT token) <> count(*) FROM app.users") {
		t.Error("rows share a token or have none")
	}
}
