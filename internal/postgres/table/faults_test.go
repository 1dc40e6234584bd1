// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
)

// groups lists where a plan can be interrupted: after each transaction.
func groups(plan table.Plan) []int {
	var ends []int
	for i := range plan.Steps {
		if i+1 == len(plan.Steps) || !plan.Steps[i+1].Joined {
			ends = append(ends, i+1)
		}
	}
	return ends
}

func part(plan table.Plan, from, to int) table.Plan {
	return table.Plan{Steps: plan.Steps[from:to]}
}

// eachStep calls test for each place at which each route can be interrupted: after the
// statements before from have run, and before or while those up to to do.
func eachStep(t *testing.T, db *pgtest.DB, server *postgres.Server, kind string, test func(t *testing.T, s *site, session *table.Session, plan table.Plan, from, to int)) {
	n := 0
	for name, r := range pgtest.SomeOf(routes()) {
		t.Run(name, func(t *testing.T) {
			for step := 0; ; step++ {
				n++
				s := newSite(t, db, server, fmt.Sprintf("%s_%d", kind, n), r, 400)
				session := s.open()
				_, plan := s.plan(session)
				ends := groups(plan)
				if step >= len(ends) {
					session.Close()
					break
				}
				from := 0
				if step > 0 {
					from = ends[step-1]
				}
				if err := session.Apply(t.Context(), part(plan, 0, from), table.Budgets{Lock: 10 * time.Second}); err != nil {
					t.Fatal(err)
				}
				test(t, s, session, plan, from, ends[step])
				if t.Failed() {
					t.Logf("interrupted at %s", plan.Steps[from].SQL)
				}
			}
		})
	}
}

// TestEveryStepCanBeTheLast interrupts each route after each statement, as a provider does
// that is killed, and expects the next run to finish.
func TestEveryStepCanBeTheLast(t *testing.T) {
	t.Parallel()
	db := routeDatabase(t, pgtest.LocalDatabase(t))
	eachStep(t, db, serverAt(t, db.URL), "last", func(t *testing.T, s *site, session *table.Session, plan table.Plan, from, to int) {
		if err := session.Apply(t.Context(), part(plan, from, to), table.Budgets{Lock: 10 * time.Second}); err != nil {
			t.Fatal(err)
		}
		session.Close()
		s.settle()
	})
}

// blocked holds a lock with which all of our statements conflict, and no look-up does.
func (s *site) blocked() (release func()) {
	s.t.Helper()
	conn := s.db.Conn()
	if _, err := conn.Exec(s.t.Context(), "BEGIN"); err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.Exec(s.t.Context(), "LOCK TABLE "+s.schema+".users IN SHARE MODE"); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		if _, err := conn.Exec(s.t.Context(), "ROLLBACK"); err != nil {
			s.t.Error(err)
		}
		_ = conn.Close(s.t.Context())
	}
}

