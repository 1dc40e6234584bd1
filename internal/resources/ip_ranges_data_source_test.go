// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
)

func rangesConfig(attributes string) string {
	return "data \"auth0pg_ip_ranges\" \"test\" {\n" + attributes + "\n}\n"
}

func rangesAre(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.auth0pg_ip_ranges.test", tfjsonpath.New(attribute), value)
}

func TestIPRangesSnapshot(t *testing.T) {
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: rangesConfig(""),
				ConfigStateChecks: []statecheck.StateCheck{
					rangesAre("id", knownvalue.StringExact("all")),
					rangesAre("cidrs", knownvalue.ListSizeExact(103)),
					rangesAre("ipv4_cidrs", knownvalue.ListSizeExact(103)),
					rangesAre("ipv6_cidrs", texts()),
					rangesAre("source", knownvalue.StringExact("snapshot")),
					rangesAre("last_updated_at", knownvalue.StringExact(ipranges.Snapshot().LastUpdatedAt)),
					rangesAre("regions", knownvalue.MapSizeExact(6)),
					rangesAre("regions", knownvalue.MapPartial(map[string]knownvalue.Check{"UK": texts("3.8.59.62/32", "3.10.89.10/32", "18.135.40.36/32")})),
				},
			},
			{
				Config: rangesConfig(`region = "uk"`),
				ConfigStateChecks: []statecheck.StateCheck{
					rangesAre("id", knownvalue.StringExact("UK")),
					rangesAre("cidrs", texts("3.8.59.62/32", "3.10.89.10/32", "18.135.40.36/32")),
					rangesAre("regions", knownvalue.MapExact(map[string]knownvalue.Check{"UK": texts("3.8.59.62/32", "3.10.89.10/32", "18.135.40.36/32")})),
				},
			},
			{Config: rangesConfig(`region = "XX"`), ExpectError: regexp.MustCompile(`Unknown Region`)},
			{Config: rangesConfig(`region = "PRIVATE"`), ExpectError: regexp.MustCompile(`Unknown Region[\s\S]*Primary\s+Egress\s+IPs`)},
		},
	})
}

func TestIPRangesLive(t *testing.T) {
	feed := newFeedServer(t, "203.0.113.8/32", "203.0.113.7/32", "2001:db8::/64")
	all := rangesConfig(fmt.Sprintf("live = true\nurl = %q", feed.URL))
	one := rangesConfig(fmt.Sprintf("region = \"SG\"\nlive = true\nurl = %q", feed.URL))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: one,
				ConfigStateChecks: []statecheck.StateCheck{
					rangesAre("cidrs", texts("203.0.113.7/32", "203.0.113.8/32", "2001:db8::/64")),
					rangesAre("ipv4_cidrs", texts("203.0.113.7/32", "203.0.113.8/32")),
					rangesAre("ipv6_cidrs", texts("2001:db8::/64")),
					rangesAre("source", knownvalue.StringExact("live")),
					rangesAre("last_updated_at", knownvalue.StringExact("2026-09-01T00:00:00.000Z")),
				},
			},
			{Config: all, ConfigStateChecks: []statecheck.StateCheck{rangesAre("cidrs", knownvalue.ListSizeExact(106)), rangesAre("regions", knownvalue.MapSizeExact(7))}},
			{PreConfig: feed.fail, Config: all, ConfigStateChecks: []statecheck.StateCheck{rangesAre("source", knownvalue.StringExact("snapshot")), rangesAre("cidrs", knownvalue.ListSizeExact(103))}},
			{PreConfig: func() { feed.say("<html>") }, Config: all, ConfigStateChecks: []statecheck.StateCheck{rangesAre("source", knownvalue.StringExact("snapshot"))}},
			{PreConfig: func() { feed.say(`{"regions": {}}`) }, Config: all, ExpectError: regexp.MustCompile(`Feed Is Empty`)},
			{
				// CA lost addresses, though the whole list grew.
				PreConfig:   func() { feed.list(t, "2026-09-10T00:00:00.000Z", "CA", "203.0.113.8/32") },
				Config:      all,
				ExpectError: regexp.MustCompile(`Feed Lost Addresses[\s\S]*region CA[\s\S]*3\.97\.144\.31/32`),
			},
			{
				// A region that did not change is not held up by another that did.
				Config:            rangesConfig(fmt.Sprintf("region = \"UK\"\nlive = true\nurl = %q", feed.URL)),
				ConfigStateChecks: []statecheck.StateCheck{rangesAre("cidrs", knownvalue.ListSizeExact(3)), rangesAre("source", knownvalue.StringExact("live"))},
			},
			{
				Config:            rangesConfig(fmt.Sprintf("live = true\nallow_shrink = true\nurl = %q", feed.URL)),
				ConfigStateChecks: []statecheck.StateCheck{rangesAre("cidrs", knownvalue.ListSizeExact(98))},
			},
		},
	})
}
