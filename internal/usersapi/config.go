// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes/check"
)

// PasswordCheck is who compares passwords with stored hashes.
type PasswordCheck string

const (
	// CheckInScript hands the hash out to the scripts, which compare and make new ones.
	CheckInScript PasswordCheck = "script"
	// CheckInAPI is given the password. No hash leaves, and the API makes new ones.
	CheckInAPI PasswordCheck = "api"
)

// Config is what an API is made of. Zero values stand for the defaults where there are any.
type Config struct {
	// DatabaseURL is that of a role that may execute the functions.
	DatabaseURL string
	// PoolMax bounds the connections to the database, 10 by default.
	PoolMax int
	// Schema is that of the access functions.
	Schema string
	// PasswordCheck is [CheckInScript] unless it says something else.
	PasswordCheck PasswordCheck
	// Passwords says which hashes are compared and written with [CheckInAPI].
	Passwords check.Options
	// RehashOnLogin replaces a hash at login that new ones do not look like or that costs less, with [CheckInAPI].
	RehashOnLogin bool
	// ImportMode means that who logs in is handed over to Auth0: record_login marks the user as migrated.
	ImportMode bool
	// ConflictColumns are those whose unique index says that the address or the user name is another user's; without any,
	// every unique index does.
	ConflictColumns []string
	// Tokens are the rules for bearer tokens; nil accepts none.
	Tokens *TokenRules
	// Basic are the names and passwords that may call; none accepts none. Several are for a rotation.
	Basic []Credentials
	// Allowed are the addresses that may call; nil is everybody.
	Allowed []netip.Prefix
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// MaxInFlight bounds the requests that are worked on at once, 200 by default.
	MaxInFlight int
	// Log gets a line for each request; nil writes nothing.
	Log *slog.Logger
}

// Credentials are a name and a password for basic authentication.
type Credentials struct{ Username, Password string }

// TokenRules say which bearer tokens are accepted.
type TokenRules struct {
	// JWKS is the URL of the tenant's keys, Issuer its issuer with the slash at the end.
	JWKS, Issuer string
	// Audience is the identifier of the API's resource server.
	Audience string
	// Clients are the applications that may call, the claim azp.
	Clients []string
	// Now is the clock; nil for the real one.
	Now func() time.Time
}

// Time limits: a script waits for ten seconds at most, all in all.
const (
	requestTime = 8 * time.Second
	queryTime   = 3 * time.Second
	maxBody     = 64 << 10
	maxAnswer   = 256 << 10
	maxToken    = 8 << 10
)

// withDefaults fills in what is not set and refuses what cannot work.
func (c Config) withDefaults() (Config, error) {
	if c.PoolMax == 0 {
		c.PoolMax = 10
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 200
	}
	if c.PasswordCheck == "" {
		c.PasswordCheck = CheckInScript
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Schema == "":
		return c, errors.New("the schema of the access functions is not given")
	case c.PasswordCheck != CheckInScript && c.PasswordCheck != CheckInAPI:
		return c, fmt.Errorf("the password check is %q and not script or api", c.PasswordCheck)
	case c.RehashOnLogin && c.PasswordCheck != CheckInAPI:
		return c, errors.New("hashes are replaced at login with the password check api; with script the scripts do that")
	case c.RehashOnLogin && c.ImportMode:
		return c, errors.New("hashes are not replaced at login in import mode, where Auth0 makes its own")
	case c.Tokens == nil && len(c.Basic) == 0:
		return c, errors.New("neither rules for tokens nor credentials are given: nobody could call")
	}
	for _, pair := range c.Basic {
		if pair.Username == "" || len(pair.Password) < minPassword {
			return c, fmt.Errorf("credentials need a user name and a password of at least %d characters", minPassword)
		}
	}
	if c.Tokens != nil {
		return c, c.Tokens.check()
	}
	return c, nil
}

// minPassword is the length below which a password for this API can be guessed.
const minPassword = 16

func (r *TokenRules) check() error {
	switch {
	case r.Issuer == "" || r.Audience == "":
		return errors.New("tokens are checked against an issuer and an audience, and one of them is not given")
	case len(r.Clients) == 0:
		return errors.New("no client is named whose tokens are accepted (azp)")
	}
	u, err := url.Parse(r.JWKS)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return errors.New("the URL of the tokens' keys is no https:// URL")
	}
	return nil
}

// isLoopback tells whether a host is this machine.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
