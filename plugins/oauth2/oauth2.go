// Package oauth2 is the provider of connections whose token an OAuth 2.0 authorization server gives.
//
// Its types are authorizationCode, where a person authorizes (RFC 6749 section 4.1, always with PKCE, RFC 7636), and
// clientCredentials (section 4.4). Endpoints come from the inputs, from a preset, or from the authorization server's metadata.
package oauth2

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// The types, as integration files name them.
const (
	AuthorizationCode = "authorizationCode"
	ClientCredentials = "clientCredentials"
)

type provider struct{ connection.Unsupported }

// New gives the provider.
func New() connection.Provider { return provider{} }

func (provider) Describe(context.Context) (connection.Description, error) { return Description(), nil }

func (provider) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	kind, err := Description().Type(declared.Type)
	if err != nil {
		return connection.Schema{}, err
	}
	return kind.Schema(declared), nil
}

func (provider) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	_, err := Description().Type(settings.Type)
	return nil, err
}
