// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
)

// checkOwnTenant refuses a store in this very connection, whose scripts would ask themselves, and one in another connection
// of the same tenant whose users would have the ids of those that are there.
func (m *connectionModel) checkOwnTenant(r resolved, client *auth0.Client, diags *diag.Diagnostics) {
	asked, ok := r.store.Tenant()
	if !ok || !r.storeKnown || client == nil || !strings.EqualFold(client.Domain(), asked.Domain) {
		return
	}
	if m.Name.ValueString() == asked.Connection {
		diags.AddAttributeError(path.Root("store"), "Connection Is Its Own Store", fmt.Sprintf(
			"The store is %s, which is this connection: each login would ask itself, until the platform's limits end it.\n\n"+
				"Name the tenant and the connection where the users are.", r.store.Title()))
		return
	}
	prefix := r.settings.UserIDPrefix
	if !prefix.IsUnknown() && prefix.ValueString() == "" && !m.Name.IsUnknown() {
		diags.AddAttributeError(path.Root("scripts").AtName("user_id_prefix"), "Ids Are Taken", fmt.Sprintf(
			"The store is %s, in the same tenant, where the ids of its users are taken: those of this connection would be the same "+
				"ones.\n\nSet scripts.user_id_prefix.", r.store.Title()))
	}
}
