// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// How many rows a plan looks at, and for how long: who has a large table asks the audit for the rest.
const (
	rowsLookedAt  = 20000
	lookingAtRows = 5 * time.Second
)

// warnOfHashes tells whose hashes login will not be able to compare with, and which formats to name. A table that
// cannot be read is no reason not to plan.
func (r *connection) warnOfHashes(
	ctx context.Context,
	settled resolved,
	prior, plan *connectionModel,
	diags *diag.Diagnostics,
) {
	users := settled.store
	if diags.HasError() || !settled.storeKnown || !users.InDatabase() || !settled.renderable() || plan.UseFormerScripts.ValueBool() ||
		!plan.uploads(prior) ||
		!slices.Contains(settled.ownOperations(plan.ScriptDigests), scripts.Login) {
		return
	}
	at := users.Table()
	if r.data.Notes.TableChanges(at.Schema, at.Name) {
		return
	}
	server := r.preflightServer(ctx)
	if server == nil {
		return
	}
	options := settled.options()
	ctx, cancel := context.WithTimeout(ctx, lookingAtRows)
	defer cancel()
	counts, err := table.UnreadableHashes(
		ctx,
		server,
		users,
		append(options.LegacyHashes, options.PasswordHash),
		rowsLookedAt,
	)
	if err != nil {
		warnNotLookedAt(ctx, users, err, diags)
		return
	}
	if len(counts) > 0 {
		diags.AddAttributeWarning(path.Root("scripts"), "Hashes Not Readable", fmt.Sprintf(
			"Of the first %d rows of %s, %d have a password hash that login cannot compare with, so that "+
				"these users are refused:\n%s\n\n"+
				"The guide \"Password hashes\" says which format is whose. The data source "+
				"auth0pg_users_audit counts and lists them all.",
			rowsLookedAt, users.Title(), total(counts), unreadableLines(counts)))
	}
}

// warnNotLookedAt tells why nothing is said of hashes, as silence would mean that login can compare with all of them. A
// server or a table that is not there yet is another message's.
func warnNotLookedAt(ctx context.Context, users store.Store, err error, diags *diag.Diagnostics) {
	tflog.Info(ctx, "the hashes are not looked at", map[string]any{"error": err.Error()})
	attempted := "Whether login can compare with the password hashes of " + users.Title() + " was not looked at"
	var unreachable *postgres.ConnectError
	var foreign *postgres.ForeignError
	why := ""
	switch {
	case errors.Is(err, table.ErrNotFound), errors.As(err, &unreachable):
		return
	case errors.As(err, &foreign):
		why = fmt.Sprintf("%s: %s. That would run with the rights of the provider.\n\n%s",
			attempted, kit.List(foreign.Found), kit.ForeignRemedy)
	case errors.Is(err, context.DeadlineExceeded):
		why = fmt.Sprintf("%s: it took longer than %s.\n\nThe data source auth0pg_users_audit counts them all.",
			attempted, lookingAtRows)
	default:
		why = kit.PostgresDetail(attempted, err)
	}
	diags.AddAttributeWarning(path.Root("scripts"), "Rows Not Looked At", why)
}

func total(counts map[string]int64) (sum int64) {
	for _, count := range counts {
		sum += count
	}
	return sum
}

// unreadableLines has a line for each look with what settles it.
func unreadableLines(counts map[string]int64) string {
	var lines []string
	for _, look := range slices.Sorted(maps.Keys(counts)) {
		remedy := fmt.Sprintf("name %s in scripts.legacy_hashes", kit.Alternatives(hashes.Readers(look)))
		switch look {
		case table.TooDear:
			remedy = "they cost more than a login has time for; have these users reset their password"
		case table.UnknownLook:
			remedy = "of no format that is known"
		}
		lines = append(lines, fmt.Sprintf("- %d %s: %s", counts[look], look, remedy))
	}
	return strings.Join(lines, "\n")
}
