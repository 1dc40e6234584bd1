// SPDX-License-Identifier: MPL-2.0

package hashes

// Bcrypt is the format that scripts write unless told otherwise, and always read.
const Bcrypt = "bcrypt"

// correctHorse is the password of many vectors.
const correctHorse = "correct horse"

const (
	b64     = "[A-Za-z0-9+/]"
	crypt64 = "[./A-Za-z0-9]"
	// manyRounds are numbers of iterations beyond 4.2 million, hugeMemory those of KiB beyond 128 MB.
	manyRounds = "(4[2-9][0-9]{5}|[5-9][0-9]{6}|[0-9]{8,})"
	// halfOfThem are beyond 2.1 million, too many for a key of more than 60 bytes: a letter each in hexadecimal and base64.
	halfOfThem = "(2[1-9][0-9]{5}|[3-9][0-9]{6}|[0-9]{8,})"
	longHex    = "[0-9a-f]{121,}"
	longKey    = "[A-Za-z0-9+/.]{81,}={0,2}"
	hugeMemory = "(13[2-9][0-9]{3}|1[4-9][0-9]{4}|[2-9][0-9]{5}|[0-9]{7,})"
	// cryptRounds are those of crypt(3) with SHA-2, cryptDear more than 1.1 million.
	cryptRounds = "[$]rounds=([0-9]+)[$]"
	cryptDear   = "[$]rounds=(1[1-9][0-9]{5}|[2-9][0-9]{6}|[0-9]{8,})[$]"
	// hugeN is the parameter N of scrypt beyond 2 to the power of 17.
	hugeN = "(262144|524288|[0-9]{7,})"
)

var bcryptLooks = []string{"bcrypt_2b", "bcrypt_2a", "bcrypt_2y"}

