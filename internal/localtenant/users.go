// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// userPrefix is the strategy that every id of a database user starts with.
const userPrefix = databaseStrategy + "|"

// user is a user that the tenant knows: of its own store, or remembered from the
// scripts of a connection whose users live elsewhere.
type user struct {
	id         string // with the prefix
	connection string // name
	profile    *object
	password   []byte       // bcrypt; nil when the password lives elsewhere
	foreign    *foreignHash // of an import, until the first login
	fixed      bool         // no import may bring a hash any more
	viaImport  bool         // made by an import
	created    time.Time
	updated    time.Time
	lastLogin  time.Time
	lastReset  time.Time
	logins     int
}

// rawID is the id without the prefix, as scripts know it.
func (u *user) rawID() string { return strings.TrimPrefix(u.id, userPrefix) }

func (u *user) email() string { return u.profile.string("email") }

func (u *user) setPassword(password string) error {
	hash, err := bcrypt.GenerateFromPassword(truncated(password), bcrypt.MinCost)
	if err != nil {
		return err
	}
	u.password, u.foreign, u.fixed = hash, nil, true
	return nil
}

// hasPassword compares a password with what is stored.
func (u *user) hasPassword(password string) bool {
	if u.foreign != nil {
		same, err := u.foreign.matches(password)
		return err == nil && same
	}
	return u.password != nil && bcrypt.CompareHashAndPassword(u.password, truncated(password)) == nil
}

// truncated is what bcrypt looks at.
func truncated(password string) []byte { return []byte(password)[:min(len(password), 72)] }

// show is the user as the Management API answers with it.
func (u *user) show() *object {
	all := clone(u.profile).(*object)
	email := u.email()
	all.set("user_id", u.id)
	all.set("created_at", timestamp(u.created))
	all.set("updated_at", timestamp(u.updated))
	all.set("identities", []any{newObject(
		"connection", u.connection, "user_id", u.rawID(), "provider", databaseStrategy, "isSocial", false,
	)})
	if email != "" {
		all.setDefault("email_verified", false)
		local, _, _ := strings.Cut(email, "@")
		all.setDefault("name", email)
		all.setDefault("nickname", local)
		sum := md5.Sum([]byte(strings.ToLower(email)))
		host := "s"
		if u.viaImport {
			host = "secure"
		}
		all.setDefault("picture", "https://"+host+".gravatar.com/avatar/"+hex.EncodeToString(sum[:])+
			"?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F"+strings.ToLower(local[:min(2, len(local))])+".png")
	}
	if !u.lastLogin.IsZero() {
		all.set("last_login", timestamp(u.lastLogin))
		all.set("logins_count", u.logins)
	}
	if !u.lastReset.IsZero() {
		all.set("last_password_reset", timestamp(u.lastReset))
	}
	out := newObject()
	for _, key := range slices.Sorted(slices.Values(all.keys)) {
		out.set(key, all.get(key))
	}
	return out
}

func sameEmail(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

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

// lookup finds a user of a connection by e-mail address, user name or phone number. The tenant
// is locked.
func (t *Tenant) lookup(c *connection, identifier string) *user {
	for _, u := range t.users {
		if u.connection == c.name && identifier != "" && (sameEmail(u.email(), identifier) ||
			strings.EqualFold(u.profile.string("username"), identifier) || u.profile.string("phone_number") == identifier) {
			return u
		}
	}
	return nil
}

// find is lookup for callers that do not hold the lock; it returns a copy.
func (t *Tenant) find(c *connection, identifier string) *user {
	t.mu.Lock()
	defer t.mu.Unlock()
	return copied(t.lookup(c, identifier))
}

func copied(u *user) *user {
	if u == nil {
		return nil
	}
	c := *u
	c.profile = clone(u.profile).(*object)
	return &c
}

// snapshot returns a copy of a connection that stays as it is while scripts run.
// Options are replaced by updates, never changed in place.
func (t *Tenant) snapshot(match func(*connection) bool) *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.connections {
		if c.strategy == databaseStrategy && match(c) {
			s := *c
			s.clients = slices.Clone(c.clients)
			return &s
		}
	}
	return nil
}

func (t *Tenant) snapshotNamed(name string) *connection {
	return t.snapshot(func(c *connection) bool { return c.name == name })
}

// rootAttributes are the ones that set_user_root_attributes is about.
var rootAttributes = []string{"name", "nickname", "given_name", "family_name", "picture"}

// remember keeps what a script says of a user. A second connection that returns
// the same id gets the user of the first, as on the platform: ids are one space.
func (t *Tenant) remember(c *connection, profile *object) *user {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := userPrefix + profileID(profile)
	now := t.options.Now()
	u := t.users[id]
	first := u == nil
	if first {
		u = &user{id: id, connection: c.name, profile: newObject(), created: now, updated: now}
		t.users[id] = u
	}
	mode := c.options.string("set_user_root_attributes")
	for _, key := range profile.keys {
		value := clone(profile.get(key))
		switch {
		case key == "user_id" || key == "id" || key == "blocked":
		case slices.Contains(rootAttributes, key) && (mode == "never_on_login" || mode == "on_first_login" && !first):
		case key == "metadata" || key == "app_metadata":
			u.profile.setDefault("app_metadata", value)
		case key == "user_metadata":
			u.profile.setDefault("user_metadata", value)
		default:
			u.profile.set(key, value)
		}
	}
	u.updated = now
	return copied(u)
}

// change edits a stored user and returns a copy of it, nil when it is gone.
func (t *Tenant) change(id string, edit func(u *user)) *user {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[id]
	if u == nil {
		return nil
	}
	edit(u)
	u.updated = t.options.Now()
	return copied(u)
}

// blocked says whether an administrator has blocked the user.
func (u *user) blocked() bool { return u.profile.bool("blocked") }
