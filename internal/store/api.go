// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Contract is how an API is asked.
type Contract string

const (
	// RPC is PostgREST's convention over the access functions.
	RPC Contract = "rpc"
	// WebService is the documented JSON contract.
	WebService Contract = "web_service"
)

// Contracts lists the contracts.
func Contracts() []Contract { return []Contract{WebService, RPC} }

// PasswordCheck is where a password is compared.
type PasswordCheck string

const (
	// ByScript means that the store gives out the hash.
	ByScript PasswordCheck = "script"
	// ByAPI means that the store is given the password, and gives out none.
	ByAPI PasswordCheck = "api"
)

// PasswordChecks lists the places.
func PasswordChecks() []PasswordCheck { return []PasswordCheck{ByScript, ByAPI} }

// Auth is how the scripts say who they are.
type Auth string

const (
	// ClientCredentials is an access token for a client of the tenant.
	ClientCredentials Auth = "client_credentials"
	// Basic is a name and a password.
	Basic Auth = "basic"
)

// Auths lists the ways.
func Auths() []Auth { return []Auth{ClientCredentials, Basic} }

// API means that scripts ask an API over HTTPS. It is no secret: keys are names of values in the connection's
// configuration. Members stand in the order of their names, as in the text of a store.
type API struct {
	// Audience and TokenURL are of client credentials alone, as are ClientIDKey and ClientSecretKey.
	Audience string `json:"audience,omitempty"`
	Auth     Auth   `json:"auth"`
	// CAKey is the key under which there may be an authority of one's own; without it the public ones are trusted.
	CAKey           string        `json:"ca_key,omitempty"`
	ClientIDKey     string        `json:"client_id_key,omitempty"`
	ClientSecretKey string        `json:"client_secret_key,omitempty"`
	Contract        Contract      `json:"contract"`
	PasswordCheck   PasswordCheck `json:"password_check"`
	// PasswordKey and UsernameKey are of basic credentials alone.
	PasswordKey string `json:"password_key,omitempty"`
	// Schema is that of the functions, for RPC alone.
	Schema   string `json:"schema,omitempty"`
	TokenURL string `json:"token_url,omitempty"`
	// URL is what the paths of the contract follow, without a slash at its end.
	URL         string `json:"url"`
	UsernameKey string `json:"username_key,omitempty"`
}

func (a API) users() (Table, bool) { return Table{}, false }
func (a API) title() string        { return "the API " + a.URL }

// API is the one that is asked; ok is false for everything else.
func (s Store) API() (a API, ok bool) {
	a, ok = s.Reach.(API)
	return a, ok
}

// ChecksPasswords reports whether the store compares passwords itself, and is given them.
func (s Store) ChecksPasswords() bool {
	if _, ok := s.Tenant(); ok {
		return true
	}
	a, ok := s.API()
	return ok && a.PasswordCheck == ByAPI
}

// Keys lists the keys of the configuration without which the scripts cannot ask the API.
func (a API) Keys() []string {
	if a.Auth == Basic {
		return []string{a.UsernameKey, a.PasswordKey}
	}
	return []string{a.ClientIDKey, a.ClientSecretKey}
}

func (a API) check() error {
	switch {
	case !slices.Contains(Contracts(), a.Contract):
		return fmt.Errorf("api.contract is %q and not web_service or rpc", a.Contract)
	case !slices.Contains(PasswordChecks(), a.PasswordCheck):
		return fmt.Errorf("api.password_check is %q and not script or api", a.PasswordCheck)
	case !slices.Contains(Auths(), a.Auth):
		return fmt.Errorf("api.auth is %q and not client_credentials or basic", a.Auth)
	case (a.Contract == RPC) != (a.Schema != ""):
		return errors.New("api.schema is that of the functions, which the contract rpc needs and no other has")
	case strings.ContainsFunc(a.Schema, func(r rune) bool { return r < ' ' || r > '~' }):
		return errors.New("api.schema goes into a header, which takes printable ASCII alone")
	}
	if err := CheckURL(a.URL); err != nil {
		return fmt.Errorf("api.url %w", err)
	}
	if strings.HasSuffix(a.URL, "/") {
		return errors.New("api.url ends with a slash")
	}
	token := []string{a.Audience, a.TokenURL, a.ClientIDKey, a.ClientSecretKey}
	basic := []string{a.UsernameKey, a.PasswordKey}
	wanted, other := token, basic
	if a.Auth == Basic {
		wanted, other = basic, token
	}
	if slices.Contains(wanted, "") || strings.Join(other, "") != "" {
		return errors.New("api.auth client_credentials needs audience, token_url, client_id_key and client_secret_key, " +
			"basic needs username_key and password_key, and neither has those of the other")
	}
	if a.Auth == Basic {
		return nil
	}
	if err := CheckURL(a.TokenURL); err != nil {
		return fmt.Errorf("api.token_url %w", err)
	}
	return nil
}

// CheckURL tells why a text is no URL at which the scripts could ask. The error holds nothing of the text, which may
// have a password in it.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" || strings.ContainsAny(text, " \\"):
		return errors.New("is no absolute URL, such as https://users.example.com")
	case u.User != nil:
		return errors.New("has a user name or a password in it; what the scripts log in with stands in the connection's " +
			"configuration")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return errors.New("has a query or a fragment, and the scripts put a path behind it")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("must begin with https://: passwords and hashes would go over the network in the clear " +
			"(http:// is for the loopback interface)")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must begin with https://")
	}
	return nil
}

func isLoopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }
