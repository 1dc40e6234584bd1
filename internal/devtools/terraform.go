// SPDX-License-Identifier: MPL-2.0

package devtools

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

const (
	// TerraformVariable names the Terraform or OpenTofu to use; terraform-plugin-testing reads it too.
	TerraformVariable = "TF_ACC_TERRAFORM_PATH"

	// terraformRelease is what is downloaded where neither is installed: the oldest that the provider supports, so
	// that nothing newer is relied upon.
	terraformRelease = "1.11.4"
)

// Terraform is a command line to drive the provider with.
type Terraform struct {
	Path     string
	Version  string
	OpenTofu bool
}

// TerraformPath finds a Terraform or OpenTofu program: the one named in TF_ACC_TERRAFORM_PATH, else terraform, else
// tofu on PATH, else one downloaded into the build folder.
func TerraformPath(ctx context.Context) (string, error) {
	return terraformPath(ctx, releases.ExactVersion{})
}

// terraformPath is TerraformPath with the site to download from and the key that signs there; the publisher's own are
// the zero value.
func terraformPath(ctx context.Context, site releases.ExactVersion) (string, error) {
	if path := os.Getenv(TerraformVariable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("using the program in %s: %w", TerraformVariable, err)
		}
		return filepath.Abs(found)
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	path, err := installTerraform(ctx, site)
	if err != nil {
		return "", fmt.Errorf("there is no terraform or tofu on PATH, and downloading Terraform %s failed: %w\n"+
			"Put one of them on PATH, or name it in %s. A download that cannot be read, or is not what its "+
			"publisher has signed, is not used", terraformRelease, err, TerraformVariable)
	}
	return path, nil
}

func installTerraform(ctx context.Context, source releases.ExactVersion) (string, error) {
	build, err := BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "terraform-"+terraformRelease)
	path := filepath.Join(dir, product.Terraform.BinaryName())
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	unlock, err := Lock(ctx, "terraform-"+terraformRelease)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil // by the process that we waited for
	}

	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return "", err
	}
	source.Product = product.Terraform
	source.Version = version.Must(version.NewVersion(terraformRelease))
	source.InstallDir = unfinished
	source.Timeout = 5 * time.Minute
	if _, err := source.Install(ctx); err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, dir); err != nil {
		return "", err
	}
	return path, nil
}

// firstLine is how both introduce themselves: "Terraform v1.11.4", "OpenTofu v1.12.6".
var firstLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)

// FindTerraform is TerraformPath with what the program says it is.
func FindTerraform(ctx context.Context) (Terraform, error) {
	path, err := TerraformPath(ctx)
	if err != nil {
		return Terraform{}, err
	}
	config, err := EmptyCLIConfig()
	if err != nil {
		return Terraform{}, err
	}
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		return Terraform{}, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	match := firstLine.FindSubmatch(out)
	if match == nil {
		return Terraform{}, fmt.Errorf("asking %s for its version: it says %q", path, out)
	}
	return Terraform{Path: path, Version: string(match[2]), OpenTofu: string(match[1]) == "OpenTofu"}, nil
}

// EmptyCLIConfig is a configuration file for TF_CLI_CONFIG_FILE that says nothing, so that the user's own has no part
// in a test. OpenTofu does not bear a name of a missing file there.
func EmptyCLIConfig() (string, error) {
	build, err := BuildDir()
	if err != nil {
		return "", err
	}
	return writeOnce(filepath.Join(build, "empty.tfrc"), "")
}

// WriteCLIConfig writes a configuration file that makes Terraform and OpenTofu use the provider built in providerDir,
// without init and without a registry.
func WriteCLIConfig(file, providerDir string) error {
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    "+
		"\"auth0pg/auth0pg\" = %q\n  }\n  direct {}\n}\n", providerDir)
	return os.WriteFile(file, []byte(text), 0o644)
}

// upToDate is the program that this process has built: even to find that nothing has changed takes half a second.
var upToDate atomic.Value

// BuildProvider builds the provider and puts it into dir. Later calls of a process put the same program there.
func BuildProvider(ctx context.Context, dir string) error {
	root, err := ModuleRoot()
	if err != nil {
		return err
	}
	build, err := BuildDir()
	if err != nil {
		return err
	}
	unlock, err := Lock(ctx, "provider")
	if err != nil {
		return err
	}
	defer unlock()

	name := "terraform-provider-auth0pg"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	built := filepath.Join(build, "provider", name)
	if upToDate.Load() != built {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", built, ".")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOMAXPROCS=") // the tests want one thread of what they start, a compiler may have all
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building the provider: %w\n%s", err, out)
		}
		upToDate.Store(built)
	}
	// The next build replaces the file, it does not write into it: a link stays what it is now.
	target := filepath.Join(dir, name)
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replacing the provider: %w", err) // never written into: it may be the file that others link to
	}
	if err := os.Link(built, target); err == nil {
		return nil
	}
	content, err := os.ReadFile(built)
	if err != nil {
		return fmt.Errorf("copying the provider: %w", err)
	}
	if err := os.WriteFile(target, content, 0o755); err != nil {
		return fmt.Errorf("copying the provider: %w", err)
	}
	return nil
}

// writeOnce makes a file with the content, unless it exists. Several processes may do so at once.
func writeOnce(file, content string) (string, error) {
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		return "", err
	}
	return file, nil
}
