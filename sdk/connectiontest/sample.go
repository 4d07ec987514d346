package connectiontest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Samples are values that make sense to a provider, by the key of the type.
type Samples map[string]Sample

// Sample is how connections of a type are filled in. In every value, {standin} is the URL of the authorization server that
// the suite runs, without a slash at its end: it answers at /authorize, /token and /revoke.
type Sample struct {
	Options connection.Values `json:"options,omitempty"`
	Fields  connection.Values `json:"fields,omitempty"`
	Invalid []Invalid         `json:"invalid,omitempty"` // each is one thing that Validate must find
}

// Invalid changes a sample so that Validate finds something wrong with it.
type Invalid struct {
	Fields connection.Values `json:"fields"` // these in place of the sample's
	Key    string            `json:"key"`    // what the finding names
}

// ReadSamples reads samples in JSON. Unknown members are errors.
func ReadSamples(from []byte) (Samples, error) {
	var samples Samples
	decoder := json.NewDecoder(bytes.NewReader(from))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&samples); err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("samples: there is more than one JSON value")
	}
	return samples, nil
}

// The keys of inputs and options under which the suite gives the addresses of its authorization server, and where it knows
// the client by.
const (
	authorizeURL = "authorizeUrl"
	tokenURL     = "tokenUrl"
	revokeURL    = "revokeUrl"
	clientID     = "clientId"
	clientSecret = "clientSecret"
)

// takes tells whether a type has an input of this key.
func takes(of connection.Type, key string) bool {
	_, has := inputOf(of.Inputs, key)
	return has
}

func inputOf(inputs []connection.Input, key string) (connection.Input, bool) {
	for _, input := range inputs {
		if input.Key == key {
			return input, true
		}
	}
	return connection.Input{}, false
}

// fill makes the settings of a connection with every input filled in. A secret that the sample does not give is a canary.
func fill(of connection.Type, sample Sample, standin string, canaries *secrets) connection.Settings {
	settings := connection.Settings{Type: of.Key, Options: connection.Values{}, Fields: connection.Values{}}
	if _, has := inputOf(of.Options, revokeURL); has && standin != "" {
		settings.Options[revokeURL] = standin + "/revoke"
	}
	maps.Copy(settings.Options, sample.Options)
	for _, input := range of.Inputs {
		value, given := sample.Fields[input.Key]
		if !given {
			value = makeUp(input, standin, canaries)
		}
		settings.Fields[input.Key] = value
	}
	for key, value := range settings.Options {
		settings.Options[key] = strings.ReplaceAll(value, "{standin}", standin)
	}
	for key, value := range settings.Fields {
		settings.Fields[key] = strings.ReplaceAll(value, "{standin}", standin)
		if input, _ := inputOf(of.Inputs, key); input.Secret {
			canaries.add("the input "+key, settings.Fields[key])
		}
	}
	return settings
}

func makeUp(input connection.Input, standin string, canaries *secrets) string {
	known := map[string]string{authorizeURL: "/authorize", tokenURL: "/token", revokeURL: "/revoke"}
	path, isURL := known[input.Key]
	switch {
	case isURL && standin != "":
		return standin + path
	case input.Secret && input.Kind == connection.Multiline:
		return privateKey()
	case input.Secret:
		return canaries.made("the input " + input.Key)
	case input.Default != "":
		return input.Default
	case len(input.Choices) > 0:
		return input.Choices[0]
	case input.Kind == connection.Pairs:
		return `[{"key":"X-Sample","value":"1"}]`
	case input.Placeholder != "":
		return input.Placeholder
	case input.Kind == connection.Multiline:
		return "sample of " + input.Key + "\nin two lines"
	default:
		return "sample-" + input.Key
	}
}

// privateKey is what most secrets of several lines are.
func privateKey() string {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return ""
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
