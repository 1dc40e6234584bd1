// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// grants derives from store and operations what the role may hold, and the objects on
// which it may hold nothing else. Both stay empty while store or operations are unknown.
func (m *databaseRoleModel) grants(
	ctx context.Context,
	database string,
	diags *diag.Diagnostics,
) (grants []postgres.Grant, objects []postgres.Object) {
	onDatabase := postgres.Object{Kind: postgres.DatabaseObject, Name: database}
	described, known := m.Store.Parsed()
	if !known {
		return nil, []postgres.Object{onDatabase}
	}
	grants, objects, err := kit.StoreGrants(
		described,
		kit.OperationsFrom(ctx, m.Operations, diags),
		kit.FeaturesOf(m.RehashOnLogin),
	)
	objects = append(objects, onDatabase)
	if err != nil {
		kit.StoreError(diags, path.Root("store"), err)
		return nil, objects
	}
	extra := m.extra(false)
	grants = append(append(grants, postgres.Grant{Privilege: "CONNECT", On: onDatabase}), extra...)
	return postgres.MergeGrants(grants), kit.Union(objects, kit.ObjectsOf(extra))
}

// spec is what the plan makes of the role. prior is nil for a new role.
func (m *databaseRoleModel) spec(
	ctx context.Context,
	data *kit.Data,
	prior *databaseRoleModel,
	server *postgres.Server,
	diags *diag.Diagnostics,
) postgres.RoleSpec {
	spec := postgres.RoleSpec{
		Name:            m.Name.ValueString(),
		ConnectionLimit: m.ConnectionLimit.ValueInt64(),
		ValidUntil:      instant(m.ValidUntil),
		Settings:        m.settings(ctx, diags),
	}
	if prior != nil {
		spec.Tolerated = m.tolerated(ctx, diags)
	}
	m.checkMemberships(ctx, server, prior, diags) // the plan may not have known the store, and memberships change
	grants, objects := m.grants(ctx, server.Database(), diags)
	sequences, _, err := m.sequences(ctx, server)
	if err != nil {
		roleError(diags, "read", spec.Name, err)
	}
	spec.Memberships = memberships(grants) // what is named; what merely stays is not given again
	grants = slices.Concat(grants, kit.UsageOf(sequences), memberships(kit.GrantsIn(m.Privileges)))
	spec.Grants, spec.Objects = append(
		grants,
		m.kept(ctx, data, prior, server.Database())...), append(
		objects,
		sequences...)
	if prior != nil {
		spec.Objects = kit.Union(spec.Objects, prior.objects(ctx, server.Database()))
	}
	return spec
}

// kept are the privileges on a former store that stay for one more apply: scripts that use
// it go on working until the same apply has changed the connection, which comes later.
func (m *databaseRoleModel) kept(
	ctx context.Context,
	data *kit.Data,
	prior *databaseRoleModel,
	database string,
) []postgres.Grant {
	if prior == nil || prior.Store.IsNull() || prior.Store.Equal(m.Store) || m.replacesFormer(data, prior) {
		return nil
	}
	wanted, _ := m.grants(ctx, database, &diag.Diagnostics{})
	former := *prior
	former.ExtraPrivileges = types.SetNull(types.StringType) // what was named, or found, beside it goes with the name
	needed, _ := former.grants(ctx, database, &diag.Diagnostics{})
	var kept []postgres.Grant
	for _, g := range postgres.SplitGrants(prior.held()) {
		same := func(other postgres.Grant) bool { return other.String() == g.String() }
		if !slices.ContainsFunc(postgres.SplitGrants(wanted), same) && data.Notes.Stays(g) &&
			(g.On.Kind == postgres.SequenceObject || slices.ContainsFunc(postgres.SplitGrants(needed), same)) {
			kept = append(kept, g)
		}
	}
	return postgres.MergeGrants(kept)
}

// replacesFormer reports whether nothing of the former store is left by the time that the
// role changes: a new table has taken its place, or functions have changed in one transaction.
func (m *databaseRoleModel) replacesFormer(data *kit.Data, prior *databaseRoleModel) bool {
	next, _ := m.Store.Parsed()
	former, _ := prior.Store.Parsed()
	through, behindFunctions := next.Functions()
	before, wasBehindFunctions := former.Functions()
	sameFunctions := behindFunctions && wasBehindFunctions && through.Schema == before.Schema
	return sameFunctions || data.Notes.TableOfStoreIsNew(next)
}

// held are the privileges that were read last.
func (m *databaseRoleModel) held() []postgres.Grant {
	return append(kit.GrantsIn(m.Privileges), kit.GrantsIn(m.SequencePrivileges)...)
}

// memberships are those among privileges.
func memberships(grants []postgres.Grant) []postgres.Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g postgres.Grant) bool { return g.On.Kind != postgres.RoleObject })
}

// objects are those that the store and the operations name, and those on which privileges were read.
func (m *databaseRoleModel) objects(ctx context.Context, database string) []postgres.Object {
	_, objects := m.grants(ctx, database, &diag.Diagnostics{})
	for _, g := range m.held() {
		objects = kit.Union(objects, []postgres.Object{g.On})
	}
	return objects
}

// sequences are those from which the role draws, see storeSequences.
func (m *databaseRoleModel) sequences(
	ctx context.Context,
	server *postgres.Server,
) (sequences []postgres.Object, known bool, err error) {
	described, known := m.Store.Parsed()
	if !known {
		return nil, false, nil
	}
	grants, _ := m.grants(ctx, server.Database(), &diag.Diagnostics{})
	if _, behind := described.Functions(); !behind {
		sequences, known, err = kit.StoreSequences(ctx, server, described,
			kit.OperationsFrom(ctx, m.Operations, &diag.Diagnostics{}), kit.FeaturesOf(m.RehashOnLogin), grants)
	}
	return kit.Union(sequences, kit.ObjectsOf(m.extra(true))), known, err
}

func roleWords(a postgres.RoleAttributes) types.String {
	return types.StringValue(strings.Join(a.Words(), " "))
}

// unchanged refuses to take from the role what appeared after the plan: it was not shown.
func (m *databaseRoleModel) unchanged(
	data *kit.Data,
	wanted []postgres.Grant,
) func(postgres.Role, []postgres.Grant) error {
	return func(role postgres.Role, held []postgres.Grant) error {
		if m.Privileges.IsNull() {
			return nil // imported: nothing was read yet
		}
		attributes := strings.Fields(m.RoleAttributes.ValueString())
		planned := kit.GrantLines(postgres.SplitGrants(slices.Concat(m.held(), data.Notes.RenamedGrants(m.held()), wanted)))
		for _, g := range postgres.SplitGrants(held) {
			if !slices.Contains(planned, g.String()) {
				return &kit.ChangedSincePlanError{What: g.String()}
			}
		}
		for i, word := range role.Attributes.Words() {
			if !slices.Contains(attributes, word) && word != postgres.ScriptsRole.Words()[i] {
				return &kit.ChangedSincePlanError{What: word}
			}
		}
		return nil
	}
}

// refresh reads the role into the model, with its privileges on the objects that the model
// names and on further ones. It returns false when there is no such role or
// when it cannot be read, which is then in diags.
func (m *databaseRoleModel) refresh(
	ctx context.Context,
	server *postgres.Server,
	further []postgres.Object,
	applied string,
	diags *diag.Diagnostics,
) bool {
	role, err := server.Role(ctx, m.Name.ValueString())
	if errors.Is(err, postgres.ErrRoleNotFound) {
		return false
	}
	imported := m.Operations.IsNull()
	if err == nil && imported && m.Store.IsNull() {
		err = m.derive(ctx, server, role)
	}
	var held []postgres.Grant
	if err == nil {
		wanted, _ := m.grants(ctx, server.Database(), &diag.Diagnostics{})
		objects := kit.Union(m.objects(ctx, server.Database()), further)
		var sequences []postgres.Object
		if sequences, _, err = m.sequences(ctx, server); err == nil {
			held, err = server.RoleGrants(ctx, role, kit.Union(objects, sequences), append(wanted, m.held()...))
		}
		var memberships []postgres.Membership
		if err == nil {
			memberships, err = server.Memberships(ctx, role)
		}
		held = append(held, postgres.MembershipGrants(memberships)...)
	}
	if err != nil {
		roleError(diags, "read", m.Name.ValueString(), err)
		return false
	}
	m.RoleAttributes = roleWords(role.Attributes)
	m.ConnectionLimit = types.Int64Value(role.ConnectionLimit)
	m.Privileges, m.SequencePrivileges = kit.HeldLines(held)
	if !sameInstant(m.ValidUntil.ValueString(), formatInstant(role.ValidUntil)) {
		m.ValidUntil = types.StringNull()
		if role.ValidUntil != nil {
			m.ValidUntil = types.StringValue(formatInstant(role.ValidUntil))
		}
	}
	if m.Store.IsNull() {
		// Imported, and not to be told from the privileges: on which objects they matter is only in the configuration.
		m.Privileges, m.SequencePrivileges = types.ListNull(types.StringType), types.ListNull(types.StringType)
	}
	m.refreshSettings(role, imported)
	if imported {
		m.VerifyPassword, m.DrainTimeout = types.BoolValue(false), types.StringValue("0s")
		if m.RehashOnLogin.IsNull() {
			m.RehashOnLogin = types.BoolValue(false)
		}
	}
	m.refreshPassword(role.Password, applied)
	return true
}

func (m *databaseRoleModel) drain() time.Duration {
	d, err := time.ParseDuration(m.DrainTimeout.ValueString())
	if err != nil {
		return 0
	}
	return d
}
