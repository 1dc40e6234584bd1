// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"sync"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// PlanNotes are what objects tell each other while Terraform plans, and again while it applies, when it plans each object
// once more. A table says what becomes of it; what takes its store asks. Terraform plans an object after those that it
// refers to, so that a note is there in time wherever a store is a reference. With a store written by hand the order is
// open, and there may be no note.
type PlanNotes struct {
	changing  sync.Map // the tables that this run plans to change, by tableName
	created   sync.Map // those that it plans to create, also in the place of another, by tableName
	renamed   sync.Map // the new names of columns that it plans to rename, by columnName
	functions sync.Map // the schemas in which it plans to create access functions, also in the place of others
	managed   sync.Map // which of Terraform's objects has one of the tenant's, by the latter's id
}

type tableName struct{ schema, table string }

// columnName is a column as it was called before this run.
type columnName struct {
	tableName
	column string
}

// WillChange notes that the table is not going to stay as the catalog has it.
func (n *PlanNotes) WillChange(schema, name string) {
	n.changing.Store(tableName{schema, name}, true)
}

// TableChanges reports whether this run plans to change the table.
func (n *PlanNotes) TableChanges(schema, name string) bool {
	_, changes := n.changing.Load(tableName{schema, name})
	return changes
}

// WillCreate notes that the table is yet to be created, perhaps in the place of one that is dropped before.
func (n *PlanNotes) WillCreate(schema, name string) {
	n.created.Store(tableName{schema, name}, true)
}

// TableIsNew reports whether this run plans to create the table: whatever was granted on one of that name is gone then.
func (n *PlanNotes) TableIsNew(schema, name string) bool {
	_, isNew := n.created.Load(tableName{schema, name})
	return isNew
}

// WillCreateFunctions notes that the access functions of a schema are yet to be created, perhaps in the place of others.
func (n *PlanNotes) WillCreateFunctions(schema string) { n.functions.Store(schema, true) }

// TableOfStoreIsNew reports whether this run plans to create the table that a store is.
func (n *PlanNotes) TableOfStoreIsNew(s store.Store) bool {
	table, direct := s.Reach.(store.Table)
	return direct && n.TableIsNew(table.Schema, table.Name)
}

// StoreIsNew reports whether this run plans to create what a store is reached through, its table or its functions: whatever
// was granted on one of that name, and what check the functions of that name made, is gone then.
func (n *PlanNotes) StoreIsNew(s store.Store) bool {
	if through, behind := s.Functions(); behind {
		_, isNew := n.functions.Load(through.Schema)
		return isNew
	}
	return n.TableOfStoreIsNew(s)
}

// Manages notes that one of Terraform's objects, which a token stands for, has the one with that id. It returns false where
// another one has it: both would go on undoing what the other does.
func (n *PlanNotes) Manages(id, token string) bool {
	by, _ := n.managed.LoadOrStore(id, token)
	return by == token
}

// WillRename notes that a column of the table is going to have another name.
func (n *PlanNotes) WillRename(schema, table, from, to string) {
	n.renamed.Store(columnName{tableName{schema, table}, from}, to)
}

// newName is the name that this run plans to give to a column; "" when it leaves it alone.
func (n *PlanNotes) newName(schema, table, column string) string {
	to, _ := n.renamed.Load(columnName{tableName{schema, table}, column})
	name, _ := to.(string)
	return name
}

// Stays reports whether a privilege of one column can still be granted: a column that this
// run renames takes its privileges along.
func (n *PlanNotes) Stays(g postgres.Grant) bool {
	return len(g.Columns) == 0 || n.newName(g.On.Schema, g.On.Name, g.Columns[0]) == ""
}

// RenamedGrants are the privileges that grants become when this run renames their columns.
func (n *PlanNotes) RenamedGrants(grants []postgres.Grant) []postgres.Grant {
	var renamed []postgres.Grant
	for _, g := range postgres.SplitGrants(grants) {
		if !n.Stays(g) {
			g.Columns = []string{n.newName(g.On.Schema, g.On.Name, g.Columns[0])}
			renamed = append(renamed, g)
		}
	}
	return renamed
}
