// SPDX-License-Identifier: MPL-2.0

// Package auth0 is the small part of Auth0's Management API that the provider calls, over
// Auth0's own SDK. Options of a connection are read and written as they are, without a type
// in between that could drop a key. Nothing is contacted before the first call.
package auth0

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Config says which tenant is called and with which credentials. One of ClientSecret,
// ClientAssertionPrivateKey and APIToken authenticates.
type Config struct {
	// Domain is the tenant's host name, for example "acme.eu.auth0.com".
	Domain string
	// BaseURL replaces https://<Domain>. Plain http is accepted for loopback addresses only.
	BaseURL string
	// Audience of the token, https://<Domain>/api/v2/ when empty.
	Audience                  string
	ClientID                  string
	ClientSecret              string
	ClientAssertionPrivateKey string // PEM
	ClientAssertionSigningAlg string
	APIToken                  string
	UserAgent                 string
}

// ConfigError is a setting that cannot be used. Its text never repeats a secret.
type ConfigError struct {
	// Attribute is the provider attribute at fault, below "auth0".
	Attribute string
	Reason    string
}

func (e *ConfigError) Error() string { return fmt.Sprintf("auth0.%s: %s", e.Attribute, e.Reason) }

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)

// SigningAlgorithms lists the algorithms that sign a client assertion.
func SigningAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
}

// Validate reports the first setting that cannot work, as a [*ConfigError].
func (c Config) Validate() error {
	if _, err := c.endpoint(); err != nil {
		return err
	}
	switch {
	case c.APIToken != "":
	case c.ClientID == "":
		return &ConfigError{"client_id", "neither a client id nor an API token is set. Set client_id (or AUTH0_CLIENT_ID) " +
			"together with client_secret or client_assertion_private_key, or set api_token (or AUTH0_API_TOKEN)."}
	case c.ClientAssertionPrivateKey != "":
		if !slices.Contains(SigningAlgorithms(), c.ClientAssertionSigningAlg) {
			return &ConfigError{"client_assertion_signing_alg", fmt.Sprintf("%q is not a signing algorithm. Use one of %s.",
				c.ClientAssertionSigningAlg, strings.Join(SigningAlgorithms(), ", "))}
		}
	case c.ClientSecret == "":
		return &ConfigError{"client_secret", "client_id is set without client_secret (or AUTH0_CLIENT_SECRET) or " +
			"client_assertion_private_key (or AUTH0_CLIENT_ASSERTION_PRIVATE_KEY)."}
	}
	return nil
}

// endpoint is where the tenant answers, scheme and host only.
func (c Config) endpoint() (*url.URL, error) {
	if c.BaseURL != "" {
		return parseBaseURL(c.BaseURL)
	}
	if c.Domain == "" {
		return nil, &ConfigError{"domain", "the tenant's domain is not set. Set domain (or AUTH0_DOMAIN), " +
			"for example acme.eu.auth0.com."}
	}
	host := strings.TrimSuffix(strings.TrimPrefix(c.Domain, "https://"), "/")
	if !hostName.MatchString(host) {
		return nil, &ConfigError{"domain", fmt.Sprintf("%q is not a host name. Give the tenant's domain without scheme and "+
			"path, for example acme.eu.auth0.com.", c.Domain)}
	}
	return &url.URL{Scheme: "https", Host: host}, nil
}

func parseBaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, &ConfigError{"base_url", "it must be a scheme and a host, for example http://127.0.0.1:3000."}
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	default:
		return nil, &ConfigError{"base_url", "plain http would send the credentials in clear; it is accepted for " +
			"loopback addresses only. Use https."}
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// audience of the Management API, which is that of the tenant's own domain even where
// another URL leads to it.
func (c Config) audience(endpoint *url.URL) string {
	if c.Audience != "" {
		return c.Audience
	}
	if c.Domain != "" {
		host := strings.TrimSuffix(strings.TrimPrefix(c.Domain, "https://"), "/")
		return "https://" + host + "/api/v2/"
	}
	return endpoint.String() + "/api/v2/"
}
