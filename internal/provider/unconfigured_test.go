// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	auth0pg "github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// A planned destroy of the access functions leaves its mark also where the provider was not configured: without it, roles
// that may still call them would lose them.
func TestDestroyIsMarkedUnconfigured(t *testing.T) {
	t.Parallel()
	const kind = "auth0pg_access_functions"
	server := providerserver.NewProtocol6(auth0pg.New("test")())()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	object, ok := schemas.ResourceSchemas[kind].ValueType().(tftypes.Object)
	if !ok {
		t.Fatal("the schema is no object")
	}
	values := map[string]tftypes.Value{}
	for name, of := range object.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	encode := func(value any) *tfprotov6.DynamicValue {
		encoded, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, value))
		if err != nil {
			t.Fatal(err)
		}
		return &encoded
	}
	planned, err := server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: encode(values), ProposedNewState: encode(nil), Config: encode(nil),
	})
	if err != nil || len(planned.Diagnostics) > 0 {
		t.Fatal(err, planned.Diagnostics)
	}
	if !bytes.Contains(planned.PlannedPrivate, []byte(`"end"`)) {
		t.Errorf("the private state is %s", planned.PlannedPrivate)
	}
}
