// SPDX-License-Identifier: MPL-2.0

package acctest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

func TestMain(m *testing.M) { acctest.Main(m) }

const required = `
terraform {
  required_providers {
    auth0pg = { source = "auth0pg/auth0pg" }
  }
}
`

func TestFactoriesRunInTheFramework(t *testing.T) {
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: `
				data "auth0pg_ip_ranges" "eu" { region = "EU" }
				output "found" { value = length(data.auth0pg_ip_ranges.eu.cidrs) > 0 }`,
			Check: resource.TestCheckOutput("found", "true"),
		}},
	})
}

// What terraform-plugin-testing finds wrong with a provider, Steps finds, too.
func TestStepsFail(t *testing.T) {
	table := func(attributes string) string {
		return acctest.ProviderConfig(acctest.Database(t), nil) + `
resource "auth0pg_allowlist" "test" {
  region = "UK"
  ` + attributes + "\n}\n"
	}
	noChange := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	for want, steps := range map[string][]resource.TestStep{
		"":                             {{Config: table("")}, {Config: table(""), ConfigPlanChecks: noChange}},
		"expected NoOp|expected empty": {{Config: table(""), ConfigPlanChecks: noChange}},
		"expected an error like":       {{Config: table(""), ExpectError: regexp.MustCompile("x")}},
		"got\nERROR: Invalid":          {{Config: table(`role = ""`), ExpectError: regexp.MustCompile("another")}},
		"unsupported argument":         {{Config: table("rol = 1")}},
		"the plan is not empty":        {{Config: table(""), PlanOnly: true}},
		"a plan that is not empty":     {{Config: table(""), ExpectNonEmptyPlan: true}},
		"one resource of one":          {{Config: "locals {}\n" + table("")}},
		"step 1 of 1: no":              {{Config: table(""), Check: func(*terraform.State) error { return errors.New("no") }}},
	} {
		f := &failing{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			acctest.Steps(f, steps...)
		}()
		<-done
		if !regexp.MustCompile(want).MatchString(f.text) || (want == "") != (f.text == "") {
			t.Errorf("want %q, got %q", want, f.text)
		}
	}
}

// failing is a test of which the end is looked at.
type failing struct {
	testing.TB
	text string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// A password may hold anything, and the language would read some of it as its own.
func TestQuote(t *testing.T) {
	const awkward = "a\"b\\c${d}%{if e}$$f<&>\té\n"
	w := acctest.NewWorkspace(t, map[string]string{
		"main.tf": required + "output \"text\" { value = " + acctest.Quote(awkward) + " }\n",
	})
	w.MustRun("apply", "-auto-approve")
	if got := w.MustRun("output", "-raw", "text"); got != awkward {
		t.Errorf("%q became %q", awkward, got)
	}
}

// A feed that accepts connections and then says nothing holds the provider up, so that it can be killed.
func TestWorkspaceKillsTheProvider(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + fmt.Sprintf(`
		data "auth0pg_ip_ranges" "x" {
		  live = true
		  url  = "http://%s/"
		}`, listener.Addr())})

	for _, kill := range []struct {
		name string
		do   func(*acctest.Process)
		exit int
	}{
		{"the provider alone", (*acctest.Process).KillProvider, 1}, // Terraform lives on and reports it
		{"everything", (*acctest.Process).Kill, -1},
	} {
		t.Run(kill.name, func(t *testing.T) {
			run := w.Start("plan")
			if err := listener.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			conn, err := listener.Accept()
			if err != nil {
				t.Fatalf("%v\n%s", err, run.Output())
			}
			defer conn.Close()
			kill.do(run)
			if output, exit := run.Wait(); exit != kill.exit {
				t.Errorf("exit code %d\n%s", exit, output)
			}
			// The connection ends with the process that held it.
			if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the provider still runs")
			}
		})
	}
}

func TestTenantAPI(t *testing.T) {
	tenant := acctest.TenantWith(t, localtenant.Options{RateLimit: &localtenant.RateLimit{Burst: 2, PerSecond: 4}})
	status, created := tenant.API(http.MethodPost, "/connections", map[string]any{"name": "a-connection", "strategy": "auth0"})
	if status != http.StatusCreated || created["name"] != "a-connection" {
		t.Fatalf("status %d: %v", status, created)
	}
	// More calls than the limit lets through at once.
	for range 4 {
		status, list := tenant.API(http.MethodGet, "/connections", nil)
		items, _ := list["items"].([]any)
		if status != http.StatusOK || len(items) != 1 {
			t.Fatalf("status %d: %v", status, list)
		}
	}
	if status, answer := tenant.API(http.MethodGet, "/connections/con_0000000000000000", nil); status != http.StatusNotFound || answer["statusCode"] != float64(status) {
		t.Errorf("status %d: %v", status, answer)
	}
}
