package integration_test

import "github.com/hookstep-dev/hookstep/sdk/connection"

// connectionTypes are such as providers describe them.
func connectionTypes() []connection.Type {
	username := connection.Input{Key: "username", Label: "Username", Required: true}
	password := connection.Input{Key: "password", Label: "Password", Required: true, Secret: true}
	tokenURL := connection.Input{Key: "tokenUrl", Label: "Token URL", Required: true}
	clientID := connection.Input{Key: "clientId", Label: "Client ID", Required: true}
	clientSecret := connection.Input{Key: "clientSecret", Label: "Client Secret", Required: true, Secret: true}
	scopes := connection.Input{Key: "scopes", Label: "Scopes"}
	headers := connection.Input{Key: "headers", Label: "Headers", Kind: connection.Pairs}
	region := connection.Input{Key: "region", Label: "Region", Choices: []string{"eu", "us"}}
	style := connection.Input{Key: "authStyle", Label: "Authentication style", Choices: []string{"auto", "header", "parameters"}}
	return []connection.Type{
		{
			Key: "apiKey", Label: "API Key", Aliases: []string{"api_key"},
			Inputs: []connection.Input{{Key: "apiKey", Label: "API Key", Required: true, Secret: true}, region},
		},
		{Key: "basic", Label: "Basic Username/Password", Inputs: []connection.Input{username, password}},
		{
			Key: "clientCredentials", Label: "OAuth 2.0 Client Credentials", Token: connection.Obtains,
			Inputs:  []connection.Input{tokenURL, scopes, clientID, clientSecret, headers},
			Options: []connection.Input{{Key: "preset", Label: "Preset"}, {Key: "discover", Label: "Issuer"}, style},
		},
		{
			Key: "signed", Label: "Signed requests", Signs: true, Inputs: []connection.Input{username, password},
			Options: []connection.Input{{Key: "service", Label: "Service", Required: true}},
		},
	}
}
