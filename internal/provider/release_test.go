// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

// maxReleaseSize is what a stripped binary may have.
const maxReleaseSize = 30_000_000

// TestRelease builds the provider as a release does, without what a debugger needs, and installs it from a folder
// that mirrors the registry: by init, with the archive named as in a release.
func TestRelease(t *testing.T) {
	t.Parallel()
	root, err := devtools.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	const version = "9.8.7"
	dir := t.TempDir()
	name := "terraform-provider-auth0pg_v" + version
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "grpcnotrace", "-ldflags", "-s -w -X main.version="+version,
		"-o", filepath.Join(dir, name), ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	built, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if built.Size() > maxReleaseSize {
		t.Errorf("the binary has %d bytes, more than %d", built.Size(), maxReleaseSize)
	}

	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		pack(t, filepath.Join(dir, name), filepath.Join(dir, "mirror", host, "auth0pg", "auth0pg",
			fmt.Sprintf("terraform-provider-auth0pg_%s_%s_%s.zip", version, runtime.GOOS, runtime.GOARCH)))
	}
	settings := filepath.Join(dir, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(dir, "mirror"))
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w := acctest.NewWorkspace(t, map[string]string{"main.tf": `
		terraform {
		  required_providers {
		    auth0pg = {
		      source  = "auth0pg/auth0pg"
		      version = "~> 9.8"
		    }
		  }
		}
		data "auth0pg_ip_ranges" "eu" { region = "EU" }
		output "found" { value = length(data.auth0pg_ip_ranges.eu.cidrs) > 0 }
		output "region" { value = provider::auth0pg::region("acme.eu.auth0.com") }`})
	w.Setenv("TF_CLI_CONFIG_FILE", settings)
	w.MustRun("init")
	w.MustRun("apply", "-auto-approve")
	if found, region := w.MustRun("output", "-raw", "found"), w.MustRun("output", "-raw", "region"); found != "true" || region != "EU" {
		t.Errorf("the outputs are %q and %q", found, region)
	}
}

// pack writes an archive with the one program in it.
func pack(t *testing.T, program, archive string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writer := zip.NewWriter(file)
	header := &zip.FileHeader{Name: filepath.Base(program), Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := writer.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if _, err := io.Copy(entry, content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
}
