// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"maps"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// connectionIDForm is that of every id and, for the underscore, of no name.
var connectionIDForm = regexp.MustCompile(`^con_[a-zA-Z0-9]+$`)

// importedVersion is the version that an imported configuration counts as.
const importedVersion = 1

// ImportState takes the connection's id or its name.
func (r *connection) ImportState(
	ctx context.Context,
	req resource.ImportStateRequest,
	resp *resource.ImportStateResponse,
) {
	id := req.ID
	if !connectionIDForm.MatchString(id) {
		if !connectionNameForm.MatchString(id) {
			resp.Diagnostics.AddError("Unexpected Import Identifier", fmt.Sprintf(
				"%q is neither the id nor the name of a connection. Import by id, for example con_Ab12Cd34Ef56Gh78, or by "+
					"name, for example legacy-users.", req.ID))
			return
		}
		client, ok := r.data.Auth0.Get(&resp.Diagnostics)
		if !ok {
			return
		}
		found, err := client.ConnectionByName(ctx, id)
		if err != nil {
			auth0Error(&resp.Diagnostics, "Connection Not Read", err, nil)
			return
		}
		if found == nil {
			resp.Diagnostics.AddError("Connection Not Found", fmt.Sprintf("The tenant has no connection named %q. Check the "+
				"name, and the provider's domain.", req.ID))
			return
		}
		id = found.ID
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// adopt fills the whole state of a connection that was imported.
func (m *connectionModel) adopt(found *auth0.Connection) {
	m.Name = types.StringValue(found.Name)
	m.Options = jsontypes.NewNormalizedNull()
	m.ConfigurationWO = types.MapNull(types.StringType)
	m.ConfigurationWOVersion = types.Int64Null()
	m.EnabledClients = types.SetNull(types.StringType)
	m.DeletionProtection = types.BoolValue(true)
	m.DeleteWithUsers = types.BoolValue(false)
	m.AllowReplacement = types.BoolValue(false)
	m.Preflight = types.BoolValue(true)
	m.UseFormerScripts = types.BoolValue(false)
	m.ManageScripts = types.BoolValue(true)
	if len(fingerprints(found.Options)) > 0 {
		m.ConfigurationWOVersion = types.Int64Value(importedVersion)
	}
	// Of the stored scripts those count that a connection of this mode has; others stay out of it.
	m.adoptScripts(found.Options)
	m.refreshOptions(found.Options, true)
	m.refreshRest(found, true)
}

// adoptScripts takes over the scripts that a connection of this mode has; others stay out of it. Those that were
// rendered here say from what; those that were not become overrides.
func (m *connectionModel) adoptScripts(options map[string]any) {
	stored, taken, own := storedScripts(options), map[string]string{}, map[string]attr.Value{}
	var from scripts.Options
	rendered := false
	operations := scripts.Operations()
	if options[optionImportMode] == true {
		operations = scripts.Rendered(true, store.Store{})
	}
	for _, op := range operations {
		text, ok := stored[string(op)]
		if !ok {
			continue
		}
		taken[string(op)] = text
		recognised, ok := scripts.Recognise(text)
		switch {
		case !ok:
			own[string(op)] = types.StringValue(text)
		case !rendered: // login comes first, which tells the most
			from, rendered = recognised, true
		}
	}
	m.ScriptDigests = digestMap(taken)
	m.Operations = operationsOf(m.ScriptDigests)
	m.Store = kit.NullStore()
	behaviour := defaultScripts().Attributes()
	if rendered {
		m.Store, behaviour = kit.NewStore(from.Store), scriptsAttributes(from)
	}
	if len(own) > 0 {
		behaviour["overrides"] = types.MapValueMust(types.StringType, own)
	}
	m.Scripts = types.ObjectValueMust(scriptsType.AttrTypes, behaviour)
	if m.Scripts.Equal(defaultScripts()) {
		m.Scripts = types.ObjectNull(scriptsType.AttrTypes) // as without the block
	}
}

// refresh takes over what changed elsewhere.
func (m *connectionModel) refresh(found *auth0.Connection) {
	m.Name = types.StringValue(found.Name)
	m.refreshOptions(found.Options, false)
	m.refreshRest(found, false)
}

func (m *connectionModel) refreshRest(found *auth0.Connection, adopt bool) {
	m.refreshProperties(found, adopt)
	m.ConfigurationFingerprints = fingerprintMap(fingerprints(found.Options))
	m.ScriptChanges = types.MapNull(types.StringType) // of the last apply, which is over
}

// managedScripts are those of the tenant that the state knows of, by operation.
func (m *connectionModel) managedScripts(found *auth0.Connection) map[string]string {
	stored := storedScripts(found.Options)
	maps.DeleteFunc(stored, func(op, _ string) bool { _, managed := m.ScriptDigests.Elements()[op]; return !managed })
	return stored
}

func storedScripts(options map[string]any) map[string]string {
	texts := map[string]string{}
	stored, _ := options[optionScripts].(map[string]any)
	for op, value := range stored {
		if text, ok := value.(string); ok {
			texts[op] = text
		}
	}
	return texts
}
