// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What the data sources share that describe a store which is no table.

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// KeyAttribute names a key of the connection's configuration, with its default.
func KeyAttribute(standard, description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "The key of the connection's configuration with " + description + ". The default is `" +
			standard + "`.",
		Validators: []validator.String{stringvalidator.RegexMatches(keyForm, "must be a name: letters, digits and underscores")},
	}
}

// OfferedAttribute is `operations` of a store that is no table.
func OfferedAttribute(description string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, Computed: true, ElementType: types.StringType, MarkdownDescription: description,
		Validators: []validator.Set{
			setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.OneOf(OperationNames()...)),
		},
	}
}

// PartsValidator accepts the names of parts: those that every store has, and further ones.
type PartsValidator struct {
	// Of is what has the parts, at the beginning of a sentence.
	Of      string
	Further []string
}

// Description says what is accepted.
func (PartsValidator) Description(context.Context) string { return "parts of a user" }

// MarkdownDescription says what is accepted.
func (v PartsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateSet refuses other names.
func (v PartsValidator) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, element := range req.ConfigValue.Elements() {
		name, ok := element.(types.String)
		if !ok || name.IsNull() || name.IsUnknown() {
			continue
		}
		if slices.Contains(v.Further, name.ValueString()) || slices.Contains(store.Required(), store.Part(name.ValueString())) {
			continue
		}
		nearest := ""
		if near := store.Nearest(name.ValueString()); near != "" {
			nearest = fmt.Sprintf(" The nearest is %q.", near)
		}
		resp.Diagnostics.AddAttributeError(req.Path, "No Such Part", fmt.Sprintf(
			"%s has no part %q.%s\n\nName one of %s.", v.Of, name.ValueString(), nearest, strings.Join(v.Further, ", ")))
	}
}

// NamedParts are those that every store has and those that the set names, sorted.
func NamedParts(ctx context.Context, set types.Set, diags *diag.Diagnostics) []store.Part {
	var named []store.Part
	if !set.IsNull() {
		diags.Append(set.ElementsAs(ctx, &named, false)...)
	}
	all := append(store.Required(), named...)
	slices.Sort(all)
	return slices.Compact(all)
}

// CheckOffered refuses operations for which the store lacks a part, as far as they are known. Of is what has the parts.
func CheckOffered(ctx context.Context, users store.Store, operations types.Set, of string, diags *diag.Diagnostics) {
	if operations.IsNull() || operations.IsUnknown() || UnknownElement(operations) {
		return
	}
	for _, op := range OperationsFrom(ctx, operations, diags) {
		for _, part := range scripts.MissingParts(users, op) {
			diags.AddAttributeError(path.Root("operations"), "Store Lacks A Part", fmt.Sprintf(
				"The operation %s needs the part %s, which is not among the parts of %s.\n\nAdd it to parts, or leave the "+
					"operation out.", op, part, of))
		}
	}
}

// Offer notes in the store which operations it does not offer, and returns the others: those that are named, or all that it
// has the parts for.
func Offer(ctx context.Context, users *store.Store, operations types.Set, diags *diag.Diagnostics) []scripts.Operation {
	offered := PossibleOperations(*users)
	if !operations.IsNull() {
		offered = OperationsFrom(ctx, operations, diags)
	}
	for _, name := range OperationNames() {
		if !slices.Contains(offered, scripts.Operation(name)) {
			users.Refuses = append(users.Refuses, name)
		}
	}
	slices.Sort(users.Refuses)
	return offered
}

// TextList is a list of texts.
func TextList[T ~string](texts []T) types.List {
	values := make([]attr.Value, len(texts))
	for i, text := range texts {
		values[i] = types.StringValue(string(text))
	}
	return types.ListValueMust(types.StringType, values)
}
