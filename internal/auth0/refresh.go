// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"encoding/json"
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
	// byID holds the list's entries; nil before there is one. Nobody changes them.
	byID   map[string]*Connection
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
	found, err := c.fromList(ctx, id)
	if err != nil {
		return nil, err
	}
	if found == nil {
		// Not in the list may mean that the list lags behind.
		return c.Connection(ctx, id)
	}
	return found.checked()
}

// ListedConnection is [Client.RefreshedConnection] where that takes no call, nil where it does.
func (c *Client) ListedConnection(id string) *Connection {
	r := &c.refresh
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.byID[id]
	if found == nil || time.Since(r.at) > listLifetime || r.stale[id] || found.Options == nil {
		return nil
	}
	return found
}

// ShowsClients reports whether a connection of the list shows just the clients that are known; see [Client.RefreshedClients].
func (c *Client) ShowsClients(found *Connection, known []string) bool {
	shown := shownClients(found)
	if known == nil || shown == nil || !slices.Equal(shown, known) {
		return false
	}
	r := &c.refresh
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(shown) > 0 || r.showsClients
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
	found := r.byID[id]
	r.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case !listed, taken && found == nil: // not listed, or changed since
		return c.ConnectionByName(ctx, name)
	case !taken:
		return nil, nil
	}
	return found.checked()
}

// share keeps one copy of each text among the scripts, which many connections have in common.
func (c *Connection) share(texts map[string]string) {
	scripts, _ := c.Options["customScripts"].(map[string]any)
	for op, script := range scripts {
		text, ok := script.(string)
		if !ok {
			continue
		}
		if _, known := texts[text]; !known {
			texts[text] = text
		}
		scripts[op] = texts[text]
	}
}

// fromList returns the connection's entry, nil when it has to be read singly.
func (c *Client) fromList(ctx context.Context, id string) (*Connection, error) {
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
	byID, byName, showsClients, texts := map[string]*Connection{}, map[string]string{}, false, map[string]string{}
	strategy := management.ConnectionStrategyEnumAuth0
	query := &management.ListConnectionsQueryParameters{Strategy: []*management.ConnectionStrategyEnum{&strategy}}
	err := c.list(
		ctx,
		call{operation: "list the database connections", scopes: readScopes},
		query,
		func(raw json.RawMessage) error {
			entry, err := decodeConnection(raw)
			if err != nil {
				return err
			}
			entry.share(texts)
			byID[entry.ID], byName[entry.Name] = entry, entry.ID
			showsClients = showsClients || len(shownClients(entry)) > 0
			return nil
		},
	)
	if err != nil {
		return false, err
	}
	r.byID, r.byName, r.showsClients, r.at = byID, byName, showsClients, time.Now()
	return true, nil
}
