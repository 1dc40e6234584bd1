// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/connection"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/functions"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/role"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/userstable"
)

// importable is a resource, and the attribute that tells what was imported.
type importable struct {
	new  func() resource.Resource
	name string
}

var importables = []importable{
	{userstable.NewUsersTable, "id"}, {role.NewDatabaseRole, "name"}, {functions.NewAccessFunctions, "schema"}, {connection.NewConnection, "id"},
}

var connectionID = regexp.MustCompile(`^con_[A-Za-z0-9]+$`)

// imported runs ImportState, without any service; ok is false when the identifier is refused, which takes one error.
func (i importable) imported(t *testing.T, id string) (name string, ok bool) {
	t.Helper()
	imports, _ := i.new().(resource.ResourceWithImportState)
	if configured, is := imports.(resource.ResourceWithConfigure); is {
		configured.Configure(t.Context(), resource.ConfigureRequest{ProviderData: &kit.Data{
			Auth0: kit.UnavailableService[*auth0.Client]([]kit.SettingProblem{{Attribute: "auth0.domain"}}),
		}}, &resource.ConfigureResponse{})
	}
	var schema resource.SchemaResponse
	imports.Schema(t.Context(), resource.SchemaRequest{}, &schema)
	resp := resource.ImportStateResponse{State: tfsdk.State{
		Schema: schema.Schema, Raw: tftypes.NewValue(schema.Schema.Type().TerraformType(t.Context()), nil),
	}}
	imports.ImportState(t.Context(), resource.ImportStateRequest{ID: id}, &resp)
	if resp.Diagnostics.HasError() {
		if len(resp.Diagnostics) != 1 {
			t.Errorf("%T is refused %q with %d messages: %v", imports, id, len(resp.Diagnostics), resp.Diagnostics)
		}
		summary := resp.Diagnostics[0].Summary()
		// A connection's name takes the tenant to become an id.
		if summary != "Unexpected Import Identifier" && (i.name != "id" || summary != "Provider Setting Missing") {
			t.Errorf("%T is refused %q with %q", imports, id, summary)
		}
		return "", false
	}
	var value types.String
	if diags := resp.State.GetAttribute(t.Context(), path.Root(i.name), &value); diags.HasError() {
		t.Fatal(diags)
	}
	return value.ValueString(), true
}

// FuzzImportID imports each object by whatever identifier: it is refused with one message, or stands for the name of
// one object, which imports the same again.
func FuzzImportID(f *testing.F) {
	for _, id := range []string{
		"users", "public.users", `"sch.ema"."t"`, "legacy.User Accounts", "con_Ab12Cd34Ef56Gh78", "con_", "con_../users", "con_a?b", "legacy-users", "-", "", " ", ".", "a.b.c", `"`, `""`,
		"a\x00", "\xff", strings.Repeat("x", 64), strings.Repeat("ü", 32), "auth0_scripts", "pg_monitor", "none", "con_\u2028",
	} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		for _, i := range importables {
			name, ok := i.imported(t, id)
			if !ok {
				continue
			}
			if again, ok := i.imported(t, name); !ok || again != name {
				t.Errorf("%T: %q imports %q, and that imports %q, %t", i.new(), id, name, again, ok)
			}
			switch i.name {
			case "id":
				if parts, ok := postgres.ParseQualifiedName(name); !connectionID.MatchString(name) && (!ok || len(parts) != 2) {
					t.Errorf("%T: %q imports %q", i.new(), id, name)
				}
			default:
				if name != id || postgres.CheckIdentifier(name) != nil {
					t.Errorf("%T: %q imports %q", i.new(), id, name)
				}
			}
		}
	})
}
