// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/auth0pg/terraform-provider-auth0pg/api"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// contract is the OpenAPI file with its schemas compiled.
type contract struct {
	document any
	compiler *jsonschema.Compiler
	compiled sync.Map
}

var theContract = sync.OnceValue(func() *contract {
	c := &contract{compiler: jsonschema.NewCompiler()}
	if err := yaml.Unmarshal(api.UsersV1, &c.document); err != nil {
		panic(err)
	}
	encoded, err := json.Marshal(c.document) // numbers as a reader of JSON has them
	if err != nil {
		panic(err)
	}
	if c.document, err = jsonschema.UnmarshalJSON(strings.NewReader(string(encoded))); err != nil {
		panic(err)
	}
	if err := c.compiler.AddResource("contract.json", c.document); err != nil {
		panic(err)
	}
	return c
})

// at is what stands at a path of the document; nil for nothing. References are followed.
func (c *contract) at(path ...string) any {
	value := c.document
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		if to, ok := object["$ref"].(string); ok {
			object, _ = c.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...).(map[string]any)
		}
		value = object[name]
	}
	if object, ok := value.(map[string]any); ok {
		if to, ok := object["$ref"].(string); ok && len(object) == 1 {
			return c.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...)
		}
	}
	return value
}

// validate tells whether JSON fits the schema at a path, whose last step may be a reference.
func (c *contract) validate(text string, path ...string) error {
	schema, _ := c.at(path...).(map[string]any)
	if schema == nil {
		return fmt.Errorf("the contract has nothing at %q", path)
	}
	key := fmt.Sprint(path)
	validator, ok := c.compiled.Load(key)
	if !ok {
		url := "schema:" + strings.ReplaceAll(strings.Join(path, "/"), " ", "")
		own := jsonschema.NewCompiler()
		whole := map[string]any{"components": c.at("components"), "allOf": []any{schema}}
		if err := own.AddResource(url, whole); err != nil {
			return err
		}
		compiled, err := own.Compile(url)
		if err != nil {
			return err
		}
		validator, _ = c.compiled.LoadOrStore(key, compiled)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return validator.(*jsonschema.Schema).Validate(value)
}

// answers checks an answer of the API against the contract.
func (c *contract) answers(path string, status int, answer string) error {
	response := "default"
	if status == http.StatusOK {
		response = "200"
	}
	return c.validate(answer, "paths", path, "post", "responses", response, "content", "application/json", "schema")
}

// asks checks a request.
func (c *contract) asks(path, body string) error {
	return c.validate(body, "paths", path, "post", "requestBody", "content", "application/json", "schema")
}

// The contract says of each operation what the API does: path, scope, and what it refuses of a request.
func TestContractFile(t *testing.T) {
	c := theContract()
	if c.at("openapi") != "3.1.0" || c.at("info", "version") != "1.0.0" {
		t.Error("the file is of another version")
	}
	paths, _ := c.at("paths").(map[string]any)
	served := map[string]scripts.Operation{"login": "login", "record_login": "login", "replace_hash": "login"}
	for _, op := range scripts.Operations() {
		served[string(op)] = op
	}
	scopes, _ := c.at("components", "securitySchemes", "clientCredentials", "flows", "clientCredentials", "scopes").(map[string]any)
	for name, op := range served {
		want := fmt.Sprintf("[map[clientCredentials:[users:%s]] map[basic:[]]]", op)
		if got := fmt.Sprint(c.at("paths", "/v1/"+name, "post", "security")); got != want {
			t.Errorf("%s: security is %s, want %s", name, got, want)
		}
		if scopes["users:"+string(op)] == nil {
			t.Errorf("the scope of %s is not described", op)
		}
	}
	for path := range paths {
		if name, ok := strings.CutPrefix(path, "/v1/"); ok && served[name] == "" {
			t.Errorf("%s is not served", path)
		}
	}
	if len(paths) != len(served)+2 || len(scopes) != len(scripts.Operations()) {
		t.Errorf("%d paths, %d scopes", len(paths), len(scopes))
	}
	codes, _ := c.at("components", "schemas", "Error", "properties", "error", "enum").([]any)
	description, _ := c.at("components", "responses", "Error", "description").(string)
	for _, code := range codes {
		if !strings.Contains(description, "`"+code.(string)+"`") {
			t.Errorf("the error %s has no row", code)
		}
	}
	if !slices.Contains(codes, any("not_offered")) {
		t.Error("no codes")
	}
	references(t, c, c.document)
}

// references finds those that lead nowhere.
func references(t *testing.T, c *contract, value any) {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		if to, ok := value["$ref"].(string); ok && c.at(strings.Split(strings.TrimPrefix(to, "#/"), "/")...) == nil {
			t.Errorf("%s leads nowhere", to)
		}
		for _, inner := range value {
			references(t, c, inner)
		}
	case []any:
		for _, inner := range value {
			references(t, c, inner)
		}
	}
}
