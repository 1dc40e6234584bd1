// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// words matches a text whatever the line breaks that Terraform puts into it.
func words(text string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(strings.Fields(regexp.QuoteMeta(text)), `[\s│╷╵]+`))
}

func TestConnectionSecrets(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	two := `configuration_wo = { POSTGRES_URL = "` + otherScriptsURL + `", API_KEY = "An0therS3cret" }
		configuration_wo_version = 3` + "\n" + unprotected
	c.steps(
		resource.TestStep{
			Config: c.config(secretConfig(scriptsURL, 1, unprotected)),
			ConfigStateChecks: []statecheck.StateCheck{
				state("configuration_wo", knownvalue.Null()),
				state("configuration_fingerprints", knownvalue.MapExact(map[string]knownvalue.Check{"POSTGRES_URL": knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{16}$`))})),
			},
		},
		resource.TestStep{
			Config:      c.config(secretConfig(otherScriptsURL, 1, unprotected)),
			ExpectError: words("The configured values of POSTGRES_URL are not those that were sent"),
		},
		resource.TestStep{
			Config:      c.config(`configuration_wo = { POSTGRES_URL = "` + scriptsURL + `", API_KEY = "An0therS3cret" }` + "\nconfiguration_wo_version = 1\n" + unprotected),
			ExpectError: words("The configured values of API_KEY are not those that were sent"),
		},
		resource.TestStep{
			Config:           c.config(secretConfig(otherScriptsURL, 2, unprotected)),
			ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("the configuration sent", member(c.sent("PATCH")[0], "options", "configuration"), map[string]any{"POSTGRES_URL": otherScriptsURL})
			}),
		},
		resource.TestStep{
			Config: c.config(two), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("the keys", slices.Sorted(maps.Keys(member(c.options(), "configuration").(map[string]any))), "[API_KEY POSTGRES_URL]")
			}),
		},
		resource.TestStep{Config: c.config(two), ConfigPlanChecks: noChange},
		resource.TestStep{
			Config: c.config(secretConfig(otherScriptsURL, 4, unprotected)), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			Check: c.check(func() error {
				return expect("the keys", slices.Sorted(maps.Keys(member(c.options(), "configuration").(map[string]any))), "[POSTGRES_URL]")
			}),
		},
		resource.TestStep{
			// Not configured any more: kept, and no option may change without it.
			Config: c.config(unprotected), ConfigPlanChecks: noChange,
		},
		resource.TestStep{
			Config:      c.config(unprotected + `disable_signup = true`),
			ExpectError: words("so the keys POSTGRES_URL would be deleted"),
		},
	)
}

// The secret is in an ephemeral variable; state, plan, output and the trace of Terraform and provider are searched for it.
func TestConnectionSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	w := acctest.NewWorkspace(t, nil)
	write := func(version int) {
		declared := ""
		for _, name := range []string{"url", "client_secret"} {
			declared += fmt.Sprintf("variable %q {\n  type = string\n  ephemeral = true\n}\n", name)
		}
		configured := c.config(fmt.Sprintf("configuration_wo = { POSTGRES_URL = var.url }\nconfiguration_wo_version = %d\n", version) + unprotected)
		w.Write("main.tf", required+declared+strings.Replace(configured, acctest.Quote(c.tenant.Local.ClientSecret()), "var.client_secret", 1))
	}
	w.Setenv("TF_VAR_client_secret", c.tenant.Local.ClientSecret())
	w.Setenv("TF_LOG", "TRACE")
	w.Setenv("TF_LOG_PATH", filepath.Join(w.Dir, "trace.log"))
	w.Setenv("TF_VAR_url", scriptsURL)
	write(1)
	output := w.MustRun("plan", "-out=first.tfplan")
	output += w.MustRun("show", "-json", "first.tfplan")
	output += w.MustRun("apply", "first.tfplan")
	w.Setenv("TF_VAR_url", otherScriptsURL)
	refused, exit := w.Run("plan")
	if exit == 0 || !words("The configured values of POSTGRES_URL are not those that were sent").MatchString(refused) {
		t.Errorf("another value is not refused: %s", refused)
	}
	write(2)
	output += refused + w.MustRun("apply", "-auto-approve")
	output += w.MustRun("plan", "-detailed-exitcode")
	for file, text := range files(t, w.Dir) {
		output += "\n" + text
		if strings.HasSuffix(file, "trace.log") && !strings.Contains(text, "Auth0 request") {
			t.Error("the trace does not show the provider's requests")
		}
	}
	for _, secret := range []string{"Sup3rS3cretOne", "Sup3rS3cretTwo", c.tenant.Local.ClientSecret()} {
		for line := range strings.Lines(output) {
			if strings.Contains(line, secret) {
				t.Errorf("%s is in: %.300s", secret, line)
			}
		}
	}
	w.MustRun("destroy", "-auto-approve")
}

func TestConnectionConfigurationDrift(t *testing.T) {
	t.Parallel()
	config := secretConfig(scriptsURL, 1, unprotected)
	for name, configuration := range map[string]map[string]any{
		"value changed": {"POSTGRES_URL": otherScriptsURL},
		"key added":     {"POSTGRES_URL": scriptsURL, "ADDED": "x"},
		"emptied":       {},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConnectionTest(t)
			c.steps(
				resource.TestStep{Config: c.config(config)},
				resource.TestStep{
					PreConfig: c.change(func(o map[string]any) { o["configuration"] = configuration }),
					Config:    c.config(config), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
					Check: c.check(func() error {
						patches := c.sent("PATCH")
						return expect("the configuration sent", member(patches[len(patches)-1], "options", "configuration"), map[string]any{"POSTGRES_URL": scriptsURL})
					}),
				},
			)
		})
	}
}

func TestConnectionForeignConfigurationKeys(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	options := map[string]any{"enabledDatabaseCustomization": true, "configuration": map[string]any{"POSTGRES_URL": scriptsURL, "LEGACY_KEY": "x"}}
	if status, answer := c.tenant.API("POST", "/connections", map[string]any{"name": "legacy-users", "strategy": "auth0", "options": options}); status != 201 {
		t.Fatal(status, answer)
	}
	importBlock := "import {\n  to = auth0pg_connection.test\n  id = \"legacy-users\"\n}\n"
	c.steps(
		resource.TestStep{
			Config:      importBlock + c.config(secretConfig(scriptsURL, 1, unprotected)),
			ExpectError: words("holds the keys LEGACY_KEY, which are not in configuration_wo"),
		},
		resource.TestStep{
			Config: importBlock + c.config(secretConfig(scriptsURL, 2, unprotected)),
			Check: c.check(func() error {
				return expect("the keys", slices.Sorted(maps.Keys(member(c.options(), "configuration").(map[string]any))), "[POSTGRES_URL]")
			}),
		},
	)
}

func TestConnectionBadInput(t *testing.T) {
	t.Parallel()
	quoted := func(name string) string { return fmt.Sprintf("scripts { user_id_prefix = %q }", name) }
	tests := map[string]struct {
		replace [2]string
		more    string
		want    string
	}{
		"name with a space":      {replace: [2]string{`"legacy-users"`, `"legacy users"`}, want: "must consist of letters and digits"},
		"name with two hyphens":  {replace: [2]string{`"legacy-users"`, `"legacy--users"`}, want: "must consist of letters and digits"},
		"name too long":          {replace: [2]string{`"legacy-users"`, `"` + strings.Repeat("a", 129) + `"`}, want: "between 1 and 128"},
		"empty name":             {replace: [2]string{`"legacy-users"`, `""`}, want: "between 1 and 128"},
		"prefix with a bar":      {more: quoted("a|b"), want: "must consist of letters, digits"},
		"prefix with a space":    {more: quoted("a b"), want: "must consist of letters, digits"},
		"too many rounds":        {more: "scripts { bcrypt_rounds = 31 }", want: "between 4 and 15"},
		"too few rounds":         {more: "scripts { bcrypt_rounds = 3 }", want: "between 4 and 15"},
		"key with a dash":        {more: `scripts { database_url_key = "POSTGRES-URL" }`, want: "must be a name"},
		"unknown operation":      {more: `scripts { overrides = { log_in = "function f(a, b, callback) {}" } }`, want: "log_in"},
		"override with an error": {more: `scripts { overrides = { login = "function login(email, password, callback) { " } }`, want: "The login script is no valid JavaScript"},
		"override without context": {more: `enable_script_context = true
			scripts { overrides = { login = "function login(email, password, callback) { callback(null); }" } }`, want: "takes no context"},
		"override with context": {more: `scripts { overrides = { get_user = "function getUser(email, context, callback) { callback(null); }" } }`,
			want: "has enable_script_context off"},
		"override with a credential": {more: `scripts { overrides = { login = "function login(a, b, callback) { c('mysql://me:hunter2@h/d'); }" } }`,
			want: "URL with a password"},
		"override of null":        {more: `scripts { overrides = { login = null } }`, want: "An override needs the text of a script"},
		"configuration unversion": {more: `configuration_wo = { POSTGRES_URL = "postgres://h/d" }`, want: "configuration_wo_version"},
		"configuration without the URL": {more: `configuration_wo = { OTHER = "x" }
			configuration_wo_version = 1`, want: "which configuration_wo does not have"},
		"configuration with a bad URL":       {more: secretConfig("mysql://u:hunter2@h/d", 1, ""), want: "It must have the form postgres://"},
		"configuration without a database":   {more: secretConfig("postgres://u:hunter2@h", 1, ""), want: "it names no database"},
		"configuration with another sslmode": {more: secretConfig("postgres://u:hunter2@h/d?sslmode=on", 1, ""), want: "its sslmode is none of"},
		"configuration with a null": {more: `configuration_wo = { POSTGRES_URL = "postgres://u@h/d", X = null }
			configuration_wo_version = 1`, want: "Every key needs a value"},
		"options that are no object": {more: `options = jsonencode([1])`, want: "must be one JSON object"},
		"options that are no JSON":   {more: `options = "{"`, want: "JSON"},
		"option with an attribute":   {more: `options = jsonencode({ disable_signup = true })`, want: "managed by the attribute disable_signup"},
		"scripts in options":         {more: `options = jsonencode({ customScripts = {} })`, want: "managed by the attribute scripts"},
		"configuration in options":   {more: `options = jsonencode({ configuration = {} })`, want: "managed by the attribute configuration_wo"},
		"store without a part":       {replace: [2]string{`password       = "password_hash text"`, ``}, want: "needs the part password"},
		"store with an unknown part": {replace: [2]string{`nickname  `, `shoe_size`}, want: `columns names the part "shoe_size"`},
		"no store and no scripts":    {replace: [2]string{connectionStore, ""}, want: "there is neither a store to render them from nor an override"},
	}
	c := newConnectionTest(t)
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		test := tests[name]
		t.Run(name, func(t *testing.T) {
			config := c.config(test.more)
			if test.replace[0] != "" {
				if !strings.Contains(config, test.replace[0]) {
					t.Fatalf("the configuration has no %q", test.replace[0])
				}
				config = strings.Replace(config, test.replace[0], test.replace[1], 1)
			}
			acctest.Test(t, resource.TestCase{
				Steps: []resource.TestStep{{Config: config, PlanOnly: true, ExpectError: words(test.want)}},
			})
		})
	}
	if n := len(c.sent("POST")); n != 0 {
		t.Errorf("%d connections were created by configurations that plan refuses", n)
	}
}

func TestConnectionNameInUse(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	if status, answer := c.tenant.API("POST", "/connections", map[string]any{"name": "legacy-users", "strategy": "auth0"}); status != 201 {
		t.Fatal(status, answer)
	}
	c.steps(resource.TestStep{Config: c.config(""), PlanOnly: true, ExpectError: words(`id = "` + c.id() + `" # or "legacy-users"`)})
}

func TestConnectionRenameIsRefused(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	var taken map[string]any
	renamed := func(more string) string {
		return strings.Replace(c.config(more), `"legacy-users"`, `"new-users"`, 1)
	}
	c.steps(
		resource.TestStep{Config: c.config("allow_replacement = true")},
		resource.TestStep{Config: renamed(""), ExpectError: words("Auth0 cannot rename connection")},
		resource.TestStep{Config: renamed("allow_replacement = true"), ExpectError: words("is protected from deletion")},
		resource.TestStep{Config: c.config(unprotected)},
		// The new name is taken: nothing may be deleted before that is found out.
		resource.TestStep{
			PreConfig: func() {
				_, taken = c.tenant.API("POST", "/connections", map[string]any{"name": "new-users", "strategy": "auth0"})
			},
			Config: renamed(unprotected + "allow_replacement = true"), PlanOnly: true, ExpectError: words(`# or "new-users"`),
		},
		resource.TestStep{
			PreConfig:        func() { c.tenant.API("DELETE", fmt.Sprintf("/connections/%s", taken["id"]), nil) },
			Config:           renamed(unprotected + "allow_replacement = true"),
			ConfigPlanChecks: action(plancheck.ResourceActionReplace),
			Check:            c.check(func() error { return expect("the old connection", c.stored() == nil, true) }),
		},
	)
}

func TestConnectionDeletionGuards(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	count := regexp.MustCompile(`^/api/v2/users$`)
	answers := func(total int) func() {
		return c.tenant.Local.Inject(localtenant.Fault{Method: "GET", Path: count, Times: -1, Status: 200, Body: fmt.Sprintf(`{"start":0,"limit":1,"length":1,"total":%d,"users":[]}`, total)})
	}
	var remove func()
	nothing := acctest.ProviderConfig(nil, c.tenant)
	c.steps(
		resource.TestStep{Config: c.config("")},
		resource.TestStep{Config: nothing, PlanOnly: true, ExpectError: words("set deletion_protection = false, apply, and then delete it")},
		resource.TestStep{PreConfig: func() { remove = answers(3) }, Config: c.config("deletion_protection = false")},
		resource.TestStep{Config: nothing, PlanOnly: true, ExpectError: words("has 3 users")},
		resource.TestStep{
			PreConfig: func() {
				remove()
				remove = c.tenant.Local.Inject(localtenant.Fault{Method: "GET", Path: count, Times: -1, Status: 403,
					Body: `{"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:users","errorCode":"insufficient_scope"}`})
			},
			Config: nothing, PlanOnly: true, ExpectError: words("Grant the application one of the scopes read:users"),
		},
		resource.TestStep{
			PreConfig: func() { remove() },
			Config:    nothing,
			Check:     c.check(func() error { return expect("the connection", c.stored() == nil, true) }),
		},
	)
}

// Users may come between plan and apply.
func TestConnectionDeletionGuardAtApply(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": required + c.config("deletion_protection = false")})
	w.MustRun("apply", "-auto-approve")
	w.MustRun("plan", "-destroy", "-out=destroy.tfplan")
	remove := c.tenant.Local.Inject(localtenant.Fault{Method: "GET", Path: regexp.MustCompile(`^/api/v2/users$`), Times: -1, Status: 200, Body: `{"start":0,"limit":1,"length":1,"total":1,"users":[]}`})
	if output, exit := w.Run("apply", "destroy.tfplan"); exit == 0 || !words("has 1 user.").MatchString(output) || c.stored() == nil {
		t.Errorf("the connection is deleted with its user (exit %d):\n%s", exit, output)
	}
	remove()
	w.MustRun("destroy", "-auto-approve")
}

func TestConnectionFaults(t *testing.T) {
	t.Parallel()
	post, patch := regexp.MustCompile(`^/api/v2/connections$`), regexp.MustCompile(`^/api/v2/connections/con_`)
	limited := http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(time.Second).Unix(), 10)}}
	faults := map[string]localtenant.Fault{
		"answer to create lost":   {Method: "POST", Path: post, Cut: localtenant.CutAfter},
		"create rate limited":     {Method: "POST", Path: post, Status: 429, Header: limited, Times: 2},
		"list fails":              {Method: "GET", Path: post, Status: 503, Times: 2},
		"read fails":              {Method: "GET", Path: patch, Status: 502, Body: "<html>", Times: 2},
		"update cut before":       {Method: "PATCH", Path: patch, Cut: localtenant.CutBefore},
		"answer to update lost":   {Method: "PATCH", Path: patch, Cut: localtenant.CutAfter},
		"update rate limited":     {Method: "PATCH", Path: patch, Status: 429, Header: limited},
		"update fails once":       {Method: "PATCH", Path: patch, Status: 500},
		"answer to deletion lost": {Method: "DELETE", Path: patch, Cut: localtenant.CutAfter},
		"token fails once":        {Method: "POST", Path: regexp.MustCompile(`^/oauth/token$`), Status: 503},
	}
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		t.Run(name, func(t *testing.T) {
			c := newConnectionTest(t)
			c.tenant.Local.Inject(faults[name])
			c.steps(
				resource.TestStep{Config: c.config(secretConfig(scriptsURL, 1, unprotected))},
				resource.TestStep{
					Config: c.config(secretConfig(scriptsURL, 1, unprotected+"disable_signup = true")), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
					Check: c.check(func() error { return expect("disable_signup", c.options()["disable_signup"], true) }),
				},
			)
			if c.stored() != nil {
				t.Error("the connection was not deleted")
			}
		})
	}
}

func TestConnectionErrorsNameTheCause(t *testing.T) {
	t.Parallel()
	c := newConnectionTest(t)
	post := regexp.MustCompile(`^/api/v2/connections$`)
	refuse := func(body string) func() {
		return func() {
			c.tenant.Local.Inject(localtenant.Fault{Method: "POST", Path: post, Status: 400, Body: body})
		}
	}
	c.steps(
		resource.TestStep{
			PreConfig:   refuse(`{"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'found ` + scriptsURL + `'","errorCode":"invalid_body"}`),
			Config:      c.config(secretConfig(scriptsURL, 1, unprotected)),
			ExpectError: words("(invalid_body): Payload validation error: 'found (sensitive)'"),
		},
		resource.TestStep{
			PreConfig: func() {
				c.tenant.Local.Inject(localtenant.Fault{Method: "POST", Path: post, Status: 403,
					Body: `{"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: create:connections","errorCode":"insufficient_scope"}`})
			},
			Config:      c.config(unprotected),
			ExpectError: words("Grant the application one of the scopes create:connections"),
		},
	)
}
