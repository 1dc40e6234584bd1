// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/auth0"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
)

// auth0Error reports a failed call: what was attempted, the cause in the tenant's words and what to
// do. Values in secrets are taken out of those words.
func auth0Error(diags *diag.Diagnostics, summary string, err error, secrets map[string]string) {
	var taken *auth0.NameTakenError
	if errors.As(err, &taken) {
		nameTaken(diags, taken)
		return
	}
	text := redact(err.Error(), secrets)
	diags.AddError(summary, strings.ToUpper(text[:1])+strings.TrimSuffix(text[1:], ".")+".\n\n"+auth0Remedy(err))
}

func auth0Remedy(err error) string {
	var configuration *auth0.ConfigError
	var token *auth0.TokenError
	var unreadable *auth0.OptionsUnreadableError
	var failed *auth0.Error
	switch {
	case errors.As(err, &configuration):
		return "Correct the provider's auth0 settings."
	case errors.As(err, &token):
		return "Check domain, client_id and the credential in the provider's auth0 settings, and that the application is " +
			"authorized for the Management API."
	case errors.As(err, &unreadable):
		return fmt.Sprintf("Grant the application the scope %s (and update:connections_options to change them). Without it "+
			"the provider cannot tell which options to keep.", auth0.OptionsScope)
	case errors.Is(err, context.DeadlineExceeded):
		return "The time given for it ran out. " + kit.JustApply
	case errors.Is(err, context.Canceled):
		return "It was cancelled. Apply again to finish."
	case errors.As(err, &failed):
		return failedRemedy(failed)
	}
	return kit.CorrectAndApply
}

func failedRemedy(failed *auth0.Error) string {
	switch scopes := failed.MissingScopes(); {
	case len(scopes) > 0:
		return fmt.Sprintf("Grant the application one of the scopes %s for the Management API.", strings.Join(scopes, ", "))
	case failed.Unauthorized():
		return "The tenant does not accept the token: check api_token, or audience and domain, in " +
			"the provider's auth0 settings."
	case failed.RateLimited():
		if !failed.ResetAt.IsZero() {
			return fmt.Sprintf("The rate limit ends at %s. Apply again then, "+
				"or with a lower -parallelism.", failed.ResetAt.UTC().Format(time.RFC3339))
		}
		return "Apply again later, or with a lower -parallelism."
	case failed.NoAnswer():
		return "Check domain and base_url in the provider's auth0 settings and the network on the way, and apply again."
	case failed.Status >= 500:
		return "The tenant has a problem of its own: apply again later."
	}
	return kit.CorrectAndApply
}

func nameTaken(diags *diag.Diagnostics, taken *auth0.NameTakenError) {
	diags.AddAttributeError(path.Root("name"), "Connection Exists Already", fmt.Sprintf(
		"A connection named %q exists in the tenant, with the id %s. It was left as it is.\n\nTo manage it here, write an "+
			"import block with its id or its name, in place of the resource's own name:\n\n"+
			"import {\n  to = auth0pg_connection.example\n  id = %q # or %q\n}\n\nIf it is this resource's own, whose "+
			"creation failed half-way and left it tainted, run terraform untaint on it and apply again. "+
			"Otherwise choose another name.", taken.Name, taken.ID, taken.ID, taken.Name))
}
