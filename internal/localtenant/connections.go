// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// databaseStrategy is the strategy of database connections.
const databaseStrategy = "auth0"

var connectionID = regexp.MustCompile(`^con_[a-zA-Z0-9]+$`)

// connection is a stored connection.
type connection struct {
	id, name, strategy string
	created            time.Time

	options *object           // as it is shown: configuration encrypted
	secrets map[string]string // configuration in clear
	vault   *vault

	clients []string // enabled clients
	// beside holds the other top-level keys: is_domain_connection, realms and
	// the ones that are only there once sent.
	beside *object
	// seeded is a connection of another strategy or from a test, shown as it is.
	seeded *object
}

// topLevel is the order in which the keys of a connection are shown.
var topLevel = []string{
	"id", "options", "strategy", "name", "is_domain_connection", "show_as_button", "display_name",
	"authentication", "connected_accounts", "cross_app_access_requesting_app",
	"enabled_clients", "realms", "metadata",
}

// alwaysShown are the keys that a choice of fields does not leave out.
var alwaysShown = []string{"id", "is_domain_connection", "authentication", "connected_accounts"}

// show is the connection as the API answers with it. An answer to a create has
// the options in the order of the request, all others in the order of storage.
func (c *connection) show(created bool) *object {
	all := newObject("id", c.id, "options", any(nil), "strategy", c.strategy, "name", c.name)
	if created {
		all.set("options", clone(c.options))
	} else {
		all.set("options", stored(c.options))
	}
	for _, key := range c.beside.keys {
		all.set(key, clone(c.beside.get(key)))
	}
	all.set("enabled_clients", listOf(c.clients))
	if c.seeded != nil {
		all = clone(c.seeded).(*object)
		if all.has("enabled_clients") {
			all.set("enabled_clients", listOf(c.clients))
		}
	}
	out := newObject()
	for _, key := range topLevel {
		if all.has(key) {
			out.set(key, all.get(key))
		}
	}
	for _, key := range all.keys {
		out.setDefault(key, all.get(key))
	}
	return out
}

// chosen reduces a shown connection to the fields asked for and to what the
// caller may see.
func (c *call) chosen(shown *object) *object {
	fields := splitList(c.URL.Query().Get("fields"))
	include := c.URL.Query().Get("include_fields") != "false"
	out := newObject()
	for _, key := range shown.keys {
		switch {
		case key == "options" && !c.may("read:connections_options"):
		case len(fields) == 0,
			include && (slices.Contains(fields, key) || slices.Contains(alwaysShown, key)),
			!include && !slices.Contains(fields, key):
			out.set(key, shown.get(key))
		}
	}
	return out
}

