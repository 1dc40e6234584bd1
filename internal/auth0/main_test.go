// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also looks for goroutines that the tests have left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

type tests struct{ *testing.M }

// Run closes the connections that are kept open for the next call.
func (t tests) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	return t.M.Run()
}
