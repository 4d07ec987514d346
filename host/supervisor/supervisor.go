// Package supervisor keeps the processes of plugins.
//
// The process of an engine, in which user code runs, serves one tenant (an integration). It is started when it is first asked for, replaced when
// it dies, stopped when it has nothing to do. Who wants to run code acquires a lease: one lane of one life of a process.
// A lease never reaches a later life, so nothing is run twice behind its holder's back. The process of a provider of connections
// serves all tenants: it runs no code of theirs and keeps nothing, but what it is called with are their secrets.
package supervisor

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Tenant is whom a process serves. No process serves two.
type Tenant struct {
	ID     string
	Memory int64 // bytes that one of its processes may use; 0 means the configuration's
}

// Supervisor finds plugins and keeps their processes. Its methods may be called from several goroutines at once.
type Supervisor struct {
	config  Config
	log     *slog.Logger
	catalog *catalog
	tasks   sync.WaitGroup // background work; Close waits for it

	mu       sync.RWMutex
	pools    map[poolKey]*pool
	draining map[kind]bool
	closed   bool
	cancels  map[*task]context.CancelCauseFunc
}

// task is an entry of background work; it has a size so that each has an address of its own.
type task struct{ _ byte }

// New makes a Supervisor. It starts nothing. The configuration must be valid; the caller must Close the Supervisor.
func New(config Config, log *slog.Logger) *Supervisor {
	s := &Supervisor{
		config:   config,
		log:      log,
		pools:    map[poolKey]*pool{},
		draining: map[kind]bool{},
		cancels:  map[*task]context.CancelCauseFunc{},
	}
	s.catalog = newCatalog(config, s.ask)
	return s
}

// Acquire lends a lane of the tenant's process of an engine, starting the process if there is none. It waits for a free
// lane no longer than the configured time, and for a starting process until it has started. The faults: Overloaded when no
// lane came free in time or too many wait already; Unavailable when the engine is unknown, does not start, keeps dying,
// or the supervisor stops. After either nothing has run. When ctx ends first, its cause is the error.
// The caller must Release the lease.
func (s *Supervisor) Acquire(ctx context.Context, engineName string, of Tenant) (*Lease, error) {
	p := s.engines(engineName, of.ID)
	if lease := p.take(); lease != nil {
		return lease, nil
	}
	return p.await(ctx, of.Memory)
}

// Warm sees to it that the tenant's process runs with a lane open, so that the first Acquire need not wait.
func (s *Supervisor) Warm(ctx context.Context, engineName string, of Tenant) error {
	p := s.engines(engineName, of.ID)
	if p.isWarm() {
		return nil
	}
	lease, err := p.await(ctx, of.Memory)
	if err != nil {
		return err
	}
	lease.Release()
	return nil
}

// Engines lists the plugins that were found, with what they describe, in order of precedence. Plugins that are not
// known from before are started to be asked.
func (s *Supervisor) Engines(ctx context.Context) ([]EngineInfo, error) {
	return s.catalog.engines(ctx)
}

// Providers lists the plugins that offer connections, as Engines does those with an engine. One whose types are all offered by
// plugins before it is listed with its problem.
func (s *Supervisor) Providers(ctx context.Context) ([]ProviderInfo, error) {
	return s.catalog.providers(ctx)
}

// Drain refuses new leases and returns when those that wait and run have ended, or with ctx's cause when ctx ends
// first. What runs goes on either way. Providers are called for as long as executions run.
func (s *Supervisor) Drain(ctx context.Context) error {
	for _, kind := range []kind{engineKind, providerKind} {
		if err := s.drain(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *Supervisor) drain(ctx context.Context, kind kind) error {
	s.mu.Lock()
	s.draining[kind] = true
	pools := s.all(kind)
	s.mu.Unlock()
	var drained []<-chan struct{}
	for _, p := range pools { // all refuse before any is waited for
		drained = append(drained, p.drain())
	}
	for _, ended := range drained {
		select {
		case <-ended:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Close drains within ctx, then stops all processes, killing those that do not end within the configured grace. When it
// returns there is no process and no goroutine left. The error is ctx's cause if executions were cut off.
func (s *Supervisor) Close(ctx context.Context) error {
	err := s.Drain(ctx)
	s.mu.Lock()
	s.closed = true
	for _, cancel := range s.cancels {
		cancel(stopping())
	}
	s.mu.Unlock()
	s.tasks.Wait()
	return err
}

func stopping() *fault.Fault { return fault.New(fault.Host, fault.Unavailable, "the host is stopping") }

// find gives the pool of a service, nil if it was not used yet.
func (s *Supervisor) find(key poolKey) *pool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.pools[key]
}

// add makes the pool of a service, unless somebody was faster.
func (s *Supervisor) add(of service) *pool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pools[of.key]
	if p == nil {
		p = newPool(s, of, s.draining[of.key.kind])
		s.pools[of.key] = p
	}
	return p
}

// all lists the pools of some kinds in the order of their keys. The caller holds mu.
func (s *Supervisor) all(kinds ...kind) []*pool {
	var pools []*pool
	for key, p := range s.pools {
		if slices.Contains(kinds, key.kind) {
			pools = append(pools, p)
		}
	}
	slices.SortFunc(pools, func(a, b *pool) int { return a.of.key.compare(b.of.key) })
	return pools
}

// enter begins background work whose ctx ends with Close or with the given one. Close waits for leave. It is refused
// after Close.
func (s *Supervisor) enter(ctx context.Context) (inside context.Context, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, stopping()
	}
	inside, cancel := context.WithCancelCause(ctx)
	s.tasks.Add(1)
	id := new(task)
	s.cancels[id] = cancel
	return inside, func() { s.leave(id, cancel) }, nil
}

func (s *Supervisor) leave(id *task, cancel context.CancelCauseFunc) {
	s.mu.Lock()
	delete(s.cancels, id)
	s.mu.Unlock()
	cancel(nil)
	s.tasks.Done()
}
