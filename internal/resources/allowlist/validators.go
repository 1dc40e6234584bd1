// SPDX-License-Identifier: MPL-2.0

package allowlist

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// regionValidator accepts what may be a region; whether it is one, the list tells.
type regionValidator struct{}

var regionForm = regexp.MustCompile(`^[A-Za-z]{2}(-[0-9]{1,3})?$`)

func (regionValidator) Description(context.Context) string {
	return "must be a region of two letters, such as EU"
}
func (v regionValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (regionValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	region := req.ConfigValue
	if region.IsNull() || region.IsUnknown() || regionForm.MatchString(region.ValueString()) ||
		strings.EqualFold(region.ValueString(), privateCloud) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Region", fmt.Sprintf(
		"%q is not a region. Regions have two letters: %s.", region.ValueString(), kit.List(ipranges.Snapshot().Names())))
}

// networksValidator checks additional networks. Errors are for what no firewall would
// take, warnings for what is probably not meant.
type networksValidator struct{}

func (networksValidator) Description(context.Context) string {
	return "must be networks in CIDR notation or single addresses"
}
func (v networksValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (networksValidator) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	var seen []netip.Prefix
	for _, element := range req.ConfigValue.Elements() {
		at := req.Path.AtSetValue(element)
		text, ok := element.(types.String)
		if !ok || text.IsUnknown() {
			continue
		}
		if text.IsNull() {
			resp.Diagnostics.AddAttributeError(at, "Invalid Network", "A network is null. Remove it.")
			continue
		}
		network, err := ipranges.ParseNetwork(text.ValueString())
		if err != nil {
			resp.Diagnostics.AddAttributeError(at, "Invalid Network", err.Error()+".")
			continue
		}
		if ipranges.TooWide(network) {
			resp.Diagnostics.AddAttributeWarning(at, "Network Is Very Wide", fmt.Sprintf(
				"%s lets a large part of the Internet reach the database. If that is not meant, "+
					"name the networks that need it.", network))
		}
		for _, other := range seen {
			if other.Overlaps(network) {
				resp.Diagnostics.AddAttributeWarning(at, "Networks Overlap", fmt.Sprintf("%s and %s have addresses in common. "+
					"One of them can go.", other, network))
			}
		}
		seen = append(seen, network)
	}
}

// feedURLValidator refuses addresses from which a forged list could come.
type feedURLValidator struct{}

func (feedURLValidator) Description(context.Context) string {
	return "must be an https URL, or an http URL of a loopback address"
}
func (v feedURLValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (feedURLValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := ipranges.CheckURL(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Feed URL", "No list is read from there: "+err.Error()+".")
	}
}

// hbaNameValidator refuses names that cannot be written in pg_hba.conf.
type hbaNameValidator struct{}

func (hbaNameValidator) Description(context.Context) string {
	return "must be a name that can be written in pg_hba.conf"
}
func (v hbaNameValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (hbaNameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := postgres.HBANameProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Name", fmt.Sprintf("The name %q cannot be used here: %s.",
			req.ConfigValue.ValueString(), problem))
	}
}

func isPrivateCloud(err error) bool {
	var wrong *ipranges.DomainError
	return errors.As(err, &wrong) && wrong.Kind == ipranges.PrivateCloud
}
