// SPDX-License-Identifier: MPL-2.0

// Package hashes is the one register of the formats in which passwords are stored: what a stored value looks like,
// how the scripts check and write it, and how Auth0 imports it. The options of the scripts, the audit, the
// documentation and the rendering are made from it. Pure values, no I/O.
package hashes

import "slices"

// Format is one way to store a password.
type Format struct {
	// Name is how configurations call the format.
	Name string
	// Title tells people what it is.
	Title string
	// Looks are how a stored value looks; more than one where the audit tells versions apart.
	Looks []Look
	// Like names the looks of other formats that a value may have, too: which of them it is only the configuration tells.
	Like []string
	// Salted means that the part password_salt is looked at, where the store has it.
	Salted bool
	// Key is the setting that names the configuration key with the secret that the format needs; "" for none.
	Key Key
	// Always means that every login compares the format, whatever the configuration names.
	Always bool
	// Reader is the function in internal/scripts/js/hashes, and its file, that checks a stored value; "" where no
	// rendered script can.
	Reader string
	// Writer says how a new password is hashed; nil where none is written in this format.
	Writer *Writer
	// Import is how Auth0 takes a stored value over.
	Import Import
	// Vectors are stored values made by other programs.
	Vectors []Vector
}

// Key is a setting of the scripts that names a configuration key.
type Key string

// The keys.
const (
	PepperKey Key = "pepper_key"
	SignerKey Key = "signer_key"
)

// Look is what a stored value looks like.
type Look struct {
	// Name is the one under which an audit counts it.
	Name string
	// Pattern is a regular expression that means the same to PostgreSQL and to Go. It has no backslash, whose
	// meaning in a literal is a setting of the server.
	Pattern string
	// Cost matches what a value says about its cost, the first group that takes part; "" where it says nothing.
	Cost string
	// TooDear matches, as far as a pattern can, the values that cost more than a login has time for; "" for none.
	TooDear string
	// Yields names the looks that go first where both match. They stand before it in the register.
	Yields []string
}

// Import is how a user's hash is handed to Auth0's import job. Either Algorithm or Cannot is set.
type Import struct {
	// Algorithm is that of custom_password_hash; with several, between bars, the value tells which.
	Algorithm string
	Form      Form
	// Cannot says why the format cannot be imported: these users have to log in before the migration ends, or to
	// reset their password.
	Cannot string
}

// Form is what becomes of the stored value in an import.
type Form string

// The forms.
const (
	// Whole is the value as it is stored.
	Whole Form = "the value as it is stored"
	// PHC is the value rewritten as a PHC string, with base64 that is not padded.
	PHC Form = "rewritten as a PHC string"
	// Stripped is what stands behind the prefix.
	Stripped Form = "what stands behind the prefix"
	// Parts are digest, salt and parameters in members of their own.
	Parts Form = "taken apart into digest, salt and parameters"
)

// Vector is a stored value.
type Vector struct {
	Name string
	// By is the program that made the value, with its version.
	By     string
	Stored string
	// Salt is what the column for the salt holds, Key what the configuration holds; "" where the format needs none.
	Salt, Key string
	// Password is what the value was made from; "" where that is not known.
	Password string
	// Look is the name of what it looks like; "" for the one that is called as the format.
	Look string
	// TooDear means that checking the value would take longer than a login may, so that it is no hash.
	TooDear bool
}

// Looked is the name of the look that the vector has.
func (v Vector) Looked(f Format) string {
	if v.Look == "" {
		return f.Name
	}
	return v.Look
}

// Find returns the format of this name.
func Find(name string) (f Format, ok bool) {
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return formats[i], true
}

// All lists the formats in the order in which an audit tries them, the most common first.
func All() []Format { return slices.Clone(formats) }

// Optional names the formats that scripts check where the configuration names them.
func Optional() []string {
	return names(func(f Format) bool { return f.Reader != "" && !f.Always })
}

// Readers names the formats that read values of this look.
func Readers(look string) []string {
	return names(func(f Format) bool {
		own := func(l Look) bool { return l.Name == look }
		return slices.ContainsFunc(f.Looks, own) || slices.Contains(f.Like, look)
	})
}

// Writable names the formats that scripts can write.
func Writable() []string {
	return names(func(f Format) bool { return f.Writer != nil })
}

func names(which func(Format) bool) []string {
	var all []string
	for _, f := range formats {
		if which(f) {
			all = append(all, f.Name)
		}
	}
	return all
}

// Looks lists what stored values look like, in the order in which an audit tries them.
func Looks() []Look {
	var all []Look
	for _, f := range formats {
		all = append(all, f.Looks...)
	}
	return all
}
