// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const unicodePassword = "pässwörd 密碼 🐎"

// written is a hash that the scripts wrote.
type written struct{ Format, Hash, Password, Pepper string }

// writeAll has the scripts write a hash of each password in each format that they write, at the lowest cost.
func writeAll(t *testing.T, passwords ...string) (all []written) {
	t.Helper()
	b := hashBench(t, pgtest.Database(t))
	b.options.LegacyHashes = nil
	b.options.Iterations, b.options.Argon2Memory, b.options.Argon2Passes = hashes.MinIterations, hashes.MinArgon2Memory, 1
	for _, format := range hashes.Writable() {
		b.options.PasswordHash, b.rendered = format, map[scripts.Operation]string{}
		for _, password := range passwords {
			email := format + "@example.com"
			b.db.Exec("DELETE FROM " + b.table())
			b.gives(nil, scripts.Create, map[string]any{"email": email, "password": "first"})
			b.gives(true, scripts.ChangePassword, email, password)
			b.profile(scripts.Login, email, password)
			b.wrong(b.profile(scripts.GetUser, email)["user_id"], email, password+"x")
			hash := b.db.QueryString("SELECT password FROM " + b.table())
			all = append(all, written{format, hash, password, b.configuration["PEPPER"]})
		}
	}
	return all
}

// What is written is what the register says is written, and each time another value.
func TestWrittenHashes(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range writeAll(t, "correct horse", "correct horse", unicodePassword) {
		format, _ := hashes.Find(w.Format)
		if !regexp.MustCompile(format.Writer.Written).MatchString(w.Hash) || seen[w.Hash] {
			t.Errorf("%s writes %q", w.Format, w.Hash)
		}
		seen[w.Hash] = true
	}
}

// A password that a format cannot tell from another is refused, and one that it can is not.
func TestPasswordsThatAFormatCannotKeep(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.options.LegacyHashes, b.options.Iterations = nil, hashes.MinIterations
	for _, format := range hashes.Writable() {
		f, _ := hashes.Find(format)
		b.options.PasswordHash, b.rendered = format, map[scripts.Operation]string{}
		longest := strings.Repeat("a", f.Writer.PasswordBytes)
		b.gives(nil, scripts.Create, map[string]any{"email": format + "@example.com", "password": longest})
		b.profile(scripts.Login, format+"@example.com", longest)
		b.fails("ValidationError", "invalid_password", scripts.Create, map[string]any{"email": "longer@example.com", "password": longest + "a"})
		if f.Writer.PasswordBytes > 72 {
			b.wrong(b.profile(scripts.GetUser, format+"@example.com")["user_id"], format+"@example.com", longest[1:])
		}
	}
}

// A login replaces a hash of another format, or of less cost, by one of the format that is written, whatever that is.
func TestRehashToEachFormat(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.options.LegacyHashes, b.options.RehashOnLogin = []string{"md5"}, true
	b.options.Iterations, b.options.Argon2Memory = hashes.MinIterations, hashes.MinArgon2Memory
	privileges, err := scripts.Privileges(b.store, []scripts.Operation{scripts.Login}, b.options.Features()...)
	if err != nil {
		t.Fatal(err)
	}
	b.grant(privileges)
	md5, _ := hashes.Find("md5")
	b.add(map[store.Part]any{store.Email: "ada@example.com", store.Password: "none"})
	for _, name := range hashes.Writable() {
		format, _ := hashes.Find(name)
		b.options.PasswordHash, b.rendered = name, map[scripts.Operation]string{}
		b.db.Exec("UPDATE "+b.table()+" SET password = $1", md5.Vectors[0].Stored)
		b.profile(scripts.Login, "ada@example.com", md5.Vectors[0].Password)
		upgraded := b.db.QueryString("SELECT password FROM " + b.table())
		if !regexp.MustCompile(format.Writer.Written).MatchString(upgraded) {
			t.Errorf("%s: the table has %.20q", name, upgraded)
		}
		b.profile(scripts.Login, "ada@example.com", md5.Vectors[0].Password)
		if b.db.QueryString("SELECT password FROM "+b.table()) != upgraded {
			t.Errorf("%s: a hash that needed no upgrade was replaced", name)
		}
	}
}

