package oauth2

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/metadata"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// schema is the type's, with what preset and options fill in, and the preset's variables as inputs before all others.
func schema(kind connection.Type, service preset.Preset, declared connection.Declared) connection.Schema {
	kind.Inputs = slices.Concat(variables(service), kind.Inputs)
	for i, input := range kind.Inputs {
		kind.Inputs[i] = filled(input, kind.Key, service, declared.Options)
	}
	made := kind.Schema(declared)
	made.Hosts, made.TestURL = hosts(service, declared.Fields), service.TestURL
	if service.Send != nil {
		made.Send = connection.Send{}
		for _, name := range slices.Sorted(maps.Keys(service.Send)) {
			made.Send.Headers = append(made.Send.Headers, connection.Pair{Key: name, Value: service.Send[name]})
		}
	}
	made.Findings = append(made.Findings, judgeOptions(declared.Options)...)
	return made
}

// hosts leaves out those that each instance has its own of: the integration says which they may be.
func hosts(service preset.Preset, fields connection.Values) []string {
	var all []string
	for _, host := range service.Hosts {
		if host = service.Expand(host, fields); !strings.Contains(host, "{") {
			all = append(all, host)
		}
	}
	return all
}

func variables(service preset.Preset) []connection.Input {
	var inputs []connection.Input
	for _, each := range service.Variables {
		inputs = append(inputs, connection.Input{
			Key: each.Key, Label: each.Label, Comments: each.Comments, Placeholder: each.Placeholder, Default: each.Default, Choices: each.Choices,
			Required: true,
		})
	}
	return inputs
}

// filled is an input of a type as a declaration leaves it. What the metadata will tell, or a client without secret does not have, is
// not required.
func filled(input connection.Input, kind string, service preset.Preset, options connection.Values) connection.Input {
	input.Comments = cmp.Or(service.Hints[input.Key], input.Comments)
	switch input.Key {
	case authorizeURL:
		input.Default = service.AuthorizeURL
		input.Required = options[optionDiscover] == ""
	case tokenURL:
		input.Default = service.TokenURL
		input.Required = options[optionDiscover] == ""
	case scopes:
		if kind == service.ScopesFor() {
			input.Default = service.Scopes
		}
	case clientSecret:
		input.Required = cmp.Or(options[optionAuthStyle], service.AuthStyle) != styleNone
	}
	return input
}

// ours are the parameters of authorization and token requests that no option may set.
func ours() []string {
	return []string{
		"response_type", "client_id", "client_secret", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method",
		"grant_type", "code", "code_verifier", "refresh_token",
	}
}

func judgeOptions(options connection.Values) []connection.Finding {
	var findings []connection.Finding
	find := func(key, message string) { findings = append(findings, connection.Finding{Key: key, Message: message}) }
	for _, key := range []string{optionAuthorizeParams, optionTokenParams} {
		if message := wrongParameters(options[key]); message != "" {
			find(key, message)
		}
	}
	for _, key := range []string{optionDiscover, optionIssuer} {
		if options[key] == "" {
			continue
		}
		if err := metadata.CheckIssuer(options[key]); err != nil {
			find(key, err.Error())
		}
	}
	if options[optionRevokeURL] != "" {
		if err := endpoint.CheckURL(options[optionRevokeURL]); err != nil {
			find(optionRevokeURL, err.Error())
		}
	}
	if options[optionPreset] != "" && options[optionDiscover] != "" {
		find(optionDiscover, "stands beside a preset: leave one of them out")
	}
	return findings
}

func wrongParameters(text string) string {
	given, err := url.ParseQuery(text)
	if err != nil {
		return "cannot be read: write it as in key=value&key2=value2"
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(ours(), strings.ToLower(key)) {
			return "sets " + key + ", which is set by the protocol or has an input of its own: leave it out"
		}
	}
	return ""
}
