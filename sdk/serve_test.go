package sdk_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// role makes the test binary the plugin of an example.
const role = "HOOKSTEP_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "engine":
		Example()
	case "provider":
		Example_provider()
	}
	os.Exit(m.Run())
}

func plugin(t *testing.T, as string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), program(t), args...)
	command.Env = []string{role + "=" + as}
	return command
}

func program(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// described is what an example prints of itself.
func described(t *testing.T, as string) map[string]any {
	t.Helper()
	out, err := plugin(t, as, "describe").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return got
}

func TestDescribeByHand(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"name": "template", "version": "1.0.0", "protocol": 1.0, "minor": 2.0,
		"engine": map[string]any{
			"name": "template", "version": "1.0.0", "language": "Go templates", "extensions": []any{".tmpl"},
			"capabilities": []any{}, "limits": []any{},
		},
	}
	if diff := cmp.Diff(want, described(t, "engine")); diff != "" {
		t.Errorf("introduction (-want +got):\n%s", diff)
	}
}

func TestDescribeProviderByHand(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"name": "session", "version": "1.0.0", "protocol": 1.0, "minor": 2.0,
		"connections": []any{map[string]any{
			"key": "session", "label": "Session", "comments": "Logs in, and sends the session with each request.",
			"inputs": []any{
				map[string]any{"key": "loginUrl", "label": "Login URL", "kind": "text", "required": true, "placeholder": "https://api.example.com/login"},
				map[string]any{"key": "user", "label": "User", "kind": "text", "required": true},
				map[string]any{"key": "password", "label": "Password", "kind": "text", "required": true, "secret": true},
			},
			"token": "obtains",
			"send":  map[string]any{"headers": []any{map[string]any{"key": "X-Session", "value": "{token.session}"}}},
		}},
	}
	if diff := cmp.Diff(want, described(t, "provider")); diff != "" {
		t.Errorf("introduction (-want +got):\n%s", diff)
	}
}

func TestStartedByHand(t *testing.T) {
	t.Parallel()
	out, err := plugin(t, "engine").CombinedOutput()
	if err == nil {
		t.Error("it succeeds")
	}
	for _, part := range []string{`Hookstep plugin "template"`, "hookstep plugins test"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("the help lacks %q:\n%s", part, out)
		}
	}
}

// The example's engine works as it stands.
func TestExampleEngine(t *testing.T) {
	t.Parallel()
	process, err := launch.Start(t.Context(), launch.Command{Path: program(t), Env: []string{role + "=engine"}})
	if err != nil {
		t.Fatal(err)
	}
	defer process.Kill(fault.New(fault.Host, fault.WorkerLost, "the test is over"))
	bad := engine.Source{Name: "bad", Files: []engine.File{{Path: "a.tmpl", Content: []byte("{{")}}}
	if loaded, err := process.Engine().Load(t.Context(), bad); err != nil || !loaded.Failed() {
		t.Errorf("a bad template: %+v, %v", loaded, err)
	}
	good := engine.Source{Name: "good", Files: []engine.File{{Path: "a.tmpl", Content: []byte("Hello {{.name}}!")}}}
	loaded, err := process.Engine().Load(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{loaded.ID: `greet: "Hello Ada!"`, "unknown": "not_loaded"} {
		if got := greet(t, process, id); got != want {
			t.Errorf("program %s: want %s, got %s", id, want, got)
		}
	}
}

func greet(t *testing.T, process *launch.Process, program string) string {
	t.Helper()
	lane, err := process.Engine().Lane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lane.Close()
	run := engine.Run{
		Program: program,
		Payload: &engine.Payload{RawBody: []byte(`{"name":"Ada"}`), Body: engine.BodyJSON},
		Steps:   []engine.Step{{Key: "greet", Entry: "a.tmpl"}},
	}
	var got string
	err = lane.Run(t.Context(), run, quiet{}, func(_ context.Context, result engine.StepResult) error {
		got = result.Key + ": " + string(result.Results.JSON)
		return nil
	})
	if err != nil {
		return string(fault.As(err, fault.Host).Code)
	}
	return got
}

// quiet is a host that grants nothing.
type quiet struct{}

func (quiet) Log(hostapi.Line) {}

func (quiet) Fetch(context.Context, hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	return hostapi.FetchResponse{}, fault.New(fault.Host, fault.Refused, "not granted")
}

func (quiet) InvokeFlow(context.Context, hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	return hostapi.InvokeResponse{}, fault.New(fault.Host, fault.Refused, "not granted")
}
