// SPDX-License-Identifier: MPL-2.0

package hashes

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Writer is how new passwords are stored in a format.
type Writer struct {
	// Function is that in internal/scripts/js/hashes, and its file.
	Function string
	// PasswordBytes is how long a password may be for the format to tell it from every other.
	PasswordBytes int
	// Written is the regular expression, as those of the looks, of all that is written, at whatever cost a login can bear.
	Written string
	// Sample is a value of no password, as the function would write it. Different letters from A to Z make
	// different values.
	Sample func(costs Costs, letter rune) string
	// Work is what it takes to check such a value, see [MaxWork].
	Work func(costs Costs) int
	// Iterations is what the format has unless told otherwise, 0 where it has none.
	Iterations int
}

// MaxWork is the most work for which a login has time. The unit is one round of bcrypt: 1 << n for bcrypt of cost n.
// The readers estimate what a stored value asks for, and what asks for more is no hash.
const MaxWork = 1 << 16

// Costs are what new hashes cost, each for the formats that know it.
type Costs struct {
	// BcryptRounds is the binary logarithm of the rounds, BcryptPrefix the version that a hash names.
	BcryptRounds int
	BcryptPrefix string
	// Iterations are those of PBKDF2, 0 for the format's own.
	Iterations int
	// Argon2Memory is in KiB, Argon2Passes how often it is gone through.
	Argon2Memory, Argon2Passes int
}

// Bounds of the costs of new hashes. What is written must be readable by its own reader, and inside a login's time.
const (
	MinIterations, MaxIterations     = 10_000, 2_000_000
	MinArgon2Memory, MaxArgon2Memory = 8192, 1 << 17
	MinArgon2Passes, MaxArgon2Passes = 1, 10
)

// longPassword bounds passwords for formats that read all of them.
const longPassword = 1024

// bcryptWriter writes bcrypt behind what a pattern describes.
func bcryptWriter(prefix, function string) *Writer {
	plain := strings.NewReplacer("[", "", "]", "").Replace(prefix)
	return &Writer{
		Function: function, PasswordBytes: 72,
		Written: "^" + prefix + "[$]2[aby][$](0[4-9]|1[0-6])[$]" + crypt64 + "{53}$",
		Sample: func(c Costs, letter rune) string {
			key := strings.Repeat("u", 22) + strings.Repeat(string(letter), 31)
			return fmt.Sprintf("%s$%s$%02d$%s", plain, c.BcryptPrefix, c.BcryptRounds, key)
		},
		Work: func(c Costs) int { return 1 << c.BcryptRounds },
	}
}

// hashedFirst is for a password that bcrypt gets as a digest, whatever its length.
func hashedFirst(w *Writer) *Writer {
	w.PasswordBytes = longPassword
	return w
}

// The most iterations that are let through: seven digits, below [MaxWork] for a key of 32 bytes.
const roundsPattern = "([0-9]{4,6}|[1-3][0-9]{6})"

// pbkdf2Writer writes PBKDF2 with SHA-256. The sample has a place for the iterations and one for the key, the pattern
// ROUNDS and KEY.
func pbkdf2Writer(function, sample, written string) *Writer {
	w := &Writer{
		Function: function, PasswordBytes: longPassword, Iterations: 600_000,
		Written: strings.NewReplacer("ROUNDS", roundsPattern, "KEY", b64+"{43}").Replace(written),
	}
	w.Sample = func(c Costs, letter rune) string {
		key := strings.Repeat(string(letter), 42) + "A"
		if function == "writeWerkzeug" {
			key = fmt.Sprintf("%064x", letter)
		}
		salt := "saltsaltsaltsaltsalt"
		return fmt.Sprintf(strings.Replace(sample, "saltsaltsaltsalt$", salt+"$", 1), w.iterations(c), key)
	}
	w.Work = func(c Costs) int { return pbkdf2Work(w.iterations(c)) }
	return w
}

func (w *Writer) iterations(c Costs) int {
	if c.Iterations == 0 {
		return w.Iterations
	}
	return c.Iterations
}

// pbkdf2Work is for a key of 32 bytes, as pbkdf2.js estimates it.
func pbkdf2Work(iterations int) int { return iterations * 2 / 128 }

// aspNetWriter writes version 3 with SHA-512, as .NET has it since 7.
var aspNetWriter = Writer{
	Function: "writeAspNetIdentity", PasswordBytes: longPassword, Iterations: aspNetIterations,
	Written: "^AQAAAAIA[A-P]" + b64 + "{3}AAAAE" + b64 + "{65}==$",
	Sample: func(c Costs, letter rune) string {
		if c.Iterations == 0 {
			c.Iterations = aspNetIterations
		}
		head := []byte{1, 0, 0, 0, 2, 0, byte(c.Iterations >> 16), byte(c.Iterations >> 8), byte(c.Iterations), 0, 0, 0, 16}
		body := slices.Repeat([]byte{byte(letter)}, 16+32)
		return base64.StdEncoding.EncodeToString(append(head, body...))
	},
	Work: func(c Costs) int {
		if c.Iterations == 0 {
			c.Iterations = aspNetIterations
		}
		return pbkdf2Work(c.Iterations)
	},
}

const aspNetIterations = 210_000

// argon2Writer writes Argon2id with one lane.
var argon2Writer = Writer{
	Function: "writeArgon2", PasswordBytes: longPassword,
	Written: "^[$]argon2id[$]v=19[$]m=([0-9]{4,5}|1[0-3][0-9]{4}),t=([0-9]|10),p=1[$]" + b64 + "{22}[$]" + b64 + "{43}$",
	Sample: func(c Costs, letter rune) string {
		return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$c2FsdHNhbHRzYWx0c2FsdA$%sA",
			c.Argon2Memory, c.Argon2Passes, strings.Repeat(string(letter), 42))
	},
	Work: func(c Costs) int { return c.Argon2Memory * c.Argon2Passes / 8 },
}
