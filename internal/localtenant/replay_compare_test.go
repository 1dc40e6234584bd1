// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// compare returns what differs from the recorded body.
func (r *recording) compare(i *interaction, body []byte) string {
	if i.got == nil {
		if len(bytes.TrimSpace(body)) > 0 {
			return "a body where none was recorded"
		}
		return ""
	}
	if text, ok := i.got.(string); ok {
		if text != string(body) {
			return "another text"
		}
		return ""
	}
	got, err := decodeJSON(body)
	if err != nil {
		return err.Error()
	}
	if i.redacted() {
		return ""
	}
	return r.differ("", i.got, got, i.Request.Method != "POST")
}

// redacted says whether the recorder put its redaction, or nothing, in place of the
// body.
func (i *interaction) redacted() bool {
	answer, ok := i.got.(*object)
	return ok && (len(answer.keys) > 0 || i.Response.Code >= 400) && !slices.ContainsFunc(answer.keys, func(key string) bool {
		return key != "client_secret" && key != "signing_keys"
	})
}

var (
	// secretKeys hold what is different in each tenant: secrets, its name, its links.
	secretKeys = []string{"client_secret", "signing_keys", "signing_secret", "access_token", "tenant", "ticket"}
	dateKeys   = []string{"deleted_at", "created_at", "updated_at", "last_password_reset"}
	setKeys    = []string{"enabled_clients", "clients", "client_grants", "resource_servers"}
)

// differ compares a recorded value with ours. ordered asks for the same order of
// the keys of options too, which the storage decides in all but a create.
func (r *recording) differ(path string, want, got any, ordered bool) string {
	switch want := want.(type) {
	case *object:
		got, ok := got.(*object)
		if !ok {
			return path + " is not an object"
		}
		for _, key := range want.keys {
			at := path + "." + key
			switch {
			case slices.Contains(secretKeys, key), recorders(path, want, key):
				continue
			case !got.has(key):
				return at + " is missing"
			case slices.Contains(dateKeys, key):
				if _, err := time.Parse("2006-01-02T15:04:05.000Z", got.string(key)); err != nil {
					return at + " is not a date"
				}
				continue
			case key == "expires_at" && sameTime(want.get(key), got.get(key)):
				continue
			case strings.HasSuffix(path, ".configuration"):
				if problem := r.differCipher(at, want.string(key), got.string(key)); problem != "" {
					return problem
				}
				continue
			case path == "" && key == "connections", slices.Contains(setKeys, key):
				if problem := r.differSet(at, want.get(key), got.get(key), ordered); problem != "" {
					return problem
				}
				continue
			}
			if problem := r.differ(at, want.get(key), got.get(key), ordered); problem != "" {
				return problem
			}
		}
		for _, key := range got.keys {
			if !want.has(key) && !slices.Contains(secretKeys, key) {
				return path + "." + key + " was not recorded"
			}
		}
		if ordered && strings.Contains(path, ".options") && !slices.Equal(want.keys, got.keys) {
			return fmt.Sprintf("the keys of %s are in the order %v, recorded %v", path, got.keys, want.keys)
		}
		return ""
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return path + " is not a list of the same length"
		}
		if path == "" {
			return r.differSet(path, want, got, ordered)
		}
		for n := range want {
			if problem := r.differ(fmt.Sprintf("%s[%d]", path, n), want[n], got[n], ordered); problem != "" {
				return problem
			}
		}
		return ""
	case json.Number:
		got, ok := got.(json.Number)
		a, _ := want.Float64()
		b, _ := got.Float64()
		if !ok || a != b {
			return fmt.Sprintf("%s is %v, recorded %v", path, got, want)
		}
		return ""
	default:
		if want != got {
			return fmt.Sprintf("%s is %v, recorded %v", path, got, want)
		}
		return ""
	}
}

func sameTime(a, b any) bool {
	first, second := asTimestamp(a), asTimestamp(b)
	return first != nil && first == second
}

// recorders says whether a key is one that the recorder's own structure of a list has
// and the API's has not.
func recorders(path string, list *object, key string) bool {
	return path == "" && list.has("clients") && (key == "length" || key == "next")
}

// differSet compares lists whose order is nowhere promised.
func (r *recording) differSet(path string, want, got any, ordered bool) string {
	key := func(item any) string {
		if o, ok := item.(*object); ok {
			return o.string("id") + o.string("client_id")
		}
		return fmt.Sprint(item)
	}
	wantList, _ := want.([]any)
	gotList, _ := got.([]any)
	if len(wantList) != len(gotList) {
		return fmt.Sprintf("%s has %d items, recorded %d", path, len(gotList), len(wantList))
	}
	found := map[string]any{}
	for _, item := range gotList {
		found[key(item)] = item
	}
	for _, item := range wantList {
		ours, ok := found[key(item)]
		if !ok {
			return path + " lacks " + key(item)
		}
		if problem := r.differ(path+"["+key(item)+"]", item, ours, ordered); problem != "" {
			return problem
		}
	}
	return ""
}

func (r *recording) differCipher(path, want, got string) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%s has %d characters, recorded %d", path, len(got), len(want))
	}
	if want == "" {
		return ""
	}
	before, seen := r.ciphers[want]
	if seen && before != got {
		return path + " changed where the recorded ciphertext stayed"
	}
	for recorded, ours := range r.ciphers {
		if ours == got && recorded != want {
			return path + " stayed where the recorded ciphertext changed"
		}
	}
	r.ciphers[want] = got
	return ""
}
