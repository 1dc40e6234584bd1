// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
)

var (
	connectionIn = regexp.MustCompile(`^/api/v2/connections/(con_\w+)`)
	clientIn     = regexp.MustCompile(`^/api/v2/clients/(\w+)`)
	userIn       = regexp.MustCompile(`^/api/v2/users/([^/]+)$`)
	idInPath     = regexp.MustCompile(`(con|org|rol|cred|job|tkt|cgr)_\w+|auth0(\||%7C)[^/]+|[0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f-]{27}`)
)

// prepare says whether a call is served, and puts what was there before the
// recording into the tenant where the call is about that.
func (r *recording) prepare(i *interaction) (verdict, string) {
	if i.area() == elsewhere || !r.routed(i) {
		return notServed, i.Request.Method + " " + idInPath.ReplaceAllString(i.path, "{id}")
	}
	switch i.area() {
	case "connections":
		return r.prepareConnection(i)
	case "clients":
		return r.prepareClient(i)
	case "users":
		return r.prepareUser(i)
	case "jobs, tickets":
		if id := i.response().string("connection_id"); id != "" && r.tenant.connections[id] == nil {
			c := r.seedConnection(i.response().string("connection"))
			delete(r.tenant.connections, c.id)
			c.id = id
			r.tenant.connections[id] = c
		}
	case "resource servers":
		return r.prepareAPI(i)
	case "authentication":
		return r.prepareAuthentication(i)
	}
	return equal, ""
}

// routed says whether the tenant has a handler for the call.
func (r *recording) routed(i *interaction) bool {
	_, pattern := r.tenant.routes().Handler(httptest.NewRequest(i.Request.Method, i.escaped, nil))
	return pattern != "/"
}

func (r *recording) prepareConnection(i *interaction) (verdict, string) {
	if i.is("POST", "/api/v2/connections") && i.sent != nil && i.sent.string("strategy") != databaseStrategy {
		if i.Response.Code == http.StatusCreated {
			r.add(i.got)
		}
		return notServed, "connections of strategy " + i.sent.string("strategy")
	}
	match := connectionIn.FindStringSubmatch(i.path)
	if match != nil && !r.created[match[1]] {
		// Of another strategy, or from before the recording.
		if i.Request.Method == "DELETE" {
			delete(r.tenant.connections, match[1])
		}
		return notServed, "connections that the recording does not create"
	}
	if match == nil && i.Request.Method == "GET" && r.matchOthers(i) {
		return seeded, ""
	}
	return equal, ""
}

func (r *recording) prepareClient(i *interaction) (verdict, string) {
	match := clientIn.FindStringSubmatch(i.path)
	if match != nil && strings.HasSuffix(i.path, "/connections") {
		if r.matchOthers(i) {
			return seeded, ""
		}
		return equal, ""
	}
	if match != nil && r.foreign[match[1]] {
		if i.Response.Code == http.StatusOK && i.response().has("client_id") {
			r.tenant.clients[match[1]].shown = clone(i.response()).(*object)
		}
		if i.Request.Method == "GET" && i.Response.Code == http.StatusOK {
			r.seedCredentials(match[1], i)
			return seeded, ""
		}
		return notServed, "clients that the recording does not create"
	}
	if i.is("GET", "/api/v2/clients") {
		r.seedListed(i, "clients")
		return seeded, ""
	}
	return equal, ""
}

// seedCredentials puts the credentials of a recorded answer into a client.
func (r *recording) seedCredentials(id string, i *interaction) {
	if !strings.Contains(i.path, "/credentials") {
		return
	}
	list, ok := i.got.([]any)
	if !ok {
		list = []any{i.got}
	}
	r.tenant.clients[id].credentials = nil
	for _, item := range list {
		if shown, ok := item.(*object); ok {
			r.tenant.clients[id].credentials = append(r.tenant.clients[id].credentials, &credential{id: shown.string("id"), shown: shown})
		}
	}
}

// seedListed makes what a recorded list has, and nothing else, what there is of a kind.
func (r *recording) seedListed(i *interaction, key string) {
	list, _ := i.response().get(key).([]any)
	if key == "clients" {
		for id := range r.tenant.clients {
			if !r.made[id] && (id != r.tenant.clientID || r.tenant.options.ClientID == "") {
				delete(r.tenant.clients, id)
			}
		}
	}
	for _, item := range list {
		shown, ok := item.(*object)
		if !ok {
			continue
		}
		shown = clone(shown).(*object)
		switch id := shown.string("id") + shown.string("client_id"); key {
		case "clients":
			if r.tenant.clients[id] == nil {
				r.foreign[id] = true
				if i.query != "" && strings.Contains(i.query, "is_global=true") {
					shown.set("global", true)
				}
				r.tenant.clients[id] = &client{id: id, shown: shown}
			}
		case "client_grants":
			r.tenant.grants[shown.string("id")] = shown
		case "resource_servers":
			r.tenant.apis[shown.string("id")] = shown
		}
	}
	if key == "clients" {
		// What is on later pages of the list shows in its total alone.
		for n := len(r.tenant.clients); n < wholeNumber(i.response().get("total")); n++ {
			id := fmt.Sprintf("~%d", n)
			r.tenant.clients[id] = &client{id: id, shown: newObject("client_id", id)}
		}
	}
}

