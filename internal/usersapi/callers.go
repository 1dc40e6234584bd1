// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/scripts"
)

// callers decide who may call.
type callers struct {
	config Config
	tokens *tokens // nil where none are accepted
}

func newCallers(c Config) *callers {
	all := &callers{config: c}
	if c.Tokens != nil {
		all.tokens = newTokens(*c.Tokens)
	}
	return all
}

func (c *callers) ready(ctx context.Context) error {
	if c.tokens == nil {
		return nil
	}
	return c.tokens.keys.ready(ctx)
}

// schemes are the values of WWW-Authenticate.
func (c *callers) schemes() (all []string) {
	if c.tokens != nil {
		all = append(all, "Bearer")
	}
	if len(c.config.Basic) > 0 {
		all = append(all, `Basic realm="users", charset="UTF-8"`)
	}
	return all
}

// admit returns for the log who calls, or why nobody may.
func (c *callers) admit(ctx context.Context, r *http.Request, scope scripts.Operation) (caller string, err error) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", unauthorized(fmt.Sprintf("%d headers Authorization", len(headers)))
	}
	scheme, credentials, _ := strings.Cut(headers[0], " ")
	switch {
	case strings.EqualFold(scheme, "Bearer") && c.tokens != nil:
		return c.tokens.admit(ctx, credentials, "users:"+string(scope))
	case strings.EqualFold(scheme, "Basic") && len(c.config.Basic) > 0:
		return c.basic(r)
	}
	return "", unauthorized("another scheme than those that are accepted")
}

// basic compares with all credentials, in a time that says nothing of them.
func (c *callers) basic(r *http.Request) (string, error) {
	username, password, ok := r.BasicAuth()
	digest := func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		return sum[:]
	}
	match := 0
	for _, pair := range c.config.Basic {
		match |= subtle.ConstantTimeCompare(digest(username), digest(pair.Username)) &
			subtle.ConstantTimeCompare(digest(password), digest(pair.Password))
	}
	if !ok || match != 1 {
		return "", unauthorized("another user name or password")
	}
	return "basic", nil
}

// checkAddress refuses whoever is not among the addresses that may call.
func (c *callers) checkAddress(r *http.Request) error {
	if len(c.config.Allowed) > 0 && !contains(c.config.Allowed, c.address(r)) {
		return forbidden("the address may not call")
	}
	return nil
}

// address is where the request comes from: the peer, or what a trusted proxy says of it. The last address that no trusted
// proxy has stands for the client; whoever sends the header itself can only put something before that.
func (c *callers) address(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap().WithZone("")
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(forwarded) {
		if !contains(c.config.TrustedProxies, client) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break // the proxy has said nothing, or nothing that can be read
		}
		client = next.Unmap().WithZone("")
	}
	return client
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
}
