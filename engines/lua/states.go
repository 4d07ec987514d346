package lua

import (
	"bytes"
	"context"
	"slices"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const stateCount = 4

// stateNames gives the keys of the states in the context and in what a step returns.
func stateNames() [stateCount]string {
	return [stateCount]string{"instanceState", "crossFlowState", "integrationState", "executionState"}
}

// members are the members of a JSON object by name, in order, not decoded.
type members struct {
	names []string
	texts map[string][]byte
}

func membersOf(text []byte) (members, error) {
	out := members{texts: map[string][]byte{}}
	list, err := luajson.Members(text)
	for _, member := range list {
		out.set(member.Name, member.Text)
	}
	return out, err
}

func (m *members) set(name string, text []byte) {
	if _, known := m.texts[name]; !known {
		m.names = append(m.names, name)
	}
	m.texts[name] = text
}

func (m *members) remove(name string) {
	delete(m.texts, name)
	m.names = slices.DeleteFunc(m.names, func(each string) bool { return each == name })
}

// state is one of the four states as it is now.
type state struct{ members }

// stateTables are the states as one step sees them; nil where the step did not look.
type stateTables [stateCount]*vm.LTable

// table decodes a state for a step.
func (x *execution) state(index int, tables *stateTables) (vm.LValue, error) {
	table := x.sandbox.state.CreateTable(0, len(x.states[index].names))
	for _, name := range x.states[index].names {
		item, err := x.sandbox.codec.Decode(x.states[index].texts[name])
		if err != nil {
			return nil, err
		}
		table.RawSetString(name, item)
	}
	tables[index] = table
	return table, nil
}

// changes finds what a step did to the states: by changing the tables of its context, and by what it returned. The next
// steps of the run see it.
func (x *execution) changes(ctx context.Context, tables *stateTables, returned *vm.LTable) (engine.States, error) {
	var texts [stateCount][]byte
	for i, name := range stateNames() {
		changed := members{texts: map[string][]byte{}}
		if err := x.mutated(ctx, i, tables[i], &changed); err != nil {
			return engine.States{}, err
		}
		if given, ok := returned.RawGetString(name).(*vm.LTable); ok && given != tables[i] {
			if err := x.merged(ctx, i, given, &changed); err != nil {
				return engine.States{}, err
			}
		}
		texts[i] = x.states[i].apply(&changed)
	}
	return engine.States{Instance: texts[0], CrossFlow: texts[1], Integration: texts[2], Execution: texts[3]}, nil
}

// mutated compares a state's table with what it was made of.
func (x *execution) mutated(ctx context.Context, index int, table *vm.LTable, changed *members) error {
	if table == nil {
		return nil
	}
	before := &x.states[index]
	now, err := x.texts(ctx, index, table)
	if err != nil {
		return err
	}
	for _, name := range now.names {
		old, err := x.canonical(ctx, before.texts[name])
		if err != nil {
			return err
		}
		if !bytes.Equal(old, now.texts[name]) {
			changed.set(name, now.texts[name])
		}
	}
	for _, name := range before.names {
		if now.texts[name] == nil {
			changed.set(name, []byte("null"))
		}
	}
	return nil
}

// merged takes the members that a step returned for a state.
func (x *execution) merged(ctx context.Context, index int, given *vm.LTable, changed *members) error {
	now, err := x.texts(ctx, index, given)
	for _, name := range now.names {
		changed.set(name, now.texts[name])
	}
	return err
}

// texts encodes the members of a state's table.
func (x *execution) texts(ctx context.Context, index int, table *vm.LTable) (members, error) {
	out := members{texts: map[string][]byte{}}
	for key, item := table.Next(vm.LNil); key != vm.LNil; key, item = table.Next(key) {
		name, ok := key.(vm.LString)
		if !ok {
			return out, fault.New(fault.User, fault.BadResult, "%s must have names for keys, but has the key %s", stateNames()[index], key.String())
		}
		path := stateNames()[index] + "." + string(name)
		encoded, err := x.sandbox.codec.Encode(ctx, item, path, x.writeLimits())
		switch {
		case err != nil:
			return out, err
		case encoded.IsRaw() || len(encoded.Blobs) > 0:
			return out, fault.New(fault.User, fault.BadResult, "%s holds bytes, which a state can't keep", path)
		}
		out.set(string(name), encoded.JSON)
	}
	return out, nil
}

// canonical writes a stored text as it looks when it was decoded and encoded again without a change.
func (x *execution) canonical(ctx context.Context, text []byte) ([]byte, error) {
	if text == nil {
		return nil, nil
	}
	item, err := x.sandbox.codec.Decode(text)
	if err != nil {
		return nil, err
	}
	encoded, err := x.sandbox.codec.Encode(ctx, item, "state", x.writeLimits())
	return encoded.JSON, err
}

// apply takes changes over and gives them as one merge object, nil if there are none.
func (s *state) apply(changed *members) []byte {
	if len(changed.names) == 0 {
		return nil
	}
	out := []byte{'{'}
	for i, name := range changed.names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(luajson.AppendString(out, name), ':')
		out = append(out, changed.texts[name]...)
		if string(changed.texts[name]) == "null" {
			s.remove(name)
		} else {
			s.set(name, changed.texts[name])
		}
	}
	return append(out, '}')
}
