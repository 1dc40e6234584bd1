// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed runtime/runtime.js
var runtimeSource []byte

//go:embed runtime/package.json
var packageFile []byte

//go:embed runtime/package-lock.json
var packageLock []byte

// InstallModules installs the modules that scripts may require (pg and bcrypt,
// pinned with their dependencies) into the build folder and returns the
// node_modules folder.
func InstallModules(ctx context.Context) (string, error) {
	return install(ctx, "script-runtime", packageFile, packageLock)
}

// install installs what a lock file pins into a folder of the build folder and returns
// the node_modules folder. It does so once per lock file; processes that ask at the
// same time wait for one another.
func install(ctx context.Context, name string, packageFile, packageLock []byte) (string, error) {
	base, err := buildDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(append([]byte{}, packageFile...), packageLock...))
	base = filepath.Join(base, name)
	dir := filepath.Join(base, hex.EncodeToString(sum[:6]))
	modules := filepath.Join(dir, "node_modules")
	if exists(modules) {
		return modules, nil
	}
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, dir+".lock")
	if err != nil {
		return "", fmt.Errorf("waiting for another installation of %s: %w", name, err)
	}
	defer unlock()
	if exists(modules) {
		return modules, nil
	}

	// The installation becomes visible in one step, so an interrupted one is never used.
	partial, err := os.MkdirTemp(base, "partial-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(partial)
	for name, content := range map[string][]byte{"package.json": packageFile, "package-lock.json": packageLock} {
		if err := os.WriteFile(filepath.Join(partial, name), content, 0o644); err != nil {
			return "", err
		}
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir, cmd.Stdout, cmd.Stderr = partial, &output, &output
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("npm ci of %s: %w\n%s", name, err, output.Bytes())
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.Rename(partial, dir); err != nil {
		return "", err
	}
	return modules, nil
}

// runtimeFile writes the runtime next to nothing else that changes, under the
// hash of its content, and returns its path.
func runtimeFile() (string, error) {
	base, err := buildDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(runtimeSource)
	dir := filepath.Join(base, "script-runtime")
	file := filepath.Join(dir, "runtime-"+hex.EncodeToString(sum[:6])+".js")
	if content, err := os.ReadFile(file); err == nil && bytes.Equal(content, runtimeSource) {
		return file, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	partial, err := os.CreateTemp(dir, "partial-*.js")
	if err != nil {
		return "", err
	}
	defer os.Remove(partial.Name())
	if _, err := partial.Write(runtimeSource); err != nil {
		partial.Close()
		return "", err
	}
	if err := partial.Close(); err != nil {
		return "", err
	}
	return file, os.Rename(partial.Name(), file)
}

// buildDir is AUTH0PG_BUILD_DIR, or build/ in the root of the module that the
// process was started in, or a folder of the user's cache.
func buildDir() (string, error) {
	if dir := os.Getenv("AUTH0PG_BUILD_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if exists(filepath.Join(dir, "go.mod")) {
			return filepath.Join(dir, "build"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no go.mod above the working directory and no cache folder (set AUTH0PG_BUILD_DIR): %w", err)
	}
	return filepath.Join(cache, "auth0pg"), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
