// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// keptFile is where the process in the background says that everything is running: the
// first file after stdin, stdout and stderr.
const keptFile = 3

// keepRunning runs the demo in a process of its own, which stays when this one returns.
func keepRunning(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	kept, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "-keep", "-background") //nolint:noctx // it is to outlive this process
	cmd.ExtraFiles = []*os.File{tell}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := tell.Close(); err != nil {
		return err
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(os.Stdout, output)
	}()
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()

	// One byte: it runs. None: it ended, and has said why.
	if _, err := kept.Read(make([]byte, 1)); err == nil {
		<-copied
		fmt.Printf("\nTo stop it and remove everything:\n\n  kill %d\n", cmd.Process.Pid)
		return nil
	}
	<-copied
	if err := cmd.Wait(); err != nil {
		return errors.New("nothing was left running")
	}
	return nil
}

// stayInBackground tells the starting process that everything runs, lets go of its output,
// and waits to be ended.
func stayInBackground(ctx context.Context) error {
	tell := os.NewFile(keptFile, "kept")
	if _, err := tell.Write([]byte{1}); err != nil {
		return err
	}
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, standard := range []int{int(os.Stdout.Fd()), int(os.Stderr.Fd())} {
		if err := redirect(int(nowhere.Fd()), standard); err != nil {
			return err
		}
	}
	if err := tell.Close(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
