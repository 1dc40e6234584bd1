// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What an expression means is asked of the server by Read and kept in private state, so that a plan that is made twice
// stands on the same answer; only a text that is new, or columns that change, are asked about while planning.

// expressionsKey is the private state's map of expressions, by their texts.
const expressionsKey = "expressions"

// knows takes over what reading has learnt.
func (c *tableConfig) knows(ctx context.Context, private kit.PrivateReader, diags *diag.Diagnostics) {
	if known := kit.GetPrivate[map[string]table.Resolved](ctx, private, expressionsKey, diags); known != nil {
		c.Resolved = *known
	}
}

// readThrough takes over what the configuration says about expressions.
func (s *tableSpec) readThrough(config tableConfig) {
	s.RowFilter, s.Resolved = config.RowFilter.ValueString(), maps.Clone(config.Resolved)
	s.writtenThrough(config)
	for part, c := range config.Columns {
		if c.Expression.IsNull() {
			continue
		}
		if s.Expressions == nil {
			s.Expressions = map[store.Part]string{}
		}
		s.Expressions[part] = c.Expression.ValueString()
	}
	if id, named := config.Columns[store.ID]; named && id.readOnly() {
		s.PrimaryKey = false
	}
}

// refuseColumn refuses what describes a column where there is none.
func (c columnConfig) refuseColumn(at path.Path, diags *diag.Diagnostics) {
	settings := map[string]bool{
		"type": c.Type.IsNull(), "nullable": c.Nullable.IsNull(), "default": c.Default.IsNull(), "collation": c.Collation.IsNull(),
		"comment": c.Comment.IsNull(), "add": c.Add.IsNull(), "write": c.Write.IsNull(),
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if !settings[name] {
			diags.AddAttributeError(at.AtName(name), "Part Is Only Read", fmt.Sprintf(
				"The part has an expression and no name, so that it has no column, and %s describes one.\n\nLeave %[1]s out, or "+
					"name the column that the part is written to.", name))
		}
	}
}

// texts are those of all expressions.
func (s tableSpec) texts() []string {
	var texts []string
	for _, part := range slices.Sorted(maps.Keys(s.Expressions)) {
		texts = append(texts, s.Expressions[part])
	}
	if s.RowFilter != "" {
		texts = append(texts, s.RowFilter)
	}
	return texts
}

// allResolved reports whether the meaning of every expression is known.
func (s tableSpec) allResolved() bool {
	return !slices.ContainsFunc(s.texts(), func(text string) bool { _, known := s.Resolved[text]; return !known }) &&
		!slices.ContainsFunc(s.writings(), func(w table.Writing) bool { return !s.knowsWriting(w) })
}

// describeExpressions puts them into the store.
func (s tableSpec) describeExpressions(described *store.Store) {
	for part, text := range s.Expressions {
		if found, known := s.Resolved[text]; known {
			column := described.Columns[part]
			column.Expression = &found.Expression
			described.Columns[part] = column
		}
	}
	if found, known := s.Resolved[s.RowFilter]; known && s.RowFilter != "" {
		described.RowFilter = &found.Expression
	}
}

// row is what the expressions are over.
func (s tableSpec) row(observed *table.Table) table.Row {
	row := table.Row{Schema: s.Schema, Name: s.Name, Current: observed}
	for _, c := range s.columns() {
		row.Columns = append(row.Columns, c.ColumnSpec)
	}
	return row
}

// resolveExpressions asks the server about the texts whose meaning is not known, and about all where columns change.
func (s *tableSpec) resolveExpressions(ctx context.Context, db postgres.Beginner, observed *table.Table) error {
	texts := s.texts()
	writings := s.writings()
	if observed != nil && !slices.ContainsFunc(s.columns(), func(c columnSpec) bool { return c.differs(observed) }) {
		texts = slices.DeleteFunc(texts, func(text string) bool { _, known := s.Resolved[text]; return known })
		writings = slices.DeleteFunc(writings, s.knowsWriting)
	}
	found, err := table.ResolveExpressions(ctx, db, s.row(observed), texts)
	if err != nil {
		return err
	}
	if s.Resolved == nil {
		s.Resolved = map[string]table.Resolved{}
	}
	maps.Copy(s.Resolved, found)
	written, err := table.ResolveWritings(ctx, db, s.row(observed), writings)
	if err != nil {
		return err
	}
	maps.Copy(s.Resolved, written)
	return s.checkExpressions()
}

// checkExpressions refuses values that the scripts have no use for.
func (s tableSpec) checkExpressions() error {
	described := s.store()
	for part, text := range s.Expressions {
		alone := described
		alone.Columns, alone.RowFilter = map[store.Part]store.Column{part: described.Columns[part]}, nil
		if err := scripts.CheckTypes(alone); err != nil {
			return &expressionTypeError{part, text, err}
		}
	}
	described.Columns = nil
	if err := scripts.CheckTypes(described); err != nil {
		return &expressionTypeError{"", s.RowFilter, err}
	}
	return nil
}

