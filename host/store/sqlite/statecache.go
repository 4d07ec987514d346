package sqlite

import (
	"cmp"
	"slices"
	"sync"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
)

const (
	maxCachedState  = 64 << 10 // bytes of a state that is worth keeping in memory
	maxCachedStates = 64 << 20 // bytes of all of them
)

// stateCache knows which states there are, and has the small ones that were read lately. It follows each commit.
type stateCache struct {
	lock  sync.Mutex
	known map[store.StateOwner]*cachedState
	bytes int
}

type cachedState struct {
	id      int64
	version int64 // of the state; grows with each change
	empty   bool
	loaded  bool
	members []object.Member
	text    []byte // nil until somebody asks, if loaded
}

func newStateCache() *stateCache { return &stateCache{known: map[store.StateOwner]*cachedState{}} }

// get gives the texts of states, all of one moment. Without them it gives what is needed to read and to put them: their versions and ids.
func (c *stateCache) get(names []store.StateOwner) (texts [][]byte, versions, ids []int64) {
	c.lock.Lock()
	defer c.lock.Unlock()
	texts = make([][]byte, len(names))
	for i, name := range names {
		one := c.known[name]
		switch {
		case one == nil || one.empty:
		case !one.loaded:
			versions, ids = c.versions(names)
			return nil, versions, ids
		default:
			texts[i] = one.joined()
		}
	}
	return texts, nil, nil
}

func (one *cachedState) joined() []byte {
	if one.text == nil {
		one.text = slices.Clip(object.Join(one.members))
	}
	return one.text
}

func (c *stateCache) versions(names []store.StateOwner) (versions, ids []int64) {
	versions, ids = make([]int64, len(names)), make([]int64, len(names))
	for i, name := range names {
		if one := c.known[name]; one != nil {
			versions[i], ids[i] = one.version, one.id
		}
	}
	return versions, ids
}

// put keeps a state that was read, unless it has changed since its version was asked for.
func (c *stateCache) put(name store.StateOwner, version int64, members []object.Member, text []byte) {
	c.lock.Lock()
	defer c.lock.Unlock()
	one := c.known[name]
	if one == nil || one.version != version || one.loaded || len(text) > maxCachedState {
		return
	}
	if c.bytes+len(text) > maxCachedStates {
		c.forgetAll()
	}
	one.members, one.text, one.loaded = members, text, true
	c.bytes += size(members)
}

// change follows a change that was committed.
func (c *stateCache) change(made change, id int64, empty bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	one := c.known[made.owner]
	if one == nil {
		one = &cachedState{id: id, empty: true}
		c.known[made.owner] = one
	}
	one.version++
	if one.empty && !one.loaded {
		one.loaded = true // it was empty, so that nothing has to be read
	}
	one.empty = empty
	if one.loaded {
		c.merge(one, made.members)
	}
}

func (c *stateCache) merge(one *cachedState, changes []object.Member) {
	before := size(one.members)
	members := slices.Clone(one.members)
	for _, made := range changes {
		at := slices.IndexFunc(members, func(member object.Member) bool { return member.Key == made.Key })
		switch {
		case isNull(made):
			if at >= 0 {
				members = slices.Delete(members, at, at+1)
			}
		case at >= 0:
			members[at].Text = made.Text
		default:
			members = append(members, made)
		}
	}
	c.bytes += size(members) - before
	one.members, one.text = members, nil
	if size(members) > maxCachedState {
		c.forget(one)
	}
}

func (c *stateCache) forget(one *cachedState) {
	c.bytes -= size(one.members)
	one.members, one.text, one.loaded = nil, nil, false
}

func (c *stateCache) forgetAll() {
	for _, one := range c.known {
		if one.loaded {
			c.forget(one)
		}
	}
}

// size is about how many bytes members have as text.
func size(members []object.Member) int {
	bytes := 0
	for _, one := range members {
		bytes += len(one.Key) + len(one.Text) + 4
	}
	return bytes
}

// owners lists those whose states are not empty.
func (c *stateCache) owners(integration string) []store.StateOwner {
	c.lock.Lock()
	defer c.lock.Unlock()
	var found []store.StateOwner
	for name, one := range c.known {
		if !one.empty && (integration == "" || name.Integration == integration) {
			found = append(found, name)
		}
	}
	slices.SortFunc(found, compareOwners)
	return found
}

func compareOwners(a, b store.StateOwner) int {
	return cmp.Or(cmp.Compare(a.Integration, b.Integration), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Flow, b.Flow))
}
