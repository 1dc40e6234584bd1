// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	auth0pg "github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// TestOldClients asks as a Terraform or OpenTofu before 1.11 does, which would keep a write-only attribute in its
// state: it is refused such attributes, in words that say which version it takes, and nothing else.
func TestOldClients(t *testing.T) {
	server, err := providerserver.NewProtocol6WithError(auth0pg.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, settings := range map[string]map[string]tftypes.Value{
		"auth0pg_database_role": {"name": text("scripts"), "password_wo": text("hunter2"), "password_wo_version": tftypes.NewValue(tftypes.Number, 1),
			"operations": tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{text("login")})},
		"auth0pg_connection": {"name": text("users"), "configuration_wo_version": tftypes.NewValue(tftypes.Number, 1),
			"configuration_wo": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{"KEY": text("hunter2")})},
	} {
		object := schemas.ResourceSchemas[kind].ValueType().(tftypes.Object)
		ask := func(allowed, secret bool) string {
			t.Helper()
			values := map[string]tftypes.Value{}
			for name, typ := range object.AttributeTypes {
				values[name] = tftypes.NewValue(typ, nil)
				if value, ok := settings[name]; ok && (secret || !strings.Contains(name, "_wo")) {
					values[name] = value
				}
			}
			config, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, values))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
				TypeName: kind, Config: &config,
				ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, d := range resp.Diagnostics {
				if strings.Contains(strings.ToLower(d.Summary), "writeonly") {
					said = append(said, d.Attribute.String()+": "+d.Summary+": "+d.Detail)
				}
				if strings.Contains(d.Summary+d.Detail, "hunter2") {
					t.Errorf("the secret is shown: %s", d.Detail)
				}
			}
			return strings.Join(said, "\n")
		}
		if said := ask(true, true); said != "" {
			t.Errorf("%s: a new client is told\n%s", kind, said)
		}
		if said := ask(false, false); said != "" {
			t.Errorf("%s: an old client that uses none is told\n%s", kind, said)
		}
		said := ask(false, true)
		if strings.Count(said, "WriteOnly Attribute Not Allowed") != 1 || !strings.Contains(said, "_wo") || !strings.Contains(said, "1.11") {
			t.Errorf("%s: an old client is told\n%s", kind, said)
		}
		t.Log(said)
	}
}

// TestSecretsAreWriteOnly holds every attribute that may hold a secret to what keeps it out of state and plan: of an object's it is
// write-only, which takes an ephemeral value, and of the provider's none is kept.
func TestSecretsAreWriteOnly(t *testing.T) {
	server, err := providerserver.NewProtocol6WithError(auth0pg.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(^|_)(password|secret|token|pepper|url|key)_wo$|^configuration_wo$`)
	var found []string
	var walk func(path string, block *tfprotov6.SchemaBlock, attributes []*tfprotov6.SchemaAttribute)
	walk = func(path string, block *tfprotov6.SchemaBlock, attributes []*tfprotov6.SchemaAttribute) {
		if block != nil {
			attributes = block.Attributes
			for _, inner := range block.BlockTypes {
				walk(path+"."+inner.TypeName, inner.Block, nil)
			}
		}
		for _, a := range attributes {
			at := path + "." + a.Name
			if a.Sensitive != a.WriteOnly || secret.MatchString(a.Name) != a.WriteOnly {
				t.Errorf("%s: sensitive %t, write-only %t", at, a.Sensitive, a.WriteOnly)
			}
			if a.WriteOnly {
				found = append(found, at)
			}
			if a.NestedType != nil {
				walk(at, nil, a.NestedType.Attributes)
			}
		}
	}
	for name, schema := range schemas.ResourceSchemas {
		walk(name, schema.Block, nil)
	}
	for name, schema := range schemas.DataSourceSchemas {
		walk(name, schema.Block, nil)
	}
	slices.Sort(found)
	// What stands here is tried with ephemeral values in the tests of these objects.
	if want := "auth0pg_connection.configuration_wo auth0pg_database_role.password_wo auth0pg_users_import.pepper_wo"; strings.Join(found, " ") != want {
		t.Errorf("write-only are %v, want %s", found, want)
	}
}
