// SPDX-License-Identifier: MPL-2.0

package localtenant

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
	"errors"
	"hash"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/md4"       //nolint:staticcheck // what people have stored
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // what people have stored
	"golang.org/x/crypto/scrypt"
)

// importedBcrypt is what password_hash may be.
var importedBcrypt = regexp.MustCompile(`^\$2[ab]\$10\$[./A-Za-z0-9]{53}$`)

// customHashSchema is custom_password_hash.
var customHashSchema = closedObject(map[string]*schema{
	"algorithm": enumOf("argon2", "bcrypt", "hmac", "ldap", "md4", "md5", "sha1", "sha256", "sha512", "pbkdf2", "scrypt"),
	"hash": closedObject(map[string]*schema{
		"value":    {types: []string{"string"}, minLength: 1},
		"encoding": enumOf("base64", "hex", "utf8"),
		"digest":   enumOf("md4", "md5", "ripemd160", "sha1", "sha224", "sha256", "sha384", "sha512", "whirlpool"),
		"key":      closedObject(map[string]*schema{"value": text, "encoding": enumOf("base64", "hex", "utf8")}, "value"),
	}, "value"),
	"salt": closedObject(map[string]*schema{
		"value": text, "encoding": enumOf("base64", "hex", "utf8"), "position": enumOf("prefix", "suffix"),
	}, "value"),
	"password": closedObject(
		map[string]*schema{"encoding": enumOf("ascii", "utf8", "utf16le", "ucs2", "latin1", "binary")},
	),
	"keylen":          numberIn("integer", 1),
	"cost":            numberIn("integer", 2),
	"blockSize":       numberIn("integer", 1),
	"parallelization": numberIn("integer", 1),
}, "algorithm", "hash")

