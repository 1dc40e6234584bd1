// SPDX-License-Identifier: MPL-2.0

// Package bulkimport makes rows of Auth0's import jobs of users of a table, says why a user cannot be one, and counts what an
// import would come to. Nothing is sent here.
package bulkimport

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
	NoID          = "no id"
	NoEmail       = "no e-mail address"
	BadEmail      = "an e-mail address that Auth0 does not take"
	SharedEmail   = "an e-mail address or an id that another user has, too"
	NoHash        = "no password hash: who is imported without one can never get one"
	BadPhone      = "a phone number that is not in E.164 form"
	BadMetadata   = "metadata that is no JSON object, or with a name that Auth0 does not take"
	BadTOTP       = "a secret of one-time passwords that is not in base32"
	LargeProfile  = "a profile of more than 10 kB"
	UserIDTooLong = "an id of more than 255 characters"
)

// reservedMetadata are names that app_metadata may not have.
var reservedMetadata = []string{
	"__tenant", "_id", "blocked", "clientID", "created_at", "email_verified", "email", "globalClientID",
	"global_client_id",
	"identities", "lastIP", "lastLogin", "loginsCount", "metadata", "multifactor_last_modified", "multifactor",
	"updated_at", "user_id",
}

// Converter makes rows of an import job.
type Converter struct {
	// Prefix stands with a bar in front of ids, as the connection's scripts have it; "" for none.
	Prefix string
	// Duplicates are the ids of users whose address or id another one has, too.
	Duplicates map[string]bool
	Hashes     hashes.ImportSettings
}

// userID is the id that Auth0 gets, without the strategy.
func (c *Converter) userID(id string) string {
	if c.Prefix == "" {
		return id
	}
	return c.Prefix + "|" + id
}

// Auth0ID is the user's whole id.
func (c *Converter) Auth0ID(id string) string { return "auth0|" + c.userID(id) }

// TableID is the id that the table has, for the one that Auth0 got.
func (c *Converter) TableID(userID string) string {
	if c.Prefix == "" {
		return userID
	}
	return strings.TrimPrefix(userID, c.Prefix+"|")
}

// Row is a user as a job has it, or the reason why there is none.
type Row struct {
	JSON []byte
	// Format is that of the hash.
	Format string
	// Held is why the user cannot go, "" for who can.
	Held string
}

// User makes a row: the profile that login returns, the hash, and the secret of one-time passwords.
func (c *Converter) User(u migration.User) Row {
	if reason := c.identity(u); reason != "" {
		return Row{Held: reason}
	}
	if u.Text(store.Password) == "" {
		return Row{Held: NoHash}
	}
	hash, err := hashes.ForImport(u.Text(store.Password), u.Text(store.PasswordSalt), c.Hashes)
	var cannot *hashes.CannotImportError
	if errors.As(err, &cannot) {
		return Row{Held: "a hash that looks like " + cannot.Look + ": " + cannot.Reason}
	}
	row := map[string]any{
		"user_id": c.userID(u.ID()), "email": strings.ToLower(u.Text(store.Email)),
		"email_verified": u[store.EmailVerified] == true,
		hash.Member:      hash.Value,
	}
	if reason := addProfile(row, u); reason != "" {
		return Row{Held: reason}
	}
	text, err := json.Marshal(row)
	if err != nil || len(text) > maxProfile {
		return Row{Held: LargeProfile}
	}
	return Row{JSON: text, Format: hash.Format}
}

var anyEmail = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]+$`)

// identity says what keeps a user from being known.
func (c *Converter) identity(u migration.User) string {
	email := u.Text(store.Email)
	local, _, _ := strings.Cut(email, "@")
	switch {
	case u.ID() == "":
		return NoID
	case utf8.RuneCountInString(c.userID(u.ID())) > 255:
		return UserIDTooLong
	case strings.TrimSpace(email) == "":
		return NoEmail
	case c.Duplicates[u.ID()]:
		return SharedEmail
	case !anyEmail.MatchString(email), len(email) > maxEmail, len(local) > maxLocalPart:
		return BadEmail
	}
	return ""
}

// base32 is how Auth0 takes the secret: without padding, spaces or hyphens.
var base32 = regexp.MustCompile(`^[A-Z2-7]+$`)

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
			return BadPhone
		}
		row["phone_number"], row["phone_verified"] = phone, u[store.PhoneVerified] == true
	}
	if u[store.Blocked] == true {
		row["blocked"] = true
	}
	if secret := strings.ToUpper(strings.TrimRight(u.Text(store.TOTP), "=")); secret != "" {
		if !base32.MatchString(secret) {
			return BadTOTP
		}
		row["mfa_factors"] = []any{map[string]any{"totp": map[string]any{"secret": secret}}}
	}
	for part, reserved := range map[store.Part][]string{store.UserMetadata: nil, store.AppMetadata: reservedMetadata} {
		text := u.Text(part)
		if text == "" || text == "null" {
			continue
		}
		var metadata map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &metadata) != nil || refusedName(metadata, reserved) {
			return BadMetadata
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
