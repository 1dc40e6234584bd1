// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

var updateUserSchema = &schema{
	types: []string{"object"}, minProps: 1,
	properties: map[string]*schema{
		"connection": text, "client_id": text, "email": text, "username": text, "password": text,
		"email_verified": boolean, "verify_email": boolean, "verify_password": boolean, "blocked": boolean,
		"user_metadata": typed("object", "null"), "app_metadata": typed("object", "null"),
	},
}

// own are the attributes that the tenant itself keeps for users behind scripts.
var own = []string{"user_metadata", "app_metadata", "blocked"}

// apiUpdateUser changes a user. E-mail address, verification status, password and
// user name go to the scripts where the users are behind them.
func (t *Tenant) apiUpdateUser(c *call) (int, any, error) {
	body, err := c.object(updateUserSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	u := copied(t.users[c.PathValue("id")])
	t.mu.Unlock()
	if u == nil {
		return 0, nil, errNoUser
	}
	if name := body.string("connection"); name != "" && name != u.connection {
		return 0, nil, badBody("The user is not of the connection " + name)
	}
	conn := t.snapshotNamed(u.connection)
	if conn == nil {
		return 0, nil, errNoConnection
	}
	if err := conn.checkUpdate(body); err != nil {
		return 0, nil, err
	}
	if err := t.updateUser(c.Context(), conn, u, body); err != nil {
		return 0, nil, userFailure(err)
	}

	changed := t.change(u.id, func(u *user) {
		for _, key := range body.keys {
			switch value := body.get(key); {
			case slices.Contains([]string{"connection", "client_id", "email", "username", "password", "email_verified", "verify_email", "verify_password"}, key):
			case key == "user_metadata" || key == "app_metadata":
				merge(u.profile, key, value)
			default:
				u.profile.set(key, value)
			}
		}
	})
	if changed == nil {
		return 0, nil, errNoUser
	}
	if body.bool("verify_email") {
		t.send(VerifyEmail, "/u/email-verification", conn, changed.email(), changed.id)
	}
	return http.StatusOK, changed.show(), nil
}

// checkUpdate refuses what cannot be changed, or not at the same time.
func (c *connection) checkUpdate(body *object) error {
	separate := 0
	for _, key := range []string{"email", "username", "password"} {
		if body.has(key) {
			separate++
		}
	}
	if separate > 1 {
		return &apiError{
			status: http.StatusBadRequest, message: "Cannot update email, username and password simultaneously",
			code: "operation_not_supported",
		}
	}
	if !c.legacy() {
		return nil
	}
	var others []string
	for _, key := range body.keys {
		if updateUserSchema.properties[key] == nil && !slices.Contains(own, key) {
			others = append(others, key)
		}
	}
	if len(others) > 0 {
		return &apiError{
			status: http.StatusBadRequest,
			message: "The following user attributes cannot be updated: " + strings.Join(others, ", ") +
				". The connection (" + c.name + ") must either be a database connection (using the Auth0 store), a passwordless " +
				"connection (email or sms) or has disabled 'Sync user profile attributes at each login'.",
			code: "operation_not_supported",
		}
	}
	return nil
}

func (t *Tenant) updateUser(ctx context.Context, c *connection, u *user, body *object) error {
	switch {
	case body.has("email"):
		return t.changeEmail(ctx, c, u, body.string("email"), body.bool("email_verified"))
	case body.has("email_verified"):
		return t.changeVerified(ctx, c, u, body.bool("email_verified"))
	case body.has("password"):
		if err := c.checkPassword(body.string("password"), u.profile); err != nil {
			return err
		}
		err := t.setPassword(ctx, c, u.email(), body.string("password"), false)
		t.logChange("scp", "fcp", c, u, err)
		return err
	case body.has("username"):
		return t.changeUsername(ctx, c, u, body.string("username"))
	}
	return nil
}

// changeEmail asks get_user whether the new address is taken and then calls
// change_email with the old address, the new one and its verification status.
func (t *Tenant) changeEmail(ctx context.Context, c *connection, u *user, email string, verified bool) (err error) {
	defer func() { t.logChange("sce", "fce", c, u, err) }()
	if !c.legacy() {
		email = strings.ToLower(email)
		if other := t.find(c, email); other != nil && other.id != u.id {
			return errEmailTaken
		}
	}
	if c.custom() && !sameEmail(email, u.email()) {
		profile, err := t.runProfile(ctx, c, "get_user", email)
		if err != nil {
			return err
		}
		if profile != nil && profileID(profile) != u.rawID() {
			return errEmailTaken
		}
	}
	if c.legacy() {
		if err := t.runChange(ctx, c, "change_email", u.email(), email, verified); err != nil {
			return err
		}
	}
	t.change(u.id, func(u *user) {
		u.profile.set("email", email)
		u.profile.set("email_verified", verified)
	})
	return nil
}

var errEmailTaken = &apiError{status: http.StatusBadRequest, message: "The specified new email already exists",
	code: idpCode}

// changeVerified calls change_email with the address as it is.
func (t *Tenant) changeVerified(ctx context.Context, c *connection, u *user, verified bool) error {
	if c.legacy() {
		err := t.runChange(ctx, c, "change_email", u.email(), u.email(), verified)
		t.logChange("sce", "fce", c, u, err)
		if err != nil {
			return err
		}
	}
	t.change(u.id, func(u *user) { u.profile.set("email_verified", verified) })
	return nil
}

func (t *Tenant) changeUsername(ctx context.Context, c *connection, u *user, username string) (err error) {
	defer func() { t.logChange("scu", "fcu", c, u, err) }()
	if !c.legacy() {
		if other := t.find(c, username); other != nil && other.id != u.id {
			return &apiError{status: http.StatusBadRequest, message: "The specified new username already exists", code: idpCode}
		}
	}
	if c.legacy() {
		if err := t.runChange(ctx, c, "change_username", u.profile.string("username"), username); err != nil {
			return err
		}
	}
	t.change(u.id, func(u *user) { u.profile.set("username", username) })
	return nil
}

// runChange calls a script that must answer true.
func (t *Tenant) runChange(ctx context.Context, c *connection, key string, args ...any) error {
	changed, _, err := t.runDone(ctx, c, key, args...)
	if err == nil && !changed {
		err = &ScriptError{Name: "Error", Message: "The user was not found by the " + key + " script"}
	}
	return err
}

func (t *Tenant) logChange(success, failure string, c *connection, u *user, err error) {
	if err != nil {
		var refusal *signupError
		if !errors.As(err, &refusal) {
			t.log(failure, c, u.id, scriptMessage(err))
		}
		return
	}
	t.log(success, c, u.id, "")
}

// merge lays metadata over what is there, one level deep; null removes, and an empty
// object removes all: app_metadata itself, and what is in user_metadata.
func merge(profile *object, key string, value any) {
	sent, ok := value.(*object)
	if !ok || len(sent.keys) == 0 {
		profile.set(key, newObject())
		if key == "app_metadata" {
			profile.remove(key)
		}
		return
	}
	kept := profile.object(key)
	if kept == nil {
		kept = newObject()
		profile.set(key, kept)
	}
	for _, name := range sent.keys {
		if sent.get(name) == nil {
			kept.remove(name)
		} else {
			kept.set(name, sent.get(name))
		}
	}
}
