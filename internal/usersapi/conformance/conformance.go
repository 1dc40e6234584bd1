// SPDX-License-Identifier: MPL-2.0

// Package conformance tries an implementation of the contract web_service, whoever wrote it: what it answers to what the
// scripts ask, and to what they never would. With changes allowed it adds two users under addresses that nobody can have,
// takes them through all that can happen to a user, and deletes them.
package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
)

// Options say what is tried, and as whom.
type Options struct {
	// URL is that of the API, below which is /v1.
	URL string
	// Token is an access token for all operations; Username and Password are credentials. One of the two is there.
	Token, Username, Password string
	// PasswordCheck is "script" or "api", whichever the API is made for.
	PasswordCheck string
	// Passwords says in which format hashes are handed over where the scripts check.
	Passwords check.Options
	// AllowChanges lets the check add, change and delete users of its own.
	AllowChanges bool
}

// Outcome is what came of a rule.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "pass"
	Failed  Outcome = "FAIL"
	Skipped Outcome = "skip"
)

// Result is what came of a rule, with the reason where it did not pass.
type Result struct {
	Rule    string
	Outcome Outcome
	Reason  string
}

// rule is something that an implementation has to keep.
type rule struct {
	name string
	try  func(ctx context.Context, r *run) error
}

// skip is why a rule is not tried.
type skip string

func (s skip) Error() string { return string(s) }

// run is one check of one implementation.
type run struct {
	Options
	client  client
	checker *check.Checker
	// ada and grace are the users of the check, mark what is in all of their addresses.
	ada, grace user
	mark       string
	created    bool
}

// user is one of the check's own.
type user struct{ id, email, username, password string }

// Run tries all rules, one after the other, and tells of each. It returns an error where nothing can be tried.
func Run(ctx context.Context, o Options, tell func(Result)) (passed bool, err error) {
	r, err := newRun(o)
	if err != nil {
		return false, err
	}
	passed = true
	try := func(rule rule) {
		result := Result{Rule: rule.name, Outcome: Passed}
		var skipped skip
		switch err := rule.try(ctx, r); {
		case errors.As(err, &skipped):
			result.Outcome, result.Reason = Skipped, err.Error()
		case err != nil:
			result.Outcome, result.Reason, passed = Failed, err.Error(), false
		}
		tell(result)
	}
	for _, rule := range reading {
		try(rule)
	}
	for i, rule := range changing {
		switch {
		case !o.AllowChanges:
			tell(Result{rule.name, Skipped, "it would add, change and delete users; changes are not allowed"})
		case i > 0 && !r.created:
			tell(Result{rule.name, Skipped, "no user was added"})
		default:
			try(rule)
		}
	}
	if o.AllowChanges {
		try(rule{name: "the users of the check are gone", try: cleaned})
	}
	return passed, ctx.Err()
}

func newRun(o Options) (*run, error) {
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	if o.PasswordCheck != "script" && o.PasswordCheck != "api" {
		return nil, fmt.Errorf("the password check is %q and not script or api", o.PasswordCheck)
	}
	r := &run{Options: o, client: c, mark: strings.ToLower(rand.Text()[:12])}
	if r.checker, err = check.New(o.Passwords); err != nil {
		return nil, err
	}
	r.ada, r.grace = r.newUser("ada"), r.newUser("grace")
	return r, nil
}

// newUser has an address in a domain that is kept for what does not exist.
func (r *run) newUser(name string) user {
	name = "auth0pg-check-" + name + "-" + r.mark
	return user{email: name + "@example.invalid", username: name, password: "Correct-Horse-" + r.mark}
}

// cleaned deletes whoever is left, under whichever address.
func cleaned(ctx context.Context, r *run) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, email := range []string{r.ada.email, r.grace.email, r.changedEmail()} {
		found, err := r.find(ctx, email)
		if err != nil {
			return fmt.Errorf("looking for %s: %w", email, err)
		}
		for _, u := range found {
			if _, err := r.change(ctx, "delete", object{"user_id": u["user_id"]}); err != nil {
				return fmt.Errorf("%s is left, delete it by hand: %w", email, err)
			}
		}
	}
	return nil
}

// changedEmail is the address that the check gives its first user.
func (r *run) changedEmail() string { return "auth0pg-check-changed-" + r.mark + "@example.invalid" }
