package integration_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

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

func TestDeclarations(t *testing.T) {
	t.Parallel()
	got := read(t, `
-- integration.yaml --
name: Orders
secrets: hidden
configVars:
  Plain: {type: connection, connection: basic}
  Whole:
    type: connection
    connection: clientCredentials
    preset: shop
    options: {authStyle: header}
    fields: {scopes: read, headers: {X-A: "1"}, shop: acme}
    shared: true
    hosts: [api.shop.example, "*.cdn.example", "http://127.0.0.1:9000"]
    send: {headers: {Authorization: "Bearer {token.access_token}", X-Client: "{clientId}"}, query: {shop: "{shop}"}}
    test: https://api.shop.example/me
  Text: {type: string}
flows:
  - {name: F, steps: [{name: A, code: x}]}
`, nil)
	types := connectionTypes()
	want := map[string]*integration.Declaration{
		"Plain": {Type: types[1], Options: connection.Values{}, Fields: connection.Values{}},
		"Whole": {
			Type: types[2], Shared: true, TestURL: "https://api.shop.example/me",
			Options: connection.Values{"preset": "shop", "authStyle": "header"},
			Fields:  connection.Values{"scopes": "read", "headers": `[{"key":"X-A","value":"1"}]`, "shop": "acme"},
			Hosts:   []integration.HostPattern{{"https", "api.shop.example", ""}, {"https", "*.cdn.example", ""}, {"http", "127.0.0.1", "9000"}},
			Send: &connection.Send{
				Headers: []connection.Pair{{Key: "Authorization", Value: "Bearer {token.access_token}"}, {Key: "X-Client", Value: "{clientId}"}},
				Query:   []connection.Pair{{Key: "shop", Value: "{shop}"}},
			},
		},
		"Text": nil,
	}
	declared := map[string]*integration.Declaration{}
	for _, variable := range got.ConfigVars {
		declared[variable.Name] = variable.Declaration
	}
	if diff := cmp.Diff(want, declared); diff != "" || !got.HidesSecrets {
		t.Errorf("hides secrets: %t, declarations (-want +got):\n%s", got.HidesSecrets, diff)
	}
}

func TestFindType(t *testing.T) {
	t.Parallel()
	types := append(connectionTypes(), connection.Type{Key: "api_key", Label: "Of its own"})
	for name, want := range map[string]string{"apiKey": "API Key", "api_key": "Of its own", "basic": "Basic Username/Password", "kerberos": ""} {
		kind, found := integration.FindType(types, name)
		if kind.Label != want || found != (want != "") {
			t.Errorf("%s is %q, %t, want %q", name, kind.Label, found, want)
		}
	}
	if kind, _ := integration.FindType(connectionTypes(), "api_key"); kind.Key != "apiKey" {
		t.Errorf("the older key is of %q", kind.Key)
	}
}

func TestConnectedJSON(t *testing.T) {
	t.Parallel()
	inputs := connectionTypes()[2].Inputs
	for want, connected := range map[string]integration.Connected{
		`{"key":"clientCredentials","configVarKey":"Shop \"API\"","fields":{"tokenUrl":"https://t.example/?a&b",` +
			`"clientSecret":"<s>","headers":[{"key":"X-A","value":"1"}],"shop":"acme"},"token":{"access_token":"t"},"context":{"realmId":"7"}}`: {
			Type: "clientCredentials", Name: `Shop "API"`, Inputs: inputs,
			Fields: connection.Values{
				"shop": "acme", "clientSecret": "<s>", "tokenUrl": "https://t.example/?a&b", "headers": "[{\"key\":\"X-A\",\n\"value\":\"1\"}]",
			},
			Token: []byte(`{"access_token":"t"}`), Context: []byte(`{"realmId":"7"}`),
		},
		`{"key":"basic","configVarKey":"Empty","fields":{}}`:                 {Type: "basic", Name: "Empty", Inputs: inputs},
		`{"key":"x","configVarKey":"Broken","fields":{"headers":"no list"}}`: {Type: "x", Name: "Broken", Inputs: inputs, Fields: connection.Values{"headers": "no list"}},
	} {
		if diff := cmp.Diff(want, string(connected.JSON())); diff != "" {
			t.Errorf("JSON (-want +got):\n%s", diff)
		}
	}
}

// Connections stand where they are declared, and a variable that is none never takes one's place.
func TestConnectionsAmongConfigVars(t *testing.T) {
	t.Parallel()
	got := read(t, `
-- integration.yaml --
name: Orders
configVars:
  First: {type: connection, connection: basic}
  Text: {type: string, default: x}
  Second: {type: connection, connection: basic}
  Number: {type: number}
  Left out: {type: connection, connection: basic}
flows:
  - {name: F, steps: [{name: A, code: x}]}
`, nil)
	for want, connections := range map[string]map[string]json.RawMessage{
		`{"Text":"x"}`: nil,
		`{"First":{"a":1},"Text":"x","Second":[]}`: {"Second": json.RawMessage("[]"), "First": json.RawMessage(`{"a":1}`), "Text": json.RawMessage("5"), "Number": json.RawMessage("5")},
	} {
		text, err := integration.ContextJSON(got, &got.Instances[0], &got.Flows[0], "http://localhost", connections)
		if err != nil {
			t.Fatal(err)
		}
		var context struct {
			ConfigVars json.RawMessage `json:"configVars"`
		}
		if err := json.Unmarshal(text, &context); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(context.ConfigVars)); diff != "" {
			t.Errorf("config variables (-want +got):\n%s", diff)
		}
	}
}

// What instances give, secrets above all, does not make another integration of it.
func TestDigestIsOfTheIntegrationAlone(t *testing.T) {
	t.Parallel()
	const archive = `
-- integration.yaml --
name: Orders
configVars: {Shop: {type: connection, connection: apiKey}}
flows: [{name: F, steps: [{name: A, code: x}]}]
-- instances/acme.yaml --
configVars: {Shop: {apiKey: "${env:KEY}"}}
`
	one, other := read(t, archive, map[string]string{"KEY": "a"}), read(t, archive, map[string]string{"KEY": "b"})
	if one.Digest != other.Digest || one.Instances[0].Connections["Shop"]["apiKey"] != "a" {
		t.Errorf("digests %s and %s, instance %v", one.Digest, other.Digest, one.Instances[0].Connections)
	}
}
