// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The longest that any script may take, whatever happens to the server.
const patience = 10 * time.Second

// shape describes a users table to test with.
type shape struct {
	lookup store.EmailLookup
	idType string
	parts  []store.Part
	// quoted gives every name capitals, spaces and quotes.
	quoted bool
	// types and defaults replace those of single parts.
	types, defaults map[store.Part]string
	// withoutIndex leaves out the unique indexes.
	withoutIndex bool
	// nullable are parts whose column takes NULL although the part has a value for everybody.
	nullable []store.Part
}

var (
	minimalParts  = []store.Part{store.ID, store.Email, store.Password}
	standardParts = []store.Part{store.ID, store.Email, store.EmailVerified, store.Password, store.Nickname}
)

func allParts() []store.Part {
	var all []store.Part
	for _, spec := range store.Parts() {
		all = append(all, spec.Part)
	}
	return all
}

// bench is a table, a role with exactly the privileges that the scripts ask for,
// and a container that runs them.
type bench struct {
	t         testing.TB
	db        *pgtest.DB
	store     store.Store
	options   scripts.Options
	role      string
	url       string
	container *localtenant.Container
	// context is what the platform passes before the callback; nil for off.
	context any
	// configuration is what the scripts read, the URL among it.
	configuration map[string]string
	rendered      map[scripts.Operation]string
	rendering     *sync.Mutex // for calls at once
	// tellsNobody is of a store that does not say whose password was wrong.
	tellsNobody bool
	users       users
	// driver is the name of what the scripts reach the users through, see overEachDriver.
	driver string
	// serve puts another API in front of the same users; nil where there is none.
	serve func(change func(*usersapi.Config))
}

var tables sync.Map // how many tables a database has been given, by name

func newBench(t testing.TB, db *pgtest.DB, s shape) *bench {
	t.Helper()
	n, _ := tables.LoadOrStore(db.Name, new(int))
	*n.(*int)++
	number := *n.(*int)

	b := &bench{t: t, db: db, rendered: map[scripts.Operation]string{}, rendering: new(sync.Mutex)}
	b.users = &databaseUsers{bench: b}
	b.store = createTable(db, s, number)
	b.options = scripts.Options{Store: b.store, BcryptRounds: 4}
	b.role = db.RoleName("scripts")
	b.url = db.URLFor(b.role, "role-password")
	db.Exec("CREATE ROLE " + quote(b.role) + " LOGIN PASSWORD 'role-password'")
	db.Exec("GRANT USAGE ON SCHEMA " + quote(b.store.Table().Schema) + " TO " + quote(b.role))
	b.grant(b.privileges(b.operations()...))
	b.configuration = map[string]string{scripts.DefaultDatabaseURLKey: b.url}
	b.container = sharedContainer(t)
	return b
}

// operations are all that the table has the parts for.
func (b *bench) operations() []scripts.Operation {
	return slices.DeleteFunc(scripts.Operations(), func(op scripts.Operation) bool {
		return len(scripts.MissingParts(b.store, op)) > 0
	})
}

func (b *bench) privileges(operations ...scripts.Operation) []scripts.Privilege {
	b.t.Helper()
	privileges, err := scripts.Privileges(b.store, operations)
	if err != nil {
		b.t.Fatal(err)
	}
	return privileges
}

func (b *bench) grant(privileges []scripts.Privilege) {
	b.t.Helper()
	for _, privilege := range privileges {
		b.db.Exec("GRANT " + privilegeSQL(privilege) + " ON " + onSQL(privilege) + " TO " + quote(b.role))
	}
}

// onSQL is what a privilege is on.
func onSQL(privilege scripts.Privilege) string {
	if privilege.Type == "USAGE" {
		return "SCHEMA " + quote(privilege.On.Schema)
	}
	return pgx.Identifier{privilege.On.Schema, privilege.On.Name}.Sanitize()
}

func privilegeSQL(privilege scripts.Privilege) string {
	if privilege.Columns == nil {
		return privilege.Type
	}
	columns := make([]string, len(privilege.Columns))
	for i, column := range privilege.Columns {
		columns[i] = quote(column)
	}
	return privilege.Type + " (" + strings.Join(columns, ", ") + ")"
}

func (b *bench) table() string {
	return pgx.Identifier{b.store.Table().Schema, b.store.Table().Name}.Sanitize()
}

func (b *bench) column(part store.Part) string { return quote(b.store.Columns[part].Name) }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// createTable makes a table of this shape in a schema of its own.
func createTable(db *pgtest.DB, s shape, number int) store.Store {
	at := store.Table{Schema: fmt.Sprintf("s%d", number), Name: "users"}
	if s.quoted {
		at = store.Table{Schema: fmt.Sprintf(`Schema "%d"`, number), Name: `User's "Accounts"; --`}
	}
	described := store.Store{
		Reach: at, EmailLookup: s.lookup, Columns: map[store.Part]store.Column{},
	}
	if described.EmailLookup == "" {
		described.EmailLookup = store.LowerIndex
	}
	if s.parts == nil {
		s.parts = standardParts
	}
	var columns []string
	for _, spec := range store.Parts() {
		if !slices.Contains(s.parts, spec.Part) {
			continue
		}
		column := store.Column{Name: string(spec.Part), Type: spec.Type}
		fallback := spec.Default
		if spec.Part == store.ID && s.idType != "" {
			column.Type = s.idType
			fallback = map[string]string{"text": "gen_random_uuid()::text", "uuid": "gen_random_uuid()"}[s.idType]
		}
		if spec.Part == store.Email && s.lookup == store.CIText {
			column.Type = "public.citext"
			db.Exec("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public")
		}
		if replaced, ok := s.types[spec.Part]; ok {
			column.Type = replaced
		}
		if replaced, ok := s.defaults[spec.Part]; ok {
			fallback = replaced
		}
		if s.quoted {
			column.Name = fmt.Sprintf(`The "%s" Column`, spec.Part)
		}
		described.Columns[spec.Part] = column
		definition := quote(column.Name) + " " + column.Type
		switch {
		case fallback != "":
			definition += " DEFAULT " + fallback
		case spec.Part == store.ID:
			definition += " GENERATED BY DEFAULT AS IDENTITY"
		}
		if !spec.Nullable && !slices.Contains(s.nullable, spec.Part) {
			definition += " NOT NULL"
		}
		columns = append(columns, definition)
	}
	table := pgx.Identifier{at.Schema, at.Name}.Sanitize()
	db.Exec("CREATE SCHEMA " + quote(at.Schema))
	db.Exec("CREATE TABLE " + table + " (" + strings.Join(columns, ", ") + ")")
	if !s.withoutIndex {
		email := quote(described.Columns[store.Email].Name)
		if described.EmailLookup == store.LowerIndex {
			email = "lower(" + email + ")"
		}
		db.Exec("CREATE UNIQUE INDEX ON " + table + " (" + email + ")")
		if described.Has(store.Username) {
			db.Exec("CREATE UNIQUE INDEX ON " + table + " (" + quote(described.Columns[store.Username].Name) + ")")
		}
	}
	return described
}

// containerOptions lets AUTH0PG_TEST_MODULES name another node_modules folder, to
// try the scripts with other versions of pg and bcrypt.
func containerOptions(linger time.Duration) localtenant.ContainerOptions {
	return localtenant.ContainerOptions{ModulesDir: os.Getenv("AUTH0PG_TEST_MODULES"), Linger: linger}
}

// One container serves all tests that do not look at it, as on the platform.
var shared struct {
	sync.Mutex
	container *localtenant.Container
}

