// SPDX-License-Identifier: MPL-2.0

package check

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Why these are not compared.
const (
	cannotArgon2d   = "Go's library has 2i and 2id"
	cannotArgon2v16 = "Go's library has version 19"
)

var (
	argon2Form = regexp.MustCompile(`^(?:argon2|\d\||\{argon2(?:@SpringSecurity_v5_8)?\})?\$argon2(id?|d)\$(?:v=(16|19)\$)?` +
		`m=(\d{1,7}),t=(\d{1,5}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{22,})$`)
	aspNetForm   = regexp.MustCompile(`^[A-Za-z0-9+/]{66,}={0,2}$`)
	betterForm   = regexp.MustCompile(`^([0-9a-f]{32}):([0-9a-f]{128})$`)
	djangoForm   = regexp.MustCompile(`^pbkdf2_(sha1|sha256|sha512)\$(\d{1,8})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$`)
	djangoScrypt = regexp.MustCompile(`^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([A-Za-z0-9+/]+={0,2})$`)
	werkzeugForm = regexp.MustCompile(
		`^(?:pbkdf2:(sha1|sha256|sha512)|scrypt):(\d{1,8})(?::(\d{1,4}))?(?::(\d{1,4}))?\$([^$]+)\$([0-9a-f]+)$`)
	pbkdf2Name     = regexp.MustCompile(`^pbkdf2(?:-(sha1|sha256|sha384|sha512))?$`)
	mattermostForm = regexp.MustCompile(`(?:^|,)f=(SHA256|SHA512)(?:,|$)`)
	firebaseForm   = regexp.MustCompile(`^([A-Za-z0-9+/_-]{86}(?:==)?)(?::(.+))?$`)
)

// readArgon2 reads $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<key>, also behind what Django, Spring and
// Nextcloud put before it.
func readArgon2(_ *Checker, v value) []Meaning {
	m := argon2Form.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	memory, passes, lanes := number(m[3]), number(m[4]), number(m[5])
	if lanes < 1 || lanes > 255 || memory < 8*lanes || memory > 1<<17 || passes < 1 {
		return nil
	}
	work := memory * passes / 8
	switch {
	case m[1] == "d":
		return []Meaning{{Work: work, Cannot: cannotArgon2d}}
	case m[2] != "19":
		return []Meaning{{Work: work, Cannot: cannotArgon2v16}}
	}
	derive := argon2.IDKey
	if m[1] == "i" {
		derive = argon2.Key
	}
	salt, key := fromBase64(m[6]), fromBase64(m[7])
	return keyFits(key, work, func() []byte {
		//nolint:gosec // bounded above
		return derive([]byte(v.password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(key)))
	})
}

// readAspNetIdentity reads ASP.NET Core Identity, in base64. Version 3: 1, digest, iterations and length of the salt as
// four bytes each, salt, key. Version 2: 0, salt, key, of 1000 iterations with SHA-1.
func readAspNetIdentity(_ *Checker, v value) []Meaning {
	if !aspNetForm.MatchString(v.stored) {
		return nil
	}
	bytes := fromBase64(v.stored)
	if len(bytes) == 49 && bytes[0] == 0 {
		return withPBKDF2(v, "sha1", 1000, bytes[1:17], bytes[17:])
	}
	if len(bytes) < 45 || bytes[0] != 1 {
		return nil
	}
	kind, iterations, length := binary.BigEndian.Uint32(bytes[1:]), binary.BigEndian.Uint32(bytes[5:]), binary.BigEndian.Uint32(bytes[9:])
	if kind > 2 || iterations > 1<<30 || int64(length) > int64(len(bytes)-13) {
		return nil
	}
	name := []string{"sha1", "sha256", "sha512"}[kind]
	return withPBKDF2(v, name, int(iterations), bytes[13:13+length], bytes[13+length:])
}

// readAspNetMembership reads ASP.NET's SqlMembershipProvider (SHA-1 of salt and password) and the Universal Providers
// (HMAC-SHA256 whose key is the salt again and again), the salt being base64 in another column and the password UTF-16.
func readAspNetMembership(_ *Checker, v value) []Meaning {
	key, start := onlyBase64(v.stored), string(onlyBase64(v.salt))
	name := map[int]string{20: "sha1", 32: "sha256"}[len(key)]
	if start == "" || name == "" {
		return nil
	}
	var text []byte
	for _, unit := range utf16.Encode([]rune(v.password)) {
		text = binary.LittleEndian.AppendUint16(text, unit)
	}
	again := strings.Repeat(start, 64/len(start)+1)[:64]
	return append(
		keyFits(key, 0, func() []byte { return digest(name, start, string(text)) }),
		keyFits(key, 0, func() []byte { return keyed(name, again, string(text)) })...)
}

