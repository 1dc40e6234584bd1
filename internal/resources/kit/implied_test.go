// SPDX-License-Identifier: MPL-2.0

package kit_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// What nobody says is null, whatever was said before, unless the state says the default, as after an import.
func TestImplied(t *testing.T) {
	for name, test := range map[string]struct{ config, state, want types.String }{
		"said":                      {types.StringValue("a"), types.StringValue("5m"), types.StringValue("a")},
		"said, and the default":     {types.StringValue("5m"), types.StringNull(), types.StringValue("5m")},
		"not known yet":             {types.StringUnknown(), types.StringValue("5m"), types.StringUnknown()},
		"new":                       {types.StringNull(), types.StringNull(), types.StringNull()},
		"imported":                  {types.StringNull(), types.StringValue("5m"), types.StringValue("5m")},
		"said before, and no more":  {types.StringNull(), types.StringValue("a"), types.StringNull()},
		"said empty, which is said": {types.StringValue(""), types.StringValue("5m"), types.StringValue("")},
	} {
		plan := test.config
		if plan.IsNull() {
			plan = types.StringUnknown() // as the framework marks what is computed
		}
		resp := planmodifier.StringResponse{PlanValue: plan}
		kit.ImpliedString("5m")[0].PlanModifyString(t.Context(),
			planmodifier.StringRequest{ConfigValue: test.config, StateValue: test.state, PlanValue: plan}, &resp)
		if !resp.PlanValue.Equal(test.want) {
			t.Errorf("%s: planned %s, want %s", name, resp.PlanValue, test.want)
		}
	}
}
