// SPDX-License-Identifier: MPL-2.0

// Package tenantstore describes users that are in a connection of another Auth0 tenant.
package tenantstore

import (
	"cmp"
	"context"
	"fmt"
	"strings"

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

var _ datasource.DataSourceWithValidateConfig = (*tenantStore)(nil)

// NewTenantStore returns the auth0pg_tenant_store data source.
func NewTenantStore() datasource.DataSource { return &tenantStore{} }

type tenantStore struct{}

type tenantStoreModel struct {
	Domain                    types.String   `tfsdk:"domain"`
	ConnectionName            types.String   `tfsdk:"connection_name"`
	ClientIDKey               types.String   `tfsdk:"client_id_key"`
	ClientSecretKey           types.String   `tfsdk:"client_secret_key"`
	ManagementClientIDKey     types.String   `tfsdk:"management_client_id_key"`
	ManagementClientSecretKey types.String   `tfsdk:"management_client_secret_key"`
	Parts                     types.Set      `tfsdk:"parts"`
	Operations                types.Set      `tfsdk:"operations"`
	GrantTypes                types.List     `tfsdk:"grant_types"`
	Scopes                    types.List     `tfsdk:"scopes"`
	Needs                     types.Map      `tfsdk:"needs"`
	Store                     kit.StoreValue `tfsdk:"store"`
}

var needsType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"grant_types": types.ListType{ElemType: types.StringType}, "scopes": types.ListType{ElemType: types.StringType},
}}

// The defaults of the keys.
const (
	defaultClientIDKey     = "TENANT_CLIENT_ID"
	defaultClientSecretKey = "TENANT_CLIENT_SECRET"
)

func (d *tenantStore) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_tenant_store"
}

func (d *tenantStore) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	list := func(description string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Users in a database connection of another Auth0 tenant, which the scripts ask in place of a " +
			"database: logins go to its token endpoint with the password-realm grant, everything else to its Management " +
			"API. Its `store` goes to `auth0pg_connection` or to `auth0pg_scripts`, and to nothing that is about a " +
			"database. A change of any attribute changes `store`, and so uploads the scripts of the connection anew.\n\nNothing is read at a plan: the provider has no credentials for the other tenant, and needs none. " +
			"What the scripts can do there, and what nobody can, is in the guide [Users in another " +
			"tenant](../guides/users-in-another-tenant.md).",
		Attributes: map[string]schema.Attribute{
			"domain": schema.StringAttribute{
				Required: true, MarkdownDescription: "The domain of the other tenant, such as `acme.eu.auth0.com`, without a scheme; " +
					"its own, as the Management API is not found under a custom one. A loopback address, with or without a port, is " +
					"reached over plain `http`.",
				Validators: []validator.String{checked{store.CheckDomain, "Domain", "a domain of a tenant"}},
			},
			"connection_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "The name of the database connection there. Users of the tenant's other " +
					"connections are nobody to the scripts.",
				Validators: []validator.String{checked{store.CheckConnectionName, "Name", "a name of a connection"}},
			},
			"client_id_key":     kit.KeyAttribute(defaultClientIDKey, "the id of the client by which users log in there"),
			"client_secret_key": kit.KeyAttribute(defaultClientSecretKey, "that client's secret"),
			"management_client_id_key": managementKey("the id of a second client, which is granted the Management API and can log " +
				"nobody in"),
			"management_client_secret_key": managementKey("that second client's secret"),
			"parts": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The parts of a user that are carried over beside `id`, `email` and `password`: " +
					kit.Code(furtherParts()) + ". All by default. With `username`, `phone_number`, `phone_verified`, `user_metadata` " +
					"or `app_metadata` each login makes a call of the Management API, whose rate limit is the lower one; all " +
					"else is in the answer of the login itself. `verify` needs `email_verified`, `change_username` needs `username`.",
				Validators: []validator.Set{kit.PartsValidator{Of: "A tenant", Further: furtherParts()}},
			},
			"operations": kit.OfferedAttribute("The operations that the other tenant is asked for; by default all that the parts " +
				"are there for. A connection gets scripts for these, and their tokens have the scopes of these: with automatic " +
				"migration, name `login` and `get_user` alone."),
			"grant_types": list("The grant types that the operations need together, for `grant_types` of the client there."),
			"scopes": list("The scopes of the other tenant's Management API that the operations need together, for the grant of " +
				"the client there."),
			"needs": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "The least that each operation needs, by its name.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"grant_types": list("Grant types of the client."), "scopes": list("Scopes of the Management API."),
				}},
			},
			"store": schema.StringAttribute{
				Computed: true, CustomType: kit.StoreType{},
				MarkdownDescription: "The description of the store, to be handed to a connection. It holds no secret.",
			},
		},
	}
}

