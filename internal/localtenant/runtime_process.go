// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts/modules"
)

// process is one Node process running runtime/runtime.js.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	prefix []byte
	ready  chan struct{}
	exited chan struct{}

	writing sync.Mutex

	mu      sync.Mutex
	pending map[int64]*pendingRun
	retired bool
	ended   bool
	stray   bytes.Buffer // what was printed outside every invocation
}

// message is one line from the process.
type message struct {
	ID      int64             `json:"id"`
	Type    string            `json:"type"`
	Text    string            `json:"text"`
	Error   *ScriptError      `json:"error"`
	Results []json.RawMessage `json:"results"`
	MS      float64           `json:"ms"`
	Loaded  string            `json:"loaded"` // version of a required module, empty for none
}

// pendingRun collects what the process says of one invocation.
type pendingRun struct {
	done    chan struct{}
	started time.Time
	mu      sync.Mutex
	out     Outcome
	over    bool
}

func newPending() *pendingRun {
	return &pendingRun{done: make(chan struct{}), started: time.Now()}
}

func (r *pendingRun) outcome() Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out
}

func (r *pendingRun) handle(m message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	took := time.Duration(m.MS * float64(time.Millisecond))
	switch m.Type {
	case "console":
		r.out.Console = append(r.out.Console, m.Text)
	case "require":
		r.out.warn(modules.Withdrawn(m.Text))
		r.out.warn(otherVersion(m.Text, m.Loaded))
	case "callback":
		r.out.Calls++
		if r.out.Calls == 1 {
			r.out.Err, r.out.Results, r.out.Duration = m.Error, m.Results, took
		}
	case "threw":
		r.out.Uncaught = m.Text
		if r.out.Calls == 0 {
			r.out.Duration = took
		}
	case "uncaught":
		r.out.Uncaught = m.Text
	case "end":
		r.over = true
		close(r.done)
	}
}

func (o *Outcome) warn(text string) {
	if text != "" && !slices.Contains(o.Warnings, text) {
		o.Warnings = append(o.Warnings, text)
	}
}

// otherVersion says what a script was given instead of the module that it requires.
func otherVersion(required, loaded string) string {
	name, wanted := modules.Split(required)
	switch {
	case loaded == "":
		return fmt.Sprintf("The module %s is not installed here: give the tenant a node_modules folder that has it", name)
	case wanted == "" || wanted == loaded || strings.HasPrefix(loaded, wanted+"."):
		return ""
	}
	return fmt.Sprintf("require('%s') was given version %s, the one that is installed here", required, loaded)
}

func startProcess(ctx context.Context, program *node, file string, o ContainerOptions) (*process, error) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	token := hex.EncodeToString(random)
	p := &process{
		cmd: exec.CommandContext(
			context.WithoutCancel(ctx),
			program.path,
			append(program.arguments(), file, o.ModulesDir, token)...),
		prefix:  []byte(token),
		ready:   make(chan struct{}),
		exited:  make(chan struct{}),
		pending: map[int64]*pendingRun{},
	}
	p.cmd.Env = o.Env
	for _, name := range []string{"PATH", "SystemRoot", "TMPDIR", "TEMP"} {
		if value, ok := os.LookupEnv(name); ok {
			p.cmd.Env = append(p.cmd.Env, name+"="+value)
		}
	}
	p.cmd.Stderr = strayWriter{p}
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.read(stdout)
	select {
	case <-p.ready:
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("the script runtime did not start: %s", p.strayText())
	case <-ctx.Done():
		p.kill()
		<-p.exited
		return nil, ctx.Err()
	}
}

// read handles what the process says until it ends.
func (p *process) read(stdout io.Reader) {
	reader := bufio.NewReaderSize(stdout, 64<<10)
	for {
		line, err := reader.ReadBytes('\n')
		if body, ours := bytes.CutPrefix(line, p.prefix); ours && err == nil {
			p.handle(body)
		} else {
			p.keep(line)
		}
		if err != nil {
			break
		}
	}
	waitErr := p.cmd.Wait()
	p.mu.Lock()
	p.ended = true
	pending := p.pending
	p.pending = map[int64]*pendingRun{}
	p.mu.Unlock()
	for _, r := range pending {
		r.mu.Lock()
		if !r.over {
			if r.out.Uncaught == "" {
				r.out.Uncaught = "the container ended: " + exitText(waitErr)
			}
			if r.out.Calls == 0 {
				r.out.Duration = time.Since(r.started)
			}
			r.over = true
			close(r.done)
		}
		r.mu.Unlock()
	}
	close(p.exited)
}

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

func (p *process) handle(body []byte) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		p.keep(body)
		return
	}
	switch m.Type {
	case "ready":
		close(p.ready)
	case "uncaught":
		// No invocation gets an answer after this: the process is about to end.
		p.mu.Lock()
		p.retired = true
		runs := make([]*pendingRun, 0, len(p.pending))
		for _, r := range p.pending {
			runs = append(runs, r)
		}
		p.mu.Unlock()
		for _, r := range runs {
			r.handle(m)
		}
		if len(runs) == 0 {
			p.keep([]byte(m.Text + "\n"))
		}
	default:
		p.mu.Lock()
		r := p.pending[m.ID]
		p.mu.Unlock()
		if r != nil {
			r.handle(m)
		} else if m.Type == "console" {
			p.keep([]byte(m.Text + "\n"))
		}
	}
}

// begin registers an invocation unless the process takes no more.
func (p *process) begin(id int64, r *pendingRun) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.retired || p.ended {
		return false
	}
	p.pending[id] = r
	return true
}

// end forgets an invocation, and ends a retired process with its last one.
func (p *process) end(id int64) {
	p.mu.Lock()
	delete(p.pending, id)
	last := p.retired && len(p.pending) == 0
	p.mu.Unlock()
	if last {
		p.kill()
	}
}

func (p *process) retire() {
	p.mu.Lock()
	p.retired = true
	idle := len(p.pending) == 0
	p.mu.Unlock()
	if idle {
		p.kill()
	}
}

func (p *process) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.retired || p.ended
}

func (p *process) send(line []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.stdin.Write(append(line, '\n'))
	return err
}

func (p *process) kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.stdin.Close()
	}
}

// strayLimit bounds what is kept of output outside every invocation.
const strayLimit = 64 << 10

type strayWriter struct{ p *process }

func (w strayWriter) Write(text []byte) (int, error) {
	w.p.keep(text)
	return len(text), nil
}

func (p *process) keep(text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if room := strayLimit - p.stray.Len(); room > 0 {
		p.stray.Write(text[:min(room, len(text))])
	}
}

func (p *process) strayText() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stray.String()
}
