package client

import (
	"context"
	"net/url"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// ConnectionKey names a connection.
type ConnectionKey struct {
	Integration string
	Instance    string // empty: the one that all instances share
	Name        string
}

// Connections lists connections of an integration, of an instance and with a status, each of which may be empty for all.
func (c *Client) Connections(ctx context.Context, integration, instance, status string) ([]wire.Connection, error) {
	query := url.Values{}
	for name, text := range map[string]string{"integration": integration, "instance": instance, "status": status} {
		if text != "" {
			query.Set(name, text)
		}
	}
	var all wire.Connections
	err := c.call(ctx, "GET", "/connections", query, nil, &all)
	return all.Connections, err
}

// Connection gives one connection whole.
func (c *Client) Connection(ctx context.Context, key ConnectionKey) (*wire.ConnectionDetail, error) {
	var found wire.ConnectionDetail
	return &found, c.connection(ctx, "GET", key, "", nil, &found)
}

// SetConnection sets inputs; a nil one is taken back.
func (c *Client) SetConnection(ctx context.Context, key ConnectionKey, fields map[string]*string) (*wire.ConnectionDetail, error) {
	var made wire.ConnectionDetail
	return &made, c.connection(ctx, "PATCH", key, "", wire.ConnectionFields{Fields: fields}, &made)
}

// DeleteConnection forgets what is kept of a connection.
func (c *Client) DeleteConnection(ctx context.Context, key ConnectionKey) error {
	return c.connection(ctx, "DELETE", key, "", nil, nil)
}

// TestConnection tries to use a connection.
func (c *Client) TestConnection(ctx context.Context, key ConnectionKey) (*wire.ConnectionTested, error) {
	var tested wire.ConnectionTested
	return &tested, c.connection(ctx, "POST", key, "test", nil, &tested)
}

// AuthorizeConnection begins an authorization.
func (c *Client) AuthorizeConnection(ctx context.Context, key ConnectionKey, asked wire.Authorize) (*wire.Authorization, error) {
	var begun wire.Authorization
	return &begun, c.connection(ctx, "POST", key, "authorize", asked, &begun)
}

// RevokeConnection gives a token back to its service, and forgets it.
func (c *Client) RevokeConnection(ctx context.Context, key ConnectionKey) error {
	return c.connection(ctx, "POST", key, "revoke", nil, nil)
}

func (c *Client) connection(ctx context.Context, method string, key ConnectionKey, verb string, body, into any) error {
	at := path("connections", key.Integration, key.Name)
	if verb != "" {
		at += path(verb)
	}
	query := url.Values{}
	if key.Instance != "" {
		query.Set("instance", key.Instance)
	}
	return c.call(ctx, method, at, query, body, into)
}
