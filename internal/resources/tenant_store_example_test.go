// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// exampleValue is a value as Go has it in JSON, and lists of text as such.
func exampleValue(t *testing.T, value cty.Value) any {
	t.Helper()
	var texts []string
	if text, err := ctyjson.Marshal(value, value.Type()); err == nil && json.Unmarshal(text, &texts) == nil {
		return texts
	}
	text, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

// exampleAttributes are those of a block, with the references that the context has.
func exampleAttributes(t *testing.T, body *hclsyntax.Body, context *hcl.EvalContext) map[string]any {
	t.Helper()
	all := map[string]any{}
	for name, attribute := range body.Attributes {
		value, diags := attribute.Expr.Value(context)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		all[name] = exampleValue(t, value)
	}
	return all
}

// readExample reads the data sources of an example in this process, and gives its blocks and what they can refer to.
func readExample(t *testing.T, core *acctest.Core, text, secret string) (hclsyntax.Blocks, *hcl.EvalContext) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), "data-source.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	blocks := file.Body.(*hclsyntax.Body).Blocks
	stores := map[string]cty.Value{}
	for _, block := range blocks {
		if block.Type != "data" {
			continue
		}
		read, said := core.Data(block.Labels[0], exampleAttributes(t, block.Body, nil))
		said.None(t)
		encoded, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		typ, err := ctyjson.ImpliedType(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if stores[block.Labels[1]], err = ctyjson.Unmarshal(encoded, typ); err != nil {
			t.Fatal(err)
		}
	}
	return blocks, &hcl.EvalContext{Variables: map[string]cty.Value{
		"data": cty.ObjectVal(map[string]cty.Value{"auth0pg_tenant_store": cty.ObjectVal(stores)}),
		"var":  cty.ObjectVal(map[string]cty.Value{"client_secret": cty.StringVal(secret)}),
	}}
}

// The example between two tenants: a client that may do what the outputs say and nothing else is enough for users to log in, to be
// known at a sign-up, and to have moved.
func TestExampleTenantStore(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	text, err := os.ReadFile("../../examples/data-sources/auth0pg_tenant_store/data-source.tf")
	if err != nil {
		t.Fatal(err)
	}
	example := strings.ReplaceAll(string(text), `"acme.eu.auth0.com"`, `"`+w.domain()+`"`)
	blocks, context := readExample(t, w.core, example, "")
	var connection *hclsyntax.Body
	var allowed map[string]any
	for _, block := range blocks {
		switch block.Type {
		case "resource":
			connection = block.Body
		case "output":
			allowed = exampleAttributes(t, block.Body, context)["value"].(map[string]any)
		}
	}
	inner := w.api(w.inner, "GET", "/connections?name=members", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	client := w.client(w.inner, inner, map[string]any{"grant_types": allowed["grant_types"]})
	w.api(w.inner, "POST", "/client-grants", map[string]any{
		"client_id": client["TENANT_CLIENT_ID"], "audience": w.inner.URL + "/api/v2/", "scope": allowed["scopes"],
	})
	context.Variables["var"] = cty.ObjectVal(map[string]cty.Value{"client_secret": cty.StringVal(client["TENANT_CLIENT_SECRET"].(string))})
	config := exampleAttributes(t, connection, context)
	config["configuration_wo"].(map[string]any)["TENANT_CLIENT_ID"] = client["TENANT_CLIENT_ID"]

	for _, name := range []string{"ada", "eve"} {
		w.api(w.inner, "POST", "/users", map[string]any{
			"connection": "members", "email": name + "@example.com", "password": "Correct-Horse-Battery-1", "user_id": name,
		})
	}
	applied, diags := w.core.Apply(w.core.New("auth0pg_connection"), config)
	if diags.Failed() {
		t.Fatal(diags)
	}
	if again, diags := w.core.Plan(applied, config); acctest.Changes(applied, again) != "" || diags.Failed() {
		t.Errorf("%s %s", acctest.Changes(applied, again), diags)
	}
	app := w.client(w.outer, applied.JSON()["id"].(string), nil)
	if status, answer := w.login(app, "ada@example.com", "wrong"); status != http.StatusForbidden || answer["error"] != "invalid_grant" {
		t.Errorf("a wrong password: %d %v", status, answer)
	}
	if status, answer := w.login(app, "ada@example.com", "Correct-Horse-Battery-1"); status != http.StatusOK {
		t.Fatalf("%d %v %v", status, answer, w.outer.Local.Logs())
	}
	if moved := w.api(w.outer, "GET", "/users/auth0%7Cada", nil); moved["email"] != "ada@example.com" {
		t.Errorf("moved is %v", moved)
	}
	if status, answer := w.outer.API("POST", "/users", map[string]any{
		"connection": "members", "email": "eve@example.com", "password": "Correct-Horse-Battery-2",
	}); status != http.StatusConflict {
		t.Errorf("who has not moved can sign up: %d %v", status, answer)
	}
}
