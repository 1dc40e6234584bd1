// SPDX-License-Identifier: MPL-2.0

package postgres_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
