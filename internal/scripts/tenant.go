// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// tenantDriver asks another tenant: its token endpoint whether a password is right, and its Management API for all else.
var tenantDriver = driver{
	folder: "js/drivers/tenant", shared: httpFolder, heading: "The users in the other tenant", files: files,
	fill: fillTenant, instead: askedFolder,
}

// fillTenant has nothing to fill in: what a script asks of a tenant stands in the driver's files.
func fillTenant(op Operation, o Options) (map[string]filling, error) {
	return map[string]filling{}, Check(o.Store, op, o.Features()...)
}

// tenantSettings is what a script knows of the other tenant.
type tenantSettings struct {
	URL             string `json:"url"`
	Connection      string `json:"connection"`
	ClientIDKey     string `json:"clientIdKey,omitempty"`
	ClientSecretKey string `json:"clientSecretKey,omitempty"`
	// Fields are what the script asks for of a user.
	Fields string `json:"fields,omitempty"`
}

// newTenantSettings is nil for a store that is in no other tenant.
func newTenantSettings(op Operation, s store.Store) *tenantSettings {
	t, ok := s.Tenant()
	if !ok {
		return nil
	}
	known := &tenantSettings{URL: t.URL(), Connection: t.Connection}
	if op == Login {
		known.ClientIDKey, known.ClientSecretKey = t.ClientIDKey, t.ClientSecretKey
	}
	if len(TenantNeeds(s, op).Scopes) > 0 && op != Create {
		known.Fields = strings.Join(tenantFields(op, s), ",")
	}
	return known
}

// tenantFields are what an operation asks for of a user.
func tenantFields(op Operation, s store.Store) []string {
	fields := []string{"user_id", "identities", "email"}
	if (op == Login || op == GetUser) && !s.Has(store.Blocked) {
		fields = append(fields, string(store.Blocked)) // whoever is blocked stays out
	}
	for _, part := range s.Parts() {
		profile := op == Login || op == GetUser || op == ChangeUsername && part == store.Username
		if profile && !slices.Contains([]store.Part{store.ID, store.Email, store.Password}, part) {
			fields = append(fields, string(part))
		}
	}
	return fields
}

// The grant types that a client in another tenant can need.
const (
	PasswordRealmGrant     = "http://auth0.com/oauth/grant-type/password-realm"
	ClientCredentialsGrant = "client_credentials"
)

// Needs is what clients of another tenant must be allowed.
type Needs struct {
	// GrantTypes are those of the client that asks.
	GrantTypes []string
	// Scopes are those of the Management API.
	Scopes []string
}

// TenantNeeds is the least that an operation needs in the other tenant. Login takes its profile from the ID token unless the
// store has parts that are in none.
func TenantNeeds(s store.Store, op Operation) Needs {
	managed := func(scopes ...string) Needs { return Needs{[]string{ClientCredentialsGrant}, scopes} }
	switch op {
	case Login:
		needs := Needs{GrantTypes: []string{PasswordRealmGrant}}
		if wholeProfile(s) {
			needs.GrantTypes, needs.Scopes = append(needs.GrantTypes, ClientCredentialsGrant), []string{"read:users"}
		}
		return needs
	case GetUser:
		return managed("read:users")
	case Create:
		return managed("create:users")
	case Delete:
		return managed("read:users", "delete:users")
	default:
		return managed("read:users", "update:users")
	}
}

// wholeProfile reports whether the store has parts that no ID token has.
func wholeProfile(s store.Store) bool {
	return slices.ContainsFunc([]store.Part{
		store.Username, store.PhoneNumber, store.PhoneVerified, store.UserMetadata, store.AppMetadata,
	}, s.Has)
}

// TenantNeedsTogether is what all operations of the store need, in one order whatever the operations: a token for scopes in
// another one would be another token.
func TenantNeedsTogether(s store.Store) Needs {
	var together Needs
	for _, op := range Operations() {
		if Possible(s, op) {
			needs := TenantNeeds(s, op)
			together.GrantTypes = append(together.GrantTypes, needs.GrantTypes...)
			together.Scopes = append(together.Scopes, needs.Scopes...)
		}
	}
	among := func(known, needed []string) []string {
		return slices.DeleteFunc(known, func(name string) bool { return !slices.Contains(needed, name) })
	}
	together.GrantTypes = among([]string{PasswordRealmGrant, ClientCredentialsGrant}, together.GrantTypes)
	together.Scopes = among([]string{"read:users", "create:users", "update:users", "delete:users"}, together.Scopes)
	return together
}
