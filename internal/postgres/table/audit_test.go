// SPDX-License-Identifier: MPL-2.0

package table_test

import (
	"maps"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// A row that is no user counts nowhere: not among the hashes, not by its cost, not as one that login cannot read.
func TestAuditCountsUsersAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.LocalDatabase(t)
	db.Exec(`CREATE TABLE users (id int PRIMARY KEY, email text, password text, gone boolean);
		INSERT INTO users VALUES
			(1, 'a@example.com', '$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde', false),
			(2, 'b@example.com', '$2b$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde', true),
			(3, 'c@example.com', 'neither', true), (4, 'd@example.com', 'nor', null)`)
	server := serverAt(t, db.URL)
	column := func(name, kind string) store.Column { return store.Column{Name: name, Type: kind} }
	users := store.Store{
		Columns: map[store.Part]store.Column{
			store.ID: column("id", "integer"), store.Email: column("email", "text"), store.Password: column("password", "text"),
		},
		Reach: store.Table{Schema: "public", Name: "users"},
		RowFilter: &store.Expression{
			SQL: `(users.gone IS FALSE)`, Type: "boolean",
			Reads: []store.Relation{{Schema: "public", Name: "users", Columns: []string{"gone"}}},
		},
	}
	audit, err := table.AuditUsers(t.Context(), server, users, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := audit.Costs["bcrypt_2b"]; len(audit.Costs) != 1 || !maps.Equal(got, map[string]int64{"10": 1}) {
		t.Errorf("the costs are %v", audit.Costs)
	}
	if audit.Unreadable.Count != 0 {
		t.Errorf("%d hashes are unreadable", audit.Unreadable.Count)
	}
	counts, err := table.UnreadableHashes(t.Context(), server, users, nil, 1000)
	if err != nil || len(counts) != 0 {
		t.Errorf("unreadable are %v, %v", counts, err)
	}
}
