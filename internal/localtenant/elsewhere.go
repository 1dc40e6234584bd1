// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"net/http"
	"slices"
	"strconv"
)

// emptyLists are lists of what this tenant has none of, which clients of the API read on
// their way to what it has.
var emptyLists = []struct{ path, scope, name string }{
	{"/api/v2/organizations", "read:organizations", "organizations"},
	{"/api/v2/roles", "read:roles", "roles"},
	{"/api/v2/rules", "read:rules", "rules"},
	{"/api/v2/hooks", "read:hooks", "hooks"},
	{"/api/v2/custom-domains", "read:custom_domains", "custom_domains"},
	{"/api/v2/log-streams", "read:log_streams", "log_streams"},
	{"/api/v2/users/{id}/roles", "read:users", "roles"},
	{"/api/v2/users/{id}/permissions", "read:users", "permissions"},
	{"/api/v2/users/{id}/organizations", "read:users", "organizations"},
	{"/api/v2/client-grants/{id}/organizations", "read:client_grants", "organizations"},
}

// emptyList answers with an empty list in the form that is asked for.
func emptyList(name string) apiHandler {
	return func(c *call) (int, any, error) {
		return listPage(c, name, nil, func(*object) string { return "" }, func(o *object) *object { return o })
	}
}

// noActions are the lists of Actions, which have a form of their own.
func noActions(c *call) (int, any, error) {
	start, limit, err := offsetPage(c, 50)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, newObject("total", 0, "page", start/limit, "per_page", limit, "actions", []any{}), nil
}

// tenantSettings are the settings of a new tenant.
func (t *Tenant) tenantSettings(*call) (int, any, error) {
	return http.StatusOK, newObject(
		"friendly_name",
		t.Name(),
		"enabled_locales",
		[]any{"en"},
		"flags",
		newObject("enable_client_connections", false),
		"session_lifetime",
		168,
		"idle_session_lifetime",
		72,
		"sandbox_version",
		"22",
		"sandbox_versions_available",
		[]any{"22"},
	), nil
}

// connectionStatus is GET /api/v2/connections/{id}/status: a database is always there.
func (t *Tenant) connectionStatus(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.connection(c, "The id of the connection to check"); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, newObject("success", true), nil
}

// show is a log entry as the API answers with it.
func (e LogEvent) show(n int) *object {
	id := "900" + strconv.Itoa(1_000_000_000+n)
	o := newObject("date", timestamp(e.Time), "type", e.Type, "connection", e.Connection, "strategy", databaseStrategy)
	if e.Description != "" {
		o.set("description", e.Description)
	}
	if e.UserID != "" {
		o.set("user_id", e.UserID)
	}
	o.set("log_id", id)
	o.set("_id", id)
	return o
}

// listLogs is GET /api/v2/logs, and that of one user: the newest entry first, or, from
// an entry on, in the order of time.
func (t *Tenant) listLogs(c *call) (int, any, error) {
	events := t.Logs()
	var all []*object
	for n, event := range events {
		if id := c.PathValue("id"); id == "" || id == event.UserID {
			all = append(all, event.show(n))
		}
	}
	if query := c.URL.Query(); query.Has("from") {
		from := query.Get("from")
		all = slices.DeleteFunc(all, func(o *object) bool { return o.string("log_id") <= from })
		take, err := queryNumber(c, "take", 50, 1, 100)
		if err != nil {
			return 0, nil, err
		}
		return http.StatusOK, listed(all[:min(take, len(all))]), nil
	}
	slices.Reverse(all)
	start, limit, err := offsetPage(c, 50)
	if err != nil {
		return 0, nil, err
	}
	page := listed(all[min(start, len(all)):min(start+limit, len(all))])
	if c.URL.Query().Get("include_totals") == "true" {
		return http.StatusOK, newObject(
			"start",
			start,
			"limit",
			limit,
			"length",
			len(page),
			"total",
			len(all),
			"logs",
			page,
		), nil
	}
	return http.StatusOK, page, nil
}

func listed(objects []*object) []any {
	list := make([]any, len(objects))
	for i, o := range objects {
		list[i] = o
	}
	return list
}

// getLog is one entry of the log.
func (t *Tenant) getLog(c *call) (int, any, error) {
	for n, event := range t.Logs() {
		if shown := event.show(n); shown.string("log_id") == c.PathValue("id") {
			return http.StatusOK, shown, nil
		}
	}
	return 0, nil, &apiError{status: http.StatusNotFound, message: "The log does not exist", code: "inexistent_log"}
}
