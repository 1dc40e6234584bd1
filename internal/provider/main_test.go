// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }
