// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// costly is a hash that asks for more work than there is time for here.
var costly = regexp.MustCompile(`[0-9]{6}|ln=(1[2-9]|[2-9][0-9])|\$2[aby]\$(0[7-9]|[1-9])`)

// FuzzLegacyHash logs in against whatever a table may hold in place of a hash: the script answers once, and a hash
// that one password fits no other fits.
func FuzzLegacyHash(f *testing.F) {
	for _, legacy := range legacyHashes {
		f.Add(legacy.Stored)
		f.Add(legacy.Stored[:len(legacy.Stored)/2])
	}
	for _, hash := range []string{
		"", "$", "$$$$$", "$2b$04$", "$2b$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "{SSHA}", "{ssha}====", "pbkdf2_sha256$1$ü$AAAAAAAAAAAAAAAAAAAAAA==",
		"$pbkdf2-sha256$i=1,i=2,l=$$", "$scrypt$ln=1,r=1,p=1$$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=1.5,r=1e3,p=-1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "$pbkdf2$constructor=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
		strings.Repeat("0", 32) + ":", ":" + strings.Repeat("0", 40), "md5$" + strings.Repeat("0", 32) + "\n", "null", "\u2028", strings.Repeat("a", 1025),
	} {
		f.Add(hash)
	}
	db := pgtest.LocalDatabase(f)
	b := hashBench(f, db)
	id := b.add(map[store.Part]any{store.Email: "ada@example.com", store.Password: "none"})
	conn := db.Conn()
	f.Fuzz(func(t *testing.T, hash string) {
		if !utf8.ValidString(hash) || strings.ContainsRune(hash, 0) || costly.MatchString(hash) {
			return // the server would not keep it, or it takes too long
		}
		if _, err := conn.Exec(t.Context(), "UPDATE "+b.table()+" SET password = $1", hash); err != nil {
			t.Fatal(err)
		}
		b.t = t
		outcome := b.run(scripts.Login, "ada@example.com", "correct horse")
		if outcome.Err == nil {
			b.wrong(id, "ada@example.com", "incorrect horse")
			b.wrong(id, "ada@example.com", "")
		} else if outcome.Err.Name != "WrongUsernameOrPasswordError" || outcome.Err.UserID != id {
			t.Errorf("%q: %+v, console %q", hash, outcome.Err, outcome.Console)
		}
	})
}
