// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"

	connections "github.com/auth0/go-auth0/v3/management/connections/client"
	"github.com/auth0/go-auth0/v3/management/core"
	"github.com/auth0/go-auth0/v3/management/jobs/usersimports"
	"github.com/auth0/go-auth0/v3/management/option"
)

// Client calls one tenant's Management API. It is safe for concurrent use.
type Client struct {
	config Config

	setup struct {
		once sync.Once
		err  error
	}
	connections  *connections.Client
	usersImports *usersimports.Client
	// plain is for calls of which the SDK's clients would bring a megabyte of types along, see [Client.get].
	plain     *http.Client
	base      string
	transport *retry
	refresh   refresh
}

// New makes a client. It contacts nothing: a setting that cannot work, see
// [Config.Validate], is reported by the first call.
func New(c Config) *Client {
	if c.UserAgent == "" {
		c.UserAgent = "terraform-provider-auth0pg"
	}
	return &Client{
		config:    c,
		transport: &retry{base: http.DefaultTransport, gate: newGate(), userAgent: c.UserAgent, wait: sleep},
	}
}

// Domain is the tenant's host name.
func (c *Client) Domain() string {
	if c.config.Domain != "" {
		return c.config.Domain
	}
	if u, err := url.Parse(c.config.BaseURL); err == nil {
		return u.Host
	}
	return ""
}

// start builds the SDK's clients at the first call.
func (c *Client) start() error {
	c.setup.once.Do(func() {
		if c.setup.err = c.config.Validate(); c.setup.err != nil {
			return
		}
		endpoint, _ := c.config.endpoint() // valid, or Validate had said so
		forTokens := *c.transport
		forTokens.repeatable = true
		credentials := &tokens{config: c.config, endpoint: endpoint, client: httpClient(&forTokens)}
		c.base = endpoint.String() + "/api/v2"
		c.plain = httpClient(&bearer{tokens: credentials, next: c.transport})
		options := core.NewRequestOptions(option.WithBaseURL(c.base), option.WithHTTPClient(c.plain))
		c.connections, c.usersImports = connections.NewClient(options), usersimports.NewClient(options)
	})
	return c.setup.err
}

// httpClient does not follow redirects: the Management API sends none, so one means that
// something else answers, which must not see the token.
func httpClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// call is one operation of the API: its name for messages and the scopes that it needs.
type call struct {
	operation string
	scopes    []string
	// empty is set where the tenant may answer that there is nothing, with a 204.
	empty bool
}

// do runs one SDK call and decodes the answer into result (nil: no body is expected). The
// SDK would decode it into types that round large numbers and lag behind the API; it is not
// shown what is in the answer.
func (c *Client) do(ctx context.Context, call call, result any, send func(context.Context) error) error {
	if err := c.start(); err != nil {
		return err
	}
	a := &answer{}
	err := send(keep(ctx, a))
	var token *TokenError // of the second token, when the first one was refused
	switch {
	case a.status == 0, errors.As(err, &token), err != nil && ctx.Err() != nil:
		return explain(call, a, err)
	case a.status < 200 || a.status >= 300:
		return fromAnswer(call.operation, call.scopes, a)
	}
	if result == nil || a.status == http.StatusNoContent {
		return nil
	}
	if json.Unmarshal(a.body, result) != nil {
		return fromAnswer(call.operation, call.scopes, a)
	}
	return nil
}

// get asks for a path, below /api/v2, and decodes the answer into result.
func (c *Client) get(ctx context.Context, call call, path string, query url.Values, result any) error {
	return c.do(ctx, call, result, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
		if err != nil {
			return err
		}
		req.URL.RawQuery = query.Encode()
		resp, err := c.plain.Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close() // what it held is kept, see keep
	})
}

// explain makes the error of a call that got no answer. Errors about the configuration and
// about the token speak for themselves.
func explain(call call, a *answer, err error) error {
	var configuration *ConfigError
	var token *TokenError
	switch {
	case errors.As(err, &configuration):
		return configuration
	case errors.As(err, &token):
		return token
	case err == nil:
		err = errors.New("no request was sent")
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return &Error{Operation: call.operation, needs: call.scopes, sent: a.sent, err: err}
}