// digests are the hash functions that a name stands for. Of those that the schema
// knows, whirlpool is missing: Go has none.
var digests = map[string]func() hash.Hash{
	"md4": md4.New, "md5": md5.New, "ripemd160": ripemd160.New, "sha1": sha1.New,
	"sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

// hashEncodings are the encodings that an algorithm's hash may have; the first is meant
// where none is given.
var hashEncodings = map[string][]string{
	"argon2": {"utf8"}, "bcrypt": {"utf8"}, "ldap": {"utf8"}, "pbkdf2": {"utf8"},
	"hmac": {"hex", "base64"}, "md4": {"hex", "base64"}, "md5": {"hex", "base64"}, "sha1": {"hex", "base64"},
	"sha256": {"hex", "base64"}, "sha512": {"hex", "base64"}, "scrypt": {"hex", "base64"},
}

// ldapSchemes are the schemes of a value as RFC 2307 has them, with the digest of each.
var ldapSchemes = map[string]string{
	"md5": "md5", "smd5": "md5", "sha": "sha1", "ssha": "sha1", "sha1": "sha1", "ssha1": "sha1",
	"sha256": "sha256", "ssha256": "sha256", "sha384": "sha384", "ssha384": "sha384", "sha512": "sha512", "ssha512": "sha512",
}

var (
	customBcrypt = regexp.MustCompile(`^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`)
	customLDAP   = regexp.MustCompile(`^\{(\w+)\}([A-Za-z0-9+/]+={0,2})$`)
	customPBKDF2 = regexp.MustCompile(`^\$pbkdf2-(\w+)\$(?:([il=,\d]+)\$)?([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$`)
	customArgon2 = regexp.MustCompile(`^\$(argon2(?:id|i|d))\$(?:v=(\d+)\$)?m=(\d+),t=(\d+),p=(\d+)` +
		`\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)
)

// checkCustomHash applies the rules of each algorithm.
func checkCustomHash(o *object) *violation {
	algorithm, value := o.string("algorithm"), o.path("hash", "value").(string)
	wrong := func(property, text string) *violation {
		return &violation{code: "ANY_OF_MISSING", text: text, property: "custom_password_hash" + property}
	}
	if encoding, _ := o.path("hash", "encoding").(string); encoding != "" &&
		!slices.Contains(hashEncodings[algorithm], encoding) {
		return wrong(".hash.encoding", "The encoding of "+algorithm+" is "+strings.Join(hashEncodings[algorithm], " or "))
	}
	if o.has("salt") && slices.Contains([]string{"argon2", "ldap", "pbkdf2"}, algorithm) {
		return wrong(".salt", "The value of "+algorithm+" holds its salt")
	}
	patterns := map[string]*regexp.Regexp{
		"argon2": customArgon2,
		"bcrypt": customBcrypt,
		"ldap":   customLDAP,
		"pbkdf2": customPBKDF2,
	}
	if pattern := patterns[algorithm]; pattern != nil && !pattern.MatchString(value) {
		return wrong(".hash.value", "String does not match pattern "+pattern.String())
	}
	switch algorithm {
	case "hmac":
		if o.path("hash", "digest") == nil || o.path("hash", "key") == nil {
			return wrong(".hash", "An hmac has a digest and a key")
		}
	case "scrypt":
		if !o.has("keylen") {
			return wrong(".keylen", "Missing required property: keylen")
		}
	case "ldap":
		if ldapSchemes[strings.ToLower(customLDAP.FindStringSubmatch(value)[1])] == "" {
			return wrong(".hash.value", "The scheme is not one of RFC 2307 that can be imported")
		}
	case "pbkdf2":
		if digests[customPBKDF2.FindStringSubmatch(value)[1]] == nil {
			return wrong(".hash.value", "The digest is not known")
		}
	}
	if _, err := newForeignHash(o).decoded(); err != nil {
		return wrong(".hash.value", "The value is not what its encoding says")
	}
	return nil
}

// foreignHash is the hash of an imported user, until the first login replaces it.
type foreignHash struct {
	algorithm, value, encoding, digest string
	key, salt                          []byte
	suffix                             bool
	password                           string // encoding of the password
	keylen, cost, blockSize, parallel  int
}

// newForeignHash reads a custom_password_hash that was checked.
func newForeignHash(o *object) *foreignHash {
	at := func(path ...string) string {
		text, _ := o.path(path...).(string)
		return text
	}
	number := func(key string, unset int) int {
		if o.has(key) {
			return wholeNumber(o.get(key))
		}
		return unset
	}
	f := &foreignHash{
		algorithm: at(
			"algorithm",
		), value: at("hash", "value"), encoding: at("hash", "encoding"), digest: at("hash", "digest"),
		suffix: at("salt", "position") == "suffix", password: at("password", "encoding"),
		keylen: number(
			"keylen",
			0,
		), cost: number("cost", 16384), blockSize: number("blockSize", 8), parallel: number("parallelization", 1),
	}
	f.key, _ = decodeText(at("hash", "key", "value"), at("hash", "key", "encoding"))
	f.salt, _ = decodeText(at("salt", "value"), at("salt", "encoding"))
	if f.encoding == "" && len(hashEncodings[f.algorithm]) > 0 {
		f.encoding = hashEncodings[f.algorithm][0]
	}
	return f
}

// decodeText decodes a value; an encoding that is not given is utf8.
func decodeText(value, encoding string) ([]byte, error) {
	switch encoding {
	case "hex":
		return hex.DecodeString(value)
	case "base64":
		return decodeBase64(value)
	default:
		return []byte(value), nil
	}
}

// decodeBase64 reads base64 with or without padding, and with a dot for a plus sign.
func decodeBase64(value string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.ReplaceAll(value, ".", "+"), "="))
}

func (f *foreignHash) decoded() ([]byte, error) { return decodeText(f.value, f.encoding) }

// encoded is the password in the bytes that the hash was made of.
func (f *foreignHash) encoded(password string) []byte {
	switch f.password {
	case "utf16le", "ucs2":
		var out []byte
		for _, unit := range utf16.Encode([]rune(password)) {
			out = append(out, byte(unit), byte(unit>>8))
		}
		return out
	case "ascii", "latin1", "binary":
		var out []byte
		for _, unit := range utf16.Encode([]rune(password)) {
			out = append(out, byte(unit))
		}
		return out
	default:
		return []byte(password)
	}
}

// salted puts the salt beside the password.
func (f *foreignHash) salted(password []byte) []byte {
	if f.suffix {
		return append(slices.Clone(password), f.salt...)
	}
	return append(slices.Clone(f.salt), password...)
}

var errUnknownHash = errors.New("this tenant cannot check the hash")

// matches compares a password.
func (f *foreignHash) matches(password string) (bool, error) {
	text := f.encoded(password)
	if f.algorithm == "bcrypt" {
		salted := f.salted(text)
		return bcrypt.CompareHashAndPassword([]byte(f.value), salted[:min(len(salted), 72)]) == nil, nil
	}
	want, got, err := f.compute(text)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(want, got) == 1, nil
}

// compute gives the stored key and the one of the password.
func (f *foreignHash) compute(text []byte) (want, got []byte, err error) {
	switch f.algorithm {
	case "argon2":
		return f.argon2(text)
	case "pbkdf2":
		return f.pbkdf2(text)
	case "ldap":
		return f.ldap(text)
	}
	if want, err = f.decoded(); err != nil {
		return nil, nil, err
	}
	switch f.algorithm {
	case "scrypt":
		got, err = scrypt.Key(text, f.salt, f.cost, f.blockSize, f.parallel, f.keylen)
		return want, got, err
	case "hmac":
		digest := digests[f.digest]
		if digest == nil {
			return nil, nil, errUnknownHash
		}
		mac := hmac.New(digest, f.key)
		mac.Write(f.salted(text))
		return want, mac.Sum(nil), nil
	}
	digest := digests[f.algorithm]
	if digest == nil {
		return nil, nil, errUnknownHash
	}
	sum := digest()
	sum.Write(f.salted(text))
	return want, sum.Sum(nil), nil
}

// maxArgon2Memory bounds what a stored value may ask for, in KiB.
const maxArgon2Memory = 1 << 20

func (f *foreignHash) argon2(text []byte) (want, got []byte, err error) {
	parts := customArgon2.FindStringSubmatch(f.value)
	memory, _ := strconv.ParseUint(parts[3], 10, 32)
	rounds, _ := strconv.ParseUint(parts[4], 10, 32)
	threads, _ := strconv.ParseUint(parts[5], 10, 8)
	salt, saltErr := decodeBase64(parts[6])
	want, err = decodeBase64(parts[7])
	if err = errors.Join(err, saltErr); err != nil {
		return nil, nil, err
	}
	if memory > maxArgon2Memory || rounds == 0 || threads == 0 || parts[1] == "argon2d" || parts[2] != "19" {
		return nil, nil, errUnknownHash
	}
	derive := argon2.IDKey
	if parts[1] == "argon2i" {
		derive = argon2.Key
	}
	return want, derive(text, salt, uint32(rounds), uint32(memory), uint8(threads), uint32(len(want))), nil
}

func (f *foreignHash) pbkdf2(text []byte) (want, got []byte, err error) {
	parts := customPBKDF2.FindStringSubmatch(f.value)
	rounds, length := 100000, 64
	for _, setting := range strings.Split(parts[2], ",") {
		switch name, number, _ := strings.Cut(setting, "="); name {
		case "i":
			rounds, _ = strconv.Atoi(number)
		case "l":
			length, _ = strconv.Atoi(number)
		}
	}
	salt, saltErr := decodeBase64(parts[3])
	want, err = decodeBase64(parts[4])
	if err = errors.Join(err, saltErr); err != nil {
		return nil, nil, err
	}
	got, err = pbkdf2.Key(digests[parts[1]], string(text), salt, rounds, length)
	return want, got, err
}

func (f *foreignHash) ldap(text []byte) (want, got []byte, err error) {
	parts := customLDAP.FindStringSubmatch(f.value)
	stored, err := decodeBase64(parts[2])
	if err != nil {
		return nil, nil, err
	}
	sum := digests[ldapSchemes[strings.ToLower(parts[1])]]()
	if len(stored) < sum.Size() {
		return nil, nil, errUnknownHash
	}
	sum.Write(text)
	sum.Write(stored[sum.Size():]) // the salt
	return stored[:sum.Size()], sum.Sum(nil), nil
}
