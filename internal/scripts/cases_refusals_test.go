// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const (
	uniqueThere = "The user already exists."
	ownHashes   = "the tenant keeps its hashes to itself"
	itself      = "checks passwords itself"
)

// refusalCases are about who is let in, and about what is refused.
var refusalCases = map[string]operationCase{
	"blocked users": {run: func(b *bench) {
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Username: "ada", store.Blocked: true})
		for _, name := range []string{"ada@example.com", "ada"} {
			blocked := b.fails("UnauthorizedError", "unauthorized", scripts.Login, name, "correct horse")
			if !strings.Contains(blocked.Err.Message, "blocked") {
				b.t.Errorf("a blocked user sees %q", blocked.Err.Message)
			}
			b.wrong(id, name, "incorrect horse") // only who knows the password learns of it
			if profile := b.profile(scripts.GetUser, name); profile["blocked"] != true {
				b.t.Errorf("get_user says %v", profile)
			}
		}
		b.users.set(id, map[store.Part]any{store.Blocked: false})
		b.profile(scripts.Login, "ada", "correct horse")
	}},
	"wrong passwords": {run: func(b *bench) {
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Username: "ada"})
		for _, password := range []any{"incorrect horse", "Correct horse", "correct horse ", "", nil, 7, []any{"correct horse"},
			"correct horse\x00", strings.Repeat("x", 10_001)} {
			b.wrong(id, "ada@example.com", password)
			b.wrong(id, "ada", password)
			b.wrong("", "nobody@example.com", password)
		}
	}},
	"verified addresses": {run: func(b *bench) {
		b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.EmailVerified: false})
		b.users.add(map[store.Part]any{store.Email: "eve@example.com", store.EmailVerified: true})
		want := func(email string, verified bool) {
			b.t.Helper()
			for _, op := range []scripts.Operation{scripts.Login, scripts.GetUser} {
				if got := b.profile(op, email, "correct horse")["email_verified"]; got != verified {
					b.t.Errorf("%s: %s is verified: %v, want %t", op, email, got, verified)
				}
			}
		}
		want("ada@example.com", false)
		b.gives(true, scripts.Verify, "ada@example.com")
		want("ada@example.com", true)
		b.gives(true, scripts.ChangeEmail, "ada@example.com", "ada@example.com", false)
		want("ada@example.com", false)
		b.gives(true, scripts.ChangeEmail, "ada@example.com", "ada@example.com", true)
		want("ada@example.com", true)
		for _, verified := range []any{nil, "true", 1, []any{}, map[string]any{"toString": "x"}} { // only true verifies
			b.gives(true, scripts.ChangeEmail, "ada@example.com", "ada@example.com", verified)
			want("ada@example.com", false)
		}
		want("eve@example.com", true)
	}},
	// Legacy tables hold addresses twice. Nobody may get into the wrong account, and nothing may be changed in both.
	"several with one address": {cannot: map[string]string{"tenant": uniqueThere}, run: func(b *bench) {
		b.users.share()
		b.users.add(map[store.Part]any{store.Email: "twice@example.com"})
		b.users.add(map[store.Part]any{store.Email: "Twice@example.com"})
		before := b.users.all()
		for op, args := range map[scripts.Operation][]any{
			scripts.Login: {"twice@example.com", "correct horse"}, scripts.GetUser: {"twice@example.com"},
			scripts.Verify: {"twice@example.com"}, scripts.ChangePassword: {"twice@example.com", "new password"},
			scripts.ChangeEmail: {"twice@example.com", "once@example.com", true},
		} {
			outcome := b.says(several, op, args...)
			if op == scripts.Login && !strings.Contains(strings.Join(outcome.Console, "\n"), "2 users") && strings.HasSuffix(b.driver, "table") {
				b.t.Errorf("the log does not say how many: %q", outcome.Console)
			}
		}
		if after := b.users.all(); after != before {
			b.t.Errorf("a script changed one of the two: %s, was %s", after, before)
		}
	}},
	"several with one id": {cannot: map[string]string{"tenant": uniqueThere}, run: func(b *bench) {
		b.users.share()
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com"})
		b.users.add(map[store.Part]any{store.ID: id, store.Email: "eve@example.com"})
		before := b.users.all()
		b.says(several, scripts.Delete, id)
		b.context = map[string]any{"identifierType": "user_id"}
		b.says(several, scripts.GetUser, id)
		if after := b.users.all(); after != before {
			b.t.Errorf("one of the two is gone: %s", after)
		}
	}},
	// A refusal of the store's own is told in a plain word, and what was to be changed stays.
	"a store that refuses changes": {run: func(b *bench) {
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Username: "ada"})
		before := b.users.all()
		restore := b.users.refuse()
		for op, args := range map[scripts.Operation][]any{
			scripts.Verify: {"ada@example.com"}, scripts.ChangePassword: {"ada@example.com", "new password"},
			scripts.ChangeEmail: {"ada@example.com", "eve@example.com", true}, scripts.ChangeUsername: {"ada", "eve"}, scripts.Delete: {id},
		} {
			if outcome := b.says(notNow, op, args...); len(outcome.Console) == 0 {
				b.t.Errorf("%s leaves nothing in the log", op)
			}
		}
		restore()
		if after := b.users.all(); after != before {
			b.t.Errorf("now there is %s, was %s", after, before)
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
	}},
	// Values that the store does not take are refused in plain words, and the log says what refused them.
	"values that do not fit": {run: func(b *bench) {
		values := signUp("ada@example.com", "ada")
		maps.Copy(values, b.users.unfit())
		outcome := b.says(noFit, scripts.Create, values)
		if log := strings.Join(outcome.Console, "\n"); !strings.Contains(log, "auth0pg create: ") || strings.Contains(log, "xxx") {
			b.t.Errorf("log %q", log)
		}
		if ids := b.users.ids(); len(ids) != 0 {
			b.t.Errorf("there is %v", ids)
		}
	}},
	"hostile input": {run: hostileInput},
	// Sign-ups with one address at the same moment: one user.
	"sign-ups at once": {run: func(b *bench) {
		b.script(scripts.Create)
		var group sync.WaitGroup
		var created atomic.Int32
		for i := range 8 {
			group.Go(func() {
				email := []string{"ada@example.com", "Ada@Example.com"}[i%2]
				outcome := b.run(scripts.Create, map[string]any{"email": email, "password": "correct horse"})
				if outcome.Err == nil {
					created.Add(1)
				} else if outcome.Err.Code != "user_exists" {
					b.t.Errorf("got %v, log %q", outcome.Err, outcome.Console)
				}
			})
		}
		group.Wait()
		if ids := b.users.ids(); created.Load() != 1 || len(ids) != 1 {
			b.t.Errorf("%d of them were created, and there are %v", created.Load(), ids)
		}
	}},
	// Whoever asks at the same time, each is answered with the own user.
	"users at once": {run: func(b *bench) {
		for i := range 8 {
			b.users.add(map[store.Part]any{store.Email: fmt.Sprintf("user%d@example.com", i)})
		}
		for _, op := range []scripts.Operation{scripts.Login, scripts.Verify, scripts.ChangePassword, scripts.Delete} {
			b.script(op)
		}
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				email := fmt.Sprintf("user%d@example.com", i)
				b.gives(true, scripts.Verify, email)
				profile := b.profile(scripts.Login, email, "correct horse")
				if profile["email"] != email || profile["email_verified"] != true {
					b.t.Errorf("%s got %v", email, profile)
				}
				b.gives(true, scripts.ChangePassword, email, "another horse")
				b.wrong(profile["user_id"], email, "correct horse")
				b.gives(nil, scripts.Delete, profile["user_id"])
			})
		}
		group.Wait()
		if ids := b.users.ids(); len(ids) != 0 {
			b.t.Errorf("%v are left", ids)
		}
	}},
}

