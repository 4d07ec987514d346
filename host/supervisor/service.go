package supervisor

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// service is what the processes of a pool are there for, one after the other.
type service struct {
	key    poolKey
	name   string // of the engine or the provider's plugin
	title  string // for people, as in "the engine lua of orders"
	labels []any  // of log lines
	plugin func(context.Context) (Plugin, error)
	offers func(*launch.Process) bool // tells whether a process is good for it
	places int                        // calls side by side in one process
	idle   time.Duration              // without a call, after which a process is stopped
}

// poolKey tells services apart.
type poolKey struct {
	kind   kind
	name   string // of the engine; of a provider, the place of its plugin
	tenant string // of an engine
}

// kind is what a process is there for. Engines come first: executions that run to their end may need connections.
type kind byte

const (
	engineKind kind = iota
	providerKind
)

func (k kind) String() string { return [...]string{engineKind: "engine", providerKind: "provider"}[k] }

func (k poolKey) compare(other poolKey) int {
	return cmp.Or(cmp.Compare(k.kind, other.kind), cmp.Compare(k.name, other.name), cmp.Compare(k.tenant, other.tenant))
}

// engines gives the pool that runs code of a tenant.
func (s *Supervisor) engines(engineName, tenant string) *pool {
	key := poolKey{engineKind, engineName, tenant}
	if p := s.find(key); p != nil {
		return p
	}
	return s.add(service{
		key:    key,
		name:   engineName,
		title:  "the engine " + engineName + " of " + tenant,
		labels: []any{slog.String("engine", engineName), slog.String("tenant", tenant)},
		plugin: func(ctx context.Context) (Plugin, error) { return s.catalog.named(ctx, engineName) },
		offers: func(process *launch.Process) bool { return process.Engine() != nil },
		places: s.config.Lanes,
		idle:   s.config.IdleStop,
	})
}

// providers gives the pool that answers for all tenants: a provider keeps nothing of what it was told.
func (s *Supervisor) providers(plugin Plugin) *pool {
	key := poolKey{kind: providerKind, name: place(plugin)}
	if p := s.find(key); p != nil {
		return p
	}
	return s.add(service{
		key:    key,
		name:   plugin.Name,
		title:  "the connection provider " + plugin.Name,
		labels: []any{slog.String("provider", plugin.Name)},
		plugin: func(context.Context) (Plugin, error) { return plugin, nil },
		offers: func(process *launch.Process) bool { return process.Provider() != nil },
		places: s.config.ProviderCalls,
		idle:   s.config.ProviderIdleStop,
	})
}
