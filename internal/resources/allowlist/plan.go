// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// privateCloud is the region of tenants that share no list with anyone.
const privateCloud = "PRIVATE"

// ModifyPlan works out every output, so that the plan shows addresses that come and go.
func (r *allowlist) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.data == nil {
		return
	}
	var config, plan allowlistModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	var state *allowlistModel
	if !req.State.Raw.IsNull() {
		state = &allowlistModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	plan.clearOutputs()
	plan.Region = config.Region
	if config.Region.IsNull() {
		plan.Region = regionOf(r.data.Domain, &resp.Diagnostics)
	}
	if !plan.Region.IsUnknown() && !plan.Live.IsUnknown() && !plan.URL.IsUnknown() && !resp.Diagnostics.HasError() {
		said, err := keptAnswer(ctx, req, state, plan)
		if err != nil {
			addFeedCancelled(&resp.Diagnostics, err)
		}
		if found, ok := regionRanges(&resp.Diagnostics, plan, state, said); ok {
			plan.setOutputs(&resp.Diagnostics, found)
		}
	}
	if !resp.Diagnostics.HasError() {
		r.planEnforced(ctx, req.Private, &plan, state, &resp.Diagnostics)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	}
}

// clearOutputs marks every output as not known yet.
func (m *allowlistModel) clearOutputs() {
	unknown := types.ListUnknown(types.StringType)
	m.CIDRs, m.Enforced = unknown, unknown
	m.ID, m.LastUpdatedAt, m.Source = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
}

// setOutputs fills in the outputs that follow from what is known.
func (m *allowlistModel) setOutputs(diags *diag.Diagnostics, found ranges) {
	m.LastUpdatedAt = types.StringNull()
	m.Source = types.StringNull()
	if found.source != "" {
		m.LastUpdatedAt, m.Source = types.StringValue(found.lastUpdatedAt), types.StringValue(found.source)
	}
	if !m.Role.IsUnknown() {
		m.ID = types.StringValue(strings.TrimSuffix(strings.ToUpper(m.Region.ValueString())+":"+m.Role.ValueString(), ":"))
	}
	additional, known := m.additional()
	if !known {
		return
	}
	warnCovered(diags, found.networks, additional)
	networks := ipranges.Sorted(append(append([]netip.Prefix{}, found.networks...), additional...))
	if len(networks) == 0 {
		diags.AddAttributeError(path.Root("additional_cidrs"), "Allowlist Is Empty",
			"A private cloud has no shared list, and additional_cidrs names no network: nothing could reach the database.\n\n"+
				"Set additional_cidrs to the Primary Egress IPs that Auth0's Support Center lists for the environment.")
		return
	}
	m.CIDRs = kit.StringList(ipranges.Strings(networks))
}

// additional returns the networks in additional_cidrs; known is false while one of them
// is not. Their form was checked before.
func (m *allowlistModel) additional() (networks []netip.Prefix, known bool) {
	if m.AdditionalCIDRs.IsUnknown() {
		return nil, false
	}
	for _, element := range m.AdditionalCIDRs.Elements() {
		text, ok := element.(types.String)
		if !ok || text.IsUnknown() {
			return nil, false
		}
		if network, err := ipranges.ParseNetwork(text.ValueString()); err == nil {
			networks = append(networks, network)
		}
	}
	return ipranges.Sorted(networks), true
}

// regionOf is the default of region, from the tenant's domain.
func regionOf(domain types.String, diags *diag.Diagnostics) types.String {
	const remedy = "\n\nSet region to the tenant's region, for example \"EU\"."
	if domain.IsUnknown() {
		return types.StringUnknown()
	}
	if domain.IsNull() {
		diags.AddAttributeError(path.Root("region"), "Region Not Known",
			"There is no region, and no tenant to take it from: the provider's auth0.domain (or "+
				"AUTH0_DOMAIN) is not set either."+remedy)
		return types.StringUnknown()
	}
	region, err := ipranges.RegionOfDomain(domain.ValueString())
	if err != nil {
		if isPrivateCloud(err) {
			diags.AddAttributeError(path.Root("region"), "Region Not Known", fmt.Sprintf(
				"The region could not be taken from the provider's auth0.domain: %v.\n\nSet region = %q and put those "+
					"addresses into additional_cidrs.", err, privateCloud))
		} else {
			diags.AddAttributeError(path.Root("region"), "Region Not Known", fmt.Sprintf("The region could not be taken from "+
				"the provider's auth0.domain: %v.", err)+remedy)
		}
		return types.StringUnknown()
	}
	return types.StringValue(region)
}

