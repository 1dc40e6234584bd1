// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/provider"
)

// inProduction is a connection as it is found, and what is configured for it beside its scripts and secrets.
type inProduction struct {
	operations string
	options    map[string]any
	configured map[string]any
	// edit is done to each script.
	edit func(string) string
	// says is what the first plan says, "" for nothing.
	says string
}

func productions() map[string]inProduction {
	type object = map[string]any
	url := object{"configuration": object{"POSTGRES_URL": scriptsURL}}
	with := func(more object) object {
		maps.Copy(more, url)
		return more
	}
	parts := object{"DB_HOST": "db.example.com", "DB_USER": "scripts", "DB_PASSWORD": "Sup3rS3cret", "DB_NAME": "app"}
	edited := func(operations, from, to string) inProduction {
		return inProduction{
			operations: operations, edit: func(s string) string { return strings.Replace(s, from, to, 1) },
			says: "The tenant has this script already",
		}
	}
	return map[string]inProduction{
		"all seven":                {operations: "login get_user create verify change_password delete change_email", options: url},
		"six, as the dashboard":    {operations: "login get_user create verify change_password delete", options: url},
		"eight, with usernames":    {operations: "login get_user create verify change_password delete change_email change_username", options: url},
		"three":                    {operations: "login get_user change_password", options: with(object{"disable_signup": true}), configured: object{"disable_signup": true}},
		"two, read only":           {operations: "login get_user", options: url, configured: object{"disable_signup": false}},
		"login alone":              {operations: "login", options: url},
		"import mode":              {operations: "login get_user", options: with(object{"import_mode": true}), configured: object{"import_mode": true}},
		"import mode, one":         {operations: "login", options: object{"import_mode": true}, configured: object{"import_mode": true}},
		"four separate keys":       {operations: "login get_user create", options: object{"configuration": parts}},
		"no configuration":         {operations: "login get_user"},
		"customization off":        {operations: "login get_user", options: with(object{"enabledDatabaseCustomization": false}), says: "1 user in Auth0's own store"},
		"anonymous function":       edited("login", "function login", "function "),
		"exported":                 edited("login get_user", "callback(null, {});\n}\n", "callback(null, {});\n}\nmodule.exports = login;\n"),
		"keyword of another tool":  edited("login", "{}", "@@USER@@"),
		"password in a comment":    edited("login", "{\n", "{ // postgres://a:b@c/d\n"),
		"operations are named":     {operations: "login get_user", configured: object{"operations": []string{"login", "get_user"}}},
		"false that is not stored": {operations: "login", configured: object{"requires_username": false, "is_domain_connection": false, "realm_fallback": false}},
	}
}

// What production has is taken over as it is, by import and from the other provider's state, with nothing to do.
func TestTakeOverWhatProductionHas(t *testing.T) {
	t.Parallel()
	for name, found := range productions() {
		for _, by := range []string{"import", "moved"} {
			t.Run(name+", "+by, func(t *testing.T) {
				t.Parallel()
				tenant := acctest.TenantWith(t, localtenant.Options{})
				core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
				id, config := found.make(t, tenant)
				var object acctest.Object
				var diags acctest.Diagnostics
				if by == "import" {
					object, diags = core.Import("auth0pg_connection", id)
				} else {
					object, diags = core.Move("auth0pg_connection", officialState(t, id, found.options["configuration"]))
				}
				diags.None(t)
				planned, diags := core.Plan(object, config)
				said := strings.ReplaceAll(diags.String(), "Configuration Not Compared", "")
				expected := config["configuration_wo"] != nil && by == "import" // that it is not compared
				if diags.Failed() || found.says == "" && len(diags) > 0 && !(expected && len(diags) == 1) || !strings.Contains(said, found.says) {
					t.Fatalf("want %q: %s", found.says, diags)
				}
				if changes := acctest.Changes(object, planned); changes != "" && name != "customization off" {
					t.Errorf("the plan is not empty:\n%s", changes)
				}
			})
		}
	}
}

// make makes the connection and says what is configured for it.
func (p inProduction) make(t *testing.T, tenant *acctest.TenantHandle) (id string, config map[string]any) {
	t.Helper()
	all, texts := legacyScripts(), map[string]any{}
	all["change_username"] = "function changeUsername(email, username, callback) {\n  return callback(null, true);\n}\n"
	for _, op := range strings.Fields(p.operations) {
		texts[op] = all[op]
		if p.edit != nil {
			texts[op] = p.edit(all[op].(string))
		}
	}
	options := map[string]any{"enabledDatabaseCustomization": true, "customScripts": texts}
	maps.Copy(options, p.options)
	status, answer := tenant.API("POST", "/connections", map[string]any{"name": "legacy-users", "strategy": "auth0", "options": options})
	if status != 201 {
		t.Fatal(status, answer)
	}
	if options["enabledDatabaseCustomization"] == false {
		tenant.API("POST", "/users", map[string]any{"connection": "legacy-users", "email": "ada@example.com", "password": "Correct-horse-1"})
	}
	config = map[string]any{"name": "legacy-users", "scripts": map[string]any{"overrides": texts}}
	if configuration := options["configuration"]; configuration != nil {
		config["configuration_wo"], config["configuration_wo_version"] = configuration, 1
	}
	maps.Copy(config, p.configured)
	return answer["id"].(string), config
}

