// SPDX-License-Identifier: MPL-2.0

package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// ErrNotFound is returned for a table that does not exist.
var ErrNotFound = errors.New("the table does not exist")

// Finding is how many rows something holds for, and the query that lists them.
type Finding struct {
	Count int64
	Query string
}

// Audit is what the rows of a users table are like: counts and SQL, and nothing about
// any user.
type Audit struct {
	Rows             int64
	EmailsMissing    Finding
	EmailsDuplicate  Finding
	EmailsTooLong    Finding
	IDsNotUnique     Finding
	PasswordsMissing Finding
	// Hashes are the formats that occur, by the names of their looks.
	Hashes        map[string]Finding
	HashesUnknown Finding
	// Unreadable are those that login cannot compare with: of a look that none of the audit's formats reads, of no look,
	// or costlier than a login has time for.
	Unreadable Finding
	// Costs is how many hashes of each look say what of their cost; "" is for those that say nothing.
	Costs map[string]map[string]int64
	// Problems are what lets somebody in who may not, or keeps somebody out who may.
	Problems []Problem
	// Migrated and Left are nil for a table that does not keep who was migrated.
	Migrated, Left *Finding
	// Cohorts are nil for the same.
	Cohorts *Cohorts
}

// The longest address that mail can be sent to (RFC 5321, 4.5.3.1), and its part before the @.
const (
	maxEmail     = 254
	maxLocalPart = 64
)

// hasLook is the condition under which a hash has the look.
func hasLook(password string, look hashes.Look) string {
	condition := password + " ~ " + postgres.QuoteLiteral(look.Pattern)
	var first []string
	for _, other := range hashes.Looks() {
		if slices.Contains(look.Yields, other.Name) {
			first = append(first, other.Pattern)
		}
	}
	if len(first) > 0 {
		condition += " AND " + password + " !~ ALL (" + postgres.TextArray(first) + ")"
	}
	return condition
}

// AuditUsers counts, in one pass over the table, what stands in the way of a login or of a
// migration. It sees every row or fails: policies that hide rows from the provider are an error.
// The formats are those of hashes that login reads, beside those that it always does, and ignored columns are no problem.
func AuditUsers(ctx context.Context, s *postgres.Server, users store.Store, formats, ignored []string) (*Audit, error) {
	conn, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer postgres.CloseSoon(conn)
	var audit *Audit
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
	err = pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) (err error) {
		if _, err := tx.Exec(ctx, "SET LOCAL row_security = off"); err != nil {
			return err
		}
		relation, err := InspectRelation(ctx, tx, users.Table().Schema, users.Table().Name)
		if err != nil {
			return err
		}
		if relation == nil {
			return ErrNotFound
		}
		if len(relation.Foreign) > 0 {
			return &postgres.ForeignError{Found: relation.Foreign}
		}
		query := newAuditQuery(users, relation.Table, formats)
		if audit, err = query.run(ctx, tx, users); err != nil {
			return err
		}
		if audit.Costs, err = query.costs(ctx, tx, users); err != nil {
			return err
		}
		if audit.Cohorts, err = query.cohorts(ctx, tx, users); err != nil {
			return err
		}
		suspects := Suspects(users, relation.Table, ignored)
		audit.Problems, err = FindProblems(ctx, tx, users, relation.Table, suspects, formats)
		return err
	})
	return audit, err
}

// auditQuery collects counters, each an aggregate over the rows named u, for one SELECT.
type auditQuery struct {
	table, id, email, password, migratedAt string // as SQL; migratedAt is "" for a table without

	filter string // the condition for users; "" where all rows are

	counters []string
	into     []*int64
	audit    *Audit
	looks    []*Finding // as hashes.Looks
}

