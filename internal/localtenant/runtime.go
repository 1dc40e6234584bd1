// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// MaxScriptSize is the size up to which the platform accepts a script.
	MaxScriptSize = 100_000
	// DefaultScriptTimeout is how long a script may run before it is given up.
	DefaultScriptTimeout = 20 * time.Second
	// defaultLinger is how long further calls of the callback are waited for
	// after the first.
	defaultLinger = 25 * time.Millisecond
)

var (
	// ErrScriptTooLarge is returned for a script above MaxScriptSize.
	ErrScriptTooLarge = errors.New("the script is larger than 100 kB")
	// ErrContainerClosed is returned once Close has been called.
	ErrContainerClosed = errors.New("the container is closed")
)

// ContainerOptions says how a container is started.
type ContainerOptions struct {
	// ModulesDir is the node_modules folder that require reads; empty means
	// the one of InstallModules.
	ModulesDir string
	// Node is the program that runs the scripts; empty means the one that findNode finds.
	Node string
	// Env is the whole environment of the process beyond what Node itself
	// needs. The environment of this process is not passed on: pg would read
	// its PG* variables.
	Env []string
	// Linger is how long further calls of the callback are waited for after
	// the first; zero means 25 ms.
	Linger time.Duration
}

// Container is one container of the platform: a Node process with a `global`
// that lives from one invocation to the next. An uncaught exception or a script
// that exceeds its time costs the process; the next invocation then starts a
// fresh one, as on the platform.
type Container struct {
	options ContainerOptions
	node    *node
	file    string

	mu      sync.Mutex
	current *process
	all     map[*process]struct{}
	closed  bool
	lastID  int64
}

// Invocation is one call of a script.
type Invocation struct {
	// Script is the text as it stands in options.customScripts.
	Script string
	// Args come before the context and the callback.
	Args []any
	// Configuration is the connection's configuration, decrypted.
	Configuration map[string]string
	// Context is passed directly before the callback; nil means that the
	// connection has no script context and the argument is left out.
	Context any
	// Timeout is DefaultScriptTimeout when zero.
	Timeout time.Duration
}

// ScriptError is an error that a script passed to its callback, reduced to what
// the platform keeps of it.
type ScriptError struct {
	Name, Message, Code, Description, UserID, Stack string
	StatusCode                                      int
}

// Error returns the name and the message.
func (e *ScriptError) Error() string {
	if e.Name == "" {
		return e.Message
	}
	return e.Name + ": " + e.Message
}

// UnmarshalJSON accepts any JSON type for each field, since a script may set
// any.
func (e *ScriptError) UnmarshalJSON(data []byte) error {
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	text := func(key string) string {
		switch v := fields[key].(type) {
		case nil:
			return ""
		case string:
			return v
		default:
			encoded, _ := json.Marshal(v)
			return string(encoded)
		}
	}
	*e = ScriptError{
		Name: text("name"), Message: text("message"), Code: text("code"), Description: text("description"),
		UserID: text("user_id"), Stack: text("stack"),
	}
	if status, ok := fields["status_code"].(float64); ok {
		e.StatusCode = int(status)
	}
	return nil
}

// Outcome is what became of an invocation.
type Outcome struct {
	// Results are the arguments of the first callback after the error, as
	// JSON; trailing undefined ones are absent.
	Results []json.RawMessage
	// Err is the error of the first callback.
	Err *ScriptError
	// Calls counts the callback, including calls shortly after the first.
	Calls int
	// TimedOut says that the callback was not called in time.
	TimedOut bool
	// Uncaught is an exception that no callback carried: thrown by the script
	// (a syntax error included), a rejected promise that nothing handles, or
	// the end of the process.
	Uncaught string
	// Console is what was printed, line by line.
	Console []string
	// Warnings say what would be different on the platform: modules that are withdrawn,
	// not installed, or there in another version than the script asks for.
	Warnings []string
	// Duration is the time to the first callback or to the exception.
	Duration time.Duration
}

