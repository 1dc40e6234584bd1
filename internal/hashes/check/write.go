// SPDX-License-Identifier: MPL-2.0

package check

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// writers make new hashes, by the names of the functions in JavaScript.
var writers = map[string]func(c *Checker, password string) (string, error){
	"writeArgon2": writeArgon2, "writeAspNetIdentity": writeAspNetIdentity,
	"writeBcrypt": writeBcrypt,
	"writeBcryptPepper": func(c *Checker, password string) (string, error) {
		return writeBcrypt(c, password+c.options.Pepper)
	},
	"writeBcryptPrefixed": func(c *Checker, password string) (string, error) {
		return behind(prefixes[c.format.Name])(writeBcrypt(c, password))
	},
	"writeBcryptSHA256": func(c *Checker, password string) (string, error) {
		return behind("bcrypt_sha256$")(writeBcrypt(c, hexSHA256(password)))
	},
	"writeWordPress": func(c *Checker, password string) (string, error) {
		return behind("$wp")(writeBcrypt(c, wordPressKey(password)))
	},
	"writeDjango": writeDjango, "writePBKDF2": writePBKDF2, "writeWerkzeug": writeWerkzeug,
}

// Takes tells whether new hashes can tell this password from every other.
func (c *Checker) Takes(password string) bool {
	most := c.format.Writer.PasswordBytes
	return len(password) <= most && isText(password, most)
}

// Hash makes the hash to store for a new password, in turn.
func (c *Checker) Hash(ctx context.Context, password string) (hash string, err error) {
	turn := c.turns.take(ctx, c.work, func() { hash, err = writers[c.format.Writer.Function](c, password) })
	if turn != nil {
		return "", turn
	}
	return hash, err
}

// behind puts a prefix before a hash.
func behind(prefix string) func(string, error) (string, error) {
	return func(hash string, err error) (string, error) { return prefix + hash, err }
}

// writeBcrypt: the versions of bcrypt differ in name only; which one is written matters to other programs that read the
// table.
func writeBcrypt(c *Checker, password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword(bcryptKey(password), c.options.Costs.BcryptRounds)
	if err != nil {
		return "", err
	}
	return "$" + c.options.Costs.BcryptPrefix + string(hash[3:]), nil
}

func writeArgon2(c *Checker, password string) (string, error) {
	salt, costs := newSalt(), c.options.Costs
	//nolint:gosec // bounded where the options are checked
	key := argon2.IDKey([]byte(password), salt, uint32(costs.Argon2Passes), uint32(costs.Argon2Memory), 1, 32)
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", costs.Argon2Memory, costs.Argon2Passes, unpadded(salt), unpadded(key)), nil
}

// newSalt is sixteen bytes of chance.
func newSalt() []byte {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	return salt
}

// newTextSalt is of letters and digits, with 120 bits of chance.
func newTextSalt() string {
	salt := base64.StdEncoding.EncodeToString(newSalt()[:15])
	return strings.NewReplacer("+", "a", "/", "b").Replace(salt)
}

func unpadded(bytes []byte) string { return base64.RawStdEncoding.EncodeToString(bytes) }

// iterations are those of new hashes.
func (c *Checker) iterations() int {
	if c.options.Costs.Iterations != 0 {
		return c.options.Costs.Iterations
	}
	return c.format.Writer.Iterations
}

// newKey is a key that PBKDF2 derives from a new password, of 32 bytes.
func (c *Checker) newKey(digest, password string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(digests[digest], password, salt, c.iterations(), 32)
}

// writeAspNetIdentity writes version 3, with SHA-512 as .NET has it since 7.
func writeAspNetIdentity(c *Checker, password string) (string, error) {
	salt := newSalt()
	key, err := c.newKey("sha512", password, salt)
	all := []byte{1}
	for _, n := range []int{2, c.iterations(), len(salt)} {
		all = binary.BigEndian.AppendUint32(all, uint32(n)) //nolint:gosec // bounded where the options are checked
	}
	return base64.StdEncoding.EncodeToString(append(append(all, salt...), key...)), err
}

func writeDjango(c *Checker, password string) (string, error) {
	salt := newTextSalt()
	key, err := c.newKey("sha256", password, []byte(salt))
	return fmt.Sprintf("pbkdf2_sha256$%d$%s$%s", c.iterations(), salt, base64.StdEncoding.EncodeToString(key)), err
}

func writeWerkzeug(c *Checker, password string) (string, error) {
	salt := newTextSalt()
	key, err := c.newKey("sha256", password, []byte(salt))
	return fmt.Sprintf("pbkdf2:sha256:%d$%s$%s", c.iterations(), salt, hexText(key)), err
}

func writePBKDF2(c *Checker, password string) (string, error) {
	salt := newSalt()
	key, err := c.newKey("sha256", password, salt)
	if c.options.PasswordHash == "passlib_pbkdf2" {
		text := fmt.Sprintf("$pbkdf2-sha256$%d$%s$%s", c.iterations(), unpadded(salt), unpadded(key))
		return strings.ReplaceAll(text, "+", "."), err
	}
	return fmt.Sprintf("$pbkdf2-sha256$i=%d,l=32$%s$%s", c.iterations(), unpadded(salt), unpadded(key)), err
}

// Sample is a hash of no password, as new ones look.
func (c *Checker) Sample() string { return c.dummy }
