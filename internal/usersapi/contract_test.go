// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"net/http"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/usersapi"
)

// TestWebService goes through a user's life, with both places to check a password.
func TestWebService(t *testing.T) {
	for _, where := range []usersapi.PasswordCheck{usersapi.CheckInScript, usersapi.CheckInAPI} {
		t.Run(string(where), func(t *testing.T) {
			b := newBench(t, func(c *usersapi.Config) { c.PasswordCheck = where })
			inAPI := where == usersapi.CheckInAPI
			secret := func(o m, password string) m { // what goes with a new password
				o["password"], o["password_hash"] = nil, nil
				if inAPI {
					o["password"] = password
				} else {
					o["password_hash"] = hashOf(t, password)
				}
				return o
			}
			login := func(identifier, password string) m {
				t.Helper()
				if inAPI {
					return b.only("/v1/login", m{"identifier": identifier, "password": password})
				}
				user := b.only("/v1/login", m{"identifier": identifier, "password": nil})
				hash := []byte(text(user["password_hash"]))
				user["password_matches"] = bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil
				delete(user, "password_hash")
				delete(user, "password_salt")
				return user
			}
			ada := func() m {
				return secret(m{"user": m{
					"email": "Ada@Example.com", "username": "ada", "name": "Ada", "user_metadata": m{},
					"app_metadata": m{"plan": "gold"},
				}}, "correct horse")
			}

			b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": "ada@example.com", "user_id": nil})
			b.gives(`{"result":"changed"}`, "/v1/create", ada())
			b.gives(`{"result":"conflict"}`, "/v1/create", ada())
			grace := secret(m{"user": m{"email": "grace@example.com", "username": "grace"}}, "correct horse")
			b.gives(`{"result":"changed"}`, "/v1/create", grace)

			user := login("ada@example.com", "correct horse")
			id := text(user["user_id"])
			if user["password_matches"] != true || user["email"] != "ada@example.com" || user["email_verified"] != false ||
				user["blocked"] != false || text(user["app_metadata"]) != "map[plan:gold]" || user["found_by_email"] != true ||
				user["migrated_ago"] != nil {
				t.Errorf("the profile is %v", user)
			}
			if login("ada", "incorrect horse")["password_matches"] != false {
				t.Error("another password matches")
			}
			for _, found := range []m{
				b.only("/v1/get_user", m{"identifier": "ada", "user_id": nil}),
				b.only("/v1/get_user", m{"identifier": nil, "user_id": id}),
			} {
				_, hash := found["password_hash"]
				if found["user_id"] != id || hash || found["password_matches"] != nil {
					t.Errorf("get_user gives %v", found)
				}
			}
			for _, nobody := range []string{"999", "x", "99999999999999999999", "-1"} {
				b.gives(`{"users":[]}`, "/v1/get_user", m{"identifier": nil, "user_id": nobody})
				b.gives(`{"result":"none"}`, "/v1/delete", m{"user_id": nobody})
			}

			b.gives(`{"result":"changed"}`, "/v1/record_login", m{"user_id": id})
			b.gives(`{"result":"changed"}`, "/v1/verify", m{"email": "ADA@example.com"})
			b.gives(`{"result":"none"}`, "/v1/verify", m{"email": "nobody@example.com"})
			b.gives(`{"result":"none"}`, "/v1/verify", m{"email": "no address"})
			b.gives(`{"result":"changed"}`, "/v1/change_password", secret(m{"email": "ada@example.com"}, "another horse"))
			b.gives(`{"result":"none"}`, "/v1/change_password", secret(m{"email": "nobody@example.com"}, "another horse"))
			if login("ada", "correct horse")["password_matches"] != false || login("ada", "another horse")["password_matches"] != true {
				t.Error("the password has not changed")
			}
			b.gives(`{"result":"changed"}`, "/v1/change_username", m{"username": "ada", "new_username": "countess"})
			b.gives(`{"result":"none"}`, "/v1/change_username", m{"username": "nobody", "new_username": "somebody"})
			b.gives(`{"result":"conflict"}`, "/v1/change_username", m{"username": "countess", "new_username": "grace"})
			b.gives(`{"result":"none"}`, "/v1/change_username", m{"username": "countess", "new_username": "grace@example.com"})
			change := func(email, to string, verified bool) m {
				return m{"email": email, "new_email": to, "verified": verified}
			}
			b.gives(`{"result":"conflict"}`, "/v1/change_email", change("ada@example.com", "grace@example.com", true))
			b.gives(`{"result":"none"}`, "/v1/change_email", change("nobody@example.com", "somebody@example.com", true))
			b.gives(`{"result":"changed"}`, "/v1/change_email", change("ada@example.com", "Lovelace@example.com", false))
			user = login("lovelace@example.com", "another horse")
			if user["user_id"] != id || user["email_verified"] != false || user["username"] != "countess" || user["password_matches"] != true {
				t.Errorf("after all changes the profile is %v", user)
			}

			if inAPI {
				b.fails(http.StatusNotFound, "not_offered", "/v1/replace_hash", m{})
			} else {
				old := text(b.only("/v1/login", m{"identifier": "countess", "password": nil})["password_hash"])
				replace := func(old string) m {
					return m{"user_id": id, "old_password_hash": old, "password_hash": hashOf(t, "new")}
				}
				b.gives(`{"result":"none"}`, "/v1/replace_hash", replace(hashOf(t, "x")))
				b.gives(`{"result":"changed"}`, "/v1/replace_hash", replace(old))
				b.fails(http.StatusUnprocessableEntity, "unfit", "/v1/change_password",
					m{"email": "grace@example.com", "password": nil, "password_hash": "plain"})
			}
			b.gives(`{"result":"changed"}`, "/v1/delete", m{"user_id": id})
			b.gives(`{"result":"none"}`, "/v1/delete", m{"user_id": id})
			b.silent()
		})
	}
}

// TestRPC asks the functions themselves, as PostgREST would be asked.
func TestRPC(t *testing.T) {
	for _, where := range []usersapi.PasswordCheck{usersapi.CheckInScript, usersapi.CheckInAPI} {
		t.Run(string(where), func(t *testing.T) {
			b := newBench(t, func(c *usersapi.Config) { c.PasswordCheck = where })
			b.header = http.Header{"Content-Profile": {b.config.Schema}}
			inAPI := where == usersapi.CheckInAPI
			secret := func(password string) string {
				if inAPI {
					return password
				}
				return hashOf(t, password)
			}
			ada := m{
				"email": "Ada@Example.com", "username": "ada", "nickname": nil, "name": "Ada", "given_name": nil,
				"family_name": nil, "picture": nil, "phone_number": nil, "user_metadata": m{}, "app_metadata": m{"n": 1e15},
				"password": secret("correct horse"),
			}
			b.gives(`[true]`, "/rpc/create", ada)
			b.fails(http.StatusConflict, "23505", "/rpc/create", ada)
			credentials := m{"identifier": "ada@example.com"}
			if inAPI {
				credentials["password"] = "correct horse"
			}
			user := b.only("/rpc/login", credentials)
			if user["password_matches"] == true != inAPI || user["email"] != "ada@example.com" || user["found_by_email"] != true {
				t.Errorf("login gives %v", user)
			}
			if _, hash := user["password"]; hash == inAPI {
				t.Errorf("login gives %v", user)
			}
			id := user["id"]
			found := b.only("/rpc/get_user_find_by_id", m{"wanted_id": id})
			if _, hash := found["password"]; hash || found["email"] != "ada@example.com" || found["app_metadata"] != `{"n": 1000000000000000}` {
				t.Errorf("found by id: %v", found)
			}
			if n := len(b.users("/rpc/get_user", m{"identifier": "nobody@example.com"})); n != 0 {
				t.Errorf("%d users", n)
			}
			b.gives(`[true]`, "/rpc/login_record_login", m{"id": id})
			b.gives(`[true]`, "/rpc/login_record_migration", m{"id": id})
			b.gives(`[true]`, "/rpc/verify", m{"email": "ada@example.com"})
			b.gives(`[]`, "/rpc/verify", m{"email": "nobody@example.com"})
			b.gives(`[true]`, "/rpc/change_password", m{"email": "ada@example.com", "password": secret("another horse")})
			b.gives(`[true]`, "/rpc/change_email", m{"email": "ada@example.com", "new_email": "new@example.com", "verified": true})
			b.gives(`[true]`, "/rpc/change_username", m{"username": "ada", "new_username": "countess"})
			if inAPI {
				b.fails(http.StatusNotFound, "PGRST202", "/rpc/login_rehash", m{})
				b.fails(http.StatusNotFound, "PGRST202", "/rpc/login", m{"identifier": "countess"})
			} else {
				b.fails(http.StatusBadRequest, "22023", "/rpc/change_password", m{"email": "new@example.com", "password": "plain"})
				old := b.only("/rpc/login", m{"identifier": "countess"})["password"]
				b.gives(`[true]`, "/rpc/login_rehash", m{"id": id, "old_password": old, "password": hashOf(t, "new")})
			}
			b.fails(http.StatusNotFound, "PGRST202", "/rpc/verify", m{"email": "new@example.com", "user": "x"})
			b.fails(http.StatusNotFound, "PGRST202", "/rpc/check_client", m{})
			b.fails(http.StatusNotFound, "PGRST202", "/rpc/nothing", m{})
			b.gives(`[true]`, "/rpc/delete", m{"id": id})
			b.gives(`[]`, "/rpc/delete", m{"id": id})
			b.header.Set("Content-Profile", "public")
			b.fails(http.StatusNotAcceptable, "PGRST106", "/rpc/delete", m{"id": id})
			b.silent()
		})
	}
}