// AddConnection puts a connection into the tenant that is shown exactly as
// given, as one that was there before. It needs at least an id.
func (t *Tenant) AddConnection(body []byte) error {
	value, err := decodeJSON(body)
	if err != nil {
		return err
	}
	o, ok := value.(*object)
	if !ok || o.string("id") == "" {
		return invalidPayload("'Missing required property: id'.")
	}
	c := &connection{
		id: o.string("id"), name: o.string("name"), strategy: o.string("strategy"),
		options: newObject(), beside: newObject(), vault: newVault(), seeded: o,
		clients: stringsOf(o.get("enabled_clients")),
	}
	if options := o.object("options"); options != nil {
		c.options = options
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.connections[c.id] = c
	return nil
}

func (t *Tenant) createConnection(c *call) (int, any, error) {
	body, err := c.object(createSchema)
	if err != nil {
		return 0, nil, err
	}
	name, strategy := body.string("name"), body.string("strategy")
	if strategy != databaseStrategy {
		return 0, nil, badBody("This tenant serves database connections (strategy \"auth0\") only")
	}
	if body.path("cross_app_access_requesting_app", "active") == true {
		return 0, nil, &apiError{
			status: http.StatusBadRequest, message: "Cross App Access Requesting App is not " +
				"supported for this connection.", code: "operation_not_supported",
		}
	}
	sent := body.object("options")
	if sent == nil {
		sent = newObject()
	}
	if err := checkOptions(sent, nil); err != nil {
		return 0, nil, err
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	realms := stringsOf(body.get("realms"))
	if err := t.checkNames(name, realms, ""); err != nil {
		return 0, nil, err
	}
	if len(realms) == 0 {
		realms = []string{name}
	}
	created := &connection{
		id:       t.newID("connection", func() string { return "con_" + randomID(16) }),
		name:     name,
		strategy: strategy,
		created:  t.options.Now(),
		vault:    newVault(),
		clients:  unique(stringsOf(body.get("enabled_clients"))),
		beside:   newObject("is_domain_connection", false),
	}
	if t.defaults.Purposes {
		created.beside.set("authentication", newObject("active", true))
		created.beside.set("connected_accounts", newObject("active", false))
	}
	for _, key := range body.keys {
		if connectionProperties[key] != nil && key != "options" {
			created.beside.set(key, body.get(key))
		}
	}
	created.beside.set("realms", listOf(realms))
	created.options = t.defaults.created(sent)
	t.encryptConfiguration(created)
	t.connections[created.id] = created
	return http.StatusCreated, created.show(true), nil
}

func (t *Tenant) getConnection(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.connection(c, "The id of the connection to retrieve")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.chosen(found.show(false)), nil
}

func (t *Tenant) updateConnection(c *call) (int, any, error) {
	wanted := updateSchema
	if t.defaults.UpdatesEnabledClients {
		wanted = updateWithClientsSchema
	}
	body, err := c.object(wanted)
	if err != nil {
		return 0, nil, err
	}
	sent := body.object("options")
	if body.has("options") && !c.may("update:connections_options") {
		return 0, nil, insufficientScope("update:connections_options")
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.connection(c, "The id of the connection to update")
	if err != nil {
		return 0, nil, err
	}
	if found.seeded != nil {
		return 0, nil, badBody("This tenant updates only connections that were created in it")
	}
	if sent != nil {
		if err := checkOptions(sent, found.options); err != nil {
			return 0, nil, err
		}
		if sent.bool("enabledDatabaseCustomization") != found.options.bool("enabledDatabaseCustomization") &&
			t.countUsers(found) > 0 {
			return 0, nil, badBody(
				`This database contains users. You cannot change "options.enabledDatabaseCustomization" setting.`,
			)
		}
	}
	if body.has("realms") {
		if err := t.checkNames("", stringsOf(body.get("realms")), found.id); err != nil {
			return 0, nil, err
		}
		if len(stringsOf(body.get("realms"))) == 0 {
			body.set("realms", []any{found.name})
		}
	}
	for _, key := range body.keys {
		switch {
		case key == "options":
		case key == "enabled_clients":
			found.clients = unique(stringsOf(body.get(key)))
		default:
			found.beside.set(key, body.get(key))
		}
	}
	if sent != nil {
		before := found.options
		found.options = t.defaults.updated(before, sent, t.options.Redefault)
		if before.bool("enable_script_context") {
			found.options.set("enable_script_context", true)
		}
		t.encryptConfiguration(found)
	}
	return http.StatusOK, c.chosen(found.show(false)), nil
}

// encryptConfiguration takes the configuration of the options in clear and
// leaves it encrypted there. A null removes its key.
func (t *Tenant) encryptConfiguration(c *connection) {
	sent := c.options.object("configuration")
	c.secrets = map[string]string{}
	if sent == nil {
		return
	}
	shown := newObject()
	for _, key := range sent.keys {
		value, ok := sent.get(key).(string)
		if !ok {
			continue
		}
		c.secrets[key] = value
		shown.set(key, c.vault.encrypt(t.defaults.Ciphertext, value))
	}
	c.options.remove("configuration")
	c.options.set("configuration", shown)
}

func (t *Tenant) deleteConnection(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := c.PathValue("id")
	if err := checkConnectionID(id, "The id of the connection to delete"); err != nil {
		return 0, nil, err
	}
	now := t.options.Now()
	if going, ok := t.deletions[id]; ok && now.Before(going.until) {
		return http.StatusAccepted, newObject("deleted_at", timestamp(going.at)), nil
	}
	delete(t.deletions, id)
	found := t.connections[id]
	if found == nil {
		return http.StatusNoContent, nil, nil
	}
	delete(t.connections, id)
	for key, u := range t.users {
		if u.connection == found.name {
			delete(t.users, key)
		}
	}
	if t.options.SynchronousDelete {
		return http.StatusNoContent, nil, nil
	}
	t.deletions[id] = deletion{name: found.name, at: now, until: now.Add(t.options.DeleteDelay)}
	return http.StatusAccepted, newObject("deleted_at", timestamp(now)), nil
}

// deletion is a connection that is gone and whose removal is still going on.
type deletion struct {
	name      string
	at, until time.Time
}

// connection finds the connection that a call names. The tenant is locked.
func (t *Tenant) connection(c *call, description string) (*connection, error) {
	id := c.PathValue("id")
	if err := checkConnectionID(id, description); err != nil {
		return nil, err
	}
	found := t.connections[id]
	if found == nil {
		return nil, errNoConnection
	}
	return found, nil
}

func checkConnectionID(id, description string) error {
	if connectionID.MatchString(id) {
		return nil
	}
	return &apiError{
		status: http.StatusBadRequest,
		message: "Path validation error: 'Object didn't pass " +
			"validation for format connection-id: " + id + "' on property id (" + description + ").",
		code: "invalid_uri",
	}
}

// checkNames refuses a name or realm that is taken. The tenant is locked.
func (t *Tenant) checkNames(name string, realms []string, except string) error {
	now := t.options.Now()
	for _, other := range t.connections {
		if name != "" && other.name == name {
			return &apiError{status: http.StatusConflict, message: "A connection with the same name already exists",
				code: "connection_conflict"}
		}
	}
	for _, going := range t.deletions {
		if going.name == name && now.Before(going.until) {
			return &apiError{status: http.StatusConflict, message: "A connection with the same name is " +
				"being deleted, try again later", code: "connection_conflict"}
		}
	}
	for _, other := range t.connections {
		taken := stringsOf(other.beside.get("realms"))
		if other.id != except &&
			slices.ContainsFunc(realms, func(realm string) bool { return slices.Contains(taken, realm) }) {
			return &apiError{
				status:  http.StatusConflict,
				message: `There is already another connection with some realms from "realms" parameter`,
				code:    "connection_conflict",
			}
		}
	}
	return nil
}

func unique(values []string) []string {
	out := []string{}
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func compareConnections(a, b *connection) int { return strings.Compare(a.id, b.id) }
