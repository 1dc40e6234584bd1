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

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Problem is what lets somebody in who may not, or keeps somebody out who may, as far as the table tells.
type Problem struct {
	// Kind is one of the constants below.
	Kind ProblemKind
	// Attribute is where it is settled: row_filter, email_lookup, or a part.
	Attribute string
	// What is a sentence, and Settle says what settles it.
	What, Settle string
	// Counted is for how many rows it holds, among the first [CensusRows]; nil where that was not counted.
	Counted *int64
	// Query lists them; "" where there is nothing to list.
	Query string
}

// ProblemKind is what a problem is about.
type ProblemKind string

const (
	// NotRead is a column that looks as if it said who may not log in.
	NotRead ProblemKind = "column_not_read"
	// NullBlocks are users whom an expression of blocked that is null keeps out.
	NullBlocks ProblemKind = "blocked_is_null"
	// HidesAll and HidesNobody are filters for which no row, or every row, is a user.
	HidesAll    ProblemKind = "filter_hides_everybody"
	HidesNobody ProblemKind = "filter_hides_nobody"
	// Capitals are addresses that an exact look-up does not find.
	Capitals ProblemKind = "capitals"
	// Shared are addresses of several users.
	Shared ProblemKind = "address_shared"
	// RowsHidden is row-level security without a policy that shows the rows.
	RowsHidden ProblemKind = "rows_hidden"
	// Unreadable are hashes of formats that login does not read as it is configured.
	Unreadable ProblemKind = "hashes_not_read"
	// NotLookedAt are rows that the server could not read.
	NotLookedAt ProblemKind = "rows_not_read"
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
	// Nulls are users for whom the expression of blocked is null, Capitals those whose address has some, Shared those
	// whose address another one has, the first of each not counted.
	Nulls, Capitals, Shared int64
	// Out are users for whom a suspect's condition holds, by its column.
	Out map[string]int64
	// Hashes are the looks of the first hashes; "unknown" for none.
	Hashes map[string]int64
}

// TakeCensus counts, bounded in rows and in time, as whoever the session is. It returns nil where that is not possible:
// because policies hide rows, or because it takes too long; and what the server said where the rows cannot be read at
// all, as those behind a foreign server that is gone. Its error is a [postgres.ForeignError] where code of somebody who is
// not trusted would run.
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
		"SET LOCAL row_security = off", fmt.Sprintf("SET LOCAL statement_timeout = %d", censusTime.Milliseconds()),
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
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
	return q
}

func (q rowsQuery) sample(rows int) string {
	return fmt.Sprintf("(SELECT * FROM %s LIMIT %d) AS %s", q.from, rows, q.name)
}

// list is the query for the ids of users for whom the condition holds.
func (q rowsQuery) list(condition string) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", q.id, q.from, strings.TrimPrefix(q.users+" AND "+condition,
		"true AND "))
}

// FindProblems looks at the rows and the catalog of a store. The formats are those that login reads beside bcrypt.
// With a [postgres.ForeignError] there are those that take no look at the rows.
func FindProblems(
	ctx context.Context, db postgres.Beginner, users store.Store, r *Table, suspects []Suspect, formats []string,
) ([]Problem, error) {
	census, failed, err := TakeCensus(ctx, db, users, r, suspects)
	var foreign *postgres.ForeignError
	if err != nil && !errors.As(err, &foreign) {
		return nil, err
	}
	hidden, failure := Hidden(ctx, db, users, "", "SELECT")
	if failure != nil {
		return nil, failure
	}
	p := problems{users: users, q: newRowsQuery(users), census: census}
	for _, s := range suspects {
		p.notRead(s)
	}
	p.filters()
	p.addresses()
	p.hidden(hidden)
	p.notLookedAt(failed)
	p.hashes(formats)
	return p.all, err
}

