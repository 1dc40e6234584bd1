// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// Effect is what a change of a column does besides changing the catalog.
type Effect struct {
	// Scans is set when every row is read, Rewrites when every row is written anew, and
	// Reindexes when indexes are.
	Scans     bool
	Rewrites  bool
	Reindexes bool
}

// trial is a table like the one in question, without rows.
const trial = `pg_temp."auth0pg_trial"`

const effectSQL = `
select c.relkind <> 'i', pg_relation_filenode(c.oid)::bigint, case when c.relkind = 'i' then 0 else pg_stat_get_xact_numscans(c.oid) end
from pg_catalog.pg_class c
where c.oid = $1::text::regclass or c.oid in (select i.indexrelid from pg_catalog.pg_index i where i.indrelid = $1::text::regclass)
order by c.relname`

// tryChanges finds out what each change does by making it to an empty table with the same
// columns and indexes: whether the server writes a table or its indexes anew depends on
// those, on casts, on the volatility of functions and on the constraints of domains, never on
// the rows. It reads nothing of the live table, which may have changed since it was inspected.
func tryChanges(ctx context.Context, tx pgx.Tx, current *Table, declarations []Declaration, specs []ColumnSpec) error {
	created, indexed := false, true
	for _, i := range generatedLast(specs) {
		spec := &specs[i]
		have := current.Column(spec.Name)
		if have == nil {
			have = current.Column(declarations[i].RenamedFrom)
		}
		if have != nil && have.Type == spec.Type && have.Collation == spec.Collation {
			continue
		}
		if !created {
			foreign, err := indexesRunForeign(ctx, tx, current)
			if err != nil {
				return err
			}
			indexed = !foreign
			if err := createTrial(ctx, tx, current, indexed); err != nil {
				return fmt.Errorf("creating an empty table like %s to try "+
					"changes on (it is never kept): %w", postgres.Ident(current.Schema, current.Name), err)
			}
			created = true
		}
		foreign, err := typeRunsForeign(ctx, tx, spec.Type)
		if err != nil {
			return err
		}
		if have != nil && (foreign || !indexed) {
			spec.Effect = untried
			continue
		}
		if foreign {
			spec.Bare, spec.Effect = untried, untried
			continue
		}
		if have != nil {
			if spec.Effect, err = tryChange(ctx, tx, "ALTER COLUMN "+postgres.Ident(have.Name)+" TYPE "+spec.Type+collate(spec.Collation)); err != nil {
				return declarations[i].failed("type", declarations[i].Type, err)
			}
			continue
		}
		bare := ColumnSpec{Name: spec.Name, Type: spec.Type, Collation: spec.Collation}
		if spec.Bare, err = tryChange(ctx, tx, "ADD COLUMN "+columnDefinition(bare, false)); err != nil {
			return declarations[i].failed("type", declarations[i].Type, err)
		}
		if foreign, err = defaultRunsForeign(ctx, tx, spec.Default); err != nil {
			return err
		}
		if spec.Effect = untried; foreign {
			spec.Effect.Reindexes = false
		} else if spec.Effect, err = tryChange(ctx, tx, "ADD COLUMN "+columnDefinition(*spec, declarations[i].NotNull)); err != nil {
			return declarations[i].failed("default", declarations[i].Default, err)
		}
		// What is generated may refer to it.
		if _, err := tx.Exec(ctx, "ALTER TABLE "+trial+" ADD COLUMN "+columnDefinition(bare, false)); err != nil {
			return declarations[i].failed("type", declarations[i].Type, err)
		}
	}
	return nil
}

// generatedLast is the order in which columns can be added: those that are generated refer to others.
func generatedLast(specs []ColumnSpec) []int {
	var plain, generated []int
	for i, spec := range specs {
		if parseDefault(spec.Default).Generated != "" {
			generated = append(generated, i)
		} else {
			plain = append(plain, i)
		}
	}
	return append(plain, generated...)
}

// createTrial makes the empty table. Defaults, identities and generation expressions are
// left out: they have no part in it. Indexes are left out where they would run code of others.
func createTrial(ctx context.Context, tx pgx.Tx, current *Table, indexed bool) error {
	var columns []string
	for _, c := range current.Columns {
		columns = append(columns, columnDefinition(ColumnSpec{Name: c.Name, Type: c.Type, Collation: c.Collation}, c.NotNull))
	}
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+trial+" ("+strings.Join(columns, ", ")+") ON COMMIT DROP"); err != nil {
		return err
	}
	if !indexed {
		return nil
	}
	for _, index := range current.Indexes {
		unique := ""
		if index.Unique {
			unique = "UNIQUE "
		}
		if _, err := tx.Exec(ctx, "CREATE "+unique+"INDEX ON "+trial+" USING "+index.Body); err != nil {
			return err
		}
	}
	return nil
}

// tryChange makes one change, looks at its effect and takes it back.
func tryChange(ctx context.Context, tx pgx.Tx, action string) (Effect, error) {
	attempt, err := tx.Begin(ctx)
	if err != nil {
		return Effect{}, err
	}
	defer attempt.Rollback(ctx) //nolint:errcheck // the transaction around it is rolled back as well
	before, err := fingerprint(ctx, attempt)
	if err != nil {
		return Effect{}, err
	}
	if _, err := attempt.Exec(ctx, "ALTER TABLE "+trial+" "+action); err != nil {
		return Effect{}, err
	}
	after, err := fingerprint(ctx, attempt)
	if err != nil {
		return Effect{}, err
	}
	return Effect{
		Rewrites: before.heap != after.heap, Reindexes: before.indexes != after.indexes, Scans: before.scans != after.scans,
	}, nil
}

type tableFiles struct {
	heap    int64
	indexes string
	scans   int64
}

func fingerprint(ctx context.Context, q postgres.Querier) (f tableFiles, err error) {
	rows, err := q.Query(ctx, effectSQL, trial)
	if err != nil {
		return f, err
	}
	var isTable bool
	var file, scans int64
	_, err = pgx.ForEachRow(rows, []any{&isTable, &file, &scans}, func() error {
		if isTable {
			f.heap, f.scans = file, scans
		} else {
			f.indexes += fmt.Sprintln(file)
		}
		return nil
	})
	return f, err
}
