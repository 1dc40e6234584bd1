// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// What the scripts write through expressions takes the way of what they read: the server says what a text means, private
// state keeps it, and the store has it in the server's words.

const (
	writeDescription = "One SQL expression that gives the column its value where that is not " +
		"the part's own: `value` is the " +
		"new value, text, or a `boolean` for flags, a `timestamptz` for times and `jsonb` for " +
		"metadata; null where a sign-up " +
		"brings none. `new.<part>` is what another part will be. " +
		"With it on `id`, the scripts give new users their ids, which the column's default does otherwise; with it on " +
		"`password_salt`, each new hash a salt in its column, `''` mostly; `value` is null in both. " +
		"It may call functions such as `gen_random_uuid()`, and the column must take its value. By default the value is " +
		"written as it is."
	onCreateDescription = "One SQL expression that gives the column its value when `create` adds a user; by default the " +
		"column's own default does. `new.<part>` is what the part will be, and the row is not there yet. "
	onChangeDescription = "One SQL expression that gives the column its value whenever a script " +
		"changes a user: the address, " +
		"whether it is verified, the user name, the password; not when `login` notes the time or replaces an old hash. By " +
		"default the column is left as it is. `new.<part>` is what the part will be, and the row is as it was. "
	onDeleteDescription = "What columns get, by their names, in place of the row's being " +
		"deleted, for an application that " +
		"keeps the rows of its deleted users: each one SQL expression over the row. By default " +
		"`delete` deletes the row. It " +
		"needs a `row_filter` by which the row is no user any more. " +
		"Whoever was deleted can sign up again if no unique index stands in the way: let it " +
		"have the filter's condition, or " +
		"give the address another value here, too."
)

func onCreateAttribute() schema.StringAttribute { return fillAttribute(onCreateDescription) }
func onChangeAttribute() schema.StringAttribute { return fillAttribute(onChangeDescription) }

func fillAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, MarkdownDescription: description + "A change runs nothing in the database and changes what derives from `store`.",
		Validators: []validator.String{expressionValidator{}},
	}
}

func onDeleteValidators() []validator.Map {
	return []validator.Map{
		mapvalidator.SizeAtLeast(1), mapvalidator.KeysAre(identifierValidator{}),
		mapvalidator.ValueStringsAre(expressionValidator{}),
	}
}

// checkOnDelete refuses to keep the rows of deleted users where nothing says that they are none.
func checkOnDelete(onDelete types.Map, filter types.String, diags *diag.Diagnostics) {
	if !onDelete.IsNull() && !onDelete.IsUnknown() && filter.IsNull() {
		diags.AddAttributeError(path.Root("on_delete"), "Deleted Users Would Stay Users",
			"With on_delete the row of a deleted user stays, and without a row_filter every row is a user: whoever was "+
				"deleted could still log in.\n\nAdd the row_filter that leaves such rows out, for example \"deleted_at is null\".")
	}
	for name, value := range onDelete.Elements() {
		if value.IsNull() {
			diags.AddAttributeError(path.Root("on_delete").AtMapKey(name), "Expression Is Null", fmt.Sprintf(
				"What the column %q gets is null.\n\nWrite an SQL expression, \"null\" among them, or leave the column out.", name))
		}
	}
}

// writtenThrough takes over what the configuration says about writing.
func (s *tableSpec) writtenThrough(config tableConfig) {
	put := func(into *map[string]string, name string, text types.String) {
		if text.IsNull() {
			return
		}
		if *into == nil {
			*into = map[string]string{}
		}
		(*into)[name] = text.ValueString()
	}
	for part, c := range config.Columns {
		if !c.Write.IsNull() {
			if s.Writes == nil {
				s.Writes = map[store.Part]string{}
			}
			s.Writes[part] = c.Write.ValueString()
		}
	}
	for name, c := range config.Extra {
		put(&s.OnCreate, name, c.OnCreate)
		put(&s.OnChange, name, c.OnChange)
	}
	for name, value := range config.OnDelete.Elements() {
		if text, ok := value.(types.String); ok {
			put(&s.OnDelete, name, text)
		}
	}
}

// The keys of what is written say which attribute it is, what column it is for and as what value.
const (
	writeKind    = "write"
	onCreateKind = "on_create"
	onChangeKind = "on_change"
	onDeleteKind = "on_delete"
)

func writingKey(kind, name, column, text string) string {
	return strings.Join([]string{kind, postgres.Ident(name), postgres.Ident(column), text}, " ")
}

// writings are all expressions through which something is written, in a stable order.
func (s tableSpec) writings() []table.Writing {
	if s.Writes == nil && s.OnCreate == nil && s.OnChange == nil && s.OnDelete == nil {
		return nil
	}
	plain := s
	plain.Writes, plain.OnCreate, plain.OnChange, plain.OnDelete = nil, nil, nil, nil
	described := plain.store()
	atSignUp, later := scripts.NewRow(described, true), scripts.NewRow(described, false)
	var all []table.Writing
	for _, part := range slices.Sorted(maps.Keys(s.Writes)) {
		row := maps.Clone(atSignUp)
		delete(row, string(part)) // that is value
		row["value"] = scripts.ValueType(part)
		column, text := s.Columns[part].Name, s.Writes[part]
		all = append(all, table.Writing{
			Key: writingKey(writeKind, string(part), column, text), Column: column, Text: text, New: row,
		})
	}
	add := func(kind string, texts map[string]string, row map[string]string, over bool) {
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			all = append(all, table.Writing{
				Key: writingKey(kind, name, name, texts[name]), Column: name, Text: texts[name], New: row, OverRow: over,
			})
		}
	}
	add(onCreateKind, s.OnCreate, atSignUp, false)
	add(onChangeKind, s.OnChange, later, true)
	add(onDeleteKind, s.OnDelete, nil, true)
	return all
}

