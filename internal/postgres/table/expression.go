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
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Row is the row of a users table that expressions are over, as it will be after a plan.
type Row struct {
	Schema, Name string
	// Current is the table as it is; nil while there is none.
	Current *Table
	// Columns are those that the table shall have, with others of the current one left as they are.
	Columns []ColumnSpec
}

// Resolved is an expression as the server understood it.
type Resolved struct {
	store.Expression
	// Functions are those that it calls and that are part of neither the server nor an extension, as the server writes
	// them with their arguments. Whoever runs the expression needs EXECUTE on them, and what they read is not in Reads.
	Functions []string `json:",omitempty"`
	// Loose is set where a sub-select does not compare with the row, so that it gives the same for every one.
	Loose bool `json:",omitempty"`
	// Zoned is set where a timestamp without a time zone meets a time with one: the sessions' TimeZone decides what it is.
	Zoned bool `json:",omitempty"`

	called    []int64  // the functions that it calls
	builtIn   []string // the names of the functions of pg_catalog that it calls
	rewritten bool     // it is not what the server printed first, see [explicit]
}

// Key is what an index by the text has to be by, for the planner to see that the scripts compare the same.
func (r Resolved) Key(text string) string {
	if r.rewritten {
		return r.SQL
	}
	return text
}

// ExpressionError is an expression that cannot be used.
type ExpressionError struct {
	Text string
	// Writing is what was to be written through it; nil for an expression that is read.
	Writing *Writing
	err     error
}

func (e *ExpressionError) Error() string { return e.err.Error() }

func (e *ExpressionError) Unwrap() error { return e.err }

// ErrStandby is returned by a server that cannot be asked what an expression means, since it takes no change.
var ErrStandby = errors.New("the server is a standby or read only, and an expression is looked up in a temporary view")

// TemporaryError is returned where the role may not create the temporary view in which an expression is looked up.
type TemporaryError struct{ Database, Role string }

func (e *TemporaryError) Error() string {
	return fmt.Sprintf("the role %s has no right to create temporary objects in the database %s, and an expression is "+
		"looked up in a temporary view",
		postgres.Ident(e.Role), postgres.Ident(e.Database))
}

// ResolveExpressions asks the server what each text means over the row, by the text, in a transaction that is rolled
// back and in a form that runs nothing of it. The error names the text at fault, see [ExpressionError].
func ResolveExpressions(
	ctx context.Context,
	db postgres.Beginner,
	row Row,
	texts []string,
) (map[string]Resolved, error) {
	resolved := map[string]Resolved{}
	if len(texts) == 0 {
		return resolved, nil
	}
	for _, text := range texts {
		if err := postgres.CheckExpression(text); err != nil {
			return nil, &ExpressionError{Text: text, err: err}
		}
	}
	r, err := begin(ctx, db, row)
	if err != nil {
		return nil, err
	}
	defer r.tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	for _, text := range texts {
		if _, done := resolved[text]; done {
			continue
		}
		if resolved[text], err = r.resolve(ctx, text); err != nil {
			return nil, blamed(text, err)
		}
	}
	return resolved, nil
}

// begin opens the transaction in which expressions over the row are resolved; the caller rolls it back.
func begin(ctx context.Context, db postgres.Beginner, row Row) (*rowResolver, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	r := &rowResolver{resolver: resolver{tx: tx, tableOwner: row.Current.owner()}, row: row}
	if err = mayCreateTemporary(ctx, tx); err == nil {
		r.from, err = row.from(ctx, tx)
	}
	if err != nil {
		tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
		return nil, err
	}
	return r, nil
}

func mayCreateTemporary(ctx context.Context, tx pgx.Tx) error {
	var standby, may bool
	lacking := &TemporaryError{}
	err := tx.QueryRow(ctx, `
select pg_is_in_recovery() or current_setting('transaction_read_only')::bool, has_database_privilege(current_database(), 'TEMPORARY'),
  current_database(), current_user`).Scan(&standby, &may, &lacking.Database, &lacking.Role)
	switch {
	case err != nil:
		return err
	case standby:
		return ErrStandby
	case !may:
		return lacking
	}
	return nil
}

