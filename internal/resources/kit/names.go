// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/jackc/pgx/v5"
)

// MaxIdentifier is the length in bytes at which Postgres cuts names off.
const MaxIdentifier = 63

// RoleNameValidator refuses what Postgres refuses or silently shortens.
type RoleNameValidator struct{}

func (RoleNameValidator) Description(context.Context) string {
	return "must be a role name of 1 to 63 bytes that does not begin with pg_"
}

func (v RoleNameValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (RoleNameValidator) ValidateString(
	_ context.Context,
	req validator.StringRequest,
	resp *validator.StringResponse,
) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	name := req.ConfigValue.ValueString()
	reason := ""
	switch {
	case name == "":
		reason = "it is empty"
	case len(name) > MaxIdentifier:
		reason = fmt.Sprintf("it has %d bytes and PostgreSQL keeps 63", len(name))
	case strings.ContainsRune(name, 0):
		reason = "it contains a zero byte"
	case strings.HasPrefix(name, "pg_"):
		reason = "PostgreSQL reserves names that begin with pg_"
	case name == "public" || name == "none":
		reason = "PostgreSQL reserves this name"
	default:
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Role Name", fmt.Sprintf("The name %q cannot be given to a "+
		"role: %s.\n\nChoose another name.", name, reason))
}

func QuoteIdentifier(name string) string { return pgx.Identifier{name}.Sanitize() }
