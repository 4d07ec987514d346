package wire_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// A short execution is one frame each way.
func TestShortExecutionIsOneFrame(t *testing.T) {
	t.Parallel()
	stream := rawLane(t, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		return done(ctx, engine.StepResult{Key: run.Steps[0].Key})
	}))
	for range 100 {
		start := &pb.Start{Steps: []*pb.Step{{Key: "s"}}, TimeoutMs: 10_000}
		if err := stream.Send(&pb.HostFrame{Frame: &pb.HostFrame_Start{Start: start}}); err != nil {
			t.Fatal(err)
		}
		frame, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		events := frame.GetEvents()
		if len(events) != 2 || events[0].GetStepDone().GetKey() != "s" || events[1].GetDone() == nil {
			t.Fatalf("got %v", frame)
		}
	}
}

// What happened is told while the next step still runs.
func TestEventsDoNotWaitForTheNextStep(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(func(ctx context.Context, _ engine.Run, host hostapi.Host, done engine.StepDone) error {
		if err := done(ctx, engine.StepResult{Key: "first"}); err != nil {
			return err
		}
		host.Log(hostapi.Line{Step: "second", Level: hostapi.Info, Text: "running"})
		<-ctx.Done()
		return context.Cause(ctx)
	})).lane(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	seen := fault.New(fault.Host, fault.Canceled, "both were seen")
	reported := false
	err := lane.Run(ctx, twoSteps(), host{log: func(hostapi.Line) {
		if reported {
			cancel(seen)
		}
	}}, func(context.Context, engine.StepResult) error {
		reported = true
		return nil
	})
	if !errors.Is(err, seen) {
		t.Errorf("got %v", err)
	}
}

// A lane that its engine cannot open says why to each execution.
func TestEngineOpensNoLane(t *testing.T) {
	t.Parallel()
	lane := connect(t, closed{runner(echo)}).lane(t)
	for range 2 {
		if err := lane.Run(t.Context(), oneStep(), nil, ignore); !fault.Is(err, fault.Overloaded) {
			t.Errorf("got %v", err)
		}
	}
}

// closed is an engine without lanes.
type closed struct{ runner }

func (closed) Lane(context.Context) (engine.Lane, error) {
	return nil, fault.New(fault.Limit, fault.Overloaded, "no lane is free")
}
