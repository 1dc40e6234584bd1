// SPDX-License-Identifier: MPL-2.0

package resources

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// connectionIDPrefix starts every id and, for its underscore, no name.
const connectionIDPrefix = "con_"

// importedVersion is the version that an imported configuration counts as.
const importedVersion = 1

// ImportState takes the connection's id or its name.
func (r *connection) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := req.ID
	if !strings.HasPrefix(id, connectionIDPrefix) {
		if !connectionNameForm.MatchString(id) {
			resp.Diagnostics.AddError("Unexpected Import Identifier", fmt.Sprintf(
				"%q is neither the id nor the name of a connection. Import by id, for example con_Ab12Cd34Ef56Gh78, or by name, for example legacy-users.", req.ID))
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
			resp.Diagnostics.AddError("Connection Not Found", fmt.Sprintf("The tenant has no connection named %q. Check the name, and the provider's domain.", req.ID))
			return
		}
		id = found.ID
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// renderedMark stands in the head of every rendered script. What lacks it was written by hand and is taken over
// as an override.
const renderedMark = "provider auth0pg/auth0pg"

// adopt fills the whole state of a connection that was imported.
func (m *connectionModel) adopt(found *auth0.Connection) {
	m.Name = types.StringValue(found.Name)
	m.Store = types.ObjectNull(storeType.AttrTypes)
	m.Options = jsontypes.NewNormalizedNull()
	m.ConfigurationWO = types.MapNull(types.StringType)
	m.ConfigurationWOVersion = types.Int64Null()
	m.EnabledClients = types.SetNull(types.StringType)
	m.DeletionProtection = types.BoolValue(true)
	m.DeleteWithUsers = types.BoolValue(false)
	m.AllowReplacement = types.BoolValue(false)
	if len(fingerprints(found.Options)) > 0 {
		m.ConfigurationWOVersion = types.Int64Value(importedVersion)
	}
	// Of the stored scripts those count that a connection of this mode has; others stay out of it.
	elements, own := map[string]attr.Value{}, map[string]attr.Value{}
	usernames := store.Store{Columns: map[store.Part]store.Column{store.Username: {}}}
	stored := storedScripts(found.Options)
	for _, op := range scripts.Rendered(found.Options[optionImportMode] == true, usernames) {
		if text, ok := stored[string(op)]; ok {
			elements[string(op)] = types.StringValue(text)
			if !strings.Contains(text, renderedMark) {
				own[string(op)] = types.StringValue(text)
			}
		}
	}
	m.RenderedScripts = types.MapValueMust(types.StringType, elements)
	m.Scripts = defaultScripts()
	if len(own) > 0 {
		behaviour := m.Scripts.Attributes()
		behaviour["overrides"] = types.MapValueMust(types.StringType, own)
		m.Scripts = types.ObjectValueMust(scriptsType.AttrTypes, behaviour)
	}
	m.refreshOptions(found.Options, true)
	m.refreshRest(found)
}

// refresh takes over what changed elsewhere.
func (m *connectionModel) refresh(found *auth0.Connection) {
	m.Name = types.StringValue(found.Name)
	m.refreshOptions(found.Options, false)
	stored := storedScripts(found.Options)
	elements := map[string]attr.Value{}
	for op := range m.RenderedScripts.Elements() {
		if text, ok := stored[op]; ok {
			elements[op] = types.StringValue(text)
		}
	}
	m.RenderedScripts = types.MapValueMust(types.StringType, elements)
	m.refreshRest(found)
}

func (m *connectionModel) refreshRest(found *auth0.Connection) {
	m.refreshProperties(found)
	m.ConfigurationFingerprints = fingerprintMap(fingerprints(found.Options))
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
