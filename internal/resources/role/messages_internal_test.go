// SPDX-License-Identifier: MPL-2.0

package role

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit/kittest"
)

func TestOneFullStop(t *testing.T) {
	kittest.OneFullStop(t, func(d *diag.Diagnostics, err error) { roleError(d, "create", "r", err) })
}
