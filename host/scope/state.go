package scope

import (
	"sync"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Ceiling is how many bytes of JSON the four states that one execution sees may have together, as the code contract says.
const Ceiling = 64 << 20

// States keeps the states of all instances in memory, for as long as the process lives.
type States struct {
	ceiling int

	mu   sync.RWMutex
	held map[owner]*held
}

// owner is whom a state belongs to: an integration, with an instance also that one, with a flow also that one.
type owner struct {
	integration string
	instance    integration.InstanceName
	flow        integration.Slug
}

// held is one state.
type held struct {
	mu   sync.Mutex
	text []byte // a JSON object; nil while it is empty. Replaced, never changed
}

// NewStates makes an empty store whose ceiling is in bytes.
func NewStates(ceiling int) *States { return &States{ceiling: ceiling, held: map[owner]*held{}} }

// Session is how one execution sees the states: as they were when it began, with its own changes.
type Session struct {
	states  *States
	owners  [3]owner // instance, crossFlow, integration
	current engine.States
	changes []engine.States
}

// Begin gives an execution its view.
func (s *States) Begin(target integration.Target) *Session {
	of, in := target.Integration.ID, target.Instance.Name
	session := &Session{states: s, owners: [3]owner{{of, in, target.Flow.Slug}, {of, in, ""}, {of, "", ""}}}
	s.mu.RLock()
	defer s.mu.RUnlock()
	session.current = engine.States{
		Instance:    s.held[session.owners[0]].read(),
		CrossFlow:   s.held[session.owners[1]].read(),
		Integration: s.held[session.owners[2]].read(),
	}
	return session
}

func (h *held) read() []byte {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text
}

// Current gives the states as the next step sees them.
func (s *Session) Current() engine.States { return s.current }

// Apply makes a step's changes visible to the steps after it. They are not saved yet.
func (s *Session) Apply(changed engine.States) error {
	if isEmpty(changed) {
		return nil
	}
	next, err := s.states.merged(s.current, changed)
	if err != nil {
		return err
	}
	s.current = next
	s.changes = append(s.changes, changed)
	return nil
}

// Commit saves the changes, key by key into what the states are by now, all or none. Over the ceiling it saves nothing and
// gives a ResultSize fault.
func (s *Session) Commit() error {
	if len(s.changes) == 0 {
		return nil
	}
	objects := s.states.objects(s.owners)
	for _, one := range objects {
		one.mu.Lock()
		defer one.mu.Unlock()
	}
	now := engine.States{Instance: objects[0].text, CrossFlow: objects[1].text, Integration: objects[2].text}
	for _, changed := range s.changes {
		changed.Execution = nil
		next, err := s.states.merged(now, changed)
		if err != nil {
			return err
		}
		now = next
	}
	objects[0].text, objects[1].text, objects[2].text = now.Instance, now.CrossFlow, now.Integration
	return nil
}

// objects finds or makes the objects of three owners, always in the order in which they are locked.
func (s *States) objects(owners [3]owner) [3]*held {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found [3]*held
	for i, of := range owners {
		if s.held[of] == nil {
			s.held[of] = &held{}
		}
		found[i] = s.held[of]
	}
	return found
}

func isEmpty(states engine.States) bool {
	return len(states.Instance)+len(states.CrossFlow)+len(states.Integration)+len(states.Execution) == 0
}

// merged gives the states with the changes, unless they are too large.
func (s *States) merged(states, changed engine.States) (engine.States, error) {
	var failed error
	one := func(text, change []byte) []byte {
		next, err := object.Merge(text, change)
		if err != nil {
			failed = err
		}
		return next
	}
	next := engine.States{
		Instance:    one(states.Instance, changed.Instance),
		CrossFlow:   one(states.CrossFlow, changed.CrossFlow),
		Integration: one(states.Integration, changed.Integration),
		Execution:   one(states.Execution, changed.Execution),
	}
	if size := len(next.Instance) + len(next.CrossFlow) + len(next.Integration) + len(next.Execution); failed == nil && size > s.ceiling {
		failed = fault.New(fault.Limit, fault.ResultSize, "the states have %d bytes of JSON together; the ceiling is %d MiB", size, s.ceiling>>20)
	}
	return next, failed
}
