// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"testing"
	"time"
)

// LimitHBAWait gives the wait for other runs that change pg_hba.conf another limit until the test ends.
func LimitHBAWait(t *testing.T, limit time.Duration) { replace(t, &hbaPatience, limit) }

// LimitLogin gives the login that follows a login trigger another limit until the test ends.
func LimitLogin(t *testing.T, limit time.Duration) { replace(t, &loginBudget, limit) }

func replace[T any](t *testing.T, variable *T, value T) {
	before := *variable
	*variable = value
	t.Cleanup(func() { *variable = before })
}
