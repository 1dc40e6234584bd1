// SPDX-License-Identifier: MPL-2.0

package localtenant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/localtenant"
)

// startImport posts a file of users; fields come in pairs.
func startImport(t *testing.T, tenant *localtenant.Tenant, users string, fields ...string) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("users", "users.json")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, users)
	form.Close()
	request, err := http.NewRequestWithContext(t.Context(), "POST", tenant.URL()+"/api/v2/jobs/users-imports", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Authorization", "Bearer "+tenant.Token())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, content}
}

// importInto starts a tenant whose imports are over at once, with a connection and an
// application that users may log in to.
func importInto(t *testing.T, o localtenant.Options) (tenant *localtenant.Tenant, connection, app, secret string) {
	t.Helper()
	if o.ImportDelay == 0 {
		o.ImportDelay = -1
	}
	tenant = start(t, o)
	c := create(t, tenant, "imported", object{"password_options": object{"complexity": object{"min_length": 1}}})
	app, secret = tenant.AddClient("importers")
	api(t, tenant, "PATCH", connectionPath(c)+"/clients", []object{{"client_id": app, "status": true}}).want(t, http.StatusNoContent)
	return tenant, c["id"].(string), app, secret
}

// runImport imports rows and returns the job and what was refused.
func runImport(t *testing.T, tenant *localtenant.Tenant, connection string, rows []object, fields ...string) (job object, refused []object) {
	t.Helper()
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	started := startImport(t, tenant, string(text), append(fields, "connection_id", connection)...).want(t, http.StatusAccepted).object(t)
	path := "/api/v2/jobs/" + started["id"].(string)
	job = api(t, tenant, "GET", path, nil).want(t, http.StatusOK).object(t)
	if errors := api(t, tenant, "GET", path+"/errors", nil); errors.Status == http.StatusOK {
		if err := json.Unmarshal(errors.Body, &refused); err != nil {
			t.Fatal(err)
		}
	}
	return job, refused
}

func code(refused object) any {
	return refused["errors"].([]any)[0].(object)["code"]
}

func TestImportRefusesRowsAndTakesTheRest(t *testing.T) {
	tenant, connection, _, _ := importInto(t, localtenant.Options{})
	api(t, tenant, "POST", "/api/v2/users", object{"connection": "imported", "email": "there@example.com", "password": "x"}).want(t, http.StatusCreated)
	bcrypt := "$2b$10$" + strings.Repeat("a", 53)
	md5 := object{"algorithm": "md5", "hash": object{"value": strings.Repeat("ab", 16)}}
	for name, test := range map[string]struct {
		row  object
		code string
	}{
		"no address":         {object{"name": "Ada"}, "OBJECT_REQUIRED"},
		"no address at all":  {object{"email": "ada"}, "FORMAT"},
		"unknown attribute":  {object{"email": "a@example.com", "shoe_size": 43}, "OBJECT_ADDITIONAL_PROPERTIES"},
		"wrong type":         {object{"email": "a@example.com", "email_verified": "yes"}, "INVALID_TYPE"},
		"long name":          {object{"email": "a@example.com", "given_name": strings.Repeat("x", 151)}, "MAX_LENGTH"},
		"empty name":         {object{"email": "a@example.com", "nickname": ""}, "MIN_LENGTH"},
		"known address":      {object{"email": "There@Example.com"}, "DUPLICATED_USER"},
		"large profile":      {object{"email": "a@example.com", "user_metadata": object{"x": strings.Repeat("x", 11_000)}}, "PROFILE_SIZE_EXCEEDED"},
		"reserved metadata":  {object{"email": "a@example.com", "app_metadata": object{"email": "b@example.com"}}, "NOT_PASSED"},
		"bcrypt of 12":       {object{"email": "a@example.com", "password_hash": "$2b$12$" + strings.Repeat("a", 53)}, "PATTERN"},
		"bcrypt 2y":          {object{"email": "a@example.com", "password_hash": "$2y$10$" + strings.Repeat("a", 53)}, "PATTERN"},
		"two hashes":         {object{"email": "a@example.com", "password_hash": bcrypt, "custom_password_hash": md5}, "NOT_PASSED"},
		"unknown algorithm":  {object{"email": "a@example.com", "custom_password_hash": object{"algorithm": "crypt", "hash": object{"value": "x"}}}, "ENUM_MISMATCH"},
		"eleven factors":     {object{"email": "a@example.com", "mfa_factors": make([]object, 11)}, "ARRAY_LENGTH_LONG"},
		"bad user name":      {object{"email": "a@example.com", "username": "a b"}, "PATTERN"},
		"number that is no":  {object{"email": "a@example.com", "phone_number": "123"}, "FORMAT"},
		"app_metadata: text": {object{"email": "a@example.com", "app_metadata": "{}"}, "INVALID_TYPE"},
	} {
		rows := []object{test.row, {"email": strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ":", "") + "@good.example.com"}}
		job, refused := runImport(t, tenant, connection, rows)
		if !equal(job["summary"], object{"failed": 1, "updated": 0, "inserted": 1, "total": 2}) || job["status"] != "completed" {
			t.Errorf("%s: job %v", name, job)
		}
		if len(refused) != 1 || code(refused[0]) != test.code {
			t.Errorf("%s: refused %v, want %s", name, refused, test.code)
		}
		if strings.Contains(fmt.Sprint(refused), bcrypt) {
			t.Errorf("%s: the hash is shown: %v", name, refused)
		}
	}
}

