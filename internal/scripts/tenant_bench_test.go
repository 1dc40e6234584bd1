// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// tenantBench is a tenant that has users of its own in the connection "members", and scripts that ask it.
type tenantBench struct {
	*bench
	tenant     *localtenant.Tenant
	connection string // its id
}

const tenantSecret = "TENANT_CLIENT_SECRET"

// newTenantBench starts a tenant and makes the connection and a client that may do what the store's operations need and
// nothing else.
func newTenantBench(t testing.TB, o localtenant.Options, parts []store.Part, refuses ...string) *tenantBench {
	t.Helper()
	o.CheckGrantTypes = true
	tenant, err := localtenant.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	if parts == nil {
		parts = store.TenantParts()
	}
	s := store.Store{Columns: store.WithoutColumns(parts), Refuses: refuses, Reach: store.Tenant{
		Domain: strings.TrimPrefix(tenant.URL(), "http://"), Connection: "members", ClientIDKey: "TENANT_CLIENT_ID",
		ClientSecretKey: tenantSecret, ManagementClientIDKey: "TENANT_CLIENT_ID", ManagementClientSecretKey: tenantSecret,
	}}
	if again, err := store.Parse(s.Marshal()); err != nil {
		t.Fatalf("%v in %s, %+v", err, s.Marshal(), again)
	}
	b := &tenantBench{tenant: tenant, bench: &bench{
		t: t, store: s, options: scripts.Options{Store: s}, rendered: map[scripts.Operation]string{},
		rendering: new(sync.Mutex), container: newContainer(t), tellsNobody: true,
	}}
	b.users = tenantUsers{b}
	connection := b.api("POST", "connections", map[string]any{
		"name": "members", "strategy": "auth0", "options": map[string]any{
			"password_options": map[string]any{"complexity": map[string]any{"min_length": 6}},
		},
	}, http.StatusCreated)
	b.connection = connection["id"].(string)
	needs := scripts.TenantNeedsTogether(s)
	b.client(needs.GrantTypes, needs.Scopes)
	return b
}

// client makes a client with these grant types and scopes that of the scripts.
func (b *tenantBench) client(grants, scopes []string) {
	b.t.Helper()
	client := b.api("POST", "clients", map[string]any{
		"name": "scripts", "app_type": "non_interactive", "grant_types": append([]string{}, grants...),
	}, http.StatusCreated)
	id := client["client_id"].(string)
	b.api("PATCH", "connections/"+b.connection+"/clients", []map[string]any{{"client_id": id, "status": true}}, http.StatusNoContent)
	if len(scopes) > 0 {
		b.api("POST", "client-grants", map[string]any{
			"client_id": id, "audience": b.tenant.Audience(), "scope": scopes,
		}, http.StatusCreated)
	}
	b.configuration = map[string]string{"TENANT_CLIENT_ID": id, tenantSecret: client["client_secret"].(string)}
}

// api is a call that has to be answered with this status.
func (b *tenantBench) api(method, path string, body any, want int) map[string]any {
	b.t.Helper()
	status, answer := b.call(method, path, body)
	if status != want {
		b.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// user makes a user of a connection and returns the id without its prefix.
func (b *tenantBench) user(values map[string]any) string {
	b.t.Helper()
	all := map[string]any{"connection": "members", "password": "correct horse", "verify_email": false}
	for key, value := range values {
		all[key] = value
	}
	id, _ := strings.CutPrefix(b.api("POST", "users", all, http.StatusCreated)["user_id"].(string), "auth0|")
	return id
}

// asked counts the scripts' requests by method and path; ids are left out.
func (b *tenantBench) asked() map[string]int {
	counts := map[string]int{}
	for _, request := range b.tenant.Requests() {
		if request.Header.Get("Sec-Fetch-Mode") == "" && request.Header.Get("User-Agent") != "node" {
			continue // the test's own
		}
		path, _, _ := strings.Cut(request.Path, "/auth0|")
		counts[request.Method+" "+strings.TrimPrefix(path, "/api/v2")]++
	}
	return counts
}
