// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi/conformance"
)

// errFailed means that a rule was not kept, which is told already.
var errFailed = errors.New("not every rule is kept")

// checkAPI tries an implementation and writes a line for each rule.
func checkAPI(ctx context.Context, args, environment []string, out, log io.Writer) error {
	s := newSettings("check", environment, log)
	var o conformance.Options
	s.StringVar(&o.URL, "url", "", "`URL` of the API, below which is /v1 (required)")
	s.StringVar(&o.PasswordCheck, "password-check", "script", "who compares passwords: script or api")
	s.BoolVar(&o.AllowChanges, "allow-changes", false, "add two users at example.invalid, change and delete them; without it, only what reads is tried")
	passwords, secrets := passwordFlags(s)
	token, username, password := s.secret("TOKEN"), s.secret("USERNAME"), s.secret("PASSWORD")
	// The variables of serve may be there as well.
	other := newSettings("serve", nil, io.Discard)
	_, _ = serveFlags(other)
	if err := s.parse(args, other.variables()...); err != nil {
		return err
	}
	o.Token, o.Username, o.Password, o.Passwords = *token, *username, *password, secrets(passwords)
	if o.URL == "" {
		return errors.New("say with -url which API to check")
	}
	count := map[conformance.Outcome]int{}
	passed, err := conformance.Run(ctx, o, func(r conformance.Result) {
		count[r.Outcome]++
		fmt.Fprintf(out, "%s  %s\n", r.Outcome, r.Rule)
		if r.Reason != "" {
			fmt.Fprintf(out, "      %s\n", r.Reason)
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d rules are kept, %d are not, %d were not tried.\n",
		count[conformance.Passed], count[conformance.Failed], count[conformance.Skipped])
	if !passed {
		return errFailed
	}
	return nil
}
