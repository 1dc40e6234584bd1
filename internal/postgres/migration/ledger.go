// SPDX-License-Identifier: MPL-2.0

// Package migration is the database's side of an import into Auth0: the users who are left, in the order of their ids,
// and a ledger of what was sent, by which an import that was cut off goes on.
package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Ledger is the table of what was sent.
type Ledger struct{ Schema, Name string }

func (l Ledger) quoted() string { return postgres.Ident(l.Schema, l.Name) }

// Title names the ledger for a message.
func (l Ledger) Title() string { return fmt.Sprintf("the ledger %q.%q", l.Schema, l.Name) }

// The states of a batch.
const (
	// Sending means that the answer of Auth0 is not known: the job may run.
	Sending = "sending"
	// Running means that there is a job, whose outcome is not known yet.
	Running = "running"
	// Settled means that what came of the job is known, and that its users are marked.
	Settled = "settled"
	// Released means that the job is over and that nothing else is known of it: its users are asked for anew.
	Released = "released"
)

// DDL creates the ledger.
func (l Ledger) DDL() []string {
	return []string{
		fmt.Sprintf(`CREATE TABLE %s (
  batch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  connection_id text NOT NULL,
  first_id text NOT NULL,
  last_id text NOT NULL,
  users integer NOT NULL,
  digest text NOT NULL,
  ids text[],
  state text NOT NULL CHECK (state IN ('sending', 'running', 'settled', 'released')),
  job_id text,
  imported integer,
  already_there integer,
  refused jsonb NOT NULL DEFAULT '[]',
  sent_at timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
  settled_at timestamp with time zone
)`, l.quoted()),
		fmt.Sprintf("COMMENT ON TABLE %s IS %s", l.quoted(), postgres.QuoteLiteral(
			"What auth0pg_users_import has sent to Auth0, batch by batch; an import that was cut off goes on by it.")),
	}
}

// Batch is a row of the ledger.
type Batch struct {
	Number       int64
	ConnectionID string
	// IDs are those of the users, as the table has them, until it is known what came of them.
	IDs    []string
	Digest string
	State  string
	JobID  string
}

// Refusal is a user whom Auth0 did not take.
type Refusal struct {
	ID    string   `json:"id"`
	Codes []string `json:"codes"`
}

// Outcome is what came of a batch.
type Outcome struct {
	// There are the ids of all who are with Auth0 now, Refused the others.
	There   []string
	Refused []Refusal
	// AlreadyThere is how many of the former had come by another way.
	AlreadyThere int
}

// ErrNoLedger is returned where the ledger is not there and may not be made.
var ErrNoLedger = errors.New("the ledger does not exist")

// NotALedgerError is a relation of the ledger's name that is something else.
type NotALedgerError struct{ Ledger Ledger }

func (e *NotALedgerError) Error() string {
	return fmt.Sprintf("%s is there and has not the columns of a ledger", e.Ledger.Title())
}

// ForeignLedgerError is a ledger where code of a role that is not trusted would run.
type ForeignLedgerError struct{ postgres.ForeignError }

func (e *ForeignLedgerError) Unwrap() error { return &e.ForeignError }

var ledgerColumns = []string{
	"already_there", "batch", "connection_id", "digest", "first_id", "ids", "imported", "job_id", "last_id",
	"refused", "sent_at",
	"settled_at", "state", "users",
}

// check reports whether the ledger is there, and that nobody's code but a trusted role's runs where it is written: the
// owner of the users is one.
func (l Ledger) check(ctx context.Context, conn *pgx.Conn, usersOwner string) (there bool, err error) {
	found, err := table.Inspect(ctx, conn, l.Schema, l.Name)
	var other *table.OtherKindError
	switch {
	case errors.As(err, &other):
		return false, &NotALedgerError{l}
	case err != nil || found == nil:
		return false, err
	case len(found.Foreign) > 0:
		return false, &ForeignLedgerError{postgres.ForeignError{Found: found.Foreign}}
	}
	owned, err := postgres.OwnerForeign(ctx, conn, l.Schema, l.Name, usersOwner)
	switch {
	case err != nil:
		return false, err
	case owned != "":
		return false, &ForeignLedgerError{postgres.ForeignError{Found: []string{owned}}}
	}
	var names []string
	for _, column := range found.Columns {
		names = append(names, column.Name)
	}
	for _, name := range ledgerColumns {
		if !slices.Contains(names, name) {
			return false, &NotALedgerError{l}
		}
	}
	return true, nil
}

