// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// complete fills in what the configuration leaves to the provider.
func (m *accessFunctionsModel) complete() {
	m.ID = m.Schema
	if m.Owner.IsNull() || m.Owner.IsUnknown() {
		m.Owner = types.StringValue(m.Schema.ValueString() + "_owner")
	}
}

// describedTable is the table that the functions stand in front of; known is false while it is unknown.
func (m *accessFunctionsModel) describedTable(diags *diag.Diagnostics) (s store.Store, known bool) {
	s, known = m.Table.Parsed()
	if _, behind := s.Functions(); behind {
		diags.AddAttributeError(path.Root("table"), "Store Is Not A Table",
			"Access functions stand in front of a table. Refer to the `store` of an auth0pg_users_table.")
		return s, false
	}
	return s, known
}

// operations are those configured or all that the table has the parts for.
func (m *accessFunctionsModel) operations(
	ctx context.Context,
	through store.Store,
	diags *diag.Diagnostics,
) []scripts.Operation {
	if !m.Operations.IsNull() {
		return kit.OperationsFrom(ctx, m.Operations, diags)
	}
	return kit.PossibleOperations(through)
}

// qualified names the types in the server's own words, each with its schema unless that is pg_catalog: the functions'
// own search path has no other. ok is false while the server does not have one of them.
func qualified(ctx context.Context, server *postgres.Server, s store.Store) (full store.Store, ok bool, err error) {
	var texts []string
	for _, column := range s.Columns {
		if column.Name != "" {
			texts = append(texts, column.Type)
		}
	}
	names, ok, err := table.ResolveTypes(ctx, server, kit.TableObject(s), texts)
	if err != nil || !ok {
		return s, false, err
	}
	full = s
	full.Columns = map[store.Part]store.Column{}
	for part, column := range s.Columns {
		if column.Name != "" {
			column.Type = names[column.Type]
		}
		full.Columns[part] = column
	}
	return full, true, nil
}

// baseSpec is all that follows from the configuration and from what the server makes of SQL of one's own. known is false
// while table, operations, statements or the types that they use are unknown; soon is [accessFunctionsModel.resolve]'s.
func (m *accessFunctionsModel) baseSpec(
	ctx context.Context,
	server *postgres.Server,
	soon bool,
	diags *diag.Diagnostics,
) (spec postgres.AccessSpec, resolved resolvedStatements, known bool) {
	spec = postgres.AccessSpec{
		Schema: m.Schema.ValueString(),
		Owner:  m.Owner.ValueString(),
		Names:  kit.AccessFunctionNames(),
	}
	users, known := m.describedTable(diags)
	if !known || m.isUnknown() {
		return spec, nil, false
	}
	users, known, err := qualified(ctx, server, users)
	if err != nil {
		accessError(diags, "read", spec.Schema, err)
	}
	if !known {
		return spec, nil, false
	}
	spec.Table = kit.TableObject(users)
	spec.Comment = kit.AccessComment(spec.Table)
	through := m.through(users)
	operations := m.operations(ctx, through, diags)
	grants, objects, err := kit.OwnerGrants(through, operations, kit.FeaturesOf(m.RehashOnLogin))
	if err != nil {
		kit.StoreError(diags, path.Root("table"), err)
		return spec, nil, false
	}
	var failed diag.Diagnostics
	if resolved, known = m.resolve(ctx, server, through, operations, soon, &failed); !known || failed.HasError() {
		diags.Append(failed...)
		return spec, nil, false
	}
	grants = slices.Concat(grants, resolved.grants(), kit.ExtraPrivileges(m.ExtraPrivileges))
	spec.Grants, spec.Objects = postgres.MergeGrants(grants), kit.Union(objects, kit.ObjectsOf(grants))
	spec.Functions, err = kit.AccessFunctions(
		spec.Owner, through, operations, kit.FeaturesOf(m.RehashOnLogin), m.PasswordHash.ValueString(), resolved.sql())
	if err != nil {
		kit.StoreError(diags, path.Root("table"), err)
		return spec, nil, false
	}
	return spec, resolved, true
}

