// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit/kittest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

func TestOneFullStop(t *testing.T) {
	kittest.OneFullStop(t, func(d *diag.Diagnostics, err error) { auditError(store.Store{}, err, d) })
	kittest.OneFullStop(t, func(d *diag.Diagnostics, err error) { addPlanError(tableSpec{}, err, d) })
}
