// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// onlyObjects is what a tenant says of metadata that is no object.
const onlyObjects = "Payload validation error"

// both runs login and get_user for a user with these values, and returns the profile, which has to be the same, and the log of
// one of them.
func (b *bench) both(values map[store.Part]any) (profile map[string]any, log string) {
	b.t.Helper()
	b.users.empty()
	all := map[store.Part]any{store.Email: "ada@example.com"}
	maps.Copy(all, values)
	b.users.add(all)
	found := b.run(scripts.GetUser, "ada@example.com")
	profile = b.profile(scripts.Login, "ada@example.com", "correct horse")
	if got := fmt.Sprint(result(found)); got != fmt.Sprint(profile) {
		b.t.Errorf("login gives %.300v, get_user %.300v", profile, got)
	}
	return profile, strings.Join(found.Console, "\n")
}

// profileCases are about what Auth0 gets to see of a user.
func profileCases() map[string]operationCase {
	cases := map[string]operationCase{
		"names that Auth0 refuses in metadata": {run: namesInMetadata},
		// A name is cut between characters, at Auth0's limit.
		"names that are too long": {run: func(b *bench) {
			profile, _ := b.both(map[store.Part]any{store.Name: strings.Repeat("🦉", 151), store.Nickname: strings.Repeat("a", 150)})
			if profile["name"] != strings.Repeat("🦉", 150) || profile["nickname"] != strings.Repeat("a", 150) {
				b.t.Errorf("got %v", profile)
			}
		}},
		"app_metadata by its old name": {run: func(b *bench) {
			b.options.AppMetadataKey = "metadata"
			b.gives(nil, scripts.Create, map[string]any{
				"email": "ada@example.com", "password": "correct horse", "app_metadata": map[string]any{"plan": "gold"},
			})
			profile := b.profile(scripts.Login, "ada@example.com", "correct horse")
			if fmt.Sprint(profile["metadata"]) != "map[plan:gold]" || profile["app_metadata"] != nil {
				b.t.Errorf("got %v", profile)
			}
		}},
		"metadata that is no object": {cannot: map[string]string{"tenant": onlyObjects}, run: func(b *bench) {
			for _, value := range []string{"[1]", "3", "null", `"text"`, "true"} {
				profile, _ := b.both(map[store.Part]any{store.AppMetadata: value, store.UserMetadata: value})
				if profile["app_metadata"] != nil || profile["user_metadata"] != nil {
					b.t.Errorf("%s: got %v", value, profile)
				}
			}
		}},
		"metadata that is no JSON": {cannot: map[string]string{"tenant": onlyObjects, "plain/(table|functions|api)": "takes only JSON"}, run: func(b *bench) {
			for _, value := range []string{"}{", "", "undefined", "{'a': 1}"} {
				profile, _ := b.both(map[store.Part]any{store.AppMetadata: value, store.UserMetadata: value})
				if profile["app_metadata"] != nil || profile["user_metadata"] != nil {
					b.t.Errorf("%s: got %v", value, profile)
				}
			}
		}},
		// With passkeys a sign-up is answered with the profile that get_user gives.
		"passkeys": {run: passkeys},
	}
	small, large, larger := filled("b"), filled(strings.Repeat("ü", 4500)), filled(strings.Repeat("x", 100_000))
	for name, test := range map[string]struct {
		values map[store.Part]any
		kept   []store.Part
	}{
		"fits":          {map[store.Part]any{store.UserMetadata: large}, []store.Part{store.UserMetadata}},
		"user_metadata": {map[store.Part]any{store.UserMetadata: larger, store.AppMetadata: small, store.Picture: "https://example.org/a.png"}, []store.Part{store.AppMetadata, store.Picture}},
		"app_metadata":  {map[store.Part]any{store.UserMetadata: small, store.AppMetadata: larger, store.Picture: "https://example.org/a.png"}, []store.Part{store.AppMetadata}},
		"picture":       {map[store.Part]any{store.UserMetadata: small, store.Picture: "data:image/png;base64," + strings.Repeat("A", 50_000)}, []store.Part{store.UserMetadata}},
	} {
		cases["a profile that is too large/"+name] = operationCase{run: func(b *bench) { tooLarge(b, test.values, test.kept) }}
	}
	return cases
}

