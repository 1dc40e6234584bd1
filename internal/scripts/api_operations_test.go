// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/usersapitest"
)

// goThroughAPI puts an API in front of the table, over access functions, and renders scripts that ask it.
func (b *bench) goThroughAPI(contract store.Contract, check store.PasswordCheck, config usersapi.Config) {
	b.t.Helper()
	config.Schema, config.DatabaseURL = usersapitest.Functions(b.t, b.db, b.store, "")
	config.PasswordCheck = usersapi.PasswordCheck(check)
	config.Passwords.Costs.BcryptRounds = 4
	served := usersapitest.Serve(b.t, config)
	reach := store.API{
		URL: served.URL, Contract: contract, PasswordCheck: check, Auth: store.Basic, UsernameKey: "API_USERNAME", PasswordKey: "API_PASSWORD",
	}
	if contract == store.RPC {
		reach.Schema = config.Schema
	}
	b.options.Store = store.Store{Reach: reach, Columns: store.WithoutColumns(b.store.Parts())}
	b.configuration = map[string]string{
		"API_USERNAME": usersapitest.Credentials.Username, "API_PASSWORD": usersapitest.Credentials.Password,
	}
}

// overEachDriver runs a test over a table of this shape, over the functions in front of one, and over APIs in front of those. Each
// has a database of its own, as functions and their owner belong to it.
func overEachDriver(t *testing.T, s shape, test func(b *bench)) {
	t.Helper()
	over := func(name string, reach func(t *testing.T, b *bench)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), s)
			reach(t, b)
			test(b)
		})
	}
	over("table", func(*testing.T, *bench) {})
	over("functions", func(t *testing.T, b *bench) {
		table := b.store
		b.goThroughFunctions(t, scripts.RehashOnLogin)
		b.store = table
		b.db.Exec("REVOKE ALL ON " + b.table() + " FROM " + quote(b.role))
	})
	for _, contract := range store.Contracts() {
		for _, check := range store.PasswordChecks() {
			over(fmt.Sprintf("api/%s/%s", contract, check), func(_ *testing.T, b *bench) {
				b.goThroughAPI(contract, check, usersapi.Config{ImportMode: s.imports})
			})
		}
	}
}

// A user's life over everything that scripts reach users through, with all parts that there are, a prefix and the context.
func TestLifeOverEachDriver(t *testing.T) {
	t.Parallel()
	overEachDriver(t, shape{idType: "bigint", parts: allParts()}, func(b *bench) {
		b.options.UserIDPrefix = "legacy"
		b.context = map[string]any{"organization": map[string]any{"id": "org_1"}}
		lifeOfAUser(b)
	})
	overATenant(t, func(b *bench) {
		b.options.UserIDPrefix = "legacy"
		b.context = map[string]any{"organization": map[string]any{"id": "org_1"}}
		lifeOfAUser(b)
	})
}

// Ids of each type, and parts of which there are few: an id that nobody can have is nobody's, and not an error.
func TestIDsOverEachDriver(t *testing.T) {
	t.Parallel()
	for _, idType := range pgtest.Some([]string{"bigint", "text", "uuid"}) {
		t.Run(idType, func(t *testing.T) {
			t.Parallel()
			overEachDriver(t, shape{idType: idType, parts: minimalParts}, func(b *bench) {
				b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
				if idType == "bigint" {
					b.db.Exec("UPDATE " + b.table() + " SET id = 9007199254740993") // more than a number of JavaScript's holds
				}
				profile := b.profile(scripts.Login, "ada@example.com", "correct horse")
				id := b.db.QueryString("SELECT id::text FROM " + b.table())
				if profile["user_id"] != id {
					b.t.Errorf("the id is %v, want %s", profile["user_id"], id)
				}
				b.context = map[string]any{"identifierType": "user_id"}
				if found := b.profile(scripts.GetUser, id); found["email"] != "ada@example.com" {
					b.t.Errorf("%v", found)
				}
				for _, nobody := range []string{"7", "nobody's", "99999999999999999999", "00000000-0000-4000-8000-000000000000"} {
					b.gives(nil, scripts.GetUser, nobody)
					b.gives(nil, scripts.Delete, nobody)
				}
			})
		})
	}
}

