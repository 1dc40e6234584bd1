// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

const (
	refreshedConnections = 200
	refreshLatency       = 150 * time.Millisecond
	refreshesAtOnce      = 10 // as many as Terraform starts by default
)

// refreshed is a connection as the state holds it.
type refreshed struct {
	Attributes json.RawMessage `json:"attributes"`
	Private    []byte          `json:"private"`
}

// cost is what something has taken: calls of the Management API, time, and processor time.
type cost struct {
	calls     int
	wall, cpu time.Duration
}

// BenchmarkConnectionRefresh refreshes 200 connections in a tenant that takes 150 ms for each call: as the resource does
// it, and with one GET for each connection, as generic resources do. For the latter every three connections have a provider
// of their own, which is too few for it to list them; the code is otherwise the same. Both are run in this process,
// and with them the replay of the tenant's answers, which is in their CPU time. The last figures are those of the whole
// of terraform plan -refresh-only, with processes of its own.
func BenchmarkConnectionRefresh(b *testing.B) {
	tenant := newSlowTenant(b)
	client, _ := tenant.Local.AddClient("app")
	provider := fmt.Sprintf("provider \"auth0pg\" {\n  auth0 {\n    base_url  = %q\n    api_token = %q\n  }\n}\n", tenant.front.URL, tenant.Local.Token())
	w := acctest.NewWorkspace(b, map[string]string{"main.tf": required + provider + fmt.Sprintf(`
resource "auth0pg_connection" "test" {
  count           = %d
  name            = "legacy-users-${count.index}"
  enabled_clients = [%q]
  %s
}
`, refreshedConnections, client, connectionStore)})
	w.MustRun("apply", "-auto-approve")
	connections := storedConnections(b, w)

	// Providers serve once: the next time they would have a list, or make one.
	together := func() *refresher { return newRefresher(b, tenant, connections) }
	apart := func() (few []*refresher) {
		for some := range slices.Chunk(connections, 3) {
			few = append(few, newRefresher(b, tenant, some))
		}
		return few
	}
	tenant.replay.Store(true)
	refreshAll(together()) // the first answers come from the tenant itself
	refreshAll(apart()...)
	for b.Loop() {
		one, few := together(), apart()
		lists := measureRefresh(b, tenant, syscall.RUSAGE_SELF, func() { refreshAll(one) })
		singly := measureRefresh(b, tenant, syscall.RUSAGE_SELF, func() { refreshAll(few...) })
		terraform := measureRefresh(b, tenant, syscall.RUSAGE_CHILDREN, func() {
			if output := w.MustRun("plan", "-refresh-only"); !strings.Contains(output, "No changes") {
				b.Error(output)
			}
		})
		if bound := 3 + (refreshedConnections+99)/100; lists.calls > bound || terraform.calls > bound {
			b.Errorf("%d and %d calls, want at most %d", lists.calls, terraform.calls, bound)
		}
		if singly.calls != refreshedConnections {
			b.Errorf("%d calls with one GET each", singly.calls)
		}
		b.ReportMetric(0, "ns/op")
		report(b, lists, "")
		report(b, singly, "-of-one-GET-each")
		report(b, terraform, "-of-terraform")
		b.ReportMetric(float64(singly.calls)/float64(lists.calls), "times-fewer-calls")
		b.ReportMetric(float64(singly.wall)/float64(lists.wall), "times-faster")
		b.ReportMetric(float64(singly.cpu)/float64(lists.cpu), "times-less-cpu")
	}
}

// slowTenant is a local tenant behind a front that takes its time. What the tenant itself needs for an answer shall not
// count, so the front gives those to GET again from its memory.
type slowTenant struct {
	*acctest.TenantHandle
	front  *httptest.Server
	replay atomic.Bool
	calls  atomic.Int64

	mu      sync.Mutex
	answers map[string]*httptest.ResponseRecorder
}