// blamed gives the text the blame for what the server said about it, and for what it refers to; not for what has
// happened to the server meanwhile.
func blamed(text string, err error) error {
	var server *pgconn.PgError
	var untrusted *UntrustedError
	var refused *refusedError
	switch {
	case errors.As(err, &untrusted), errors.As(err, &refused):
	case errors.As(err, &server) && strings.Contains("42 22 21 0A 3F 54", server.Code[:2]):
	default:
		return err
	}
	return &ExpressionError{Text: text, err: err}
}

// refusedError is an expression that the server takes and we do not.
type refusedError struct{ reason string }

func (e *refusedError) Error() string { return e.reason }

// scratchRow is the row while the table does not exist, or not yet with all of its columns.
const scratchRow = `pg_temp."auth0pg_row"`

// from is the table in a FROM clause under its own name, or while it does not have its columns yet, a temporary one
// of that shape.
func (r Row) from(ctx context.Context, tx pgx.Tx) (from string, err error) {
	if r.isThere() {
		return postgres.Ident(r.Schema, r.Name), nil
	}
	var columns []string
	add := func(name, kind, collation string) {
		columns = append(columns, postgres.Ident(name)+" "+kind+collate(collation))
	}
	shaped := map[string]bool{}
	for _, c := range r.Columns {
		add(c.Name, c.Type, c.Collation)
		shaped[c.Name], shaped[c.RenamedFrom] = true, true
	}
	if r.Current != nil {
		for _, c := range r.Current.Columns {
			if !shaped[c.Name] {
				add(c.Name, c.Type, c.Collation)
			}
		}
	}
	_, err = tx.Exec(ctx, "CREATE TEMPORARY TABLE "+scratchRow+" ("+strings.Join(columns, ", ")+") ON COMMIT DROP")
	return scratchRow + " AS " + postgres.Ident(r.Name), err
}

func (r Row) isThere() bool {
	if r.Current == nil {
		return false
	}
	for _, c := range r.Columns {
		if have := r.Current.Column(c.Name); have == nil || have.Type != c.Type {
			return false
		}
	}
	return true
}

// rowResolver resolves expressions over one row.
type rowResolver struct {
	resolver
	row  Row
	from string
	// writes is set for what is written: it has the row new beside it, and may give another value each time.
	writes bool
}

const (
	valueName = "auth0pg_value"
	// A second item in FROM makes every server qualify the columns; before 16 it does so anyway.
	beside = ", (SELECT) AS \"auth0pg_beside\""
)

func (r *rowResolver) resolve(ctx context.Context, text string) (Resolved, error) {
	// A condition takes neither aggregates nor window functions nor what returns a set.
	if err := r.view(ctx, "SELECT 1 AS "+valueName+" FROM "+r.from+" WHERE ("+text+"\n) IS NOT NULL", nil); err != nil {
		return Resolved{}, err
	}
	found, err := r.value(ctx, text)
	if err != nil {
		return found, err
	}
	if found.SQL, err = oneLine(found.SQL); err != nil {
		return found, err
	}
	return r.settle(ctx, found)
}

// mostPrints is how often an expression is printed until its print stays the same: a cast of an array, as in
// status IN ('a', 'b'), is one of its elements when it is read again.
const mostPrints = 3

// settle makes sure that the text with nothing beside the row and nothing in the path means what was printed: it calls the
// same functions, and is printed the same again.
func (r *rowResolver) settle(ctx context.Context, found Resolved) (Resolved, error) {
	builtIn, called := found.builtIn, found.called
	found.builtIn, found.called = nil, nil
	for range mostPrints {
		printed, err := explicit(found.SQL)
		if err != nil {
			return found, err
		}
		found.rewritten = found.rewritten || printed != found.SQL
		found.SQL = inCatalog(printed, builtIn)
		again, calls, err := r.printedAgain(ctx, found.SQL)
		if err != nil {
			return found, err
		}
		if again, err = explicit(again); err != nil {
			return found, err
		}
		if !slices.Equal(calls, called) {
			return found, &refusedError{fmt.Sprintf("the server prints it as %s, which it reads as %s", printed, again)}
		}
		if again == printed {
			return found, nil
		}
		found.SQL = again
	}
	return found, &refusedError{"the server prints it otherwise each time"}
}

