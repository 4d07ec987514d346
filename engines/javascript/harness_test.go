package javascript_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/engines/javascript"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// recorder is a host that keeps log lines; other questions are answered by the functions it is given.
type recorder struct {
	fetch  func(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error)
	invoke func(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error)
	first  chan struct{} // closed at the first line, if there is one
	mutex  sync.Mutex
	lines  []hostapi.Line
}

func (r *recorder) Log(line hostapi.Line) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.lines = append(r.lines, line)
	if r.first != nil && len(r.lines) == 1 {
		close(r.first)
	}
}

func (r *recorder) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	if r.fetch == nil {
		return hostapi.FetchResponse{}, fault.New(fault.Host, fault.Refused, "no fetch in this test")
	}
	return r.fetch(ctx, request)
}

func (r *recorder) InvokeFlow(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	if r.invoke == nil {
		return hostapi.InvokeResponse{}, fault.New(fault.Host, fault.Refused, "no flows in this test")
	}
	return r.invoke(ctx, request)
}

// texts are the lines as "level: text".
func (r *recorder) texts() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var texts []string
	for _, line := range r.lines {
		texts = append(texts, string(line.Level)+": "+line.Text)
	}
	return texts
}

func newEngine(tb testing.TB) *javascript.Engine {
	tb.Helper()
	e, err := javascript.New(javascript.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func load(tb testing.TB, e engine.Engine, source engine.Source) string {
	tb.Helper()
	program, err := e.Load(tb.Context(), source)
	if err != nil {
		tb.Fatal(err)
	}
	if program.Failed() {
		tb.Fatalf("load: %+v", program.Diagnostics)
	}
	return program.ID
}

// execute runs on a lane of its own and gives the step results.
func execute(tb testing.TB, e engine.Engine, run engine.Run, host hostapi.Host) ([]engine.StepResult, error) {
	tb.Helper()
	lane, err := e.Lane(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() {
		if err := lane.Close(); err != nil {
			tb.Error(err)
		}
	}()
	var results []engine.StepResult
	err = lane.Run(tb.Context(), run, host, func(_ context.Context, result engine.StepResult) error {
		results = append(results, result)
		return nil
	})
	return results, err
}

// single is a run of one step whose trigger brought a JSON body.
func single(program string, body string) engine.Run {
	return engine.Run{
		Program: program, Execution: "exec-1", StartedAt: time.Date(2026, 9, 1, 12, 0, 0, 5e6, time.UTC),
		InvokeURL: "https://hooks.example.com/hooks/acme/orders", TriggerKey: "trigger",
		Context: []byte(contextJSON),
		Payload: &engine.Payload{
			Method: "POST", PathFragment: "a/b", ContentType: "application/json; charset=utf-8",
			Headers:         []hostapi.Header{{Name: "content-type", Value: "application/json"}, {Name: "x-github-event", Value: "push"}},
			QueryParameters: []byte(`{"page":"2","tag":["a","b"]}`), RawBody: []byte(body), Body: engine.BodyJSON,
		},
		Steps: []engine.Step{{Key: "step", Name: "Step", Entry: "step.js", Kind: engine.KindStep, Timeout: 5 * time.Second}},
	}
}

const contextJSON = `{"configVars":{"App Base URL":"https://app.example.com","Limit":5},
	"webhookUrls":{"Orders":"https://hooks.example.com/hooks/acme/orders"},"webhookApiKeys":{"Orders":["k1"]},
	"customer":{"id":"c1","externalId":"x1","name":"Acme"},"instance":{"id":"i1","name":"acme"},"user":null,
	"integration":{"id":"o","name":"Orders","versionSequenceId":"1","externalVersion":""},
	"flow":{"id":"f1","name":"Orders","stableId":"s1"},"debug":{"enabled":false}}`

func files(texts map[string]string, entries ...string) engine.Source {
	source := engine.Source{Name: "test", Entries: entries}
	for path, text := range texts {
		source.Files = append(source.Files, engine.File{Path: path, Content: []byte(text)})
	}
	return source
}

func compact(tb testing.TB, text []byte) string {
	tb.Helper()
	if !json.Valid(text) {
		tb.Fatalf("not JSON: %q", text)
	}
	return string(text)
}
