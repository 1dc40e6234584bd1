// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Privilege is one kind of access to the users table, or to what an expression reads beside it.
type Privilege struct {
	// On is a table or view; with USAGE, a sequence, or a schema without a name in it.
	On store.Table
	// Type is SELECT, INSERT, UPDATE or DELETE, or USAGE of a schema or a sequence that an expression names.
	Type string
	// Columns are the names, unquoted, that it is needed on; nil means the whole
	// table, for a privilege that Postgres does not grant by column.
	Columns []string
}

// Privileges lists what a role needs on the store's table, and on what its expressions read beside it, to run the
// operations' statements, those of the features among them, column by column and
// nothing more. Those on the table come first. Of a store behind functions they are what the functions' owner needs, but
// for what SQL of one's own does.
func Privileges(s store.Store, operations []Operation, features ...Feature) ([]Privilege, error) {
	type key struct {
		on        store.Table
		privilege string
	}
	columns := map[key][]string{}
	for _, op := range operations {
		statements, err := tableStatements(s, op, features...)
		if err != nil {
			return nil, err
		}
		for _, statement := range statements {
			for u := range statement.uses {
				names := columns[key{u.on, u.privilege}]
				if u.column != "" && !slices.Contains(names, u.column) {
					names = append(names, u.column)
				}
				columns[key{u.on, u.privilege}] = names
			}
		}
	}
	privileges := make([]Privilege, 0, len(columns))
	for of, names := range columns {
		slices.Sort(names)
		privileges = append(privileges, Privilege{On: of.on, Type: of.privilege, Columns: names})
	}
	users := s.Table()
	slices.SortFunc(privileges, func(a, b Privilege) int {
		switch {
		case a.On == b.On:
			return strings.Compare(a.Type, b.Type)
		case a.On == users:
			return -1
		case b.On == users:
			return 1
		}
		return cmp.Or(strings.Compare(a.On.Schema, b.On.Schema), strings.Compare(a.On.Name, b.On.Name))
	})
	return privileges, nil
}
