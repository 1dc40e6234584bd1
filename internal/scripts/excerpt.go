// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// digestBytes is how much of a hash tells two scripts apart.
const digestBytes = 16

// Digest identifies a script: 32 hexadecimal digits, the same for texts that differ in line endings and trailing space
// only.
func Digest(text string) string {
	digest, _ := digests.get(text, func() (string, error) {
		sum := sha256.Sum256([]byte(Normalize(text)))
		return hex.EncodeToString(sum[:digestBytes]), nil
	})
	return digest
}

var digests cache[string]

// Excerpt returns the lines of a rendered script that say what it was rendered from. ok is false where rendering from
// them does not give the text again: for a script of the user's own, of another release, or one that was edited.
func Excerpt(op Operation, text string) (excerpt string, ok bool) {
	var b strings.Builder
	b.WriteString("// excerpt")
	for _, begin := range []string{storeLine, settingsLine} {
		var raw json.RawMessage
		if !decodeAfter(Normalize(text), begin, &raw) {
			continue
		}
		b.WriteString("\n" + begin)
		var compact bytes.Buffer
		if err := json.Compact(&compact, raw); err != nil {
			return "", false
		}
		b.WriteString(compact.String())
	}
	again, ok := FromExcerpt(op, b.String())
	return b.String(), ok && Digest(again) == Digest(text)
}

// FromExcerpt renders the script that an excerpt was taken from. Another release renders another text: compare digests.
func FromExcerpt(op Operation, excerpt string) (text string, ok bool) {
	options, ok := Recognise(excerpt)
	if !ok {
		return "", false
	}
	text, err := Render(op, options)
	return text, err == nil
}
