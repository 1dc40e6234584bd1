// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"
)

// SessionsError is a role that cannot be dropped because it is in use.
type SessionsError struct{ Open int }

func (e *SessionsError) Error() string {
	if e.Open == 1 {
		return "1 session of the role is open"
	}
	return fmt.Sprintf("%d sessions of the role are open", e.Open)
}

// drainGrace is for calls that began before the connection moved to another role: the platform may have to start a
// container, the script may hash a password before it opens its session, and it gives up after nine seconds.
const drainGrace = 12 * time.Second

// drainInterval is the time between two looks at a role's open sessions.
const drainInterval = 500 * time.Millisecond

// RoleSessions counts the open sessions of a role, in all databases.
func (s *Server) RoleSessions(ctx context.Context, name string) (int, error) {
	pool, err := s.Pool(ctx)
	if err != nil {
		return 0, err
	}
	return roleSessions(ctx, pool, name)
}

func roleSessions(ctx context.Context, q Querier, name string) (open int, err error) {
	err = q.QueryRow(ctx, "select count(*)::int from pg_catalog.pg_stat_activity where usename = $1", name).Scan(&open)
	return open, err
}

// DropRole drops a role once no session of it is open, after taking back its privileges on
// the objects. A drain time is what it may wait: for [drainGrace], or half of the time where that
// is less, the role can still log in, then it cannot, and its open sessions have the rest of the time to
// end. A role that stays in use is put back as it was, with a [SessionsError].
func (s *Server) DropRole(ctx context.Context, name string, objects []Object, drain time.Duration) error {
	role, err := s.Role(ctx, name)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(drain)
	if drain == 0 {
		// A look before anything is touched: a role in use keeps every right it has.
		if open, err := s.RoleSessions(ctx, name); err != nil {
			return err
		} else if open > 0 {
			return &SessionsError{Open: open}
		}
	}
	if role.Attributes.Login {
		grace := min(drainGrace, drain/2)
		tflog.Info(ctx, "the role is about to be dropped",
			map[string]any{"role": name, "logs_in_for": grace.String(), "at_most": drain.String()})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(grace):
		}
		if err := s.setLogin(ctx, name, "NOLOGIN"); err != nil {
			return err
		}
	}
	err = s.awaitSessions(ctx, name, deadline)
	if err == nil {
		err = s.dropUnused(ctx, role, objects)
	}
	if err != nil && role.Attributes.Login {
		// Also when the apply was interrupted: the role is in use and must stay usable.
		restore, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if restoreErr := s.setLogin(restore, name, "LOGIN"); restoreErr != nil {
			err = errors.Join(err, fmt.Errorf("the role could not be allowed to log in again: %w", restoreErr))
		}
	}
	return err
}

func (s *Server) setLogin(ctx context.Context, name, word string) error {
	return s.catalogTxAgainst(ctx, name, func(tx pgx.Tx) error { return alterRole(ctx, tx, name, word) })
}

func (s *Server) awaitSessions(ctx context.Context, name string, deadline time.Time) error {
	for {
		open, err := s.RoleSessions(ctx, name)
		if err != nil || open == 0 {
			return err
		}
		if !time.Now().Before(deadline) {
			return &SessionsError{Open: open}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(drainInterval):
		}
	}
}

func (s *Server) dropUnused(ctx context.Context, role *Role, objects []Object) error {
	return s.catalogTxAgainst(ctx, role.Name, func(tx pgx.Tx) error {
		if err := lockDatabase(ctx, tx); err != nil {
			return err
		}
		held, err := readRights(ctx, tx, role.oid, objects)
		if err != nil {
			return err
		}
		owners, err := readOwners(ctx, tx, objects)
		if err != nil {
			return err
		}
		for _, h := range held {
			if h.public {
				continue
			}
			if err := owners.revoke(ctx, tx, role.Name, h); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "DROP ROLE "+pgx.Identifier{role.Name}.Sanitize())
		return err
	})
}
