// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// lookAlikes are kate@example.com to an eye, or to who folds letters.
var lookAlikes = []string{"\u212aate@example.com", "kate@e\u0445ample.com", "kate@example\u3002com", "kate\u200b@example.com"}

// identityCases are about ids, addresses and user names: who is whom.
var identityCases = map[string]operationCase{
	// An id that nobody can have belongs to nobody: to delete it is no error.
	"ids that do not fit": {run: func(b *bench) {
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com"})
		for _, nobody := range []any{
			"0", "-1", "32768", "2147483648", "9223372036854775808", "-9223372036854775809", "1.5", "1e3", "0x10", "+1", " 1",
			"00000000-0000-4000-8000-00000000000", "x", "|", "a/b?c#d", "auth0|" + id, strings.Repeat("7", 1000), nil, 1, []any{"1"},
		} {
			b.gives(nil, scripts.Delete, nobody)
			b.context = map[string]any{"identifierType": "user_id"}
			b.gives(nil, scripts.GetUser, nobody)
			b.context = nil
		}
		if ids := b.users.ids(); len(ids) != 1 {
			b.t.Errorf("the user is gone: %v", ids)
		}
		b.gives(nil, scripts.Delete, b.profile(scripts.GetUser, "ada@example.com")["user_id"])
		if ids := b.users.ids(); len(ids) != 0 {
			b.t.Errorf("the user is still there: %v", ids)
		}
	}},
	// An id is what the store has, whatever a number of JavaScript's holds.
	"large ids": {run: func(b *bench) {
		id := b.users.add(map[store.Part]any{store.ID: "9007199254740993", store.Email: "ada@example.com"})
		b.users.add(map[store.Part]any{store.ID: "9007199254740992", store.Email: "eve@example.com"})
		if profile := b.profile(scripts.Login, "ada@example.com", "correct horse"); id != "9007199254740993" || profile["user_id"] != id {
			b.t.Errorf("the id is %v, want %s", profile["user_id"], id)
		}
		b.gives(nil, scripts.Delete, id)
		b.gives(nil, scripts.GetUser, "ada@example.com")
		b.profile(scripts.GetUser, "eve@example.com")
	}},
	// For passkeys the platform asks for a user by id, and says so in the context.
	"users by id": {run: func(b *bench) {
		b.options.UserIDPrefix = "legacy"
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com"})
		b.context = map[string]any{"identifierType": "user_id"}
		if profile := b.profile(scripts.GetUser, "legacy|"+id); profile["email"] != "ada@example.com" || profile["user_id"] != "legacy|"+id {
			b.t.Errorf("got %v", profile)
		}
		for _, nobody := range []string{"legacy|0", "legacy|99999999999", "legacy|", "legacy|legacy|" + id} {
			b.gives(nil, scripts.GetUser, nobody)
		}
		for _, foreign := range []string{"other|0", id} {
			b.says("The user belongs to another connection.", scripts.GetUser, foreign)
			b.says("The user belongs to another connection.", scripts.Delete, foreign)
		}
		b.context = map[string]any{"identifierType": "email"}
		b.profile(scripts.GetUser, "ada@example.com")
	}},
	// Letters that turn into ASCII when folded must not make one address pass for another.
	"look-alikes": {run: func(b *bench) {
		b.gives(nil, scripts.Create, map[string]any{"email": "kate@example.com", "password": "correct horse"})
		b.gives(nil, scripts.Create, map[string]any{"email": "JOSÉ@example.com", "password": "correct horse"})
		for _, trap := range lookAlikes {
			b.gives(nil, scripts.GetUser, trap)
			b.wrong("", trap, "correct horse")
			b.gives(false, scripts.ChangePassword, trap, "new password")
			b.gives(false, scripts.Verify, trap)
			b.gives(false, scripts.ChangeEmail, trap, "eve@example.com", true)
		}
		b.fails("ValidationError", "invalid_email", scripts.Create, map[string]any{"email": "\u212aim@example.com", "password": "correct horse"})
		b.says("The new e-mail address cannot be used.", scripts.ChangeEmail, "kate@example.com", "\u212aim@example.com", true)
		b.profile(scripts.Login, "josé@example.com", "correct horse")
		b.profile(scripts.Login, "KATE@EXAMPLE.COM", "correct horse")
	}},
	// A user name that looks like another user's address, as tables from elsewhere may hold, must not get in the way of that user.
	"a user name like an address": {cannot: map[string]string{"tenant": uniqueThere}, run: func(b *bench) {
		ada := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Username: "ada"})
		b.users.add(map[store.Part]any{store.Email: "eve@example.com", store.Username: "ada@example.com"})
		for _, op := range []scripts.Operation{scripts.Login, scripts.GetUser} {
			if profile := b.profile(op, "ada@example.com", "correct horse"); profile["username"] != "ada" {
				b.t.Errorf("%s finds %v", op, profile)
			}
		}
		b.wrong(ada, "ada@example.com", "another horse")
		b.gives(true, scripts.ChangePassword, "eve@example.com", "another horse")
		b.wrong(ada, "ada@example.com", "another horse")
		b.profile(scripts.Login, "eve@example.com", "another horse")
		b.says(several, scripts.ChangeUsername, "ada@example.com", "countess") // which of the two names is meant cannot be known
	}},
	// Nobody gets somebody else's address as a user name, which would keep that person from signing up.
	"a user name that is another's address": {run: func(b *bench) {
		for _, name := range []string{"ada@example.com", "Ada@Example.com", "@", "eve@example.com "} {
			refused := b.fails("ValidationError", "invalid_username", scripts.Create, signUp("eve@example.com", name))
			if refused.Err.Message != "The value for username cannot be used." {
				b.t.Errorf("create says %q", refused.Err.Message)
			}
		}
		b.gives(nil, scripts.Create, signUp("Eve@example.com", "eve"))
		for _, name := range []string{"ada@example.com", "Ada@Example.com", "eve@example.org"} {
			b.says("The new user name cannot be used.", scripts.ChangeUsername, "eve", name)
			b.says("The new user name cannot be used.", scripts.ChangeUsername, "eve@example.com", name)
		}
		b.gives(nil, scripts.GetUser, "ada@example.com")
		b.gives(nil, scripts.Create, signUp("ada@example.com", "ada"))
		b.gives(false, scripts.ChangeUsername, "nobody", "somebody")
		b.says("Another user has this user name.", scripts.ChangeUsername, "eve", "ada")
		if found := b.profile(scripts.GetUser, "eve"); found["username"] != "eve" || found["email"] != "eve@example.com" {
			b.t.Errorf("eve is %v", found)
		}
	}},
	// One's own address may be one's user name.
	"one's own address as user name": {run: func(b *bench) {
		b.gives(nil, scripts.Create, signUp("Eve@example.com", "eVe@example.com"))
		b.gives(true, scripts.ChangeUsername, "eve@example.com", "eve")
		b.gives(true, scripts.ChangeUsername, "eve", "EVE@example.com")
		b.gives(true, scripts.ChangeUsername, "eve@example.com", "eve")
		if found := b.profile(scripts.GetUser, "eve@example.com"); found["username"] != "eve" {
			b.t.Errorf("eve is %v", found)
		}
	}},
	// A user name has no case where the store says so, and an address never has.
	"capitals": {run: func(b *bench) {
		id := b.users.add(map[store.Part]any{store.Email: "Ada@Example.com", store.Username: "ada"})
		for _, email := range []string{"ada@example.com", "ADA@EXAMPLE.COM", "Ada@example.COM"} {
			if found := b.profile(scripts.GetUser, email); found["user_id"] != id || !strings.EqualFold(fmt.Sprint(found["email"]), email) {
				b.t.Errorf("%s finds %v", email, found)
			}
			b.profile(scripts.Login, email, "correct horse")
			b.gives(true, scripts.Verify, email)
		}
		b.fails("ValidationError", "user_exists", scripts.Create, map[string]any{"email": "aDA@example.com", "password": "correct horse"})
		b.gives(true, scripts.ChangeEmail, "ADA@example.com", "Lovelace@EXAMPLE.com", true)
		b.profile(scripts.Login, "lovelace@example.com", "correct horse")
		b.gives(nil, scripts.GetUser, "ada@example.com")
	}},
}

func signUp(email, username string) map[string]any {
	return map[string]any{"email": email, "password": "correct horse", "username": username}
}