func TestImportFindsTwinsInAFile(t *testing.T) {
	tenant, connection, _, _ := importInto(t, localtenant.Options{})
	job, refused := runImport(t, tenant, connection, []object{
		{"email": "ada@example.com", "user_id": "1", "username": "ada"}, {"email": "ADA@example.com"},
		{"email": "b@example.com", "user_id": "1"}, {"email": "c@example.com", "username": "Ada"},
	}, "upsert", "true")
	if !equal(job["summary"], object{"failed": 3, "updated": 0, "inserted": 1, "total": 4}) || len(refused) != 3 {
		t.Fatalf("job %v, refused %v", job, refused)
	}
	for _, row := range refused {
		if code(row) != "DUPLICATED_USER" {
			t.Errorf("refused %v", row)
		}
	}
	_, refused = runImport(t, tenant, connection, []object{{"email": "d@example.com", "user_id": "1"}, {"email": "e@example.com", "username": "ada"}})
	if len(refused) != 2 || code(refused[0]) != "CONFLICT" || code(refused[1]) != "CONFLICT_USERNAME" {
		t.Errorf("refused %v", refused)
	}
}

func TestImportUpserts(t *testing.T) {
	tenant, connection, app, secret := importInto(t, localtenant.Options{})
	first := object{"email": "ada@example.com", "user_id": "7", "user_metadata": object{"a": 1, "b": 2}, "app_metadata": object{"c": 3}}
	runImport(t, tenant, connection, []object{first})
	job, refused := runImport(t, tenant, connection, []object{{"email": "Ada@example.com", "name": "Ada", "user_metadata": object{"b": 4}}}, "upsert", "true")
	if !equal(job["summary"], object{"failed": 0, "updated": 1, "inserted": 0, "total": 1}) {
		t.Errorf("job %v, refused %v", job, refused)
	}
	u := api(t, tenant, "GET", "/api/v2/users/auth0%7C7", nil).want(t, http.StatusOK).object(t)
	if !equal(u["user_metadata"], object{"b": 4}) || !equal(u["app_metadata"], object{"c": 3}) || u["name"] != "Ada" {
		t.Errorf("metadata must be replaced and the rest be kept: %v", u)
	}

	md5 := func(value string) object { return object{"algorithm": "md5", "hash": object{"value": value}} }
	_, refused = runImport(t, tenant, connection, []object{{"email": "ada@example.com", "custom_password_hash": md5(strings.Repeat("00", 16))}}, "upsert", "true")
	if len(refused) != 1 || !strings.Contains(fmt.Sprint(refused), "already has password hash defined") {
		t.Errorf("a user who came without a hash got one: %v", refused)
	}

	// A hash can be mended until somebody has logged in with it: this is md5("secret").
	const good = "5ebe2294ecd0e0f08eab7690d2a6ee69"
	row := object{"email": "bob@example.com", "custom_password_hash": md5(strings.Repeat("00", 16))}
	runImport(t, tenant, connection, []object{row})
	login(t, tenant, app, secret, "imported", "bob@example.com", "secret").want(t, http.StatusForbidden)
	row["custom_password_hash"] = md5(good)
	if _, refused = runImport(t, tenant, connection, []object{row}, "upsert", "true"); len(refused) > 0 {
		t.Errorf("refused %v", refused)
	}
	login(t, tenant, app, secret, "imported", "bob@example.com", "secret").want(t, http.StatusOK)
	if _, refused = runImport(t, tenant, connection, []object{row}, "upsert", "true"); len(refused) != 1 {
		t.Error("a hash was replaced after a login")
	}
	login(t, tenant, app, secret, "imported", "bob@example.com", "secret").want(t, http.StatusOK)
}

