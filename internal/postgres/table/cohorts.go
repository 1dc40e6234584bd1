// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Cohorts are the users who are not marked as migrated, in groups of which each comes to Auth0 in its own time.
type Cohorts struct {
	// ByFormat counts them by the name of their hash's look, "missing" or "unknown".
	ByFormat map[string]int64
	// ByLastLogin counts them by the month of their last login in UTC, as 2006-01, or [NeverLoggedIn]; nil for a table
	// that does not say.
	ByLastLogin map[string]int64
	// Left is how many there are; Month and Quarter of them logged in during the last 30 and 90 days.
	Left, Month, Quarter int64
}

// NeverLoggedIn is the cohort of those without a last login.
const NeverLoggedIn = "never"

// cohorts counts who is left, and is nil for a table that does not keep who was migrated.
func (q *auditQuery) cohorts(ctx context.Context, db postgres.Beginner, users store.Store) (*Cohorts, error) {
	if q.migratedAt == "" {
		return nil, nil
	}
	month, age := "NULL::text", "3"
	all := &Cohorts{ByFormat: map[string]int64{}}
	if users.Has(store.LastLogin) {
		at := "(" + readAs(users, store.LastLogin) + "::timestamptz)"
		month = fmt.Sprintf("coalesce(nullif(to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM'), ''), '%s')", at, NeverLoggedIn)
		age = fmt.Sprintf("CASE WHEN %[1]s > now() - interval '30 days' THEN 1 WHEN %[1]s > now() - interval '90 days' "+
			"THEN 2 ELSE 3 END", at)
		all.ByLastLogin = map[string]int64{}
	}
	sql := fmt.Sprintf("SELECT u.hash, u.month, u.age, count(*)\nFROM (SELECT %s AS hash, %s AS month, %s AS age FROM %s WHERE "+
		"%s OFFSET 0) AS u\nGROUP BY 1, 2, 3", q.look(), month, age, q.table, q.where(q.migratedAt+" IS NULL"))
	err := ReadRows(ctx, db, RowsQuery{SQL: sql, Of: &users}, func(rows pgx.Rows) error {
		var look string
		var month *string
		var age int32
		var count int64
		_, err := pgx.ForEachRow(rows, []any{&look, &month, &age, &count}, func() error {
			all.ByFormat[look] += count
			if month != nil {
				all.ByLastLogin[*month] += count
			}
			all.Left += count
			if age <= 1 {
				all.Month += count
			}
			if age <= 2 {
				all.Quarter += count
			}
			return nil
		})
		return err
	})
	return all, err
}

// readAs is what the part is read through. The table stands under its own name wherever it is read, as expressions have it.
func readAs(users store.Store, part store.Part) string {
	if e := users.Columns[part].Expression; e != nil {
		return "(" + e.SQL + ")"
	}
	return postgres.Ident(users.Columns[part].Name)
}
