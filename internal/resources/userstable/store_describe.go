// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// database is what describing asks.
type database interface {
	postgres.Beginner
	postgres.Querier
}

// describe fills in what the relation and its rows say. It returns false when there is no description.
func (m *storeModel) describe(ctx context.Context, db database, parts map[store.Part]columnConfig,
	diags *diag.Diagnostics) bool {
	attempted := "Could not read " + m.table().Title()
	relation, err := table.InspectRelation(ctx, db, m.Schema.ValueString(), m.Name.ValueString())
	switch {
	case err != nil:
		diags.AddError("Store Not Read", kit.PostgresDetail(attempted+" from the catalog", err))
		return false
	case relation == nil:
		diags.AddAttributeError(path.Root("name"), "Relation Not Found",
			attempted+": there is no table, view or foreign table of that name. "+
				"Upper case and blanks are taken as they are.\n\nCorrect schema or name. If the same configuration creates it, "+
				"add depends_on, so that it is read after that.")
		return false
	}
	spec := m.spec(relation, parts, m.fills(ctx, diags), diags)
	if diags.HasError() {
		return false
	}
	if err := spec.resolveExpressions(ctx, db, relation.Table); err != nil {
		if !addExpressionError(spec, err, diags) {
			diags.AddError("Store Not Read", kit.PostgresDetail("Could not look up the expressions of "+m.table().Title(), err))
		}
		return false
	}
	spec.warnOfLoose(diags)
	spec.warnOfZones(diags)
	spec.refuseInverse(ctx, db, relation.Table, diags)
	if diags.HasError() {
		return false
	}
	spec.warnOfFunctions(nil, diags)
	look, err := spec.chooseLookup(ctx, db, relation.Table, store.EmailLookup(m.EmailLookup.ValueString()))
	if err != nil {
		diags.AddError("Store Not Read", kit.PostgresDetail("Could not look up the indexes of "+m.table().Title(), err))
		return false
	}
	users := spec.store()
	users.Refuses, users.Reads = relation.Refuses, relation.Reads
	for part, column := range users.Columns {
		if slices.Contains(relation.Fixed, column.Name) {
			column.Generated = true
			users.Columns[part] = column
		}
	}
	if err := scripts.CheckTypes(users); err != nil {
		scriptTypeError(users, err, diags)
		return false
	}
	if !m.readable(ctx, db, users, relation, diags) {
		return false
	}
	m.Kind, m.Store = types.StringValue(relation.KindWord()), kit.NewStore(users)
	m.EmailLookup = types.StringValue(string(users.EmailLookup))
	m.showOperations(ctx, db, users, relation)
	checkIgnored(relation.Table, stringsIn(m.NotBlocking), diags)
	return m.showProblems(ctx, db, users, relation, look, diags)
}

// spec is the relation as `columns` names it.
func (m *storeModel) spec(relation *table.Relation, parts map[store.Part]columnConfig,
	fills map[string]columnConfig, diags *diag.Diagnostics) tableSpec {
	spec := tableSpec{Schema: relation.Schema, Name: relation.Name, Columns: map[store.Part]columnSpec{}}
	spec.readThrough(tableConfig{Columns: parts, Extra: fills, RowFilter: m.RowFilter, OnDelete: m.OnDelete})
	for _, known := range store.Parts() {
		part, named := parts[known.Part]
		if !named || part.readOnly() {
			continue
		}
		name := part.column(known.Part)
		column := relation.Column(name)
		if column == nil {
			likely := "No column of a similar name is free."
			if names := kit.LikelyColumns(relation.Table, known.Part, name, nil); len(names) > 0 {
				likely = "It may be " + quotedList(names) + "."
			}
			diags.AddAttributeError(path.Root("columns").AtMapKey(string(known.Part)), "Part Has No Column", fmt.Sprintf(
				"The %s %s has no column %q for the part %s. %s\n\nName the column that holds it, %[4]s = { name = \"…\" }, or "+
					"say through what it is read, %[4]s = { expression = \"…\" }.",
				relation.KindWord(), postgres.QualifiedName(relation.Schema, relation.Name), name, known.Part, likely))
			continue
		}
		spec.Columns[known.Part] = adoptedColumn(column)
	}
	return spec
}

