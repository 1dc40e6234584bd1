// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"os"
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

func TestHashesThatOthersWrote(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{types: map[store.Part]string{store.Password: "character(72)"}})
	db.Exec("CREATE EXTENSION IF NOT EXISTS pgcrypto")
	b.gives(nil, scripts.Create, map[string]any{"email": "own@example.com", "password": "correct horse"})
	own := db.QueryString("SELECT password::text FROM " + b.table())
	if !strings.HasPrefix(own, "$2b$04$") {
		t.Fatalf("create writes %.7q", own)
	}
	pgcrypto := db.QueryString("SELECT crypt('correct horse', gen_salt('bf', 4))")
	if !strings.HasPrefix(pgcrypto, "$2a$") {
		t.Fatalf("pgcrypto writes %.7q", pgcrypto)
	}
	for name, hash := range map[string]string{
		"b": own, "a": pgcrypto, "y": strings.Replace(own, "$2b$", "$2y$", 1),
	} {
		email := name + "@example.com"
		b.add(map[store.Part]any{store.Email: email, store.Password: hash})
		b.profile(scripts.Login, email, "correct horse")
	}
}

// A hash that no password fits must be a wrong password: not an error, not a login.
func TestHashesThatNothingFits(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{})
	db.Exec("ALTER TABLE " + b.table() + " ALTER COLUMN password DROP NOT NULL")
	for i, hash := range []any{nil, "", "correct horse", "*", "$2b$04$short", "$2x$04$" + strings.Repeat("a", 53), "$argon2id$v=19$m=1$x$y", "$2b$99$" + strings.Repeat("a", 53)} {
		email := fmt.Sprintf("user%d@example.com", i)
		id := b.add(map[store.Part]any{store.Email: email, store.Password: hash})
		b.wrong(id, email, "correct horse")
		b.wrong(id, email, "")
	}
}

func TestLongPasswords(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	longest := strings.Repeat("ü", 36) // 72 bytes
	b.gives(nil, scripts.Create, map[string]any{"email": "long@example.com", "password": longest})
	id := b.profile(scripts.Login, "long@example.com", longest)["user_id"]
	if longer := b.profile(scripts.Login, "long@example.com", longest+"x"); longer["user_id"] != id {
		t.Error("a password beyond 72 bytes is not compared as other programs do")
	}
	b.wrong(id, "long@example.com", strings.Repeat("ü", 35)+"xx")
	b.fails("ValidationError", "invalid_password", scripts.Create, map[string]any{"email": "longer@example.com", "password": longest + "x"})
	refused := b.fails("Error", "", scripts.ChangePassword, "long@example.com", longest+"x")
	if !strings.Contains(refused.Err.Message, "72 bytes") {
		t.Errorf("change_password says %q", refused.Err.Message)
	}
	b.profile(scripts.Login, "long@example.com", longest)
}

func TestBlockedUsers(t *testing.T) {
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

// Legacy tables hold addresses twice. Nobody may get into the wrong account, and
// nothing may be changed in both.
func TestDuplicateAddresses(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{withoutIndex: true})
	b.gives(nil, scripts.Create, map[string]any{"email": "twice@example.com", "password": "correct horse"})
	b.gives(nil, scripts.Create, map[string]any{"email": "Twice@example.com", "password": "correct horse"})
	before := db.QueryString("SELECT string_agg(u::text, ';' ORDER BY id) FROM " + b.table() + " u")
	for op, args := range map[scripts.Operation][]any{
		scripts.Login: {"twice@example.com", "correct horse"}, scripts.GetUser: {"twice@example.com"},
		scripts.Verify: {"twice@example.com"}, scripts.ChangePassword: {"twice@example.com", "new password"},
		scripts.ChangeEmail: {"twice@example.com", "once@example.com", true},
	} {
		outcome := b.fails("Error", "", op, args...)
		if !strings.Contains(outcome.Err.Message, "Several accounts") {
			t.Errorf("%s says %q", op, outcome.Err.Message)
		}
		if op == scripts.Login && !strings.Contains(strings.Join(outcome.Console, "\n"), "2 users") {
			t.Errorf("the log does not say how many: %q", outcome.Console)
		}
	}
	db.Exec("INSERT INTO " + b.table() + " SELECT * FROM " + b.table() + " LIMIT 1") // the same id twice
	id := db.QueryString("SELECT id::text FROM " + b.table() + " GROUP BY id HAVING count(*) = 2")
	b.fails("Error", "", scripts.Delete, id)
	db.Exec("DELETE FROM " + b.table() + " WHERE ctid = (SELECT max(ctid) FROM " + b.table() + ")")
	if after := db.QueryString("SELECT string_agg(u::text, ';' ORDER BY id) FROM " + b.table() + " u"); after != before {
		t.Error("a script changed one of the two")
	}
}

