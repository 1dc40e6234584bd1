// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A statement of one's own is resolved as an expression is: the server parses it in the user's own path, in a form that
// runs nothing, and what is run is its print. A query becomes a temporary view. A change becomes the action of a rule, of
// which every version keeps the tree and prints the text. Parameters are read from a temporary table in it.

// Statement is SQL of one's own over as many relations as it takes. Its parameters are written :name.
type Statement struct {
	Text string
	// Parameters are the types of the parameters that there are, by their names.
	Parameters map[string]string
	// Reads means that it returns rows, and otherwise it changes them.
	Reads bool
}

// ResolvedStatement is one as the server understood it.
type ResolvedStatement struct {
	// SQL is the server's print of it, with :name where a parameter stands. A change can be followed by RETURNING.
	SQL string
	// Used are the names of the parameters that stand in it, sorted.
	Used []string
	// Columns are those that it returns, with their types, in the order of the SQL.
	Columns []ResultColumn
	// Grants are what its SQL takes, relation by relation and column by column, and the schemas that it names.
	Grants []postgres.Grant
	// Functions are those that it calls, as in [Resolved].
	Functions []string
}

// ResultColumn is a column of a query.
type ResultColumn struct{ Name, Type string }

// StatementError is a statement that cannot be used.
type StatementError struct{ err error }

func (e *StatementError) Error() string { return e.err.Error() }

func (e *StatementError) Unwrap() error { return e.err }

// ResolveStatement asks the server what a statement means, in a transaction that is rolled back and in a form that runs
// nothing of it. What it refers to must belong to somebody who is trusted, the owner of the users table among them. Its
// errors are a [StatementError], [ErrStandby] and a [TemporaryError].
func ResolveStatement(
	ctx context.Context, db postgres.Beginner, users postgres.Object, s Statement,
) (found ResolvedStatement, err error) {
	used := map[string]bool{}
	text, err := postgres.Parameters(s.Text, func(name string) (string, error) {
		if _, known := s.Parameters[name]; !known {
			return "", fmt.Errorf("it has no parameter :%s; there are %s", name, parameterList(s.Parameters))
		}
		used[name] = true
		return "(SELECT " + postgres.Ident(argumentsName, name) + " FROM " + scratchArguments + ")", nil
	})
	if err != nil {
		return found, &StatementError{err}
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return found, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	if err := mayCreateTemporary(ctx, tx); err != nil {
		return found, err
	}
	r := &rowResolver{resolver: resolver{tx: tx}, writes: true}
	if err := tx.QueryRow(ctx, ownerOfSQL, users.Schema, users.Name).Scan(&r.tableOwner); err != nil {
		return found, err
	}
	if err := createArguments(ctx, tx, s.Parameters); err != nil {
		return found, err
	}
	found, err = r.statement(ctx, text, s.Reads)
	found.Used = slices.Sorted(maps.Keys(used))
	var refused *ExpressionError
	if errors.As(blamed(s.Text, err), &refused) {
		return found, &StatementError{refused.err}
	}
	return found, err
}

func parameterList(parameters map[string]string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		names = append(names, ":"+name)
	}
	return strings.Join(names, ", ")
}

const (
	argumentsName    = "auth0pg_arguments"
	scratchArguments = `pg_temp."` + argumentsName + `"`
	returning        = "\nRETURNING true AS changed"
)

// createArguments makes what the parameters are read from. Their types are in pg_catalog, or have their schema.
func createArguments(ctx context.Context, tx pgx.Tx, parameters map[string]string) error {
	var columns []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		columns = append(columns, postgres.Ident(name)+" "+parameters[name])
	}
	_, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+scratchArguments+" ("+strings.Join(columns, ", ")+") ON COMMIT DROP")
	return err
}

// statement resolves the text, and makes sure that its print means the same with nothing in the path.
func (r *rowResolver) statement(ctx context.Context, text string, reads bool) (found ResolvedStatement, err error) {
	create := ruleOf
	if reads {
		create = viewOf
	} else {
		text += returning
	}
	var printed string
	var calls []int64
	err = r.resolving(ctx, func(tx pgx.Tx) error { return create(ctx, tx, text) }, func(tx pgx.Tx) error {
		var tree string
		if printed, tree, err = statementPrint(ctx, tx, reads); err != nil {
			return err
		}
		if err := r.trustView(ctx, tx); err != nil {
			return err
		}
		calls = calledIn(tree)
		return r.takes(ctx, tx, tree, reads, &found)
	})
	if err != nil {
		return found, err
	}
	err = r.resolving(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, postgres.PinPathSQL); err != nil {
			return err
		}
		return create(ctx, tx, printed)
	}, func(tx pgx.Tx) error {
		again, tree, err := statementPrint(ctx, tx, reads)
		if err == nil && (again != printed || !slices.Equal(calledIn(tree), calls)) {
			err = &refusedError{"the server prints it as one that means something else: " + again}
		}
		return err
	})
	if err != nil {
		return found, err
	}
	if _, err := oneLine(printed); err != nil {
		return found, err
	}
	found.SQL = dedented(returned.ReplaceAllString(argumentRead.ReplaceAllString(printed, ":$1"), ""))
	return found, nil
}

