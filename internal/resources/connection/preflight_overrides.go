// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Scripts of one's own are not tried: what they run is known to them alone, and running it could do anything. What can be
// told without it is which columns of the users table their text names.

// warnOfOverrides says which scripts were not tried, and which columns they name that their role has no right to.
func (r *connection) warnOfOverrides(
	ctx context.Context,
	server *postgres.Server,
	settled resolved,
	target target,
	diags *diag.Diagnostics,
) {
	if len(settled.overrides) == 0 || settled.settings.ImportFinished.ValueBool() {
		return
	}
	var names []string
	lacking := map[scripts.Operation][]string{}
	named := r.columnsNamed(ctx, server, settled)
	for _, role := range target.roles() {
		// Where it cannot be found out, what follows says no more than that.
		_ = server.Try(ctx, role, []postgres.Object{kit.TableObject(settled.store)}, func(ctx context.Context, t *postgres.Preflight) error {
			if !t.Assumed {
				return nil
			}
			for op, columns := range named {
				found, err := withoutRight(ctx, t, settled.store, columns)
				if err != nil {
					return err
				}
				if len(found) > 0 { // of either role
					lacking[op] = found
				}
			}
			return nil
		})
	}
	for _, op := range slices.Sorted(maps.Keys(settled.overrides)) {
		names = append(names, string(op))
		if columns := lacking[op]; len(columns) > 0 {
			diags.AddAttributeWarning(overridesPath.AtMapKey(string(op)), "Script May Lack Privileges", fmt.Sprintf(
				"The script names %s of %s, and the role %q has no right to that.\n\nIf it reads it there, add to the "+
					"auth0pg_database_role:\n\n  extra_privileges = [%q]",
				quotedColumns(columns), settled.store.Table().Title(), target.user,
				postgres.Grant{Privilege: "SELECT", Columns: columns, On: kit.TableObject(settled.store)}.String()))
		}
	}
	script := "The script " + names[0] + " is"
	if len(names) > 1 {
		script = "The scripts " + kit.List(names) + " are"
	}
	diags.AddAttributeWarning(overridesPath, "Scripts Not Tried", script+" your own: what it runs is not known, and was not "+
		"tried. Privileges that it needs beside those of the operations belong into extra_privileges of the "+
		"auth0pg_database_role.\n\nTry a login, and what else it does, after the apply.")
}

// columnsNamed are the columns of the users table that visible SQL of the overrides names together with the table.
func (r *connection) columnsNamed(
	ctx context.Context,
	server *postgres.Server,
	settled resolved,
) map[scripts.Operation][]string {
	named := map[scripts.Operation][]string{}
	users := settled.store.Table()
	pool, err := server.Pool(ctx)
	if err != nil {
		return named
	}
	relation, err := table.InspectRelation(ctx, pool, users.Schema, users.Name)
	if err != nil || relation == nil {
		return named
	}
	for op, text := range settled.overrides {
		names := scripts.VisibleNames(op, text)
		if !names[users.Name] {
			continue
		}
		for _, column := range relation.Columns {
			if names[column.Name] {
				named[op] = append(named[op], column.Name)
			}
		}
	}
	return named
}

// withoutRight are the columns on which the preflight's role has no right of any kind.
func withoutRight(ctx context.Context, t *postgres.Preflight, users store.Store, columns []string) ([]string, error) {
	lacks := map[string]int{}
	kinds := []string{"SELECT", "INSERT", "UPDATE"}
	for _, kind := range kinds {
		missing, err := t.Lacking(ctx, []postgres.Grant{{Privilege: kind, Columns: columns, On: kit.TableObject(users)}})
		if err != nil {
			return nil, err
		}
		for _, g := range missing {
			for _, column := range g.Columns {
				lacks[column]++
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(columns), func(column string) bool { return lacks[column] < len(kinds) }), nil
}

func quotedColumns(columns []string) string {
	if len(columns) == 1 {
		return fmt.Sprintf("the column %q", columns[0])
	}
	return "the columns " + strings.Join(quotedNames(columns), ", ")
}
