// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Row-level security without a policy for a role refuses nothing and shows nothing: no statement fails, every login ends as
// with a wrong password, and a ban in another table is not seen.

// hiddenFrom is what it hides from the scripts' role.
type hiddenFrom struct {
	users store.Store
	role  string
	there bool // the role exists
	rows  []postgres.HiddenRows
}

// database is what is asked.
type database interface {
	postgres.Beginner
	postgres.Querier
}

// findHiddenOn is [findHidden] on a server.
func findHiddenOn(
	ctx context.Context, server *postgres.Server, users store.Store, operations []scripts.Operation,
	options scripts.Options, as target,
) (hiddenFrom, error) {
	pool, err := server.Pool(ctx)
	if err != nil {
		return hiddenFrom{}, err
	}
	return findHidden(ctx, pool, users, operations, options, as)
}

// findHidden asks the catalog what the operations would not see or change. Functions have a policy of their own.
func findHidden(
	ctx context.Context,
	db database,
	users store.Store,
	operations []scripts.Operation,
	options scripts.Options,
	as target,
) (hiddenFrom, error) {
	hidden := hiddenFrom{users: users, role: as.user}
	if _, behind := users.Functions(); behind || as.user == "" {
		return hidden, nil
	}
	grants, _, err := kit.StoreGrants(users, operations, options.Features())
	if err != nil {
		return hidden, err
	}
	on, commands := kit.TableObject(users), []string{"SELECT", "INSERT", "UPDATE", "DELETE"}
	commands = slices.DeleteFunc(commands, func(command string) bool {
		return !slices.ContainsFunc(grants, func(g postgres.Grant) bool { return g.On == on && g.Privilege == command })
	})
	err = db.QueryRow(ctx, "select rolname::text from pg_roles where rolname = any ($1) "+
		"order by array_position($1, rolname::text) limit 1", as.roles()).Scan(&hidden.role)
	if hidden.there = err == nil; err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return hidden, err
	}
	hidden.rows, err = table.Hidden(ctx, db, users, hidden.role, commands...)
	return hidden, err
}

// report refuses scripts that would not see what they have to. It returns false where there is nothing to refuse.
func (h hiddenFrom) report(diags *diag.Diagnostics) bool {
	for _, rows := range h.rows {
		consequence := "What they would say of a user is missing, and whoever they would block gets in."
		wayOut := ""
		if rows.On == kit.TableObject(h.users) {
			consequence = "Every login would end as with a wrong password."
			wayOut = "Put auth0pg_access_functions in front of the table, which have a policy of their own; or "
		}
		if rows.Server != "" {
			consequence, wayOut = "Every login would fail.", ""
		}
		policy := fmt.Sprintf("give the role %q what it lacks and apply again:\n\n  %s;", rows.Role, rows.Remedy())
		if rows.Role == h.role && !h.there {
			policy = fmt.Sprintf("create the role %q first, which terraform apply -target does, "+
				"give it what it lacks, and apply "+
				"the rest:\n\n  %s;", rows.Role, rows.Remedy())
		}
		if wayOut == "" {
			policy = kit.Capitalized(policy)
		}
		diags.AddAttributeError(path.Root("store"), "Rows Are Hidden", fmt.Sprintf(
			"The scripts would see no row of %s: %s. %s Nothing was changed in Auth0.\n\n%s%s\n\n%s",
			rows.On, rows.Why(), consequence, wayOut, policy, withoutPreflight))
	}
	return len(h.rows) > 0
}
