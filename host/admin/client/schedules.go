package client

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// Schedules lists when flows are due.
func (c *Client) Schedules(ctx context.Context) ([]wire.Schedule, error) {
	var all wire.Schedules
	err := c.call(ctx, "GET", "/schedules", nil, nil, &all)
	return all.Schedules, err
}
