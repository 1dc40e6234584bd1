// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"strings"
	"time"
)

// user is a user that the tenant knows: of its own store, or cached from the
// scripts of a connection whose users live elsewhere.
type user struct {
	id         string // auth0|…
	connection string // name
	profile    *object
	password   []byte // bcrypt; nil when the password lives elsewhere
	created    time.Time
	updated    time.Time
}

func sameEmail(a, b string) bool { return strings.EqualFold(a, b) }

// countUsers counts the users of a connection. The tenant is locked.
func (t *Tenant) countUsers(c *connection) int {
	n := 0
	for _, u := range t.users {
		if u.connection == c.name {
			n++
		}
	}
	return n
}

func (t *Tenant) deleteConnectionUser(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.connection(c, "The id of the connection (currently only database connections are supported)")
	if err != nil {
		return 0, nil, err
	}
	if found.strategy != databaseStrategy {
		return 0, nil, badBody("Connection must be a database connection")
	}
	email := c.URL.Query().Get("email")
	if email == "" {
		return 0, nil, &apiError{
			status: http.StatusBadRequest, message: "Query validation error: 'Missing required property: email'.", code: "invalid_query_string",
		}
	}
	for id, u := range t.users {
		if u.connection == found.name && sameEmail(u.profile.string("email"), email) {
			delete(t.users, id)
		}
	}
	return http.StatusNoContent, nil, nil
}
