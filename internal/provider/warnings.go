// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// oneOfEach makes one warning of those that have one summary. Terraform shows the first of several and counts the rest,
// and each may be the one that matters.
func oneOfEach(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	first := map[string]*tfprotov6.Diagnostic{}
	var merged []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		before, again := first[d.Summary]
		switch {
		case d.Severity != tfprotov6.DiagnosticSeverityWarning:
			merged = append(merged, d)
		case again:
			before.Detail += "\n\n" + d.Detail
		default:
			copied := *d
			first[d.Summary] = &copied
			merged = append(merged, &copied)
		}
	}
	return merged
}

// PlanResourceChange plans, with one warning of each kind.
func (s *server) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	response, err := s.plan(ctx, req)
	if response != nil {
		response.Diagnostics = oneOfEach(s.numbers(ctx, response.Diagnostics, req.Config, resourceSchema(req.TypeName)))
	}
	return response, err
}

// ApplyResourceChange is the framework's, with one warning of each kind.
func (s *server) ApplyResourceChange(
	ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	response, err := s.ProviderServer.ApplyResourceChange(ctx, req)
	if response != nil {
		response.Diagnostics = oneOfEach(response.Diagnostics)
	}
	return response, err
}

// ReadDataSource is the framework's, with one warning of each kind.
func (s *server) ReadDataSource(
	ctx context.Context, req *tfprotov6.ReadDataSourceRequest,
) (*tfprotov6.ReadDataSourceResponse, error) {
	response, err := s.ProviderServer.ReadDataSource(ctx, req)
	if response != nil {
		response.Diagnostics = oneOfEach(s.numbers(ctx, response.Diagnostics, req.Config, dataSchema(req.TypeName)))
	}
	return response, err
}
