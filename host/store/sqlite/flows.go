package sqlite

import (
	"sync"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// flow is a row of the table flows. It never changes.
type flow struct {
	id   int64
	name store.Flow
}

// flows has all rows of the table of that name, which only grows. Rows of a transaction under way are among them.
type flows struct {
	lock   sync.RWMutex
	byName map[store.Flow]*flow
	byID   map[int64]*flow
}

func readFlows(l *link) (*flows, error) {
	made := &flows{byName: map[store.Flow]*flow{}, byID: map[int64]*flow{}}
	err := l.each("SELECT id, integration, instance, slug FROM flows", nil, func(r row) error {
		made.add(&flow{r.int(0), flowName(r, 1)})
		return nil
	})
	return made, err
}

// add is called under the lock.
func (f *flows) add(one *flow) {
	f.byName[one.name], f.byID[one.id] = one, one
}

// find gives the flow of a name, nil without one.
func (f *flows) find(name store.Flow) *flow {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.byName[name]
}

func (f *flows) at(id int64) *flow {
	f.lock.RLock()
	defer f.lock.RUnlock()
	return f.byID[id]
}

// matching gives the flows that a filter selects.
func (f *flows) matching(filter *store.Filter) []*flow {
	f.lock.RLock()
	defer f.lock.RUnlock()
	var found []*flow
	for name, one := range f.byName {
		if (filter.Integration == "" || name.Integration == filter.Integration) &&
			(filter.Instance == "" || name.Instance == filter.Instance) && (filter.Flow == "" || name.Flow == filter.Flow) {
			found = append(found, one)
		}
	}
	return found
}

// flow gives the flow of a name, in the transaction a new one if it has none yet.
func (t *tx) flow(all *flows, name store.Flow) (*flow, error) {
	if known := all.find(name); known != nil {
		return known, nil
	}
	inserted, err := t.one("INSERT INTO flows (integration, instance, slug) VALUES (?, ?, ?) RETURNING id",
		name.Integration, string(name.Instance), string(name.Flow))
	if err != nil {
		return nil, err
	}
	t.writes++
	made := &flow{inserted.int(0), name}
	all.lock.Lock()
	defer all.lock.Unlock()
	all.add(made)
	t.undo(func() { all.remove(made) })
	return made, nil
}

func (f *flows) remove(one *flow) {
	f.lock.Lock()
	defer f.lock.Unlock()
	delete(f.byName, one.name)
	delete(f.byID, one.id)
}

// flowName reads the three columns that name a flow.
func flowName(r row, column int) store.Flow {
	return store.Flow{
		Integration: r.text(column), Instance: integration.InstanceName(r.text(column + 1)), Flow: integration.Slug(r.text(column + 2)),
	}
}
