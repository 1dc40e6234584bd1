// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// profileBench is a table of every part that a profile has, metadata as text so that it may hold anything.
func profileBench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, pgtest.Database(t), shape{
		parts: []store.Part{store.ID, store.Email, store.Password, store.Nickname, store.Name, store.Picture, store.PhoneNumber, store.UserMetadata, store.AppMetadata},
		types: map[store.Part]string{store.UserMetadata: "text", store.AppMetadata: "text", store.Nickname: "text", store.Name: "text", store.Picture: "text", store.PhoneNumber: "text"},
	})
}

// both runs login and get_user for the one user, whose values are set before, and returns the profile, which has to be
// the same, and the log of one of them.
func (b *bench) both(values map[store.Part]string) (profile map[string]any, log string) {
	b.t.Helper()
	b.db.Exec("TRUNCATE " + b.table())
	b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
	b.db.Exec("UPDATE " + b.table() + " SET " + b.column(store.UserMetadata) + " = 'null', " + b.column(store.AppMetadata) + " = 'null'")
	for part, value := range values {
		b.db.Exec("UPDATE "+b.table()+" SET "+b.column(part)+" = $1", value)
	}
	found := b.run(scripts.GetUser, "ada@example.com")
	profile = b.profile(scripts.Login, "ada@example.com", "correct horse")
	if got := fmt.Sprint(result(found)); got != fmt.Sprint(profile) {
		b.t.Errorf("login gives %.300v, get_user %.300v", profile, got)
	}
	return profile, strings.Join(found.Console, "\n")
}

func TestProfileHasNoNamesThatAuth0Refuses(t *testing.T) {
	b := profileBench(t)
	reserved := strings.Fields(`__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities lastIP lastLogin
		loginsCount metadata multifactor_last_modified multifactor updated_at user_id`)
	stored := map[string]any{"plan": "gold", "a.b": 1, "$set": 1, "nested": map[string]any{"ada@example.com": 1, "email": "kept", "list": []any{map[string]any{"c.d": 1, "e": nil}}}}
	for _, name := range reserved {
		stored[name] = "x"
	}
	text, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	// An own key of this name is one like any other.
	text = append([]byte(`{"__proto__":{"admin":true},`), text[1:]...)
	profile, log := b.both(map[store.Part]string{store.AppMetadata: string(text), store.UserMetadata: string(text)})
	nested := map[string]any{"email": "kept", "list": []any{map[string]any{"e": nil}}}
	proto := map[string]any{"admin": true}
	if got, want := fmt.Sprint(profile["app_metadata"]), fmt.Sprint(map[string]any{"plan": "gold", "nested": nested, "__proto__": proto}); got != want {
		t.Errorf("app_metadata is %s, want %s", got, want)
	}
	want := map[string]any{"plan": "gold", "nested": nested, "__proto__": proto}
	for _, name := range reserved { // reserved in app_metadata only
		want[name] = "x"
	}
	if got := fmt.Sprint(profile["user_metadata"]); got != fmt.Sprint(want) {
		t.Errorf("user_metadata is %s, want %s", got, fmt.Sprint(want))
	}
	for _, line := range []string{"4 keys of the metadata are left out", "22 keys of the metadata are left out"} {
		if !strings.Contains(log, line) {
			t.Errorf("the log does not say %q: %s", line, log)
		}
	}
}

func TestProfileIsNotTooLarge(t *testing.T) {
	b := profileBench(t)
	small, large, larger := `{"a":"b"}`, fmt.Sprintf(`{"a":%q}`, strings.Repeat("ü", 4900)), fmt.Sprintf(`{"a":%q}`, strings.Repeat("x", 2_000_000))
	for name, test := range map[string]struct {
		values map[store.Part]string
		kept   []string
	}{
		"fits":          {map[store.Part]string{store.UserMetadata: large}, []string{"user_metadata"}},
		"user_metadata": {map[store.Part]string{store.UserMetadata: larger, store.AppMetadata: small, store.Picture: "https://example.org/a.png"}, []string{"app_metadata", "picture"}},
		"app_metadata":  {map[store.Part]string{store.UserMetadata: small, store.AppMetadata: larger, store.Picture: "x"}, []string{"app_metadata"}},
		"the larger":    {map[store.Part]string{store.UserMetadata: large, store.AppMetadata: large + " "}, []string{"app_metadata"}},
		"the smaller":   {map[store.Part]string{store.UserMetadata: large, store.Picture: strings.Repeat("x", 300)}, []string{"picture"}},
		"picture":       {map[store.Part]string{store.UserMetadata: small, store.Picture: "data:image/png;base64," + strings.Repeat("A", 50_000)}, []string{"user_metadata"}},
		"phone number":  {map[store.Part]string{store.PhoneNumber: strings.Repeat("1", 50_000)}, nil},
		"deep":          {map[store.Part]string{store.AppMetadata: `{"a":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}`, store.UserMetadata: small}, []string{"user_metadata"}},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			profile, log := b.both(test.values)
			for _, part := range []string{"user_metadata", "app_metadata", "picture", "phone_number"} {
				if _, has := profile[part]; has != slices.Contains(test.kept, part) {
					t.Errorf("the profile has %s: %v", part, has)
				}
			}
			if text, err := json.Marshal(profile); err != nil || len(text) > 10_000 && profile["app_metadata"] == nil || profile["user_id"] == nil || profile["email"] != "ada@example.com" {
				t.Errorf("%v, %d bytes: %.200s", err, len(text), text)
			}
			if left := len(test.values) > len(test.kept); left != strings.Contains(log, "is left out") && name != "deep" {
				t.Errorf("log %q", log)
			}
		})
	}
}

// A name is cut between characters, at Auth0's limit.
func TestProfileNamesAreCut(t *testing.T) {
	b := profileBench(t)
	profile, _ := b.both(map[store.Part]string{store.Name: strings.Repeat("🦉", 151), store.Nickname: strings.Repeat("a", 150)})
	if profile["name"] != strings.Repeat("🦉", 150) || profile["nickname"] != strings.Repeat("a", 150) {
		t.Errorf("got %v", profile)
	}
}
