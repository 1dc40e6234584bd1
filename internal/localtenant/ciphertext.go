// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// vault encrypts the configuration of one connection in the form in which the
// API shows it: a message of the connection's wrapped key, the value under that
// key, and the id of the wrapping key. The first and the last are the same for
// every value of a connection; the middle differs at every write.
type vault struct {
	key     []byte
	wrapped []byte // the encoded first field
	keyID   []byte
}

func newVault() *vault {
	v := &vault{key: randomBytes(32), keyID: randomBytes(16)}
	v.wrapped = sealed(randomBytes(32), v.key)
	return v
}

// CiphertextForm is a form in which the API shows an encrypted value.
type CiphertextForm int

const (
	// DollarCiphertext is "2.0$" and three hexadecimal parts, until 2024.
	DollarCiphertext CiphertextForm = iota
	// DoubleCiphertext is a message of the value encrypted in two ways, for some
	// weeks in 2024.
	DoubleCiphertext
	// MessageCiphertext is an encoded message, since then.
	MessageCiphertext
)

// encrypt returns the shown form of a value. The empty string is shown as it is.
func (v *vault) encrypt(form CiphertextForm, plaintext string) string {
	if plaintext == "" {
		return ""
	}
	if form == DollarCiphertext {
		return "2.0$" + randomHex(16) + "$" + randomHex(16) + "$" + randomHex(32)
	}
	var message []byte
	message = appendField(message, 1, v.wrapped)
	message = appendField(message, 2, sealed(v.key, []byte(plaintext)))
	message = appendField(message, 3, v.keyID)
	encoded := base64.StdEncoding.EncodeToString(message)
	if form == MessageCiphertext {
		return encoded
	}
	var double []byte
	double = appendField(double, 1, []byte("efgh"))
	double = appendField(double, 2, []byte(encoded))
	double = appendField(double, 3, []byte("5.0$000$"+randomHex(len(plaintext))+"$"+randomHex(12)+"$"+randomHex(16)))
	return base64.StdEncoding.EncodeToString(double)
}

// sealed is the ciphertext (as long as the plaintext), the nonce and the tag of
// AES-GCM, encoded as fields 1 to 3.
func sealed(key, plaintext []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the keys are 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	nonce := randomBytes(gcm.NonceSize())
	out := gcm.Seal(nil, nonce, plaintext, nil)
	var message []byte
	message = appendField(message, 1, out[:len(plaintext)])
	message = appendField(message, 2, nonce)
	return appendField(message, 3, out[len(plaintext):])
}

// appendField appends a length-delimited protocol buffers field.
func appendField(message []byte, number byte, value []byte) []byte {
	message = append(message, number<<3|2)
	for n := len(value); ; n >>= 7 {
		if n < 0x80 {
			message = append(message, byte(n))
			break
		}
		message = append(message, byte(n)|0x80)
	}
	return append(message, value...)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

// randomHex is n random bytes in hexadecimal.
func randomHex(n int) string { return hex.EncodeToString(randomBytes(n)) }

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// randomID returns n random letters and digits.
func randomID(n int) string {
	b := randomBytes(n)
	for i := range b {
		b[i] = alphanumeric[int(b[i])%len(alphanumeric)]
	}
	return string(b)
}
