package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// forbidden says that a token lacks the scope of a route.
type forbidden struct {
	needs admin.Scope
	token *store.Token
}

func (f *forbidden) Error() string {
	return fmt.Sprintf("this needs a token with the scope %q; %q has %s", f.needs, f.token.Name, strings.Join(f.token.Scopes, ", "))
}

type tokenKey struct{}

// tokenOf is the token that a request came with. Every request that has a route has one.
func tokenOf(request *http.Request) *store.Token {
	token, _ := request.Context().Value(tokenKey{}).(*store.Token)
	return token
}

// token finds the token of a request.
func (h *Handler) token(request *http.Request) (*store.Token, error) {
	scheme, text, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if text = strings.TrimSpace(text); !strings.EqualFold(scheme, "Bearer") || text == "" {
		return nil, fault.New(fault.Host, fault.Unauthorized, "this needs a token: send the header `Authorization: Bearer hs_…`")
	}
	return h.rooms.Guard.Find(request.Context(), text)
}
