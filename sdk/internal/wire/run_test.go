package wire_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fullRun has something in every field.
func fullRun() engine.Run {
	return engine.Run{
		Program:    "program",
		Execution:  "execution",
		StartedAt:  time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC),
		InvokeURL:  "https://hooks.example.com/hooks/orders/receive",
		Context:    []byte(`{"customer":{"id":"c1"}}`),
		Frame:      []byte(`{"depth":1}`),
		States:     engine.States{Instance: []byte(`{"a":1}`), CrossFlow: []byte(`{"b":2}`), Integration: []byte(`{"c":3}`), Execution: []byte(`{"d":4}`)},
		TriggerKey: "receive",
		Payload: &engine.Payload{
			Method: "PUT", PathFragment: "a/b", Headers: []hostapi.Header{{Name: "x", Value: "1"}, {Name: "y", Value: ""}},
			QueryParameters: []byte(`{"q":["1","2"]}`), RawBody: []byte("body"), ContentType: "multipart/form-data; boundary=x",
			Body: engine.BodyParts, Parts: value.Value{JSON: []byte(`{"file":{"data":null}}`), Blobs: []value.Blob{{Pointer: "/file/data", Bytes: []byte{0, 255}}}},
		},
		Results: []engine.Result{
			{Key: "one", Value: value.JSON([]byte(`9007199254740993`))},
			{Key: "two", Value: value.Bytes(nil, "image/png")},
			{Key: "three", Error: fault.New(fault.User, fault.Thrown, "ignored")},
		},
		Steps: []engine.Step{
			{Key: "t", Name: "T", Entry: "t.js", Kind: engine.KindTrigger, Timeout: 1500 * time.Millisecond},
			{Key: "s", Name: "S", Entry: "s.js", Kind: engine.KindStep},
		},
		Limits:  engine.Limits{ResultBytes: 1 << 20, ResultDepth: 100, LogLines: 50},
		Confirm: true,
	}
}

func fullResults() []engine.StepResult {
	return []engine.StepResult{
		{
			Key: "t", Results: value.JSON([]byte(`"\ud800"`)), Elapsed: 12 * time.Microsecond,
			Response: &engine.Response{
				Status: 201, ContentType: "text/csv", Headers: []hostapi.Header{{Name: "A", Value: "b"}}, Body: value.Bytes([]byte("a,b"), "text/csv"),
			},
			Changed: engine.States{Instance: []byte(`{"x":null}`)},
		},
		{Key: "s", Fault: &fault.Fault{
			Source: fault.User, Code: fault.Thrown, Name: "TypeError", Message: "no such thing", Step: "s", RetryAfter: 3 * time.Second,
			Stack: []fault.Frame{{Function: "f", File: "s.js", Line: 3, Column: 7}},
			Cause: fault.New(fault.Downstream, fault.Unreachable, "refused"),
		}},
	}
}

// Everything crosses unchanged, both ways.
func TestRunCrossesUnchanged(t *testing.T) {
	t.Parallel()
	var arrived engine.Run
	lane := connect(t, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		arrived = run
		for _, result := range fullResults() {
			if err := done(ctx, result); err != nil {
				return err
			}
		}
		return fullResults()[1].Fault
	})).lane(t)
	var got []engine.StepResult
	err := lane.Run(t.Context(), fullRun(), nil, func(_ context.Context, result engine.StepResult) error {
		got = append(got, result)
		return nil
	})
	if diff := cmp.Diff(fullRun(), arrived, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("run (-sent +arrived):\n%s", diff)
	}
	if diff := cmp.Diff(fullResults(), got); diff != "" {
		t.Errorf("results (-sent +arrived):\n%s", diff)
	}
	if diff := cmp.Diff(error(fullResults()[1].Fault), err); diff != "" {
		t.Errorf("fault (-sent +arrived):\n%s", diff)
	}
	if arrived.Results[1].Value.Raw == nil {
		t.Error("empty bytes became no value")
	}
}

// echo answers every step with the payload's body, as JSON, as bytes and as a blob.
func echo(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
	body := run.Payload.RawBody
	forms := []value.Value{
		value.JSON(body), value.Bytes(body, "x/y"), {JSON: []byte("null"), Blobs: []value.Blob{{Pointer: "", Bytes: body}}},
	}
	for i, step := range run.Steps {
		if err := done(ctx, engine.StepResult{Key: step.Key, Results: forms[i]}); err != nil {
			return err
		}
	}
	return nil
}

func echoRun(body []byte) engine.Run {
	return engine.Run{
		Payload: &engine.Payload{RawBody: body},
		Steps:   []engine.Step{{Key: "json"}, {Key: "raw"}, {Key: "blob"}},
	}
}

func TestContentsOfEverySize(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(echo)).lane(t)
	for _, size := range []int{1, 256 << 10, 256<<10 + 1, 700 << 10, 5 << 20} {
		body := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		var got []value.Value
		err := lane.Run(t.Context(), echoRun(body), nil, func(_ context.Context, result engine.StepResult) error {
			got = append(got, result.Results)
			return nil
		})
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if !bytes.Equal(got[0].JSON, body) || !bytes.Equal(got[1].Raw, body) || !bytes.Equal(got[2].Blobs[0].Bytes, body) {
			t.Errorf("%d bytes arrived otherwise", size)
		}
	}
}

