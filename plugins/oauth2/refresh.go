package oauth2

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Refresh makes a new token: of the refresh token (RFC 6749 section 6), or of the client's own credentials (section 4.4.2).
func (p *provider) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	server, err := p.service(ctx, settings)
	if err != nil {
		return connection.Token{}, err
	}
	form, err := server.tokenForm()
	if err != nil {
		return connection.Token{}, err
	}
	if settings.Type == ClientCredentials {
		return p.obtain(ctx, server, form)
	}
	return p.renew(ctx, server, form, token)
}

// obtain asks with the client's credentials alone, each time anew: nothing of an older token goes into it, and none makes another one.
func (p *provider) obtain(ctx context.Context, server service, form url.Values) (connection.Token, error) {
	form.Set("grant_type", "client_credentials")
	if server.preset.GrantType != "" {
		form.Set("grant_type", server.preset.GrantType)
	}
	if name, value := server.scope(); value != "" {
		form.Set(name, value)
	}
	if audience := server.settings.Options[optionAudience]; audience != "" {
		form.Set("audience", audience)
	}
	return p.ask(ctx, server, form)
}

func (p *provider) renew(ctx context.Context, server service, form url.Values, token connection.Token) (connection.Token, error) {
	old := members(token)
	refresh := endpoint.Text(old, "refresh_token")
	switch {
	case token.IsZero():
		return connection.Token{}, reauthorize("nobody has authorized this connection yet: authorize it")
	case refresh == "":
		return connection.Token{}, reauthorize("the service gave no refresh token, so this token cannot be renewed: authorize again, and ask for " +
			"offline access if the service has such a scope or parameter")
	}
	form.Set("grant_type", "refresh_token")
	form.Set("refresh_token", refresh)
	renewed, err := p.ask(ctx, server, form)
	if err != nil {
		return connection.Token{}, err
	}
	renewed, err = tokenOf(merged(old, members(renewed)), renewed.ObtainedAt)
	renewed.Context, renewed.Renews = token.Context, true
	return renewed, err
}

// merged takes over what the new answer leaves out and is still true: the refresh token, the scope, and what else the service told
// when the code was redeemed. What was said of the old token's time is not.
func merged(old, renewed map[string]json.RawMessage) map[string]json.RawMessage {
	whole := maps.Clone(old)
	for _, key := range []string{"expires_in", "ext_expires_in", "expires_at", "expires", "expires_on", "issued_at", "created_at"} {
		delete(whole, key)
	}
	if endpoint.Text(renewed, "refresh_token") != "" {
		delete(whole, "refresh_token_expires_in")
		delete(whole, "x_refresh_token_expires_in")
	}
	for key, value := range renewed {
		if key != "refresh_token" || endpoint.Text(renewed, key) != "" {
			whole[key] = value
		}
	}
	return whole
}
