// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the examples leave to their reader.
const requiredProviders = "terraform {\n  required_providers {\n    auth0pg = { source = \"auth0pg/auth0pg\" }\n  }\n}\n"

// elsewhere are the examples that have a test of their own, and where.
var elsewhere = map[string]string{
	"complete":                "internal/demo",
	"with-module":             "internal/demo",
	"adopting":                "TestGuideAdopting",
	"automatic-migration":     "TestGuideAutomaticMigration",
	"moving":                  "TestExampleMoving",
	"modules/custom-database": "TestModuleTests",
	"custom-api":              "TestExampleCustomAPI",
	"custom-api/tenant":       "TestExampleCustomAPI, and make validate-clouds",
	"two-tenants":             "TestExampleTwoTenants, and make validate-clouds",
	"two-tenants/there":       "make validate-clouds",
	// To apply these takes an account with the cloud.
	"clouds/aiven":  "make validate-clouds",
	"clouds/aws":    "make validate-clouds",
	"clouds/azure":  "make validate-clouds",
	"clouds/google": "make validate-clouds",
	"clouds/neon":   "make validate-clouds",
}

// found is what an example's application has made before.
var found = map[string]string{
	"data-sources/auth0pg_store": `CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, encrypted_password text, confirmed_at timestamptz, first_name text,
		last_name text, is_active boolean, banned_until timestamptz, deleted_at timestamptz); CREATE UNIQUE INDEX ON customers (lower(email)) WHERE deleted_at IS NULL`,
	"several-tables": `CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL,
		email_verified_at timestamptz, locked boolean NOT NULL DEFAULT false);
		CREATE TABLE passwords (user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE, hash text NOT NULL)`,
}

// Every example is applied, and leaves nothing to do. What its page says about imports works, too.
func TestExamplesApply(t *testing.T) {
	folders := map[string]bool{}
	for name := range filesBelow(t, "examples") {
		if strings.HasSuffix(name, ".tf") {
			folders[path.Dir(name)] = true
		}
	}
	for folder := range elsewhere {
		if !folders[folder] {
			t.Errorf("there is no example %s", folder)
		}
		delete(folders, folder)
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if strings.HasPrefix(folder, "applications/") {
			continue // TestApplications applies them
		}
		t.Run(folder, func(t *testing.T) { applyExample(t, "examples/"+folder) })
	}
}

// Every page of the reference shows an example that TestExamplesApply applies.
func TestEveryObjectHasAnExample(t *testing.T) {
	n := 0
	for kind, file := range map[string]string{"resources": "auth0pg_%s/resource.tf", "data-sources": "auth0pg_%s/data-source.tf", "functions": "%s/function.tf"} {
		for page, text := range filesBelow(t, "docs/"+kind) {
			n++
			example := read(t, "examples/"+kind+"/"+fmt.Sprintf(file, strings.TrimSuffix(page, ".md")))
			if !strings.Contains(text, strings.TrimSpace(example)) {
				t.Errorf("docs/%s/%s does not show its example", kind, page)
			}
		}
	}
	if n < 8 {
		t.Errorf("found only %d pages", n)
	}
}

// A page that is larger is cut off where the documentation is published.
func TestPagesAreWithinLimits(t *testing.T) {
	for page, text := range filesBelow(t, "docs") {
		if len(text) > 500_000 {
			t.Errorf("docs/%s has %d bytes", page, len(text))
		}
	}
}

func applyExample(t *testing.T, folder string) {
	h := exampleHouse(t, folder)
	h.db.Exec(found[strings.TrimPrefix(folder, "examples/")])
	h.MustRun("apply", "-auto-approve")
	h.MustRun("plan", "-detailed-exitcode")
	if _, err := os.Stat(filepath.Join(root(t), folder, "import.sh")); err == nil {
		importExample(t, h, folder)
	}
}

// exampleHouse is what the example in a folder can be applied to.
func exampleHouse(t *testing.T, folder string) *house {
	t.Helper()
	files := map[string]string{}
	stated := false
	for name, text := range filesBelow(t, folder) {
		// What is imported has to be there first.
		if strings.HasSuffix(name, ".tf") && !strings.HasPrefix(name, "import-by") {
			files[name] = text
			stated = stated || strings.Contains(text, "required_providers")
		}
	}
	if !stated {
		files["required_providers.tf"] = requiredProviders
	}
	h := newHouse(t, files)
	for name, value := range map[string]string{
		"app_client_id": h.clientID, "scripts_password": "a-long-enough-password", "password": "p@ss/word",
		"client_secret": "a-long-enough-secret",
		"blue_password": "the-first-long-password", "green_password": "the-second-long-password",
		"auth0_client_id": "x", "auth0_client_secret": "x", "postgres_password": "x", // of a provider that nothing uses
	} {
		h.Setenv("TF_VAR_"+name, value)
	}
	before := roles(h)
	t.Cleanup(func() { dropRoles(h, before) })
	return h
}

// dropRoles drops those that were not there before.
func dropRoles(h *house, before []string) {
	for _, role := range roles(h) {
		if !slices.Contains(before, role) {
			h.db.Exec("drop owned by " + role + " cascade")
			h.db.Exec("drop role " + role)
		}
	}
}

// roles lists the server's roles; a role belongs to all of its databases.
func roles(h *house) []string {
	return strings.Fields(h.db.QueryString("select string_agg(quote_ident(rolname), ' ' order by oid) from pg_roles where rolname !~ '^pg_'"))
}

// importCommand is a line of an import.sh.
var importCommand = regexp.MustCompile(`(?m)^terraform import (\S+) (\S+)$`)

// importExample forgets an object of an example and imports it: by every form of the command, and by the block.
func importExample(t *testing.T, h *house, folder string) {
	t.Helper()
	commands := importCommand.FindAllStringSubmatch(read(t, folder+"/import.sh"), -1)
	if len(commands) == 0 {
		t.Fatal("import.sh has no command")
	}
	settled := func(how string) {
		t.Helper()
		h.MustRun("apply", "-auto-approve")
		if output, exit := h.Run("plan", "-detailed-exitcode"); exit != 0 {
			t.Errorf("after %s the plan is not empty (exit code %d):\n%s", how, exit, output)
		}
	}
	for _, command := range commands {
		address, id := command[1], command[2]
		if strings.HasPrefix(id, "con_") {
			id = h.connectionID(t)
		}
		h.MustRun("state", "rm", "-no-color", address)
		h.MustRun("import", address, id)
		settled(command[0])
	}
	h.MustRun("state", "rm", "-no-color", commands[0][1])
	h.Write("import.tf", read(t, folder+"/import-by-string-id.tf"))
	if output := h.MustRun("plan"); !strings.Contains(output, "Plan: 1 to import, 0 to add") {
		t.Errorf("the block imports something else:\n%s", output)
	}
	settled("the import block")
}

// connectionID is the id of the only connection.
func (h *house) connectionID(t *testing.T) string {
	t.Helper()
	_, answer := h.tenant.API("GET", "/connections", nil)
	if items, ok := answer["items"].([]any); ok && len(items) == 1 {
		id, _ := items[0].(map[string]any)["id"].(string)
		return id
	}
	t.Fatalf("not one connection: %v", answer)
	return ""
}
