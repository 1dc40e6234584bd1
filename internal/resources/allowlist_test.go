// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/ipranges"
)

const allowlistAddress = "auth0pg_allowlist.test"

// allowlistConfig is one allowlist with these attributes, and no tenant.
func allowlistConfig(attributes string) string {
	return "resource \"auth0pg_allowlist\" \"test\" {\n" + attributes + "\n}\n"
}

func stateIs(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(allowlistAddress, tfjsonpath.New(attribute), value)
}

func planIs(attribute string, value knownvalue.Check) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(allowlistAddress, tfjsonpath.New(attribute), value)
}

func texts(values ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(values))
	for i, value := range values {
		checks[i] = knownvalue.StringExact(value)
	}
	return knownvalue.ListExact(checks)
}

func actions(action plancheck.ResourceActionType, checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append([]plancheck.PlanCheck{plancheck.ExpectResourceAction(allowlistAddress, action)}, checks...)}
}

func TestAllowlistSnapshot(t *testing.T) {
	t.Parallel()
	uk := []string{"3.8.59.62/32", "3.10.89.10/32", "18.135.40.36/32"}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: allowlistConfig(`region = "UK"`),
				// Everything is in the plan.
				ConfigPlanChecks: actions(plancheck.ResourceActionCreate, planIs("cidrs", texts(uk...)), planIs("source", knownvalue.StringExact("snapshot"))),
				ConfigStateChecks: []statecheck.StateCheck{
					stateIs("id", knownvalue.StringExact("UK")),
					stateIs("enforcement", knownvalue.Null()),
					stateIs("live", knownvalue.Null()),
					stateIs("cidrs", texts(uk...)),
					stateIs("last_updated_at", knownvalue.StringExact(ipranges.Snapshot().LastUpdatedAt)),
				},
			},
			{
				Config: allowlistConfig(`
					region           = "uk"
					role             = "auth0_scripts"
					database         = "my app"
					additional_cidrs = ["2001:DB8::/64", "10.20.0.7", "3.8.59.62/32", "10.0.0.0/16"]`),
				ConfigPlanChecks: actions(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					stateIs("id", knownvalue.StringExact("UK:auth0_scripts")),
					stateIs("cidrs", texts("3.8.59.62/32", "3.10.89.10/32", "10.0.0.0/16", "10.20.0.7/32", "18.135.40.36/32", "2001:db8::/64")),
				},
			},
			{
				// The order of a set means nothing.
				Config: allowlistConfig(`
					region           = "uk"
					role             = "auth0_scripts"
					database         = "my app"
					additional_cidrs = ["10.0.0.0/16", "3.8.59.62/32", "10.20.0.7", "2001:DB8::/64"]`),
				ConfigPlanChecks: actions(plancheck.ResourceActionNoop),
			},
		},
	})
}

func TestAllowlistRegionOfTenant(t *testing.T) {
	t.Setenv("AUTH0_DOMAIN", "")
	provider := func(domain string) string {
		return fmt.Sprintf("provider \"auth0pg\" {\n auth0 {\n domain = %q\n api_token = \"x\"\n }\n}\n", domain)
	}
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: provider("acme.jp.auth0.com") + allowlistConfig(""), ConfigStateChecks: []statecheck.StateCheck{stateIs("region", knownvalue.StringExact("JP")), stateIs("cidrs", knownvalue.ListSizeExact(12))}},
			{Config: provider("eu.auth0.com") + allowlistConfig(""), ConfigStateChecks: []statecheck.StateCheck{stateIs("region", knownvalue.StringExact("US")), stateIs("cidrs", knownvalue.ListSizeExact(49))}},
			{Config: provider("eu.auth0.com") + allowlistConfig(`region = "EU-2"`), ConfigStateChecks: []statecheck.StateCheck{stateIs("region", knownvalue.StringExact("EU-2")), stateIs("cidrs", knownvalue.ListSizeExact(24))}},
			{Config: provider("id.example.com") + allowlistConfig(""), ExpectError: regexp.MustCompile(`Region Not Known[\s\S]*custom domain does not[\s\S]*Set region`)},
			{Config: provider("acme.auth0app.com") + allowlistConfig(""), ExpectError: regexp.MustCompile(`Region Not Known[\s\S]*Primary Egress IPs[\s\S]*"PRIVATE"`)},
			{
				Config:            provider("acme.auth0app.com") + allowlistConfig("region = \"PRIVATE\"\nadditional_cidrs = [\"192.0.2.7\"]"),
				ConfigStateChecks: []statecheck.StateCheck{stateIs("cidrs", texts("192.0.2.7/32")), stateIs("source", knownvalue.Null())},
			},
			{Config: allowlistConfig(`region = "PRIVATE"`), ExpectError: regexp.MustCompile(`Allowlist Is Empty`)},
			{Config: allowlistConfig(""), ExpectError: regexp.MustCompile(`Region Not Known[\s\S]*AUTH0_DOMAIN`)},
		},
	})
}

