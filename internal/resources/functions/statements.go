// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// SQL of one's own stands in a function in place of ours. The server says at each plan what it means and takes, in a
// transaction that is rolled back; what it does not know as yet, the apply asks again.

func statementsAttribute() schema.MapAttribute {
	return schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "SQL of your own, by the names of the functions, for operations that take more than one table or " +
			"another statement than ours; none by default. Each is one statement, which may have others in its `WITH`, with the " +
			"function's arguments as `:email`, `:password` and so on; all that are needed must be used. `login` and `get_user` are " +
			"queries that return a column for each part that the table has, under the part's name. All others end in an `INSERT`, " +
			"`UPDATE` or `DELETE` without `RETURNING` that changes the one row of the user: no row means that there is no such " +
			"user, and two are an error that takes everything back. A part that is only read can be written so. " +
			"The server checks and prints it at plan; `owner_privileges` has what it takes. A whole example is in the guide [Any " +
			"users table](../guides/any-users-table.md#several-tables). A change replaces the function.",
		Validators: []validator.Map{
			mapvalidator.SizeAtLeast(1),
			mapvalidator.KeysAre(stringvalidator.OneOf(kit.AccessFunctionNames()...)),
			mapvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
		},
	}
}

// own are the names of the functions with SQL of one's own; known is false while they are unknown.
func (m *accessFunctionsModel) own() (names []string, known bool) {
	return slices.Sorted(maps.Keys(m.Statements.Elements())), !m.Statements.IsUnknown()
}

// through is the table as it is reached through the functions.
func (m *accessFunctionsModel) through(users store.Store) store.Store {
	names, _ := m.own()
	return users.Through(m.Schema.ValueString(), names...)
}

// resolvedStatements are those that the server understood, by the names of the functions.
type resolvedStatements map[string]table.ResolvedStatement

// sql is the server's print of each.
func (r resolvedStatements) sql() map[string]string {
	all := map[string]string{}
	for name, found := range r {
		all[name] = found.SQL
	}
	return all
}

// grants are what they take.
func (r resolvedStatements) grants() []postgres.Grant {
	var all []postgres.Grant
	for _, name := range slices.Sorted(maps.Keys(r)) {
		all = append(all, r[name].Grants...)
	}
	return all
}

