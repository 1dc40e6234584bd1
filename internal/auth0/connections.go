// SPDX-License-Identifier: MPL-2.0

package auth0

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/auth0/go-auth0/v3/management"
	"github.com/auth0/go-auth0/v3/management/option"
)

// Strategy is that of database connections, the only kind that the client creates.
const Strategy = "auth0"

const (
	pageSize = 100
	// pollInterval is how long apart the tenant is asked whether something has taken effect.
	pollInterval = 2 * time.Second
	// nameReleaseTimeout bounds the wait for a deleted connection's name.
	nameReleaseTimeout = 30 * time.Second
	// lookupAttempts is how often a connection is looked for after an answer was lost: lists lag behind.
	lookupAttempts = 3
)

// Connection is a connection as the tenant describes it, complete and as sent. Numbers are [json.Number].
type Connection struct {
	ID       string
	Name     string
	Strategy string
	// Options are nil when the answer has none. Values below "configuration" are ciphertext.
	Options map[string]any
	// Properties are all top-level keys, those above among them.
	Properties map[string]any
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Connection) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	properties := map[string]any{}
	if err := decoder.Decode(&properties); err != nil {
		return err
	}
	*c = Connection{Properties: properties}
	c.ID, _ = properties["id"].(string)
	c.Name, _ = properties["name"].(string)
	c.Strategy, _ = properties["strategy"].(string)
	c.Options, _ = properties["options"].(map[string]any)
	if c.ID == "" {
		return errors.New("a connection without an id")
	}
	return nil
}

// Scopes that the connection calls need.
var (
	readScopes   = []string{"read:connections", OptionsScope}
	createScopes = []string{"create:connections"}
	updateScopes = []string{"update:connections", "update:connections_options"}
	deleteScopes = []string{"delete:connections"}
)

