package connection

import (
	"maps"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Type finds a type by its key. A fault of code unsupported says that it is not among them.
func (d Description) Type(key string) (Type, error) {
	at := slices.IndexFunc(d.Types, func(t Type) bool { return t.Key == key })
	if at < 0 {
		return Type{}, fault.New(fault.Host, fault.Unsupported, "%q is no connection type of this provider", key)
	}
	return d.Types[at], nil
}

// Schema is what a declaration of this type still wants to know, as far as the type alone tells: its inputs, each with what the
// declaration sets as Default, and the type's Send. The findings name options and fields that the type does not have, that are secret,
// or that have another value than they may have, and required options that are missing.
func (t Type) Schema(declared Declared) Schema {
	schema := Schema{Inputs: slices.Clone(t.Inputs), Send: t.Send}
	for i, input := range schema.Inputs {
		value, set := declared.Fields[input.Key]
		if set && !input.Secret {
			schema.Inputs[i].Default = value
		}
	}
	schema.Findings = slices.Concat(t.judgeOptions(declared.Options), JudgeFields(t.Inputs, declared.Fields))
	return schema
}

// JudgeFields says what is wrong with inputs that a declaration sets: those that are not among inputs, those that are secret, and
// those whose value is none of their choices.
func JudgeFields(inputs []Input, fields Values) []Finding {
	findings := judge(inputs, fields, "input")
	for _, input := range inputs {
		if _, set := fields[input.Key]; set && input.Secret {
			findings = append(findings, Finding{input.Key, "is secret: leave it out of the integration's files and set it for each instance"})
		}
	}
	return findings
}

func (t Type) judgeOptions(options Values) []Finding {
	findings := judge(t.Options, options, "option")
	for _, option := range t.Options {
		if option.Required && options[option.Key] == "" {
			findings = append(findings, Finding{option.Key, "is required: set it as an option of the connection"})
		}
	}
	return findings
}

func judge(known []Input, values Values, word string) []Finding {
	var findings []Finding
	for _, key := range slices.Sorted(maps.Keys(values)) {
		at := slices.IndexFunc(known, func(input Input) bool { return input.Key == key })
		switch {
		case at < 0:
			findings = append(findings, Finding{key, "is no " + word + " of this type; it has " + listed(known)})
		case known[at].Choices != nil && !slices.Contains(known[at].Choices, values[key]):
			findings = append(findings, Finding{key, "is none of " + strings.Join(known[at].Choices, ", ")})
		}
	}
	return findings
}

func listed(inputs []Input) string {
	if len(inputs) == 0 {
		return "none"
	}
	keys := make([]string, len(inputs))
	for i, input := range inputs {
		keys[i] = input.Key
	}
	return strings.Join(keys, ", ")
}
