// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

// TestMain stops the servers that the tests share.
func TestMain(m *testing.M) { acctest.Main(m) }