func newAuditQuery(users store.Store, table *Table, formats []string) *auditQuery {
	column := func(part store.Part) string { return readAs(users, part) }
	q := &auditQuery{
		table: postgres.Ident(users.Table().Schema, users.Table().Name), id: column(store.ID),
		email: column(store.Email) + "::text", password: newRowsQuery(users).password, audit: &Audit{},
	}
	if users.RowFilter != nil {
		q.filter = "(" + users.RowFilter.SQL + ")"
	}
	a := q.audit
	q.count("count(*)", &a.Rows)

	missing := "coalesce(btrim(%[1]s), '') = ''"
	q.rows(&a.EmailsMissing, fmt.Sprintf(missing, "u.email"), fmt.Sprintf(missing, q.email))
	long := "length(%[1]s) > %[2]d AND (length(%[1]s) > %[3]d OR length(regexp_replace(%[1]s, '@[^@]*$', '')) > %[2]d)"
	q.rows(
		&a.EmailsTooLong,
		fmt.Sprintf(long, "u.email", maxLocalPart, maxEmail),
		fmt.Sprintf(long, q.email, maxLocalPart, maxEmail),
	)

	// What an index keeps unique need not be sorted to be counted.
	present := "FILTER (WHERE btrim(u.email) <> '')"
	duplicate := fmt.Sprintf("count(*) %[1]s - count(DISTINCT lower(u.email)) %[1]s", present)
	if email := users.Columns[store.Email]; email.Expression == nil && table.LookupIndex(email.Name, LowerLookup) != nil {
		duplicate = "0::bigint"
	}
	q.count(duplicate, &a.EmailsDuplicate.Count)
	a.EmailsDuplicate.Query = fmt.Sprintf("SELECT lower(%[1]s), count(*), array_agg(%[2]s) FROM %[3]s WHERE %[4]s "+
		"GROUP BY 1 HAVING count(*) > 1", q.email, q.id, q.table, q.where("btrim("+q.email+") <> ''"))

	notUnique := "count(*) - count(DISTINCT u.id)"
	if id := users.Columns[store.ID]; id.Expression == nil && table.LookupIndex(id.Name, PlainLookup) != nil {
		notUnique = "count(*) FILTER (WHERE u.id IS NULL)"
	}
	q.count(notUnique, &a.IDsNotUnique.Count)
	a.IDsNotUnique.Query = fmt.Sprintf("SELECT %[1]s, count(*) FROM %[2]s%[3]s GROUP BY 1 HAVING "+
		"count(*) > 1 OR %[1]s IS NULL", q.id, q.table, q.clause())

	q.rows(&a.PasswordsMissing, "u.hash = 'missing'", fmt.Sprintf(missing, q.password))
	var patterns []string
	for _, look := range hashes.Looks() {
		finding := &Finding{}
		q.rows(finding, "u.hash = "+postgres.QuoteLiteral(look.Name), hasLook(q.password, look))
		q.looks = append(q.looks, finding)
		patterns = append(patterns, look.Pattern)
	}
	q.rows(&a.HashesUnknown, "u.hash = 'unknown'", fmt.Sprintf("btrim(%[1]s) <> '' AND %[1]s !~ ALL (%[2]s)",
		q.password, postgres.TextArray(patterns)))

	unreadable, dear := unreadableBy(formats)
	q.rows(
		&a.Unreadable,
		"u.hash = ANY ("+postgres.TextArray(append(unreadable, "unknown"))+") OR u.dear",
		q.unreadable(unreadable, dear, true),
	)

	if users.Writes(store.MigratedAt) {
		q.migratedAt = postgres.Ident(users.Columns[store.MigratedAt].Name)
		a.Migrated, a.Left = &Finding{}, &Finding{}
		q.rows(a.Migrated, "u.migrated_at IS NOT NULL", q.migratedAt+" IS NOT NULL")
		q.rows(a.Left, "u.migrated_at IS NULL", q.migratedAt+" IS NULL")
	}
	return q
}

// unreadableBy lists the looks that none of the formats reads, and the patterns of what costs too much.
func unreadableBy(formats []string) (looks, dear []string) {
	reads := func(name string) bool {
		format, _ := hashes.Find(name)
		return format.Always || slices.Contains(formats, name)
	}
	for _, look := range hashes.Looks() {
		if !slices.ContainsFunc(hashes.Readers(look.Name), reads) {
			looks = append(looks, look.Name)
		}
		if look.TooDear != "" {
			dear = append(dear, look.TooDear)
		}
	}
	return looks, dear
}

// unreadable is the condition on the table that the counter of unreadable hashes stands for.
func (q *auditQuery) unreadable(looks, dear []string, unknown bool) string {
	var patterns []string
	var conditions []string
	if len(dear) > 0 {
		conditions = append(conditions, q.password+" ~ ANY ("+postgres.TextArray(dear)+")")
	}
	for _, look := range hashes.Looks() {
		if slices.Contains(looks, look.Name) {
			conditions = append(conditions, hasLook(q.password, look))
		}
		patterns = append(patterns, look.Pattern)
	}
	if unknown {
		conditions = append(conditions, fmt.Sprintf("%s !~ ALL (%s)", q.password, postgres.TextArray(patterns)))
	}
	return fmt.Sprintf("btrim(%s) <> '' AND (%s)", q.password, strings.Join(conditions, " OR "))
}

