package integration

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// staticContext is the part of the code contract's context that is equal in every execution of a flow.
type staticContext struct {
	ConfigVars     json.RawMessage       `json:"configVars"`
	WebhookURLs    map[FlowName]string   `json:"webhookUrls"`
	WebhookAPIKeys map[FlowName][]string `json:"webhookApiKeys"`
	Customer       Party                 `json:"customer"`
	Instance       namedID               `json:"instance"`
	User           *struct{}             `json:"user"`
	Integration    versionedID           `json:"integration"`
	Flow           stableID              `json:"flow"`
	Debug          debug                 `json:"debug"`
}

type namedID struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type versionedID struct {
	namedID
	VersionSequenceID string `json:"versionSequenceId"`
	ExternalVersion   string `json:"externalVersion"`
}

type stableID struct {
	namedID
	StableID string `json:"stableId"`
}

type debug struct {
	Enabled bool `json:"enabled"`
}

// ContextJSON gives the context properties of the code contract that are equal in every execution of the flow, as the
// JSON object that engine.Run.Context takes. baseURL is the URL before /hooks, without a slash at its end. The result
// holds the instance's secrets: it is for engines, not for logs. Connections are JSON texts by the names of their variables,
// see Connected; one that is left out is no config variable for code.
func ContextJSON(
	integration *Integration, instance *Instance, flow *Flow, baseURL string, connections map[string]json.RawMessage,
) ([]byte, error) {
	configVars, err := withConnections(integration, instance, connections)
	if err != nil {
		return nil, err
	}
	static := staticContext{
		ConfigVars: configVars, WebhookURLs: map[FlowName]string{}, WebhookAPIKeys: map[FlowName][]string{},
		Instance: namedID{instance.ID, instance.Title},
		Integration: versionedID{
			namedID: namedID{integration.ID, integration.Name}, VersionSequenceID: integration.Digest[:min(16, len(integration.Digest))],
			ExternalVersion: integration.Version,
		},
		Flow: stableID{
			namedID:  namedID{string(instance.Name) + "/" + string(flow.Slug), string(flow.Name)},
			StableID: integration.ID + "/" + string(flow.Slug),
		},
	}
	if instance.Customer != nil {
		static.Customer = *instance.Customer
	}
	for name, endpoint := range instance.Endpoints {
		static.WebhookURLs[name] = strings.TrimSuffix(baseURL, "/") + (&url.URL{Path: endpoint.Path()}).EscapedPath()
		static.WebhookAPIKeys[name] = append([]string{}, instance.APIKeys[name]...)
	}
	return encode(static)
}

// withConnections gives all config variables in the order of their declaration.
func withConnections(integration *Integration, instance *Instance, connections map[string]json.RawMessage) (json.RawMessage, error) {
	if len(connections) == 0 {
		return instance.ConfigVars, nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(instance.ConfigVars, &values); err != nil {
		return nil, err
	}
	object := []byte{'{'}
	for _, variable := range integration.ConfigVars {
		value := values[variable.Name]
		if variable.Type == VarConnection {
			value = connections[variable.Name]
		}
		if value == nil {
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(append(document.AppendQuoted(object, variable.Name), ':'), value...)
	}
	return append(object, '}'), nil
}

func encode(static staticContext) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(static); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
