// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
)

// inAPI is a bench that compares passwords by itself, in all formats that need no secret.
func inAPI(t testing.TB, change func(*usersapi.Config)) *bench {
	t.Helper()
	return newBench(t, func(c *usersapi.Config) {
		c.PasswordCheck = usersapi.CheckInAPI
		c.Passwords = cheap
		for _, name := range hashes.Optional() {
			if f, _ := hashes.Find(name); f.Key == "" {
				c.Passwords.LegacyHashes = append(c.Passwords.LegacyHashes, name)
			}
		}
		if change != nil {
			change(c)
		}
	})
}

// matches tells what a login says, by either contract.
func (b *bench) matches(identifier, password string) bool {
	b.t.Helper()
	fits := b.only("/v1/login", m{"identifier": identifier, "password": password})["password_matches"] == true
	if rpc := b.only("/rpc/login", m{"identifier": identifier, "password": password})["password_matches"] == true; rpc != fits {
		b.t.Errorf("%s: web_service says %t, rpc %t", identifier, fits, rpc)
	}
	return fits
}

// A table of users whom other programs have stored: whoever has the password gets in, and a hash that new ones do not look
// like is replaced, unless it has changed meanwhile.
func TestStoredHashes(t *testing.T) {
	b := inAPI(t, func(c *usersapi.Config) { c.RehashOnLogin = true })
	var tried int
	for _, format := range hashes.All() {
		i := slices.IndexFunc(format.Vectors, func(v hashes.Vector) bool { return v.Password != "" && v.Key == "" && len(v.Password) < 70 })
		if i < 0 || format.Key != "" {
			continue
		}
		v := format.Vectors[i]
		email := format.Name + "@example.com"
		b.db.Exec("INSERT INTO public.users (email, password, password_salt) VALUES ($1, $2, nullif($3, ''))", email, v.Stored, v.Salt)
		stored := func() string {
			return b.db.QueryString("SELECT password FROM public.users WHERE email = '" + email + "'")
		}
		b.only("/v1/login", m{"identifier": email, "password": "x" + v.Password})
		if stored() != v.Stored {
			t.Errorf("%s: another password replaces the hash", format.Name)
		}
		if !b.matches(email, v.Password) || b.matches(email, "x"+v.Password) {
			t.Errorf("%s: %s", format.Name, v.Name)
		}
		if format.Name != "bcrypt" && !format.Salted && !strings.HasPrefix(stored(), "$2b$04$") {
			t.Errorf("%s: the hash is not replaced", format.Name)
		}
		tried++
	}
	if tried < 20 {
		t.Errorf("%d formats are tried", tried)
	}
	b.silent()
}

// Hashes that cannot be compared, or would cost too much, fit no password; the log says of the former why.
func TestHashesThatFitNothing(t *testing.T) {
	b := inAPI(t, nil)
	for name, hash := range map[string]string{
		"argon2d":  "$argon2d$v=19$m=1024,t=2,p=4$yEAHc5MaD57xjFoKgUAZtw$TgsEGOCfIQKsUaPnmM5sqKsgq5HiV0STP9Xki2b3380",
		"dear":     "$2b$30$" + strings.Repeat("a", 53),
		"dearer":   "$argon2id$v=19$m=1048576,t=99,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 43),
		"lanes":    "$argon2id$v=19$m=8,t=1,p=0$c29tZXNhbHQ$" + strings.Repeat("A", 43),
		"rounds":   "pbkdf2_sha256$99999999$salt$" + strings.Repeat("A", 43) + "=",
		"overflow": "$scrypt$ln=99,r=99999999,p=99999999$c2FsdA$" + strings.Repeat("A", 43),
		"nothing":  "", "plain": "correct horse", "long": strings.Repeat("$", 5000),
	} {
		b.db.Exec("INSERT INTO public.users (email, password) VALUES ($1, $2)", name+"@example.com", hash)
		started := time.Now()
		if b.matches(name+"@example.com", "correct horse") {
			t.Errorf("%s: it fits", name)
		}
		if took := time.Since(started); took > 3*time.Second {
			t.Errorf("%s: it takes %s", name, took)
		}
	}
	if !strings.Contains(b.log.String(), "Go's library has 2i and 2id") {
		t.Error("the log does not say what cannot be compared")
	}
	for _, password := range []string{"", "\x00", strings.Repeat("x", 20_000)} {
		if b.matches("plain@example.com", password) {
			t.Errorf("a password of %d bytes fits", len(password))
		}
	}
	for _, password := range []string{"", "a\x00b", strings.Repeat("x", 73)} {
		b.fails(http.StatusUnprocessableEntity, "unfit", "/v1/change_password",
			m{"email": "plain@example.com", "password": password, "password_hash": nil})
		b.fails(http.StatusUnprocessableEntity, "22000", "/rpc/change_password", m{"email": "plain@example.com", "password": password})
	}
}

// Planted hashes that take seconds hold up nobody else, and who waits for too long is told so.
func TestPlantedHashesHoldUpNobody(t *testing.T) {
	b := inAPI(t, nil)
	b.gives(`{"result":"changed"}`, "/v1/create",
		m{"user": m{"email": "ada@example.com"}, "password": "correct horse", "password_hash": nil})
	b.db.Exec("INSERT INTO public.users (email, password) VALUES ('planted@example.com', $1)", "$2b$15$"+strings.Repeat("a", 53))
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			status, answer := b.post("/v1/login", m{"identifier": "planted@example.com", "password": "x"})
			if status != http.StatusOK && status != http.StatusGatewayTimeout {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	for range 5 {
		started := time.Now()
		if !b.matches("ada@example.com", "correct horse") {
			t.Error("no login")
		}
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("a login takes %s meanwhile", took)
		}
	}
	all.Wait()
}

// In import mode a login leaves the mark of a migration.
func TestImportMode(t *testing.T) {
	b := newBench(t, func(c *usersapi.Config) { c.ImportMode = true })
	b.db.Exec("INSERT INTO public.users (id, email, password) VALUES (1, 'ada@example.com', 'x')")
	b.gives(`{"result":"changed"}`, "/v1/record_login", m{"user_id": "1"})
	b.gives(`{"result":"none"}`, "/v1/record_login", m{"user_id": "2"})
	user := b.only("/v1/login", m{"identifier": "ada@example.com", "password": nil})
	if ago := fmt.Sprint(user["migrated_ago"]); ago == "<nil>" {
		t.Errorf("the user is %v", user)
	}
}
