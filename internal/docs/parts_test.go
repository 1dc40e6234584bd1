// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// The page of the table lists each part once, as it is.
func TestUsersTableListsEveryPart(t *testing.T) {
	const page = "templates/resources/users_table.md.tmpl"
	var want strings.Builder
	want.WriteString("| Part | Default type | Nullable | Default | Meaning |\n|---|---|---|---|---|\n")
	for _, part := range store.Parts() {
		name, nullable, value := "`"+string(part.Part)+"`", "no", ""
		if part.Required {
			name += " (required)"
		}
		if part.Nullable {
			nullable = "yes"
		}
		if part.Default != "" {
			value = "`" + part.Default + "`"
		}
		fmt.Fprintf(&want, "| %s | `%s` | %s | %s | %s |\n", name, part.Type, nullable, value, part.Description)
	}
	if !strings.Contains(read(t, page), want.String()) {
		t.Errorf("%s does not have this table:\n%s", page, want.String())
	}
}
