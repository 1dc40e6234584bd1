// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// A change to another place puts the new rules in force and then removes the old ones. When the
// second fails, the state still shows the old rules alone. The new ones are recorded beside it, so
// that they go again if the configuration no longer asks for them.

// leftoverKey is where the note is kept in the private state.
const leftoverKey = "leftover"

// unreleased returns where rules may stand that the state does not show.
func unreleased(ctx context.Context, private kit.PrivateReader, diags *diag.Diagnostics) []rulesPlace {
	if left := kit.GetPrivate[[]rulesPlace](ctx, private, leftoverKey, diags); left != nil {
		return *left
	}
	return nil
}

// recordUnreleased keeps where rules may stand that the state does not show.
func recordUnreleased(ctx context.Context, private kit.PrivateState, left []rulesPlace, diags *diag.Diagnostics) {
	if len(left) == 0 {
		diags.Append(private.SetKey(ctx, leftoverKey, nil)...)
		return
	}
	kit.SetPrivate(ctx, private, leftoverKey, left, diags)
}

// withPlace adds a place that is not among them yet.
func withPlace(left []rulesPlace, at rulesPlace) []rulesPlace {
	if slices.Contains(left, at) {
		return left
	}
	return append(slices.Clone(left), at)
}

// releaseAll removes the rules from every place but one.
func (r *allowlist) releaseAll(ctx context.Context, places []rulesPlace, but rulesPlace, diags *diag.Diagnostics) bool {
	for _, at := range places {
		if at != but && !r.release(ctx, at, diags) {
			return false
		}
	}
	return true
}

// showLeftovers adds to what was read what else is to go, so that the plan shows it.
func (m *allowlistModel) showLeftovers(left []rulesPlace) {
	if len(left) == 0 {
		return
	}
	elements := m.Enforced.Elements()
	for _, at := range left {
		if at != m.place() {
			elements = append(elements, types.StringValue(fmt.Sprintf("left by a change that failed: %s for %q",
				at.Enforcement, at.Role+at.Schema)))
		}
	}
	m.Enforced = types.ListValueMust(types.StringType, elements)
}

// Remains is what the rules leave where they cannot be removed.
func (at rulesPlace) remains() kit.Remains {
	switch at.Enforcement {
	case enforcementFunctions:
		return kit.Remains{
			What: fmt.Sprintf("the allowlist of the access functions in %q", at.Schema),
			SQL:  postgres.OpenClientCheckStatement(at.Schema) + ";",
		}
	case enforcementHBA:
		by := fmt.Sprintf("-- in pg_hba.conf, remove the line\n--   "+
			"%s\nSELECT pg_catalog.pg_reload_conf();", postgres.HBAInclude(at.Role))
		return kit.Remains{What: fmt.Sprintf("the allowlist in pg_hba.conf of the role %q", at.Role), SQL: by, OnServer: by}
	}
	trigger := kit.QuoteIdentifier(postgres.LoginTriggerName(at.Role))
	return kit.Remains{
		What: fmt.Sprintf("the login trigger of the role %q", at.Role),
		SQL:  fmt.Sprintf("DROP EVENT TRIGGER %[1]s;\nDROP FUNCTION auth0pg.%[1]s();", trigger),
	}
}
