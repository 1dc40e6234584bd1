// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// operation is one path of the contract web_service.
type operation struct {
	// scope is the operation of Auth0's that a token must be good for.
	scope scripts.Operation
	run   func(ctx context.Context, u *users, o object) (any, error)
}

// webService are the paths below /v1.
var webService = map[string]operation{
	"login":           {scripts.Login, login},
	"get_user":        {scripts.GetUser, getUser},
	"create":          {scripts.Create, create},
	"verify":          {scripts.Verify, verify},
	"change_password": {scripts.ChangePassword, changePassword},
	"change_email":    {scripts.ChangeEmail, changeEmail},
	"change_username": {scripts.ChangeUsername, changeUsername},
	"delete":          {scripts.Delete, deleteUser},
	"record_login":    {scripts.Login, recordLogin},
	"replace_hash":    {scripts.Login, replaceHash},
}

// found is the answer of what looks users up.
type found struct {
	Users []map[string]any `json:"users"`
}

// outcome is the answer of what changes a user.
type outcome struct {
	Result string `json:"result"`
}

func toOutcome(result string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return outcome{result}, nil
}

// toUser is a row in the contract's words, without any hash.
func toUser(r row) map[string]any {
	user := map[string]any{}
	for column, value := range r {
		switch column {
		case string(store.ID):
			user["user_id"] = value
		case string(store.Password), string(store.PasswordSalt):
		case string(store.UserMetadata), string(store.AppMetadata):
			user[column] = metadata(value)
		default:
			user[column] = value
		}
	}
	return user
}

func login(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("identifier", "password"); err != nil {
		return nil, err
	}
	identifier, err := o.needed("identifier", maxIdentifier)
	if err != nil {
		return nil, err
	}
	password, err := o.text("password")
	if err != nil {
		return nil, err
	}
	if err := u.expects("password", password, u.passwords != nil); err != nil {
		return nil, err
	}
	rows, err := u.find(ctx, scripts.Login, identifier)
	if err != nil {
		return nil, err
	}
	var matches bool
	if u.passwords != nil {
		if matches, err = u.matches(ctx, *password, rows); err != nil {
			return nil, err
		}
	}
	answer := found{[]map[string]any{}}
	for _, r := range rows {
		user := toUser(r)
		if u.passwords != nil {
			user["password_matches"] = matches
		} else {
			user["password_hash"], user["password_salt"] = r["password"], r["password_salt"]
		}
		answer.Users = append(answer.Users, user)
	}
	return answer, nil
}

// expects refuses a member that the way to check passwords needs and is not there, and one that it has no use for.
func (u *users) expects(name string, value *string, wanted bool) error {
	if wanted == (value != nil) {
		return nil
	}
	if wanted {
		return badRequest("%s is missing: this API checks passwords in the way %q", name, u.config.PasswordCheck)
	}
	return badRequest("%s must be null: this API checks passwords in the way %q", name, u.config.PasswordCheck)
}

// newHash is what is stored of a new password: its hash, which came with the request or is made here.
func (u *users) newHash(ctx context.Context, o object) (*string, error) {
	password, err := o.text("password")
	if err != nil {
		return nil, err
	}
	hash, err := o.text("password_hash")
	if err != nil {
		return nil, err
	}
	inAPI := u.passwords != nil
	if err := u.expects("password", password, inAPI); err != nil {
		return nil, err
	}
	if err := u.expects("password_hash", hash, !inAPI); err != nil {
		return nil, err
	}
	if inAPI {
		return u.hash(ctx, *password)
	}
	if !isText(*hash, maxID) {
		return nil, unfit("the hash is empty, too long, or has a NUL")
	}
	return hash, nil
}

func getUser(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("identifier", "user_id"); err != nil {
		return nil, err
	}
	identifier, err := o.text("identifier")
	if err != nil {
		return nil, err
	}
	id, err := o.text("user_id")
	if err != nil {
		return nil, err
	}
	var rows []row
	switch {
	case (identifier == nil) == (id == nil):
		return nil, badRequest("one of identifier and user_id has a value, the other is null")
	case id != nil && !isText(*id, maxID), identifier != nil && !isText(*identifier, maxIdentifier):
		return nil, badRequest("what is looked for is empty, too long, or has a NUL")
	case id != nil:
		rows, err = u.findByID(ctx, *id)
	default:
		rows, err = u.find(ctx, scripts.GetUser, *identifier)
	}
	if err != nil {
		return nil, err
	}
	answer := found{[]map[string]any{}}
	for _, r := range rows {
		answer.Users = append(answer.Users, toUser(r))
	}
	return answer, nil
}

// signUp are the parts of a new user that are text.
var signUp = []string{
	"email", "username", "nickname", "name", "given_name", "family_name", "picture", "phone_number",
}

func create(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("user", "password", "password_hash"); err != nil {
		return nil, err
	}
	user, err := toObject(o["user"], "user")
	if err != nil {
		return nil, err
	}
	given, err := newUser(user)
	if err != nil {
		return nil, err
	}
	if given["password"], err = u.newHash(ctx, o); err != nil {
		return nil, err
	}
	return toOutcome(u.change(ctx, string(scripts.Create), given))
}

