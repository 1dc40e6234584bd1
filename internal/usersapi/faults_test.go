// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

// A session that ends under a statement: what reads is asked again, and of what changes nobody says that it has not
// happened, since it would then be sent again.
func TestLostSessions(t *testing.T) {
	b := newBench(t, nil)
	b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
	const ours = "application_name = 'auth0pg_users_api' AND datname = current_database()"
	lock := b.db.Conn()
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE public.users"); err != nil {
		t.Fatal(err)
	}
	statuses := map[string]chan int{"/v1/verify": make(chan int, 1), "/v1/get_user": make(chan int, 1)}
	for path, status := range statuses {
		body := m{"email": "ada@example.com"}
		if path == "/v1/get_user" {
			body = m{"identifier": "ada@example.com", "user_id": nil}
		}
		go func() {
			got, _ := b.post(path, body)
			status <- got
		}()
	}
	for b.db.QueryInt("SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "+ours) < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	b.db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND " + ours)
	if got := <-statuses["/v1/verify"]; got != http.StatusGatewayTimeout {
		t.Errorf("a change is %d", got)
	}
	if _, err := lock.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := <-statuses["/v1/get_user"]; got != http.StatusOK {
		t.Errorf("a look-up is %d", got)
	}
	b.db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + ours)
	b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
	b.silent()
}

// What the database refuses for good is not said to be over in a second, since it would then be sent again while somebody waits;
// what is over soon is.
func TestRefusalsOfTheDatabase(t *testing.T) {
	b := newBench(t, nil)
	b.db.Exec("INSERT INTO public.users (email, password) VALUES ('ada@example.com', 'x')")
	b.db.Exec("CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
	b.db.Exec("CREATE TRIGGER refuse BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.refuse()")
	for code, want := range map[string]int{"P0001": 500, "42501": 500, "0LP01": 500, "0A000": 503, "42703": 503, "25006": 503, "40P01": 503, "53300": 503} {
		b.db.Exec("CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '" + code + "'; END $$")
		b.fails(want, map[int]string{500: "internal", 503: "unavailable"}[want], "/v1/verify", m{"email": "ada@example.com"})
		if !strings.Contains(b.log.String(), "SQLSTATE "+code) {
			t.Errorf("the log has no %s: %s", code, b.log)
		}
	}
	b.silent()
}

// Behind a pooler that gives each statement another session nothing is prepared.
func TestThroughPgBouncer(t *testing.T) {
	db := pgtest.Database(t)
	schema, address := usersapitest.Functions(t, db, usersapitest.Table(db), "")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("parsing the URL failed") // its error would print the password
	}
	pooler := db.PgBouncer(
		t,
		pgtest.PgBouncerOptions{Mode: "transaction", Users: map[string]string{u.User.Username(): "role-password"}},
	)
	b := &bench{
		t:      t,
		db:     db,
		server: usersapitest.Serve(t, usersapi.Config{DatabaseURL: pooler.In(t, address), Schema: schema}),
	}
	for range 3 {
		statuses := make(chan int, 20)
		for range cap(statuses) {
			go func() {
				status, _ := b.post("/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
				statuses <- status
			}()
		}
		for range cap(statuses) {
			if status := <-statuses; status != http.StatusOK {
				t.Errorf("%d", status)
			}
		}
		b.gives(`{"result":"none"}`, "/v1/verify", m{"email": "ada@example.com"})
	}
}

// Who has a token of a key that is known waits for no other.
func TestUnknownKeysHoldUpNobody(t *testing.T) {
	i := newIssuer(t)
	slow := make(chan struct{})
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) > 1 {
			<-slow
		}
		i.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(slow) })
	config := usersapi.Config{DatabaseURL: "postgres://api@127.0.0.1:1/none", Schema: "access"}
	i.accept(&config)
	config.Tokens.JWKS = server.URL
	known := &bench{t: t, server: usersapitest.Serve(t, config)}
	known.bearer(i.sign(jwa.RS256, i.keys[0], nil, nil))
	known.fails(http.StatusServiceUnavailable, "unavailable", "/v1/verify", m{"email": "ada@example.com"})
	i.change(func() { i.now = i.now.Add(time.Minute) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		unknown := &bench{t: t, server: known.server}
		unknown.bearer(i.sign(jwa.RS256, i.keys[0], m{"kid": "unknown"}, nil))
		unknown.fails(http.StatusUnauthorized, "unauthorized", "/v1/verify", m{"email": "ada@example.com"})
	}()
	time.Sleep(100 * time.Millisecond)
	started := time.Now()
	known.fails(http.StatusServiceUnavailable, "unavailable", "/v1/verify", m{"email": "ada@example.com"})
	if took := time.Since(started); took > time.Second {
		t.Errorf("it takes %s", took)
	}
	<-done
}

// What the tenant may answer in place of its keys lets nobody in, and says in the log what it was.
func TestAnswersInPlaceOfKeys(t *testing.T) {
	for name, answer := range map[string]string{
		"HTML": "<html>", "nothing": "", "an empty set": `{"keys":[]}`, "no set": `{"kid":"first"}`,
		"a key for encryption": `{"keys":[{"kty":"RSA","kid":"first","use":"enc","n":"AQAB","e":"AQAB"}]}`,
		"a secret":             `{"keys":[{"kty":"oct","kid":"first","k":"AAAA"}]}`,
		"much":                 `{"keys":[` + strings.Repeat(" ", 300<<10) + `]}`,
	} {
		i := newIssuer(t)
		server := httptest.NewServer(
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }),
		)
		b := i.api()
		config := b.config
		config.Tokens.JWKS = server.URL
		b.server = usersapitest.Serve(t, config)
		b.bearer(i.sign(jwa.RS256, i.keys[0], nil, nil))
		b.fails(http.StatusServiceUnavailable, "unavailable", "/v1/verify", m{"email": "ada@example.com"})
		if !strings.Contains(b.log.String(), "the tenant's answer") {
			t.Errorf("%s: %s", name, b.log)
		}
		server.Close()
	}
}
