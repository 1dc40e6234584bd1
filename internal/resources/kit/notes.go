// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

type tableName struct{ schema, table string }

// columnName is a column as it was called before this run.
type columnName struct {
	tableName
	column string
}

// willChange notes that the table is not going to stay as the catalog has it.
func (d *Data) WillChange(schema, name string) {
	d.changing.Store(tableName{schema, name}, true)
}

// tableChanges reports whether this run plans to change the table. A table is planned before
// what takes its store.
func (d *Data) TableChanges(schema, name string) bool {
	_, changes := d.changing.Load(tableName{schema, name})
	return changes
}

// willCreate notes that the table is yet to be created.
func (d *Data) WillCreate(schema, name string) {
	d.created.Store(tableName{schema, name}, true)
}

// storeIsNew reports whether this run plans to create the table that a store is of.
func (d *Data) StoreIsNew(s store.Store) bool {
	_, isNew := d.created.Load(tableName{s.Schema, s.Table})
	return isNew && s.Kind == store.Table
}

// willRename notes that a column of the table is going to have another name.
func (d *Data) WillRename(schema, table, from, to string) {
	d.renamed.Store(columnName{tableName{schema, table}, from}, to)
}

// newName is the name that this run plans to give to a column; "" when it leaves it alone.
func (d *Data) newName(schema, table, column string) string {
	to, _ := d.renamed.Load(columnName{tableName{schema, table}, column})
	name, _ := to.(string)
	return name
}

// stays reports whether a privilege of one column can still be granted: a column that this
// run renames takes its privileges along.
func (d *Data) Stays(g postgres.Grant) bool {
	return len(g.Columns) == 0 || d.newName(g.On.Schema, g.On.Name, g.Columns[0]) == ""
}

// renamedGrants are the privileges that grants become when this run renames their columns.
func (d *Data) RenamedGrants(grants []postgres.Grant) []postgres.Grant {
	var renamed []postgres.Grant
	for _, g := range postgres.SplitGrants(grants) {
		if !d.Stays(g) {
			g.Columns = []string{d.newName(g.On.Schema, g.On.Name, g.Columns[0])}
			renamed = append(renamed, g)
		}
	}
	return renamed
}
