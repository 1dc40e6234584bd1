// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/devtools"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// BuildProvider builds the provider and returns the folder that holds it, of this test alone.
func BuildProvider(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := devtools.BuildProvider(ctx, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Workspace is a folder with a configuration and the real command line, which runs the provider as a process of its
// own. It is for what terraform-plugin-testing cannot show: plan files, trace logs, and a provider killed half-way.
type Workspace struct {
	// Dir is the working directory. The state is its terraform.tfstate.
	Dir string

	t        testing.TB
	program  string
	provider string
	env      []string
}

// NewWorkspace writes the files, builds the provider and makes it the one that required_providers gets for
// "auth0pg/auth0pg". No init is needed.
func NewWorkspace(t testing.TB, files map[string]string) *Workspace {
	t.Helper()
	program, err := devtools.TerraformPath(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	provider := BuildProvider(t)
	config := filepath.Join(provider, "cli.tfrc")
	if err := devtools.WriteCLIConfig(config, provider); err != nil {
		t.Fatal(err)
	}
	// The home folder of the user may hold plug-ins and credentials, and the variables may add arguments.
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "TF_") || strings.HasPrefix(variable, "HOME=")
	})
	w := &Workspace{
		Dir:      t.TempDir(),
		t:        t,
		program:  program,
		provider: filepath.Join(provider, "terraform-provider-auth0pg"),
	}
	w.env = append(
		env,
		"HOME="+provider,
		"TF_CLI_CONFIG_FILE="+config,
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
		"NO_COLOR=1",
	)
	for name, content := range files {
		w.Write(name, content)
	}
	return w
}

// Setenv sets a variable for the runs to come.
func (w *Workspace) Setenv(name, value string) { w.env = append(w.env, name+"="+value) }

// Write makes or replaces a file of the workspace.
func (w *Workspace) Write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// Read returns a file of the workspace, such as terraform.tfstate or a log that TF_LOG_PATH names.
func (w *Workspace) Read(name string) string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.Dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// Run runs Terraform and returns what it printed, on both streams, and its exit code. Colours are off.
func (w *Workspace) Run(args ...string) (output string, exit int) {
	w.t.Helper()
	return w.Start(args...).Wait()
}

// MustRun is Run that fails the test unless the exit code is 0.
func (w *Workspace) MustRun(args ...string) (output string) {
	w.t.Helper()
	output, exit := w.Run(args...)
	if exit != 0 {
		w.t.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), exit, output)
	}
	return output
}

// Start starts Terraform; at the end of the test it is killed if it still runs.
func (w *Workspace) Start(args ...string) *Process {
	w.t.Helper()
	if len(args) > 0 && !slices.Contains(args, "-no-color") {
		args = append([]string{args[0], "-no-color"}, args[1:]...)
	}
	p := &Process{workspace: w, cmd: exec.CommandContext(w.t.Context(), w.program, args...)}
	p.cmd.Dir = w.Dir
	p.cmd.Env = w.env
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	// A group of its own, so that the provider does not outlive it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// Process is a Terraform that runs.
type Process struct {
	workspace *Workspace
	cmd       *exec.Cmd
	output    pgtest.Output
}

// Output is what it has printed so far.
func (p *Process) Output() string { return p.output.String() }

// Wait waits for its end and returns what it printed, and its exit code (-1 when it was killed).
func (p *Process) Wait() (output string, exit int) {
	p.workspace.t.Helper()
	err := p.cmd.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		p.workspace.t.Fatalf("%v\n%s", err, p.Output())
	}
	return p.Output(), p.cmd.ProcessState.ExitCode()
}

// KillProvider kills the provider's processes (SIGKILL) and fails the test if there are none. Terraform lives on and
// reports the loss.
func (p *Process) KillProvider() {
	p.workspace.t.Helper()
	killed := 0
	for _, pid := range processesOf(p.workspace.t, p.workspace.provider) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err == nil {
			killed++
		}
	}
	if killed == 0 {
		p.workspace.t.Fatalf("the provider is not running\n%s", p.Output())
	}
}

// Interrupt does what Ctrl-C does: SIGINT to Terraform and its provider.
func (p *Process) Interrupt() {
	p.workspace.t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil {
		p.workspace.t.Fatal(err)
	}
}

// Kill kills Terraform and the provider at once (SIGKILL), as a machine that goes down would.
func (p *Process) Kill() {
	p.workspace.t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		p.workspace.t.Fatal(err)
	}
	// The provider may have left the group.
	for _, pid := range processesOf(p.workspace.t, p.workspace.provider) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// processesOf lists the processes that run a program. The path is of one test alone.
func processesOf(t testing.TB, program string) []int {
	t.Helper()
	program, err := filepath.EvalSymlinks(program)
	if err != nil {
		t.Fatal(err)
	}
	pids, err := findProcesses(program)
	if err != nil {
		t.Fatal(err)
	}
	return pids
}
