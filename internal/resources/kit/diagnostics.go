// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// PostgresDetail explains a failure on the server: what was attempted, the cause with
// its SQLSTATE in the server's words, and what to do.
func PostgresDetail(attempted string, err error) string {
	var connect *postgres.ConnectError
	if errors.As(err, &connect) {
		return fmt.Sprintf("%s: %s\n\n%s", attempted, Sentence(connect.Error()), connectRemedy(connect))
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return fmt.Sprintf("%s: %s%s\n\n%s", attempted, ServersWords(server), HeldUpBy(err), remedyFor(server, err))
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return attempted + ": the time given for it ran out." + HeldUpBy(err) + "\n\nRaise the object's timeout, or see in pg_stat_activity what holds " +
			"the work up, and apply again."
	case errors.Is(err, context.Canceled):
		return attempted + ": it was cancelled.\n\nApply again to finish."
	}
	return fmt.Sprintf("%s: %s\n\n%s", attempted, Sentence(err.Error()), JustApply)
}

// HeldUpBy is a sentence that names the sessions which an error says were waited for; "" for none.
func HeldUpBy(err error) string {
	var held *postgres.HeldUpError
	if !errors.As(err, &held) {
		return ""
	}
	return fmt.Sprintf("\nIt was held up by %s.", held.Who())
}

// remedyFor is [Remedy], and what lets the provider end those who held it up.
func remedyFor(server *pgconn.PgError, err error) string {
	var held *postgres.HeldUpError
	if !errors.As(err, &held) {
		return Remedy(server)
	}
	var prepared []string
	for _, h := range held.Holders {
		if h.GID != "" {
			prepared = append(prepared, fmt.Sprintf("  ROLLBACK PREPARED %s; -- in the database %s, as %s or a superuser",
				postgres.QuoteLiteral(h.GID), postgres.Ident(h.Database), postgres.Ident(h.Role)))
		}
	}
	switch {
	case len(prepared) > 0:
		return "A prepared transaction has no session and stays until somebody ends it:\n\n" + strings.Join(prepared, "\n") +
			"\n\nThen apply again."
	case held.MayNotEnd == "":
		return "Let that end, or end it with pg_terminate_backend, and apply again."
	}
	return fmt.Sprintf("The provider ends sessions of the role %q that hold up its change, and may "+
		"not: have a superuser run\n\n"+
		"  GRANT pg_signal_backend TO <the role that the provider connects as>;\n\nor end them with "+
		"pg_terminate_backend. Then apply again.", held.MayNotEnd)
}

// What to do where nothing better is known. At plan, asPlanned says it otherwise.
const (
	CorrectAndApply = "Correct the cause and apply again; what was done so far is recognised."
	JustApply       = "Apply again; what was done so far is recognised."
)

// raisedBy is the function in which an error came up.
var raisedBy = regexp.MustCompile(`^PL/\w+ (function [^\s(]+\([^()]*\))`)

// ServersWords is what the server said, without what may come out of a row: an address, or a hash.
func ServersWords(err *pgconn.PgError) string {
	if postgres.QuotesValue(err.Code) {
		if function := raisedBy.FindStringSubmatch(err.Where); function != nil {
			return fmt.Sprintf("the %s raised an error, whose words may be about a user (SQLSTATE %s).", function[1], err.Code)
		}
		return fmt.Sprintf("a value in one of the rows does not fit (SQLSTATE %s).", err.Code)
	}
	words := fmt.Sprintf("%s (SQLSTATE %s).", strings.TrimRight(err.Message, ". \n"), err.Code)
	// Details of other classes, such as violated constraints and what a trigger raises, quote rows.
	if quotesNoRows := []string{"0A", "2B", "40", "42", "53", "55", "57"}; err.Detail != "" &&
		slices.ContainsFunc(quotesNoRows, func(class string) bool { return strings.HasPrefix(err.Code, class) }) {
		words += "\n" + err.Detail
	}
	return words
}

func connectRemedy(err error) string {
	var pooler *postgres.PoolerError
	if errors.As(err, &pooler) {
		return "Give the provider's postgres settings the server's own address, or that of a pooler in session mode: " +
			"at Neon the host without -pooler, at Supabase port 5432 in place of 6543. The scripts may go through the pooler."
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return Remedy(server)
	}
	return "Check the provider's postgres settings and that the server accepts connections from here."
}

// ChangedSincePlanError is something that somebody did between plan and apply.
type ChangedSincePlanError struct{ What string }

func (e *ChangedSincePlanError) Error() string { return e.What }

const GrantorRemedy = "The role that the provider connects as must own the object, be a member of its owner, or hold " +
	"the privilege WITH GRANT OPTION."

// UntrustedRemedy is for a name that resolves to an object of a role that is not trusted.
const UntrustedRemedy = "It would run with the rights of the provider and of everybody who uses " +
	"the table, as its owner likes. " +
	"Name the object that is meant with its schema, drop that of the other role if it stands in its place, or give it " +
	"to the owner of the table or of the database."

// ForeignRemedy is for code of a role that is not trusted which reading rows would run, see [postgres.ForeignError].
const ForeignRemedy = "Give what is named to a superuser or to the provider's own role (ALTER " +
	"… OWNER TO), once you have " +
	"seen what it does, or read the users through something that does not call it."
