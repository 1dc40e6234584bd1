// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/auth0/go-auth0/v3/management"
)

const (
	// clientsPerUpdate is the API's limit for one request.
	clientsPerUpdate = 50
	clientsPageSize  = 1000
)

// EnabledClients returns the ids of the clients that may use a connection, sorted.
func (c *Client) EnabledClients(ctx context.Context, id string) ([]string, error) {
	operation := call{operation: fmt.Sprintf("read the clients of connection %s",
		id), scopes: []string{"read:connections"}}
	take := clientsPageSize
	query := &management.GetConnectionEnabledClientsRequestParameters{Take: &take}
	enabled := []string{}
	for {
		var page struct {
			Clients []struct {
				ID string `json:"client_id"`
			} `json:"clients"`
			Next *string `json:"next"`
		}
		err := c.do(ctx, operation, &page, func(ctx context.Context) error {
			_, err := c.connections.Clients.Get(ctx, id, query)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, client := range page.Clients {
			enabled = append(enabled, client.ID)
		}
		if page.Next == nil || *page.Next == "" {
			slices.Sort(enabled)
			return enabled, nil
		}
		query.From = page.Next
	}
}

// SetClients enables and disables a connection for the clients named; others keep what they have.
func (c *Client) SetClients(ctx context.Context, id string, enable, disable []string) error {
	operation := call{operation: fmt.Sprintf("set the clients of connection %s",
		id), scopes: []string{"update:connections"}}
	var changes []*management.UpdateEnabledClientConnectionsRequestContentItem
	for _, client := range enable {
		changes = append(
			changes,
			&management.UpdateEnabledClientConnectionsRequestContentItem{ClientID: client, Status: true},
		)
	}
	for _, client := range disable {
		changes = append(changes, &management.UpdateEnabledClientConnectionsRequestContentItem{ClientID: client})
	}
	c.refresh.forget(id)
	defer c.refresh.forget(id)
	for chunk := range slices.Chunk(changes, clientsPerUpdate) {
		err := c.do(ctx, operation, nil, func(ctx context.Context) error {
			return c.connections.Clients.Update(ctx, id, chunk)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// CountUsers returns how many users the tenant knows of a connection.
func (c *Client) CountUsers(ctx context.Context, connection string) (int, error) {
	operation := call{operation: fmt.Sprintf("count the users of connection %q",
		connection), scopes: []string{"read:users"}}
	// The name's characters need no escape in a query, see the pattern of connection names.
	// The name's characters need no escape in a query, see the pattern of connection names.
	query := url.Values{
		"q": {fmt.Sprintf("identities.connection:%q", connection)}, "search_engine": {"v3"},
		"page": {"0"}, "per_page": {"1"}, "include_totals": {"true"},
	}
	var found struct {
		Total *int `json:"total"`
	}
	err := c.get(ctx, operation, "/users", query, &found)
	if err != nil {
		return 0, err
	}
	if found.Total == nil {
		return 0, &Error{Operation: operation.operation, Status: 200, Message: "the answer has no total"}
	}
	return *found.Total, nil
}
