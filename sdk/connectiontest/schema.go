package connectiontest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// A word that is no option, no input and no choice of any type.
const nonsense = "noSuchThing7"

// A text with every kind of character that a person may fill in on one line.
const unicode = "Zoë Ünïçøde 北京 🔑 'quoted' \"twice\" <&> 100%"

func (sc *scene) declared(options, fields connection.Values) connection.Declared {
	return connection.Declared{Type: sc.of.Key, Options: options, Fields: fields}
}

// plainSchema: a declaration that sets nothing asks for the inputs of the type as they are described.
func (sc *scene) plainSchema(ctx context.Context) string {
	schema, err := sc.provider.Schema(ctx, sc.declared(nil, nil))
	switch {
	case err != nil:
		return err.Error()
	case len(schema.Findings) > 0:
		return fmt.Sprintf("it finds something wrong with no options: %v", schema.Findings)
	case !slices.Equal(keysOf(schema.Inputs), keysOf(sc.of.Inputs)):
		return fmt.Sprintf("it asks for %v, but describes %v", keysOf(schema.Inputs), keysOf(sc.of.Inputs))
	}
	return sc.judgeSchema(schema)
}

func keysOf(inputs []connection.Input) []string {
	var keys []string
	for _, input := range inputs {
		keys = append(keys, input.Key)
	}
	return keys
}

// judgeSchema judges what must hold of every schema.
func (sc *scene) judgeSchema(schema connection.Schema) string {
	for _, input := range schema.Inputs {
		described, known := inputOf(sc.of.Inputs, input.Key)
		switch reason := inputIsWhole(input); {
		case reason != "":
			return fmt.Sprintf("%s %s", input.Key, reason)
		case !known:
			return fmt.Sprintf("it asks for %s, which is none of the type's inputs", input.Key)
		case described.Secret && !input.Secret:
			return fmt.Sprintf("%s is secret, but not in the schema", input.Key)
		}
	}
	return judgeSend(sc.of, schema.Send)
}

// sampleSchema: the options of the sample are understood, and what is declared gives the same schema each time.
func (sc *scene) sampleSchema(ctx context.Context) string {
	schema, err := sc.provider.Schema(ctx, sc.declared(sc.settings.Options, nil))
	switch {
	case err != nil:
		return err.Error()
	case len(schema.Findings) > 0:
		return fmt.Sprintf("with the options %v it finds %v", map[string]string(sc.settings.Options), schema.Findings)
	}
	again, err := sc.provider.Schema(ctx, sc.declared(sc.settings.Options, nil))
	if err != nil || !reflect.DeepEqual(schema, again) {
		return "equal declarations give different schemas"
	}
	return sc.judgeSchema(schema)
}

// presetFields: what the integration sets for all is the default of its input, to the character.
func (sc *scene) presetFields(ctx context.Context) string {
	fields := connection.Values{}
	for _, input := range sc.of.Inputs {
		switch {
		case input.Secret:
		case len(input.Choices) > 0 || input.Kind != connection.Text || sc.sample.Fields[input.Key] != "" || input.Placeholder != "":
			fields[input.Key] = sc.settings.Fields[input.Key]
		case !takesURL(input.Key):
			fields[input.Key] = unicode
		}
	}
	schema, err := sc.provider.Schema(ctx, sc.declared(sc.settings.Options, fields))
	if err != nil {
		return err.Error()
	}
	for key, value := range fields {
		if input, _ := inputOf(schema.Inputs, key); input.Default != value {
			return fmt.Sprintf("%s is set to %q, but its default is %q", key, value, input.Default)
		}
	}
	return ""
}

func takesURL(key string) bool {
	return slices.Contains([]string{authorizeURL, tokenURL, revokeURL}, key)
}

// unknownOption: an option that the type has not is found by its name, and is no failure.
func (sc *scene) unknownOption(ctx context.Context) string {
	options := maps.Clone(sc.settings.Options)
	options[nonsense] = "x"
	schema, err := sc.provider.Schema(ctx, sc.declared(options, nil))
	if err != nil {
		return fmt.Sprintf("in place of a finding: %v", err)
	}
	return found(schema.Findings, nonsense)
}

// wrongOption: an option that is none of its choices is found by its name.
func (sc *scene) wrongOption(ctx context.Context) string {
	tried := string(NotOffered)
	for _, option := range sc.of.Options {
		if len(option.Choices) == 0 {
			continue
		}
		options := maps.Clone(sc.settings.Options)
		options[option.Key] = nonsense
		schema, err := sc.provider.Schema(ctx, sc.declared(options, nil))
		if err != nil {
			return fmt.Sprintf("in place of a finding: %v", err)
		}
		if tried = found(schema.Findings, option.Key); tried != "" {
			return tried
		}
	}
	return tried
}

