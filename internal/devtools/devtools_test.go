// SPDX-License-Identifier: MPL-2.0

package devtools_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

func TestBuildDir(t *testing.T) {
	root, err := devtools.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(devtools.BuildDirVariable, "")
	if dir, err := devtools.BuildDir(); err != nil || dir != filepath.Join(root, "build") {
		t.Errorf("build folder %q: %v", dir, err)
	}
	want := filepath.Join(t.TempDir(), "a", "b")
	t.Setenv(devtools.BuildDirVariable, want)
	if dir, err := devtools.BuildDir(); err != nil || dir != want {
		t.Errorf("build folder %q: %v", dir, err)
	}
	if _, err := os.Stat(want); err != nil {
		t.Error(err)
	}
	t.Chdir(t.TempDir())
	if root, err := devtools.ModuleRoot(); err == nil {
		t.Errorf("found a module root outside of the module: %s", root)
	}
}

func TestLockKeepsOthersOut(t *testing.T) {
	t.Setenv(devtools.BuildDirVariable, t.TempDir())
	unlock, err := devtools.Lock(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := devtools.Lock(impatient, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("locked twice: %v", err)
	}
	if other, err := devtools.Lock(t.Context(), "y"); err != nil {
		t.Error(err)
	} else {
		other()
	}
	unlock()
	again, err := devtools.Lock(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestFindTerraform(t *testing.T) {
	// A missing file here must not matter.
	t.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(t.TempDir(), "missing"))
	programs := t.TempDir()
	fake := func(name, says string) string {
		path := filepath.Join(programs, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n[ -f \"$TF_CLI_CONFIG_FILE\" ] && echo '"+says+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tofu := fake("tofu", "OpenTofu v1.12.6")
	other := fake("other", "Terraform v1.13.0-rc1")
	t.Setenv("PATH", programs)
	t.Setenv(devtools.TerraformVariable, "")

	check := func(want devtools.Terraform) {
		t.Helper()
		if found, err := devtools.FindTerraform(t.Context()); err != nil || found != want {
			t.Errorf("found %+v, want %+v: %v", found, want, err)
		}
	}
	check(devtools.Terraform{Path: tofu, Version: "1.12.6", OpenTofu: true})
	terraform := fake("terraform", "Terraform v1.11.4")
	check(devtools.Terraform{Path: terraform, Version: "1.11.4"})
	t.Setenv(devtools.TerraformVariable, other)
	check(devtools.Terraform{Path: other, Version: "1.13.0-rc1"})
	t.Setenv(devtools.TerraformVariable, filepath.Join(programs, "missing"))
	if _, err := devtools.FindTerraform(t.Context()); !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
}