// isUnknown reports whether what the functions follow from is not known yet.
func (m *accessFunctionsModel) isUnknown() bool {
	for _, statement := range m.Statements.Elements() {
		if statement.IsUnknown() {
			return true
		}
	}
	return m.Schema.IsUnknown() || m.Owner.IsUnknown() || m.Operations.IsUnknown() || kit.UnknownElement(m.Operations) ||
		m.RehashOnLogin.IsUnknown() || m.PasswordHash.IsUnknown() || m.Statements.IsUnknown() ||
		m.ExtraPrivileges.IsUnknown() || kit.UnknownElement(m.ExtraPrivileges)
}

// spec adds to the base what only the server knows and what the former table leaves to tidy up.
func (m *accessFunctionsModel) spec(
	ctx context.Context,
	prior *accessFunctionsModel,
	server *postgres.Server,
	diags *diag.Diagnostics,
) postgres.AccessSpec {
	spec, _, known := m.baseSpec(ctx, server, false, diags)
	if !known && !diags.HasError() {
		diags.AddAttributeError(path.Root("table"), "Type Not Found",
			"The functions cannot be made: the table has a citext column, and the server does not have the type "+
				"citext.\n\nInstall the extension citext.")
	}
	sequences, _, err := m.sequences(ctx, server, spec.Grants)
	if err != nil {
		accessError(diags, "read", spec.Schema, err)
	}
	spec.Grants = postgres.MergeGrants(append(spec.Grants, kit.UsageOf(sequences)...))
	spec.Objects = kit.Union(spec.Objects, sequences)
	if prior != nil {
		spec.Objects = kit.Union(spec.Objects, prior.objects())
		if users, known := prior.describedTable(&diag.Diagnostics{}); known {
			spec.Former = kit.TableObject(users)
		}
	}
	return spec
}

func (m *accessFunctionsModel) dropSpec() postgres.AccessSpec {
	spec := postgres.AccessSpec{
		Schema:  m.Schema.ValueString(),
		Owner:   m.Owner.ValueString(),
		Names:   kit.AccessFunctionNames(),
		Objects: m.objects(),
	}
	if users, known := m.describedTable(&diag.Diagnostics{}); known {
		spec.Table = kit.TableObject(users)
	}
	return spec
}

// objects are those on which the owner may hold privileges.
func (m *accessFunctionsModel) objects() []postgres.Object {
	var objects []postgres.Object
	if users, known := m.describedTable(&diag.Diagnostics{}); known {
		objects = append(
			objects,
			postgres.Object{Kind: postgres.SchemaObject, Name: users.Table().Schema},
			kit.TableObject(users),
		)
	}
	for _, g := range append(kit.GrantsIn(m.OwnerPrivileges), kit.GrantsIn(m.OwnerSequencePrivileges)...) {
		objects = kit.Union(objects, []postgres.Object{g.On})
	}
	return objects
}

// sequences are those from which the owner draws, with these grants, see [kit.StoreSequences].
func (m *accessFunctionsModel) sequences(
	ctx context.Context,
	server *postgres.Server,
	grants []postgres.Grant,
) (sequences []postgres.Object, known bool, err error) {
	users, known := m.describedTable(&diag.Diagnostics{})
	if !known {
		return nil, false, nil
	}
	through := m.through(users)
	operations := m.operations(ctx, through, &diag.Diagnostics{})
	sequences, known, err = kit.StoreSequences(ctx, server, through, operations, kit.FeaturesOf(m.RehashOnLogin), grants)
	for _, g := range grants {
		if g.On.Kind == postgres.SequenceObject {
			sequences = kit.Union(sequences, []postgres.Object{g.On})
		}
	}
	return sequences, known, err
}

// refresh reads owner, schema and functions into the model. It returns false when there is
// no such schema or when it cannot be read, which is then in diags.
func (m *accessFunctionsModel) refresh(
	ctx context.Context,
	server *postgres.Server,
	further []postgres.Object,
	diags *diag.Diagnostics,
) bool {
	access, err := server.Access(ctx, m.Schema.ValueString(), append(kit.AccessFunctionNames(), postgres.ClientCheck))
	if errors.Is(err, postgres.ErrAccessNotFound) {
		return false
	}
	if err == nil && m.Table.IsNull() {
		err = m.derive(ctx, server, access, diags)
	}
	if err == nil {
		err = m.read(ctx, server, access, further)
	}
	if err != nil {
		accessError(diags, "read", m.Schema.ValueString(), err)
		return false
	}
	return true
}

