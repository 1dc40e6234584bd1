// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// target is the connection that users are brought into.
type target struct {
	id, name string
	prefix   string
}

// target reads the connection: it is in import mode, and its login says which prefix ids have.
func (m *usersImportModel) target(ctx context.Context, client *auth0.Client, diags *diag.Diagnostics) (found target,
	ok bool) {
	id := m.ConnectionID.ValueString()
	connection, err := client.Connection(ctx, id)
	if err != nil {
		tenantError(ctx, diags, "Could not read the connection that users are imported into", err)
		return target{}, false
	}
	found = target{id: id, name: connection.Name, prefix: m.UserIDPrefix.ValueString()}
	if connection.Options["import_mode"] != true {
		diags.AddAttributeError(path.Root("connection_id"), "Connection Not In Import Mode", fmt.Sprintf(
			"The connection %q (%s) has import_mode off: it asks the database at each login, so that imported "+
				"users would never be looked at, and Auth0 takes no import into it.\n\n"+
				"Set import_mode = true on the connection, or name another one.", connection.Name, id))
		return target{}, false
	}
	customScripts, _ := connection.Options["customScripts"].(map[string]any)
	login, _ := customScripts["login"].(string)
	options, rendered := scripts.Recognise(login)
	finished := rendered && options.ImportFinished
	switch {
	case rendered && !finished && !m.UserIDPrefix.IsNull() && options.UserIDPrefix != found.prefix:
		diags.AddAttributeError(path.Root("user_id_prefix"), "Id Prefix Not Known", fmt.Sprintf(
			"The scripts of the connection %q have the user_id_prefix %q, and here it is %q: whoever is imported "+
				"would have another id than whoever logs in.\n\n"+
				"Leave the attribute out, or correct it.", connection.Name, options.UserIDPrefix, found.prefix))
		return target{}, false
	case rendered && !finished:
		found.prefix = options.UserIDPrefix
	case m.UserIDPrefix.IsNull():
		diags.AddAttributeError(path.Root("user_id_prefix"), "Id Prefix Not Known", fmt.Sprintf(
			"The login of the connection %q does not tell which user_id_prefix ids have, since it was not rendered "+
				"by this provider, or the import is finished.\n\n"+
				"Set user_id_prefix to what stands in front of the bar in the ids that the scripts give out, or to "+
				"\"\" where nothing does.", connection.Name))
		return target{}, false
	}
	return found, true
}
