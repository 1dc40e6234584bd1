// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// legacyHash is a vector of a format that login accepts when it is asked to.
type legacyHash struct {
	format string
	hashes.Vector
}

// legacyHashes are hashes of known passwords as other programs write them.
var legacyHashes = func() (all []legacyHash) {
	for _, name := range hashes.Optional() {
		format, _ := hashes.Find(name)
		for _, vector := range format.Vectors {
			if vector.Password != "" {
				all = append(all, legacyHash{name, vector})
			}
		}
	}
	return all
}()

// saltedVector is a hash with a salt that stands beside it.
var saltedVector = legacyHashes[slices.IndexFunc(legacyHashes, func(l legacyHash) bool { return l.Salt != "" })]

// hashBench is a bench whose table has a column for salts, and whose connection has the keys of the vectors.
func hashBench(t testing.TB, db *pgtest.DB) *bench {
	t.Helper()
	b := newBench(t, db, shape{parts: append([]store.Part{store.PasswordSalt}, standardParts...)})
	b.options.PepperKey, b.options.SignerKey = "PEPPER", "SIGNER"
	b.options.LegacyHashes = hashes.Optional()
	for _, legacy := range legacyHashes {
		format, _ := hashes.Find(legacy.format)
		switch format.Key {
		case hashes.PepperKey:
			b.configuration["PEPPER"] = legacy.Key
		case hashes.SignerKey:
			b.configuration["SIGNER"] = legacy.Key
		}
	}
	return b
}

// addLegacy adds a user with the vector's hash and salt, and returns its id and address.
func (b *bench) addLegacy(i int, v hashes.Vector) (id, email string) {
	b.t.Helper()
	email = fmt.Sprintf("user%d@example.com", i)
	values := map[store.Part]any{store.Email: email, store.Password: v.Stored}
	if v.Salt != "" {
		values[store.PasswordSalt] = v.Salt
	}
	return b.add(values), email
}

// One table with all of the formats, and bcrypt among them.
func TestLegacyHashes(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.gives(nil, scripts.Create, map[string]any{"email": "bcrypt@example.com", "password": "correct horse"})
	b.profile(scripts.Login, "bcrypt@example.com", "correct horse")
	for i, legacy := range legacyHashes {
		b.options.LegacyHashes, b.rendered = []string{legacy.format}, map[scripts.Operation]string{}
		id, email := b.addLegacy(i, legacy.Vector)
		if profile := b.profile(scripts.Login, email, legacy.Password); profile["user_id"] != id {
			t.Errorf("%s, %s: no login", legacy.format, legacy.Name)
		}
		for _, wrong := range []any{"incorrect horse", "x" + legacy.Password, "", legacy.Stored, nil, legacy.Password + "\x00"} {
			b.wrong(id, email, wrong)
		}
	}
	// All at once in one script.
	b.options.LegacyHashes, b.rendered = hashes.Optional(), map[scripts.Operation]string{}
	for i, legacy := range legacyHashes {
		b.profile(scripts.Login, fmt.Sprintf("user%d@example.com", i), legacy.Password)
	}
}

// Each vector of bcrypt, too, also of passwords beyond the 72 bytes that bcrypt sees.
func TestBcryptOfOthers(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	format, _ := hashes.Find(hashes.Bcrypt)
	for i, vector := range format.Vectors {
		if vector.Password == "" {
			continue
		}
		id, email := b.addLegacy(i, vector)
		b.profile(scripts.Login, email, vector.Password)
		b.wrong(id, email, "in"+vector.Password)
	}
}

// A format is accepted only where it was asked for.
func TestLegacyHashesAreOptIn(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.configuration["PEPPER"] = "another"
	for i, legacy := range legacyHashes {
		id, email := b.addLegacy(i, legacy.Vector)
		b.options.LegacyHashes, b.rendered = nil, map[scripts.Operation]string{}
		b.wrong(id, email, legacy.Password)
		for _, format := range hashes.Optional() {
			if format != legacy.format {
				b.options.LegacyHashes = append(b.options.LegacyHashes, format)
			}
		}
		b.rendered = map[scripts.Operation]string{}
		b.wrong(id, email, legacy.Password)
	}
}

