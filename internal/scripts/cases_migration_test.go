// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// noMark is what keeps a tenant from remembering whom it has handed over.
const noMark = "has no migrated_at"

// migrationCases are about automatic migration: what is remembered of it, and who is nobody any more.
var migrationCases = map[string]operationCase{
	// Whoever is handed over is still found, so that a login that Auth0 did not end can be repeated.
	"import mode": {run: func(b *bench) {
		b.imports(0)
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Username: "ada"})
		for range 2 {
			if profile := b.profile(scripts.Login, "ada@example.com", "correct horse"); profile["user_id"] != id {
				b.t.Errorf("got %v", profile)
			}
			b.profile(scripts.GetUser, "ada")
			b.wrong(id, "ada", "incorrect horse")
		}
	}},
	"the mark of a migration": {cannot: map[string]string{"tenant": noMark}, run: func(b *bench) {
		b.imports(0)
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.MigratedAt: nil})
		mark := func() string { return b.users.stored(id)[store.MigratedAt] }
		b.profile(scripts.GetUser, "ada@example.com")
		b.wrong(id, "ada@example.com", "incorrect horse")
		if mark() != "" {
			b.t.Error("marked without a login")
		}
		restore := b.users.refuse() // a mark that cannot be kept does not keep the user out
		if outcome := b.run(scripts.Login, "ada@example.com", "correct horse"); outcome.Err != nil || len(outcome.Console) == 0 {
			b.t.Errorf("error %v, log %q", outcome.Err, outcome.Console)
		}
		restore()
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		if mark() == "" || b.users.stored(id)[store.LastLogin] == "" {
			b.t.Error("not marked when the callback came")
		}
		b.users.set(id, map[store.Part]any{store.MigratedAt: "2020-02-02"})
		first := mark()
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		if mark() != first {
			b.t.Error("the first hand-over was overwritten")
		}
	}},
	// Who was marked longer ago than the settings say is unknown to login and get_user; nobody else is.
	"users who are forgotten": {cannot: map[string]string{"tenant": "needs the part migrated_at"}, run: func(b *bench) {
		b.imports(30 * 24 * time.Hour)
		b.script(scripts.Login)
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com"})
		ago := func(days int) string { return time.Now().AddDate(0, 0, -days).Format(time.RFC3339) }
		for _, test := range []struct {
			mark  any
			knows bool
		}{
			{nil, true}, {ago(28), true}, {ago(-1), true}, {"infinity", true}, {ago(32), false}, {"-infinity", false}, {"1970-01-01", false},
		} {
			b.users.set(id, map[store.Part]any{store.MigratedAt: test.mark})
			if !test.knows {
				b.gives(nil, scripts.GetUser, "ada@example.com")
				b.wrong("", "ada@example.com", "correct horse")
				continue
			}
			b.profile(scripts.GetUser, "ada@example.com")
			b.profile(scripts.Login, "ada@example.com", "correct horse")
		}
		b.imports(0)
		b.users.set(id, map[store.Part]any{store.MigratedAt: "-infinity"})
		b.profile(scripts.Login, "ada@example.com", "correct horse")
	}},
	// Nobody takes the place of a user who is forgotten: neither who has the address as a user name, nor who shares it.
	"the place of whoever is forgotten": {cannot: map[string]string{"tenant": noMark}, run: func(b *bench) {
		b.imports(time.Hour)
		b.users.share()
		b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.MigratedAt: "2020-02-02"})
		eve := b.users.add(map[store.Part]any{store.Email: "eve@example.com", store.Username: "ada@example.com"})
		b.gives(nil, scripts.GetUser, "ada@example.com")
		b.wrong("", "ada@example.com", "correct horse")
		b.profile(scripts.GetUser, "eve@example.com")
		b.users.set(eve, map[store.Part]any{store.Email: "ada@example.com"})
		b.says(several, scripts.GetUser, "ada@example.com")
		b.says(several, scripts.Login, "ada@example.com", "correct horse")
	}},
	// Once all are handed over the store may be gone.
	"a migration that is finished": {run: func(b *bench) {
		b.users.add(map[store.Part]any{store.Email: "ada@example.com"})
		b.options.ImportMode, b.options.ImportFinished, b.configuration = true, true, nil
		for _, context := range []any{nil, map[string]any{}} {
			b.context = context
			for op, args := range map[scripts.Operation][]any{scripts.Login: {"ada@example.com", "correct horse"}, scripts.GetUser: {"ada@example.com"}} {
				outcome := b.run(op, args...)
				if outcome.Err != nil || fmt.Sprintf("%s", outcome.Results) != "[null]" {
					b.t.Errorf("%s gives %s, %v", op, outcome.Results, outcome.Err)
				}
			}
		}
	}},
}
