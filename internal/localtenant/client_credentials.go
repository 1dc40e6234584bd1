// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// credential is a public key or certificate by which a client proves who it is.
type credential struct {
	id    string
	shown *object
	key   jwk.Key // nil for the name of a certificate
}

// SetClientKey registers the public key (PEM) with which the management client
// may authenticate by a signed assertion.
func (t *Tenant) SetClientKey(publicKey []byte) error {
	key, _, err := parsePublicKey(publicKey)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients[t.clientID].keys = []*credential{{key: key}}
	return nil
}

// parsePublicKey reads a PEM public key or certificate; the certificate is nil for a
// key. The key's id is its thumbprint.
func parsePublicKey(text []byte) (jwk.Key, *x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, nil, errors.New("not PEM")
	}
	var public any
	var certificate *x509.Certificate
	var err error
	if block.Type == "CERTIFICATE" {
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = certificate.PublicKey
		}
	} else {
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, nil, err
	}
	key, err := jwk.FromRaw(public)
	if err != nil {
		return nil, nil, err
	}
	return key, certificate, jwk.AssignKeyID(key)
}

// newCredential makes a credential of what was sent.
func (t *Tenant) newCredential(sent *object) (*credential, error) {
	created := &credential{id: t.newID("credential", func() string { return "cred_" + randomID(22) })}
	shown := newObject("id", created.id)
	if sent.has("name") {
		shown.set("name", sent.get("name"))
	}
	kind := sent.string("credential_type")
	shown.set("credential_type", kind)
	var certificate *x509.Certificate
	if sent.has("pem") {
		var err error
		if created.key, certificate, err = parsePublicKey([]byte(sent.string("pem"))); err != nil {
			return nil, badBody("Invalid public key: " + err.Error())
		}
	}
	expires := sent.get("expires_at")
	switch kind {
	case "cert_subject_dn":
		name := sent.get("subject_dn")
		if certificate != nil {
			name = subjectName(certificate)
		}
		shown.set("subject_dn", name)
		expires = nil
	case "x509_cert":
		if certificate == nil {
			return nil, badBody("Invalid certificate")
		}
		sum := sha256.Sum256(certificate.Raw)
		shown.set("thumbprint_sha256", base64.RawURLEncoding.EncodeToString(sum[:]))
		expires = timestamp(certificate.NotAfter)
	default:
		if created.key == nil {
			return nil, badBody("Invalid public key")
		}
		shown.set("kid", created.key.KeyID())
		shown.set("alg", "RS256")
		if algorithm := sent.string("alg"); algorithm != "" {
			shown.set("alg", algorithm)
		}
		if sent.bool("parse_expiry_from_cert") && certificate != nil {
			expires = timestamp(certificate.NotAfter)
		}
	}
	now := timestamp(t.options.Now())
	shown.set("created_at", now)
	shown.set("updated_at", now)
	if expires != nil {
		shown.set("expires_at", asTimestamp(expires))
	}
	created.shown = shown
	return created, nil
}

// subjectName is the subject of a certificate, a part on each line.
func subjectName(certificate *x509.Certificate) string {
	short := map[string]string{
		"2.5.4.6": "C", "2.5.4.8": "ST", "2.5.4.7": "L", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN",
	}
	var lines []string
	for _, name := range certificate.Subject.Names {
		if label := short[name.Type.String()]; label != "" {
			value, _ := name.Value.(string)
			lines = append(lines, label+"="+value)
		}
	}
	return strings.Join(lines, "\n")
}

// asTimestamp is a time of whatever zone as the API writes it.
func asTimestamp(value any) any {
	text, _ := value.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return value
	}
	return timestamp(at)
}

