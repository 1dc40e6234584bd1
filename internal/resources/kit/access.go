// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const commentBegin, commentEnd = "Access functions for ", ", managed by Terraform (auth0pg_access_functions)."

// AccessComment is the comment on a schema of access functions. It names the table that they stand in front of.
func AccessComment(users postgres.Object) string { return commentBegin + users.String() + commentEnd }

// AccessTable is the reverse of [AccessComment].
func AccessTable(comment string) (users postgres.Object, ok bool) {
	text, begins := strings.CutPrefix(comment, commentBegin)
	text, ends := strings.CutSuffix(text, commentEnd)
	name, ok := postgres.ParseQualifiedName(text)
	if !begins || !ends || !ok || len(name) != 2 {
		return postgres.Object{}, false
	}
	return postgres.Object{Kind: postgres.TableObject, Schema: name[0], Name: name[1]}, true
}

// AccessFunctionNames are all names that access functions can have.
func AccessFunctionNames() []string { return scripts.FunctionNames(everyStore()) }

// everyStore is a table with every part.
func everyStore() store.Store {
	every := store.Store{Reach: store.Table{}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{}}
	for _, spec := range store.Parts() {
		every.Columns[spec.Part] = store.Column{Name: string(spec.Part), Type: spec.Type}
	}
	return every
}

// PossibleOperations are those that the store has what they need for.
func PossibleOperations(s store.Store) []scripts.Operation {
	return slices.DeleteFunc(scripts.Operations(), func(op scripts.Operation) bool { return !scripts.Possible(s, op) })
}

// AccessFunctions are the functions that stand for the operations on the table, by the store as it is reached through them.
// Those that store a password take only what the scripts write in this format: whoever may call them plants no hash that
// costs the scripts more than they have time for. own has SQL of one's own by the names of the functions, as the server
// prints it and with :name for each argument.
func AccessFunctions(
	owner string,
	through store.Store,
	operations []scripts.Operation,
	features []scripts.Feature,
	passwordHash string,
	own map[string]string,
) (all []postgres.AccessFunction, err error) {
	format, _ := hashes.Find(passwordHash)
	if format.Writer == nil {
		return nil, fmt.Errorf("the scripts do not write the format %q", passwordHash)
	}
	for _, op := range operations {
		functions, err := scripts.Functions(through, op, features...)
		if err != nil {
			return nil, err
		}
		for _, f := range functions {
			function, err := accessFunction(owner, through, op, f, own[f.Name])
			if err != nil {
				return nil, err
			}
			if hash := f.StoredPassword(); hash != "" {
				function = function.Requiring(
					hash+" OPERATOR(pg_catalog.~) "+postgres.QuoteLiteral(format.Writer.Written),
					"the password is not a hash as the scripts write it, in the format "+format.Name)
			}
			all = append(all, function)
		}
	}
	return all, nil
}

func accessFunction(
	owner string, through store.Store, op scripts.Operation, f scripts.Function, own string,
) (function postgres.AccessFunction, err error) {
	columns := func(names []scripts.TypedName) (columns []postgres.FunctionColumn) {
		for _, n := range names {
			columns = append(columns, postgres.FunctionColumn(n))
		}
		return columns
	}
	reach, _ := through.Functions()
	comment := fmt.Sprintf("Runs the statement %s of the %s script.", f.Statement.Name, op)
	if f.Own {
		comment = ownComment(f.Statement.Name, op)
		numbered, err := postgres.Parameters(own, func(name string) (string, error) { return f.Placeholder(name), nil })
		if err != nil {
			return function, err
		}
		f = f.WithSQL(through, numbered)
	}
	function = postgres.NewAccessFunction(reach.Schema, owner, f.Name, f.SQL,
		columns(f.Arguments), columns(f.Results), f.Statement.ReadOnly, comment)
	if f.Own && !f.Statement.ReadOnly {
		function = function.OfOne()
	}
	return function, nil
}

