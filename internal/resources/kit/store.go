// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// The attribute `store` is one string, whatever it describes: Terraform plans and keeps a string in a fraction of the
// time that it takes for nested attributes, and shows its change line by line all the same.

// ExportedStore is the attribute on the object that describes the store.
func ExportedStore() schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, CustomType: StoreType{},
		MarkdownDescription: "The description of the user store, to be handed to the `store` " +
			"of a role and of a connection: " +
			"JSON, which the plan shows line by line. It holds no secret. A change here changes what those derive from it.",
	}
}

// ConsumedStore is the attribute on the objects that derive from a store.
func ConsumedStore(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Required: true, CustomType: StoreType{},
		MarkdownDescription: description + " It is JSON with `columns` (by part of a user, " +
			"each with `name` and `type`, the " +
			"latter in the server's words, or with `expression`, or with all three), `email_lookup` and `table` (`schema` and " +
			"`name`), or in place of that `functions` (`schema` and `table`). An expression, as " +
			"`row_filter` beside `columns` is " +
			"one, has `sql`, `type`, and what it takes to run it in `reads` and `schemas`.",
		PlanModifiers: []planmodifier.String{sameStore{}},
	}
}

// sameStore keeps the state's text while the configuration's means the same, so that blanks are no change.
type sameStore struct{}

func (sameStore) Description(context.Context) string {
	return "another text of the same store is no change"
}

func (m sameStore) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (sameStore) PlanModifyString(
	_ context.Context,
	req planmodifier.StringRequest,
	resp *planmodifier.StringResponse,
) {
	if (StoreValue{req.PlanValue}).same(StoreValue{req.StateValue}) {
		resp.PlanValue = req.StateValue
	}
}

// NewStore is the attribute's value.
func NewStore(s store.Store) StoreValue { return storeText(s.Marshal()) }