// takeCredentials makes the credentials that a new client brings along. Its answer
// shows them in full, later ones by their ids.
func (t *Tenant) takeCredentials(created *client) (*object, error) {
	answer := clone(created.shown).(*object)
	take := func(holder, shown *object) error {
		list, _ := holder.get("credentials").([]any)
		if len(list) == 0 {
			return nil
		}
		ids, full := []any{}, []any{}
		for _, item := range list {
			sent, ok := item.(*object)
			if !ok {
				return invalidPayload("'Expected type object but found type " + typeOf(item) + "' on property credentials.")
			}
			made, err := t.newCredential(sent)
			if err != nil {
				return err
			}
			created.credentials = append(created.credentials, made)
			ids, full = append(ids, newObject("id", made.id)), append(full, clone(made.shown))
		}
		holder.set("credentials", ids)
		shown.set("credentials", full)
		return nil
	}
	for _, path := range credentialPaths {
		holder, _ := created.shown.path(path...).(*object)
		shown, _ := answer.path(path...).(*object)
		if holder == nil || shown == nil {
			continue
		}
		if err := take(holder, shown); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// credentialPaths are the settings of a client that refer to credentials.
var credentialPaths = [][]string{
	{"client_authentication_methods", "private_key_jwt"},
	{"client_authentication_methods", "tls_client_auth"},
	{"client_authentication_methods", "self_signed_tls_client_auth"},
	{"signed_request_object"},
	{"token_vault_privileged_access"},
}

// assertionKeys are the keys that may sign an assertion of the client.
func (c *client) assertionKeys() []jwk.Key {
	var keys []jwk.Key
	for _, own := range c.keys {
		keys = append(keys, own.key)
	}
	list, _ := c.shown.path("client_authentication_methods", "private_key_jwt", "credentials").([]any)
	for _, item := range list {
		named, ok := item.(*object)
		for _, own := range c.credentials {
			if ok && own.id == named.string("id") && own.key != nil {
				keys = append(keys, own.key)
			}
		}
	}
	return keys
}

var createCredentialSchema = &schema{
	types: []string{"object"}, required: []string{"credential_type"},
	properties: map[string]*schema{
		"credential_type": enumOf("public_key", "cert_subject_dn", "x509_cert"), "name": text, "pem": text,
	},
}

func (t *Tenant) createCredential(c *call) (int, any, error) {
	body, err := c.object(createCredentialSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, err := t.client(c)
	if err != nil {
		return 0, nil, err
	}
	created, err := t.newCredential(body)
	if err != nil {
		return 0, nil, err
	}
	owner.credentials = append(owner.credentials, created)
	return http.StatusCreated, created.shown, nil
}

func (t *Tenant) listCredentials(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, err := t.client(c)
	if err != nil {
		return 0, nil, err
	}
	list := make([]any, len(owner.credentials))
	for i, found := range owner.credentials {
		list[i] = t.showCredential(found)
	}
	return http.StatusOK, list, nil
}

// credential finds the credential that a call names. The tenant is locked.
func (t *Tenant) credential(c *call) (*credential, error) {
	owner, err := t.client(c)
	if err != nil {
		return nil, err
	}
	for _, found := range owner.credentials {
		if found.id == c.PathValue("credential") {
			return found, nil
		}
	}
	return nil, &apiError{status: http.StatusNotFound, message: "The credential does not exist.",
		code: "inexistent_credential"}
}

func (t *Tenant) getCredential(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.credential(c)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, t.showCredential(found), nil
}

// showCredential is a credential as it is read later.
func (t *Tenant) showCredential(found *credential) *object {
	shown := clone(found.shown).(*object)
	if t.defaults.NullExpiry {
		shown.setDefault("expires_at", nil)
	}
	return shown
}

func (t *Tenant) updateCredential(c *call) (int, any, error) {
	body, err := c.object(closedObject(map[string]*schema{"expires_at": typed("string", "null")}))
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.credential(c)
	if err != nil {
		return 0, nil, err
	}
	if body.has("expires_at") {
		found.shown.set("expires_at", asTimestamp(body.get("expires_at")))
	}
	found.shown.set("updated_at", timestamp(t.options.Now()))
	return http.StatusOK, clone(found.shown), nil
}

func (t *Tenant) deleteCredential(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, err := t.client(c)
	if err != nil {
		return 0, nil, err
	}
	id := c.PathValue("credential")
	owner.credentials = slices.DeleteFunc(owner.credentials, func(other *credential) bool { return other.id == id })
	return http.StatusNoContent, nil, nil
}
