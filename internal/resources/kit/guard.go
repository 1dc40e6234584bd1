// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// What holds for the messages of all objects is done around them, once: each object writes its messages as if it were
// applied, and what is said at plan is put into the words of a plan.

// Guarded puts the rules for messages around a resource.
func Guarded(create func() resource.Resource) func() resource.Resource {
	return func() resource.Resource { return &guarded{create()} }
}

// guarded is a resource with the rules for messages. It implements what any of the resources does.
type guarded struct{ resource.Resource }

var (
	_ resource.ResourceWithConfigure      = (*guarded)(nil)
	_ resource.ResourceWithValidateConfig = (*guarded)(nil)
	_ resource.ResourceWithModifyPlan     = (*guarded)(nil)
	_ resource.ResourceWithImportState    = (*guarded)(nil)
	_ resource.ResourceWithMoveState      = (*guarded)(nil)
)

func (g *guarded) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if r, ok := g.Resource.(resource.ResourceWithConfigure); ok {
		r.Configure(ctx, req, resp)
	}
}

func (g *guarded) ValidateConfig(
	ctx context.Context,
	req resource.ValidateConfigRequest,
	resp *resource.ValidateConfigResponse,
) {
	if r, ok := g.Resource.(resource.ResourceWithValidateConfig); ok {
		r.ValidateConfig(ctx, req, resp)
	}
	tidy(&resp.Diagnostics, asPlanned)
}

// ModifyPlan also says how to destroy where the server or the tenant stands in the way of a plan, which `terraform
// destroy` makes first. What an attribute is at fault for is a matter of the configuration, and whoever reads that wants to
// correct it.
func (g *guarded) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r, ok := g.Resource.(resource.ResourceWithModifyPlan); ok {
		r.ModifyPlan(ctx, req, resp)
	}
	if req.Plan.Raw.IsNull() {
		tidy(&resp.Diagnostics, asPlanned)
		return
	}
	tidy(&resp.Diagnostics, asPlanned)
	addWayOut(&resp.Diagnostics)
}

func (g *guarded) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	g.Resource.Read(ctx, req, resp)
	tidy(&resp.Diagnostics, asPlanned)
	if !slices.ContainsFunc(
		resp.Diagnostics,
		func(d diag.Diagnostic) bool { return strings.Contains(d.Detail(), waysOut) },
	) {
		addWayOut(&resp.Diagnostics) // otherwise the deletion would not reach the server either
	}
}

func (g *guarded) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	g.Resource.Create(ctx, req, resp)
	tidy(&resp.Diagnostics)
}

func (g *guarded) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	g.Resource.Update(ctx, req, resp)
	tidy(&resp.Diagnostics)
}

func (g *guarded) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	g.Resource.Delete(ctx, req, resp)
	tidy(&resp.Diagnostics)
}

func (g *guarded) ImportState(
	ctx context.Context,
	req resource.ImportStateRequest,
	resp *resource.ImportStateResponse,
) {
	if r, ok := g.Resource.(resource.ResourceWithImportState); ok {
		r.ImportState(ctx, req, resp)
	} else {
		resp.Diagnostics.AddError("Import Not Possible", "This resource is derived from its configuration alone.\n\nAdd it "+
			"to the configuration and apply.")
	}
	tidy(&resp.Diagnostics, asPlanned)
}

func (g *guarded) MoveState(ctx context.Context) []resource.StateMover {
	if r, ok := g.Resource.(resource.ResourceWithMoveState); ok {
		return r.MoveState(ctx)
	}
	return nil
}

// GuardedData puts the rules for messages around a data source.
func GuardedData(create func() datasource.DataSource) func() datasource.DataSource {
	return func() datasource.DataSource { return &guardedData{create()} }
}

type guardedData struct{ datasource.DataSource }

var (
	_ datasource.DataSourceWithConfigure      = (*guardedData)(nil)
	_ datasource.DataSourceWithValidateConfig = (*guardedData)(nil)
)

func (g *guardedData) Configure(
	ctx context.Context,
	req datasource.ConfigureRequest,
	resp *datasource.ConfigureResponse,
) {
	if d, ok := g.DataSource.(datasource.DataSourceWithConfigure); ok {
		d.Configure(ctx, req, resp)
	}
}

func (g *guardedData) ValidateConfig(
	ctx context.Context,
	req datasource.ValidateConfigRequest,
	resp *datasource.ValidateConfigResponse,
) {
	if d, ok := g.DataSource.(datasource.DataSourceWithValidateConfig); ok {
		d.ValidateConfig(ctx, req, resp)
	}
	tidy(&resp.Diagnostics, asPlanned)
}

func (g *guardedData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	g.DataSource.Read(ctx, req, resp)
	tidy(&resp.Diagnostics, asPlanned)
	addWayOut(&resp.Diagnostics)
}

// tidy rewrites the details of diagnostics.
func tidy(diags *diag.Diagnostics, rules ...func(diag.Severity, string) string) {
	for i, d := range *diags {
		detail := d.Detail()
		for _, rule := range rules {
			detail = rule(d.Severity(), detail)
		}
		detail = doubleStop.ReplaceAllString(detail, "$1.$2")
		if detail == d.Detail() {
			continue
		}
		(*diags)[i] = withDetail(d, detail)
	}
}

func withDetail(d diag.Diagnostic, detail string) diag.Diagnostic {
	var changed diag.Diagnostic = diag.NewErrorDiagnostic(d.Summary(), detail)
	if d.Severity() == diag.SeverityWarning {
		changed = diag.NewWarningDiagnostic(d.Summary(), detail)
	}
	if at, ok := d.(diag.DiagnosticWithPath); ok {
		return diag.WithPath(at.Path(), changed)
	}
	return changed
}

// doubleStop is where a sentence of ours ends in one of somebody else's.
var doubleStop = regexp.MustCompile(`([^.\s/])\.\.(\s|$)`)

// asPlanned says what to do where nothing was done yet.
func asPlanned(_ diag.Severity, detail string) string {
	return strings.NewReplacer(
		CorrectAndApply, "Correct the cause and plan again; nothing was changed.",
		JustApply, "Plan again; nothing was changed.",
		"plan and apply again", "plan and apply again", "Apply again", "Plan again", "apply again", "plan again",
	).Replace(detail)
}

// wayOut is how to get rid of what a plan stumbles over.
const wayOut = "To destroy: terraform destroy -refresh=false"

// addWayOut adds it to the errors that are nobody's configuration.
func addWayOut(diags *diag.Diagnostics) {
	for i, d := range *diags {
		_, configured := d.(diag.DiagnosticWithPath)
		if configured || d.Severity() != diag.SeverityError || strings.HasPrefix(d.Summary(), "Provider Setting") ||
			strings.Contains(d.Detail(), "This is a bug in the provider") {
			continue
		}
		(*diags)[i] = withDetail(d, strings.TrimRight(d.Detail(), "\n")+"\n\n"+wayOut)
	}
}
