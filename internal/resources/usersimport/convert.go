// SPDX-License-Identifier: MPL-2.0

package usersimport

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/migration"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// Limits of a row of an import.
const (
	maxProfile   = 10 << 10
	maxEmail     = 254
	maxLocalPart = 64
	maxName      = 150
)

// The reasons for which a user is held back that are no reasons of the hash.
const (
	noID          = "no id"
	noEmail       = "no e-mail address"
	badEmail      = "an e-mail address that Auth0 does not take"
	sharedEmail   = "an e-mail address or an id that another user has, too"
	noHash        = "no password hash: who is imported without one can never get one"
	badPhone      = "a phone number that is not in E.164 form"
	badMetadata   = "metadata that is no JSON object, or with a name that Auth0 does not take"
	largeProfile  = "a profile of more than 10 kB"
	userIDTooLong = "an id of more than 255 characters"
)

// reservedMetadata are names that app_metadata may not have.
var reservedMetadata = []string{
	"__tenant", "_id", "blocked", "clientID", "created_at", "email_verified", "email", "globalClientID",
	"global_client_id",
	"identities", "lastIP", "lastLogin", "loginsCount", "metadata", "multifactor_last_modified", "multifactor",
	"updated_at", "user_id",
}

// converter makes rows of an import job.
type converter struct {
	// prefix stands with a bar in front of ids, as the connection's scripts have it; "" for none.
	prefix     string
	duplicates map[string]bool
	hashes     hashes.ImportSettings
}

// userID is the id that Auth0 gets, without the strategy.
func (c *converter) userID(id string) string {
	if c.prefix == "" {
		return id
	}
	return c.prefix + "|" + id
}

// auth0ID is the user's whole id.
func (c *converter) auth0ID(id string) string { return "auth0|" + c.userID(id) }

// tableID is the id that the table has, for the one that Auth0 got.
func (c *converter) tableID(userID string) string {
	if c.prefix == "" {
		return userID
	}
	return strings.TrimPrefix(userID, c.prefix+"|")
}

// converted is a user as a job has it, or the reason why there is none.
type converted struct {
	json   []byte
	format string // of the hash
	held   string
}

// user makes a row: the profile that login returns, and the hash.
func (c *converter) user(u migration.User) converted {
	if reason := c.identity(u); reason != "" {
		return converted{held: reason}
	}
	if u.Text(store.Password) == "" {
		return converted{held: noHash}
	}
	hash, err := hashes.ForImport(u.Text(store.Password), u.Text(store.PasswordSalt), c.hashes)
	var cannot *hashes.CannotImportError
	if errors.As(err, &cannot) {
		return converted{held: "a hash that looks like " + cannot.Look + ": " + cannot.Reason}
	}
	row := map[string]any{
		"user_id": c.userID(u.ID()), "email": strings.ToLower(u.Text(store.Email)),
		"email_verified": u[store.EmailVerified] == true,
		hash.Member:      hash.Value,
	}
	if reason := addProfile(row, u); reason != "" {
		return converted{held: reason}
	}
	text, err := json.Marshal(row)
	if err != nil || len(text) > maxProfile {
		return converted{held: largeProfile}
	}
	return converted{json: text, format: hash.Format}
}

var anyEmail = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]+$`)

// identity says what keeps a user from being known.
func (c *converter) identity(u migration.User) string {
	email := u.Text(store.Email)
	local, _, _ := strings.Cut(email, "@")
	switch {
	case u.ID() == "":
		return noID
	case utf8.RuneCountInString(c.userID(u.ID())) > 255:
		return userIDTooLong
	case strings.TrimSpace(email) == "":
		return noEmail
	case c.duplicates[u.ID()]:
		return sharedEmail
	case !anyEmail.MatchString(email), len(email) > maxEmail, len(local) > maxLocalPart:
		return badEmail
	}
	return ""
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// addProfile adds what the store has beside address and hash.
func addProfile(row map[string]any, u migration.User) (reason string) {
	for _, part := range []store.Part{store.Nickname, store.Name, store.GivenName, store.FamilyName} {
		if text := []rune(u.Text(part)); len(text) > 0 {
			row[string(part)] = string(text[:min(len(text), maxName)])
		}
	}
	for _, part := range []store.Part{store.Username, store.Picture} {
		if text := u.Text(part); text != "" {
			row[string(part)] = text
		}
	}
	if phone := u.Text(store.PhoneNumber); phone != "" {
		if !e164.MatchString(phone) {
			return badPhone
		}
		row["phone_number"], row["phone_verified"] = phone, u[store.PhoneVerified] == true
	}
	if u[store.Blocked] == true {
		row["blocked"] = true
	}
	for part, reserved := range map[store.Part][]string{store.UserMetadata: nil, store.AppMetadata: reservedMetadata} {
		text := u.Text(part)
		if text == "" || text == "null" {
			continue
		}
		var metadata map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &metadata) != nil || refusedName(metadata, reserved) {
			return badMetadata
		}
		row[string(part)] = json.RawMessage(text)
	}
	return ""
}

// refusedName reports whether an object has a name at its top that Auth0 does not take.
func refusedName(metadata map[string]json.RawMessage, reserved []string) bool {
	for name := range metadata {
		if strings.ContainsAny(name, ".$") {
			return true
		}
		for _, other := range reserved {
			if name == other {
				return true
			}
		}
	}
	return false
}
