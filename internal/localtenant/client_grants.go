// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var errNoGrant = &apiError{
	status: http.StatusNotFound, message: "The grant does not exist.", code: "inexistent_client_grant",
}

// What a grant is for: tokens of the client itself, or of users who log in by it.
const (
	clientSubject = "client"
	userSubject   = "user"
)

var (
	grantProperties = map[string]*schema{
		"scope":                       {types: []string{"array", "null"}, items: text},
		"organization_usage":          {types: []string{"string", "null"}, enum: []string{"deny", "allow", "require"}},
		"allow_any_organization":      typed("boolean", "null"),
		"authorization_details_types": {types: []string{"array"}, items: text},
		"allow_all_scopes":            typed("boolean", "null"),
	}
	createGrantSchema = closedObject(merged(grantProperties, map[string]*schema{
		"client_id": text, "audience": {types: []string{"string"}, minLength: 1},
		"subject_type": enumOf(clientSubject, userSubject), "default_for": text,
	}), "audience")
	updateGrantSchema = &schema{types: []string{"object"}, closed: true, minProps: 1, properties: grantProperties}
)

func (t *Tenant) createGrant(c *call) (int, any, error) {
	body, err := c.object(createGrantSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clientID, audience := body.string("client_id"), body.string("audience")
	if err := t.checkGrant(body, clientID, audience); err != nil {
		return 0, nil, err
	}
	subject := body.string("subject_type")
	if subject == "" {
		subject = clientSubject
	}
	if t.grant(clientID, audience, subject) != nil {
		return 0, nil, &apiError{
			status: http.StatusConflict, message: "A resource with the same properties already exists",
			code: "resource_conflict",
		}
	}
	created := newObject("id", t.newID("client_grant", func() string { return "cgr_" + randomID(16) }))
	for _, key := range []string{"client_id", "audience"} {
		if body.has(key) {
			created.set(key, body.get(key))
		}
	}
	for _, key := range body.keys {
		created.set(key, clone(body.get(key)))
	}
	if t.defaults.GrantSubjects {
		created.setDefault("subject_type", subject)
	}
	t.grants[created.string("id")] = created
	return http.StatusCreated, clone(created), nil
}

// checkGrant refuses what a grant cannot be for. The tenant is locked.
func (t *Tenant) checkGrant(body *object, clientID, audience string) error {
	api := t.api(audience)
	if body.has("default_for") {
		if api == nil {
			return errNoResourceServer
		}
		return nil
	}
	found := t.clients[clientID]
	switch {
	case !body.has("client_id"):
		return invalidPayload("'Missing required property: client_id'.")
	case found == nil:
		return errNoClient
	case found.shown.string("app_type") == expressApp:
		return &apiError{
			status: http.StatusBadRequest, message: "Client of type express_configuration cannot be used",
			code: "validation_error",
		}
	case api == nil:
		return errNoResourceServer
	}
	return nil
}

// scopesOf are the scopes that an API defines.
func scopesOf(api *object) []string {
	list, _ := api.get("scopes").([]any)
	var names []string
	for _, item := range list {
		if scope, ok := item.(*object); ok {
			names = append(names, scope.string("value"))
		}
	}
	return names
}

// grant finds the grant of a client, nil when there is none. The tenant is locked.
func (t *Tenant) grant(clientID, audience, subject string) *object {
	for _, found := range t.grants {
		of := found.string("subject_type")
		if found.string("client_id") == clientID && found.string("audience") == audience && !found.has("default_for") &&
			(of == subject || of == "" && subject == clientSubject) {
			return found
		}
	}
	return nil
}

func (t *Tenant) listGrants(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []*object
	for _, found := range t.grants {
		if matchesQuery(found, c.URL.Query(), map[string]string{
			"client_id": "client_id", "audience": "audience", "allow_any_organization": "allow_any_organization",
			"subject_type": "subject_type", "default_for": "default_for",
		}) {
			all = append(all, found)
		}
	}
	return objectPage(c, "client_grants", all)
}

func (t *Tenant) getGrant(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.grants[c.PathValue("id")]
	if found == nil {
		return 0, nil, errNoGrant
	}
	return http.StatusOK, clone(found), nil
}

func (t *Tenant) updateGrant(c *call) (int, any, error) {
	body, err := c.object(updateGrantSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.grants[c.PathValue("id")]
	if found == nil {
		return 0, nil, errNoGrant
	}
	for _, key := range body.keys {
		if body.get(key) == nil {
			found.remove(key)
		} else {
			found.set(key, clone(body.get(key)))
		}
	}
	if found.bool("allow_all_scopes") {
		found.remove("scope")
	}
	return http.StatusOK, clone(found), nil
}

func (t *Tenant) deleteGrant(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.grants, c.PathValue("id"))
	return http.StatusNoContent, nil, nil
}

// access is what a client gets of an API.
type access struct {
	api      *object
	scopes   []string
	lifetime time.Duration
}

func denied(description string) *oauthError {
	return &oauthError{http.StatusForbidden, "access_denied", description}
}

// accessOf says what a client may have of an API for itself or for its users: by the
// API's policy for the kind of token, and by a grant where that asks for one. Asked
// for scopes, it gives those of them that there are.
func (t *Tenant) accessOf(app *client, audience, subject, scope string) (*access, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	api := t.api(audience)
	if api == nil || api.string("identifier") != audience {
		return nil, denied("Service not found: " + audience)
	}
	policy, _ := api.path("subject_type_authorization", subject, "policy").(string)
	if policy == "" {
		policy = map[string]string{clientSubject: "require_client_grant", userSubject: "allow_all"}[subject]
	}
	scopes := scopesOf(api)
	switch grant := t.grant(app.id, audience, subject); {
	case policy == "deny_all":
		return nil, denied(`Client "` + app.id + `" is not authorized to access resource server "` + audience + `".`)
	case policy == "allow_all" || grant != nil && grant.bool("allow_all_scopes"):
	case grant == nil:
		return nil, denied(
			`Client is not authorized to access "` + audience + `". You might probably want to create a "client-grant" ` +
				`associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
		)
	default:
		scopes = stringsOf(grant.get("scope"))
	}
	if asked := strings.Fields(scope); len(asked) > 0 {
		scopes = slices.DeleteFunc(slices.Clone(scopes), func(name string) bool { return !slices.Contains(asked, name) })
	}
	lifetime := time.Duration(wholeNumber(api.get("token_lifetime"))) * time.Second
	return &access{api: clone(api).(*object), scopes: scopes, lifetime: lifetime}, nil
}
