// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// tableSpec is a users table with every attribute decided. The one of the last apply is
// kept in private state: it is what drift is measured against, and where attributes that
// the configuration leaves out come from.
type tableSpec struct {
	Schema  string
	Name    string
	Columns map[store.Part]columnSpec
	Extra   map[string]columnSpec
	// Imported is set for a table that was not created here: none of its columns is added by itself.
	Imported bool `json:",omitempty"`
	// EmailLookup is "" for an adopted table that had no index to look e-mail addresses up by.
	EmailLookup store.EmailLookup
	// UsernameLookup is the index of the part username, if there is one.
	UsernameLookup table.Lookup
	PrimaryKey     bool
	// Expressions are the texts through which parts are read; a part that is not in Columns is only read. RowFilter is
	// true for the rows that are users; "" where all are.
	Expressions map[store.Part]string `json:",omitempty"`
	RowFilter   string                `json:",omitempty"`
	// Writes are the texts through which parts are written. OnCreate, OnChange and OnDelete are what columns get by their names.
	Writes                       map[store.Part]string `json:",omitempty"`
	OnCreate, OnChange, OnDelete map[string]string     `json:",omitempty"`
	// Resolved is what the server makes of these texts, by the text.
	Resolved map[string]table.Resolved `json:",omitempty"`
	// askedLookup is set where the configuration asks for a look-up, so that an index for it is built.
	askedLookup bool
	// keys are what unique indexes over expressions have for a key, and predicate is the filter, where an index can have it.
	keys      map[store.Part]string
	predicate string
	// scans are statements that would make look-ups fast which no index serves, by the part.
	scans map[store.Part]string
	// Built names the indexes that this resource has built.
	Built []string `json:",omitempty"`
	// Former names those of them that were built for an earlier lookup and are still there: the
	// next plan drops them, when the scripts no longer find users by them.
	Former []string `json:",omitempty"`
	// Forgotten lists columns that the configuration named once and that are still there.
	Forgotten []string `json:",omitempty"`
}

// columnSpec is one column of a [tableSpec].
type columnSpec struct {
	// ColumnSpec is in the server's own words once the server was asked, and as written before.
	table.ColumnSpec
	// TypeText and DefaultText are as written.
	TypeText    string
	DefaultText string
	// Named is set for what the configuration names: all but the columns of a table that was only imported.
	Named bool
	// Add is set for a column that may be added to an imported table.
	Add bool `json:",omitempty"`
	// settled is set while the server's own words are known.
	settled bool
}

// tableConfig is what the configuration says; null is what it leaves out.
type tableConfig struct {
	Schema      string
	Name        string
	Columns     map[store.Part]columnConfig
	Extra       map[string]columnConfig
	EmailLookup types.String
	PrimaryKey  types.Bool
	RowFilter   types.String
	OnDelete    types.Map
	// Resolved is what reading has learnt about expressions, by their texts.
	Resolved map[string]table.Resolved
}

type columnConfig struct {
	Name        types.String
	Type        types.String
	Nullable    types.Bool
	Default     types.String
	Collation   types.String
	Comment     types.String
	RenamedFrom types.String
	Add         types.Bool
	Expression  types.String
	// Write is how a part's column is written, OnCreate and OnChange what one that is no part gets.
	Write, OnCreate, OnChange types.String
}

// readOnly is set for a part that has an expression and no column.
func (c columnConfig) readOnly() bool { return !c.Expression.IsNull() && c.Name.IsNull() }