func TestAllowlistUnknownAtPlan(t *testing.T) {
	t.Parallel()
	config := `
		resource "terraform_data" "later" { input = { domain = "acme.uk.auth0.com", cidr = "10.0.0.0/16", role = "r" } }
		provider "auth0pg" {
		  auth0 {
		    domain    = terraform_data.later.output.domain
		    api_token = "x"
		  }
		}
	` + allowlistConfig(`
		additional_cidrs = [terraform_data.later.output.cidr]
		role             = terraform_data.later.output.role`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigPlanChecks: actions(plancheck.ResourceActionCreate,
				plancheck.ExpectUnknownValue(allowlistAddress, tfjsonpath.New("cidrs")), plancheck.ExpectUnknownValue(allowlistAddress, tfjsonpath.New("region"))),
			ConfigStateChecks: []statecheck.StateCheck{stateIs("region", knownvalue.StringExact("UK")), stateIs("cidrs", knownvalue.ListSizeExact(4))},
		}},
	})
}

func TestAllowlistRefuses(t *testing.T) {
	t.Parallel()
	var steps []resource.TestStep
	for _, refused := range []struct{ attributes, want string }{
		{`region = "XX"`, `Unknown Region[\s\S]*AU, CA, EU, JP, UK, US`},
		{`region = "Europe"`, `Invalid Region[\s\S]*AU, CA, EU, JP, UK\s+and\s+US`},
		{`region = ""`, `Invalid Region`},
		{"region = \"UK\"\nadditional_cidrs = [\"10.20.3.4/16\"]", `Invalid Network[\s\S]*10\.20\.0\.0/16`},
		{"region = \"UK\"\nadditional_cidrs = [\"db.example.com\"]", `Invalid Network[\s\S]*CIDR notation`},
		{"region = \"UK\"\nadditional_cidrs = [\"10.0.0.0/8\", \"300.0.0.0/8\"]", `Invalid Network`},
		{"region = \"UK\"\nadditional_cidrs = [null]", `Invalid Network|Null`},
		{"region = \"UK\"\nenforcement = \"rls\"", `enforcement[\s\S]*"none"`},
		{"region = \"UK\"\nrole = \"/a\"", `Invalid Name[\s\S]*regular\s+expression`},
		{"region = \"UK\"\ndatabase = \"a\\nb\"", `Invalid Name[\s\S]*line break`},
		{"region = \"UK\"\nurl = \"http://192.0.2.1/x\"", `Invalid Feed URL[\s\S]*not\s+https`},
	} {
		steps = append(steps, resource.TestStep{Config: allowlistConfig(refused.attributes), PlanOnly: true, ExpectError: regexp.MustCompile(refused.want)})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

func TestAllowlistLive(t *testing.T) {
	feed := newFeedServer(t, "203.0.113.7/32", "203.0.113.8/32")
	other := newFeedServer(t, "203.0.113.77/32")
	live := allowlistConfig(fmt.Sprintf("region = \"SG\"\nlive = true\nurl = %q", feed.URL))
	shrink := allowlistConfig(fmt.Sprintf("region = \"SG\"\nlive = true\nurl = %q\nallow_shrink = true", feed.URL))
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:           live,
				ConfigPlanChecks: actions(plancheck.ResourceActionCreate, planIs("cidrs", texts("203.0.113.7/32", "203.0.113.8/32"))),
				ConfigStateChecks: []statecheck.StateCheck{
					stateIs("source", knownvalue.StringExact("live")),
					stateIs("last_updated_at", knownvalue.StringExact("2026-09-01T00:00:00.000Z")),
				},
			},
			{
				// Addresses come and go; the plan shows which.
				PreConfig:         func() { feed.list(t, "2026-09-08T00:00:00.000Z", "SG", "203.0.113.8/32", "203.0.113.6/32") },
				Config:            live,
				ConfigPlanChecks:  actions(plancheck.ResourceActionUpdate, planIs("cidrs", texts("203.0.113.6/32", "203.0.113.8/32"))),
				ConfigStateChecks: []statecheck.StateCheck{stateIs("last_updated_at", knownvalue.StringExact("2026-09-08T00:00:00.000Z"))},
			},
			// A feed that fails, hangs or answers nonsense takes no address away that is in use.
			{PreConfig: feed.fail, Config: live, ConfigPlanChecks: actions(plancheck.ResourceActionNoop)},
			{PreConfig: func() { feed.say("<html>log in</html>") }, Config: live, ConfigPlanChecks: actions(plancheck.ResourceActionNoop)},
			{PreConfig: func() { feed.say(`{"regions": {"SG": {"ipv4_cidrs": ["0.0.0.0/0"]}}}`) }, Config: live, ConfigPlanChecks: actions(plancheck.ResourceActionNoop)},
			{PreConfig: func() { feed.say(`{"regions": {"SG": {"ipv4_cidrs": []}}}`) }, Config: live, ExpectError: regexp.MustCompile(`Feed Is Empty[\s\S]*no\s+address\s+for\s+region\s+SG`)},
			{PreConfig: func() { feed.say(`{"regions": {}}`) }, Config: live, ExpectError: regexp.MustCompile(`Feed Is Empty`)},
			{
				PreConfig:   func() { feed.list(t, "2026-09-09T00:00:00.000Z", "SG", "203.0.113.8/32") },
				Config:      live,
				ExpectError: regexp.MustCompile(`Feed Lost Addresses[\s\S]*203\.0\.113\.6/32[\s\S]*allow_shrink`),
			},
			{
				Config:            shrink,
				ConfigPlanChecks:  actions(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateIs("cidrs", texts("203.0.113.8/32"))},
			},
			// Once accepted, the shorter list is the one in use.
			{Config: live, ConfigPlanChecks: actions(plancheck.ResourceActionUpdate, planIs("cidrs", texts("203.0.113.8/32")))},
			{PreConfig: func() { feed.list(t, "2026-09-10T00:00:00.000Z", "EU", "203.0.113.8/32") }, Config: live, ExpectError: regexp.MustCompile(`Unknown Region`)},
			// Another address is another list.
			{
				PreConfig:        func() { feed.list(t, "2026-09-10T00:00:00.000Z", "SG", "203.0.113.8/32") },
				Config:           allowlistConfig(fmt.Sprintf("region = \"SG\"\nlive = true\nurl = %q", other.URL)),
				ConfigPlanChecks: actions(plancheck.ResourceActionUpdate, planIs("cidrs", texts("203.0.113.77/32"))),
			},
			{Config: allowlistConfig(`region = "EU"`), ConfigPlanChecks: actions(plancheck.ResourceActionUpdate), ConfigStateChecks: []statecheck.StateCheck{stateIs("source", knownvalue.StringExact("snapshot"))}},
		},
	})
	if requests, full := feed.counts(); full == 0 || full > 5 || requests < 10 {
		t.Errorf("the feed answered %d of %d requests in full; the ETag is not used", full, requests)
	}
}

