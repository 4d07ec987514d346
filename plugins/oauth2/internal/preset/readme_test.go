package preset_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
)

var update = flag.Bool("update", false, "write the table of presets in the providers' README.md anew")

// The README of the providers lists the presets as they are.
func TestReadme(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../../README.md", "<!-- presets: go test ./plugins/oauth2/internal/preset -run TestReadme -update -->\n", "<!-- /presets -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	written, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("README.md has no place for the presets")
	}
	want := table(all(t))
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("run go test ./plugins/oauth2/internal/preset -run TestReadme -update (-want +got):\n%s", diff)
	}
}

func table(presets []preset.Preset) string {
	var text strings.Builder
	text.WriteString("| preset | service | types | further inputs | its API | revoked | to know |\n|---|---|---|---|---|---|---|\n")
	for _, each := range presets {
		variables := []string{}
		for _, variable := range each.Variables {
			variables = append(variables, variable.Key)
		}
		revoked := ""
		if each.RevokeURL != "" {
			revoked = "yes"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s | %s | %s | %s |\n",
			each.Key, each.Name, quoted(each.Types), quoted(variables), quoted(each.Hosts), revoked, each.Notes)
	}
	return text.String()
}

func quoted(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "`" + strings.Join(keys, "`, `") + "`"
}