// look is how the address is looked up, and the statement for an index where none serves it.
type look struct{ missing map[store.Part]string }

// chooseLookup decides how addresses are compared, and finds out which look-ups no index serves.
func (s *tableSpec) chooseLookup(ctx context.Context, db postgres.Beginner, observed *table.Table,
	wanted store.EmailLookup) (l look, err error) {
	serving, err := table.ReadServing(ctx, db, s.row(observed), s.Resolved[s.RowFilter].SQL)
	if err != nil && !cannotAsk(err) {
		return l, err
	}
	observed.Implied = serving.Implied
	text, kind := s.keyOf(store.Email, observed)
	serves := func(key string) bool {
		found, err := table.ResolveExpressions(ctx, db, s.row(observed), []string{key})
		return err == nil && slices.Contains(serving.Keys, found[key].SQL)
	}
	s.EmailLookup = wanted
	if wanted == "" {
		if column, ok := s.Columns[store.Email]; ok && s.Expressions[store.Email] == "" {
			if err := observed.ReadCapitals(ctx, db, observed.Column(column.Name)); err != nil {
				return l, err
			}
			s.EmailLookup = kit.AdoptLookup(observed, column.Name)
		}
		if s.EmailLookup == "" {
			s.EmailLookup = kit.UnindexedLookup(kind)
			if s.EmailLookup == store.LowerIndex && !serves("lower("+text+")") && serves("upper("+text+")") {
				s.EmailLookup = store.UpperIndex
			}
		}
	}
	for _, part := range []store.Part{store.ID, store.Email, store.Username} {
		key, _ := s.keyOf(part, observed)
		if key == "" {
			continue
		}
		if part == store.Email {
			key = text
		}
		switch {
		case part == store.ID:
		case s.EmailLookup == store.LowerIndex:
			key = "lower(" + key + ")"
		case s.EmailLookup == store.UpperIndex:
			key = "upper(" + key + ")"
		}
		if !serves(key) {
			if l.missing == nil {
				l.missing = map[store.Part]string{}
			}
			found, err := table.ResolveExpressions(ctx, db, s.row(observed), []string{key})
			if err != nil {
				continue
			}
			if l.missing[part] = ""; !observed.IsTable() {
				continue
			}
			if fits, err := table.Indexable(ctx, db, s.row(observed), found[key].SQL, ""); err != nil || !fits {
				continue
			}
			l.missing[part] = fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s ((%s))", postgres.Ident(s.Schema, s.Name),
				found[key].Key(key))
		}
	}
	return l, nil
}

// keyOf is what a part is read through, as SQL over the row, and the type of that.
func (s tableSpec) keyOf(part store.Part, observed *table.Table) (text, kind string) {
	if text, ok := s.Expressions[part]; ok {
		return strings.TrimSpace(text), s.Resolved[text].Type
	}
	if c, ok := s.Columns[part]; ok {
		if have := observed.Column(c.Name); have != nil {
			return have.Quoted, have.ValueType()
		}
	}
	return "", ""
}

// scriptTypeError tells which part has a type that the scripts have no form for.
func scriptTypeError(users store.Store, err error, diags *diag.Diagnostics) {
	at := path.Root("columns")
	var kind *scripts.ColumnTypeError
	if errors.As(err, &kind) {
		at = at.AtMapKey(string(kind.Part))
	}
	diags.AddAttributeError(at, "Column Type Not Usable", fmt.Sprintf(
		"%s cannot be read as it is: %v.\n\nRead the part through an expression that gives a value of that type.",
		kit.Capitalized(users.Title()), err))
}

