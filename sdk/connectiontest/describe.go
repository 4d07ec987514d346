package connectiontest

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// The forms of names. Those of inputs are what stands between braces in a Send.
const (
	typeKey    = `^[a-z][A-Za-z0-9]*$`
	inputKey   = `^[A-Za-z][A-Za-z0-9_]*$`
	headerName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" // of HTTP
)

func matches(form, text string) bool { return regexp.MustCompile(form).MatchString(text) }

// describes: the answer comes within a second, and is the same each time.
func (s *suite) describes(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no provider: %v", s.broken)
	}
	started := time.Now()
	again, err := s.provider.Describe(ctx)
	switch {
	case err != nil:
		return err.Error()
	case time.Since(started) > time.Second:
		return "it took longer than a second"
	case len(again.Types) == 0:
		return "it offers no type"
	case !reflect.DeepEqual(again.Types, s.types):
		return "it describes other types each time"
	}
	return ""
}

// keys: no two types have a name in common.
func (s *suite) keys(context.Context) string {
	taken := map[string]string{}
	for _, of := range s.types {
		for _, name := range append([]string{of.Key}, of.Aliases...) {
			if by, found := taken[name]; found {
				return fmt.Sprintf("the types %s and %s both are called %q", by, of.Key, name)
			}
			taken[name] = of.Key
		}
	}
	return ""
}

// typeIsWhole: a type has a key and words for people, and its parts fit together.
func (sc *scene) typeIsWhole(_ context.Context) string {
	of := sc.of
	switch {
	case !matches(typeKey, of.Key):
		return fmt.Sprintf("its key %q must be letters and digits, a lower-case letter first", of.Key)
	case strings.TrimSpace(of.Label) == "":
		return "it has no label"
	case strings.TrimSpace(of.Comments) == "":
		return "its comments do not say what it is for"
	case !slices.Contains([]connection.Flow{connection.Static, connection.Authorizes, connection.Obtains}, of.Token):
		return fmt.Sprintf("it comes to its token by %q, which is not known", of.Token)
	case of.Revokes && of.Token == connection.Static:
		return "it revokes tokens, but has none"
	case slices.Contains(of.Aliases, ""):
		return "one of its aliases is empty"
	}
	return ""
}

// inputsAreWhole: inputs and options have keys and labels, each once, and values that may be.
func (sc *scene) inputsAreWhole(_ context.Context) string {
	for _, option := range sc.of.Options {
		if option.Secret {
			return fmt.Sprintf("the option %s is secret: what an integration declares stands in its files", option.Key)
		}
	}
	taken := map[string]bool{}
	for _, input := range slices.Concat(sc.of.Inputs, sc.of.Options) {
		if taken[input.Key] {
			return fmt.Sprintf("there are two inputs or options %q", input.Key)
		}
		taken[input.Key] = true
		if reason := inputIsWhole(input); reason != "" {
			return fmt.Sprintf("%s %s", input.Key, reason)
		}
	}
	return ""
}

func inputIsWhole(input connection.Input) string {
	switch {
	case !matches(inputKey, input.Key):
		return "must be letters, digits and underscores, a letter first"
	case strings.TrimSpace(input.Label) == "":
		return "has no label"
	case !slices.Contains([]connection.Kind{connection.Text, connection.Multiline, connection.Pairs}, input.Kind):
		return fmt.Sprintf("is of the kind %q, which is not known", input.Kind)
	case input.Secret && input.Default != "":
		return "is secret and has a default: everybody knows it"
	case input.Secret && len(input.Choices) > 0:
		return "is secret and has choices: everybody can guess it"
	case input.Kind != connection.Text && len(input.Choices) > 0:
		return "has choices, but is not one line"
	case input.Kind == connection.Text && strings.ContainsAny(input.Default+strings.Join(input.Choices, ""), "\r\n"):
		return "is one line, but a default or choice has several"
	case input.Default != "" && len(input.Choices) > 0 && !slices.Contains(input.Choices, input.Default):
		return fmt.Sprintf("has the default %q, which is not among its choices", input.Default)
	case len(slices.Compact(slices.Sorted(slices.Values(input.Choices)))) != len(input.Choices):
		return "has a choice twice"
	case input.Kind == connection.Pairs && !arePairs(input.Default):
		return "is a key/value list, but its default is none"
	}
	return ""
}

func arePairs(text string) bool {
	_, err := connection.Values{"it": text}.Pairs("it")
	return err == nil
}

// sendNamesInputs: what stands between the braces of a Send is an input, or a member of the token.
func (sc *scene) sendNamesInputs(_ context.Context) string { return judgeSend(sc.of, sc.of.Send) }

func judgeSend(of connection.Type, send connection.Send) string {
	for _, header := range send.Headers {
		if !matches(headerName, header.Key) {
			return fmt.Sprintf("%q is no name of a header", header.Key)
		}
	}
	for _, pair := range slices.Concat(send.Headers, send.Query) {
		if reason := judgeTemplate(of, pair.Value); reason != "" {
			return fmt.Sprintf("the value of %s, %q, %s", pair.Key, pair.Value, reason)
		}
	}
	return ""
}

func judgeTemplate(of connection.Type, text string) string {
	template, err := connection.ParseTemplate(text)
	switch {
	case err != nil:
		return "cannot be read: " + err.Error()
	case strings.ContainsAny(text, "\r\n"):
		return "has several lines"
	case template.NeedsToken() && of.Token == connection.Static:
		return "names the token, but the type has none"
	case len(template.Inputs()) == 0 && !template.NeedsToken():
		return "holds no part of the credential"
	}
	for _, name := range template.Inputs() {
		if !takes(of, name) {
			return fmt.Sprintf("names %q, which is none of the inputs", name)
		}
	}
	return ""
}

// describeOutput: with the argument "describe" the program prints what it is, as JSON, and ends.
func (s *suite) describeOutput(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no provider: %v", s.broken)
	}
	var printed struct {
		Connections []outline `json:"connections"`
	}
	if reason := s.program().Describe(ctx, s.process.Plugin(), &printed); reason != "" {
		return reason
	}
	if !reflect.DeepEqual(printed.Connections, outlined(s.types)) {
		return "what it prints of its connections is not what it serves"
	}
	return ""
}

// outline is what is compared of a type with the output of describe.
type outline struct {
	Key    string        `json:"key"`
	Label  string        `json:"label"`
	Inputs []outlineItem `json:"inputs"`
}

type outlineItem struct {
	Key    string `json:"key"`
	Secret bool   `json:"secret"`
}

func outlined(types []connection.Type) []outline {
	out := make([]outline, len(types))
	for i, of := range types {
		out[i] = outline{of.Key, of.Label, make([]outlineItem, len(of.Inputs))}
		for j, input := range of.Inputs {
			out[i].Inputs[j] = outlineItem{input.Key, input.Secret}
		}
	}
	return out
}
