// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

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

// inDatabase is the form of a store in PostgreSQL, in the documentation.
const inDatabase = " It is JSON with `columns` (by part of a user, each as `\"email text\"`, its name and its type in the " +
	"server's words, or as an object with `name`, `type`, `expression` and what else there is to say), `email_lookup` and `table` " +
	"(`\"public.users\"`, with quotes inside where SQL needs them), or in place of that `functions` (`schema`, `table`, and `statements` that are your own). An expression, as `row_filter` beside `columns` is " +
	"one, has `sql`, `type`, and what it takes to run it in `reads` and `schemas`."

// ConsumedStore is the attribute on the objects that derive from a store.
func ConsumedStore(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Required: true, CustomType: StoreType{},
		MarkdownDescription: description + inDatabase +
			" A store behind an API has `api` and `parts`, one in another tenant `tenant` and `parts`.",
		PlanModifiers: []planmodifier.String{sameStore{}},
	}
}

// ConsumedDatabaseStore is [ConsumedStore] for what works on a table or on the functions in front of one: it refuses a store
// that is neither. The reason, and what to do instead, are sentences without their full stops, in Markdown, which documentation
// and message have.
func ConsumedDatabaseStore(description, reason, instead string) schema.StringAttribute {
	attribute := ConsumedStore("")
	attribute.MarkdownDescription = fmt.Sprintf("%s%s A store behind an API or in another tenant is refused. %s. %s.",
		description, inDatabase, reason, instead)
	attribute.Validators = []validator.String{storeInDatabase{reason, strings.ReplaceAll(instead, "`", "")}}
	return attribute
}

// storeInDatabase refuses a store that is reached otherwise than in PostgreSQL. Terraform validates again at plan, when
// the store of a data source is known.
type storeInDatabase struct{ reason, instead string }

func (storeInDatabase) Description(context.Context) string {
	return "a users table, or the access functions in front of one"
}

func (v storeInDatabase) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v storeInDatabase) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	users, known := StoreValue{req.ConfigValue}.Parsed()
	if !known || users.InDatabase() {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Store Is Not In A Database", fmt.Sprintf(
		"%s, and this store is %s.\n\n%s.", v.reason, users.Title(), v.instead))
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
