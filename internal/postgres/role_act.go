// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const membershipSQL = `
select pg_has_role(current_user, $1, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end),
       current_setting('server_version_num')::int >= 160000`

// withRole makes sure that the provider can take on a role while work runs. A role that is
// no superuser may administer the roles it created and yet not be them: it lends itself the
// membership for this transaction.
func withRole(ctx context.Context, tx pgx.Tx, role string, work func() error) error {
	var member, options bool
	if err := tx.QueryRow(ctx, membershipSQL, role).Scan(&member, &options); err != nil {
		return err
	}
	if member {
		return work()
	}
	quoted, with := pgx.Identifier{role}.Sanitize(), ""
	if options {
		with = " WITH INHERIT FALSE, SET TRUE"
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf("GRANT %s TO CURRENT_USER%s", quoted, with)); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("REVOKE %s FROM CURRENT_USER", quoted))
	return err
}

// asRole runs work as another role, which the provider must be able to take on.
func asRole(ctx context.Context, tx pgx.Tx, role string, work ...func() error) error {
	if _, err := tx.Exec(ctx, "SET LOCAL ROLE "+pgx.Identifier{role}.Sanitize()); err != nil {
		return err
	}
	for _, do := range work {
		if err := do(); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "RESET ROLE")
	return err
}

// asOwner runs a statement as the role that owns its object. An object of ours belongs to
// the role given; one that somebody has taken takes the provider's own rights.
func asOwner(ctx context.Context, tx pgx.Tx, owner, ours, statement string) error {
	run := func() error {
		_, err := tx.Exec(ctx, statement)
		return err
	}
	if owner == ours {
		return asRole(ctx, tx, owner, run)
	}
	return run()
}
