// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var (
	_ datasource.DataSource                   = (*renderedScripts)(nil)
	_ datasource.DataSourceWithValidateConfig = (*renderedScripts)(nil)
)

// NewScripts returns the auth0pg_scripts data source.
func NewScripts() datasource.DataSource { return &renderedScripts{} }

type renderedScripts struct{}

type renderedScriptsModel struct {
	Store      kit.StoreValue `tfsdk:"store"`
	ImportMode types.Bool     `tfsdk:"import_mode"`
	Passkeys   types.Bool     `tfsdk:"passkeys"`
	Operations types.Set      `tfsdk:"operations"`
	Scripts    types.Map      `tfsdk:"scripts"`
	// The settings are those of a connection's `scripts`, at the top.
	scriptsModel
}

func (d *renderedScripts) Metadata(
	_ context.Context,
	req datasource.MetadataRequest,
	resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_scripts"
}

func (d *renderedScripts) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"store": kit.InDataSource(kit.ConsumedStore("The user store that the scripts are rendered for: the `store` of an " +
			"`auth0pg_users_table`, of `auth0pg_access_functions`, or of a data source: `auth0pg_store`, `auth0pg_api_store` or " +
			"`auth0pg_tenant_store`.")),
		"import_mode": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the scripts are for a connection with automatic migration, which has `login` and " +
				"`get_user` only. False by default.",
		},
		"passkeys": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether users of the connection can sign up with a passkey: `create` then answers with the new user's " +
				"profile, which it reads as `get_user` does. False by default; `auth0pg_connection` goes by its " +
				"`authentication_methods`.",
		},
		"operations": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "The operations whose scripts are wanted. By default all that a connection over this store " +
				"gets, and those of `overrides`.",
			Validators: []validator.Set{
				setvalidator.SizeAtLeast(1),
				setvalidator.ValueStringsAre(stringvalidator.OneOf(kit.OperationNames()...)),
			},
		},
		"scripts": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The scripts by operation, under the keys that Auth0 gives them. The same input " +
				"gives the same text, byte by byte.",
		},
	}
	for name, attribute := range scriptsBlock().Attributes {
		attributes[name] = kit.InDataSource(attribute)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The action scripts of a custom database connection, as `auth0pg_connection` uploads them, " +
			"for use with any other tool. It needs neither a tenant nor a server.",
		Attributes: attributes,
	}
}

// ValidateConfig checks what needs no store.
func (d *renderedScripts) ValidateConfig(
	ctx context.Context,
	req datasource.ValidateConfigRequest,
	resp *datasource.ValidateConfigResponse,
) {
	var model renderedScriptsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		checkOverrides(model.Overrides, path.Root("overrides"), nil, &resp.Diagnostics)
	}
}

// Read renders the scripts.
func (d *renderedScripts) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model renderedScriptsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	userStore, _ := model.Store.Parsed()
	model.render(ctx, userStore, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	}
}

func (m *renderedScriptsModel) render(ctx context.Context, userStore store.Store, diags *diag.Diagnostics) {
	overrides := plainValues(m.Overrides)
	options := m.options(userStore, m.ImportMode.ValueBool())
	options.Passkeys = m.Passkeys.ValueBool()
	rendered := map[string]attr.Value{}
	for _, op := range m.wanted(ctx, userStore, overrides, diags) {
		if text, overridden := overrides[string(op)]; overridden {
			rendered[string(op)] = types.StringValue(text)
			continue
		}
		if missing := scripts.MissingParts(userStore, op); len(missing) > 0 {
			for _, part := range missing {
				diags.AddAttributeError(path.Root("store"), "Store Lacks A Part", fmt.Sprintf(
					"The script %s needs the part %s, which %s does not have.\n\nAdd the part to %s, leave the "+
						"operation out of operations, or write the script yourself in overrides[%q].",
					op, part, userStore.Title(), whereParts(userStore), op))
			}
			continue
		}
		if addReadOnly(userStore, op, fmt.Sprintf("leave the operation out of operations, or write the "+
			"script yourself in overrides[%q]", op), diags) {
			continue
		}
		text, err := scripts.Render(op, options)
		if err != nil {
			scriptsError(diags, path.Empty(), err)
			return
		}
		rendered[string(op)] = types.StringValue(text)
	}
	m.Scripts = types.MapValueMust(types.StringType, rendered)
}

// wanted are the operations that were asked for, or those of a connection.
func (m *renderedScriptsModel) wanted(
	ctx context.Context,
	userStore store.Store,
	overrides map[string]string,
	diags *diag.Diagnostics,
) []scripts.Operation {
	var operations []scripts.Operation
	if !m.Operations.IsNull() {
		diags.Append(m.Operations.ElementsAs(ctx, &operations, false)...)
		return operations
	}
	operations = scripts.Rendered(m.ImportMode.ValueBool(), userStore)
	for op := range overrides {
		operations = append(operations, scripts.Operation(op))
	}
	return operations
}
