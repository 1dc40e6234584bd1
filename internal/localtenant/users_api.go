// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// idpCode is the code of errors that come from the database behind a connection.
const idpCode = "auth0_idp_error"

var errUserConflict = &apiError{status: http.StatusConflict, message: "The user already exists.", code: idpCode}

// userFailure says how an error of a script reaches the caller of the Management
// API.
func userFailure(err error) error {
	var refusal *signupError
	if errors.As(err, &refusal) {
		switch {
		case refusal.code == userExistsCode:
			return errUserConflict
		case refusal.policy != "":
			return badBody("PasswordStrengthError: Password is too weak")
		case refusal.code == dictionaryCode:
			return badBody("PasswordDictionaryError: " + refusal.text())
		case refusal.code == userInfoCode:
			return badBody("PasswordNoUserInfoError: " + refusal.text())
		default:
			return badBody(refusal.text())
		}
	}
	var script *ScriptError
	if errors.As(err, &script) {
		if script.Code == userExistsCode {
			return errUserConflict
		}
		return &apiError{status: http.StatusBadRequest, message: script.Message, code: idpCode}
	}
	return err
}

var createUserSchema = &schema{
	types: []string{"object"}, required: []string{"connection"},
	properties: map[string]*schema{
		"connection": {types: []string{"string"}, minLength: 1}, "email": text, "username": text, "password": text,
		"email_verified": boolean, "verify_email": boolean, "blocked": boolean, "user_id": text,
		"user_metadata": typed("object"), "app_metadata": typed("object"),
	},
}

func (t *Tenant) apiCreateUser(c *call) (int, any, error) {
	body, err := c.object(createUserSchema)
	if err != nil {
		return 0, nil, err
	}
	conn := t.snapshotNamed(body.string("connection"))
	id := userPrefix + strings.TrimPrefix(body.string("user_id"), userPrefix)
	if body.has("user_id") && t.known(id) {
		return 0, nil, errUserConflict
	}
	if conn == nil {
		return 0, nil, &apiError{status: http.StatusBadRequest, message: "The connection does not exist.",
			code: "inexistent_connection"}
	}
	attributes := newObject()
	for _, key := range body.keys {
		if !slices.Contains(
			[]string{"connection", "email", "username", "phone_number", "password", "verify_email", "user_id"},
			key,
		) {
			attributes.set(key, body.get(key))
		}
	}
	u, err := t.createUser(c.Context(), conn, newUser{
		id: strings.TrimPrefix(
			body.string("user_id"),
			userPrefix,
		), email: body.string("email"), username: body.string("username"),
		phone: body.string("phone_number"), password: body.string("password"), attributes: attributes,
	})
	if err != nil {
		t.log("fs", conn, "", scriptMessage(err))
		return 0, nil, userFailure(err)
	}
	t.log("ss", conn, u.id, "")
	verified, _ := u.profile.get("email_verified").(bool)
	if wanted, given := body.get("verify_email").(bool); u.email() != "" && (given && wanted || !given && !verified) {
		t.send(VerifyEmail, "/u/email-verification", conn, u.email(), u.id)
	}
	return http.StatusCreated, u.show(), nil
}

// known says whether the tenant has a user of an id. The tenant is not locked.
func (t *Tenant) known(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.users[id] != nil
}

func (t *Tenant) apiGetUser(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[c.PathValue("id")]
	if u == nil {
		return 0, nil, errNoUser
	}
	return http.StatusOK, c.fields(u.show()), nil
}

// apiDeleteUser deletes a user, through the delete script where the users are
// behind scripts: it is given the id without the prefix.
func (t *Tenant) apiDeleteUser(c *call) (int, any, error) {
	id := c.PathValue("id")
	t.mu.Lock()
	u := copied(t.users[id])
	t.mu.Unlock()
	if u == nil {
		return http.StatusNoContent, nil, nil
	}
	if err := t.removeUser(c.Context(), u); err != nil {
		return 0, nil, userFailure(err)
	}
	return http.StatusNoContent, nil, nil
}

func (t *Tenant) removeUser(ctx context.Context, u *user) error {
	conn := t.snapshotNamed(u.connection)
	if conn != nil && conn.legacy() {
		if _, err := t.run(ctx, conn, "delete", u.rawID()); err != nil {
			t.log("fdu", conn, u.id, scriptMessage(err))
			return err
		}
	}
	t.mu.Lock()
	delete(t.users, u.id)
	t.mu.Unlock()
	if conn != nil {
		t.log("sdu", conn, u.id, "")
	}
	return nil
}

