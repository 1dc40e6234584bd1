// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// maxImportBytes is how large a file of users may be.
	maxImportBytes = 500 << 10
	// maxImports is how many import jobs a tenant runs at a time.
	maxImports = 2
	// maxImportedProfile is how large a user may be.
	maxImportedProfile = 10 << 10
)

// importJob is a job that brings users into a connection.
type importJob struct {
	connection string // name
	upsert     bool
	users      []any
	unread     string // why the file has no users
	failures   []any
}

// importForm is what a call that starts an import sends.
type importForm struct {
	fields map[string]string
	users  []byte
}

// readImport reads the parts of the call.
func readImport(c *call) (*importForm, error) {
	_, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, badBody("The body must be multipart/form-data")
	}
	form := &importForm{fields: map[string]string{}}
	for reader := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]); ; {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, badBody("The body must be multipart/form-data")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, badBody("The body must be multipart/form-data")
		}
		if part.FormName() == "users" {
			form.users = content
		} else {
			form.fields[part.FormName()] = string(content)
		}
	}
}

// check refuses a call for what can be said before its file is read.
func (f *importForm) check() error {
	switch {
	case f.users == nil:
		return invalidPayload("'Missing required property: users'.")
	case f.fields["connection_id"] == "":
		return invalidPayload("'Missing required property: connection_id'.")
	case len(f.users) > maxImportBytes:
		return &apiError{
			status:  http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("Payload content length greater than maximum allowed: %d", maxImportBytes),
		}
	}
	return nil
}

// importUsers is POST /api/v2/jobs/users-imports.
func (t *Tenant) importUsers(c *call) (int, any, error) {
	form, err := readImport(c)
	if err == nil {
		err = form.check()
	}
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	target := t.connections[form.fields["connection_id"]]
	switch {
	case target == nil:
		return 0, nil, errNoConnection
	case target.strategy != databaseStrategy || target.legacy():
		return 0, nil, badBody("Users can be imported only into a database connection that keeps its users in the tenant")
	case t.runningImports() >= maxImports:
		return 0, nil, &apiError{
			status: http.StatusTooManyRequests, code: "too_many_imports",
			message: fmt.Sprintf("There are %d active import users jobs, please wait until some of "+
				"them are finished and try again",
				maxImports),
		}
	}
	started := t.newJob("users_import", newObject("connection_id", target.id, "connection", target.name))
	if external := form.fields["external_id"]; external != "" {
		started.shown.set("external_id", external)
	}
	started.imports = &importJob{connection: target.name, upsert: form.fields["upsert"] == "true"}
	started.imports.read(form.users)
	answer := clone(started.shown)
	t.schedule(started, t.options.ImportDelay, t.runImport)
	return http.StatusAccepted, answer, nil
}

