package scope

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// States gives executions their view of what is kept. Its methods may be called from several goroutines at once.
type States struct {
	kept    store.States
	ceiling int
}

// NewStates makes states of what kept holds. Ceiling is how many bytes of JSON the four states of one execution may have
// together; store.StateCeiling is what the code contract says.
func NewStates(kept store.States, ceiling int) *States { return &States{kept: kept, ceiling: ceiling} }

// Session is how one execution sees the states: as they were when it began, with its own changes.
type Session struct {
	states  *States
	owners  [3]store.StateOwner // of instanceState, crossFlowState, integrationState
	current engine.States
	changes []store.StateChange
}

// Begin gives an execution its view. The error is the store's, or the cause of a context that ended.
func (s *States) Begin(ctx context.Context, target integration.Target) (*Session, error) {
	session := &Session{states: s, owners: store.OwnersOf(store.FlowOf(&target))}
	texts, err := s.kept.ReadStates(ctx, session.owners[:]...)
	if err != nil {
		return nil, told(ctx, err, "the states of the execution cannot be read")
	}
	session.current = engine.States{Instance: texts[0], CrossFlow: texts[1], Integration: texts[2]}
	return session, nil
}

// Current gives the states as the next step sees them.
func (s *Session) Current() engine.States { return s.current }

// Apply makes a step's changes visible to the steps after it. They are not saved yet. Over the ceiling the fault is of the code
// ResultSize, and the session is as it was.
func (s *Session) Apply(changed engine.States) error {
	if isEmpty(changed) {
		return nil
	}
	next, err := merged(s.current, changed)
	if err != nil {
		return err
	}
	if size := len(next.Instance) + len(next.CrossFlow) + len(next.Integration) + len(next.Execution); size > s.states.ceiling {
		return tooLarge(size, s.states.ceiling)
	}
	s.current = next
	for i, change := range [...][]byte{changed.Instance, changed.CrossFlow, changed.Integration} {
		if len(change) > 0 {
			s.changes = append(s.changes, store.StateChange{Owner: s.owners[i], Merge: change})
		}
	}
	return nil
}

// Changes are what is to be saved when the execution has succeeded, in the order in which they were applied; nil for none.
func (s *Session) Changes() []store.StateChange { return s.changes }

// Commit saves the changes, key by key into what the states are by now, all or none, and returns when they are safe. Over the
// ceiling it saves nothing and gives a ResultSize fault; a store that cannot keep them gives an Unavailable one.
func (s *Session) Commit(ctx context.Context) error {
	if len(s.changes) == 0 {
		return nil
	}
	return told(ctx, s.states.kept.WriteStates(ctx, s.changes), "the states of the execution are not saved")
}

// told says of an Unavailable fault what it came of. What a context that ended made of a call is the context's cause.
func told(ctx context.Context, err error, what string) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !fault.Is(err, fault.Unavailable):
		return err
	}
	said := *fault.As(err, fault.Host)
	said.Message = what + ": " + said.Message
	return &said
}

func tooLarge(size, ceiling int) *fault.Fault {
	return fault.New(fault.Limit, fault.ResultSize, "the states have %d bytes of JSON together; the ceiling is %d MiB", size, ceiling>>20)
}

func isEmpty(states engine.States) bool {
	return len(states.Instance)+len(states.CrossFlow)+len(states.Integration)+len(states.Execution) == 0
}

// merged gives the states with the changes.
func merged(states, changed engine.States) (engine.States, error) {
	var failed error
	one := func(text, change []byte) []byte {
		next, err := object.Merge(text, change)
		if err != nil {
			failed = err
		}
		return next
	}
	return engine.States{
		Instance:    one(states.Instance, changed.Instance),
		CrossFlow:   one(states.CrossFlow, changed.CrossFlow),
		Integration: one(states.Integration, changed.Integration),
		Execution:   one(states.Execution, changed.Execution),
	}, failed
}
