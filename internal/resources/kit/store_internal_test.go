// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var aStore = store.Store{
	Columns:     map[store.Part]store.Column{store.ID: {Name: "id", Type: "uuid"}},
	EmailLookup: store.Exact, Reach: store.Table{Schema: "app", Name: "users"},
}

func TestStoreValue(t *testing.T) {
	value := NewStore(aStore)
	spaced := storeText(strings.ReplaceAll(value.ValueString(), ",", " ,\n"))
	if s, known := spaced.Parsed(); !known || s.Marshal() != value.ValueString() {
		t.Errorf("parsed as %+v, %v", s, known)
	}
	for _, none := range []StoreValue{NullStore(), UnknownStore(), storeText("no store")} {
		if s, known := none.Parsed(); known {
			t.Errorf("%s is known as %+v", none, s)
		}
	}
	for _, test := range []struct {
		other StoreValue
		same  bool
	}{{value, true}, {spaced, true}, {NewStore(aStore.Through("f")), false}, {NullStore(), false}, {UnknownStore(), false}} {
		if same, _ := value.StringSemanticEquals(t.Context(), test.other); same != test.same {
			t.Errorf("%s is the same: %v", test.other, same)
		}
		request := planmodifier.StringRequest{PlanValue: test.other.StringValue, StateValue: value.StringValue}
		response := planmodifier.StringResponse{PlanValue: request.PlanValue}
		sameStore{}.PlanModifyString(t.Context(), request, &response)
		if kept := response.PlanValue.Equal(value.StringValue); kept != test.same {
			t.Errorf("%s is planned as %s", test.other, response.PlanValue)
		}
	}
	if again, err := (StoreType{}).ValueFromTerraform(t.Context(), tftypes.NewValue(tftypes.String, value.ValueString())); err != nil || !value.Equal(again) {
		t.Errorf("from Terraform: %v, %v", again, err)
	}
}

func TestStoreValidation(t *testing.T) {
	for text, want := range map[string]string{
		"no store":                     "it is not JSON",
		NewStore(aStore).ValueString(): "",
		strings.Replace(NewStore(aStore).ValueString(), `"id"`, `"pasword"`, 1): `the nearest is "password"`,
	} {
		var response xattr.ValidateAttributeResponse
		storeText(text).ValidateAttribute(t.Context(), xattr.ValidateAttributeRequest{Path: path.Root("store")}, &response)
		switch {
		case want == "" && response.Diagnostics.HasError():
			t.Errorf("%s: %v", text, response.Diagnostics)
		case want != "" && (len(response.Diagnostics) != 1 || !strings.Contains(response.Diagnostics[0].Detail(), want)):
			t.Errorf("%s: %v, want a word about %s", text, response.Diagnostics, want)
		}
	}
}

// A text is read once, from however many sides it comes, and what is kept does not grow without end.
func TestStoresAreParsedOnce(t *testing.T) {
	cache := storeCache{limit: 8}
	text := aStore.Marshal()
	first, err := cache.parse(text)
	if err != nil {
		t.Fatal(err)
	}
	first.Columns[store.Email] = store.Column{Name: "seen", Type: "text"}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if again, err := cache.parse(text); err != nil || again.Columns[store.Email].Name != "seen" {
				t.Errorf("parsed anew: %+v, %v", again, err)
			}
		})
	}
	all.Wait()
	for i := range 100 {
		if _, err := cache.parse(fmt.Sprint(i)); err == nil || len(cache.parsed) > cache.limit {
			t.Fatalf("%d kept, %v", len(cache.parsed), err)
		}
	}
	if again, err := cache.parse(text); err != nil || again.Has(store.Email) {
		t.Errorf("after the cache began anew: %+v, %v", again, err)
	}
}
