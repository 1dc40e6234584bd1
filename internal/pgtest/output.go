// SPDX-License-Identifier: MPL-2.0

package pgtest

import (
	"bytes"
	"sync"
)

// Output is what a program or a log has written, which a test reads meanwhile.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends, and never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all of it so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