// Hidden finds out of which relations that the store reads row-level security shows the role no row, see
// [postgres.ReadHiddenRows].
func Hidden(
	ctx context.Context, db postgres.Beginner, users store.Store, role string, commands ...string,
) ([]postgres.HiddenRows, error) {
	relations := []postgres.Object{{Kind: postgres.TableObject, Schema: users.Table().Schema, Name: users.Table().Name}}
	for _, r := range reads(users) {
		if on := (postgres.Object{Kind: postgres.TableObject, Schema: r.Schema, Name: r.Name}); on != relations[0] {
			relations = append(relations, on)
		}
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a failed rollback ends the session, which rolls back as well
	return postgres.ReadHiddenRows(ctx, tx, role, commands, relations...)
}

// reads are the relations that the store's expressions read.
func reads(users store.Store) []store.Relation {
	all := slices.Clone(users.Reads)
	for _, part := range users.Parts() {
		if e := users.Columns[part].Expression; e != nil {
			all = append(all, e.Reads...)
		}
	}
	if users.RowFilter != nil {
		all = append(all, users.RowFilter.Reads...)
	}
	return all
}

type problems struct {
	users  store.Store
	q      rowsQuery
	census *Census
	all    []Problem
}

// add keeps a problem of rows, if there are any.
func (p *problems) add(found Problem, count func(*Census) int64) {
	if p.census == nil {
		return
	}
	if n := count(p.census); n > 0 {
		found.Counted = &n
		p.all = append(p.all, found)
	}
}

func (p *problems) notRead(s Suspect) {
	attribute, _, _ := strings.Cut(s.Settle, " ")
	found := Problem{
		Kind: NotRead, Attribute: attribute,
		What: fmt.Sprintf("the column %s looks as if it said who may not log in, and nothing reads it: whoever it keeps out gets in",
			postgres.Ident(s.Column)),
		Settle: fmt.Sprintf("set %s, or name the column in not_blocking", s.Settle),
		Query:  fmt.Sprintf("SELECT %[1]s, count(*) FROM %[2]s GROUP BY 1", postgres.Ident(s.Column), p.q.from),
	}
	if s.Out != "" {
		found.Query = p.q.list(s.Out)
		if p.census != nil {
			n := p.census.Out[s.Column]
			found.Counted = &n
		}
	}
	p.all = append(p.all, found)
}

func (p *problems) filters() {
	p.add(Problem{
		Kind: NullBlocks, Attribute: string(store.Blocked),
		What: "the expression of blocked is null, which blocks",
		Settle: "write each of its conditions so that it is never null, as in coalesce(banned_until > now(), false) and " +
			"is_active is not true",
		Query: p.q.list(p.q.blocked + " IS NULL"),
	}, func(c *Census) int64 { return c.Nulls })
	if p.users.RowFilter == nil {
		return
	}
	p.add(Problem{
		Kind: HidesAll, Attribute: "row_filter", What: "the row_filter is true for none of them, so that nobody is a user",
		Settle: "correct it; where it is null for a row, the row is no user", Query: fmt.Sprintf("SELECT count(*) FROM %s WHERE %s",
			p.q.from, p.q.users),
	}, func(c *Census) int64 {
		if c.Users > 0 {
			return 0
		}
		return c.Rows
	})
	p.add(Problem{
		Kind: HidesNobody, Attribute: "row_filter", What: "the row_filter is true for all of them, so that it hides nobody",
		Settle: "see whether it says what is meant, and leave it if there is nobody yet to hide",
		Query:  fmt.Sprintf("SELECT count(*) FROM %s WHERE (%s) IS NOT TRUE", p.q.from, p.users.RowFilter.SQL),
	}, func(c *Census) int64 {
		if c.Users < c.Rows {
			return 0
		}
		return c.Rows
	})
}

func (p *problems) addresses() {
	if p.users.EmailLookup == store.Exact {
		p.add(Problem{
			Kind: Capitals, Attribute: "email_lookup",
			What:   "the address has capitals, and the exact look-up compares with the address in lower case: whoever has it is not found",
			Settle: "set email_lookup = \"lower_index\"", Query: p.q.list(p.q.email + " <> lower(" + p.q.email + ")"),
		}, func(c *Census) int64 { return c.Capitals })
	}
	p.add(Problem{
		Kind: Shared, Attribute: "row_filter",
		What:   "another user has the same address but for its case, and the scripts refuse all of them",
		Settle: "set a row_filter that tells users from other rows, such as those of another tenant, or join the accounts",
		Query: fmt.Sprintf("SELECT lower(%[1]s), count(*), array_agg(%[2]s) FROM %[3]s WHERE %[4]s AND btrim(%[1]s) <> '' "+
			"GROUP BY 1 HAVING count(*) > 1",
			p.q.email, p.q.id, p.q.from, p.q.users),
	}, func(c *Census) int64 { return c.Shared })
}

// notLookedAt tells what the server said, unless that may repeat a value of a row.
func (p *problems) notLookedAt(failed *pgconn.PgError) {
	if failed == nil {
		return
	}
	said := failed.Message
	if strings.HasPrefix(failed.Code, "22") || strings.HasPrefix(failed.Code, "P0") {
		said = "a value in them cannot be read as the expressions do"
	}
	p.all = append(p.all, Problem{
		Kind: NotLookedAt, Attribute: "name", Query: "SELECT * FROM " + p.q.from + " LIMIT 1",
		What:   fmt.Sprintf("the rows cannot be read, and nothing is known of them: %s (SQLSTATE %s)", said, failed.Code),
		Settle: "let the provider's role read them, and plan again",
	})
}

func (p *problems) hidden(found []postgres.HiddenRows) {
	for _, h := range found {
		what := fmt.Sprintf("row-level security is on for %s, and no policy shows all of its rows to anybody", h.On)
		settle := "put auth0pg_access_functions in front, which have a policy of their own, or "
		if h.Role != "" {
			what = fmt.Sprintf("of %s nobody gets a row: %s", h.On, h.Why())
			settle = ""
		}
		switch {
		case h.On.Schema == p.users.Table().Schema && h.On.Name == p.users.Table().Name:
			what += ": the role of the scripts finds no user, and each login ends as with a wrong password"
		default:
			what += ": whoever it would block gets in, and what it would say of a user is missing"
			settle = ""
		}
		p.all = append(p.all, Problem{Kind: RowsHidden, Attribute: "name", What: what, Settle: settle + "have the owner run " +
			h.Remedy()})
	}
}

func (p *problems) hashes(formats []string) {
	if p.census == nil {
		return
	}
	unreadable, _ := unreadableBy(formats)
	var names []string
	total := int64(0)
	for look, n := range p.census.Hashes {
		unknown := look == UnknownLook && !slices.Contains(formats, UnknownLook)
		if unknown || slices.Contains(unreadable, look) {
			total += n
			names = append(names, look)
		}
	}
	if slices.Sort(names); total == 0 {
		return
	}
	var could []string
	for _, look := range names {
		could = append(could, hashes.Readers(look)...)
	}
	could = slices.Compact(slices.Sorted(slices.Values(could)))
	settle := "name unknown in legacy_hashes here, if these users shall reset their password; the guide Password hashes " +
		"has the formats"
	if len(could) > 0 {
		settle = "name the format in scripts.legacy_hashes of the connection and in legacy_hashes here: " +
			strings.Join(could, ", ")
		if slices.Contains(names, UnknownLook) {
			settle += "; and unknown here, if those of none shall reset their password"
		}
	}
	p.all = append(p.all, Problem{
		Kind: Unreadable, Attribute: string(store.Password), Counted: &total, Settle: settle,
		What: "the password's hash is of a format that login does not read unless it is named (" + strings.Join(names,
			", ") + ")",
		Query: p.q.list("(" + (&auditQuery{password: p.q.password}).unreadable(unreadable, nil) + ")"),
	})
}

// Explain has the server plan a look-up of users, which checks the rights to all that is beneath. It plans nothing that
// runs code of a role that is not trusted, see [ReadRows]: planning works constants out.
func Explain(ctx context.Context, db postgres.Beginner, users store.Store) error {
	q := newRowsQuery(users)
	sql := fmt.Sprintf("SELECT %s, %s, %s FROM %s WHERE %s", q.id, q.email, q.password, q.from, q.users)
	return ReadRows(ctx, db, RowsQuery{SQL: sql, Of: &users, Explain: true}, func(rows pgx.Rows) error {
		rows.Close()
		return rows.Err()
	})
}
