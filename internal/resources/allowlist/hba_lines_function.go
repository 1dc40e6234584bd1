// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

var _ function.Function = (*hbaLinesFunction)(nil)

// NewHBALinesFunction returns the function pg_hba_lines.
func NewHBALinesFunction() function.Function { return &hbaLinesFunction{} }

type hbaLinesFunction struct{}

func (f *hbaLinesFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "pg_hba_lines"
}

func (f *hbaLinesFunction) Definition(
	_ context.Context,
	_ function.DefinitionRequest,
	resp *function.DefinitionResponse,
) {
	resp.Definition = function.Definition{
		Summary: "Networks as lines of pg_hba.conf",
		MarkdownDescription: "Returns lines for `pg_hba.conf`, in this order and before any wider line: TLS and SCRAM from each of " +
			"the networks. With a role the last line rejects that role from everywhere else, in every database and without TLS; " +
			"lines for all roles have no such end, which would lock out the administrator.",
		Parameters: []function.Parameter{
			function.ListParameter{Name: "cidrs", ElementType: types.StringType, MarkdownDescription: "The networks, such as `cidrs` " +
				"of an `auth0pg_allowlist`, in CIDR notation or as single addresses, IPv4 or IPv6."},
			function.StringParameter{Name: "role", AllowNullValue: true, MarkdownDescription: "The role that may log in from " +
				"them, null for every role."},
			function.StringParameter{Name: "database", AllowNullValue: true, MarkdownDescription: "The database that it is let " +
				"into, null for every database."},
		},
		Return: function.ListReturn{ElementType: types.StringType},
	}
}

func (f *hbaLinesFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var cidrs []string
	var role, database types.String
	if resp.Error = req.Arguments.Get(ctx, &cidrs, &role, &database); resp.Error != nil {
		return
	}
	networks := make([]netip.Prefix, len(cidrs))
	for i, cidr := range cidrs {
		network, err := ipranges.ParseNetwork(cidr)
		if err != nil {
			resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf("The element %d is no network: %v.", i, err))
			return
		}
		networks[i] = network
	}
	for at, name := range []types.String{role, database} {
		if problem := postgres.HBANameProblem(name.ValueString()); !name.IsNull() && problem != "" {
			resp.Error = function.NewArgumentFuncError(int64(at)+1, fmt.Sprintf("The name cannot stand in pg_hba.conf: %s.", problem))
			return
		}
	}
	list := postgres.Allowlist{Database: database.ValueString(), Role: role.ValueString(), Networks: ipranges.Sorted(networks)}
	resp.Error = resp.Result.Set(ctx, list.HBALines())
}
