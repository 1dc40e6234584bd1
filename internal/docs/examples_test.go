// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What the examples leave to their reader.
const requiredProviders = "terraform {\n  required_providers {\n    auth0pg = { source = \"auth0pg/auth0pg\" }\n  }\n}\n"

// Every object's and function's example is applied, and leaves nothing to do.
func TestExamplesApply(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(root(t), "examples", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	folders = append(folders, filepath.Join(root(t), "examples", "rotation"))
	applied := 0
	for _, folder := range folders {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() || filepath.Base(filepath.Dir(folder)) == "modules" || strings.HasSuffix(folder, "moving/scripts") {
			continue
		}
		applied++
		name, _ := filepath.Rel(root(t), folder)
		t.Run(strings.TrimPrefix(name, "examples/"), func(t *testing.T) { applyExample(t, name) })
	}
	if applied < 10 {
		t.Errorf("found only %d examples", applied)
	}
}

func applyExample(t *testing.T, folder string) {
	files := map[string]string{}
	stated := false
	for name, text := range filesBelow(t, folder) {
		// What is imported has to be there; adopting and moving have tests of their own.
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
		"blue_password": "the-first-long-password", "green_password": "the-second-long-password",
	} {
		h.Setenv("TF_VAR_"+name, value)
	}
	before := roles(h)
	t.Cleanup(func() {
		for _, role := range roles(h) {
			if !slices.Contains(before, role) {
				h.db.Exec("drop owned by " + role + " cascade")
				h.db.Exec("drop role " + role)
			}
		}
	})
	h.MustRun("apply", "-auto-approve")
	h.MustRun("plan", "-detailed-exitcode")
}

// roles lists the server's roles; a role belongs to all of its databases.
func roles(h *house) []string {
	return strings.Fields(h.db.QueryString("select string_agg(quote_ident(rolname), ' ' order by oid) from pg_roles where rolname !~ '^pg_'"))
}
