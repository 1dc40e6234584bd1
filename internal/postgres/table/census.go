// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// CensusRows is how many rows are looked at, and hashRows how many hashes.
const (
	CensusRows = 100_000
	hashRows   = 1_000
	censusTime = 3 * time.Second
)

// Census is what the rows are like, among the first [CensusRows].
type Census struct {
	// Rows are all of them, Users those that the filter lets through.
	Rows, Users int64
	// Blocked are users who are blocked, Passwordless those without a hash.
	Blocked, Passwordless int64
	// Nulls are users for whom the expression of blocked is null, Capitals those whose address has some, Shared those
	// whose address another one has, the first of each not counted.
	Nulls, Capitals, Shared int64
	// Out are users for whom a suspect's condition holds, by its column.
	Out map[string]int64
	// Hashes are the looks of the first hashes; "unknown" for none.
	Hashes map[string]int64
}

// sameRowsSQL makes the first rows of a table the same ones in each plan: otherwise a read begins where another one has
// come to, or several processes share it.
const sameRowsSQL = "SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0"

// whole reports whether no row was left out, so that what holds for all of them holds for the table.
func (c *Census) whole() bool { return c.Rows < CensusRows }

// TakeCensus counts, bounded in rows and in time, as whoever the session is. It returns nil where that is not possible:
// because policies hide rows, or because it takes too long; and what the server said where the rows cannot be read at all,
// as those behind a foreign server that is gone. Its error is a [postgres.ForeignError] where code of somebody who is not
// trusted would run.
func TakeCensus(
	ctx context.Context, db postgres.Beginner, users store.Store, r *Table, suspects []Suspect,
) (c *Census, failed *pgconn.PgError, err error) {
	if len(r.Foreign) > 0 {
		return nil, nil, &postgres.ForeignError{Found: r.Foreign}
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	for _, sql := range []string{
		"SET LOCAL row_security = off",
		fmt.Sprintf("SET LOCAL statement_timeout = %d", censusTime.Milliseconds()), sameRowsSQL,
	} {
		if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return nil, nil, err
		}
	}
	c, err = census(ctx, tx, users, suspects)
	var temporary *TemporaryError
	switch {
	case errors.As(err, &temporary) || errors.Is(err, ErrStandby):
		return nil, nil, nil
	case !errors.As(err, &failed):
		return c, nil, err
	case failed.Code == "57014" || failed.Code == "42501": // what is not counted is told without its number
		return nil, nil, nil
	}
	return nil, failed, nil
}

func census(ctx context.Context, tx pgx.Tx, users store.Store, suspects []Suspect) (*Census, error) {
	c := &Census{Out: map[string]int64{}, Hashes: map[string]int64{}}
	q := newRowsQuery(users)
	among := func(condition string) string {
		return "count(*) FILTER (WHERE " + q.users + " AND (" + condition + "))"
	}
	counters := []string{"count(*)", "count(*) FILTER (WHERE " + q.users + ")"}
	into := []any{&c.Rows, &c.Users}
	count := func(counter string, target *int64) { counters, into = append(counters, counter), append(into, target) }
	if users.Columns[store.Blocked].Expression != nil {
		count(among(q.blocked+" IS NULL"), &c.Nulls)
	}
	if users.Has(store.Blocked) {
		count(among(q.isBlocked), &c.Blocked)
	}
	if users.Has(store.Password) {
		count(among(q.passwordless), &c.Passwordless)
	}
	if users.Has(store.Email) {
		count(among(q.email+" <> lower("+q.email+")"), &c.Capitals)
		present := " FILTER (WHERE " + q.users + " AND btrim(" + q.email + ") <> '')"
		count("count(*)"+present+" - count(DISTINCT lower("+q.email+"))"+present, &c.Shared)
	}
	out := make([]int64, len(suspects))
	for i, s := range suspects {
		if s.Out != "" {
			count(among(s.Out), &out[i])
		}
	}
	if err := ReadRow(ctx, tx, RowsQuery{SQL: "SELECT " + strings.Join(counters, ",\n  ") + "\nFROM " +
		q.sample(CensusRows), Of: &users}, into...); err != nil {
		return nil, err
	}
	for i, s := range suspects {
		if s.Out != "" {
			c.Out[s.Column] = out[i]
		}
	}
	if !users.Has(store.Password) {
		return c, nil
	}
	looks := &auditQuery{password: q.password}
	sql := "SELECT " + looks.look() + ", count(*) FROM " + q.sample(hashRows) + " WHERE " + q.users + " GROUP BY 1"
	return c, ReadRows(ctx, tx, RowsQuery{SQL: sql, Of: &users}, func(rows pgx.Rows) error {
		var look string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&look, &n}, func() error { c.Hashes[look] = n; return nil })
		return err
	})
}

// rowsQuery has the parts of a store as SQL over the table under its own name.
type rowsQuery struct {
	from, name, users, id, email, password, blocked string
	isBlocked, passwordless                         string // conditions
}

func newRowsQuery(users store.Store) rowsQuery {
	q := rowsQuery{from: postgres.Ident(users.Table().Schema, users.Table().Name),
		name: postgres.Ident(users.Table().Name), users: "true"}
	column := func(part store.Part) string {
		if e := users.Columns[part].Expression; e != nil {
			return "(" + e.SQL + ")"
		}
		return postgres.Ident(users.Columns[part].Name)
	}
	q.id, q.email, q.blocked = column(store.ID), column(store.Email)+"::text", column(store.Blocked)
	q.password = column(store.Password) + "::text"
	if kind := users.Columns[store.Password].ReadType(); kind == "bytea" {
		q.password = "encode(" + column(store.Password) + ", 'escape')"
	}
	if users.RowFilter != nil {
		q.users = "(" + users.RowFilter.SQL + ") IS TRUE"
	}
	q.isBlocked, q.passwordless = blocks(
		q.blocked,
		users.Columns[store.Blocked],
	), "coalesce(btrim("+q.password+"), '') = ''"
	return q
}

// blocks is the condition under which the scripts take what is read for blocked.
func blocks(sql string, read store.Column) string {
	kind := read.ReadType()
	null := "false"
	if read.Expression != nil {
		null = "true"
	}
	switch {
	case kind == "date", strings.HasPrefix(kind, "timestamp"):
		return sql + " IS NOT NULL"
	case slices.Contains([]string{"smallint", "integer", "bigint"}, kind):
		return "coalesce(" + sql + " <> 0, " + null + ")"
	}
	return "coalesce(" + sql + ", " + null + ")"
}

func (q rowsQuery) sample(rows int) string {
	return fmt.Sprintf("(SELECT * FROM %s LIMIT %d) AS %s", q.from, rows, q.name)
}

// list is the query for the ids of users for whom the condition holds.
func (q rowsQuery) list(condition string) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", q.id, q.from, strings.TrimPrefix(q.users+" AND "+condition,
		"true AND "))
}
