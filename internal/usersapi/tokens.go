// SPDX-License-Identifier: MPL-2.0

package usersapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// tokens checks bearer tokens: those that the tenant gives an application of its own for this API, and no user's.
type tokens struct {
	rules TokenRules
	keys  *keys
}

// skew is how far the clocks may be apart.
const skew = 30 * time.Second

func newTokens(rules TokenRules) *tokens {
	if rules.Now == nil {
		rules.Now = time.Now
	}
	return &tokens{rules: rules, keys: newKeys(rules.JWKS, rules.Now)}
}

// admit returns the client that the token was given to.
func (t *tokens) admit(ctx context.Context, text, scope string) (client string, err error) {
	text = strings.TrimSpace(text)
	if len(text) > maxToken {
		return "", unauthorized("a token of more than 8 kB")
	}
	payload, err := t.verified(ctx, []byte(text))
	if err != nil {
		return "", err
	}
	token, err := jwt.Parse(payload, jwt.WithVerify(false), jwt.WithValidate(false))
	if err != nil {
		return "", unauthorized("the payload is no set of claims")
	}
	if client, err = t.client(token); err != nil {
		return "", unauthorized(err.Error())
	}
	if held, _ := token.Get("scope"); !slices.Contains(strings.Fields(fmt.Sprint(held)), scope) {
		return client, forbidden("the token lacks the scope " + scope)
	}
	return client, nil
}

// verified is the payload of a token with one signature of a key of the tenant's.
func (t *tokens) verified(ctx context.Context, text []byte) ([]byte, error) {
	if strings.Count(string(text), ".") != 2 {
		return nil, unauthorized("not a token in its compact form")
	}
	message, err := jws.Parse(text)
	if err != nil || len(message.Signatures()) != 1 {
		return nil, unauthorized("no signed token")
	}
	header := message.Signatures()[0].ProtectedHeaders()
	kind := strings.TrimPrefix(strings.ToLower(header.Type()), "application/")
	switch {
	case header.Algorithm() != jwa.RS256: // neither none nor a MAC whose key would be the public one
		return nil, unauthorized("signed by another algorithm than RS256")
	case kind != "" && kind != "jwt" && kind != "at+jwt":
		return nil, unauthorized("a token of another type")
	case len(header.Critical()) > 0:
		return nil, unauthorized("a header that must be understood and is not")
	case header.KeyID() == "":
		return nil, unauthorized("the token names no key")
	}
	key, err := t.keys.key(ctx, header.KeyID())
	if err != nil {
		return nil, err
	}
	payload, err := jws.Verify(text, jws.WithKey(jwa.RS256, key), jws.WithContext(ctx))
	if err != nil {
		return nil, unauthorized("the signature is not that of the key")
	}
	return payload, nil
}

// client checks the claims. Tokens of the profile of RFC 9068 have client_id where Auth0's own have azp.
func (t *tokens) client(token jwt.Token) (string, error) {
	err := jwt.Validate(token,
		jwt.WithClock(jwt.ClockFunc(t.rules.Now)), jwt.WithAcceptableSkew(skew),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithIssuer(t.rules.Issuer), jwt.WithAudience(t.rules.Audience))
	if err != nil {
		return "", claimProblem(err)
	}
	if len(token.Audience()) != 1 {
		return "", errors.New("the token is for another API, too")
	}
	client := claim(token, "azp")
	if client == "" {
		client = claim(token, "client_id")
	}
	if !slices.Contains(t.rules.Clients, client) {
		return "", errors.New("the client (azp) is not among those that may call")
	}
	if grant, ok := token.Get("gty"); ok && grant != "client-credentials" {
		return "", errors.New("the token was not given for client credentials (gty)")
	} else if !ok && token.Subject() != client+"@clients" {
		return "", errors.New("the token is a user's (sub)")
	}
	return client, nil
}

// claimProblem says which claim it is; the library's own text may quote it.
func claimProblem(err error) error {
	for known, text := range map[error]string{
		jwt.ErrTokenExpired(): "expired (exp)", jwt.ErrTokenNotYetValid(): "not yet valid (nbf)",
		jwt.ErrInvalidIssuedAt(): "issued in the future (iat)", jwt.ErrInvalidIssuer(): "of another issuer (iss)",
		jwt.ErrInvalidAudience(): "for another audience (aud), or for none",
	} {
		if errors.Is(err, known) {
			return errors.New("the token is " + text)
		}
	}
	return errors.New("a claim is missing or wrong")
}

// claim is one that is text; "" for any other.
func claim(token jwt.Token, name string) string {
	value, _ := token.Get(name)
	text, _ := value.(string)
	return text
}

// httpClient fetches keys and follows nothing.
var httpClient = &http.Client{
	Timeout:       5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}
