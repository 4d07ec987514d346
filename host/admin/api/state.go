package api

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func (h *Handler) listStates(writer http.ResponseWriter, request *http.Request) error {
	owners, err := admin.StateOwners(request.Context(), h.rooms.Store, request.URL.Query().Get("integration"))
	if err != nil {
		return err
	}
	made := wire.StateOwners{States: make([]wire.StateOwner, len(owners))}
	for i, owner := range owners {
		made.States[i] = wire.StateOwner{Integration: owner.Integration, Instance: string(owner.Instance), Flow: string(owner.Flow)}
	}
	return send(writer, http.StatusOK, made)
}

func ownerOf(request *http.Request) store.StateOwner {
	return store.StateOwner{
		Integration: request.PathValue("integration"), Instance: integration.InstanceName(request.PathValue("instance")),
		Flow: integration.Slug(request.PathValue("flow")),
	}
}

// keyOf gives the key that was asked for, and whether one was: the empty text is a key too.
func keyOf(request *http.Request) (string, bool) {
	values := request.URL.Query()
	return values.Get("key"), values.Has("key")
}

func (h *Handler) getState(writer http.ResponseWriter, request *http.Request) error {
	var text json.RawMessage
	var err error
	if key, one := keyOf(request); one {
		text, err = admin.StateKey(request.Context(), h.rooms.Store, ownerOf(request), key)
	} else {
		text, err = admin.State(request.Context(), h.rooms.Store, ownerOf(request))
	}
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, text)
}

func (h *Handler) putState(writer http.ResponseWriter, request *http.Request) error {
	text, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, store.StateCeiling))
	if err != nil {
		return err
	}
	if key, one := keyOf(request); one {
		err = admin.SetStateKey(request.Context(), h.rooms.Store, ownerOf(request), key, text)
	} else {
		err = admin.SetState(request.Context(), h.rooms.Store, ownerOf(request), text)
	}
	return done(writer, err)
}

// deleteState deletes a key, there or not, or all.
func (h *Handler) deleteState(writer http.ResponseWriter, request *http.Request) error {
	var err error
	if key, one := keyOf(request); one {
		err = admin.SetStateKey(request.Context(), h.rooms.Store, ownerOf(request), key, json.RawMessage("null"))
	} else {
		err = admin.SetState(request.Context(), h.rooms.Store, ownerOf(request), json.RawMessage("{}"))
	}
	return done(writer, err)
}

// done answers what has nothing to tell.
func done(writer http.ResponseWriter, err error) error {
	if err == nil {
		writer.WriteHeader(http.StatusNoContent)
	}
	return err
}
