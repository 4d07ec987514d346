package connect

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Memory is a Store for a host that keeps nothing: it ends with the process, and no other host sees it. Make it with NewMemory.
type Memory struct {
	lock   sync.Mutex
	rows   map[store.ConnectionKey]store.ConnectionRow
	events map[store.ConnectionKey][]store.ConnectionEvent
	claims map[store.ConnectionKey]store.ConnectionClaim
	begun  map[string]store.Authorization
}

// NewMemory makes an empty one.
func NewMemory() *Memory {
	return &Memory{
		rows: map[store.ConnectionKey]store.ConnectionRow{}, events: map[store.ConnectionKey][]store.ConnectionEvent{},
		claims: map[store.ConnectionKey]store.ConnectionClaim{}, begun: map[string]store.Authorization{},
	}
}

// ListConnections implements store.Connections.
func (m *Memory) ListConnections(_ context.Context, of store.ConnectionFilter) ([]store.ConnectionRow, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	var found []store.ConnectionRow
	for key, row := range m.rows {
		if (of.Integration == "" || of.Integration == key.Integration) && (of.Instance == nil || *of.Instance == key.Instance) &&
			(of.Status == "" || of.Status == row.Status) {
			found = append(found, row)
		}
	}
	slices.SortFunc(found, func(a, b store.ConnectionRow) int {
		one, other := a.Key, b.Key
		return cmp.Or(strings.Compare(one.Integration, other.Integration), strings.Compare(string(one.Instance), string(other.Instance)),
			strings.Compare(one.Name, other.Name))
	})
	return found, nil
}

// FindConnection implements store.Connections.
func (m *Memory) FindConnection(_ context.Context, key store.ConnectionKey) (store.ConnectionRow, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	row, found := m.rows[key]
	if !found {
		return row, store.ErrNotFound
	}
	return row, nil
}

// SaveConnection implements store.Connections.
func (m *Memory) SaveConnection(_ context.Context, row *store.ConnectionRow, event *store.ConnectionEvent) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.rows[row.Key].Version != row.Version-1 {
		return store.ErrConflict
	}
	m.rows[row.Key] = *row
	delete(m.claims, row.Key)
	if event != nil {
		kept := *event
		kept.Key = row.Key
		all := slices.Insert(m.events[row.Key], 0, kept)
		m.events[row.Key] = all[:min(len(all), store.EventsKept)]
	}
	return nil
}

// DeleteConnection implements store.Connections.
func (m *Memory) DeleteConnection(_ context.Context, key store.ConnectionKey, version int64) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	row, found := m.rows[key]
	switch {
	case !found:
		return store.ErrNotFound
	case row.Version != version:
		return store.ErrConflict
	}
	delete(m.rows, key)
	delete(m.events, key)
	delete(m.claims, key)
	for id, begun := range m.begun {
		if begun.Key == key {
			delete(m.begun, id)
		}
	}
	return nil
}

// ClaimConnection implements store.Connections.
func (m *Memory) ClaimConnection(_ context.Context, claim store.ConnectionClaim) (bool, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	row, found := m.rows[claim.Key]
	held, claimed := m.claims[claim.Key]
	if !found || row.Version != claim.Version || claimed && held.Holder != claim.Holder && held.Until.After(claim.Now) {
		return false, nil
	}
	m.claims[claim.Key] = claim
	return true, nil
}

// ReleaseConnection implements store.Connections.
func (m *Memory) ReleaseConnection(_ context.Context, key store.ConnectionKey, holder string) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.claims[key].Holder == holder {
		delete(m.claims, key)
	}
	return nil
}

// DueConnections implements store.Connections.
func (m *Memory) DueConnections(_ context.Context, now time.Time, most int) ([]store.ConnectionKey, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	var due []store.ConnectionRow
	for _, row := range m.rows {
		if !row.RenewAt.IsZero() && !row.RenewAt.After(now) {
			due = append(due, row)
		}
	}
	slices.SortFunc(due, func(a, b store.ConnectionRow) int { return a.RenewAt.Compare(b.RenewAt) })
	var keys []store.ConnectionKey
	for _, row := range due[:min(len(due), most)] {
		keys = append(keys, row.Key)
	}
	return keys, nil
}

// ListConnectionEvents implements store.Connections.
func (m *Memory) ListConnectionEvents(_ context.Context, key store.ConnectionKey, most int) ([]store.ConnectionEvent, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	all := m.events[key]
	return slices.Clone(all[:min(len(all), most)]), nil
}

// BeginAuthorization implements store.Authorizations.
func (m *Memory) BeginAuthorization(_ context.Context, begun *store.Authorization) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	if _, taken := m.begun[begun.ID]; taken {
		return store.ErrConflict
	}
	m.begun[begun.ID] = *begun
	return nil
}

// TakeAuthorization implements store.Authorizations.
func (m *Memory) TakeAuthorization(_ context.Context, id string, now time.Time) (*store.Authorization, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	found, there := m.begun[id]
	delete(m.begun, id)
	if !there || !now.Before(found.ExpiresAt) {
		return nil, store.ErrNotFound
	}
	return &found, nil
}

// Unsealed keeps what it is given as it is, for Memory: what never leaves a process needs no seal.
type Unsealed struct{}

// Seal implements Sealer.
func (Unsealed) Seal(_ context.Context, plain []byte, _ seal.Place) ([]byte, error) {
	return plain, nil
}

// Open implements Sealer.
func (Unsealed) Open(_ context.Context, sealed []byte, _ seal.Place) ([]byte, error) {
	return sealed, nil
}

// Stale implements Sealer.
func (Unsealed) Stale([]byte) bool { return false }
