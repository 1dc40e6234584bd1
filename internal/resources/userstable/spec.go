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
	// EmailLookup is "" for an adopted table that had no index to look e-mail addresses up by.
	EmailLookup store.EmailLookup
	// UsernameLookup is the index of the part username, if there is one.
	UsernameLookup table.Lookup
	PrimaryKey     bool
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
	// Named is set for what the configuration names.
	Named bool
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
}

type columnConfig struct {
	Name        types.String
	Type        types.String
	Nullable    types.Bool
	Default     types.String
	Collation   types.String
	Comment     types.String
	RenamedFrom types.String
}

// resolveTable decides every attribute: the configuration comes first, then what was
// decided before (prev, nil for a new table), then the column that is already there, then
// the part's own default.
func resolveTable(config tableConfig, prev *tableSpec, observed *table.Table) tableSpec {
	spec := tableSpec{Schema: config.Schema, Name: config.Name, Columns: map[store.Part]columnSpec{}, Extra: map[string]columnSpec{}}
	spec.EmailLookup, spec.PrimaryKey = store.LowerIndex, true
	if prev != nil {
		spec.EmailLookup, spec.PrimaryKey = prev.EmailLookup, prev.PrimaryKey
	}
	if !config.EmailLookup.IsNull() {
		spec.EmailLookup = store.EmailLookup(config.EmailLookup.ValueString())
	}
	if !config.PrimaryKey.IsNull() {
		spec.PrimaryKey = config.PrimaryKey.ValueBool()
	}
	for _, part := range store.Parts() {
		named, isNamed := config.Columns[part.Part]
		var before *columnSpec
		if prev != nil {
			if c, ok := prev.Columns[part.Part]; ok {
				before = &c
			}
		}
		if !spec.keeps(part, isNamed, before, prev == nil, config) {
			continue
		}
		if before != nil && !isNamed && follows(part.Part, *before) {
			if have := observed.Column(before.Name); have != nil {
				spec.Columns[part.Part] = adoptedColumn(have)
			}
			continue
		}
		defaults := columnSpec{ColumnSpec: table.ColumnSpec{Name: string(part.Part), NotNull: !part.Nullable}, TypeText: part.Type, DefaultText: part.Default}
		if spec.EmailLookup == store.CIText && foldable(part.Part) {
			defaults.TypeText = "citext"
		}
		column := resolveColumn(named, before, observed, defaults)
		column.Named = isNamed
		if config.EmailLookup.ValueString() == string(store.CIText) && foldable(part.Part) && named.Type.IsNull() && !table.IsCIText(column.Type) {
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
		column := resolveColumn(named, before, observed, columnSpec{ColumnSpec: table.ColumnSpec{Name: name}})
		column.Named = true
		spec.Extra[name] = column
	}
	spec.UsernameLookup = usernameLookup(spec, prev)
	return spec
}

// keeps decides whether the table has a part. A new table has the standard ones and those
// that are named. Later a part stays until it was named and is named no longer.
func (s tableSpec) keeps(part store.PartSpec, isNamed bool, before *columnSpec, isNew bool, config tableConfig) bool {
	switch {
	case isNamed || part.Presence == store.Always:
		return true
	case before != nil:
		if _, taken := config.Extra[before.Name]; taken {
			return false
		}
		return part.Presence == store.Standard || !before.Named
	}
	return isNew && part.Presence == store.Standard
}

// foldable parts are compared without regard to case.
func foldable(p store.Part) bool { return p == store.Email || p == store.Username }

func resolveColumn(config columnConfig, before *columnSpec, observed *table.Table, defaults columnSpec) columnSpec {
	column := defaults
	if before != nil {
		column = *before
		column.settled = true
	}
	old := config.RenamedFrom.ValueString()
	if name := config.Name.ValueString(); !config.Name.IsNull() && name != column.Name {
		if column.Name != old {
			column, before = defaults, nil
		}
		column.Name = name
	}
	if before == nil && observed != nil {
		have := observed.Column(column.Name)
		if have == nil {
			have = observed.Column(old)
		}
		if have != nil && !observed.Backfilling(have.Name) {
			name := column.Name
			column = adoptedColumn(have)
			column.Name = name
		}
	}
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

// differs reports whether the server has to be asked what becomes of the column.
func (c columnSpec) differs(observed *table.Table) bool {
	have := observed.Column(c.Name)
	return !c.settled || have == nil || have.Type != c.Type || have.Collation != c.Collation
}

// retype gives the column another type; what its default means depends on that.
func (c *columnSpec) retype(text string) {
	c.Type, c.TypeText, c.Default, c.settled = text, text, c.DefaultText, false
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
			Name: have.Name, Type: have.Type, Collation: have.Collation, Default: have.Default, NotNull: have.NotNull && !have.NotNullUnproven,
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
	if s.PrimaryKey {
		d.PrimaryKey = s.Columns[store.ID].Name
	}
	if email, ok := s.Columns[store.Email]; ok {
		d.Unique = append(d.Unique, table.Unique{Column: email.Name, Lookup: indexLookup(s.EmailLookup)})
	}
	if username, ok := s.Columns[store.Username]; ok {
		d.Unique = append(d.Unique, table.Unique{Column: username.Name, Lookup: s.UsernameLookup})
	}
	return d
}

// store is the description that everything else derives from.
func (s tableSpec) store() store.Store {
	described := store.Store{Kind: store.Table, Schema: s.Schema, Table: s.Name, Columns: map[store.Part]store.Column{}, EmailLookup: s.EmailLookup}
	for part, c := range s.Columns {
		described.Columns[part] = store.Column{Name: c.Name, Type: c.Type}
	}
	if described.EmailLookup == "" {
		described.EmailLookup = kit.UnindexedLookup(s.Columns[store.Email].Type)
	}
	return described
}
