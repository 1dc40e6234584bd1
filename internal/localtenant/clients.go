// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// show is the client as the API answers with it, with the secret for those who may
// see it.
func (c *call) showClient(found *client) *object {
	shown := clone(found.shown).(*object)
	if c.may("read:client_keys") || c.may("read:client_credentials") || c.Method != http.MethodGet {
		shown.set("client_secret", found.secret)
	} else {
		shown.remove("signing_keys")
	}
	return shown
}

// fields reduces an answer to the fields asked for.
func (c *call) fields(shown *object) *object {
	fields := splitList(c.URL.Query().Get("fields"))
	if len(fields) == 0 {
		return shown
	}
	include := c.URL.Query().Get("include_fields") != "false"
	out := newObject()
	for _, key := range shown.keys {
		if slices.Contains(fields, key) == include {
			out.set(key, shown.get(key))
		}
	}
	return out
}

var (
	credentialsSchema = &schema{types: []string{"object"}, properties: map[string]*schema{
		"credentials": {types: []string{"array"}, items: typed("object")},
	}}
	clientProperties = map[string]*schema{
		"name":                {types: []string{"string"}, minLength: 1},
		"description":         {types: []string{"string"}, maxLength: 140},
		"callbacks":           {types: []string{"array"}, items: text},
		"grant_types":         {types: []string{"array"}, items: text},
		"oidc_conformant":     boolean,
		"client_metadata":     {types: []string{"object"}, maxProps: 10},
		"jwt_configuration":   typed("object"),
		"refresh_token":       typed("object", "null"),
		"cross_origin_auth":   boolean,
		"web_origins":         {types: []string{"array"}, items: text},
		"allowed_origins":     {types: []string{"array"}, items: text},
		"allowed_logout_urls": {types: []string{"array"}, items: text},
		"app_type":            text,
		"token_endpoint_auth_method": {
			types: []string{"string", "null"}, enum: []string{"none", "client_secret_post", "client_secret_basic"},
		},
		"default_organization": {types: []string{"object", "null"}, required: []string{"flows", "organization_id"}},
		"my_organization_configuration": {types: []string{"object"}, properties: map[string]*schema{
			"connection_profile_id":     {types: []string{"string"}, pattern: regexp.MustCompile(`^cop_\w{16,}$`)},
			"user_attribute_profile_id": {types: []string{"string"}, pattern: regexp.MustCompile(`^uap_\w{16,}$`)},
		}},
		"client_authentication_methods": {types: []string{"object", "null"}, properties: map[string]*schema{
			"private_key_jwt": credentialsSchema, "tls_client_auth": credentialsSchema, "self_signed_tls_client_auth": credentialsSchema,
		}},
	}
	createClientSchema = &schema{types: []string{"object"}, required: []string{"name"}, properties: clientProperties}
	updateClientSchema = &schema{types: []string{"object"}, minProps: 1, properties: nullable(clientProperties)}
)

// nullable are properties that an update may unset, all but the name.
func nullable(properties map[string]*schema) map[string]*schema {
	all := map[string]*schema{}
	for key, s := range properties {
		all[key] = s
		if key != "name" {
			all[key] = orNull(s)
		}
	}
	return all
}

func (t *Tenant) createClient(c *call) (int, any, error) {
	body, err := c.object(createClientSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	created := t.newClient(body)
	answer, err := t.takeCredentials(created)
	if err != nil {
		return 0, nil, err
	}
	t.clients[created.id] = created
	answer.set("client_secret", created.secret)
	return http.StatusCreated, answer, nil
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

func (t *Tenant) listClients(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	query := c.URL.Query()
	var all []*client
	for _, found := range t.clients {
		if matchesQuery(found.shown, query, map[string]string{
			"is_global": "global", "is_first_party": "is_first_party", "external_client_id": "external_client_id",
		}) && (!query.Has("app_type") || slices.Contains(splitList(query.Get("app_type")), found.shown.string("app_type"))) {
			all = append(all, found)
		}
	}
	slices.SortFunc(all, func(a, b *client) int { return strings.Compare(a.id, b.id) })
	return listPage(c, "clients", all, func(found *client) string { return found.id }, func(found *client) *object {
		shown := c.showClient(found)
		shown.set("tenant", t.Name())
		chosen := c.fields(shown)
		chosen.set("tenant", t.Name()) // also where it is not asked for
		return chosen
	})
}

// matchesQuery says whether an object has the values that a query names. A value
// that the object lacks counts as false.
func matchesQuery(shown *object, query map[string][]string, keys map[string]string) bool {
	for parameter, key := range keys {
		if values := query[parameter]; len(values) > 0 && values[0] != "" {
			is := shown.string(key)
			if on, ok := shown.get(key).(bool); ok || is == "" {
				is = "false"
				if on {
					is = "true"
				}
			}
			if is != values[0] {
				return false
			}
		}
	}
	return true
}

// listPage answers with a page of a sorted list: by checkpoints where take or from is
// given, else by page numbers.
func listPage[T any](c *call, name string, all []T, key func(T) string, show func(T) *object) (int, any, error) {
	shown := func(page []T) []any {
		list := make([]any, len(page))
		for i, item := range page {
			list[i] = show(item)
		}
		return list
	}
	query := c.URL.Query()
	if query.Has("take") || query.Has("from") {
		page, next, err := checkpoint(c, all, key, 100)
		if err != nil {
			return 0, nil, err
		}
		answer := newObject(name, shown(page))
		if next != "" {
			answer.set("next", next)
		}
		return http.StatusOK, answer, nil
	}
	start, limit, err := offsetPage(c, 50)
	if err != nil {
		return 0, nil, err
	}
	page := shown(all[min(start, len(all)):min(start+limit, len(all))])
	if query.Get("include_totals") == "true" {
		return http.StatusOK, newObject("total", len(all), "start", start, "limit", limit, name, page), nil
	}
	return http.StatusOK, page, nil
}

func (t *Tenant) getClient(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.client(c)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.fields(c.showClient(found)), nil
}

// client finds the client that a call names. The tenant is locked.
func (t *Tenant) client(c *call) (*client, error) {
	found := t.clients[c.PathValue("id")]
	if found == nil {
		return nil, errNoClient
	}
	return found, nil
}

func (t *Tenant) updateClient(c *call) (int, any, error) {
	body, err := c.object(updateClientSchema)
	if err != nil {
		return 0, nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.client(c)
	if err != nil {
		return 0, nil, err
	}
	found.update(body)
	return http.StatusOK, c.showClient(found), nil
}

func (t *Tenant) rotateSecret(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.client(c)
	if err != nil {
		return 0, nil, err
	}
	found.secret = randomID(64)
	return http.StatusOK, c.showClient(found), nil
}

func (t *Tenant) deleteClient(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := c.PathValue("id")
	if found := t.clients[id]; found != nil && found.shown.bool("global") {
		return 0, nil, &apiError{
			status: http.StatusForbidden, message: "The global client cannot be deleted", code: "operation_not_supported",
		}
	}
	delete(t.clients, id)
	for _, conn := range t.connections {
		conn.clients = slices.DeleteFunc(conn.clients, func(other string) bool { return other == id })
	}
	for grant, found := range t.grants {
		if found.string("client_id") == id {
			delete(t.grants, grant)
		}
	}
	return http.StatusNoContent, nil, nil
}
