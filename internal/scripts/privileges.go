// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Privilege is one kind of access to the users table.
type Privilege struct {
	// Type is SELECT, INSERT, UPDATE or DELETE.
	Type string
	// Columns are the names, unquoted, that it is needed on; nil means the whole
	// table, for a privilege that Postgres does not grant by column.
	Columns []string
}

// Privileges lists what a role needs on the store's table to run the
// operations' statements, those of the features among them, column by column and
// nothing more.
func Privileges(s store.Store, operations []Operation, features ...Feature) ([]Privilege, error) {
	columns := map[string][]string{}
	for _, op := range operations {
		statements, err := Statements(s, op, features...)
		if err != nil {
			return nil, err
		}
		for _, statement := range statements {
			for u := range statement.uses {
				names := columns[u.privilege]
				if u.part != wholeTable {
					if name := s.Columns[u.part].Name; !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
				columns[u.privilege] = names
			}
		}
	}
	privileges := make([]Privilege, 0, len(columns))
	for privilege, names := range columns {
		slices.Sort(names)
		privileges = append(privileges, Privilege{Type: privilege, Columns: names})
	}
	slices.SortFunc(privileges, func(a, b Privilege) int { return strings.Compare(a.Type, b.Type) })
	return privileges, nil
}
