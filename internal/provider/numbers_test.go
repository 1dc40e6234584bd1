// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	auth0pg "github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// numbers are of no use to any attribute: not whole, or beyond what 64 bits hold; the last two are of use where there is
// no bound.
func numbers() map[string]*big.Float {
	all := map[string]*big.Float{}
	for _, text := range []string{"0.5", "-0.5", "1e-9", "9223372036854775808", "-9223372036854775809", "1e30", "1e300", least, most} {
		number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			panic(err)
		}
		all[text] = number
	}
	return all
}

const least, most = "-9223372036854775808", "9223372036854775807"

// unbounded reports whether an attribute takes any number of that sign: versions, and what counts users.
func unbounded(at, text string) bool {
	if strings.HasSuffix(at, "version") {
		return text == least || text == most
	}
	return text == most && slices.Contains([]string{"first_batch", "max_failed", "rewrite_row_limit"}, at)
}

// TestNumbersBeyondLimits gives each number of each object, data source and the provider itself values that cannot be: it is
// refused at plan, at the attribute, and nobody is asked to report a fault of the provider.
func TestNumbersBeyondLimits(t *testing.T) {
	server := auth0pg.Server("test")
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	check := func(name string, schema *tfprotov6.Schema, validate func(context.Context, *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error)) {
		kind := schema.ValueType()
		for text, number := range numbers() {
			for at, value := range withNumber(kind, number) {
				config, err := tfprotov6.NewDynamicValue(kind, value)
				if err != nil {
					t.Fatal(err)
				}
				diags, err := validate(t.Context(), &config)
				if err != nil {
					t.Fatalf("%s: %s = %s: %v", name, at, text, err)
				}
				tried++
				if said := refusedNumber(diags, lastName(at)); said != "" && !unbounded(lastName(at), text) {
					t.Errorf("%s: %s = %s: %s", name, at, text, said)
				}
			}
		}
	}
	check("provider", schemas.Provider, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
		response, err := server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
		return response.Diagnostics, err
	})
	for name, schema := range schemas.ResourceSchemas {
		check(name, schema, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			response, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: config})
			return response.Diagnostics, err
		})
	}
	for name, schema := range schemas.DataSourceSchemas {
		check(name, schema, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			response, err := server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: config})
			return response.Diagnostics, err
		})
	}
	if tried < 100 {
		t.Errorf("only %d numbers were tried: the search is broken", tried)
	}
}

// refusedNumber returns what is said of an attribute that is not refused as it should be.
func refusedNumber(diags []*tfprotov6.Diagnostic, at string) string {
	said, refused := "", false
	for _, d := range diags {
		if strings.Contains(d.Detail, "error in the provider") {
			said += d.Summary + ": " + d.Detail
		}
		refused = refused || strings.Contains(d.Summary, "Read-Only") ||
			slices.Contains([]string{"Invalid Number", "Invalid Attribute Value"}, d.Summary) && strings.Contains(d.Attribute.String(), `"`+at+`"`)
	}
	if said == "" && !refused {
		for _, d := range diags {
			said += fmt.Sprintf("not refused there, but %s: %s at %v; ", d.Summary, d.Detail, d.Attribute)
		}
		return said + "not refused"
	}
	return said
}

// lastName is that of the attribute at a path.
func lastName(at string) string { return at[strings.LastIndex(at, ".")+1:] }

// withNumber returns values of the type in which one number, whose path is the key, is set and nothing beside it.
func withNumber(kind tftypes.Type, number *big.Float) map[string]tftypes.Value {
	all := map[string]tftypes.Value{}
	switch kind := kind.(type) {
	case tftypes.Object:
		for name, member := range kind.AttributeTypes {
			inner := withNumber(member, number)
			if member.Is(tftypes.Number) {
				inner = map[string]tftypes.Value{"": tftypes.NewValue(tftypes.Number, number)}
			}
			for at, value := range inner {
				members := map[string]tftypes.Value{}
				for other, kind := range kind.AttributeTypes {
					members[other] = tftypes.NewValue(kind, nil)
				}
				members[name] = value
				all[strings.TrimSuffix(name+"."+at, ".")] = tftypes.NewValue(kind, members)
			}
		}
	case tftypes.Map:
		for at, value := range withNumber(kind.ElementType, number) {
			all[at] = tftypes.NewValue(kind, map[string]tftypes.Value{"id": value})
		}
	case tftypes.List:
		for at, value := range withNumber(kind.ElementType, number) {
			all[at] = tftypes.NewValue(kind, []tftypes.Value{value})
		}
	case tftypes.Set:
		for at, value := range withNumber(kind.ElementType, number) {
			all[at] = tftypes.NewValue(kind, []tftypes.Value{value})
		}
	}
	return all
}
