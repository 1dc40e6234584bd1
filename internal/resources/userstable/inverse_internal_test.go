// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A flag is read as it is written, whatever its column holds and whatever else the expression reads; what means the
// opposite is refused at its part.
func TestFlagsMeanWhatIsWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, `CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, password text, unverified boolean NOT NULL DEFAULT true,
		confirmed boolean, confirmed_at timestamptz, pending_since timestamptz, level integer, active boolean, banned boolean,
		banned_until timestamptz); CREATE TABLE bans (person bigint)`)
	for name, test := range map[string]struct {
		part    store.Part
		text    string
		write   string
		refused bool
	}{
		"inverse":               {store.EmailVerified, "unverified := not unverified", "", true},
		"inverse time":          {store.EmailVerified, "pending_since := pending_since is null", "", true},
		"inverse number":        {store.EmailVerified, "level := level = 0", "", true},
		"inverse block":         {store.Blocked, "active := not active", "", true},
		"inverse block of null": {store.Blocked, "active := active is not true", "", true},
		"inverse telephone":     {store.PhoneVerified, "unverified := not unverified", "", true},
		"written as it is read": {store.EmailVerified, "unverified := not unverified", "not value", false},
		"written the other way": {store.EmailVerified, "confirmed := confirmed", "not value", true},
		"the same":              {store.EmailVerified, "confirmed := coalesce(confirmed, false)", "", false},
		"a time":                {store.EmailVerified, "confirmed_at := confirmed_at is not null", "", false},
		"and more":              {store.EmailVerified, "confirmed := confirmed and not unverified", "", false},
		"or more":               {store.Blocked, "banned := banned or coalesce(not active, true)", "", false},
		"another table":         {store.Blocked, "banned := banned or exists (select from bans where person = users.id)", "", false},
		"only read":             {store.EmailVerified, "= not unverified", "", false},
	} {
		w := wanted{name: "users", columns: map[store.Part]string{test.part: test.text}}
		if test.write != "" {
			w.writes = map[store.Part]string{test.part: test.write}
		}
		_, diags := b.describe(w)
		errs := diags.Errors()
		switch {
		case !test.refused && len(errs) > 0:
			t.Errorf("%s: %v", name, errs)
		case test.refused && (len(errs) != 1 || errs[0].Summary() != "Flag Means The Opposite" ||
			!strings.Contains(errs[0].Detail(), "not value")):
			t.Errorf("%s: %v", name, errs)
		}
	}
}
