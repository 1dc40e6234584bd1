// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"fmt"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// plainMD5 is that of "correct horse".
const plainMD5 = "3cb4e732631f47e6eb961f34554b7cde"

// hashCases are about what is stored of a password, which only who knows it can tell.
var hashCases = map[string]operationCase{
	// A hash that no password fits must be a wrong password: not an error, not a login.
	"hashes that nothing fits": {cannot: map[string]string{"tenant": ownHashes}, run: func(b *bench) {
		for i, hash := range []any{
			nil, "", "correct horse", "*", "!", plainMD5, "$2b$04$short", "$2x$04$" + strings.Repeat("a", 53),
			"$argon2id$v=19$m=1$x$y", "$2b$99$" + strings.Repeat("a", 53), strings.Repeat("a", 99),
		} {
			email := fmt.Sprintf("user%d@example.com", i)
			id := b.users.add(map[store.Part]any{store.Email: email, store.Password: hash})
			b.wrong(id, email, "correct horse")
			b.wrong(id, email, "")
			b.profile(scripts.GetUser, email)
		}
	}},
	"bcrypt of other programs": {cannot: map[string]string{"tenant": ownHashes}, run: func(b *bench) {
		for _, version := range []string{"$2a$", "$2b$", "$2y$"} {
			email := version[1:3] + "@example.com"
			id := b.users.add(map[store.Part]any{store.Email: email, store.Password: strings.Replace(adaHash, "$2b$", version, 1)})
			b.profile(scripts.Login, email, "correct horse")
			b.wrong(id, email, "incorrect horse")
		}
	}},
	// Hashes of a store that has several formats are compared by whoever compares hashes, where that is asked for.
	"hashes of other formats": {cannot: map[string]string{"tenant": itself}, run: func(b *bench) {
		b.accepts(false, "md5")
		b.script(scripts.Login)
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Password: plainMD5})
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		b.wrong(id, "ada@example.com", "incorrect horse")
		if hash := b.users.hash(id); hash != plainMD5 {
			b.t.Errorf("the hash is %s", hash)
		}
		b.accepts(false, "sha1")
		b.wrong(id, "ada@example.com", "correct horse")
	}},
	"hashes with a salt beside them": {cannot: map[string]string{"tenant": itself}, run: func(b *bench) {
		b.accepts(false, saltedVector.format)
		b.script(scripts.Login)
		id := b.users.add(map[store.Part]any{
			store.Email: "ada@example.com", store.Password: saltedVector.Stored, store.PasswordSalt: saltedVector.Salt,
		})
		b.profile(scripts.Login, "ada@example.com", saltedVector.Password)
		b.users.set(id, map[store.Part]any{store.PasswordSalt: saltedVector.Salt + "x"})
		b.wrong(id, "ada@example.com", saltedVector.Password)
	}},
	// What new hashes do not look like is replaced once the password is known, and nothing else is.
	"rehash on login": {cannot: map[string]string{"tenant": itself}, run: func(b *bench) {
		b.accepts(true, "md5")
		b.script(scripts.Login)
		id := b.users.add(map[store.Part]any{store.Email: "ada@example.com", store.Password: plainMD5})
		hash := func() string { return b.users.hash(id) }
		b.wrong(id, "ada@example.com", "incorrect horse")
		if hash() != plainMD5 {
			b.t.Error("a wrong password was taken over")
		}
		restore := b.users.refuse() // a login that is right does not fail over it
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		restore()
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		first := hash()
		if !strings.HasPrefix(first, "$2b$04$") {
			b.t.Errorf("the hash is %s", first)
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		if hash() != first {
			b.t.Error("a hash that needed no upgrade was replaced")
		}
		b.wrong(id, "ada@example.com", "incorrect horse")
	}},
	// What is written is of the usual format, and what is changed is another hash.
	"hashes that are written": {cannot: map[string]string{"tenant": ownHashes}, run: func(b *bench) {
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		id := b.users.ids()[0]
		first := b.users.hash(id)
		b.gives(true, scripts.ChangePassword, "ada@example.com", "correct horse")
		second := b.users.hash(id)
		if !strings.HasPrefix(first, "$2b$04$") || !strings.HasPrefix(second, "$2b$04$") || first == second {
			b.t.Errorf("the hashes are %s and %s", first, second)
		}
	}},
	// bcrypt ignores all after 72 bytes: what it could not tell from its beginning is refused by whoever makes hashes of it.
	"long passwords": {run: longPasswords},
}

func longPasswords(b *bench) {
	longest := strings.Repeat("ü", 36) // 72 bytes
	b.gives(nil, scripts.Create, map[string]any{"email": "long@example.com", "password": longest})
	id := b.profile(scripts.Login, "long@example.com", longest)["user_id"]
	b.wrong(id, "long@example.com", strings.Repeat("ü", 35)+"xx")
	longer := map[string]any{"email": "longer@example.com", "password": longest + "x"}
	switch {
	case strings.HasSuffix(b.driver, "tenant"): // has the same rule, and words for it
		b.fails("ValidationError", "invalid_password", scripts.Create, longer)
		b.says("The password does not meet the rules of the user database.", scripts.ChangePassword, "long@example.com", longest+"x")
	case b.options.Store.ChecksPasswords():
		b.says(noFit, scripts.Create, longer)
		b.says(noFit, scripts.ChangePassword, "long@example.com", longest+"x")
	default:
		b.fails("ValidationError", "invalid_password", scripts.Create, longer)
		refused := b.fails("Error", "", scripts.ChangePassword, "long@example.com", longest+"x")
		if !strings.Contains(refused.Err.Message, "72 bytes") {
			b.t.Errorf("change_password says %q", refused.Err.Message)
		}
		if found := b.profile(scripts.Login, "long@example.com", longest+"x"); found["user_id"] != id {
			b.t.Error("a password beyond 72 bytes is not compared as other programs do")
		}
	}
	b.profile(scripts.Login, "long@example.com", longest)
	b.fails("ValidationError", "invalid_password", scripts.Create, map[string]any{"email": "longest@example.com", "password": strings.Repeat("x", 2000)})
}
