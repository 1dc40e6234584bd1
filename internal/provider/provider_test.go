// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	auth0pg "github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// withoutVariables hides the settings that the machine running the tests happens to have.
func withoutVariables(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "AUTH0") || strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
}

// configuration builds the provider block from settings of the two nested blocks.
func configuration(t *testing.T, p provider.Provider, blocks map[string]map[string]tftypes.Value) tfsdk.Config {
	t.Helper()
	var resp provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &resp)
	root := map[string]tftypes.Value{}
	types := map[string]tftypes.Type{}
	for name, block := range resp.Schema.Blocks {
		object := block.Type().TerraformType(t.Context()).(tftypes.Object)
		types[name] = object
		settings, ok := blocks[name]
		if !ok {
			root[name] = tftypes.NewValue(object, nil)
			continue
		}
		values := map[string]tftypes.Value{}
		for child, typ := range object.AttributeTypes {
			values[child] = tftypes.NewValue(typ, nil)
			if value, ok := settings[child]; ok {
				values[child] = value
			}
		}
		root[name] = tftypes.NewValue(object, values)
	}
	return tfsdk.Config{Schema: resp.Schema, Raw: tftypes.NewValue(tftypes.Object{AttributeTypes: types}, root)}
}

func configure(t *testing.T, blocks map[string]map[string]tftypes.Value) (*kit.Data, diag.Diagnostics) {
	t.Helper()
	p := auth0pg.New("test")()
	var resp provider.ConfigureResponse
	p.Configure(t.Context(), provider.ConfigureRequest{Config: configuration(t, p, blocks)}, &resp)
	data, _ := resp.ResourceData.(*kit.Data)
	return data, resp.Diagnostics
}

func text(value string) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }

func unknown() tftypes.Value { return tftypes.NewValue(tftypes.String, tftypes.UnknownValue) }

// details joins what the diagnostics say, for a search.
func details(diags diag.Diagnostics) string {
	var all []string
	for _, d := range diags {
		all = append(all, d.Summary()+": "+d.Detail())
	}
	return strings.Join(all, "\n")
}

func TestSchemaIsValid(t *testing.T) {
	server, err := providerserver.NewProtocol6WithError(auth0pg.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
}

// An empty provider block is fine until an object needs one of the systems; then every
// missing setting is named together with the variable that could supply it.
func TestMissingSettingsAreReportedWhenNeeded(t *testing.T) {
	withoutVariables(t)
	data, diags := configure(t, nil)
	if diags.HasError() {
		t.Fatalf("configuring nothing must not fail: %s", details(diags))
	}
	var needed diag.Diagnostics
	if _, ok := data.Auth0.Get(&needed); ok {
		t.Error("a client without settings was handed out")
	}
	if _, ok := data.Postgres.Get(&needed); ok {
		t.Error("a server without settings was handed out")
	}
	for _, want := range []string{"auth0.domain", "AUTH0_DOMAIN", "auth0.client_id", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "AUTH0_API_TOKEN", "postgres.url", "AUTH0PG_POSTGRES_URL", "PGHOST"} {
		if !strings.Contains(details(needed), want) {
			t.Errorf("the diagnostics do not name %s:\n%s", want, details(needed))
		}
	}
	if !data.Auth0.Known() || !data.Postgres.Known() {
		t.Error("a missing setting is not an unknown one")
	}
}

func TestVariablesSupplySettings(t *testing.T) {
	for name, variables := range map[string]map[string]string{
		"client secret": {"AUTH0_DOMAIN": "acme.eu.auth0.com", "AUTH0_CLIENT_ID": "id", "AUTH0_CLIENT_SECRET": "secret", "AUTH0PG_POSTGRES_URL": "postgres://u:p@127.0.0.1:1/db"},
		"private key":   {"AUTH0_DOMAIN": "acme.eu.auth0.com", "AUTH0_CLIENT_ID": "id", "AUTH0_CLIENT_ASSERTION_PRIVATE_KEY": "pem", "PGHOST": "127.0.0.1"},
		"token":         {"AUTH0_DOMAIN": "acme.eu.auth0.com", "AUTH0_API_TOKEN": "token", "PGHOST": "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			withoutVariables(t)
			for variable, value := range variables {
				t.Setenv(variable, value)
			}
			data, diags := configure(t, nil)
			_, auth0 := data.Auth0.Get(&diags)
			_, postgres := data.Postgres.Get(&diags)
			if !auth0 || !postgres || diags.HasError() {
				t.Errorf("the variables did not suffice: %s", details(diags))
			}
			if data.Domain.ValueString() != "acme.eu.auth0.com" {
				t.Errorf("the domain is %s", data.Domain)
			}
		})
	}
}

// The configuration wins over variables, and a server configured by its parts is not
// overridden by a URL in the environment.
func TestConfigurationWinsOverVariables(t *testing.T) {
	withoutVariables(t)
	t.Setenv("AUTH0PG_POSTGRES_URL", "postgres://u:p@elsewhere:1/other")
	t.Setenv("AUTH0_DOMAIN", "other.us.auth0.com")
	t.Setenv("AUTH0_API_TOKEN", "stale-token")
	data, diags := configure(t, map[string]map[string]tftypes.Value{
		"auth0":    {"domain": text("acme.eu.auth0.com"), "client_id": text("id"), "client_secret": text("secret")},
		"postgres": {"host": text("127.0.0.1"), "database": text("app"), "username": text("admin")},
	})
	server, ok := data.Postgres.Get(&diags)
	if !ok || diags.HasError() {
		t.Fatal(details(diags))
	}
	if got := server.Address(); got != "127.0.0.1:5432/app as admin" {
		t.Errorf("the server is %q", got)
	}
	if data.Domain.ValueString() != "acme.eu.auth0.com" {
		t.Errorf("the domain is %s", data.Domain)
	}
}

