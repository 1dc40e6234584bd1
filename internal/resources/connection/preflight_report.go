// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/resources/kit"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// scriptPreflight is one run of all operations and what it met.
type scriptPreflight struct {
	t        *postgres.Preflight
	users    store.Store
	options  scripts.Options
	created  bool   // by create, and not yet deleted
	id       string // of the user, once it is found
	failures []*preflightFailure
	again    string // the unique constraint that keeps whoever was deleted from signing up again
}

// preflightFailure is one thing that went wrong, in as many operations as it did.
type preflightFailure struct {
	operations []string
	server     *pgconn.PgError // nil where the server had nothing to say
	problem    string
	remedy     string   // "" for policies and triggers that stop what is wanted
	columns    []string // those at fault, where the server does not name them
	lacking    []postgres.Grant
}

func newScriptPreflight(t *postgres.Preflight, users store.Store, options scripts.Options) *scriptPreflight {
	return &scriptPreflight{t: t, users: users, options: options}
}

// run tries the operations. Its error is that of a preflight that cannot go on; what the server
// refuses is kept as a failure.
func (s *scriptPreflight) run(ctx context.Context, operations []scripts.Operation) error {
	steps, err := scripts.Rehearse(s.options, operations, strings.ToLower(rand.Text()[:12]))
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := s.try(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (s *scriptPreflight) try(ctx context.Context, step scripts.Step) error {
	values := step.For(s.id)
	result, err := s.t.Run(ctx, step.Statement.SQL, values)
	if step.Expect == scripts.AddsAgain {
		return s.triedAgain(err)
	}
	if err != nil {
		return s.refused(ctx, step.Operation, step.Statement, values, err)
	}
	_, behind := s.users.Functions()
	switch {
	case step.Expect == scripts.AddsUnnamed:
	case step.Expect == scripts.Adds && behind && s.users.Owns(string(scripts.Create)) && result.Rows != 1:
		s.add(&preflightFailure{operations: []string{string(scripts.Create)},
			problem: fmt.Sprintf("added %d rows where one was meant, so that Auth0 would take a failed sign-up for one that worked", result.Rows),
			remedy:  "Let the statement for create add one row, or fail.",
		})
	case step.Expect == scripts.Adds:
		s.created = true
	case step.Expect == scripts.FindsChanged && len(s.failures) > 0: // what has failed is not to be seen
	case s.created && step.Expect == scripts.Misses:
		if result.Rows > 0 {
			s.add(&preflightFailure{operations: []string{string(scripts.Delete)},
				problem: "leaves a row that is still a user's: row_filter is true for it after on_delete"})
		}
	case !s.created || step.Expect != scripts.Finds && s.id == "":
	case result.Rows != 1:
		triggers, err := s.triggers(ctx)
		if err != nil {
			return err
		}
		s.add(&preflightFailure{operations: []string{string(step.Operation)}, problem: unexpected(step.Expect, result.Rows) + triggers})
		s.created = s.created && !step.Expect.Looks() // one report is enough
	case step.Expect == scripts.Finds && result.First["id"] == "":
		s.add(&preflightFailure{operations: []string{string(scripts.Create)}, problem: "left the id of a new user empty",
			columns: []string{s.users.Columns[store.ID].Name}})
	case step.Expect == scripts.Finds:
		if s.id == "" && s.users.Writes(store.EmailVerified) && result.First[string(store.EmailVerified)] == "t" {
			s.add(verifiedFromTheStart())
		}
		s.id = result.First["id"]
		return s.compare(ctx, step, result.First)
	case step.Expect == scripts.FindsChanged:
		return s.compare(ctx, step, result.First)
	}
	return nil
}

// compare finds out whether what is read is what was written.
func (s *scriptPreflight) compare(ctx context.Context, step scripts.Step, found map[string]string) error {
	for _, part := range slices.Sorted(maps.Keys(step.Shows)) {
		has, want := found[string(part)], step.Shows[part]
		if has == want || part == store.Email && strings.EqualFold(has, want) {
			continue
		}
		triggers, err := s.triggers(ctx)
		if err != nil {
			return err
		}
		does := "found another " + partWords[part] + " than the scripts have written: nobody would find, or know, what is stored" + triggers
		s.add(&preflightFailure{operations: []string{string(step.Operation)}, problem: does,
			remedy: "Let the table keep what the scripts write, for example with a condition of the trigger that leaves their role " +
				"out (WHEN (current_user <> '…')), or read and write the part through expression and write."})
	}
	return nil
}

var partWords = map[store.Part]string{store.Email: "address", store.Password: "hash of the password"}

// triggers names those that may have done it.
func (s *scriptPreflight) triggers(ctx context.Context) (string, error) {
	names, err := s.t.RowTriggers(ctx, kit.TableObject(s.users))
	if len(names) == 0 {
		return "", err
	}
	return ". Triggers that run then: " + kit.List(quotedNames(names)), err
}

// verifiedFromTheStart is a sign-up with anybody's address that needs no confirmation.
func verifiedFromTheStart() *preflightFailure {
	return &preflightFailure{
		operations: []string{string(scripts.Create)},
		problem: "added a user whose address is verified, although it writes that it is not: " +
			"Auth0 would take whoever signs " +
			"up for the owner of the address",
		remedy: "Where the column of email_verified means the opposite, give the part its " +
			"expression alone, without a name, so " +
			"that it is only read; where a trigger sets it, let it leave new rows as they are.",
	}
}

// triedAgain keeps what stands in the way of a deleted user's new sign-up. Its error is one of the preflight itself.
func (s *scriptPreflight) triedAgain(err error) error {
	var server *pgconn.PgError
	if err != nil && !errors.As(err, &server) {
		return err
	}
	if server != nil && server.Code == "23505" && len(s.failures) == 0 {
		s.again = server.ConstraintName
	}
	return nil // anything else the first sign-up has met as well
}

// unexpected says what a step did in place of what was expected of it.
func unexpected(expected scripts.Expectation, rows int64) string {
	if expected.Looks() {
		return fmt.Sprintf("found %d rows where the one of a new user was meant. "+
			"A row-level security policy hides it, or a trigger of the table has not added it or has changed its address", rows)
	}
	return fmt.Sprintf("changed %d rows where the one of a new user was meant. "+
		"A row-level security policy hides it, or a trigger stops the change without an error", rows)
}

// refused keeps what the server refused, with what can be found out about it.
func (s *scriptPreflight) refused(
	ctx context.Context,
	op scripts.Operation,
	statement scripts.Statement,
	values []*string,
	err error,
) error {
	failure := &preflightFailure{operations: []string{string(op)}}
	if !errors.As(err, &failure.server) {
		return err
	}
	switch {
	case failure.server.Code == "42501":
		grants, _, err := kit.StoreGrants(s.users, []scripts.Operation{op}, s.options.Features())
		if err != nil {
			return err
		}
		if failure.lacking, err = s.t.Lacking(ctx, grants); err != nil {
			return err
		}
	case failure.server.ColumnName != "":
		failure.columns = []string{failure.server.ColumnName}
	case strings.HasPrefix(failure.server.Code, "22"):
		failure.columns = s.unfit(statement, values)
	}
	s.add(failure)
	return nil
}

// unfit are the columns that the values may not fit into: those too short, else all that
// are not text.
func (s *scriptPreflight) unfit(statement scripts.Statement, values []*string) []string {
	var short, others []string
	for i, param := range statement.Params {
		column, ok := s.users.Columns[param.Part]
		if !ok || values[i] == nil {
			continue
		}
		var most int
		name, modifier, limited := strings.Cut(column.Type, "(")
		if _, err := fmt.Sscanf(modifier, "%d", &most); limited && err == nil && strings.HasPrefix(name, "char") &&
			len(*values[i]) > most {
			short = append(short, column.Name)
		}
		if name != "text" {
			others = append(others, column.Name)
		}
	}
	if len(short) > 0 {
		return short
	}
	return others
}

// add joins a failure to the same one of another operation.
func (s *scriptPreflight) add(failure *preflightFailure) {
	for _, other := range s.failures {
		same := other.problem == failure.problem && (other.server == nil) == (failure.server == nil) &&
			slices.Equal(other.columns, failure.columns)
		if same && failure.server != nil {
			a, b := other.server, failure.server
			same = a.Code == b.Code && a.Message == b.Message && a.ColumnName == b.ColumnName &&
				a.ConstraintName == b.ConstraintName &&
				firstLine(a.Where) == firstLine(b.Where)
		}
		if !same {
			continue
		}
		if op := failure.operations[0]; !slices.Contains(other.operations, op) {
			other.operations = append(other.operations, op)
		}
		other.lacking = postgres.MergeGrants(append(other.lacking, failure.lacking...))
		return
	}
	s.failures = append(s.failures, failure)
}

// missing reports whether the table, or a function, is not there at all.
func (s *scriptPreflight) missing() bool {
	return slices.ContainsFunc(s.failures, func(f *preflightFailure) bool {
		return f.server != nil && slices.Contains([]string{"42P01", "3F000", "42883"}, f.server.Code)
	})
}

// report turns what went wrong into errors.
func (s *scriptPreflight) report(diags *diag.Diagnostics) {
	for _, failure := range s.failures {
		failure.report(s, diags)
	}
	if s.again != "" {
		diags.AddAttributeWarning(path.Root("store"), "Deleted Users Cannot Sign Up Again", fmt.Sprintf(
			"%s keeps the rows of deleted users, and its unique index or constraint %q covers them: whoever was deleted and "+
				"signs up again with the same address is told that the user already exists.\n\n"+
				"To let them, give the index the condition of row_filter (CREATE UNIQUE INDEX … WHERE …), or give the column "+
				"another value in on_delete, such as 'deleted-' || id. If it is meant so, nothing is to be done.",
			kit.Capitalized(s.users.Title()), s.again))
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (f *preflightFailure) report(s *scriptPreflight, diags *diag.Diagnostics) {
	table := s.users.Title()
	if through, ok := s.users.Functions(); ok {
		table = fmt.Sprintf("the functions in %q", through.Schema)
	}
	scriptsOf := "The script " + kit.List(f.operations)
	if len(f.operations) > 1 {
		scriptsOf = "The scripts " + kit.List(f.operations)
	}
	end := " Nothing was changed in Auth0. " + withoutPreflight
	if f.server == nil {
		if len(f.columns) > 0 {
			addUnfilled(s.users, f.columns[0], "", diags)
			return
		}
		diags.AddAttributeError(path.Root("store"), "Script Would Fail", fmt.Sprintf("%s, tried on %s as %q, %s.\n\n%s%s",
			scriptsOf, table, s.t.Role, f.problem,
			cmp.Or(f.remedy, "Let the policies and triggers of the table allow it."), end))
		return
	}
	cause := fmt.Sprintf("%s (SQLSTATE %s).", strings.TrimRight(f.server.Message, ". \n"), f.server.Code)
	if f.server.Detail != "" &&
		slices.Contains([]string{"42P10", "55000", "42501"}, f.server.Code) { // which publication, or what it lacks
		cause += " " + kit.Sentence(f.server.Detail)
	}
	if where := strings.Split(f.server.Where, "\n"); where[0] != "" {
		cause += " It comes from " + where[0]
		if last := where[len(where)-1]; last != where[0] {
			cause += ", in " + last
		}
		cause += "."
	}
	if f.server.Hint != "" {
		cause += " " + kit.Sentence(f.server.Hint)
	}
	if f.server.Code == "23502" && slices.Equal(f.operations, []string{string(scripts.Create)}) &&
		f.server.TableName == s.users.Table().Name {
		addUnfilled(s.users, f.server.ColumnName, " The server says: "+cause, diags)
		return
	}
	through, behind := s.users.Functions()
	unfound := f.server.Where != "" && slices.Contains(notFound, f.server.Code)
	if first := strings.ReplaceAll(firstLine(f.server.Where), `"`, ""); unfound && behind &&
		!strings.Contains(first, "function "+strings.ReplaceAll(through.Schema, `"`, "")+".") {
		diags.AddAttributeError(path.Root("store"), "Trigger Finds Nothing", fmt.Sprintf(
			"%s would fail on %s, tried as %q: %s\n\nA trigger that access functions set off has their search_path, "+
				"pg_catalog and pg_temp alone, and finds no other object without its schema. Let its function name its objects "+
				"with their schemas, or give it a search_path of its own (ALTER FUNCTION … SET search_path).%s",
			scriptsOf, table, s.t.Role, cause, end))
		return
	}
	if s.t.Untrusted != "" && unfound {
		diags.AddAttributeWarning(path.Root("store"), "Trigger Not Tried", fmt.Sprintf(
			"%s could not be tried to the end on %s as %q: %s\n\nThe role's search_path has the schema %q, in which other "+
				"roles may create or have created objects. "+
				"They would run in a session that can go back to the rights of the provider, so that nothing is looked up there. "+
				"Let the function name its objects with their schemas, or give it a search_path of its own (ALTER "+
				"FUNCTION … SET search_path).",
			scriptsOf, table, s.t.Role, cause, s.t.Untrusted))
		return
	}
	known := kit.RemedyForScripts(f.server)
	detail := fmt.Sprintf("%s would fail on %s, tried as %q: %s", scriptsOf, table, s.t.Role, cause)
	if len(f.columns) > 0 {
		detail += fmt.Sprintf(" The column at fault is %s.", kit.List(quotedNames(f.columns)))
	}
	remedy := known.Do + f.orLeftOut()
	if len(f.lacking) > 0 {
		var grants []string
		for _, grant := range f.lacking {
			grants = append(grants, fmt.Sprintf("  GRANT %s TO %s;", grant, kit.QuoteIdentifier(s.t.Role)))
		}
		remedy += ", or run\n\n" + strings.Join(grants, "\n") + "\n\n" + strings.TrimSpace(end)
		end = ""
	} else {
		remedy += "."
		if f.server.Code == "42501" {
			remedy = "The role has what the script's own SQL needs. Grant it what a trigger or a default needs, or let a " +
				"row-level security policy allow it, as the server's words say" + f.orLeftOut() + "."
		}
	}
	diags.AddAttributeError(path.Root("store"), known.Summary, detail+"\n\n"+remedy+end)
}

// orLeftOut is the other way to settle a privilege that the role is not meant to have: without operations, the connection
// has a script for all that the store has the parts for.
func (f *preflightFailure) orLeftOut() string {
	if f.server.Code != "42501" || slices.Contains(f.operations, string(scripts.Login)) {
		return ""
	}
	return fmt.Sprintf(", or leave %s out of the connection's operations, which without that "+
		"attribute are all that the store "+
		"has the parts for", kit.List(f.operations))
}

// notFound are the SQLSTATEs of a name that is not found: a function, a relation, a type or operator, a schema.
var notFound = []string{"42883", "42P01", "42704", "3F000"}

func quotedNames(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return quoted
}