// Many contents that are small by themselves do not burst a frame.
func TestManyContents(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		return done(ctx, engine.StepResult{Key: run.Steps[0].Key, Results: run.Results[len(run.Results)-1].Value})
	})).lane(t)
	many := value.Value{JSON: []byte("[]")}
	for range 100 {
		many.Blobs = append(many.Blobs, value.Blob{Bytes: bytes.Repeat([]byte("x"), 200<<10)})
	}
	run := engine.Run{Results: []engine.Result{{Key: "r", Value: many}}, Steps: []engine.Step{{Key: "s"}}}
	err := lane.Run(t.Context(), run, nil, func(_ context.Context, result engine.StepResult) error {
		if len(result.Results.Blobs) != 100 || result.Results.Size() != many.Size() {
			t.Errorf("%d blobs of %d bytes", len(result.Results.Blobs), result.Results.Size())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What is too large is refused by its sender; the lane goes on.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(echo)).lane(t)
	ignore := func(context.Context, engine.StepResult) error { return nil }
	for _, size := range []int{65 << 20, 22 << 20} { // sent once, answered three times
		if err := lane.Run(t.Context(), echoRun(make([]byte, size)), nil, ignore); !fault.Is(err, fault.ResultSize) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if err := lane.Run(t.Context(), echoRun([]byte("1")), nil, ignore); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A result whose headers burst a frame makes its step fail.
func TestHeadersTooLarge(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(func(ctx context.Context, _ engine.Run, _ hostapi.Host, done engine.StepDone) error {
		huge := &engine.Response{Headers: []hostapi.Header{{Name: "x", Value: strings.Repeat("y", 5<<20)}}}
		return done(ctx, engine.StepResult{Key: "s", Response: huge})
	})).lane(t)
	var failed *fault.Fault
	err := lane.Run(t.Context(), oneStep(), nil, func(_ context.Context, result engine.StepResult) error {
		failed = result.Fault
		return nil
	})
	if !fault.Is(err, fault.ResultSize) || failed == nil || failed.Step != "s" {
		t.Errorf("got %v, the step's fault is %v", err, failed)
	}
}

func oneStep() engine.Run { return engine.Run{Steps: []engine.Step{{Key: "s"}}} }

// Texts that are no UTF-8 arrive mended instead of breaking the lane.
func TestInvalidTexts(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(func(_ context.Context, _ engine.Run, host hostapi.Host, _ engine.StepDone) error {
		host.Log(hostapi.Line{Step: "s", Level: "shout", Text: "a\xffb"})
		return fault.New(fault.User, fault.Thrown, "c\xff\xfed")
	})).lane(t)
	var lines []hostapi.Line
	err := lane.Run(t.Context(), oneStep(), host{log: func(line hostapi.Line) { lines = append(lines, line) }}, nil)
	if err == nil || err.Error() != "c\uFFFDd" {
		t.Errorf("got %q", err)
	}
	if diff := cmp.Diff([]hostapi.Line{{Step: "s", Level: hostapi.Log, Text: "a\uFFFDb"}}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// host is a hostapi.Host of functions.
type host struct {
	log    func(hostapi.Line)
	fetch  func(context.Context, hostapi.FetchRequest) (hostapi.FetchResponse, error)
	invoke func(context.Context, hostapi.InvokeRequest) (hostapi.InvokeResponse, error)
}

func (h host) Log(line hostapi.Line) { h.log(line) }

func (h host) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	return h.fetch(ctx, request)
}

func (h host) InvokeFlow(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	return h.invoke(ctx, request)
}

// With Confirm the engine waits for each result to be kept, and an error there ends the run.
func TestConfirm(t *testing.T) {
	t.Parallel()
	var kept, seen []string
	lane := connect(t, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		for _, step := range run.Steps {
			err := done(ctx, engine.StepResult{Key: step.Key})
			seen = append(seen, strings.Join(kept, "+"))
			if err != nil {
				return err
			}
		}
		return nil
	})).lane(t)
	full := errors.New("the disk is full")
	run := engine.Run{Confirm: true, Steps: []engine.Step{{Key: "a"}, {Key: "b"}, {Key: "c"}}}
	err := lane.Run(t.Context(), run, nil, func(_ context.Context, result engine.StepResult) error {
		if result.Key == "b" {
			return full
		}
		kept = append(kept, result.Key)
		return nil
	})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"a", "a"}, seen); diff != "" {
		t.Errorf("kept when the engine went on (-want +got):\n%s", diff)
	}
}

func TestLoadAndDescribe(t *testing.T) {
	t.Parallel()
	served := connect(t, runner(nil)).engine
	description, err := served.Describe(t.Context())
	want := engine.Description{Name: "runner", Version: "1.0.0", Extensions: []string{".run"}}
	if diff := cmp.Diff(want, description); diff != "" || err != nil {
		t.Errorf("description, error %v (-want +got):\n%s", err, diff)
	}
	program, err := served.Load(t.Context(), engine.Source{Name: "x", Files: []engine.File{{Path: "a", Content: make([]byte, 30<<20)}}})
	if program.ID != "x" || err != nil {
		t.Errorf("program %v, error %v", program, err)
	}
	_, err = served.Load(t.Context(), engine.Source{Name: "x", Files: []engine.File{{Path: "a", Content: make([]byte, 65<<20)}}})
	if !fault.Is(err, fault.ResultSize) {
		t.Errorf("65 MiB of sources: %v", err)
	}
	if _, err := served.Load(t.Context(), engine.Source{}); !fault.Is(err, fault.Protocol) {
		t.Errorf("a program without id: %v", err)
	}
}
