// SPDX-License-Identifier: MPL-2.0

package localtenant_test

// madeElsewhere are hashes of the password "Pässword 1": by hashlib of Python 3.11, and
// those of bcrypt, md4 and ripemd160 by PHP 8.2.
var madeElsewhere = []struct {
	name, algorithm string
	members         []any
}{
	{"md5", "md5", []any{
		"hash", object{"value": "b3d4106aa6291d137c356452603002cb", "encoding": "hex"},
	}},
	{"md5, no encoding given, salt in front", "md5", []any{
		"hash", object{"value": "5b86923c6a12439a94e63e6a02f3e78e"},
		"salt", object{"value": "s4lt/+"},
	}},
	{"sha1, salt behind, base64", "sha1", []any{
		"hash", object{"value": "FZBvHbCnuE0hBO8vSftjzmfuJZw=", "encoding": "base64"},
		"salt", object{"value": "73346c742f2b", "encoding": "hex", "position": "suffix"},
	}},
	{"sha256 of utf16le", "sha256", []any{
		"hash", object{"value": "f7f5bb418a500083b6a711e1d7e336f0ef3276fbe2b8fe5b7ae0f3343c392293", "encoding": "hex"},
		"password", object{"encoding": "utf16le"},
	}},
	{"sha512 of latin1", "sha512", []any{
		"hash", object{"value": "d529a8f14adc34e3f0caccedc4a0cd76325a8eb0d2b00ca56418b44489909dd60e1b388f971f384c85edafa046286f4432eac7251adb4b22da33ef09cb24ba17", "encoding": "hex"},
		"password", object{"encoding": "latin1"},
	}},
	{"sha512, salt in base64", "sha512", []any{
		"hash", object{"value": "dc2c93bf085913ad293cd7172bd8f91f555be45f652a7392d04d43df538d44f0a5abd3f4bff8a23a1c99d0ee64849867efa49abecec6ff0d2b9587bcf3ade299", "encoding": "hex"},
		"salt", object{"value": "czRsdC8r", "encoding": "base64", "position": "prefix"},
	}},
	{"hmac of sha256", "hmac", []any{
		"hash", object{"value": "74df63c752c854f43c727f87c50e045334197643a5699a97d3f9f58ac1288a17", "encoding": "hex", "digest": "sha256", "key": object{"value": "6b0079", "encoding": "hex"}},
	}},
	{"hmac of sha512 with a salt", "hmac", []any{
		"hash", object{"value": "LlrQOmMgBwkB1MDCLAsALiBwEnJ5HYi1ClDySAPNDqmu73vLuky7rMTFuvvLc7pymV5qGUdWPGOyRloO3R3+dQ==", "encoding": "base64", "digest": "sha512", "key": object{"value": "key"}},
		"salt", object{"value": "s4lt/+"},
	}},
	{"hmac of ripemd160", "hmac", []any{
		"hash", object{"value": "fa7f15a1c4fff23d2cd57989cef4762f47f26d35", "encoding": "hex", "digest": "ripemd160", "key": object{"value": "key"}},
		"salt", object{"value": "s4lt/+"},
	}},
	{"pbkdf2 of sha512", "pbkdf2", []any{
		"hash", object{"value": "$pbkdf2-sha512$i=1000,l=32$czRsdC8r$9lXdurcklbFzdd1Wdjq54PWKWxYBWn2xhzbVaS9ffgU", "encoding": "utf8"},
	}},
	{"pbkdf2 without parameters", "pbkdf2", []any{
		"hash", object{"value": "$pbkdf2-sha256$czRsdC8r$Z4f6jW2Gwy2kMdfFGrcB1jtKULS0N1GnTJ+qNjLK/N0fXGkcDRzM/vx1QJRNqVBZsHRfBp+CnW6LPW0pfOwl0Q"},
	}},
	{"scrypt", "scrypt", []any{
		"hash", object{"value": "8497d338990b27e29cd33b78ab8d2c50746acb4a54adaa3a5623160b229a0ebb3e9036c078c29f8a5a2c19d45ce385e3", "encoding": "hex"},
		"salt", object{"value": "s4lt/+"},
		"keylen", 48,
	}},
	{"scrypt of other costs", "scrypt", []any{
		"hash", object{"value": "cXSYNCoDZ8qkNAmIUZxRcVTnlMB75CyOsNOGiMiC334=", "encoding": "base64"},
		"salt", object{"value": "73346c742f2b", "encoding": "hex"},
		"keylen", 32,
		"cost", 1024,
		"blockSize", 4,
		"parallelization", 2,
	}},
	{"ldap SSHA512", "ldap", []any{
		"hash", object{"value": "{SSHA512}upc3C3XLDaExHO30UXkWCHNtGuG7xieZZcF4+7nJKHkJhKT4ZdhwFFgHNQRp55ioWzu8XbGYMq2Jp6LhLPJ/ZXM0bHQvKw=="},
	}},
	{"ldap SMD5", "ldap", []any{
		"hash", object{"value": "{SMD5}Pa4JWKtUCkmVGNuRFOZrHHM0bHQvKw=="},
	}},
	{"ldap SHA", "ldap", []any{
		"hash", object{"value": "{SHA}77NOWbehhAP03e6t434Yc9H9Uv4="},
	}},
	{"md4 of ucs2", "md4", []any{
		"hash", object{"value": "ee3a14e7c2ebf664151408ce5eac64fb", "encoding": "hex"},
		"password", object{"encoding": "ucs2"},
	}},
	{"bcrypt 2y with a salt", "bcrypt", []any{
		"hash", object{"value": "$2y$05$gURrj/4lrAf9S/Ld8Miy2ujGTJESHuYGlAa2gzgyCdAvj5Bxvtn4e", "encoding": "utf8"},
		"salt", object{"value": "s4lt/+"},
	}},
}
