// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/bulkimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

// site is a table with users and a tenant with a connection in import mode whose scripts know nobody.
type site struct {
	t          testing.TB
	db         *pgtest.DB
	server     *postgres.Server
	tenant     *localtenant.Tenant
	client     *auth0.Client
	connection string
	source     migration.Source
	settings   settings
}

const connectionName = "legacy-users"

func newSite(t testing.TB, users int, o localtenant.Options) *site {
	t.Helper()
	if o.ImportDelay == 0 {
		o.ImportDelay = 40 * time.Millisecond
	}
	local, err := localtenant.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	s := &site{t: t, db: pgtest.LocalDatabase(t), tenant: local}
	s.db.Exec(`CREATE TABLE public.users (id bigint PRIMARY KEY, email text, password_hash text, salt text, totp text, verified boolean, blocked boolean,
		phone text, app_metadata jsonb, migrated_at timestamptz)`)
	s.add(1, users)
	server, err := postgres.NewServer(postgres.Config{URL: s.db.URL, LockTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s.server = server
	s.client = auth0.New(auth0.Config{
		BaseURL: local.URL(), Audience: local.Audience(), ClientID: local.ClientID(),
		ClientSecret: local.ClientSecret(),
	})
	script := func(name string) string {
		return "function " + name + "(a, b, callback) { (callback || b)(new Error('the old database is off')); }"
	}
	status, created := s.api("POST", "/connections", map[string]any{"name": connectionName, "strategy": "auth0",
		"options": map[string]any{
			"import_mode": true, "enabledDatabaseCustomization": true,
			"customScripts": map[string]any{"login": script("login"), "get_user": script("getByEmail")},
		}})
	if status != http.StatusCreated {
		t.Fatal(status, created)
	}
	s.connection = created["id"].(string)
	text := func(name string) store.Column { return store.Column{Name: name, Type: "text"} }
	flag := func(name string) store.Column { return store.Column{Name: name, Type: "boolean"} }
	s.source = migration.Source{
		Store: store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex,
			Columns: map[store.Part]store.Column{
				store.ID: {Name: "id", Type: "bigint"}, store.Email: text("email"), store.Password: text("password_hash"),
				store.PasswordSalt: text("salt"), store.TOTP: text("totp"),
				store.EmailVerified: flag("verified"), store.Blocked: flag("blocked"), store.PhoneNumber: text("phone"),
				store.AppMetadata: {Name: "app_metadata", Type: "jsonb"}, store.MigratedAt: {Name: "migrated_at",
					Type: "timestamp with time zone"},
			}},
		Ledger: migration.Ledger{Schema: "public", Name: "auth0pg_import"},
	}
	s.settings = settings{
		connectionID: s.connection, connectionName: connectionName, firstBatch: 3, poll: 15 * time.Millisecond,
		patience: 2 * time.Second,
	}
	return s
}

// api calls the Management API.
func (s *site) api(method, path string, body any) (status int, answer map[string]any) {
	s.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(context.Background(), method, s.tenant.URL()+"/api/v2"+path,
		bytes.NewReader(encoded))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.tenant.Token())
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	_ = json.NewDecoder(response.Body).Decode(&answer) // an empty one is none
	return response.StatusCode, answer
}

// add adds users with ids from one to another, whose password is their id, by its MD5.
func (s *site) add(from, to int) {
	s.db.Exec(`INSERT INTO public.users (id, email, password_hash, verified)
		SELECT n, 'User' || n || '@example.com', md5(n::text), n % 2 = 0 FROM generate_series($1::int, $2::int) n`, from, to)
}

// importing runs an import; through may stand between it and the tenant.
func (s *site) importing(ctx context.Context, through func(tenant) tenant) (report, error) {
	session, err := migration.Open(ctx, s.server, s.source)
	if err != nil {
		return report{}, err
	}
	defer session.Close()
	duplicates, err := session.Duplicates(ctx)
	if err != nil {
		return report{}, err
	}
	e := &engine{
		settings: s.settings, tenant: s.client, db: session,
		convert: &bulkimport.Converter{Prefix: "old", Duplicates: duplicates,
			Hashes: hashes.ImportSettings{Formats: []string{"bcrypt", "md5"}}},
	}
	if through != nil {
		e.tenant = through(e.tenant)
	}
	return e.run(ctx)
}

