// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// users are what the operations work on: the functions, and who checks passwords.
type users struct {
	config    Config
	database  *database
	passwords *check.Checker // nil where the scripts check
}

// The results of a change.
const (
	changed  = "changed"
	none     = "none"
	conflict = "conflict"
)

// find looks for whom the identifier means. An address goes before a user name that looks the same.
func (u *users) find(ctx context.Context, op scripts.Operation, identifier string) ([]row, error) {
	if !isIdentifier(identifier) {
		return nil, nil
	}
	name, argument := string(op), "identifier"
	rows, err := u.database.call(ctx, name, values{argument: &identifier})
	if err != nil {
		return nil, err
	}
	var byEmail []row
	for _, r := range rows {
		if r["found_by_email"] != false {
			byEmail = append(byEmail, r)
		}
	}
	if len(byEmail) > 0 {
		return byEmail, nil
	}
	return rows, nil
}

// findByID looks for the user with this id; nobody has one that its column cannot hold.
func (u *users) findByID(ctx context.Context, id string) ([]row, error) {
	const name = "get_user_find_by_id"
	if fits, err := u.fitsID(ctx, name, "wanted_id", id); err != nil || !fits {
		return nil, err
	}
	return u.database.call(ctx, name, values{"wanted_id": &id})
}

var uuidForm = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// fitsID tells whether the function's argument can hold the id: another one would be an error of the server.
func (u *users) fitsID(ctx context.Context, function, argument, id string) (bool, error) {
	functions, err := u.database.catalog(ctx, false)
	if err != nil {
		return false, unavailable(err)
	}
	a, _ := functions[function].argument(argument)
	least := map[string]int64{"smallint": math.MinInt16, "integer": math.MinInt32, "bigint": math.MinInt64}
	switch low, whole := least[a.Type]; {
	case whole:
		n, err := strconv.ParseInt(id, 10, 64)
		return err == nil && n >= low && n <= -(low+1) && !strings.HasPrefix(id, "+"), nil
	case a.Type == "uuid":
		return uuidForm.MatchString(id), nil
	}
	return true, nil
}

// change calls a function that changes a user.
func (u *users) change(ctx context.Context, function string, given values) (string, error) {
	rows, err := u.database.call(ctx, function, given)
	switch {
	case isConflict(err, u.config.ConflictColumns):
		return conflict, nil
	case err != nil:
		return "", err
	case len(rows) == 0:
		return none, nil
	}
	return changed, nil
}

// changeByID is change for the user with an id.
func (u *users) changeByID(ctx context.Context, function, id string, given values) (string, error) {
	if fits, err := u.fitsID(ctx, function, "id", id); err != nil || !fits {
		return none, err
	}
	given["id"] = &id
	return u.change(ctx, function, given)
}

// recordLogin keeps the time of a login, or in import mode that the user was handed over.
func (u *users) recordLogin(ctx context.Context, id string) (string, error) {
	const record, migration = "login_record_login", "login_record_migration"
	function := record
	if u.config.ImportMode && u.database.offers(ctx, migration) {
		function = migration
	}
	if !u.database.offers(ctx, function) {
		return none, nil // the store has no place for it
	}
	return u.changeByID(ctx, function, id, values{})
}

// matches compares a password with the hash of the only user, and makes the hash a new one where that is wanted. Of
// several nobody is meant: no password fits.
func (u *users) matches(ctx context.Context, password string, found []row) (bool, error) {
	var hash, salt string
	if len(found) == 1 {
		hash, salt = textOf(found[0], "password"), textOf(found[0], "password_salt")
	}
	match, err := u.passwords.Compare(ctx, password, hash, salt)
	switch {
	case errors.Is(err, check.ErrNoTurn):
		return false, late(err.Error())
	case err != nil:
		return false, err
	}
	if match.Cannot != "" {
		u.config.Log.WarnContext(ctx, "a stored hash cannot be compared here", "format", match.Cannot)
	}
	if match.Fits && !match.Usual && u.config.RehashOnLogin {
		u.rehash(ctx, textOf(found[0], "id"), hash, password)
	}
	return match.Fits, nil
}

// rehash replaces a hash, now that the password is known. A login that is right does not fail over it.
func (u *users) rehash(ctx context.Context, id, hash, password string) {
	const function = "login_rehash"
	if !u.passwords.Takes(password) || !u.database.offers(ctx, function) {
		return
	}
	replacement, err := u.passwords.Hash(ctx, password)
	if err == nil {
		_, err = u.changeByID(ctx, function, id, values{"password": &replacement, "old_password": &hash})
	}
	if err != nil {
		u.config.Log.WarnContext(ctx, "a hash was not replaced at login", "cause", describe(err))
	}
}

// hash makes the hash of a new password.
func (u *users) hash(ctx context.Context, password string) (*string, error) {
	if !u.passwords.Takes(password) {
		return nil, unfit("the password cannot be used: it is empty, too long for the format of new hashes, or has a NUL")
	}
	hash, err := u.passwords.Hash(ctx, password)
	if errors.Is(err, check.ErrNoTurn) {
		return nil, late(err.Error())
	}
	return &hash, err
}

// textOf is a column that is text; "" for null.
func textOf(r row, column string) string {
	text, _ := r[column].(string)
	return text
}

// metadata is the object that a column holds as text, or nil: other JSON is no metadata.
func metadata(text any) json.RawMessage {
	s, _ := text.(string)
	if !strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "{") || !json.Valid([]byte(s)) {
		return nil
	}
	return json.RawMessage(s)
}
