package javascript_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// expression is one that Node and the engine must agree on, or, with a reason, must not.
type expression struct {
	JS      string `yaml:"js"`
	Differs string `yaml:"differs"`
}

// UnmarshalYAML reads an expression that is written as a string alone.
func (e *expression) UnmarshalYAML(text []byte) error {
	if err := yaml.Unmarshal(text, &e.JS); err == nil {
		return nil
	}
	type plain expression
	return yaml.UnmarshalWithOptions(text, (*plain)(e), yaml.Strict())
}

// code is the step that tells the expression's value. What is no expression fails to compile within it.
func (e expression) code(show string) string {
	return show + `module.exports = async (context, stepResults) => {
  try {
    return { data: show(await (` + e.JS + "\n" + `)) };
  } catch (e) {
    return { data: { throws: e && e.name, code: e && e.code } };
  }
};
`
}

// TestDifferential evaluates the expressions of testdata/differential with Node and with the engine.
func TestDifferential(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: node is not installed, so that nothing was compared with it: apt-get install nodejs")
	}
	folder, err := filepath.Abs("testdata/differential")
	if err != nil {
		t.Fatal(err)
	}
	show, err := os.ReadFile(filepath.Join(folder, "show.js"))
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			expressions := readExpressions(t, path)
			want := askNode(t, node, folder, string(show), expressions)
			e := newEngine(t)
			for i, one := range expressions {
				t.Run(one.JS, func(t *testing.T) {
					t.Parallel()
					one.compare(t, want[i], askEngine(t, e, one.code(string(show))))
				})
			}
		})
	}
}

func readExpressions(t *testing.T, path string) []expression {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var expressions []expression
	if err := yaml.Unmarshal(text, &expressions); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return expressions
}

// askNode gives the value of each expression as JSON text.
func askNode(t *testing.T, node, folder, show string, expressions []expression) []string {
	t.Helper()
	arguments := []string{filepath.Join(folder, "node.js")}
	dir := t.TempDir()
	for i, one := range expressions {
		file := filepath.Join(dir, fmt.Sprintf("%03d.js", i))
		if err := os.WriteFile(file, []byte(one.code(show)), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, file)
	}
	command := exec.CommandContext(t.Context(), node, arguments...)
	command.Env = append(os.Environ(), "TZ=UTC", "NODE_NO_WARNINGS=1", "LANG=en_US.UTF-8")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.Bytes())
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(expressions) {
		t.Fatalf("node gave %d values of %d expressions:\n%s", len(lines), len(expressions), output)
	}
	return lines
}

// askEngine gives the same of the engine; what it refuses to load or to run is told as text.
func askEngine(t *testing.T, e engine.Engine, code string) string {
	t.Helper()
	program, err := e.Load(t.Context(), files(map[string]string{"step.js": code}, "step.js"))
	if err != nil {
		t.Fatal(err)
	}
	if program.Failed() {
		return fmt.Sprintf("does not load: %s", program.Diagnostics[0].Message)
	}
	results, err := execute(t, e, single(program.ID, "{}"), &recorder{})
	if err != nil {
		return "fails: " + err.Error()
	}
	return string(results[0].Results.JSON)
}

func (e expression) compare(t *testing.T, node, engine string) {
	t.Helper()
	diff := cmp.Diff(node, engine)
	switch {
	case e.Differs == "" && diff != "":
		t.Errorf("-node +engine:\n%s", diff)
	case e.Differs != "" && diff == "":
		t.Errorf("is told as different (%s) and gives %s in both", e.Differs, node)
	}
}
