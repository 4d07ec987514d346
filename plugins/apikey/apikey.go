// Package apikey is the provider of connections whose credential is a key that a service gave out.
//
// Its types are apiKey, shown as a bearer token, and apiKeySecret, a key with its secret, shown as HTTP's Basic scheme has it. A service
// that wants the key elsewhere is declared with send. The provider asks nobody: whether a key is good is known by the service alone.
package apikey

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// The types and inputs, as integration files and code name them.
const (
	Key       = "apiKey"
	KeySecret = "apiKeySecret"

	inputKey    = "apiKey"
	inputSecret = "apiSecret"
)

type provider struct{ connection.Unsupported }

// New gives the provider. It has no state.
func New() connection.Provider { return provider{} }

// Description lists the types.
func Description() connection.Description {
	return connection.Description{Types: []connection.Type{
		{
			Key: Key, Label: "API Key", Aliases: []string{"api_key"},
			Comments: "A key that the service gave out, sent as a bearer token unless the integration says otherwise.",
			Inputs: []connection.Input{
				{Key: inputKey, Label: "API Key", Comments: "As the service shows it.", Required: true, Secret: true},
			},
			Send: connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Bearer {apiKey}"}}},
		},
		{
			Key: KeySecret, Label: "API Key Secret", Aliases: []string{"api_key_secret"},
			Comments: "A key and its secret, sent as user name and password of HTTP's Basic scheme unless the integration says otherwise.",
			Inputs: []connection.Input{
				{Key: inputKey, Label: "API Key", Comments: "The public part, as the service shows it.", Required: true},
				{Key: inputSecret, Label: "API Secret", Comments: "The secret part, as the service shows it.", Required: true, Secret: true},
			},
			Send: connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Basic {basic apiKey apiSecret}"}}},
		},
	}}
}

func (provider) Describe(context.Context) (connection.Description, error) { return Description(), nil }

func (provider) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	kind, err := Description().Type(declared.Type)
	if err != nil {
		return connection.Schema{}, err
	}
	return kind.Schema(declared), nil
}

func (provider) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	if _, err := Description().Type(settings.Type); err != nil {
		return nil, err
	}
	return judge(settings), nil
}
