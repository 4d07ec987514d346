package scope

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
)

// Memory keeps states for as long as the process lives, for hosts without a database. It implements store.States.
type Memory struct {
	ceiling int

	mu   sync.RWMutex
	held map[store.StateOwner][]byte // never nil or empty texts, replaced and never changed
}

var _ store.States = (*Memory)(nil)

// NewMemory makes an empty one whose ceiling is in bytes.
func NewMemory(ceiling int) *Memory {
	return &Memory{ceiling: ceiling, held: map[store.StateOwner][]byte{}}
}

// ReadStates implements store.States. It never fails.
func (m *Memory) ReadStates(_ context.Context, owners ...store.StateOwner) ([][]byte, error) {
	texts := make([][]byte, len(owners))
	m.mu.RLock()
	defer m.mu.RUnlock()
	for i, owner := range owners {
		texts[i] = m.held[owner]
	}
	return texts, nil
}

// WriteStates implements store.States.
func (m *Memory) WriteStates(_ context.Context, changes []store.StateChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := map[store.StateOwner][]byte{}
	for _, change := range changes {
		before, changed := next[change.Owner]
		if !changed {
			before = m.held[change.Owner]
		}
		after, err := object.Merge(before, change.Merge)
		if err != nil {
			return err
		}
		next[change.Owner] = after
	}
	if size := m.largest(next); size > m.ceiling {
		return tooLarge(size, m.ceiling)
	}
	for owner, text := range next {
		m.held[owner] = text
		if len(text) == 0 {
			delete(m.held, owner)
		}
	}
	return nil
}

// largest is how many bytes the states would have that one execution could see, of all executions that see a state of next.
func (m *Memory) largest(next map[store.StateOwner][]byte) int {
	size := func(owner store.StateOwner) int {
		if text, changed := next[owner]; changed {
			return len(text)
		}
		return len(m.held[owner])
	}
	most := 0
	consider := func(owner store.StateOwner) {
		views := views(owner)
		if slices.ContainsFunc(views, func(seen store.StateOwner) bool { _, changed := next[seen]; return changed }) {
			sum := 0
			for _, seen := range views {
				sum += size(seen)
			}
			most = max(most, sum)
		}
	}
	for owner := range m.held {
		consider(owner)
	}
	for owner := range next {
		consider(owner)
	}
	return most
}

// views lists the states that are seen together with the owner's by each execution that sees that one.
func views(owner store.StateOwner) []store.StateOwner {
	seen := []store.StateOwner{{Integration: owner.Integration}}
	if owner.Instance != "" {
		seen = append(seen, store.StateOwner{Integration: owner.Integration, Instance: owner.Instance})
	}
	if owner.Flow != "" {
		seen = append(seen, owner)
	}
	return seen
}

// StateOwners implements store.States. It never fails.
func (m *Memory) StateOwners(_ context.Context, integration string) ([]store.StateOwner, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var owners []store.StateOwner
	for owner := range m.held {
		if integration == "" || owner.Integration == integration {
			owners = append(owners, owner)
		}
	}
	slices.SortFunc(owners, func(a, b store.StateOwner) int {
		return cmp.Or(cmp.Compare(a.Integration, b.Integration), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Flow, b.Flow))
	})
	return owners, nil
}