// found looks for a finding of a key that says something.
func found(findings []connection.Finding, key string) string {
	for _, finding := range findings {
		if finding.Key == key && finding.Message != "" {
			return ""
		}
	}
	return fmt.Sprintf("want a finding of %s that says what to do, got %v", key, findings)
}

// unknownType: a type that is not offered is refused as that.
func (s *suite) unknownType(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no provider: %v", s.broken)
	}
	_, err := s.provider.Schema(ctx, connection.Declared{Type: nonsense})
	if reason := unsupported("Schema", err); reason != "" {
		return reason
	}
	_, err = s.provider.Validate(ctx, connection.Settings{Type: nonsense})
	return unsupported("Validate", err)
}

func unsupported(verb string, err error) string {
	if !fault.Is(err, fault.Unsupported) {
		return fmt.Sprintf("%s gives %v, not a fault of code %s", verb, err, fault.Unsupported)
	}
	return ""
}

// refusesTheRest: what the type does not do is refused as that.
func (sc *scene) refusesTheRest(ctx context.Context) string {
	of, token := sc.of, connection.Token{Response: []byte(`{"access_token":"a","refresh_token":"r"}`), Renews: true}
	if of.Token != connection.Authorizes {
		_, err := sc.provider.BeginAuthorize(ctx, connection.Begin{Settings: sc.settings, RedirectURL: callback, State: "s", CodeChallenge: "c"})
		if reason := unsupported("BeginAuthorize", err); reason != "" {
			return reason
		}
		_, err = sc.provider.Exchange(ctx, connection.Exchange{Settings: sc.settings, RedirectURL: callback})
		if reason := unsupported("Exchange", err); reason != "" {
			return reason
		}
	}
	if of.Token == connection.Static {
		_, err := sc.provider.Refresh(ctx, sc.settings, token)
		if reason := unsupported("Refresh", err); reason != "" {
			return reason
		}
	}
	if !of.Revokes {
		if reason := unsupported("Revoke", sc.provider.Revoke(ctx, sc.settings, token)); reason != "" {
			return reason
		}
	}
	if !of.Signs {
		_, err := sc.provider.Apply(ctx, sc.settings, token, connection.Request{Method: "GET", URL: "https://api.example.com/"})
		return unsupported("Apply", err)
	}
	return ""
}

// acceptsSample: nothing is wrong with the settings that the suite works with.
func (sc *scene) acceptsSample(ctx context.Context) string {
	findings, err := sc.provider.Validate(ctx, sc.settings)
	switch {
	case err != nil:
		return err.Error()
	case len(findings) > 0:
		return fmt.Sprintf("it finds %v; if the values that the suite makes up cannot fit, give others as samples", findings)
	}
	return ""
}

// acceptsRequired: inputs that are not required may be left out.
func (sc *scene) acceptsRequired(ctx context.Context) string {
	settings := sc.settings
	settings.Fields = connection.Values{}
	for _, input := range sc.of.Inputs {
		if input.Required || input.Default != "" {
			settings.Fields[input.Key] = sc.settings.Fields[input.Key]
		}
	}
	findings, err := sc.provider.Validate(ctx, settings)
	switch {
	case err != nil:
		return err.Error()
	case len(findings) > 0:
		return fmt.Sprintf("without what is not required it finds %v", findings)
	}
	return ""
}

// findsByKey: what is wrong with one input is found by its key.
func (sc *scene) findsByKey(ctx context.Context) string {
	tried := string(NotOffered)
	for _, wrong := range sc.invalid() {
		settings := sc.settings
		settings.Fields = maps.Clone(settings.Fields)
		for key, value := range wrong.Fields {
			settings.Fields[key] = value
			if input, _ := inputOf(sc.of.Inputs, key); input.Secret {
				sc.suite.secrets.add("the input "+key, value)
			}
		}
		findings, err := sc.provider.Validate(ctx, settings)
		if err != nil {
			return fmt.Sprintf("in place of a finding: %v", err)
		}
		if tried = found(findings, wrong.Key); tried != "" {
			return tried
		}
		for _, finding := range findings {
			if _, option := inputOf(sc.of.Options, finding.Key); finding.Key != "" && !option && !takes(sc.of, finding.Key) {
				return fmt.Sprintf("a finding is about %q, which is neither an input nor an option", finding.Key)
			}
		}
	}
	return tried
}

// invalid is what Validate must find: what the sample says, and what the kinds of inputs forbid.
func (sc *scene) invalid() []Invalid {
	wrong := slices.Clone(sc.sample.Invalid)
	for _, input := range sc.of.Inputs {
		switch {
		case len(input.Choices) > 0:
			wrong = append(wrong, Invalid{connection.Values{input.Key: nonsense}, input.Key})
		case input.Kind == connection.Pairs:
			wrong = append(wrong, Invalid{connection.Values{input.Key: "X-Header: 1"}, input.Key})
		}
	}
	return wrong
}
