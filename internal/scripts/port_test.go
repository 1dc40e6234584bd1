// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TestContractOverEachDriver asks every operation for all that Auth0 expects of it, over a table, over functions, over APIs, over
// another tenant, and over a driver that keeps users in memory: what an operation answers is the same whatever is behind the port.
func TestContractOverEachDriver(t *testing.T) {
	t.Parallel()
	withoutTimes := append([]store.Part{store.Username, store.Name, store.UserMetadata, store.AppMetadata}, standardParts...)
	s := shape{idType: "bigint", parts: withoutTimes}
	overEachDriver(t, s, contract)
	t.Run("memory", func(t *testing.T) {
		b := newBench(t, pgtest.Database(t), s)
		b.container = newContainer(t)
		for _, op := range scripts.Operations() {
			text, err := scripts.RenderInMemory(op, b.options)
			if err != nil {
				t.Fatal(err)
			}
			b.rendered[op] = text
		}
		contract(b)
	})
}

// contract goes through a user's life and asks for nothing but answers.
func contract(b *bench) {
	b.t.Helper()
	ada := map[string]any{"email": "Ada@Example.com", "password": "correct horse", "username": "ada", "name": "Ada",
		"app_metadata": map[string]any{"plan": "gold"}}
	b.gives(nil, scripts.GetUser, "ada@example.com")
	b.wrong("", "ada@example.com", "correct horse")
	b.gives(nil, scripts.Create, ada)
	b.fails("ValidationError", "user_exists", scripts.Create, ada)
	b.gives(nil, scripts.Create, map[string]any{"email": "grace@example.com", "password": "correct horse", "username": "grace"})

	profile := b.profile(scripts.Login, "ada@example.com", "correct horse")
	id := fmt.Sprint(profile["user_id"])
	if found := b.profile(scripts.GetUser, "ada"); fmt.Sprint(found) != fmt.Sprint(profile) || profile["email"] != "ada@example.com" ||
		profile["email_verified"] != false || fmt.Sprint(profile["app_metadata"]) != "map[plan:gold]" {
		b.t.Errorf("login gives %v, get_user %v", profile, found)
	}
	b.wrong(id, "ada@example.com", "incorrect horse")
	b.context = map[string]any{"identifierType": "user_id"}
	if found := b.profile(scripts.GetUser, id); fmt.Sprint(found) != fmt.Sprint(profile) {
		b.t.Errorf("get_user gives %v by id", found)
	}
	b.gives(nil, scripts.GetUser, "999")
	b.context = nil

	b.gives(true, scripts.Verify, "ADA@example.com")
	b.gives(false, scripts.Verify, "nobody@example.com")
	b.gives(false, scripts.Verify, "no address")
	b.gives(true, scripts.ChangePassword, "ada@example.com", "another horse")
	b.gives(false, scripts.ChangePassword, "nobody@example.com", "another horse")
	b.wrong(id, "ada@example.com", "correct horse")

	b.gives(true, scripts.ChangeUsername, "ada", "countess")
	b.gives(false, scripts.ChangeUsername, "nobody", "somebody")
	b.says("Another user has this user name.", scripts.ChangeUsername, "countess", "grace")
	b.says("The new user name cannot be used.", scripts.ChangeUsername, "countess", "grace@example.com")

	b.says("Another user has this e-mail address.", scripts.ChangeEmail, "ada@example.com", "grace@example.com", true)
	b.gives(false, scripts.ChangeEmail, "nobody@example.com", "somebody@example.com", true)
	b.gives(true, scripts.ChangeEmail, "ada@example.com", "Lovelace@example.com", false)
	changed := b.profile(scripts.Login, "lovelace@example.com", "another horse")
	if changed["user_id"] != id || changed["email_verified"] != false || changed["username"] != "countess" {
		b.t.Errorf("after all changes the profile is %v", changed)
	}

	b.gives(nil, scripts.Delete, id)
	b.gives(nil, scripts.Delete, id)
	b.gives(nil, scripts.GetUser, "lovelace@example.com")
}

// says runs a script that has to fail with this message.
func (b *bench) says(message string, op scripts.Operation, args ...any) localtenant.Outcome {
	b.t.Helper()
	outcome := b.fails("Error", "", op, args...)
	if outcome.Err.Message != message {
		b.t.Errorf("%s says %q, want %q", op, outcome.Err.Message, message)
	}
	return outcome
}

// Who was verified stays verified since then.
func TestVerifyKeepsTheFirstTime(t *testing.T) {
	db := pgtest.Database(t)
	for _, columnType := range []string{"timestamp with time zone", "timestamp without time zone", "date"} {
		b := newBench(t, db, shape{
			types: map[store.Part]string{store.EmailVerified: columnType}, defaults: map[store.Part]string{store.EmailVerified: "NULL"},
		})
		db.Exec("ALTER TABLE " + b.table() + " ALTER " + b.column(store.EmailVerified) + " DROP NOT NULL")
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		b.gives(true, scripts.Verify, "ada@example.com")
		recent := "SELECT email_verified > pg_catalog.now() - interval '2 days' FROM " + b.table()
		if !db.QueryBool(recent) {
			t.Errorf("%s: the first confirmation leaves no time", columnType)
		}
		db.Exec("UPDATE " + b.table() + " SET email_verified = '2020-02-02'")
		b.gives(true, scripts.Verify, "ada@example.com")
		if db.QueryBool(recent) {
			t.Errorf("%s: a second confirmation replaces the time of the first", columnType)
		}
		exactPrivileges(t, b, scripts.Verify)
	}
}
