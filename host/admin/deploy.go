package admin

import (
	"context"
	"errors"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Deployer runs what flows do when an instance is deployed or removed, and holds hosts to the switches of instances.
type Deployer interface {
	Deploy(ctx context.Context, name store.InstanceKey) error
	Remove(ctx context.Context, name store.InstanceKey) error
	// Refresh holds this host to the switches at once; it looks at them every few seconds anyway.
	Refresh(ctx context.Context) ([]store.InstanceRow, error)
}

// Deploy brings an instance into service, and starts its flows that are for its deployment, once more if it is deployed already.
func Deploy(ctx context.Context, deployer Deployer, name store.InstanceKey) error {
	return ofInstance(name, deployer.Deploy(ctx, name))
}

// Remove takes an instance out of service, and starts its flows that are for its removal.
func Remove(ctx context.Context, deployer Deployer, name store.InstanceKey) error {
	return ofInstance(name, deployer.Remove(ctx, name))
}

func ofInstance(name store.InstanceKey, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return noInstance(name)
	}
	return err
}
