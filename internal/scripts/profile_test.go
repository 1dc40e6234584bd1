// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
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

// What only a column of text can hold. What every store can have is among the cases of TestOperations.
func TestProfileIsNotTooLarge(t *testing.T) {
	b := profileBench(t)
	small, large, larger := `{"a":"b"}`, fmt.Sprintf(`{"a":%q}`, strings.Repeat("ü", 4900)), fmt.Sprintf(`{"a":%q}`, strings.Repeat("x", 2_000_000))
	for name, test := range map[string]struct {
		values map[store.Part]any
		kept   []string
	}{
		"user_metadata": {map[store.Part]any{store.UserMetadata: larger, store.AppMetadata: small, store.Picture: "https://example.org/a.png"}, []string{"app_metadata", "picture"}},
		"app_metadata":  {map[store.Part]any{store.UserMetadata: small, store.AppMetadata: larger, store.Picture: "x"}, []string{"app_metadata"}},
		"the larger":    {map[store.Part]any{store.UserMetadata: large, store.AppMetadata: large + " "}, []string{"app_metadata"}},
		"the smaller":   {map[store.Part]any{store.UserMetadata: large, store.Picture: strings.Repeat("x", 300)}, []string{"picture"}},
		"phone number":  {map[store.Part]any{store.PhoneNumber: strings.Repeat("1", 50_000)}, nil},
		"deep":          {map[store.Part]any{store.AppMetadata: `{"a":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}`, store.UserMetadata: small}, []string{"user_metadata"}},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			values := map[store.Part]any{store.UserMetadata: "null", store.AppMetadata: "null"}
			maps.Copy(values, test.values)
			profile, log := b.both(values)
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