// Hashes that are cut off or ask for the impossible match nothing, least of all everything.
func TestBrokenLegacyHashes(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	broken := []string{
		"pbkdf2_sha256$1000$seasalt$", "pbkdf2_sha256$0$seasalt$AAAAAAAAAAAAAAAAAAAAAA==", "pbkdf2_sha256$99999999$seasalt$AAAAAAAAAAAAAAAAAAAAAA==",
		"$pbkdf2-sha256$i=10000000$c2FsdA$" + strings.Repeat("AAAA", 160), "pbkdf2_sha256$1000$seasalt$AA==", "$pbkdf2-sha256$1000$c2FsdA$A", "$pbkdf2-sha256$i=x$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
		"$scrypt$ln=30,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=10,r=99999,p=99999$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
		"$scrypt$ln=10,r=8,p=1", "$scrypt$ln=10,r=8,p=1$c2FsdA", "$pbkdf2-sha256", "$pbkdf2-sha256$1000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA$more", "$scrypt$$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=0,r=0,p=0$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$__proto__=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
		"{SSHA}", "{SSHA}AAAA", "{SSHA512}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "md5$$", ":", "$", "sha1$salt$abcdef", strings.Repeat("a", 31), strings.Repeat("a", 2000),
	}
	for _, legacy := range legacyHashes {
		if !strings.Contains(legacy.Name, "plain") { // less of an address or a salt is another hash, less of these no hash
			continue
		}
		broken = append(broken, legacy.Stored[:len(legacy.Stored)-1], legacy.Stored+"0", legacy.Stored[:len(legacy.Stored)-1]+"g")
	}
	// The right key, cut off: a short one could be found by trying.
	django, _ := hashes.Find("django_pbkdf2")
	cut := django.Vectors[0].Stored[:len("pbkdf2_sha256$1000$seasalt$")+12]
	for i, hash := range append(broken, cut) {
		email := fmt.Sprintf("user%d@example.com", i)
		id := b.add(map[store.Part]any{store.Email: email, store.Password: hash})
		b.wrong(id, email, "correct horse")
		b.wrong(id, email, "")
	}
}

func TestRehashOnLogin(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{types: map[store.Part]string{store.Password: "character(100)"}})
	b.options.LegacyHashes = []string{"django_pbkdf2", "md5"}
	b.options.RehashOnLogin = true
	b.options.BcryptRounds = 5
	stored := func(email string) string {
		t.Helper()
		return db.QueryString("SELECT password::text FROM "+b.table()+" WHERE email = $1", email)
	}
	// Without the privilege for it a login goes on all the same.
	md5 := "1c2a1a2b1a2f2bb3e1a4a7f2b6c0e1d2"
	for _, legacy := range legacyHashes {
		if legacy.Name == "md5 plain" {
			md5 = legacy.Stored
		}
	}
	b.add(map[store.Part]any{store.Email: "ada@example.com", store.Password: md5})
	db.Exec("REVOKE UPDATE (password) ON " + b.table() + " FROM " + quote(b.role))
	if outcome := b.run(scripts.Login, "ada@example.com", "correct horse"); outcome.Err != nil || !strings.Contains(strings.Join(outcome.Console, ""), "rehash: SQLSTATE 42501") {
		t.Errorf("error %v, log %q", outcome.Err, outcome.Console)
	}
	privileges, err := scripts.Privileges(b.store, []scripts.Operation{scripts.Login}, b.options.Features()...)
	if err != nil {
		t.Fatal(err)
	}
	db.Exec("REVOKE ALL ON " + b.table() + " FROM " + quote(b.role))
	b.grant(privileges)

	b.run(scripts.Login, "ada@example.com", "incorrect")
	if stored("ada@example.com") != md5 {
		t.Error("a wrong password was taken over")
	}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	upgraded := stored("ada@example.com")
	if !strings.HasPrefix(upgraded, "$2b$05$") {
		t.Fatalf("the table has %.7q", upgraded)
	}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if stored("ada@example.com") != upgraded {
		t.Error("a hash that needed no upgrade was replaced")
	}
	// Fewer rounds than now.
	b.options.BcryptRounds, b.rendered = 6, map[scripts.Operation]string{}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if !strings.HasPrefix(stored("ada@example.com"), "$2b$06$") {
		t.Errorf("the table has %.7q", stored("ada@example.com"))
	}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	// More rounds stay.
	b.options.BcryptRounds, b.rendered = 4, map[scripts.Operation]string{}
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	if !strings.HasPrefix(stored("ada@example.com"), "$2b$06$") {
		t.Errorf("the table has %.7q", stored("ada@example.com"))
	}
	exactPrivileges(t, b, scripts.Login, b.options.Features()...)
}

// A password that changes while an old hash is being replaced stays changed.
func TestRehashDoesNotUndoAChange(t *testing.T) {
	db := pgtest.Database(t)
	b := newBench(t, db, shape{})
	statements, err := scripts.Statements(b.store, scripts.Login, scripts.RehashOnLogin)
	if err != nil {
		t.Fatal(err)
	}
	rehash := statements[len(statements)-1]
	id := b.add(map[store.Part]any{store.Email: "ada@example.com", store.Password: "changed since"})
	values := map[string]any{"id": id, "password": "new hash of the old password", "old_password": "old hash"}
	args := make([]any, len(rehash.Params))
	for i, param := range rehash.Params {
		args[i] = values[param.Name]
	}
	db.Exec(rehash.SQL, args...)
	if got := db.QueryString("SELECT password FROM " + b.table()); got != "changed since" {
		t.Errorf("the table has %q", got)
	}
}

