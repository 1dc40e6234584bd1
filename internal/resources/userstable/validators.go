// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// identifierValidator refuses what the server would refuse or cut.
type identifierValidator struct{}

func (identifierValidator) Description(context.Context) string {
	return "a name of 1 to 63 bytes without NUL"
}

func (v identifierValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (identifierValidator) ValidateString(
	_ context.Context,
	req validator.StringRequest,
	resp *validator.StringResponse,
) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := postgres.CheckIdentifier(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Name Not Usable", fmt.Sprintf("Postgres cannot take %q as a name: "+
			"%v.\n\nChoose another name; quotes, blanks and any "+
			"other characters are allowed.", req.ConfigValue.ValueString(), err))
	}
}

// partsValidator refuses what is no part of a user, and a table without those that every login needs.
type partsValidator struct{}

func (partsValidator) Description(context.Context) string {
	return "keys that are parts of a user, " + kit.List(names(store.Required())) + " among them"
}

func (v partsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (partsValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	elements := req.ConfigValue.Elements()
	misspelt := map[store.Part]bool{}
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		at := req.Path.AtMapKey(key)
		if _, ok := store.Spec(store.Part(key)); !ok {
			nearest := store.Nearest(key)
			misspelt[nearest] = true
			addUnknownPart(at, key, nearest, &resp.Diagnostics)
		} else if elements[key].IsNull() {
			resp.Diagnostics.AddAttributeError(at, "Part Is Null", fmt.Sprintf(
				"The part %[1]s is null, and so it is neither there nor not there.\n\n"+
					"Leave the key out, or write %[1]s = {} for a column with the part's own settings.", key))
		}
	}
	for _, part := range store.Required() {
		if _, named := elements[string(part)]; !named && !misspelt[part] {
			resp.Diagnostics.AddAttributeError(req.Path, "Part Missing", fmt.Sprintf(
				"The columns name no part %[1]s, without which no login works.\n\n"+
					"Name it: %[1]s = {}, or with the name of the column that holds it, %[1]s = { name = \"…\" }.", part))
		}
	}
}

func addUnknownPart(at path.Path, key string, nearest store.Part, diags *diag.Diagnostics) {
	meant := ""
	if nearest != "" {
		meant = fmt.Sprintf(" The nearest is %s.", nearest)
	}
	diags.AddAttributeError(at, "Unknown Part", fmt.Sprintf(
		"%q is no part of a user.%s\n\nThe parts are %s. A column that the scripts do not know belongs into extra_columns.",
		key, meant, kit.List(partNames())))
}

func names(parts []store.Part) []string {
	var all []string
	for _, part := range parts {
		all = append(all, string(part))
	}
	return all
}

// expressionValidator refuses texts that are more than one type or expression.
type expressionValidator struct{ mayBeEmpty bool }

func (expressionValidator) Description(context.Context) string {
	return "one SQL type or expression, and nothing behind it"
}

func (v expressionValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (v expressionValidator) ValidateString(
	_ context.Context,
	req validator.StringRequest,
	resp *validator.StringResponse,
) {
	text := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || v.mayBeEmpty && text == "" {
		return
	}
	if err := postgres.CheckExpression(text); err != nil {
		addNotOneExpression(req.Path, text, err, &resp.Diagnostics)
	}
}

func addNotOneExpression(at path.Path, text string, err error, diags *diag.Diagnostics) {
	diags.AddAttributeError(at, "Not One Expression", fmt.Sprintf("The text %q is refused: %v.\n\nWrite one SQL type or "+
		"expression; statements and further clauses are not allowed here.", text, err))
}
