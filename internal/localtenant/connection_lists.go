// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// offsetLimit is how many connections can be reached by page numbers.
const offsetLimit = 1000

func (t *Tenant) listConnections(c *call) (int, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	query := c.URL.Query()
	now := t.options.Now()
	var all []*connection
	for _, found := range t.connections {
		name, strategies := query.Get("name"), query["strategy"]
		switch {
		case query.Has("name") && found.name != name:
		case len(strategies) > 0 && !slices.Contains(strategies, found.strategy):
		case t.options.ListDelay > 0 && now.Sub(found.created) < t.options.ListDelay:
		default:
			all = append(all, found)
		}
	}
	slices.SortFunc(all, compareConnections)

	if query.Has("take") || query.Has("from") {
		page, next, err := checkpoint(c, all, func(found *connection) string { return found.id }, 100)
		if err != nil {
			return 0, nil, err
		}
		answer := newObject("connections", c.shownList(page))
		if next != "" {
			answer.set("next", next)
		}
		return http.StatusOK, answer, nil
	}

	start, limit, err := offsetPage(c, 100)
	if err != nil {
		return 0, nil, err
	}
	if start+limit > offsetLimit {
		return 0, nil, &apiError{
			status:  http.StatusBadRequest,
			message: "Checkpoint pagination must be used if you need to retrieve more than 1000 connections",
			code:    "invalid_paging",
		}
	}
	page := c.shownList(all[min(start, len(all)):min(start+limit, len(all))])
	if query.Get("include_totals") == "true" {
		return http.StatusOK, newObject("total", len(all), "start", start, "limit", limit, "connections", page), nil
	}
	return http.StatusOK, page, nil
}

func (c *call) shownList(connections []*connection) []any {
	list := make([]any, len(connections))
	for i, found := range connections {
		list[i] = c.chosen(found.show(false))
	}
	return list
}

// offsetPage reads page and per_page.
func offsetPage(c *call, perPage int) (start, limit int, err error) {
	page, err := queryNumber(c, "page", 0, 0, 0)
	if err != nil {
		return 0, 0, err
	}
	limit, err = queryNumber(c, "per_page", perPage, 1, 100)
	if err != nil {
		return 0, 0, err
	}
	return page * limit, limit, nil
}

// checkpoint cuts the page after the "from" of a call out of a list that is
// sorted by key, and returns the "from" of the next one.
func checkpoint[T any](c *call, all []T, key func(T) string, most int) (page []T, next string, err error) {
	take, err := queryNumber(c, "take", 50, 1, most)
	if err != nil {
		return nil, "", err
	}
	if from := c.URL.Query().Get("from"); from != "" {
		after, err := base64.RawURLEncoding.DecodeString(from)
		if err != nil {
			return nil, "", &apiError{
				status:  http.StatusBadRequest,
				message: "Invalid \"from\" parameter",
				code:    "invalid_query_string",
			}
		}
		all = slices.DeleteFunc(slices.Clone(all), func(item T) bool { return key(item) <= string(after) })
	}
	if len(all) <= take {
		return all, "", nil
	}
	page = all[:take]
	return page, base64.RawURLEncoding.EncodeToString([]byte(key(page[take-1]))), nil
}

// queryNumber reads a whole number of the query; most 0 means no upper limit.
func queryNumber(c *call, name string, unset, least, most int) (int, error) {
	raw := c.URL.Query().Get(name)
	if raw == "" {
		return unset, nil
	}
	fail := func(problem string) error {
		return &apiError{
			status:  http.StatusBadRequest,
			message: fmt.Sprintf("Query validation error: '%s' on property %s.", problem, name),
			code:    "invalid_query_string",
		}
	}
	n, err := strconv.Atoi(raw)
	switch {
	case err != nil:
		return 0, fail("Expected type integer but found type string")
	case n < least:
		return 0, fail(fmt.Sprintf("Value %d is less than minimum %d", n, least))
	case most > 0 && n > most:
		return 0, fail(fmt.Sprintf("Value %d is greater than maximum %d", n, most))
	}
	return n, nil
}
