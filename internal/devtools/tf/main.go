// SPDX-License-Identifier: MPL-2.0

// Tf runs Terraform (or OpenTofu; devtools.TerraformPath says which) with the provider of this work tree, without init
// and without a registry.
//
//	go run ./internal/devtools/tf [-plain] <arguments of terraform>
//	go run ./internal/devtools/tf -validate <folder>
//	go run ./internal/devtools/tf -which
//
// With -plain the provider is not built, for commands that need none. With -validate every folder with a configuration
// below the given one is validated. With -which the path of the program is printed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

func main() {
	plain := flag.Bool("plain", false, "do not build the provider")
	validate := flag.String("validate", "", "validate every configuration below this `folder`")
	which := flag.Bool("which", false, "print the path of the program")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	err := run(ctx, *plain, *which, *validate, flag.Args())
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode()) // Terraform has said why
	case err != nil:
		fmt.Fprintln(os.Stderr, "tf:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, plain, which bool, validate string, args []string) error {
	program, err := devtools.TerraformPath(ctx)
	if err != nil {
		return err
	}
	if which {
		fmt.Println(program)
		return nil
	}
	config, err := devtools.EmptyCLIConfig()
	if err != nil {
		return err
	}
	if !plain {
		if config, err = overrides(ctx); err != nil {
			return err
		}
	}
	if validate != "" {
		return validateAll(ctx, program, config, validate)
	}
	cmd := command(ctx, program, config, ".", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// overrides builds the provider and writes the configuration file that names it.
func overrides(ctx context.Context) (string, error) {
	build, err := devtools.BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "tf")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := devtools.BuildProvider(ctx, dir); err != nil {
		return "", err
	}
	config := filepath.Join(dir, "cli.tfrc")
	return config, devtools.WriteCLIConfig(config, dir)
}

func command(ctx context.Context, program, config, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
	return cmd
}

// validateAll validates each folder below root that holds a configuration, and goes on to the next after a bad one.
func validateAll(ctx context.Context, program, config, root string) error {
	var folders []string
	if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if dir := filepath.Dir(path); filepath.Ext(path) == ".tf" && !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(folders) == 0 {
		return fmt.Errorf("no configuration below %s", root)
	}
	// A copy, to which something may be added; of all of it, because a configuration may use a module beside it.
	work, err := os.MkdirTemp("", "auth0pg-validate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // only a copy
	if err := os.CopyFS(work, os.DirFS(root)); err != nil {
		return err
	}
	var failed error
	for _, folder := range folders {
		fmt.Println(folder)
		below, err := filepath.Rel(root, folder)
		if err == nil {
			err = validateFolder(ctx, program, config, filepath.Join(work, below))
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// requirement is what the examples of single objects leave out, because their readers have it already.
const requirement = "terraform {\n  required_providers {\n    auth0pg = {\n      source = \"auth0pg/auth0pg\"\n    }\n  }\n}\n"

var (
	requiredProviders = regexp.MustCompile(`(?m)^\s*required_providers\b`)
	moduleBlock       = regexp.MustCompile(`(?m)^module "`)
)

// validateFolder adds to the folder what validation needs, and validates it.
func validateFolder(ctx context.Context, program, config, folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil {
		return err
	}
	stated, modules := false, false
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		stated = stated || requiredProviders.Match(content)
		modules = modules || moduleBlock.Match(content)
	}
	if !stated {
		if err := os.WriteFile(filepath.Join(folder, "required_providers.tf"), []byte(requirement), 0o644); err != nil {
			return err
		}
	}
	if modules {
		if err := quietly(command(ctx, program, config, folder, "get", "-no-color")); err != nil {
			return err
		}
	}
	return quietly(command(ctx, program, config, folder, "validate", "-no-color"))
}

// quietly runs a command that says each time that the provider is not a released one; only an error is worth reading.
func quietly(cmd *exec.Cmd) error {
	output, err := cmd.CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s\n", output)
	}
	return err
}
