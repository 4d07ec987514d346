package javascript_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// testCase is one step run, as testdata/*.yaml describe it.
type testCase struct {
	Name      string            `yaml:"name"`
	Code      string            `yaml:"code"`  // of step.js
	Value     string            `yaml:"value"` // instead of code: an expression that is the step's data
	Files     map[string]string `yaml:"files"`
	Body      string            `yaml:"body"` // JSON; default {}
	Trigger   bool              `yaml:"trigger"`
	Want      string            `yaml:"want"` // results as JSON text
	Raw       string            `yaml:"raw"`  // results as bytes
	Blobs     map[string]string `yaml:"blobs"`
	Logs      []string          `yaml:"logs"`
	Fault     string            `yaml:"fault"` // source/code
	ErrorName string            `yaml:"errorName"`
	Message   string            `yaml:"message"` // part of the fault's message
	Stack     []string          `yaml:"stack"`
	Response  *response         `yaml:"response"`
	Changed   map[string]string `yaml:"changed"`
}

type response struct {
	Status      int               `yaml:"status"`
	ContentType string            `yaml:"contentType"`
	Headers     map[string]string `yaml:"headers"`
	Body        string            `yaml:"body"`
}

func TestCases(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var cases []testCase
		if err := yaml.UnmarshalWithOptions(text, &cases, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					c.run(t, e)
				})
			}
		})
	}
}

func (c testCase) run(t *testing.T, e engine.Engine) {
	t.Helper()
	texts := map[string]string{"step.js": c.Code}
	if c.Value != "" {
		texts["step.js"] = "module.exports = async (context, stepResults) => ({ data: (" + c.Value + ") });\n"
	}
	maps.Copy(texts, c.Files)
	body := c.Body
	if body == "" {
		body = "{}"
	}
	run := single(load(t, e, files(texts, "step.js")), body)
	if c.Trigger {
		run.Steps[0].Kind = engine.KindTrigger
	}
	host := &recorder{}
	results, err := execute(t, e, run, host)
	if len(results) != 1 {
		t.Fatalf("%d results, error %v", len(results), err)
	}
	c.check(t, results[0], err, host)
}

func (c testCase) check(t *testing.T, result engine.StepResult, err error, host *recorder) {
	t.Helper()
	if diff := cmp.Diff(c.Logs, host.texts()); diff != "" && (c.Logs != nil || c.Fault == "") {
		t.Errorf("logs (-want +got):\n%s", diff)
	}
	if c.Fault != "" || err != nil {
		c.checkFault(t, fault.As(err, fault.Host))
		return
	}
	if c.Raw != "" {
		if diff := cmp.Diff(c.Raw, string(result.Results.Raw)); diff != "" {
			t.Errorf("raw (-want +got):\n%s", diff)
		}
	} else if c.Want != "" {
		if diff := cmp.Diff(c.Want, compact(t, result.Results.JSON)); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
	}
	c.checkRest(t, result)
}

func (c testCase) checkRest(t *testing.T, result engine.StepResult) {
	t.Helper()
	blobs := map[string]string{}
	for _, blob := range result.Results.Blobs {
		blobs[blob.Pointer] = string(blob.Bytes)
	}
	if diff := cmp.Diff(c.Blobs, blobs); diff != "" && len(c.Blobs)+len(blobs) > 0 {
		t.Errorf("blobs (-want +got):\n%s", diff)
	}
	changed := map[string]string{}
	for name, text := range map[string][]byte{
		"instanceState": result.Changed.Instance, "crossFlowState": result.Changed.CrossFlow,
		"integrationState": result.Changed.Integration, "executionState": result.Changed.Execution,
	} {
		if text != nil {
			changed[name] = compact(t, text)
		}
	}
	if diff := cmp.Diff(c.Changed, changed); diff != "" && len(c.Changed)+len(changed) > 0 {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if c.Response != nil {
		c.Response.check(t, result.Response)
	}
}

func (want *response) check(t *testing.T, got *engine.Response) {
	t.Helper()
	if got == nil {
		t.Fatal("no response")
	}
	shown := response{Status: got.Status, ContentType: got.ContentType, Body: string(got.Body.JSON) + string(got.Body.Raw)}
	for _, header := range got.Headers {
		if shown.Headers == nil {
			shown.Headers = map[string]string{}
		}
		shown.Headers[header.Name] = header.Value
	}
	if diff := cmp.Diff(*want, shown); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func (c testCase) checkFault(t *testing.T, got *fault.Fault) {
	t.Helper()
	if got == nil {
		t.Fatalf("no fault, want %s", c.Fault)
	}
	if want := c.Fault; want != string(got.Source)+"/"+string(got.Code) {
		t.Errorf("fault %s/%s (%v), want %s", got.Source, got.Code, got, want)
	}
	if !strings.Contains(got.Message, c.Message) {
		t.Errorf("message %q, want a part %q", got.Message, c.Message)
	}
	if c.ErrorName != "" && got.Name != c.ErrorName {
		t.Errorf("name %q, want %q", got.Name, c.ErrorName)
	}
	if c.Stack != nil {
		var stack []string
		for _, frame := range got.Stack {
			stack = append(stack, frame.String())
		}
		if diff := cmp.Diff(c.Stack, stack); diff != "" {
			t.Errorf("stack (-want +got):\n%s", diff)
		}
	}
}
