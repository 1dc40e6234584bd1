// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Usage is what a run of Terraform has taken.
type Usage struct {
	Wall                time.Duration
	Terraform, Provider Share
}

// Share is what the processes of one program have taken of it.
type Share struct {
	CPU time.Duration
	// Memory is the most, in bytes, that any of the processes had resident at a time.
	Memory int64
}

// Measure runs Terraform, which has to succeed, and returns what it and the provider's processes have taken; without a
// provider, that is nothing. It reads /proc, so it works on Linux alone.
func (w *Workspace) Measure(args ...string) Usage {
	w.t.Helper()
	var usage Usage
	began, run := time.Now(), w.Start(args...)
	seen := map[int]time.Duration{} // by provider process
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			// The processes are looked at until they are gone: what they had at most is told by each of them.
			own, ok := peak(run.cmd.Process.Pid)
			if !ok {
				return
			}
			usage.Terraform.Memory = max(usage.Terraform.Memory, own)
			pids, err := findProcesses(w.provider)
			if err != nil {
				return
			}
			for _, pid := range pids {
				if most, ok := peak(pid); ok {
					usage.Provider.Memory = max(usage.Provider.Memory, most)
					seen[pid] = max(seen[pid], processorTime(pid))
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	output, exit := run.Wait()
	usage.Wall = time.Since(began)
	<-done
	if exit != 0 || usage.Terraform.Memory == 0 {
		w.t.Fatalf("exit code %d, %d bytes\n%s", exit, usage.Terraform.Memory, output)
	}
	for _, spent := range seen {
		usage.Provider.CPU += spent
	}
	// The system counts the provider's processes among Terraform's, which waits for them.
	usage.Terraform.CPU = run.cmd.ProcessState.UserTime() + run.cmd.ProcessState.SystemTime() - usage.Provider.CPU
	return usage
}

// ProviderIs makes another program the one whose processes are looked at.
func (w *Workspace) ProviderIs(program string) { w.provider = program }

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

// tick is the unit in which /proc/<pid>/stat counts, on every architecture that Go knows.
const tick = 10 * time.Millisecond

// processorTime is what a process has computed until now, 0 once it is gone.
func processorTime(pid int) (spent time.Duration) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field is the program's name in parentheses, whatever is in it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const user, system = 11, 12
	for _, field := range []int{user, system} {
		if field < len(fields) {
			ticks, _ := strconv.ParseInt(fields[field], 10, 64)
			spent += time.Duration(ticks) * tick
		}
	}
	return spent
}
