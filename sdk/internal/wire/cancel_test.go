package wire_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func ignore(context.Context, engine.StepResult) error { return nil }

// waiting is an engine that does its first step and waits in the second until its context ends.
func waiting(began chan<- struct{}, ended chan<- error) runner {
	return func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		if err := done(ctx, engine.StepResult{Key: run.Steps[0].Key}); err != nil {
			return err
		}
		close(began)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return context.Cause(ctx)
	}
}

func twoSteps() engine.Run { return engine.Run{Steps: []engine.Step{{Key: "first"}, {Key: "second"}}} }

// The fault that ends the caller's context reaches the engine's.
func TestCancel(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	connection := connect(t, waiting(began, ended))
	lane := connection.lane(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := fault.New(fault.Host, fault.Canceled, "the caller is gone")
	go func() {
		<-began
		cancel(reason)
	}()
	if err := lane.Run(ctx, twoSteps(), nil, ignore); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	if err := <-ended; !fault.Is(err, fault.Canceled) || err.Error() != "the caller is gone" {
		t.Errorf("the engine saw %v", err)
	}
	if connection.process.reason != nil {
		t.Errorf("the process was killed: %v", connection.process.reason)
	}
}

// A deadline travels with the run; its fault names the step under way, wherever it is noticed first.
func TestDeadline(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	lane := connect(t, waiting(began, ended)).lane(t)
	late := fault.New(fault.Limit, fault.Deadline, "the flow ran longer than 50ms")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, late)
	defer cancel()
	err := lane.Run(ctx, twoSteps(), nil, ignore)
	seen := <-ended
	for _, err := range []error{err, seen} {
		if reason := fault.As(err, fault.Host); reason.Code != fault.Deadline || reason.Step != "second" && !errors.Is(err, seen) {
			t.Errorf("got %#v", reason)
		}
	}
}

// The engine's own clock ends a run whose host is late.
func TestEngineKeepsTheDeadline(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	lane := connect(t, waiting(began, ended)).lane(t)
	ctx := silent{t.Context(), time.Now().Add(50 * time.Millisecond)}
	err := lane.Run(ctx, twoSteps(), nil, ignore)
	if reason := fault.As(err, fault.Host); reason.Code != fault.Deadline || reason.Step != "second" {
		t.Errorf("got %#v", reason)
	}
	<-ended
}

// silent is a context that has a deadline and does not keep it.
type silent struct {
	context.Context //nolint:containedctx // it is a context

	deadline time.Time
}

func (s silent) Deadline() (time.Time, bool) { return s.deadline, true }

func TestEndedBefore(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(echo)).lane(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("too late")
	cancel(reason)
	if err := lane.Run(ctx, echoRun([]byte("1")), nil, ignore); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	if err := lane.Run(t.Context(), echoRun([]byte("1")), nil, ignore); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A process that does not end a run in time is killed, and all its lanes hear of it.
func TestHungEngineIsKilled(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	connection := connect(t, runner(func(context.Context, engine.Run, hostapi.Host, engine.StepDone) error {
		<-release
		return nil
	}))
	t.Cleanup(func() { close(release) })
	beside := make(chan error, 1)
	other := connection.lane(t)
	go func() { beside <- other.Run(context.WithoutCancel(t.Context()), oneStep(), nil, ignore) }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := connection.lane(t).Run(ctx, oneStep(), nil, ignore); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took < 500*time.Millisecond || took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := <-beside; !fault.Is(err, fault.WorkerLost) || !strings.Contains(err.Error(), "did not stop") {
		t.Errorf("beside: %v", err)
	}
	if err := other.Run(t.Context(), oneStep(), nil, ignore); !fault.Is(err, fault.Unavailable) {
		t.Errorf("afterwards: %v", err)
	}
}

// Executions one after another on a lane, some cancelled at a random moment: no Cancel ever hits the next one.
func TestCancelHitsItsOwn(t *testing.T) {
	t.Parallel()
	lane := connect(t, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		if run.Execution == "short" {
			return done(ctx, engine.StepResult{Key: "s"})
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Microsecond):
			return done(ctx, engine.StepResult{Key: "s"})
		}
	})).lane(t)
	for n := range 500 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+n%200)*time.Microsecond)
		_ = lane.Run(ctx, oneStep(), nil, ignore)
		cancel()
		run := oneStep()
		run.Execution = "short"
		if err := lane.Run(t.Context(), run, nil, ignore); err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
	}
}

// The memory watchdog and the like end what runs.
func TestEndAll(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	connection := connect(t, waiting(began, ended))
	go func() {
		<-began
		connection.runs.End(fault.New(fault.Limit, fault.Memory, "too much"))
	}()
	err := connection.lane(t).Run(t.Context(), twoSteps(), nil, ignore)
	if reason := fault.As(err, fault.Host); reason.Code != fault.Memory || reason.Step != "second" {
		t.Errorf("got %v", err)
	}
	<-ended
}

// A panic is the engine's defect: the execution gets a fault, and the process takes no further one.
func TestPanic(t *testing.T) {
	t.Parallel()
	connection := connect(t, runner(func(context.Context, engine.Run, hostapi.Host, engine.StepDone) error { panic("oh") }))
	lane := connection.lane(t)
	if err := lane.Run(t.Context(), oneStep(), nil, ignore); !fault.Is(err, fault.Internal) {
		t.Errorf("got %v", err)
	}
	<-connection.runs.Drained()
	if err := lane.Run(t.Context(), oneStep(), nil, ignore); !fault.Is(err, fault.Unavailable) {
		t.Errorf("afterwards: %v", err)
	}
}
