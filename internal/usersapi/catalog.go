// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// known are the names that access functions have, with what each is for.
var known = knownFunctions()

// expected is what callers rely on in a function.
type expected struct {
	operation scripts.Operation
	// arguments have to be there; results are nil for a function that changes a user.
	arguments, results []string
}

func knownFunctions() map[string]expected {
	every := store.Store{Reach: store.Table{}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{}}
	for _, spec := range store.Parts() {
		every.Columns[spec.Part] = store.Column{Name: string(spec.Part), Type: spec.Type}
	}
	all := map[string]expected{}
	for _, op := range scripts.Operations() {
		functions, err := scripts.Functions(every, op, scripts.RehashOnLogin)
		if err != nil {
			panic(err) // a store with every part can have every operation
		}
		for _, f := range functions {
			all[f.Name] = expected{op, names(f.Arguments), names(f.Results)}
		}
	}
	return all
}

func names(typed []scripts.TypedName) (all []string) {
	for _, t := range typed {
		all = append(all, t.Name)
	}
	return all
}

// function is one of the access functions as the server has it.
type function struct {
	name      string
	operation scripts.Operation
	arguments []scripts.TypedName
	// results are nil for a function that changes a user.
	results []string
	sql     string
}

// argument is the one of this name.
func (f function) argument(name string) (argument scripts.TypedName, ok bool) {
	i := slices.IndexFunc(f.arguments, func(a scripts.TypedName) bool { return a.Name == name })
	if i < 0 {
		return argument, false
	}
	return f.arguments[i], true
}

// catalogSQL lists arguments and results of the functions. Types are written under a path that has nothing in it.
const catalogSQL = `
select p.proname::text, p.oid::bigint, p.proretset, p.prorettype = 'boolean'::regtype,
  has_function_privilege(p.oid, 'EXECUTE'),
  coalesce(a.name, ''), coalesce(a.mode, 'i')::text, format_type(a.type, null)
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
left join lateral unnest(
  p.proargnames,
  coalesce(p.proargmodes, array_fill('i'::"char", array[p.pronargs::int])),
  coalesce(p.proallargtypes, p.proargtypes::oid[])
) with ordinality as a (name, mode, type, at) on true
where n.nspname = $1 and p.proname = any ($2) and p.prokind = 'f'
order by p.proname, p.oid, a.at`

// described is a function while its row's arguments are put together.
type described struct {
	function
	oid                    int64
	set, boolean, callable bool
}

// readCatalog reads which access functions there are that the session's user may call.
func readCatalog(ctx context.Context, tx pgx.Tx, schema string) (map[string]function, error) {
	found, err := readFunctions(ctx, tx, schema)
	if err != nil {
		return nil, err
	}
	all := map[string]function{}
	for _, d := range found {
		if err := d.usable(known[d.name]); err != nil {
			return nil, err
		}
		if _, twice := all[d.name]; twice {
			return nil, fmt.Errorf("the schema %q has several functions named %s", schema, d.name)
		}
		d.sql = d.call(schema)
		all[d.name] = d.function
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the schema %q has no access function that the API's role may execute", schema)
	}
	return all, nil
}

func readFunctions(ctx context.Context, tx pgx.Tx, schema string) (all []described, err error) {
	rows, err := tx.Query(ctx, catalogSQL, pgx.QueryExecModeExec, schema, slices.Sorted(maps.Keys(known)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d described
		var mode string
		var argument scripts.TypedName
		var kind *string
		if err := rows.Scan(&d.name, &d.oid, &d.set, &d.boolean, &d.callable, &argument.Name, &mode, &kind); err != nil {
			return nil, err
		}
		if !d.callable {
			continue // granted to others
		}
		if len(all) == 0 || all[len(all)-1].oid != d.oid {
			d.operation = known[d.name].operation
			all = append(all, d)
		}
		last := &all[len(all)-1]
		switch {
		case kind == nil: // no arguments at all
		case mode == "t":
			last.results = append(last.results, argument.Name)
		default:
			argument.Type = *kind
			last.arguments = append(last.arguments, argument)
		}
	}
	return all, rows.Err()
}

// usable refuses a function that is none of ours.
func (d described) usable(want expected) error {
	for _, name := range want.arguments {
		if _, ok := d.argument(name); !ok && name != "verified" { // a table need not know who is verified
			return fmt.Errorf("the function %s lacks the argument %s", d.name, name)
		}
	}
	switch {
	case !d.set:
		return fmt.Errorf("the function %s returns one value and no rows", d.name)
	case want.results == nil && (d.results != nil || !d.boolean):
		return fmt.Errorf("the function %s does not return rows of boolean", d.name)
	}
	for _, name := range want.results {
		if !slices.Contains(d.results, name) {
			return fmt.Errorf("the function %s lacks the result %s", d.name, name)
		}
	}
	return nil
}

// call is the SQL that calls the function with all of its arguments, each as text. What has the name of an argument is
// written out, so that neither order nor a new argument matters.
func (d described) call(schema string) string {
	arguments := make([]string, len(d.arguments))
	for i, a := range d.arguments {
		arguments[i] = fmt.Sprintf("%s => $%d::pg_catalog.text::%s", pgx.Identifier{a.Name}.Sanitize(), i+1, a.Type)
	}
	columns := make([]string, len(d.results))
	for i, name := range d.results {
		columns[i] = pgx.Identifier{name}.Sanitize()
	}
	if len(columns) == 0 {
		columns = []string{"*"}
	}
	return fmt.Sprintf("SELECT %s FROM %s(%s)", strings.Join(columns, ", "),
		pgx.Identifier{schema, d.name}.Sanitize(), strings.Join(arguments, ", "))
}

// errNotOffered is a function that is not there, or not for the API's role.
var errNotOffered = errors.New("no such function that the API's role may execute")
