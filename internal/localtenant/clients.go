// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// client is a registered application.
type client struct {
	id, secret string
	shown      *object
	keys       []jwk.Key // public keys for private_key_jwt
	scopes     []string  // granted on the Management API; nil means no grant
}

// newClient registers an application of the given settings with what the server
// adds to them.
func (t *Tenant) newClient(sent *object) *client {
	c := &client{
		id:     t.newID("client", func() string { return randomID(32) }),
		secret: randomID(64),
	}
	shown := newObject()
	for _, key := range []string{"name", "description"} {
		if sent.has(key) {
			shown.set(key, sent.get(key))
		}
	}
	shown.set("client_id", c.id)
	shown.set("client_secret", c.secret)
	if sent.has("app_type") {
		shown.set("app_type", sent.get("app_type"))
	}
	shown.set("is_first_party", true)
	shown.set("is_token_endpoint_ip_header_trusted", false)
	shown.set("oidc_conformant", false)
	jwtConfiguration := newObject("secret_encoded", false)
	if sentJWT := sent.object("jwt_configuration"); sentJWT != nil {
		for _, key := range sentJWT.keys {
			jwtConfiguration.set(key, sentJWT.get(key))
		}
	} else {
		jwtConfiguration.set("lifetime_in_seconds", num("36000"))
	}
	shown.set("jwt_configuration", jwtConfiguration)
	shown.set("signing_keys", []any{})
	shown.set("sso_disabled", false)
	if t.defaults.CrossOriginKey != "" {
		shown.set(t.defaults.CrossOriginKey, false)
	}
	shown.set("grant_types", listOf([]string{"authorization_code", "implicit", "refresh_token", "client_credentials"}))
	shown.set("custom_login_page_on", true)
	lifetime, idle := num("2592000"), num("1296000")
	if sent.has("token_endpoint_auth_method") {
		lifetime, idle = num("31557600"), num("2592000")
	}
	shown.set("refresh_token", newObject(
		"rotation_type", "non-rotating", "expiration_type", "non-expiring", "leeway", num("0"), "token_lifetime", lifetime,
		"infinite_token_lifetime", true, "infinite_idle_token_lifetime", true, "idle_token_lifetime", idle,
	))
	for _, key := range sent.keys {
		if key != "jwt_configuration" {
			shown.set(key, sent.get(key))
		}
	}
	if logout := shown.object("oidc_logout"); logout != nil {
		shown.set("oidc_backchannel_logout", newObject())
		logout.setDefault("backchannel_logout_initiators", newObject(
			"mode", "custom", "selected_initiators", listOf([]string{"rp-logout", "idp-logout"}),
		))
	}
	c.shown = shown
	return c
}

func (t *Tenant) createClient(c *call) (int, any, error) {
	body, err := c.object(&schema{types: []string{"object"}, required: []string{"name"}, properties: map[string]*schema{
		"name": {types: []string{"string"}, minLength: 1},
	}})
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	created := t.newClient(body)
	if credentials, ok := body.path("client_authentication_methods", "private_key_jwt", "credentials").([]any); ok {
		shown := make([]any, len(credentials))
		for i, item := range credentials {
			credential, _ := item.(*object)
			if credential == nil {
				return 0, nil, invalidPayload("'Expected type object but found type " + typeOf(item) + "' on property client_authentication_methods.private_key_jwt.credentials.")
			}
			key, err := parsePublicKey([]byte(credential.string("pem")))
			if err != nil {
				return 0, nil, badBody("Invalid public key: " + err.Error())
			}
			created.keys = append(created.keys, key)
			now := timestamp(t.options.Now())
			algorithm := credential.string("alg")
			if algorithm == "" {
				algorithm = "RS256"
			}
			shown[i] = newObject(
				"id", t.newID("credential", func() string { return "cred_" + randomID(22) }),
				"name", credential.get("name"), "kid", key.KeyID(), "credential_type", credential.get("credential_type"),
				"alg", algorithm, "created_at", now, "updated_at", now,
			)
		}
		created.shown.set("client_authentication_methods", newObject("private_key_jwt", newObject("credentials", shown)))
	}
	t.clients[created.id] = created
	return http.StatusCreated, created.shown, nil
}