// resolve asks the server what the statements mean. known is false where one names what is not there and, by soon, may be
// there before the apply.
func (m *accessFunctionsModel) resolve(
	ctx context.Context,
	server *postgres.Server,
	through store.Store,
	operations []scripts.Operation,
	soon bool,
	diags *diag.Diagnostics,
) (all resolvedStatements, known bool) {
	all, known = resolvedStatements{}, true
	texts := m.Statements.Elements()
	for _, op := range operations {
		functions, err := scripts.Functions(through, op, kit.FeaturesOf(m.RehashOnLogin)...)
		if err != nil {
			continue // what follows says so
		}
		for _, f := range functions {
			text, configured := texts[f.Name].(types.String)
			if !configured {
				continue
			}
			delete(texts, f.Name)
			found, err := m.resolveOne(ctx, server, through, f, text.ValueString())
			if soon && isNotThere(err) {
				known = false
				continue
			}
			if err != nil {
				statementError(through, f, err, diags)
				continue
			}
			all[f.Name] = found
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		diags.AddAttributeError(path.Root("statements").AtMapKey(name), "Statement Not Used", fmt.Sprintf(
			"No function %q is made: %s.\n\nLeave the statement out.", name, whyNotMade(name)))
	}
	return all, known
}

// whyNotMade says what a function hangs on that is not there.
func whyNotMade(name string) string {
	switch name {
	case string(scripts.Login) + "_rehash":
		return "rehash_on_login is not true, or login is not among the operations"
	case string(scripts.Login) + "_record_migration":
		return "the table has no part migrated_at, or login is not among the operations"
	}
	return "its operation is not among the operations, or the table lacks a part that the operation needs"
}

// isNotThere reports whether a table, a column, a type, a function or a schema is missing.
func isNotThere(err error) bool {
	return slices.Contains([]string{"42P01", "42703", "42704", "42883", "3F000"}, postgres.SQLState(err))
}

func (m *accessFunctionsModel) resolveOne(
	ctx context.Context, server *postgres.Server, through store.Store, f scripts.Function, text string,
) (found table.ResolvedStatement, err error) {
	pool, err := server.Pool(ctx)
	if err != nil {
		return found, err
	}
	found, err = table.ResolveStatement(ctx, pool, kit.TableObject(through), table.Statement{
		Text: text, Parameters: f.Parameters(), Reads: f.Statement.ReadOnly,
	})
	if err != nil {
		return found, err
	}
	for _, name := range f.Needed(through) {
		if !slices.Contains(found.Used, name) {
			return found, &unusedParameterError{name}
		}
	}
	if f.Statement.ReadOnly {
		return found, checkColumns(found.Columns, f.Wanted(through))
	}
	return found, nil
}

// unusedParameterError is a statement that leaves out what the operation is about.
type unusedParameterError struct{ name string }

func (e *unusedParameterError) Error() string {
	return fmt.Sprintf("it does not use the parameter :%s, so that this value would be lost", e.name)
}

// columnsError is a query that does not return what its function does.
type columnsError struct{ problem string }

func (e *columnsError) Error() string { return e.problem }

// checkColumns compares what a query returns with what is wanted of it. All but flags is read as text.
func checkColumns(has []table.ResultColumn, wanted []scripts.TypedName) error {
	byName := map[string]string{}
	for _, c := range has {
		byName[c.Name] = c.Type
	}
	var missing []string
	for _, w := range wanted {
		kind, there := byName[w.Name]
		if !there {
			missing = append(missing, w.Name)
		}
		if there && w.Type == "boolean" && kind != w.Type {
			return &columnsError{fmt.Sprintf("its column %q has the type %s and must be boolean", w.Name, kind)}
		}
		delete(byName, w.Name)
	}
	switch {
	case len(missing) > 0:
		return &columnsError{"it returns no column " + strings.Join(missing, ", and none ")}
	case len(byName) > 0:
		return &columnsError{"nobody reads its columns " + strings.Join(slices.Sorted(maps.Keys(byName)), ", ")}
	}
	return nil
}

// statementError tells what is wrong with a statement, at its attribute.
func statementError(through store.Store, f scripts.Function, err error, diags *diag.Diagnostics) {
	at := path.Root("statements").AtMapKey(f.Name)
	attempted := fmt.Sprintf("The statement for the function %q over %s is not used", f.Name, through.Table().Title())
	var refused *table.StatementError
	var untrusted *table.UntrustedError
	var unused *unusedParameterError
	var columns *columnsError
	switch {
	case errors.As(err, &untrusted):
		diags.AddAttributeError(at, "Object Of Another Role", fmt.Sprintf("%s: %v.\n\n%s", attempted, untrusted, kit.UntrustedRemedy))
	case errors.As(err, &unused), errors.As(err, &columns), errors.As(err, &refused):
		diags.AddAttributeError(at, "Statement Not Usable", fmt.Sprintf("%s: %s.\n\n%s",
			attempted, strings.TrimRight(serversWords(err), "."), whatIsAsked(through, f)))
	default:
		accessError(diags, "read", through.Reach.(store.Functions).Schema, err) //nolint:forcetypeassert // it is through functions
	}
}

// serversWords are those of the server, where it has said something.
func serversWords(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return kit.ServersWords(server)
	}
	return err.Error()
}

// whatIsAsked says what a statement for the function has to be.
func whatIsAsked(through store.Store, f scripts.Function) string {
	var names, columns []string
	for _, name := range slices.Sorted(maps.Keys(f.Parameters())) {
		names = append(names, ":"+name)
	}
	for _, w := range f.Wanted(through) {
		columns = append(columns, w.Name)
	}
	if f.Statement.ReadOnly {
		return fmt.Sprintf("Write one SELECT that returns the columns %s, and no others, for the user whom %s means.",
			strings.Join(columns, ", "), strings.Join(names, ", "))
	}
	return fmt.Sprintf("Write one INSERT, UPDATE or DELETE that changes one row, with what other tables need in WITH in front "+
		"of it, and with the values %s.", strings.Join(names, ", "))
}

// warnOfFunctions tells, as long as a statement is new, what a function in it needs that nothing here derives.
func (m *accessFunctionsModel) warnOfFunctions(prior *accessFunctionsModel, all resolvedStatements, diags *diag.Diagnostics) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if prior != nil && m.Statements.Elements()[name].Equal(prior.Statements.Elements()[name]) ||
			len(all[name].Functions) == 0 {
			continue
		}
		diags.AddAttributeWarning(path.Root("statements").AtMapKey(name), "Statement Calls Functions", fmt.Sprintf(
			"The statement calls %s. The role %q, which owns the access functions, needs EXECUTE on it, which everybody has "+
				"unless it was revoked, and the rights to all that it does: what a function does inside cannot be seen from here, "+
				"so no privilege is derived from it.\n\nName what it needs in extra_privileges.",
			kit.List(all[name].Functions), m.Owner.ValueString()))
	}
}
