// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

// TestBadRequests sends what no script sends. Nothing of it reaches the users, and every answer is JSON of the contract.
func TestBadRequests(t *testing.T) {
	b := newBench(t, nil)
	user := `"password":null,"password_hash":"` + hashOf(t, "correct horse") + `"`
	const bad, unfit = "bad_request", "unfit"
	for name, c := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"no JSON":                  {"/v1/verify", "email=ada", 400, bad},
		"empty":                    {"/v1/verify", "", 400, bad},
		"a list":                   {"/v1/verify", `["ada@example.com"]`, 400, bad},
		"null":                     {"/v1/verify", `null`, 400, bad},
		"text":                     {"/v1/verify", `"ada@example.com"`, 400, bad},
		"cut off":                  {"/v1/verify", `{"email":"ada@example.com"`, 400, bad},
		"two objects":              {"/v1/verify", `{"email":"ada@example.com"}{}`, 400, bad},
		"a comma too many":         {"/v1/verify", `{"email":"ada@example.com",}`, 400, bad},
		"a member twice":           {"/v1/verify", `{"email":"ada@example.com","email":"grace@example.com"}`, 400, bad},
		"an unknown member":        {"/v1/verify", `{"email":"ada@example.com","admin":true}`, 400, bad},
		"another case":             {"/v1/verify", `{"Email":"ada@example.com"}`, 400, bad},
		"missing":                  {"/v1/verify", `{}`, 400, bad},
		"null in place of text":    {"/v1/verify", `{"email":null}`, 400, bad},
		"a number":                 {"/v1/verify", `{"email":1}`, 400, bad},
		"an object":                {"/v1/verify", `{"email":{"$ne":null}}`, 400, bad},
		"NUL":                      {"/v1/verify", `{"email":"ada\u0000@example.com"}`, 400, bad},
		"empty text":               {"/v1/verify", `{"email":""}`, 400, bad},
		"too long":                 {"/v1/verify", `{"email":"` + strings.Repeat("a", 321) + `"}`, 400, bad},
		"invalid UTF-8":            {"/v1/verify", "{\"email\":\"ada\xff@example.com\"}", 400, bad},
		"overlong UTF-8":           {"/v1/verify", "{\"email\":\"ada\xc0\x80@example.com\"}", 400, bad},
		"half a pair":              {"/v1/verify", `{"email":"ada\ud83d@example.com"}`, 400, bad},
		"the other half":           {"/v1/verify", `{"email":"ada\udc0e@example.com"}`, 400, bad},
		"a pair the wrong way":     {"/v1/verify", `{"email":"ada\udc0e\ud83d@example.com"}`, 400, bad},
		"nested":                   {"/v1/verify", `{"email":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000) + `}`, 400, bad},
		"too large":                {"/v1/verify", `{"email":"` + strings.Repeat("a", 65<<10) + `"}`, 413, "too_large"},
		"no way to look for":       {"/v1/get_user", `{}`, 400, bad},
		"two ways to look for":     {"/v1/get_user", `{"identifier":"a","user_id":"1"}`, 400, bad},
		"a number as id":           {"/v1/get_user", `{"identifier":null,"user_id":1}`, 400, bad},
		"verified as text":         {"/v1/change_email", `{"email":"a@example.com","new_email":"b@example.com","verified":"true"}`, 400, bad},
		"verified is missing":      {"/v1/change_email", `{"email":"a@example.com","new_email":"b@example.com"}`, 400, bad},
		"no new address":           {"/v1/change_email", `{"email":"a@example.com","new_email":"b","verified":true}`, 422, unfit},
		"a Kelvin sign":            {"/v1/change_email", `{"email":"a@example.com","new_email":"\u212a@example.com","verified":true}`, 422, unfit},
		"a password":               {"/v1/login", `{"identifier":"ada","password":"correct horse"}`, 400, bad},
		"no user":                  {"/v1/create", `{` + user + `}`, 400, bad},
		"a user that is a list":    {"/v1/create", `{"user":[],` + user + `}`, 400, bad},
		"verified at sign-up":      {"/v1/create", `{"user":{"email":"a@example.com","email_verified":true},` + user + `}`, 400, bad},
		"an id at sign-up":         {"/v1/create", `{"user":{"email":"a@example.com","id":"1"},` + user + `}`, 400, bad},
		"no address at sign-up":    {"/v1/create", `{"user":{"email":"a"},` + user + `}`, 422, unfit},
		"another's address":        {"/v1/create", `{"user":{"email":"a@example.com","username":"b@example.com"},` + user + `}`, 422, unfit},
		"metadata that is a list":  {"/v1/create", `{"user":{"email":"a@example.com","app_metadata":[]},` + user + `}`, 400, bad},
		"metadata with NUL":        {"/v1/create", `{"user":{"email":"a@example.com","app_metadata":{"a":"\u0000"}},` + user + `}`, 422, unfit},
		"no hash":                  {"/v1/create", `{"user":{"email":"a@example.com"},"password":null,"password_hash":null}`, 400, bad},
		"password and hash":        {"/v1/create", `{"user":{"email":"a@example.com"},"password":"x","password_hash":"y"}`, 400, bad},
		"a hash that is none":      {"/v1/create", `{"user":{"email":"a@example.com"},"password":null,"password_hash":"correct horse"}`, 422, unfit},
		"another path":             {"/v1/users", `{}`, 404, "not_offered"},
		"the functions' own check": {"/rpc/check_client", `{}`, 404, "PGRST202"},
		"another function":         {"/rpc/pg_sleep", `{"seconds":100}`, 404, "PGRST202"},
		"SQL for a function":       {"/rpc/verify%22();--", `{}`, 404, "PGRST202"},
		"another argument":         {"/rpc/verify", `{"email":"ada@example.com","x":1}`, 404, "PGRST202"},
		"NUL for a function":       {"/rpc/verify", `{"email":"ada\u0000"}`, 400, "22P05"},
		"no id for a function":     {"/rpc/delete", `{"id":"x"}`, 400, "22P02"},
		"a list for a function":    {"/rpc/verify", `[]`, 400, "PGRST102"},
	} {
		status, answer := b.post(c.path, c.body)
		if status != c.status || !strings.Contains(answer, `"`+c.code+`"`) || !strings.HasPrefix(answer, "{") {
			t.Errorf("%s: %d %s, want %d %s", name, status, answer, c.status, c.code)
		}
		if c.code == bad && json.Valid([]byte(c.body)) && theContract().asks(c.path, c.body) == nil &&
			!beyondSchema[name] {
			t.Errorf("%s: the contract allows what is refused", name)
		}
		if strings.Contains(answer, "ada@") || strings.Contains(answer, "example.com") {
			t.Errorf("%s: the answer quotes what was sent: %s", name, answer)
		}
	}
	if n := b.db.QueryInt("SELECT count(*)::int FROM public.users"); n != 0 {
		t.Errorf("%d users were made", n)
	}
	b.silent()
}

// beyondSchema is what no schema says of a request: a reader of JSON has it lost by then.
var beyondSchema = map[string]bool{
	"a member twice": true, "half a pair": true, "the other half": true, "a pair the wrong way": true, "invalid UTF-8": true,
	"overlong UTF-8": true, "a password": true,
}

// What is around the body, too.
func TestBadHeaders(t *testing.T) {
	b := newBench(t, nil)
	good := http.Header{"Content-Type": {"application/json; charset=UTF-8"}}
	for name, c := range map[string]struct {
		method string
		header http.Header
		want   int
	}{
		"good":               {http.MethodPost, good, 200},
		"no type":            {http.MethodPost, http.Header{"Content-Type": nil}, 415},
		"a form":             {http.MethodPost, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415},
		"text":               {http.MethodPost, http.Header{"Content-Type": {"text/plain"}}, 415},
		"another charset":    {http.MethodPost, http.Header{"Content-Type": {"application/json; charset=latin1"}}, 415},
		"compressed":         {http.MethodPost, http.Header{"Content-Encoding": {"gzip"}}, 415},
		"GET":                {http.MethodGet, good, 405},
		"OPTIONS":            {http.MethodOptions, good, 405},
		"no credentials":     {http.MethodPost, http.Header{"Authorization": nil}, 401},
		"another password":   {http.MethodPost, http.Header{"Authorization": {"Basic YXV0aDA6YXV0aDA="}}, 401},
		"no basic":           {http.MethodPost, http.Header{"Authorization": {"Basic €"}}, 401},
		"a token for basics": {http.MethodPost, http.Header{"Authorization": {"Bearer e30.e30.e30"}}, 401},
	} {
		for _, path := range []string{"/v1/verify", "/rpc/verify"} {
			request, err := http.NewRequestWithContext(
				t.Context(),
				c.method,
				b.server.URL+path,
				strings.NewReader(`{"email":"ada@example.com"}`),
			)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			request.SetBasicAuth(usersapitest.Credentials.Username, usersapitest.Credentials.Password)
			for key, values := range c.header {
				request.Header[key] = values
			}
			if status, answer := b.do(request); status != c.want || answer == "" {
				t.Errorf("%s, %s: %d %s, want %d", name, path, status, answer, c.want)
			}
		}
	}
}

// What the server says is told in the contract's words and without values.
func TestServerErrors(t *testing.T) {
	b := newBench(t, nil)
	create := func(email string) m {
		return m{"user": m{"email": email, "name": "Ada"}, "password": nil, "password_hash": hashOf(t, "correct horse")}
	}
	b.gives(`{"result":"changed"}`, "/v1/create", create("ada@example.com"))
	id := text(b.only("/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})["user_id"])

	b.db.Exec(
		"CREATE TABLE public.orders (user_id bigint REFERENCES public.users); INSERT INTO public.orders SELECT id FROM public.users",
	)
	b.fails(http.StatusConflict, "needed", "/v1/delete", m{"user_id": id})
	b.fails(http.StatusConflict, "23503", "/rpc/delete", m{"id": id})
	b.db.Exec("ALTER TABLE public.users ADD CHECK (name <> 'Ada') NOT VALID")
	b.fails(http.StatusUnprocessableEntity, "unfit", "/v1/create", create("grace@example.com"))
	b.db.Exec("ALTER TABLE public.users DROP CONSTRAINT users_name_check; CREATE UNIQUE INDEX ON public.users (name)")
	b.fails(http.StatusUnprocessableEntity, "unfit", "/v1/create", create("grace@example.com"))
	b.gives(`{"result":"conflict"}`, "/v1/create", create("ADA@example.com"))
	b.fails(http.StatusUnprocessableEntity, "22000", "/rpc/create",
		m{"email": "grace@example.com", "password": hashOf(t, "correct horse"), "name": "Ada"})
	b.db.Exec("UPDATE public.users SET username = 'ada'; DROP INDEX public.users_lower_idx1; CREATE UNIQUE INDEX ON public.users (username)")
	_, answer := b.post("/rpc/create", m{"email": "grace@example.com", "username": "ada", "password": hashOf(t, "correct horse")})
	if !strings.Contains(answer, `"code":"23505"`) ||
		!strings.Contains(answer, `"details":"Key (username)=(...) already exists."`) {
		t.Errorf("a conflict is %s", answer)
	}
	b.db.Exec(
		"DROP INDEX public.users_lower_idx; INSERT INTO public.users (email, password) VALUES ('ADA@example.com', 'x')",
	)
	b.fails(http.StatusConflict, "ambiguous", "/v1/verify", m{"email": "ada@example.com"})
	if n := len(b.users("/v1/login", m{"identifier": "ada@example.com", "password": nil})); n != 2 {
		t.Errorf("%d users", n)
	}

	lock := b.db.Conn()
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE public.users"); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	b.fails(http.StatusGatewayTimeout, "late", "/v1/verify", m{"email": "ada@example.com"})
	if waited := time.Since(started); waited > 5*time.Second {
		t.Errorf("waited for %s", waited)
	}
	if _, err := lock.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	b.silent()
}

// Whatever happens to the functions meanwhile, the API finds out by itself.
func TestFunctionsChange(t *testing.T) {
	b := newBench(t, nil)
	quoted := `"` + b.config.Schema + `"`
	b.gives(`{"result":"none"}`, "/v1/verify", m{"email": "ada@example.com"})
	definition := b.db.QueryString("SELECT pg_get_functiondef('" + quoted + ".verify'::regproc)")
	b.db.Exec("ALTER FUNCTION " + quoted + ".verify RENAME TO other")
	time.Sleep(1100 * time.Millisecond) // it asks once a second at most
	b.fails(http.StatusNotFound, "not_offered", "/v1/verify", m{"email": "ada@example.com"})
	b.db.Exec(definition)
	b.db.Exec(fmt.Sprintf("GRANT EXECUTE ON FUNCTION %s.verify TO PUBLIC", quoted))
	time.Sleep(1100 * time.Millisecond)
	b.gives(`{"result":"none"}`, "/v1/verify", m{"email": "ada@example.com"})

	// Other columns of the result, under the name of a statement that is prepared.
	b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
	definition = b.db.QueryString("SELECT pg_get_functiondef('" + quoted + ".get_user'::regproc)")
	b.db.Exec("DROP FUNCTION " + quoted + ".get_user")
	b.db.Exec(strings.NewReplacer("picture text", "picture character varying", `"found"."picture"`,
		`"found"."picture"::character varying`).Replace(definition))
	b.db.Exec("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA " + quoted + " TO PUBLIC")
	b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
}

// Ready says in the log, and not to whoever asks, what is missing.
func TestReadiness(t *testing.T) {
	b := newBench(t, nil)
	get := func(server *httptest.Server, path string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		status, _ := b.do(request)
		return status
	}
	if get(b.server, "/healthz") != 200 || get(b.server, "/readyz") != 200 {
		t.Error("not ready")
	}
	stranger := b.db.RoleName("stranger")
	b.db.Exec(`CREATE ROLE "` + stranger + `" LOGIN PASSWORD 'role-password'`)
	quoted := `"` + b.config.Schema + `"`
	for name, c := range map[string]struct {
		change func(*usersapi.Config)
		want   string
	}{
		"no server": {
			func(c *usersapi.Config) { c.DatabaseURL = "postgres://api:secret@127.0.0.1:1/none" }, "connecting to the database failed",
		},
		"another password": {
			func(c *usersapi.Config) { c.DatabaseURL = b.db.URLFor(stranger, "secret") }, "password authentication failed",
		},
		"another schema": {func(c *usersapi.Config) { c.Schema = "public" }, "no access function"},
		"another role": {
			func(c *usersapi.Config) { c.DatabaseURL = b.db.URLFor(stranger, "role-password") }, "no access function",
		},
	} {
		config := b.config
		c.change(&config)
		checkUnready(t, b, name, config, c.want, get)
	}
	for _, c := range []struct{ name, sql, want string }{
		{"twice", "CREATE FUNCTION " + quoted + ".verify() RETURNS SETOF boolean LANGUAGE sql AS 'SELECT true'; GRANT EXECUTE ON FUNCTION " + quoted + ".verify() TO PUBLIC", "verify"},
		{"no argument", "DROP FUNCTION " + quoted + ".verify(text)", "verify lacks the argument email"},
		{"another result", "DROP FUNCTION " + quoted + ".verify(); CREATE FUNCTION " + quoted + ".verify(email text) RETURNS SETOF text LANGUAGE sql AS 'SELECT email'", "verify does not return rows of boolean"},
		{"one value", "DROP FUNCTION " + quoted + ".verify(text); CREATE FUNCTION " + quoted + ".verify(email text) RETURNS boolean LANGUAGE sql AS 'SELECT true'", "verify returns one value"},
	} {
		b.db.Exec(c.sql)
		checkUnready(t, b, c.name, b.config, c.want, get)
	}
}

func checkUnready(
	t *testing.T,
	b *bench,
	name string,
	config usersapi.Config,
	want string,
	get func(*httptest.Server, string) int,
) {
	t.Helper()
	server := usersapitest.Serve(t, config)
	b.log.Reset()
	if get(server, "/healthz") != 200 || get(server, "/readyz") != 503 || !strings.Contains(b.log.String(), want) {
		t.Errorf("%s: %s", name, b.log)
	}
	if strings.Contains(b.log.String(), "secret") {
		t.Errorf("%s: the log has the password", name)
	}
}

// Addresses are those of the peer, or what a proxy says that is trusted.
func TestAddresses(t *testing.T) {
	networks := func(all ...string) (list []netip.Prefix) {
		for _, text := range all {
			list = append(list, netip.MustParsePrefix(text))
		}
		return list
	}
	api, err := usersapi.New(usersapi.Config{
		DatabaseURL: "postgres://api@127.0.0.1:1/none", Schema: "access", Basic: []usersapi.Credentials{usersapitest.Credentials},
		Allowed: networks("192.0.2.0/24", "2001:db8::/32"), TrustedProxies: networks("10.0.0.0/8", "fd00::/8"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	const in, no = http.StatusServiceUnavailable, http.StatusForbidden
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      int
	}{
		{"192.0.2.1:1", nil, in},
		{"[::ffff:192.0.2.1]:1", nil, in},
		{"[2001:db8::1]:1", nil, in},
		{"198.51.100.1:1", nil, no},
		{"198.51.100.1:1", []string{"192.0.2.1"}, no},
		{"10.0.0.1:1", []string{"192.0.2.1"}, in},
		{"[fd00::1]:1", []string{"192.0.2.1"}, in},
		{"10.0.0.1:1", []string{"192.0.2.1, 10.0.0.2"}, in},
		{"10.0.0.1:1", []string{"198.51.100.1, 192.0.2.1"}, in},
		{"10.0.0.1:1", []string{"192.0.2.1, 198.51.100.1"}, no},
		{"10.0.0.1:1", []string{"192.0.2.1", "198.51.100.1"}, no},
		{"10.0.0.1:1", nil, no},
		{"10.0.0.1:1", []string{"192.0.2.1, unknown"}, no},
		{"10.0.0.1:1", []string{"192.0.2.1:443"}, no},
		{"@", nil, no},
	} {
		request := httptest.NewRequestWithContext(
			t.Context(),
			http.MethodPost,
			"/v1/verify",
			strings.NewReader(`{"email":"a@example.com"}`),
		)
		request.RemoteAddr = c.peer
		request.Header["X-Forwarded-For"] = c.forwarded
		request.Header.Set("Content-Type", "application/json")
		request.SetBasicAuth(usersapitest.Credentials.Username, usersapitest.Credentials.Password)
		recorder := httptest.NewRecorder()
		api.ServeHTTP(recorder, request)
		if recorder.Code != c.want {
			t.Errorf("from %s, forwarded %q: %d, want %d", c.peer, c.forwarded, recorder.Code, c.want)
		}
	}
}

// A crowd is served, or told at once to come again; who goes leaves nothing running.
func TestCrowd(t *testing.T) {
	b := newBench(t, func(c *usersapi.Config) { c.MaxInFlight, c.PoolMax = 20, 4 })
	counts := map[int]*atomic.Int32{200: {}, 503: {}}
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() {
			status, answer := b.post("/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
			if counts[status] == nil {
				t.Errorf("%d %s", status, answer)
				return
			}
			counts[status].Add(1)
		})
	}
	all.Wait()
	if counts[200].Load() < 20 {
		t.Errorf("%d of 300 are served", counts[200].Load())
	}
	b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})

	lock := b.db.Conn()
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE public.users"); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			request, err := http.NewRequestWithContext(
				ctx,
				http.MethodPost,
				b.server.URL+"/v1/verify",
				strings.NewReader(`{"email":"a@example.com"}`),
			)
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Content-Type", "application/json")
			request.SetBasicAuth(usersapitest.Credentials.Username, usersapitest.Credentials.Password)
			response, err := http.DefaultClient.Do(request)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
			if err == nil {
				_ = response.Body.Close()
			}
		})
	}
	all.Wait()
	for range 50 {
		if b.db.QueryInt(
			"SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'auth0pg_users_api' AND state = 'active'",
		) == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if n := b.db.QueryInt("SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'auth0pg_users_api' AND state = 'active'"); n != 0 {
		t.Errorf("%d statements of clients that have gone still run", n)
	}
	if _, err := lock.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	b.gives(`{"result":"none"}`, "/v1/verify", m{"email": "ada@example.com"})
}