// AddClient registers an application that may use the Authentication API and
// returns its id and secret.
func (t *Tenant) AddClient(name string) (id, secret string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.newClient(newObject("name", name))
	t.clients[c.id] = c
	return c.id, c.secret
}

// SetClientKey registers the public key (PEM) with which the management client
// may authenticate by a signed assertion.
func (t *Tenant) SetClientKey(publicKey []byte) error {
	key, err := parsePublicKey(publicKey)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients[t.clientID].keys = []jwk.Key{key}
	return nil
}

// parsePublicKey reads a PEM public key or certificate. Its id is the thumbprint.
func parsePublicKey(text []byte) (jwk.Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not PEM")
	}
	var public any
	var err error
	if block.Type == "CERTIFICATE" {
		certificate, parseErr := x509.ParseCertificate(block.Bytes)
		if err = parseErr; err == nil {
			public = certificate.PublicKey
		}
	} else {
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, err
	}
	key, err := jwk.FromRaw(public)
	if err != nil {
		return nil, err
	}
	return key, jwk.AssignKeyID(key)
}

func (t *Tenant) getClient(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.clients[c.PathValue("id")]
	if found == nil {
		return 0, nil, errNoClient
	}
	shown := clone(found.shown).(*object)
	return http.StatusOK, shown, nil
}

func (t *Tenant) deleteClient(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := c.PathValue("id")
	delete(t.clients, id)
	for _, conn := range t.connections {
		conn.clients = slices.DeleteFunc(conn.clients, func(other string) bool { return other == id })
	}
	return http.StatusNoContent, nil, nil
}

func (t *Tenant) listClientConnections(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := c.PathValue("id")
	if t.clients[id] == nil {
		return 0, nil, errNoClient
	}
	var enabled []*connection
	for _, conn := range t.connections {
		if slices.Contains(conn.clients, id) {
			enabled = append(enabled, conn)
		}
	}
	slices.SortFunc(enabled, compareConnections)
	page, next, err := checkpoint(c, enabled, func(found *connection) string { return found.id }, 100)
	if err != nil {
		return 0, nil, err
	}
	answer := newObject("connections", c.shownList(page))
	if next != "" {
		answer.set("next", next)
	}
	return http.StatusOK, answer, nil
}

func (t *Tenant) listEnabledClients(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.connection(c, "The id of the connection for which enabled clients are to be retrieved")
	if err != nil {
		return 0, nil, err
	}
	ids := slices.Sorted(slices.Values(found.clients))
	page, next, err := checkpoint(c, ids, func(id string) string { return id }, 1000)
	if err != nil {
		return 0, nil, err
	}
	list := make([]any, len(page))
	for i, id := range page {
		list[i] = newObject("client_id", id)
	}
	answer := newObject("clients", list)
	if next != "" {
		answer.set("next", next)
	}
	return http.StatusOK, answer, nil
}

func (t *Tenant) updateEnabledClients(c *call) (int, any, error) {
	value, err := c.value(enabledClientsSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.connection(c, "The id of the connection to modify")
	if err != nil {
		return 0, nil, err
	}
	changes := value.([]any)
	for _, item := range changes {
		if t.clients[item.(*object).string("client_id")] == nil {
			return 0, nil, errNoClient
		}
	}
	for _, item := range changes {
		id := item.(*object).string("client_id")
		found.clients = slices.DeleteFunc(found.clients, func(other string) bool { return other == id })
		if item.(*object).bool("status") {
			found.clients = append(found.clients, id)
		}
	}
	return http.StatusNoContent, nil, nil
}
