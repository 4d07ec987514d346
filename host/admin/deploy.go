package admin

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Deployer runs what flows do when an instance is deployed or removed.
type Deployer interface {
	Deploy(ctx context.Context, name store.InstanceKey) error
	Remove(ctx context.Context, name store.InstanceKey) error
}

// Deploy starts the flows of an instance that are for its deployment, once more if it is deployed already.
func Deploy(ctx context.Context, deployer Deployer, name store.InstanceKey) error {
	return deployer.Deploy(ctx, name)
}

// Remove starts the flows of an instance that are for its removal; it takes no webhooks and fires no schedules from then on.
func Remove(ctx context.Context, deployer Deployer, name store.InstanceKey) error {
	return deployer.Remove(ctx, name)
}