// read takes the users out of the file.
func (i *importJob) read(file []byte) {
	value, err := decodeJSON(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	users, ok := value.([]any)
	switch {
	case err != nil:
		i.unread = "Failed to parse users file JSON when importing users. Make sure it is valid JSON."
	case !ok:
		i.unread = "The users file must hold an array"
	}
	i.users = users
}

// runningImports counts the imports that are not over. The tenant is locked.
func (t *Tenant) runningImports() int {
	running := 0
	for _, j := range t.jobs {
		if j.imports != nil && !j.over() {
			running++
		}
	}
	return running
}

// runImport brings the users of a job in. The tenant is locked.
func (t *Tenant) runImport(j *job) {
	run := j.imports
	target := t.connectionNamed(run.connection)
	if run.unread == "" && target == nil {
		run.unread = "The connection does not exist"
	}
	if run.unread != "" {
		j.shown.set("status", "failed")
		j.shown.set("status_details", run.unread)
		return
	}
	counts := map[string]int{}
	seen := map[string]bool{}
	users := t.identifiers(target)
	for _, row := range run.users {
		outcome, problem := t.importUser(target, row, run.upsert, seen, users)
		counts[outcome]++
		if problem != nil {
			run.failures = append(run.failures, newObject("user", withoutSecrets(row), "errors", []any{problem.shown()}))
		}
	}
	j.shown.set("status", "completed")
	j.shown.set("summary", newObject(
		"failed",
		counts[importFailed],
		"updated",
		counts[importUpdated],
		"inserted",
		counts[importInserted],
		"total",
		len(run.users),
	))
	j.shown.remove("percentage_done")
	j.shown.remove("time_left_seconds")
}

// connectionNamed finds a connection. The tenant is locked.
func (t *Tenant) connectionNamed(name string) *connection {
	for _, c := range t.connections {
		if c.name == name {
			return c
		}
	}
	return nil
}

// The outcomes of a row.
const (
	importInserted = "inserted"
	importUpdated  = "updated"
	importFailed   = "failed"
)

// shown is a violation as the errors of a job show it.
func (v *violation) shown() *object {
	o := newObject("code", v.code, "message", v.text)
	if v.property != "" {
		o.set("path", v.property)
	}
	return o
}

// withoutSecrets is a row as the errors of a job repeat it.
func withoutSecrets(row any) any {
	o, ok := row.(*object)
	if !ok {
		return row
	}
	o = clone(o).(*object)
	for _, key := range []string{"password_hash", "custom_password_hash"} {
		if o.has(key) {
			o.set(key, "*****")
		}
	}
	return o
}

// identifiers are the users of a connection by what they are known by, in small letters.
type identifiers map[string]*user

// identifiers is what [Tenant.lookup] looks through, for many look-ups. The tenant is locked.
func (t *Tenant) identifiers(c *connection) identifiers {
	all := identifiers{}
	for _, u := range t.users {
		if u.connection == c.name {
			all.add(u)
		}
	}
	return all
}

func (i identifiers) add(u *user) {
	for _, key := range []string{"email", "username", "phone_number"} {
		if text := u.profile.string(key); text != "" {
			i[strings.ToLower(text)] = u
		}
	}
}

func (i identifiers) find(identifier string) *user {
	if identifier == "" {
		return nil
	}
	return i[strings.ToLower(identifier)]
}

// importUser brings one user in. The tenant is locked.
func (t *Tenant) importUser(
	target *connection, row any, upsert bool, seen map[string]bool, users identifiers,
) (outcome string, problem *violation) {
	if problem = checkImported(target, row); problem != nil {
		return importFailed, problem
	}
	o := row.(*object)
	if problem = repeatedRow(o, seen); problem != nil {
		return importFailed, problem
	}
	known := users.find(o.string("email"))
	if known == nil && o.string("email") == "" {
		known = users.find(o.string("phone_number"))
	}
	if problem = t.conflict(o, known, users); problem != nil {
		return importFailed, problem
	}
	switch {
	case known == nil:
		users.add(t.insertImported(target, o))
		return importInserted, nil
	case !upsert:
		return importFailed, &violation{code: "DUPLICATED_USER", text: "The user already exist and upsert parameter is false"}
	case known.fixed && (o.has("custom_password_hash") || o.has("password_hash")):
		return importFailed, &violation{
			code: "CONFLICT", text: "A custom_password_hash was provided, but the user already has password hash defined",
		}
	}
	known.imported(o, t.options.Now())
	users.add(known)
	return importUpdated, nil
}

// repeatedRow refuses a user that is in the file already.
func repeatedRow(o *object, seen map[string]bool) *violation {
	for _, key := range []string{"email", "user_id", "username", "phone_number"} {
		name := key + ":" + strings.ToLower(o.string(key))
		if o.string(key) != "" && seen[name] {
			return &violation{code: "DUPLICATED_USER", text: "The file has another user with the same " + key}
		}
		seen[name] = true
	}
	return nil
}

// conflict refuses what belongs to another user. The tenant is locked.
func (t *Tenant) conflict(o *object, known *user, users identifiers) *violation {
	if id := o.string("user_id"); id != "" {
		if other := t.users[userPrefix+id]; other != nil && other != known {
			return &violation{code: "CONFLICT", text: "The user_id belongs to another user"}
		}
	}
	if username := o.string("username"); username != "" {
		if other := users.find(username); other != nil && other != known {
			return &violation{code: "CONFLICT_USERNAME", text: "The username belongs to another user"}
		}
	}
	return nil
}

// insertImported makes a user of a row. The tenant is locked.
func (t *Tenant) insertImported(target *connection, o *object) *user {
	id := o.string("user_id")
	if id == "" {
		id = t.newID("user", func() string { return randomHex(12) })
	}
	now := t.options.Now()
	u := &user{id: userPrefix + id, connection: target.name, profile: newObject(), created: now, viaImport: true}
	if o.has("email") {
		u.profile.set("email_verified", false)
	}
	u.imported(o, now)
	t.users[u.id] = u
	return u
}

// imported lays a row over the user: what it names is replaced, metadata as a whole.
func (u *user) imported(o *object, now time.Time) {
	for _, key := range o.keys {
		switch value := clone(o.get(key)); key {
		case "user_id", "password_hash", "custom_password_hash", "mfa_factors":
		case "email":
			u.profile.set(key, strings.ToLower(o.string(key)))
		default:
			u.profile.set(key, value)
		}
	}
	u.updated = now
	if hash := o.string("password_hash"); hash != "" {
		u.password, u.fixed = []byte(hash), true
		return
	}
	if custom := o.object("custom_password_hash"); custom != nil {
		u.foreign = newForeignHash(custom)
		return
	}
	// A user who came without a hash never gets one by an import.
	u.fixed = u.fixed || u.foreign == nil
}

// importedKeys are the attributes of a row, each with what it must look like.
func importedSchema() *schema {
	name := &schema{types: []string{"string"}, minLength: 1, maxLength: 150}
	metadata := typed("object")
	return closedObject(map[string]*schema{
		"email":                {types: []string{"string"}, maxLength: 254, format: "email"},
		"email_verified":       boolean,
		"phone_number":         {types: []string{"string"}, format: "phone-number"},
		"phone_verified":       boolean,
		"user_id":              {types: []string{"string"}, minLength: 1, maxLength: 255},
		"username":             {types: []string{"string"}, minLength: 1, maxLength: 128},
		"given_name":           name,
		"family_name":          name,
		"name":                 {types: []string{"string"}, minLength: 1, maxLength: 300},
		"nickname":             {types: []string{"string"}, minLength: 1, maxLength: 300},
		"picture":              {types: []string{"string"}, minLength: 1},
		"blocked":              boolean,
		"password_hash":        text,
		"custom_password_hash": customHashSchema,
		"user_metadata":        metadata,
		"app_metadata":         metadata,
		"mfa_factors": {types: []string{"array"}, maxItems: 10, items: closedObject(map[string]*schema{
			"totp":  closedObject(map[string]*schema{"secret": text}, "secret"),
			"phone": closedObject(map[string]*schema{"value": {types: []string{"string"}, format: "phone-number"}}, "value"),
			"email": closedObject(map[string]*schema{"value": {types: []string{"string"}, format: "email"}}, "value"),
		})},
	})
}

// reservedMetadata may not be in the app_metadata of a row.
var reservedMetadata = []string{
	"__tenant", "_id", "blocked", "clientID", "created_at", "email_verified", "email", "globalClientID", "global_client_id",
	"identities", "lastIP", "lastLogin", "loginsCount", "metadata", "multifactor_last_modified", "multifactor", "updated_at", "user_id",
}

// checkImported says what is wrong with a row.
func checkImported(target *connection, row any) *violation {
	if found := importedSchema().violation(row, ""); found != nil {
		return found
	}
	o := row.(*object)
	if found := checkIdentity(target, o); found != nil {
		return found
	}
	if encoded, err := encodeJSON(row); err != nil || len(encoded) > maxImportedProfile {
		return &violation{code: "PROFILE_SIZE_EXCEEDED", text: fmt.Sprintf("The user is larger than %d bytes",
			maxImportedProfile)}
	}
	if metadata := o.object("app_metadata"); metadata != nil {
		for _, key := range metadata.keys {
			if slices.Contains(reservedMetadata, key) {
				return &violation{code: "NOT_PASSED", text: "Data matches schema from 'not'", property: "app_metadata"}
			}
		}
	}
	if o.has("password_hash") && o.has("custom_password_hash") {
		return &violation{code: "NOT_PASSED", text: "Data matches schema from 'not'"}
	}
	if hash := o.string("password_hash"); o.has("password_hash") && !importedBcrypt.MatchString(hash) {
		return &violation{
			code:     "PATTERN",
			text:     "String does not match pattern " + importedBcrypt.String(),
			property: "password_hash",
		}
	}
	if custom := o.object("custom_password_hash"); custom != nil {
		return checkCustomHash(custom)
	}
	return nil
}

// checkIdentity asks for what a user is known by.
func checkIdentity(target *connection, o *object) *violation {
	if target.options.object("attributes") == nil && !o.has("email") {
		return &violation{code: "OBJECT_REQUIRED", text: "Missing required property: email", property: "email"}
	}
	if !o.has("email") && !o.has("phone_number") && !o.has("username") {
		return &violation{code: "ANY_OF_MISSING", text: "Data does not match any schemas from 'anyOf'"}
	}
	if username := o.string("username"); username != "" && !target.allowsUsername(username) {
		return &violation{
			code:     "PATTERN",
			text:     "String does not match pattern " + importedUsername.String(),
			property: "username",
		}
	}
	return nil
}
