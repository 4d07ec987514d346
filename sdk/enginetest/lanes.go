package enginetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// waiting is an execution whose code waits for the host.
type waiting struct {
	asked   chan struct{} // closed when the code has asked
	release chan struct{} // close to answer
	ended   chan error    // what Run returned
	results []engine.StepResult
}

// gate is a host that answers a fetch when it is released.
type gate struct {
	*stage

	asked   func()
	release <-chan struct{}
}

// Fetch waits for the release.
func (g *gate) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	g.asked()
	select {
	case <-g.release:
		return hostapi.FetchResponse{Status: 200, StatusText: "OK", Body: []byte("released"), URL: request.URL}, nil
	case <-ctx.Done():
		return hostapi.FetchResponse{}, context.Cause(ctx)
	}
}

// wait starts the case that waits for a fetch and returns when it does.
func (s *suite) wait(ctx context.Context) (*waiting, string) {
	p, reason := s.prop(Cancel, "fetch-gate")
	if p == nil {
		return nil, reason
	}
	program, err := s.engine.Load(ctx, p.source())
	if err != nil {
		return nil, err.Error()
	}
	lane, err := s.engine.Lane(ctx)
	if err != nil {
		return nil, err.Error()
	}
	w := &waiting{asked: make(chan struct{}), release: make(chan struct{}), ended: make(chan error, 1)}
	host := &gate{stage: &stage{asked: func() {}, logged: func() {}}, release: w.release, asked: func() { close(w.asked) }}
	go func() {
		err := lane.Run(ctx, p.run(program.ID, p.spec.Runs[0].Run), host, func(_ context.Context, result engine.StepResult) error {
			w.results = append(w.results, result)
			return nil
		})
		_ = lane.Close() // the process may have ended
		w.ended <- err
	}()
	select {
	case <-w.asked:
		return w, ""
	case err := <-w.ended:
		return nil, fmt.Sprintf("it ends before its fetch: %v", err)
	case <-time.After(runTime):
		return nil, "it does not come to its fetch"
	}
}

// outcome waits for the end of the execution and gives what Run returned, or that it is late.
func (w *waiting) outcome(within time.Duration) (late string, err error) {
	select {
	case err := <-w.ended:
		return "", err
	case <-time.After(within):
		return fmt.Sprintf("the run did not end within %s", within), nil
	}
}

// finished checks that the released execution came to its results.
func (w *waiting) finished() string {
	close(w.release)
	late, err := w.outcome(runTime)
	switch {
	case late != "":
		return late
	case err != nil:
		return fmt.Sprintf("the run failed: %v", err)
	case len(w.results) != 1:
		return fmt.Sprintf("%d steps were reported", len(w.results))
	}
	return ValueWant{ValueSpec: ValueSpec{JSON: []byte(`"released"`)}}.differs(w.results[0].Results)
}

// sideBySide: while one lane waits for its host, another one works.
func (s *suite) sideBySide(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*runTime)
	defer cancel()
	first, reason := s.wait(ctx)
	if first == nil {
		return reason
	}
	second, reason := s.wait(ctx)
	if second == nil {
		return "the second lane: " + reason
	}
	if reason := second.finished(); reason != "" {
		return "the second lane: " + reason
	}
	return first.finished()
}

// hostRefuses: when the host does not take a result, the run ends with the host's error and no further step runs.
func (s *suite) hostRefuses(ctx context.Context) string {
	p, reason := s.prop(Context, "several-steps")
	if p == nil {
		return reason
	}
	program, err := s.engine.Load(ctx, p.source())
	if err != nil {
		return err.Error()
	}
	lane, err := s.engine.Lane(ctx)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = lane.Close() }()
	refusal := fault.New(fault.Host, fault.Internal, "the result could not be kept")
	reported := 0
	err = lane.Run(ctx, p.run(program.ID, p.spec.Runs[0].Run), &stage{asked: func() {}, logged: func() {}},
		func(context.Context, engine.StepResult) error {
			reported++
			return refusal
		})
	found, ok := errors.AsType[*fault.Fault](err)
	switch {
	case !ok || found.Message != refusal.Message:
		return fmt.Sprintf("want the host's own error, got %v", err)
	case reported != 1:
		return fmt.Sprintf("%d steps were reported after the refusal", reported-1)
	}
	return ""
}
