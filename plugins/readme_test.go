package plugins_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/apikey"
	"github.com/hookstep-dev/hookstep/plugins/basic"
	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/plugins/privatekey"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

var update = flag.Bool("update", false, "write the tables of README.md anew")

// README.md's table of types is what the providers say of themselves.
func TestReadme(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- types: go test ./plugins -run TestReadme -update -->\n", "<!-- /types -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	written, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("README.md has no place for the types")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+types()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(types(), written); diff != "" {
		t.Errorf("run go test ./plugins -run TestReadme -update (-want +got):\n%s", diff)
	}
}

func types() string {
	var table, options strings.Builder
	table.WriteString("| type | label | older keys | inputs | revoked |\n|---|---|---|---|---|\n")
	options.WriteString("| option | of | what it is |\n|---|---|---|\n")
	var told []string
	for _, provider := range []connection.Description{apikey.Description(), basic.Description(), oauth2.Description(), privatekey.Description()} {
		for _, kind := range provider.Types {
			fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", kind.Key, kind.Label, quoted(kind.Aliases), inputs(kind.Inputs), yes(kind.Revokes))
			for _, option := range kind.Options {
				if !slices.Contains(told, option.Key) {
					told = append(told, option.Key)
					fmt.Fprintf(&options, "| `%s` | %s | %s |\n", option.Key, quoted(having(provider, option.Key)), option.Comments)
				}
			}
		}
	}
	return table.String() + "\n" + options.String()
}

func having(provider connection.Description, option string) []string {
	var keys []string
	for _, kind := range provider.Types {
		if slices.ContainsFunc(kind.Options, func(input connection.Input) bool { return input.Key == option }) {
			keys = append(keys, kind.Key)
		}
	}
	return keys
}

func inputs(all []connection.Input) string {
	told := make([]string, len(all))
	for i, input := range all {
		marks := []string{}
		if input.Required {
			marks = append(marks, "required")
		}
		if input.Secret {
			marks = append(marks, "secret")
		}
		if input.Kind != connection.Text {
			marks = append(marks, string(input.Kind))
		}
		told[i] = "`" + input.Key + "`"
		if len(marks) > 0 {
			told[i] += " (" + strings.Join(marks, ", ") + ")"
		}
	}
	return strings.Join(told, "<br>")
}

func quoted(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "`" + strings.Join(keys, "`, `") + "`"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
