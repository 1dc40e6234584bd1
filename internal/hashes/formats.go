// SPDX-License-Identifier: MPL-2.0

package hashes

import "strings"

// The names of the formats that code speaks of.
const (
	Bcrypt = "bcrypt"
)

// correctHorse is the password of the vectors that were made with Python's hashlib.
const correctHorse = "correct horse"

// formats is the register. To add one, see CONTRIBUTING.md.
var formats = []Format{
	{
		Name: "bcrypt", Title: "bcrypt in the versions 2a, 2b and 2y",
		Looks: []Look{
			{Name: "bcrypt_2b", Pattern: "^[$]2b[$][0-9]{2}[$][./A-Za-z0-9]{53}$"},
			{Name: "bcrypt_2a", Pattern: "^[$]2a[$][0-9]{2}[$][./A-Za-z0-9]{53}$"},
			{Name: "bcrypt_2y", Pattern: "^[$]2y[$][0-9]{2}[$][./A-Za-z0-9]{53}$"},
		},
		Always: true, Reader: "passwordMatches", Writer: "hashPassword",
		Import: Import{Algorithm: "bcrypt", Form: Whole},
		Vectors: []Vector{
			{Name: "2a", Look: "bcrypt_2a", Stored: "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"},
			{
				Name: "2b of 12 rounds", Look: "bcrypt_2b",
				Stored: "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
			},
			{
				Name: "2b of 4 rounds", Look: "bcrypt_2b",
				Stored: "$2b$04$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
			},
			{Name: "2y of PHP", Look: "bcrypt_2y", Stored: "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"},
		},
	},
	{
		Name: "argon2", Title: "Argon2 as PHC string, which the platform has no module for",
		Looks:  []Look{{Name: "argon2", Pattern: "^[$]argon2(id|i|d)[$][^$]"}},
		Import: Import{Algorithm: "argon2", Form: Whole},
		Vectors: []Vector{
			{Name: "argon2id", Stored: "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"},
			{Name: "argon2i", Stored: "$argon2i$v=19$m=16,t=2,p=1$c29tZXNhbHQ$RdescudvJCs"},
		},
	},
	{
		Name: "django_pbkdf2", Title: "Django's pbkdf2_sha256$, also with SHA-1 and SHA-512",
		Looks: []Look{{
			Name:    "django_pbkdf2",
			Pattern: "^pbkdf2_(sha1|sha256|sha512)[$][0-9]{1,8}[$][^$]+[$][A-Za-z0-9+/]+={0,2}$",
		}},
		Reader: "readDjango",
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
		Vectors: []Vector{
			{
				Name: "django pbkdf2_sha256", Password: correctHorse,
				Stored: "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=",
			},
			{
				Name: "django pbkdf2_sha1", Password: correctHorse,
				Stored: "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=",
			},
			{
				Name:   "django of 260000 rounds",
				Stored: "pbkdf2_sha256$260000$abcdefghij$9Jx8OqYyJjX0fT9bJcZsZq2Yq0oQxVfE3m8b3q1Vb2E=",
			},
		},
	},
	{
		Name: "pbkdf2", Title: "$pbkdf2-sha256$ as PHC string or in passlib's form, also with other digests",
		Looks: []Look{{
			Name:    "pbkdf2",
			Pattern: "^[$]pbkdf2(-(sha1|sha256|sha384|sha512))?[$][^$]+[$][A-Za-z0-9+/.]*={0,2}[$][A-Za-z0-9+/.]+={0,2}$",
		}},
		Reader: "readPBKDF2",
		Import: Import{Algorithm: "pbkdf2", Form: PHC},
		Vectors: []Vector{
			{
				Name: "PHC pbkdf2-sha512", Password: correctHorse,
				Stored: "$pbkdf2-sha512$i=1000,l=64$yMnKy8zNzs/Q0dLT1NXW1w$4xPvOlNzcf4w83OeXLs00cDMTZ/Jcu" +
					"h8hwgCDBR1y9KhNdPKjKCw1sE1hBb/KcVzJbfBhesdf0dIDnsHZEmvjw",
			},
			{
				Name: "PHC pbkdf2-sha256 padded", Password: correctHorse,
				Stored: "$pbkdf2-sha256$i=1000$yMnKy8zNzs/Q0dLT1NXW1w==$TwRueOdCB6KCbpfU0/4XAabBqcM+xth4i" +
					"3zmIlph9+Q=",
			},
			{
				Name: "passlib pbkdf2_sha256", Password: correctHorse,
				Stored: "$pbkdf2-sha256$1000$yMnKy8zNzs/Q0dLT1NXW1w$TwRueOdCB6KCbpfU0/4XAabBqcM.xth4i3zmIlph9.Q",
			},
			{
				Name: "passlib pbkdf2 sha1", Password: correctHorse,
				Stored: "$pbkdf2$1000$yMnKy8zNzs/Q0dLT1NXW1w$zUsdkDhLT5OD/dmWT/xuh/Z9uCs",
			},
			{
				Name: "passlib",
				Stored: "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQY" +
					"ThBYRfk",
			},
			{Name: "without a digest", Stored: "$pbkdf2$i=1000,l=20$c2FsdA$bibRt3fcTmkRiCjfbGXj6Ry5KOg"},
		},
	},
	{
		Name: "scrypt", Title: "$scrypt$ as PHC string",
		Looks:  []Look{{Name: "scrypt", Pattern: "^[$]scrypt[$][^$]+[$][A-Za-z0-9+/.]*={0,2}[$][A-Za-z0-9+/.]+={0,2}$"}},
		Reader: "readScrypt",
		Import: Import{Algorithm: "scrypt", Form: Parts},
		Vectors: []Vector{
			{
				Name: "scrypt", Password: correctHorse,
				Stored: "$scrypt$ln=10,r=8,p=1$yMnKy8zNzs/Q0dLT1NXW1w$SDfo5Vh4WOI0Gj2oah2O18JMdph5SFveKhdeD9EYzg0",
			},
			{
				Name: "scrypt p=2", Password: correctHorse,
				Stored: "$scrypt$ln=8,r=4,p=2$yMnKy8zNzs/Q0dLT1NXW1w$IPkdicFsLNLKfVg0s9RAuyzgRAUmANEIEyim" +
					"ZO06z4f629w9V3aiDnyRyiplDSgeJOREwD+mc1jASY2q2XULIQ",
			},
			{
				Name: "passlib",
				Stored: "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJ" +
					"xD+iCs5E",
			},
		},
	},
	{
		Name: "ssha", Title: "LDAP's {SSHA} and {SHA}, also with 256, 384 and 512 bits",
		Looks:  []Look{{Name: "ssha", Pattern: "(?i)^[{]S?SHA(256|384|512)?[}][A-Za-z0-9+/]+={0,2}$"}},
		Reader: "readLDAP",
		Import: Import{Algorithm: "ldap", Form: Whole},
		Vectors: []Vector{
			{Name: "{SSHA}", Password: correctHorse, Stored: "{SSHA}hTinoKZ7C/Sl9AQyt6/PXy81N8XIycrLzM3Ozw=="},
			{
				Name: "{SSHA256}", Password: correctHorse,
				Stored: "{SSHA256}1i4T/AC58Bv9dyHWXgmOaAZSl4/ZHSVSiiJfHVjSM2LIycrLzM3Ozw==",
			},
			{
				Name: "{SSHA512}", Password: correctHorse,
				Stored: "{SSHA512}l+foK5onOUar0zpbzx3EVKCGsDLquQ8Fdfzam1VniyCsvQUz3r/B530SufcZvgfp1Mvqk2j" +
					"LIthuxs14i/OgI8jJysvMzc7P",
			},
			{Name: "{SHA}", Password: correctHorse, Stored: "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="},
			{Name: "OpenLDAP salted", Stored: "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"},
			{Name: "OpenLDAP", Stored: "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
			{Name: "lower case", Stored: "{ssha512}" + strings.Repeat("Ab0/", 24)},
		},
	},
	{
		Name: "phpass", Title: "phpass, as of WordPress and phpBB",
		Looks:  []Look{{Name: "phpass", Pattern: "^[$][PH][$][./A-Za-z0-9]{31}$"}},
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
		Vectors: []Vector{
			{Name: "WordPress", Stored: "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
		},
	},
	{
		Name: "md5_crypt", Title: "$1$ of crypt(3)",
		Looks:  []Look{{Name: "md5_crypt", Pattern: "^[$]1[$][^$]*[$][./A-Za-z0-9]{22}$"}},
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
		Vectors: []Vector{
			{Name: "crypt(3)", Stored: "$1$rasmusle$rISCgZzpwk3UhDidwXvin0"},
		},
	},
	{
		Name: "sha256_crypt", Title: "$5$ of crypt(3)",
		Looks:  []Look{{Name: "sha256_crypt", Pattern: "^[$]5[$].*[$][./A-Za-z0-9]{43}$"}},
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
		Vectors: []Vector{
			{Name: "crypt(3)", Stored: "$5$rounds=5000$usesomesillystri$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH/Tp.6"},
		},
	},
	{
		Name: "sha512_crypt", Title: "$6$ of crypt(3)",
		Looks:  []Look{{Name: "sha512_crypt", Pattern: "^[$]6[$].*[$][./A-Za-z0-9]{86}$"}},
		Import: Import{Cannot: "Auth0 has no algorithm for it"},
		Vectors: []Vector{
			{Name: "crypt(3)", Stored: "$6$saltstring$" +
				"svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
		},
	},
	// Digests in hexadecimal, alone or with a salt. A salt may be a digest itself: the longer one is taken for the hash.
	{
		Name: "sha512", Title: "SHA-512 in hexadecimal, with a salt or without",
		Looks:  []Look{{Name: "sha512", Pattern: "(?i)^(sha512[$])?([0-9a-f]{128}([:$].+)?|.+[:$][0-9a-f]{128})$"}},
		Reader: "readHex",
		Import: Import{Algorithm: "sha512", Form: Parts},
		Vectors: []Vector{
			{
				Name: "sha512 plain", Password: correctHorse,
				Stored: "56b698defedb5a435b634afe3320bbaf3fdcd920b6c503a446fc7b7a776b298d479d1ba6a8b61780" +
					"8eb0bf579ce9a95d668347bcab7149085ac93cb27995197b",
			},
			{
				Name: "sha512 with a salt like a digest", Password: correctHorse,
				Stored: "abababababababababababababababababababababababababababababababababababababababab" +
					"abababababababababababababababababababababababab:3be9c06168b9eaf7ca71d86c9907da2d0770b159abd7f732a91" +
					"025b8a16343fd3febe9ec09fd39f1f7aeb98be9e7bd4d6d50337ae66755ccb8e5332e3e5577a3",
			},
			{Name: "digits", Stored: strings.Repeat("3d", 64)},
			{Name: "named", Stored: "sha512$" + strings.Repeat("3d", 64)},
			{Name: "digest as salt", Stored: strings.Repeat("2c", 32) + "$" + strings.Repeat("3d", 64)},
		},
	},
	{
		Name: "sha256", Title: "SHA-256 in hexadecimal, with a salt or without",
		Looks: []Look{{
			Name: "sha256", Yields: []string{"sha512"},
			Pattern: "(?i)^(sha256[$])?([0-9a-f]{64}([:$].+)?|.+[:$][0-9a-f]{64})$",
		}},
		Reader: "readHex",
		Import: Import{Algorithm: "sha256", Form: Parts},
		Vectors: []Vector{
			{
				Name: "sha256 plain", Password: correctHorse,
				Stored: "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
			},
			{
				Name: "sha256 hash$salt, salt first", Password: correctHorse,
				Stored: "c82d2c45132f6276034ddb3a8e74f65e5a89d6460eda3247d3ebafc6a07bb33a$s4lt",
			},
			{Name: "digits", Stored: strings.Repeat("2c", 32)},
			{Name: "digest as salt", Stored: strings.Repeat("0a", 16) + ":" + strings.Repeat("2c", 32)},
		},
	},
	{
		Name: "sha1", Title: "SHA-1 in hexadecimal, with a salt or without",
		Looks: []Look{{
			Name: "sha1", Yields: []string{"sha512", "sha256"},
			Pattern: "(?i)^(sha1[$])?([0-9a-f]{40}([:$].+)?|.+[:$][0-9a-f]{40})$",
		}},
		Reader: "readHex",
		Import: Import{Algorithm: "sha1", Form: Parts},
		Vectors: []Vector{
			{Name: "sha1 plain", Password: correctHorse, Stored: "2f9e53523b62abc141a2b4d6019d23cba835dbd0"},
			{
				Name: "sha1 salt:hash, salt first", Password: correctHorse,
				Stored: "s4lt:0d4435dd2dade9a76a31964437d4b8f0681e2ca8",
			},
			{
				Name: "django sha1$salt$hash", Password: correctHorse,
				Stored: "sha1$s4lt$0d4435dd2dade9a76a31964437d4b8f0681e2ca8",
			},
			{Name: "digits", Stored: strings.Repeat("1b", 20)},
			{Name: "digest as salt", Stored: strings.Repeat("1b", 20) + ":" + strings.Repeat("0a", 16)},
		},
	},
	{
		Name: "md5", Title: "MD5 in hexadecimal, with a salt or without",
		Looks: []Look{{
			Name: "md5", Yields: []string{"sha512", "sha256", "sha1"},
			Pattern: "(?i)^(md5[$])?([0-9a-f]{32}([:$].+)?|.+[:$][0-9a-f]{32})$",
		}},
		Reader: "readHex",
		Import: Import{Algorithm: "md5", Form: Parts},
		Vectors: []Vector{
			{Name: "md5 plain", Password: correctHorse, Stored: "3cb4e732631f47e6eb961f34554b7cde"},
			{Name: "md5 upper case", Password: correctHorse, Stored: "3CB4E732631F47E6EB961F34554B7CDE"},
			{Name: "md5 hash:salt, salt last", Password: correctHorse, Stored: "2741137c32ddedeeb868e4484b429679:s4lt"},
			{Name: "digits", Stored: strings.Repeat("0a", 16)},
			{Name: "capitals and salt", Stored: strings.Repeat("0A", 16) + ":salt"},
			{Name: "salt first", Stored: "salt$" + strings.Repeat("0a", 16)},
			{Name: "named", Stored: "md5$salt$" + strings.Repeat("0a", 16)},
		},
	},
}