// resolveTable decides every attribute of the columns that the configuration names: the
// configuration comes first, then what was decided before (prev, nil for a new users), then
// the column that is already there, then the part's own default. A column's name is that of
// the configuration or the part's, whatever was before: which columns a table has is in the
// configuration alone.
func resolveTable(config tableConfig, prev *tableSpec, observed *table.Table) tableSpec {
	spec := tableSpec{
		Schema:  config.Schema,
		Name:    config.Name,
		Columns: map[store.Part]columnSpec{},
		Extra:   map[string]columnSpec{},
	}
	spec.EmailLookup, spec.PrimaryKey = store.LowerIndex, true
	if prev != nil {
		spec.EmailLookup, spec.PrimaryKey, spec.Imported = prev.EmailLookup, prev.PrimaryKey, prev.Imported
	}
	if !config.EmailLookup.IsNull() {
		spec.EmailLookup, spec.askedLookup = store.EmailLookup(config.EmailLookup.ValueString()), true
	}
	if !config.PrimaryKey.IsNull() {
		spec.PrimaryKey = config.PrimaryKey.ValueBool()
	}
	spec.readThrough(config)
	for _, part := range store.Parts() {
		named, isNamed := config.Columns[part.Part]
		if !isNamed || named.readOnly() {
			continue
		}
		if named.Name.IsNull() {
			named.Name = types.StringValue(string(part.Part))
		}
		var before *columnSpec
		if prev != nil {
			if c, ok := prev.Columns[part.Part]; ok {
				before = &c
			}
		}
		defaults := columnSpec{
			ColumnSpec:  table.ColumnSpec{NotNull: !part.Nullable},
			TypeText:    part.Type,
			DefaultText: part.Default,
		}
		if spec.EmailLookup == store.CIText && foldable(part.Part) {
			defaults.TypeText = "citext"
		}
		column := resolveColumn(named, before, observed, defaults)
		column.Named, column.Add = true, named.Add.ValueBool()
		if config.EmailLookup.ValueString() == string(store.CIText) && foldable(part.Part) && named.Type.IsNull() &&
			!table.IsCIText(cmp.Or(column.Base, column.Type)) {
			column.retype("citext")
		}
		spec.Columns[part.Part] = column
	}
	for name, named := range config.Extra {
		named.Name = types.StringValue(name)
		var before *columnSpec
		if prev != nil {
			if c, ok := prev.Extra[name]; ok {
				before = &c
			}
		}
		column := resolveColumn(named, before, observed, columnSpec{})
		column.Named = true
		spec.Extra[name] = column
	}
	if id, ok := spec.Columns[store.ID]; ok && spec.PrimaryKey && config.Columns[store.ID].Nullable.IsNull() {
		id.NotNull = true // the key makes it so, also where a table without one was imported
		spec.Columns[store.ID] = id
	}
	spec.UsernameLookup = usernameLookup(spec, prev)
	return spec
}

// foldable parts are compared without regard to case.
func foldable(p store.Part) bool { return p == store.Email || p == store.Username }

// resolveColumn decides every attribute of a column whose name the configuration has.
func resolveColumn(config columnConfig, before *columnSpec, observed *table.Table, defaults columnSpec) columnSpec {
	name, old := config.Name.ValueString(), config.RenamedFrom.ValueString()
	column := defaults
	switch have := columnNow(observed, name, old); {
	case before != nil && (before.Name == name || before.Name == old):
		column = *before
		column.settled = true
	case have != nil && !observed.Backfilling(have.Name):
		column = adoptedColumn(have)
	}
	column.Name = name
	column.RenamedFrom, column.Comment = old, nil
	if !config.Comment.IsNull() {
		column.Comment = config.Comment.ValueStringPointer()
	}
	if text := config.Type.ValueString(); !config.Type.IsNull() && text != column.TypeText {
		if !column.settled {
			column.DefaultText = defaultFor(text, defaults)
		}
		column.retype(text)
	}
	if text := config.Default.ValueString(); !config.Default.IsNull() && text != column.DefaultText {
		column.Default, column.DefaultText, column.settled = text, text, false
	}
	if !config.Nullable.IsNull() {
		column.NotNull = !config.Nullable.ValueBool()
	}
	if !config.Collation.IsNull() && config.Collation.ValueString() != column.Collation {
		column.Collation, column.settled = config.Collation.ValueString(), false
	}
	column.Type, column.Default = cmp.Or(column.Type, column.TypeText), cmp.Or(column.Default, column.DefaultText)
	return column
}

// columnNow is the column that will have the name: it has it already, or is called as it was before. Nil if there is none.
func columnNow(observed *table.Table, name, old string) *table.Column {
	if observed == nil {
		return nil
	}
	if have := observed.Column(name); have != nil {
		return have
	}
	return observed.Column(old)
}

// differs reports whether the server has to be asked what becomes of the column.
func (c columnSpec) differs(observed *table.Table) bool {
	have := observed.Column(c.Name)
	return !c.settled || have == nil || have.Type != c.Type || have.Collation != c.Collation
}

// retype gives the column another type; what its default means depends on that.
func (c *columnSpec) retype(text string) {
	c.Type, c.Base, c.TypeText, c.Default, c.settled = text, "", text, c.DefaultText, false
}

// defaultFor is the default that a part's column gets when only its type is given. An id
// must come from somewhere, so the usual types have their usual source.
func defaultFor(text string, defaults columnSpec) string {
	name, _ := table.CommonTypeName(text)
	own, _ := table.CommonTypeName(defaults.TypeText)
	switch {
	case defaults.DefaultText == "" || name == own || defaults.DefaultText != uuidDefault:
		return defaults.DefaultText
	case name == "smallint" || name == "integer" || name == "bigint":
		return "generated by default as identity"
	case name == "text" || name == "character varying":
		return "(gen_random_uuid())::text"
	}
	return ""
}

