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
)

// add inserts a row as the administrator and returns its id.
func (b *bench) add(values map[store.Part]any) string {
	b.t.Helper()
	var columns, places []string
	var args []any
	for part, value := range values {
		columns = append(columns, b.column(part))
		args = append(args, value)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	b.db.Exec("INSERT INTO "+b.table()+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
	return b.db.QueryString("SELECT "+b.column(store.ID)+"::text FROM "+b.table()+" WHERE "+b.column(store.Email)+" = $1 LIMIT 1", values[store.Email])
}

// Columns that hold who is blocked in other types than boolean, and NULL for nobody.
func TestBlockedInOtherTypes(t *testing.T) {
	db := pgtest.Database(t)
	for _, columnType := range []string{"boolean", "smallint", "timestamp with time zone"} {
		zero := map[string]string{"boolean": "false", "smallint": "0", "timestamp with time zone": "NULL"}[columnType]
		on := map[string]string{"boolean": "true", "smallint": "1", "timestamp with time zone": "now()"}[columnType]
		b := newBench(t, db, shape{parts: append([]store.Part{store.Blocked}, standardParts...),
			types: map[store.Part]string{store.Blocked: columnType}, defaults: map[store.Part]string{store.Blocked: ""}})
		db.Exec("ALTER TABLE " + b.table() + " ALTER COLUMN blocked DROP NOT NULL")
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		if got := db.QueryString("SELECT coalesce(blocked::text, 'NULL') FROM " + b.table()); got != zero {
			t.Errorf("create writes %s", got)
		}
		id := b.profile(scripts.Login, "ada@example.com", "correct horse")["user_id"]
		db.Exec("UPDATE " + b.table() + " SET blocked = " + on)
		blocked := b.fails("UnauthorizedError", "unauthorized", scripts.Login, "ada@example.com", "correct horse")
		if !strings.Contains(blocked.Err.Message, "blocked") {
			t.Errorf("a blocked user sees %q", blocked.Err.Message)
		}
		b.wrong(id, "ada@example.com", "incorrect") // only who knows the password learns of it
		if profile := b.profile(scripts.GetUser, "ada@example.com"); profile["blocked"] != true {
			t.Errorf("get_user says %v", profile)
		}
	}
}

// Columns that hold flags in other types than boolean.
func TestVerifiedInOtherTypes(t *testing.T) {
	db := pgtest.Database(t)
	for _, columnType := range []string{"integer", "timestamp without time zone", "date"} {
		b := newBench(t, db, shape{types: map[store.Part]string{store.EmailVerified: columnType}, defaults: map[store.Part]string{store.EmailVerified: ""}})
		db.Exec("ALTER TABLE " + b.table() + " ALTER COLUMN email_verified DROP NOT NULL")
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		want := func(verified bool) {
			t.Helper()
			if got := b.profile(scripts.Login, "ada@example.com", "correct horse")["email_verified"]; got != verified {
				t.Errorf("%s: verified is %v, want %t", columnType, got, verified)
			}
		}
		want(false)
		b.gives(true, scripts.Verify, "ada@example.com")
		want(true)
		b.gives(true, scripts.ChangeEmail, "ada@example.com", "ada@example.com", false)
		want(false)
		b.gives(true, scripts.ChangeEmail, "ada@example.com", "ada@example.com", true)
		want(true)
	}
}

// Nobody gets somebody else's address as a user name, which would keep that person from signing up.
func TestUserNameIsNoOtherAddress(t *testing.T) {
	db := pgtest.Database(t)
	db.Exec("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public")
	for _, lookup := range store.EmailLookups() {
		for _, usernameType := range []string{"text", "character varying(60)", "public.citext"} {
			b := newBench(t, db, shape{lookup: lookup, parts: append([]store.Part{store.Username}, standardParts...), types: map[store.Part]string{store.Username: usernameType}})
			signUp := func(email, username string) map[string]any {
				return map[string]any{"email": email, "password": "correct horse", "username": username}
			}
			for _, name := range []string{"ada@example.com", "Ada@Example.com", "@", "eve@example.com "} {
				refused := b.fails("ValidationError", "invalid_username", scripts.Create, signUp("eve@example.com", name))
				if refused.Err.Message != "The value for username cannot be used." {
					t.Errorf("create says %q", refused.Err.Message)
				}
			}
			b.gives(nil, scripts.Create, signUp("Eve@example.com", "eVe@example.com"))
			b.gives(true, scripts.ChangeUsername, "eve@example.com", "eve")
			for _, name := range []string{"ada@example.com", "Ada@Example.com", "eve@example.org"} {
				refused := b.fails("Error", "", scripts.ChangeUsername, "eve", name)
				if refused.Err.Message != "The new user name cannot be used." {
					t.Errorf("change_username says %q", refused.Err.Message)
				}
				b.fails("Error", "", scripts.ChangeUsername, "eve@example.com", name)
			}
			b.gives(nil, scripts.GetUser, "ada@example.com")
			b.gives(nil, scripts.Create, signUp("ada@example.com", "ada"))
			b.gives(true, scripts.ChangeUsername, "eve", "EVE@example.com")
			b.gives(true, scripts.ChangeUsername, "eve@example.com", "eve")
			b.gives(false, scripts.ChangeUsername, "nobody", "somebody")
			if names := db.QueryString("SELECT string_agg(username::text, ' ' ORDER BY username) FROM " + b.table()); names != "ada eve" {
				t.Errorf("%s, %s: the names are %s", lookup, usernameType, names)
			}
		}
	}
}

// Who was marked as migrated longer ago than the settings say is unknown, to login and to get_user alike, however the mark
// is kept and also through functions; nobody else is.
func TestMigratedUsersAreForgotten(t *testing.T) {
	for kind, through := range map[string]bool{"timestamptz": false, "timestamp": false, "date": true, "timestamptz(0)": true} {
		t.Run(kind, func(t *testing.T) {
			db := pgtest.Database(t)
			b := newBench(t, db, shape{parts: append([]store.Part{store.MigratedAt}, standardParts...), types: map[store.Part]string{store.MigratedAt: kind}})
			b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
			table := b.table()
			if through {
				b.throughFunctions()
			}
			mark := func(value string) { db.Exec("UPDATE " + table + " SET migrated_at = " + value) }
			for _, test := range []struct {
				after time.Duration
				mark  string
				knows bool
			}{
				{0, "'-infinity'", true},
				{30 * 24 * time.Hour, "NULL", true},
				{30 * 24 * time.Hour, "now() - interval '28 days'", true},
				{30 * 24 * time.Hour, "now() + interval '1 day'", true},
				{30 * 24 * time.Hour, "'infinity'", true},
				{30 * 24 * time.Hour, "now() - interval '31 days'", false},
				{30 * 24 * time.Hour, "'-infinity'", false},
				{time.Hour, "now() - interval '2 days'", false},
			} {
				b.rendered, b.options.ImportMode, b.options.ForgetMigratedAfter = map[scripts.Operation]string{}, true, test.after
				mark(test.mark)
				if !test.knows {
					b.gives(nil, scripts.GetUser, "ada@example.com")
					b.wrong("", "ada@example.com", "correct horse")
					continue
				}
				b.profile(scripts.GetUser, "ada@example.com")
				b.profile(scripts.Login, "ada@example.com", "correct horse")
			}
		})
	}
}

// An id that the column's type cannot hold belongs to nobody: to delete it is no error.
func TestIDsThatDoNotFit(t *testing.T) {
	db := pgtest.Database(t)
	for _, idType := range []string{"smallint", "integer", "bigint", "uuid", "text", "numeric(20,0)"} {
		types := map[store.Part]string{store.ID: idType}
		b := newBench(t, db, shape{types: types, defaults: map[store.Part]string{store.ID: map[string]string{"uuid": "gen_random_uuid()"}[idType] + map[bool]string{true: "'1'"}[idType != "uuid"]}})
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		for _, id := range []any{"0", "-1", "32768", "2147483648", "9223372036854775808", "-9223372036854775809", "1.5", "1e3", "0x10", "+1", " 1", "00000000-0000-4000-8000-00000000000", "x", "|", nil, 1, []any{"1"}} {
			b.gives(nil, scripts.Delete, id)
		}
		if db.QueryInt("SELECT count(*)::int FROM "+b.table()) != 1 {
			t.Errorf("%s: the user is gone", idType)
		}
		b.gives(nil, scripts.Delete, b.profile(scripts.GetUser, "ada@example.com")["user_id"])
		if db.QueryInt("SELECT count(*)::int FROM "+b.table()) != 0 {
			t.Errorf("%s: the user is still there", idType)
		}
	}
}

// Letters that turn into ASCII when folded must not make one address pass for another.
func TestUnicodeCaseTraps(t *testing.T) {
	db := pgtest.Database(t)
	for _, lookup := range store.EmailLookups() {
		b := newBench(t, db, shape{lookup: lookup})
		b.gives(nil, scripts.Create, map[string]any{"email": "kate@example.com", "password": "correct horse"})
		b.gives(nil, scripts.Create, map[string]any{"email": "JOSÉ@example.com", "password": "correct horse"})
		for _, trap := range lookAlikes {
			b.gives(nil, scripts.GetUser, trap)
			b.wrong("", trap, "correct horse")
			b.gives(false, scripts.ChangePassword, trap, "new password")
		}
		b.fails("ValidationError", "invalid_email", scripts.Create, map[string]any{"email": "\u212aim@example.com", "password": "correct horse"})
		b.profile(scripts.Login, "josé@example.com", "correct horse")
		b.profile(scripts.Login, "KATE@EXAMPLE.COM", "correct horse")
	}
}

// Values that the table does not take are refused in plain words.
func TestValuesThatDoNotFit(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{types: map[store.Part]string{store.Nickname: "character varying(5)"}})
	long := b.fails("Error", "", scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse", "nickname": "far too long"})
	if !strings.Contains(long.Err.Message, "does not accept these values") {
		t.Errorf("got %q", long.Err.Message)
	}
	db.Exec("ALTER TABLE " + b.table() + " ADD COLUMN required text NOT NULL DEFAULT 'x'")
	db.Exec("ALTER TABLE " + b.table() + " ALTER COLUMN required DROP DEFAULT")
	missing := b.fails("Error", "", scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	if log := strings.Join(missing.Console, "\n"); !strings.Contains(log, "23502") || !strings.Contains(log, "column required") {
		t.Errorf("the log does not name the column: %q", log)
	}
	db.Exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no % here', OLD.email; END $$")
	db.Exec("ALTER TABLE " + b.table() + " DROP COLUMN required")
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	db.Exec("CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON " + b.table() + " FOR EACH ROW EXECUTE FUNCTION refuse()")
	for op, args := range map[scripts.Operation][]any{scripts.Verify: {"ada@example.com"}, scripts.ChangePassword: {"ada@example.com", "new password"}} {
		outcome := b.fails("Error", "", op, args...)
		if log := strings.Join(outcome.Console, "\n"); !strings.Contains(log, "P0001") {
			t.Errorf("%s: the log says %q", op, log)
		}
	}
}