// pgcrypto's crypt() knows only $2a$, PHP writes $2y$: what a script writes is what the other program reads.
func TestBcryptPrefix(t *testing.T) {
	db := pgtest.Database(t)
	db.Exec("CREATE EXTENSION IF NOT EXISTS pgcrypto")
	for _, prefix := range []string{"2a", "2b", "2y"} {
		b := newBench(t, db, shape{})
		b.options.BcryptPrefix = prefix
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		if got := db.QueryString("SELECT left(password, 7) FROM " + b.table()); got != "$"+prefix+"$04$" {
			t.Errorf("prefix %s writes %q", prefix, got)
		}
		b.profile(scripts.Login, "ada@example.com", "correct horse")
		b.gives(true, scripts.ChangePassword, "ada@example.com", "another horse")
		b.profile(scripts.Login, "ada@example.com", "another horse")
		inSQL := db.QueryBool("SELECT crypt('another horse', password) = password FROM " + b.table())
		if inSQL != (prefix == "2a") {
			t.Errorf("pgcrypto accepts %s: %t", prefix, inSQL)
		}
	}
}

// citext in a schema that the role does not search: the comparison must not
// silently become one with case.
func TestCITextElsewhere(t *testing.T) {
	db := pgtest.Database(t)
	db.Exec(`CREATE SCHEMA "Ext"; CREATE EXTENSION citext SCHEMA "Ext"`)
	db.Exec(`CREATE TABLE "Ext".probe (email "Ext".citext)`)
	columnType := db.QueryString(`SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"Ext".probe'::regclass AND attname = 'email'`)
	b := newBench(t, db, shape{lookup: store.LowerIndex, parts: append([]store.Part{store.Username}, standardParts...),
		types: map[store.Part]string{store.Email: columnType, store.Username: columnType}})
	db.Exec(`GRANT USAGE ON SCHEMA "Ext" TO ` + quote(b.role))
	db.Exec("ALTER ROLE " + quote(b.role) + " SET search_path = pg_catalog, pg_temp")
	for _, lookup := range store.EmailLookups()[:2] {
		b.store.EmailLookup, b.options.Store.EmailLookup = lookup, lookup
		b.rendered = map[scripts.Operation]string{}
		email := string(lookup) + "@example.com"
		b.gives(nil, scripts.Create, map[string]any{"email": strings.ToUpper(email), "password": "correct horse", "username": string(lookup)})
		b.profile(scripts.Login, strings.ToUpper(email), "correct horse")
		b.profile(scripts.Login, strings.ToUpper(string(lookup)), "correct horse")
		b.gives(true, scripts.Verify, strings.ToUpper(email))
	}
	// Without its schema the type could be anybody's, and so could what compares its values.
	b.options.Store.Columns[store.Email] = store.Column{Name: "email", Type: "citext"}
	var unqualified *scripts.UnqualifiedTypeError
	_, err := scripts.Render(scripts.GetUser, b.options)
	if !errors.As(err, &unqualified) || !strings.Contains(err.Error(), "public.citext") {
		t.Errorf("citext without a schema: %v", err)
	}
}

// All at once with mixed hashes: no call sees another's user.
func TestMixedHashesAtOnce(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.options.LegacyHashes = []string{"md5", "sha1", "sha256", "ssha", "spring_bcrypt", "pbkdf2", "phpass"}
	b.options.RehashOnLogin = true
	quick := slices.DeleteFunc(slices.Clone(legacyHashes), func(l legacyHash) bool {
		return !slices.Contains(b.options.LegacyHashes, l.format) || len(l.Password) > 72
	})
	for i, legacy := range quick {
		b.addLegacy(i, legacy.Vector)
	}
	b.script(scripts.Login)
	var group sync.WaitGroup
	for i, legacy := range quick {
		for range 3 {
			group.Go(func() {
				email := fmt.Sprintf("user%d@example.com", i)
				if profile := b.profile(scripts.Login, email, legacy.Password); profile["email"] != email {
					t.Errorf("%s got %v", email, profile)
				}
			})
		}
	}
	group.Wait()
	if left := b.db.QueryInt("SELECT count(*)::int FROM " + b.table() + " WHERE password !~ '^[$]2b[$]04[$]'"); left != 0 {
		t.Errorf("%d hashes are as they were", left)
	}
}
