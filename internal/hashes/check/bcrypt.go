// SPDX-License-Identifier: MPL-2.0

package check

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

var (
	bcryptForm    = regexp.MustCompile(`^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$`)
	passlibSHA256 = regexp.MustCompile(
		`^\$bcrypt-sha256\$(?:(v=2),t=)?(2[ab]),(?:r=)?(\d\d?)\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$`)
)

// readBcrypt reads $2b$<cost>$<salt and key>, also in the versions 2a and 2y. As the programs that write it do, bcrypt
// takes the first 72 bytes of a longer password.
func readBcrypt(_ *Checker, v value) []Meaning {
	m := bcryptForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	return []Meaning{{Work: 1 << number(m[1]), fits: func() bool {
		return bcrypt.CompareHashAndPassword([]byte(v.stored), bcryptKey(v.password)) == nil
	}}}
}

func bcryptKey(password string) []byte { return []byte(password)[:min(len(password), 72)] }

// of is the value with another password and another hash.
func (v value) of(password, stored string) value {
	v.password, v.stored = password, stored
	return v
}

// readBcryptOfSHA256 is of the hexadecimal SHA-256 of the password, as Meteor has it.
func readBcryptOfSHA256(c *Checker, v value) []Meaning {
	return readBcrypt(c, v.of(hexSHA256(v.password), v.stored))
}

func hexSHA256(text string) string { return hex.EncodeToString(digest("sha256", text)) }

// readBcryptPepper is of the password with a pepper after it, as Devise has it.
func readBcryptPepper(c *Checker, v value) []Meaning {
	return readBcrypt(c, v.of(v.password+c.options.Pepper, v.stored))
}

// prefixes are what these programs put before a hash of bcrypt.
var prefixes = map[string]string{"spring_bcrypt": "{bcrypt}", "django_bcrypt": "bcrypt$", "nextcloud_bcrypt": "1|"}

func readBcryptPrefixed(c *Checker, v value) []Meaning {
	stored, ok := strings.CutPrefix(v.stored, prefixes[v.format])
	if !ok {
		return nil
	}
	return readBcrypt(c, v.of(v.password, stored))
}

// readBcryptSHA256 reads bcrypt_sha256$$2b$… of Django, for the hexadecimal SHA-256 of the password;
// $bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<key> of passlib, for an HMAC with the salt, and before that
// $bcrypt-sha256$2b,<cost>$<salt>$<key> for a SHA-256.
func readBcryptSHA256(c *Checker, v value) []Meaning {
	if stored, ok := strings.CutPrefix(v.stored, "bcrypt_sha256$"); ok {
		return readBcrypt(c, v.of(hexSHA256(v.password), stored))
	}
	m := passlibSHA256.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	sum, cost := digest("sha256", v.password), m[3]
	if m[1] != "" {
		sum = keyed("sha256", m[4], v.password)
	}
	if len(cost) == 1 {
		cost = "0" + cost
	}
	return readBcrypt(c, v.of(base64.StdEncoding.EncodeToString(sum), "$"+m[2]+"$"+cost+"$"+m[4]+m[5]))
}

// readBcryptSalted is of the password with a salt of another column before it, as Metabase has it.
func readBcryptSalted(c *Checker, v value) []Meaning {
	if v.salt == "" {
		return nil
	}
	return readBcrypt(c, v.of(v.salt+v.password, v.stored))
}

// readWordPress reads $wp$2y$<cost>$<salt and key> of WordPress from 6.8 on.
func readWordPress(c *Checker, v value) []Meaning {
	stored, ok := strings.CutPrefix(v.stored, "$wp")
	if !ok {
		return nil
	}
	return readBcrypt(c, v.of(wordPressKey(v.password), stored))
}

// wordPressKey is what WordPress gives to bcrypt. It takes spaces away as PHP's trim does.
func wordPressKey(password string) string {
	return base64.StdEncoding.EncodeToString(keyed("sha384", "wp-sha384", strings.Trim(password, " \t\n\r\v\x00")))
}
