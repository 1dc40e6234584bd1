// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"encoding/json"
	"fmt"
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
	mu     sync.Mutex
	reads  int
	listed map[string]json.RawMessage
	at     time.Time
	stale  map[string]bool // changed by us since, which the list may not show
}

func (r *refresh) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.listed, id)
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

// fromList returns the connection's entry, nil when it has to be read singly. The lock is
// held while listing: the other reads wait for the list instead of fetching it too.
func (c *Client) fromList(ctx context.Context, id string) (json.RawMessage, error) {
	r := &c.refresh
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale[id] {
		return nil, nil
	}
	if r.listed == nil || time.Since(r.at) > listLifetime {
		if r.reads++; r.reads <= singleReads {
			return nil, nil
		}
		listed := map[string]json.RawMessage{}
		strategy := management.ConnectionStrategyEnumAuth0
		query := &management.ListConnectionsQueryParameters{Strategy: []*management.ConnectionStrategyEnum{&strategy}}
		err := c.list(ctx, call{"list the database connections", readScopes}, query, func(raw json.RawMessage) error {
			var entry struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(raw, &entry); err != nil {
				return fmt.Errorf("a connection in the tenant's list cannot be read: %w", err)
			}
			listed[entry.ID] = raw
			return nil
		})
		if err != nil {
			return nil, err
		}
		r.listed, r.at = listed, time.Now()
	}
	return r.listed[id], nil
}
