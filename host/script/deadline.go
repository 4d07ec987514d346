package script

import (
	"context"
	"errors"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Bound gives a context for one execution. It ends after limit with a Deadline fault as its cause, or with its parent: the
// cause is then the parent's, if that is a fault, else a Canceled fault. So its cause is a *fault.Fault always.
func Bound(parent context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	apart, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	unlink := context.AfterFunc(parent, func() { cancel(ended(parent)) })
	late := time.AfterFunc(limit, func() {
		cancel(fault.New(fault.Limit, fault.Deadline, "the execution ran longer than its limit of %s", limit))
	})
	return bounded{apart, time.Now().Add(limit)}, func() {
		unlink()
		late.Stop()
		cancel(nil)
	}
}

// bounded is a context that tells its deadline. Its end comes from Bound: of all executions few are late, so only those
// get a fault made that says so.
type bounded struct {
	context.Context //nolint:containedctx // it is a context

	deadline time.Time
}

// Deadline implements context.Context.
func (b bounded) Deadline() (time.Time, bool) { return b.deadline, true }

// ended says why the parent of an execution's context ended.
func ended(parent context.Context) *fault.Fault {
	cause := context.Cause(parent)
	if known, ok := errors.AsType[*fault.Fault](cause); ok {
		return known
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.New(fault.Limit, fault.Deadline, "the caller's time ran out")
	}
	return fault.New(fault.Host, fault.Canceled, "the execution was cancelled: %v", cause)
}

// watch holds each step to its limit from outside, for an engine that does not do so itself: the context that it gives
// ends when a step is late by more than the slack. The returned StepDone must be called in place of done, and stop at
// the end.
func watch(ctx context.Context, steps []engine.Step, done engine.StepDone) (context.Context, engine.StepDone, func()) {
	if !anyLimit(steps) {
		return ctx, done, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := arm(steps[0], cancel)
	next := 1
	watched := func(ctx context.Context, result engine.StepResult) error {
		timer.Stop()
		if err := done(ctx, result); err != nil {
			return err
		}
		if next < len(steps) {
			timer = arm(steps[next], cancel)
			next++
		}
		return nil
	}
	return ctx, watched, func() {
		timer.Stop()
		cancel(nil)
	}
}

func anyLimit(steps []engine.Step) bool {
	for _, step := range steps {
		if step.Timeout > 0 {
			return true
		}
	}
	return false
}

// arm starts the timer of one step; one without limit gets a timer that is stopped.
func arm(step engine.Step, cancel context.CancelCauseFunc) *time.Timer {
	timer := time.AfterFunc(step.Timeout+slack, func() {
		cancel(fault.New(fault.Limit, fault.Deadline, "the step ran longer than its limit of %s", step.Timeout).At(step.Key))
	})
	if step.Timeout <= 0 {
		timer.Stop()
	}
	return timer
}