func TestImportLimits(t *testing.T) {
	now := time.Now()
	tenant, connection, _, _ := importInto(t, localtenant.Options{ImportDelay: 400 * time.Millisecond, Now: func() time.Time { return now }})
	startImport(t, tenant, "["+strings.Repeat(" ", 500<<10)+"]", "connection_id", connection).
		wantError(t, http.StatusRequestEntityTooLarge, "", "maximum allowed: 512000")
	startImport(t, tenant, "[]").wantError(t, http.StatusBadRequest, "invalid_body", "connection_id")
	startImport(t, tenant, "[]", "connection_id", "con_0000000000000000").wantError(t, http.StatusNotFound, "inexistent_connection", "does not exist")
	legacy := create(t, tenant, "legacy", object{"enabledDatabaseCustomization": true, "customScripts": object{"login": "function login(a, b, callback) { callback(null); }"}})
	startImport(t, tenant, "[]", "connection_id", legacy["id"].(string)).wantError(t, http.StatusBadRequest, "invalid_body", "in the tenant")

	first := startImport(t, tenant, "[]", "connection_id", connection, "external_id", "batch 1").want(t, http.StatusAccepted).object(t)
	if first["status"] != "pending" || first["external_id"] != "batch 1" || first["type"] != "users_import" {
		t.Errorf("started %v", first)
	}
	broken := startImport(t, tenant, `{"email": "ada@example.com"`, "connection_id", connection).want(t, http.StatusAccepted).object(t)
	startImport(t, tenant, "[]", "connection_id", connection).wantError(t, http.StatusTooManyRequests, "too_many_imports", "2 active")
	job := func(id any) object {
		return api(t, tenant, "GET", "/api/v2/jobs/"+id.(string), nil).want(t, http.StatusOK).object(t)
	}
	var seen []string
	for state := ""; state != "completed"; time.Sleep(10 * time.Millisecond) {
		if got := job(first["id"])["status"].(string); got != state {
			state = got
			seen = append(seen, got)
		}
		if len(seen) > 3 {
			break
		}
	}
	if !equal(seen, []string{"pending", "processing", "completed"}) {
		t.Errorf("the job was %v", seen)
	}
	for wait := time.Now().Add(5 * time.Second); job(broken["id"])["status"] != "failed"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatalf("a file that is no JSON: %v", job(broken["id"]))
		}
	}
	api(t, tenant, "GET", "/api/v2/jobs/"+broken["id"].(string)+"/errors", nil).want(t, http.StatusNoContent)
	startImport(t, tenant, "[]", "connection_id", connection).want(t, http.StatusAccepted)
	now = now.Add(25 * time.Hour)
	send(t, tenant, tenant.Token(), "GET", "/api/v2/jobs/"+first["id"].(string), nil).wantError(t, http.StatusNotFound, "inexistent_job", "does not exist")
}

// saltAfter are the vectors whose salt stood behind the password, by format and name; in front of it no login with them
// works.
var saltAfter = []string{
	"sha1 salt in another column", "md5 md5 hash:salt, salt last", "base64_digest md5 salted", "hmac b64 salt",
}

