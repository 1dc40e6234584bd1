// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
)

// What is read of a state that Auth0's own provider wrote.
const (
	officialResource      = "auth0_connection"
	officialProvider      = "/auth0/auth0" // the registry's host differs
	officialSchemaVersion = 3
)

// officialState is the part of it that says which connection it is, and the secrets that it holds in clear.
type officialState struct {
	ID       string `json:"id"`
	Strategy string `json:"strategy"`
	Options  []struct {
		Configuration map[string]string `json:"configuration"`
	} `json:"options"`
}

// MoveState takes over a connection from the generic resource of Auth0's own provider. It runs without a
// tenant: the id is enough for the read that follows. Of the secrets, which that resource keeps in clear,
// only hashes are kept, so that the first plan can tell whether the configured values are the same.
func (r *connection) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: moveConnection}}
}

func moveConnection(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	if req.SourceTypeName != officialResource || !strings.HasSuffix(req.SourceProviderAddress, officialProvider) {
		return // not ours to say anything about
	}
	if req.SourceSchemaVersion != officialSchemaVersion {
		resp.Diagnostics.AddError("Moved State Is Outdated", fmt.Sprintf(
			"The state of the %s was written with version %d of its schema; version %d can be moved.\n\nRun one apply with a "+
				"current release of the auth0/auth0 provider first.",
			officialResource, req.SourceSchemaVersion, officialSchemaVersion))
		return
	}
	var source officialState
	if req.SourceRawState == nil || json.Unmarshal(req.SourceRawState.JSON, &source) != nil || source.ID == "" {
		// The cause may quote the state, which holds secrets.
		resp.Diagnostics.AddError("Moved State Not Readable", fmt.Sprintf("The state of the %s has not the expected "+
			"form.\n\nRemove it from the state and import the connection instead.", officialResource))
		return
	}
	if source.Strategy != auth0.Strategy {
		resp.Diagnostics.AddError("Not A Database Connection", fmt.Sprintf(
			"Connection %s has the strategy %q. Only database connections, of the "+
				"strategy %q, can be managed here.", source.ID, source.Strategy, auth0.Strategy))
		return
	}
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), source.ID)...)
	private := connectionPrivate{ManagesClients: true}
	if len(source.Options) == 1 && len(source.Options[0].Configuration) > 0 {
		private.Sent = newSentConfiguration(source.Options[0].Configuration, nil)
		private.Sent.Fingerprints = nil // the read that follows sees the ciphertext
	}
	private.save(ctx, resp.TargetPrivate, &resp.Diagnostics)
}
