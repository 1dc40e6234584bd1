// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// StoreGrants derives what the operations need on a store, and the objects on which nothing
// else is needed.
func StoreGrants(
	s store.Store,
	operations []scripts.Operation,
	features []scripts.Feature,
) (grants []postgres.Grant, objects []postgres.Object, err error) {
	if through, ok := s.Functions(); ok {
		return functionGrants(s, through.Schema, operations, features)
	}
	return OwnerGrants(s, operations, features)
}

// OwnerGrants is [StoreGrants] on the table itself: for whoever runs the statements there, the owner of functions in front
// of it. What SQL of one's own takes is not among them, and what is drawn from sequences is in [StoreSequences].
func OwnerGrants(
	s store.Store,
	operations []scripts.Operation,
	features []scripts.Feature,
) (grants []postgres.Grant, objects []postgres.Object, err error) {
	table := TableObject(s)
	onSchema := postgres.Object{Kind: postgres.SchemaObject, Name: table.Schema}
	grants = []postgres.Grant{{Privilege: "USAGE", On: onSchema}}
	objects = []postgres.Object{onSchema, table}
	privileges, err := scripts.Privileges(s, operations, features...)
	if err != nil {
		return nil, objects, err
	}
	for _, p := range privileges {
		on := postgres.Object{Kind: postgres.TableObject, Schema: p.On.Schema, Name: p.On.Name}
		switch {
		case p.Type == "USAGE" && p.On.Name != "":
			continue
		case p.Type == "USAGE":
			on = postgres.Object{Kind: postgres.SchemaObject, Name: p.On.Schema}
		}
		grants, objects = append(
			grants,
			postgres.Grant{Privilege: p.Type, Columns: p.Columns, On: on},
		), Union(
			objects,
			[]postgres.Object{on},
		)
	}
	for _, schema := range typeSchemas(s.Direct(), operations, features) { // the owner runs what stands behind the functions
		on := postgres.Object{Kind: postgres.SchemaObject, Name: schema}
		if !slices.Contains(objects, on) {
			grants, objects = append(grants, postgres.Grant{Privilege: "USAGE", On: on}), append(objects, on)
		}
	}
	return grants, objects, nil
}

// functionGrants is [StoreGrants] for a table behind functions.
func functionGrants(
	s store.Store, schema string, operations []scripts.Operation, features []scripts.Feature,
) (grants []postgres.Grant, objects []postgres.Object, err error) {
	function := func(name string) postgres.Object {
		return postgres.Object{Kind: postgres.FunctionObject, Schema: schema, Name: name}
	}
	onSchema := postgres.Object{Kind: postgres.SchemaObject, Name: schema}
	grants = []postgres.Grant{{Privilege: "USAGE", On: onSchema}}
	objects = []postgres.Object{onSchema}
	for _, name := range scripts.FunctionNames(s) {
		objects = append(objects, function(name))
	}
	for _, op := range operations {
		functions, err := scripts.Functions(s, op, features...)
		if err != nil {
			return nil, objects, err
		}
		for _, f := range functions {
			grants = append(grants, postgres.Grant{Privilege: "EXECUTE", On: function(f.Name)})
		}
	}
	return grants, objects, nil
}

// WritableView is what makes a relation take changes.
const WritableView = "Give the view INSTEAD OF triggers"

// TableObject is the table in which a store's users are, as what privileges are granted on.
func TableObject(s store.Store) postgres.Object {
	table := s.Table()
	return postgres.Object{Kind: postgres.TableObject, Schema: table.Schema, Name: table.Name}
}

// typeSchemas are the further schemas that the operations' SQL names: that of citext, where
// it is installed off the search path.
func typeSchemas(s store.Store, operations []scripts.Operation, features []scripts.Feature) []string {
	var schemas []string
	for _, part := range s.Parts() {
		parts, ok := postgres.ParseQualifiedName(s.Columns[part].ReadType())
		if !ok || len(parts) != 2 || parts[0] == s.Table().Schema || slices.Contains(schemas, parts[0]) {
			continue
		}
		for _, op := range operations {
			statements, err := scripts.Statements(s, op, features...)
			if err == nil && slices.ContainsFunc(statements, func(st scripts.Statement) bool {
				return strings.Contains(st.SQL, QuoteIdentifier(parts[0])+".")
			}) {
				schemas = append(schemas, parts[0])
				break
			}
		}
	}
	return schemas
}

// StoreError explains why nothing can be derived, at the attribute that can be corrected.
func StoreError(diags *diag.Diagnostics, at path.Path, err error) {
	var missing *scripts.MissingPartsError
	var refused *scripts.RefusedCommandError
	switch {
	case errors.As(err, &missing):
		diags.AddAttributeError(path.Root("operations"), "Store Lacks A Part", fmt.Sprintf(
			"The privileges for the operations cannot be derived: %v.\n\nGive the users table this "+
				"part, or leave the operation out.", err))
		return
	case errors.As(err, &refused):
		diags.AddAttributeError(path.Root("operations"), "Store Is Only Read", fmt.Sprintf(
			"The privileges for the operations cannot be derived: %v.\n\n%s, or leave the operation out.", err, WritableView))
		return
	}
	diags.AddAttributeError(at, "Store Cannot Be Used", fmt.Sprintf("The privileges for the operations cannot be derived: %v.",
		err))
}