// expressionTypeError is an expression of a type that the scripts cannot use.
type expressionTypeError struct {
	part store.Part // "" for the row_filter
	text string
	error
}

// remedy is what makes a value of the type that is needed.
func (e *expressionTypeError) remedy() string {
	var column *scripts.ColumnTypeError
	var filter *scripts.FilterTypeError
	kind := ""
	switch {
	case errors.As(e.error, &filter):
		kind = filter.Type
	case errors.As(e.error, &column) && e.part == store.Blocked:
		kind = column.Column.Type
	}
	if kind != "date" && !strings.HasPrefix(kind, "timestamp") {
		return "Cast it, or write it so that its value has the type that is needed."
	}
	text, now := strings.TrimSpace(e.text), "now()"
	if strings.HasSuffix(kind, "without time zone") {
		now = "(now() at time zone 'utc')"
	}
	if strings.ContainsFunc(text, unicode.IsSpace) {
		text = "(" + text + ")"
	}
	return fmt.Sprintf("Write the condition on the time that is meant: %[1]s is not null, if it is "+
		"enough that there is one, or "+
		"coalesce(%[1]s > %[2]s, false), if it has to come yet.", text, now)
}

// partWith is the part that is read through that text, "" for the row_filter.
func (s tableSpec) partWith(text string) store.Part {
	for _, part := range slices.Sorted(maps.Keys(s.Expressions)) {
		if s.Expressions[part] == text {
			return part
		}
	}
	return ""
}

// expressionPath is the attribute with that text.
func (s tableSpec) expressionPath(text string) path.Path { return expressionOf(s.partWith(text)) }

// expressionOf is the attribute of a part's expression, and of the row_filter for none.
func expressionOf(part store.Part) path.Path {
	if part == "" {
		return path.Root("row_filter")
	}
	return path.Root("columns").AtMapKey(string(part)).AtName("expression")
}

// named is the expression with its part, since of columns Terraform shows no more than where they begin.
func (s tableSpec) named(text string) string { return namedOf(s.partWith(text), text) }

func namedOf(part store.Part, text string) string {
	if part == "" {
		return fmt.Sprintf("The row_filter %q", text)
	}
	return fmt.Sprintf("The expression %q of %s", text, part)
}

const expressionRemedy = "Write one SQL expression over a row of the table, as behind SELECT, that reads and does " +
	"nothing else: columns by their names, " +
	"and the table's own name in front of them inside a sub-select."

// addExpressionError reports whether the error is an expression's, and tells it at its attribute.
func addExpressionError(spec tableSpec, err error, diags *diag.Diagnostics) bool {
	var refused *table.ExpressionError
	var kind *expressionTypeError
	var untrusted *table.UntrustedError
	switch {
	case errors.As(err, &refused) && refused.Writing != nil:
		addWritingError(spec, refused, diags)
	case errors.As(err, &refused) && errors.As(err, &untrusted):
		diags.AddAttributeError(spec.expressionPath(refused.Text), "Object Of Another Role", fmt.Sprintf(
			"%s is not used: %v.\n\n%s", spec.named(refused.Text), untrusted, kit.UntrustedRemedy))
	case errors.As(err, &refused):
		diags.AddAttributeError(spec.expressionPath(refused.Text), "Expression Not Usable", fmt.Sprintf(
			"%s over a row of %s cannot be used: "+
				"%s\n\n%s", spec.named(refused.Text), postgres.QualifiedName(spec.Schema, spec.Name),
			serverWords(errors.Unwrap(refused)), expressionRemedy))
	case errors.As(err, &kind):
		diags.AddAttributeError(expressionOf(kind.part), "Expression Not Usable", fmt.Sprintf(
			"%s over a row of %s cannot be used: %v.\n\n%s", namedOf(kind.part, kind.text),
			postgres.QualifiedName(spec.Schema, spec.Name), kind, kind.remedy()))
	case errors.Is(err, table.ErrStandby):
		diags.AddError("Expressions Not Resolved", fmt.Sprintf("The expressions of %s cannot be checked: %v.\n\nConnect "+
			"the provider to the primary server.",
			postgres.QualifiedName(spec.Schema, spec.Name), err))
	default:
		var temporary *table.TemporaryError
		if !errors.As(err, &temporary) {
			return false
		}
		diags.AddError("Expressions Not Resolved", fmt.Sprintf(
			"The expressions of %s cannot be checked: %v.\n\nGRANT "+
				"TEMPORARY ON DATABASE %s TO %s;",
			postgres.QualifiedName(
				spec.Schema,
				spec.Name,
			),
			err,
			postgres.Ident(temporary.Database),
			postgres.Ident(temporary.Role),
		))
	}
	return true
}

