package scope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Ceiling is how many bytes of JSON the four states that one execution sees may have together, as the code contract says.
const Ceiling = 64 << 20

// States keeps the states of all instances in memory, for as long as the process lives.
type States struct {
	ceiling int

	mu   sync.RWMutex
	held map[owner]*object
}

// owner is whom a state belongs to: an integration, with an instance also that one, with a flow also that one.
type owner struct {
	integration string
	instance    integration.InstanceName
	flow        integration.Slug
}

// object is one state.
type object struct {
	mu   sync.Mutex
	text []byte // a JSON object; nil while it is empty. Replaced, never changed
}

// NewStates makes an empty store whose ceiling is in bytes.
func NewStates(ceiling int) *States { return &States{ceiling: ceiling, held: map[owner]*object{}} }

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

func (o *object) read() []byte {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text
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
func (s *States) objects(owners [3]owner) [3]*object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found [3]*object
	for i, of := range owners {
		if s.held[of] == nil {
			s.held[of] = &object{}
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
		next, err := merge(text, change)
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

// member is one top-level key of a state.
type member struct {
	key  string
	text json.RawMessage
}

// merge gives text with the members of change in it; a null member deletes its key.
func merge(text, change []byte) ([]byte, error) {
	if len(change) == 0 {
		return text, nil
	}
	changes, err := members(change)
	if err != nil {
		return nil, err
	}
	kept, err := members(text)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(kept))
	for i, one := range kept {
		at[one.key] = i
	}
	for _, one := range changes {
		if i, known := at[one.key]; known {
			kept[i] = one
			continue
		}
		at[one.key] = len(kept)
		kept = append(kept, one)
	}
	return encode(kept), nil
}

// members reads a JSON object in its order.
func members(text []byte) ([]member, error) {
	if len(text) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, fault.New(fault.Engine, fault.Protocol, "a state is not a JSON object")
	}
	var read []member
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, fault.New(fault.Engine, fault.Protocol, "a state is not valid JSON: %v", err)
		}
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return nil, fault.New(fault.Engine, fault.Protocol, "a state is not valid JSON: %v", err)
		}
		read = append(read, member{fmt.Sprint(key), text})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fault.New(fault.Engine, fault.Protocol, "a state is not valid JSON: %v", err)
	}
	return read, nil
}

// encode writes members as a JSON object, leaving out those that are null; nil when none is left.
func encode(members []member) []byte {
	var text []byte
	for _, one := range members {
		if string(one.text) == "null" {
			continue
		}
		separator := byte(',')
		if text == nil {
			separator = '{'
		}
		text = append(text, separator)
		text = append(value.AppendText(text, one.key), ':')
		text = append(text, one.text...)
	}
	if text == nil {
		return nil
	}
	return append(text, '}')
}