func (t *Tenant) deleteConnectionUser(c *call) (int, any, error) {
	t.mu.Lock()
	found, err := t.connection(c, "The id of the connection (currently only database connections are supported)")
	if err != nil {
		t.mu.Unlock()
		return 0, nil, err
	}
	strategy := found.strategy
	u := copied(t.lookup(found, c.URL.Query().Get("email")))
	t.mu.Unlock()
	switch {
	case strategy != databaseStrategy:
		return 0, nil, badBody("Connection must be a database connection")
	case !c.URL.Query().Has("email"):
		return 0, nil, &apiError{
			status: http.StatusBadRequest, message: "Query validation error: 'Missing required property: email'.",
			code: "invalid_query_string",
		}
	case u == nil:
		return http.StatusNoContent, nil, nil
	}
	if err := t.removeUser(c.Context(), u); err != nil {
		return 0, nil, userFailure(err)
	}
	return http.StatusNoContent, nil, nil
}

func (t *Tenant) usersByEmail(c *call) (int, any, error) {
	email := c.URL.Query().Get("email")
	list := t.matchingUsers(func(u *user) bool { return u.email() == strings.ToLower(email) || u.email() == email })
	return http.StatusOK, c.shownUsers(list), nil
}

// indexed says whether a search finds a user as it is now.
func (t *Tenant) indexed(u *user) bool {
	return t.options.SearchDelay == 0 || t.options.Now().Sub(u.updated) >= t.options.SearchDelay
}

func (t *Tenant) matchingUsers(match func(*user) bool) []*user {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*user
	for _, u := range t.users {
		if match(u) {
			list = append(list, copied(u))
		}
	}
	slices.SortFunc(list, func(a, b *user) int { return strings.Compare(a.id, b.id) })
	return list
}

// shownUsers are users with the fields asked for.
func (c *call) shownUsers(users []*user) []any {
	list := make([]any, len(users))
	for i, u := range users {
		list[i] = c.fields(u.show())
	}
	return list
}

func (t *Tenant) listUsers(c *call) (int, any, error) {
	match, err := userQuery(c.URL.Query().Get("q"))
	if err != nil {
		return 0, nil, err
	}
	start, limit, err := offsetPage(c, 50)
	if err != nil {
		return 0, nil, err
	}
	if start+limit > 1000 {
		return 0, nil, &apiError{
			status: http.StatusBadRequest,
			message: "You can only page through the first 1000 records. See " +
				"https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation",
			code: "invalid_paging",
		}
	}
	all := t.matchingUsers(func(u *user) bool { return t.indexed(u) && match(u) })
	page := c.shownUsers(all[min(start, len(all)):min(start+limit, len(all))])
	if c.URL.Query().Get("include_totals") == "true" {
		return http.StatusOK, newObject(
			"start",
			start,
			"limit",
			limit,
			"length",
			len(page),
			"users",
			page,
			"total",
			len(all),
		), nil
	}
	return http.StatusOK, page, nil
}

// queryTerm is one term of a search: a field and a value, quoted or not.
var queryTerm = regexp.MustCompile(`^\s*(?:AND\s+)?(-?)([\w.]+):(?:"((?:[^"\\]|\\.)*)"|([^\s"()]+))`)

// userQuery reads a search of terms joined by AND. A value without quotes may end with *.
func userQuery(q string) (func(*user) bool, error) {
	type term struct {
		negated bool
		prefix  bool
		field   []string
		value   string
	}
	var terms []term
	for rest := q; strings.TrimSpace(rest) != ""; {
		match := queryTerm.FindStringSubmatch(rest)
		if match == nil {
			return nil, &apiError{
				status:  http.StatusBadRequest,
				message: "The query is not one that this tenant understands: " + rest,
				code:    "invalid_query_string",
			}
		}
		value, prefix := strings.CutSuffix(match[4], "*")
		if match[4] == "" {
			value = regexp.MustCompile(`\\(.)`).ReplaceAllString(match[3], "$1")
		}
		terms = append(terms, term{match[1] == "-", prefix, strings.Split(match[2], "."), value})
		rest = rest[len(match[0]):]
	}
	return func(u *user) bool {
		shown := u.show()
		for _, wanted := range terms {
			if fieldMatches(shown, wanted.field, wanted.value, wanted.prefix) == wanted.negated {
				return false
			}
		}
		return true
	}, nil
}

func fieldMatches(value any, path []string, wanted string, prefix bool) bool {
	switch v := value.(type) {
	case *object:
		return v != nil && len(path) > 0 && fieldMatches(v.get(path[0]), path[1:], wanted, prefix)
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return fieldMatches(item, path, wanted, prefix) })
	case nil:
		return false
	default:
		if len(path) > 0 {
			return false
		}
		text, wanted := strings.ToLower(fmt.Sprint(v)), strings.ToLower(wanted)
		return text == wanted || prefix && strings.HasPrefix(text, wanted)
	}
}
