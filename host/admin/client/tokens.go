package client

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// Tokens lists the tokens that are kept.
func (c *Client) Tokens(ctx context.Context) ([]wire.Token, error) {
	var all wire.Tokens
	err := c.call(ctx, "GET", "/tokens", nil, nil, &all)
	return all.Tokens, err
}

// CreateToken makes a token.
func (c *Client) CreateToken(ctx context.Context, asked wire.NewToken) (*wire.MadeToken, error) {
	var made wire.MadeToken
	return &made, c.call(ctx, "POST", "/tokens", nil, asked, &made)
}

// RevokeToken revokes a token.
func (c *Client) RevokeToken(ctx context.Context, name string) error {
	return c.call(ctx, "DELETE", path("tokens", name), nil, nil, nil)
}
