// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package acctest

import (
	"os/exec"
	"strconv"
	"strings"
)

// findProcesses lists the processes that run a program, as ps tells it.
func findProcesses(program string) ([]int, error) {
	out, err := exec.Command("ps", "-axo", "pid=,comm=").Output()
	if err != nil {
		return nil, err
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		id, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.TrimSpace(command) != program {
			continue
		}
		pid, err := strconv.Atoi(id)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}
