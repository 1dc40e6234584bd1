// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// A provider that is killed at any moment leaves what the next plan sees rightly and the next apply finishes.
func TestConnectionKilledHalfWay(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	client, _ := c.tenant.Local.AddClient("app")
	w := acctest.NewWorkspace(t, nil)
	write := func(before, attributes string) {
		w.Write("main.tf", required+before+c.config(secretConfig(scriptsURL, 1, unprotected+attributes)))
	}
	one, clients := regexp.MustCompile(`^/api/v2/connections/con_[^/]+$`), regexp.MustCompile(`/clients$`)
	// killed runs Terraform until the provider waits for the call, and kills it there.
	killed := func(method string, path *regexp.Regexp, skip int, args ...string) {
		t.Helper()
		c.tenant.Local.ResetRequests()
		remove := c.tenant.Local.Inject(localtenant.Fault{Method: method, Path: path, Skip: skip, Times: -1, Latency: time.Minute})
		defer remove()
		process := w.Start(args...)
		reached := func() bool {
			n := 0
			for _, r := range c.tenant.Local.Requests() {
				if r.Method == method && path.MatchString(r.Path) {
					n++
				}
			}
			return n > skip
		}
		for range 300 {
			if reached() {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if !reached() {
			t.Fatalf("the provider never calls %s %s:\n%s", method, path, process.Output())
		}
		process.KillProvider()
		if output, exit := process.Wait(); exit == 0 {
			t.Errorf("the killed run succeeds:\n%s", output)
		}
	}
	finish := func() {
		t.Helper()
		w.MustRun("apply", "-auto-approve")
		if output, exit := w.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("the next plan is not empty (exit %d):\n%s", exit, output)
		}
	}

	// The connection exists, and nobody knows yet.
	write("", `enabled_clients = ["`+client+`"]`)
	killed("GET", clients, 0, "apply", "-auto-approve")
	if c.stored() == nil {
		t.Fatal("the test does not kill half-way")
	}
	output, exit := w.Run("plan")
	if exit == 0 || !words(`id = "`+c.id()+`" # or "legacy-users"`).MatchString(output) {
		t.Errorf("the next plan does not say how to go on:\n%s", output)
	}
	write("import {\n  to = auth0pg_connection.test\n  id = \"legacy-users\"\n}\n", `enabled_clients = ["`+client+`"]`)
	finish()

	// Before and after an update of the options.
	write("", `enabled_clients = ["`+client+`"]`+"\ndisable_signup = true")
	killed("PATCH", one, 0, "apply", "-auto-approve")
	if c.options()["disable_signup"] == true {
		t.Error("the test does not kill before the update")
	}
	finish()
	write("", "enabled_clients = []\ndisable_signup = false")
	killed("PATCH", clients, 0, "apply", "-auto-approve")
	if c.options()["disable_signup"] != false {
		t.Error("the test does not kill after the update")
	}
	finish()
	if configuration := member(c.options(), "configuration"); len(configuration.(map[string]any)) != 1 {
		t.Errorf("the configuration is %v", configuration)
	}

	// Before and after the deletion.
	killed("DELETE", one, 0, "destroy", "-auto-approve")
	if c.stored() == nil {
		t.Error("the test does not kill before the deletion")
	}
	finish()
	killed("GET", one, 1, "destroy", "-auto-approve")
	if c.stored() != nil {
		t.Error("the test does not kill after the deletion")
	}
	w.MustRun("destroy", "-auto-approve")
}
