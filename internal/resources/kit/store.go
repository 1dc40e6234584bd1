// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// storeModel is the `store` attribute: exported by a table or by access functions,
// consumed by everything else.
type storeModel struct {
	Kind        types.String `tfsdk:"kind"`
	Schema      types.String `tfsdk:"schema"`
	Table       types.String `tfsdk:"table"`
	Columns     types.Map    `tfsdk:"columns"`
	IDType      types.String `tfsdk:"id_type"`
	EmailLookup types.String `tfsdk:"email_lookup"`
}

type storeColumnModel struct {
	Name types.String `tfsdk:"name"`
	Type types.String `tfsdk:"type"`
}

var (
	storeColumnType = types.ObjectType{AttrTypes: map[string]attr.Type{"name": types.StringType, "type": types.StringType}}
	StoreType       = types.ObjectType{AttrTypes: map[string]attr.Type{
		"kind": types.StringType, "schema": types.StringType, "table": types.StringType,
		"columns": types.MapType{ElemType: storeColumnType}, "id_type": types.StringType, "email_lookup": types.StringType,
	}}
)

// ExportedStore is the attribute on the object that describes the store.
func ExportedStore() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The description of the user store, to be handed to the `store` of a role and of a connection. It holds no secret. A change here changes what those derive from it.",
		Attributes: map[string]schema.Attribute{
			"kind":   schema.StringAttribute{Computed: true, MarkdownDescription: "What the scripts talk to: `table` or `functions`."},
			"schema": schema.StringAttribute{Computed: true, MarkdownDescription: "The schema of the table or of the functions."},
			"table":  schema.StringAttribute{Computed: true, MarkdownDescription: "The users table."},
			"columns": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The column of each part of a user that the store keeps.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name": schema.StringAttribute{Computed: true, MarkdownDescription: "The column's name."},
					"type": schema.StringAttribute{Computed: true, MarkdownDescription: "The column's type."},
				}},
			},
			"id_type":      schema.StringAttribute{Computed: true, MarkdownDescription: "The type of the id column."},
			"email_lookup": schema.StringAttribute{Computed: true, MarkdownDescription: "How an e-mail address is compared: `lower_index`, `citext` or `exact`."},
		},
	}
}

// ConsumedStore is the attribute on the objects that derive from a store.
func ConsumedStore(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"kind": schema.StringAttribute{Required: true, MarkdownDescription: "What the scripts talk to: `table` or `functions`.",
				Validators: []validator.String{stringvalidator.OneOf(string(store.Table), string(store.Functions))}},
			"schema": schema.StringAttribute{Required: true, MarkdownDescription: "The schema of the table or of the functions."},
			"table":  schema.StringAttribute{Required: true, MarkdownDescription: "The users table."},
			"columns": schema.MapNestedAttribute{
				Required:            true,
				MarkdownDescription: "The column of each part of a user that the store keeps.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name": schema.StringAttribute{Required: true, MarkdownDescription: "The column's name."},
					"type": schema.StringAttribute{Required: true, MarkdownDescription: "The column's type, in the server's words; one that is not built in " +
						"has its schema in front, as `public.citext` does."},
				}},
			},
			"id_type": schema.StringAttribute{Optional: true, MarkdownDescription: "The type of the id column; the same as the type of the part `id`."},
			"email_lookup": schema.StringAttribute{Required: true, MarkdownDescription: "How an e-mail address is compared: `lower_index`, `citext` or `exact`.",
				Validators: []validator.String{stringvalidator.OneOf(string(store.LowerIndex), string(store.CIText), string(store.Exact))}},
		},
	}
}

// StoreFrom reads the attribute. known is false while any part of it is unknown.
func StoreFrom(ctx context.Context, object types.Object, at path.Path) (s store.Store, known bool, diags diag.Diagnostics) {
	if value, err := object.ToTerraformValue(ctx); err != nil || object.IsNull() || !value.IsFullyKnown() {
		return store.Store{}, false, nil
	}
	var model storeModel
	diags.Append(object.As(ctx, &model, basetypes.ObjectAsOptions{})...)
	columns := map[string]storeColumnModel{}
	diags.Append(model.Columns.ElementsAs(ctx, &columns, false)...)
	if diags.HasError() {
		return store.Store{}, false, diags
	}
	s = store.Store{
		Kind:        store.Kind(model.Kind.ValueString()),
		Schema:      model.Schema.ValueString(),
		Table:       model.Table.ValueString(),
		Columns:     map[store.Part]store.Column{},
		EmailLookup: store.EmailLookup(model.EmailLookup.ValueString()),
	}
	for name, column := range columns {
		if _, ok := store.Spec(store.Part(name)); !ok {
			diags.AddAttributeError(at.AtName("columns").AtMapKey(name), "Unknown Part Of A User",
				"The store names a part that does not exist. Use the `store` of an auth0pg_users_table, or one of its parts' names.")
		}
		s.Columns[store.Part(name)] = store.Column{Name: column.Name.ValueString(), Type: column.Type.ValueString()}
	}
	return s, !diags.HasError(), diags
}

// StoreObject is the attribute's value.
func StoreObject(s store.Store) types.Object {
	columns := map[string]attr.Value{}
	for part, column := range s.Columns {
		columns[string(part)] = types.ObjectValueMust(storeColumnType.AttrTypes, map[string]attr.Value{
			"name": types.StringValue(column.Name), "type": types.StringValue(column.Type),
		})
	}
	return types.ObjectValueMust(StoreType.AttrTypes, map[string]attr.Value{
		"kind":         types.StringValue(string(s.Kind)),
		"schema":       types.StringValue(s.Schema),
		"table":        types.StringValue(s.Table),
		"columns":      types.MapValueMust(storeColumnType, columns),
		"id_type":      types.StringValue(s.IDType()),
		"email_lookup": types.StringValue(string(s.EmailLookup)),
	})
}
