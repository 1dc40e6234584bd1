// SPDX-License-Identifier: MPL-2.0

// Package apistore describes users that the scripts reach through an API over HTTPS.
package apistore

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var (
	_ datasource.DataSourceWithConfigure      = (*apiStore)(nil)
	_ datasource.DataSourceWithValidateConfig = (*apiStore)(nil)
)

// NewAPIStore returns the auth0pg_api_store data source.
func NewAPIStore() datasource.DataSource { return &apiStore{} }

type apiStore struct{ data *kit.Data }

type apiStoreModel struct {
	URL             types.String   `tfsdk:"url"`
	Contract        types.String   `tfsdk:"contract"`
	PasswordCheck   types.String   `tfsdk:"password_check"`
	Schema          types.String   `tfsdk:"schema"`
	Auth            types.String   `tfsdk:"auth"`
	Audience        types.String   `tfsdk:"audience"`
	TokenURL        types.String   `tfsdk:"token_url"`
	ClientIDKey     types.String   `tfsdk:"client_id_key"`
	ClientSecretKey types.String   `tfsdk:"client_secret_key"`
	UsernameKey     types.String   `tfsdk:"username_key"`
	PasswordKey     types.String   `tfsdk:"password_key"`
	CAKey           types.String   `tfsdk:"ca_key"`
	Parts           types.Set      `tfsdk:"parts"`
	Operations      types.Set      `tfsdk:"operations"`
	Scopes          types.List     `tfsdk:"scopes"`
	Store           kit.StoreValue `tfsdk:"store"`
}

func (d *apiStore) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_store"
}

func (d *apiStore) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = kit.ConfigureDataSource(req, resp)
}

func (d *apiStore) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Users behind an API over HTTPS, which the scripts ask in place of a database: one that " +
			"implements the documented contract, or PostgREST in front of access functions. Its `store` goes to " +
			"`auth0pg_connection` or to `auth0pg_scripts`, and to nothing that is about a database. The guide [An API in front of " +
			"the users](../guides/api-in-front-of-the-users.md) has the steps from nothing to the first login. A change of any attribute " +
			"changes `store`, and so uploads the scripts of the connection anew.\n\n" +
			"Each plan reads the API's settings in the tenant, where the provider has one, and warns where others than " +
			"the scripts could get tokens for it. The API itself is not asked.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Required: true, MarkdownDescription: "The URL of the API, which the paths of the contract follow. It begins with " +
					"`https://`; plain `http://` is for the loopback interface.",
				Validators: []validator.String{urlValidator{}},
			},
			"contract": schema.StringAttribute{
				Required: true, MarkdownDescription: "How the API is asked: `web_service` is the contract of the guide " +
					"[Implementing the users API](../guides/users-api-contract.md), and `rpc` [PostgREST's " +
					"convention](../guides/users-api.md#postgrest-in-its-place) over the access functions. `auth0pg-users-api` speaks " +
					"both.",
				Validators: []validator.String{oneOf(store.Contracts())},
			},
			"password_check": schema.StringAttribute{
				Required: true, MarkdownDescription: "Where passwords are compared: with `api` the API is given the password, " +
					"and neither gives out a hash nor is given one; with `script` it gives out the hash at login, as a database would.",
				Validators: []validator.String{oneOf(store.PasswordChecks())},
			},
			"schema": schema.StringAttribute{
				Optional: true, MarkdownDescription: "The schema of the functions, which PostgREST is told in `Content-Profile`: the " +
					"`schema` of the `auth0pg_access_functions` behind the API. The contract `rpc` needs it, and no other has it.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"auth": schema.StringAttribute{
				Optional: true, MarkdownDescription: "How the scripts say who they are: `client_credentials`, the default, is an " +
					"access token that a container of the platform asks for once and renews before it ends; `basic` is a user name " +
					"and a password.",
				Validators: []validator.String{oneOf(store.Auths())},
			},
			"audience": schema.StringAttribute{
				Optional: true, MarkdownDescription: "The identifier of the API in the tenant, for which tokens are asked: the " +
					"`identifier` of its `auth0_resource_server`, to the last slash. `client_credentials` needs it.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 600)},
			},
			"token_url": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Where tokens are asked for, by default `/oauth/token` of " +
					"the provider's tenant.",
				Validators: []validator.String{urlValidator{}},
			},
			"client_id_key":     kit.KeyAttribute(defaultClientIDKey, "the id of the client, for `client_credentials`"),
			"client_secret_key": kit.KeyAttribute(defaultClientSecretKey, "the secret of the client, for `client_credentials`"),
			"username_key":      kit.KeyAttribute(defaultUsernameKey, "the user name, for `basic`"),
			"password_key":      kit.KeyAttribute(defaultPasswordKey, "the password, for `basic`"),
			"ca_key": kit.KeyAttribute(defaultCAKey, "in PEM, an authority of your own that the API's certificate is verified "+
				"against; where the configuration has no such value, the public ones are trusted"),
			"parts": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The parts of a user that the API has beside `id`, `email` and `password`, which every one " +
					"has: " + kit.Code(furtherParts()) + ". None by default. `verify` needs `email_verified`, and " +
					"`change_username` needs `username`; with `last_login` or `migrated_at` the API is told of each login.",
				Validators: []validator.Set{kit.PartsValidator{Of: "An API", Further: furtherParts()}},
			},
			"operations": kit.OfferedAttribute("The operations that the API offers; by default all that the parts are there for. A " +
				"connection gets scripts for these, and their tokens have the scopes of these: for one with `import_mode` name " +
				"`login` and `get_user`."),
			"scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The scopes that tokens are asked for, one for each operation: the API in the tenant has " +
					"them, and the grant of the client allows them. Empty with `basic`.",
			},
			"store": schema.StringAttribute{
				Computed: true, CustomType: kit.StoreType{},
				MarkdownDescription: "The description of the store, to be handed to a connection. It holds no secret.",
			},
		},
	}
}

func oneOf[T ~string](values []T) validator.String {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = string(value)
	}
	return stringvalidator.OneOf(names...)
}

// The defaults of the keys.
const (
	defaultClientIDKey     = "API_CLIENT_ID"
	defaultClientSecretKey = "API_CLIENT_SECRET"
	defaultUsernameKey     = "API_USERNAME"
	defaultPasswordKey     = "API_PASSWORD"
	defaultCAKey           = "API_CA"
)

// ValidateConfig checks what needs no tenant.
func (d *apiStore) ValidateConfig(
	ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	var model apiStoreModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.check(ctx, &resp.Diagnostics)
	}
}

// Read describes the store, and looks at who gets tokens for the API.
func (d *apiStore) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model apiStoreModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.describe(ctx, d.data, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	model.checkGuard(ctx, d.data, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	}
}
