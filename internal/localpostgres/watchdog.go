// SPDX-License-Identifier: MPL-2.0

package localpostgres

import (
	"context"
	"fmt"
	"io"
	"os/exec"
)

// guard waits for the end of its input, which comes when the process that started it is gone, however it went. Then it
// ends the server, whose process id is in the first line of postmaster.pid, and removes the folder. After a proper Stop
// there is nothing left of either. The folder is removed a second time for what an initdb or a server caught in the act
// may still have written.
const guard = `
base=$1
cat >/dev/null
if pid=$(head -n 1 "$base/data/postmaster.pid" 2>/dev/null) && [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
fi
if [ -d "$base" ]; then
	rm -rf "$base"
	sleep 1
	rm -rf "$base"
fi
`

// watchdog is a small process that outlives ours just long enough to clean up.
type watchdog struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// startWatchdog runs the guard as the server's account, so that it can end only what that account may end, and in a
// process group of its own, so that an interrupt at the terminal does not take it along.
func startWatchdog(as *account, base string) (*watchdog, error) {
	cmd := as.command(context.Background(), "/", "/bin/sh", "-c", guard, "sh", base)
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	return &watchdog{cmd: cmd, input: input}, nil
}

// release ends the watchdog once the server and its folder are gone.
func (w *watchdog) release() {
	_ = w.input.Close()
	_ = w.cmd.Wait() // its exit status says nothing that the caller could act on
}