// readable has the server plan the look-up, which checks that everything in it can be read: the views beneath, too.
func (m *storeModel) readable(ctx context.Context, db database, users store.Store, relation *table.Relation,
	diags *diag.Diagnostics) bool {
	err := table.Explain(ctx, db, users)
	var foreign *postgres.ForeignError
	var server *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &foreign): // who counts says why that is not done
		return true
	case errors.As(err, &server) && server.Code == "42501" && !relation.IsTable():
		diags.AddAttributeError(path.Root("name"), "View Cannot Be Read", fmt.Sprintf(
			"%s cannot be read: %s\n\nA view reads its tables with the rights of its owner %s, unless it has "+
				"security_invoker; GRANT SELECT on what is named to that role, and to the provider's own where it lacks the "+
				"right to the view.",
			kit.Capitalized(users.Title()), serverWords(err), postgres.Ident(relation.Owner)))
	default:
		diags.AddError("Store Not Read", kit.PostgresDetail("Could not plan the look-up of a user in "+users.Title(), err))
	}
	return false
}

// showOperations says what is possible, and why the rest is not.
func (m *storeModel) showOperations(ctx context.Context, db postgres.Querier, users store.Store,
	relation *table.Relation) {
	why := map[string]attr.Value{}
	var possible []scripts.Operation
	for _, op := range scripts.Operations() {
		if op == scripts.ChangeUsername && !users.Has(store.Username) {
			why[string(op)] = types.StringValue("there is no part username")
			continue
		}
		_, err := scripts.Statements(users, op)
		var refused *scripts.RefusedCommandError
		var missing *scripts.MissingPartsError
		switch {
		case err == nil && op == scripts.Create:
			if lacks := unfilled(ctx, db, users); len(lacks) > 0 {
				why[string(op)] = types.StringValue(fmt.Sprintf("a new row would have no value in %s, which the table requires "+
					"and no part or default gives: say what it gets in on_create of extra_columns, or in write of the part",
					quotedAll(lacks)))
				continue
			}
			possible = append(possible, op)
		case err == nil:
			possible = append(possible, op)
		case len(relation.Refuses) > 0 && (errors.As(err, &refused) || errors.As(err, &missing) &&
			len(missing.ReadOnly) == len(missing.Missing)):
			why[string(op)] = types.StringValue(readOnlyReason(op, relation))
		default:
			why[string(op)] = types.StringValue(err.Error())
		}
	}
	m.Operations, m.Impossible = kit.OperationsSet(possible), types.MapValueMust(types.StringType, why)
}

// readOnlyReason says why the relation does not take what the operation needs.
func readOnlyReason(op scripts.Operation, relation *table.Relation) string {
	end := "the server cannot change what is beneath it; INSTEAD OF triggers would"
	switch {
	case relation.Kind == "m":
		end = "it holds a copy of rows"
	case relation.Kind == "f":
		end = "its server does not take it"
	case relation.Invoker:
		end = "with security_invoker it changes its tables with rights that are not derived here; INSTEAD OF triggers would"
	}
	return fmt.Sprintf("%s changes rows, which the %s does not take: %s", op, relation.KindWord(), end)
}

// unfilled are the columns that a sign-up would leave without a value.
func unfilled(ctx context.Context, db postgres.Querier, users store.Store) []string {
	privileges, err := scripts.Privileges(users, []scripts.Operation{scripts.Create})
	if err != nil {
		return nil
	}
	var filled []string
	for _, p := range privileges {
		if p.Type == "INSERT" {
			filled = append(filled, p.Columns...)
		}
	}
	id := users.Columns[store.ID].Name
	found, err := table.Unfilled(ctx, db, users.Table().Schema, users.Table().Name, id, filled, nil)
	if err != nil {
		return nil // the preflight of the connection tries it
	}
	return found
}

func quotedAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return kit.List(quoted)
}