// knowsWriting reports whether the meaning of the text is known, and all that it takes is still there.
func (s tableSpec) knowsWriting(w table.Writing) bool {
	found, known := s.Resolved[w.Key]
	return known && !slices.ContainsFunc(found.Takes, func(name string) bool { _, there := w.New[name]; return !there })
}

// describeWritings puts them into the store, as far as their meaning is known.
func (s tableSpec) describeWritings(described *store.Store) {
	meaning := func(kind, name, column, text string) *store.Expression {
		if found, known := s.Resolved[writingKey(kind, name, column, text)]; known {
			return &found.Expression
		}
		return nil
	}
	for part, text := range s.Writes {
		column := described.Columns[part]
		column.Write = meaning(writeKind, string(part), column.Name, text)
		described.Columns[part] = column
	}
	fill := func(kind string, texts map[string]string, put func(*store.Fill, *store.Expression)) {
		for name, text := range texts {
			found := meaning(kind, name, name, text)
			if found == nil {
				continue
			}
			if described.Fills == nil {
				described.Fills = map[string]store.Fill{}
			}
			now := described.Fills[name]
			put(&now, found)
			described.Fills[name] = now
		}
	}
	fill(onCreateKind, s.OnCreate, func(f *store.Fill, e *store.Expression) { f.Create = e })
	fill(onChangeKind, s.OnChange, func(f *store.Fill, e *store.Expression) { f.Change = e })
	for name, text := range s.OnDelete {
		if found := meaning(onDeleteKind, name, name, text); found != nil {
			if described.OnDelete == nil {
				described.OnDelete = map[string]*store.Expression{}
			}
			described.OnDelete[name] = found
		}
	}
}

// rereadWritings asks the server what is written means now, see [tableSpec.rereadExpressions].
func (s *tableSpec) rereadWritings(
	ctx context.Context,
	db postgres.Beginner,
	observed *table.Table,
	now map[string]table.Resolved,
) error {
	for _, w := range s.writings() {
		found, err := table.ResolveWritings(
			ctx,
			db,
			table.Row{Schema: s.Schema, Name: s.Name, Current: observed},
			[]table.Writing{w},
		)
		var refused *table.ExpressionError
		switch {
		case errors.As(err, &refused):
			continue
		case err != nil:
			return err
		}
		maps.Copy(now, found)
		maps.Copy(s.Resolved, found)
	}
	return nil
}

// writingPath is the attribute with the text.
func (s tableSpec) writingPath(w *table.Writing) path.Path {
	for part, text := range s.Writes {
		if writingKey(writeKind, string(part), s.Columns[part].Name, text) == w.Key {
			return path.Root("columns").AtMapKey(string(part)).AtName(writeKind)
		}
	}
	for kind, texts := range map[string]map[string]string{onCreateKind: s.OnCreate, onChangeKind: s.OnChange} {
		if text, ok := texts[w.Column]; ok && writingKey(kind, w.Column, w.Column, text) == w.Key {
			return path.Root("extra_columns").AtMapKey(w.Column).AtName(kind)
		}
	}
	return path.Root(onDeleteKind).AtMapKey(w.Column)
}

// addWritingError tells what is wrong with what is written, at its attribute.
func addWritingError(spec tableSpec, refused *table.ExpressionError, diags *diag.Diagnostics) {
	w := refused.Writing
	at, what := spec.writingPath(w), postgres.QualifiedName(spec.Schema, spec.Name)
	var untrusted *table.UntrustedError
	if errors.As(refused, &untrusted) {
		diags.AddAttributeError(at, "Object Of Another Role", fmt.Sprintf(
			"The expression %q for the column "+
				"%q of %s is not used: %v.\n\n%s", w.Text, w.Column, what, untrusted, kit.UntrustedRemedy))
		return
	}
	var has []string
	for _, name := range slices.Sorted(maps.Keys(w.New)) {
		if name == "value" {
			has = append([]string{"value"}, has...)
			continue
		}
		has = append(has, "new."+name)
	}
	remedy := "Write one SQL expression whose value the column takes."
	if len(has) > 0 {
		remedy += " There are " + kit.List(has) + "."
	}
	if w.OverRow {
		remedy += fmt.Sprintf(" A column of the row as it was has the table's name in front: %s.%s.",
			postgres.Ident(spec.Name), postgres.Ident(w.Column))
	} else {
		remedy += " The row is not there yet when a user is added, so that its columns have no values."
	}
	diags.AddAttributeError(at, "Expression Not Usable", fmt.Sprintf("The expression %q cannot give the column %q of %s its "+
		"value: %s\n\n%s", w.Text, w.Column, what, serverWords(errors.Unwrap(refused)), remedy))
}

// untypedColumnError is returned for an extra column that is neither there nor described.
type untypedColumnError struct{ column string }

func (e *untypedColumnError) Error() string {
	return fmt.Sprintf("the column %q has no type", e.column)
}

// untyped looks for an extra column that is not there and has no type to be added with.
func (s tableSpec) untyped() error {
	for _, name := range slices.Sorted(maps.Keys(s.Extra)) {
		if s.Extra[name].Type == "" {
			return &untypedColumnError{name}
		}
	}
	return nil
}

func (e *untypedColumnError) add(spec tableSpec, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("extra_columns").AtMapKey(e.column), "Column Has No Type", fmt.Sprintf(
		"The table %s has no column %q, and extra_columns gives it no type to be added "+
			"with.\n\nCorrect the name, or give it a type.",
		postgres.QualifiedName(spec.Schema, spec.Name), e.column))
}
