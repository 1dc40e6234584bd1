// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/auth0/go-auth0/v3/management"
)

const (
	// singleReads is how many connections are read one by one before it pays to list all.
	singleReads = 3
	// listLifetime is how long a list serves. It covers one refresh.
	listLifetime = time.Minute
)

// refresh answers the reads of one refresh from list pages. It belongs to one client, hence
// to one command and one tenant, and forgets what this client changes.
type refresh struct {
	mu    sync.Mutex
	reads int
	// byID holds the list's entries; nil before there is one.
	byID   map[string]json.RawMessage
	byName map[string]string // name -> id
	at     time.Time
	// showsClients is set when some entry of the list names clients: then those that name none have none.
	showsClients bool
	stale        map[string]bool // changed by us since, which the list may not show
}

func (r *refresh) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, id)
	if r.stale == nil {
		r.stale = map[string]bool{}
	}
	r.stale[id] = true
}

// RefreshedConnection is [Client.Connection] for refreshing state: with many connections it
// answers from a list of all database connections that is read once.
func (c *Client) RefreshedConnection(ctx context.Context, id string) (*Connection, error) {
	raw, err := c.fromList(ctx, id)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		// Not in the list may mean that the list lags behind.
		return c.Connection(ctx, id)
	}
	found, err := decodeConnection(raw)
	if err != nil {
		return nil, err
	}
	return found.checked()
}

// RefreshedClients is [Client.EnabledClients] for refreshing state: it makes no call where the connection, as it was
// found by [Client.RefreshedConnection], shows just the clients that are known; nil means that none are. What is
// shown there is deprecated and missing in some tenants, so it is believed only where it tells nothing new.
func (c *Client) RefreshedClients(ctx context.Context, found *Connection, known []string) ([]string, error) {
	shown := shownClients(found)
	if known == nil || shown == nil || !slices.Equal(shown, known) {
		return c.EnabledClients(ctx, found.ID)
	}
	if len(shown) == 0 {
		// May also be what a tenant shows that does not fill this in any more.
		r := &c.refresh
		r.mu.Lock()
		_, err := c.listed(ctx)
		shows := r.showsClients
		r.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if !shows {
			return c.EnabledClients(ctx, found.ID)
		}
	}
	return known, nil
}

// shownClients are the sorted clients that a connection's description names, nil where it does not say.
func shownClients(of *Connection) []string {
	values, ok := of.Properties["enabled_clients"].([]any)
	if !ok {
		return nil
	}
	clients := []string{}
	for _, value := range values {
		id, ok := value.(string)
		if !ok {
			return nil
		}
		clients = append(clients, id)
	}
	slices.Sort(clients)
	return clients
}

// ListedByName is [Client.ConnectionByName] for an early look at a name: with many names it answers from the
// same list, which may lag behind and holds database connections only.
func (c *Client) ListedByName(ctx context.Context, name string) (*Connection, error) {
	r := &c.refresh
	r.mu.Lock()
	listed, err := c.listed(ctx)
	id, taken := r.byName[name]
	raw := r.byID[id]
	r.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case !listed, taken && raw == nil: // not listed, or changed since
		return c.ConnectionByName(ctx, name)
	case !taken:
		return nil, nil
	}
	found, err := decodeConnection(raw)
	if err != nil {
		return nil, err
	}
	return found.checked()
}

// fromList returns the connection's entry, nil when it has to be read singly.
func (c *Client) fromList(ctx context.Context, id string) (json.RawMessage, error) {
	r := &c.refresh
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale[id] {
		return nil, nil
	}
	if _, err := c.listed(ctx); err != nil {
		return nil, err
	}
	return r.byID[id], nil
}

// listed makes sure that there is a list, unless it is too early for one to pay. The lock is held while
// listing: the other reads wait for the list instead of fetching it too.
func (c *Client) listed(ctx context.Context) (bool, error) {
	r := &c.refresh
	if r.byID != nil && time.Since(r.at) <= listLifetime {
		return true, nil
	}
	if r.reads++; r.reads <= singleReads {
		return false, nil
	}
	byID, byName, showsClients := map[string]json.RawMessage{}, map[string]string{}, false
	strategy := management.ConnectionStrategyEnumAuth0
	query := &management.ListConnectionsQueryParameters{Strategy: []*management.ConnectionStrategyEnum{&strategy}}
	err := c.list(ctx, call{"list the database connections", readScopes}, query, func(raw json.RawMessage) error {
		var entry struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			// Of any form: it is deprecated, and nothing else may depend on it.
			Clients json.RawMessage `json:"enabled_clients"`
		}
		if err := json.Unmarshal(raw, &entry); err != nil {
			return fmt.Errorf("a connection in the tenant's list cannot be read: %w", err)
		}
		byID[entry.ID], byName[entry.Name] = raw, entry.ID
		var clients []string
		showsClients = showsClients || json.Unmarshal(entry.Clients, &clients) == nil && len(clients) > 0
		return nil
	})
	if err != nil {
		return false, err
	}
	r.byID, r.byName, r.showsClients, r.at = byID, byName, showsClients, time.Now()
	return true, nil
}
