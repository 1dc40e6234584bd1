// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
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
	Name string
	Type string
	// Base is the type that a domain is over, "" where the type is none or the server was not asked.
	Base      string `json:",omitempty"`
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
	return fmt.Sprintf("%s %q of the column %s: %v", e.Attribute, e.Text, postgres.Ident(e.Column), e.err)
}

func (e *DeclarationError) Unwrap() error { return e.err }

const (
	// scratch is a temporary table that never outlives its transaction.
	scratch = `pg_temp."auth0pg_declarations"`
)

// Normalize asks the server what the declarations mean: it creates them as a temporary
// table in a transaction that is always rolled back, and reads them back in the server's
// own words. The error names the declaration at fault, see [DeclarationError].
// With citext, the schema to create that extension in, it is created first, in the same transaction.
// With current, what adding columns and changing their types does to that table is tried out as well.
func Normalize(
	ctx context.Context,
	db postgres.Beginner,
	declarations []Declaration,
	current *Table,
	citext string,
) ([]ColumnSpec, error) {
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

	if citext != "" {
		if _, err := tx.Exec(ctx, createCIText(citext)); err != nil {
			return nil, &ExtensionError{Extension: "citext", err: err}
		}
	}
	resolved, err := resolveNames(ctx, tx, declarations, current)
	if err != nil {
		return nil, err
	}
	unmade, err := createScratch(ctx, tx, resolved, current)
	if err != nil {
		return nil, err
	}
	specs, err := readScratch(ctx, tx, declarations, len(othersColumns(declarations, current)))
	for i, d := range declarations {
		if text, is := unmade[d.Name]; is && err == nil {
			specs[i].Default = text
		}
	}
	if err != nil || current == nil {
		return specs, err
	}
	return specs, tryChanges(ctx, tx, current, declarations, specs)
}

// createCIText is shown in the plan and run as it stands here.
func createCIText(schema string) string {
	return "CREATE EXTENSION IF NOT EXISTS citext SCHEMA " + postgres.Ident(schema)
}

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
		if err := postgres.CheckExpression(part.text); err != nil {
			return &DeclarationError{Column: d.Name, Attribute: part.attribute, Text: part.text, err: err}
		}
	}
	return nil
}

func (d Declaration) clause() defaultClause { return parseDefault(d.Default) }

// unchanged is the column that is declared word for word as it is: nothing of it is going to be run.
func (d Declaration) unchanged(current *Table) *Column {
	if current == nil {
		return nil
	}
	if c := current.Column(d.Name); c != nil && c.Type == d.Type && c.Collation == d.Collation && c.Default == d.Default {
		return c
	}
	return nil
}

// resolveNames puts types and collations in the server's own words.
func resolveNames(ctx context.Context, tx pgx.Tx, declarations []Declaration, current *Table) ([]Declaration, error) {
	r := &resolver{tx: tx, tableOwner: current.owner()}
	named := make([]Declaration, len(declarations))
	for i, d := range declarations {
		named[i] = d
		if d.unchanged(current) != nil {
			continue
		}
		var err error
		if named[i].Type, err = r.citextOr(ctx, d.Type); err != nil {
			return nil, d.failed("type", d.Type, err)
		}
		if d.Collation == "" {
			continue
		}
		if named[i].Collation, err = r.collation(ctx, d.Collation, named[i].Type); err != nil {
			return nil, d.failed("collation", d.Collation, err)
		}
	}
	return named, nil
}

func (t *Table) owner() string {
	if t == nil {
		return ""
	}
	return t.Owner
}

