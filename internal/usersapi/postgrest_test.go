// SPDX-License-Identifier: MPL-2.0

package usersapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/pgtest"
)

// TestPostgRESTPreRequest runs the function that the guide has PostgREST call before each request, with the settings that
// PostgREST makes for it.
func TestPostgRESTPreRequest(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "users-api.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	_, sql, _ := strings.Cut(string(guide), "```sql\n")
	sql, _, found := strings.Cut(sql, "```")
	if !found || strings.Count(string(guide), "```sql\n") != 1 {
		t.Fatal("the guide has not the one function")
	}
	db := pgtest.Database(t)
	role := db.RoleName("api")
	db.Exec(`CREATE ROLE "` + role + `" LOGIN PASSWORD 'role-password'`)
	db.Exec(strings.ReplaceAll(sql, "users_api", `"`+role+`"`))
	conn := db.ConnTo(db.URLFor(role, "role-password"))
	good := m{
		"iss": "https://acme.eu.auth0.com/", "aud": "https://users.example.com/", "azp": "the client's ID",
		"sub": "the client's ID@clients", "gty": "client-credentials", "scope": "users:login users:get_user users:delete",
	}
	for name, c := range map[string]struct {
		path   string
		change m
		in     bool
	}{
		"login":           {"/rpc/login", nil, true},
		"record login":    {"/rpc/login_record_login", nil, true},
		"by id":           {"/rpc/get_user_find_by_id", nil, true},
		"delete":          {"/rpc/delete", nil, true},
		"no scope for it": {"/rpc/create", nil, false},
		"no scope":        {"/rpc/login", m{"scope": nil}, false},
		"another path":    {"/users", nil, false},
		"no path":         {"", nil, false},
		"a user":          {"/rpc/login", m{"sub": "auth0|1"}, false},
		"no sub":          {"/rpc/login", m{"sub": nil}, false},
		"no aud":          {"/rpc/login", m{"aud": nil}, false},
		"two auds":        {"/rpc/login", m{"aud": []string{"https://users.example.com/", "https://acme.eu.auth0.com/userinfo"}}, false},
		"another aud":     {"/rpc/login", m{"aud": "https://other.example.com"}, false},
		"another azp":     {"/rpc/login", m{"azp": "other", "sub": "other@clients"}, false},
		"another iss":     {"/rpc/login", m{"iss": "https://evil.example.com/"}, false},
		"another grant":   {"/rpc/login", m{"gty": "password"}, false},
		"no claims":       {"/rpc/login", m{"": nil}, false},
	} {
		claims := m{}
		for key, value := range good {
			claims[key] = value
		}
		for key, value := range c.change {
			claims[key] = value
		}
		text, _ := json.Marshal(claims)
		if name == "no claims" {
			text = nil
		}
		_, err := conn.Exec(
			t.Context(),
			"SELECT set_config('request.jwt.claims', $1, false), set_config('request.path', $2, false)",
			string(text),
			c.path,
		)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "SELECT auth0_guard.check_caller()"); (err == nil) != c.in {
			t.Errorf("%s: %v", name, err)
		}
	}
}
