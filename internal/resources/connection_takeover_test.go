// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
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
		"customization off":        {operations: "login get_user", options: with(object{"enabledDatabaseCustomization": false})},
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
				before := optionsOf(t, tenant, id)
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
				if now := optionsOf(t, tenant, id); !reflect.DeepEqual(now, before) {
					t.Errorf("taking it over changed it:\n%v\nwas\n%v", now, before)
				}
				goBack(t, tenant, core, object, config, before)
			})
		}
	}
}

// goBack makes one change, and looks whether whoever takes the connection back finds all that there was: nothing of it was
// lost, and forgetting it here asks nothing of the tenant.
func goBack(t *testing.T, tenant *acctest.TenantHandle, core *acctest.Core, object acctest.Object, config, before map[string]any) {
	t.Helper()
	config = maps.Clone(config)
	config["disable_signup"] = before["disable_signup"] != true
	applied, diags := core.Apply(object, config)
	if diags.Failed() {
		t.Fatal(diags)
	}
	id, _ := applied.JSON()["id"].(string)
	after := optionsOf(t, tenant, id)
	if (after["disable_signup"] == true) != config["disable_signup"] {
		t.Errorf("disable_signup is %v", after["disable_signup"])
	}
	for _, changed := range []map[string]any{before, after} {
		delete(changed, "disable_signup")
		if after["enabledDatabaseCustomization"] == true { // it is what scripts need
			delete(changed, "enabledDatabaseCustomization")
		}
	}
	for name := range after {
		if !reflect.DeepEqual(after[name], before[name]) {
			t.Errorf("a change of one option changed %s: %v, was %v", name, after[name], before[name])
		}
		delete(before, name)
	}
	if len(before) > 0 {
		t.Errorf("a change of one option took away %v", before)
	}
}

func withoutFalse(members map[string]any) {
	maps.DeleteFunc(members, func(_ string, value any) bool {
		inner, nested := value.(map[string]any)
		if nested {
			withoutFalse(inner)
		}
		return value == false || nested && len(inner) == 0
	})
}

// optionsOf are those that the tenant has, but for what is false, which is as good as absent, and with the configuration's
// keys in place of its ciphertext.
func optionsOf(t *testing.T, tenant *acctest.TenantHandle, id string) map[string]any {
	t.Helper()
	status, answer := tenant.API("GET", "/connections/"+id, nil)
	options, ok := answer["options"].(map[string]any)
	if status != 200 || !ok {
		t.Fatal(status, answer)
	}
	withoutFalse(options)
	if configuration, ok := options["configuration"].(map[string]any); ok {
		options["configuration"] = slices.Sorted(maps.Keys(configuration))
	}
	return options
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

// A connection whose users are in Auth0's own store is not given a database of its own: the tenant would refuse it.
func TestTakeOverOfUsers(t *testing.T) {
	t.Parallel()
	for name, importMode := range map[string]bool{"users stay": false, "users move": true} {
		t.Run(name, func(t *testing.T) {
			tenant := acctest.TenantWith(t, localtenant.Options{})
			core := acctest.NewCore(t, provider.Server("test"), tenant.Auth0())
			id, config := productions()["customization off"].make(t, tenant)
			config["import_mode"] = importMode
			if status, answer := tenant.API("POST", "/users", map[string]any{"connection": "legacy-users", "email": "ada@example.com",
				"password": "Correct-horse-battery-1"}); status != 201 {
				t.Fatal(status, answer)
			}
			object, diags := core.Import("auth0pg_connection", id)
			diags.None(t)
			if _, diags = core.Plan(object, config); !diags.Failed() || !strings.Contains(diags.String(), "has 1 user in Auth0's own store") {
				t.Errorf("it is planned: %s", diags)
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

// Two resources that have one connection would undo each other's changes for ever: the second that is read says so. One
// that is read again, or has gone from the configuration, is not a second one.
func TestTwoResourcesOfOneConnection(t *testing.T) {
	t.Parallel()
	tenant := acctest.TenantWith(t, localtenant.Options{})
	run := func() *acctest.Core { return acctest.NewCore(t, provider.Server("test"), tenant.Auth0()) }
	id, config := productions()["two, read only"].make(t, tenant)
	first, diags := run().Import("auth0pg_connection", id)
	diags.None(t)
	second, diags := run().Import("auth0pg_connection", id)
	diags.None(t)
	core := run()
	for range 2 {
		first, diags = core.Refresh(first)
		diags.None(t)
	}
	if _, diags := core.Refresh(second); !strings.Contains(diags.String(), "Connection Managed Twice") {
		t.Errorf("both are read: %s", diags)
	}
	if _, diags := core.Import("auth0pg_connection", id); !strings.Contains(diags.String(), "Connection Managed Twice") {
		t.Errorf("it is imported once more: %s", diags)
	}
	if _, diags := core.Plan(first, config); diags.Failed() {
		t.Errorf("the one that there was: %s", diags)
	}
	if _, diags = run().Refresh(second); len(diags) > 0 {
		t.Errorf("the other one alone: %s", diags)
	}
}
