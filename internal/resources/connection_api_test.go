// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// life creates, changes and, at the end, deletes the connection.
func (c *connectionTest) life() {
	c.Helper()
	c.steps(
		resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected+"enable_script_context = true\nauthentication_methods = { passkey = { enabled = true } }"))},
		resource.TestStep{
			Config: c.config(secretConfig(scriptsURL, 1, unprotected+"disable_signup = true")), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("passkeys", member(c.options(), "authentication_methods", "passkey", "enabled"), true)
			}),
		},
	)
}

func TestConnectionWhateverTheTenantDoes(t *testing.T) {
	t.Parallel()
	limit := localtenant.FreeTenantLimit
	for name, options := range map[string]localtenant.Options{
		"kept options get their defaults again": {Redefault: true},
		"lists lag behind":                      {ListDelay: time.Second},
		"names stay taken":                      {DeleteDelay: 3 * time.Second},
		"rate limit of a free tenant":           {RateLimit: &limit},
		"short tokens":                          {TokenLifetime: time.Second},
	} {
		t.Run(name, func(t *testing.T) { connectionTestWith(t, options).life() })
	}
}

func TestConnectionNameIsFreeAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	c := connectionTestWith(t, localtenant.Options{DeleteDelay: 3 * time.Second})
	replaced := func(prefix string) string { return c.config(unprotected + "display_name = \"" + prefix + "\"") }
	c.steps(
		resource.TestStep{Config: replaced("one")},
		resource.TestStep{Config: acctest.ProviderConfig(nil, c.tenant)},
		resource.TestStep{Config: replaced("two")},
		resource.TestStep{Config: replaced("two"), Taint: []string{connectionAddress}, ExpectError: words("run terraform untaint on it")},
	)
}

func TestConnectionMissingScopes(t *testing.T) {
	t.Parallel()
	for missing, want := range map[string]string{
		"read:connections_options":   "Grant the application the scope read:connections_options",
		"read:connections":           "read:connections",
		"create:connections":         "Grant the application one of the scopes create:connections",
		"update:connections":         "Grant the application one of the scopes update:connections",
		"update:connections_options": "Grant the application one of the scopes update:connections_options",
		"delete:connections":         "Grant the application one of the scopes delete:connections",
	} {
		t.Run(missing, func(t *testing.T) {
			c := connectionTestWith(t, localtenant.Options{Scopes: slices.DeleteFunc(localtenant.AllScopes(), func(s string) bool { return s == missing })})
			if missing == "read:connections_options" || missing == "read:connections" || missing == "create:connections" {
				if missing == "read:connections_options" {
					c.legacyConnection()
				}
				c.steps(resource.TestStep{Config: c.config(unprotected), ExpectError: words(want)})
				return
			}
			step := resource.TestStep{Config: c.config(unprotected + "disable_signup = true"), ExpectError: words(want)}
			if missing == "delete:connections" {
				step = resource.TestStep{Config: acctest.ProviderConfig(nil, c.tenant), ExpectError: words(want)}
			}
			forget := "removed {\n  from = auth0pg_connection.test\n  lifecycle {\n    destroy = false\n  }\n}\n"
			c.steps(resource.TestStep{Config: c.config(unprotected)}, step, resource.TestStep{Config: acctest.ProviderConfig(nil, c.tenant) + forget})
		})
	}
}

// changedMeanwhile changes the connection elsewhere between the provider's plan and its update: at the read
// that precedes the update.
func TestConnectionChangedSincePlan(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	target, err := url.Parse(c.tenant.URL)
	if err != nil {
		t.Fatal(err)
	}
	armed := false
	proxy := httputil.NewSingleHostReverseProxy(target)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		if armed && r.Method == "PATCH" {
			t.Errorf("the update was sent")
		}
		proxy.ServeHTTP(recorded, r)
		answer := recorded.Result()
		if armed && r.Method == "GET" && regexp.MustCompile(`/con_`).MatchString(r.URL.Path) {
			c.change(func(o map[string]any) {
				o["configuration"] = map[string]any{"POSTGRES_URL": scriptsURL, "ADDED": "x"}
			})()
		}
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(between.Close)
	through := func(attributes string) string {
		return strings.Replace(c.config(secretConfig(scriptsURL, 1, unprotected+attributes)), c.tenant.URL, between.URL, 1)
	}
	c.steps(
		resource.TestStep{Config: through("")},
		resource.TestStep{
			// The refresh before the plan still sees the connection as it was.
			PreConfig: func() { armed = true },
			Config:    through("disable_signup = true"), ExpectError: words("has got the keys ADDED since the plan was made"),
		},
		resource.TestStep{PreConfig: func() { armed = false }, Config: through("disable_signup = true")},
	)
}

func TestConnectionNeedsSettingsOnlyWhenUsed(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	c.steps(
		resource.TestStep{Config: `provider "auth0pg" {}` + "\n" + strings.TrimPrefix(c.config(""), acctest.ProviderConfig(nil, c.tenant)), ExpectError: words("Provider Setting Missing")},
		resource.TestStep{Config: strings.Replace(c.config(""), "client_secret = \"", "client_secret = \"wrong", 1), ExpectError: words("Could not get a Management API token")},
	)
}

func TestConnectionWithUnknownSettings(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	config := strings.Replace(c.config(unprotected), `base_url = "`+c.tenant.URL+`"`, "base_url = terraform_data.later.output", 1) +
		"resource \"terraform_data\" \"later\" {\n  input = \"" + c.tenant.URL + "\"\n}\n"
	if !strings.Contains(config, "terraform_data.later.output") {
		t.Fatal("the configuration has no unknown setting")
	}
	c.run(
		resource.TestStep{Config: config, ConfigPlanChecks: action(plancheck.ResourceActionCreate)},
	)
}

func TestConnectionPageInsteadOfJSON(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"t","token_type":"Bearer","expires_in":86400}`)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>Hello</title></html>")
	}))
	t.Cleanup(page.Close)
	c := newConnectionTest(t)
	c.steps(resource.TestStep{Config: strings.Replace(c.config(""), c.tenant.URL, page.URL, 1), ExpectError: words("that are not JSON (text/html)")})
}
