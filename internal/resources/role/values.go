// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// passwordValidator never repeats the value.
type passwordValidator struct{}

func (passwordValidator) Description(context.Context) string {
	return "must be printable ASCII without spaces"
}
func (v passwordValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (passwordValidator) ValidateString(
	_ context.Context,
	req validator.StringRequest,
	resp *validator.StringResponse,
) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := postgres.CheckPassword(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Password", "The password cannot be used: "+err.Error()+
			". Servers and drivers normalise other characters in different ways, and the login then fails.\n\nGenerate a "+
			"longer password from these characters.")
	}
}

type timeoutValidator struct{}

func (timeoutValidator) Description(context.Context) string {
	return "must be a duration such as 500ms, 5s or 2min"
}
func (v timeoutValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (timeoutValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := postgres.ParseTimeout(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Timeout", fmt.Sprintf("The value %q is no timeout: %v.",
			req.ConfigValue.ValueString(), err))
	}
}

type timeValidator struct{}

func (timeValidator) Description(context.Context) string {
	return "must be a time such as 2027-01-31T12:00:00Z"
}
func (v timeValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (timeValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := time.Parse(time.RFC3339, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Time", fmt.Sprintf(
			"The value %q is no time as RFC 3339 writes it, such as 2027-01-31T12:00:00Z "+
				"or 2027-01-31T13:00:00+01:00.", req.ConfigValue.ValueString()))
	}
}

// sameMeaning keeps the value in the state when the configuration only writes it
// differently, so that "5s" in place of "5000ms" is no change.
type sameMeaning struct{ equal func(a, b string) bool }

func (sameMeaning) Description(context.Context) string {
	return "another way to write the same value is no change"
}
func (m sameMeaning) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (m sameMeaning) PlanModifyString(
	_ context.Context,
	req planmodifier.StringRequest,
	resp *planmodifier.StringResponse,
) {
	if req.StateValue.IsNull() || req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if m.equal(req.StateValue.ValueString(), req.ConfigValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

func sameTimeout(a, b string) bool {
	left, err := postgres.ParseTimeout(a)
	if err != nil {
		return a == b
	}
	right, err := postgres.ParseTimeout(b)
	return err == nil && left == right
}

func sameInstant(a, b string) bool {
	left, err := time.Parse(time.RFC3339, a)
	if err != nil {
		return a == b
	}
	right, err := time.Parse(time.RFC3339, b)
	return err == nil && left.Equal(right)
}

func instant(value types.String) *time.Time {
	t, err := time.Parse(time.RFC3339, value.ValueString())
	if err != nil {
		return nil
	}
	return &t
}

func formatInstant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
