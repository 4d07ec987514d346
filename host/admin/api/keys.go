package api

import (
	"context"
	"net/http"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func (h *Handler) showKeys(writer http.ResponseWriter, request *http.Request) error {
	report, err := admin.Keys(request.Context(), h.rooms.Sealing)
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, wireKeys(&report))
}

func (h *Handler) rotateKeys(writer http.ResponseWriter, request *http.Request) error {
	return h.changeKeys(writer, request, admin.RotateKeys)
}

func (h *Handler) rewrapKeys(writer http.ResponseWriter, request *http.Request) error {
	return h.changeKeys(writer, request, admin.RewrapKeys)
}

func (h *Handler) changeKeys(writer http.ResponseWriter, request *http.Request, change func(context.Context, admin.Sealing) error) error {
	if err := change(request.Context(), h.rooms.Sealing); err != nil {
		return err
	}
	return h.showKeys(writer, request)
}

func (h *Handler) resealKeys(writer http.ResponseWriter, request *http.Request) error {
	done, did, err := admin.ResealKeys(request.Context(), h.rooms.Sealing)
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, wire.Resealed{Done: done, Resealed: did.Done, Left: did.Left})
}

func wireKeys(of *admin.KeyReport) wire.Keys {
	made := wire.Keys{
		Version: of.Version, Rotating: of.Rotating, Unknown: of.Unknown, Keys: make([]wire.Key, len(of.Keys)),
		Master: wire.MasterKey{ID: of.Master, Source: of.Source, WrappedAt: moment(of.WrappedAt)},
	}
	if of.Configured != of.Master {
		made.Master.Next = of.Configured
	}
	for i, key := range of.Keys {
		made.Keys[i] = wire.Key{
			ID: key.ID.String(), Primary: key.Primary, Sealed: of.Sealed[key.ID],
			CreatedAt: moment(key.CreatedAt), ClosedAt: moment(key.ClosedAt), UnusedAt: moment(key.UnusedAt),
		}
	}
	return made
}