// CheckLedger returns what keeps the ledger from being written: another relation of its name, see [NotALedgerError], or
// code of a role that is not trusted, see [ForeignLedgerError]. One that is yet to be made is none of these.
func (s *Session) CheckLedger(ctx context.Context) error {
	_, err := s.ledger.check(ctx, s.conn, s.owner)
	return err
}

// create makes the ledger; another run may have done so meanwhile.
func (l Ledger) create(ctx context.Context, conn *pgx.Conn) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, statement := range l.DDL() {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if code := postgres.SQLState(err); code == "42P07" || code == "23505" {
		return nil
	}
	return err
}

// OpenBatches are those of which it is not known what came of them, the oldest first.
func (s *Session) OpenBatches(ctx context.Context) ([]Batch, error) {
	rows, err := s.conn.Query(ctx, "SELECT batch, connection_id, coalesce(ids, '{}'), digest, state, "+
		"coalesce(job_id, '') FROM "+
		s.ledger.quoted()+" WHERE state IN ('sending', 'running') ORDER BY batch")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Batch, err error) {
		return b, row.Scan(&b.Number, &b.ConnectionID, &b.IDs, &b.Digest, &b.State, &b.JobID)
	})
}

// Begin notes a batch before it is sent, and gives it its number.
func (s *Session) Begin(ctx context.Context, b *Batch) error {
	b.State = Sending
	return s.conn.QueryRow(ctx, "INSERT INTO "+s.ledger.quoted()+
		" (connection_id, first_id, last_id, users, digest, ids, state) VALUES ($1, $2, $3, $4, $5, $6, 'sending') "+
		"RETURNING batch",
		b.ConnectionID, b.IDs[0], b.IDs[len(b.IDs)-1], len(b.IDs), b.Digest, b.IDs).Scan(&b.Number)
}

// Started notes the job of a batch.
func (s *Session) Started(ctx context.Context, b *Batch, job string) error {
	b.State, b.JobID = Running, job
	_, err := s.conn.Exec(ctx, "UPDATE "+s.ledger.quoted()+" SET state = 'running', job_id = $2 WHERE batch = $1",
		b.Number, job)
	return err
}

// Release gives a batch up: its users are asked for anew.
func (s *Session) Release(ctx context.Context, b *Batch) error {
	b.State = Released
	_, err := s.conn.Exec(ctx, "UPDATE "+s.ledger.quoted()+" SET state = 'released', ids = NULL, settled_at = "+
		"CURRENT_TIMESTAMP WHERE batch = $1", b.Number)
	return err
}

// Settle marks the users who are with Auth0 and notes what came of the batch, both or neither.
func (s *Session) Settle(ctx context.Context, b *Batch, o Outcome) error {
	refused := o.Refused
	if refused == nil {
		refused = []Refusal{}
	}
	text, err := json.Marshal(refused)
	if err != nil {
		return err
	}
	b.State = Settled
	return pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.sql.Mark, o.There); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE "+s.ledger.quoted()+
			" SET state = 'settled', ids = NULL, imported = $2, already_there = $3, refused = $4, settled_at = "+
			"CURRENT_TIMESTAMP WHERE batch = $1",
			b.Number, len(o.There)-o.AlreadyThere, o.AlreadyThere, string(text))
		return err
	})
}

// RefusedQuery is the SQL that lists whom Auth0 did not take, and why.
func (l Ledger) RefusedQuery() string {
	return fmt.Sprintf("SELECT r ->> 'id' AS id, r -> 'codes' AS codes, batch, settled_at FROM %s, "+
		"jsonb_array_elements(refused) AS r ORDER BY batch", l.quoted())
}

// DefaultLedger is the one for a table where nothing else is said.
func DefaultLedger(t store.Table) Ledger { return Ledger{t.Schema, "auth0pg_import"} }
