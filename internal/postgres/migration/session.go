// SPDX-License-Identifier: MPL-2.0

package migration

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Source is whose users are imported.
type Source struct {
	Store store.Store
	// Where is a further condition as it was written, "" for none.
	Where  string
	Ledger Ledger
}

// User is a row: what each part holds, a string or a bool; parts without a value are missing.
type User map[store.Part]any

// ID is the user's id as the table has it.
func (u User) ID() string { return u.Text(store.ID) }

// Text is a part's value, "" where it has none.
func (u User) Text(part store.Part) string {
	text, _ := u[part].(string)
	return text
}

// Session reads and marks users. No transaction is open between two calls.
type Session struct {
	conn   *pgx.Conn
	turn   *table.Session // nil where nothing is written
	ledger Ledger
	owner  string // of the users table
	sql    scripts.Migration
	direct *store.Store // what is read without anything of the user's but its columns; nil with a condition
}

// Look opens a session that only reads.
func Look(ctx context.Context, server *postgres.Server, source Source) (*Session, error) {
	conn, err := server.Connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &Session{conn: conn, ledger: source.Ledger}
	if err := s.prepare(ctx, source); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Open opens a session that writes, too: it makes the ledger where there is none, and waits until no other run imports
// by the same one, as long as ctx allows.
func Open(ctx context.Context, server *postgres.Server, source Source) (*Session, error) {
	s, err := Look(ctx, server, source)
	if err != nil {
		return nil, err
	}
	there, err := s.ledger.check(ctx, s.conn, s.owner)
	if err == nil && !there {
		if err = s.ledger.create(ctx, s.conn); err == nil {
			_, err = s.ledger.check(ctx, s.conn, s.owner)
		}
	}
	if err == nil {
		s.turn, err = table.Lock(ctx, server, s.ledger.Schema, s.ledger.Name)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the session and gives its turn to the next run.
func (s *Session) Close() {
	if s.turn != nil {
		s.turn.Close()
	}
	postgres.CloseSoon(s.conn)
}

// A server that logs statements logs their parameters, here the ids of users, unless a superuser's session has it otherwise.
const quietSQL = `
select set_config(name, '0', false) from pg_settings
 where name = 'log_parameter_max_length' and (select rolsuper from pg_roles where rolname = current_user)`

// prepare looks at the table and makes the SQL. Policies that hide rows are an error of each statement.
func (s *Session) prepare(ctx context.Context, source Source) error {
	if _, err := s.conn.Exec(ctx, "SET row_security = off"); err != nil {
		return err
	}
	if _, err := s.conn.Exec(ctx, quietSQL); err != nil {
		return err
	}
	reach, ok := source.Store.Reach.(store.Table)
	if !ok {
		return errors.New("the store is not a table")
	}
	relation, err := table.InspectRelation(ctx, s.conn, reach.Schema, reach.Name)
	if err != nil {
		return err
	}
	if relation == nil {
		return table.ErrNotFound
	}
	found := relation.Table
	foreign := found.Foreign
	if !found.IsTable() {
		written, err := postgres.WrittenForeign(ctx, s.conn, reach.Schema, reach.Name)
		if err != nil {
			return err
		}
		foreign = append(slices.Clone(relation.Foreign), written...)
	}
	if len(foreign) > 0 {
		return &postgres.ForeignError{Found: foreign}
	}
	s.owner = found.Owner
	condition := ""
	s.direct = &source.Store
	if source.Where != "" {
		row := table.Row{Schema: reach.Schema, Name: reach.Name, Current: found}
		resolved, err := table.ResolveExpressions(ctx, s.conn, row, []string{source.Where})
		if err != nil {
			return &WhereError{err}
		}
		e := resolved[source.Where]
		if e.Type != "boolean" {
			return &WhereError{fmt.Errorf("it is of the type %s, and a condition is boolean", e.Type)}
		}
		condition, s.direct = e.SQL, nil
	}
	s.sql, err = scripts.MigrationSQL(source.Store, condition)
	return err
}

// WhereError is a condition that cannot be used.
type WhereError struct{ err error }

func (e *WhereError) Error() string { return e.err.Error() }

func (e *WhereError) Unwrap() error { return e.err }

// Page reads the next users who are not with Auth0, in the order of their ids, after one or from the start for "".
func (s *Session) Page(ctx context.Context, after string, limit int) ([]User, error) {
	if _, err := s.conn.Exec(ctx, "select set_config($1, $2, false)", scripts.AfterSetting, after); err != nil {
		return nil, err
	}
	return read(ctx, s, s.sql.Page(after != "", limit), func(row pgx.CollectableRow) (User, error) {
		values, err := row.Values()
		u := User{}
		for i, part := range s.sql.Parts {
			if err == nil && values[i] != nil {
				u[part] = values[i]
			}
		}
		return u, err
	})
}

// read runs a query of rows, see [table.ReadRows].
func read[T any](ctx context.Context, s *Session, sql string, one pgx.RowToFunc[T]) (all []T, err error) {
	err = table.ReadRows(ctx, s.conn, table.RowsQuery{SQL: sql, Of: s.direct}, func(rows pgx.Rows) (err error) {
		all, err = pgx.CollectRows(rows, one)
		return err
	})
	return all, err
}

// Left counts the users who are not with Auth0.
func (s *Session) Left(ctx context.Context) (count int64, err error) {
	return count, table.ReadRow(ctx, s.conn, table.RowsQuery{SQL: s.sql.Left, Of: s.direct}, &count)
}

// LeftQuery lists the users who are not with Auth0, and SharedQuery those whose address or id another one has, too, by
// nothing but their ids.
func (s *Session) LeftQuery() string { return s.sql.LeftIDs }

// SharedQuery is described at [Session.LeftQuery].
func (s *Session) SharedQuery() string { return s.sql.SharedIDs }

// maxDuplicates is how many users with an address of others are told apart.
const maxDuplicates = 20_000

// ErrTooManyDuplicates is returned for a table in which addresses are no identifiers.
var ErrTooManyDuplicates = fmt.Errorf("more than %d users share their address or id with another one", maxDuplicates)

// Duplicates are the ids of the users whose address or id another one has, too.
func (s *Session) Duplicates(ctx context.Context) (map[string]bool, error) {
	ids, err := read(ctx, s, s.sql.Duplicates(maxDuplicates+1), pgx.RowTo[string])
	if err == nil && len(ids) > maxDuplicates {
		err = ErrTooManyDuplicates
	}
	all := make(map[string]bool, len(ids))
	for _, id := range ids {
		all[id] = true
	}
	return all, err
}