// imports runs an import that has to succeed.
func (s *site) imports() report {
	s.t.Helper()
	got, err := s.importing(s.t.Context(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// settled reports what is wrong where everybody should be with Auth0 once, marked, and nothing be left in the ledger.
func (s *site) settled(users int) string {
	s.t.Helper()
	count, err := s.client.CountUsers(s.t.Context(), connectionName)
	if err != nil {
		s.t.Fatal(err)
	}
	if count != users {
		return fmt.Sprintf("the tenant has %d users, the table %d", count, users)
	}
	if left := s.db.QueryInt("SELECT count(*) FROM public.users WHERE migrated_at IS NULL"); left > 0 {
		return fmt.Sprintf("%d users are not marked", left)
	}
	if open := s.db.QueryInt("SELECT count(*) FROM public.auth0pg_import WHERE state IN ('sending', 'running') OR " +
		"ids IS NOT NULL"); open > 0 {
		return fmt.Sprintf("%d batches are open in the ledger", open)
	}
	return ""
}

// forget makes everybody a user of the table alone.
func (s *site) forget() {
	s.t.Helper()
	s.db.Exec("UPDATE public.users SET migrated_at = NULL; TRUNCATE public.auth0pg_import")
	for id := range s.db.QueryInt("SELECT count(*) FROM public.users") {
		s.api("DELETE", fmt.Sprintf("/users/auth0%%7Cold%%7C%d", id+1), nil)
	}
}

// comesOtherwise puts a user into the connection whom no import of the table has brought.
func (s *site) comesOtherwise(id, email string) {
	s.t.Helper()
	job, err := s.client.ImportUsers(s.t.Context(), auth0.UsersImport{ConnectionID: s.connection,
		Users: fmt.Appendf(nil, `[{"user_id": %q, "email": %q}]`, id, email)})
	for err == nil && !job.Over() {
		time.Sleep(10 * time.Millisecond)
		job, err = s.client.Job(s.t.Context(), job.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// Everybody who is left comes to Auth0 with their id, what the profile holds and their hash: they log in while the old
// database is off.
func TestEverybodyIsImported(t *testing.T) {
	s := newSite(t, 25, localtenant.Options{})
	s.db.Exec("UPDATE public.users SET app_metadata = '{\"plan\": \"gold\"}', phone = '+4915112345678', blocked = " +
		"true, totp = 'jbswy3dpehpk3pxp====' WHERE id = 7")
	s.db.Exec("UPDATE public.users SET migrated_at = '2020-01-01' WHERE id = 9")
	got := s.imports()
	if !slices.ContainsFunc(s.tenant.Requests(), func(r localtenant.Request) bool {
		return strings.Contains(string(r.Body), `"mfa_factors":[{"totp":{"secret":"JBSWY3DPEHPK3PXP"}}]`)
	}) {
		t.Error("the secret of one-time passwords was not sent")
	}
	if got.imported != 24 || got.alreadyThere != 0 || len(got.refused) != 0 || len(got.held) != 0 {
		t.Errorf("report %+v", got)
	}
	if s.db.QueryString("SELECT migrated_at::date FROM public.users WHERE id = 9") != "2020-01-01" {
		t.Error("who was marked before was marked anew")
	}
	_, u := s.api("GET", "/users/auth0%7Cold%7C7", nil)
	if u["email"] != "user7@example.com" || u["email_verified"] != false || u["phone_number"] != "+4915112345678" ||
		u["blocked"] != true ||
		fmt.Sprint(u["app_metadata"]) != "map[plan:gold]" {
		t.Errorf("the user is %v", u)
	}
	if _, u := s.api("GET", "/users/auth0%7Cold%7C8", nil); u["email_verified"] != true {
		t.Errorf("the user is %v", u)
	}
	app, secret := s.tenant.AddClient("app")
	s.api("PATCH", "/connections/"+s.connection+"/clients", []map[string]any{{"client_id": app, "status": true}})
	for password, want := range map[string]int{"8": http.StatusOK, "9": http.StatusForbidden} {
		response, err := http.PostForm(s.tenant.URL()+"/oauth/token", map[string][]string{
			"grant_type": {"http://auth0.com/oauth/grant-type/password-realm"}, "realm": {connectionName},
			"client_id": {app}, "client_secret": {secret},
			"username": {"user8@example.com"}, "password": {password}, "scope": {"openid"},
		})
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("the password %s: status %d", password, response.StatusCode)
		}
	}
	if got := s.imports(); got.imported != 0 || s.db.QueryInt("SELECT count(*) FROM public.auth0pg_import") != 2 {
		t.Errorf("a second import sent something: %+v", got)
	}
}

// Who cannot go is held back with the reason, and everybody else goes.
func TestWhoCannotGoIsHeldBack(t *testing.T) {
	s := newSite(t, 13, localtenant.Options{})
	for id, change := range map[int]string{
		1: "email = NULL", 2: "email = 'no address'", 3: "email = 'USER4@example.com'", 5: "password_hash = ''",
		6: "password_hash = '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'", 7: "salt = 'pepper'", 8: "phone = '0151 1234'",
		9: `app_metadata = '{"user_id": 1}'`, 10: `app_metadata = jsonb_build_object('x', repeat('x', 11000))`,
		11: `app_metadata = '[]'`, 12: "totp = 'JBSW-Y3DP'",
	} {
		s.db.Exec(fmt.Sprintf("UPDATE public.users SET %s WHERE id = %d", change, id))
	}
	got := s.imports()
	want := map[string]int64{
		bulkimport.NoEmail: 1, bulkimport.BadEmail: 1, bulkimport.SharedEmail: 2, bulkimport.NoHash: 1, bulkimport.BadPhone: 1, bulkimport.BadMetadata: 2, bulkimport.LargeProfile: 1, bulkimport.BadTOTP: 1,
		"a hash that looks like phpass: name its format, phpass, in hash_formats":                 1,
		"a hash that looks like md5: name in salt_position where its salt stood when it was made": 1,
	}
	if got.imported != 1 || fmt.Sprint(got.held) != fmt.Sprint(want) {
		t.Errorf("imported %d, held back %v, want %v", got.imported, got.held, want)
	}
	session, err := migration.Look(t.Context(), s.server, s.source)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if left := strings.Join(s.db.QueryStrings("SELECT id::text FROM ("+session.LeftQuery()+") q"), " "); left != "1 2 3 4 5 6 7 8 9 10 11 12" {
		t.Errorf("left are %s", left)
	}
	if shared := s.db.QueryStrings("SELECT * FROM (" + session.SharedQuery() + ") q (id) ORDER BY 1"); fmt.Sprint(shared) != "[3 4]" {
		t.Errorf("an address is shared by %v", shared)
	}
}

// Who came by a login or a password reset meanwhile is found by the exact id and marked; whose address another user has
// is listed and not marked, and more of those than max_failed stop the import.
func TestRefusedUsersAreLookedUp(t *testing.T) {
	s := newSite(t, 20, localtenant.Options{})
	for _, id := range []string{"4", "15"} { // as Auth0 creates them by the scripts
		s.comesOtherwise("old|"+id, "user"+id+"@example.com")
	}
	s.comesOtherwise("another", "user17@example.com")
	before, err := s.client.CountUsers(t.Context(), connectionName)
	if err != nil || before != 3 {
		t.Fatal(before, err)
	}
	got, err := s.importing(t.Context(), nil)
	var stopped *stoppedError
	if !errors.As(err, &stopped) || !strings.Contains(err.Error(), "more than max_failed = 0") {
		t.Errorf("the import ended with %v", err)
	}
	if got.imported != 17 || got.alreadyThere != 2 || len(got.refused) != 1 || got.refused[0].ID != "17" ||
		got.refused[0].Codes[0] != "DUPLICATED_USER" {
		t.Errorf("report %+v", got)
	}
	if left := s.db.QueryStrings("SELECT id FROM public.users WHERE migrated_at IS NULL"); len(left) != 1 ||
		left[0] != "17" {
		t.Errorf("left are %v", left)
	}
	if rows := s.db.QueryStrings("SELECT q.id || q.codes::text FROM (" + s.source.Ledger.RefusedQuery() +
		") AS q"); fmt.Sprint(rows) != `[17["DUPLICATED_USER"]]` {
		t.Errorf("the query lists %v", rows)
	}
	s.settings.maxFailed = 1
	if got := s.imports(); len(got.refused) != 1 {
		t.Errorf("report %+v", got)
	}
	s.api("DELETE", "/users/auth0%7Canother", nil)
	if got := s.imports(); got.imported != 1 {
		t.Errorf("report %+v", got)
	}
	if wrong := s.settled(20); wrong != "" {
		t.Error(wrong)
	}
}

// killer ends the run at one of its calls, before or after the tenant has done what it was asked.
type killer struct {
	tenant
	at    int
	after bool
	kill  context.CancelFunc
	calls int
	fired bool
}

var errKilled = errors.New("killed")

func killed[T any](k *killer, call func() (T, error)) (T, error) {
	var none T
	k.calls++
	if k.calls == k.at && !k.after {
		k.fired = true
		k.kill()
		return none, errKilled
	}
	got, err := call()
	if k.calls == k.at {
		k.fired = true
		k.kill()
		return none, errKilled
	}
	return got, err
}

func (k *killer) ImportUsers(ctx context.Context, u auth0.UsersImport) (*auth0.Job, error) {
	return killed(k, func() (*auth0.Job, error) { return k.tenant.ImportUsers(ctx, u) })
}

func (k *killer) Job(ctx context.Context, id string) (*auth0.Job, error) {
	return killed(k, func() (*auth0.Job, error) { return k.tenant.Job(ctx, id) })
}

func (k *killer) RefusedUsers(ctx context.Context, job string) ([]auth0.RefusedUser, error) {
	return killed(k, func() ([]auth0.RefusedUser, error) { return k.tenant.RefusedUsers(ctx, job) })
}

func (k *killer) User(ctx context.Context, id string) (*auth0.User, error) {
	return killed(k, func() (*auth0.User, error) { return k.tenant.User(ctx, id) })
}

// A run that is killed at any of its calls leaves what the next one goes on with: nobody comes twice, nobody is lost.
func TestKilledImportsGoOn(t *testing.T) {
	const users, calls = 8, 8
	s := newSite(t, users, localtenant.Options{})
	for _, at := range pgtest.Some(upTo(calls + 2)) {
		for _, after := range []bool{false, true} {
			ctx, cancel := context.WithCancel(t.Context())
			k := &killer{at: at, after: after, kill: cancel}
			_, err := s.importing(ctx, func(next tenant) tenant { k.tenant = next; return k })
			cancel()
			if k.fired && err == nil || !k.fired && at < calls {
				t.Errorf("killed at call %d, after it %t: %t, error %v", at, after, k.fired, err)
			}
			s.imports()
			if wrong := s.settled(users); wrong != "" {
				t.Errorf("killed at call %d, after it %t: %s", at, after, wrong)
			}
			s.forget()
		}
	}
}

func upTo(n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, i+1)
	}
	return numbers
}

// Whatever becomes of an answer, nobody comes twice and nobody is lost; where the run cannot go on, the next one does.
func TestLostAnswers(t *testing.T) {
	const users = 8
	s := newSite(t, users, localtenant.Options{})
	type lost struct {
		path  string
		skip  int
		fault localtenant.Fault
	}
	var all []lost
	for skip := range 3 {
		for _, path := range []string{"users-imports$", "jobs/job_[^/]+$", "/errors$", "/users/auth0"} {
			for _, fault := range []localtenant.Fault{
				{Cut: localtenant.CutBefore}, {Cut: localtenant.CutAfter}, {Status: 503}, {Status: 503, Times: 4},
				{Status: 429},
				{Status: 200, Body: "<html>"}, {Status: 404}, {Status: 403},
			} {
				all = append(all, lost{path, skip, fault})
			}
		}
	}
	for i, c := range pgtest.Some(all) {
		if testing.Short() && i%2 == 1 {
			continue
		}
		c.fault.Path, c.fault.Skip = regexp.MustCompile(c.path), c.skip
		remove := s.tenant.Inject(c.fault)
		_, err := s.importing(t.Context(), nil)
		remove()
		name := fmt.Sprintf("%s, the one after %d, cut %d, status %d, %d times", c.path, c.skip, c.fault.Cut,
			c.fault.Status, max(c.fault.Times, 1))
		if wrong := s.settled(users); wrong != "" && err == nil {
			t.Errorf("%s: %s", name, wrong)
		}
		s.imports()
		if wrong := s.settled(users); wrong != "" {
			t.Errorf("%s, then another run: %s", name, wrong)
		}
		s.forget()
	}
}

// Two applies at once follow one another.
func TestImportsAtOnce(t *testing.T) {
	s := newSite(t, 30, localtenant.Options{})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, err := s.importing(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if wrong := s.settled(30); wrong != "" {
		t.Error(wrong)
	}
	if sent := s.db.QueryInt("SELECT sum(users) FROM public.auth0pg_import"); sent != 30 {
		t.Errorf("%d users were sent", sent)
	}
}

// The server goes away in the middle; the next run goes on.
func TestServerRestartsDuringImport(t *testing.T) {
	s := newSite(t, 8, localtenant.Options{})
	cut := false
	_, err := s.importing(t.Context(), func(next tenant) tenant {
		return &onJob{next, func() {
			if !cut {
				cut = true
				s.db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = " +
					"current_database() AND pid <> pg_backend_pid()")
			}
		}}
	})
	if err == nil {
		t.Error("the run did not notice")
	}
	s.imports()
	if wrong := s.settled(8); wrong != "" {
		t.Error(wrong)
	}
}

// onJob does something before each look at a job.
type onJob struct {
	tenant
	do func()
}

func (o *onJob) Job(ctx context.Context, id string) (*auth0.Job, error) {
	o.do()
	return o.tenant.Job(ctx, id)
}

// A table that somebody else made under the ledger's name is written to by nobody: its triggers, defaults and checks are
// code of that role.
func TestLedgerOfAnotherRole(t *testing.T) {
	for name, trap := range map[string]string{
		"trigger": "CREATE TRIGGER trap BEFORE INSERT ON public.auth0pg_import FOR EACH ROW EXECUTE FUNCTION public.trap()",
		"default": "ALTER TABLE public.auth0pg_import ALTER COLUMN sent_at SET DEFAULT public.stolen()",
		"check":   "ALTER TABLE public.auth0pg_import ADD CHECK (public.stolen() IS NOT NULL)",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 3, localtenant.Options{})
			low := s.db.RoleName("low")
			s.db.Exec("CREATE ROLE " + low + "; GRANT USAGE, CREATE ON SCHEMA public TO " + low +
				"; CREATE TABLE public.ran (who text); SET ROLE " + low)
			s.db.Exec(strings.Join(s.source.Ledger.DDL(), ";"))
			s.db.Exec(`CREATE FUNCTION public.stolen() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN
				INSERT INTO public.ran VALUES (current_user); RETURN now(); END $$;
				CREATE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.stolen(); RETURN NEW; END $$`)
			s.db.Exec(trap + "; RESET ROLE")
			_, err := s.importing(t.Context(), nil)
			var foreign *postgres.ForeignError
			if !errors.As(err, &foreign) || !strings.Contains(err.Error(), low) {
				t.Errorf("%v, want a refusal that names %s", err, low)
			}
			if ran := s.db.QueryInt("SELECT count(*) FROM public.ran"); ran > 0 {
				t.Errorf("it ran %d times as %s", ran, s.db.QueryString("SELECT max(who) FROM public.ran"))
			}
		})
	}
}

