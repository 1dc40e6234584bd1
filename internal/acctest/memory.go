// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// PeakMemory runs Terraform, which has to succeed, and returns the most memory (resident, in bytes) that any process of
// the provider had at a time, and Terraform's own. It reads /proc, so it works on Linux alone.
func (w *Workspace) PeakMemory(args ...string) (provider, terraform int64) {
	w.t.Helper()
	run := w.Start(args...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			// The processes are looked at until they are gone: what they had at most is told by each of them.
			own, ok := peak(run.cmd.Process.Pid)
			if !ok {
				return
			}
			terraform = max(terraform, own)
			pids, err := findProcesses(w.provider)
			if err != nil {
				return
			}
			for _, pid := range pids {
				if most, ok := peak(pid); ok {
					provider = max(provider, most)
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	output, exit := run.Wait()
	<-done
	if exit != 0 || provider == 0 || terraform == 0 {
		w.t.Fatalf("exit code %d, %d bytes, %d bytes\n%s", exit, provider, terraform, output)
	}
	return provider, terraform
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peak is the most memory that a process has had; ok is false once it is gone.
func peak(pid int) (bytes int64, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	match := highWater.FindSubmatch(status)
	if match == nil {
		return 0, false // it has ended and is not waited for yet
	}
	kilobytes, err := strconv.ParseInt(string(match[1]), 10, 64)
	return kilobytes << 10, err == nil
}
