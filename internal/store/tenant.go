// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
)

// Tenant means that scripts ask another Auth0 tenant, of which one database connection holds the users. It is no
// secret: keys are names of values in the connection's configuration. Members stand in the order of their names, as in
// the text of a store.
type Tenant struct {
	// ClientIDKey and ClientSecretKey are of the client by which users log in there.
	ClientIDKey     string `json:"client_id_key"`
	ClientSecretKey string `json:"client_secret_key"`
	// Connection is the name of the connection there.
	Connection string `json:"connection"`
	// Domain is the tenant's own, without a scheme; one on loopback may have a port and is reached over http.
	Domain string `json:"domain"`
	// ManagementClientIDKey and ManagementClientSecretKey are of the client that is granted the Management API, which may be
	// the same.
	ManagementClientIDKey     string `json:"management_client_id_key"`
	ManagementClientSecretKey string `json:"management_client_secret_key"`
}

func (t Tenant) users() (Table, bool) { return Table{}, false }
func (t Tenant) title() string {
	return fmt.Sprintf("the connection %q of the tenant %s", t.Connection, t.Domain)
}

// Tenant is the one that is asked; ok is false for everything else.
func (s Store) Tenant() (t Tenant, ok bool) {
	t, ok = s.Reach.(Tenant)
	return t, ok
}

// TenantParts lists what a tenant has of a user of a database connection, in the order of [Parts].
func TenantParts() []Part {
	return []Part{
		ID, Email, EmailVerified, Password, Username, Nickname, Name, GivenName, FamilyName, Picture, PhoneNumber, PhoneVerified,
		UserMetadata, AppMetadata, Blocked,
	}
}

// URL is where the tenant is reached, without a slash at the end.
func (t Tenant) URL() string {
	host := t.Domain
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if isLoopback(host) {
		return "http://" + t.Domain
	}
	return "https://" + t.Domain
}

// Audience is the identifier of the tenant's Management API.
func (t Tenant) Audience() string { return t.URL() + "/api/v2/" }

// Keys lists the keys of the configuration without which the scripts cannot ask the tenant, each once.
func (t Tenant) Keys() []string {
	keys := []string{t.ClientIDKey, t.ClientSecretKey}
	if t.ManagementClientIDKey != t.ClientIDKey {
		keys = append(keys, t.ManagementClientIDKey)
	}
	if t.ManagementClientSecretKey != t.ClientSecretKey {
		keys = append(keys, t.ManagementClientSecretKey)
	}
	return keys
}

func (t Tenant) check() error {
	for _, key := range []string{t.ClientIDKey, t.ClientSecretKey, t.ManagementClientIDKey, t.ManagementClientSecretKey} {
		if key == "" {
			return errors.New("tenant needs client_id_key, client_secret_key, management_client_id_key and " +
				"management_client_secret_key; the latter two may be those of the former")
		}
	}
	if t.ClientIDKey == t.ClientSecretKey || t.ManagementClientIDKey == t.ManagementClientSecretKey {
		return errors.New("tenant has one key for a client's id and its secret")
	}
	if (t.ClientIDKey == t.ManagementClientIDKey) != (t.ClientSecretKey == t.ManagementClientSecretKey) {
		return errors.New("tenant has two clients with one id or one secret: name both keys of the second one, or neither")
	}
	if err := CheckDomain(t.Domain); err != nil {
		return fmt.Errorf("tenant.domain %w", err)
	}
	if err := CheckConnectionName(t.Connection); err != nil {
		return fmt.Errorf("tenant.connection %w", err)
	}
	return nil
}

var (
	domainName     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	connectionName = regexp.MustCompile(`^[a-zA-Z0-9](-?[a-zA-Z0-9])*$`)
)

// CheckDomain tells why a text is no domain of a tenant. The error holds nothing of the text.
func CheckDomain(text string) error {
	host := text
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch {
	case strings.Contains(text, "://"):
		return errors.New("has a scheme; the domain alone is wanted, such as acme.eu.auth0.com")
	case isLoopback(host) && !strings.ContainsAny(text, "/?#@"):
		return nil
	case text != strings.ToLower(text):
		return errors.New("has capitals, and the audience of the Management API has none")
	case !domainName.MatchString(text) || len(text) > 253:
		return errors.New("is no domain of a tenant, such as acme.eu.auth0.com, without a path and a port")
	}
	return nil
}

// CheckConnectionName tells why no connection has this name.
func CheckConnectionName(text string) error {
	if len(text) > 128 || !connectionName.MatchString(text) {
		return errors.New("is no name of a connection, which has letters, digits and single hyphens between them, 128 at most")
	}
	return nil
}
