// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// AccessInUseError is a schema of access functions that cannot go because roles may still call them.
type AccessInUseError struct{ Roles []string }

func (e *AccessInUseError) Error() string {
	return "the functions are still granted to " + strings.Join(e.Roles, ", ")
}

// DropAccess drops functions, schema, policy and owner, once no role may call the functions
// any more. An owner that another database on the server uses stays there.
// Of a schema that is gone, the owner that it has left is dropped. Its error is an [AccessInUseError] when that does not come true in time.
func (s *Server) DropAccess(ctx context.Context, spec AccessSpec, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		_, err := s.dropAccess(ctx, spec, false)
		var used *AccessInUseError
		if !errors.As(err, &used) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(drainInterval):
		}
	}
}

// DropAccessToReplace drops functions, schema, policy and owner although roles may call the functions, which returns who
// can no more.
func (s *Server) DropAccessToReplace(ctx context.Context, spec AccessSpec) (users []string, err error) {
	return s.dropAccess(ctx, spec, true)
}

func (s *Server) dropAccess(ctx context.Context, spec AccessSpec, used bool) (users []string, err error) {
	err = s.catalogTx(ctx, func(tx pgx.Tx) error {
		if err := lockDatabase(ctx, tx); err != nil {
			return err
		}
		access, err := readAccess(ctx, tx, spec.Schema, append(spec.Names, ClientCheck))
		if errors.Is(err, ErrAccessNotFound) {
			return dropLeftover(ctx, tx, spec)
		}
		if err != nil {
			return err
		}
		if users = access.Users(); len(users) > 0 && !used {
			return &AccessInUseError{Roles: users}
		}
		if err := withRole(ctx, tx, spec.Owner, func() error {
			for _, f := range access.Functions {
				drop := fmt.Sprintf("DROP FUNCTION %s(%s)", pgx.Identifier{f.Schema, f.Name}.Sanitize(), f.identity)
				if err := asOwner(ctx, tx, f.Owner, spec.Owner, drop); err != nil {
					return err
				}
			}
			return asOwner(ctx, tx, access.Owner, spec.Owner, "DROP SCHEMA "+pgx.Identifier{spec.Schema}.Sanitize())
		}); err != nil {
			return err
		}
		return dropOwner(ctx, tx, spec)
	})
	return users, err
}

// Users are the roles, beside the owner, that may call the functions.
func (a *Access) Users() []string {
	var roles []string
	for _, f := range a.Functions {
		for _, grantee := range f.grantees {
			if !slices.Contains(roles, grantee) {
				roles = append(roles, grantee)
			}
		}
	}
	slices.Sort(roles)
	return roles
}