// printedAgain is what the server prints for the text, and which functions it calls.
func (r *rowResolver) printedAgain(ctx context.Context, text string) (again string, calls []int64, err error) {
	pinned := func(query string, read func(pgx.Tx) error) error {
		return r.resolving(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, postgres.PinPathSQL); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "CREATE TEMPORARY VIEW "+resolved+" AS "+query)
			return err
		}, read)
	}
	// As the scripts have it, with nothing beside the row.
	if err := pinned("SELECT ("+text+"\n) AS "+valueName+" FROM "+r.from, func(pgx.Tx) error { return nil }); err != nil {
		return "", nil, err
	}
	err = pinned("SELECT ("+text+"\n) AS "+valueName+" FROM "+r.from+beside, func(tx pgx.Tx) error {
		var view, tree string
		if err := tx.QueryRow(ctx, printedSQL).Scan(&view, &tree); err != nil {
			return err
		}
		calls = calledIn(tree)
		if again, err = valueOf(view); err == nil {
			again, err = oneLine(again)
		}
		return err
	})
	return again, calls, err
}

const printedSQL = "select pg_get_viewdef('" + resolved + "'::regclass, false), (select ev_action::text from " +
	"pg_rewrite where ev_class = '" + resolved + "'::regclass)"

// valueOf is the expression in the definition of the view.
func valueOf(view string) (string, error) {
	const before, after = " SELECT", " AS " + valueName + "\n   FROM "
	end := strings.LastIndex(view, after)
	if !strings.HasPrefix(view, before) || end < len(before) {
		return "", &refusedError{"the server prints it in a form that is not understood"}
	}
	return strings.TrimLeft(view[len(before):end], " \n"), nil // CASE begins on a line of its own
}

// view resolves a query as a temporary view, reads it and takes it back.
func (r *rowResolver) view(ctx context.Context, query string, read func(pgx.Tx) error) error {
	return r.resolving(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TEMPORARY VIEW "+resolved+" AS "+query)
		return err
	}, func(tx pgx.Tx) error {
		if read == nil {
			return nil
		}
		return read(tx)
	})
}

const valueTypeSQL = `
select format_type(a.atttypid, a.atttypmod), t.typtype in ('c', 'p'), pg_get_viewdef(a.attrelid, false),
  (select ev_action::text from pg_rewrite where ev_class = a.attrelid)
from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = '` + resolved + `'::regclass and a.attnum = 1`

func (r *rowResolver) value(ctx context.Context, text string) (found Resolved, err error) {
	err = r.view(ctx, "SELECT ("+text+"\n) AS "+valueName+" FROM "+r.from+beside, func(tx pgx.Tx) error {
		var isRow bool
		var view, tree string
		if err := tx.QueryRow(ctx, valueTypeSQL).Scan(&found.Type, &isRow, &view, &tree); err != nil {
			return err
		}
		if isRow {
			return &refusedError{"its value is a whole row, and not one value"}
		}
		var err error
		if found.SQL, err = valueOf(view); err != nil {
			return err
		}
		if err := r.trustView(ctx, tx); err != nil {
			return err
		}
		return r.uses(ctx, tx, tree, &found)
	})
	return found, err
}

// oneLine puts an expression on one line. A text constant of several lines cannot be: what indents it would change it.
func oneLine(sql string) (string, error) {
	var line strings.Builder
	var quote byte
	for i := 0; i < len(sql); i++ {
		c := sql[i]
		switch {
		case quote != 0 && (c == '\n' || c == '\r'):
			return "", &refusedError{"it has a line break between quotes; write chr(10) for it"}
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && c == '\n':
			for i+1 < len(sql) && (sql[i+1] == ' ' || sql[i+1] == '\n') {
				i++
			}
			if text := line.String(); strings.HasSuffix(text, " ") || strings.HasSuffix(text, "(") {
				continue
			}
			c = ' '
		}
		line.WriteByte(c)
	}
	return line.String(), nil
}
