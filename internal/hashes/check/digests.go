// SPDX-License-Identifier: MPL-2.0

package check

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	hexForm    = regexp.MustCompile(`(?i)^(?:[0-9a-f]{2})+$`)
	ldapForm   = regexp.MustCompile(`(?i)^\{S?(SHA|MD5)-?(256|384|512)?\}([A-Za-z0-9+/]+={0,2})$`)
	phpassForm = regexp.MustCompile(
		`^(U?)\$(?:[PH]|(S))\$([./A-Za-z0-9])([./A-Za-z0-9]{8})([./A-Za-z0-9]{22}|[./A-Za-z0-9]{43})$`)
	redmineForm  = regexp.MustCompile(`(?i)^[0-9a-f]{40}$`)
	symfonyForm  = regexp.MustCompile(`^[A-Za-z0-9+/]{86}==$`)
	iteratedName = regexp.MustCompile(`^iterated-(md5|sha1|sha256|sha512)$`)
)

// bySize are the digests by the bytes that they have.
var bySize = map[int]string{16: "md5", 20: "sha1", 32: "sha256", 64: "sha512"}

// readBase64 reads a digest in base64, with a salt in another column or without.
func readBase64(_ *Checker, v value) []Meaning {
	key := onlyBase64(v.stored)
	name := bySize[len(key)]
	if name == "" {
		return nil
	}
	return saltedDigest(v, name, v.salt, key)
}

// readHMAC reads an HMAC with the pepper as its key, in hexadecimal or base64; where there is a salt in another column,
// it stands before or after the password.
func readHMAC(c *Checker, v value) (all []Meaning) {
	key := onlyBase64(v.stored)
	if hexForm.MatchString(v.stored) {
		key = fromHex(v.stored)
	}
	name := bySize[len(key)]
	if name == "" {
		return nil
	}
	for _, text := range orders(v.password, v.salt) {
		all = append(all, keyFits(key, 0, func() []byte { return keyed(name, c.options.Pepper, text) })...)
	}
	return all
}

// hexForms are a digest in hexadecimal alone, before and after a salt, by the name of the digest.
var hexForms = func() map[string][3]*regexp.Regexp {
	all := map[string][3]*regexp.Regexp{}
	for size, name := range bySize {
		digits := "([0-9a-f]{" + strconv.Itoa(2*size) + "})"
		all[name] = [3]*regexp.Regexp{
			regexp.MustCompile(`(?i)^` + digits + `$`),
			regexp.MustCompile(`(?i)^` + digits + `[:$](.+)$`),
			regexp.MustCompile(`(?i)^(.+)[:$]` + digits + `$`),
		}
	}
	return all
}()

// readHex reads a digest in hexadecimal: alone, or with a salt before or after it, between them a colon or dollar sign;
// also behind the digest's name, as sha1$salt$hash. The salt may also be in a column of its own. The format is called as
// the digest.
func readHex(_ *Checker, v value) (all []Meaning) {
	text, forms := strings.TrimPrefix(v.stored, v.format+"$"), hexForms[v.format]
	if m := forms[0].FindStringSubmatch(text); m != nil {
		all = append(all, saltedDigest(v, v.format, v.salt, fromHex(m[1]))...)
	}
	if m := forms[1].FindStringSubmatch(text); m != nil {
		all = append(all, saltedDigest(v, v.format, m[2], fromHex(m[1]))...)
	}
	if m := forms[2].FindStringSubmatch(text); m != nil {
		all = append(all, saltedDigest(v, v.format, m[1], fromHex(m[2]))...)
	}
	return all
}

// readLDAP reads {SSHA}<base64 of digest and salt>, and {SHA} without a salt; also with 256, 384 or 512 bits, and {SMD5}
// and {MD5}.
func readLDAP(_ *Checker, v value) []Meaning {
	m := ldapForm.FindStringSubmatch(v.stored)
	if m == nil {
		return nil
	}
	name := "sha" + m[2]
	switch {
	case strings.EqualFold(m[1], "md5"):
		name = "md5"
	case m[2] == "":
		name = "sha1"
	}
	bytes, size := fromBase64(m[3]), digests[name]().Size()
	if len(bytes) < size {
		return nil
	}
	return keyFits(bytes[:size], 0, func() []byte { return digest(name, v.password, string(bytes[size:])) })
}

// readPHPass reads $P$<cost><salt><key> of WordPress and phpBB, with MD5, also as $H$, and $S$ of Drupal 7 with SHA-512,
// cut off. U before it means that the MD5 of the password was hashed.
func readPHPass(_ *Checker, v value) []Meaning {
	m := phpassForm.FindStringSubmatch(v.stored)
	if m == nil || (m[2] == "") != (len(m[5]) == 22) {
		return nil
	}
	secret, name, size := v.password, "md5", 16
	if m[1] != "" {
		secret = hexText(digest("md5", v.password))
	}
	if m[2] != "" {
		name, size = "sha512", 32
	}
	cost := strings.Index(crypt64Letters, m[3])
	if cost > 30 {
		return nil
	}
	return iterated(name, 1<<cost+1, m[4]+secret, secret, crypt64Bytes(m[5], size))
}

// readRedmine reads sha1(salt + sha1(password)) in hexadecimal, the salt being in another column.
func readRedmine(_ *Checker, v value) []Meaning {
	if v.salt == "" || !redmineForm.MatchString(v.stored) {
		return nil
	}
	return keyFits(fromHex(v.stored), 0, func() []byte {
		return digest("sha1", v.salt, hexText(digest("sha1", v.password)))
	})
}

// readSymfony reads Symfony's SHA-512 of 5000 rounds in base64, with a salt or without.
func readSymfony(_ *Checker, v value) []Meaning {
	if !symfonyForm.MatchString(v.stored) {
		return nil
	}
	text := v.password
	if v.salt != "" {
		text += "{" + v.salt + "}"
	}
	return iterated("sha512", 5000, text, text, fromBase64(v.stored))
}

// readIterated reads $iterated-sha256$i=<digests>$<salt>$<key>: a digest of a digest, and so on, the first being of
// password and salt on either side of each other.
func readIterated(_ *Checker, v value) []Meaning {
	f, ok := phcFields(v.stored)
	m := iteratedName.FindStringSubmatch(f.name)
	rounds := f.parameter("i")
	if !ok || m == nil || rounds < 1 {
		return nil
	}
	salt := string(f.salt)
	return append(
		iterated(m[1], rounds, v.password+salt, "", f.key),
		iterated(m[1], rounds, salt+v.password, "", f.key)...)
}
