package api

import (
	"net/http"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func (h *Handler) listInstances(writer http.ResponseWriter, request *http.Request) error {
	all, err := admin.Instances(request.Context(), h.rooms.Store, h.rooms.Served())
	if err != nil {
		return err
	}
	made := wire.Instances{Instances: make([]wire.Instance, len(all))}
	for i, one := range all {
		made.Instances[i] = wire.Instance{
			Integration: one.Row.Name.Integration, Instance: string(one.Row.Name.Instance), Customer: one.Customer, Served: one.Served,
			Disabled: one.Row.Disabled, SwitchedAt: moment(one.Row.SwitchedAt), Digest: one.Row.Digest, DeployedAt: moment(one.Row.DeployedAt),
			Flows: texts(one.Flows),
		}
	}
	return send(writer, http.StatusOK, made)
}

func instanceOf(request *http.Request) store.InstanceKey {
	return store.InstanceKey{Integration: request.PathValue("integration"), Instance: integration.InstanceName(request.PathValue("instance"))}
}

func (h *Handler) enable(writer http.ResponseWriter, request *http.Request) error {
	return h.turn(writer, request, false)
}

func (h *Handler) disable(writer http.ResponseWriter, request *http.Request) error {
	return h.turn(writer, request, true)
}

func (h *Handler) turn(writer http.ResponseWriter, request *http.Request, disabled bool) error {
	switches := admin.Switches{Known: h.rooms.Store, Served: h.rooms.Served(), Deployer: h.rooms.Deployer}
	return done(writer, admin.SwitchInstance(request.Context(), switches, instanceOf(request), disabled, h.rooms.Now()))
}

func (h *Handler) deploy(writer http.ResponseWriter, request *http.Request) error {
	return done(writer, admin.Deploy(request.Context(), h.rooms.Deployer, instanceOf(request)))
}

func (h *Handler) remove(writer http.ResponseWriter, request *http.Request) error {
	return done(writer, admin.Remove(request.Context(), h.rooms.Deployer, instanceOf(request)))
}
