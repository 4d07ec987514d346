package host

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/supervisor"
)

// Engines lists the engine plugins that were found, usable or not, in order of precedence.
func (h *Host) Engines(ctx context.Context) ([]supervisor.EngineInfo, error) {
	return h.supervisor.Engines(ctx)
}

// Providers lists the plugins that offer types of connections, likewise.
func (h *Host) Providers(ctx context.Context) ([]supervisor.ProviderInfo, error) {
	return h.supervisor.Providers(ctx)
}