// readBetterAuth reads <salt>:<hex> of better-auth: scrypt whose salt is the text in front of the colon.
func readBetterAuth(_ *Checker, v value) []Meaning {
	m := betterForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	return withScrypt(norm.NFKC.String(v.password), 16384, 16, 1, []byte(m[1]), fromHex(m[2]), nil)
}

// readDjango reads pbkdf2_sha256$<iterations>$<salt>$<base64>, the salt being text.
func readDjango(_ *Checker, v value) []Meaning {
	m := djangoForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	return withPBKDF2(v, m[1], number(m[2]), []byte(m[3]), fromBase64(m[4]))
}

// readDjangoScrypt reads scrypt$<N>$<salt>$<r>$<p>$<base64>, the salt being text.
func readDjangoScrypt(_ *Checker, v value) []Meaning {
	m := djangoScrypt.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	return withScrypt(v.password, number(m[1]), number(m[3]), number(m[4]), []byte(m[2]), fromBase64(m[5]), nil)
}

// readWerkzeug reads pbkdf2:sha256:<iterations>$<salt>$<hex> and scrypt:<N>:<r>:<p>$<salt>$<hex>.
func readWerkzeug(_ *Checker, v value) []Meaning {
	m := werkzeugForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	if m[1] != "" {
		return withPBKDF2(v, m[1], number(m[2]), []byte(m[5]), fromHex(m[6]))
	}
	return withScrypt(v.password, number(m[2]), number(m[3]), number(m[4]), []byte(m[5]), fromHex(m[6]), nil)
}

// readPBKDF2 reads $pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<key>; passlib writes the bare number of iterations.
// No name of a digest is SHA-1.
func readPBKDF2(_ *Checker, v value) []Meaning {
	f, ok := phcFields(v.stored)
	m := pbkdf2Name.FindStringSubmatch(f.name)
	if !ok || m == nil {
		return nil
	}
	name, iterations := m[1], f.parameter("i")
	if name == "" {
		name = "sha1"
	}
	if v.format != "pbkdf2" {
		iterations = -1
		if len(f.text) <= 8 {
			iterations = number(f.text)
		}
	}
	return withPBKDF2(v, name, iterations, f.salt, f.key)
}

// readMattermost reads $pbkdf2$f=SHA256,w=<iterations>,l=<length>$<salt>$<key>.
func readMattermost(_ *Checker, v value) []Meaning {
	f, ok := phcFields(v.stored)
	m := mattermostForm.FindStringSubmatch(f.text)
	if !ok || m == nil || f.name != "pbkdf2" {
		return nil
	}
	return withPBKDF2(v, strings.ToLower(m[1]), f.parameter("w"), f.salt, f.key)
}

// readScrypt reads $scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<key>.
func readScrypt(_ *Checker, v value) []Meaning {
	f, ok := phcFields(v.stored)
	if ln := f.parameter("ln"); ok && f.name == "scrypt" && ln >= 1 && ln <= 20 {
		return withScrypt(v.password, 1<<ln, f.parameter("r"), f.parameter("p"), f.salt, f.key, nil)
	}
	return nil
}

// readFirebase reads Firebase's scrypt. Hash and salt are base64, the salt in another column or behind a colon. The
// secret is what Firebase shows as hash_config, or the base64_signer_key alone.
func readFirebase(c *Checker, v value) []Meaning {
	m := firebaseForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	salt := m[2]
	if salt == "" {
		salt = v.salt
	}
	start := slices.Concat(fromBase64(salt), fromBase64(c.firebase("base64_salt_separator", "Bw==")))
	cost, rounds := number(c.firebase("mem_cost", "14")), number(c.firebase("rounds", "8"))
	if cost < 1 || cost > 20 {
		return nil
	}
	signer := fromBase64(c.firebase("base64_signer_key", c.options.SignerKey))
	return withScrypt(v.password, 1<<cost, rounds, 1, start, fromBase64(m[1]), func(key []byte) []byte {
		block, err := aes.NewCipher(key[:32])
		if err != nil {
			return nil
		}
		sealed := make([]byte, len(signer))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sealed, signer)
		return sealed
	})
}

// firebase is a parameter of the project.
func (c *Checker) firebase(name, standard string) string {
	m := regexp.MustCompile(name + `[:=\s"']+([\w+/=-]+)`).FindStringSubmatch(c.options.SignerKey)
	if m == nil {
		return standard
	}
	return m[1]
}

// hexText is bytes in hexadecimal.
func hexText(bytes []byte) string { return hex.EncodeToString(bytes) }
