// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/localpostgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// A server crashes under a hundred callers that ask again and again, and comes back: each is answered in plain words
// meanwhile, and soon afterwards each finds its user again.
func TestCrashUnderManyCallers(t *testing.T) {
	server := ownServer(t, localpostgres.Options{})
	b := newBench(t, pgtest.On(t, server), shape{}).withUser()
	b.profile(scripts.GetUser, "ada@example.com")
	var failures atomic.Int64
	var back atomic.Pointer[time.Time]
	var callers sync.WaitGroup
	longest := make(chan time.Duration, 100)
	for range cap(longest) {
		callers.Go(func() {
			for t.Context().Err() == nil {
				since := back.Load()
				if outcome := b.run(scripts.GetUser, "ada@example.com"); outcome.Err != nil {
					failures.Add(1)
					if !strings.Contains(outcome.Err.Message, "Please try again later.") {
						t.Errorf("a caller is told %q", outcome.Err.Message)
					}
				} else if since != nil { // begun after the return
					longest <- time.Since(*since)
					return
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 200 { // until somebody has noticed
		if failures.Load() > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := server.Restart(context.Background()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	back.Store(&now)
	callers.Wait()
	if failures.Load() == 0 {
		t.Error("nobody noticed the crash: this test has lost its point")
	}
	for range cap(longest) {
		if took := <-longest; took > 5*time.Second {
			t.Errorf("a caller found its user %s after the return", took)
		}
	}
}

// The platform may freeze a container in the middle of its calls for longer than each of its limits of time. They are
// answered once it goes on, and so is the next.
func TestFrozenContainer(t *testing.T) {
	t.Parallel() // it waits
	frozen := 40 * time.Second
	if testing.Short() {
		frozen = 2 * time.Second
	}
	b := newBench(t, pgtest.Database(t), shape{}).withUser()
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	pid, release := b.container.PID(), b.lockRows()
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	text := b.script(scripts.Verify)
	var calls sync.WaitGroup
	for range 5 {
		calls.Go(func() {
			outcome, err := b.container.Run(context.Background(), localtenant.Invocation{
				Script: text, Args: []any{"ada@example.com"}, Configuration: b.configuration, Timeout: 2 * time.Minute,
			})
			if err != nil || outcome.Calls != 1 || outcome.TimedOut || outcome.Uncaught != "" {
				t.Errorf("a frozen call: %v, %+v", err, outcome)
			}
		})
	}
	for b.db.QueryInt("SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'", b.role) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(frozen)
	release()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	calls.Wait()
	b.profile(scripts.Login, "ada@example.com", "correct horse")
	b.gives(true, scripts.Verify, "ada@example.com")
	if b.container.PID() != pid {
		t.Error("the container did not survive")
	}
}

// A container serves for days: thousands of calls leave nothing behind in its memory, whether they succeed or not.
func TestMemoryStaysFlat(t *testing.T) {
	calls := 20000
	if testing.Short() {
		calls = 700
	}
	b := newBench(t, pgtest.Database(t), shape{})
	b.options.LegacyHashes = []string{"phpass"}
	b.withUser()
	for _, op := range b.operations() {
		b.script(op)
	}
	kinds := []func(){
		func() { b.profile(scripts.Login, "ada@example.com", "correct horse") },
		func() { b.run(scripts.Login, "ada@example.com", "incorrect") },
		func() { b.run(scripts.Login, "nobody@example.com", "incorrect") },
		func() { b.profile(scripts.GetUser, "ada@example.com") },
		func() { b.gives(true, scripts.Verify, "ada@example.com") },
		func() {
			b.run(scripts.Create, map[string]any{"email": "ada@example.com", "password": "correct horse"})
		},
		func() { b.run(scripts.ChangePassword, "nobody@example.com", "correct horse") },
	}
	serve := func(calls int) {
		var callers sync.WaitGroup
		for caller := range 50 {
			callers.Go(func() {
				for n := caller; n < calls; n += 50 {
					kinds[n%len(kinds)]()
				}
			})
		}
		callers.Wait()
	}
	serve(350)
	before := b.heap()
	serve(calls)
	after := b.heap()
	t.Logf("from %.1f to %.1f MB", before, after)
	if after-before > 2 {
		t.Errorf("the heap grew from %.1f to %.1f MB over %d calls", before, after, calls)
	}
}

// heap is what the container's heap holds in MB once garbage is collected.
func (b *bench) heap() (used float64) {
	b.t.Helper()
	outcome, err := b.container.Run(context.Background(), localtenant.Invocation{Script: `function f(callback) {
  require('v8').setFlagsFromString('--expose-gc');
  const gc = require('vm').runInNewContext('gc');
  setTimeout(() => { gc(); gc(); callback(null, process.memoryUsage().heapUsed / 1e6); }, 200);
}`})
	if err != nil || len(outcome.Results) == 0 || json.Unmarshal(outcome.Results[0], &used) != nil {
		b.t.Fatalf("the heap cannot be measured: %v, %+v", err, outcome)
	}
	return used
}

// A server that listens on IPv6 is reached, however its address is written.
func TestServerOverIPv6(t *testing.T) {
	if !pgtest.HasIPv6() {
		t.Skip("this machine has no IPv6 loopback address, ::1")
	}
	b := newBench(t, pgtest.LocalDatabase(t), shape{}).withUser()
	p := newProxy(t, "[::1]:0", net.JoinHostPort(b.db.Server.Host(), strconv.Itoa(b.db.Server.Port())))
	_, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"[::1]:" + port, "[0:0:0:0:0:0:0:1]:" + port, fmt.Sprintf("[::0001]:%s", port)} {
		b.at(withQuery(t, b.url, "disable", host))
		b.profile(scripts.Login, "ada@example.com", "correct horse")
	}
}