// prepareAPI puts APIs and grants from before the recording into the tenant.
func (r *recording) prepareAPI(i *interaction) (verdict, string) {
	parts := strings.Split(i.path, "/")
	if i.Request.Method != "GET" || i.Response.Code != http.StatusOK {
		return equal, ""
	}
	answer, id := i.response(), i.response().string("id")
	switch grants := parts[3] == "client-grants"; {
	case len(parts) == 4:
		return r.prepareAPIList(i, grants)
	case grants && r.tenant.grants[id] == nil:
		r.tenant.grants[id] = clone(answer).(*object)
		return seeded, ""
	case !grants && r.tenant.apis[id] == nil:
		r.tenant.apis[id] = clone(answer).(*object)
		return seeded, ""
	}
	return equal, ""
}

// prepareAPIList takes a list for seeded unless all that it has was made in the recording.
func (r *recording) prepareAPIList(i *interaction, grants bool) (verdict, string) {
	key, known := "resource_servers", r.tenant.apis
	if grants {
		key, known = "client_grants", r.tenant.grants
	}
	list, _ := i.response().get(key).([]any)
	for _, item := range list {
		if shown, ok := item.(*object); ok && known[shown.string("id")] == nil {
			for id := range known {
				delete(known, id)
			}
			r.seedListed(i, key)
			return seeded, ""
		}
	}
	return equal, ""
}

// prepareUser makes the connections that a recording of users takes as given.
func (r *recording) prepareUser(i *interaction) (verdict, string) {
	if i.response().string("errorCode") == "custom_domain_conflict" {
		return notServed, "custom domains"
	}
	if i.is("POST", "/api/v2/users") && i.sent != nil {
		r.seedConnection(i.sent.string("connection"))
		return equal, ""
	}
	if match := userIn.FindStringSubmatch(i.path); match != nil && i.Request.Method == "GET" && i.Response.Code == http.StatusOK &&
		r.tenant.users[match[1]] == nil {
		r.seedUser(i.response())
		return seeded, ""
	}
	if match := userIn.FindStringSubmatch(i.path); match != nil && r.tenant.users[match[1]] != nil {
		r.seedConnection(r.tenant.users[match[1]].connection)
	}
	return equal, ""
}

// seedConnection makes a database connection of the name unless there is one.
func (r *recording) seedConnection(name string) *connection {
	for _, c := range r.tenant.connections {
		if c.name == name {
			return c
		}
	}
	c := &connection{
		id: "con_" + randomID(16), name: name, strategy: databaseStrategy, vault: newVault(), beside: newObject(),
		options: newObject("passwordPolicy", "none", "validation", newObject("username", newObject("min", num("1"), "max", num("128")))),
	}
	r.tenant.connections[c.id] = c
	return c
}

func (r *recording) seedUser(shown *object) {
	identities, _ := shown.get("identities").([]any)
	if len(identities) == 0 {
		return
	}
	identity, _ := identities[0].(*object)
	r.tenant.users[shown.string("user_id")] = &user{
		id: shown.string("user_id"), connection: identity.string("connection"), profile: clone(shown).(*object),
	}
	r.seedConnection(identity.string("connection"))
}

// prepareAuthentication makes the application and the connection that recordings of the
// Authentication API take as given.
func (r *recording) prepareAuthentication(i *interaction) (verdict, string) {
	if strings.HasPrefix(i.path, "/dbconnections/") && i.sent != nil {
		id := i.sent.string("client_id")
		r.tenant.clients[id] = &client{id: id, shown: newObject("client_id", id)}
		c := r.seedConnection(i.sent.string("connection"))
		c.clients = []string{id}
		for _, name := range []string{"email", "phone_number", "username"} {
			if i.sent.has(name) {
				r.seedIdentifier(c, name)
			}
		}
		return equal, ""
	}
	form, err := url.ParseQuery(i.Request.Body)
	if i.path != "/oauth/token" || err != nil || form.Get("grant_type") != "client_credentials" || i.Response.Code != http.StatusOK {
		return notServed, "other grants, or refused"
	}
	return equal, ""
}

// seedIdentifier lets the users of a connection be known by an attribute.
func (r *recording) seedIdentifier(c *connection, name string) {
	if c.options.object("attributes") == nil {
		c.options.set("attributes", newObject())
	}
	c.options.object("attributes").set(name, newObject("identifier", newObject("active", true)))
}
