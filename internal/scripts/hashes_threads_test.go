// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

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

// What takes long in a native module is computed in a thread that yields, the more the longer it takes, and all the same
// where there are no threads.
func TestDearHashesYield(t *testing.T) {
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("threads are looked at where Linux shows them")
	}
	const password = "correct horse"
	salt, encoded := []byte("saltsaltsaltsalt"), base64.RawStdEncoding.EncodeToString
	byBcrypt, _ := bcrypt.GenerateFromPassword([]byte(password), 13)
	byPBKDF2, _ := pbkdf2.Key(sha256.New, password, salt, 1500000, 32)
	byScrypt, err := scrypt.Key([]byte(password), salt, 1<<15, 8, 3, 32)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		format, stored string
		nice           int
	}{
		{"bcrypt", string(byBcrypt), 4},
		{"pbkdf2", "$pbkdf2-sha256$i=1500000,l=32$" + encoded(salt) + "$" + encoded(byPBKDF2), 11},
		{"scrypt", "$scrypt$ln=15,r=8,p=3$" + encoded(salt) + "$" + encoded(byScrypt), 6},
	} {
		for _, threads := range []bool{true, false} {
			if testing.Short() && !threads && c.format != "bcrypt" {
				continue
			}
			t.Run(fmt.Sprintf("%s/threads=%t", c.format, threads), func(t *testing.T) {
				b := hashBench(t, pgtest.Database(t))
				b.container = newContainer(t)
				if !threads {
					b.amend(scripts.Login, "require('worker_threads')", "require('no-threads')")
				}
				_, email := b.addLegacy(0, hashes.Vector{Password: password, Stored: c.stored})
				b.script(scripts.Login)
				done := make(chan struct{})
				go func() {
					defer close(done)
					b.profile(scripts.Login, email, password)
				}()
				if seen := niceThread(b.container.PID(), c.nice, done); seen != threads {
					t.Errorf("a thread of niceness %d: %t", c.nice, seen)
				}
				<-done
			})
		}
	}
}

// niceThread reports whether a thread of the process computes at that niceness before something is done: for 0.15 s, more
// than a thread needs to start.
func niceThread(pid, nice int, done <-chan struct{}) bool {
	for {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		for _, thread := range threads {
			stat, _ := os.ReadFile(thread) // it may have ended
			_, after, _ := strings.Cut(string(stat), ") ")
			fields := strings.Fields(after)
			if len(fields) > 16 && fields[16] == strconv.Itoa(nice) {
				if ticks, _ := strconv.Atoi(fields[11]); ticks >= 15 {
					return true
				}
			}
		}
		select {
		case <-done:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
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