// warnOfZones tells of a time without a zone beside one that has one.
func (s tableSpec) warnOfZones(diags *diag.Diagnostics) {
	for _, text := range s.texts() {
		if s.Resolved[text].Zoned {
			diags.AddAttributeWarning(s.expressionPath(text), "Users Table Needs Attention", fmt.Sprintf(
				"%s over a row of %s compares a timestamp, which has no time zone, with a time that has one, such "+
					"as now(): the TimeZone of the scripts' sessions decides, and a ban ends hours too early or too late where "+
					"that is another one than the column's.\n\n"+
					"To settle this, write (now() at time zone 'utc') for now() where the column has times of UTC, as most "+
					"applications write them, or (now() at time zone current_setting('TimeZone')) where it has those of the database.",
				s.named(text), postgres.QualifiedName(s.Schema, s.Name)))
		}
	}
}

// warnOfLoose tells of a sub-select that reads the same for every user.
func (s tableSpec) warnOfLoose(diags *diag.Diagnostics) {
	for _, text := range s.texts() {
		if s.Resolved[text].Loose {
			diags.AddAttributeWarning(s.expressionPath(text), "Users Table Needs Attention", fmt.Sprintf(
				"%[1]s has a sub-select that does not compare with the row of %[2]s, so that it gives the same "+
					"for every user, perhaps what is another one's.\n\n"+
					"To settle this, say in it whose it is, as in where r.user_id = %[3]s.id; a name without the table's in front "+
					"is taken for a column of the sub-select's own tables where they have one. "+
					"If it is meant so, add a condition that is true for every row, "+
					"such as %[3]s.id is not null.", s.named(text), postgres.QualifiedName(s.Schema, s.Name), postgres.Ident(s.Name)))
		}
	}
}

// warnOfFunctions tells, as long as an expression is new, what a function in it needs that nothing here derives.
func (s tableSpec) warnOfFunctions(prev *tableSpec, diags *diag.Diagnostics) {
	for _, text := range s.texts() {
		functions := s.Resolved[text].Functions
		if prev != nil && slices.Contains(prev.texts(), text) || len(functions) == 0 {
			continue
		}
		diags.AddAttributeWarning(s.expressionPath(text), "Users Table Needs Attention", fmt.Sprintf(
			"%s calls %s. The role that runs the scripts needs EXECUTE on it, which everybody has unless it "+
				"was revoked, and the rights to all that it reads: "+
				"what a function does inside cannot be seen from here, so no privilege is derived from it.\n\nName "+
				"what it needs in extra_privileges of that role, or make it SECURITY DEFINER.",
			s.named(text), kit.List(functions)))
	}
}

// rereadExpressions asks the server what the texts mean now. A text that it takes no longer is not in the answer, so that
// the next plan asks again and says why; in the specification it goes on to mean what it did.
func (s *tableSpec) rereadExpressions(
	ctx context.Context,
	db postgres.Beginner,
	state map[store.Part]columnConfig,
	filter types.String,
	observed *table.Table,
) (map[string]table.Resolved, error) {
	texts := s.texts()
	for _, c := range state {
		texts = append(texts, c.Expression.ValueString())
	}
	texts = append(texts, filter.ValueString())
	slices.Sort(texts)
	texts = slices.DeleteFunc(slices.Compact(texts), func(text string) bool { return text == "" })
	now := map[string]table.Resolved{}
	for _, text := range texts {
		found, err := table.ResolveExpressions(
			ctx,
			db,
			table.Row{Schema: s.Schema, Name: s.Name, Current: observed},
			[]string{text},
		)
		var refused *table.ExpressionError
		var temporary *table.TemporaryError
		switch {
		case errors.As(err, &refused):
			continue
		case errors.Is(err, table.ErrStandby), errors.As(err, &temporary):
			return s.Resolved, nil // what was known stays; a plan that needs more says so
		case err != nil:
			return nil, err
		}
		maps.Copy(now, found)
	}
	if s.Resolved == nil {
		s.Resolved = map[string]table.Resolved{}
	}
	maps.Copy(s.Resolved, now)
	if err := s.rereadWritings(ctx, db, observed, now); err != nil {
		return nil, err
	}
	return now, nil
}

// recoverExpressions puts those of the state into what was made of the table without knowing of them.
func (s *tableSpec) recoverExpressions(
	state map[store.Part]columnConfig,
	extras map[string]columnConfig,
	filter types.String,
	deletes types.Map,
) {
	config := tableConfig{Columns: state, RowFilter: filter, Extra: extras, OnDelete: deletes}
	key := s.PrimaryKey
	s.readThrough(config)
	s.PrimaryKey = key && s.PrimaryKey
	for part, c := range state {
		if c.readOnly() {
			delete(s.Columns, part)
		}
	}
}

// shownExpression is the text of an expression as plan and state show it: the state's while it means the same.
func (s tableSpec) shownExpression(config, state types.String) types.String {
	if config.IsNull() || state.IsNull() || state.IsUnknown() {
		return config
	}
	want, known := s.Resolved[config.ValueString()]
	have, before := s.Resolved[state.ValueString()]
	if known && before && want.SQL == have.SQL {
		return state
	}
	return config
}
