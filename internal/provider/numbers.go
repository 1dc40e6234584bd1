// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// blamesProvider is what the framework says of a number that is not whole or does not fit 64 bits, and of nothing else
// that somebody can write: its types are numbers to Terraform, which has no bounds for them.
const blamesProvider = "This is always an error in the provider"

// ValidateProviderConfig is the framework's, which takes a number that cannot be for a fault of the provider's.
func (s *server) ValidateProviderConfig(
	ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest,
) (*tfprotov6.ValidateProviderConfigResponse, error) {
	response, err := s.ProviderServer.ValidateProviderConfig(ctx, req)
	if response != nil {
		response.Diagnostics = s.numbers(ctx, response.Diagnostics, req.Config, func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
			return all.Provider
		})
	}
	return response, err
}

// ValidateResourceConfig is the framework's, which takes a number that cannot be for a fault of the provider's.
func (s *server) ValidateResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	response, err := s.ProviderServer.ValidateResourceConfig(ctx, req)
	if response != nil {
		response.Diagnostics = s.numbers(ctx, response.Diagnostics, req.Config, resourceSchema(req.TypeName))
	}
	return response, err
}

// ValidateDataResourceConfig is the framework's, which takes a number that cannot be for a fault of the provider's.
func (s *server) ValidateDataResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest,
) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	response, err := s.ProviderServer.ValidateDataResourceConfig(ctx, req)
	if response != nil {
		response.Diagnostics = s.numbers(ctx, response.Diagnostics, req.Config, dataSchema(req.TypeName))
	}
	return response, err
}

// schemaOf chooses one of the provider's schemas.
type schemaOf func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema

func resourceSchema(name string) schemaOf {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.ResourceSchemas[name] }
}

func dataSchema(name string) schemaOf {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.DataSourceSchemas[name] }
}

// numbers says of numbers that cannot be what is wrong with them, in the place of what the framework says.
func (s *server) numbers(
	ctx context.Context, diags []*tfprotov6.Diagnostic, config *tfprotov6.DynamicValue, of schemaOf,
) []*tfprotov6.Diagnostic {
	blames := func(d *tfprotov6.Diagnostic) bool { return strings.Contains(d.Detail, blamesProvider) }
	if !slices.ContainsFunc(diags, blames) {
		return diags
	}
	all, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return diags
	}
	schema := of(all)
	if schema == nil || config == nil {
		return diags
	}
	value, err := config.Unmarshal(schema.ValueType())
	if err != nil {
		return diags
	}
	impossible := impossibleNumbers(value)
	if len(impossible) == 0 {
		return diags
	}
	return append(slices.DeleteFunc(diags, blames), impossible...)
}

// impossibleNumbers has an error for each number in the value that is not whole or does not fit 64 bits.
func impossibleNumbers(value tftypes.Value) (diags []*tfprotov6.Diagnostic) {
	_ = tftypes.Walk(value, func(path *tftypes.AttributePath, value tftypes.Value) (bool, error) { // it fails where this does
		var number big.Float
		if value.Type().Is(tftypes.Number) && value.IsKnown() && !value.IsNull() && value.As(&number) == nil {
			if _, exactly := number.Int64(); exactly != big.Exact {
				detail := fmt.Sprintf("The attribute has the value %s. It takes a whole number that 64 bits hold.", number.Text('g', 20))
				diags = append(diags, errorAt(path, "Invalid Number", detail))
			}
		}
		return true, nil
	})
	return diags
}

func errorAt(path *tftypes.AttributePath, summary, detail string) *tfprotov6.Diagnostic {
	return &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: detail, Attribute: path}
}