// showProblems fills in what stands in the way, and what the owner could do about it.
func (m *storeModel) showProblems(ctx context.Context, db postgres.Beginner, users store.Store,
	relation *table.Relation, l look, diags *diag.Diagnostics) bool {
	suspects := table.Suspects(users, relation.Table, stringsIn(m.NotBlocking))
	problems, err := table.FindProblems(ctx, db, users, relation.Table, suspects, stringsIn(m.LegacyHashes))
	var foreign *postgres.ForeignError
	switch {
	case errors.As(err, &foreign):
		warnNotCounted(users, foreign, diags)
	case err != nil:
		diags.AddError("Store Not Read", kit.PostgresDetail("Could not look at the rows of "+m.table().Title(), err))
		return false
	}
	var suggested []string
	for _, part := range []store.Part{store.ID, store.Email, store.Username} {
		statement, missing := l.missing[part]
		if !missing || relation.Kind == "f" {
			continue
		}
		p := table.Problem{Kind: "lookup_not_served", Attribute: string(part),
			What: fmt.Sprintf("no index serves the look-up by the %s: each login reads the whole table", part)}
		switch {
		case !relation.IsTable():
			continue // the indexes are those of the tables beneath, and the planner knows
		case statement == "":
			p.Settle = "no index can serve an expression that reads other rows or changes with the time: keep the value in a " +
				"column, name a view that joins what it reads, or expect it with few users only"
		default:
			p.Settle = "have the owner run what suggested_ddl has"
			suggested = append(suggested, statement)
		}
		problems = append(problems, p)
	}
	problems = append(problems, wholeReads(ctx, db, users, relation)...)
	if relation.IsTable() && !users.Has(store.MigratedAt) && relation.Column(string(store.MigratedAt)) == nil {
		suggested = append(suggested, fmt.Sprintf("ALTER TABLE %s ADD COLUMN \"migrated_at\" timestamp with time zone",
			postgres.Ident(relation.Schema, relation.Name)))
	}
	m.SuggestedDDL = kit.StringList(suggested)
	for _, p := range problems {
		if warned(p) {
			addProblem(users.Table(), p, "problems", diags)
		}
	}
	m.Problems = problemList(problems)
	return true
}

// wholeReads are the large relations beneath a view, or in expressions, that each look-up of an address reads all of.
func wholeReads(
	ctx context.Context,
	db postgres.Beginner,
	users store.Store,
	relation *table.Relation,
) []table.Problem {
	statements, err := scripts.Statements(users, scripts.Login)
	if err != nil || len(relation.Foreign) > 0 {
		return nil
	}
	query := strings.ReplaceAll(
		statements[0].SQL,
		"$1",
		"'nobody@example.com'",
	) // its only parameter, each time with a cast
	found, err := table.WholeReads(ctx, db, users, query)
	if err != nil {
		return nil // what cannot be planned was told before
	}
	var problems []table.Problem
	for _, read := range found {
		if relation.IsTable() && read.On == postgres.Ident(relation.Schema, relation.Name) {
			continue // an index of the table itself is asked for by name
		}
		problems = append(problems, table.Problem{Kind: "lookup_not_served", Attribute: string(store.Email),
			What: fmt.Sprintf("each login reads all of %s, about %d rows: no index there serves what the look-up compares",
				read.On, read.Rows),
			Settle: fmt.Sprintf("have the owner of %s build an index for it, on the column by which it "+
				"is joined or, for the address, "+
				"on lower(…) of it, and ANALYZE the table", read.On)})
	}
	return problems
}

// warned reports whether each plan says so, and not only the list: what can be meant is hardly meant for nearly all.
func warned(p table.Problem) bool {
	switch p.Kind {
	case table.HidesNobody, table.HidesMost, table.BlocksNobody:
		return false
	case table.BlocksMost, table.NoPassword:
		return p.Nearly()
	}
	return true
}

// problemList is the attribute's value.
func problemList(problems []table.Problem) types.List {
	values := make([]attr.Value, len(problems))
	for i, p := range problems {
		values[i] = types.ObjectValueMust(problemType.AttrTypes, map[string]attr.Value{
			"kind": types.StringValue(
				string(p.Kind),
			), "attribute": types.StringValue(p.Attribute), "what": types.StringValue(p.What),
			"settle": types.StringValue(p.Settle), "count": types.Int64PointerValue(p.Counted), "query": textOrNull(p.Query),
		})
	}
	return types.ListValueMust(problemType, values)
}
