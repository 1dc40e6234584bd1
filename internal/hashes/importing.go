// SPDX-License-Identifier: MPL-2.0

package hashes

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Position is where a salt stood when it was hashed with the password.
type Position string

// The positions, as Auth0 calls them.
const (
	Prefix Position = "prefix"
	Suffix Position = "suffix"
)

// ImportSettings say what a stored value does not.
type ImportSettings struct {
	// Formats are those that the values may have; a value that two of them may mean is not imported.
	Formats []string
	// Pepper is the secret of the formats with [PepperKey].
	Pepper string
	// SaltPosition is where the salt of a plain digest or of an HMAC stood; "" where that is not known.
	SaltPosition Position
}

// CannotImportError is a stored value that Auth0's import does not take.
type CannotImportError struct {
	// Look is what the value looks like, [UnknownLook] for nothing that is known.
	Look   string
	Reason string
}

func (e *CannotImportError) Error() string { return e.Look + ": " + e.Reason }

// UnknownLook is the look of values that have none.
const UnknownLook = "unknown"

// Imported is a hash as a row of an import job has it: one member of the user.
type Imported struct {
	// Format is the name of the one that the value was taken for.
	Format string
	// Member is "password_hash" or "custom_password_hash", and Value a string or a [CustomHash].
	Member string
	Value  any
}

// CustomHash is custom_password_hash of Auth0's import.
type CustomHash struct {
	Algorithm       string            `json:"algorithm"`
	Hash            CustomValue       `json:"hash"`
	Salt            *CustomSalt       `json:"salt,omitempty"`
	Password        map[string]string `json:"password,omitempty"`
	KeyLength       int               `json:"keylen,omitempty"`
	Cost            int               `json:"cost,omitempty"`
	BlockSize       int               `json:"blockSize,omitempty"`
	Parallelization int               `json:"parallelization,omitempty"`
}

// CustomValue is the digest in a [CustomHash].
type CustomValue struct {
	Value    string     `json:"value"`
	Encoding string     `json:"encoding"`
	Digest   string     `json:"digest,omitempty"`
	Key      *CustomKey `json:"key,omitempty"`
}

// CustomKey is the key of an HMAC.
type CustomKey struct {
	Value    string `json:"value"`
	Encoding string `json:"encoding"`
}

// CustomSalt is the salt in a [CustomHash].
type CustomSalt struct {
	Value    string   `json:"value"`
	Encoding string   `json:"encoding"`
	Position Position `json:"position,omitempty"`
}

// stored is a value with what belongs to it.
type stored struct {
	value, salt string
	settings    ImportSettings
}

// ForImport says how Auth0's import takes a stored value, salt being that of another column or "". Its error is a
// [*CannotImportError].
func ForImport(value, salt string, settings ImportSettings) (Imported, error) {
	look := lookOf(value)
	cannot := func(reason string) (Imported, error) { return Imported{}, &CannotImportError{look.Name, reason} }
	if look.Name == UnknownLook {
		return cannot("it looks like none of the formats that are known")
	}
	if look.TooDear != "" && pattern(look.TooDear).MatchString(value) {
		return cannot("it costs more than a login has time for")
	}
	meant := slices.DeleteFunc(
		Readers(look.Name),
		func(name string) bool { return !slices.Contains(settings.Formats, name) },
	)
	switch len(meant) {
	case 0:
		return cannot("name its format, " + strings.Join(Readers(look.Name), " or ") + ", in hash_formats")
	case 1:
	default:
		return cannot("it may be " + strings.Join(meant, " or ") + ": name one of them in hash_formats")
	}
	format, _ := Find(meant[0])
	if format.Import.Cannot != "" {
		return cannot(format.Name + " cannot be imported, since " + lowerFirst(format.Import.Cannot))
	}
	if format.Key == PepperKey && settings.Pepper == "" {
		return cannot(format.Name + " needs the pepper")
	}
	imported, reason := mappings[format.Name](stored{value, salt, settings})
	if reason != "" {
		return cannot(reason)
	}
	imported.Format = format.Name
	return imported, nil
}

