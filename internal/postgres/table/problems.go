// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	// Counted is for how many rows it holds, among the first [CensusRows]; nil where that was not counted. Of is among how
	// many of those it was counted where that is what makes it a problem.
	Counted *int64
	Of      int64
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
	// HidesMost is a filter that leaves less than half of the rows, BlocksMost and NoPassword are what keeps out more than
	// half of the users, and BlocksNobody an expression that blocks no user: right for some tables, and what a mistake in
	// a part or in the filter looks like.
	HidesMost    ProblemKind = "filter_hides_most"
	BlocksMost   ProblemKind = "blocks_most_users"
	BlocksNobody ProblemKind = "blocks_nobody"
	NoPassword   ProblemKind = "passwords_missing"
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

// FindProblems looks at the rows and the catalog of a store. The formats are those that login reads beside bcrypt. With a
// [postgres.ForeignError], what was found without the rows is returned as well.
func FindProblems(
	ctx context.Context, db postgres.Beginner, users store.Store, r *Table, suspects []Suspect, formats []string,
) ([]Problem, error) {
	census, failed, err := TakeCensus(ctx, db, users, r, suspects)
	var foreign *postgres.ForeignError
	if err != nil && !errors.As(err, &foreign) {
		return nil, err
	}
	hidden, err := Hidden(ctx, db, users, "", "SELECT")
	if err != nil {
		return nil, err
	}
	found := Problems(users, census, suspects, hidden, failed, formats)
	if foreign != nil {
		return found, foreign
	}
	return found, nil
}

// Problems are what was found: by the census, nil where nothing was counted, by names, by policies, and by the server's
// refusal to read rows.
func Problems(
	users store.Store,
	census *Census,
	suspects []Suspect,
	hidden []postgres.HiddenRows,
	failed *pgconn.PgError,
	formats []string,
) []Problem {
	p := problems{users: users, q: newRowsQuery(users), census: census}
	for _, s := range suspects {
		p.notRead(s)
	}
	p.filters()
	p.most()
	p.addresses()
	p.hidden(hidden)
	p.notLookedAt(failed)
	p.hashes(formats)
	return p.all
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
		What: fmt.Sprintf("the column %s looks as if it said who may not log in, and nothing reads "+
			"it: whoever it keeps out gets in",
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
		Settle: "correct it; where it is null for a row, the row is no user",
		Query: fmt.Sprintf("SELECT count(*) FROM %s WHERE %s",
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
		if c.Users < c.Rows || !c.whole() {
			return 0
		}
		return c.Rows
	})
}

// most are those of a part or a filter that is probably not what is meant.
func (p *problems) most() {
	c := p.census
	if c == nil {
		return
	}
	tell := func(found Problem, counted, of int64) {
		found.Counted, found.Of = &counted, of
		p.all = append(p.all, found)
	}
	if c.Users > 0 && 2*c.Users < c.Rows {
		tell(Problem{
			Kind: HidesMost, Attribute: "row_filter",
			What: fmt.Sprintf("the row_filter leaves %d users of %d rows", c.Users, c.Rows),
			Settle: "see whether it says what is meant: whoever it hides cannot log in, and where it is null for a row, " +
				"the row is no user", Query: fmt.Sprintf("SELECT (%[1]s) IS TRUE, count(*) FROM %[2]s GROUP BY 1",
				p.q.users, p.q.from),
		}, c.Rows-c.Users, c.Rows)
	}
	if 2*c.Blocked > c.Users {
		tell(Problem{
			Kind: BlocksMost, Attribute: string(store.Blocked),
			What:   fmt.Sprintf("%d of %d users are blocked", c.Blocked, c.Users),
			Settle: "see whether blocked says who may not log in, and not who may; an expression of it that is null blocks",
			Query:  p.q.list(p.q.isBlocked),
		}, c.Blocked, c.Users)
	}
	if p.users.Columns[store.Blocked].Expression != nil && c.Blocked == 0 && c.Users > 0 && c.whole() {
		tell(Problem{
			Kind: BlocksNobody, Attribute: string(store.Blocked), What: "the expression of blocked blocks nobody",
			Settle: "see whether it says what is meant, and leave it if there is nobody yet to block",
			Query:  p.q.list(p.q.isBlocked),
		}, c.Users, c.Users)
	}
	if 2*c.Passwordless > c.Users {
		tell(Problem{
			Kind: NoPassword, Attribute: string(store.Password),
			What: fmt.Sprintf("%d of %d users have no password: it is null or "+
				"empty, and they cannot log in", c.Passwordless, c.Users),
			Settle: "see whether password names what holds the hash, or leave who has none out with a row_filter",
			Query:  p.q.list(p.q.passwordless),
		}, c.Passwordless, c.Users)
	}
}

// Nearly reports whether what was counted holds for more than nine in ten, which hardly any table means.
func (p *Problem) Nearly() bool { return p.Counted != nil && 10**p.Counted > 9*p.Of }

func (p *problems) addresses() {
	if p.users.EmailLookup == store.Exact {
		p.add(Problem{
			Kind: Capitals, Attribute: "email_lookup",
			What: "the address has capitals, and the exact look-up compares with the address in lower " +
				"case: whoever has it is not found",
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
	if postgres.QuotesValue(failed.Code) {
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
		p.all = append(
			p.all,
			Problem{Kind: RowsHidden, Attribute: "name", What: what, Settle: settle + "have the owner run " +
				h.Remedy()},
		)
	}
}

func (p *problems) hashes(formats []string) {
	if p.census == nil {
		return
	}
	unreadable, _ := unreadableBy(formats)
	unknown := !slices.Contains(formats, UnknownLook)
	var names []string
	total := int64(0)
	for look, n := range p.census.Hashes {
		if unknown && look == UnknownLook || slices.Contains(unreadable, look) {
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
		Query: p.q.list("(" + (&auditQuery{password: p.q.password}).unreadable(unreadable, nil, unknown) + ")"),
	})
}