// newUser checks a sign-up. Whoever signs up is neither verified nor blocked: these are no members.
func newUser(user object) (values, error) {
	if err := user.only(append(slices.Clone(signUp), "user_metadata", "app_metadata")...); err != nil {
		return nil, err
	}
	given := values{}
	for _, name := range signUp {
		text, err := user.text(name)
		if err != nil {
			return nil, err
		}
		if text != nil && !isText(*text, maxPart) {
			return nil, unfit(name + " is empty, too long, or has a NUL")
		}
		given[name] = text
	}
	if given["email"] == nil || !isEmail(*given["email"]) {
		return nil, unfit("email is no address that can be used")
	}
	// As a user name, somebody else's address would keep that person from signing up.
	if name := given["username"]; name != nil && strings.Contains(*name, "@") && !strings.EqualFold(*name, *given["email"]) {
		return nil, unfit("username is an address, and not the user's own")
	}
	for _, name := range []string{"user_metadata", "app_metadata"} {
		text, err := newMetadata(user[name], name)
		if err != nil {
			return nil, err
		}
		given[name] = text
	}
	return given, nil
}

// newMetadata is an object as text; nil for null and for one that is not there.
func newMetadata(raw json.RawMessage, name string) (*string, error) {
	if raw == nil || string(raw) == "null" {
		return nil, nil
	}
	if _, err := toObject(raw, name); err != nil {
		return nil, err
	}
	if hasNUL(raw) || len(raw) > maxMetadata {
		return nil, unfit(name + " is too long, or has a NUL")
	}
	text := string(raw)
	return &text, nil
}

// hasNUL finds the escape \u0000 that is none of a backslash.
func hasNUL(raw []byte) bool {
	for i := 0; i+5 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if unit, ok := escaped(raw[i:]); ok && unit == 0 {
			return true
		}
		i++
	}
	return false
}

func verify(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("email"); err != nil {
		return nil, err
	}
	email, err := o.needed("email", maxIdentifier)
	if err != nil || !isEmail(email) {
		return toOutcome(none, err)
	}
	return toOutcome(u.change(ctx, string(scripts.Verify), values{"email": &email}))
}

func changePassword(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("email", "password", "password_hash"); err != nil {
		return nil, err
	}
	email, err := o.needed("email", maxIdentifier)
	if err != nil {
		return nil, err
	}
	hash, err := u.newHash(ctx, o)
	if err != nil || !isEmail(email) {
		return toOutcome(none, err)
	}
	return toOutcome(u.change(ctx, string(scripts.ChangePassword), values{"email": &email, "password": hash}))
}

func changeEmail(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("email", "new_email", "verified"); err != nil {
		return nil, err
	}
	email, err := o.needed("email", maxIdentifier)
	if err != nil {
		return nil, err
	}
	newEmail, err := o.needed("new_email", maxIdentifier)
	if err != nil {
		return nil, err
	}
	verified, err := o.flag("verified")
	switch {
	case err != nil:
		return nil, err
	case !isEmail(newEmail):
		return nil, unfit("new_email is no address that can be used")
	case !isEmail(email):
		return outcome{none}, nil
	}
	flag := map[bool]string{true: "true", false: "false"}[verified]
	return toOutcome(u.change(ctx, string(scripts.ChangeEmail),
		values{"email": &email, "new_email": &newEmail, "verified": &flag}))
}

func changeUsername(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("username", "new_username"); err != nil {
		return nil, err
	}
	username, err := o.needed("username", maxIdentifier)
	if err != nil {
		return nil, err
	}
	newUsername, err := o.needed("new_username", maxPart)
	if err != nil || !isIdentifier(username) {
		return toOutcome(none, err)
	}
	return toOutcome(u.change(ctx, string(scripts.ChangeUsername),
		values{"username": &username, "new_username": &newUsername}))
}

func deleteUser(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("user_id"); err != nil {
		return nil, err
	}
	id, err := o.needed("user_id", maxID)
	if err != nil {
		return nil, err
	}
	return toOutcome(u.changeByID(ctx, string(scripts.Delete), id, values{}))
}

func recordLogin(ctx context.Context, u *users, o object) (any, error) {
	if err := o.only("user_id"); err != nil {
		return nil, err
	}
	id, err := o.needed("user_id", maxID)
	if err != nil {
		return nil, err
	}
	return toOutcome(u.recordLogin(ctx, id))
}

func replaceHash(ctx context.Context, u *users, o object) (any, error) {
	if u.passwords != nil {
		return nil, notOffered("with the password check api, replace_hash")
	}
	if err := o.only("user_id", "old_password_hash", "password_hash"); err != nil {
		return nil, err
	}
	id, err := o.needed("user_id", maxID)
	if err != nil {
		return nil, err
	}
	old, err := o.needed("old_password_hash", maxID)
	if err != nil {
		return nil, err
	}
	hash, err := o.needed("password_hash", maxID)
	if err != nil {
		return nil, err
	}
	return toOutcome(u.changeByID(ctx, "login_rehash", id, values{"old_password": &old, "password": &hash}))
}
