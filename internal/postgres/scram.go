// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// DefaultIterations is the work factor that Postgres itself uses (scram_iterations).
const DefaultIterations = 4096

const (
	scramMethod     = "SCRAM-SHA-256"
	scramSaltLength = 16
)

// ErrPassword is a password that cannot be used. Its text holds nothing of the password.
var ErrPassword = errors.New("the password must be one or more characters of printable ASCII " +
	"without spaces (0x21 to 0x7E)")

// ErrVerifier is a stored password that is no SCRAM-SHA-256 verifier, for example an md5 hash.
var ErrVerifier = errors.New("not a SCRAM-SHA-256 verifier")

// Verifier is what Postgres stores in place of a password (RFC 5803): enough to check a
// login, not enough to log in. It still allows guessing offline, so it is not printed.
type Verifier struct {
	Iterations int
	salt       []byte
	storedKey  []byte
	serverKey  []byte
}

// CheckPassword refuses what clients and the server would normalise differently: servers
// apply SASLprep, drivers apply PRECIS or nothing, and the login fails for what differs.
func CheckPassword(password string) error {
	if password == "" {
		return ErrPassword
	}
	for i := range len(password) {
		if password[i] < 0x21 || password[i] > 0x7E {
			return ErrPassword
		}
	}
	return nil
}

// NewVerifier derives a verifier with a fresh random salt.
func NewVerifier(password string, iterations int) (Verifier, error) {
	if err := CheckPassword(password); err != nil {
		return Verifier{}, err
	}
	if iterations < 1 {
		return Verifier{}, fmt.Errorf("%d iterations: at least 1 is needed", iterations)
	}
	salt := make([]byte, scramSaltLength)
	if _, err := rand.Read(salt); err != nil {
		return Verifier{}, err
	}
	return deriveVerifier(password, salt, iterations)
}

func deriveVerifier(password string, salt []byte, iterations int) (Verifier, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return Verifier{}, err
	}
	storedKey := sha256.Sum256(sign(salted, "Client Key"))
	return Verifier{
		Iterations: iterations,
		salt:       salt,
		storedKey:  storedKey[:],
		serverKey:  sign(salted, "Server Key"),
	}, nil
}

func sign(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

// ParseVerifier reads the form in which Postgres stores a verifier. Its error is [ErrVerifier].
func ParseVerifier(text string) (Verifier, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 3 || parts[0] != scramMethod {
		return Verifier{}, ErrVerifier
	}
	iterations, salt, ok := strings.Cut(parts[1], ":")
	storedKey, serverKey, ok2 := strings.Cut(parts[2], ":")
	if !ok || !ok2 {
		return Verifier{}, ErrVerifier
	}
	v := Verifier{}
	var err error
	if v.Iterations, err = strconv.Atoi(iterations); err != nil || v.Iterations < 1 {
		return Verifier{}, ErrVerifier
	}
	for _, field := range []struct {
		into *[]byte
		text string
	}{{&v.salt, salt}, {&v.storedKey, storedKey}, {&v.serverKey, serverKey}} {
		if *field.into, err = base64.StdEncoding.DecodeString(field.text); err != nil {
			return Verifier{}, ErrVerifier
		}
	}
	if len(v.storedKey) != sha256.Size || len(v.serverKey) != sha256.Size {
		return Verifier{}, ErrVerifier
	}
	return v, nil
}

// Matches reports whether the verifier was made from this password.
func (v Verifier) Matches(password string) bool {
	again, err := deriveVerifier(password, v.salt, v.Iterations)
	return err == nil && hmac.Equal(again.storedKey, v.storedKey) && hmac.Equal(again.serverKey, v.serverKey)
}

// Secret is the text that Postgres takes and stores: SCRAM-SHA-256$iterations:salt$stored:server.
func (v Verifier) Secret() string {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf(
		"%s$%d:%s$%s:%s",
		scramMethod,
		v.Iterations,
		encode(v.salt),
		encode(v.storedKey),
		encode(v.serverKey),
	)
}

// Fingerprint identifies the verifier without giving it away: without the random salt,
// which only the server has, nobody can try passwords against it.
func (v Verifier) Fingerprint() string {
	sum := sha256.Sum256([]byte(v.Secret()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// String keeps the keys out of whatever prints the value.
func (v Verifier) String() string { return scramMethod + " verifier" }

// GoString keeps the keys out of whatever prints the value.
func (v Verifier) GoString() string { return v.String() }
