// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

// The defaults of [Options].
const (
	DefaultBcryptRounds   = 10
	DefaultDatabaseURLKey = "POSTGRES_URL"
	DefaultCAKey          = "POSTGRES_CA"
	DefaultPoolMax        = 5
	DefaultAppMetadataKey = "app_metadata"
	DefaultBcryptPrefix   = "2b"
	DefaultPasswordHash   = hashes.Bcrypt
	DefaultArgon2Memory   = 19456
	DefaultArgon2Passes   = 2
)

// Bounds of what Options accept. Fifteen rounds take seconds; the scripts must
// end inside ten.
const (
	MinBcryptRounds = 4
	MaxBcryptRounds = 15
	MaxPoolMax      = 50
	MinForgetAfter  = time.Hour
)

// Options say how the scripts of one connection behave.
type Options struct {
	Store store.Store
	// UserIDPrefix and a bar go in front of the ids that Auth0 sees; "" for none.
	UserIDPrefix string
	// BcryptRounds is the cost of new hashes, 0 for the default.
	BcryptRounds int
	// DatabaseURLKey is the configuration key that holds the database's URL, "" for the default.
	DatabaseURLKey string
	// CAKey is the configuration key that may hold the certificate authority of
	// the database in PEM, "" for the default.
	CAKey string
	// PoolMax bounds the connections that one container opens, 0 for the default.
	PoolMax int
	// AppMetadataKey is the name under which the profile carries the app_metadata
	// part, "app_metadata" or "metadata"; "" for the default.
	AppMetadataKey string
	// ImportMode says that Auth0 keeps the user after the first login.
	ImportMode bool
	// ImportFinished renders login and get_user that know nobody: with ImportMode
	// left on, Auth0 then serves the users that it has.
	ImportFinished bool
	// ForgetMigratedAfter is how long after the mark login and get_user still know a migrated user, 0 for always. It needs
	// ImportMode and the part migrated_at, and is a whole number of seconds, an hour at least.
	ForgetMigratedAfter time.Duration
	// PasswordHash is the format of new hashes, of those that [hashes.Writable] names; "" for the default.
	PasswordHash string
	// BcryptPrefix is the version that new hashes name, "2b", "2a" or "2y"; "" for
	// the default. It is for other programs that know only one of them.
	BcryptPrefix string
	// Iterations are those of new hashes with PBKDF2, 0 for the format's own number.
	Iterations int
	// Argon2Memory, in KiB, and Argon2Passes are those of new hashes with Argon2, 0 for the defaults.
	Argon2Memory, Argon2Passes int
	// PepperKey and SignerKey are the configuration keys that hold the secrets of the formats that need one.
	PepperKey, SignerKey string
	// LegacyHashes are the formats beside bcrypt that login accepts, of those that [hashes.Optional] names.
	LegacyHashes []string
	// Passkeys says that users can sign up with a passkey, for which Auth0 wants the new user's profile of create. It is
	// read as get_user reads it, with the same rights; a store in another tenant has none of that.
	Passkeys bool
	// RehashOnLogin replaces hashes that are not bcrypt or of fewer rounds.
	RehashOnLogin bool
	// MayLackUsername is for a rehearsal alone: whoever signs up need not bring a username.
	MayLackUsername bool
}

// Features lists what the options switch on that needs privileges of its own.
func (o Options) Features() []Feature {
	if o.RehashOnLogin {
		return []Feature{RehashOnLogin}
	}
	return nil
}

// writer is how new passwords are hashed.
func (o Options) writer() *hashes.Writer {
	format, _ := hashes.Find(o.PasswordHash)
	return format.Writer
}

func (o Options) costs() hashes.Costs {
	return hashes.Costs{
		BcryptRounds: o.BcryptRounds, BcryptPrefix: o.BcryptPrefix,
		Iterations: o.Iterations, Argon2Memory: o.Argon2Memory, Argon2Passes: o.Argon2Passes,
	}
}

// checkHashing refuses what cannot be written, or read again.
func (o Options) checkHashing() error {
	if !slices.Contains(hashes.Writable(), o.PasswordHash) {
		return &OptionError{"password_hash", fmt.Sprintf(
			"must be one of %s, which the scripts write; hashes of other formats are read through legacy_hashes",
			strings.Join(hashes.Writable(), ", "))}
	}
	named := func(key hashes.Key) string {
		for _, name := range append([]string{o.PasswordHash}, o.LegacyHashes...) {
			if format, _ := hashes.Find(name); format.Key == key {
				return name
			}
		}
		return ""
	}
	switch {
	case o.PepperKey == "" && named(hashes.PepperKey) != "":
		return &OptionError{
			"pepper_key",
			"must name the configuration key with the pepper, which " + named(hashes.PepperKey) + " needs",
		}
	case o.SignerKey == "" && named(hashes.SignerKey) != "":
		return &OptionError{"signer_key", "must name the configuration " +
			"key with the signer key, which " + named(hashes.SignerKey) + " needs"}
	case o.Iterations != 0 && (o.Iterations < hashes.MinIterations || o.Iterations > hashes.MaxIterations):
		return &OptionError{
			"pbkdf2_iterations",
			fmt.Sprintf("must be between %d and %d", hashes.MinIterations, hashes.MaxIterations),
		}
	case o.Argon2Memory < hashes.MinArgon2Memory || o.Argon2Memory > hashes.MaxArgon2Memory:
		return &OptionError{"argon2_memory", fmt.Sprintf("must be between %d and %d KiB",
			hashes.MinArgon2Memory, hashes.MaxArgon2Memory)}
	case o.Argon2Passes < hashes.MinArgon2Passes || o.Argon2Passes > hashes.MaxArgon2Passes:
		return &OptionError{
			"argon2_passes",
			fmt.Sprintf("must be between %d and %d", hashes.MinArgon2Passes, hashes.MaxArgon2Passes),
		}
	case o.writer().Work(o.costs()) > hashes.MaxWork:
		return &OptionError{"password_hash", "costs more than a login has time for: lower its cost"}
	}
	return nil
}