// costs counts hashes by look and by what they say of their cost.
func (q *auditQuery) costs(
	ctx context.Context,
	db postgres.Beginner,
	users store.Store,
) (map[string]map[string]int64, error) {
	cost := "CASE u.hash"
	for _, look := range hashes.Looks() {
		if look.Cost != "" {
			name, pattern := postgres.QuoteLiteral(look.Name), postgres.QuoteLiteral(look.Cost)
			cost += fmt.Sprintf("\n  WHEN %s THEN substring(u.password FROM %s)", name, pattern)
		}
	}
	sql := fmt.Sprintf("SELECT u.hash, coalesce(%s END, ''), count(*)\n"+
		"FROM (SELECT %s AS hash, %s AS password FROM %s%s OFFSET 0) AS u\n"+
		"WHERE u.hash NOT IN ('missing', 'unknown') GROUP BY 1, 2", cost, q.look(), q.password, q.table, q.clause())
	all := map[string]map[string]int64{}
	err := ReadRows(ctx, db, RowsQuery{SQL: sql, Of: &users}, func(rows pgx.Rows) error {
		var look, says string
		var count int64
		_, err := pgx.ForEachRow(rows, []any{&look, &says, &count}, func() error {
			if all[look] == nil {
				all[look] = map[string]int64{}
			}
			all[look][says] = count
			return nil
		})
		return err
	})
	return all, err
}

func (q *auditQuery) count(aggregate string, into *int64) {
	q.counters, q.into = append(q.counters, aggregate), append(q.into, into)
}

// rows counts those for which a condition holds and lists them by id under the same
// condition on the table.
func (q *auditQuery) rows(finding *Finding, counted, listed string) {
	q.count("count(*) FILTER (WHERE "+counted+")", &finding.Count)
	finding.Query = fmt.Sprintf("SELECT %s FROM %s WHERE %s", q.id, q.table, q.where(listed))
}

// where is a condition for users alone.
func (q *auditQuery) where(condition string) string {
	if q.filter == "" {
		return condition
	}
	return "(" + condition + ") AND " + q.filter
}

// clause is the WHERE clause of a read of all users.
func (q *auditQuery) clause() string {
	if q.filter == "" {
		return ""
	}
	return " WHERE " + q.filter
}

// look is the name of what the hash looks like.
func (q *auditQuery) look() string {
	var format strings.Builder
	fmt.Fprintf(&format, "CASE WHEN coalesce(btrim(%[1]s), '') = '' THEN 'missing'", q.password)
	for _, look := range hashes.Looks() { // a look that yields to another stands after it
		name, pattern := postgres.QuoteLiteral(look.Name), postgres.QuoteLiteral(look.Pattern)
		fmt.Fprintf(&format, "\n    WHEN %s ~ %s THEN %s", q.password, pattern, name)
	}
	return format.String() + "\n    ELSE 'unknown' END"
}

// sql reads what is counted.
func (q *auditQuery) sql() string {
	migratedAt := q.migratedAt
	if migratedAt == "" {
		migratedAt = "NULL"
	}
	_, dear := unreadableBy(nil)
	users := fmt.Sprintf("SELECT %s AS id, %s AS email, %s AS migrated_at,\n    %s AS hash,\n    %s ~ "+
		"ANY (%s) AS dear\n  FROM %s%s",
		q.id, q.email, migratedAt, q.look(), q.password, postgres.TextArray(dear), q.table, q.clause())
	// OFFSET 0 keeps the planner from working the format out again for each counter.
	return fmt.Sprintf("SELECT %s\nFROM (\n  %s OFFSET 0\n) AS u", strings.Join(q.counters, ",\n  "), users)
}

func (q *auditQuery) run(ctx context.Context, db postgres.Beginner, users store.Store) (*Audit, error) {
	targets := make([]any, len(q.into))
	for i, target := range q.into {
		targets[i] = target
	}
	if err := ReadRow(ctx, db, RowsQuery{SQL: q.sql(), Of: &users}, targets...); err != nil {
		return nil, err
	}
	q.audit.Hashes = map[string]Finding{}
	for i, look := range hashes.Looks() {
		if finding := q.looks[i]; finding.Count > 0 {
			q.audit.Hashes[look.Name] = *finding
		}
	}
	return q.audit, nil
}