// OperationsAttribute is the attribute with the operations whose scripts are to work.
func OperationsAttribute(required bool, description string) schema.SetAttribute {
	return schema.SetAttribute{
		Required:            required,
		Optional:            !required,
		ElementType:         types.StringType,
		MarkdownDescription: description,
		Validators: []validator.Set{
			setvalidator.SizeAtLeast(1),
			setvalidator.ValueStringsAre(stringvalidator.OneOf(OperationNames()...)),
		},
	}
}

// RehashAttribute is the attribute that login's scripts have by the same name.
func RehashAttribute(description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, PlanModifiers: ImpliedBool(false), MarkdownDescription: description,
	}
}

// FeaturesOf is what the scripts do beside their operations.
func FeaturesOf(rehashOnLogin types.Bool) []scripts.Feature {
	if rehashOnLogin.ValueBool() {
		return []scripts.Feature{scripts.RehashOnLogin}
	}
	return nil
}

func OperationsFrom(ctx context.Context, set types.Set, diags *diag.Diagnostics) []scripts.Operation {
	var names []string
	if set.IsNull() || set.IsUnknown() {
		return nil
	}
	diags.Append(set.ElementsAs(ctx, &names, false)...)
	operations := make([]scripts.Operation, len(names))
	for i, name := range names {
		operations[i] = scripts.Operation(name)
	}
	return operations
}

// OperationsSet is the attribute's value.
func OperationsSet(operations []scripts.Operation) types.Set {
	set, _ := types.SetValueFrom(context.Background(), types.StringType, operations)
	return set
}

func UnknownElement(set types.Set) bool {
	for _, element := range set.Elements() {
		if element.IsUnknown() {
			return true
		}
	}
	return false
}

// StoreSequences are those that the operations' expressions name, and those from which the defaults of columns draw where
// the grants let a role insert. known is false while a table, and so its defaults, do not exist.
func StoreSequences(
	ctx context.Context,
	server *postgres.Server,
	s store.Store,
	operations []scripts.Operation,
	features []scripts.Feature,
	grants []postgres.Grant,
) (sequences []postgres.Object, known bool, err error) {
	privileges, err := scripts.Privileges(s, operations, features...)
	if err != nil {
		return nil, false, nil //nolint:nilerr // the plan has refused this
	}
	for _, p := range privileges {
		if p.Type == "USAGE" && p.On.Name != "" {
			sequences = append(sequences, postgres.Object{Kind: postgres.SequenceObject, Schema: p.On.Schema, Name: p.On.Name})
		}
	}
	known = true
	for _, g := range grants {
		if g.Privilege != "INSERT" {
			continue
		}
		drawn, there, err := server.DefaultSequences(ctx, g.On.Schema, g.On.Name)
		if err != nil {
			return nil, false, err
		}
		sequences, known = Union(sequences, drawn), known && there
	}
	return sequences, known, nil
}

// UsageOf lets a role draw from sequences.
func UsageOf(sequences []postgres.Object) []postgres.Grant {
	grants := make([]postgres.Grant, len(sequences))
	for i, sequence := range sequences {
		grants[i] = postgres.Grant{Privilege: "USAGE", On: sequence}
	}
	return grants
}

// PlannedUsage is what a plan can say about sequences.
func PlannedUsage(sequences []postgres.Object, known bool, err error) types.List {
	if err != nil || !known {
		return types.ListUnknown(types.StringType)
	}
	return StringList(GrantLines(postgres.MergeGrants(UsageOf(sequences))))
}

// HeldLines writes what a role holds, with that on sequences apart: a plan can know the one before the other.
func HeldLines(held []postgres.Grant) (onOthers, onSequences types.List) {
	var others, sequences []postgres.Grant
	for _, g := range held {
		if g.On.Kind == postgres.SequenceObject {
			sequences = append(sequences, g)
		} else {
			others = append(others, g)
		}
	}
	return StringList(GrantLines(others)), StringList(GrantLines(sequences))
}

func GrantLines(grants []postgres.Grant) []string {
	lines := make([]string, len(grants))
	for i, g := range grants {
		lines[i] = g.String()
	}
	return lines
}

// GrantsIn reads what grantLines wrote.
func GrantsIn(lines types.List) []postgres.Grant {
	var grants []postgres.Grant
	for _, element := range lines.Elements() {
		if line, ok := element.(types.String); ok {
			if g, ok := postgres.ParseGrant(line.ValueString()); ok {
				grants = append(grants, g)
			}
		}
	}
	return grants
}

func Union(objects, further []postgres.Object) []postgres.Object {
	for _, object := range further {
		if !slices.Contains(objects, object) {
			objects = append(objects, object)
		}
	}
	return objects
}

func StringList(values []string) types.List {
	list, _ := types.ListValueFrom(context.Background(), types.StringType, append([]string{}, values...))
	return list
}

func OperationNames() []string {
	var names []string
	for _, op := range scripts.Operations() {
		names = append(names, string(op))
	}
	return names
}

func QuotedOperations() string {
	return Code(OperationNames())
}

// Revocations are the statements that take memberships back.
func Revocations(memberships []postgres.Membership) []string {
	statements := make([]string, len(memberships))
	for i, m := range memberships {
		statements[i] = m.Revoke()
	}
	return statements
}