// awaitWaiting waits until a statement on the table waits for its lock.
func (s *site) awaitWaiting() (pid int) {
	s.t.Helper()
	for range 500 {
		pid = s.db.QueryInt(`SELECT coalesce(max(l.pid), 0) FROM pg_locks l WHERE NOT l.granted AND l.relation = to_regclass($1)`, s.schema+".users")
		if pid != 0 {
			return pid
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal("no statement waits for the lock")
	return 0
}

// usable looks users up all the time, as logins do, until stopped, and reports an error or
// a stall. It returns the longest.
func (s *site) usable(limit time.Duration) (stop func()) {
	s.t.Helper()
	conn := s.db.Conn()
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			began := time.Now()
			var n int
			err := conn.QueryRow(context.Background(), "SELECT count(*) FROM (SELECT FROM "+s.schema+".users LIMIT 1) u").Scan(&n)
			if took := time.Since(began); err != nil || n != 1 || took > limit {
				s.t.Errorf("a look-up took %v: %d rows, %v", took, n, err)
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return func() {
		cancel()
		<-done
		_ = conn.Close(context.Background())
	}
}

// TestEveryStepWaitsForLocks has another session hold the table at each statement of each
// route: look-ups go on, the statement is tried again and gets through in the end.
func TestEveryStepWaitsForLocks(t *testing.T) {
	t.Parallel()
	db := routeDatabase(t, pgtest.LocalDatabase(t))
	eachStep(t, db, serverAt(t, db.URL), "locked", func(t *testing.T, s *site, session *table.Session, plan table.Plan, from, to int) {
		defer session.Close()
		if s.route.before == "" || plan.Steps[from].Lock == table.LockNone {
			return // there is no table to hold
		}
		release := s.blocked()
		var stop func()
		if s.rows > 0 {
			stop = s.usable(2500 * time.Millisecond)
		}
		result := make(chan error, 1)
		go func() {
			result <- session.Apply(t.Context(), part(plan, from, to), table.Budgets{Lock: 20 * time.Second})
		}()
		s.awaitWaiting()
		time.Sleep(150 * time.Millisecond) // longer than the first wait
		release()
		if err := <-result; err != nil {
			t.Errorf("not done after the lock was free: %v", err)
		}
		if stop != nil {
			stop()
		}
		session.Close()
		s.settle()
	})
}

// TestEveryStepGivesUp lets the lock be held for longer than the budget, or has the
// waiting statement cancelled, as statement_timeout does.
func TestEveryStepGivesUp(t *testing.T) {
	t.Parallel()
	db := routeDatabase(t, pgtest.LocalDatabase(t))
	eachStep(t, db, serverAt(t, db.URL), "givenup", func(t *testing.T, s *site, session *table.Session, plan table.Plan, from, to int) {
		defer session.Close()
		if s.route.before == "" || plan.Steps[from].Lock == table.LockNone {
			return
		}
		release := s.blocked()
		result := make(chan error, 1)
		go func() {
			result <- session.Apply(t.Context(), part(plan, from, to), table.Budgets{Lock: 200 * time.Millisecond, Build: 300 * time.Millisecond})
		}()
		if err := <-result; err == nil {
			t.Error("the statement ran against the lock")
		}
		release()
		session.Close()
		s.settle()
	})
}

// TestEveryStepSurvivesALostConnection cuts the connection in each statement of each
// route. The server goes on with some of them until it notices.
func TestEveryStepSurvivesALostConnection(t *testing.T) {
	t.Parallel()
	db := routeDatabase(t, pgtest.LocalDatabase(t))
	through := newProxy(t, db)
	eachStep(t, db, serverAt(t, through.url), "cut", func(t *testing.T, s *site, session *table.Session, plan table.Plan, from, to int) {
		defer session.Close()
		if s.route.before == "" || plan.Steps[from].Lock == table.LockNone {
			return
		}
		release := s.blocked()
		result := make(chan error, 1)
		go func() {
			result <- session.Apply(t.Context(), part(plan, from, to), table.Budgets{Lock: 20 * time.Second})
		}()
		s.awaitWaiting()
		through.cut()
		if err := <-result; err == nil {
			t.Error("the statement ran without a connection")
		}
		release()
		s.server.Close() // the pool's connections are gone as well
		s.settle()
	})
}

// TestNoStepWaitsForItsClient runs each step, and the drop of the table, for a client that is slow with every message: no
// session keeps everybody out while it waits for one.
func TestNoStepWaitsForItsClient(t *testing.T) {
	t.Parallel()
	db := routeDatabase(t, pgtest.LocalDatabase(t))
	through := newProxy(t, db)
	watched := func(t *testing.T, s *site, work func() error) {
		t.Helper()
		through.pause.Store(int64(20 * time.Millisecond))
		defer through.pause.Store(0)
		result, conn := make(chan error, 1), db.Conn()
		defer conn.Close(t.Context()) //nolint:errcheck // a test's own
		go func() { result <- work() }()
		for {
			var idle bool
			if err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
				WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = (
				  SELECT oid FROM pg_class WHERE relname = 'users' AND relnamespace = $1::text::regnamespace)
				AND a.state LIKE 'idle in transaction%')`, s.schema).Scan(&idle); err != nil {
				t.Fatal(err)
			}
			if idle {
				t.Error("the table is locked, and its session waits for the client")
			}
			select {
			case err := <-result:
				if err != nil {
					t.Error(err)
				}
				return
			default:
			}
		}
	}
	eachStep(t, db, serverAt(t, through.url), "slow", func(t *testing.T, s *site, session *table.Session, plan table.Plan, from, to int) {
		defer session.Close()
		if s.route.before == "" || plan.Steps[from].Lock == table.LockNone {
			return
		}
		watched(t, s, func() error {
			return session.Apply(t.Context(), part(plan, from, to), table.Budgets{Lock: 10 * time.Second})
		})
		if to == len(plan.Steps) {
			db.Exec("DELETE FROM " + s.schema + ".users")
			watched(t, s, func() error { return session.Drop(t.Context(), false, 10*time.Second) })
		}
	})
}

// TestCancelledDrop cancels the drop of an index that waits for readers, first when it has
// marked the index as not valid, then when it has marked it as dead.
func TestCancelledDrop(t *testing.T) {
	t.Parallel()
	for name, dead := range map[string]bool{"not valid": false, "dead": true} {
		t.Run(name, func(t *testing.T) {
			s := routeSite(t, "lookup changed", 100)
			session := s.open()
			defer session.Close()
			_, plan := s.plan(session)
			if err := session.Apply(t.Context(), part(plan, 0, 1), table.Budgets{Lock: time.Second}); err != nil {
				t.Fatal(err)
			}
			leave := []func(){s.reader()}
			ctx, cancel := context.WithCancel(t.Context())
			result := make(chan error, 1)
			go func() { result <- session.Apply(ctx, part(plan, 1, 2), table.Budgets{}) }()
			s.await("NOT indisvalid")
			if dead {
				leave = append(leave, s.reader())
				leave[0]()
				s.await("NOT indislive")
				leave = leave[1:]
			}
			cancel()
			if err := <-result; err == nil {
				t.Error("the index was dropped under a reader")
			}
			for _, end := range leave {
				end()
			}
			if n := s.invalidIndexes(); n != 1 {
				t.Errorf("%d invalid indexes are left, the test wants one", n)
			}
			session.Close()
			s.settle()
			if n := s.invalidIndexes(); n != 0 {
				t.Errorf("%d invalid indexes are left", n)
			}
		})
	}
}

// reader reads the table in a transaction and stays in it until released.
func (s *site) reader() (release func()) {
	s.t.Helper()
	conn := s.db.Conn()
	for _, sql := range []string{"BEGIN", "SELECT FROM " + s.schema + ".users LIMIT 1"} {
		if _, err := conn.Exec(s.t.Context(), sql); err != nil {
			s.t.Fatal(err)
		}
	}
	return func() { _ = conn.Close(s.t.Context()) }
}

// await waits until an index of the table is as the condition says.
func (s *site) await(condition string) {
	s.t.Helper()
	for range 500 {
		if s.db.QueryBool("SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = $1::text::regclass AND "+condition+")", s.schema+".users") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("no index is %s", condition)
}

// TestSuspendedClientLetsGo suspends the provider between two statements of a transaction
// that keeps everybody out, as a laptop's lid does: logins go on soon.
func TestSuspendedClientLetsGo(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	through := newProxy(t, db)
	s := newSite(t, db, serverAt(t, through.url), "app", routes()["nothing"], 100)
	session := s.open()
	defer session.Close()
	s.db.Exec("SELECT pg_advisory_lock(1)") // the second statement waits for it until the client is suspended
	held := "DO $$ BEGIN PERFORM set_config('lock_timeout', '1min', true); PERFORM pg_advisory_xact_lock(1); END $$"
	plan := table.Plan{Steps: []table.Step{
		{SQL: "ALTER TABLE app.users ADD COLUMN a int", Route: table.Catalog, Lock: table.LockExclusive},
		{SQL: held, Route: table.Catalog, Lock: table.LockExclusive, Joined: true},
	}}
	result := make(chan error, 1)
	go func() { result <- session.Apply(t.Context(), plan, table.Budgets{Lock: time.Second}) }()
	s.awaitHeld()
	thaw := through.freeze()
	s.db.Exec("SELECT pg_advisory_unlock(1)")
	// A lock_timeout of two seconds, and time to spare; it was a minute.
	if _, err := s.db.Conn().Exec(t.Context(), "SET statement_timeout = '15s'; SELECT FROM app.users"); err != nil {
		t.Errorf("a look-up: %v", err)
	}
	through.cut()
	thaw()
	if err := <-result; err == nil {
		t.Error("the statements ran without a client")
	}
}

// awaitHeld waits until a session keeps everybody out of the table.
func (s *site) awaitHeld() {
	s.t.Helper()
	for range 500 {
		if s.db.QueryBool("SELECT EXISTS (SELECT FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = to_regclass($1))", s.schema+".users") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatal("nobody holds the table")
}

// TestEveryStepSurvivesTheServer kills the server with -m immediate after the first
// statement of every route, then after the second of every route, and so on.
func TestEveryStepSurvivesTheServer(t *testing.T) {
	t.Parallel()
	if pgtest.Real() {
		t.Skip("a real server is not killed")
	}
	own, err := localpostgres.Start(t.Context(), localpostgres.Options{Settings: map[string]string{"fsync": "on"}})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Stop(context.Background()) //nolint:errcheck // the end of the test
	db := routeDatabase(t, pgtest.On(t, own))
	server := serverAt(t, db.URL)
	for step := 0; ; step++ {
		interrupted := map[string]*site{}
		for name, r := range routes() {
			s := newSite(t, db, server, fmt.Sprintf("crash_%d_%d", step, len(interrupted)), r, 400)
			session := s.open()
			_, plan := s.plan(session)
			if ends := groups(plan); step < len(ends) {
				if err := session.Apply(t.Context(), part(plan, 0, ends[step]), table.Budgets{Lock: 10 * time.Second}); err != nil {
					t.Fatal(err)
				}
				interrupted[fmt.Sprintf("%s after %d", name, ends[step])] = s
				session.Close()
			} else {
				session.Close() // nobody else drops a table that is being changed
				db.Exec("DROP SCHEMA " + s.schema + " CASCADE")
			}
		}
		if len(interrupted) == 0 {
			return
		}
		if err := own.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := own.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		server.Close()
		for name, s := range interrupted {
			t.Run(name, func(t *testing.T) {
				s.t = t
				s.settle()
			})
		}
	}
}

// proxy stands between the provider and the server, so that connections can be cut.
type proxy struct {
	url   string
	mu    sync.Mutex
	conns []net.Conn
	// frozen is held while nothing gets through.
	frozen sync.RWMutex
	// pause is how long whatever gets through takes, in nanoseconds.
	pause atomic.Int64
}

// freeze lets nothing through until thawed, in either direction, and closes nothing.
func (p *proxy) freeze() (thaw func()) {
	p.frozen.Lock()
	return p.frozen.Unlock
}

// copy passes on what comes, unless frozen.
func (p *proxy) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			break
		}
		time.Sleep(time.Duration(p.pause.Load()))
		p.frozen.RLock()
		_, err = to.Write(buffer[:n])
		p.frozen.RUnlock()
		if err != nil {
			break
		}
	}
	_ = to.Close()
}

func newProxy(t *testing.T, db *pgtest.DB) *proxy {
	t.Helper()
	address, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	target := address.Host
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address.Host = listener.Addr().String()
	p := &proxy{url: address.String()}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, server)
			p.mu.Unlock()
			go p.copy(client, server)
			go p.copy(server, client)
		}
	}()
	return p
}

// cut closes all connections at once, on both sides.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as from a machine that is gone
		}
		_ = conn.Close()
	}
	p.conns = nil
}
