// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// storeLine and settingsLine begin the lines of a rendered script that say what it was rendered from.
const (
	storeLine    = "  // store: "
	settingsLine = "  const settings = "
)

// storeText is a store as the head of a script notes it. One line, in the same order always.
type storeText struct {
	Kind        store.Kind               `json:"kind"`
	Schema      string                   `json:"schema"`
	Table       string                   `json:"table"`
	EmailLookup store.EmailLookup        `json:"emailLookup"`
	Columns     map[store.Part][2]string `json:"columns"` // name and type
}

// describe notes the store, so that whoever finds the script can tell what it was rendered from.
func describe(s store.Store) (string, error) {
	columns := map[store.Part][2]string{}
	for part, column := range s.Columns {
		columns[part] = [2]string{column.Name, column.Type}
	}
	text, err := json.Marshal(storeText{s.Kind, s.Schema, s.Table, s.EmailLookup, columns})
	if err != nil {
		return "", fmt.Errorf("describe the store: %w", err)
	}
	return storeLine + string(text) + "\n", nil
}

// Recognise returns the options that a script was rendered with; ok is false for a script that was not
// rendered here. The text may be that of another release: rendering with these options need not give it again.
func Recognise(text string) (o Options, ok bool) {
	text = Normalize(text)
	var described storeText
	if !decodeAfter(text, storeLine, &described) {
		return Options{}, false
	}
	o.Store = store.Store{
		Kind: described.Kind, Schema: described.Schema, Table: described.Table, EmailLookup: described.EmailLookup, Columns: map[store.Part]store.Column{},
	}
	for part, column := range described.Columns {
		o.Store.Columns[part] = store.Column{Name: column[0], Type: column[1]}
	}
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
	o.RehashOnLogin = constant.Rehash
	o.Iterations, o.Argon2Memory, o.Argon2Passes = constant.Iterations, constant.Argon2Memory, constant.Argon2Passes
	o.PepperKey, o.SignerKey = constant.PepperKey, constant.SignerKey
	o, err := o.withDefaults()
	if err == nil && o.Iterations == o.writer().Iterations {
		o.Iterations = 0 // the format's own
	}
	return o, err == nil
}

// decodeAfter decodes the JSON that follows the first occurrence of a line's beginning.
func decodeAfter(text, begin string, into any) bool {
	_, rest, found := strings.Cut(text, "\n"+begin)
	return found && json.NewDecoder(strings.NewReader(rest)).Decode(into) == nil
}
