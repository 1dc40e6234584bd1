// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

var functionsNeed = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)}

func outputIs(value knownvalue.Check) []statecheck.StateCheck {
	return []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("test", value)}
}

func TestRegionFunction(t *testing.T) {
	t.Parallel()
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   functionsNeed,
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: `output "test" { value = provider::auth0pg::region("acme.eu.auth0.com") }`, ConfigStateChecks: outputIs(knownvalue.StringExact("EU"))},
			{Config: `output "test" { value = provider::auth0pg::region("eu.auth0.com") }`, ConfigStateChecks: outputIs(knownvalue.StringExact("US"))},
			{Config: `output "test" { value = provider::auth0pg::region("id.example.com") }`, ExpectError: regexp.MustCompile(`custom\s+domain\s+does\s+not\s+tell`)},
			{Config: `output "test" { value = provider::auth0pg::region("acme.auth0app.com") }`, ExpectError: regexp.MustCompile(`private\s+cloud`)},
			{Config: `output "test" { value = provider::auth0pg::region("acme.eu.auth0.com:443") }`, ExpectError: regexp.MustCompile(`without\s+a\s+port`)},
			{Config: `output "test" { value = provider::auth0pg::region(null) }`, ExpectError: regexp.MustCompile(`null`)},
			{
				Config: `resource "terraform_data" "later" { input = "acme.jp.auth0.com" }
					output "test" { value = provider::auth0pg::region(terraform_data.later.output) }`,
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownOutputValue("test")}},
				ConfigStateChecks: outputIs(knownvalue.StringExact("JP")),
			},
		},
	})
}

func TestHBALinesFunction(t *testing.T) {
	t.Parallel()
	with := func(arguments string) string {
		return `output "test" { value = provider::auth0pg::pg_hba_lines(` + arguments + `) }`
	}
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   functionsNeed,
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: with(`["2001:DB8::/64", "10.20.0.7"], null, null`), ConfigStateChecks: outputIs(texts(
				"hostssl all all 10.20.0.7/32 scram-sha-256", "hostssl all all 2001:db8::/64 scram-sha-256"))},
			{Config: with(`["10.0.0.0/16", "3.8.59.62/32", "3.8.59.62"], "auth0_scripts", "my app"`), ConfigStateChecks: outputIs(texts(
				`hostssl "my app" auth0_scripts 3.8.59.62/32 scram-sha-256`, `hostssl "my app" auth0_scripts 10.0.0.0/16 scram-sha-256`,
				`host all auth0_scripts all reject`))},
			{Config: with(`["10.0.0.1/8"], null, null`), ExpectError: regexp.MustCompile(`element\s+0\s+is\s+no\s+network`)},
			{Config: with(`[], "/^scripts", null`), ExpectError: regexp.MustCompile(`regular\s+expression`)},
			{Config: with(`[], null, ""`), ExpectError: regexp.MustCompile(`it\s+is\s+empty`)},
		},
	})
}

func TestPostgresURLFunction(t *testing.T) {
	t.Parallel()
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   functionsNeed,
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: `output "test" { value = provider::auth0pg::postgres_url(null) }`, ExpectError: regexp.MustCompile(`null`)},
			{
				Config: `output "test" { value = provider::auth0pg::postgres_url({
					host = "db.example.com", port = 5432, database = "app", username = "auth0", password = "p@ss/w:rd", sslmode = "verify-full", parameters = { options = "-c a=b" } }) }`,
				ConfigStateChecks: outputIs(knownvalue.StringExact("postgresql://auth0:p%40ss%2Fw%3Ard@db.example.com:5432/app?sslmode=verify-full&options=-c%20a%3Db")),
			},
			{
				Config: `variable "parts" {
						type    = map(string)
						default = { host = "::1", port = "5432" }
					}
					output "test" { value = provider::auth0pg::postgres_url(var.parts) }`,
				ConfigStateChecks: outputIs(knownvalue.StringExact("postgresql://[::1]:5432")),
			},
			{
				// What is made of a secret is a secret.
				Config: `variable "password" {
						default   = "secret"
						sensitive = true
					}
					output "test" {
						value = issensitive(provider::auth0pg::postgres_url({ host = "h", username = "u", password = var.password }))
					}`,
				ConfigStateChecks: outputIs(knownvalue.Bool(true)),
			},
			{
				Config: `resource "terraform_data" "later" { input = "secret" }
					output "test" { value = provider::auth0pg::postgres_url({ host = "h", username = "u", password = terraform_data.later.output }) }`,
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownOutputValue("test")}},
				ConfigStateChecks: outputIs(knownvalue.StringExact("postgresql://u:secret@h")),
			},
			{Config: `output "test" { value = provider::auth0pg::postgres_url({ host = "h", user = "u" }) }`, ExpectError: regexp.MustCompile(`called\s+"username"`)},
			{Config: `output "test" { value = provider::auth0pg::postgres_url({ host = "h", port = 99999 }) }`, ExpectError: regexp.MustCompile(`"port"\s+must\s+be`)},
			{Config: `output "test" { value = provider::auth0pg::postgres_url("postgres://h") }`, ExpectError: regexp.MustCompile(`must\s+be\s+an\s+object`)},
			{Config: `output "test" { value = provider::auth0pg::postgres_url({ host = "h" }) }`, ConfigStateChecks: outputIs(knownvalue.StringExact("postgresql://h"))},
		},
	})
}
