// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// checkConfiguration requires the key that the rendered scripts read, a URL of the right form under it, and an authority
// that is one.
func (m *connectionModel) checkConfiguration(r resolved, config *connectionModel, diags *diag.Diagnostics) {
	if diags.HasError() || !r.hasStore || config.ConfigurationWO.IsUnknown() || config.ConfigurationWO.IsNull() {
		return
	}
	if a, ok := r.store.API(); ok {
		checkAPIConfiguration(a, r.store.Title(), config.ConfigurationWO.Elements(), diags)
		return
	}
	if t, ok := r.store.Tenant(); ok {
		checkCredentials("Tenant Credentials Missing", t.Keys(), r.store.Title(), config.ConfigurationWO.Elements(), diags)
		return
	}
	if !r.store.InDatabase() || r.settings.DatabaseURLKey.IsUnknown() {
		return
	}
	key := r.settings.DatabaseURLKey.ValueString()
	value, configured := config.ConfigurationWO.Elements()[key]
	if !configured {
		diags.AddAttributeError(configurationPath, "Database URL Missing", fmt.Sprintf(
			"The scripts read the database's URL from the configuration key %s, which configuration_wo does not have.\n\nAdd "+
				"it, or name another key in scripts.database_url_key.", key))
		return
	}
	authority, private := config.ConfigurationWO.Elements()[r.settings.CAKey.ValueString()].(types.String)
	checkAuthority(r.settings.CAKey.ValueString(), authority, diags)
	text, ok := value.(types.String)
	if !ok || text.IsUnknown() {
		return
	}
	defer func() { m.checkTLS(key, text.ValueString(), private, diags) }()
	if err := scripts.CheckDatabaseURL(text.ValueString()); err != nil {
		diags.AddAttributeError(configurationPath.AtMapKey(key), "Database URL Is Malformed", fmt.Sprintf(
			"The scripts cannot connect with this value: %s. It must have the form "+
				"postgres://user:password@host:5432/database, with every part percent-encoded; "+
				"provider::auth0pg::postgres_url writes it.", err))
	}
}

// checkAuthority refuses what stands under the key of the authority and is none.
func checkAuthority(key string, authority types.String, diags *diag.Diagnostics) {
	if authority.IsNull() || authority.IsUnknown() {
		return
	}
	if err := scripts.CheckAuthority(authority.ValueString()); err != nil {
		diags.AddAttributeError(configurationPath.AtMapKey(key), "Certificate Authority Not Readable", fmt.Sprintf(
			"The scripts trust the certificates under this key, and every login would fail with it: %s.\n\nIt must have one "+
				"or more certificates in PEM, for example file(\"ca.pem\").", err))
	}
}

// checkCredentials requires what the scripts log in with to what the store is reached through. It reports whether all is
// there.
func checkCredentials(
	summary string, keys []string, title string, configured map[string]attr.Value, diags *diag.Diagnostics,
) bool {
	var missing []string
	for _, key := range keys {
		value, _ := configured[key].(types.String)
		if configured[key] == nil || !value.IsUnknown() && value.ValueString() == "" {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		diags.AddAttributeError(configurationPath, summary, fmt.Sprintf(
			"The scripts log in to %s with what they read from the configuration, and configuration_wo has no value for %s.\n\n"+
				"Add it, or name other keys where the store is described.", title, kit.List(missing)))
	}
	return len(missing) == 0
}

// checkAPIConfiguration requires what the scripts log in to the API with, and an authority that is one.
func checkAPIConfiguration(a store.API, title string, configured map[string]attr.Value, diags *diag.Diagnostics) {
	if !checkCredentials("API Credentials Missing", a.Keys(), title, configured, diags) {
		return
	}
	if name, ok := configured[a.UsernameKey].(types.String); ok && strings.Contains(name.ValueString(), ":") {
		diags.AddAttributeError(configurationPath.AtMapKey(a.UsernameKey), "API Credentials Malformed", "A user name of basic "+
			"credentials has no colon in it: the password begins behind the first one.\n\nTake another user name.")
	}
	authority, _ := configured[a.CAKey].(types.String)
	if configured[a.CAKey] != nil {
		checkAuthority(a.CAKey, authority, diags)
	}
}

// checkTLS refuses what a URL says about TLS and the scripts do not read, and tells what they will not verify where the
// URL is about to be sent.
func (m *connectionModel) checkTLS(key, text string, authority bool, diags *diag.Diagnostics) {
	at := configurationPath.AtMapKey(key)
	refused, unverified := scripts.CheckTLS(text, authority)
	if len(refused) > 0 {
		diags.AddAttributeError(at, "Database URL Is Malformed", fmt.Sprintf(
			"The scripts read sslmode, and nothing of %s: what these ask for would not be done, without a word. "+
				"Write sslmode=verify-full in their place, and put an authority of your own into "+
				"configuration_wo under scripts.ca_key.", kit.List(refused)))
		return
	}
	if unverified != "" && hasUnknown(m.ConfigurationFingerprints) {
		diags.AddAttributeWarning(at, "Server Not Verified", fmt.Sprintf(
			"With this URL the scripts do not verify %s. Who is between Auth0 and the database could "+
				"read and answer every login. "+
				"Other drivers may have verified with the same URL.\n\nWrite sslmode=verify-full. An authority of your own goes "+
				"into configuration_wo under scripts.ca_key; "+
				"without it the public ones are trusted.", unverified))
	}
}
