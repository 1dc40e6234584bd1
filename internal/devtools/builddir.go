// SPDX-License-Identifier: MPL-2.0

// Package devtools holds what the tests, the benchmarks and the demo share: the build folder, the lock that keeps two
// processes from installing the same thing at once, and the Terraform or OpenTofu that they drive.
package devtools

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ModulePath is the module that this repository builds.
const ModulePath = "github.com/auth0pg/terraform-provider-auth0pg"

// BuildDirVariable names a folder to use instead of build/ in the module root.
const BuildDirVariable = "AUTH0PG_BUILD_DIR"

// ModuleRoot finds the module root, starting at the working directory and going up.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module root: %w", err)
	}
	for start := dir; ; {
		if declaresModule(filepath.Join(dir, "go.mod")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("finding the module root: no go.mod of %s in %s or above", ModulePath, start)
		}
		dir = parent
	}
}

func declaresModule(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // only read

	for lines := bufio.NewScanner(f); lines.Scan(); {
		if path, found := strings.CutPrefix(strings.TrimSpace(lines.Text()), "module "); found {
			return strings.TrimSpace(path) == ModulePath
		}
	}
	return false
}

// BuildDir is where everything that is downloaded or built goes. It exists when BuildDir returns.
func BuildDir() (string, error) {
	dir := os.Getenv(BuildDirVariable)
	if dir == "" {
		root, err := ModuleRoot()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, "build")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("locating the build folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("creating the build folder: %w", err)
	}
	return dir, nil
}

// Lock holds name in the build folder until unlock is called or the process ends. It waits for another holder, until
// ctx ends: `go test ./...` starts one process per package, and each may want the same download.
func Lock(ctx context.Context, name string) (unlock func(), err error) {
	dir, err := BuildDir()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, name+".lock")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			// Closing the file gives up the lock. The file stays: removing it would let two holders in.
			return func() { _ = f.Close() }, nil
		case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		default:
			_ = f.Close()
			return nil, fmt.Errorf("locking %s: %w", file, err)
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("waiting for the lock %s: %w", file, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
