package oauth2

import (
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// The inputs and options, as integration files name them.
const (
	authorizeURL = "authorizeUrl"
	tokenURL     = "tokenUrl"
	scopes       = "scopes"
	clientID     = "clientId"
	clientSecret = "clientSecret"
	headers      = "headers"

	optionPreset          = "preset"
	optionDiscover        = "discover"
	optionIssuer          = "issuer"
	optionAuthStyle       = "authStyle"
	optionAuthorizeParams = "authorizeParams"
	optionTokenParams     = "tokenParams"
	optionAudience        = "audience"
	optionResource        = "resource"
	optionRevokeURL       = "revokeUrl"
)

// Description lists the types.
func Description() connection.Description {
	bearer := connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Bearer {token.access_token}"}}}
	known := presets()
	return connection.Description{Types: []connection.Type{
		{
			Key: AuthorizationCode, Label: "OAuth 2.0 Authorization Code", Aliases: []string{"oauth2"},
			Comments: "A person authorizes at the service; the token is renewed for as long as the service allows.",
			Inputs:   authorizationCodeInputs(), Options: authorizationCodeOptions(preset.Keys(known, AuthorizationCode)),
			Token: connection.Authorizes, Revokes: true, Send: bearer,
		},
		{
			Key: ClientCredentials, Label: "OAuth 2.0 Client Credentials", Aliases: []string{"oauth2_client_credentials"},
			Comments: "The service gives tokens to the client itself; nobody has to authorize.",
			Inputs:   clientCredentialsInputs(), Options: commonOptions(preset.Keys(known, ClientCredentials)),
			Token: connection.Obtains, Revokes: true, Send: bearer,
		},
	}}
}

func authorizationCodeInputs() []connection.Input {
	authorize := connection.Input{
		Key: authorizeURL, Label: "Authorize URL", Required: true,
		Comments: "Where a person is sent to authorize.", Placeholder: "https://auth.example.com/oauth2/authorize",
	}
	sent := "Sent with the host's own requests to the authorization server; a browser that is sent there cannot carry them."
	return append([]connection.Input{authorize}, clientInputs(sent)...)
}

func clientCredentialsInputs() []connection.Input { return clientInputs("Sent with token requests.") }

func clientInputs(sent string) []connection.Input {
	return []connection.Input{
		{
			Key: tokenURL, Label: "Token URL", Required: true,
			Comments: "Where tokens are given out.", Placeholder: "https://auth.example.com/oauth2/token",
		},
		{Key: scopes, Label: "Scopes", Comments: "What is asked for, separated by spaces."},
		{Key: clientID, Label: "Client ID", Required: true, Comments: "As the service gave it when the client was registered."},
		{Key: clientSecret, Label: "Client Secret", Required: true, Secret: true, Comments: "As the service gave it with the client ID."},
		{Key: headers, Label: "Headers", Kind: connection.Pairs, Comments: sent},
	}
}

func authorizationCodeOptions(presets []string) []connection.Input {
	return append(commonOptions(presets), connection.Input{
		Key: optionAuthorizeParams, Label: "Authorize parameters",
		Comments: "More query parameters of the page where a person authorizes.", Placeholder: "access_type=offline&prompt=consent",
	})
}

func commonOptions(presets []string) []connection.Input {
	return []connection.Input{
		{Key: optionPreset, Label: "Preset", Comments: "A service whose endpoints and habits are known.", Choices: presets},
		{Key: optionDiscover, Label: "Discover", Comments: "The issuer whose metadata name the endpoints.", Placeholder: "https://auth.example.com"},
		{Key: optionIssuer, Label: "Issuer", Comments: "The issuer that the authorization server names itself by; compared with iss."},
		{
			Key: optionAuthStyle, Label: "Client authentication", Choices: []string{styleHeader, styleBody, styleNone},
			Comments: "How the client shows itself at the token endpoint: HTTP's Basic scheme (header), client_id and client_secret in the body, " +
				"or client_id alone (none). Without it, what preset or metadata say, else header.",
		},
		{Key: optionTokenParams, Label: "Token parameters", Comments: "More parameters of token requests.", Placeholder: "key=value&key2=value2"},
		{Key: optionAudience, Label: "Audience", Comments: "The API that the token is for, at servers that ask for audience."},
		{Key: optionResource, Label: "Resource", Comments: "The URI of the API that the token is for (RFC 8707)."},
		{Key: optionRevokeURL, Label: "Revoke URL", Comments: "Where tokens are revoked (RFC 7009)."},
	}
}
