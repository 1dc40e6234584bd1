// SPDX-License-Identifier: MPL-2.0

// Tf runs Terraform (or OpenTofu; devtools.TerraformPath says which) with the provider of this work tree, without init
// and without a registry.
//
//	go run ./internal/devtools/tf [-plain] <arguments of terraform>
//	go run ./internal/devtools/tf [-init] -validate <folder>
//	go run ./internal/devtools/tf -which
//
// With -plain the provider is not built, for commands that need none. With -validate every folder with a configuration
// below the given one is validated. Those that need other providers, too, are left out unless -init fetches these from
// their registry. With -which the path of the program is printed.
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
	"runtime"
	"slices"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

func main() {
	var o options
	flag.BoolVar(&o.plain, "plain", false, "do not build the provider")
	flag.StringVar(&o.validate, "validate", "", "validate every configuration below this `folder`")
	flag.BoolVar(&o.init, "init", false, "validate also what needs other providers: fetch them")
	flag.BoolVar(&o.which, "which", false, "print the path of the program")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	err := run(ctx, o, flag.Args())
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode()) // Terraform has said why
	case err != nil:
		fmt.Fprintln(os.Stderr, "tf:", err)
		os.Exit(1)
	}
}

type options struct {
	plain, init, which bool
	validate           string // the folder; "" for a command of Terraform's
}

func run(ctx context.Context, o options, args []string) error {
	program, err := devtools.TerraformPath(ctx)
	if err != nil {
		return err
	}
	if o.which {
		fmt.Println(program)
		return nil
	}
	config, err := devtools.EmptyCLIConfig()
	if err != nil {
		return err
	}
	if !o.plain {
		if config, err = withProvider(ctx, o.init); err != nil {
			return err
		}
	}
	if o.validate != "" {
		return validateAll(ctx, validator{program: program, config: config, init: o.init}, o.validate)
	}
	cmd := command(ctx, program, config, ".", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// The terminal interrupts Terraform, too, which then ends in good order.
	cmd.Cancel = func() error { return os.ErrProcessDone }
	return cmd.Run()
}

// withProvider builds the provider and writes the configuration file that makes Terraform use it: without init or, for
// an init that fetches other providers, from a mirror that holds this one.
func withProvider(ctx context.Context, mirrored bool) (string, error) {
	build, err := devtools.BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "tf")
	config := filepath.Join(dir, "cli.tfrc")
	if !mirrored {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		if err := devtools.BuildProvider(ctx, dir); err != nil {
			return "", err
		}
		return config, devtools.WriteCLIConfig(config, dir)
	}
	mirror := filepath.Join(dir, "mirror")
	if err := os.RemoveAll(mirror); err != nil {
		return "", err
	}
	addresses := []string{"registry.terraform.io/auth0pg/auth0pg", "registry.opentofu.org/auth0pg/auth0pg"}
	for _, address := range addresses {
		folder := filepath.Join(mirror, filepath.FromSlash(address), "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
		if err := devtools.BuildProvider(ctx, folder); err != nil {
			return "", err
		}
	}
	config = filepath.Join(dir, "init.tfrc")
	return config, os.WriteFile(config, fmt.Appendf(nil, `provider_installation {
  filesystem_mirror {
    path    = %q
    include = ["%s", "%s"]
  }
  direct {
    exclude = ["%[2]s", "%[3]s"]
  }
}
`, mirror, addresses[0], addresses[1]), 0o644)
}

func command(ctx context.Context, program, config, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
	return cmd
}

// validator is what the validation of all folders has in common.
type validator struct {
	program, config string
	init            bool // the configuration is one for init
}

// validateAll validates each folder below root that holds a configuration, and goes on to the next after a bad one.
func validateAll(ctx context.Context, v validator, root string) error {
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
			err = v.folder(ctx, filepath.Join(work, below))
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// requirement is what the examples of single objects leave out, because their readers have it already.
const requirement = "terraform {\n  required_providers {\n    auth0pg = {\n      source = " +
	"\"auth0pg/auth0pg\"\n    }\n  }\n}\n"

var (
	requiredProviders = regexp.MustCompile(`(?m)^\s*required_providers\b`)
	providerSource    = regexp.MustCompile(`(?m)^\s*source\s*=\s*"([\w-]+/[\w-]+)"`)
	moduleBlock       = regexp.MustCompile(`(?m)^module "`)
)

// folder adds to a folder what validation needs, and validates it.
func (v validator) folder(ctx context.Context, folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil {
		return err
	}
	stated, others, modules := false, false, false
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		stated = stated || requiredProviders.Match(content)
		modules = modules || moduleBlock.Match(content)
		for _, source := range providerSource.FindAllSubmatch(content, -1) {
			others = others || string(source[1]) != "auth0pg/auth0pg"
		}
	}
	if !stated {
		if err := os.WriteFile(filepath.Join(folder, "required_providers.tf"), []byte(requirement), 0o644); err != nil {
			return err
		}
	}
	var prepare []string
	switch {
	case v.init:
		prepare = []string{"init", "-backend=false"}
	case others:
		fmt.Println("  left out: it needs other providers, which -init would fetch")
		return nil
	case modules:
		prepare = []string{"get"}
	}
	if prepare != nil {
		if err := quietly(command(ctx, v.program, v.config, folder, append(prepare, "-no-color")...)); err != nil {
			return err
		}
	}
	return quietly(command(ctx, v.program, v.config, folder, "validate", "-no-color"))
}

// quietly runs a command that says each time that the provider is not a released one; only an error is worth reading.
func quietly(cmd *exec.Cmd) error {
	output, err := cmd.CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s\n", output)
	}
	return err
}