const uuidDefault = "gen_random_uuid()"

// adoptedColumn describes a column as it is.
func adoptedColumn(have *table.Column) columnSpec {
	return columnSpec{
		ColumnSpec: table.ColumnSpec{
			Name: have.Name, Type: have.Type, Base: have.Base, Collation: have.Collation, Default: have.Default, NotNull: have.NotNull && !have.NotNullUnproven,
		},
		TypeText: have.Type, DefaultText: have.Default, settled: true,
	}
}

// usernameLookup folds user names like e-mail addresses, except where an adopted table does otherwise.
func usernameLookup(spec tableSpec, prev *tableSpec) table.Lookup {
	column, ok := spec.Columns[store.Username]
	if !ok {
		return table.NoLookup
	}
	if prev != nil && prev.EmailLookup == spec.EmailLookup {
		if before, ok := prev.Columns[store.Username]; ok && before.Name == column.Name {
			return prev.UsernameLookup
		}
	}
	return indexLookup(cmp.Or(spec.EmailLookup, store.LowerIndex))
}

// indexLookup is the index that serves a lookup.
func indexLookup(lookup store.EmailLookup) table.Lookup {
	switch lookup {
	case store.LowerIndex:
		return table.LowerLookup
	case store.CIText, store.Exact:
		return table.PlainLookup
	}
	return table.NoLookup
}

// columns lists the columns in the order in which a new table has them.
func (s tableSpec) columns() []columnSpec {
	var all []columnSpec
	for _, part := range store.Parts() {
		if c, ok := s.Columns[part.Part]; ok {
			all = append(all, c)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Extra)) {
		all = append(all, s.Extra[name])
	}
	return all
}

// update replaces each column's specification by what the server made of it.
func (s tableSpec) update(canonical []table.ColumnSpec) {
	byName := map[string]table.ColumnSpec{}
	for _, c := range canonical {
		byName[c.Name] = c
	}
	replace := func(c columnSpec) columnSpec {
		canonical := byName[c.Name]
		canonical.NotNull = c.NotNull || table.IsIdentity(canonical.Default)
		canonical.RenamedFrom, canonical.Comment = c.RenamedFrom, c.Comment
		c.ColumnSpec, c.settled = canonical, true
		return c
	}
	for part, c := range s.Columns {
		s.Columns[part] = replace(c)
	}
	for name, c := range s.Extra {
		s.Extra[name] = replace(c)
	}
}

// tableMark is the comment on tables that were created here. It tells a creation that was
// interrupted before the state was written from a table of somebody else's.
const tableMark = "Users of an Auth0 custom database connection, created by the Terraform resource auth0pg_users_table."

// desired is what the planner shall reach.
func (s tableSpec) desired() table.Desired {
	d := table.Desired{Schema: s.Schema, Name: s.Name, Comment: tableMark}
	for _, c := range s.columns() {
		d.Columns = append(d.Columns, c.ColumnSpec)
	}
	if id, ok := s.Columns[store.ID]; ok && s.PrimaryKey {
		d.PrimaryKey = id.Name
	}
	for _, lookup := range []struct {
		part store.Part
		by   table.Lookup
	}{{store.Email, indexLookup(s.EmailLookup)}, {store.Username, s.UsernameLookup}} {
		column, written := s.Columns[lookup.part]
		_, read := s.Expressions[lookup.part]
		switch key := s.keys[lookup.part]; {
		case key != "":
			d.Unique = append(
				d.Unique,
				table.Unique{Column: string(lookup.part), Lookup: table.PlainLookup, Expression: key, Predicate: s.predicate},
			)
		case written && !read:
			d.Unique = append(d.Unique, table.Unique{Column: column.Name, Lookup: lookup.by, Predicate: s.predicate})
		}
	}
	return d
}

// store is the description that everything else derives from.
func (s tableSpec) store() store.Store {
	described := store.Store{
		Reach:       store.Table{Schema: s.Schema, Name: s.Name},
		Columns:     map[store.Part]store.Column{},
		EmailLookup: s.EmailLookup,
	}
	for part, c := range s.Columns {
		described.Columns[part] = store.Column{
			Name:      c.Name,
			Type:      cmp.Or(c.Base, c.Type),
			Generated: table.IsGenerated(c.Default),
		}
	}
	s.describeExpressions(&described)
	s.describeWritings(&described)
	if described.EmailLookup == "" {
		described.EmailLookup = kit.UnindexedLookup(described.Columns[store.Email].ReadType())
	}
	return described
}
