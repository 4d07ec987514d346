package host

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/api"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/telemetry"
)

// operating is what operators have of a host that keeps executions.
type operating struct {
	api    *api.Handler
	forget func() // the token of this machine
}

// operate makes the operators' API, and the token for the command line of this machine. A transient host has neither.
func (h *Host) operate() error {
	if h.store == nil {
		return nil
	}
	guard := admin.NewGuard(h.store, time.Now)
	forget, err := admin.WriteLocal(h.options.Config.Data, guard.Local())
	if err != nil {
		return h.inData(fmt.Errorf("keeping the token of this machine: %w", err))
	}
	h.operating.forget = forget
	h.operating.api = api.New(api.Rooms{
		Store: h.veil.Shown(h.secrets.instancesOf), Replayer: h.pipeline, Deployer: h.desk, Connections: h.connections, Served: h.Integrations,
		Sealing: h.sealing(), Guard: guard, Log: h.log, Now: time.Now,
	})
	return nil
}

// end ends logs that are followed: they would hold up the end of a server.
func (o *operating) end() {
	if o.api != nil {
		o.api.Close()
	}
}

// close ends followed logs too, and forgets the token.
func (o *operating) close() {
	o.end()
	if o.forget != nil {
		o.forget()
	}
}

// Operators answers /healthz, /readyz and /metrics, and unless the host is transient the operators' API below /api/v1. It is not
// for the listener of webhooks.
func (h *Host) Operators() http.Handler {
	health := telemetry.Operators(h.metrics, h.ready)
	if h.operating.api == nil {
		return health
	}
	mux := http.NewServeMux()
	mux.Handle("/", health)
	mux.Handle(api.Prefix+"/", h.operating.api)
	mux.Handle(connect.Prefix, h.connections.Handler())
	return mux
}
