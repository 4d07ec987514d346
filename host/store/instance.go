package store

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Instances keeps the switches and the deployments of instances.
type Instances interface {
	// ListInstances gives every instance that was ever deployed or switched.
	ListInstances(ctx context.Context) ([]InstanceRow, error)
	// SwitchInstance disables or enables an instance, known or not.
	SwitchInstance(ctx context.Context, name InstanceKey, disabled bool, at time.Time) error
	// DeployInstance moves an instance to a digest and accepts the executions that its deployment starts, in one transaction. Moved
	// is false, and nothing is accepted, when the instance is at the digest already: another host was first, or an earlier start.
	DeployInstance(ctx context.Context, deployed *Deployment) (moved bool, err error)
}

// InstanceKey names an instance.
type InstanceKey struct {
	Integration string
	Instance    integration.InstanceName
}

// Removed is the digest of an instance that was removed.
const Removed = "removed"

// Deployment moves an instance to a digest.
type Deployment struct {
	Instance InstanceKey
	Digest   string // of the integration and the instance's values; Removed for a removed one
	At       time.Time
	Starts   []*Acceptance // executions of its flows for this
}

// InstanceRow is what is known of an instance.
type InstanceRow struct {
	Name       InstanceKey
	Disabled   bool
	SwitchedAt time.Time // zero: never
	Digest     string    // empty: never deployed
	DeployedAt time.Time
}
