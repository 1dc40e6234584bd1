// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

const (
	assertionType      = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	passwordRealmGrant = "http://auth0.com/oauth/grant-type/password-realm"
)

// AllScopes are the scopes of the Management API that this tenant knows.
func AllScopes() []string {
	return []string{
		"create:connections", "read:connections", "update:connections", "delete:connections",
		"read:connections_options", "update:connections_options",
		"create:clients", "read:clients", "update:clients", "delete:clients", "read:client_keys", "update:client_keys",
		"create:client_credentials", "read:client_credentials", "update:client_credentials", "delete:client_credentials",
		"create:resource_servers", "read:resource_servers", "update:resource_servers", "delete:resource_servers",
		"create:client_grants", "read:client_grants", "update:client_grants", "delete:client_grants",
		"create:users", "read:users", "update:users", "delete:users",
		"create:users_app_metadata", "read:users_app_metadata", "update:users_app_metadata", "create:user_tickets",
		"read:logs", "read:logs_users", "read:tenant_settings", "read:actions", "read:organizations", "read:roles",
		"read:rules", "read:hooks", "read:custom_domains", "read:log_streams",
	}
}

// signingKey is made once per process: making it takes longer than most tests.
var signingKey = sync.OnceValue(func() jwk.Key {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	key, err := jwk.FromRaw(private)
	if err == nil {
		err = jwk.AssignKeyID(key)
	}
	if err != nil {
		panic(err)
	}
	return key
})

func (t *Tenant) sign(subject, audience string, lifetime time.Duration, claims map[string]any) (string, error) {
	return t.signWith(jwa.RS256, signingKey(), subject, audience, lifetime, claims)
}

func (t *Tenant) signWith(
	algorithm jwa.SignatureAlgorithm, key any, subject, audience string, lifetime time.Duration, claims map[string]any,
) (string, error) {
	now := t.options.Now()
	builder := jwt.NewBuilder().Issuer(t.url + "/").Subject(subject).Audience([]string{audience}).
		IssuedAt(now).Expiration(now.Add(lifetime))
	for name, value := range claims {
		builder = builder.Claim(name, value)
	}
	token, err := builder.Build()
	if err != nil {
		return "", err
	}
	signed, err := jwt.Sign(token, jwt.WithKey(algorithm, key))
	return string(signed), err
}

// Token is a management token with the given scopes; without any, with all that
// the management client is granted.
func (t *Tenant) Token(scopes ...string) string {
	if len(scopes) == 0 {
		scopes = t.options.Scopes
	}
	token, err := t.managementToken(t.clientID, scopes)
	if err != nil {
		panic(err) // the key is our own
	}
	return token
}

func (t *Tenant) managementToken(clientID string, scopes []string) (string, error) {
	return t.sign(clientID+"@clients", t.Audience(), t.options.TokenLifetime, map[string]any{
		"scope": strings.Join(scopes, " "), "gty": "client-credentials", "azp": clientID,
	})
}

func (t *Tenant) keys(w http.ResponseWriter, _ *http.Request) {
	set := jwk.NewSet()
	public, err := signingKey().PublicKey()
	if err == nil {
		err = set.AddKey(public)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(set)
}

var bearer = regexp.MustCompile(`^[Bb]earer \S+$`)

// authenticate returns the scopes of the token of a Management API call.
func (t *Tenant) authenticate(r *http.Request) ([]string, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, unauthorized("Missing authentication")
	}
	if !bearer.MatchString(header) {
		return nil, &apiError{status: http.StatusBadRequest, message: "Bad HTTP authentication header format", code: "Bearer"}
	}
	token, err := t.verify(strings.TrimSpace(header[len("Bearer "):]))
	switch {
	case errors.Is(err, jwt.ErrTokenExpired()):
		return nil, unauthorized("Expired token received for JSON Web Token validation")
	case errors.Is(err, errSignature):
		return nil, unauthorized("Invalid signature received for JSON Web Token validation")
	case err != nil:
		return nil, unauthorized("Invalid token")
	case !slices.Contains(token.Audience(), t.Audience()):
		return nil, unauthorized("Bad audience: " + strings.Join(token.Audience(), ","))
	}
	scope, _ := token.Get("scope")
	text, _ := scope.(string)
	return strings.Fields(text), nil
}

