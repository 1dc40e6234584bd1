// SPDX-License-Identifier: MPL-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Declaration is a column as somebody wrote it.
type Declaration struct {
	Name      string
	Type      string
	Collation string
	// Default is an expression, an identity clause or a generated clause; "" for none.
	Default string
	NotNull bool
	// RenamedFrom is the name under which the column may still be there.
	RenamedFrom string
}

// ColumnSpec is a column as it shall be, in the server's own words.
type ColumnSpec struct {
	Name      string
	Type      string
	Collation string
	Default   string
	NotNull   bool
	// Effect is what adding the column, or changing the type of the one that is there, does
	// to the table. Bare is what adding it without its default and NOT NULL does.
	Effect Effect `json:"-"`
	Bare   Effect `json:"-"`
	// RenamedFrom is the name under which the column may still be there.
	RenamedFrom string `json:",omitempty"`
	// Comment is the column's comment; nil leaves it as it is.
	Comment *string `json:",omitempty"`
}

// DeclarationError is a declaration that the server does not accept.
type DeclarationError struct {
	Column string
	// Attribute is "type", "collation" or "default".
	Attribute string
	Text      string
	err       error
}

func (e *DeclarationError) Error() string {
	return fmt.Sprintf("%s %q of the column %s: %v", e.Attribute, e.Text, ident(e.Column), e.err)
}

func (e *DeclarationError) Unwrap() error { return e.err }

// Beginner starts a transaction: a connection or a pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

const (
	// scratch is a temporary table that never outlives its transaction.
	scratch = `pg_temp."auth0pg_declarations"`

	extensionSchemaSQL = `
select coalesce((select quote_ident(n.nspname) from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'citext'), ''),
  coalesce(pg_type_is_visible(to_regtype('citext')), false)`
)

// Normalize asks the server what the declarations mean: it creates them as a temporary
// table in a transaction that is always rolled back, and reads them back in the server's
// own words. The error names the declaration at fault, see [DeclarationError].
// With createCIText the citext extension is created first, in the same transaction.
// With current, what adding columns and changing their types does to that table is tried out as well.
func Normalize(ctx context.Context, db Beginner, declarations []Declaration, current *Table, createCIText bool) ([]ColumnSpec, error) {
	for _, d := range declarations {
		if err := d.check(); err != nil {
			return nil, err
		}
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well

	if _, err := tx.Exec(ctx, `set local standard_conforming_strings = on`); err != nil {
		return nil, err
	}
	if createCIText {
		if _, err := tx.Exec(ctx, createCITextSQL); err != nil {
			return nil, &ExtensionError{Extension: "citext", err: err}
		}
	}
	if declarations, err = resolveCIText(ctx, tx, declarations); err != nil {
		return nil, err
	}
	if err := createScratch(ctx, tx, declarations); err != nil {
		return nil, err
	}
	specs, err := readScratch(ctx, tx, declarations)
	if err != nil || current == nil {
		return specs, err
	}
	return specs, tryChanges(ctx, tx, current, declarations, specs)
}

// createCITextSQL is shown in the plan and run as it stands here.
const createCITextSQL = `CREATE EXTENSION IF NOT EXISTS citext`

// ExtensionError is an extension that is missing and cannot be created.
type ExtensionError struct {
	Extension string
	err       error
}

func (e *ExtensionError) Error() string {
	return fmt.Sprintf("creating the extension %s: %v", e.Extension, e.err)
}

func (e *ExtensionError) Unwrap() error { return e.err }

// check refuses what could be more than a type or an expression, before any of it is sent.
func (d Declaration) check() error {
	for _, part := range []struct{ attribute, text string }{{"type", d.Type}, {"default", d.clause().Expression}} {
		if part.attribute == "default" && part.text == "" {
			continue
		}
		if err := CheckExpression(part.text); err != nil {
			return &DeclarationError{Column: d.Name, Attribute: part.attribute, Text: part.text, err: err}
		}
	}
	return nil
}

func (d Declaration) clause() defaultClause { return parseDefault(d.Default) }

// resolveCIText finds the type where the extension lives in a schema off the search_path.
func resolveCIText(ctx context.Context, q Querier, declarations []Declaration) ([]Declaration, error) {
	var schema string
	var visible bool
	if err := q.QueryRow(ctx, extensionSchemaSQL).Scan(&schema, &visible); err != nil {
		return nil, err
	}
	if schema == "" || visible {
		return declarations, nil
	}
	resolved := make([]Declaration, len(declarations))
	for i, d := range declarations {
		if strings.EqualFold(strings.TrimSpace(d.Type), "citext") {
			d.Type = schema + ".citext"
		}
		resolved[i] = d
	}
	return resolved, nil
}

// createScratch adds the columns one by one, so that an error belongs to one declaration.
func createScratch(ctx context.Context, tx pgx.Tx, declarations []Declaration) error {
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+scratch+" () ON COMMIT DROP"); err != nil {
		return fmt.Errorf("creating a temporary table to check the declarations with (it is never kept): %w", err)
	}
	// Generated columns refer to others, so these come first.
	for _, d := range declarations {
		// A type is looked up through a parameter first: what the server takes for the name
		// of one type there is nothing else behind ADD COLUMN.
		if _, err := tx.Exec(ctx, "select $1::text::regtype", d.Type); err != nil {
			return d.failed("type", d.Type, err)
		}
		if d.clause().Generated != "" {
			continue
		}
		if _, err := tx.Exec(ctx, "ALTER TABLE "+scratch+" ADD COLUMN "+ident(d.Name)+" "+d.Type); err != nil {
			return d.failed("type", d.Type, err)
		}
		if d.Collation != "" {
			if _, err := tx.Exec(ctx, "ALTER TABLE "+scratch+" ALTER COLUMN "+ident(d.Name)+" TYPE "+d.Type+collate(d.Collation)); err != nil {
				return d.failed("collation", d.Collation, err)
			}
		}
		var sql string
		switch clause := d.clause(); {
		case clause.Identity != "":
			sql = " SET NOT NULL, ALTER COLUMN " + ident(d.Name) + " ADD" + clause.sql()
		case clause.Expression != "":
			sql = " SET" + clause.sql()
		default:
			continue
		}
		if _, err := tx.Exec(ctx, "ALTER TABLE "+scratch+" ALTER COLUMN "+ident(d.Name)+sql); err != nil {
			return d.failed("default", d.Default, err)
		}
	}
	for _, d := range declarations {
		if d.clause().Generated == "" {
			continue
		}
		if _, err := tx.Exec(ctx, "ALTER TABLE "+scratch+" ADD COLUMN "+ident(d.Name)+" "+d.Type+collate(d.Collation)+d.clause().sql()); err != nil {
			return d.failed("default", d.Default, err)
		}
	}
	return nil
}

