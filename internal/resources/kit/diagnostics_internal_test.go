// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

func TestPostgresDetail(t *testing.T) {
	for _, c := range []struct {
		name        string
		err         error
		says, omits string
	}{
		{
			"dependents, named by the server",
			&pgconn.PgError{Code: "2BP01", Message: "cannot drop table users because other objects depend on it",
				Detail: "view report depends on table users", Hint: "Use DROP ... CASCADE to drop the dependent objects too."},
			"view report depends on table users\n\nWhat depends on it is named above", "CASCADE",
		},
		{
			"dependents without names",
			&pgconn.PgError{Code: "2BP01", Message: "dependent privileges exist", Hint: "Use CASCADE to revoke them too."},
			"dependent privileges exist (SQLSTATE 2BP01).\n\nLook in pg_depend", "CASCADE",
		},
		{
			"another hint is the server's own advice",
			fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: "42501", Message: "permission denied", Hint: "Ask the owner."}),
			"Could not do it: permission denied (SQLSTATE 42501).\n\nAsk the owner.", "wrapped",
		},
		{
			"a row that violates a constraint",
			&pgconn.PgError{Code: "23514", Message: `new row for relation "users" violates check constraint "c"`, Detail: "Failing row contains (1, ada@example.com, $2b$10$abc)."},
			`violates check constraint "c" (SQLSTATE 23514).`, "ada@example.com",
		},
		{
			"two rows with one address",
			&pgconn.PgError{Code: "23505", Message: `could not create unique index "users_email_lower_key"`, Detail: "Key (lower(email))=(ada@example.com) is duplicated."},
			"(SQLSTATE 23505).\n\nRows share the value.", "ada@example.com",
		},
		{
			"a value that cannot be converted",
			&pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type uuid: "ada@example.com"`},
			"a value in one of the rows does not fit (SQLSTATE 22P02).", "ada@example.com",
		},
		{
			"what a function says",
			&pgconn.PgError{Code: "P0001", Message: "ada@example.com is taken", Where: "PL/pgSQL function public.meddle(text) line 3 at RAISE"},
			"the function public.meddle(text) raised an error, whose words may be about a user (SQLSTATE P0001).", "ada@example.com",
		},
		{
			"who may not be ended", held("app", ""), `held up by process 7 of the role "app" (idle in transaction).

Let that end, or end it with pg_terminate_backend, and apply again.`, "GRANT",
		},
		{
			"the role's own, and not to be ended", held("scripts", "scripts"), `The provider ends sessions of the role "scripts" that hold up its change, and may not: have a superuser run

  GRANT pg_signal_backend TO <the role that the provider connects as>;

or end them with pg_terminate_backend. Then apply again.`, "what was done so far",
		},
		{"a code without a hint", &pgconn.PgError{Code: "53300", Message: "too many clients already"}, "raise max_connections", "what was done so far"},
		{"the time given", context.DeadlineExceeded, "Raise the object's timeout", "cancelled"},
		{"Ctrl-C", context.Canceled, "it was cancelled.\n\nApply again", "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			detail := PostgresDetail("Could not do it", c.err)
			if !strings.Contains(detail, c.says) || strings.Contains(detail, c.omits) {
				t.Errorf("want %q and not %q in:\n%s", c.says, c.omits, detail)
			}
		})
	}
}

// held is a change that a session of a role kept waiting.
func held(by, mayNotEnd string) error {
	err := postgres.NewHeldUpError(&pgconn.PgError{Code: "55P03", Message: "canceling statement due to lock timeout"},
		[]postgres.Holder{{PID: 7, Role: by, State: "idle in transaction"}})
	var held *postgres.HeldUpError
	if errors.As(err, &held) {
		held.MayNotEnd = mayNotEnd
	}
	return err
}