// readBack are programs that read, as JSON, what was written, and print the formats of hashes that they do not accept or
// know nothing of. Each says which formats it knows.
var readBack = map[string]struct {
	command []string
	formats []string
}{
	"Django": {[]string{"/usr/bin/python3", "-c", `
import json, sys
from django.conf import settings
settings.configure(PASSWORD_HASHERS=['django.contrib.auth.hashers.' + n + 'PasswordHasher' for n in ('PBKDF2', 'BCryptSHA256', 'BCrypt', 'Argon2')])
import django; django.setup()
from django.contrib.auth.hashers import check_password
for w in json.load(sys.stdin):
    hash = 'argon2' + w['Hash'] if w['Format'] == 'argon2' else w['Hash']
    if not check_password(w['Password'], hash) or check_password('x' + w['Password'], hash):
        print(w['Format'])
`}, []string{"django_pbkdf2", "django_bcrypt", "bcrypt_sha256", "argon2"}},
	"passlib": {[]string{"/usr/bin/python3", "-c", `
import json, sys
from passlib.hash import pbkdf2_sha256, bcrypt
for w in json.load(sys.stdin):
    check, pepper = (pbkdf2_sha256, '') if w['Format'] == 'passlib_pbkdf2' else (bcrypt, w['Pepper'] if w['Format'] == 'bcrypt_pepper' else '')
    if not check.verify(w['Password'] + pepper, w['Hash']) or check.verify('x' + w['Password'] + pepper, w['Hash']):
        print(w['Format'])
`}, []string{"passlib_pbkdf2", "bcrypt", "bcrypt_pepper"}},
	"Werkzeug": {[]string{"/usr/bin/python3", "-c", `
import json, sys
from werkzeug.security import check_password_hash
for w in json.load(sys.stdin):
    if not check_password_hash(w['Hash'], w['Password']) or check_password_hash(w['Hash'], 'x' + w['Password']):
        print(w['Format'])
`}, []string{"werkzeug"}},
	"PHP": {[]string{"php", "-r", `
foreach (json_decode(file_get_contents("php://stdin"), true) as $w) {
  $password = $w["Password"];
  $hash = preg_replace('/^(\{bcrypt\}|1\|)/', '', $w["Hash"]);
  if ($w["Format"] === "wordpress") {
    $password = base64_encode(hash_hmac("sha384", trim($password), "wp-sha384", true));
    $hash = substr($hash, 3);
  }
  if (!password_verify($password, $hash) || password_verify("x$password", $hash)) echo $w["Format"], "\n";
}
`}, []string{"bcrypt", "argon2", "spring_bcrypt", "nextcloud_bcrypt", "wordpress"}},
	"Python's hashlib": {[]string{"python3", "-c", `
import base64, hashlib, json, sys
for w in json.load(sys.stdin):
    if w['Format'] == 'aspnet_identity':
        raw = base64.b64decode(w['Hash'])
        version, prf, rounds, length = raw[0], *(int.from_bytes(raw[i:i + 4], 'big') for i in (1, 5, 9))
        salt, key, digest = raw[13:13 + length], raw[13 + length:], ['sha1', 'sha256', 'sha512'][prf]
        if version != 1 or len(salt) < 16: print(w['Format'])
    else:
        _, name, parameters, salt, key = w['Hash'].split('$')
        digest, rounds = name[len('pbkdf2-'):], int(parameters.split(',')[0][2:])
        salt, key = (base64.b64decode(text + '=' * (-len(text) % 4)) for text in (salt, key))
    if hashlib.pbkdf2_hmac(digest, w['Password'].encode(), salt, rounds, len(key)) != key:
        print(w['Format'])
`}, []string{"aspnet_identity", "pbkdf2"}},
}

// The programs whose formats these are read what was written.
func TestWrittenHashesAreReadByOthers(t *testing.T) {
	all := writeAll(t, "correct horse", unicodePassword)
	for name, program := range readBack {
		t.Run(name, func(t *testing.T) {
			var theirs []written
			for _, w := range all {
				for _, format := range program.formats {
					if w.Format == format {
						theirs = append(theirs, w)
					}
				}
			}
			input, err := json.Marshal(theirs)
			if err != nil {
				t.Fatal(err)
			}
			command := exec.Command(program.command[0], program.command[1:]...)
			command.Stdin = strings.NewReader(string(input))
			output, err := command.CombinedOutput()
			if err != nil && (strings.Contains(string(output), "ModuleNotFoundError") || len(output) == 0) {
				t.Skipf("%s is not installed: %v", name, err)
			}
			if err != nil || len(output) > 0 {
				t.Errorf("%s does not accept %s: %v", name, output, err)
			}
		})
	}
}

// Each format that is written is read back by a program of others.
func TestEveryWrittenFormatIsReadByOthers(t *testing.T) {
	for _, format := range hashes.Writable() {
		found := false
		for _, program := range readBack {
			for _, name := range program.formats {
				found = found || name == format
			}
		}
		if !found {
			t.Errorf("nobody reads %s", format)
		}
	}
}