func managementKey(description string) schema.StringAttribute {
	key := kit.KeyAttribute("", description)
	key.MarkdownDescription = "The key of the connection's configuration with " + description + ". By default there is one " +
		"client for both."
	return key
}

// furtherParts are those beside the ones that every store has.
func furtherParts() (names []string) {
	for _, part := range store.TenantParts() {
		if spec, _ := store.Spec(part); !spec.Required {
			names = append(names, string(part))
		}
	}
	return names
}

// ValidateConfig refuses what does not go together.
func (d *tenantStore) ValidateConfig(
	ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	var model tenantStoreModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.check(ctx, &resp.Diagnostics)
	}
}

// Read describes the store.
func (d *tenantStore) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model tenantStoreModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.check(ctx, &resp.Diagnostics)
	model.describe(ctx, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	}
}

func (m *tenantStoreModel) check(ctx context.Context, diags *diag.Diagnostics) {
	if m.ManagementClientIDKey.IsNull() != m.ManagementClientSecretKey.IsNull() {
		missing, named := "management_client_secret_key", "management_client_id_key"
		if m.ManagementClientIDKey.IsNull() {
			missing, named = named, missing
		}
		diags.AddAttributeError(path.Root(missing), "Tenant Is Not Described", fmt.Sprintf(
			"A second client has an id and a secret of its own, and only %s is named.\n\nName %s, too, or leave both out.",
			named, missing))
	}
	keys := map[string]bool{}
	for _, key := range m.reach().Keys() {
		if keys[key] {
			diags.AddAttributeError(path.Root("client_secret_key"), "Tenant Is Not Described", fmt.Sprintf(
				"Two of the keys are %q, and each holds something else.\n\nName another one.", key))
		}
		keys[key] = true
	}
	if !m.Parts.IsUnknown() && !kit.UnknownElement(m.Parts) {
		users := store.Store{Reach: store.Tenant{}, Columns: store.WithoutColumns(m.parts(ctx, diags))}
		kit.CheckOffered(ctx, users, m.Operations, "the tenant", diags)
	}
}

func (m *tenantStoreModel) parts(ctx context.Context, diags *diag.Diagnostics) []store.Part {
	if m.Parts.IsNull() {
		return store.TenantParts()
	}
	return kit.NamedParts(ctx, m.Parts, diags)
}

// reach is how the tenant is asked.
func (m *tenantStoreModel) reach() store.Tenant {
	t := store.Tenant{
		Domain: m.Domain.ValueString(), Connection: m.ConnectionName.ValueString(),
		ClientIDKey:     cmp.Or(m.ClientIDKey.ValueString(), defaultClientIDKey),
		ClientSecretKey: cmp.Or(m.ClientSecretKey.ValueString(), defaultClientSecretKey),
	}
	t.ManagementClientIDKey = cmp.Or(m.ManagementClientIDKey.ValueString(), t.ClientIDKey)
	t.ManagementClientSecretKey = cmp.Or(m.ManagementClientSecretKey.ValueString(), t.ClientSecretKey)
	return t
}

// describe fills in what is computed.
func (m *tenantStoreModel) describe(ctx context.Context, diags *diag.Diagnostics) {
	if diags.HasError() {
		return
	}
	users := store.Store{Reach: m.reach(), Columns: store.WithoutColumns(m.parts(ctx, diags))}
	offered := kit.Offer(ctx, &users, m.Operations, diags)
	if _, err := store.Parse(users.Marshal()); err != nil {
		diags.AddError("Tenant Is Not Described", fmt.Sprintf("The attributes do not make a store: %v.", err))
		return
	}
	needs := map[string]attr.Value{}
	var operations []attr.Value
	for _, op := range offered {
		operations = append(operations, types.StringValue(string(op)))
		least := scripts.TenantNeeds(users, op)
		needs[string(op)] = types.ObjectValueMust(needsType.AttrTypes, map[string]attr.Value{
			"grant_types": kit.TextList(least.GrantTypes), "scopes": kit.TextList(least.Scopes),
		})
	}
	together := scripts.TenantNeedsTogether(users)
	m.Operations = types.SetValueMust(types.StringType, operations)
	m.Needs = types.MapValueMust(needsType, needs)
	m.GrantTypes, m.Scopes = kit.TextList(together.GrantTypes), kit.TextList(together.Scopes)
	m.Store = kit.NewStore(users)
}

// checked accepts texts that a check finds nothing in.
type checked struct {
	check         func(string) error
	subject, what string
}

func (c checked) Description(context.Context) string             { return c.what }
func (c checked) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }
func (c checked) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := c.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Tenant Is Not Described", fmt.Sprintf(
			"The %s %v.\n\nCorrect it.", strings.ToLower(c.subject), err))
	}
}
