package steps

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// longestDelay is where an exponential delay stops growing, and the longest wait that an error may ask for.
const longestDelay = 60 * time.Second

// handle does what the failed step's onError says. Nil means that the execution goes on.
func (w *walk) handle(ctx context.Context, failed *fault.Fault) *fault.Fault {
	switch {
	case w.unkept != nil:
		return fault.As(w.unkept, fault.Host)
	case w.next >= len(w.Plan.course.work):
		return failed
	case !isStepsOwn(failed), ctx.Err() != nil, w.Keep != nil && script.Lost(failed):
		return w.fail(failed)
	}
	onError := w.Plan.course.pieces[w.next].onError
	switch {
	case onError.Do == integration.Ignore:
		return fault.As(w.take(ctx, w.result(failed)), fault.Host)
	case onError.Do == integration.Retry && w.tries < onError.Attempts:
		w.tries++
		return wait(ctx, max(delay(onError, w.tries), min(failed.RetryAfter, longestDelay)))
	}
	return w.fail(failed)
}

// fail records the step that the execution ends with. A fault from before any code ran is of no step.
func (w *walk) fail(failed *fault.Fault) *fault.Fault {
	if w.failed.Fault == nil && !ran(failed) {
		return failed
	}
	result := w.result(failed)
	w.record(store.Step{Position: w.next, Result: result, Tries: w.tries, EndedAt: time.Now()})
	return result.Fault
}

// result gives the failed step's result: as the engine told it, or made of the fault when the engine could not.
func (w *walk) result(failed *fault.Fault) engine.StepResult {
	key := w.Plan.course.work[w.next].Key
	result := w.failed
	if result.Fault == nil {
		result = engine.StepResult{Key: key, Fault: failed}
	}
	result.Fault = result.Fault.At(key)
	return result
}

// ran tells whether code may have run before a fault that no step reported.
func ran(of *fault.Fault) bool {
	switch of.Code {
	case fault.Overloaded, fault.NotLoaded, fault.Unavailable, fault.Syntax, fault.MissingCode, fault.NotCallable:
		return of.Step != ""
	default:
		return true
	}
}

// isStepsOwn tells the faults that onError is about: the step's code ran and failed. Faults of code that cannot run at
// all, of the execution as a whole and of the program itself are not.
func isStepsOwn(of *fault.Fault) bool {
	return ran(of) && of.Code != fault.Canceled && of.Code != fault.Protocol
}

// delay before the repeat of a number, from 1.
func delay(onError integration.OnError, number int) time.Duration {
	pause := onError.Delay
	for range number - 1 {
		if onError.Exponential {
			pause = min(2*pause, longestDelay)
		}
	}
	return pause
}

// wait pauses, or gives the fault of a context that ended first.
func wait(ctx context.Context, pause time.Duration) *fault.Fault {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.As(context.Cause(ctx), fault.Host)
	}
}