// returned is [returning] as the server prints it.
var returned = regexp.MustCompile(`\s+RETURNING true AS changed$`)

// argumentRead is a parameter in the server's print.
var argumentRead = regexp.MustCompile(
	`\(\s*SELECT (?:` + argumentsName + `\.)?(\w+)\s+FROM (?:pg_temp(?:_\d+)?\.)?` + argumentsName + `\)`)

func viewOf(ctx context.Context, tx pgx.Tx, text string) error {
	_, err := tx.Exec(ctx, "CREATE TEMPORARY VIEW "+resolved+" AS "+text)
	return err
}

// ruleOf makes it the action of a rule, which nothing sets off. The relation has the columns that it returns.
func ruleOf(ctx context.Context, tx pgx.Tx, text string) error {
	if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+resolved+" (changed boolean) ON COMMIT DROP"); err != nil {
		return err
	}
	rule := "CREATE RULE auth0pg_statement AS ON INSERT TO " + resolved + " DO INSTEAD " + text
	_, err := tx.Exec(ctx, rule)
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == "42601" && strings.HasSuffix(text, returning) &&
		int(server.Position) == utf8.RuneCountInString(strings.TrimSuffix(rule, strings.TrimSpace(returning)))+1 {
		return errNoChange // what stands before it takes none
	}
	return err
}

var errNoChange = &refusedError{"it must end in one INSERT, UPDATE or DELETE without RETURNING, with whatever stands in front in WITH"}

const statementSQL = `
select case when v.relkind = 'v' then pg_get_viewdef(v.oid, false) else pg_get_ruledef(w.oid, false) end, w.ev_action::text
from pg_rewrite w join pg_class v on v.oid = w.ev_class where v.oid = '` + resolved + `'::regclass`

var commandType = regexp.MustCompile(`^\(\{QUERY :commandType (\d)`)

// statementPrint is the statement as the server prints it, with its tree.
func statementPrint(ctx context.Context, tx pgx.Tx, reads bool) (printed, tree string, err error) {
	if err := tx.QueryRow(ctx, statementSQL).Scan(&printed, &tree); err != nil {
		return "", "", err
	}
	if !reads {
		m := commandType.FindStringSubmatch(tree)
		if m == nil || !strings.Contains("234", m[1]) {
			return "", "", errNoChange
		}
		if _, printed, _ = strings.Cut(printed, " DO INSTEAD "); printed == "" {
			return "", "", &refusedError{"the server prints it in a form that is not understood"}
		}
	}
	return strings.TrimSuffix(strings.TrimSpace(printed), ";"), tree, nil
}

// dedented takes off what the server indents all lines but the first by.
func dedented(text string) string {
	lines := strings.Split(text, "\n")
	least := -1
	for _, line := range lines[1:] {
		if indent := len(line) - len(strings.TrimLeft(line, " ")); least < 0 || indent < least {
			least = indent
		}
	}
	for i := range lines[1:] {
		lines[i+1] = lines[i+1][least:]
	}
	return strings.Join(lines, "\n")
}

// The permissions that the server itself checks, as they stand in a tree; see [readings].
var (
	permitsBefore16 = regexp.MustCompile(`:relid (\d+) :relkind \w :rellockmode \d+ :tablesample .*? :requiredPerms (\d+) ` +
		`:checkAsUser \d+ :selectedCols \(b([ \d]*)\) :insertedCols \(b([ \d]*)\) :updatedCols \(b([ \d]*)\)`)
	permitsSince16 = regexp.MustCompile(`\{RTEPERMISSIONINFO :relid (\d+) :inh \w+ :requiredPerms (\d+) ` +
		`:checkAsUser \d+ :selectedCols \(b([ \d]*)\) :insertedCols \(b([ \d]*)\) :updatedCols \(b([ \d]*)\)`)
)

// The bits of requiredPerms, each with the set of columns that goes with it; DELETE has none.
var permissionBits = []struct {
	bit, set  int
	privilege string
}{{1, 4, "INSERT"}, {2, 3, "SELECT"}, {4, 5, "UPDATE"}, {8, 0, "DELETE"}}

