// SPDX-License-Identifier: MPL-2.0

package check

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// readers are those of the register, by the names of the functions in JavaScript.
var readers map[string]reader

func init() { // a variable would refer to itself through the checker
	readers = map[string]reader{
		"readArgon2": readArgon2, "readAspNetIdentity": readAspNetIdentity, "readAspNetMembership": readAspNetMembership,
		"readBase64": readBase64, "readBcrypt": readBcrypt, "readBcryptOfSHA256": readBcryptOfSHA256,
		"readBcryptPepper": readBcryptPepper, "readBcryptPrefixed": readBcryptPrefixed,
		"readBcryptSHA256": readBcryptSHA256, "readBcryptSalted": readBcryptSalted, "readBetterAuth": readBetterAuth,
		"readCrypt": readCrypt, "readDjango": readDjango, "readDjangoScrypt": readDjangoScrypt,
		"readFirebase": readFirebase, "readHMAC": readHMAC, "readHex": readHex, "readIterated": readIterated,
		"readLDAP": readLDAP, "readMattermost": readMattermost, "readPBKDF2": readPBKDF2, "readPHPass": readPHPass,
		"readRedmine": readRedmine, "readScrypt": readScrypt, "readSymfony": readSymfony, "readWerkzeug": readWerkzeug,
		"readWordPress": readWordPress,
	}
}

// digests are the hash functions by their names.
var digests = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

func digest(name string, parts ...string) []byte {
	h := digests[name]()
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

func keyed(name, key, text string) []byte {
	h := hmac.New(digests[name], []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// keyFits is what a derived key means: whether deriving it again gives the same. A short one is cut off and fits nothing.
func keyFits(key []byte, work int, derive func() []byte) []Meaning {
	if len(key) < 16 {
		return nil
	}
	return []Meaning{{Work: work, fits: func() bool {
		return subtle.ConstantTimeCompare(derive(), key) == 1
	}}}
}

// fromBase64 reads base64 as Node does: with or without padding, in either alphabet, and what is left over not at all.
func fromBase64(text string) []byte {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	if len(text)%4 == 1 {
		text = text[:len(text)-1]
	}
	bytes, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return bytes
}

var plainBase64 = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2}$`)

// onlyBase64 is nothing for a value that has other letters.
func onlyBase64(text string) []byte {
	if !plainBase64.MatchString(text) {
		return nil
	}
	return fromBase64(text)
}

func fromHex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return bytes
}

// number reads digits; -1 for none.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// fields are those of $<name>$<parameters>$<salt>$<key>. passlib's base64 has . for +.
type fields struct {
	name, text string
	salt, key  []byte
}

var phc = regexp.MustCompile(`^\$([^$]+)\$([^$]*)\$([A-Za-z0-9+/.]*={0,2})\$([A-Za-z0-9+/.]*={0,2})$`)

func phcFields(text string) (f fields, ok bool) {
	m := phc.FindStringSubmatch(text)
	if m == nil {
		return f, false
	}
	dotted := func(part string) []byte { return fromBase64(strings.ReplaceAll(part, ".", "+")) }
	return fields{m[1], m[2], dotted(m[3]), dotted(m[4])}, true
}

// parameter is the number of this name, -1 for none.
func (f fields) parameter(name string) int {
	for _, part := range strings.Split(f.text, ",") {
		if text, ok := strings.CutPrefix(part, name+"="); ok && len(text) <= 8 {
			return number(text)
		}
	}
	return -1
}

// withPBKDF2 is what a key of PBKDF2 means. Each block of it is derived on its own, of 20 bytes with SHA-1 and more with
// others.
func withPBKDF2(v value, name string, iterations int, salt, key []byte) []Meaning {
	if iterations < 1 || digests[name] == nil {
		return nil
	}
	blocks := (len(key) + 19) / 20
	return keyFits(key, iterations/128*blocks+iterations%128*blocks/128, func() []byte {
		derived, err := pbkdf2.Key(digests[name], v.password, salt, iterations, len(key))
		if err != nil {
			return nil
		}
		return derived
	})
}

// withScrypt is what a key of scrypt means, or what finish makes of it. What would take more than 128 MB is none.
func withScrypt(password string, n, r, p int, salt, key []byte, finish func([]byte) []byte) []Meaning {
	possible := n >= 2 && n <= 1<<20 && bits.OnesCount(uint(n)) == 1 && r >= 1 && p >= 1 && p <= 1<<16 &&
		r <= 1<<20 && n*r <= 1<<20 && len(key) <= 512
	if !possible {
		return nil
	}
	return keyFits(key, n*r*p/64, func() []byte {
		derived, err := scrypt.Key([]byte(password), salt, n, r, p, len(key))
		if err != nil || finish == nil {
			return derived
		}
		return finish(derived)
	})
}

// iterated is what a digest of digests means, perhaps cut off.
func iterated(name string, rounds int, first, rest string, key []byte) []Meaning {
	work := rounds / 32 * (128 + len(rest)) / 128
	return keyFits(key, work, func() []byte {
		sum := []byte(first)
		for round := range rounds {
			h := digests[name]()
			h.Write(sum)
			if round > 0 {
				h.Write([]byte(rest))
			}
			sum = h.Sum(sum[:0])
		}
		return sum[:min(len(sum), len(key))]
	})
}

// saltedDigest is what a digest means: what was hashed may have the salt on either side.
func saltedDigest(v value, name, salt string, key []byte) (all []Meaning) {
	for _, text := range orders(v.password, salt) {
		all = append(all, keyFits(key, 0, func() []byte { return digest(name, text) })...)
	}
	return all
}

// orders are the password with the salt before and after it.
func orders(password, salt string) []string {
	if salt == "" {
		return []string{password}
	}
	return []string{salt + password, password + salt}
}
