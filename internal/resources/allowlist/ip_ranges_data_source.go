// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

var _ datasource.DataSource = (*ipRanges)(nil)

// NewIPRanges returns the auth0pg_ip_ranges data source.
func NewIPRanges() datasource.DataSource { return &ipRanges{} }

type ipRanges struct{}

type ipRangesModel struct {
	ID            types.String `tfsdk:"id"`
	Region        types.String `tfsdk:"region"`
	Live          types.Bool   `tfsdk:"live"`
	URL           types.String `tfsdk:"url"`
	AllowShrink   types.Bool   `tfsdk:"allow_shrink"`
	CIDRs         types.List   `tfsdk:"cidrs"`
	IPv4CIDRs     types.List   `tfsdk:"ipv4_cidrs"`
	IPv6CIDRs     types.List   `tfsdk:"ipv6_cidrs"`
	Regions       types.Map    `tfsdk:"regions"`
	LastUpdatedAt types.String `tfsdk:"last_updated_at"`
	Source        types.String `tfsdk:"source"`
}

func (d *ipRanges) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ip_ranges"
}

func (d *ipRanges) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	networks := func(description string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The addresses from which Auth0 calls custom databases, of one region or of all, from the " +
			"list bundled with this provider or from Auth0's live list. " +
			"It needs no tenant and no server.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The region, or `all`.",
			},
			"region": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The region whose addresses are wanted, for example `EU`; by default all regions.",
				Validators:          []validator.String{regionValidator{}},
			},
			"live": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to read Auth0's live list instead of the list bundled with this " +
					"provider, which is the default. " +
					"When the live list cannot be read, the bundled one stands in, with a warning.",
			},
			"url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Where the live list is read from, for " +
					"example a mirror; the default is `" + ipranges.DefaultURL + "`. " +
					"It is used only with `live = true`.",
				Validators: []validator.String{feedURLValidator{}},
			},
			"allow_shrink": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether a live list with fewer addresses than the bundled one is accepted. By default it " +
					"is refused, because it is more often a broken feed than a change.",
			},
			"cidrs":      networks("The networks in CIDR notation, sorted by address, IPv4 before IPv6."),
			"ipv4_cidrs": networks("The IPv4 networks of `cidrs`."),
			"ipv6_cidrs": networks("The IPv6 networks of `cidrs`; Auth0 lists none today."),
			"regions": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.ListType{ElemType: types.StringType},
				MarkdownDescription: "The networks by region, with the names that the list uses; with a `region`, that one alone.",
			},
			"last_updated_at": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The timestamp of the list.",
			},
			"source": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The list that was used: `" + sourceSnapshot + "` (bundled) or `" + sourceLive + "`.",
			},
		},
	}
}

// Read picks the list and fills in the outputs.
func (d *ipRanges) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model ipRangesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	feed, source, ok := model.feed(ctx, &resp.Diagnostics)
	if !ok {
		return
	}
	networks, ok := model.networks(&resp.Diagnostics, feed)
	if !ok || source == sourceLive && !model.AllowShrink.ValueBool() && !model.checkShrunken(&resp.Diagnostics, feed) {
		return
	}
	model.refresh(feed, source, networks)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// feed returns the list that the configuration asks for.
func (m *ipRangesModel) feed(
	ctx context.Context,
	diags *diag.Diagnostics,
) (feed ipranges.Feed, source string, ok bool) {
	if !m.Live.ValueBool() {
		return ipranges.Snapshot(), sourceSnapshot, true
	}
	url := ipranges.DefaultURL
	if !m.URL.IsNull() {
		url = m.URL.ValueString()
	}
	said, err := askFeed(ctx, url)
	if err != nil {
		addFeedCancelled(diags, err)
		return ipranges.Feed{}, "", false
	}
	if said.Refused {
		addFeedRefused(diags, said)
		return ipranges.Feed{}, "", false
	}
	if feed, ok := said.feed(); ok {
		return feed, sourceLive, true
	}
	addFeedFallback(diags, said, snapshotNote())
	return ipranges.Snapshot(), sourceSnapshot, true
}

// networks returns the addresses of the wanted region, or of all.
func (m *ipRangesModel) networks(diags *diag.Diagnostics, feed ipranges.Feed) ([]netip.Prefix, bool) {
	if m.Region.IsNull() {
		return feed.All(), true
	}
	if strings.EqualFold(m.Region.ValueString(), privateCloud) {
		diags.AddAttributeError(path.Root("region"), "Unknown Region",
			"A private cloud is in no list: its addresses are the Primary Egress IPs that Auth0's Support "+
				"Center shows for each environment.")
		return nil, false
	}
	networks, err := feed.Region(m.Region.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("region"), "Unknown Region", fmt.Sprintf("In the list of Auth0's addresses %v.",
			err))
		return nil, false
	}
	return networks, true
}

// checkShrunken compares each wanted region with the bundled list: taken together, a
// region that grew would hide one that lost addresses.
func (m *ipRangesModel) checkShrunken(diags *diag.Diagnostics, feed ipranges.Feed) bool {
	snapshot := ipranges.Snapshot()
	regions := snapshot.Names()
	if !m.Region.IsNull() {
		regions = []string{m.Region.ValueString()}
	}
	for _, region := range regions {
		// A region that one of the lists lacks has no addresses in it.
		before, _ := snapshot.Region(region)
		after, _ := feed.Region(region)
		if !checkShrunken(diags, feed, "region "+region, snapshotNote(), before, after) {
			return false
		}
	}
	return true
}

func (m *ipRangesModel) refresh(feed ipranges.Feed, source string, networks []netip.Prefix) {
	m.ID = types.StringValue("all")
	regions := map[string]types.List{}
	for name, listed := range feed.Regions {
		if m.Region.IsNull() || ipranges.BaseRegion(name) == ipranges.BaseRegion(m.Region.ValueString()) {
			regions[name] = kit.StringList(ipranges.Strings(listed))
		}
	}
	if !m.Region.IsNull() {
		m.ID = types.StringValue(ipranges.BaseRegion(m.Region.ValueString()))
	}
	m.Regions = listMap(regions)
	ipv4, ipv6 := ipranges.Families(networks)
	m.CIDRs, m.IPv4CIDRs, m.IPv6CIDRs = kit.StringList(
		ipranges.Strings(networks),
	), kit.StringList(
		ipranges.Strings(ipv4),
	), kit.StringList(
		ipranges.Strings(ipv6),
	)
	m.LastUpdatedAt = types.StringValue(feed.LastUpdatedAt)
	m.Source = types.StringValue(source)
}
