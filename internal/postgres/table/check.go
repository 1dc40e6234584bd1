// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// checkTimeout bounds one question about the rows. What is not answered in time is left
// to the statements themselves, none of which loses anything.
const checkTimeout = 2 * time.Minute

// Ask answers the plan's questions about the rows and returns what stands in its way.
func (p Plan) Ask(ctx context.Context, db postgres.Beginner) ([]Refusal, error) {
	var refusals []Refusal
	for _, check := range p.Checks {
		var count int64
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "select set_config('statement_timeout', $1, true), "+
				"set_config('row_security', 'off', true)", postgres.Milliseconds(checkTimeout)); err != nil {
				return err
			}
			return ReadRow(ctx, tx, RowsQuery{SQL: check.SQL}, &count)
		})
		var foreign *postgres.ForeignError
		refusal := Refusal{Column: check.Column, Attribute: check.Attribute, Remedy: check.Remedy, Index: check.Index}
		switch state := postgres.SQLState(err); {
		case err == nil && count == 0:
			continue
		case err == nil && count == 1 && check.One != "":
			refusal.Reason = check.One
		case err == nil:
			refusal.Reason = fmt.Sprintf(check.Reason, count)
		case postgres.QuotesValue(state): // a value that the type does not hold
			refusal.Reason = fmt.Sprintf("some rows hold a value that cannot be converted (SQLSTATE %s)", state)
		case state == "57014",
			state == "42501",
			state == "42883",
			state == "42846",
			state == "42703",
			state == "42P01",
			errors.As(err, &foreign):
			// Too slow, not allowed, types that cannot be compared, a table that changed since it was read, which the
			// apply reports, or code that runs at no plan.
			tflog.Warn(ctx, "the rows could not be checked", map[string]any{"sql": check.SQL, "error": err.Error()})
			continue
		default:
			return nil, err
		}
		refusals = append(refusals, refusal)
	}
	return refusals, nil
}
