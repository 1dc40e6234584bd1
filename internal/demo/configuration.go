// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// configuration is a folder with Terraform files, and what it takes to run Terraform there.
type configuration struct {
	program string
	dir     string
	env     []string
}

// terraform runs a command and returns what it printed.
func (c configuration) terraform(ctx context.Context, args ...string) (output string, exit int, err error) {
	cmd := exec.CommandContext(ctx, c.program, append(args[:1:1], append([]string{"-no-color"}, args[1:]...)...)...)
	cmd.Dir = c.dir
	cmd.Env = c.env
	// In a group of its own Terraform is interrupted once, by us, and ends its provider in good order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	text, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return string(text), failed.ExitCode(), nil
	}
	return string(text), 0, err
}

func (c configuration) apply(ctx context.Context) (string, error) {
	return outcome("succeeds")(c.terraform(ctx, "apply", "-auto-approve"))
}

func (c configuration) plan(ctx context.Context) (string, error) {
	return outcome("no changes")(c.terraform(ctx, "plan", "-detailed-exitcode"))
}

func (c configuration) destroy(ctx context.Context) (string, error) {
	return outcome("succeeds")(c.terraform(ctx, "destroy", "-auto-approve"))
}

// override adds what an administrator adds to the configuration, without a change of its files.
func (c configuration) override(text string) error {
	return os.WriteFile(filepath.Join(c.dir, "demo_override.tf"), []byte(text), 0o644)
}

// outcome is what a run that should succeed came to.
func outcome(good string) func(output string, exit int, err error) (string, error) {
	return func(output string, exit int, err error) (string, error) {
		if err != nil || exit != 0 {
			// The plan that comes before an error fills screens.
			if at := strings.Index(output, "\nError:"); at >= 0 {
				output = output[at+1:]
			}
			return fmt.Sprintf("exit code %d\n%s", exit, output), err
		}
		return good, nil
	}
}
