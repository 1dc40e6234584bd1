// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Access is a schema of access functions as the server has it.
type Access struct {
	Schema  string
	Owner   string
	Comment string
	// Creators are further roles, "" for everybody, that may create objects in the schema
	// and so could put a function of their own in front of ours.
	Creators  []string
	Functions []AccessFunction
}

// ErrAccessNotFound is a schema that does not exist.
var ErrAccessNotFound = errors.New("the schema does not exist")

const accessSchemaSQL = `
select pg_get_userbyid(n.nspowner)::text, coalesce(obj_description(n.oid, 'pg_namespace'), ''),
       array(select coalesce(r.rolname, '')::text
               from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
               left join pg_catalog.pg_roles r on r.oid = a.grantee
              where a.privilege_type = 'CREATE' and a.grantee <> n.nspowner order by 1)
  from pg_catalog.pg_namespace n where n.nspname = $1`

const accessFunctionsSQL = `
select p.proname::text, pg_get_userbyid(p.proowner)::text, pg_get_function_identity_arguments(p.oid),
       coalesce(p.proargnames, '{}'), coalesce(p.proargmodes::text[], '{}'),
       array(select format_type(t, null) from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a (t, n) order by n),
       p.pronargdefaults = p.pronargs and p.pronargs > 0, coalesce(pg_get_expr(p.proargdefaults, 0), ''),
       case when p.proretset then 'SETOF ' else '' end || format_type(p.prorettype, null), l.lanname::text,
       case p.provolatile when 'i' then 'IMMUTABLE' when 's' then 'STABLE' else 'VOLATILE' end, p.prosecdef,
       array_remove(array[case when p.proisstrict then 'STRICT' end, case when p.proleakproof then 'LEAKPROOF' end,
                          case p.proparallel when 's' then 'PARALLEL SAFE' when 'r' then 'PARALLEL RESTRICTED' end], null),
       coalesce(p.proconfig, '{}'), p.prosrc, coalesce(obj_description(p.oid, 'pg_proc'), ''),
       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0 and a.privilege_type = 'EXECUTE'),
       array(select distinct r.rolname::text from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
               join pg_catalog.pg_roles r on r.oid = a.grantee
              where a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner order by 1)
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
 where n.nspname = $1 and p.proname = any ($2) and p.prokind = 'f'
 order by p.proname, pg_get_function_identity_arguments(p.oid)`

// Access reads the schema and, of its functions, those with the given names. Its error is
// [ErrAccessNotFound] when there is no such schema.
func (s *Server) Access(ctx context.Context, schema string, names []string) (*Access, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return nil, err
	}
	return readAccess(ctx, pool, schema, names)
}

func readAccess(ctx context.Context, q Querier, schema string, names []string) (*Access, error) {
	access := &Access{Schema: schema}
	err := q.QueryRow(ctx, accessSchemaSQL, schema).Scan(&access.Owner, &access.Comment, &access.Creators)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrAccessNotFound
	}
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, accessFunctionsSQL, schema, names)
	if err != nil {
		return nil, err
	}
	access.Functions, err = pgx.CollectRows(
		rows,
		func(row pgx.CollectableRow) (AccessFunction, error) { return scanFunction(row, schema) },
	)
	if err != nil {
		return nil, err
	}
	// Where two functions share a name, each is known by its arguments, too.
	for i := range access.Functions {
		f := &access.Functions[i]
		if slices.ContainsFunc(
			access.Functions,
			func(other AccessFunction) bool { return other.Name == f.Name && other.identity != f.identity },
		) {
			f.overload = true
		}
	}
	return access, nil
}

// nullDefaults is how the server writes arguments that default to null.
var nullDefaults = regexp.MustCompile(`^NULL::[^,]+(, NULL::[^,]+)*$`)

