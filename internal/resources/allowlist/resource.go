// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var (
	_ resource.Resource                   = (*allowlist)(nil)
	_ resource.ResourceWithConfigure      = (*allowlist)(nil)
	_ resource.ResourceWithValidateConfig = (*allowlist)(nil)
	_ resource.ResourceWithModifyPlan     = (*allowlist)(nil)
)

// NewAllowlist returns the auth0pg_allowlist resource.
func NewAllowlist() resource.Resource { return &allowlist{} }

type allowlist struct{ data *kit.Data }

type allowlistModel struct {
	ID              types.String   `tfsdk:"id"`
	Region          types.String   `tfsdk:"region"`
	AdditionalCIDRs types.Set      `tfsdk:"additional_cidrs"`
	Live            types.Bool     `tfsdk:"live"`
	URL             types.String   `tfsdk:"url"`
	AllowShrink     types.Bool     `tfsdk:"allow_shrink"`
	Enforcement     types.String   `tfsdk:"enforcement"`
	Role            types.String   `tfsdk:"role"`
	Database        types.String   `tfsdk:"database"`
	Store           kit.StoreValue `tfsdk:"store"`
	CIDRs           types.List     `tfsdk:"cidrs"`
	Enforced        types.List     `tfsdk:"enforced"`
	LastUpdatedAt   types.String   `tfsdk:"last_updated_at"`
	Source          types.String   `tfsdk:"source"`
}

// feedKey is where the last answer of the live feed is kept in the private state.
const feedKey = "feed"

func (r *allowlist) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_allowlist"
}

func (r *allowlist) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The addresses from which Auth0 calls the database, for firewalls and `pg_hba.conf`. " +
			"All tenants of a region share its addresses: the list narrows who can reach the database, " +
			"it never replaces a password.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The region, followed by the role where there is one.",
			},
			"region": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The region of the Auth0 tenant, for example `EU`; by default it is taken from " +
					"the provider's `auth0.domain`. " +
					"`" + privateCloud + "` stands for a private cloud, whose addresses go into `additional_cidrs`. A change " +
					"replaces the region's addresses.",
				Validators: []validator.String{regionValidator{}},
			},
			"additional_cidrs": schema.SetAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Further networks that may reach the database, in CIDR notation or as " +
					"single addresses, IPv4 or IPv6. " +
					"A change adds or removes them.",
				Validators: []validator.Set{networksValidator{}},
			},
			"live": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether to read Auth0's live list at every plan instead of the list bundled with this " +
					"provider, which is the default. " +
					"Addresses that come or go then show in the plan. When the feed cannot be read, the addresses that " +
					"are in use stay, with a warning.",
			},
			"url": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(ipranges.DefaultURL),
				MarkdownDescription: "Where the live list is read from, for " +
					"example a mirror; the default is `" + ipranges.DefaultURL + "`. " +
					"It is used only with `live = true`; a change is followed at the next plan.",
				Validators: []validator.String{feedURLValidator{}},
			},
			"allow_shrink": schema.BoolAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedBool(false),
				MarkdownDescription: "Whether a live list with fewer addresses than before is accepted. By default it is " +
					"refused, because a broken feed would lock Auth0 out. " +
					"A change applies to the next list.",
			},
			"enforcement": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: kit.ImpliedString(enforcementNone),
				MarkdownDescription: "What enforces the list on the server. " +
					"`none`, the default: nothing; use the outputs for a firewall, a security group or `pg_hba.conf`. " +
					"`functions`: the access functions in `store` refuse calls from other addresses, on every server. " +
					"`pg_hba`: a file that `pg_hba.conf` includes lets `role` log in from these addresses alone; needs a " +
					"superuser and PostgreSQL 16 or later. " +
					"`login_trigger`: an event trigger does so for logins to the provider's database; needs PostgreSQL 17 or " +
					"later and the right to create it. " +
					"None of them concerns other roles, or connections through a socket on the server itself. Behind a connection " +
					"pooler the server sees the pooler's address. " +
					"A change puts the new rules in force before the old ones are removed.",
				Validators: []validator.String{
					stringvalidator.OneOf(enforcementNone, enforcementFunctions, enforcementHBA, enforcementTrigger),
				},
			},
			"role": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The role that the list is for; `pg_hba` and `login_trigger` need it. Without it " +
					"the access functions check everybody but administrators. A change moves the rules to the other role.",
				Validators: []validator.String{hbaNameValidator{}},
			},
			"database": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The database that `enforcement = \"pg_hba\"` lets the role into, by default every " +
					"database. A change rewrites the lines.",
				Validators: []validator.String{hbaNameValidator{}},
			},
			"store": guardedStore(),
			"cidrs": kit.ComputedStrings("Every network that may reach the database: Auth0's addresses in the region and " +
				"`additional_cidrs`, without duplicates, sorted by address, IPv4 before IPv6. The function `pg_hba_lines` makes " +
				"lines for `pg_hba.conf` of them."),
			"enforced": kit.ComputedStrings("What stands on the server to enforce the list: the lines of the included file " +
				"and the one that includes it, or the SQL of the trigger or of the function. " +
				"What was changed elsewhere is put back. Null with `enforcement = \"none\"`."),
			"last_updated_at": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The timestamp of the list that Auth0's addresses came from.",
			},
			"source": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The list that Auth0's addresses came from: " +
					"`" + sourceSnapshot + "` (bundled) or `" + sourceLive + "`.",
			},
		},
	}
}