const marker = "h0st1le"

// Whatever is passed in: one callback, no crash, nothing of it in the text of a statement, and nobody found.
func hostileInput(b *bench) {
	ada := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Username: "ada"})
	before := b.users.stored(ada)
	hostile := []any{
		nil, true, 0, -1.5, []any{}, []any{"ada@example.com"}, map[string]any{}, map[string]any{"toString": marker}, "",
		marker + "' OR '1'='1", marker + "'; DROP TABLE users; --", marker + `\'; SELECT pg_sleep(30); --`, "$1", "$1::text" + marker,
		marker + "\x00@example.com", "ada@example.com\x00", "\x00", strings.Repeat(marker, 1<<20/len(marker)),
		strings.Repeat("a", 300) + "@example.com", "ada@example.com" + strings.Repeat(" ", 5000),
		"\u212aate@example.com", "ad\u0130@example.com", "\ufeffada@example.com", "ada@example.com\u202e", "💥" + marker, "a\u0301da@example.com",
		map[string]any{"email": map[string]any{"$ne": ""}}, "%", "_da@example.com", "ada@%", "*", "null", "undefined", "__proto__", "constructor",
		"ada*", `" OR username:"ada`, `ada" OR "`, "../users", "ada@example.com&email=eve@example.com",
		"-9223372036854775809", "99999999999999999999", "00000000-0000-0000-0000-00000000000g", "{00000000-0000-4000-8000-000000000000}",
	}
	for i, value := range hostile {
		// What the scripts look at themselves is the same before each database: each gets every third value, in turn.
		if b.db != nil && b.driver != "plain/table" && i%3 != len(b.driver)%3 {
			continue
		}
		hostileValue(b, fmt.Sprintf("%d %.30q", i, fmt.Sprint(value)), value)
		// These may refuse the value or store it, as an address or a name may be odd.
		b.run(scripts.Create, value)
		b.run(scripts.Create, map[string]any{"email": value, "password": "correct horse"})
		b.run(scripts.Create, map[string]any{"email": fmt.Sprintf("new%d@example.com", i), "password": value})
		for _, field := range []string{"username", "nickname", "user_metadata", "app_metadata"} {
			b.run(scripts.Create, map[string]any{"email": fmt.Sprintf("%s%d@example.com", field, i), "password": "correct horse", field: value})
		}
		b.run(scripts.Create, map[string]any{"email": fmt.Sprintf("deep%d@example.com", i), "password": "correct horse", "user_metadata": map[string]any{"x": value}})
	}
	if after := b.users.stored(ada); !reflect.DeepEqual(after, before) {
		b.t.Errorf("the user who was there before has changed to %v from %v", after, before)
	}
	if b.db != nil && !pgtest.Real() {
		checkStatementsInLog(b)
	}
}

