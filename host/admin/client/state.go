package client

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// States lists whose states are not empty, of an integration or (empty) of all.
func (c *Client) States(ctx context.Context, integration string) ([]wire.StateOwner, error) {
	query := url.Values{}
	if integration != "" {
		query.Set("integration", integration)
	}
	var all wire.StateOwners
	err := c.call(ctx, "GET", "/state", query, nil, &all)
	return all.States, err
}

// State gives a whole state, or what it has under a key if that is not nil.
func (c *Client) State(ctx context.Context, owner wire.StateOwner, key *string) (json.RawMessage, error) {
	var text json.RawMessage
	err := c.call(ctx, "GET", statePath(owner), keyQuery(key), nil, &text)
	return text, err
}

// SetState replaces a whole state by an object, or sets a key if that is not nil.
func (c *Client) SetState(ctx context.Context, owner wire.StateOwner, key *string, text json.RawMessage) error {
	return c.call(ctx, "PUT", statePath(owner), keyQuery(key), text, nil)
}

// DeleteState deletes a whole state, or a key if that is not nil.
func (c *Client) DeleteState(ctx context.Context, owner wire.StateOwner, key *string) error {
	return c.call(ctx, "DELETE", statePath(owner), keyQuery(key), nil, nil)
}

func statePath(owner wire.StateOwner) string {
	segments := []string{"state", owner.Integration}
	if owner.Instance != "" {
		segments = append(segments, owner.Instance)
		if owner.Flow != "" {
			segments = append(segments, owner.Flow)
		}
	}
	return path(segments...)
}

func keyQuery(key *string) url.Values {
	if key == nil {
		return nil
	}
	return url.Values{"key": {*key}}
}
