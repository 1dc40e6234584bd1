// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/connection"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// Server is the provider as Terraform talks to it. What has not changed, it answers before the framework is asked:
// of two hundred connections with nothing to do, that is two thirds of the provider's time.
func Server(version string) tfprotov6.ProviderServer {
	p := &auth0pgProvider{version: version}
	return &server{ProviderServer: providerserver.NewProtocol6(p)(), provider: p, many: sync.OnceValue(manyResources)}
}

type server struct {
	tfprotov6.ProviderServer
	provider *auth0pgProvider
	many     func() map[string]unchanging
}

// unchanging is a kind of resource of which there are many.
type unchanging struct {
	create func() kit.Unchanging
	typ    tftypes.Type
	// writeOnly are the attributes that are in no state and no plan.
	writeOnly []string
	// defaults are the values of attributes that the configuration leaves out, at the top and in blocks.
	defaults defaulted
}

// defaulted are the defaults of an object's members, and those of the objects in it.
type defaulted struct {
	values map[string]tftypes.Value
	// implied are those that a null stands for, see [kit.Implied].
	implied map[string]tftypes.Value
	inner   map[string]defaulted
}

func manyResources() map[string]unchanging {
	var response resource.SchemaResponse
	connection.NewConnection().Schema(context.Background(), resource.SchemaRequest{}, &response)
	of := response.Schema
	many := unchanging{
		create: connection.NewUnchanging, typ: of.Type().TerraformType(context.Background()), defaults: defaultsOf(of.Attributes),
	}
	for name, attribute := range of.Attributes {
		if attribute.IsWriteOnly() {
			many.writeOnly = append(many.writeOnly, name)
		}
	}
	for name, block := range of.Blocks {
		if nested, ok := block.(schema.SingleNestedBlock); ok {
			many.defaults.inner[name] = defaultsOf(nested.Attributes)
		}
	}
	return map[string]unchanging{"auth0pg_connection": many}
}

func defaultsOf(attributes map[string]schema.Attribute) defaulted {
	found := defaulted{map[string]tftypes.Value{}, map[string]tftypes.Value{}, map[string]defaulted{}}
	for name, attribute := range attributes {
		if standard, ok := kit.ImpliedBy(attribute); ok {
			found.implied[name] = standard
		}
		switch a := attribute.(type) {
		case schema.BoolAttribute:
			if a.Default != nil {
				var response defaults.BoolResponse
				a.Default.DefaultBool(context.Background(), defaults.BoolRequest{}, &response)
				found.values[name] = tftypes.NewValue(tftypes.Bool, response.PlanValue.ValueBool())
			}
		case schema.StringAttribute:
			if a.Default != nil {
				var response defaults.StringResponse
				a.Default.DefaultString(context.Background(), defaults.StringRequest{}, &response)
				found.values[name] = tftypes.NewValue(tftypes.String, response.PlanValue.ValueString())
			}
		case schema.Int64Attribute:
			if a.Default != nil {
				var response defaults.Int64Response
				a.Default.DefaultInt64(context.Background(), defaults.Int64Request{}, &response)
				found.values[name] = tftypes.NewValue(tftypes.Number, response.PlanValue.ValueInt64())
			}
		case schema.SingleNestedAttribute:
			found.inner[name] = defaultsOf(a.Attributes)
		}
	}
	return found
}

// changed reports whether a default, given or implied, differs from what the state has where the configuration says nothing.
func (d defaulted) changed(state, config tftypes.Value) bool {
	var stored, configured map[string]tftypes.Value
	if config.IsNull() || !config.IsKnown() || config.As(&configured) != nil || state.As(&stored) != nil {
		return false
	}
	for name, value := range d.values {
		if configured[name].IsNull() && !stored[name].Equal(value) {
			return true
		}
	}
	for name, standard := range d.implied {
		if configured[name].IsNull() && !stored[name].IsNull() && !stored[name].Equal(standard) {
			return true
		}
	}
	for name, inner := range d.inner {
		if inner.changed(stored[name], configured[name]) {
			return true
		}
	}
	return false
}

// ReadResource answers for what is as it was.
func (s *server) ReadResource(
	ctx context.Context,
	req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	of, configured := s.many()[req.TypeName], s.provider.data
	private, readable := kit.ParsePrivate(req.Private)
	if of.create == nil || configured == nil || !readable {
		return s.ProviderServer.ReadResource(ctx, req)
	}
	state, err := req.CurrentState.Unmarshal(of.typ)
	if err != nil || state.IsNull() {
		return s.ProviderServer.ReadResource(ctx, req)
	}
	refreshed, unchanged := of.configured(ctx, configured).Refreshed(ctx, state, private)
	if !unchanged {
		return s.ProviderServer.ReadResource(ctx, req)
	}
	encoded, err := tfprotov6.NewDynamicValue(of.typ, refreshed)
	return &tfprotov6.ReadResourceResponse{NewState: &encoded, Private: req.Private}, err
}

// plan answers where nothing is to change.
func (s *server) plan(
	ctx context.Context,
	req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	of, configured := s.many()[req.TypeName], s.provider.data
	if of.create == nil || configured == nil || !of.staysAsIs(ctx, configured, req) {
		return s.ProviderServer.PlanResourceChange(ctx, req)
	}
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedPrivate: req.PriorPrivate}, nil
}

func (u unchanging) configured(ctx context.Context, data *kit.Data) kit.Unchanging {
	created := u.create()
	created.Configure(ctx, resource.ConfigureRequest{ProviderData: data}, &resource.ConfigureResponse{})
	return created
}

func (u unchanging) staysAsIs(ctx context.Context, data *kit.Data, req *tfprotov6.PlanResourceChangeRequest) bool {
	private, readable := kit.ParsePrivate(req.PriorPrivate)
	state, err := req.PriorState.Unmarshal(u.typ)
	if err != nil || !readable || state.IsNull() {
		return false
	}
	proposed, err := req.ProposedNewState.Unmarshal(u.typ)
	if err != nil || !u.withoutSecrets(proposed).Equal(state) {
		return false
	}
	config, err := req.Config.Unmarshal(u.typ)
	return err == nil && !u.defaults.changed(state, config) &&
		u.configured(ctx, data).PlannedAsIs(ctx, state, config, private)
}

// withoutSecrets takes out what Terraform proposes and no plan may have.
func (u unchanging) withoutSecrets(proposed tftypes.Value) tftypes.Value {
	var members map[string]tftypes.Value
	if proposed.IsNull() || !proposed.IsKnown() || proposed.As(&members) != nil {
		return proposed
	}
	for _, name := range u.writeOnly {
		members[name] = tftypes.NewValue(members[name].Type(), nil)
	}
	return tftypes.NewValue(u.typ, members)
}
