package oauth2

import (
	"context"
	"net/url"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Revoke tells the service that a token is not wanted any more (RFC 7009): the refresh token first, which ends the grant at most
// services, then the access token. A token that the service does not know is as good as revoked.
func (p *provider) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	server, err := p.service(ctx, settings)
	if err != nil {
		return err
	}
	address, err := server.revokeURL()
	if err != nil {
		return err
	}
	if address == "" {
		return fault.New(fault.Host, fault.Unsupported, "no address is known at which this service revokes tokens: remove the application's access at the service itself, "+
			"or have the integration set the option %s", optionRevokeURL)
	}
	response := members(token)
	for _, kind := range []string{"refresh_token", "access_token"} {
		if secret := endpoint.Text(response, kind); secret != "" {
			if err := p.revoke(ctx, server, address, kind, secret); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *provider) revoke(ctx context.Context, server service, address, kind, token string) error {
	call, err := server.call("the revocation endpoint", address, server.revokeStyle(), url.Values{"token": {token}, "token_type_hint": {kind}})
	if err != nil {
		return err
	}
	call.Forgives = []string{"invalid_token", "unsupported_token_type", "invalid_grant"}
	_, err = p.client.Post(ctx, call)
	return err
}