// Of two users with one id, of which the table has no key, only one could be brought in, and both would be marked.
// Rows without an id end a pass, however many there are.
func TestIDsThatAreNoKey(t *testing.T) {
	s := newSite(t, 4, localtenant.Options{})
	s.db.Exec(`ALTER TABLE public.users DROP CONSTRAINT users_pkey; ALTER TABLE public.users ALTER COLUMN id DROP NOT NULL;
		UPDATE public.users SET id = 3 WHERE id = 4;
		INSERT INTO public.users (email, password_hash) SELECT 'nobody' || n || '@example.com', md5(n::text) FROM generate_series(1, 2500) n`)
	session, err := migration.Look(t.Context(), s.server, s.source)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if f, err := bulkimport.Count(t.Context(), session, &bulkimport.Converter{}); err != nil || f.Held[bulkimport.NoID] == 0 {
		t.Errorf("counted %+v, %v", f, err)
	}
	got := s.imports()
	if got.imported != 2 || got.held[bulkimport.SharedEmail] != 2 || got.held[bulkimport.NoID] == 0 {
		t.Errorf("imported %d, held back %v", got.imported, got.held)
	}
	if marked := s.db.QueryStrings("SELECT id::text FROM public.users WHERE migrated_at IS NOT NULL ORDER BY id"); fmt.Sprint(marked) != "[1 2]" {
		t.Errorf("marked are %v", marked)
	}
}

// nameless is a tenant whose list of errors does not say whose each is.
type nameless struct{ tenant }

func (n nameless) RefusedUsers(ctx context.Context, job string) ([]auth0.RefusedUser, error) {
	refused, err := n.tenant.RefusedUsers(ctx, job)
	for i := range refused {
		refused[i].UserID = ""
	}
	return refused, err
}

// Where it is not told who was refused, everybody is looked up before anybody is marked.
func TestRefusedWithoutTheirIDs(t *testing.T) {
	s := newSite(t, 5, localtenant.Options{})
	s.comesOtherwise("another", "user4@example.com")
	s.settings.maxFailed = 1
	got, err := s.importing(t.Context(), func(in tenant) tenant { return nameless{in} })
	if err != nil || got.imported != 4 || len(got.refused) != 1 || got.refused[0].ID != "4" {
		t.Errorf("report %+v, %v", got, err)
	}
	if left := s.db.QueryStrings("SELECT id::text FROM public.users WHERE migrated_at IS NULL"); fmt.Sprint(left) != "[4]" {
		t.Errorf("left are %v", left)
	}
}
