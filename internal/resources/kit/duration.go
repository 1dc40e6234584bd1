// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Duration takes text such as "90s", "5m" or "2h", as [time.ParseDuration] reads it. A Most of zero is no bound.
type Duration struct{ Least, Most time.Duration }

// PositiveDuration takes every duration above zero.
var PositiveDuration = Duration{Least: 1}

// Description says what is wanted.
func (v Duration) Description(context.Context) string {
	bound := ""
	switch {
	case v.Most > 0:
		bound = fmt.Sprintf(", from %s to %s", ShortDuration(v.Least), ShortDuration(v.Most))
	case v.Least > 1:
		bound = fmt.Sprintf(", %s or more", ShortDuration(v.Least))
	case v.Least == 1:
		bound = ", above zero"
	}
	return "must be a duration such as 30s, 5m or 2h" + bound
}

// MarkdownDescription is the Description.
func (v Duration) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString reports "Invalid Duration".
func (v Duration) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	d, err := time.ParseDuration(req.ConfigValue.ValueString())
	if err != nil || d < v.Least || v.Most > 0 && d > v.Most {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Duration", fmt.Sprintf(
			"The value %q %s.", req.ConfigValue.ValueString(), v.Description(ctx)))
	}
}

// ShortDuration writes a duration without the units that are zero at its end: "1h" for 1h0m0s.
func ShortDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if len(text) > len(zero) && text[len(text)-len(zero):] == zero {
			text = text[:len(text)-len(zero)+1]
		}
	}
	return text
}
