// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A script holds what its settings can reach. The bounds are those of the default table.
func TestScriptsCarryOnlyWhatTheyNeed(t *testing.T) {
	o := Options{Store: storeWith(store.ID, store.Email, store.EmailVerified, store.Password, store.Nickname)}
	all, err := RenderAll(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for op, text := range all {
		total += len(text)
		t.Log(op, len(text))
	}
	if len(all[Login]) > 16000 || total > 90000 {
		t.Errorf("login has %d bytes, all %d scripts %d", len(all[Login]), len(all), total)
	}
}

// Scripts over an API carry what their contract, their credentials and their place of the password check need.
func TestScriptsOverAnAPIAreSmall(t *testing.T) {
	for check, most := range map[store.PasswordCheck]int{store.ByAPI: 22400, store.ByScript: 25300} {
		for _, contract := range store.Contracts() {
			text := render(t, Login, Options{Store: behindAPI(contract, check)})
			if len(text) > most {
				t.Errorf("login has %d bytes for %s and %s", len(text), contract, check)
			}
			asks := strings.Contains(text, "require('pg')") || strings.Contains(text, "statements()")
			if hashes := strings.Contains(text, "bcrypt"); asks || hashes != (check == store.ByScript) {
				t.Errorf("login carries what it has no use for, with %s and %s", contract, check)
			}
		}
	}
}

// Scripts over another tenant carry neither hashes nor SQL, and a login without metadata no access token.
func TestScriptsOverATenantAreSmall(t *testing.T) {
	all, err := RenderAll(Options{Store: inATenant()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for op, text := range all {
		total += len(text)
		for _, needless := range []string{"bcrypt", "require('pg')", "statements()", "throughAgent", "PEM"} {
			if strings.Contains(text, needless) {
				t.Errorf("%s carries %s", op, needless)
			}
		}
	}
	if len(all[Login]) > 24400 || total > 142000 {
		t.Errorf("login has %d bytes, all %d scripts %d", len(all[Login]), len(all), total)
	}
	claims := inATenant()
	claims.Columns = store.WithoutColumns([]store.Part{store.ID, store.Email, store.Password, store.Name})
	if text := render(t, Login, Options{Store: claims}); strings.Contains(text, "accessToken") || len(text) > 15600 {
		t.Errorf("login has %d bytes without metadata, and asks for an access token: %t", len(text), strings.Contains(text, "accessToken"))
	}
}

// BenchmarkRendering renders what a connection with each set of options has, and says how long the scripts are.
func BenchmarkRendering(b *testing.B) {
	standard := storeWith(store.ID, store.Email, store.EmailVerified, store.Password, store.Nickname)
	for name, o := range map[string]Options{
		"default": {Store: standard}, "rehash": {Store: standard, LegacyHashes: []string{"md5"}, RehashOnLogin: true},
		"migration": {Store: standard, ImportMode: true}, "all parts": {Store: storeWith()}, "everything": everyOption(),
	} {
		b.Run(name, func(b *testing.B) {
			var all map[Operation]string
			for b.Loop() {
				var err error
				if all, err = RenderAll(o, nil); err != nil {
					b.Fatal(err)
				}
			}
			total := 0
			for _, text := range all {
				total += len(text)
			}
			b.ReportMetric(float64(len(all[Login])), "login-B")
			b.ReportMetric(float64(total), "all-B")
		})
	}
}

// A further format adds little to a script, and all of them together stay below what the platform takes.
func TestFormatsStaySmall(t *testing.T) {
	size := func(formats ...string) int {
		o := everyOption()
		o.Store = storeWith(store.ID, store.Email, store.EmailVerified, store.Password, store.PasswordSalt, store.Nickname)
		o.LegacyHashes, o.RehashOnLogin = formats, false
		text, err := Render(Login, o)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	alone := size("bcrypt_salted")
	// Formats of digests of digests share the thread in which they are computed, about 900 bytes that a script has once.
	// They count with the cheapest of them, and the others by what they add to that one. Argon2 is WebAssembly.
	beside := map[string]string{"crypt": "symfony", "phpass": "symfony", "iterated_digest": "symfony"}
	for _, format := range hashes.Optional() {
		added := size(format) - alone
		if first, ok := beside[format]; ok {
			added = size(first, format) - size(first)
		}
		if added > 2150 && (format != "argon2" || added > 10000) {
			t.Errorf("%s adds %d bytes to login", format, added)
		}
	}
	if all := size(hashes.Optional()...); all > MaxScriptBytes/2 {
		t.Errorf("all formats together make login %d bytes", all)
	}
	for _, format := range hashes.Writable() {
		o := everyOption()
		o.PasswordHash = format
		for op, text := range map[Operation]string{Login: render(t, Login, o), Create: render(t, Create, o)} {
			if len(text) > MaxScriptBytes*2/3 {
				t.Errorf("%s with everything has %d bytes", op, len(text))
			}
		}
	}
}

// What the script carries is what the source says.
func TestWebAssemblyIsAssembled(t *testing.T) {
	assembler, err := exec.LookPath("wat2wasm")
	if err != nil {
		t.Skip("wat2wasm, of the package wabt, is not installed")
	}
	assembled, err := exec.Command(assembler, "wasm/fill.wat", "--output=-").Output()
	if err != nil {
		t.Fatal(err)
	}
	carried := strings.NewReplacer("'", "", "\n", "", "+ ", "", " ", "").Replace(files()["js/hashes/argon2Key.js"].body)
	if !strings.Contains(carried, base64.StdEncoding.EncodeToString(assembled)) {
		t.Error("js/hashes/argon2Key.js does not carry wasm/fill.wat, assembled")
	}
}