// formats is the register. To add one, see CONTRIBUTING.md.
var formats = withVectors([]Format{
	{
		Name: Bcrypt, Title: "bcrypt in the versions 2a, 2b and 2y",
		Looks: []Look{
			bcryptLook("bcrypt_2b", "", "2b"),
			bcryptLook("bcrypt_2a", "", "2a"),
			bcryptLook("bcrypt_2y", "", "2y"),
		},
		Always: true, Reader: "readBcrypt", Writer: bcryptWriter("", "writeBcrypt"),
		Import: Import{Algorithm: "bcrypt", Form: Whole},
	},
	{
		Name:  "argon2",
		Title: "Argon2id, 2i and 2d as PHC string, also behind Django's `argon2`, Spring's `{argon2}` and Nextcloud's `3|`",
		Looks: []Look{{
			Name: "argon2",
			Cost: "[$](m=[0-9]+,t=[0-9]+,p=[0-9]+)[$]", TooDear: "[$]argon2.*[$](m=" + hugeMemory + ",|m=[0-9]+,t=[0-9]{3,},)",
			Pattern: "^(argon2|[0-9][|]|[{]argon2(@SpringSecurity_v5_8)?[}])?[$]argon2(id|i|d)[$](v=[0-9]+[$])?" +
				"m=[0-9]+,t=[0-9]+,p=[0-9]+[$]" + b64 + "{11,}[$]" + b64 + "{22,}$",
		}},
		Reader: "readArgon2", Writer: &argon2Writer,
		Import: Import{Algorithm: "argon2", Form: Whole},
	},
	{
		Name: "spring_bcrypt", Title: "bcrypt behind Spring Security's `{bcrypt}`",
		Looks:  []Look{bcryptLook("spring_bcrypt", "[{]bcrypt[}]", "2[aby]")},
		Reader: "readBcryptPrefixed", Writer: bcryptWriter("[{]bcrypt[}]", "writeBcryptPrefixed"),
		Import: Import{Algorithm: "bcrypt", Form: Stripped},
	},
	{
		Name: "django_bcrypt", Title: "bcrypt behind Django's `bcrypt$`",
		Looks:  []Look{bcryptLook("django_bcrypt", "bcrypt[$]", "2[aby]")},
		Reader: "readBcryptPrefixed", Writer: bcryptWriter("bcrypt[$]", "writeBcryptPrefixed"),
		Import: Import{Algorithm: "bcrypt", Form: Stripped},
	},
	{
		Name: "nextcloud_bcrypt", Title: "bcrypt behind Nextcloud's `1|`",
		Looks:  []Look{bcryptLook("nextcloud_bcrypt", "1[|]", "2[aby]")},
		Reader: "readBcryptPrefixed", Writer: bcryptWriter("1[|]", "writeBcryptPrefixed"),
		Import: Import{Algorithm: "bcrypt", Form: Stripped},
	},
	{
		Name:  "bcrypt_sha256",
		Title: "bcrypt of a SHA-256 of the password: Django's `bcrypt_sha256$` and passlib's `$bcrypt-sha256$`",
		Looks: []Look{{
			Name:    "bcrypt_sha256",
			Cost:    "(?:[$]2.[$]|,r=|2[ab],)([0-9]{1,2})[$]",
			TooDear: "(?:[$]2.[$]|,r=|2[ab],)(1[7-9]|[2-9][0-9])[$]",
			Pattern: "^(bcrypt_sha256[$][$]2[aby][$][0-9]{2}[$]" + crypt64 + "{53}|[$]bcrypt-sha256[$](v=2,t=)?2[ab],(r=)?[0-9]{1,2}[$]" + crypt64 + "{22}[$]" + crypt64 + "{31})$",
		}},
		Reader: "readBcryptSHA256", Writer: hashedFirst(bcryptWriter("bcrypt_sha256[$]", "writeBcryptSHA256")),
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name: "wordpress", Title: "`$wp$2y$` of WordPress from 6.8 on: bcrypt of an HMAC-SHA384",
		Looks:  []Look{bcryptLook("wordpress", "[$]wp", "2y")},
		Reader: "readWordPress", Writer: hashedFirst(bcryptWriter("[$]wp", "writeWordPress")),
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name: "bcrypt_pepper", Title: "bcrypt of the password with a pepper after it, as Devise has it", Key: PepperKey,
		Like: bcryptLooks, Reader: "readBcryptPepper", Writer: bcryptWriter("", "writeBcryptPepper"),
		Import: Import{Algorithm: "bcrypt", Form: Parts},
	},
	{
		Name:  "bcrypt_salted",
		Title: "bcrypt of the password with a salt before it, which is in another column, as Metabase has it",
		Like:  bcryptLooks, Salted: true, Reader: "readBcryptSalted",
		Import: Import{Algorithm: "bcrypt", Form: Parts},
	},
	{
		Name: "bcrypt_of_sha256", Title: "bcrypt of the hexadecimal SHA-256 of the password, as Meteor has it",
		Like: bcryptLooks, Reader: "readBcryptOfSHA256",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name: "django_pbkdf2", Title: "Django's `pbkdf2_sha256$`, also with SHA-1 and SHA-512",
		Looks: []Look{{
			Name: "django_pbkdf2",
			Cost: "^[^$]*[$]([0-9]+)[$]", TooDear: dearPBKDF2("pbkdf2_sha[0-9]+[$]", "[$]", longKey),
			Pattern: "^pbkdf2_(sha1|sha256|sha512)[$][0-9]{1,8}[$][^$]+[$]" + b64 + "+={0,2}$",
		}},
		Reader: "readDjango",
		Writer: pbkdf2Writer("writeDjango", "pbkdf2_sha256$%d$saltsaltsaltsalt$%s=",
			"^pbkdf2_sha256[$]ROUNDS[$][A-Za-z0-9]{20}[$]KEY=$"),
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
	},
	{
		Name: "pbkdf2", Title: "`$pbkdf2-sha256$i=…` as PHC string, also with other digests",
		Looks: []Look{{
			Name: "pbkdf2",
			Cost: "[$]i=([0-9]+)", TooDear: dearPBKDF2("[$]pbkdf2[^$]*[$]i=", "[$,]", longKey),
			Pattern: "^[$]pbkdf2(-(sha1|sha256|sha384|sha512))?[$]i=[0-9]{1,8}(,l=[0-9]+)?[$]" + b64 + "*={0,2}[$]" +
				b64 + "+={0,2}$",
		}},
		Reader: "readPBKDF2",
		Writer: pbkdf2Writer("writePBKDF2", "$pbkdf2-sha256$i=%d,l=32$c2FsdHNhbHRzYWx0c2FsdA$%s",
			"^[$]pbkdf2-sha256[$]i=ROUNDS,l=32[$]"+b64+"{22}[$]KEY$"),
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
	},
	{
		Name: "passlib_pbkdf2", Title: "passlib's `$pbkdf2-sha256$<rounds>$`, also with other digests",
		Looks: []Look{{
			Name: "passlib_pbkdf2",
			Cost: "^[$][^$]*[$]([0-9]+)[$]", TooDear: dearPBKDF2("[$]pbkdf2[^$]*[$]", "[$]", longKey),
			Pattern: "^[$]pbkdf2(-(sha256|sha512))?[$][0-9]{1,8}[$]" + crypt64 + "*[$]" + crypt64 + "+$",
		}},
		Reader: "readPBKDF2",
		Writer: pbkdf2Writer("writePBKDF2", "$pbkdf2-sha256$%d$c2FsdHNhbHRzYWx0c2FsdA$%s",
			"^[$]pbkdf2-sha256[$]ROUNDS[$]"+crypt64+"{22}[$]"+crypt64+"{43}$"),
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
	},
	{
		Name: "werkzeug", Title: "Werkzeug's `pbkdf2:sha256:…` and `scrypt:…`, of Flask applications",
		Looks: []Look{{
			Name: "werkzeug",
			Cost: "^([^$]+)[$]", TooDear: dearPBKDF2("pbkdf2:sha[0-9]+:", "[$]", longHex) + "|^scrypt:" + hugeN + ":",
			Pattern: "^(pbkdf2:(sha1|sha256|sha512):[0-9]{1,8}|scrypt:[0-9]{1,8}:[0-9]{1,4}:[0-9]{1,4})[$][^$]+[$]" +
				"([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$",
		}},
		Reader: "readWerkzeug",
		Writer: pbkdf2Writer("writeWerkzeug", "pbkdf2:sha256:%d$saltsaltsaltsalt$%s",
			"^pbkdf2:sha256:ROUNDS[$][A-Za-z0-9]{20}[$][0-9a-f]{64}$"),
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
	},
	{
		Name: "mattermost", Title: "`$pbkdf2$f=SHA256,w=…,l=…$` of Mattermost",
		Looks: []Look{{
			Name: "mattermost",
			Cost: "w=([0-9]+)", TooDear: dearPBKDF2("[$]pbkdf2[$]f=[^$]*,w=", ",", longKey),
			Pattern: "^[$]pbkdf2[$]f=SHA(256|512),w=[0-9]{1,8},l=[0-9]+[$]" + b64 + "+={0,2}[$]" + b64 + "+={0,2}$",
		}},
		Reader: "readMattermost",
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
	},
	{
		Name: "aspnet_identity", Title: "ASP.NET Core Identity, versions 2 and 3",
		Looks: []Look{{
			Name: "aspnet_identity",
			Cost: "", TooDear: "^AQAAAA(.[^A]|[^AEI].|[AEI]A[^A-P]|[AEI]A[I-P].{111,})",
			Pattern: "^(A[A-P]" + b64 + "{64}==|AQAAAA" + b64 + "{54,}={0,2})$",
		}},
		Reader: "readAspNetIdentity", Writer: &aspNetWriter,
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
	},
	{
		Name: "scrypt", Title: "`$scrypt$` as PHC string",
		Looks: []Look{{
			Name: "scrypt",
			Cost: "[$](ln=[0-9]+,r=[0-9]+,p=[0-9]+)[$]", TooDear: "^[$]scrypt[$]ln=(1[89]|[2-9][0-9]|[0-9]+,r=[0-9]+,p=[0-9]{2,})",
			Pattern: "^[$]scrypt[$]ln=[0-9]+,r=[0-9]+,p=[0-9]+[$][A-Za-z0-9+/.]*={0,2}[$][A-Za-z0-9+/.]+={0,2}$",
		}},
		Reader: "readScrypt",
		Import: Import{Algorithm: "scrypt", Form: Parts},
	},
	{
		Name: "django_scrypt", Title: "Django's `scrypt$`",
		Looks: []Look{{
			Name: "django_scrypt",
			Cost: "^scrypt[$]([0-9]+)[$]", TooDear: "^scrypt[$]" + hugeN + "[$]",
			Pattern: "^scrypt[$][0-9]{1,8}[$][^$]+[$][0-9]{1,4}[$][0-9]{1,4}[$]" + b64 + "+={0,2}$",
		}},
		Reader: "readDjangoScrypt",
		Import: Import{Algorithm: "scrypt", Form: Parts},
	},
	{
		Name: "better_auth", Title: "`<salt>:<key>` of better-auth, with scrypt",
		Looks:  []Look{{Name: "better_auth", Pattern: "^[0-9a-f]{32}:[0-9a-f]{128}$"}},
		Reader: "readBetterAuth",
		Import: Import{Algorithm: "scrypt", Form: Parts},
	},
	{
		Name: "ssha", Title: "LDAP's `{SSHA}`, `{SHA}`, `{SMD5}` and `{MD5}`, also with 256, 384 and 512 bits",
		Looks: []Look{{
			Name:    "ssha",
			Pattern: "(?i)^[{]S?(SHA-?(256|384|512)?|MD5)[}]" + b64 + "+={0,2}$",
		}},
		Reader: "readLDAP",
		Import: Import{Algorithm: "ldap", Form: Whole},
	},
	{
		Name: "phpass", Title: "phpass: `$P$` and `$H$` of WordPress and phpBB, `$S$` of Drupal 7",
		Looks: []Look{
			{Name: "phpass", Pattern: "^U?[$][PH][$]" + crypt64 + "{31}$",
				Cost: "^U?[$][PH][$](.)", TooDear: "^U?[$][PH][$][J-Za-z]"},
			{Name: "drupal7", Pattern: "^U?[$]S[$]" + crypt64 + "{52}$", Cost: "^U?[$]S[$](.)", TooDear: "^U?[$]S[$][J-Za-z]"},
		},
		Reader: "readPHPass",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name: "crypt", Title: "`$1$`, `$apr1$`, `$5$` and `$6$` of crypt(3) and Apache",
		Looks: []Look{
			{Name: "md5_crypt", Pattern: "^[$](1|apr1)[$][^$]{0,16}[$]" + crypt64 + "{22}$"},
			{Name: "sha256_crypt", Pattern: "^[$]5[$](rounds=[0-9]{1,9}[$])?[^$]{0,16}[$]" + crypt64 + "{43}$",
				Cost: cryptRounds, TooDear: cryptDear},
			{Name: "sha512_crypt", Pattern: "^[$]6[$](rounds=[0-9]{1,9}[$])?[^$]{0,16}[$]" + crypt64 + "{86}$",
				Cost: cryptRounds, TooDear: cryptDear},
		},
		Reader: "readCrypt",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name:  "iterated_digest",
		Title: "`$iterated-sha256$i=<n>$<salt>$<key>`, into which digests of digests can be recast",
		Looks: []Look{{
			Name: "iterated_digest",
			Cost: "[$]i=([0-9]+)[$]", TooDear: "^[$]iterated-.*[$]i=(2[1-9][0-9]{5}|[3-9][0-9]{6}|[0-9]{8,})[$]",
			Pattern: "^[$]iterated-(md5|sha1|sha256|sha512)[$]i=[0-9]{1,8}[$]" + b64 + "*[$]" + b64 + "{22,}$",
		}},
		Reader: "readIterated",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	// Digests in hexadecimal, alone or with a salt. A salt may be a digest itself: the longer one is taken for the hash.
	hexDigest("sha512", "SHA-512", "128", "werkzeug", "better_auth"),
	hexDigest("sha256", "SHA-256", "64", "werkzeug", "sha512"),
	hexDigest("sha1", "SHA-1", "40", "werkzeug", "sha512", "sha256"),
	hexDigest("md5", "MD5", "32", "werkzeug", "better_auth", "sha512", "sha256", "sha1"),
	{
		Name:  "base64_digest",
		Title: "MD5, SHA-1, SHA-256 or SHA-512 in base64, with a salt in another column or without", Salted: true,
		Looks: []Look{{
			Name:    "base64_digest",
			Pattern: "^(" + b64 + "{22}==|" + b64 + "{27}=|" + b64 + "{43}=|" + b64 + "{86}==)$",
		}},
		Reader: "readBase64",
		Import: Import{Algorithm: "md5|sha1|sha256|sha512", Form: Parts},
	},
	{
		Name:  "hmac",
		Title: "an HMAC with MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal or base64, with the pepper as its key",
		Key:   PepperKey,
		Like:  []string{"md5", "sha1", "sha256", "sha512", "base64_digest"}, Salted: true, Reader: "readHMAC",
		Import: Import{Algorithm: "hmac", Form: Parts},
	},
	{
		Name: "redmine", Title: "`sha1(salt + sha1(password))` of Redmine, with the salt in another column",
		Like: []string{"sha1"}, Salted: true, Reader: "readRedmine",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name: "symfony", Title: "Symfony's SHA-512 of 5000 rounds in base64, with a salt in another column or without",
		Like: []string{"base64_digest"}, Salted: true, Reader: "readSymfony",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
	{
		Name:  "aspnet_membership",
		Title: "ASP.NET's SqlMembershipProvider and Universal Providers, with the salt in another column",
		Like:  []string{"base64_digest"}, Salted: true, Reader: "readAspNetMembership",
		Import: Import{Algorithm: "sha1|hmac", Form: Parts},
	},
	{
		Name:  "firebase",
		Title: "Firebase's scrypt in base64, with the salt in another column or behind a colon", Key: SignerKey,
		Looks: []Look{{Name: "firebase", Pattern: "^[A-Za-z0-9+/_-]{86}(==)?:" + b64 + "+={0,2}$"}},
		Like:  []string{"base64_digest"}, Salted: true, Reader: "readFirebase",
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
	},
})

// dearPBKDF2 matches, by what stands on both sides of the iterations and by how a key of more than 60 bytes looks,
// what asks for more work than a login has time for: each block of the key is derived on its own.
func dearPBKDF2(before, after, long string) string {
	return "^" + before + "(" + manyRounds + after + "|" + halfOfThem + after + ".*[$]" + long + "$)"
}

// hexDigest is a digest in hexadecimal of so many digits. Looks that it yields to stand before it.
func hexDigest(name, title, digits string, yields ...string) Format {
	hex := "[0-9a-f]{" + digits + "}"
	return Format{
		Name: name, Title: title + " in hexadecimal, with a salt in the same " +
			"column, in another one, or without", Salted: true,
		Looks: []Look{{
			Name: name, Yields: yields,
			Pattern: "(?i)^(" + name + "[$])?(" + hex + "([:$].+)?|.+[:$]" + hex + ")$",
		}},
		Reader: "readHex",
		Import: Import{Algorithm: name, Form: Parts},
	}
}

// bcryptLook is bcrypt of a version behind what a pattern describes.
func bcryptLook(name, prefix, version string) Look {
	start := "^" + prefix + "[$]" + version + "[$]"
	return Look{
		Name: name, Pattern: start + "[0-9]{2}[$]" + crypt64 + "{53}$",
		Cost: start + "([0-9]{2})[$]", TooDear: start + "(1[7-9]|[2-9][0-9])[$]",
	}
}

// withVectors gives each format its vectors.
func withVectors(all []Format) []Format {
	for i, f := range all {
		all[i].Vectors = append(vectors[f.Name], moreVectors[f.Name]...)
	}
	return all
}
