// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"net/netip"
	"net/url"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// hostName is a DNS name with an optional port, which a local tenant has.
var hostName = regexp.MustCompile(
	`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]+)?$`,
)

type domainValidator struct{}

func (domainValidator) Description(context.Context) string {
	return "must be a domain without scheme or path"
}
func (v domainValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (domainValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || hostName.MatchString(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Tenant Domain",
		"The domain must be the bare name of the tenant, such as acme.eu.auth0.com, without "+
			"https:// in front and without a path.")
}

type baseURLValidator struct{}

func (baseURLValidator) Description(context.Context) string {
	return "must be an https URL, or an http URL of a loopback address"
}
func (v baseURLValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (baseURLValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || validBaseURL(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Base URL", baseURLAdvice)
}

const baseURLAdvice = "The base URL must be https://host, or http:// followed by a loopback address such as " +
	"127.0.0.1:8080 for a local tenant: " +
	"over plain http to any other address the credentials could be read on the way."

// validBaseURL accepts https anywhere and http on loopback, without path or credentials.
func validBaseURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || (err == nil && address.IsLoopback()))
}
