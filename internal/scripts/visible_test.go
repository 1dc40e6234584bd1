// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"slices"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// Names in SQL that stands in a script are found however it is written, and text that is no SQL has none.
func TestVisibleNames(t *testing.T) {
	for sql, want := range map[string][]string{
		"'select id, Deleted_At from users where email = $1'":         {"users", "deleted_at", "id"},
		"`\n SELECT u.\"Locale\" FROM public.users u`":                {"Locale", "users"},
		"`update users set a = ${x} where note <> 'gone deleted_at'`": {"users", "note"},
		"\"delete from \\\"Users\\\" where id = $1\"":                 {"Users", "id"},
		"'hello deleted_at'":                  nil,
		"'sel' + 'ect deleted_at from users'": nil,
	} {
		names := scripts.VisibleNames(scripts.Login, "function login(email, password, callback) { query("+sql+"); }")
		for _, name := range want {
			if !names[name] {
				t.Errorf("%s: no %s in %v", sql, name, names)
			}
		}
		if names["deleted_at"] != slices.Contains(want, "deleted_at") || want == nil && names != nil {
			t.Errorf("%s: %v", sql, names)
		}
	}
}