func newSlowTenant(b *testing.B) *slowTenant {
	b.Helper()
	s := &slowTenant{TenantHandle: acctest.TenantWith(b, localtenant.Options{}), answers: map[string]*httptest.ResponseRecorder{}}
	target, err := url.Parse(s.URL)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	s.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.replay.Load() || r.Method != http.MethodGet {
			proxy.ServeHTTP(w, r)
			return
		}
		s.calls.Add(1)
		time.Sleep(refreshLatency)
		s.mu.Lock()
		answer := s.answers[r.URL.String()]
		s.mu.Unlock()
		if answer == nil {
			answer = httptest.NewRecorder()
			proxy.ServeHTTP(answer, r)
			s.mu.Lock()
			s.answers[r.URL.String()] = answer
			s.mu.Unlock()
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	b.Cleanup(s.front.Close)
	return s
}

func report(b *testing.B, c cost, of string) {
	b.ReportMetric(float64(c.calls), "calls"+of)
	b.ReportMetric(c.wall.Seconds(), "s"+of)
	b.ReportMetric(c.cpu.Seconds(), "s-cpu"+of)
}

// storedConnections are the connections in the state of a workspace.
func storedConnections(b *testing.B, w *acctest.Workspace) []refreshed {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(w.Dir, "terraform.tfstate"))
	if err != nil {
		b.Fatal(err)
	}
	var stored struct {
		Resources []struct {
			Instances []refreshed `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &stored); err != nil || len(stored.Resources) != 1 || len(stored.Resources[0].Instances) != refreshedConnections {
		b.Fatalf("the state has not the connections: %v", err)
	}
	return stored.Resources[0].Instances
}

func measureRefresh(b *testing.B, tenant *slowTenant, of int, do func()) cost {
	b.Helper()
	cpu := func() time.Duration {
		var used syscall.Rusage
		if err := syscall.Getrusage(of, &used); err != nil {
			b.Fatal(err)
		}
		return time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	calls, used, from := tenant.calls.Load(), cpu(), time.Now()
	do()
	return cost{int(tenant.calls.Load() - calls), time.Since(from), cpu() - used}
}

// refresher is a provider with the connections that it is to refresh.
type refresher struct {
	b      *testing.B
	server tfprotov6.ProviderServer
	states []*tfprotov6.ReadResourceRequest
}

func newRefresher(b *testing.B, tenant *slowTenant, connections []refreshed) *refresher {
	b.Helper()
	ctx := context.Background()
	server, err := acctest.Factories()["auth0pg"]()
	if err != nil {
		b.Fatal(err)
	}
	schema, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		b.Fatal(err)
	}
	config := providerValue(b, schema.Provider.ValueType(), map[string]string{
		"base_url": tenant.front.URL, "api_token": tenant.Local.Token(),
	})
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &config})
	failed(b, err, configured.Diagnostics)
	r := &refresher{b: b, server: server}
	for _, c := range connections {
		upgraded, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: "auth0pg_connection", RawState: &tfprotov6.RawState{JSON: c.Attributes}})
		failed(b, err, upgraded.Diagnostics)
		r.states = append(r.states, &tfprotov6.ReadResourceRequest{TypeName: "auth0pg_connection", CurrentState: upgraded.UpgradedState, Private: c.Private})
	}
	return r
}

// providerValue is the provider's configuration with settings of its auth0 block.
func providerValue(b *testing.B, typ tftypes.Type, settings map[string]string) tfprotov6.DynamicValue {
	b.Helper()
	object, ok := typ.(tftypes.Object)
	if !ok {
		b.Fatalf("the provider's configuration is a %T", typ)
	}
	block, ok := object.AttributeTypes["auth0"].(tftypes.Object)
	if !ok {
		b.Fatalf("the provider's auth0 settings are a %T", object.AttributeTypes["auth0"])
	}
	values, members := map[string]tftypes.Value{}, map[string]tftypes.Value{}
	for name, member := range block.AttributeTypes {
		members[name] = tftypes.NewValue(member, nil)
		if text, set := settings[name]; set {
			members[name] = tftypes.NewValue(member, text)
		}
	}
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	values["auth0"] = tftypes.NewValue(block, members)
	config, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, values))
	if err != nil {
		b.Fatal(err)
	}
	return config
}

// refreshAll reads all connections of all providers, as many at once as Terraform does.
func refreshAll(refreshers ...*refresher) {
	var group sync.WaitGroup
	slots := make(chan struct{}, refreshesAtOnce)
	for _, r := range refreshers {
		for _, state := range r.states {
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				read, err := r.server.ReadResource(context.Background(), state)
				if err != nil {
					r.b.Error(err)
					return
				}
				for _, d := range read.Diagnostics {
					r.b.Errorf("%s: %s", d.Summary, d.Detail)
				}
			})
		}
	}
	group.Wait()
}

func failed(b *testing.B, err error, diagnostics []*tfprotov6.Diagnostic) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	for _, d := range diagnostics {
		b.Fatalf("%s: %s", d.Summary, d.Detail)
	}
}