// NewContainer starts a container.
func NewContainer(ctx context.Context, o ContainerOptions) (*Container, error) {
	if o.ModulesDir == "" {
		dir, err := InstallModules(ctx)
		if err != nil {
			return nil, err
		}
		o.ModulesDir = dir
	}
	if o.Linger == 0 {
		o.Linger = defaultLinger
	}
	file, err := runtimeFile()
	if err != nil {
		return nil, err
	}
	program, err := findNode(ctx, o.Node)
	if err != nil {
		return nil, err
	}
	c := &Container{options: o, node: program, file: file, all: map[*process]struct{}{}}
	if _, err := c.process(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Warning says how the container differs from the platform's, empty where it does not.
func (c *Container) Warning() string { return c.node.warning }

// Run calls a script. The error is about running as such: a script that fails
// is an Outcome. Invocations may run at the same time.
func (c *Container) Run(ctx context.Context, inv Invocation) (Outcome, error) {
	if len(inv.Script) > MaxScriptSize {
		return Outcome{}, ErrScriptTooLarge
	}
	request := map[string]any{
		"script":        inv.Script,
		"args":          inv.Args,
		"configuration": inv.Configuration,
		"linger":        max(c.options.Linger, 0).Milliseconds(),
	}
	if inv.Args == nil {
		request["args"] = []any{}
	}
	if inv.Context != nil {
		request["context"] = inv.Context
	}
	timeout := inv.Timeout
	if timeout == 0 {
		timeout = DefaultScriptTimeout
	}

	for {
		p, err := c.process(ctx)
		if err != nil {
			return Outcome{}, err
		}
		c.mu.Lock()
		c.lastID++
		id := c.lastID
		c.mu.Unlock()
		request["id"] = id
		line, err := json.Marshal(request)
		if err != nil {
			return Outcome{}, fmt.Errorf("encoding the invocation: %w", err)
		}
		pending := newPending()
		if !p.begin(id, pending) {
			continue // the process ended or was retired between the two steps
		}
		out, delivered, err := c.wait(ctx, p, pending, line, timeout)
		p.end(id)
		if delivered || err != nil {
			return out, err
		}
	}
}

// wait sends an invocation to a process and waits for what becomes of it. It is
// not delivered when the process was gone before it could be sent.
func (c *Container) wait(
	ctx context.Context,
	p *process,
	pending *pendingRun,
	line []byte,
	timeout time.Duration,
) (out Outcome, delivered bool, err error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	// A process whose event loop is blocked does not read.
	sent := make(chan error, 1)
	go func() { sent <- p.send(line) }()
	for {
		select {
		case err := <-sent:
			if err != nil {
				c.retire(p)
				return Outcome{}, false, nil
			}
			sent = nil
		case <-pending.done:
			return pending.outcome(), true, nil
		case <-timer.C:
			// The platform recycles a container after a timeout. Others in
			// flight are left to finish.
			c.retire(p)
			out := pending.outcome()
			if out.Calls == 0 && out.Uncaught == "" {
				out.TimedOut, out.Duration = true, time.Since(pending.started)
			}
			return out, true, nil
		case <-ctx.Done():
			c.retire(p)
			return Outcome{}, true, ctx.Err()
		}
	}
}

// Recycle ends the process as the platform does from time to time: `global` is
// lost, invocations in flight finish.
func (c *Container) Recycle() {
	c.mu.Lock()
	p := c.current
	c.mu.Unlock()
	if p != nil {
		c.retire(p)
	}
}

// PID is the process id of the current process, 0 when there is none.
func (c *Container) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil || c.current.gone() {
		return 0
	}
	return c.current.cmd.Process.Pid
}

// Close ends all processes and waits for their end.
func (c *Container) Close() error {
	c.mu.Lock()
	c.closed = true
	processes := make([]*process, 0, len(c.all))
	for p := range c.all {
		processes = append(processes, p)
	}
	c.mu.Unlock()
	for _, p := range processes {
		p.kill()
		<-p.exited
	}
	return nil
}

// process returns the running process and starts one when there is none.
func (c *Container) process(ctx context.Context) (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrContainerClosed
	}
	if c.current != nil && !c.current.gone() {
		return c.current, nil
	}
	p, err := startProcess(ctx, c.node, c.file, c.options)
	if err != nil {
		return nil, err
	}
	c.current = p
	c.all[p] = struct{}{}
	go func() {
		<-p.exited
		c.mu.Lock()
		delete(c.all, p)
		c.mu.Unlock()
	}()
	return p, nil
}

func (c *Container) retire(p *process) {
	c.mu.Lock()
	if c.current == p {
		c.current = nil
	}
	c.mu.Unlock()
	p.retire()
}