// takes fills in what the tree takes and returns.
func (r *rowResolver) takes(ctx context.Context, tx pgx.Tx, tree string, reads bool, found *ResolvedStatement) error {
	matches := permitsSince16.FindAllStringSubmatch(tree, -1)
	if matches == nil {
		matches = permitsBefore16.FindAllStringSubmatch(tree, -1)
	}
	for _, m := range matches {
		if err := r.permission(ctx, tx, m, found); err != nil {
			return err
		}
	}
	var also Resolved
	if err := r.calls(ctx, tx, tree, &also); err != nil {
		return err
	}
	if err := r.schemas(ctx, tx, &also); err != nil {
		return err
	}
	sequences, err := usedSequences(ctx, tx)
	if err != nil {
		return err
	}
	found.Functions = also.Functions
	on := func(privilege string, o postgres.Object) {
		found.Grants = append(found.Grants, postgres.Grant{Privilege: privilege, On: o})
	}
	for _, schema := range also.Schemas {
		on("USAGE", postgres.Object{Kind: postgres.SchemaObject, Name: schema})
	}
	for _, s := range sequences {
		on("USAGE", postgres.Object{Kind: postgres.SequenceObject, Schema: s.Schema, Name: s.Name})
	}
	found.Grants = postgres.MergeGrants(found.Grants)
	if reads {
		found.Columns, err = resultColumns(ctx, tx)
	}
	return err
}

// permission adds what one entry of the tree takes.
func (r *rowResolver) permission(ctx context.Context, tx pgx.Tx, m []string, found *ResolvedStatement) error {
	entry, required := numbers(m[1]), numbers(m[2])
	var own bool
	if err := tx.QueryRow(ctx, "select $1::bigint::oid in (to_regclass('"+resolved+"'), to_regclass('"+scratchArguments+
		"'))", entry[0]).Scan(&own); err != nil || own {
		return err
	}
	for _, p := range permissionBits {
		if required[0]&p.bit == 0 {
			continue
		}
		read := reading{oid: uint32(entry[0])} //nolint:gosec // an oid
		if p.set > 0 {
			for _, bit := range numbers(m[p.set]) {
				read.columns = append(read.columns, bit+firstColumn)
			}
		}
		relation, err := r.relation(ctx, tx, read)
		if err != nil {
			return err
		}
		grant := postgres.Grant{Privilege: p.privilege, On: objectOf(relation)}
		if p.set > 0 {
			grant.Columns = relation.Columns
		}
		found.Grants = append(found.Grants, grant)
	}
	return r.beneath(ctx, tx, uint32(entry[0]), found) //nolint:gosec // an oid
}

// beneath is what reading a view takes beside the view, and refuses what would run code of others.
func (r *rowResolver) beneath(ctx context.Context, tx pgx.Tx, oid uint32, found *ResolvedStatement) error {
	code, err := postgres.ViewCode(ctx, tx, oid)
	if err == nil && len(code) == 0 {
		code, err = postgres.ForeignCode(ctx, tx, oid)
	}
	switch {
	case err != nil:
		return err
	case len(code) > 0:
		return &refusedError{"it would run code of a role that is not trusted: " + strings.Join(code, "; ")}
	}
	asked, _, err := invokerReads(ctx, tx, oid)
	for _, relation := range asked {
		found.Grants = append(found.Grants, postgres.Grant{Privilege: "SELECT", Columns: relation.Columns, On: objectOf(relation)})
	}
	return err
}

func objectOf(relation store.Relation) postgres.Object {
	return postgres.Object{Kind: postgres.TableObject, Schema: relation.Schema, Name: relation.Name}
}

// numbers are those of a set in a tree.
func numbers(text string) []int {
	var all []int
	for _, field := range strings.Fields(text) {
		var n int
		if _, err := fmt.Sscan(field, &n); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// usedSequences are those that stand in what was resolved as they are named, as in nextval('ids').
func usedSequences(ctx context.Context, tx pgx.Tx) ([]store.Sequence, error) {
	rows, err := tx.Query(ctx, `
select distinct n.nspname::text, s.relname::text from pg_depend d join pg_rewrite w on w.oid = d.objid
join pg_class s on s.oid = d.refobjid and s.relkind = 'S' join pg_namespace n on n.oid = s.relnamespace
where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and w.ev_class = '`+resolved+`'::regclass order by 1, 2`)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s store.Sequence, err error) {
		return s, row.Scan(&s.Schema, &s.Name)
	})
	if len(found) == 0 {
		return nil, err
	}
	return found, err
}

// resultColumns are those of the view.
func resultColumns(ctx context.Context, tx pgx.Tx) ([]ResultColumn, error) {
	rows, err := tx.Query(ctx, "select attname::text, format_type(atttypid, atttypmod) from pg_attribute where attrelid = '"+
		resolved+"'::regclass and attnum > 0 order by attnum")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ResultColumn])
}
