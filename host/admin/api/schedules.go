package api

import (
	"net/http"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func (h *Handler) listSchedules(writer http.ResponseWriter, request *http.Request) error {
	all, err := admin.Schedules(request.Context(), h.rooms.Store)
	if err != nil {
		return err
	}
	made := wire.Schedules{Schedules: make([]wire.Schedule, len(all))}
	for i, one := range all {
		made.Schedules[i] = wire.Schedule{
			Integration: one.Name.Integration, Instance: string(one.Name.Instance), Flow: string(one.Name.Flow),
			Spec: one.Spec, Next: moment(one.Next), Last: moment(one.Last), LastFired: idText(one.LastFired),
		}
	}
	return send(writer, http.StatusOK, made)
}