// createScratch creates the table and adds what says where values come from column by column, so that an error belongs
// to one declaration. A whole table is created at once, since ADD COLUMN works out the default of a domain. It returns the
// defaults, by the column, of generated columns that were made plain ones, see [generated].
func createScratch(
	ctx context.Context, tx pgx.Tx, declarations []Declaration, current *Table,
) (unmade map[string]string, err error) {
	r := &resolver{tx: tx, tableOwner: current.owner()}
	columns := othersColumns(declarations, current)
	for _, d := range declarations {
		if d.clause().Generated == "" {
			columns = append(columns, postgres.Ident(d.Name)+" "+d.Type+collate(d.Collation))
		}
	}
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+scratch+" ("+strings.Join(columns, ", ")+") ON COMMIT DROP"); err != nil {
		return nil, fmt.Errorf("creating a temporary table to check the declarations with (it is never kept): %w", err)
	}
	for _, d := range declarations {
		var sql string
		clause := d.clause()
		switch {
		case clause.Generated != "" || clause.Identity == "" && clause.Expression == "":
			continue
		case clause.Identity != "":
			sql = " SET NOT NULL, ALTER COLUMN " + postgres.Ident(d.Name) + " ADD" + clause.sql()
		case d.unchanged(current) != nil:
			sql = " SET" + clause.sql()
		default:
			printed, err := r.columnDefault(ctx, clause.Expression, scratch, d.Name)
			if err != nil {
				return nil, d.failed("default", d.Default, err)
			}
			clause.Expression = printed
			sql = " SET" + clause.sql()
		}
		if _, err := tx.Exec(ctx, "ALTER TABLE "+scratch+" ALTER COLUMN "+postgres.Ident(d.Name)+sql); err != nil {
			return nil, d.failed("default", d.Default, err)
		}
	}
	// Generated columns refer to others, so they come last.
	for _, d := range declarations {
		clause := d.clause()
		if clause.Generated == "" {
			continue
		}
		have := d.unchanged(current)
		if have == nil {
			printed, err := r.expression(ctx, clause.Expression, scratch)
			if err != nil {
				return nil, d.failed("default", d.Default, err)
			}
			clause.Expression = printed
		}
		foreign, err := runsForeign(ctx, tx, "("+clause.Expression+"\n) AS value", scratch)
		if err != nil {
			return nil, d.failed("default", d.Default, err)
		}
		if foreign {
			text := ""
			if have != nil {
				text = have.Default
			} else if text, err = generated(ctx, tx, clause.Expression, clause.Generated); err != nil {
				return nil, d.failed("default", d.Default, err)
			}
			if unmade == nil {
				unmade = map[string]string{}
			}
			unmade[d.Name], clause = text, defaultClause{}
		}
		if _, err := tx.Exec(ctx, "ALTER TABLE "+scratch+" ADD COLUMN "+postgres.Ident(d.Name)+" "+d.Type+collate(d.Collation)+clause.sql()); err != nil {
			return nil, d.failed("default", d.Default, err)
		}
	}
	return unmade, nil
}

// othersColumns are those of the table that are not declared: a generation expression may name any of them.
func othersColumns(declarations []Declaration, current *Table) []string {
	if current == nil ||
		!slices.ContainsFunc(declarations, func(d Declaration) bool { return d.clause().Generated != "" }) {
		return nil
	}
	var columns []string
	for _, c := range current.Columns {
		if !slices.ContainsFunc(
			declarations,
			func(d Declaration) bool { return d.Name == c.Name || d.RenamedFrom == c.Name },
		) {
			columns = append(columns, postgres.Ident(c.Name)+" "+c.Type+collate(c.Collation))
		}
	}
	return columns
}

// failed blames the declaration only for what the server said about it, and for what it refers to.
func (d Declaration) failed(attribute, text string, err error) error {
	var server *pgconn.PgError
	var untrusted *UntrustedError
	if !errors.As(err, &server) && !errors.As(err, &untrusted) {
		return err
	}
	return &DeclarationError{Column: d.Name, Attribute: attribute, Text: text, err: err}
}

func readScratch(
	ctx context.Context,
	q postgres.Querier,
	declarations []Declaration,
	others int,
) ([]ColumnSpec, error) {
	var oid uint32
	var surplus bool
	if err := q.QueryRow(ctx, `select c.oid, c.relnatts <> $1 or exists (select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype <> 'n')
		or exists (select from pg_catalog.pg_index i where i.indrelid = c.oid) from pg_catalog.pg_class c where c.oid = '`+scratch+`'::regclass`,
		len(declarations)+others).Scan(&oid, &surplus); err != nil {
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
			return nil, fmt.Errorf("the column %s did not come back from the server", postgres.Ident(d.Name))
		}
		specs[i] = ColumnSpec{
			Name:        c.Name,
			Type:        c.Type,
			Base:        c.Base,
			Collation:   c.Collation,
			Default:     c.Default,
			NotNull:     d.NotNull,
			RenamedFrom: d.RenamedFrom,
		}
	}
	return specs, nil
}

// collate is the COLLATE clause. A name is taken as it stands; a schema-qualified one is
// written with its quotes, as the server shows collations off the search_path.
func collate(collation string) string {
	if collation == "" {
		return ""
	}
	if parts, ok := postgres.ParseQualifiedName(collation); ok && len(parts) == 2 && strings.Contains(collation, `"`) {
		return " COLLATE " + postgres.Ident(parts...)
	}
	return " COLLATE " + postgres.Ident(collation)
}