func TestUnknownSettingsAreTolerated(t *testing.T) {
	withoutVariables(t)
	data, diags := configure(t, map[string]map[string]tftypes.Value{
		"auth0":    {"domain": unknown(), "client_id": text("id"), "client_secret": unknown()},
		"postgres": {"url": unknown()},
	})
	if diags.HasError() {
		t.Fatal(details(diags))
	}
	if data.Auth0.Known() || data.Postgres.Known() {
		t.Error("unknown settings must be recognised as such")
	}
	var needed diag.Diagnostics
	data.Postgres.Get(&needed)
	if !strings.Contains(details(needed), "postgres.url") || !strings.Contains(details(needed), "only known after") {
		t.Errorf("an object that needs the server must say what is unknown: %s", details(needed))
	}
}

// A refused setting is named, and its value, which may hold a password, is not repeated.
func TestUnusableSettingsNeverShowTheirValue(t *testing.T) {
	withoutVariables(t)
	for name, settings := range map[string]map[string]tftypes.Value{
		"no URL":         {"url": text("s3cr3t-hunter2")},
		"wrong scheme":   {"url": text("mysql://u:s3cr3t-hunter2@h/db")},
		"bad escape":     {"url": text("postgres://u:s3cr3t-hunter2%zz@h/db")},
		"bad port":       {"url": text("postgres://u:s3cr3t-hunter2@h:port/db")},
		"bad sslmode":    {"url": text("postgres://u:s3cr3t-hunter2@h/db?sslmode=perhaps")},
		"no certificate": {"url": text("postgres://u:s3cr3t-hunter2@h/db?sslmode=verify-full"), "sslrootcert": text("/nonexistent/ca.pem")},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := configure(t, map[string]map[string]tftypes.Value{"postgres": settings})
			if !diags.HasError() {
				t.Fatal("the setting was accepted")
			}
			if strings.Contains(details(diags), "hunter2") {
				t.Errorf("the diagnostic shows the value: %s", details(diags))
			}
		})
	}
}

func TestEverySettingIsDescribed(t *testing.T) {
	var resp provider.SchemaResponse
	auth0pg.New("test")().Schema(context.Background(), provider.SchemaRequest{}, &resp)
	for name, block := range resp.Schema.Blocks {
		for child, nested := range block.(schema.SingleNestedBlock).Attributes {
			if nested.GetMarkdownDescription() == "" {
				t.Errorf("%s.%s has no description", name, child)
			}
		}
	}
}

// No object goes without the rules for messages.
func TestObjectsAreGuarded(t *testing.T) {
	p := auth0pg.New("test")()
	for _, create := range p.Resources(t.Context()) {
		if kind := fmt.Sprintf("%T", create()); kind != "*kit.guarded" {
			t.Errorf("a %s", kind)
		}
	}
	for _, create := range p.DataSources(t.Context()) {
		if kind := fmt.Sprintf("%T", create()); kind != "*kit.guardedData" {
			t.Errorf("a %s", kind)
		}
	}
}

// A URL that is ambiguous is refused at its attribute, without any part of it.
func TestAmbiguousURL(t *testing.T) {
	withoutVariables(t)
	for _, url := range []string{
		"postgres://own:zulu:wo@yankee/x@127.0.0.1:5432/m", "postgres://own:zulu/yankee@h/d", "postgres://own:zulu?yankee=x@h/d",
		"postgres://own:zulu#yankee@h/d", "postgres://own:zulu@yankee@h/d", "postgres://own:zulu yankee@h/d", "postgres://own:zulu%yankee@h/d",
	} {
		for _, variable := range []bool{false, true} {
			settings := map[string]map[string]tftypes.Value{"postgres": {"url": text(url)}}
			if variable {
				t.Setenv("AUTH0PG_POSTGRES_URL", url)
				settings = nil
			}
			_, diags := configure(t, settings)
			said := details(diags)
			if !diags.HasError() || strings.Contains(said, "zulu") || strings.Contains(said, "yankee") {
				t.Errorf("%s: %s", url, said)
			}
			for _, d := range diags {
				if at, ok := d.(diag.DiagnosticWithPath); !ok || at.Path().String() != "postgres.url" {
					t.Errorf("%s: the error is not at postgres.url", url)
				}
			}
			t.Setenv("AUTH0PG_POSTGRES_URL", "")
		}
	}
}

// A name that a block has not is refused before anything is asked; so is the form of an attribute.
func TestMisspeltNamesAreRefused(t *testing.T) {
	w := acctest.NewWorkspace(t, nil)
	required := "terraform {\n  required_providers {\n    auth0pg = { source = \"auth0pg/auth0pg\" }\n  }\n}\n"
	for _, block := range []string{`auth0 { domian = "acme.eu.auth0.com" }`, `postgres { ulr = "x" }`, `scripts { user_id_prefx = "legacy" }`,
		`auth0 = {}`, `postgres = {}`, `scripts = {}`} {
		owner := `provider "auth0pg"`
		if strings.HasPrefix(block, "scripts") {
			owner = `resource "auth0pg_connection" "users"`
		}
		w.Write("main.tf", required+owner+" {\n  "+block+"\n}\n"+`data "auth0pg_ip_ranges" "all" {}`)
		if output, exit := w.Run("validate"); exit == 0 || !strings.Contains(output, "Unsupported argument") {
			t.Errorf("%s: %s", block, output)
		}
	}
}
