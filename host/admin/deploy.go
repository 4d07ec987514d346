package admin

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Deployer runs what flows do when an instance is deployed or removed.
type Deployer interface {
	Deploy(ctx context.Context, name store.InstanceKey) error
	Remove(ctx context.Context, name store.InstanceKey) error
}

// Deploy starts the flows of an instance that are for its deployment, once more if it is deployed already.
func Deploy(ctx context.Context, deployer Deployer, name store.InstanceKey) error {
	if deployer == nil {
		return noDeployer()
	}
	return deployer.Deploy(ctx, name)
}

// Remove starts the flows of an instance that are for its removal; it takes no webhooks and fires no schedules from then on.
func Remove(ctx context.Context, deployer Deployer, name store.InstanceKey) error {
	if deployer == nil {
		return noDeployer()
	}
	return deployer.Remove(ctx, name)
}

func noDeployer() error {
	return fault.New(fault.Host, fault.Unsupported, "this host deploys no instances")
}
