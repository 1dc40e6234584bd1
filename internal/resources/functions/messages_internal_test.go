// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit/kittest"
)

func TestOneFullStop(t *testing.T) {
	kittest.OneFullStop(t, func(d *diag.Diagnostics, err error) { accessError(d, "create", "s", err) })
}