func sharedContainer(t testing.TB) *localtenant.Container {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.container == nil {
		container, err := localtenant.NewContainer(context.Background(), containerOptions(time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		shared.container = container
	}
	return shared.container
}

func newContainer(t testing.TB, env ...string) *localtenant.Container {
	t.Helper()
	options := containerOptions(0)
	options.Env = env
	container, err := localtenant.NewContainer(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = container.Close() })
	return container
}

// script renders an operation's script once.
func (b *bench) script(op scripts.Operation) string {
	b.t.Helper()
	b.rendering.Lock()
	defer b.rendering.Unlock()
	if b.rendered[op] == "" {
		text, err := scripts.Render(op, b.options)
		var option *scripts.OptionError
		if errors.As(err, &option) && b.driver != "" {
			panic(cannot(err.Error()))
		}
		if err != nil {
			b.t.Fatal(err)
		}
		b.rendered[op] = text
	}
	return b.rendered[op]
}

// amend puts other code into an operation's script.
func (b *bench) amend(op scripts.Operation, code, other string) {
	b.t.Helper()
	text := b.script(op)
	if !strings.Contains(text, code) {
		b.t.Fatalf("%s has no %q", op, code)
	}
	b.rendered[op] = strings.ReplaceAll(text, code, other)
}

// run calls a script and checks what holds for every call: one callback, no
// exception, in time, and an error without SQL, addresses or anything of the server's.
func (b *bench) run(op scripts.Operation, args ...any) localtenant.Outcome {
	b.t.Helper()
	outcome, err := b.container.Run(context.Background(), localtenant.Invocation{
		Script: b.script(op), Args: args, Configuration: b.configuration, Context: b.context,
	})
	if err != nil {
		b.t.Errorf("%s: %v", op, err)
		return outcome
	}
	checkOutcome(b.t, op, outcome)
	return outcome
}

func checkOutcome(t testing.TB, op scripts.Operation, outcome localtenant.Outcome) {
	t.Helper()
	if outcome.Calls != 1 || outcome.Uncaught != "" || outcome.TimedOut {
		t.Errorf("%s: %d callbacks, uncaught %q, timed out %t, console %q", op, outcome.Calls, outcome.Uncaught, outcome.TimedOut, outcome.Console)
	}
	if outcome.Duration > patience {
		t.Errorf("%s took %s", op, outcome.Duration)
	}
	if outcome.Err != nil {
		for _, leak := range []string{"SELECT", "UPDATE", "INSERT", "SQLSTATE", "relation", "column", "postgres", "127.0.0.1", "ECONN", "role-password", "duplicate"} {
			if strings.Contains(outcome.Err.Message, leak) {
				t.Errorf("%s shows the user %q", op, outcome.Err.Message)
			}
		}
	}
	for _, line := range outcome.Console {
		for _, leak := range []string{"@example.", "role-password", "correct horse"} {
			if strings.Contains(line, leak) {
				t.Errorf("%s writes personal data to the log: %q", op, line)
			}
		}
	}
}

// result is the callback's second argument.
func result(outcome localtenant.Outcome) any {
	if len(outcome.Results) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(outcome.Results[0], &value); err != nil {
		return err
	}
	return value
}

// gives runs a script that has to succeed with this result.
func (b *bench) gives(want any, op scripts.Operation, args ...any) {
	b.t.Helper()
	outcome := b.run(op, args...)
	if got := result(outcome); outcome.Err != nil || !reflect.DeepEqual(got, want) {
		b.t.Errorf("%s: got %v, error %v, console %q; want %v", op, got, outcome.Err, outcome.Console, want)
	}
}

// profile runs login or get_user, which has to find someone.
func (b *bench) profile(op scripts.Operation, args ...any) map[string]any {
	b.t.Helper()
	outcome := b.run(op, args...)
	profile, ok := result(outcome).(map[string]any)
	if outcome.Err != nil || !ok {
		b.t.Errorf("%s: got %v, error %v, console %q; want a profile", op, result(outcome), outcome.Err, outcome.Console)
		return map[string]any{}
	}
	return profile
}

// fails runs a script that has to fail with an error of this name and code.
func (b *bench) fails(name, code string, op scripts.Operation, args ...any) localtenant.Outcome {
	b.t.Helper()
	outcome := b.run(op, args...)
	if outcome.Err == nil || outcome.Err.Name != name || outcome.Err.Code != code {
		b.t.Errorf("%s: got %v, error %+v, console %q; want %s %s", op, result(outcome), outcome.Err, outcome.Console, name, code)
	}
	if outcome.Err == nil {
		outcome.Err = &localtenant.ScriptError{}
	}
	return outcome
}

// wrong runs a login that has to be refused like a wrong password; userID is what the log then says.
func (b *bench) wrong(userID, identifier, password any) {
	b.t.Helper()
	outcome := b.fails("WrongUsernameOrPasswordError", "wrongusernameorpassword", scripts.Login, identifier, password)
	if b.tellsNobody {
		userID = ""
	}
	if outcome.Err.UserID != fmt.Sprint(userID) {
		b.t.Errorf("the log would say that user %q failed to log in, want %q", outcome.Err.UserID, userID)
	}
}
