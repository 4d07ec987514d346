// Package steps runs the code of an execution in order.
//
// Consecutive steps of one language, the trigger's code among them, go to their engine in one call. What a step failed
// of is the business of its onError; the engine stops at it, and a new call goes on with the results so far.
package steps

import (
	"context"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Stage runs executions. Its methods may be called from several goroutines at once.
type Stage struct {
	runner *script.Runner
	states *scope.States
	limits engine.Limits
}

// New makes the stage. Limits are those of each call.
func New(runner *script.Runner, states *scope.States, limits engine.Limits) *Stage {
	return &Stage{runner: runner, states: states, limits: limits}
}

// Run runs an execution to its end, within the flow's time limit, and tells what it came to. The states are saved if it
// succeeded; a rejecting trigger is no success.
func (s *Stage) Run(ctx context.Context, plan *Plan, execution *integration.Execution, payload *engine.Payload, host hostapi.Host) *integration.Outcome {
	begun := time.Now()
	walk := &walk{stage: s, plan: plan, execution: execution, payload: payload, host: host, outcome: &integration.Outcome{}}
	ctx, cancel := script.Bound(ctx, plan.course.timeout)
	defer cancel()
	walk.outcome.Fault = walk.run(ctx)
	walk.outcome.Elapsed = time.Since(begun)
	return walk.outcome
}

// walk is one execution on its way.
type walk struct {
	stage     *Stage
	plan      *Plan
	execution *integration.Execution
	payload   *engine.Payload
	host      hostapi.Host
	session   *scope.Session
	context   []byte
	outcome   *integration.Outcome
	results   []engine.Result // of the pieces before next
	next      int             // the piece that runs or is to run
	tries     int             // repeats of it so far
	failed    engine.StepResult
}

func (w *walk) run(ctx context.Context) *fault.Fault {
	var err error
	if w.context, err = w.plan.context(); err != nil {
		return fault.As(err, fault.Host)
	}
	if w.session, err = w.stage.states.Begin(ctx, w.plan.Target); err != nil {
		return fault.As(err, fault.Host)
	}
	for w.next < len(w.plan.course.work) {
		if failed := w.stretch(ctx); failed != nil {
			return failed
		}
		if w.rejected() {
			return nil
		}
	}
	return fault.As(w.session.Commit(ctx), fault.Host)
}

// stretch makes one call to an engine and sees to the step that failed in it. Its fault ends the execution.
func (w *walk) stretch(ctx context.Context) *fault.Fault {
	piece := w.plan.course.pieces[w.next]
	w.failed = engine.StepResult{}
	err := w.stage.runner.Run(ctx, piece.code, w.call(piece.end), w.host, w.done)
	if err != nil {
		return w.handle(ctx, fault.As(err, fault.Engine))
	}
	if w.failed.Fault != nil {
		return w.handle(ctx, w.failed.Fault)
	}
	if w.next < piece.end && !w.rejected() {
		return fault.New(fault.Engine, fault.Protocol, "the engine ended before the step was done").At(w.plan.course.work[w.next].Key)
	}
	return nil
}

// call makes the engine's call of the pieces from next to end.
func (w *walk) call(end int) engine.Run {
	call := engine.Run{
		Execution:  w.execution.ID.String(),
		StartedAt:  w.execution.StartedAt,
		InvokeURL:  w.execution.Request.InvokeURL,
		Context:    w.context,
		Frame:      w.execution.Frame,
		States:     w.session.Current(),
		TriggerKey: string(w.plan.Target.Flow.Trigger.Key),
		Results:    slices.Clip(w.results),
		Steps:      w.plan.course.work[w.next:end:end],
		Limits:     w.stage.limits,
	}
	if !w.plan.course.trigger || w.next == 0 {
		call.Payload = w.payload
	}
	return call
}

// done takes the result of the piece that runs.
func (w *walk) done(_ context.Context, result engine.StepResult) error {
	if w.next >= len(w.plan.course.work) || result.Key != w.plan.course.work[w.next].Key {
		return fault.New(fault.Engine, fault.Protocol, "the engine told of the step %q out of turn", result.Key)
	}
	if result.Fault != nil {
		w.failed = result
		return nil //nolint:nilerr // the engine returns the fault itself
	}
	if err := w.session.Apply(result.Changed); err != nil {
		return err
	}
	w.keep(result, engine.Result{Key: result.Key, Value: result.Results})
	return nil
}

// keep records what the piece that ran came to and goes on to the next.
func (w *walk) keep(result engine.StepResult, entry engine.Result) {
	if w.plan.course.trigger && w.next == 0 {
		w.outcome.Trigger = &result
	} else {
		w.outcome.Steps = append(w.outcome.Steps, result)
	}
	w.results = append(w.results, entry)
	w.next++
	w.tries = 0
}

func (w *walk) rejected() bool {
	return w.outcome.Trigger != nil && w.outcome.Trigger.Response.Rejected()
}
