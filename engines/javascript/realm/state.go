package realm

import (
	"bytes"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

var stateNames = []string{"instanceState", "crossFlowState", "integrationState", "executionState"}

// states are the four states as the steps of this run left them.
type states struct {
	realm *Realm
	texts map[string][]byte // by context property: the JSON object
	seen  map[string]*state // those that the step under way touched
}

// state is one state that code has read.
type state struct {
	object *goja.Object
	before *members // normalized
}

func newStates(r *Realm, from engine.States) *states {
	return &states{realm: r, seen: map[string]*state{}, texts: map[string][]byte{
		"instanceState": from.Instance, "crossFlowState": from.CrossFlow,
		"integrationState": from.Integration, "executionState": from.Execution,
	}}
}

// object gives the state as code reads it.
func (s *states) object(name string) goja.Value {
	v := s.realm.decodeOr(s.texts[name], nil)
	object, ok := v.(*goja.Object)
	if !ok {
		object = s.realm.runtime.NewObject()
	}
	before, err := s.realm.membersOf(object, name)
	if err != nil {
		s.realm.throw(err)
	}
	s.seen[name] = &state{object: object, before: before}
	return object
}

// membersOf encodes each member of an object.
func (r *Realm) membersOf(object *goja.Object, name string) (*members, error) {
	out := &members{texts: map[string][]byte{}}
	for _, key := range object.Keys() {
		member := object.Get(key)
		if goja.IsUndefined(member) {
			continue
		}
		encoded, err := codec.Encode(r.runtime, member, name+"."+key, r.budget())
		if err != nil {
			return nil, err
		}
		text, err := plain(encoded, name+"."+key)
		if err != nil {
			return nil, err
		}
		out.set(key, text)
	}
	return out, nil
}

// plain refuses bytes, which a state cannot hold.
func plain(v value.Value, where string) ([]byte, error) {
	if v.IsRaw() || len(v.Blobs) > 0 {
		return nil, fault.New(fault.User, fault.BadResult, "%s holds bytes: a state holds JSON only; turn them into text with toString('base64')", where)
	}
	return v.JSON, nil
}

// collect finds what the step changed: by mutation of a state on its context, by a new object there, or by returning it.
func (s *states) collect(context *goja.Object, returned *goja.Object) (engine.States, error) {
	var changed engine.States
	targets := []*[]byte{&changed.Instance, &changed.CrossFlow, &changed.Integration, &changed.Execution}
	for i, name := range stateNames {
		merge, err := s.changes(name, context, returned)
		if err != nil {
			return engine.States{}, err
		}
		*targets[i] = merge
	}
	clear(s.seen)
	return changed, nil
}

func (s *states) changes(name string, context, returned *goja.Object) ([]byte, error) {
	var merged members
	merged.texts = map[string][]byte{}
	seen := s.seen[name]
	if seen != nil {
		now, _ := context.Get(name).(*goja.Object)
		if now == nil {
			now = seen.object
		}
		if err := s.diff(&merged, name, seen.before, now); err != nil {
			return nil, err
		}
	} else if overwritten, ok := s.overwritten(name, context); ok {
		if err := s.add(&merged, name, overwritten); err != nil {
			return nil, err
		}
	}
	if returned != nil {
		if given, ok := returned.Get(name).(*goja.Object); ok && (seen == nil || given != seen.object) {
			if err := s.add(&merged, name, given); err != nil {
				return nil, err
			}
		}
	}
	return s.apply(name, &merged)
}

// overwritten tells whether code put an object on the context without reading the state first.
func (s *states) overwritten(name string, context *goja.Object) (*goja.Object, bool) {
	holder, ok := context.Export().(*lazy)
	if !ok {
		return nil, false
	}
	object, ok := holder.values[name].(*goja.Object)
	return object, ok
}

// diff adds the members that differ from before; a member that is gone becomes null.
func (s *states) diff(merged *members, name string, before *members, now *goja.Object) error {
	after, err := s.realm.membersOf(now, name)
	if err != nil {
		return err
	}
	for _, key := range after.names {
		if !bytes.Equal(before.texts[key], after.texts[key]) {
			merged.set(key, after.texts[key])
		}
	}
	for _, key := range before.names {
		if _, kept := after.texts[key]; !kept {
			merged.set(key, []byte("null"))
		}
	}
	return nil
}

// add merges the members of an object that code returned.
func (s *states) add(merged *members, name string, given *goja.Object) error {
	members, err := s.realm.membersOf(given, name)
	if err != nil {
		return err
	}
	for _, key := range members.names {
		merged.set(key, members.texts[key])
	}
	return nil
}

// apply brings changes into the state that later steps read, and gives the merge object.
func (s *states) apply(name string, merged *members) ([]byte, error) {
	if len(merged.names) == 0 {
		return nil, nil
	}
	current, err := split(s.texts[name])
	if err != nil {
		return nil, err
	}
	for _, key := range merged.names {
		current.set(key, merged.texts[key])
	}
	s.texts[name] = current.join(true)
	return merged.join(false), nil
}

// join writes the object, without null members if compact.
func (m *members) join(compact bool) []byte {
	out := []byte{'{'}
	for _, name := range m.names {
		if compact && string(m.texts[name]) == "null" {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(codec.AppendText(out, name), ':'), m.texts[name]...)
	}
	return append(out, '}')
}