// hostileValue gives the value to all that looks for somebody.
func hostileValue(b *bench, name string, value any) {
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
			b.t.Errorf("%s: logged in as %v", name, result(outcome))
		}
		if got := result(outcome); got != nil && got != false {
			b.t.Errorf("%s: %s gives %v", name, call.op, got)
		}
		if call.op != scripts.Login && outcome.Err != nil {
			b.t.Errorf("%s: %s fails with %v, log %q", name, call.op, outcome.Err, outcome.Console)
		}
	}
}

// checkStatementsInLog looks for the marker in the text of a statement; the log shows parameters on lines of their own.
func checkStatementsInLog(b *bench) {
	b.t.Helper()
	log, err := os.ReadFile(b.db.Server.LogFile())
	if err != nil {
		b.t.Fatal(err)
	}
	own := slices.DeleteFunc(strings.Split(string(log), "\n"), func(line string) bool {
		return !strings.Contains(line, "@"+b.db.Name+" ") || strings.Contains(line, "postgres@") // the test's own
	})
	if len(own) == 0 {
		b.t.Fatal("the server's log has no statement of the scripts: the test looks in the wrong place")
	}
	for _, line := range own {
		if strings.Contains(line, marker) && !strings.Contains(strings.ToLower(line), "parameters:") && !strings.Contains(line, "ERROR: ") {
			b.t.Errorf("the marker is in a statement: %.200s", line)
		}
		if len(line) > 100_000 {
			b.t.Errorf("%d bytes reached the server: %.200s", len(line), line)
		}
	}
}
