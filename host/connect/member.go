package connect

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// freshFor is how long a connection that was read is taken for what the database has.
const freshFor = time.Second

// seat is an instance's connections, in the order of the config variables.
type seat struct {
	members []*member
	values  atomic.Pointer[composed]
}

// member is one connection of what is served.
type member struct {
	key      store.ConnectionKey
	declared *declared
	given    connection.Values // by the instance's file
	file     string            // its path, for people

	reading sync.Mutex // one look at the database at a time
	seen    atomic.Pointer[look]
}

// look is a state and when it was true.
type look struct {
	state *state
	at    time.Time
}

// current gives a state that is at most freshFor old. While the database does not answer it is the one that was seen last.
func (r *Room) current(ctx context.Context, m *member) (*state, error) {
	seen := m.seen.Load()
	if seen != nil && isFresh(seen, r.now()) {
		return seen.state, nil
	}
	found, err := r.look(ctx, m, seen)
	if err != nil && seen != nil && ctx.Err() == nil {
		r.options.Log.LogAttrs(ctx, slog.LevelWarn, "a connection is used as it was known: the database does not answer", append(m.attrs(), slog.Any("error", err))...)
		m.seen.Store(&look{seen.state, r.now()})
		return seen.state, nil
	}
	return found, err
}

// isFresh tells a look from one that is too old, also when the clock was put back.
func isFresh(seen *look, now time.Time) bool {
	age := now.Sub(seen.at)
	return age >= 0 && age < freshFor
}

// look reads a connection, unless somebody else has since it was seen.
func (r *Room) look(ctx context.Context, m *member, seen *look) (*state, error) {
	m.reading.Lock()
	defer m.reading.Unlock()
	if now := m.seen.Load(); now != seen && now != nil {
		return now.state, nil
	}
	switch {
	case !m.isWhole():
		return r.readLocked(ctx, m)
	case seen != nil:
		return r.see(m, seen.state), nil
	}
	made, err := r.compose(ctx, m, store.ConnectionRow{Key: m.key})
	if err != nil {
		return nil, err
	}
	return r.see(m, made), nil
}

// read gives a connection as the database has it now.
func (r *Room) read(ctx context.Context, m *member) (*state, error) {
	m.reading.Lock()
	defer m.reading.Unlock()
	return r.readLocked(ctx, m)
}

func (r *Room) readLocked(ctx context.Context, m *member) (*state, error) {
	if pending := r.unsaved.find(m.key); pending != nil && m.declared.schema.Load() != nil {
		return r.see(m, pending.state(m, m.declared.schema.Load())), nil
	}
	return r.fetchLocked(ctx, m)
}

// stored is read for who keeps a token that the database does not have yet.
func (r *Room) stored(ctx context.Context, m *member) (*state, error) {
	m.reading.Lock()
	defer m.reading.Unlock()
	return r.fetchLocked(ctx, m)
}

func (r *Room) fetchLocked(ctx context.Context, m *member) (*state, error) {
	at := r.now()
	row := store.ConnectionRow{Key: m.key}
	found, err := r.options.Store.FindConnection(ctx, m.key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		row = found
	}
	if seen := m.seen.Load(); seen != nil && seen.state.row.Version == row.Version && seen.state.schema != nil && seen.state.problem == nil {
		m.seen.Store(&look{seen.state, at})
		return seen.state, nil
	}
	made, err := r.compose(ctx, m, row)
	if err != nil {
		return nil, err
	}
	m.seen.Store(&look{made, at})
	return made, nil
}

// isWhole tells that running code needs nothing of the database: the instance's file gives all that there is.
func (m *member) isWhole() bool {
	known := m.declared.schema.Load()
	if known == nil || m.declared.of.Type.Token != connection.Static || len(m.given) == 0 {
		return false
	}
	for _, input := range known.inputs {
		if m.given[input.Key] == "" {
			return false
		}
	}
	return true
}

// compose makes the state of a row. What keeps the connection from being used is in the state; the error is of the context alone.
func (r *Room) compose(ctx context.Context, m *member, row store.ConnectionRow) (*state, error) {
	known := m.declared.schema.Load()
	if known == nil {
		findings, err := m.declared.read(ctx, r.options.Providers)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if len(findings) > 0 {
			err = fault.New(fault.Host, fault.Misconfigured, "%s", wrong(m.declared, findings[0]))
		}
		if known = m.declared.schema.Load(); known == nil {
			return broken(m, row, err), nil
		}
	}
	inputs, token, err := r.open(ctx, &row)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	made := newState(m, known, row, inputs, token)
	made.problem = err
	return made, nil
}

// broken is the state of a connection whose provider does not say what its inputs are.
func broken(m *member, row store.ConnectionRow, problem error) *state {
	made := newState(m, &schema{}, row, nil, keptToken{})
	made.schema, made.problem = nil, problem
	return made
}

// see installs a state that this host has made itself.
func (r *Room) see(m *member, made *state) *state {
	m.seen.Store(&look{made, r.now()})
	return made
}

// attrs name a connection in the log.
func (m *member) attrs() []slog.Attr { return keyAttrs(m.key) }

func keyAttrs(key store.ConnectionKey) []slog.Attr {
	return []slog.Attr{
		slog.String("integration", key.Integration), slog.String("instance", string(key.Instance)), slog.String("connection", key.Name),
	}
}
