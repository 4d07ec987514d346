package store

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// States keeps the three states that outlive an execution, by top-level key.
type States interface {
	// ReadStates gives one JSON object for each owner, in the order in which keys were first set; nil for an empty one.
	ReadStates(ctx context.Context, owners ...StateOwner) ([][]byte, error)
	// WriteStates merges changes, all or none. A fault of the code ResultSize says that an integration's, an instance's and a flow's
	// state would have more than StateCeiling bytes together.
	WriteStates(ctx context.Context, changes []StateChange) error
	// StateOwners lists whose states are not empty, of an integration or (empty) of all.
	StateOwners(ctx context.Context, integration string) ([]StateOwner, error)
}

// StateCeiling is how many bytes of JSON the states that one execution sees may have together.
const StateCeiling = 64 << 20

// StateOwner is whom a state belongs to: an integration (integrationState), with an instance also that one (crossFlowState),
// with a flow also that one (instanceState).
type StateOwner struct {
	Integration string
	Instance    integration.InstanceName
	Flow        integration.Slug
}

// OwnersOf are the owners of the three states that an execution of the flow sees: instanceState, crossFlowState, integrationState.
func OwnersOf(flow Flow) [3]StateOwner {
	return [3]StateOwner{
		{flow.Integration, flow.Instance, flow.Flow}, {flow.Integration, flow.Instance, ""}, {flow.Integration, "", ""},
	}
}

// StateChange is a JSON object to be merged into a state at top level; a null member deletes its key.
type StateChange struct {
	Owner StateOwner
	Merge []byte
}