var errSignature = errors.New("the signature does not fit")

// verify checks a token of our own.
func (t *Tenant) verify(raw string) (jwt.Token, error) {
	if _, err := jwt.ParseInsecure([]byte(raw)); err != nil {
		return nil, err
	}
	public, err := signingKey().PublicKey()
	if err != nil {
		return nil, err
	}
	token, err := jwt.Parse([]byte(raw), jwt.WithKey(jwa.RS256, public), jwt.WithValidate(false))
	if err != nil {
		return nil, errSignature
	}
	return token, jwt.Validate(token, jwt.WithClock(jwt.ClockFunc(t.options.Now)), jwt.WithIssuer(t.url+"/"))
}

func unauthorized(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, message: message, attributes: message}
}

func insufficientScope(scopes ...string) *apiError {
	return &apiError{
		status:  http.StatusForbidden,
		message: "Insufficient scope, expected any of: " + strings.Join(scopes, ","),
		code:    "insufficient_scope",
	}
}

// token is POST /oauth/token.
func (t *Tenant) token(w http.ResponseWriter, r *http.Request) {
	answer, err := t.issue(r)
	w.Header().Set("Cache-Control", "no-store")
	var e *oauthError
	switch {
	case errors.As(err, &e):
		writeOAuthError(w, e)
	case err != nil:
		writeOAuthError(w, &oauthError{http.StatusInternalServerError, "server_error", err.Error()})
	default:
		writeJSON(w, http.StatusOK, answer)
	}
}

func (t *Tenant) issue(r *http.Request) (*object, error) {
	params, err := parameters(r)
	if err != nil {
		return nil, &oauthError{http.StatusBadRequest, "invalid_request", "The body could not be read"}
	}
	if id, secret, ok := r.BasicAuth(); ok {
		// OAuth encodes both as form values before the header is made.
		if id, err = url.QueryUnescape(id); err == nil {
			secret, err = url.QueryUnescape(secret)
		}
		if err != nil {
			return nil, errDenied
		}
		params.Set("client_id", id)
		params.Set("client_secret", secret)
	}
	grantType := params.Get("grant_type")
	switch grantType {
	case "client_credentials":
		return t.clientCredentials(params)
	case passwordRealmGrant, "password":
		return t.passwordRealm(r.Context(), params)
	case "":
		return nil, &oauthError{http.StatusForbidden, "invalid_request", "Missing required parameter: grant_type"}
	default:
		return nil, &oauthError{http.StatusForbidden, "unsupported_grant_type", "Unsupported grant type: " + grantType}
	}
}

// checkGrantType refuses a grant that the client does not have, where the tenant is to look.
func (t *Tenant) checkGrantType(c *client, grant string) error {
	if !t.options.CheckGrantTypes || slices.Contains(stringsOf(c.shown.get("grant_types")), grant) {
		return nil
	}
	return &oauthError{
		http.StatusForbidden, "unauthorized_client", "Grant type '" + grant + "' not allowed for the client.",
	}
}

var errDenied = &oauthError{http.StatusUnauthorized, "access_denied", "Unauthorized"}

func (t *Tenant) clientCredentials(params url.Values) (*object, error) {
	c, err := t.authenticateClient(params)
	if err != nil {
		return nil, err
	}
	if err := t.checkGrantType(c, "client_credentials"); err != nil {
		return nil, err
	}
	audience := params.Get("audience")
	if audience == "" && t.options.DefaultAudience {
		audience = t.Audience()
	}
	if audience == "" {
		return nil, &oauthError{http.StatusForbidden, "access_denied", "No audience parameter was provided, and no default " +
			"audience has been configured."}
	}
	granted, err := t.accessOf(c, audience, clientSubject, params.Get("scope"))
	if err != nil {
		return nil, err
	}
	token, err := t.accessToken(c.id+"@clients", c.id, granted, "client-credentials")
	if err != nil {
		return nil, err
	}
	answer := newObject("access_token", token)
	if len(granted.scopes) > 0 {
		answer.set("scope", strings.Join(granted.scopes, " "))
	}
	answer.set("expires_in", int(granted.lifetime.Seconds()))
	answer.set("token_type", "Bearer")
	return answer, nil
}

