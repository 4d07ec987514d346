package api

import (
	"net/http"
	"strings"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

func (h *Handler) listConnections(writer http.ResponseWriter, request *http.Request) error {
	values := request.URL.Query()
	filter := store.ConnectionFilter{Integration: values.Get("integration")}
	if name := values.Get("instance"); name != "" {
		filter.Instance = new(integration.InstanceName(name))
	}
	if name := values.Get("status"); name != "" {
		var err error
		if filter.Status, err = statusNamed(store.ConnectionStatuses(), name); err != nil {
			return err
		}
	}
	all, err := h.rooms.Connections.List(request.Context(), filter)
	if err != nil {
		return err
	}
	made := wire.Connections{Connections: make([]wire.Connection, len(all))}
	for i := range all {
		made.Connections[i] = wireConnection(&all[i])
	}
	return send(writer, http.StatusOK, made)
}

func connectionOf(request *http.Request) store.ConnectionKey {
	return store.ConnectionKey{
		Integration: request.PathValue("integration"), Instance: integration.InstanceName(request.URL.Query().Get("instance")),
		Name: request.PathValue("name"),
	}
}

func (h *Handler) showConnection(writer http.ResponseWriter, request *http.Request) error {
	found, err := h.rooms.Connections.Show(request.Context(), connectionOf(request))
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, wireDetails(&found))
}

func (h *Handler) setConnection(writer http.ResponseWriter, request *http.Request) error {
	var asked wire.ConnectionFields
	if err := read(writer, request, &asked); err != nil {
		return err
	}
	fields := connection.Values{}
	for key, value := range asked.Fields {
		fields[key] = ""
		if value != nil {
			fields[key] = *value
		}
	}
	made, err := h.rooms.Connections.Set(request.Context(), connectionOf(request), fields)
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, wireDetails(&made))
}

func (h *Handler) deleteConnection(writer http.ResponseWriter, request *http.Request) error {
	return done(writer, h.rooms.Connections.Delete(request.Context(), connectionOf(request)))
}

func (h *Handler) authorizeConnection(writer http.ResponseWriter, request *http.Request) error {
	var asked wire.Authorize
	if err := read(writer, request, &asked); err != nil {
		return err
	}
	begun, err := h.rooms.Connections.Authorize(request.Context(), connectionOf(request), connect.Back{Success: asked.Success, Failure: asked.Failure})
	if err != nil {
		return err
	}
	return send(writer, http.StatusCreated, wire.Authorization{Link: begun.Link, ExpiresAt: moment(begun.ExpiresAt)})
}

func (h *Handler) testConnection(writer http.ResponseWriter, request *http.Request) error {
	tested, err := h.rooms.Connections.Test(request.Context(), connectionOf(request))
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, wire.ConnectionTested{
		OK: tested.OK, Message: tested.Message, URL: tested.URL, Status: tested.Status, Millis: millis(tested.Elapsed),
	})
}

func (h *Handler) revokeConnection(writer http.ResponseWriter, request *http.Request) error {
	return done(writer, h.rooms.Connections.Revoke(request.Context(), connectionOf(request)))
}

func wireConnection(of *connect.Status) wire.Connection {
	return wire.Connection{
		Integration: of.Key.Integration, Instance: string(of.Key.Instance), Name: of.Key.Name, Type: of.Type, Status: string(of.Status), Cause: of.Cause,
		ChangedAt: moment(of.ChangedAt), ExpiresAt: moment(of.ExpiresAt), RenewAt: moment(of.RenewAt), Declared: of.Declared,
	}
}

func wireDetails(of *connect.Details) wire.ConnectionDetail {
	made := wire.ConnectionDetail{
		Connection: wireConnection(&of.Status), Label: of.Label, Token: string(of.Flow), CallbackURL: of.Callback,
		Hosts: append([]string{}, of.Hosts...), TestURL: of.TestURL, Inputs: []wire.ConnectionInput{}, Events: []wire.ConnectionEvent{},
	}
	for i := range of.Inputs {
		made.Inputs = append(made.Inputs, wireInput(&of.Inputs[i]))
	}
	for _, one := range of.Events {
		made.Events = append(made.Events, wire.ConnectionEvent{At: moment(one.At), Kind: one.Kind, Text: one.Text})
	}
	return made
}

func wireInput(of *connect.Input) wire.ConnectionInput {
	kind := "text"
	if of.Kind != connection.Text {
		kind = string(of.Kind)
	}
	made := wire.ConnectionInput{
		Key: of.Key, Label: of.Label, Comments: strings.TrimSpace(of.Comments), Kind: kind, Required: of.Required, Secret: of.Secret,
		Placeholder: of.Placeholder, Choices: of.Choices, From: string(of.From),
	}
	if !of.Secret {
		made.Value = of.Value
	}
	return made
}
