package client

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// Keys tells of the keys that secrets are sealed with.
func (c *Client) Keys(ctx context.Context) (*wire.Keys, error) {
	var told wire.Keys
	return &told, c.call(ctx, "GET", "/keys", nil, nil, &told)
}

// RotateKeys adds a key, see ResealKeys.
func (c *Client) RotateKeys(ctx context.Context) (*wire.Keys, error) {
	var told wire.Keys
	return &told, c.call(ctx, "POST", "/keys/rotate", nil, nil, &told)
}

// ResealKeys seals a number of connections again with the newest key. It is to be repeated until it is done.
func (c *Client) ResealKeys(ctx context.Context) (*wire.Resealed, error) {
	var did wire.Resealed
	return &did, c.call(ctx, "POST", "/keys/reseal", nil, nil, &did)
}

// RewrapKeys seals the keyset under the key that the host is configured to use.
func (c *Client) RewrapKeys(ctx context.Context) (*wire.Keys, error) {
	var told wire.Keys
	return &told, c.call(ctx, "POST", "/keys/rewrap", nil, nil, &told)
}
