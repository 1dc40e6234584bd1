// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// identifierValidator refuses what the server would refuse or cut.
type identifierValidator struct{}

func (identifierValidator) Description(context.Context) string {
	return "a name of 1 to 63 bytes without NUL"
}

func (v identifierValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (identifierValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := postgres.CheckIdentifier(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Name Not Usable", fmt.Sprintf("Postgres cannot take %q as a name: %v.\n\nChoose another name; quotes, blanks and any other characters are allowed.", req.ConfigValue.ValueString(), err))
	}
}

// expressionValidator refuses texts that are more than one type or expression.
type expressionValidator struct{ mayBeEmpty bool }

func (expressionValidator) Description(context.Context) string {
	return "one SQL type or expression, and nothing behind it"
}

func (v expressionValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (v expressionValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	text := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || v.mayBeEmpty && text == "" {
		return
	}
	if err := postgres.CheckExpression(text); err != nil {
		addNotOneExpression(req.Path, text, err, &resp.Diagnostics)
	}
}

func addNotOneExpression(at path.Path, text string, err error, diags *diag.Diagnostics) {
	diags.AddAttributeError(at, "Not One Expression", fmt.Sprintf("The text %q is refused: %v.\n\nWrite one SQL type or expression; statements and further clauses are not allowed here.", text, err))
}

// durationValidator takes what time.ParseDuration takes, above zero.
type durationValidator struct{}

func (durationValidator) Description(context.Context) string {
	return "a duration such as 30s, 5m or 2h"
}

func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v durationValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || d <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration", fmt.Sprintf("%q is not %s.", req.ConfigValue.ValueString(), v.Description(ctx)))
	}
}
