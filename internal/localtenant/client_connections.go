// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"slices"
)

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
