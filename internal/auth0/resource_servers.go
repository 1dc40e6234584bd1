// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"context"
	"fmt"
	"net/url"
)

// ResourceServer is an API of the tenant's.
type ResourceServer struct {
	ID         string `json:"id"`
	Identifier string `json:"identifier"`
	// Access says who gets tokens for it. A policy is "" where the tenant shows none.
	Access struct {
		User          Policy `json:"user"`
		AnonymousUser Policy `json:"anonymous_user"`
		Client        Policy `json:"client"`
	} `json:"subject_type_authorization"`
}

// Policy is allow_all, deny_all or require_client_grant.
type Policy struct {
	Policy string `json:"policy"`
}

// ClientGrant lets a client have tokens for an API.
type ClientGrant struct {
	ClientID       string   `json:"client_id"`
	Audience       string   `json:"audience"`
	Scopes         []string `json:"scope"`
	AllowAllScopes bool     `json:"allow_all_scopes"`
	// SubjectType is client, user, or "" in tenants that know grants of clients alone.
	SubjectType string `json:"subject_type"`
}

// ResourceServer reads an API by its identifier; see [IsNotFound].
func (c *Client) ResourceServer(ctx context.Context, identifier string) (*ResourceServer, error) {
	var found ResourceServer
	read := call{operation: fmt.Sprintf("read the API %q", identifier), scopes: []string{"read:resource_servers"}}
	err := c.get(ctx, read, "/resource-servers/"+url.PathEscape(identifier), nil, &found)
	if err != nil {
		return nil, err
	}
	return &found, nil
}

// ClientGrants lists who was let have tokens for an API, the first hundred.
func (c *Client) ClientGrants(ctx context.Context, audience string) ([]ClientGrant, error) {
	var found []ClientGrant
	list := call{operation: fmt.Sprintf("list the grants for the API %q", audience), scopes: []string{"read:client_grants"}}
	err := c.get(ctx, list, "/client-grants", url.Values{"audience": {audience}, "per_page": {"100"}}, &found)
	return found, err
}

// TokenURL is where the tenant gives out tokens, "" where the settings name no tenant.
func (c *Client) TokenURL() string {
	endpoint, err := c.config.endpoint()
	if err != nil {
		return ""
	}
	return endpoint.String() + "/oauth/token"
}
