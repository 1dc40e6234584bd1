// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// A change that is tried at plan works defaults out, and what is constant in generated columns and indexes, though the
// table is empty. What would run code of a role that is neither a superuser nor the provider's own is not tried: it is
// taken to read and to write everything.

// untried is what a change does of which nothing is known.
var untried = Effect{Scans: true, Rewrites: true, Reindexes: true}

// runsForeign reports whether to work the expressions out, over a row of what stands behind FROM, or "", would run code of
// others.
func runsForeign(ctx context.Context, tx pgx.Tx, expressions, from string) (bool, error) {
	attempt, err := tx.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer attempt.Rollback(ctx) //nolint:errcheck // the transaction around it is rolled back as well
	if from != "" {
		from = " FROM " + from
	}
	if _, err := attempt.Exec(ctx, "CREATE TEMPORARY VIEW "+readView+" AS SELECT "+expressions+from); err != nil {
		return false, err
	}
	var view uint32
	if err := attempt.QueryRow(ctx, "select '"+readView+"'::regclass::oid").Scan(&view); err != nil {
		return false, err
	}
	found, err := postgres.ReadCode(ctx, attempt, view, false)
	return len(found) > 0, err
}

// typeRunsForeign is runsForeign for what a column of the type runs by itself.
func typeRunsForeign(ctx context.Context, tx pgx.Tx, kind string) (bool, error) {
	if _, common := CommonTypeName(kind); common {
		return false, nil
	}
	return runsForeign(ctx, tx, "NULL::"+kind+" AS value", "")
}

// defaultRunsForeign is runsForeign for where a new column's values come from.
func defaultRunsForeign(ctx context.Context, tx pgx.Tx, text string) (bool, error) {
	clause := parseDefault(text)
	if clause.Expression == "" {
		return false, nil
	}
	return runsForeign(ctx, tx, "("+clause.Expression+"\n) AS value", scratch)
}

// indexesRunForeign is the same for the indexes of a table.
func indexesRunForeign(ctx context.Context, tx pgx.Tx, current *Table) (bool, error) {
	var relation *uint32
	err := tx.QueryRow(ctx, "select to_regclass($1)::oid", postgres.Ident(current.Schema, current.Name)).Scan(&relation)
	if err != nil || relation == nil {
		return false, err
	}
	found, err := postgres.ReadCode(ctx, tx, *relation, false)
	return len(found) > 0, err
}

// generated is a generation expression as the server prints it, without making a column of it: the server plans that.
func generated(ctx context.Context, tx pgx.Tx, expression, kind string) (printed string, err error) {
	attempt, err := tx.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer attempt.Rollback(ctx) //nolint:errcheck // the transaction around it is rolled back as well
	if _, err := attempt.Exec(ctx, "ALTER TABLE "+scratch+" ADD CONSTRAINT auth0pg_generated CHECK (("+expression+
		"\n) IS NOT NULL) NOT VALID"); err != nil {
		return "", err
	}
	err = attempt.QueryRow(ctx, "select pg_get_expr(conbin, conrelid) from pg_constraint where conrelid = '"+scratch+
		"'::regclass and conname = 'auth0pg_generated'").Scan(&printed)
	printed = strings.TrimSuffix(strings.TrimPrefix(printed, "("), " IS NOT NULL)")
	return "generated always as (" + printed + ") " + kind, err
}