// officialState is what Auth0's provider keeps about the connection.
func officialState(t *testing.T, id string, configuration any) tfprotov6.MoveResourceStateRequest {
	t.Helper()
	state, err := json.Marshal(map[string]any{"id": id, "strategy": "auth0", "options": []any{map[string]any{"configuration": configuration}}})
	if err != nil {
		t.Fatal(err)
	}
	return tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.terraform.io/auth0/auth0", SourceTypeName: "auth0_connection", SourceSchemaVersion: 3,
		SourceState: &tfprotov6.RawState{JSON: state},
	}
}

// What does not fit what is there is refused when it is planned, in words that name it.
func TestTakeOverRefusals(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	overrides := func(c object) object { return c["scripts"].(object)["overrides"].(object) }
	large := "function login(a, b, callback) {\n" + strings.Repeat("// a\n", 30000) + "}"
	two := productions()["two, read only"]
	for name, test := range map[string]struct {
		change func(config object)
		want   string
	}{
		"nothing at all":               {func(c object) { delete(c, "scripts") }, "No Scripts"},
		"operation without source":     {func(c object) { c["operations"] = []string{"login", "get_user", "create"} }, "Script Has No Source"},
		"override that is not named":   {func(c object) { c["operations"] = []string{"login"} }, "There is a script for get_user"},
		"override of the other mode":   {func(c object) { c["import_mode"] = true; overrides(c)["create"] = legacyScripts()["create"] }, "never create"},
		"too large":                    {func(c object) { overrides(c)["login"] = large }, "Script Too Large"},
		"another text that is wrong":   {func(c object) { overrides(c)["login"] = "(a, b, callback) => 1" }, "Script Function Has No Name"},
		"null":                         {func(c object) { overrides(c)["get_user"] = nil }, "Script Is Null"},
		"key in another case":          {func(c object) { c["configuration_wo"] = object{"postgres_url": scriptsURL} }, "two keys"},
		"deployed elsewhere, and here": {func(c object) { c["manage_scripts"] = false }, "something else deploys"},
		"less than there was":          {func(c object) { delete(overrides(c), "get_user") }, "get_user: sign-up does not find"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := acctest.TenantWith(t, localtenant.Options{})
			core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
			id, config := two.make(t, tenant)
			object, diags := core.Import("auth0pg_connection", id)
			diags.None(t)
			test.change(config)
			if _, diags = core.Plan(object, config); !strings.Contains(diags.String(), test.want) {
				t.Errorf("nothing of %q in\n%s", test.want, diags)
			}
		})
	}
}

// Scripts that something else deploys stay as they are, whatever is changed here.
func TestScriptsOfAnotherTool(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
	id, config := productions()["two, read only"].make(t, tenant)
	object, diags := core.Import("auth0pg_connection", id)
	diags.None(t)
	delete(config, "scripts")
	config["manage_scripts"], config["disable_signup"] = false, true
	applied, diags := core.Apply(object, config)
	if diags.Failed() {
		t.Fatal(diags)
	}
	_, stored := tenant.API("GET", "/connections/"+id, nil)
	if got := member(stored, "options", "customScripts"); len(got.(map[string]any)) != 2 {
		t.Errorf("the scripts are %v", got)
	}
	again, diags := core.Refresh(applied)
	diags.None(t)
	planned, diags := core.Plan(again, config)
	diags.None(t)
	if changes := acctest.Changes(again, planned); changes != "" {
		t.Errorf("the plan is not empty:\n%s", changes)
	}
}

// A state that is planned against another tenant is not emptied.
func TestStateOfAnotherTenant(t *testing.T) {
	t.Parallel()
	one, other := acctest.TenantWith(t, localtenant.Options{}), acctest.TenantWith(t, localtenant.Options{})
	id, _ := productions()["login alone"].make(t, one)
	object, diags := acctest.NewCore(t, provider.Server("test"), one.Auth0()).Import("auth0pg_connection", id)
	diags.None(t)
	kept, diags := acctest.NewCore(t, provider.Server("test"), other.Auth0()).Refresh(object)
	if !strings.Contains(diags.String(), "State Of Another Tenant") || kept.State.IsNull() {
		t.Errorf("%v %s", kept.State.IsNull(), diags)
	}
}
