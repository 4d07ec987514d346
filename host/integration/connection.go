package integration

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Declaration is a connection as an integration declares it.
type Declaration struct {
	Type    connection.Type
	Options connection.Values // by the keys of Type.Options
	Fields  connection.Values // inputs that stand for every instance that gives none of its own; no secret is among them
	Shared  bool              // all instances have one and the same; no instance file gives inputs to it
	Hosts   []HostPattern     // where the credential may be sent; nil: where its provider says
	Send    *connection.Send  // where the credential stands in a request; nil: where its provider says
	TestURL string            // a GET of it with the credential succeeds; empty: what its provider knows
}

// FindType gives the type that has a key, or that an older key still means.
func FindType(types []connection.Type, name string) (connection.Type, bool) {
	at := slices.IndexFunc(types, func(known connection.Type) bool { return known.Key == name })
	if at < 0 {
		at = slices.IndexFunc(types, func(known connection.Type) bool { return slices.Contains(known.Aliases, name) })
	}
	if at < 0 {
		return connection.Type{}, false
	}
	return types[at], true
}

// GivenInputs are the inputs that files give to a connection: the integration's fields, and over them those of the instance.
func (i *Instance) GivenInputs(variable *ConfigVar) connection.Values {
	given := connection.Values{}
	if variable.Declaration != nil {
		maps.Copy(given, variable.Declaration.Fields)
	}
	maps.Copy(given, i.Connections[variable.Name])
	return given
}

// Connected is a connection as code sees it.
type Connected struct {
	Type    string             // key of its type
	Name    string             // of its config variable
	Inputs  []connection.Input // give the order and the form of what Fields holds; fields that are none of them are texts and come last
	Fields  connection.Values
	Token   []byte // JSON object; nil without one
	Context []byte // likewise
}

// JSON gives what stands among the config variables: {key, configVarKey, fields, token?, context?}.
func (c Connected) JSON() json.RawMessage {
	text := document.AppendQuoted([]byte(`{"key":`), c.Type)
	text = document.AppendQuoted(append(text, `,"configVarKey":`...), c.Name)
	text = append(text, `,"fields":{`...)
	for i, field := range c.fields() {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(document.AppendQuoted(text, field.Key), ':')
		text = appendField(text, field, c.Fields[field.Key])
	}
	text = append(text, '}')
	if c.Token != nil {
		text = append(append(text, `,"token":`...), c.Token...)
	}
	if c.Context != nil {
		text = append(append(text, `,"context":`...), c.Context...)
	}
	return append(text, '}')
}

// fields are the inputs that are filled in.
func (c Connected) fields() []connection.Input {
	var filled []connection.Input
	others := maps.Clone(c.Fields)
	for _, input := range c.Inputs {
		if _, there := others[input.Key]; there {
			filled = append(filled, input)
			delete(others, input.Key)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		filled = append(filled, connection.Input{Key: name})
	}
	return filled
}

func appendField(to []byte, input connection.Input, value string) []byte {
	if input.Kind == connection.Pairs {
		var list bytes.Buffer
		if json.Compact(&list, []byte(value)) == nil {
			return append(to, list.Bytes()...)
		}
	}
	return document.AppendQuoted(to, value)
}
