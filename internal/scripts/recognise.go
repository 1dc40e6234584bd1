// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// storeLine and settingsLine begin the lines of a rendered script that say what it was rendered from.
const (
	storeLine    = "  // store: "
	settingsLine = "  const settings = "
)

// describe notes the store, so that whoever finds the script can tell what it was rendered from.
func describe(s store.Store) string { return storeLine + s.Marshal() + "\n" }

// Recognise returns the options that a script was rendered with; ok is false for a script that was not
// rendered here. The text may be that of another release: rendering with these options need not give it again.
func Recognise(text string) (o Options, ok bool) {
	text = Normalize(text)
	described, ok := storeOf(text)
	if !ok {
		return Options{}, false
	}
	o.Store = described
	var constant settings
	if !decodeAfter(text, settingsLine, &constant) {
		// Only the scripts that know nobody do without settings.
		o.ImportMode, o.ImportFinished = true, true
		o, err := o.withDefaults()
		return o, err == nil
	}
	o.PasswordHash, o.UserIDPrefix, o.BcryptRounds, o.BcryptPrefix = constant.PasswordHash, constant.UserIDPrefix, constant.BcryptRounds, constant.BcryptPrefix
	o.DatabaseURLKey, o.CAKey, o.PoolMax = constant.DatabaseURLKey, constant.CAKey, constant.PoolMax
	o.AppMetadataKey, o.LegacyHashes, o.ImportMode = constant.AppMetadataKey, constant.LegacyHashes, constant.ImportMode
	o.Passkeys = constant.Passkeys
	o.RehashOnLogin, o.ForgetMigratedAfter = constant.Rehash, time.Duration(constant.ForgetAfter)*time.Second
	o.Iterations, o.Argon2Memory, o.Argon2Passes = constant.Iterations, constant.Argon2Memory, constant.Argon2Passes
	o.PepperKey, o.SignerKey = constant.PepperKey, constant.SignerKey
	o, err := o.withDefaults()
	if err == nil && o.Iterations == o.writer().Iterations {
		o.Iterations = 0 // the format's own
	}
	return o, err == nil
}

// storeOf reads the line that [describe] wrote.
func storeOf(text string) (s store.Store, ok bool) {
	_, rest, found := strings.Cut(text, "\n"+storeLine)
	line, _, _ := strings.Cut(rest, "\n")
	s, err := store.Parse(line)
	return s, found && err == nil
}

// decodeAfter decodes the JSON that follows the first occurrence of a line's beginning.
func decodeAfter(text, begin string, into any) bool {
	_, rest, found := strings.Cut(text, "\n"+begin)
	return found && json.NewDecoder(strings.NewReader(rest)).Decode(into) == nil
}
