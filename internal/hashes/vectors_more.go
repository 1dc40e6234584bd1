// SPDX-License-Identifier: MPL-2.0

package hashes

import "strings"

// moreVectors are those of the formats that vectors does not have.
var moreVectors = map[string][]Vector{
	"sha256": {
		{
			Name: "sha256 plain", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
		},
		{
			Name: "sha256 hash$salt, salt first", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "c82d2c45132f6276034ddb3a8e74f65e5a89d6460eda3247d3ebafc6a07bb33a$s4lt",
		},
		{
			Name:   "digits",
			Stored: "2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c",
		},
		{
			Name:   "digest as salt",
			Stored: "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a:2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c",
		},
		{
			Name: "salt in another column", By: "PHP 8.2.36", Salt: "s4lt",
			Password: correctHorse,
			Stored:   "c82d2c45132f6276034ddb3a8e74f65e5a89d6460eda3247d3ebafc6a07bb33a",
		},
	},
	"sha512": {
		{
			Name: "sha512 plain", By: "Python hashlib",
			Password: correctHorse,
			Stored: "56b698defedb5a435b634afe3320bbaf3fdcd920b6c503a446fc7b7a776b298d479d1ba6a8b617808eb0bf579ce9a95" +
				"d668347bcab7149085ac93cb27995197b",
		},
		{
			Name: "sha512 with a salt like a digest", By: "Python hashlib",
			Password: correctHorse,
			Stored: "abababababababababababababababababababababababababababababababababababababababababababababababa" +
				"babababababababababababababababab:3be9c06168b9eaf7ca71d86c9907da2d0770b159abd7f732a91025b8a1634" +
				"3fd3febe9ec09fd39f1f7aeb98be9e7bd4d6d50337ae66755ccb8e5332e3e5577a3",
		},
		{
			Name: "digits",
			Stored: "3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3" +
				"d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d",
		},
		{
			Name: "named",
			Stored: "sha512$3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d" +
				"3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d",
		},
		{
			Name: "digest as salt",
			Stored: "2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c$3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d" +
				"3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d",
		},
	},
	"ssha": {
		{
			Name: "{SSHA}", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "{SSHA}hTinoKZ7C/Sl9AQyt6/PXy81N8XIycrLzM3Ozw==",
		},
		{
			Name: "{SSHA256}", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "{SSHA256}1i4T/AC58Bv9dyHWXgmOaAZSl4/ZHSVSiiJfHVjSM2LIycrLzM3Ozw==",
		},
		{
			Name: "{SSHA512}", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "{SSHA512}l+foK5onOUar0zpbzx3EVKCGsDLquQ8Fdfzam1VniyCsvQUz3r/B530SufcZvgfp1Mvqk2jLIthuxs14i/OgI8jJysvMzc7P",
		},
		{
			Name: "{SHA}", By: "Python hashlib",
			Password: correctHorse,
			Stored:   "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
		},
		{
			Name:   "OpenLDAP salted",
			Stored: "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr",
		},
		{
			Name:   "OpenLDAP",
			Stored: "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
		},
		{
			Name:   "lower case",
			Stored: "{ssha512}Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/Ab0/",
		},
		{
			Name: "{SMD5}", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored:   "{SMD5}0gvjFDJx+6ccGk/6IbXUa18LASA=",
		},
		{
			Name: "{MD5}", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored:   "{MD5}PLTnMmMfR+brlh80VUt83g==",
		},
	},
	"werkzeug": {
		{
			Name: "pbkdf2", By: "Werkzeug 2.2.2",
			Password: correctHorse,
			Stored:   "pbkdf2:sha256:1000$Z8xVceRemoJtt6VV$51203caedc9060c5c62499abf8c23c5a4df6d982a6295ebc07466c866725304b",
		},
		{
			Name: "pbkdf2 unicode", By: "Werkzeug 2.2.2",
			Password: "pässwörd 密碼 🐎",
			Stored:   "pbkdf2:sha256:1000$WXnQ4qTTIoyjIa0c$592faf2adc41e53212e80dbdb8948e5e8bad70ee510e4f96f600c3ad45ce0750",
		},
		{
			Name: "pbkdf2 72", By: "Werkzeug 2.2.2",
			Password: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567",
			Stored:   "pbkdf2:sha256:1000$8PKExLCxv64VzQ7k$083866ee5e7ecd4ade6c97c8901b78c4229b757f3b039cdf7d04cdfbc8cc04d4",
		},
		{
			Name: "pbkdf2 long", By: "Werkzeug 2.2.2",
			Password: strings.Repeat("ab", 5000),
			Stored:   "pbkdf2:sha256:1000$FzqfEEfA9spT21r9$53b0a90d697f7e4f415eb223ecae613b469f0b27f3c579c3feccad71a6be6158",
		},
		{
			Name: "pbkdf2 sha512", By: "Werkzeug 2.2.2",
			Password: correctHorse,
			Stored: "pbkdf2:sha512:1000$MPXlSntsB087erFX$bae33f0cb2b99f6e6b911d6db08d2a12b372af147482b97816c390d5f71" +
				"be4efa1531468f47ac090ddcfbeedcc3b6620d2c785234d469348bbb2674171547e30",
		},
		{
			Name: "scrypt", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored: "scrypt:1024:8:1$S4ltS4ltS4ltS4lt$6c4bd8a21a982cd52313481ef728ee55fe8f0af86d5fc963912b41ee98228f" +
				"06b618f5dffd9f3cff0c4a97da10a2d775131ab2118b5b4e4272e6686f1c41291b",
		},
		{
			Name: "10 million rounds", TooDear: true,
			Stored: "pbkdf2:sha256:10000000$seasalt$abababababababababababababababababababababababababababababababab",
		},
		{
			Name: "scrypt of 1 GB", TooDear: true,
			Stored: "scrypt:1048576:8:1$seasalt$abababababababababababababababababababababababababababababababababab" +
				"abababababababababababababababababababababababababababababab",
		},
	},
	"django_bcrypt": {
		{
			Name: "Django bcrypt", By: "Django 3.2.25",
			Password: correctHorse,
			Stored:   "bcrypt$$2b$04$Orf3XNv.WhS4NmSopQfcg.Xwl5k7fER/EpE3PNmKpexqqCuRHl0D2",
		},
		{
			Name: "30 rounds", TooDear: true,
			Stored: "bcrypt$$2y$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"spring_bcrypt": {
		{
			Name: "Spring", By: "bcrypt 3.2.2 for Python",
			Password: correctHorse,
			Stored:   "{bcrypt}$2a$04$z0Q2sz/qCI2tb9BJ56fKy.CyuEXw5LBVlmiv/PqZtEkTjmZdtUOz6",
		},
		{
			Name: "30 rounds", TooDear: true,
			Stored: "{bcrypt}$2y$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"nextcloud_bcrypt": {
		{
			Name: "Nextcloud", By: "PHP 8.2.36",
			Password: correctHorse,
			Stored:   "1|$2y$04$UrYBg4OSaeL5WCk2M6xIuu3xcInP179IsPsqJTa153TbdoFKopQDW",
		},
		{
			Name: "30 rounds", TooDear: true,
			Stored: "1|$2y$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"bcrypt_sha256": {
		{
			Name: "Django", By: "Django 3.2.25",
			Password: correctHorse,
			Stored:   "bcrypt_sha256$$2b$04$vI6tv7doijfjYS7.CsabMeMIXz1nIZUpzmzOS1H3vvwwCdz5nS5JC",
		},
		{
			Name: "Django unicode", By: "Django 3.2.25",
			Password: "pässwörd 密碼 🐎",
			Stored:   "bcrypt_sha256$$2b$04$9fS2BfhHp7x/z3S3uX/AdeVwEi1kJIb.Og4LapyFdJu5kFjFo0ASu",
		},
		{
			Name: "Django long", By: "Django 3.2.25",
			Password: strings.Repeat("ab", 5000),
			Stored:   "bcrypt_sha256$$2b$04$au26u6QdqpOsL35ispC0rO1EOen0fNgvuN1DJqx75hRUOuHkKOSiO",
		},
		{
			Name: "passlib", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored:   "$bcrypt-sha256$v=2,t=2b,r=4$RW5LjeVy8P7iTib42AvUtO$eFJI2QNKbElBN.18d2wxmeF3P/7Td6C",
		},
		{
			Name: "passlib 1", By: "passlib 1.7.4",
			Password: correctHorse,
			Stored:   "$bcrypt-sha256$2b,4$vkS4PaqPh80BHznm/pLup.$GQJ6HfNe.LJqjIDn3TIt0jGSh/UdBfq",
		},
		{
			Name: "30 rounds", TooDear: true,
			Stored: "bcrypt_sha256$$2y$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"wordpress": {
		{
			Name: "WordPress", By: "PHP 8.2.36",
			Password: correctHorse,
			Stored:   "$wp$2y$04$qLYPMRGKr9LYol81kxOerO7n6E7gQzZMn0xnXfdaIg2gCKDIqKQVe",
		},
		{
			Name: "WordPress unicode", By: "PHP 8.2.36",
			Password: "pässwörd 密碼 🐎",
			Stored:   "$wp$2y$04$UcCwHxGPBXfGgd1.nlArCuKDWxmXOU86aSfHsrBpH7bW7df1Ckw5C",
		},
		{
			Name: "WordPress long", By: "PHP 8.2.36",
			Password: strings.Repeat("ab", 5000),
			Stored:   "$wp$2y$04$IcEiPfShPbMbkEjC7V.dkOIgdKqEgbCJ/xnny9vW.PEjbjg7.v1j2",
		},
		{
			Name: "WordPress trimmed", By: "PHP 8.2.36",
			Password: " spaces ",
			Stored:   "$wp$2y$04$.t1MOFTvBulnFyC/NYCW7eCnTgKhl1QlaSjuKp7FAiFumwm1busrS",
		},
		{
			Name: "30 rounds", TooDear: true,
			Stored: "$wp$2y$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"bcrypt_pepper": {
		{
			Name: "Devise", By: "bcrypt 3.2.2 for Python", Look: "bcrypt_2a",
			Key:      "0123pepper4567",
			Password: correctHorse,
			Stored:   "$2a$04$xDaN.BgYzwhK/Bg2HIQnheRXhpMfaQAGTnbGXutSDLS7g6b95xely",
		},
		{
			Name: "30 rounds", Look: "bcrypt_2b", TooDear: true, Salt: "7d3b1d1c-salt",
			Key:    "0123pepper4567",
			Stored: "$2b$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"bcrypt_salted": {
		{
			Name: "Metabase", By: "bcrypt 3.2.2 for Python", Look: "bcrypt_2a", Salt: "7d3b1d1c-salt",
			Password: correctHorse,
			Stored:   "$2a$04$ZttDYKK1o2zvQro8fGF2Eu/0STO2e4gWIRaIVDp3S9ZC4Q88uY.IO",
		},
		{
			Name: "30 rounds", Look: "bcrypt_2b", TooDear: true, Salt: "7d3b1d1c-salt",
			Key:    "0123pepper4567",
			Stored: "$2b$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"bcrypt_of_sha256": {
		{
			Name: "Meteor", By: "bcrypt 3.2.2 for Python", Look: "bcrypt_2b",
			Password: correctHorse,
			Stored:   "$2b$04$xHi2m2hnE53Jz8ZU.PhSh.B7Mp0934XxYKUfA8hmw2C3kMIU.z2d6",
		},
		{
			Name: "30 rounds", Look: "bcrypt_2b", TooDear: true, Salt: "7d3b1d1c-salt",
			Key:    "0123pepper4567",
			Stored: "$2b$30$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
		},
	},
	"mattermost": {
		{
			Name: "Mattermost", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored:   "$pbkdf2$f=SHA256,w=1000,l=32$AAECAwQFBgcICQoLDA0ODw$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ",
		},
		{
			Name: "10 million rounds", TooDear: true,
			Stored: "$pbkdf2$f=SHA256,w=10000000,l=32$yMnKy8zNzs/Q0dLT1NXW1w$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	},
	"aspnet_identity": {
		{
			Name: "v3", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored:   "AQAAAAEAAAPoAAAAEMjJysvMzc7P0NHS09TV1tdPBG5450IHooJul9TT/hcBpsGpwz7G2HiLfOYiWmH35A==",
		},
		{
			Name: "v3 sha512", By: "Python 3.11 hashlib",
			Password: "pässwörd 密碼 🐎",
			Stored:   "AQAAAAIAAAPoAAAAEMjJysvMzc7P0NHS09TV1td9lTgOsnoB17XF+QXPR2S90bO/NsBx3Q3VH2g2kwcd/Q==",
		},
		{
			Name: "v2", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored:   "AMjJysvMzc7P0NHS09TV1tfNSx2QOEtPk4P92ZZP/G6H9n24K3/VFC1kqERE6IgFvQ==",
		},
		{
			Name: "4 billion rounds", TooDear: true,
			Stored: "AQAAAAL/////AAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
		},
	},
	"aspnet_membership": {
		{
			Name: "SqlMembership", By: "Python 3.11 hashlib", Look: "base64_digest", Salt: "yMnKy8zNzs/Q0dLT1NXW1w==",
			Password: "pässwörd 密碼 🐎",
			Stored:   "A5ic/bxIXwZJyilgApvJfdZ6ohg=",
		},
		{
			Name: "Universal Providers", By: "Python 3.11 hashlib", Look: "base64_digest", Salt: "yMnKy8zNzs/Q0dLT1NXW1w==",
			Password: correctHorse,
			Stored:   "3hnKBKqrHlZfstSwUQquH43J3/s/CiT10txgvU7pnFI=",
		},
	},
	"django_scrypt": {
		{
			Name: "Django", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored: "scrypt$1024$S4ltS4ltS4ltS4lt$8$1$bEvYohqYLNUjE0ge9yjuVf6PCvhtX8ljkStB7pgijwa2GPXf/Z88/wxKl9oQot" +
				"d1ExqyEYtbTkJy5mhvHEEpGw==",
		},
		{
			Name: "1 GB", TooDear: true,
			Stored: "scrypt$1048576$seasalt$8$1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		},
	},
	"better_auth": {
		{
			Name: "better-auth", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored: "000102030405060708090a0b0c0d0e0f:9372e2d20f7c9ba55e54d10569dfe24824c5765383f46b040e9ac7b3304133" +
				"9c514173900cb63a37c935c0e2f40cfe2cb39bee5fe58f54715c1fd913c4638373",
		},
	},
	"base64_digest": {
		{
			Name: "sha256", By: "Python 3.11 hashlib",
			Password: correctHorse,
			Stored:   "QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=",
		},
		{
			Name: "sha512 salted", By: "Python 3.11 hashlib", Salt: "s4lt",
			Password: "pässwörd 密碼 🐎",
			Stored:   "XHlXajHMCGT/q0G+mNlILc4Z+5GHDvpUmYYL7z234r7LCzrhYMT4NpOd25RPAdj0/yXmSetq2irxbLDXTNIIuA==",
		},
		{
			Name: "md5 salted", By: "PHP 8.2.36", Salt: "s4lt",
			Password: correctHorse,
			Stored:   "J0ETfDLd7e64aORIS0KWeQ==",
		},
	},
	"hmac": {
		{
			Name: "hex", By: "PHP 8.2.36", Look: "sha256",
			Key:      "0123pepper4567",
			Password: correctHorse,
			Stored:   "571d5ac0ec9463111f561bf638163beb7210b66249f9e1b2f5fba60f2da5745d",
		},
		{
			Name: "b64 salt", By: "PHP 8.2.36", Look: "base64_digest", Salt: "s4lt",
			Key:      "0123pepper4567",
			Password: correctHorse,
			Stored:   "SbpmkT6zMB/513gYoDBq3uT0Z8Xfu18ahosOH9T2cQD/hBzp2DJtaOa5qQmt/VZGjjFkZzQCPZYSl/jIDVUAvQ==",
		},
	},
	"redmine": {
		{
			Name: "Redmine", By: "PHP 8.2.36", Look: "sha1", Salt: "s4lt",
			Password: correctHorse,
			Stored:   "13a1c0a9487e44a77bd27490274f251427e5d73a",
		},
	},
	"symfony": {
		{
			Name: "Symfony", By: "PHP 8.2.36", Look: "base64_digest", Salt: "s4lt",
			Password: correctHorse,
			Stored:   "tL15poUb6NDi5dO6Nfs4hzDyo8CNvDsvUDCJOLYp3jQMW6z/0uodlzpkYiKHRHPz2XEunPRW3dylHr0NBiRaOw==",
		},
	},
	"iterated_digest": {
		{
			Name: "php", By: "PHP 8.2.36",
			Password: correctHorse,
			Stored:   "$iterated-sha256$i=1000$czRsdA$nNupsD6yQ+neE+LgIVuEji+eoMf1s4SKC1vLlwrLSbI",
		},
		{
			Name: "99 million", TooDear: true,
			Stored: "$iterated-sha256$i=99999999$czRsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	},
	"firebase": {
		{
			Name: "Firebase", By: "the firebase/scrypt repository", Look: "base64_digest", Salt: "42xEC+ixf3L2lw==",
			Key:      "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
			Password: "user1password",
			Stored:   "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
		},
	},
}
