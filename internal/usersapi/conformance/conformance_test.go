// SPDX-License-Identifier: MPL-2.0

package conformance_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/conformance"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var cheap = check.Options{Costs: hashes.Costs{BcryptRounds: 4}}

// newAPI is the reference over a table of its own.
func newAPI(t *testing.T, db *pgtest.DB, schema, url string, where usersapi.PasswordCheck) *httptest.Server {
	t.Helper()
	return usersapitest.Serve(t, usersapi.Config{DatabaseURL: url, Schema: schema, PasswordCheck: where, Passwords: cheap})
}

// outcomes runs the check, and returns what came of the rules by their names.
func outcomes(t *testing.T, url string, where usersapi.PasswordCheck, change func(*conformance.Options)) (map[string]conformance.Result, bool) {
	t.Helper()
	options := conformance.Options{
		URL: url, Username: usersapitest.Credentials.Username, Password: usersapitest.Credentials.Password,
		PasswordCheck: string(where), Passwords: cheap, AllowChanges: true,
	}
	if change != nil {
		change(&options)
	}
	all := map[string]conformance.Result{}
	passed, err := conformance.Run(t.Context(), options, func(r conformance.Result) { all[r.Rule] = r })
	if err != nil {
		t.Fatal(err)
	}
	return all, passed
}

// The reference keeps every rule, and nobody is left.
func TestReferencePasses(t *testing.T) {
	db := pgtest.Database(t)
	schema, url := usersapitest.Functions(t, db, usersapitest.Table(db), "")
	for _, where := range []usersapi.PasswordCheck{usersapi.CheckInScript, usersapi.CheckInAPI} {
		server := newAPI(t, db, schema, url, where)
		all, passed := outcomes(t, server.URL, where, nil)
		var skipped int
		for _, r := range all {
			if r.Outcome == conformance.Failed {
				t.Errorf("%s: %s: %s", where, r.Rule, r.Reason)
			}
			if r.Outcome == conformance.Skipped {
				skipped++
			}
		}
		if !passed || skipped != 2 || len(all) < 30 {
			t.Errorf("%s: passed: %t, %d of %d rules skipped: %v", where, passed, skipped, len(all), all)
		}
		if n := db.QueryInt("SELECT count(*)::int FROM public.users"); n != 0 {
			t.Errorf("%s: %d users are left", where, n)
		}
		if _, passed := outcomes(t, server.URL, where, func(o *conformance.Options) { o.AllowChanges = false }); !passed {
			t.Errorf("%s: without changes it does not pass", where)
		}
	}
}

// exchange is a request with its answer, of which a fault makes another one.
type exchange struct {
	path, asked string
	status      int
	body        string
	header      http.Header
}

// faulty is the reference with a fault in every answer.
func faulty(t *testing.T, api http.Handler, before func(*http.Request, *string), after func(*exchange)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		asked := string(text)
		if before != nil {
			before(r, &asked)
		}
		r.Body = io.NopCloser(strings.NewReader(asked))
		recorder := httptest.NewRecorder()
		recorder.Body = &bytes.Buffer{}
		api.ServeHTTP(recorder, r)
		e := &exchange{path: r.URL.Path, asked: asked, status: recorder.Code, body: recorder.Body.String(), header: recorder.Header()}
		if after != nil {
			after(e)
		}
		for name, values := range e.header {
			w.Header()[name] = values
		}
		w.WriteHeader(e.status)
		_, _ = io.WriteString(w, e.body)
	}))
	t.Cleanup(server.Close)
	return server
}

