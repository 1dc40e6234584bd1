// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
)

// A user's life over everything that scripts reach users through, with all parts that there are, a prefix and the context.
func TestLifeOverEachDriver(t *testing.T) {
	t.Parallel()
	overEachDriver(t, shape{idType: "bigint", parts: allParts()}, func(b *bench) {
		b.options.UserIDPrefix = "legacy"
		b.context = map[string]any{"organization": map[string]any{"id": "org_1"}}
		lifeOfAUser(b)
	})
}

// Ids that are UUIDs, and parts of which there are few: an id that nobody can have is nobody's, and not an error.
func TestFewPartsOverEachDatabase(t *testing.T) {
	t.Parallel()
	overEachDatabase(t, shape{idType: "uuid", parts: minimalParts}, func(b *bench) {
		b.gives(nil, scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		id := b.users.ids()[0]
		if profile := b.profile(scripts.Login, "ada@example.com", "correct horse"); profile["user_id"] != id {
			b.t.Errorf("the id is %v, want %s", profile["user_id"], id)
		}
		b.context = map[string]any{"identifierType": "user_id"}
		if found := b.profile(scripts.GetUser, id); found["email"] != "ada@example.com" {
			b.t.Errorf("%v", found)
		}
		for _, nobody := range []string{"7", "nobody's", "99999999999999999999", "00000000-0000-4000-8000-000000000000"} {
			b.gives(nil, scripts.GetUser, nobody)
			b.gives(nil, scripts.Delete, nobody)
		}
		b.gives(nil, scripts.Delete, id)
		if ids := b.users.ids(); len(ids) != 0 {
			b.t.Errorf("%v are left", ids)
		}
	})
}

// The same life with access tokens as a tenant gives them to a client, which the API checks by the tenant's keys; and what the client
// has no scope for is refused.
func TestLifeWithTokens(t *testing.T) {
	t.Parallel()
	for contract, check := range map[store.Contract]store.PasswordCheck{store.WebService: store.ByAPI, store.RPC: store.ByScript} {
		t.Run(string(contract), func(t *testing.T) {
			t.Parallel()
			const audience = "https://users.example.com/"
			b, tenant := newBench(t, pgtest.Database(t), shape{idType: "bigint", parts: allParts()}), newTenantBench(t, localtenant.Options{}, nil)
			all := clientOf(tenant, audience, scripts.Scopes(b.store))
			less := clientOf(tenant, audience, slices.DeleteFunc(scripts.Scopes(b.store), func(scope string) bool { return scope == "users:delete" }))
			b.goThroughAPI(contract, check, func(config *usersapi.Config, reach *store.API) {
				config.Tokens = &usersapi.TokenRules{
					JWKS: tenant.tenant.URL() + "/.well-known/jwks.json", Issuer: tenant.tenant.URL() + "/", Audience: audience,
					Clients: []string{all["API_CLIENT_ID"], less["API_CLIENT_ID"]},
				}
				*reach = store.API{
					Contract: contract, PasswordCheck: check, Auth: store.ClientCredentials, Audience: audience,
					TokenURL: tenant.tenant.URL() + "/oauth/token", ClientIDKey: "API_CLIENT_ID", ClientSecretKey: "API_CLIENT_SECRET",
				}
			})
			b.driver, b.configuration = "api", all
			lifeOfAUser(b)
			b.configuration = less
			outcome := b.fails("Error", "", scripts.Delete, b.users.ids()[0])
			if !strings.Contains(strings.Join(outcome.Console, "\n"), "HTTP 403") || len(b.users.ids()) != 1 {
				t.Errorf("without the scope: %+v %q", outcome.Err, outcome.Console)
			}
		})
	}
}

// clientOf is the scripts' configuration with a client that may get a token with these scopes.
func clientOf(b *tenantBench, audience string, scopes []string) map[string]string {
	b.t.Helper()
	var values []map[string]any
	for _, scope := range scopes {
		values = append(values, map[string]any{"value": scope})
	}
	b.call("POST", "resource-servers", map[string]any{"name": "Users", "identifier": audience, "scopes": values}) // once for all clients
	b.client([]string{"client_credentials"}, nil)
	configuration := map[string]string{"API_CLIENT_ID": b.configuration["TENANT_CLIENT_ID"], "API_CLIENT_SECRET": b.configuration[tenantSecret]}
	b.api("POST", "client-grants", map[string]any{
		"client_id": configuration["API_CLIENT_ID"], "audience": audience, "scope": scopes,
	}, http.StatusCreated)
	return configuration
}