// failed blames the declaration only for what the server said about it.
func (d Declaration) failed(attribute, text string, err error) error {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return err
	}
	return &DeclarationError{Column: d.Name, Attribute: attribute, Text: text, err: err}
}

func readScratch(ctx context.Context, q Querier, declarations []Declaration) ([]ColumnSpec, error) {
	var oid uint32
	var surplus bool
	if err := q.QueryRow(ctx, `select c.oid, c.relnatts <> $1 or exists (select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype <> 'n')
		or exists (select from pg_catalog.pg_index i where i.indrelid = c.oid) from pg_catalog.pg_class c where c.oid = '`+scratch+`'::regclass`,
		len(declarations)).Scan(&oid, &surplus); err != nil {
		return nil, err
	}
	if surplus {
		return nil, errors.New("the declared types and defaults are more than types and expressions")
	}
	read, err := collect(ctx, q, columnsSQL, oid, scanColumn)
	if err != nil {
		return nil, err
	}
	table := Table{Columns: read}
	specs := make([]ColumnSpec, len(declarations))
	for i, d := range declarations {
		c := table.Column(d.Name)
		if c == nil {
			return nil, fmt.Errorf("the column %s did not come back from the server", ident(d.Name))
		}
		specs[i] = ColumnSpec{Name: c.Name, Type: c.Type, Collation: c.Collation, Default: c.Default, NotNull: d.NotNull, RenamedFrom: d.RenamedFrom}
	}
	return specs, nil
}

// collate is the COLLATE clause. A name is taken as it stands; a schema-qualified one is
// written with its quotes, as the server shows collations off the search_path.
func collate(collation string) string {
	if collation == "" {
		return ""
	}
	if parts, ok := ParseQualifiedName(collation); ok && len(parts) == 2 && strings.Contains(collation, `"`) {
		return " COLLATE " + ident(parts...)
	}
	return " COLLATE " + ident(collation)
}