func TestAllowlistLiveFallsBackToSnapshot(t *testing.T) {
	feed := newFeedServer(t)
	feed.list(t, "2026-09-10T00:00:00.000Z", "EU", "203.0.113.8/32")
	config := allowlistConfig(fmt.Sprintf("region = \"EU\"\nlive = true\nurl = %q", feed.URL))
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			// The bundled list is what a first live list is measured by.
			{Config: config, ExpectError: regexp.MustCompile(`Feed Lost Addresses[\s\S]*bundled[\s\S]*18\.197\.9\.11/32`)},
			{
				PreConfig:         feed.fail,
				Config:            config,
				ConfigStateChecks: []statecheck.StateCheck{stateIs("source", knownvalue.StringExact("snapshot")), stateIs("cidrs", knownvalue.ListSizeExact(24))},
			},
			{
				PreConfig:   func() { feed.list(t, "2026-09-10T00:00:00.000Z", "EU", "203.0.113.8/32") },
				Config:      config,
				ExpectError: regexp.MustCompile(`Feed Lost Addresses[\s\S]*18\.197\.9\.11/32`),
			},
		},
	})
}

// TestAllowlistFeedChangesAfterPlan runs the real command line: what was planned is what
// is applied, and warnings reach the user.
func TestAllowlistFeedChangesAfterPlan(t *testing.T) {
	feed := newFeedServer(t, "203.0.113.7/32")
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": `
		terraform {
			required_providers {
				auth0pg = { source = "auth0pg/auth0pg" }
			}
		}
		` + allowlistConfig(fmt.Sprintf("region = \"SG\"\nlive = true\nurl = %q", feed.URL))})
	w.MustRun("apply", "-auto-approve")

	feed.list(t, "2026-09-08T00:00:00.000Z", "SG", "203.0.113.7/32", "203.0.113.8/32")
	if output := w.MustRun("plan", "-out=plan"); !strings.Contains(output, `+ "203.0.113.8/32"`) {
		t.Errorf("the plan does not show the new address:\n%s", output)
	}
	before := w.Read("terraform.tfstate")
	for _, meanwhile := range []struct {
		name   string
		change func()
	}{
		{"another list", func() { feed.list(t, "2026-09-09T00:00:00.000Z", "SG", "203.0.113.7/32", "203.0.113.9/32") }},
		{"no list", feed.fail},
	} {
		w.Write("terraform.tfstate", before)
		meanwhile.change()
		if output := w.MustRun("apply", "plan"); !strings.Contains(output, "1 changed") {
			t.Errorf("%s: the plan was not applied:\n%s", meanwhile.name, output)
		}
		if state := w.Read("terraform.tfstate"); !strings.Contains(state, "203.0.113.8/32") || strings.Contains(state, "203.0.113.9/32") {
			t.Errorf("%s: what was applied is not what was planned:\n%s", meanwhile.name, state)
		}
	}
	output := w.MustRun("plan")
	for _, want := range []string{"Warning: Live Feed Not Used", "answered 500", "No changes"} {
		if !strings.Contains(output, want) {
			t.Errorf("the plan lacks %q:\n%s", want, output)
		}
	}
}

// TestAllowlistFeedLostBeforeFirstApply loses the feed between plan and apply of a new list.
// Terraform then compares two plans of ours and blames the provider; the warning says better.
func TestAllowlistFeedLostBeforeFirstApply(t *testing.T) {
	feed := newFeedServer(t)
	networks := append([]string{"203.0.113.7/32"}, ipranges.Strings(ipranges.Snapshot().Regions["UK"])...)
	feed.list(t, "2026-09-08T00:00:00.000Z", "UK", networks...)
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + allowlistConfig(fmt.Sprintf("region = \"UK\"\nlive = true\nurl = %q", feed.URL))})
	w.MustRun("plan", "-out=plan")
	feed.fail()
	output, exit := w.Run("apply", "plan")
	if exit == 0 {
		t.Errorf("another list than the planned one was applied:\n%s", output)
	}
	words := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
	for _, want := range []string{"Warning: Live Feed Not Used", "inconsistent final plan", "the feed could still be read when that plan was made", "plan and apply again"} {
		if !strings.Contains(words, want) {
			t.Errorf("the apply lacks %q:\n%s", want, output)
		}
	}
	w.MustRun("apply", "-auto-approve")
}
