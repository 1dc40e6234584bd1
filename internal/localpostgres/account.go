// SPDX-License-Identifier: MPL-2.0

package localpostgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
)

// account is whom the server runs as. PostgreSQL refuses to run as root; an ordinary user runs it as itself (nil).
type account struct {
	name     string
	uid, gid uint32
}

// unprivileged picks the account: none unless we are root.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as")
}

// command prepares a program to run as the account, in a process group of its own: an interrupt at the terminal is for
// us, and we stop the server ourselves.
func (a *account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir // the working directory may be closed to the account
	// The PG* variables of the user are about another server.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_MESSAGES=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// own gives files to the account.
func (a *account) own(paths ...string) error {
	if a == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
			return err
		}
	}
	return nil
}

// reaches reports whether the account may pass through every folder on the way to path, and into it.
func (a *account) reaches(path string) bool {
	if a == nil {
		return true
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for dir := resolved; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		needed := os.FileMode(0o001)
		switch {
		case stat.Uid == a.uid:
			needed = 0o100
		case stat.Gid == a.gid:
			needed = 0o010
		}
		if info.Mode().Perm()&needed == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// temporaryRoots are the folders for temporary files, the best first.
func temporaryRoots() []string {
	return []string{os.TempDir(), "/tmp", "/var/tmp"}
}

// publish makes an installation usable by the account. A clone under a home that is closed to others (root's usually
// is) cannot be reached by it, so the programs are copied, once for each release, to where it can.
func (a *account) publish(ctx context.Context, found installation) (installation, error) {
	if a.reaches(found.bin) {
		return found, nil
	}
	// bin/, lib/ and share/ go together: the programs look for the others beside their own folder.
	source := filepath.Dir(found.bin)
	digest, err := fingerprint(found.program("postgres"))
	if err != nil {
		return installation{}, err
	}
	unlock, err := devtools.Lock(ctx, "postgres-publish")
	if err != nil {
		return installation{}, err
	}
	defer unlock()

	for _, root := range temporaryRoots() {
		if !a.reaches(root) {
			continue
		}
		dir := filepath.Join(root, fmt.Sprintf("auth0pg-postgres-%d-%s", found.major, digest))
		published := installation{bin: filepath.Join(dir, "bin"), major: found.major}
		if trusted(dir) {
			return published, nil
		}
		if err := copyTree(source, dir); err != nil {
			return installation{}, fmt.Errorf("copying the server to where the account %s reaches it: %w", a.name, err)
		}
		return published, nil
	}
	return installation{}, fmt.Errorf("no folder for temporary files "+
		"that the account %s reaches: %v", a.name, temporaryRoots())
}

// trusted reports whether dir is a copy that we made: in a folder where anyone may write, a name proves nothing.
func trusted(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// copyTree copies a folder, readable by all. The name appears when the copy is complete.
func copyTree(source, target string) error {
	unfinished, err := os.MkdirTemp(filepath.Dir(target), "auth0pg-postgres-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished) //nolint:errcheck // gone after the rename

	if err := filepath.WalkDir(source, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		return copyEntry(path, filepath.Join(unfinished, relative), entry)
	}); err != nil {
		return err
	}
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return err
	}
	if err := os.Rename(unfinished, target); err != nil && !trusted(target) {
		return err
	}
	return nil // ours, or that of a process with another build folder
}

func copyEntry(path, target string, entry os.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch {
	case entry.IsDir():
		return os.MkdirAll(target, 0o755)
	case entry.Type()&os.ModeSymlink != 0:
		to, err := os.Readlink(path)
		if err != nil {
			return err
		}
		return os.Symlink(to, target)
	default:
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return err
		}
		return os.Chmod(target, 0o644|info.Mode().Perm()&0o111)
	}
}
