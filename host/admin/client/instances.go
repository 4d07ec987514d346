package client

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// Instances lists instances, served or only known of old.
func (c *Client) Instances(ctx context.Context) ([]wire.Instance, error) {
	var all wire.Instances
	err := c.call(ctx, "GET", "/instances", nil, nil, &all)
	return all.Instances, err
}

// Verb is what can be done with an instance.
type Verb string

// The verbs.
const (
	Enable  Verb = "enable"
	Disable Verb = "disable"
	Deploy  Verb = "deploy"
	Remove  Verb = "remove"
)

// TurnInstance does what the verb says.
func (c *Client) TurnInstance(ctx context.Context, integration, instance string, verb Verb) error {
	return c.call(ctx, "POST", path("instances", integration, instance, string(verb)), nil, nil, nil)
}