// Connection reads one connection; see [IsNotFound].
func (c *Client) Connection(ctx context.Context, id string) (*Connection, error) {
	var found Connection
	err := c.do(
		ctx,
		call{operation: fmt.Sprintf("read connection %s", id), scopes: readScopes},
		&found,
		func(ctx context.Context) error {
			_, err := c.connections.Get(ctx, id, nil)
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	return found.checked()
}

// checked refuses an answer without options.
func (c *Connection) checked() (*Connection, error) {
	if c.Options == nil {
		return nil, &OptionsUnreadableError{Name: c.Name}
	}
	return c, nil
}

// ConnectionByName returns the connection of this name, nil when there is none.
func (c *Client) ConnectionByName(ctx context.Context, name string) (*Connection, error) {
	operation := call{operation: fmt.Sprintf("look for a connection named %q", name), scopes: readScopes}
	var found *Connection
	err := c.list(
		ctx,
		operation,
		&management.ListConnectionsQueryParameters{Name: &name},
		func(raw json.RawMessage) error {
			candidate, err := decodeConnection(raw)
			if err == nil && candidate.Name == name {
				found = candidate
			}
			return err
		},
	)
	if err != nil || found == nil {
		return nil, err
	}
	return found.checked()
}

func decodeConnection(raw json.RawMessage) (*Connection, error) {
	var found Connection
	if err := found.UnmarshalJSON(raw); err != nil { // part of an answer that has been parsed already
		return nil, fmt.Errorf("a connection in the tenant's list cannot be read: %w", err)
	}
	return &found, nil
}

// list calls each for every connection that the query matches, over all pages.
func (c *Client) list(
	ctx context.Context,
	operation call,
	query *management.ListConnectionsQueryParameters,
	each func(json.RawMessage) error,
) error {
	take := pageSize
	query.Take = &take
	for {
		var page struct {
			Connections []json.RawMessage `json:"connections"`
			Next        *string           `json:"next"`
		}
		err := c.do(ctx, operation, &page, func(ctx context.Context) error {
			_, err := c.connections.List(ctx, query)
			return err
		})
		if err != nil {
			return err
		}
		for _, raw := range page.Connections {
			if err := each(raw); err != nil {
				return err
			}
		}
		if page.Next == nil || *page.Next == "" {
			return nil
		}
		query.From = page.Next
	}
}

// CreateConnection creates a database connection. The body is sent as it is, with the
// strategy added. A name in use is a [*NameTakenError]. When the answer is lost, the
// connection is looked for by its name instead of being created again.
func (c *Client) CreateConnection(ctx context.Context, body map[string]any) (*Connection, error) {
	name, _ := body["name"].(string)
	full := map[string]any{"strategy": Strategy}
	for key, value := range body {
		full[key] = value
	}
	// Asked first, because a connection that is found after a lost answer must not be one
	// that was there before.
	if err := c.refuseTakenName(ctx, name); err != nil {
		return nil, err
	}
	for begin := time.Now(); ; {
		created, err := c.postConnection(ctx, name, full)
		var failed *Error
		switch {
		case err == nil:
			return created, nil
		case errors.As(err, &failed) && failed.Conflict():
			if err := c.refuseTakenName(ctx, name); err != nil {
				return nil, err
			}
			// Nobody has the name: a deleted connection still holds it for a while.
			if time.Since(begin) > nameReleaseTimeout {
				return nil, failed
			}
			if err := c.transport.wait(ctx, pollInterval); err != nil {
				return nil, failed
			}
		case failed != nil && failed.Uncertain():
			return c.recoverCreated(ctx, name, full, failed)
		default:
			return nil, err
		}
	}
}

func (c *Client) postConnection(ctx context.Context, name string, body map[string]any) (*Connection, error) {
	var created Connection
	err := c.do(
		ctx,
		call{operation: fmt.Sprintf("create connection %q", name), scopes: createScopes},
		&created,
		func(ctx context.Context) error {
			// With no typed request the SDK sends the body properties and nothing else.
			_, err := c.connections.Create(ctx, nil, option.WithBodyProperties(body))
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	c.refresh.forget(created.ID)
	if created.Options == nil {
		// The answer leaves options out where the scope to read them is missing.
		return &created, &OptionsUnreadableError{Name: name}
	}
	return &created, nil
}

func (c *Client) refuseTakenName(ctx context.Context, name string) error {
	existing, err := c.ConnectionByName(ctx, name)
	if err == nil && existing != nil {
		err = &NameTakenError{Name: name, ID: existing.ID}
	}
	return err
}

// recoverCreated looks for the connection whose creation was not confirmed. What is found
// counts as created only when it holds the scripts that were sent.
func (c *Client) recoverCreated(
	ctx context.Context,
	name string,
	body map[string]any,
	lost *Error,
) (*Connection, error) {
	for attempt := range lookupAttempts {
		if attempt > 0 {
			if err := c.transport.wait(ctx, pollInterval); err != nil {
				return nil, lost
			}
		}
		existing, err := c.ConnectionByName(ctx, name)
		if err != nil {
			return nil, errors.Join(lost, err)
		}
		if existing == nil {
			continue
		}
		if !sameScripts(existing.Options, body["options"]) {
			return nil, &NameTakenError{Name: name, ID: existing.ID}
		}
		return existing, nil
	}
	return nil, lost
}

func sameScripts(stored map[string]any, sent any) bool {
	options, _ := sent.(map[string]any)
	got, _ := stored["customScripts"].(map[string]any)
	want, _ := options["customScripts"].(map[string]any)
	return reflect.DeepEqual(got, want)
}

// UpdateConnection changes what the body holds. Options in it replace all stored options.
func (c *Client) UpdateConnection(ctx context.Context, id string, body map[string]any) (*Connection, error) {
	var updated Connection
	c.refresh.forget(id)
	err := c.do(
		ctx,
		call{operation: fmt.Sprintf("update connection %s", id), scopes: updateScopes},
		&updated,
		func(ctx context.Context) error {
			_, err := c.connections.Update(ctx, id, nil, option.WithBodyProperties(body))
			return err
		},
	)
	c.refresh.forget(id)
	if err != nil {
		return nil, err
	}
	return updated.checked()
}

// DeleteConnection deletes a connection with all its users and waits until it is gone. One
// that does not exist is no error. The context bounds the wait.
func (c *Client) DeleteConnection(ctx context.Context, id string) error {
	operation := call{operation: fmt.Sprintf("delete connection %s", id), scopes: deleteScopes}
	c.refresh.forget(id)
	err := c.do(ctx, operation, nil, func(ctx context.Context) error {
		return c.connections.Delete(ctx, id)
	})
	for err == nil {
		// Deletion is asynchronous: the tenant answers before it is done.
		err = c.do(ctx, operation, nil, func(ctx context.Context) error {
			_, err := c.connections.Get(ctx, id, nil)
			return err
		})
		if err == nil {
			err = c.transport.wait(ctx, pollInterval)
		}
	}
	if IsNotFound(err) {
		return nil
	}
	return err
}