func filled(text string) map[string]any { return map[string]any{"a": text} }

// tooLarge is about a user whose profile has to keep these parts and to lose the others.
func tooLarge(b *bench, values map[store.Part]any, kept []store.Part) {
	profile, log := b.both(values)
	lost := 0
	for part := range values {
		_, has := profile[string(part)]
		if has != slices.Contains(kept, part) {
			b.t.Errorf("the profile has %s: %t", part, has)
		}
		if !has {
			lost++
		}
	}
	text, err := json.Marshal(profile)
	if err != nil || len(text) > 10_000 && profile["app_metadata"] == nil || profile["user_id"] == nil || profile["email"] != "ada@example.com" {
		b.t.Errorf("%v, %d bytes: %.200s", err, len(text), text)
	}
	if told := strings.Contains(log, "is left out"); told != (lost > 0) {
		b.t.Errorf("log %q", log)
	}
}

func namesInMetadata(b *bench) {
	reserved := strings.Fields(`__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities lastIP lastLogin
		loginsCount metadata multifactor_last_modified multifactor updated_at user_id`)
	stored := map[string]any{
		"plan": "gold", "a.b": 1, "$set": 1, "__proto__": map[string]any{"admin": true}, // an own key of this name is one like any other
		"nested": map[string]any{"ada@example.com": 1, "email": "kept", "list": []any{map[string]any{"c.d": 1, "e": nil}}},
	}
	for _, name := range reserved {
		stored[name] = "x"
	}
	profile, log := b.both(map[store.Part]any{store.AppMetadata: stored, store.UserMetadata: stored})
	want := map[string]any{
		"plan": "gold", "nested": map[string]any{"email": "kept", "list": []any{map[string]any{"e": nil}}}, "__proto__": map[string]any{"admin": true},
	}
	if got := fmt.Sprint(profile["app_metadata"]); got != fmt.Sprint(want) {
		b.t.Errorf("app_metadata is %s, want %v", got, want)
	}
	for _, name := range reserved { // reserved in app_metadata only
		want[name] = "x"
	}
	if got := fmt.Sprint(profile["user_metadata"]); got != fmt.Sprint(want) {
		b.t.Errorf("user_metadata is %s, want %v", got, want)
	}
	for _, line := range []string{"4 keys of the metadata are left out", "22 keys of the metadata are left out"} {
		if !strings.Contains(log, line) {
			b.t.Errorf("the log does not say %q: %s", line, log)
		}
	}
}

func passkeys(b *bench) {
	b.options.Passkeys, b.options.UserIDPrefix = true, "legacy"
	b.context = map[string]any{"identifierType": "email"}
	ada := map[string]any{"email": "Ada@Example.com", "password": "correct horse", "username": "Ada", "user_metadata": map[string]any{"theme": "dark"}}
	created := b.run(scripts.Create, ada)
	found := b.profile(scripts.GetUser, "ada@example.com")
	if found["email"] != "ada@example.com" || found["username"] != "Ada" || fmt.Sprint(found["user_metadata"]) != "map[theme:dark]" {
		b.t.Errorf("get_user %v", found)
	}
	profile, want := result(created), any(found)
	if strings.HasSuffix(b.driver, "tenant") { // its client of create may not read
		want = nil
	}
	if created.Err != nil || fmt.Sprint(profile) != fmt.Sprint(want) {
		b.t.Errorf("create gives %v, %+v, want %v", profile, created.Err, want)
	}
	b.fails("ValidationError", "user_exists", scripts.Create, ada)
	if options, ok := scripts.Recognise(b.script(scripts.Create)); !ok || options.Passkeys == (profile == nil) {
		b.t.Errorf("the script is recognised as %+v", options)
	}
}
