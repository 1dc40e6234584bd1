// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/auth0/go-auth0/v3/management/core"
	"github.com/auth0/go-auth0/v3/management/option"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = time.Minute

// TokenError is a token that was not granted. It never holds the secret.
type TokenError struct {
	URL      string
	ClientID string
	// Status, Code and Message are the tenant's answer; Status is 0 when there was none.
	Status  int
	Code    string
	Message string
	err     error
}

func (e *TokenError) Error() string {
	text := fmt.Sprintf("could not get a Management API token for client %q from %s: ", e.ClientID, e.URL)
	switch {
	case e.Code != "":
		return text + fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message)
	case e.Status != 0:
		return text + fmt.Sprintf("the answer was %d %s and not a token", e.Status, http.StatusText(e.Status))
	default:
		return text + e.err.Error()
	}
}

func (e *TokenError) Unwrap() error { return e.err }

// tokens hands out the access token and fetches it when there is none. The SDK would send
// a request without any token when fetching fails; here the failure is the call's error.
type tokens struct {
	config   Config
	endpoint *url.URL
	client   *http.Client

	mu      sync.Mutex
	current *oauth2.Token
}

// token returns a usable access token.
func (t *tokens) token(ctx context.Context) (string, error) {
	if t.config.APIToken != "" {
		return t.config.APIToken, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && (t.current.Expiry.IsZero() || time.Until(t.current.Expiry) > tokenMargin) {
		return t.current.AccessToken, nil
	}
	// The answer that the caller keeps is not the one to this request.
	fetched, err := t.fetch(context.WithValue(keep(ctx, nil), oauth2.HTTPClient, t.client))
	if err != nil {
		return "", t.explain(err)
	}
	t.current = fetched
	return fetched.AccessToken, nil
}

// drop forgets a token that the tenant did not accept. It reports whether another can be fetched.
func (t *tokens) drop(token string) bool {
	if t.config.APIToken != "" {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && t.current.AccessToken == token {
		t.current = nil
	}
	return true
}

func (t *tokens) fetch(ctx context.Context) (*oauth2.Token, error) {
	audience := t.config.audience(t.endpoint)
	if t.config.ClientAssertionPrivateKey != "" {
		options := core.NewRequestOptions(
			option.WithBaseURL(t.endpoint.String()),
			option.WithClientCredentialsPrivateKeyJwtAndAudience(
				ctx,
				t.config.ClientID,
				t.config.ClientAssertionPrivateKey,
				t.config.ClientAssertionSigningAlg,
				audience,
			),
		)
		return options.TokenSource.Token()
	}
	credentials := clientcredentials.Config{
		ClientID:       t.config.ClientID,
		ClientSecret:   t.config.ClientSecret,
		TokenURL:       t.endpoint.String() + "/oauth/token",
		EndpointParams: url.Values{"audience": {audience}},
		// Without it a refused secret would be tried twice.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	return credentials.Token(ctx)
}

// explain keeps of a failure what helps and cannot hold a secret.
func (t *tokens) explain(err error) error {
	e := &TokenError{URL: t.endpoint.String() + "/oauth/token", ClientID: t.config.ClientID}
	var refused *oauth2.RetrieveError
	var failed *url.Error
	switch {
	case errors.As(err, &refused):
		e.Status, e.Code, e.Message = refused.Response.StatusCode, refused.ErrorCode, refused.ErrorDescription
	case errors.As(err, &failed):
		e.err = failed.Err
	case t.config.ClientAssertionPrivateKey != "":
		return &ConfigError{"client_assertion_private_key", fmt.Sprintf("no assertion could be signed with it. It must be "+
			"a PEM private key that fits %s.", t.config.ClientAssertionSigningAlg)}
	default:
		e.err = errors.New("the answer is not a token. Check the domain")
	}
	return e
}
