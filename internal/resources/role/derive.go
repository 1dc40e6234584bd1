// SPDX-License-Identifier: MPL-2.0

package role

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// derivedKey is the private state's mark of a role whose store and operations were derived after an import, and not
// applied since.
const derivedKey = "derived"

// derive fills in, after an import, what the role's privileges tell: store, operations, rehash_on_login and what it is
// granted beside.
func (m *databaseRoleModel) derive(ctx context.Context, server *postgres.Server, role *postgres.Role) error {
	candidates, held, err := kit.StoresOf(ctx, server, role)
	if err != nil {
		return err
	}
	var best use
	for _, candidate := range candidates {
		found := useOf(candidate, held)
		if len(found.operations) > 0 && (best.operations == nil || found.exact && !best.exact) {
			best = found
		}
	}
	if best.operations != nil {
		m.Store = kit.NewStore(best.store)
		m.Operations = kit.OperationsSet(best.operations)
		m.RehashOnLogin = types.BoolValue(best.rehash)
	}
	memberships, err := server.Memberships(ctx, role)
	if err != nil {
		return err
	}
	m.adoptExtra(append(best.beyond(held), postgres.MembershipGrants(memberships)...))
	return nil
}

// use is what a role can do on a store.
type use struct {
	store      store.Store
	operations []scripts.Operation
	rehash     bool
	// exact means that it needs all that the role holds.
	exact bool
}

// useOf tells what the privileges on a store, or on its functions, are enough for.
func useOf(s store.Store, held []postgres.Grant) use {
	found := use{store: s}
	for _, op := range scripts.Operations() {
		if grants, err := needed(s, []scripts.Operation{op}); err == nil && covers(held, grants) {
			found.operations = append(found.operations, op)
		}
	}
	grants, err := needed(s, found.operations)
	if err != nil {
		return use{}
	}
	if slices.Contains(found.operations, scripts.Login) {
		// Privileges that other operations need as well do not tell.
		more, err := needed(s, found.operations, scripts.RehashOnLogin)
		if err == nil && !covers(grants, more) && covers(held, more) {
			found.rehash, grants = true, more
		}
	}
	found.exact = slices.Equal(kit.GrantLines(grants), kit.GrantLines(postgres.MergeGrants(held)))
	return found
}

// beyond are the privileges held that the operations do not need.
func (u use) beyond(held []postgres.Grant) []postgres.Grant {
	if u.operations == nil {
		return nil // on a store that is not known
	}
	var features []scripts.Feature
	if u.rehash {
		features = append(features, scripts.RehashOnLogin)
	}
	grants, err := needed(u.store, u.operations, features...)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(postgres.SplitGrants(held), func(g postgres.Grant) bool {
		return g.On.Kind == postgres.SchemaObject || covers(grants, []postgres.Grant{g})
	})
}

// needed is what operations need on the table or the functions of a store.
func needed(s store.Store, operations []scripts.Operation, features ...scripts.Feature) ([]postgres.Grant, error) {
	grants, _, err := kit.StoreGrants(s, operations, features)
	onSchema := func(g postgres.Grant) bool { return g.On.Kind == postgres.SchemaObject }
	return postgres.MergeGrants(slices.DeleteFunc(grants, onSchema)), err
}

// covers reports whether the privileges held are enough. One on a whole table is one on each of its columns.
func covers(held, needed []postgres.Grant) bool {
	held = postgres.SplitGrants(held)
	for _, need := range postgres.SplitGrants(needed) {
		if !slices.ContainsFunc(held, func(g postgres.Grant) bool {
			return g.On == need.On && g.Privilege == need.Privilege &&
				(g.Columns == nil || slices.Equal(g.Columns, need.Columns))
		}) {
			return false
		}
	}
	return true
}
