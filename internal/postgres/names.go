// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseQualifiedName splits a name such as public.users or "sch.ema"."User Accounts" at
// its dots. A part in double quotes is taken as it stands, with "" for one quote. Parts
// without quotes are taken as they stand, too, upper case included: Terraform users write
// names as they are, not as SQL folds them.
func ParseQualifiedName(text string) (parts []string, ok bool) {
	for {
		var part string
		if rest, quoted := strings.CutPrefix(text, `"`); quoted {
			var b strings.Builder
			for {
				end := strings.IndexByte(rest, '"')
				if end < 0 {
					return nil, false
				}
				b.WriteString(rest[:end])
				rest = rest[end+1:]
				if !strings.HasPrefix(rest, `"`) {
					break
				}
				b.WriteByte('"')
				rest = rest[1:]
			}
			part, text = b.String(), rest
		} else {
			end := strings.IndexAny(text, `."`)
			if end < 0 {
				end = len(text)
			}
			part, text = text[:end], text[end:]
		}
		if CheckIdentifier(part) != nil {
			return nil, false
		}
		parts = append(parts, part)
		if text == "" {
			return parts, true
		}
		if text[0] != '.' {
			return nil, false
		}
		text = text[1:]
	}
}

// QualifiedName writes a table's name so that [ParseQualifiedName] reads it again, with
// quotes only where they are needed.
func QualifiedName(schema, name string) string {
	write := func(part string) string {
		if strings.ContainsAny(part, `".`) {
			return `"` + strings.ReplaceAll(part, `"`, `""`) + `"`
		}
		return part
	}
	return write(schema) + "." + write(name)
}

// ObjectName joins words to the name of an index or constraint. A name that would be too
// long is cut and ends in a hash of the whole, so that it stays the same and its own.
func ObjectName(words ...string) string {
	name := strings.Join(words, "_")
	if len(name) <= maxIdentifier {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := "_" + hex.EncodeToString(sum[:4])
	cut := name[:maxIdentifier-len(hash)]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + hash
}

// FreeName is the first of name, name_1, name_2 and so on that is not taken.
func FreeName(taken []string, words ...string) string {
	name := ObjectName(words...)
	for i := 1; slices.Contains(taken, name); i++ {
		name = ObjectName(append(slices.Clone(words), strconv.Itoa(i))...)
	}
	return name
}

// MadeName reports whether freeName may have made the name.
func MadeName(name string, words ...string) bool {
	if name == ObjectName(words...) {
		return true
	}
	// The number is the last word, unless a long name ends in its hash: then few are tried.
	for i := 1; i <= 20; i++ {
		if name == ObjectName(append(slices.Clone(words), strconv.Itoa(i))...) {
			return true
		}
	}
	return false
}

// maxIdentifier is NAMEDATALEN - 1: the server cuts longer names silently.
const maxIdentifier = 63

// CheckIdentifier reports why a name cannot be a name on the server. Everything else is
// allowed, since names are always quoted.
func CheckIdentifier(name string) error {
	switch {
	case name == "":
		return errors.New("a name must not be empty")
	case strings.ContainsRune(name, 0):
		return errors.New("a name must not contain the NUL character")
	case !utf8.ValidString(name):
		return errors.New("a name must be valid UTF-8")
	case len(name) > maxIdentifier:
		return fmt.Errorf("the name is %d bytes long, and Postgres keeps only %d", len(name), maxIdentifier)
	}
	return nil
}
