package sqlite

import (
	"context"
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

const (
	insertOwner  = "INSERT INTO owners (integration, instance, flow, bytes, next) VALUES (?, ?, ?, 0, 0) RETURNING id"
	updateOwner  = "UPDATE owners SET bytes = ?, next = ? WHERE id = ?"
	selectStates = "SELECT key, text FROM states WHERE owner = ? ORDER BY position"
	putState     = "INSERT INTO states (owner, key, position, text) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (owner, key) DO UPDATE SET text = ?4"
	lengthOf     = "SELECT length(text) FROM states WHERE owner = ? AND key = ?"
)

// owner is what the writer knows of a state. Only the writer touches it.
type owner struct {
	name  store.StateOwner
	id    int64
	bytes int64
	next  int64
}

// owners are the writer's own.
type owners struct {
	all    map[store.StateOwner]*owner
	totals map[string]int64 // bytes of each integration's states together
}

func readOwners(l *link) (*owners, *stateCache, error) {
	made := &owners{all: map[store.StateOwner]*owner{}, totals: map[string]int64{}}
	cache := newStateCache()
	err := l.each("SELECT id, integration, instance, flow, bytes, next FROM owners", nil, func(r row) error {
		one := &owner{ownerName(r, 1), r.int(0), r.int(4), r.int(5)}
		made.all[one.name] = one
		made.totals[one.name.Integration] += one.bytes
		cache.known[one.name] = &cachedState{id: one.id, empty: one.bytes == 0}
		return nil
	})
	return made, cache, err
}

func ownerName(r row, column int) store.StateOwner {
	return store.StateOwner{
		Integration: r.text(column), Instance: integration.InstanceName(r.text(column + 1)), Flow: integration.Slug(r.text(column + 2)),
	}
}

// change is a store.StateChange taken apart.
type change struct {
	owner   store.StateOwner
	members []object.Member
}

func splitChanges(changes []store.StateChange) ([]change, error) {
	made := make([]change, 0, len(changes))
	for _, one := range changes {
		members, err := object.Split(one.Merge)
		if err != nil {
			return nil, err
		}
		if len(members) > 0 {
			made = append(made, change{one.Owner, lastOfEach(members)})
		}
	}
	return made, nil
}

// lastOfEach keeps, of members with the same key, the last text.
func lastOfEach(members []object.Member) []object.Member {
	at := make(map[string]int, len(members))
	made := members[:0]
	for _, one := range members {
		if known, found := at[one.Key]; found {
			made[known].Text = one.Text
			continue
		}
		at[one.Key] = len(made)
		made = append(made, one)
	}
	return made
}

func sizeOf(changes []change) int {
	size := 0
	for _, one := range changes {
		for _, member := range one.members {
			size += len(member.Key) + len(member.Text)
		}
	}
	return size
}

// ReadStates implements store.States. The texts are not to be changed.
func (d *Database) ReadStates(ctx context.Context, names ...store.StateOwner) ([][]byte, error) {
	if ctx.Err() != nil {
		return nil, store.Unavailable(context.Cause(ctx))
	}
	texts, versions, ids := d.states.get(names)
	if texts != nil {
		return texts, nil
	}
	read := make([][]object.Member, len(names))
	err := d.readers.do(ctx, func(l *link) error {
		for i, id := range ids {
			if err := l.each(selectStates, []any{id}, func(r row) error {
				read[i] = append(read[i], object.Member{Key: r.text(0), Text: r.bytes(1)})
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	texts = make([][]byte, len(names))
	for i, members := range read {
		texts[i] = object.Join(members)
		d.states.put(names[i], versions[i], members, texts[i]) //nolint:gosec // all four are as long as names
	}
	return texts, nil
}

// WriteStates implements store.States.
func (d *Database) WriteStates(ctx context.Context, changes []store.StateChange) error {
	split, err := splitChanges(changes)
	if err != nil || len(split) == 0 {
		return err
	}
	return d.writer.do(ctx, sizeOf(split), func(t *tx) error { return d.merge(t, split) })
}

// StateOwners implements store.States.
func (d *Database) StateOwners(_ context.Context, integration string) ([]store.StateOwner, error) {
	return d.states.owners(integration), nil
}

// merge merges changes into the states, if they stay below the ceiling.
func (d *Database) merge(t *tx, changes []change) error {
	for _, one := range changes {
		whose, err := d.owners.find(t, one.owner)
		if err != nil {
			return err
		}
		if err := d.owners.measure(t, whose, one.members); err != nil {
			return err
		}
		if err := whose.apply(t, one.members); err != nil {
			return err
		}
		id, empty := whose.id, whose.bytes == 0
		t.after(func() { d.states.change(one, id, empty) })
	}
	return nil
}

func (o *owners) find(t *tx, name store.StateOwner) (*owner, error) {
	if known := o.all[name]; known != nil {
		return known, nil
	}
	inserted, err := t.one(insertOwner, name.Integration, string(name.Instance), string(name.Flow))
	if err != nil {
		return nil, err
	}
	t.writes++
	made := &owner{name: name, id: inserted.int(0)}
	o.all[name] = made
	t.undo(func() { delete(o.all, name) })
	return made, nil
}

// measure counts what a state will have, and refuses what is too much before anything is written.
func (o *owners) measure(t *tx, whose *owner, members []object.Member) error {
	grown := int64(0)
	for _, one := range members {
		old, err := t.one(lengthOf, whose.id, one.Key)
		if err != nil {
			return err
		}
		frame := int64(len(value.AppendText(nil, one.Key)) + 2)
		if old != nil {
			grown -= old.int(0) + frame
		}
		if !isNull(one) {
			grown += int64(len(one.Text)) + frame
		}
	}
	if grown > 0 {
		if err := o.check(whose.name, grown); err != nil {
			return err
		}
	}
	o.resize(t, whose, grown, whose.next+int64(len(members)))
	return nil
}

// apply sets and deletes keys. New ones get positions from before the owner's next.
func (w *owner) apply(t *tx, members []object.Member) error {
	position := w.next - int64(len(members))
	for _, one := range members {
		var err error
		if isNull(one) {
			_, err = t.exec("DELETE FROM states WHERE owner = ? AND key = ?", w.id, one.Key)
		} else {
			_, err = t.exec(putState, w.id, one.Key, position, []byte(one.Text))
		}
		if err != nil {
			return err
		}
		position++
	}
	_, err := t.exec(updateOwner, w.bytes, w.next, w.id)
	return err
}

func isNull(member object.Member) bool { return string(member.Text) == "null" }

func (o *owners) resize(t *tx, whose *owner, grown, next int64) {
	before := *whose
	whose.bytes += grown
	whose.next = next
	o.totals[whose.name.Integration] += grown
	t.undo(func() {
		*whose = before
		o.totals[whose.name.Integration] -= grown
	})
}

// check holds the ceiling for all executions that see a state that grows.
func (o *owners) check(changed store.StateOwner, grown int64) error {
	if o.totals[changed.Integration]+grown <= store.StateCeiling {
		return nil
	}
	for name := range o.all {
		if name.Integration != changed.Integration || !isSeenWith(changed, name) {
			continue
		}
		together := o.together(name) + grown
		if together > store.StateCeiling {
			return fault.New(fault.Limit, fault.ResultSize,
				"the states that an execution sees would have %d bytes together; at most %d can be kept", together, store.StateCeiling)
		}
	}
	return nil
}

// together is how large a state is with those above it.
func (o *owners) together(name store.StateOwner) int64 {
	above := []store.StateOwner{name, {Integration: name.Integration, Instance: name.Instance}, {Integration: name.Integration}}
	var bytes int64
	for _, one := range slices.Compact(above) {
		if known := o.all[one]; known != nil {
			bytes += known.bytes
		}
	}
	return bytes
}

// isSeenWith tells whether one execution sees both states.
func isSeenWith(changed, other store.StateOwner) bool {
	return (changed.Instance == "" || other.Instance == "" || changed.Instance == other.Instance) &&
		(changed.Flow == "" || other.Flow == "" || changed.Flow == other.Flow)
}
