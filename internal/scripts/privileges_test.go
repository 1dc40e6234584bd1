// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// TestPrivilegesAreExact runs every statement of every operation as a role that
// has what Privileges says, and again with each single privilege taken away:
// the first time all must work, after that something must not.
func TestPrivilegesAreExact(t *testing.T) {
	db := pgtest.Database(t)
	for _, lookup := range store.EmailLookups() {
		for _, parts := range [][]store.Part{minimalParts, standardParts, allParts()} {
			b := newBench(t, db, shape{lookup: lookup, parts: parts, quoted: true})
			for _, op := range b.operations() {
				t.Run(fmt.Sprintf("%s/%d parts/%s", lookup, len(parts), op), func(t *testing.T) {
					exactPrivileges(t, b, op)
				})
			}
		}
	}
}

func exactPrivileges(t *testing.T, b *bench, op scripts.Operation, features ...scripts.Feature) {
	t.Helper()
	b.db.Exec("REVOKE ALL ON " + b.table() + " FROM " + quote(b.role))
	if err := asRole(t, b, op, features...); !isInsufficientPrivilege(err) {
		t.Fatalf("without any privilege: %v", err)
	}
	privileges, err := scripts.Privileges(b.store, []scripts.Operation{op}, features...)
	if err != nil {
		t.Fatal(err)
	}
	b.grant(privileges)
	if err := asRole(t, b, op, features...); err != nil {
		t.Fatalf("with all of its privileges: %v", err)
	}
	for _, one := range single(privileges) {
		b.db.Exec("REVOKE " + privilegeSQL(one) + " ON " + onSQL(one) + " FROM " + quote(b.role))
		if err := asRole(t, b, op, features...); !isInsufficientPrivilege(err) {
			t.Errorf("without %s %v on %v: %v", one.Type, one.Columns, one.On, err)
		}
		b.grant([]scripts.Privilege{one})
	}
}

// single splits privileges into those on one column each.
func single(privileges []scripts.Privilege) []scripts.Privilege {
	var all []scripts.Privilege
	for _, privilege := range privileges {
		if privilege.Columns == nil {
			all = append(all, privilege)
		}
		for _, column := range privilege.Columns {
			all = append(all, scripts.Privilege{On: privilege.On, Type: privilege.Type, Columns: []string{column}})
		}
	}
	return all
}

// asRole runs the operation's statements in a transaction that is rolled back.
func asRole(t *testing.T, b *bench, op scripts.Operation, features ...scripts.Feature) error {
	t.Helper()
	ctx := context.Background()
	var steps []scripts.Step
	for _, importMode := range []bool{false, true} { // a role may run the scripts of either
		options := b.options
		options.ImportMode, options.RehashOnLogin = importMode, !importMode && slices.Contains(features, scripts.RehashOnLogin)
		rehearsal, err := scripts.Rehearse(options, []scripts.Operation{op}, fmt.Sprintf("nonce%t", importMode))
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, rehearsal...)
	}
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the end of the test
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // what is meant
	for _, step := range steps {
		if err := asText(ctx, tx, step); err != nil {
			return err
		}
	}
	return nil
}

// asText runs a step as the scripts' driver does, every value as text.
func asText(ctx context.Context, tx pgx.Tx, step scripts.Step) error {
	values := make([][]byte, len(step.Values))
	for i, value := range step.Values {
		if value != nil {
			values[i] = []byte(*value)
		}
	}
	return tx.Conn().PgConn().ExecParams(ctx, step.Statement.SQL, values, nil, nil, nil).Read().Err
}

func isInsufficientPrivilege(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "42501"
}

// What a missing privilege looks like from outside, and in the log.
func TestMissingPrivilege(t *testing.T) {
	b := newBench(t, pgtest.Database(t), shape{})
	b.db.Exec("REVOKE SELECT (" + b.column(store.Nickname) + ") ON " + b.table() + " FROM " + quote(b.role))
	outcome := b.fails("Error", "", scripts.GetUser, "ada@example.com")
	if !strings.Contains(outcome.Err.Message, "cannot be used at the moment") {
		t.Errorf("the user sees %q", outcome.Err.Message)
	}
	if log := strings.Join(outcome.Console, "\n"); !strings.Contains(log, "42501") || !strings.Contains(log, "get_user") || !strings.Contains(log, "users") {
		t.Errorf("the log says %q", log)
	}
}

func TestPrivilegesAreMergedAndSorted(t *testing.T) {
	s := store.Store{Reach: store.Table{Schema: "public", Name: "users"}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{
		store.ID: {Name: "z_id", Type: "uuid"}, store.Email: {Name: "Mail", Type: "text"}, store.Password: {Name: "hash", Type: "text"},
	}}
	got, err := scripts.Privileges(s, []scripts.Operation{scripts.Delete, scripts.ChangePassword, scripts.Login})
	if err != nil {
		t.Fatal(err)
	}
	want := []scripts.Privilege{
		{Type: "DELETE"}, {Type: "SELECT", Columns: []string{"Mail", "hash", "z_id"}}, {Type: "UPDATE", Columns: []string{"hash"}},
	}
	if !slices.EqualFunc(got, want, func(a, b scripts.Privilege) bool { return a.Type == b.Type && slices.Equal(a.Columns, b.Columns) }) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if none, err := scripts.Privileges(s, nil); err != nil || len(none) != 0 {
		t.Errorf("no operations need %v, %v", none, err)
	}
	if _, err := scripts.Privileges(s, []scripts.Operation{scripts.Verify}); err == nil {
		t.Error("a missing part was not noticed")
	}
}
