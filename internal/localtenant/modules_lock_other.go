// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package localtenant

import (
	"context"
	"errors"
	"os"
	"time"
)

// staleLock is far longer than an installation takes: a lock file older than
// this was left by a process that is gone.
const staleLock = 10 * time.Minute

// lockFile waits until it is the one that creates the file.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	for {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			file.Close()
			return func() { os.Remove(path) }, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > staleLock {
			os.Remove(path)
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
