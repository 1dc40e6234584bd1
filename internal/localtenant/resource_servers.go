// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var errNoResourceServer = &apiError{
	status: http.StatusNotFound, message: "The resource server does not exist", code: "inexistent_resource_server",
}

var (
	subjectPolicy = func(policies ...string) *schema {
		return closedObject(map[string]*schema{"policy": enumOf(policies...)})
	}
	scopeSchema = &schema{
		types: []string{"object"}, required: []string{"value"}, properties: map[string]*schema{"value": text},
	}
	resourceServerProperties = map[string]*schema{
		"name":                   {types: []string{"string"}, maxLength: 200},
		"scopes":                 {types: []string{"array"}, items: scopeSchema},
		"signing_alg":            enumOf("HS256", "RS256", "RS512", "PS256"),
		"signing_secret":         {types: []string{"string"}, minLength: 16},
		"allow_offline_access":   boolean,
		"token_lifetime":         numberIn("integer", 0, 2592000),
		"token_lifetime_for_web": numberIn("integer", 0, 2592000),
		"enforce_policies":       boolean,
		"token_dialect":          enumOf("access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"),
		"skip_consent_for_verifiable_first_party_clients": boolean,
		"subject_type_authorization": closedObject(map[string]*schema{
			"user":   subjectPolicy("allow_all", "deny_all", "require_client_grant"),
			"client": subjectPolicy("deny_all", "require_client_grant"),
		}),
	}
	createResourceServerSchema = &schema{
		types: []string{"object"}, required: []string{"identifier"},
		properties: merged(resourceServerProperties, map[string]*schema{
			"identifier": {types: []string{"string"}, minLength: 1, maxLength: 600},
		}),
	}
	updateResourceServerSchema = &schema{types: []string{"object"}, minProps: 1, properties: resourceServerProperties}
)

// newResourceServer is an API of the given settings with what the server adds to them.
func (t *Tenant) newResourceServer(sent *object) *object {
	created := newObject("id", t.newID("resource_server", func() string { return randomHex(12) }))
	for _, key := range sent.keys {
		if sent.get(key) != nil {
			created.set(key, clone(sent.get(key)))
		}
	}
	created.setDefault("allow_offline_access", false)
	created.setDefault("skip_consent_for_verifiable_first_party_clients", false)
	if t.defaults.SubjectPolicies {
		policies := created.object("subject_type_authorization")
		if policies == nil {
			policies = newObject()
			created.set("subject_type_authorization", policies)
		}
		policies.setDefault("client", newObject("policy", "require_client_grant"))
		policies.setDefault("user", newObject("policy", "allow_all"))
	}
	created.setDefault("token_lifetime", num("86400"))
	created.setDefault("token_lifetime_for_web", num("7200"))
	created.setDefault("signing_alg", "RS256")
	completeSigning(created)
	takeEncryptionKey(created)
	return created
}

// takeEncryptionKey keeps of the certificate that an API's tokens are encrypted with
// its thumbprint, as it is shown.
func takeEncryptionKey(api *object) {
	key, _ := api.path("token_encryption", "encryption_key").(*object)
	if key == nil || !key.has("pem") {
		return
	}
	if public, certificate, err := parsePublicKey([]byte(key.string("pem"))); err == nil && certificate != nil {
		key.set("thumbprint_sha256", public.KeyID())
	}
	key.remove("pem")
}

// showAPI is an API as it is answered, with the client that stands for it if there is
// one. The tenant is locked.
func (t *Tenant) showAPI(found *object) *object {
	shown := clone(found).(*object)
	for _, app := range t.clients {
		of := app.shown.string("resource_server_identifier")
		if app.shown.string("app_type") == resourceServerApp && of == found.string("identifier") {
			shown.set("client_id", app.id)
		}
	}
	return shown
}

// completeSigning gives an API whose tokens are signed with a shared secret one.
func completeSigning(api *object) {
	if api.string("signing_alg") != "HS256" {
		api.remove("signing_secret")
	} else {
		api.setDefault("signing_secret", randomID(32))
	}
}

func (t *Tenant) createResourceServer(c *call) (int, any, error) {
	body, err := c.object(createResourceServerSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.api(body.string("identifier")) != nil {
		return 0, nil, &apiError{
			status: http.StatusConflict, message: "A resource server with the same identifier already exists.",
			code: "resource_conflict",
		}
	}
	created := t.newResourceServer(body)
	t.apis[created.string("id")] = created
	return http.StatusCreated, clone(created), nil
}

// api finds an API by its id or identifier, nil when there is none. Some clients encode
// an identifier twice. The tenant is locked.
func (t *Tenant) api(name string) *object {
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	if found := t.apis[name]; found != nil {
		return found
	}
	for _, found := range t.apis {
		if strings.EqualFold(found.string("identifier"), name) {
			return found
		}
	}
	return nil
}

func (t *Tenant) listResourceServers(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	wanted := c.URL.Query()["identifiers"]
	var all []*object
	for _, found := range t.apis {
		if len(wanted) == 0 || slices.Contains(wanted, found.string("identifier")) {
			all = append(all, found)
		}
	}
	return objectPage(c, "resource_servers", all)
}

// objectPage answers with a page of objects in the order of their ids.
func objectPage(c *call, name string, all []*object) (int, any, error) {
	id := func(found *object) string { return found.string("id") }
	slices.SortFunc(all, func(a, b *object) int { return strings.Compare(id(a), id(b)) })
	return listPage(c, name, all, id, func(found *object) *object { return c.fields(clone(found).(*object)) })
}

func (t *Tenant) getResourceServer(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.api(c.PathValue("id"))
	if found == nil {
		return 0, nil, errNoResourceServer
	}
	return http.StatusOK, t.showAPI(found), nil
}

func (t *Tenant) updateResourceServer(c *call) (int, any, error) {
	body, err := c.object(updateResourceServerSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.api(c.PathValue("id"))
	if found == nil {
		return 0, nil, errNoResourceServer
	}
	for _, key := range body.keys {
		switch value := body.get(key); {
		case value == nil:
			found.remove(key)
		case key == "subject_type_authorization" && found.object(key) != nil:
			for _, subject := range body.object(key).keys {
				found.object(key).set(subject, clone(body.object(key).get(subject)))
			}
		default:
			found.set(key, clone(value))
		}
	}
	completeSigning(found)
	takeEncryptionKey(found)
	return http.StatusOK, t.showAPI(found), nil
}

func (t *Tenant) deleteResourceServer(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.api(c.PathValue("id"))
	if found == nil {
		return http.StatusNoContent, nil, nil
	}
	if found.bool("is_system") {
		return 0, nil, &apiError{
			status: http.StatusBadRequest, message: "System APIs cannot be deleted", code: "operation_not_supported",
		}
	}
	delete(t.apis, found.string("id"))
	for id, grant := range t.grants {
		if grant.string("audience") == found.string("identifier") {
			delete(t.grants, id)
		}
	}
	return http.StatusNoContent, nil, nil
}