// accessToken is a token for an API, signed the way the API asks for.
func (t *Tenant) accessToken(subject, clientID string, granted *access, grantType string) (string, error) {
	claims := map[string]any{"gty": grantType, "azp": clientID}
	if len(granted.scopes) > 0 {
		claims["scope"] = strings.Join(granted.scopes, " ")
	}
	if granted.api.bool("enforce_policies") && strings.HasSuffix(granted.api.string("token_dialect"), "_authz") {
		claims["permissions"] = granted.scopes
	}
	audience := granted.api.string("identifier")
	if granted.api.string("signing_alg") == "HS256" {
		return t.signWith(
			jwa.HS256,
			[]byte(granted.api.string("signing_secret")),
			subject,
			audience,
			granted.lifetime,
			claims,
		)
	}
	return t.sign(subject, audience, granted.lifetime, claims)
}

// authenticateClient checks the secret or the signed assertion of a client.
func (t *Tenant) authenticateClient(params url.Values) (*client, error) {
	if params.Get("client_assertion") != "" || params.Get("client_assertion_type") != "" {
		return t.authenticateAssertion(params)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.clients[params.Get("client_id")]
	if c == nil || params.Get("client_secret") != c.secret {
		return nil, errDenied
	}
	return c, nil
}

// assertionAlgorithms are the ones that can be chosen for a client's key.
var assertionAlgorithms = []jwa.SignatureAlgorithm{
	jwa.RS256, jwa.RS384, jwa.RS512, jwa.PS256, jwa.PS384, jwa.PS512, jwa.ES256, jwa.ES384, jwa.ES512,
}

func (t *Tenant) authenticateAssertion(params url.Values) (*client, error) {
	refuse := func(description string) (*client, error) {
		return nil, &oauthError{http.StatusUnauthorized, "invalid_client", description}
	}
	if params.Get("client_assertion_type") != assertionType {
		return refuse("Unsupported client_assertion_type")
	}
	raw := []byte(params.Get("client_assertion"))
	unverified, err := jwt.ParseInsecure(raw)
	if err != nil {
		return refuse("The client assertion is not a token")
	}
	id := unverified.Subject()
	t.mu.Lock()
	c := t.clients[id]
	var keys []jwk.Key
	if c != nil {
		keys = c.assertionKeys()
	}
	t.mu.Unlock()
	if c == nil || unverified.Issuer() != id || params.Get("client_id") != "" && params.Get("client_id") != id {
		return refuse("The client assertion names another client")
	}
	for _, key := range keys {
		for _, algorithm := range assertionAlgorithms {
			token, err := jwt.Parse(raw, jwt.WithKey(algorithm, key), jwt.WithValidate(false))
			if err != nil {
				continue
			}
			validation := []jwt.ValidateOption{
				jwt.WithClock(
					jwt.ClockFunc(t.options.Now),
				), jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.JwtIDKey),
			}
			if err := jwt.Validate(token, validation...); err != nil {
				return refuse("The client assertion is expired or incomplete")
			}
			if !slices.Contains(token.Audience(), t.url+"/") {
				return refuse("The client assertion has a wrong audience")
			}
			return c, nil
		}
	}
	return refuse("The signature of the client assertion is not valid")
}

// parameters reads a form or a JSON body.
func parameters(r *http.Request) (url.Values, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		return r.PostForm, nil
	}
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		return nil, err
	}
	values := url.Values{}
	for key, value := range fields {
		if text, ok := value.(string); ok {
			values.Set(key, text)
		}
	}
	return values, nil
}