// OptionError says which option the scripts cannot be rendered with.
type OptionError struct{ Option, Problem string }

func (e *OptionError) Error() string { return e.Option + " " + e.Problem }

// withDefaults fills in what is not set and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	if o.BcryptRounds == 0 {
		o.BcryptRounds = DefaultBcryptRounds
	}
	if o.DatabaseURLKey == "" {
		o.DatabaseURLKey = DefaultDatabaseURLKey
	}
	if o.CAKey == "" {
		o.CAKey = DefaultCAKey
	}
	if o.PoolMax == 0 {
		o.PoolMax = DefaultPoolMax
	}
	if o.AppMetadataKey == "" {
		o.AppMetadataKey = DefaultAppMetadataKey
	}
	if o.PasswordHash == "" {
		o.PasswordHash = DefaultPasswordHash
	}
	if o.BcryptPrefix == "" {
		o.BcryptPrefix = DefaultBcryptPrefix
	}
	if o.Argon2Memory == 0 {
		o.Argon2Memory = DefaultArgon2Memory
	}
	if o.Argon2Passes == 0 {
		o.Argon2Passes = DefaultArgon2Passes
	}
	for _, format := range o.LegacyHashes {
		if !slices.Contains(hashes.Optional(), format) {
			return o, &OptionError{"legacy_hashes", fmt.Sprintf("names %q, which is no format that the scripts know", format)}
		}
	}
	switch {
	case !slices.Contains([]string{"2a", "2b", "2y"}, o.BcryptPrefix):
		return o, &OptionError{"bcrypt_prefix", `must be "2b", "2a" or "2y"`}
	case o.ImportFinished && !o.ImportMode:
		return o, &OptionError{"import_finished", "needs import_mode: without it Auth0 asks the scripts " +
			"alone, and they would know nobody"}
	case o.ForgetMigratedAfter != 0 && !o.ImportMode:
		return o, &OptionError{"forget_migrated_after", "needs import_mode: without it Auth0 asks the scripts " +
			"alone, and they would know nobody any more"}
	case o.ForgetMigratedAfter != 0 && !o.Store.Writes(store.MigratedAt):
		return o, &OptionError{"forget_migrated_after", "needs the part migrated_at in the store, with a column that the " +
			"scripts write: who was migrated, and when, stands there"}
	case o.ForgetMigratedAfter != 0 && o.ForgetMigratedAfter < MinForgetAfter:
		return o, &OptionError{"forget_migrated_after", fmt.Sprintf("must be at least %s: a login that Auth0 did not end "+
			"could not be repeated", MinForgetAfter)}
	case o.RehashOnLogin && o.ImportMode:
		return o, &OptionError{"rehash_on_login", "cannot be combined with import_mode, where Auth0 makes " +
			"its own hash at the first login"}
	case o.BcryptRounds < MinBcryptRounds || o.BcryptRounds > MaxBcryptRounds:
		return o, &OptionError{"bcrypt_rounds", fmt.Sprintf("must be between %d and %d", MinBcryptRounds, MaxBcryptRounds)}
	case o.PoolMax < 1 || o.PoolMax > MaxPoolMax:
		return o, &OptionError{"pool_max", fmt.Sprintf("must be between 1 and %d", MaxPoolMax)}
	case strings.ContainsFunc(o.UserIDPrefix, func(r rune) bool { return r == '|' || unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return o, &OptionError{"user_id_prefix", "must have neither spaces nor a bar, which separates it from the id"}
	case o.AppMetadataKey != "app_metadata" && o.AppMetadataKey != "metadata":
		return o, &OptionError{"app_metadata_key", `must be "app_metadata" or "metadata"`}
	case o.CAKey == o.DatabaseURLKey:
		return o, &OptionError{"ca_key", "must not be the key of the database URL"}
	}
	if err := o.checkReach(); err != nil {
		return o, err
	}
	return o, o.checkHashing()
}

// checkReach refuses settings that mean something else, or nothing, with what the store is reached through. One that
// has its default counts as not set.
func (o Options) checkReach() error {
	if !o.Store.InDatabase() {
		for _, option := range []struct {
			name string
			set  bool
		}{
			{"database_url_key", o.DatabaseURLKey != DefaultDatabaseURLKey},
			{"ca_key", o.CAKey != DefaultCAKey},
			{"pool_max", o.PoolMax != DefaultPoolMax},
		} {
			if option.set {
				return &OptionError{option.name, "is about PostgreSQL, which the scripts over " + o.Store.Title() +
					" do not talk to: leave it out; keys of that store stand where it is described"}
			}
		}
	}
	if !o.Store.ChecksPasswords() {
		return nil
	}
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"password_hash", o.PasswordHash != DefaultPasswordHash},
		{"legacy_hashes", len(o.LegacyHashes) > 0},
		{"rehash_on_login", o.RehashOnLogin},
		{"pepper_key", o.PepperKey != ""},
		{"signer_key", o.SignerKey != ""},
	} {
		if option.set {
			return &OptionError{option.name, "has no part in scripts over " + o.Store.Title() + ", which checks passwords " +
				"itself: leave it out"}
		}
	}
	return nil
}
