// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// root is the folder of this module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := devtools.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t testing.TB, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(t), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// filesBelow reads every file of a folder, by its path in it with slashes.
func filesBelow(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	base := filepath.Join(root(t), folder)
	err := filepath.WalkDir(base, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		name, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
