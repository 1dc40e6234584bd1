// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// AccessSpec is what a schema of access functions is to be.
type AccessSpec struct {
	Schema  string
	Owner   string
	Comment string
	Table   Object
	// Former is the table that they stood in front of before; the same one, or none.
	Former Object
	// Functions are those to have, [ClientCheck] left out.
	Functions []AccessFunction
	// Names are all names that belong to access functions; of these, what is not in
	// Functions is dropped.
	Names []string
	// Grants is what the owner needs, and all that it may hold on Objects.
	Grants  []Grant
	Objects []Object
	// Check sees what is there just before it is changed and may refuse.
	Check func(*Access) error
}

// CreateAccess creates owner, schema and functions, or nothing. What an earlier creation
// with the same comment left is taken over; an owner that another database on the server
// has is shared.
func (s *Server) CreateAccess(ctx context.Context, spec AccessSpec) error {
	return s.catalogTx(ctx, func(tx pgx.Tx) error {
		if err := lockDatabase(ctx, tx); err != nil {
			return err
		}
		access, err := readAccess(ctx, tx, spec.Schema, append(spec.Names, ClientCheck))
		switch {
		case errors.Is(err, ErrAccessNotFound):
			access = &Access{Schema: spec.Schema, Owner: spec.Owner}
			if err := takeOwner(ctx, tx, spec.Owner); err != nil {
				return err
			}
			if err := createSchema(ctx, tx, spec); err != nil {
				return err
			}
		case err != nil:
			return err
		case access.Comment != spec.Comment || access.Owner != spec.Owner:
			return &AccessExistsError{Kind: "schema", Name: spec.Schema}
		}
		if err := s.finishAccess(ctx, tx, spec, access); err != nil {
			return err
		}
		return dropLeftPolicies(ctx, tx, spec)
	})
}

// AlterAccess brings what exists to what it is to be, in one transaction.
func (s *Server) AlterAccess(ctx context.Context, spec AccessSpec) error {
	return s.catalogTx(ctx, func(tx pgx.Tx) error {
		if err := lockDatabase(ctx, tx); err != nil {
			return err
		}
		access, err := readAccess(ctx, tx, spec.Schema, append(spec.Names, ClientCheck))
		if err != nil {
			return err
		}
		if spec.Check != nil {
			if err := spec.Check(access); err != nil {
				return err
			}
		}
		return s.finishAccess(ctx, tx, spec, access)
	})
}

func createSchema(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	return withRole(ctx, tx, spec.Owner, func() error {
		_, err := tx.Exec(ctx, fmt.Sprintf("CREATE SCHEMA %s AUTHORIZATION %s",
			pgx.Identifier{spec.Schema}.Sanitize(), pgx.Identifier{spec.Owner}.Sanitize()))
		return err
	})
}

func isSuperuser(ctx context.Context, q Querier) (superuser bool, err error) {
	err = q.QueryRow(ctx, "select rolsuper from pg_catalog.pg_roles where rolname = current_user").Scan(&superuser)
	return superuser, err
}

// finishAccess makes everything inside a schema that exists.
func (s *Server) finishAccess(ctx context.Context, tx pgx.Tx, spec AccessSpec, access *Access) error {
	owner, err := readRole(ctx, tx, spec.Owner)
	if err != nil {
		return err
	}
	if words := differing(owner.Attributes, FunctionsOwner); len(words) > 0 {
		if _, err := tx.Exec(ctx, fmt.Sprintf("ALTER ROLE %s %s", pgx.Identifier{spec.Owner}.Sanitize(), strings.Join(words, " "))); err != nil {
			return err
		}
	}
	if err := lockDatabase(ctx, tx); err != nil {
		return err
	}
	if err := syncGrants(ctx, tx, spec.Owner, owner.oid, spec.Objects, spec.Grants); err != nil {
		return err
	}
	if err := withRole(ctx, tx, spec.Owner, func() error {
		schema, quotedOwner := pgx.Identifier{spec.Schema}.Sanitize(), pgx.Identifier{spec.Owner}.Sanitize()
		if access.Owner != spec.Owner {
			if _, err := tx.Exec(ctx, fmt.Sprintf("ALTER SCHEMA %s OWNER TO %s", schema, quotedOwner)); err != nil {
				return err
			}
		}
		if err := asRole(ctx, tx, spec.Owner, func() error { return syncSchema(ctx, tx, spec, access) }); err != nil {
			return err
		}
		if err := syncFunctions(ctx, tx, spec, access); err != nil {
			return err
		}
		return checkAccess(ctx, tx, spec)
	}); err != nil {
		return err
	}
	// Last, for nobody reads the table from here to the end of the transaction.
	return syncPolicy(ctx, tx, spec)
}

// syncSchema leaves the owner alone able to create anything in the schema.
func syncSchema(ctx context.Context, tx pgx.Tx, spec AccessSpec, access *Access) error {
	schema := pgx.Identifier{spec.Schema}.Sanitize()
	for _, creator := range access.Creators {
		grantee := "PUBLIC"
		if creator != "" {
			grantee = pgx.Identifier{creator}.Sanitize()
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("REVOKE CREATE ON SCHEMA %s FROM %s CASCADE", schema, grantee)); err != nil {
			return err
		}
	}
	if access.Comment == spec.Comment {
		return nil
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("COMMENT ON SCHEMA %s IS %s", schema, QuoteLiteral(spec.Comment)))
	return err
}

// AccessError is what the server did not make of the access functions, without an error.
type AccessError struct {
	// Different names the functions that are not as they were to be.
	Different []string
	// Creators may still create objects in the schema.
	Creators []string
}

func (e *AccessError) Error() string {
	return fmt.Sprintf("not as they were to be: %q; able to create in the schema: %q", e.Different, e.Creators)
}

func checkAccess(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	access, err := readAccess(ctx, tx, spec.Schema, append(spec.Names, ClientCheck))
	if err != nil {
		return err
	}
	e := &AccessError{Creators: access.Creators}
	wanted, is := spec.Wanted(access), access.Definitions()
	for key := range is {
		if wanted[key] != is[key] {
			e.Different = append(e.Different, key)
		}
	}
	for key := range wanted {
		if _, ok := is[key]; !ok {
			e.Different = append(e.Different, key)
		}
	}
	if len(e.Different)+len(e.Creators) > 0 {
		slices.Sort(e.Different)
		return e
	}
	return nil
}

// Definitions are those that the functions have, by [AccessFunction.Key].
func (a *Access) Definitions() map[string]string {
	definitions := map[string]string{}
	for _, f := range a.Functions {
		definitions[f.Key()] = f.managed()
	}
	return definitions
}

// syncFunctions makes the functions those wanted. What keeps its signature is replaced in
// place; what changes it is dropped and made anew, with the grants that it had.
func syncFunctions(ctx context.Context, tx pgx.Tx, spec AccessSpec, access *Access) error {
	wanted := append([]AccessFunction{access.clientCheck(spec)}, spec.Functions...)
	grantees := map[string][]string{}
	for _, f := range access.Functions {
		grantees[f.Name] = append(grantees[f.Name], f.grantees...)
		keep := slices.ContainsFunc(wanted, func(w AccessFunction) bool { return w.Name == f.Name && w.sameSignature(f) })
		if keep {
			continue
		}
		drop := fmt.Sprintf("DROP FUNCTION %s(%s)", pgx.Identifier{f.Schema, f.Name}.Sanitize(), f.identity)
		if err := asOwner(ctx, tx, f.Owner, spec.Owner, drop); err != nil {
			return err
		}
	}
	for _, w := range wanted {
		i := slices.IndexFunc(access.Functions, func(f AccessFunction) bool { return w.Name == f.Name && w.sameSignature(f) })
		if i >= 0 && access.Functions[i].Definition() == w.Definition() {
			continue
		}
		if i >= 0 && access.Functions[i].Owner != w.Owner {
			// Whoever owns it could change it: it comes back before anything else is done.
			change := fmt.Sprintf("ALTER FUNCTION %s OWNER TO %s", w.signature(), pgx.Identifier{w.Owner}.Sanitize())
			if err := asOwner(ctx, tx, access.Functions[i].Owner, spec.Owner, change); err != nil {
				return err
			}
		}
		statements := w.statements("CREATE OR REPLACE FUNCTION")
		if i < 0 {
			for _, grantee := range grantees[w.Name] {
				statements = append(statements, fmt.Sprintf("GRANT EXECUTE ON FUNCTION %s TO %s",
					w.signature(), pgx.Identifier{grantee}.Sanitize()))
			}
		}
		if err := asRole(ctx, tx, spec.Owner, func() error {
			for _, statement := range statements {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// clientCheck is the first function that all others call, with the body that it has.
func (a *Access) clientCheck(spec AccessSpec) AccessFunction {
	body := clientCheckBody
	for _, f := range a.Functions {
		if f.Name == ClientCheck && len(f.Arguments) == 0 {
			body = f.Body
		}
	}
	return newClientCheck(spec.Schema, spec.Owner, body)
}

// Wanted is what the definitions are to be, by [AccessFunction.Key]. access is nil for a
// schema that does not exist yet.
func (spec AccessSpec) Wanted(access *Access) map[string]string {
	if access == nil {
		access = &Access{}
	}
	definitions := map[string]string{}
	for _, f := range append([]AccessFunction{access.clientCheck(spec)}, spec.Functions...) {
		definitions[f.Key()] = f.managed()
	}
	return definitions
}

// syncPolicy gives the owner its policy where the table has row-level security.
func syncPolicy(ctx context.Context, tx pgx.Tx, spec AccessSpec) error {
	if spec.Former.Name != "" && spec.Former != spec.Table {
		former, err := readRowSecurity(ctx, tx, spec.Former, spec.Schema)
		if err != nil {
			return err
		}
		if former.Policy != "" {
			if err := dropPolicy(ctx, tx, spec.Schema, spec.Former); err != nil {
				return err
			}
		}
	}
	security, err := readRowSecurity(ctx, tx, spec.Table, spec.Schema)
	if err != nil {
		return err
	}
	wanted := ""
	if security.Enabled {
		wanted = OwnerPolicy(spec.Schema, spec.Table, spec.Owner)
	}
	if security.Policy == wanted {
		return nil
	}
	if security.Policy != "" {
		if err := dropPolicy(ctx, tx, spec.Schema, spec.Table); err != nil {
			return err
		}
	}
	if wanted != "" {
		if err := waitBriefly(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, wanted)
	}
	return err
}

// waitBriefly lets the rest of a transaction give up soon where a lock is not free: every
// login that comes meanwhile waits as long. The transaction is then tried again.
func waitBriefly(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
select set_config('lock_timeout', case when setting::bigint between 1 and $1 then setting else $1::text end, true)
  from pg_catalog.pg_settings where name = 'lock_timeout'`, FirstWait.Milliseconds())
	return err
}

func dropPolicy(ctx context.Context, tx pgx.Tx, schema string, table Object) error {
	if err := waitBriefly(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("DROP POLICY IF EXISTS %s ON %s",
		pgx.Identifier{policyName(schema)}.Sanitize(), table))
	return err
}