func (r *allowlist) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = kit.ConfigureResource(req, resp)
}

// ValidateConfig checks what each way of enforcement needs.
func (r *allowlist) ValidateConfig(
	ctx context.Context,
	req resource.ValidateConfigRequest,
	resp *resource.ValidateConfigResponse,
) {
	var config allowlistModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	switch how := config.enforcement(); how {
	case enforcementHBA, enforcementTrigger:
		if config.Role.IsNull() {
			resp.Diagnostics.AddAttributeError(path.Root("role"), "Role Missing",
				"enforcement = \""+how+"\" is for one role: for all roles it would lock out the administrator.\n\nSet role to "+
					"the role that the scripts log in as.")
		}
	case enforcementFunctions:
		if config.Store.IsNull() {
			resp.Diagnostics.AddAttributeError(path.Root("store"), "Store Missing",
				"enforcement = \"functions\" has the access functions refuse other addresses.\n\nSet store to the store "+
					"of an auth0pg_access_functions.")
		}
	}
}

// Create puts the rules in force, if any.
func (r *allowlist) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan allowlistModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	began := time.Now()
	if resp.Diagnostics.HasError() || !r.enforce(ctx, &plan, &resp.Diagnostics) {
		return
	}
	kit.LogDone(ctx, began, "allowlist created", plan.logFields())
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read looks at the rules on the server. It also asks the live feed and keeps the answer
// for the plan that follows: the list in the state stays as applied, so that the plan shows
// what would change.
func (r *allowlist) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state allowlistModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.readEnforced(ctx, resp.Private, &state, &resp.Diagnostics) {
		return
	}
	state.showLeftovers(unreleased(ctx, req.Private, &resp.Diagnostics))
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	if !state.Live.ValueBool() {
		return
	}
	said, err := askFeed(ctx, state.feedURL())
	if err != nil {
		addFeedCancelled(&resp.Diagnostics, err)
		return
	}
	kit.SetPrivate(ctx, resp.Private, feedKey, said, &resp.Diagnostics)
}

// Update puts the new rules in force, and then removes the old ones where they are others.
func (r *allowlist) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state allowlistModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	left := unreleased(ctx, req.Private, &resp.Diagnostics)
	began := time.Now()
	if resp.Diagnostics.HasError() || kit.RefuseLost(ctx, req.Private, state.title(), &resp.Diagnostics) ||
		!r.enforce(ctx, &plan, &resp.Diagnostics) {
		return
	}
	if !r.releaseAll(ctx, withPlace(left, state.place()), plan.place(), &resp.Diagnostics) {
		recordUnreleased(ctx, resp.Private, withPlace(left, plan.place()), &resp.Diagnostics)
		return
	}
	recordUnreleased(ctx, resp.Private, nil, &resp.Diagnostics)
	kit.LogDone(ctx, began, "allowlist changed", plan.logFields())
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Delete removes the rules.
func (r *allowlist) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state allowlistModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	left := unreleased(ctx, req.Private, &resp.Diagnostics)
	began := time.Now()
	if !resp.Diagnostics.HasError() && r.releaseAll(ctx, withPlace(left, state.place()), rulesPlace{}, &resp.Diagnostics) {
		kit.LogDone(ctx, began, "allowlist removed", state.logFields())
	}
}

// feedURL is where the live list is read from.
func (m *allowlistModel) feedURL() string {
	if m.URL.IsNull() {
		return ipranges.DefaultURL
	}
	return m.URL.ValueString()
}

func (m *allowlistModel) title() string {
	return fmt.Sprintf("the allowlist with enforcement = %q", m.enforcement())
}

func (m *allowlistModel) logFields() map[string]any {
	return map[string]any{
		"allowlist":   m.ID.ValueString(),
		"networks":    len(m.CIDRs.Elements()),
		"enforcement": m.enforcement(),
		"source":      m.Source.ValueString(),
	}
}