// keptAnswer returns the answer of the live feed that belongs to this plan: the one that the
// refresh before it got, or else a new one.
func keptAnswer(
	ctx context.Context,
	req resource.ModifyPlanRequest,
	state *allowlistModel,
	plan allowlistModel,
) (answer, error) {
	if !plan.Live.ValueBool() {
		return answer{}, nil
	}
	if state != nil && state.Live.ValueBool() {
		said := kit.GetPrivate[answer](ctx, req.Private, feedKey, &diag.Diagnostics{})
		if said != nil && said.URL == plan.feedURL() {
			return *said, nil
		}
	}
	said, err := askFeed(ctx, plan.feedURL())
	said.Anew = true
	return said, err
}

// regionRanges picks the region's addresses from the list that the plan asks for.
func regionRanges(
	diags *diag.Diagnostics,
	plan allowlistModel,
	state *allowlistModel,
	said answer,
) (found ranges, ok bool) {
	if diags.HasError() {
		return ranges{}, false
	}
	region := plan.Region.ValueString()
	if strings.EqualFold(region, privateCloud) {
		return ranges{}, true
	}
	if !plan.Live.ValueBool() {
		return snapshotRanges(diags, region)
	}
	if said.Refused {
		addFeedRefused(diags, said)
		return ranges{}, false
	}
	before, inUse := inUse(state, region)
	feed, answered := said.feed()
	if !answered && inUse && before.source == sourceLive {
		// The bundled list may be older than the one in use, so that falling back to it
		// would take addresses away.
		addFeedFallback(diags, said, "the addresses that are in use, of "+before.lastUpdatedAt)
		return before, true
	}
	if !answered {
		addFeedFallback(diags, said, snapshotNote())
		return snapshotRanges(diags, region)
	}
	networks, err := feed.Region(region)
	if err != nil {
		diags.AddAttributeError(path.Root("region"), "Unknown Region", fmt.Sprintf("In the live list of Auth0's addresses %v.",
			err))
		return ranges{}, false
	}
	beforeIs := "the list in use"
	if !inUse {
		// A region that the bundled list does not know cannot shrink.
		before.networks, _ = ipranges.Snapshot().Region(region)
		beforeIs = snapshotNote()
	}
	if !plan.AllowShrink.ValueBool() &&
		!checkShrunken(diags, feed, "region "+region, beforeIs, before.networks, networks) {
		return ranges{}, false
	}
	return ranges{networks, feed.LastUpdatedAt, sourceLive}, true
}

func snapshotRanges(diags *diag.Diagnostics, region string) (found ranges, ok bool) {
	feed := ipranges.Snapshot()
	networks, err := feed.Region(region)
	if err != nil {
		diags.AddAttributeError(path.Root("region"), "Unknown Region", fmt.Sprintf(
			"In the list bundled with this provider %v.\n\nCorrect the region, or set live = true "+
				"if Auth0 has opened it since.", err))
		return ranges{}, false
	}
	return ranges{networks, feed.LastUpdatedAt, sourceSnapshot}, true
}

// inUse returns the region's addresses as they were last applied: all but the additional ones.
func inUse(state *allowlistModel, region string) (ranges, bool) {
	if state == nil || ipranges.BaseRegion(state.Region.ValueString()) != ipranges.BaseRegion(region) {
		return ranges{}, false
	}
	additional, _ := state.additional()
	networks := slices.DeleteFunc(prefixes(state.CIDRs), func(network netip.Prefix) bool {
		return slices.Contains(additional, network)
	})
	return ranges{networks, state.LastUpdatedAt.ValueString(), state.Source.ValueString()}, len(networks) > 0
}

// warnCovered points out additional networks that the region's list makes pointless or
// that make part of it pointless.
func warnCovered(diags *diag.Diagnostics, region, additional []netip.Prefix) {
	for _, network := range additional {
		for _, listed := range region {
			if network.Overlaps(listed) {
				diags.AddAttributeWarning(path.Root("additional_cidrs"), "Networks Overlap", fmt.Sprintf(
					"%s in additional_cidrs and Auth0's %s have addresses in common. Both are listed; "+
						"check that the wider one is meant.", network, listed))
				break
			}
		}
	}
}

// prefixes reads a list of networks that was made here.
func prefixes(list types.List) []netip.Prefix {
	var networks []netip.Prefix
	for _, element := range list.Elements() {
		if text, ok := element.(types.String); ok {
			if network, err := netip.ParsePrefix(text.ValueString()); err == nil {
				networks = append(networks, network)
			}
		}
	}
	return networks
}
