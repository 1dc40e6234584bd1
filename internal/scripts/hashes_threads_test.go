// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// argon2Vector takes more than what is computed without a thread. argon2-cffi 21.1.0 made it.
var argon2Vector = hashes.Vector{
	Password: "correct horse",
	Stored:   "$argon2id$v=19$m=8192,t=2,p=1$4CK6V17aQUQfR2ADvife3g$8HJgN+j17ExoOqJTgZP+B0Z7eXwCkQLf2eJbW1ohTV0",
}

// Where the platform has no threads, what takes little is computed all the same, and what takes longer is refused in
// plain words, whose cause the log has.
func TestWithoutThreads(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.options.LegacyHashes = []string{"phpass", "argon2", "crypt", "symfony"}
	b.amend(scripts.Login, "require('worker_threads')", "require('no-threads')")
	for i, legacy := range legacyHashes {
		if !strings.Contains("phpass argon2 crypt symfony", legacy.format) || len(legacy.Password) > 72 {
			continue
		}
		id, email := b.addLegacy(i, legacy.Vector)
		b.profile(scripts.Login, email, legacy.Password)
		b.wrong(id, email, "incorrect horse")
	}
	_, email := b.addLegacy(1000, argon2Vector)
	outcome := b.fails("Error", "", scripts.Login, email, argon2Vector.Password)
	if !strings.Contains(outcome.Err.Message, "cannot be used at the moment") || !strings.Contains(strings.Join(outcome.Console, "\n"), "no thread for a hash") {
		t.Errorf("got %q, console %q", outcome.Err.Message, outcome.Console)
	}
}

// A thread that ends is an error of its call, and the next call has another thread.
func TestThreadsThatFail(t *testing.T) {
	b := hashBench(t, pgtest.Database(t))
	b.container = newContainer(t)
	b.options.LegacyHashes = []string{"argon2"}
	_, email := b.addLegacy(0, argon2Vector)
	// As long as there is a file, each computation ends its thread.
	mark := filepath.Join(t.TempDir(), "fails")
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const line = "const segment = Math.floor(memory / (4 * lanes));"
	b.amend(scripts.Login, line, line+"\n  if (require('fs').existsSync('"+mark+"')) process.exit(1);")
	b.fails("Error", "", scripts.Login, email, "correct horse")
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	b.profile(scripts.Login, email, "correct horse")
}

// With the module argon2 no thread is needed, and what it writes and reads is the same.
func TestArgon2ByTheModule(t *testing.T) {
	dir := filepath.Join(buildDir(t), "argon2-module")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "argon2")); err != nil {
		install := exec.Command("npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "argon2@0.45.1", "bcrypt@6.0.0", "pg@8.23.1")
		if output, err := install.CombinedOutput(); err != nil {
			t.Skipf("the module argon2 cannot be installed: %v\n%s", err, output)
		}
	}
	b := hashBench(t, pgtest.Database(t))
	container, err := localtenant.NewContainer(context.Background(), localtenant.ContainerOptions{ModulesDir: filepath.Join(dir, "node_modules")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = container.Close() })
	elsewhere := b.container
	b.options.LegacyHashes, b.options.PasswordHash, b.options.Argon2Memory = nil, "argon2", hashes.MinArgon2Memory
	without := b.script(scripts.Login)
	b.container = container
	for _, op := range []scripts.Operation{scripts.Login, scripts.Create} {
		b.amend(op, "require('worker_threads')", "require('no-threads')")
	}
	for i, vector := range append(legacyOf("argon2"), argon2Vector) {
		id, email := b.addLegacy(i, vector)
		b.profile(scripts.Login, email, vector.Password)
		b.wrong(id, email, "incorrect horse")
	}
	b.gives(nil, scripts.Create, map[string]any{"email": "new@example.com", "password": "correct horse"})
	b.profile(scripts.Login, "new@example.com", "correct horse")
	b.container, b.rendered[scripts.Login] = elsewhere, without
	b.profile(scripts.Login, "new@example.com", "correct horse")
}

func legacyOf(format string) (vectors []hashes.Vector) {
	for _, legacy := range legacyHashes {
		if legacy.format == format {
			vectors = append(vectors, legacy.Vector)
		}
	}
	return vectors
}

func buildDir(t *testing.T) string {
	t.Helper()
	dir, err := devtools.BuildDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