// A user name that looks like another user's address, as tables from elsewhere may hold, must not get in the way of
// that user.
func TestUserNameLikeAnAddress(t *testing.T) {
	db := pgtest.Database(t)
	for _, usernameType := range []string{"text", "character varying(60)", "public.citext"} {
		if usernameType == "public.citext" {
			db.Exec("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public")
		}
		b := newBench(t, db, shape{parts: append([]store.Part{store.Username}, standardParts...), types: map[store.Part]string{store.Username: usernameType}})
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse", "username": "ada"})
		b.gives(nil, scripts.Create, map[string]any{"email": "eve@example.com", "password": "another horse", "username": "eve"})
		db.Exec("UPDATE " + b.table() + " SET username = 'ada@example.com' WHERE username = 'eve'")
		if profile := b.profile(scripts.Login, "ada@example.com", "correct horse"); profile["username"] != "ada" {
			t.Errorf("%s: got %v", usernameType, profile)
		}
		b.wrong(b.profile(scripts.GetUser, "ada")["user_id"], "ada@example.com", "another horse")
		b.profile(scripts.Login, "eve@example.com", "another horse")
		// The table's index on lower(username) makes the name unique whatever its case.
		if found := b.profile(scripts.GetUser, "ADA"); found["username"] != "ada" {
			t.Errorf("%s: ADA finds %v", usernameType, found)
		}
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

func TestAutomaticMigration(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{parts: append([]store.Part{store.MigratedAt, store.LastLogin}, standardParts...)})
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	b.rendered, b.options.ImportMode = map[scripts.Operation]string{}, true
	migrated := func() bool {
		t.Helper()
		return db.QueryBool("SELECT migrated_at IS NOT NULL FROM " + b.table())
	}
	b.profile(scripts.GetUser, "ada@example.com")
	b.run(scripts.Login, "ada@example.com", "incorrect")
	if migrated() {
		t.Error("marked without a login")
	}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if !migrated() {
		t.Error("not marked when the callback came")
	}
	if !db.QueryBool("SELECT last_login IS NOT NULL FROM " + b.table()) {
		t.Error("the login was not recorded")
	}
	first := db.QueryString("SELECT migrated_at FROM " + b.table())
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if again := db.QueryString("SELECT migrated_at FROM " + b.table()); again != first {
		t.Error("the first hand-over was overwritten")
	}
	// A record that cannot be kept does not keep the user out.
	db.Exec("REVOKE UPDATE ON " + b.table() + " FROM " + quote(b.role))
	for _, part := range []store.Part{store.MigratedAt, store.LastLogin} {
		db.Exec("REVOKE UPDATE (" + b.column(part) + ") ON " + b.table() + " FROM " + quote(b.role))
	}
	outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
	if outcome.Err != nil || !strings.Contains(strings.Join(outcome.Console, "\n"), "recordLogin: SQLSTATE 42501") {
		t.Errorf("error %v, log %q", outcome.Err, outcome.Console)
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

// Nobody takes the place of a user who is forgotten: neither who has the address as a user name, nor who shares it.
func TestForgottenUsersKeepTheirPlace(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{parts: append([]store.Part{store.MigratedAt, store.Username}, standardParts...)})
	email, username := b.column(store.Email), b.column(store.Username)
	for _, name := range []string{"ada", "eve"} {
		b.gives(nil, scripts.Create, map[string]any{"email": name + "@example.com", "username": name, "password": "correct horse"})
	}
	b.options.ImportMode, b.options.ForgetMigratedAfter = true, time.Hour
	b.rendered = map[scripts.Operation]string{}
	db.Exec("UPDATE " + b.table() + " SET " + b.column(store.MigratedAt) + " = now() - interval '2 days' WHERE " + email + " LIKE 'ada%'")
	db.Exec("UPDATE " + b.table() + " SET " + username + " = 'ada@example.com' WHERE " + email + " LIKE 'eve%'")
	b.gives(nil, scripts.GetUser, "ada@example.com")
	b.wrong("", "ada@example.com", "correct horse")
	b.profile(scripts.GetUser, "eve@example.com")

	db.Exec(`DO $do$ DECLARE i regclass; BEGIN
		FOR i IN SELECT indexrelid FROM pg_index WHERE indrelid = '` + b.table() + `'::regclass AND NOT indisprimary AND indisunique LOOP
			EXECUTE 'DROP INDEX ' || i;
		END LOOP; END $do$`)
	db.Exec("UPDATE " + b.table() + " SET " + email + " = 'ada@example.com'")
	for _, call := range [][]any{{scripts.GetUser, "ada@example.com"}, {scripts.Login, "ada@example.com", "correct horse"}} {
		if outcome := b.run(call[0].(scripts.Operation), call[1:]...); outcome.Err == nil { //nolint:forcetypeassert // as above
			t.Errorf("%v finds one of two: %v", call[0], result(outcome))
		}
	}
}

// Whatever is passed in: one callback, no crash, nothing of it in the text of a
// statement, and nobody found.
func TestHostileInput(t *testing.T) {
	db := pgtest.LocalDatabase(t)
	b := newBench(t, db, shape{parts: allParts()})
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse", "username": "ada"})
	const marker = "h0st1le"
	before := db.QueryString("SELECT string_agg(md5(u::text), ';' ORDER BY id) FROM " + b.table() + " u")
	hostile := []any{
		nil, true, 0, -1.5, []any{}, []any{"ada@example.com"}, map[string]any{}, map[string]any{"toString": marker}, "",
		marker + "' OR '1'='1", marker + "'; DROP TABLE users; --", marker + `\'; SELECT pg_sleep(30); --`, "$1", "$1::text" + marker,
		marker + "\x00@example.com", "ada@example.com\x00", "\x00", strings.Repeat(marker, 10<<20/len(marker)),
		strings.Repeat("a", 300) + "@example.com", "ada@example.com" + strings.Repeat(" ", 5000),
		"\u212aate@example.com", "ad\u0130@example.com", "\ufeffada@example.com", "ada@example.com\u202e", "💥" + marker, "a\u0301da@example.com",
		map[string]any{"email": map[string]any{"$ne": ""}}, "%", "_da@example.com", "ada@%", "*", "null", "undefined", "__proto__", "constructor",
		"-9223372036854775809", "99999999999999999999", "00000000-0000-0000-0000-00000000000g", "{00000000-0000-4000-8000-000000000000}",
	}
	for i, value := range hostile {
		name := fmt.Sprintf("%d %.30q", i, fmt.Sprint(value))
		for _, call := range []struct {
			op   scripts.Operation
			args []any
		}{
			{scripts.Login, []any{value, "correct horse"}}, {scripts.Login, []any{"ada@example.com", value}}, {scripts.Login, []any{value, value}},
			{scripts.GetUser, []any{value}}, {scripts.Verify, []any{value}}, {scripts.ChangePassword, []any{value, "new password"}},
			{scripts.ChangeEmail, []any{value, "new@example.com", true}}, {scripts.ChangeUsername, []any{value, "new"}}, {scripts.Delete, []any{value}},
		} {
			outcome := b.run(call.op, call.args...)
			if call.op == scripts.Login && outcome.Err == nil {
				t.Errorf("%s: logged in as %v", name, result(outcome))
			}
			if got := result(outcome); got != nil && got != false {
				t.Errorf("%s: %s gives %v", name, call.op, got)
			}
			if call.op != scripts.Login && outcome.Err != nil && call.args[0] != "ada@example.com" {
				t.Errorf("%s: %s fails with %v", name, call.op, outcome.Err)
			}
		}
		// These may refuse the value or store it, as an address or a name may be odd.
		b.run(scripts.Create, value)
		b.run(scripts.Create, map[string]any{"email": value, "password": "correct horse"})
		b.run(scripts.Create, map[string]any{"email": fmt.Sprintf("new%d@example.com", i), "password": value})
		for _, field := range []string{"username", "nickname", "user_metadata", "app_metadata"} {
			b.run(scripts.Create, map[string]any{"email": fmt.Sprintf("%s%d@example.com", field, i), "password": "correct horse", field: value})
		}
		b.run(scripts.Create, map[string]any{"email": fmt.Sprintf("deep%d@example.com", i), "password": "correct horse", "user_metadata": map[string]any{"x": value}})
	}
	after := db.QueryString("SELECT string_agg(md5(u::text), ';' ORDER BY id) FROM " + b.table() + " u WHERE username = 'ada'")
	if after != before {
		t.Error("the user who was there before has changed")
	}
	checkStatementsInLog(t, db, marker)
}

// checkStatementsInLog looks for the marker in the text of a statement; the log
// shows parameters on lines of their own.
func checkStatementsInLog(t *testing.T, db *pgtest.DB, marker string) {
	t.Helper()
	log, err := os.ReadFile(db.Server.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "found_by_email") {
		t.Fatal("the server's log has no statement of the scripts: the test looks in the wrong place")
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, marker) && !strings.Contains(strings.ToLower(line), "parameters:") {
			t.Errorf("the marker is in a statement: %.200s", line)
		}
		if len(line) > 100_000 && strings.Contains(line, "@"+db.Name+" ") { // not what other tests have sent
			t.Errorf("%d bytes reached the server: %.200s", len(line), line)
		}
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

// Only true verifies an address.
func TestChangeEmailWithoutABoolean(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	for _, verified := range []any{nil, "true", 1, []any{}, map[string]any{"toString": "x"}, false} {
		b.gives(true, scripts.ChangeEmail, "ada@example.com", "ada@example.com", verified)
		if profile := b.profile(scripts.GetUser, "ada@example.com"); profile["email_verified"] != false {
			t.Errorf("%v verifies", verified)
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
		for _, trap := range []string{"\u212aate@example.com", "kate@e\u0445ample.com", "kate@example\u3002com", "kate\u200b@example.com"} {
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
