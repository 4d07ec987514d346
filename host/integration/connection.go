package integration

import "github.com/hookstep-dev/hookstep/host/integration/document"

// Input is one field of a connection.
type Input struct {
	Key      string
	Label    string
	Required bool
	Secret   bool
	Headers  bool // a key/value list; every other input is a text
}

// ConnectionType is a kind of connection and what it is configured with.
type ConnectionType struct {
	Key    string
	Label  string
	Inputs []Input
}

// ConnectionTypes lists the built-in types in the order of the documentation.
func ConnectionTypes() []ConnectionType {
	scopes := Input{Key: "scopes", Label: "Scopes"}
	clientID := Input{Key: "clientId", Label: "Client ID", Required: true}
	clientSecret := Input{Key: "clientSecret", Label: "Client Secret", Required: true, Secret: true}
	tokenURL := Input{Key: "tokenUrl", Label: "Token URL", Required: true}
	headers := Input{Key: "headers", Label: "Headers", Headers: true}
	return []ConnectionType{
		{"apiKey", "API Key", []Input{{Key: "apiKey", Label: "API Key", Required: true, Secret: true}}},
		{"apiKeySecret", "API Key Secret", []Input{
			{Key: "apiKey", Label: "API Key", Required: true},
			{Key: "apiSecret", Label: "API Secret", Required: true, Secret: true},
		}},
		{"basic", "Basic Username/Password", []Input{
			{Key: "username", Label: "Username", Required: true},
			{Key: "password", Label: "Password", Required: true, Secret: true},
		}},
		{"authorizationCode", "OAuth 2.0 Authorization Code", []Input{
			{Key: "authorizeUrl", Label: "Authorize URL", Required: true},
			tokenURL, scopes, clientID, clientSecret, headers,
		}},
		{"clientCredentials", "OAuth 2.0 Client Credentials", []Input{tokenURL, scopes, clientID, clientSecret, headers}},
		{"privateKey", "Private Key", []Input{
			{Key: "username", Label: "Username", Required: true},
			{Key: "privateKey", Label: "Private Key", Required: true, Secret: true},
		}},
	}
}

func connectionTypes() []string {
	var names []string
	for _, kind := range ConnectionTypes() {
		names = append(names, kind.Key)
	}
	return names
}

// shape describes the mapping of fields in an instance file.
func (t ConnectionType) shape() *document.Shape {
	fields := keys()
	for _, input := range t.Inputs {
		field := key{Name: input.Key, Shape: text(), Required: input.Required, Doc: input.Label + "."}
		if input.Headers {
			field.Shape = &shape{Form: document.AnyForm}
		}
		fields.Keys = append(fields.Keys, field)
	}
	return fields
}

func connectionType(name string) (ConnectionType, bool) {
	for _, kind := range ConnectionTypes() {
		if kind.Key == name {
			return kind, true
		}
	}
	return ConnectionType{}, false
}
