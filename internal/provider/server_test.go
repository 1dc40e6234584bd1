// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	auth0pg "github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// counting counts what the framework is asked for.
type counting struct {
	tfprotov6.ProviderServer
	reads, plans int
}

func (c *counting) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	c.reads++
	return c.ProviderServer.ReadResource(ctx, req)
}

func (c *counting) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	c.plans++
	return c.ProviderServer.PlanResourceChange(ctx, req)
}

// someConnections are enough to see what each further one costs.
const someConnections = 12

const plainStore = `{"table":"public.users","columns":{"id":"id uuid","email":"email text",` +
	`"email_verified":"email_verified boolean","password":"password text"},"email_lookup":"lower_index"}`

func manyConfig(n int) map[string]any {
	return map[string]any{
		"name": fmt.Sprint("many-", n), "store": plainStore, "configuration_wo_version": 1, "preflight": false, "deletion_protection": false,
		"configuration_wo": map[string]any{"POSTGRES_URL": "postgres://scripts:a-long-and-random-password@db.example.com/app?sslmode=verify-full"},
		"scripts":          map[string]any{"pool_max": 3}, "mfa": map[string]any{"active": true},
	}
}

// Each connection more costs no call and no walk of the framework's over the schema, and ten kilobytes of state at most.
func TestOneConnectionMore(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	framework := &counting{}
	behind := func(s tfprotov6.ProviderServer) tfprotov6.ProviderServer {
		framework.ProviderServer = s
		return framework
	}
	core := acctest.NewCore(t, auth0pg.WithFramework(behind), tenant.Auth0())
	var made []acctest.Object
	for n := range someConnections {
		created, diags := core.Apply(core.New("auth0pg_connection"), manyConfig(n))
		diags.None(t)
		made = append(made, created)
		if size := created.Bytes(); size > 10_000 {
			t.Errorf("%d bytes of state", size)
		}
	}
	tenant.Local.ResetRequests()
	core = acctest.NewCore(t, auth0pg.WithFramework(behind), tenant.Auth0()) // of the next command
	*framework = counting{ProviderServer: framework.ProviderServer}
	for n, object := range made {
		read, diags := core.Refresh(object)
		diags.None(t)
		planned, diags := core.Plan(read, manyConfig(n))
		diags.None(t)
		if changed := acctest.Changes(read, planned); changed != "" {
			t.Error(changed)
		}
	}
	if calls := len(tenant.Local.Requests()); calls > 5 { // a token, three connections one by one, all the others at once
		t.Errorf("%d calls", calls)
	}
	if framework.reads > 4 || framework.plans > 0 {
		t.Errorf("the framework has read %d connections and planned %d", framework.reads, framework.plans)
	}
}

// Whatever comes between two plans, the answers are those of the framework.
func TestAnswersAreTheFrameworks(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(tenant *acctest.TenantHandle, id string, config map[string]any){
		"nothing":       func(_ *acctest.TenantHandle, _ string, _ map[string]any) {},
		"default again": func(_ *acctest.TenantHandle, _ string, c map[string]any) { delete(c, "deletion_protection") },
		"default implied": func(_ *acctest.TenantHandle, _ string, c map[string]any) { delete(c, "preflight") },
		"default written down": func(_ *acctest.TenantHandle, _ string, c map[string]any) {
			c["import_mode"], c["delete_with_users"], c["use_former_scripts"] = false, false, false
		},
		"defaults implied in a block": func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["scripts"] = map[string]any{} },
		"users move elsewhere": func(tenant *acctest.TenantHandle, id string, _ map[string]any) {
			_, stored := tenant.API("GET", "/connections/"+id, nil)
			options := stored["options"].(map[string]any)
			delete(options, "configuration")
			options["import_mode"] = true
			tenant.API("PATCH", "/connections/"+id, map[string]any{"options": options})
		},
		"default in a block": func(_ *acctest.TenantHandle, _ string, c map[string]any) {
			c["scripts"] = map[string]any{"ca_key": "CA"}
		},
		"block gone": func(_ *acctest.TenantHandle, _ string, c map[string]any) { delete(c, "scripts") },
		"version":    func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["configuration_wo_version"] = 2 },
		"secret without": func(_ *acctest.TenantHandle, _ string, c map[string]any) {
			c["configuration_wo"] = map[string]any{"POSTGRES_URL": "postgres://other@db.example.com/app"}
		},
		"secret not known": func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["configuration_wo"] = acctest.Unknown },
		"key more": func(_ *acctest.TenantHandle, _ string, c map[string]any) {
			c["configuration_wo"].(map[string]any)["MORE"] = "x"
		},
		"option":                func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["mfa"] = map[string]any{"active": false} },
		"option no more":        func(_ *acctest.TenantHandle, _ string, c map[string]any) { delete(c, "mfa") },
		"name":                  func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["name"] = "other" },
		"store not known":       func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["store"] = acctest.Unknown },
		"store spelt otherwise": func(_ *acctest.TenantHandle, _ string, c map[string]any) { c["store"] = " " + plainStore },
		"edited elsewhere": func(tenant *acctest.TenantHandle, id string, _ map[string]any) {
			_, stored := tenant.API("GET", "/connections/"+id, nil)
			options := stored["options"].(map[string]any)
			delete(options, "configuration")
			options["customScripts"].(map[string]any)["login"] = "function login(email, password, callback) { callback(null); }"
			tenant.API("PATCH", "/connections/"+id, map[string]any{"options": options})
		},
		"option changed elsewhere": func(tenant *acctest.TenantHandle, id string, _ map[string]any) {
			_, stored := tenant.API("GET", "/connections/"+id, nil)
			options := stored["options"].(map[string]any)
			options["mfa"] = map[string]any{"active": false}
			tenant.API("PATCH", "/connections/"+id, map[string]any{"options": options})
		},
		"property changed elsewhere": func(tenant *acctest.TenantHandle, id string, _ map[string]any) {
			tenant.API("PATCH", "/connections/"+id, map[string]any{"show_as_button": true})
		},
		"deleted elsewhere": func(tenant *acctest.TenantHandle, id string, _ map[string]any) {
			tenant.API("DELETE", "/connections/"+id, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := acctest.TenantWith(t, localtenant.Options{})
			maker := acctest.NewCore(t, auth0pg.Server("test"), tenant.Auth0())
			slow := acctest.NewCore(t, providerserver.NewProtocol6(auth0pg.New("test")())(), tenant.Auth0())
			var made []acctest.Object
			var configs []map[string]any
			for n := range 5 {
				created, diags := maker.Apply(maker.New("auth0pg_connection"), manyConfig(n))
				diags.None(t)
				config := manyConfig(n)
				between(tenant, created.JSON()["id"].(string), config)
				made, configs = append(made, created), append(configs, config)
			}
			quick := acctest.NewCore(t, auth0pg.Server("test"), tenant.Auth0()) // from the fourth on the list answers
			for n, object := range made {
				read, said := quick.Refresh(object)
				wantRead, wantSaid := slow.Refresh(object)
				if changed := acctest.Changes(read, wantRead); changed != "" || said.String() != wantSaid.String() {
					t.Fatalf("refreshed otherwise: %s\n%s\n%s", changed, said, wantSaid)
				}
				planned, said := quick.Plan(read, configs[n])
				wantPlanned, wantSaid := slow.Plan(read, configs[n])
				if changed := acctest.Changes(planned, wantPlanned); changed != "" || said.String() != wantSaid.String() {
					t.Fatalf("planned otherwise: %s\n%s\n%s", changed, said, wantSaid)
				}
			}
		})
	}
}