// Whatever an implementation may do wrong is found, by the rule about it.
func TestFaultsAreFound(t *testing.T) {
	db := pgtest.Database(t)
	schema, url := usersapitest.Functions(t, db, usersapitest.Table(db), "")
	good := http.Header{}
	request := &http.Request{Header: good}
	request.SetBasicAuth(usersapitest.Credentials.Username, usersapitest.Credentials.Password)
	apis := map[usersapi.PasswordCheck]http.Handler{}
	for _, where := range []usersapi.PasswordCheck{usersapi.CheckInScript, usersapi.CheckInAPI} {
		apis[where] = newAPI(t, db, schema, url, where).Config.Handler
	}
	replace := func(path, from, to string) func(*exchange) {
		return func(e *exchange) {
			if strings.HasPrefix(e.path, path) {
				e.body = regexp.MustCompile(from).ReplaceAllString(e.body, to)
			}
		}
	}
	const script, inAPI = usersapi.CheckInScript, usersapi.CheckInAPI
	for name, c := range map[string]struct {
		where  usersapi.PasswordCheck
		before func(*http.Request, *string)
		after  func(*exchange)
		rule   string
	}{
		"everybody gets in": {
			script, func(r *http.Request, _ *string) {
				r.Header = r.Header.Clone()
				r.Header.Set("Authorization", good.Get("Authorization"))
			},
			nil, "nobody without credentials gets in",
		},
		"403 for 401":      {script, nil, func(e *exchange) { e.status += map[int]int{401: 2}[e.status] }, "no other credentials get in"},
		"HTML errors":      {script, nil, func(e *exchange) { errorPage(e) }, "a missing identifier is refused"},
		"a redirect":       {script, nil, func(e *exchange) { e.status = 302; e.header.Set("Location", "/") }, "get_user finds nobody who is not there"},
		"an error in 200":  {script, nil, func(e *exchange) { e.status = 200 }, "an operation that is none is not there"},
		"all members":      {script, func(_ *http.Request, s *string) { *s = strings.Replace(*s, `,"admin":true`, "", 1) }, nil, "a member that is not documented is refused"},
		"a hash too many":  {script, nil, replace("/v1/get_user", `"user_id"`, `"password_hash":"x","user_id"`), "get_user finds the same user by address and id"},
		"a hash in api":    {inAPI, nil, replace("/v1/login", `"user_id"`, `"password_hash":"x","user_id"`), "login finds the user, with the password alone"},
		"every password":   {inAPI, nil, replace("/v1/login", `"password_matches":false`, `"password_matches":true`), "login finds the user, with the password alone"},
		"no password":      {inAPI, nil, replace("/v1/login", `"password_matches":true`, `"password_matches":false`), "login finds the user, with the password alone"},
		"an id of number":  {script, nil, replace("/v1", `"user_id":"([0-9]+)"`, `"user_id":$1`), "login finds the user, with the password alone"},
		"another id":       {script, nil, replace("/v1/get_user", `"user_id":"`, `"user_id":"0`), "get_user finds the same user by address and id"},
		"verified at once": {script, nil, replace("/v1/login", `"email_verified":false`, `"email_verified":true`), "login finds the user, with the password alone"},
		"case counts": {
			script, func(r *http.Request, s *string) {
				if r.URL.Path == "/v1/get_user" && *s != strings.ToLower(*s) {
					*s = strings.ReplaceAll(*s, "AUTH0PG", "OTHER")
				}
			}, nil, "get_user finds the same user by address and id",
		},
		"a conflict is changed": {script, nil, replace("/v1/create", "conflict", "changed"), "create does not add a user twice"},
		"nobody is changed":     {script, nil, replace("/v1/verify", "none", "changed"), "verify keeps that the address is the user's"},
		"lost metadata":         {script, nil, replace("/v1/get_user", "gold", "silver"), "metadata comes back as it was"},
		"a slow login":          {inAPI, nil, slowWrong, "login takes as long for nobody as for a wrong password"},
		"spaces are trimmed": {
			script, func(_ *http.Request, s *string) {
				*s = strings.NewReplacer(`:" `, `:"`, ` "`, `"`).Replace(*s)
			}, nil, "an address that only looks alike finds nobody",
		},
		"a verified new address": {
			script, func(r *http.Request, s *string) { *s = strings.Replace(*s, `"verified":false`, `"verified":true`, 1) }, nil,
			"change_email moves the user to another address",
		},
		"delete of nobody": {script, nil, replace("/v1/delete", "none", "changed"), "delete takes the user away, once"},
	} {
		t.Run(name, func(t *testing.T) {
			server := faulty(t, apis[c.where], c.before, c.after)
			all, passed := outcomes(t, server.URL, c.where, nil)
			if passed || all[c.rule].Outcome != conformance.Failed {
				t.Errorf("%q is %v; passed: %t", c.rule, all[c.rule], passed)
			}
			db.Exec("DELETE FROM public.users")
		})
	}
}

func errorPage(e *exchange) {
	if e.status >= 400 {
		e.body = "<html>"
		e.header.Set("Content-Type", "text/html")
	}
}

func slowWrong(e *exchange) {
	if e.path == "/v1/login" && strings.Contains(e.body, `"users":[{`) {
		time.Sleep(60 * time.Millisecond)
	}
}

// What cannot be tried is refused before anything is sent.
func TestRefusedOptions(t *testing.T) {
	for name, change := range map[string]func(*conformance.Options){
		"no credentials": func(o *conformance.Options) { o.Username, o.Password = "", "" },
		"both":           func(o *conformance.Options) { o.Token = "x" },
		"plain HTTP":     func(o *conformance.Options) { o.URL = "http://users.example.com" },
		"a query":        func(o *conformance.Options) { o.URL = "https://users.example.com/?x" },
		"a password":     func(o *conformance.Options) { o.URL = "https://a:b@users.example.com" },
		"another check":  func(o *conformance.Options) { o.PasswordCheck = "none" },
	} {
		options := conformance.Options{URL: "https://users.example.com", Username: "a", Password: "b", PasswordCheck: "api"}
		change(&options)
		if _, err := conformance.Run(t.Context(), options, func(conformance.Result) {}); err == nil ||
			slices.Contains([]string{"a:b"}, err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
