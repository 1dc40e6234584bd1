// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// A user's life over everything that scripts reach users through, with all parts that there are, a prefix and the context.
func TestLifeOverEachDriver(t *testing.T) {
	t.Parallel()
	overEachDriver(t, shape{idType: "bigint", parts: allParts()}, func(b *bench) {
		b.options.UserIDPrefix = "legacy"
		b.context = map[string]any{"organization": map[string]any{"id": "org_1"}}
		lifeOfAUser(b)
	})
}

// Ids that are UUIDs, and parts of which there are few: an id that nobody can have is nobody's, and not an error.
func TestFewPartsOverEachDatabase(t *testing.T) {
	t.Parallel()
	overEachDatabase(t, shape{idType: "uuid", parts: minimalParts}, func(b *bench) {
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		id := b.users.ids()[0]
		if profile := b.profile(scripts.Login, "ada@example.com", "correct horse"); profile["user_id"] != id {
			b.t.Errorf("the id is %v, want %s", profile["user_id"], id)
		}
		b.context = map[string]any{"identifierType": "user_id"}
		if found := b.profile(scripts.GetUser, id); found["email"] != "ada@example.com" {
			b.t.Errorf("%v", found)
		}
		for _, nobody := range []string{"7", "nobody's", "99999999999999999999", "00000000-0000-4000-8000-000000000000"} {
			b.gives(nil, scripts.GetUser, nobody)
			b.gives(nil, scripts.Delete, nobody)
		}
		b.gives(nil, scripts.Delete, id)
		if ids := b.users.ids(); len(ids) != 0 {
			b.t.Errorf("%v are left", ids)
		}
	})
}
