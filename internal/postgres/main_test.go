// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// TestMain also looks for goroutines that the tests have left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }
