// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// signupError is an error answer of POST /dbconnections/signup.
type signupError struct {
	status      int
	name        string
	code        string
	description any
	policy      string
}

func (e *signupError) Error() string { return e.code + ": " + e.text() }

func (e *signupError) body() *object {
	o := newObject("name", e.name, "code", e.code, "description", e.description, "statusCode", e.status)
	if e.policy != "" {
		o.set("message", "Password is too weak")
		o.set("policy", e.policy)
	}
	return o
}

// text is the description as a log shows it: of a weak password, the rules.
func (e *signupError) text() string {
	if e.policy != "" {
		return e.policy
	}
	return fmt.Sprint(e.description)
}

func refused(code, description string) *signupError {
	return &signupError{status: http.StatusBadRequest, name: "BadRequestError", code: code, description: description}
}

const userExistsCode = "user_exists"

var errUserExists = refused(userExistsCode, "The user already exists.")

// newUser is what is known of a user who is about to be created.
type newUser struct {
	email, username, phone, password string
	clientID                         string
	id                               string // chosen by the caller; chance when empty
	// attributes are the other ones: names, metadata, custom fields.
	attributes *object
}

// identifiers are the names by which the user can be found, the address first.
func (n newUser) identifiers() []string {
	return slices.DeleteFunc([]string{n.email, n.username, n.phone}, func(name string) bool { return name == "" })
}

// createUser creates a user in the platform's order: get_user tells whether it
// exists, create stores it, login verifies that it is there. Where the tenant's
// own store holds the users, create is not called.
func (t *Tenant) createUser(ctx context.Context, c *connection, n newUser) (*user, error) {
	if err := c.checkNewUser(&n); err != nil {
		return nil, err
	}
	identifiers := n.identifiers()
	if !c.legacy() &&
		slices.ContainsFunc(identifiers, func(identifier string) bool { return t.find(c, identifier) != nil }) {
		return nil, errUserExists
	}
	if c.custom() {
		for _, identifier := range identifiers {
			profile, err := t.runProfile(ctx, c, "get_user", identifier)
			if err != nil {
				return nil, err
			}
			if profile != nil {
				return nil, errUserExists
			}
		}
	}
	if !c.legacy() {
		return t.storeUser(c, n)
	}

	argument := map[string]any{
		"client_id": n.clientID, "tenant": t.Name(), "connection": c.name, "password": n.password,
		"user_metadata": map[string]any{}, "app_metadata": map[string]any{},
	}
	for key, value := range plain(n.attributes).(map[string]any) {
		argument[key] = value
	}
	for key, value := range map[string]string{"email": n.email, "username": n.username, "phone_number": n.phone} {
		if value != "" {
			argument[key] = value
		}
	}
	if _, err := t.run(ctx, c, "create", argument); err != nil {
		return nil, err
	}
	profile, err := t.runProfile(ctx, c, "login", identifiers[0], n.password)
	if err != nil {
		return nil, err
	}
	if profile == nil {
		return nil, &ScriptError{Name: "Error", Message: "The login script does not know the user that " +
			"the create script has created"}
	}
	u := t.remember(c, c.persistent(profile))
	return t.change(u.id, func(u *user) {
		for _, key := range []string{"user_metadata", "app_metadata"} {
			if n.attributes.has(key) {
				u.profile.setDefault(key, n.attributes.get(key))
			}
		}
	}), nil
}

// storeUser creates a user in the tenant's own store.
func (t *Tenant) storeUser(c *connection, n newUser) (*user, error) {
	id := n.id
	if id == "" {
		id = t.newID("user", func() string { return randomHex(12) })
	}
	profile := newObject("user_id", id)
	if n.email != "" {
		profile.set("email", strings.ToLower(n.email))
		profile.set("email_verified", false)
	}
	if n.username != "" {
		profile.set("username", n.username)
	}
	if n.phone != "" {
		profile.set("phone_number", n.phone)
		profile.set("phone_verified", false)
	}
	for _, key := range n.attributes.keys {
		profile.set(key, n.attributes.get(key))
	}
	u := t.remember(c, c.persistent(profile))
	var failed error
	u = t.change(u.id, func(u *user) {
		if blocked := n.attributes.get("blocked"); blocked != nil {
			u.profile.set("blocked", blocked)
		}
		failed = u.setPassword(n.password)
	})
	return u, failed
}

// importedUsername is what a user name may consist of in the tenant's own store.
var importedUsername = regexp.MustCompile("^[a-zA-Z0-9_+\\-.!#$^`~@']+$")

var phoneNumber = regexp.MustCompile(`^\+[1-9]\d{1,14}$`)

// checkNewUser applies the rules that are the platform's own.
func (c *connection) checkNewUser(n *newUser) error {
	if err := c.checkIdentifiers(n); err != nil {
		return err
	}
	if n.email != "" {
		local, domain, ok := strings.Cut(n.email, "@")
		if !ok || local == "" || domain == "" || len(local) > 64 || len(n.email) > 254 ||
			strings.ContainsAny(n.email, " \t\r\n") {
			return refused("invalid_signup", "Invalid email address")
		}
	}
	if n.phone != "" && !phoneNumber.MatchString(n.phone) {
		return refused("invalid_signup", "Invalid phone number")
	}
	if n.username != "" && !c.allowsUsername(n.username) {
		return refused("invalid_signup", "Invalid username")
	}
	profile := clone(n.attributes).(*object)
	profile.set("email", n.email)
	profile.set("username", n.username)
	return c.checkPassword(n.password, profile)
}

// checkIdentifiers asks for what a user must have: an address, and a name where the
// connection says so; with attributes, those required at sign-up and one that identifies.
func (c *connection) checkIdentifiers(n *newUser) error {
	attributes := c.options.object("attributes")
	if attributes == nil {
		switch {
		case n.email == "":
			return refused("invalid_signup", "Invalid email address")
		case c.options.bool("requires_username") && n.username == "":
			return refused("invalid_signup", "Missing username")
		}
		return nil
	}
	identified := false
	values := map[string]string{"email": n.email, "username": n.username, "phone_number": n.phone}
	for _, name := range []string{"email", "username", "phone_number"} {
		if attributes.path(name, "signup", "status") == "required" && values[name] == "" {
			return refused("invalid_signup", "Missing "+name)
		}
		if attributes.path(name, "identifier", "active") == true && values[name] != "" {
			identified = true
		}
	}
	if !identified {
		return refused("invalid_signup", "Missing identifier")
	}
	return nil
}

func (c *connection) allowsUsername(username string) bool {
	least, most := 1, 15
	if limits, ok := c.options.path("validation", "username").(*object); ok {
		least, most = wholeNumber(limits.get("min")), wholeNumber(limits.get("max"))
	} else if limits, ok := c.options.path("attributes", "username", "validation").(*object); ok {
		least, most = wholeNumber(limits.get("min_length")), wholeNumber(limits.get("max_length"))
	}
	length := utf8.RuneCountInString(username)
	return length >= least && length <= most && (c.legacy() || importedUsername.MatchString(username))
}

// checkPassword applies the password policy.
func (c *connection) checkPassword(password string, profile *object) error {
	broken := c.passwordRules().check(password, profile)
	if len(broken) == 0 {
		return nil
	}
	var lines []string
	for _, w := range broken {
		if w.code != "invalid_password" {
			return &signupError{status: http.StatusBadRequest, name: "BadRequestError", code: w.code, description: w.message}
		}
		lines = append(lines, "* "+w.message)
	}
	rules := make([]any, len(broken))
	for i, w := range broken {
		rules[i] = newObject("message", w.message, "verified", false)
	}
	return &signupError{
		status: http.StatusBadRequest, name: "PasswordStrengthError", code: "invalid_password",
		description: newObject("rules", rules, "verified", false), policy: strings.Join(lines, "\n"),
	}
}

// Name is the name of the tenant, as scripts see it.
func (t *Tenant) Name() string { return "local" }

// dbConnection reads the body of a call of the Authentication API and finds the
// connection that it names.
func (t *Tenant) dbConnection(r *http.Request) (*object, *connection, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil, err
	}
	body := newObject()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := parseForm(data)
		if err != nil {
			return nil, nil, refused("invalid_request", "The body could not be read")
		}
		for key := range form {
			body.set(key, form.Get(key))
		}
	} else {
		value, err := decodeJSON(data)
		o, ok := value.(*object)
		if err != nil || !ok {
			return nil, nil, refused("invalid_request", "The body could not be read")
		}
		body = o
	}
	clientID := body.string("client_id")
	c := t.snapshotNamed(body.string("connection"))
	t.mu.Lock()
	known := t.clients[clientID] != nil
	t.mu.Unlock()
	switch {
	case !known:
		return nil, nil, refused("invalid_request", "Unknown client: "+clientID)
	case c == nil:
		return nil, nil, refused("invalid_request", "The connection does not exist")
	case !slices.Contains(c.clients, clientID):
		return nil, nil, refused("invalid_request", "The connection is not enabled for the client")
	}
	return body, c, nil
}

// signup is POST /dbconnections/signup.
func (t *Tenant) signup(w http.ResponseWriter, r *http.Request) {
	body, c, err := t.dbConnection(r)
	if err == nil && c.options.bool("disable_signup") {
		err = refused("invalid_signup", "Public signup is disabled")
	}
	var u *user
	if err == nil {
		attributes := newObject()
		for _, key := range body.keys {
			if !slices.Contains([]string{"client_id", "connection", "email", "username", "phone_number", "password"}, key) {
				attributes.set(key, body.get(key))
			}
		}
		u, err = t.createUser(r.Context(), c, newUser{
			email: body.string("email"), username: body.string("username"), phone: body.string("phone_number"),
			password: body.string("password"), clientID: body.string("client_id"), attributes: attributes,
		})
	}
	if err != nil {
		e := signupFailure(err)
		if c != nil {
			t.log("fs", c, "", e.text())
		}
		writeJSON(w, e.status, e.body())
		return
	}
	t.log("ss", c, u.id, "")
	if verified, _ := u.profile.get("email_verified").(bool); !verified && u.email() != "" {
		t.send(VerifyEmail, "/u/email-verification", c, u.email(), u.id)
	}
	answer := newObject("_id", u.rawID())
	if u.email() != "" {
		answer.set("email", u.email())
		answer.set("email_verified", u.profile.bool("email_verified"))
	}
	if u.profile.has("phone_number") {
		answer.set("phone_number", u.profile.get("phone_number"))
		answer.set("phone_verified", u.profile.bool("phone_verified"))
	}
	for _, key := range []string{"username", "given_name", "family_name", "name", "nickname", "picture", "user_metadata"} {
		if u.profile.has(key) {
			answer.set(key, u.profile.get(key))
		}
	}
	writeJSON(w, http.StatusOK, answer)
}

// signupFailure says how an error of creating a user reaches the one who signs up.
func signupFailure(err error) *signupError {
	var refusal *signupError
	if errors.As(err, &refusal) {
		return refusal
	}
	var script *ScriptError
	if !errors.As(err, &script) {
		return &signupError{
			status:      http.StatusInternalServerError,
			name:        "Error",
			code:        "server_error",
			description: err.Error(),
		}
	}
	switch {
	case script.Code == userExistsCode:
		description := script.Message
		if description == "" {
			description = "The user already exists."
		}
		return refused(userExistsCode, description)
	case script.Name == "ValidationError":
		return &signupError{status: http.StatusBadRequest, name: script.Name, code: script.Code, description: script.Message}
	default:
		return &signupError{status: http.StatusBadRequest, name: "Error", code: "invalid_signup", description: script.Message}
	}
}
