// SPDX-License-Identifier: MPL-2.0

package apistore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Whoever gets a token for the audience is let in by the API. By default every application of the tenant gets one on
// behalf of its users, and such a token looks like any other.

var audiencePath = path.Root("audience")

// lookingAtTenant bounds the two questions to the tenant.
const lookingAtTenant = 30 * time.Second

// checkGuard tells who else could get tokens for the API, and refuses an audience that does not exist.
func (m *apiStoreModel) checkGuard(ctx context.Context, data *kit.Data, diags *diag.Diagnostics) {
	if m.authority() == store.Basic {
		return
	}
	client := clientOf(data)
	if client == nil || client.TokenURL() != m.TokenURL.ValueString() {
		tflog.Info(ctx, "who gets tokens for the API is not looked at: the provider has no settings of the tenant that "+
			"gives them out")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookingAtTenant)
	defer cancel()
	found, err := client.ResourceServer(ctx, m.Audience.ValueString())
	switch {
	case auth0.IsNotFound(err):
		diags.AddAttributeError(audiencePath, "Audience Not Found", fmt.Sprintf(
			"The tenant %s has no API with the identifier %q, so that it gives out no token for it and every login would fail.\n\n"+
				"Correct the audience. If the same configuration creates the API, add the auth0_resource_server to depends_on "+
				"of this data source, which is then read after it.", client.Domain(), m.Audience.ValueString()))
		return
	case err != nil:
		notLooked(err, "read:resource_servers", diags)
		return
	}
	warnOfUsers(found, diags)
	if found.Access.Client.Policy == "deny_all" {
		diags.AddAttributeWarning(audiencePath, "API Gives Scripts No Token", fmt.Sprintf(
			"Of the API %q no client gets a token: its policy for clients is deny_all. Every login would fail.\n\n%s",
			found.Identifier, closing(found)))
		return
	}
	m.checkGrants(ctx, client, diags)
}

// warnOfUsers tells that applications get tokens for the API on behalf of users.
func warnOfUsers(found *auth0.ResourceServer, diags *diag.Diagnostics) {
	var open []string
	user := found.Access.User.Policy
	if user == "" {
		user = "allow_all" // the default, also of tenants that do not show it
	}
	if user != "deny_all" {
		open = append(open, fmt.Sprintf("users: %s", user))
	}
	if anonymous := found.Access.AnonymousUser.Policy; anonymous != "" && anonymous != "deny_all" {
		open = append(open, fmt.Sprintf("anonymous users: %s", anonymous))
	}
	if len(open) == 0 {
		return
	}
	who := "any application of the tenant"
	if user == "require_client_grant" {
		who = "applications with a grant for it"
	}
	diags.AddAttributeWarning(audiencePath, "Users Get Tokens For The API", fmt.Sprintf(
		"The API %q gives tokens on behalf of users (%s): %s can ask for one whenever somebody logs in, and an API that "+
			"looks at signature and audience alone would let it in to everybody's hashes and profiles.\n\n%s",
		found.Identifier, strings.Join(open, ", "), who, closing(found)))
}

// closing are the lines that leave the API to the scripts.
func closing(found *auth0.ResourceServer) string {
	return fmt.Sprintf(`In auth0_resource_server of the provider auth0/auth0:

  subject_type_authorization {
    user {
      policy = "deny_all"
    }
    client {
      policy = "require_client_grant"
    }
  }

Or over the Management API:

  PATCH /api/v2/resource-servers/%s
  {"subject_type_authorization":{"user":{"policy":"deny_all"},"client":{"policy":"require_client_grant"}}}`, found.ID)
}

// checkGrants tells that no client gets a token with all scopes that the scripts ask for.
func (m *apiStoreModel) checkGrants(ctx context.Context, client *auth0.Client, diags *diag.Diagnostics) {
	grants, err := client.ClientGrants(ctx, m.Audience.ValueString())
	if err != nil {
		notLooked(err, "read:client_grants", diags)
		return
	}
	scopes := m.scopes()
	var lacking []string
	for _, grant := range grants {
		if grant.SubjectType == "user" {
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
			return grant.AllowAllScopes || slices.Contains(grant.Scopes, s)
		})
		if len(missing) == 0 {
			return
		}
		lacking = append(lacking, fmt.Sprintf("  %s lacks %s", grant.ClientID, strings.Join(missing, ", ")))
	}
	why := "There is no grant for it."
	if len(lacking) > 0 {
		why = "Of the clients with a grant for it:\n\n" + strings.Join(lacking, "\n")
	}
	quoted := `"` + strings.Join(scopes, `", "`) + `"`
	diags.AddAttributeWarning(audiencePath, "API Gives Scripts No Token", fmt.Sprintf(
		"Of the API %q no client gets a token with the scopes of all operations that it offers, so that every login would "+
			"fail. %s\n\nIn auth0_client_grant of the provider auth0/auth0, for the client of the scripts, after the API has "+
			"them as its own:\n\n  audience = %q\n  scopes   = [%s]\n\nOr over the Management API: POST "+
			"/api/v2/client-grants with client_id, audience and scope. Or leave operations out that the API does not offer.",
		m.Audience.ValueString(), why, m.Audience.ValueString(), quoted))
}

// scopes are those that a token is asked for.
func (m *apiStoreModel) scopes() []string {
	var all []string
	for _, element := range m.Scopes.Elements() {
		if scope, ok := element.(types.String); ok {
			all = append(all, scope.ValueString())
		}
	}
	return all
}

// notLooked tells that the tenant did not say who gets tokens. A tenant that does not answer is no reason not to plan.
func notLooked(err error, scope string, diags *diag.Diagnostics) {
	remedy := "Plan again when the tenant answers."
	var failed *auth0.Error
	if errors.As(err, &failed) && failed.Status == http.StatusForbidden {
		remedy = fmt.Sprintf("Grant the provider's application the scope %s for the Management API to have this looked at.", scope)
	}
	diags.AddAttributeWarning(audiencePath, "Guard Of API Not Looked At", fmt.Sprintf(
		"Who gets tokens for the API was not found out: %v.\n\n%s", err, remedy))
}