// derive fills in, after an import, from what the functions were made.
func (m *accessFunctionsModel) derive(
	ctx context.Context, server *postgres.Server, access *postgres.Access, diags *diag.Diagnostics,
) error {
	if own := kit.OwnStatements(access); len(own) > 0 {
		m.Statements = stringMap(own)
	}
	derived, ok, err := kit.DeriveAccess(ctx, server, access)
	if err != nil {
		return err
	}
	if !ok {
		diags.AddAttributeWarning(path.Root("table"), "Table Not Derived", fmt.Sprintf(
			"From which description of their table the functions in the schema %q were made cannot be told: "+
				"the schema's comment does not name a table that is there, or the functions are not "+
				"exactly those for its columns.\n\n"+
				"Refer to the `store` of the auth0pg_users_table:\n\n  table = auth0pg_users_table.<name>.store\n\n"+
				"The plan shows how the functions change by that.", m.Schema.ValueString()))
		return nil
	}
	m.Table = kit.NewStore(derived.Table)
	m.RehashOnLogin = types.BoolValue(derived.RehashOnLogin)
	m.PasswordHash = types.StringValue(derived.PasswordHash)
	if !slices.Equal(derived.Operations, kit.PossibleOperations(derived.Store(access.Schema))) {
		m.Operations = kit.OperationsSet(derived.Operations)
	}
	return nil
}

func (m *accessFunctionsModel) read(
	ctx context.Context,
	server *postgres.Server,
	access *postgres.Access,
	further []postgres.Object,
) error {
	if m.Owner.IsNull() {
		m.Owner = types.StringValue(access.Owner)
	}
	if m.PasswordHash.IsNull() {
		m.PasswordHash = types.StringValue(scripts.DefaultPasswordHash)
	}
	m.Definitions = stringMap(access.Definitions())
	m.SchemaDefinition = types.StringValue(access.SchemaDefinition())
	users, known := m.describedTable(&diag.Diagnostics{})
	m.Store = kit.NullStore()
	if known {
		m.Store = kit.NewStore(m.through(users))
	}
	objects := kit.Union(m.objects(), further)
	spec, _, _ := m.baseSpec(ctx, server, false, &diag.Diagnostics{})
	sequences, _, err := m.sequences(ctx, server, spec.Grants)
	if err != nil {
		return err
	}
	m.OwnerAttributes = types.ListValueMust(types.StringType, nil)
	var held []postgres.Grant
	owner, err := server.Role(ctx, m.Owner.ValueString())
	if err == nil {
		m.OwnerAttributes = kit.StringList(owner.Attributes.Words())
		objects = kit.Union(kit.Union(objects, spec.Objects), sequences)
		held, err = server.RoleGrants(ctx, owner, objects, spec.Grants)
	}
	if err != nil && !errors.Is(err, postgres.ErrRoleNotFound) {
		return err
	}
	m.OwnerPrivileges, m.OwnerSequencePrivileges = kit.HeldLines(held)
	m.Policy = types.StringNull()
	if !known {
		return nil
	}
	security, err := server.RowSecurity(ctx, kit.TableObject(users), m.Schema.ValueString())
	if security.Policy != "" {
		m.Policy = types.StringValue(security.Policy)
	}
	return err
}

// unchanged refuses to replace what was changed after the plan: it was not shown.
func (m *accessFunctionsModel) unchanged(ctx context.Context, spec postgres.AccessSpec) func(*postgres.Access) error {
	return func(access *postgres.Access) error {
		shown := map[string]string{}
		if diags := m.Definitions.ElementsAs(ctx, &shown, false); diags.HasError() {
			return errors.New("the definitions in the state cannot be read")
		}
		wanted := spec.Wanted(access)
		for key, definition := range access.Definitions() {
			if definition != wanted[key] && definition != shown[key] && !strings.HasPrefix(key, postgres.ClientCheck) {
				return &kit.ChangedSincePlanError{What: fmt.Sprintf("another definition of the function %s", key)}
			}
		}
		return nil
	}
}

func stringMap(values map[string]string) types.Map {
	m, _ := types.MapValueFrom(context.Background(), types.StringType, values)
	return m
}