const ownBegin = "Runs SQL of one's own in place of the statement "

func ownComment(statement string, op scripts.Operation) string {
	return fmt.Sprintf("%s%s of the %s script.", ownBegin, statement, op)
}

// OwnStatements are those of the functions that exist, as [AccessFunctions] takes them.
func OwnStatements(access *postgres.Access) map[string]string {
	own := map[string]string{}
	for _, f := range access.Functions {
		if strings.HasPrefix(f.Comment, ownBegin) {
			own[f.Name] = ""
		}
	}
	every := everyStore().Through(access.Schema, slices.Collect(maps.Keys(own))...)
	for _, op := range scripts.Operations() {
		functions, _ := scripts.Functions(every, op, scripts.RehashOnLogin)
		for _, f := range functions {
			for _, is := range access.Functions {
				if is.Name == f.Name && f.Own {
					own[f.Name], _ = postgres.NamedParameters(f.OwnSQL(is.Statement()), f.ParameterAt)
				}
			}
		}
	}
	return own
}

// DerivedAccess is what access functions were made from, told from themselves.
type DerivedAccess struct {
	Table         store.Store
	Operations    []scripts.Operation
	RehashOnLogin bool
	PasswordHash  string
	// Own is SQL of one's own, see [OwnStatements].
	Own map[string]string
}

// DeriveAccess looks for the table's description from which exactly the functions that exist would be made. ok is false
// when there is none.
func DeriveAccess(
	ctx context.Context, server *postgres.Server, access *postgres.Access,
) (derived DerivedAccess, ok bool, err error) {
	users, ok := AccessTable(access.Comment)
	if !ok {
		return derived, false, nil
	}
	adopted, ok, err := adoptedStore(ctx, server, users)
	if err != nil || !ok {
		return derived, false, err
	}
	var held []postgres.Grant
	switch owner, err := server.Role(ctx, access.Owner); {
	case err == nil:
		if held, err = server.RoleGrants(ctx, owner, []postgres.Object{users}, nil); err != nil {
			return derived, false, err
		}
	case !errors.Is(err, postgres.ErrRoleNotFound) && !errors.Is(err, postgres.ErrOwnRole):
		return derived, false, err
	}
	for _, candidate := range StoreCandidates(adopted, held) {
		for _, lookup := range append([]store.EmailLookup{adopted.EmailLookup}, store.EmailLookups()...) {
			candidate.EmailLookup = lookup
			if derived, ok := deriveAccess(access, candidate); ok {
				return derived, true, nil
			}
		}
	}
	return derived, false, nil
}

// deriveAccess tells whether the functions that exist are those of the candidate.
func deriveAccess(access *postgres.Access, candidate store.Store) (derived DerivedAccess, ok bool) {
	exists := func(name string) bool {
		return slices.ContainsFunc(access.Functions, func(f postgres.AccessFunction) bool { return f.Name == name })
	}
	derived.Table, derived.Own = candidate, OwnStatements(access)
	through := derived.Store(access.Schema)
	for _, op := range PossibleOperations(through) {
		functions, err := scripts.Functions(through, op, scripts.RehashOnLogin)
		if err != nil || !exists(functions[0].Name) {
			continue
		}
		derived.Operations = append(derived.Operations, op)
		if op == scripts.Login {
			derived.RehashOnLogin = exists(functions[len(functions)-1].Name)
		}
	}
	if len(derived.Operations) == 0 {
		return derived, false
	}
	for _, derived.PasswordHash = range hashes.Writable() {
		functions, err := AccessFunctions(
			access.Owner, through, derived.Operations, derived.Features(), derived.PasswordHash, derived.Own)
		spec := postgres.AccessSpec{Schema: access.Schema, Owner: access.Owner, Functions: functions}
		if err == nil && maps.Equal(spec.Wanted(access), access.Definitions()) {
			return derived, true
		}
	}
	return derived, false
}

