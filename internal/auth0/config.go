// SPDX-License-Identifier: MPL-2.0

// Package auth0 makes the few Management API calls that the provider needs.
package auth0

// Config says which tenant is addressed and with which credentials: a client secret, a
// private key, or a ready token.
type Config struct {
	Domain                    string
	BaseURL                   string // https://<Domain> when empty
	Audience                  string // https://<Domain>/api/v2/ when empty
	ClientID                  string
	ClientSecret              string
	ClientAssertionPrivateKey string // PEM
	ClientAssertionSigningAlg string // RS256 when empty
	APIToken                  string
	UserAgent                 string
}

// Client is one tenant, contacted at the first call.
type Client struct {
	config Config
}

// New returns a client. It does no I/O.
func New(c Config) *Client { return &Client{config: c} }

// Domain is the tenant's domain.
func (c *Client) Domain() string { return c.config.Domain }