func lowerFirst(text string) string {
	if strings.HasPrefix(text, "Auth0") {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// lookOf is what a value looks like.
func lookOf(value string) Look {
	for _, look := range Looks() { // one that yields to another stands after it
		if pattern(look.Pattern).MatchString(value) {
			return look
		}
	}
	return Look{Name: UnknownLook}
}

var patterns sync.Map

// pattern compiles each text once.
func pattern(text string) *regexp.Regexp {
	if known, ok := patterns.Load(text); ok {
		compiled, _ := known.(*regexp.Regexp)
		return compiled
	}
	compiled := regexp.MustCompile(text)
	patterns.Store(text, compiled)
	return compiled
}

// mapping gives a value's form in an import, or the reason why it has none.
type mapping func(stored) (Imported, string)

// mappings are those of the formats that Auth0 imports, by name.
var mappings = map[string]mapping{
	Bcrypt:              bcryptFrom("$"),
	"spring_bcrypt":     bcryptFrom("$"),
	"django_bcrypt":     bcryptFrom("$2"),
	"nextcloud_bcrypt":  bcryptFrom("$"),
	"bcrypt_pepper":     func(s stored) (Imported, string) { return saltedBcrypt(s.value, s.settings.Pepper, Suffix) },
	"bcrypt_salted":     importSaltedBcrypt,
	"argon2":            importArgon2,
	"django_pbkdf2":     importDjangoPBKDF2,
	"pbkdf2":            importPBKDF2,
	"passlib_pbkdf2":    importPBKDF2,
	"mattermost":        importPBKDF2,
	"werkzeug":          importWerkzeug,
	"aspnet_identity":   importAspNetIdentity,
	"scrypt":            importScrypt,
	"django_scrypt":     importDjangoScrypt,
	"better_auth":       importBetterAuth,
	"ssha":              importLDAP,
	"md5":               hexOf("md5"),
	"sha1":              hexOf("sha1"),
	"sha256":            hexOf("sha256"),
	"sha512":            hexOf("sha512"),
	"base64_digest":     importBase64,
	"hmac":              importHMAC,
	"aspnet_membership": importAspNetMembership,
}

func custom(hash CustomHash) (Imported, string) {
	return Imported{Member: "custom_password_hash", Value: hash}, ""
}

// ownBcrypt is what Auth0 has itself.
var ownBcrypt = regexp.MustCompile(`^\$2[ab]\$10\$`)

// bcryptFrom takes bcrypt that begins with some text.
func bcryptFrom(start string) mapping {
	return func(s stored) (Imported, string) {
		value := s.value[strings.Index(s.value, start):]
		if ownBcrypt.MatchString(value) {
			return Imported{Member: "password_hash", Value: value}, ""
		}
		return custom(CustomHash{Algorithm: "bcrypt", Hash: CustomValue{Value: value, Encoding: "utf8"}})
	}
}

func saltedBcrypt(value, salt string, position Position) (Imported, string) {
	return custom(CustomHash{
		Algorithm: "bcrypt", Hash: CustomValue{Value: value, Encoding: "utf8"},
		Salt: &CustomSalt{salt, "utf8", position},
	})
}

func importSaltedBcrypt(s stored) (Imported, string) {
	if s.salt == "" {
		return Imported{}, "it has no salt in the part password_salt"
	}
	return saltedBcrypt(s.value, s.salt, Prefix)
}

func importArgon2(s stored) (Imported, string) {
	value := s.value[strings.Index(s.value, "$argon2"):]
	return custom(CustomHash{Algorithm: "argon2", Hash: CustomValue{Value: value, Encoding: "utf8"}})
}

// pbkdf2PHC is a key of PBKDF2 as a PHC string.
func pbkdf2PHC(digest string, iterations int, salt, key []byte) (Imported, string) {
	base := base64.RawStdEncoding.EncodeToString
	value := fmt.Sprintf("$pbkdf2-%s$i=%d,l=%d$%s$%s", digest, iterations, len(key), base(salt), base(key))
	return custom(CustomHash{Algorithm: "pbkdf2", Hash: CustomValue{Value: value, Encoding: "utf8"}})
}

const notWellFormed = "its base64 or one of its numbers is none"

func importDjangoPBKDF2(s stored) (Imported, string) {
	fields := strings.Split(s.value, "$")
	iterations, _ := strconv.Atoi(fields[1])
	key, err := decode64(fields[3])
	if err != nil || iterations < 1 {
		return Imported{}, notWellFormed
	}
	return pbkdf2PHC(strings.TrimPrefix(fields[0], "pbkdf2_"), iterations, []byte(fields[2]), key)
}

var phcIterations = regexp.MustCompile(`(?:^|,)(?:[iw]=)?(\d+)(?:,|$)`)

// importPBKDF2 takes a PHC string, passlib's form of it, and Mattermost's.
func importPBKDF2(s stored) (Imported, string) {
	fields := strings.Split(s.value, "$")
	digest := strings.TrimPrefix(strings.TrimPrefix(fields[1], "pbkdf2"), "-")
	if _, named, ok := strings.Cut(fields[2], "f="); ok {
		digest, _, _ = strings.Cut(strings.ToLower(named), ",")
	}
	if digest == "" {
		digest = "sha1"
	}
	match := phcIterations.FindStringSubmatch(fields[2])
	salt, saltErr := decode64(fields[3])
	key, keyErr := decode64(fields[4])
	if match == nil || saltErr != nil || keyErr != nil {
		return Imported{}, notWellFormed
	}
	iterations, _ := strconv.Atoi(match[1])
	return pbkdf2PHC(digest, iterations, salt, key)
}

func importWerkzeug(s stored) (Imported, string) {
	fields := strings.Split(s.value, "$")
	parameters := strings.Split(fields[0], ":")
	key, err := hex.DecodeString(fields[2])
	if err != nil {
		return Imported{}, notWellFormed
	}
	if parameters[0] == "scrypt" {
		return scryptParts(atoi(parameters[1]), atoi(parameters[2]), atoi(parameters[3]), []byte(fields[1]), key)
	}
	return pbkdf2PHC(parameters[1], atoi(parameters[2]), []byte(fields[1]), key)
}

// importAspNetIdentity takes version 3, whose numbers are in its head, and version 2, which has none.
func importAspNetIdentity(s stored) (Imported, string) {
	bytes, err := decode64(s.value)
	if err != nil || len(bytes) < 45 {
		return Imported{}, notWellFormed
	}
	if bytes[0] == 0 {
		return pbkdf2PHC("sha1", 1000, bytes[1:17], bytes[17:])
	}
	digest, iterations := binary.BigEndian.Uint32(bytes[1:]), binary.BigEndian.Uint32(bytes[5:])
	length := int(binary.BigEndian.Uint32(bytes[9:]))
	if digest > 2 || length > len(bytes)-13-16 {
		return Imported{}, notWellFormed
	}
	return pbkdf2PHC([]string{"sha1", "sha256", "sha512"}[digest], int(iterations), bytes[13:13+length], bytes[13+length:])
}

func scryptParts(n, r, p int, salt, key []byte) (Imported, string) {
	if n < 2 || r < 1 || p < 1 {
		return Imported{}, notWellFormed
	}
	return custom(CustomHash{
		Algorithm: "scrypt", Hash: CustomValue{Value: hex.EncodeToString(key), Encoding: "hex"},
		Salt:      &CustomSalt{Value: base64.StdEncoding.EncodeToString(salt), Encoding: "base64"},
		KeyLength: len(key), Cost: n, BlockSize: r, Parallelization: p,
	})
}

var phcScrypt = regexp.MustCompile(`^ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})$`)

func importScrypt(s stored) (Imported, string) {
	fields := strings.Split(s.value, "$")
	numbers := phcScrypt.FindStringSubmatch(fields[2])
	salt, saltErr := decode64(fields[3])
	key, keyErr := decode64(fields[4])
	if numbers == nil || saltErr != nil || keyErr != nil {
		return Imported{}, notWellFormed
	}
	return scryptParts(1<<min(atoi(numbers[1]), 30), atoi(numbers[2]), atoi(numbers[3]), salt, key)
}

func importDjangoScrypt(s stored) (Imported, string) {
	fields := strings.Split(s.value, "$")
	key, err := decode64(fields[5])
	if err != nil {
		return Imported{}, notWellFormed
	}
	return scryptParts(atoi(fields[1]), atoi(fields[3]), atoi(fields[4]), []byte(fields[2]), key)
}

// importBetterAuth takes the text of the salt as it is, as better-auth does.
func importBetterAuth(s stored) (Imported, string) {
	salt, text, _ := strings.Cut(s.value, ":")
	key, err := hex.DecodeString(text)
	if err != nil {
		return Imported{}, notWellFormed
	}
	return scryptParts(16384, 16, 1, []byte(salt), key)
}

func importLDAP(s stored) (Imported, string) {
	scheme, rest, _ := strings.Cut(s.value, "}")
	value := strings.ToUpper(strings.ReplaceAll(scheme, "-", "")) + "}" + rest
	return custom(CustomHash{Algorithm: "ldap", Hash: CustomValue{Value: value, Encoding: "utf8"}})
}

// digestParts is a plain digest with its salt, if it has one.
func (s stored) digestParts(hash CustomHash, salt string) (Imported, string) {
	if salt == "" {
		return custom(hash)
	}
	if s.settings.SaltPosition == "" {
		return Imported{}, "name in salt_position where its salt stood when it was made"
	}
	hash.Salt = &CustomSalt{salt, "utf8", s.settings.SaltPosition}
	return custom(hash)
}

// hexOf takes a digest in hexadecimal, with its salt in the same column, in another one, or without.
func hexOf(algorithm string) mapping {
	digits := map[string]string{"md5": "32", "sha1": "40", "sha256": "64", "sha512": "128"}[algorithm]
	format := regexp.MustCompile(`(?i)^(?:([0-9a-f]{` + digits + `})(?:[:$](.+))?|(.+)[:$]([0-9a-f]{` + digits + `}))$`)
	return func(s stored) (Imported, string) {
		match := format.FindStringSubmatch(strings.TrimPrefix(s.value, algorithm+"$"))
		if match == nil {
			return Imported{}, notWellFormed
		}
		if match[1] != "" && format.MatchString(match[2]) {
			return Imported{}, "either of its two digests may be the salt"
		}
		hash := CustomHash{
			Algorithm: algorithm,
			Hash:      CustomValue{Value: strings.ToLower(match[1] + match[4]), Encoding: "hex"},
		}
		salt := match[2] + match[3]
		if salt == "" {
			salt = s.salt
		}
		return s.digestParts(hash, salt)
	}
}

var digestsByLength = map[int]string{16: "md5", 20: "sha1", 32: "sha256", 64: "sha512"}

func importBase64(s stored) (Imported, string) {
	key, err := decode64(s.value)
	if err != nil || digestsByLength[len(key)] == "" {
		return Imported{}, notWellFormed
	}
	return s.digestParts(
		CustomHash{Algorithm: digestsByLength[len(key)], Hash: CustomValue{Value: s.value, Encoding: "base64"}},
		s.salt,
	)
}

func importHMAC(s stored) (Imported, string) {
	key, err := hex.DecodeString(s.value)
	if err != nil {
		key, err = decode64(s.value)
	}
	if err != nil || digestsByLength[len(key)] == "" {
		return Imported{}, "it has a salt in the same column, or is none"
	}
	return s.digestParts(CustomHash{Algorithm: "hmac", Hash: CustomValue{
		Value: hex.EncodeToString(key), Encoding: "hex", Digest: digestsByLength[len(key)],
		Key: &CustomKey{s.settings.Pepper, "utf8"},
	}}, s.salt)
}

// importAspNetMembership takes SqlMembershipProvider's SHA-1 and the Universal Providers' HMAC, whose key is the salt
// again and again.
func importAspNetMembership(s stored) (Imported, string) {
	key, err := decode64(s.value)
	salt, saltErr := decode64(s.salt)
	if err != nil || saltErr != nil || len(salt) == 0 {
		return Imported{}, "it has no salt in base64 in the part password_salt"
	}
	hash := CustomHash{
		Hash:     CustomValue{Value: s.value, Encoding: "base64"},
		Password: map[string]string{"encoding": "utf16le"},
	}
	base := base64.StdEncoding.EncodeToString
	switch len(key) {
	case 20:
		hash.Algorithm, hash.Salt = "sha1", &CustomSalt{base(salt), "base64", Prefix}
	case 32:
		repeated := slices.Repeat(salt, 64/len(salt)+1)[:64]
		hash.Algorithm, hash.Hash.Digest, hash.Hash.Key = "hmac", "sha256", &CustomKey{base(repeated), "base64"}
	default:
		return Imported{}, "it has the length of neither provider's"
	}
	return custom(hash)
}

// decode64 reads base64 with or without padding, and with a dot for a plus sign.
func decode64(text string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.ReplaceAll(text, ".", "+"), "="))
}

// atoi reads digits that a pattern has matched.
func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