func scanFunction(row pgx.CollectableRow, schema string) (AccessFunction, error) {
	f := AccessFunction{Schema: schema}
	var names, modes, types []string
	var defaults string
	err := row.Scan(
		&f.Name,
		&f.Owner,
		&f.identity,
		&names,
		&modes,
		&types,
		&f.ArgumentsDefault,
		&defaults,
		&f.Returns,
		&f.Language,
		&f.Volatility,
		&f.SecurityDefiner,
		&f.Others,
		&f.Settings,
		&f.Body,
		&f.Comment,
		&f.Public,
		&f.grantees,
	)
	if err != nil {
		return f, err
	}
	f.ArgumentsDefault = f.ArgumentsDefault && nullDefaults.MatchString(defaults)
	for i, kind := range types {
		column := FunctionColumn{Type: kind}
		if i < len(names) {
			column.Name = names[i]
		}
		if i < len(modes) && modes[i] == "t" {
			f.Results = append(f.Results, column)
		} else {
			f.Arguments = append(f.Arguments, column)
		}
	}
	if len(f.Results) > 0 {
		f.Returns = ""
	}
	return f, nil
}

// SchemaDefinition is the SQL that makes the schema what it is.
func (a *Access) SchemaDefinition() string {
	schema := pgx.Identifier{a.Schema}.Sanitize()
	definition := fmt.Sprintf("CREATE SCHEMA %s AUTHORIZATION %s;", schema, pgx.Identifier{a.Owner}.Sanitize())
	for _, creator := range a.Creators {
		grantee := "PUBLIC"
		if creator != "" {
			grantee = pgx.Identifier{creator}.Sanitize()
		}
		definition += fmt.Sprintf("\nGRANT CREATE ON SCHEMA %s TO %s;", schema, grantee)
	}
	return definition
}

// RowSecurity is what row-level security means for the owner of access functions.
type RowSecurity struct {
	// Exists is false when there is no such table or view.
	Exists bool
	// Enabled means that the table hides its rows from a role without a policy.
	Enabled bool
	// Policy is the definition of the owner's policy; "" for none.
	Policy string
}

const rowSecuritySQL = `
select c.relrowsecurity, p.polname is not null, coalesce(p.polpermissive, false), coalesce(p.polcmd::text, ''),
       array(select coalesce(r.rolname, 'PUBLIC')::text from unnest(p.polroles) m left join pg_catalog.pg_roles r on r.oid = m order by 1),
       coalesce(pg_get_expr(p.polqual, c.oid), ''), coalesce(pg_get_expr(p.polwithcheck, c.oid), '')
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_policy p on p.polrelid = c.oid and p.polname = $3
 where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`

// RowSecurity tells whether the functions' owner needs a policy on the table, and has it.
func (s *Server) RowSecurity(ctx context.Context, table Object, schema string) (RowSecurity, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return RowSecurity{}, err
	}
	return readRowSecurity(ctx, pool, table, schema)
}

func readRowSecurity(ctx context.Context, q Querier, table Object, schema string) (RowSecurity, error) {
	security := RowSecurity{}
	var present, permissive bool
	var command, using, check string
	var roles []string
	err := q.QueryRow(
		ctx,
		rowSecuritySQL,
		table.Schema,
		table.Name,
		policyName(schema),
	).Scan(
		&security.Enabled,
		&present,
		&permissive,
		&command,
		&roles,
		&using,
		&check,
	)
	if errors.Is(err, pgx.ErrNoRows) {
		return security, nil
	}
	if err != nil {
		return security, err
	}
	security.Exists = true
	if present {
		for i, role := range roles {
			roles[i] = pgx.Identifier{role}.Sanitize()
		}
		security.Policy = policy(
			schema,
			table,
			map[bool]string{true: "PERMISSIVE", false: "RESTRICTIVE"}[permissive],
			map[string]string{"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}[command],
			strings.Join(roles, ", "),
			using,
			check,
		)
	}
	return security, nil
}

// OwnerPolicy is the policy that the owner of access functions needs on a table with
// row-level security: it sees all rows, as the statements choose among them.
func OwnerPolicy(schema string, table Object, owner string) string {
	return policy(schema, table, "PERMISSIVE", "ALL", pgx.Identifier{owner}.Sanitize(), "true", "true")
}

func policy(schema string, table Object, kind, command, roles, using, check string) string {
	return fmt.Sprintf("CREATE POLICY %s ON %s AS %s FOR %s TO %s USING (%s) WITH CHECK (%s)",
		pgx.Identifier{policyName(schema)}.Sanitize(), table, kind, command, roles, using, check)
}

// policyName is unique for each schema of functions on the table.
func policyName(schema string) string { return ObjectName("auth0pg", schema) }
