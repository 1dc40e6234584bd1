// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// writers are the applications whose tables the scripts write, each with what its own code expects of a row: of somebody
// who has just signed up, has changed the password and then the address. $1 is the address.
var writers = map[string]string{
	"aspnet_identity": `SELECT "NormalizedEmail" = upper("Email") AND "NormalizedUserName" = upper("Email") AND "UserName" = "Email"
		AND length("SecurityStamp") = 36 AND length("ConcurrencyStamp") = 36 AND "LockoutEnabled" AND NOT "TwoFactorEnabled"
		AND "AccessFailedCount" = 0 AND "LockoutEnd" IS NULL AND get_byte(decode("PasswordHash", 'base64'), 0) = 1
		FROM "AspNetUsers" WHERE "Email" = $1`,
	"calcom_users": `SELECT p.hash LIKE '$2_$%' AND NOT u.locked AND u.role = 'USER' AND u."identityProvider" = 'CAL' AND u."emailVerified" IS NULL
		FROM users u JOIN "UserPassword" p ON p."userId" = u.id WHERE u.email = $1`,
	"chatwoot": `SELECT uid = email AND provider = 'email' AND name = '' AND created_at <= updated_at AND encrypted_password LIKE '$2_$%'
		FROM users WHERE email = $1`,
	"devise_pepper":  `SELECT encrypted_password LIKE '$2_$%' AND created_at <= updated_at FROM users WHERE email = $1`,
	"directus_users": `SELECT status = 'active' AND provider = 'default' AND password LIKE '$argon2id$%' FROM directus_users WHERE email = $1`,
	"discourse": `SELECT e.normalized_email = e.email AND u.updated_at > u.created_at AND e.updated_at > e.created_at
		FROM users u JOIN user_emails e ON e.user_id = u.id AND e."primary" WHERE e.email = $1`,
	"django_auth_user": `SELECT password LIKE 'pbkdf2_sha256$%' AND is_active AND NOT is_staff AND NOT is_superuser AND first_name = ''
		AND last_name = '' AND username <> '' AND date_joined <= now() FROM auth_user WHERE email = $1`,
	"gobook_bytea": `SELECT convert_from(password_hash, 'UTF8') LIKE '$2_$%' AND name = '' AND version >= 3 FROM users WHERE email = $1`,
	"laravel":      `SELECT password LIKE '$2y$%' AND name = '' AND deleted_at IS NULL FROM users WHERE email = $1`,
	"mastodon": `SELECT a.username = 'mastodon' AND u.encrypted_password LIKE '$2_$%' AND u.approved AND u.created_at <= u.updated_at
		AND (SELECT count(*) FROM accounts) = (SELECT count(*) FROM users)
		FROM users u JOIN accounts a ON a.id = u.account_id WHERE u.email = $1`,
	"metabase_core_user": `SELECT password LIKE '$2_$%' AND password_salt = '' AND is_active AND date_joined <= now()
		FROM core_user WHERE email = $1`,
	"supabase_auth_users": `SELECT aud = 'authenticated' AND role = 'authenticated' AND encrypted_password LIKE '$2_$%'
		AND raw_app_meta_data IS NOT NULL AND NOT is_sso_user FROM auth.users WHERE email = $1`,
}

// Where Auth0 keeps nobody, the scripts write rows that the application itself could have written, and nothing else about the
// table changes.
func TestApplicationsAreWritten(t *testing.T) {
	t.Parallel()
	w := newApplicationsWorld(t)
	var all []*application
	for name := range pgtest.SomeOf(writers) {
		a := w.application(t, name)
		// In one tenant no two connections may have a user of the same id.
		a.Exec(fmt.Sprintf("SELECT setval(oid::regclass, %d) FROM pg_class WHERE relkind = 'S'", 1000*(len(all)+1)))
		all = append(all, a)
	}
	w.describe(all, false, true)
	w.workspace.MustRun("get")
	w.workspace.MustRun("apply", "-auto-approve")
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			w.TB = t
			w.signUpAndLive(a, writers[a.name])
			a.compare(t, nil)
		})
	}
	w.TB = t
}

// keepsPasswords are the applications whose hashes cannot be written: their own code signs users up, and changes passwords.
var keepsPasswords = map[string]bool{"discourse": true}

// keepsNames are the applications whose user names are made of the first address, by which users go on logging in.
var keepsNames = map[string]bool{"django_auth_user": true}

// signUpAndLive is a user's life in the application's table: signed up, logged in, with another password and another address, and
// deleted; and what the application reads meanwhile.
func (w *world) signUpAndLive(a *application, reads string) {
	w.Helper()
	old, changed := "correct horse battery", "another horse battery"
	realm := strings.ReplaceAll(a.name, "_", "-")
	first, second := realm+"@example.com", realm+"@new.example.com"
	if keepsPasswords[a.name] {
		first, old, changed = "alice@example.com", "S3cret-pass", "S3cret-pass"
	}
	expect := func(what string, got, want int, answer any) {
		w.Helper()
		if got != want {
			w.Errorf("%s: status %d, want %d: %v", what, got, want, answer)
		}
	}
	signUp := func(what, email string, want int) {
		w.Helper()
		if !keepsPasswords[a.name] {
			status, answer := w.ask("/dbconnections/signup", map[string]any{"client_id": w.clientID, "connection": realm, "email": email, "password": old})
			expect(what, status, want, answer)
		}
	}
	logIn := func(what, email, password string, want int) {
		w.Helper()
		status, answer := w.ask("/oauth/token", map[string]any{
			"grant_type": "http://auth0.com/oauth/grant-type/password-realm", "realm": realm, "scope": "openid",
			"client_id": w.clientID, "client_secret": w.secret, "username": email, "password": password,
		})
		expect(what, status, want, answer)
	}
	signUp("sign-up", first, http.StatusOK)
	signUp("sign-up again", first, http.StatusBadRequest)
	logIn("login", first, old, http.StatusOK)
	status, users := w.tenant.API("GET", "/users-by-email?email="+url.QueryEscape(first), nil)
	list, _ := users["items"].([]any)
	if status != http.StatusOK || len(list) != 1 {
		w.Fatalf("%d users: %v", len(list), users)
	}
	profile, _ := list[0].(map[string]any)
	id, _ := profile["user_id"].(string)
	at := "/users/" + url.PathEscape(id)
	if old != changed {
		status, answer := w.tenant.API("PATCH", at, map[string]any{"password": changed, "connection": realm})
		expect("change of password", status, http.StatusOK, answer)
		logIn("login with the old password", first, old, http.StatusForbidden)
	}
	status, answer := w.tenant.API("PATCH", at, map[string]any{"email": second, "connection": realm})
	expect("change of address", status, http.StatusOK, answer)
	logIn("login after both changes", second, changed, http.StatusOK)
	if !keepsNames[a.name] {
		logIn("login with the old address", first, changed, http.StatusForbidden)
	}
	if !a.QueryBool("SELECT coalesce(("+reads+"), false)", second) {
		w.Errorf("the application does not expect such a row: %s", reads)
	}
	status, answer = w.tenant.API("DELETE", at, nil)
	expect("deletion", status, http.StatusNoContent, answer)
	logIn("login after the deletion", second, changed, http.StatusForbidden)
	signUp("sign-up after the deletion", second, http.StatusOK)
}

// ask posts to the tenant as an application does.
func (w *world) ask(path string, body map[string]any) (status int, answer map[string]any) {
	w.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	response, err := http.Post(w.tenant.URL+path, "application/json", bytes.NewReader(content)) //nolint:noctx // in this process
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it is read
	_ = json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode, answer
}
