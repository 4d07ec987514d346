// Package api speaks the operators' verbs as JSON over HTTP.
//
// It answers below Prefix. Every request needs a bearer token of the scope that its route names. openapi.yaml describes all of it, and a
// test holds the two against each other.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Prefix is what every path of the API begins with.
const Prefix = "/api/v1"

// Rooms are what the API speaks for.
type Rooms struct {
	Store       store.Store
	Replayer    admin.Replayer
	Deployer    admin.Deployer
	Connections *connect.Room
	Served      func() []*integration.Integration // what the host serves now
	Sealing     admin.Sealing
	Guard       *admin.Guard
	Log         *slog.Logger // is told of every request that changes something, with the token's name
	Now         func() time.Time
}

// Handler answers the API. Close it before its server is shut down, for logs that are followed have no end of their own.
type Handler struct {
	rooms  Rooms
	mux    *http.ServeMux
	ending context.Context //nolint:containedctx // the life of the handler, which every followed log ends with
	end    context.CancelFunc
}

// New makes the handler.
func New(rooms Rooms) *Handler {
	h := &Handler{rooms: rooms, mux: http.NewServeMux()}
	h.ending, h.end = context.WithCancel(context.Background())
	for _, each := range routes() {
		h.mux.HandleFunc(each.Method+" "+Prefix+each.Path, func(writer http.ResponseWriter, request *http.Request) { h.serve(each, writer, request) })
	}
	return h
}

// Close ends the logs that are followed.
func (h *Handler) Close() { h.end() }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	header := writer.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	token, err := h.token(request)
	if err != nil {
		h.refuse(writer, request, err)
		return
	}
	handler, pattern := h.mux.Handler(request)
	if pattern == "" {
		elsewhere(writer, request, handler)
		return
	}
	h.mux.ServeHTTP(writer, request.WithContext(context.WithValue(request.Context(), tokenKey{}, token)))
}

// serve answers a request that has a route and a token.
func (h *Handler) serve(to route, writer http.ResponseWriter, request *http.Request) {
	token := tokenOf(request)
	if !admin.Allows(token, to.Scope) {
		h.refuse(writer, request, &forbidden{needs: to.Scope, token: token})
		return
	}
	err := to.checkQuery(request)
	if err == nil {
		err = to.answer(h, writer, request)
	}
	h.tell(to, request, token, err)
	if err != nil {
		fail(writer, err)
	}
}

// refuse answers who may not ask, and logs it: it may be somebody who tries.
func (h *Handler) refuse(writer http.ResponseWriter, request *http.Request, err error) {
	h.rooms.Log.LogAttrs(request.Context(), slog.LevelWarn, "operator refused",
		slog.String("from", request.RemoteAddr), slog.String("verb", request.Method+" "+request.URL.Path), slog.String("error", err.Error()))
	fail(writer, err)
}

// tell logs what changed something, and what went wrong by our doing.
func (h *Handler) tell(to route, request *http.Request, token *store.Token, err error) {
	level, ctx := slog.LevelInfo, request.Context()
	switch {
	case err != nil && ctx.Err() == nil && statusOf(err) >= http.StatusInternalServerError:
		level = slog.LevelError
	case to.Scope == admin.Read:
		return
	}
	attrs := []slog.Attr{slog.String("verb", to.Method+" "+request.URL.Path), slog.String("token", token.Name)}
	if err != nil {
		attrs = append(attrs, slog.String("error", fault.As(err, fault.Host).Story()))
	}
	h.rooms.Log.LogAttrs(ctx, level, "operator", attrs...)
}