// Store is the table as it is reached through the functions.
func (d DerivedAccess) Store(schema string) store.Store {
	return d.Table.Through(schema, slices.Collect(maps.Keys(d.Own))...)
}

// Features is what the functions do beside their operations.
func (d DerivedAccess) Features() []scripts.Feature {
	if d.RehashOnLogin {
		return []scripts.Feature{scripts.RehashOnLogin}
	}
	return nil
}

// adoptedStore describes the table as importing it does. ok is false when there is no such table.
func adoptedStore(
	ctx context.Context, server *postgres.Server, users postgres.Object,
) (s store.Store, ok bool, err error) {
	pool, err := server.Pool(ctx)
	if err != nil {
		return s, false, err
	}
	observed, err := table.Inspect(ctx, pool, users.Schema, users.Name)
	var other *table.OtherKindError
	if errors.As(err, &other) || err == nil && observed == nil {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	if err := observed.ReadCapitals(ctx, pool, AdoptParts(observed)[store.Email]); err != nil {
		return s, false, err
	}
	return AdoptStore(observed), true, nil
}

// StoreCandidates are the descriptions of a table from which a role's privileges can have been derived: with all parts
// that the table seems to have, and with those alone whose columns the role reaches.
func StoreCandidates(adopted store.Store, held []postgres.Grant) []store.Store {
	narrowed := adopted
	narrowed.Columns = map[store.Part]store.Column{}
	for part, column := range adopted.Columns {
		if slices.ContainsFunc(held, func(g postgres.Grant) bool { return slices.Contains(g.Columns, column.Name) }) {
			narrowed.Columns[part] = column
		}
	}
	if len(narrowed.Columns) == len(adopted.Columns) {
		return []store.Store{adopted}
	}
	return []store.Store{adopted, narrowed}
}

// StoresOf describes the store that a role's privileges are on: functions, or else the one table. The first candidate
// has all parts that the table seems to have. held are the role's privileges on it. None are returned when the store
// cannot be told.
func StoresOf(
	ctx context.Context, server *postgres.Server, role *postgres.Role,
) (candidates []store.Store, held []postgres.Grant, err error) {
	granted, err := server.GrantedObjects(ctx, role)
	if err != nil {
		return nil, nil, err
	}
	access, err := accessAmong(ctx, server, granted)
	if err != nil || len(access) > 1 {
		return nil, nil, err
	}
	if len(access) == 1 {
		derived, ok, err := DeriveAccess(ctx, server, access[0])
		if err != nil || !ok {
			return nil, nil, err
		}
		s := derived.Store(access[0].Schema)
		_, objects, err := StoreGrants(s, nil, nil)
		if err == nil {
			held, err = server.RoleGrants(ctx, role, objects, nil)
		}
		return []store.Store{s}, held, err
	}
	tables := slices.DeleteFunc(granted, func(o postgres.Object) bool { return o.Kind != postgres.TableObject })
	if len(tables) != 1 {
		return nil, nil, nil
	}
	adopted, ok, err := adoptedStore(ctx, server, tables[0])
	if err == nil && ok {
		held, err = server.RoleGrants(ctx, role, tables, nil)
		candidates = StoreCandidates(adopted, held)
	}
	return candidates, held, err
}

// accessAmong reads the schemas of access functions that the objects are in.
func accessAmong(
	ctx context.Context, server *postgres.Server, objects []postgres.Object,
) (found []*postgres.Access, err error) {
	names := AccessFunctionNames()
	var schemas []string
	for _, o := range objects {
		if o.Kind == postgres.FunctionObject && slices.Contains(names, o.Name) && !slices.Contains(schemas, o.Schema) {
			schemas = append(schemas, o.Schema)
		}
	}
	for _, schema := range schemas {
		access, err := server.Access(ctx, schema, append(names, postgres.ClientCheck))
		if errors.Is(err, postgres.ErrAccessNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, ours := AccessTable(access.Comment); ours {
			found = append(found, access)
		}
	}
	return found, nil
}
