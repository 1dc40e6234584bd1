// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A setting of the provider's own that nobody configured is null and counts as its default, so that a plan shows what
// somebody said and what follows from it. An import states all of them, and those stay that are the default.

// Implied plans an attribute that is optional and computed, for a setting whose default is standard.
type Implied struct{ standard attr.Value }

// ImpliedBool is of an attribute whose default is standard.
func ImpliedBool(standard bool) []planmodifier.Bool {
	return []planmodifier.Bool{Implied{types.BoolValue(standard)}}
}

// ImpliedInt64 is of an attribute whose default is standard.
func ImpliedInt64(standard int64) []planmodifier.Int64 {
	return []planmodifier.Int64{Implied{types.Int64Value(standard)}}
}

// ImpliedString is of an attribute whose default is standard.
func ImpliedString(standard string) []planmodifier.String {
	return []planmodifier.String{Implied{types.StringValue(standard)}}
}

// ImpliedBy is the default that a null of the attribute stands for; ok is false for one that has none.
func ImpliedBy(attribute schema.Attribute) (standard tftypes.Value, ok bool) {
	var modifiers []any
	switch a := attribute.(type) {
	case schema.BoolAttribute:
		modifiers = anyOf(a.PlanModifiers)
	case schema.Int64Attribute:
		modifiers = anyOf(a.PlanModifiers)
	case schema.StringAttribute:
		modifiers = anyOf(a.PlanModifiers)
	}
	for _, modifier := range modifiers {
		if implied, is := modifier.(Implied); is {
			value, err := implied.standard.ToTerraformValue(context.Background())
			return value, err == nil
		}
	}
	return tftypes.Value{}, false
}

func anyOf[T any](modifiers []T) []any {
	all := make([]any, len(modifiers))
	for i, modifier := range modifiers {
		all[i] = modifier
	}
	return all
}

// Description is what the attribute's own description says as well.
func (m Implied) Description(context.Context) string {
	return fmt.Sprintf("Without it, %s counts.", m.standard)
}

// MarkdownDescription is the same.
func (m Implied) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyBool plans a switch.
func (m Implied) PlanModifyBool(_ context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if req.ConfigValue.IsNull() {
		resp.PlanValue = unsaid(req.StateValue, m.standard, types.BoolNull())
	}
}

// PlanModifyInt64 plans a number.
func (m Implied) PlanModifyInt64(_ context.Context, req planmodifier.Int64Request, resp *planmodifier.Int64Response) {
	if req.ConfigValue.IsNull() {
		resp.PlanValue = unsaid(req.StateValue, m.standard, types.Int64Null())
	}
}

// PlanModifyString plans a text.
func (m Implied) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.ConfigValue.IsNull() {
		resp.PlanValue = unsaid(req.StateValue, m.standard, types.StringNull())
	}
}

func unsaid[T attr.Value](state T, standard attr.Value, null T) T {
	if state.Equal(standard) {
		return state
	}
	return null
}
