package api

import (
	"net/http"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

func (h *Handler) listTokens(writer http.ResponseWriter, request *http.Request) error {
	all, err := admin.Tokens(request.Context(), h.rooms.Store)
	if err != nil {
		return err
	}
	made := wire.Tokens{Tokens: make([]wire.Token, len(all))}
	for i := range all {
		made.Tokens[i] = wireToken(&all[i])
	}
	return send(writer, http.StatusOK, made)
}

func (h *Handler) createToken(writer http.ResponseWriter, request *http.Request) error {
	var asked wire.NewToken
	if err := read(writer, request, &asked); err != nil {
		return err
	}
	wanted := admin.NewToken{Name: asked.Name, Scopes: asked.Scopes, ExpiresAt: asked.ExpiresAt}
	kept, text, err := admin.CreateToken(request.Context(), h.rooms.Store, wanted, h.rooms.Now())
	if err != nil {
		return err
	}
	return send(writer, http.StatusCreated, wire.MadeToken{Token: wireToken(kept), Text: text})
}

func (h *Handler) revokeToken(writer http.ResponseWriter, request *http.Request) error {
	return done(writer, admin.RevokeToken(request.Context(), h.rooms.Store, request.PathValue("name")))
}

func wireToken(of *store.Token) wire.Token {
	return wire.Token{Name: of.Name, Scopes: of.Scopes, CreatedAt: moment(of.CreatedAt), ExpiresAt: moment(of.ExpiresAt)}
}
