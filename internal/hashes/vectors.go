// SPDX-License-Identifier: MPL-2.0

package hashes

import "strings"

// vectors are stored values by the name of their format. Where By is empty the value is made up: what it looks like is
// known, and no password.
var vectors = map[string][]Vector{
	"argon2": {
		{
			Name:   "argon2id",
			Stored: "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
		},
		{
			Name: "PHP argon2id", By: "PHP 8.2.36",
			Password: correctHorse,
			Stored:   "$argon2id$v=19$m=1024,t=2,p=1$QmY1QTRzcG5OenVuNWdnQw$YejzFGsxN3agywiXci/Okn0SRmpCgBCu8KPjA06pPiM",
		},
		{
			Name: "PHP argon2id unicode", By: "PHP 8.2.36",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$argon2id$v=19$m=1024,t=2,p=1$UEVyOThHL1hCdGN0U2d6Sw$R0L1Sa+FcgjmEqQ0AQ7XXMuol869fa+JB95ASR8Ng8g",
		},
		{
			Name: "PHP argon2id 72", By: "PHP 8.2.36",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "$argon2id$v=19$m=1024,t=2,p=1$SUZaQ0JybVRVMTlBSDhtNw$1aocQLLRiic/5YIfbRCfYQghdUonipMROUsWmK53Kk0",
		},
		{
			Name: "PHP argon2id long", By: "PHP 8.2.36",
			Password: strings.Repeat("ab", 5000),
			Stored:   "$argon2id$v=19$m=1024,t=2,p=1$SGVEcktmSXJ5eWhsaU5SRA$XSLajiLNpHnlaBqUSAkTgAGxweAPmZ2mx1Cy31v4RlQ",
		},
		{
			Name: "Django argon2", By: "Django 3.2.25",
			Password: correctHorse,
			Stored:   "argon2$argon2id$v=19$m=1024,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$3vsoSAnoDiqPsj0hUyroqQ",
		},
		{
			Name: "D", By: "argon2-cffi 21.1.0",
			Password: correctHorse,
			Stored:   "$argon2d$v=19$m=1024,t=2,p=4$yEAHc5MaD57xjFoKgUAZtw$TgsEGOCfIQKsUaPnmM5sqKsgq5HiV0STP9Xki2b3380",
		},
		{
			Name: "I", By: "argon2-cffi 21.1.0",
			Password: correctHorse,
			Stored:   "$argon2i$v=19$m=1024,t=2,p=4$UAWdRXDN/Uf+/dvX9kwu2Q$ykWnGtw3ZUyTV5FTPDZGuPU7jgQvkuau4AnU0v+IsF4",
		},
		{
			Name: "ID", By: "argon2-cffi 21.1.0",
			Password: correctHorse,
			Stored:   "$argon2id$v=19$m=1024,t=2,p=4$PH7N95lxAKAjfonNcNvLiw$uAsJtAX126CL3fIsswvGJWMAU7Fq0FyA6gqsT/F54PQ",
		},
		{
			Name: "version 16", By: "argon2-cffi 21.1.0",
			Password: correctHorse,
			Stored:   "$argon2i$v=16$m=512,t=3,p=2$c29tZXNhbHRzb21lc2FsdA$lWTFJ4u5CkoKvMnsyDXI4TxU/98D39l0",
		},
		{
			Name: "long key", By: "argon2-cffi 21.1.0",
			Password: correctHorse,
			Stored: "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$2EoGz869ebw6PPOOaIVz4pfiKcu65wIKRGxknRghS/Cn" +
				"X0XrmfqYh8mZtpdB2VZDSyYInByIkDvLcj2QsUCNqs/kFn2IA2qoykVJdH2e0ldkbt0n2oxkA/nQhjWWBkRKwvnJ8A",
		},
		{
			Name: "Nextcloud", By: "PHP 8.2.36",
			Password: correctHorse,
			Stored:   "3|$argon2id$v=19$m=1024,t=2,p=1$a212SUw4VldiS0RKT1V4aA$KuvL8yKvLJzDKg3m4Fc6AaO6wHQhiNfzGvwDwTObFH4",
		},
		{
			Name: "1 GB", TooDear: true,
			Stored: "$argon2id$v=19$m=1048576,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
		{
			Name: "10,000 passes", TooDear: true,
			Stored: "$argon2id$v=19$m=65536,t=10000,p=4$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	},
	"bcrypt": {
		{
			Name: "2a", Look: "bcrypt_2a",
			Stored: "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		},
		{
			Name: "2b of 12 rounds", Look: "bcrypt_2b",
			Stored: "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
		{
			Name: "2b of 4 rounds", Look: "bcrypt_2b",
			Stored: "$2b$04$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
		{
			Name: "2b of 17 rounds", Look: "bcrypt_2b", TooDear: true,
			Stored: "$2b$17$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
		{
			Name: "2y of 30 rounds", Look: "bcrypt_2y", TooDear: true,
			Stored: "$2y$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
		{
			Name: "2y of PHP", Look: "bcrypt_2y",
			Stored: "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		},
		{
			Name: "2y of PHP", By: "PHP 8.2.36", Look: "bcrypt_2y",
			Password: correctHorse,
			Stored:   "$2y$04$3FGw8D2ObiCIx2xtM3GGPen.xTdHvLyhSG2zerXQOqmIt86rteQtO",
		},
		{
			Name: "2y of PHP unicode", By: "PHP 8.2.36", Look: "bcrypt_2y",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$2y$04$RwHLlTQ8SMyzyVhdE28AT.6GefU9d8pylLIoF7qLMfcDAa609n5/q",
		},
		{
			Name: "2y of PHP 72", By: "PHP 8.2.36", Look: "bcrypt_2y",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "$2y$04$jp6oBmZCENp/KKSFT343quXUZ9ze.ayJrOq5lgJLzaKM1JifpTJRW",
		},
		{
			Name: "2y of PHP long", By: "PHP 8.2.36", Look: "bcrypt_2y",
			Password: strings.Repeat("ab", 5000),
			Stored:   "$2y$04$//oky9NudELLxo6.aOPJZuNkccaAd.ZeAf5x/PoBS2xiX83gM3cF2",
		},
	},
	"django_pbkdf2": {
		{
			Name: "django pbkdf2_sha256", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=",
		},
		{
			Name: "django pbkdf2_sha1", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=",
		},
		{
			Name: "django of 260000 rounds", By: "Python hashlib",
			Stored: "pbkdf2_sha256$260000$abcdefghij$9Jx8OqYyJjX0fT9bJcZsZq2Yq0oQxVfE3m8b3q1Vb2E=",
		},
		{
			Name: "sha256", By: "Django 3.2.25",
			Password: correctHorse,
			Stored:   "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=",
		},
		{
			Name: "sha256 unicode", By: "Django 3.2.25",
			Password: "pässwörd 密碼 🐎",
			Stored:   "pbkdf2_sha256$1000$seasalt$4GL8w7HqeNAo4Wqj41pk2JoDnx/M/illBuhOWmKxBj8=",
		},
		{
			Name: "sha256 72", By: "Django 3.2.25",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "pbkdf2_sha256$1000$seasalt$l2JcWgjFSHIVP/80BDujJM7893sZTUtIvH5DGyZaxFM=",
		},
		{
			Name: "sha256 long", By: "Django 3.2.25",
			Password: strings.Repeat("ab", 5000),
			Stored:   "pbkdf2_sha256$1000$seasalt$X2uv8le3tB1yFrQTf9HARTwmvXp3M+cQ7LhxvQ53+wY=",
		},
		{
			Name: "sha1", By: "Django 3.2.25",
			Password: correctHorse,
			Stored:   "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=",
		},
		{
			Name: "10 million rounds", TooDear: true,
			Stored: "pbkdf2_sha256$10000000$seasalt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		},
	},
	"md5": {
		{
			Name: "md5 plain", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "3cb4e732631f47e6eb961f34554b7cde",
		},
		{
			Name: "md5 upper case", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "3CB4E732631F47E6EB961F34554B7CDE",
		},
		{
			Name: "md5 hash:salt, salt last", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "2741137c32ddedeeb868e4484b429679:s4lt",
		},
		{
			Name:   "digits",
			Stored: "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
		},
		{
			Name:   "capitals and salt",
			Stored: "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A:salt",
		},
		{
			Name:   "salt first",
			Stored: "salt$0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
		},
		{
			Name:   "named",
			Stored: "md5$salt$0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
		},
	},
	"crypt": {
		{
			Name: "crypt(3)", Look: "md5_crypt",
			Stored: "$1$rasmusle$rISCgZzpwk3UhDidwXvin0",
		},
		{
			Name: "crypt(3)", Look: "sha256_crypt",
			Stored: "$5$rounds=5000$usesomesillystri$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH/Tp.6",
		},
		{
			Name: "crypt(3)", Look: "sha512_crypt",
			Stored: "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
		},
		{
			Name: "sha512_crypt", By: "passlib 1.7.4", Look: "sha512_crypt",
			Password: correctHorse,
			Stored: "$6$rounds=1000$8cttgQal4FYPJTLv$.jktZ6xLPKbuy3X/ejyic4qXMf2.i3hMnsNnW2FGOYfV0I3DV6zyemQXQz7aIP/" +
				"o6zZ/ak4AjfqyxjuSotVEQ.",
		},
		{
			Name: "crypt(3) 5", By: "PHP 8.2.36", Look: "sha256_crypt",
			Password: correctHorse,
			Stored:   "$5$rounds=1005$saltstring$LVe52TW22rhNkgEEO.xwlQ08Bke23BzDLz0WsXSmLt.",
		},
		{
			Name: "md5_crypt", By: "passlib 1.7.4", Look: "md5_crypt",
			Password: correctHorse,
			Stored:   "$1$a4xbM8zk$kR2njKSjA4.0Rt6Fve3Ca1",
		},
		{
			Name: "sha512_crypt unicode", By: "passlib 1.7.4", Look: "sha512_crypt",
			Password: "pässwörd 密碼 🐎",
			Stored: "$6$rounds=1000$7wCFXs/e2KrMnoAG$8bDv99iGHLe5xt7dUPfHo0EC2yeLjnflCJLdpPGOcxacjBcuJLsM.AQwaPhgUJf" +
				"49dviPFDQTqU8wxXSaquvQ.",
		},
		{
			Name: "crypt(3) 5 unicode", By: "PHP 8.2.36", Look: "sha256_crypt",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$5$rounds=1005$saltstring$1pri74JseQUcE4r.m5rC5o/S2cBZ.txZtoMEYG.0Z01",
		},
		{
			Name: "md5_crypt unicode", By: "passlib 1.7.4", Look: "md5_crypt",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$1$M5.7ddCr$fhsPipzYrW0RzFVDIZyr81",
		},
		{
			Name: "sha512_crypt 72", By: "passlib 1.7.4", Look: "sha512_crypt",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored: "$6$rounds=1000$luJFBMB9itqvnilE$5ossHHrZl6qhe.9X9cW..OSmiGU4DxmQZneOkn0lRm/71El/N7CZsnJR4cNE2SF" +
				"qkT3PgphL9YBgmYIwaylfJ.",
		},
		{
			Name: "crypt(3) 5 72", By: "PHP 8.2.36", Look: "sha256_crypt",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "$5$rounds=1005$saltstring$b65M860SkjMJNIE/EfvnfskfsX.EBa2o9mB3f1dDgb/",
		},
		{
			Name: "md5_crypt 72", By: "passlib 1.7.4", Look: "md5_crypt",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "$1$lf4jp.nR$YvxgwFSX/W0g8oqTugZGd/",
		},
		{
			Name: "sha256_crypt 5000", By: "passlib 1.7.4", Look: "sha256_crypt",
			Password: correctHorse,
			Stored:   "$5$6VvGLlF1XJLBQlEW$HKWYMiAI72SzRxOIcrrpcQRyVci228nKm/iRWejVHr2",
		},
		{
			Name: "apr1", By: "passlib 1.7.4", Look: "md5_crypt",
			Password: correctHorse,
			Stored:   "$apr1$DfRRDA9C$yEULQovbMCj511X.rCpfE/",
		},
		{
			Name: "$5$, 10 million rounds", Look: "sha256_crypt", TooDear: true,
			Stored: "$5$rounds=10000000$saltstring$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		},
		{
			Name: "$6$, a billion rounds", Look: "sha512_crypt", TooDear: true,
			Stored: "$6$rounds=999999999$saltstring$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" +
				"aaaaaaaaaaaaaaaaaaaaaa",
		},
	},
	"pbkdf2": {
		{
			Name: "PHC pbkdf2-sha512", By: "Python hashlib",
			Password: correctHorse,
			Stored: "$pbkdf2-sha512$i=1000,l=64$yMnKy8zNzs/Q0dLT1NXW1w$4xPvOlNzcf4w83OeXLs00cDMTZ/Jcuh8hwgCDBR1y9KhN" +
				"dPKjKCw1sE1hBb/KcVzJbfBhesdf0dIDnsHZEmvjw",
		},
		{
			Name: "PHC pbkdf2-sha256 padded", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "$pbkdf2-sha256$i=1000$yMnKy8zNzs/Q0dLT1NXW1w==$TwRueOdCB6KCbpfU0/4XAabBqcM+xth4i3zmIlph9+Q=",
		},
		{
			Name:   "without a digest",
			Stored: "$pbkdf2$i=1000,l=20$c2FsdA$bibRt3fcTmkRiCjfbGXj6Ry5KOg",
		},
		{
			Name: "10 million rounds", TooDear: true,
			Stored: "$pbkdf2-sha512$i=10000000,l=64$yMnKy8zNzs/Q0dLT1NXW1w$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
				"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	},
	"passlib_pbkdf2": {
		{
			Name: "passlib pbkdf2_sha256", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "$pbkdf2-sha256$1000$yMnKy8zNzs/Q0dLT1NXW1w$TwRueOdCB6KCbpfU0/4XAabBqcM.xth4i3zmIlph9.Q",
		},
		{
			Name: "passlib pbkdf2 sha1", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "$pbkdf2$1000$yMnKy8zNzs/Q0dLT1NXW1w$zUsdkDhLT5OD/dmWT/xuh/Z9uCs",
		},
		{
			Name:   "passlib",
			Stored: "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
		},
		{
			Name: "passlib sha512", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored: "$pbkdf2-sha512$1000$17rX.h9D6F2r9T5nzHlPiQ$tCpwB3IMymLZfflOu.DIgBQXd4.MQ3yDl/poLHMA50pLe5S.3zET" +
				"4Sr/RKLZzqDDY7/xX88wScnliH/YGwSjcQ",
		},
		{
			Name: "passlib sha512 unicode", By: "passlib 1.7.4",
			Password: "pässwörd 密碼 🐎",
			Stored: "$pbkdf2-sha512$1000$AQAAgFAqRahVSgmh9P7//w$N4d0hNCTGZa1Luzlbxs6QUBJJER05q0avnKktkIkFLJ2N6KyRNhg" +
				"E5WI9fabaXZXUtTi0TcjUmrOb5JHPqoZFQ",
		},
		{
			Name: "passlib sha512 72", By: "passlib 1.7.4",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored: "$pbkdf2-sha512$1000$77137r0Xwtg7h7A2JqTUug$enCRbjmtxDAW0U3BYAezogDhfTAkLiOWl.zbOeQfuBxMS8N9KWQU" +
				"8DVmRFW7.SMdOoYvOWQYpDKdhxgiW7XIEw",
		},
		{
			Name: "10 million rounds", TooDear: true,
			Stored: "$pbkdf2-sha512$10000000$yMnKy8zNzs/Q0dLT1NXW1w$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
				"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	},
	"phpass": {
		{
			Name:   "WordPress",
			Stored: "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
		},
		{
			Name: "phpass", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored:   "$P$51lYdDzbigV6B.RDnIN0vdbCS2Yq491",
		},
		{
			Name: "phpass unicode", By: "passlib 1.7.4",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$P$5TaF3t6SgjepfCzpgR8oBuO8v123gH0",
		},
		{
			Name: "phpass 72", By: "passlib 1.7.4",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "$P$5YT3WHyhWlwR9L4wVlumW4eaNAR30V/",
		},
		{
			Name: "Drupal", By: "PHP 8.2.36", Look: "drupal7",
			Password: correctHorse,
			Stored:   "$S$5abcdefgh1a6.dJ1tZevY/pNVmJUHlSdP27BmV.aAOg3VVmpNGRj",
		},
		{
			Name: "Drupal U", By: "PHP 8.2.36", Look: "drupal7",
			Password: correctHorse,
			Stored:   "U$S$5abcdefghoUspUYINXtkU89m8uN5ZrbHkoMTv1maJSfKcSDdOiWO",
		},
		{
			Name: "2 to the power of 30", TooDear: true,
			Stored: "$P$SIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
		},
		{
			Name: "Drupal, 2 to the power of 30", Look: "drupal7", TooDear: true,
			Stored: "$S$Saaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		},
	},
	"scrypt": {
		{
			Name: "scrypt", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "$scrypt$ln=10,r=8,p=1$yMnKy8zNzs/Q0dLT1NXW1w$SDfo5Vh4WOI0Gj2oah2O18JMdph5SFveKhdeD9EYzg0",
		},
		{
			Name: "scrypt p=2", By: "Python hashlib",
			Password: correctHorse,
			Stored: "$scrypt$ln=8,r=4,p=2$yMnKy8zNzs/Q0dLT1NXW1w$IPkdicFsLNLKfVg0s9RAuyzgRAUmANEIEyimZO06z4f629w9V3a" +
				"iDnyRyiplDSgeJOREwD+mc1jASY2q2XULIQ",
		},
		{
			Name:   "passlib",
			Stored: "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
		},
		{
			Name: "passlib", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored:   "$scrypt$ln=8,r=8,p=1$A+D8Xysl5Lw3pvTeW+t9rw$dvNUAhJoIBZAWbOsmIMxUpKD1dXaSxlHC+fIfYmLN3M",
		},
		{
			Name: "passlib unicode", By: "passlib 1.7.4",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$scrypt$ln=8,r=8,p=1$BODcW0tpDQHg/N/7v1fKuQ$XI/NrwdmV23nmodErs6Yj2F7BjksrC4E8EFLseey2XM",
		},
		{
			Name: "passlib 72", By: "passlib 1.7.4",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "$scrypt$ln=8,r=8,p=1$gbB2zpkTQmgtBaC0tpbS+g$rE2adOdJWCX7NSOjT1KOvKx8K3kb+q3Zwtgt1GbRkto",
		},
		{
			Name: "1 GB", TooDear: true,
			Stored: "$scrypt$ln=20,r=8,p=1$yMnKy8zNzs/Q0dLT1NXW1w$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
		{
			Name: "many at once", TooDear: true,
			Stored: "$scrypt$ln=17,r=8,p=64$yMnKy8zNzs/Q0dLT1NXW1w$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	},
	"sha1": {
		{
			Name: "sha1 plain", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "2f9e53523b62abc141a2b4d6019d23cba835dbd0",
		},
		{
			Name: "sha1 salt:hash, salt first", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "s4lt:0d4435dd2dade9a76a31964437d4b8f0681e2ca8",
		},
		{
			Name: "django sha1$salt$hash", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "sha1$s4lt$0d4435dd2dade9a76a31964437d4b8f0681e2ca8",
		},
		{
			Name:   "digits",
			Stored: "1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b",
		},
		{
			Name:   "digest as salt",
			Stored: "1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
		},
		{
			Name: "salt in another column", By: "PHP 8.2.36", Salt: "s4lt",
			Password: "pässwörd 密碼 🐎",
			Stored:   "f83f4224737277ca8ee509b7cc5ac0a6a3ec8525",
		},
	},
}
