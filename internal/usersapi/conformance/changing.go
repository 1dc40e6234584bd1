// SPDX-License-Identifier: MPL-2.0

package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// changing are the rules about the users of the check, in this order: each goes on from what the one before has done.
var changing = []rule{
	{name: "create adds a user", try: creates},
	{name: "create does not add a user twice", try: createsOnce},
	{name: "create of two at once adds one", try: createsOneOfTwo},
	{name: "login finds the user, with the password alone", try: logsIn},
	{name: "get_user finds the same user by address and id", try: findsAgain},
	{name: "metadata comes back as it was", try: keepsMetadata},
	{name: "an address that only looks alike finds nobody", try: lookalikes},
	{name: "login takes as long for nobody as for a wrong password", try: sameTime},
	{name: "verify keeps that the address is the user's", try: verifies},
	{name: "change_password replaces the password", try: changesPassword},
	{name: "replace_hash replaces the hash that it was compared with, and no other", try: replacesHash},
	{name: "change_email moves the user to another address", try: changesEmail},
	{name: "change_username gives the user another name", try: changesUsername},
	{name: "record_login takes the user's id", try: recordsLogin},
	{name: "delete takes the user away, once", try: deletes},
}

// login is the body of a login.
func (r *run) login(identifier, password string) object {
	if r.PasswordCheck == "script" {
		return object{"identifier": identifier, "password": nil}
	}
	return object{"identifier": identifier, "password": password}
}

// secret adds a new password to a body.
func (r *run) secret(ctx context.Context, body object, password string) (object, error) {
	body["password"], body["password_hash"] = nil, nil
	if r.PasswordCheck == "api" {
		body["password"] = password
		return body, nil
	}
	hash, err := r.checker.Hash(ctx, password)
	body["password_hash"] = hash
	return body, err
}

// fits tells whether a login with the password would go on.
func (r *run) fits(ctx context.Context, identifier, password string) (user object, fits bool, err error) {
	user, err = r.only(ctx, "login", r.login(identifier, password))
	if err != nil {
		return user, false, err
	}
	if r.PasswordCheck == "api" {
		return user, user["password_matches"] == true, nil
	}
	hash, _ := user["password_hash"].(string)
	salt, _ := user["password_salt"].(string)
	match, err := r.checker.Compare(ctx, password, hash, salt)
	return user, match.Fits, err
}

// expectFit expects that a password fits, or does not.
func (r *run) expectFit(ctx context.Context, identifier, password string, want bool) error {
	_, fits, err := r.fits(ctx, identifier, password)
	if err == nil && fits != want {
		err = fmt.Errorf("the password fits: %t; %t was expected", fits, want)
	}
	return err
}

func (r *run) signUp(ctx context.Context, u user) (object, error) {
	return r.secret(ctx, object{"user": object{
		"email": u.email, "username": u.username, "nickname": nil, "name": "Check", "given_name": nil, "family_name": nil,
		"picture": nil, "phone_number": nil, "user_metadata": object{"color": "blau 🐎"}, "app_metadata": object{"plan": "gold"},
	}}, u.password)
}

func creates(ctx context.Context, r *run) error {
	for _, u := range []user{r.ada, r.grace} {
		body, err := r.signUp(ctx, u)
		if err != nil {
			return err
		}
		if err := r.gives(ctx, "changed", "create", body); err != nil {
			return err
		}
	}
	r.created = true
	return nil
}

func createsOnce(ctx context.Context, r *run) error {
	again := r.ada
	again.email = strings.ToUpper(again.email)
	body, err := r.signUp(ctx, again)
	if err != nil {
		return err
	}
	return r.gives(ctx, "conflict", "create", body)
}

func createsOneOfTwo(ctx context.Context, r *run) error {
	body, err := r.signUp(ctx, user{email: r.changedEmail(), username: "auth0pg-check-race-" + r.mark, password: r.ada.password})
	if err != nil {
		return err
	}
	results, failures := make([]string, 2), make([]error, 2)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i], failures[i] = r.change(ctx, "create", body) })
	}
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	if slices.Sort(results); results[0] != "changed" || results[1] != "conflict" {
		return fmt.Errorf("the results are %v; changed and conflict were expected", results)
	}
	u, err := r.only(ctx, "get_user", object{"identifier": r.changedEmail(), "user_id": nil})
	if err != nil {
		return err
	}
	return r.gives(ctx, "changed", "delete", object{"user_id": u["user_id"]})
}

func logsIn(ctx context.Context, r *run) error {
	user, fits, err := r.fits(ctx, strings.ToUpper(r.ada.email), r.ada.password)
	switch {
	case err != nil:
		return err
	case !fits:
		return errors.New("the right password does not fit")
	case !strings.EqualFold(fmt.Sprint(user["email"]), r.ada.email):
		return errors.New("it is another address")
	case user["email_verified"] == true || user["phone_verified"] == true || user["blocked"] == true:
		return errors.New("who has just signed up is verified or blocked")
	case user["migrated_ago"] != nil:
		return errors.New("who has just signed up was migrated")
	}
	r.ada.id, _ = user["user_id"].(string)
	for _, wrong := range []string{r.ada.password + "x", "x", strings.ToUpper(r.ada.password)} {
		if err := r.expectFit(ctx, r.ada.email, wrong, false); err != nil {
			return err
		}
	}
	return nil
}

func findsAgain(ctx context.Context, r *run) error {
	for _, body := range []object{
		{"identifier": r.ada.email, "user_id": nil}, {"identifier": strings.ToUpper(r.ada.email), "user_id": nil},
		{"identifier": nil, "user_id": r.ada.id},
	} {
		u, err := r.only(ctx, "get_user", body)
		if err != nil {
			return err
		}
		if u["user_id"] != r.ada.id {
			return errors.New("it is another id than at the login")
		}
	}
	return nil
}

func keepsMetadata(ctx context.Context, r *run) error {
	u, err := r.only(ctx, "get_user", object{"identifier": r.ada.email, "user_id": nil})
	if err != nil {
		return err
	}
	if u["user_metadata"] == nil && u["app_metadata"] == nil {
		return skip("the store has no metadata")
	}
	for part, want := range map[string]string{"user_metadata": "map[color:blau 🐎]", "app_metadata": "map[plan:gold]"} {
		if got := fmt.Sprint(u[part]); u[part] != nil && got != want {
			return fmt.Errorf("%s is another one than was stored", part)
		}
	}
	return nil
}

func lookalikes(ctx context.Context, r *run) error {
	for _, email := range []string{
		strings.Replace(r.ada.email, "k", "\u212a", 1), strings.Replace(r.ada.email, "i", "\u0130", 1), r.ada.email + " ",
		" " + r.ada.email, r.ada.email + ".", strings.Replace(r.ada.email, "a", "%", 1), strings.Replace(r.ada.email, "@", "+x@", 1),
	} {
		found, err := r.find(ctx, email)
		var refused skip
		if errors.As(err, &refused) {
			return err
		}
		if err == nil && len(found) > 0 { // a refusal is as good
			return fmt.Errorf("%q finds the user", email)
		}
	}
	return nil
}

// sameTime compares medians where the API compares passwords.
func sameTime(ctx context.Context, r *run) error {
	if r.PasswordCheck != "api" {
		return skip("the scripts compare passwords")
	}
	measure := func(identifier string) (time.Duration, error) {
		var times []time.Duration
		for range 7 {
			started := time.Now()
			if _, err := r.users(ctx, "login", r.login(identifier, "x")); err != nil {
				return 0, err
			}
			times = append(times, time.Since(started))
		}
		slices.Sort(times)
		return times[len(times)/2], nil
	}
	known, err := measure(r.ada.email)
	if err != nil {
		return err
	}
	unknown, err := measure("nobody-" + r.ada.email)
	if err != nil {
		return err
	}
	if difference := (known - unknown).Abs(); difference > 20*time.Millisecond && difference > max(known, unknown)/2 {
		return fmt.Errorf("%s for a wrong password, %s for nobody: the time tells who is there", known, unknown)
	}
	return nil
}

func verifies(ctx context.Context, r *run) error {
	if err := r.gives(ctx, "none", "verify", object{"email": "nobody-" + r.ada.email}); err != nil {
		return err
	}
	for range 2 {
		if err := r.gives(ctx, "changed", "verify", object{"email": strings.ToUpper(r.ada.email)}); err != nil {
			return err
		}
	}
	u, err := r.only(ctx, "get_user", object{"identifier": r.ada.email, "user_id": nil})
	if err == nil && u["email_verified"] != true {
		err = errors.New("the user is not verified")
	}
	return err
}

func changesPassword(ctx context.Context, r *run) error {
	former := r.ada.password
	r.ada.password = "Another-Horse-" + r.mark
	nobody, err := r.secret(ctx, object{"email": "nobody-" + r.ada.email}, r.ada.password)
	if err != nil {
		return err
	}
	if err := r.gives(ctx, "none", "change_password", nobody); err != nil {
		r.ada.password = former
		return err
	}
	body, err := r.secret(ctx, object{"email": r.ada.email}, r.ada.password)
	if err != nil {
		return err
	}
	if err := r.gives(ctx, "changed", "change_password", body); err != nil {
		r.ada.password = former
		return err
	}
	return errors.Join(r.expectFit(ctx, r.ada.email, former, false), r.expectFit(ctx, r.ada.email, r.ada.password, true),
		r.expectFit(ctx, r.grace.email, r.grace.password, true))
}

func replacesHash(ctx context.Context, r *run) error {
	if r.PasswordCheck != "script" {
		return skip("the API replaces hashes by itself")
	}
	user, _, err := r.fits(ctx, r.ada.email, r.ada.password)
	if err != nil {
		return err
	}
	hash, err := r.checker.Hash(ctx, r.ada.password)
	if err != nil {
		return err
	}
	if err := r.gives(ctx, "none", "replace_hash", object{"user_id": r.ada.id, "old_password_hash": hash, "password_hash": hash}); err != nil {
		return err
	}
	body := object{"user_id": r.ada.id, "old_password_hash": user["password_hash"], "password_hash": hash}
	if err := r.gives(ctx, "changed", "replace_hash", body); err != nil {
		return err
	}
	return r.expectFit(ctx, r.ada.email, r.ada.password, true)
}

func changesEmail(ctx context.Context, r *run) error {
	change := func(from, to string) object { return object{"email": from, "new_email": to, "verified": false} }
	if err := r.gives(ctx, "conflict", "change_email", change(r.ada.email, strings.ToUpper(r.grace.email))); err != nil {
		return err
	}
	if err := r.gives(ctx, "none", "change_email", change("nobody-"+r.ada.email, r.changedEmail())); err != nil {
		return err
	}
	if err := r.gives(ctx, "changed", "change_email", change(r.ada.email, r.changedEmail())); err != nil {
		return err
	}
	former := r.ada.email
	r.ada.email = r.changedEmail()
	u, err := r.only(ctx, "get_user", object{"identifier": r.ada.email, "user_id": nil})
	if err != nil {
		return err
	}
	if u["user_id"] != r.ada.id || u["email_verified"] == true {
		return errors.New("it is another user, or the new address is verified")
	}
	return r.nobody(ctx, "get_user", object{"identifier": former, "user_id": nil})
}

func changesUsername(ctx context.Context, r *run) error {
	found, err := r.find(ctx, r.ada.username)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return skip("the store has no user names")
	}
	change := func(from, to string) object { return object{"username": from, "new_username": to} }
	if err := r.gives(ctx, "conflict", "change_username", change(r.ada.username, r.grace.username)); err != nil {
		return err
	}
	if err := r.gives(ctx, "none", "change_username", change("nobody-"+r.ada.username, "x-"+r.ada.username)); err != nil {
		return err
	}
	if err := r.gives(ctx, "none", "change_username", change(r.ada.username, r.grace.email)); err != nil {
		return fmt.Errorf("to an address: %w", err)
	}
	former := r.ada.username
	if err := r.gives(ctx, "changed", "change_username", change(former, "x-"+former)); err != nil {
		return err
	}
	r.ada.username = "x-" + former
	u, err := r.only(ctx, "get_user", object{"identifier": r.ada.username, "user_id": nil})
	if err == nil && (u["user_id"] != r.ada.id || u["found_by_email"] == true) {
		err = errors.New("it is another user, or found_by_email is true of a user name")
	}
	if err != nil {
		return err
	}
	return r.nobody(ctx, "get_user", object{"identifier": former, "user_id": nil})
}

func recordsLogin(ctx context.Context, r *run) error {
	result, err := r.change(ctx, "record_login", object{"user_id": r.ada.id})
	if err == nil && result == "conflict" {
		err = errors.New("the result is conflict")
	}
	if err != nil {
		return err
	}
	return r.gives(ctx, "none", "record_login", object{"user_id": "99999999999999999999"})
}

func deletes(ctx context.Context, r *run) error {
	if err := r.gives(ctx, "none", "delete", object{"user_id": "99999999999999999999"}); err != nil {
		return err
	}
	if err := r.gives(ctx, "changed", "delete", object{"user_id": r.ada.id}); err != nil {
		return err
	}
	if err := r.gives(ctx, "none", "delete", object{"user_id": r.ada.id}); err != nil {
		return err
	}
	if err := r.nobody(ctx, "get_user", object{"identifier": r.ada.email, "user_id": nil}); err != nil {
		return err
	}
	u, err := r.only(ctx, "get_user", object{"identifier": r.grace.email, "user_id": nil})
	if err != nil {
		return fmt.Errorf("the other user: %w", err)
	}
	return r.gives(ctx, "changed", "delete", object{"user_id": u["user_id"]})
}