// Whoever is blocked is told so and not let in; two with one address are refused; a user name is no way around either.
func TestRefusalsOverEachDriver(t *testing.T) {
	t.Parallel()
	parts := append([]store.Part{store.Blocked, store.Username}, standardParts...)
	overEachDriver(t, shape{parts: parts, withoutIndex: true}, func(b *bench) {
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse", "username": "ada"})
		b.db.Exec("UPDATE " + b.table() + " SET blocked = true")
		b.fails("UnauthorizedError", "unauthorized", scripts.Login, "ada", "correct horse")
		b.wrong(b.db.QueryString("SELECT id::text FROM "+b.table()), "ada", "incorrect horse")
		b.wrong("", "nobody@example.com", "correct horse")
		b.wrong(b.db.QueryString("SELECT id::text FROM "+b.table()), "ada@example.com", nil)
		b.wrong(b.db.QueryString("SELECT id::text FROM "+b.table()), "ada@example.com", strings.Repeat("x", 10_001))
		// Somebody whose user name is her address: the address goes before.
		b.gives(nil, scripts.Create, map[string]any{"email": "eve@example.com", "password": "evil horse"})
		b.db.Exec("UPDATE " + b.table() + " SET username = 'ada@example.com' WHERE email = 'eve@example.com'")
		if found := b.profile(scripts.GetUser, "ada@example.com"); found["email"] != "ada@example.com" {
			b.t.Errorf("her address finds %v", found)
		}
		b.db.Exec("UPDATE " + b.table() + " SET email = 'ADA@example.com', username = NULL WHERE email = 'eve@example.com'")
		for op, args := range map[scripts.Operation][]any{
			scripts.Login: {"ada@example.com", "correct horse"}, scripts.GetUser: {"ada@example.com"},
			scripts.ChangePassword: {"ada@example.com", "another horse"}, scripts.Verify: {"ada@example.com"},
		} {
			b.says(several, op, args...)
		}
	})
}

// With automatic migration a login marks who was handed over, and whoever was long ago is forgotten.
func TestMigrationOverEachDriver(t *testing.T) {
	t.Parallel()
	s := shape{imports: true, parts: append([]store.Part{store.MigratedAt, store.LastLogin}, standardParts...)}
	overEachDriver(t, s, func(b *bench) {
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		b.options.ImportMode, b.options.ForgetMigratedAfter = true, time.Hour
		b.rendered = map[scripts.Operation]string{}
		b.profile(scripts.GetUser, "ada@example.com")
		marked := "SELECT count(*)::int FROM " + b.table() + " WHERE migrated_at IS NOT NULL AND last_login IS NOT NULL"
		if b.db.QueryInt(marked) != 0 {
			b.t.Error("get_user marks her as migrated")
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		if b.db.QueryInt(marked) != 1 {
			b.t.Error("login leaves no mark")
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		b.db.Exec("UPDATE " + b.table() + " SET migrated_at = now() - interval '2 hours'")
		b.wrong("", "ada@example.com", "correct horse")
		b.gives(nil, scripts.GetUser, "ada@example.com")
	})
}

// With passkeys a sign-up is answered with the profile that get_user gives, and the next one with the same address as before.
func TestPasskeysOverEachDriver(t *testing.T) {
	t.Parallel()
	overEachDriver(t, shape{parts: allParts()}, func(b *bench) {
		b.options.Passkeys, b.options.UserIDPrefix = true, "legacy"
		b.context = map[string]any{"identifierType": "email"}
		signUp := map[string]any{"email": "Ada@Example.com", "password": "correct horse", "username": "Ada", "user_metadata": map[string]any{"theme": "dark"}}
		created := b.profile(scripts.Create, signUp)
		found := b.profile(scripts.GetUser, "ada@example.com")
		if fmt.Sprint(created) != fmt.Sprint(found) || created["email"] != "ada@example.com" || created["username"] != "Ada" {
			b.t.Errorf("create gives %v, get_user %v", created, found)
		}
		b.fails("ValidationError", "user_exists", scripts.Create, signUp)
		text, err := scripts.Render(scripts.Create, b.options)
		if err != nil {
			b.t.Fatal(err)
		}
		if options, ok := scripts.Recognise(text); !ok || !options.Passkeys {
			b.t.Errorf("the script is recognised as %+v", options)
		}
	})
}

// Hashes of a table that has several formats are compared by the scripts and by the API alike, and replaced where that is asked for.
func TestRehashOverEachDriver(t *testing.T) {
	t.Parallel()
	overEachDriver(t, shape{}, func(b *bench) {
		if b.options.Store.ChecksPasswords() {
			return // what the API does with old hashes is its own affair
		}
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		b.db.Exec("UPDATE " + b.table() + " SET password = pg_catalog.md5('correct horse')")
		b.options.LegacyHashes, b.options.RehashOnLogin = []string{"md5"}, true
		if _, direct := b.options.Store.Reach.(store.Table); direct {
			b.db.Exec("GRANT UPDATE (password) ON " + b.table() + " TO " + quote(b.role))
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		if hash := b.db.QueryString("SELECT password FROM " + b.table()); !strings.HasPrefix(hash, "$2b$04$") {
			b.t.Errorf("the hash is %s", hash)
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
	})
}
