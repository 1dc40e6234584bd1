// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
)

var _ function.Function = (*regionFunction)(nil)

// NewRegionFunction returns the function region.
func NewRegionFunction() function.Function { return &regionFunction{} }

type regionFunction struct{}

func (f *regionFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "region"
}

func (f *regionFunction) Definition(
	_ context.Context,
	_ function.DefinitionRequest,
	resp *function.DefinitionResponse,
) {
	resp.Definition = function.Definition{
		Summary: "The region of a tenant's domain",
		MarkdownDescription: "Returns the region, for example `EU`, in which the Auth0 tenant with " +
			"this canonical domain lives. " +
			"The labels of the domain are compared one by one: `eu.auth0.com` is a tenant called `eu` in the region `US`. " +
			"Letter case, a trailing dot, and the `https://` and final slash of an issuer are ignored. " +
			"A custom domain and a private cloud's domain do not tell a region: for them the call fails with the reason.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "domain", MarkdownDescription: "The tenant's canonical domain, " +
				"for example `acme.eu.auth0.com`."},
		},
		Return: function.StringReturn{},
	}
}

func (f *regionFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var domain string
	resp.Error = req.Arguments.Get(ctx, &domain)
	if resp.Error != nil {
		return
	}
	region, err := ipranges.RegionOfDomain(domain)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error()+".")
		return
	}
	resp.Error = resp.Result.Set(ctx, region)
}
