// SPDX-License-Identifier: MPL-2.0

package connection

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The roles that a user name can stand for.
func TestRolesOfDecoratedUserNames(t *testing.T) {
	for user, want := range map[string][]string{
		"":                             {""},
		"scripts":                      {"scripts"},
		"scripts.abcdefghijklmnopqrst": {"scripts.abcdefghijklmnopqrst", "scripts"}, // Supavisor
		"scripts.project-ref":          {"scripts.project-ref", "scripts"},
		"app.scripts.project_ref":      {"app.scripts.project_ref", "app.scripts"},
		"scripts@server":               {"scripts@server", "scripts"}, // Azure's single server
		"scripts@my-server-2":          {"scripts@my-server-2", "scripts"},
		"first.last@server":            {"first.last@server", "first.last"},
		"ada@example.com@server":       {"ada@example.com@server", "ada@example.com"},
		"ada@example.com":              {"ada@example.com", "ada@example"},
		"ada@example.com.project":      {"ada@example.com.project", "ada@example.com"},
		"User \"A\".ref":               {"User \"A\".ref", "User \"A\""},
		".scripts":                     {".scripts"},
		"scripts.":                     {"scripts."},
		"@server":                      {"@server"},
		"scripts@":                     {"scripts@"},
		"scripts@not a server":         {"scripts@not a server"},
		"scripts.ref@not a server":     {"scripts.ref@not a server"},
	} {
		address := url.URL{Scheme: "postgres", User: url.UserPassword(user, "secret"), Host: "db.example.com", Path: "/app"}
		target := scriptsTarget(address.String())
		if got := target.roles(); !slices.Equal(got, want) || target.database != "app" {
			t.Errorf("%q: %q, database %q; want %q", user, got, target.database, want)
		}
		said := target.noRole()
		// Who needs the whole name is not told to write a role's in its place.
		if replace := strings.Contains(said, "take its name from"); replace != (len(want) == 1) {
			t.Errorf("%q: %s", user, said)
		}
	}
}
