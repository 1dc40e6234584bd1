// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/jackc/pgx/v5"
)

// checkTimeout bounds one question about the rows. What is not answered in time is left
// to the statements themselves, none of which loses anything.
const checkTimeout = 2 * time.Minute

// Ask answers the plan's questions about the rows and returns what stands in its way.
func (p Plan) Ask(ctx context.Context, db Beginner) ([]Refusal, error) {
	var refusals []Refusal
	for _, check := range p.Checks {
		var count int64
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "select set_config('statement_timeout', $1, true), set_config('row_security', 'off', true)", milliseconds(checkTimeout)); err != nil {
				return err
			}
			return tx.QueryRow(ctx, check.SQL).Scan(&count)
		})
		refusal := Refusal{Column: check.Column, Attribute: check.Attribute, Remedy: check.Remedy}
		switch state := sqlState(err); {
		case err == nil && count == 0:
			continue
		case err == nil:
			refusal.Reason = fmt.Sprintf(check.Reason, count)
		case QuotesValue(state): // a value that the type does not hold
			refusal.Reason = fmt.Sprintf("some rows hold a value that cannot be converted (SQLSTATE %s)", state)
		case state == "57014", state == "42501", state == "42883", state == "42846", state == "42703", state == "42P01":
			// Too slow, not allowed, types that cannot be compared, or a table that changed
			// since it was read, which the apply reports.
			tflog.Warn(ctx, "the rows could not be checked", map[string]any{"sql": check.SQL, "error": err.Error()})
			continue
		default:
			return nil, err
		}
		refusals = append(refusals, refusal)
	}
	return refusals, nil
}

// QuotesValue reports whether the server's message under this SQLSTATE repeats a value, which may be somebody's address:
// class 22, data exception.
func QuotesValue(sqlState string) bool { return strings.HasPrefix(sqlState, "22") }
