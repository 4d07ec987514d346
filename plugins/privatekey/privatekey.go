// Package privatekey is the provider of connections by user name and private key, as SSH and SFTP have them.
//
// Nothing of such a connection is ever sent in a request: code reads the key, and uses it.
package privatekey

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Type is what integration files call it.
const Type = "privateKey"

const (
	username = "username"
	key      = "privateKey"
)

type provider struct{ connection.Unsupported }

// New gives the provider. It has no state.
func New() connection.Provider { return provider{} }

// Description lists the one type.
func Description() connection.Description {
	return connection.Description{Types: []connection.Type{{
		Key: Type, Label: "Private Key", Aliases: []string{"private_key"},
		Comments: "A user name and a private key, for code that logs in to a server. It is not sent with requests.",
		Inputs: []connection.Input{
			{Key: username, Label: "Username", Required: true},
			{
				Key: key, Label: "Private Key", Required: true, Secret: true, Kind: connection.Multiline,
				Comments:    "The whole key file, from its BEGIN line to its END line.",
				Placeholder: "-----BEGIN OPENSSH PRIVATE KEY-----",
			},
		},
	}}}
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
	var findings []connection.Finding
	for _, input := range []struct{ key, message string }{
		{username, wrongName(settings.Fields[username])},
		{key, wrongKey(settings.Fields[key])},
	} {
		if input.message != "" {
			findings = append(findings, connection.Finding{Key: input.key, Message: input.message})
		}
	}
	return findings, nil
}
