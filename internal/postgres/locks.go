// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"math/rand/v2"
	"time"
)

// FirstWait is how long the first try waits for a lock. Every login that comes meanwhile
// waits as long, so a short wait is tried before longer ones, up to lock_timeout.
const FirstWait = 100 * time.Millisecond

// DefaultLockTimeout is how long a statement waits for a lock when nothing is configured.
// Everybody who comes after it waits as long.
const DefaultLockTimeout = 2 * time.Second

// Pause sleeps for about as long as given, so that competing runs do not meet again and again.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d/2 + rand.N(d)): //nolint:gosec // no secret
		return nil
	}
}
