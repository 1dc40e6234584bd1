// SPDX-License-Identifier: MPL-2.0

// Package provider is the provider's own configuration and the list of its objects.
// Configure contacts nothing: clients connect when an object first needs them.
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/allowlist"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/apistore"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/connection"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/functions"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/role"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/tenantstore"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/usersimport"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/userstable"
)

// Address is the provider's address in the registry.
const Address = "registry.terraform.io/auth0pg/auth0pg"

var (
	_ provider.Provider              = (*auth0pgProvider)(nil)
	_ provider.ProviderWithFunctions = (*auth0pgProvider)(nil)
)

// New returns the provider's factory; version is the release, shown to the tenant and to
// the server.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &auth0pgProvider{version: version} }
}

type auth0pgProvider struct {
	version string
	// data is what every object is handed, nil before the provider is configured.
	data *kit.Data
}

type providerModel struct {
	Auth0    types.Object `tfsdk:"auth0"`
	Postgres types.Object `tfsdk:"postgres"`
}

func (p *auth0pgProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "auth0pg"
	resp.Version = p.version
}

func (p *auth0pgProvider) Configure(
	ctx context.Context,
	req provider.ConfigureRequest,
	resp *provider.ConfigureResponse,
) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &kit.Data{}
	data.Auth0, data.Domain = p.auth0(ctx, model.Auth0, &resp.Diagnostics)
	data.Postgres, data.MayBeAbsent = p.postgres(ctx, model.Postgres, &resp.Diagnostics)
	p.data = data
	resp.ResourceData = data
	resp.DataSourceData = data
}

func (p *auth0pgProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		kit.Guarded(userstable.NewUsersTable),
		kit.Guarded(role.NewDatabaseRole),
		kit.Guarded(functions.NewAccessFunctions),
		kit.Guarded(connection.NewConnection),
		kit.Guarded(allowlist.NewAllowlist),
		kit.Guarded(usersimport.NewUsersImport),
	}
}

func (p *auth0pgProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		kit.GuardedData(allowlist.NewIPRanges),
		kit.GuardedData(apistore.NewAPIStore),
		kit.GuardedData(connection.NewScripts),
		kit.GuardedData(tenantstore.NewTenantStore),
		kit.GuardedData(userstable.NewStore),
		kit.GuardedData(userstable.NewUsersAudit),
	}
}

func (p *auth0pgProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		allowlist.NewRegionFunction,
		allowlist.NewHBALinesFunction,
		connection.NewPostgresURLFunction,
	}
}
