// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// ownServer starts a server that the test may stop, kill and restart.
func ownServer(t *testing.T, o localpostgres.Options) *localpostgres.Server {
	t.Helper()
	if pgtest.Real() {
		t.Skipf("restarts its server, and %s=1 names a real one", pgtest.RealVariable)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	server, err := localpostgres.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

// withUser gives the bench one verified user and a container of its own.
func (b *bench) withUser() *bench {
	b.t.Helper()
	b.container = newContainer(b.t)
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	return b
}

// endSessions ends the sessions of the scripts' role and waits until they are gone.
func (b *bench) endSessions() {
	b.t.Helper()
	b.db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", b.role)
	for range 1000 {
		if b.db.QueryInt("SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1", b.role) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.t.Fatal("sessions of the role do not end")
}

func (b *bench) at(address string) {
	b.configuration = map[string]string{scripts.DefaultDatabaseURLKey: address}
}

// unavailable runs login and verify, which both have to fail in plain words; the
// log has to say why. Login goes first: it reads, and so gets past a kept connection
// that has just died, for which a change would fail.
func (b *bench) unavailable(cause string) {
	b.t.Helper()
	for _, call := range []struct {
		op   scripts.Operation
		args []any
	}{
		{scripts.Login, []any{"ada@example.com", "correct horse"}},
		{scripts.Verify, []any{"ada@example.com"}},
	} {
		outcome := b.fails("Error", "", call.op, call.args...)
		if !strings.Contains(outcome.Err.Message, "Please try again later.") {
			b.t.Errorf("%s says %q", call.op, outcome.Err.Message)
		}
		if log := strings.Join(outcome.Console, "\n"); !strings.Contains(log, cause) {
			b.t.Errorf("the log of %s does not mention %q: %q", call.op, cause, log)
		}
	}
}

func TestServerRestartsAndFails(t *testing.T) {
	server := ownServer(t, localpostgres.Options{})
	b := newBench(t, pgtest.On(t, server), shape{}).withUser()
	restart := func() {
		t.Helper()
		if err := server.Restart(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	pid := b.container.PID()

	// Restarted between two calls: connections in the pool are dead.
	restart()
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	restart()
	b.gives(true, scripts.Verify, "ada@example.com")

	// frozen lets something happen that the container does not learn of before the call.
	frozen := func(happens, call func()) {
		t.Helper()
		b.profile(scripts.GetUser, "ada@example.com")
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		happens()
		thaw := time.AfterFunc(50*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
		defer thaw.Stop()
		call()
	}

	// Restarted, so that connections have ended with a word of the server.
	for op, args := range map[scripts.Operation][]any{
		scripts.Login: {"ada@example.com", "correct horse"}, scripts.ChangePassword: {"ada@example.com", "correct horse"},
	} {
		frozen(restart, func() {
			if outcome := b.run(op, args...); outcome.Err != nil {
				t.Errorf("%s after a thaw: %v, log %q", op, outcome.Err, outcome.Console)
			}
		})
	}

	// Gone without a word, and back.
	frozen(func() {
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
	}, func() { b.unavailable("ECONNREFUSED") })
	restart()
	b.profile(scripts.Login, "ada@example.com", "correct horse")

	// Sessions ended by an administrator.
	b.endSessions()
	b.profile(scripts.Login, "ada@example.com", "correct horse")

	if b.container.PID() != pid {
		t.Error("the container did not survive")
	}
	b.container.Recycle()
	b.profile(scripts.Login, "ada@example.com", "correct horse")
}

func TestWrongConfiguration(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{}).withUser()
	right, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	for cause, change := range map[string]func(*url.URL){
		"28P01":                  func(u *url.URL) { u.User = url.UserPassword(b.role, "wrong") },
		"3D000":                  func(u *url.URL) { u.Path = "/nowhere" },
		"ECONNREFUSED":           func(u *url.URL) { u.Host = "127.0.0.1:1" },
		"ENOTFOUND|EAI_AGAIN":    func(u *url.URL) { u.Host = "nowhere.invalid:5432" },
		"must be a postgresql":   func(u *url.URL) { u.Scheme = "mysql" },
		"with user, host":        func(u *url.URL) { u.User = nil },
		"host and database":      func(u *url.URL) { u.Path = "" },
		"sslmode in config":      func(u *url.URL) { u.RawQuery = "sslmode=sometimes" },
		"not support SSL":        func(u *url.URL) { u.RawQuery = "sslmode=require" },
		"not support SSL connec": func(u *url.URL) { u.RawQuery = "sslmode=verify-full" },
	} {
		wrong := *right
		change(&wrong)
		b.at(wrong.String())
		if first, second, ok := strings.Cut(cause, "|"); ok { // without a network the resolver says the latter
			outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
			if log := strings.Join(outcome.Console, ""); !strings.Contains(log, first) && !strings.Contains(log, second) {
				t.Errorf("%s: log %q", cause, log)
			}
			continue
		}
		b.unavailable(cause)
	}
	b.at("no URL at all: role-password")
	b.unavailable("POSTGRES_URL is not set or no URL")
	b.configuration = map[string]string{}
	b.unavailable("POSTGRES_URL is not set or no URL")
}

// Characters that have a meaning in a URL, in every part of it.
func TestOddCredentials(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{})
	everything := ""
	for c := ' '; c <= '~'; c++ {
		everything += string(c)
	}
	for _, password := range []string{"p@ss:w/rd?#[]%&+ =", "100%25", "ü€", `quo'te"d\`, everything} {
		db.Exec("ALTER ROLE " + quote(b.role) + " PASSWORD '" + strings.ReplaceAll(password, "'", "''") + "'")
		b.at(db.URLFor(b.role, password))
		b.gives(nil, scripts.GetUser, "ada@example.com")
	}
}

func TestHostThatNeverAnswers(t *testing.T) {
	t.Parallel() // it waits
	b := newBench(t, pgtest.Database(t), shape{}).withUser()
	for name, test := range map[string]struct{ answer, sslmode string }{
		"no answer":               {"", "disable"},
		"no answer to TLS":        {"", "require"},
		"TLS that never begins":   {"S", "require"},
		"refuses TLS, then quiet": {"N", "prefer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := *b
			b.t = t
			b.at("postgres://u:p@" + silentHost(t, test.answer) + "/d?sslmode=" + test.sslmode)
			// Many at once, so that most wait for a place in the pool.
			var group sync.WaitGroup
			for range 12 {
				group.Go(func() {
					outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
					if outcome.Err == nil {
						t.Errorf("got %v", result(outcome))
					}
				})
			}
			group.Wait()
		})
	}
}

// Each step is slow but in time, and all of them together are not.
func TestSlowNetwork(t *testing.T) {
	t.Parallel() // it waits
	b := newBench(t, pgtest.LocalDatabase(t), shape{parts: append([]store.Part{store.LastLogin}, standardParts...)}).withUser()
	p := b.behindProxy(t)
	p.delay.Store(int64(700 * time.Millisecond)) // three times until the connection is there
	p.last(func(fromServer []byte) []byte {
		if isStarted(fromServer) {
			p.delay.Store(int64(3 * time.Second))
		}
		return nil
	})
	outcome := b.fails("Error", "", scripts.Login, "ada@example.com", "correct horse")
	if !strings.Contains(strings.Join(outcome.Console, ""), "no result after 9000 ms") {
		t.Errorf("log %q", outcome.Console)
	}
}

// A connection that is cut under a statement: reading is tried again, changing is
// not, as it may have happened.
func TestConnectionCutUnderAStatement(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	b.profile(scripts.GetUser, "ada@example.com")
	p.cut.Store(true)
	b.profile(scripts.GetUser, "ada@example.com")
	if p.cut.Swap(true) {
		t.Fatal("nothing was cut")
	}
	outcome := b.fails("Error", "", scripts.Verify, "ada@example.com")
	if !strings.Contains(strings.Join(outcome.Console, ""), "terminated") || p.cut.Load() {
		t.Errorf("log %q", outcome.Console)
	}
	if b.db.QueryBool("SELECT email_verified FROM " + b.table()) {
		t.Error("the change was repeated")
	}
	b.gives(true, scripts.Verify, "ada@example.com")
}

// A connection that ends before the pool has it costs a call at most and not the container.
func TestConnectionCutUnderTheFirstStatement(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	for name, words := range map[string]func([]byte) []byte{
		"with the first answer": func(fromServer []byte) []byte {
			if bytes.HasPrefix(fromServer, []byte("T")) && bytes.Contains(fromServer, []byte("pid\x00")) {
				return []byte{}
			}
			return nil
		},
		"along with the start": func(fromServer []byte) []byte {
			if isStarted(fromServer) {
				return append(bytes.Clone(fromServer), fatal("57P01", "terminating connection due to administrator command")...)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := *b
			b.t, b.container = t, newContainer(t)
			through := b.configuration
			b.at(b.url)
			b.profile(scripts.GetUser, "ada@example.com") // starts the process
			b.configuration = through
			pid := b.container.PID()
			p.last(words)
			b.profile(scripts.GetUser, "ada@example.com")
			if p.pending() != nil {
				t.Error("nothing was cut")
			}
			if b.container.PID() != pid {
				t.Error("the container did not survive")
			}
		})
	}
}

// PgBouncer has one code for nearly all that it says, also of a server that it lost under a statement: what that has
// changed stays changed once, and who has just signed up is not told that somebody has.
func TestPoolerLosesTheServer(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	b.profile(scripts.GetUser, "ada@example.com")
	crashed := func([]byte) []byte { return fatal("08P01", "server conn crashed?") }
	p.last(crashed)
	b.fails("Error", "", scripts.Create, map[string]any{"email": "grace@example.com", "password": "correct horse"})
	if n := b.db.QueryInt("SELECT count(*)::int FROM " + b.table() + " WHERE email = 'grace@example.com'"); n != 1 {
		t.Errorf("%d rows: the server should have added one before it was lost", n)
	}
	b.profile(scripts.GetUser, "grace@example.com")
	p.last(crashed)
	b.profile(scripts.GetUser, "grace@example.com") // reading is tried again
}

// lockRows makes every change of a user wait until the rows are released.
func (b *bench) lockRows() (release func()) {
	b.t.Helper()
	tx, err := b.db.Conn().Begin(context.Background())
	if err == nil {
		_, err = tx.Exec(context.Background(), "SELECT FROM "+b.table()+" FOR UPDATE")
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(context.Background()); err != nil {
			b.t.Fatal(err)
		}
	}
}

// A pooler that takes no more connections leaves the container those that it has.
func TestFullPooler(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	b.profile(scripts.GetUser, "ada@example.com")
	p.target.Store(silentHost(t, string(fatal("08P01", "no more connections allowed (max_client_conn)"))))
	release := b.lockRows()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.gives(true, scripts.Verify, "ada@example.com")
	}()
	for b.db.QueryInt("SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'", b.role) == 0 {
		select {
		case <-done:
			t.Fatal("the change did not wait for the lock")
		case <-time.After(20 * time.Millisecond):
		}
	}
	outcome := b.fails("Error", "", scripts.GetUser, "ada@example.com") // the only connection is busy
	if !strings.Contains(strings.Join(outcome.Console, ""), "no more connections allowed") {
		t.Errorf("log %q", outcome.Console)
	}
	release()
	<-done
	b.profile(scripts.GetUser, "ada@example.com")
}

// The network swallows everything while connections are open.
func TestNetworkThatGoesSilent(t *testing.T) {
	t.Parallel() // it waits
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	p.silent.Store(true)
	b.unavailable("timeout")
	p.silent.Store(false)
	b.profile(scripts.Login, "ada@example.com", "correct horse")
}

// A lock that another session holds makes every change wait: more calls than the
// pool has places, all of which have to end.
func TestPoolExhaustedByLocks(t *testing.T) {
	t.Parallel() // it waits
	b := newBench(t, pgtest.Database(t), shape{}).withUser()
	release := b.lockRows()
	var group sync.WaitGroup
	var seen sync.Map
	for range 3 * scripts.DefaultPoolMax {
		group.Go(func() {
			outcome := b.run(scripts.Verify, "ada@example.com")
			if outcome.Err == nil {
				t.Errorf("got %v", result(outcome))
				return
			}
			seen.Store(outcome.Err.Message, true)
			for _, line := range outcome.Console {
				if strings.Contains(line, "57014") {
					seen.Store("57014", true)
				}
			}
		})
	}
	group.Wait()
	for _, want := range []string{"57014", "The user database took too long to answer. Please try again later."} {
		if _, ok := seen.Load(want); !ok {
			t.Errorf("no call ended with %q", want)
		}
	}
	// The server itself has ended them: nothing of the scripts is at work any more.
	if busy := b.db.QueryInt("SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1 AND state = 'active'", b.role); busy != 0 {
		t.Errorf("%d statements still run", busy)
	}
	release()
	b.gives(true, scripts.Verify, "ada@example.com")
}

func TestServerWithoutFreeConnections(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{}).withUser()
	b.container = newContainer(t) // one without connections
	b.endSessions()
	b.db.Exec("ALTER ROLE " + quote(b.role) + " CONNECTION LIMIT 0")
	b.unavailable("53300")
	free := time.AfterFunc(600*time.Millisecond, func() {
		b.db.Exec("ALTER ROLE " + quote(b.role) + " CONNECTION LIMIT 1")
	})
	defer free.Stop()
	b.gives(nil, scripts.Create, map[string]any{"email": "grace@example.com", "password": "correct horse"})
	b.profile(scripts.Login, "ada@example.com", "correct horse")
}

// Before a connection is there nothing has run, so that a change, too, is tried again where the refusal may pass:
// once done it is done once. What will not pass is answered at once.
func TestRefusedConnections(t *testing.T) {
	t.Parallel() // it waits
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	server := p.target.Load().(string)
	for n, refusal := range []struct {
		code, message string
		passes        bool
	}{
		{"53300", "sorry, too many clients already", true},
		{"53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute", true},
		{"57P03", "the database system is starting up", true},
		{"57P03", "the database system is in recovery mode", true},
		{"57P01", "terminating connection due to administrator command", true},
		{"08P01", "no more connections allowed (max_client_conn)", true},
		{"08P01", "server login has been failing, try again later (server_login_retry)", true},
		{"XX000", "MaxClientsInSessionMode: max clients reached", true},
		{"XX000", "Max client connections reached", true},
		{"28P01", "password authentication failed", false},
		{"08P01", "no such user", false},
		{"XX000", "Tenant or user not found", false},
		{"3D000", "database does not exist", false},
		{"42501", "permission denied for database", false},
	} {
		t.Run(refusal.code+"/"+refusal.message, func(t *testing.T) {
			b := *b
			b.t, b.container = t, newContainer(t)
			host, refused := countingHost(t, string(fatal(refusal.code, refusal.message)))
			p.target.Store(host)
			if refusal.passes {
				go func() {
					for t.Context().Err() == nil && refused.Load() < 3 {
						time.Sleep(time.Millisecond)
					}
					p.target.Store(server)
				}()
			}
			email := fmt.Sprintf("grace%d@example.com", n)
			outcome := b.run(scripts.Create, map[string]any{"email": email, "password": "correct horse"})
			if (outcome.Err == nil) != refusal.passes {
				t.Errorf("error %v, log %q", outcome.Err, outcome.Console)
			}
			if n := refused.Load(); !refusal.passes && n != 1 || n < 1 {
				t.Errorf("refused %d times", n)
			}
		})
	}
}

// PgBouncer passes on, in answer to a statement, that the server has no place for it: that has not run.
func TestPoolerWithoutAServer(t *testing.T) {
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := b.behindProxy(t)
	b.profile(scripts.GetUser, "ada@example.com")
	for n, refused := range [][]byte{
		fatal("53300", "too many connections"), fatal("08P01", "query_wait_timeout"),
		fatal("08P01", "server login has been failing, try again later (server_login_retry)"),
	} {
		p.refusal.Store(&refused)
		b.gives(nil, scripts.Create, map[string]any{
			"email": fmt.Sprintf("grace%d@example.com", n), "password": "correct horse",
		})
		if p.refusal.Load() != nil {
			t.Error("nothing was refused")
		}
	}
}

// As many calls as a tenant may have in flight, through all scripts at once, over
// no more connections than one pool has.
func TestManyCallsAtOnce(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{parts: append([]store.Part{store.LastLogin}, standardParts...)}).withUser()
	b.endSessions()
	db.Exec(fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT %d", quote(b.role), scripts.DefaultPoolMax))
	b.container = newContainer(t)
	for _, op := range scripts.Operations()[:7] {
		// On a machine with much else to do a place in the pool may take longer than users are let wait.
		b.amend(op, "connectionTimeoutMillis: 3000", "connectionTimeoutMillis: 8000")
	}
	var group sync.WaitGroup
	for i := range 50 {
		email := fmt.Sprintf("user%d@example.com", i)
		group.Go(func() {
			b.gives(nil, scripts.Create, map[string]any{"email": email, "password": "correct horse"})
			b.gives(true, scripts.Verify, email)
			profile := b.profile(scripts.Login, strings.ToUpper(email), "correct horse")
			if profile["email"] != email {
				t.Errorf("%s got %v", email, profile)
			}
			b.gives(true, scripts.ChangePassword, email, "another horse")
			b.wrong(profile["user_id"], email, "correct horse")
			b.gives(nil, scripts.Delete, profile["user_id"])
		})
		for range 4 {
			group.Go(func() { b.profile(scripts.Login, "ada@example.com", "correct horse") })
		}
	}
	group.Wait()
	if left := db.QueryInt("SELECT count(*)::int FROM " + b.table()); left != 1 {
		t.Errorf("%d users are left, want one", left)
	}
}

// The pool's key in global changes with the configuration and shows none of it.
func TestPoolIsSharedAndItsKeyIsADigest(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{}).withUser()
	keys := func() []any {
		t.Helper()
		outcome, err := b.container.Run(context.Background(), localtenant.Invocation{
			Script: `function f(callback) { callback(null, Object.keys(global).filter((key) => key.startsWith('auth0pg:pool'))); }`,
		})
		if err != nil {
			t.Fatal(err)
		}
		found, _ := result(outcome).([]any)
		return found
	}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	b.gives(true, scripts.Verify, "ada@example.com")
	if found := keys(); len(found) != 1 || len(fmt.Sprint(found[0])) != len("auth0pg:pool:")+64 {
		t.Errorf("pools: %v", found)
	}
	b.at(b.url + "&application_name=other")
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if found := keys(); len(found) != 2 {
		t.Errorf("pools after a change of the configuration: %v", found)
	}
}
