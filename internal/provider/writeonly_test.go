// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
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
