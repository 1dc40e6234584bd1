// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

var (
	_ basetypes.StringTypable                    = StoreType{}
	_ basetypes.StringValuableWithSemanticEquals = StoreValue{}
	_ xattr.ValidateableAttribute                = StoreValue{}
)

// StoreType is the type of the attribute `store`: a string that holds a store as JSON.
type StoreType struct{ basetypes.StringType }

// Equal reports whether the other type is this one.
func (t StoreType) Equal(other attr.Type) bool {
	_, same := other.(StoreType)
	return same
}

// String names the type.
func (t StoreType) String() string { return "kit.StoreType" }

// ValueType is the type of the values.
func (t StoreType) ValueType(context.Context) attr.Value { return StoreValue{} }

// ValueFromString makes a value of a text.
func (t StoreType) ValueFromString(
	_ context.Context, text basetypes.StringValue,
) (basetypes.StringValuable, diag.Diagnostics) {
	return StoreValue{text}, nil
}

// ValueFromTerraform makes a value of what Terraform has sent.
func (t StoreType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	text, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("a store is a string and not %T", value)
	}
	return StoreValue{text}, nil
}

// StoreValue is a store, null or unknown.
type StoreValue struct{ basetypes.StringValue }

func storeText(text string) StoreValue { return StoreValue{basetypes.NewStringValue(text)} }

// NullStore is the value of an attribute that is left out.
func NullStore() StoreValue { return StoreValue{basetypes.NewStringNull()} }

// UnknownStore is the value of an attribute that only the apply knows.
func UnknownStore() StoreValue { return StoreValue{basetypes.NewStringUnknown()} }

// Type is the value's type.
func (v StoreValue) Type(context.Context) attr.Type { return StoreType{} }

// Equal reports whether the texts are the same.
func (v StoreValue) Equal(other attr.Value) bool {
	o, ok := other.(StoreValue)
	return ok && v.StringValue.Equal(o.StringValue)
}

// Parsed is the store that the value holds, not to be changed; known is false for null and unknown. A text that is no
// store never gets here, since the framework validates what it reads.
func (v StoreValue) Parsed() (s store.Store, known bool) {
	if v.IsNull() || v.IsUnknown() {
		return store.Store{}, false
	}
	s, err := parsedStores.parse(v.ValueString())
	return s, err == nil
}

// StringSemanticEquals reports whether two texts are of the same store.
func (v StoreValue) StringSemanticEquals(_ context.Context, other basetypes.StringValuable) (bool, diag.Diagnostics) {
	o, ok := other.(StoreValue)
	return ok && v.same(o), nil
}

func (v StoreValue) same(other StoreValue) bool {
	a, known := v.Parsed()
	b, otherKnown := other.Parsed()
	return known && otherKnown && a.Marshal() == b.Marshal()
}

// ValidateAttribute refuses a text that is no store.
func (v StoreValue) ValidateAttribute(
	_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse,
) {
	if v.IsNull() || v.IsUnknown() {
		return
	}
	if _, err := parsedStores.parse(v.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not A Store", fmt.Sprintf(
			"The text does not describe a user store: %v.\n\n"+
				"Take the `store` of an auth0pg_users_table, of auth0pg_access_functions or of a data source as it is.", err))
	}
}

// parsedStores serves the whole process: the same text comes again and again, for each object and in each of its methods.
var parsedStores = storeCache{limit: 512}

// storeCache keeps what texts mean. When it is full it begins anew.
type storeCache struct {
	limit int

	mu     sync.Mutex
	parsed map[string]parsedStore
}

// checkOperations refuses a store that is no table and names something that is no operation.
func checkOperations(s store.Store) error {
	if s.InDatabase() {
		return nil
	}
	for _, name := range s.Refuses {
		if !slices.Contains(OperationNames(), name) {
			return fmt.Errorf("refuses names %q, which is no operation of a custom database", name)
		}
	}
	return nil
}

// checkExpressions refuses what would be more than an expression where it is put into a statement: a store may have been
// written by hand.
func checkExpressions(s store.Store) error {
	if s.RowFilter != nil {
		if err := postgres.CheckExpression(s.RowFilter.SQL); err != nil {
			return fmt.Errorf("row_filter: %w", err)
		}
	}
	for part, column := range s.Columns {
		if column.Expression == nil {
			continue
		}
		if err := postgres.CheckExpression(column.Expression.SQL); err != nil {
			return fmt.Errorf("columns.%s: %w", part, err)
		}
	}
	return nil
}

type parsedStore struct {
	store store.Store
	err   error
}

func (c *storeCache) parse(text string) (store.Store, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.parsed[text]
	if !ok {
		if c.parsed == nil || len(c.parsed) >= c.limit {
			c.parsed = map[string]parsedStore{}
		}
		found.store, found.err = store.Parse(text)
		if found.err == nil {
			found.err = errors.Join(checkExpressions(found.store), checkOperations(found.store))
		}
		c.parsed[text] = found
	}
	return found.store, found.err
}