// TestImportedHashesLogIn imports what other programs made, as the register of formats
// says that Auth0 takes it, and logs in with it.
func TestImportedHashesLogIn(t *testing.T) {
	tenant, connection, app, secret := importInto(t, localtenant.Options{})
	type vector struct {
		name, password, member string
		hash                   any
	}
	var vectors []vector
	known := map[string]bool{}
	for _, format := range hashes.All() {
		for _, v := range format.Vectors {
			// The stand-in knows argon2i and argon2id of one version.
			elsewhere := strings.Contains(v.Stored, "$argon2") && (!strings.Contains(v.Stored, "$v=19$") || strings.Contains(v.Stored, "$argon2d$"))
			twoDigests := v.Name == "sha512 with a salt like a digest" // refused, see the register
			if format.Import.Cannot != "" || v.Password == "" || v.TooDear || elsewhere || twoDigests {
				continue
			}
			name := format.Name + " " + v.Name
			settings := hashes.ImportSettings{Formats: []string{format.Name}, Pepper: v.Key, SaltPosition: hashes.Prefix}
			if slices.Contains(saltAfter, name) {
				settings.SaltPosition = hashes.Suffix
			}
			imported, err := hashes.ForImport(v.Stored, v.Salt, settings)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			known[format.Name] = true
			vectors = append(vectors, vector{name, v.Password, imported.Member, imported.Value})
		}
		if format.Import.Cannot == "" && !known[format.Name] {
			t.Errorf("no vector of %s was imported", format.Name)
		}
	}
	parts := func(algorithm string, members ...any) object {
		o := object{"algorithm": algorithm}
		for i := 0; i < len(members); i += 2 {
			o[members[i].(string)] = members[i+1]
		}
		return o
	}
	const password = "Pässword 1"
	for _, made := range madeElsewhere {
		vectors = append(vectors, vector{made.name, password, "custom_password_hash", parts(made.algorithm, made.members...)})
	}
	rows := make([]object, len(vectors))
	for i, v := range vectors {
		rows[i] = object{"email": fmt.Sprintf("u%d@example.com", i), v.member: v.hash}
	}
	if _, refused := runImport(t, tenant, connection, rows); len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	for i, v := range vectors {
		email := fmt.Sprintf("u%d@example.com", i)
		if got := login(t, tenant, app, secret, "imported", email, "x"+v.password); got.Status != http.StatusForbidden {
			t.Errorf("%s: a wrong password gave status %d", v.name, got.Status)
		}
		for range 2 { // the second time with the hash that the first has left
			if got := login(t, tenant, app, secret, "imported", email, v.password); got.Status != http.StatusOK {
				t.Errorf("%s: status %d: %s", v.name, got.Status, got.Body)
			}
		}
	}
}

func TestImportedHashesAreChecked(t *testing.T) {
	tenant, connection, _, _ := importInto(t, localtenant.Options{})
	for name, hash := range map[string]object{
		"argon2 in base64":         {"algorithm": "argon2", "hash": object{"value": "x", "encoding": "base64"}},
		"argon2 that is none":      {"algorithm": "argon2", "hash": object{"value": "$argon2id$v=19$m=1$c2FsdA$aGFzaA"}},
		"argon2 with another salt": {"algorithm": "argon2", "hash": object{"value": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"}, "salt": object{"value": "x"}},
		"md5 that is no hex":       {"algorithm": "md5", "hash": object{"value": "zz", "encoding": "hex"}},
		"hmac without a key":       {"algorithm": "hmac", "hash": object{"value": "00", "encoding": "hex", "digest": "sha1"}},
		"scrypt without keylen":    {"algorithm": "scrypt", "hash": object{"value": "00", "encoding": "hex"}},
		"ldap crypt":               {"algorithm": "ldap", "hash": object{"value": "{CRYPT}abcd"}},
		"pbkdf2 of nothing":        {"algorithm": "pbkdf2", "hash": object{"value": "$pbkdf2-sha3$i=1,l=1$c2FsdA$aGFzaA"}},
		"bcrypt cut off":           {"algorithm": "bcrypt", "hash": object{"value": "$2b$10$abc"}},
	} {
		_, refused := runImport(t, tenant, connection, []object{{"email": "a@example.com", "custom_password_hash": hash}})
		if len(refused) != 1 || code(refused[0]) != "ANY_OF_MISSING" {
			t.Errorf("%s: refused %v", name, refused)
		}
	}
}
