package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// asking is an engine whose one step asks the host.
func asking(ask func(ctx context.Context, host hostapi.Host) error) runner {
	return func(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
		if err := ask(ctx, host); err != nil {
			return err
		}
		return done(ctx, engine.StepResult{Key: run.Steps[0].Key})
	}
}

func TestFetchCrossesUnchanged(t *testing.T) {
	t.Parallel()
	question := hostapi.FetchRequest{
		Step: "s", Method: "POST", URL: "https://api.example.com/x", Headers: []hostapi.Header{{Name: "A", Value: "b"}},
		Body: bytes.Repeat([]byte("q"), 300<<10), Redirect: hostapi.Manual, Connection: "Shop API",
	}
	answer := hostapi.FetchResponse{
		Status: 302, StatusText: "Found", Headers: []hostapi.Header{{Name: "location", Value: "/y"}},
		Body: bytes.Repeat([]byte("a"), 600<<10), URL: "https://api.example.com/y", Redirected: true,
	}
	lane := connect(t, asking(func(ctx context.Context, host hostapi.Host) error {
		got, err := host.Fetch(ctx, question)
		if diff := cmp.Diff(answer, got); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		return err
	})).lane(t)
	err := lane.Run(t.Context(), oneStep(), host{fetch: func(_ context.Context, got hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		if diff := cmp.Diff(question, got); diff != "" {
			t.Errorf("question (-want +got):\n%s", diff)
		}
		return answer, nil
	}}, ignore)
	if err != nil {
		t.Error(err)
	}
}

func TestInvokeFlowCrossesUnchanged(t *testing.T) {
	t.Parallel()
	question := hostapi.InvokeRequest{Step: "s", Flow: "Send invoice", Data: value.JSON([]byte(`{"a":1}`)), Options: []byte(`{"x":true}`)}
	answer := hostapi.InvokeResponse{Status: 200, Headers: []hostapi.Header{{Name: "a", Value: "b"}}, Data: value.Bytes([]byte("x"), "text/plain")}
	lane := connect(t, asking(func(ctx context.Context, host hostapi.Host) error {
		got, err := host.InvokeFlow(ctx, question)
		if diff := cmp.Diff(answer, got); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		return err
	})).lane(t)
	err := lane.Run(t.Context(), oneStep(), host{invoke: func(_ context.Context, got hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
		if diff := cmp.Diff(question, got); diff != "" {
			t.Errorf("question (-want +got):\n%s", diff)
		}
		return answer, nil
	}}, ignore)
	if err != nil {
		t.Error(err)
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	lane := connect(t, asking(func(ctx context.Context, host hostapi.Host) error {
		_, err := host.Fetch(ctx, hostapi.FetchRequest{})
		return err
	})).lane(t)
	err := lane.Run(t.Context(), oneStep(), host{fetch: func(context.Context, hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		return hostapi.FetchResponse{}, fault.New(fault.Host, fault.Refused, "not granted")
	}}, ignore)
	if !fault.Is(err, fault.Refused) {
		t.Errorf("got %v", err)
	}
}

// Many calls at once each get their own answer.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	const calls = 300
	lane := connect(t, asking(func(ctx context.Context, host hostapi.Host) error {
		errs := make([]error, calls)
		var all sync.WaitGroup
		for n := range calls {
			all.Go(func() {
				url := strconv.Itoa(n)
				response, err := host.Fetch(ctx, hostapi.FetchRequest{URL: url})
				if err == nil && response.URL != url {
					err = fmt.Errorf("asked for %s, got %s", url, response.URL)
				}
				errs[n] = err
			})
		}
		all.Wait()
		return errors.Join(errs...)
	})).lane(t)
	var open, most atomic.Int32
	err := lane.Run(t.Context(), oneStep(), host{fetch: func(_ context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		most.Store(max(most.Load(), open.Add(1)))
		defer open.Add(-1)
		return hostapi.FetchResponse{URL: request.URL}, nil
	}}, ignore)
	if err != nil {
		t.Error(err)
	}
	if most.Load() > 64 {
		t.Errorf("%d calls were answered at once", most.Load())
	}
}

// A call that is still open when the run ends is ended with it, before Run returns.
func TestCallEndsWithItsRun(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	lane := connect(t, asking(func(ctx context.Context, host hostapi.Host) error {
		go func() { _, _ = host.Fetch(context.WithoutCancel(ctx), hostapi.FetchRequest{}) }()
		<-asked
		return nil
	})).lane(t)
	var returned atomic.Bool
	err := lane.Run(t.Context(), oneStep(), host{fetch: func(ctx context.Context, _ hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		close(asked)
		<-ctx.Done()
		returned.Store(true)
		return hostapi.FetchResponse{}, context.Cause(ctx)
	}}, ignore)
	if err != nil || !returned.Load() {
		t.Errorf("error %v, the call returned: %t", err, returned.Load())
	}
}

// Log lines, results and the end keep their order, whatever shares a frame.
func TestOrder(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(func(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
		for _, step := range run.Steps {
			for n := range 1000 {
				host.Log(hostapi.Line{Step: step.Key, Level: hostapi.Info, Text: strconv.Itoa(n)})
			}
			if err := done(ctx, engine.StepResult{Key: step.Key}); err != nil {
				return err
			}
		}
		return nil
	})).lane(t)
	var got, want []string
	for _, step := range []string{"a", "b"} {
		for n := range 1000 {
			want = append(want, step+strconv.Itoa(n))
		}
		want = append(want, step)
	}
	run := engine.Run{Steps: []engine.Step{{Key: "a"}, {Key: "b"}}}
	err := lane.Run(t.Context(), run, host{log: func(line hostapi.Line) { got = append(got, line.Step+line.Text) }},
		func(_ context.Context, result engine.StepResult) error {
			got = append(got, result.Key)
			return nil
		})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, order (-want +got):\n%s", err, diff)
	}
}

// A million lines cost no memory: beyond the quota they are counted, and the last line tells how many.
func TestLogQuota(t *testing.T) {
	t.Parallel()
	lane := connect(t, asking(func(_ context.Context, host hostapi.Host) error {
		for range 1_000_000 {
			host.Log(hostapi.Line{Step: "s", Level: hostapi.Info, Text: "again"})
		}
		return nil
	})).lane(t)
	var lines int
	var last hostapi.Line
	err := lane.Run(t.Context(), oneStep(), host{log: func(line hostapi.Line) {
		lines++
		last = line
	}}, ignore)
	if err != nil {
		t.Error(err)
	}
	want := hostapi.Line{Step: "s", Level: hostapi.Warn, Text: "990000 more log lines were dropped", Dropped: 990_000}
	if diff := cmp.Diff(want, last); diff != "" || lines != 10_001 {
		t.Errorf("%d lines, the last (-want +got):\n%s", lines, diff)
	}
}

// A long line is cut between characters.
func TestLongLine(t *testing.T) {
	t.Parallel()
	lane := connect(t, asking(func(_ context.Context, host hostapi.Host) error {
		host.Log(hostapi.Line{Text: strings.Repeat("é", 2*hostapi.MaxLine)})
		return nil
	})).lane(t)
	err := lane.Run(t.Context(), oneStep(), host{log: func(line hostapi.Line) {
		if line.Text != strings.Repeat("é", hostapi.MaxLine) {
			t.Errorf("a line of %d bytes", len(line.Text))
		}
	}}, ignore)
	if err != nil {
		t.Error(err)
	}
}
