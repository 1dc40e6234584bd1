// SPDX-License-Identifier: MPL-2.0

package userstable

import (
	"slices"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// adoptTable describes an existing table as it is: each part by the column that most
// likely holds it, every other column as an extra one. Nothing about it is to be changed
// until the configuration says so.
func adoptTable(users *table.Table) tableSpec {
	spec := tableSpec{
		Imported: true,
		Schema:   users.Schema,
		Name:     users.Name,
		Columns:  map[store.Part]columnSpec{},
		Extra:    map[string]columnSpec{},
	}
	taken := map[string]bool{}
	for part, column := range kit.AdoptParts(users) {
		taken[column.Name] = true
		spec.Columns[part] = adoptedColumn(column)
	}
	for i := range users.Columns {
		if c := &users.Columns[i]; !taken[c.Name] {
			spec.Extra[c.Name] = adoptedColumn(c)
		}
	}
	id, username := spec.Columns[store.ID].Name, spec.Columns[store.Username].Name
	spec.PrimaryKey = slices.Equal(users.PrimaryKey(), []string{id})
	spec.EmailLookup = kit.AdoptLookup(users, spec.Columns[store.Email].Name)
	for _, lookup := range []table.Lookup{table.LowerLookup, table.PlainLookup} {
		if spec.UsernameLookup == table.NoLookup && users.LookupIndex(username, lookup) != nil {
			spec.UsernameLookup = lookup
		}
	}
	return spec
}

// recoverOwn puts together again what private state has said of a table that was created here, which is lost with a
// provider that was killed: the lookup before the change, and which indexes are ours.
func (s *tableSpec) recoverOwn(state usersTableModel, observed *table.Table) {
	if state.Columns.IsNull() || observed.Comment != tableMark {
		return // imported, or not created here
	}
	s.Imported = false
	there := func(p store.Part, lookup table.Lookup) bool {
		return observed.LookupIndex(s.Columns[p].Name, lookup) != nil
	}
	before := store.EmailLookup(state.EmailLookup.ValueString())
	if before != "" && there(store.Email, indexLookup(before)) {
		s.EmailLookup = before
	}
	if before != "" && there(store.Username, indexLookup(before)) {
		s.UsernameLookup = indexLookup(before)
	}
	for _, u := range s.desired().Unique {
		for _, name := range observed.Built(u.Column) {
			s.Built = append(s.Built, name)
			if serves := observed.LookupIndex(u.Column, u.Lookup); serves == nil || serves.Name != name {
				s.Former = append(s.Former, name)
			}
		}
	}
}
