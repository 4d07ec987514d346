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
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Stage runs executions. Its methods may be called from several goroutines at once.
type Stage struct {
	runner  *script.Runner
	states  *scope.States
	secrets scope.Secrets
	limits  engine.Limits
}

// New makes the stage. With nil secrets, nothing is hidden in faults. Limits are those of each call.
func New(runner *script.Runner, states *scope.States, secrets scope.Secrets, limits engine.Limits) *Stage {
	return &Stage{runner: runner, states: states, secrets: secrets, limits: limits}
}

// Job is an execution to be run, or to go on with.
type Job struct {
	Plan      *Plan
	Execution *integration.Execution
	Payload   *engine.Payload
	Host      hostapi.Host
	Done      []store.Step // results of the first pieces, from an earlier run; Plan.Fits them
	Keep      Keep         // nil: the execution lives in memory, and a lost engine process is the failure of its step
}

// Keep keeps the result of a step before the next one begins. Its error ends the run at once and is the outcome's fault,
// whatever the step's onError says.
type Keep func(ctx context.Context, step *store.Step) error

// Ended is what a job came to.
type Ended struct {
	Outcome *integration.Outcome
	Steps   []store.Step        // of the whole flow, those that were done before among them; a step that failed is the last
	Kept    int                 // of Steps, the first ones, that are kept: done before, or taken by Keep
	States  []store.StateChange // what is to be saved with the success of a job that has a Keep
}

// Last is the result that is not kept yet: of the flow's last step, or of the one that failed or rejected. Nil without one.
func (e *Ended) Last() *store.Step {
	if e.Kept == len(e.Steps) {
		return nil
	}
	return &e.Steps[len(e.Steps)-1]
}

// Run runs a job to its end, within the flow's time limit, and tells what it came to. Where nothing is kept, the states are
// saved if it succeeded; a rejecting trigger is no success. Keep takes each result but the last one.
func (s *Stage) Run(ctx context.Context, job Job) *Ended {
	return s.run(ctx, job, len(job.Plan.course.work), true)
}

// Trigger runs the trigger's code alone, within the time limit of a caller who waits. No state is saved: the changes are
// in the result.
func (s *Stage) Trigger(ctx context.Context, job Job) *Ended {
	return s.run(ctx, job, 1, false)
}

func (s *Stage) run(ctx context.Context, job Job, until int, whole bool) *Ended {
	begun := time.Now()
	walk := &walk{Job: job, stage: s, until: until, whole: whole, ended: &Ended{Outcome: &integration.Outcome{}}}
	limit := job.Plan.course.timeout
	if job.Keep != nil {
		limit = job.Plan.course.patience
	}
	ctx, cancel := script.Bound(ctx, limit)
	defer cancel()
	walk.ended.Outcome.Fault = walk.run(ctx, limit)
	walk.ended.Outcome.Elapsed = time.Since(begun)
	return walk.ended
}

// walk is one execution on its way.
type walk struct {
	Job

	stage   *Stage
	until   int  // the piece that it ends before
	whole   bool // that is the flow's end, and a success saves the states
	session *scope.Session
	context []byte
	ended   *Ended
	results []engine.Result // of the pieces before next
	next    int             // the piece that runs or is to run
	tries   int             // repeats of it so far
	failed  engine.StepResult
	unkept  error // of Keep
}

func (w *walk) run(ctx context.Context, within time.Duration) *fault.Fault {
	var err error
	if w.context, err = w.Plan.context.json(ctx, &w.Plan.Target, within); err != nil {
		return fault.As(err, fault.Host)
	}
	if w.stage.secrets != nil {
		if err := w.stage.secrets.Learn(ctx, &w.Plan.Target); err != nil {
			return fault.As(err, fault.Host)
		}
	}
	if w.session, err = w.stage.states.Begin(ctx, w.Plan.Target); err != nil {
		return fault.As(err, fault.Host)
	}
	if err := w.resume(); err != nil {
		return fault.As(err, fault.Host)
	}
	for w.next < w.until && !w.rejected() {
		if failed := w.stretch(ctx); failed != nil {
			return failed
		}
	}
	switch {
	case w.rejected(), !w.whole:
		return nil
	case w.Keep != nil:
		w.ended.States = w.session.Changes()
		return nil
	}
	return fault.As(w.session.Commit(ctx), fault.Host)
}

// resume takes the results of the pieces that are done as if they had just run.
func (w *walk) resume() error {
	for _, step := range w.Done {
		if err := w.session.Apply(step.Result.Changed); err != nil {
			return err
		}
		w.record(step)
		w.goOn(&step.Result)
	}
	w.ended.Kept = len(w.Done)
	return nil
}

// stretch makes one call to an engine and sees to the step that failed in it. Its fault ends the execution.
func (w *walk) stretch(ctx context.Context) *fault.Fault {
	piece := w.Plan.course.pieces[w.next]
	w.failed = engine.StepResult{}
	end := min(piece.end, w.until)
	err := w.stage.runner.Run(ctx, piece.code, w.call(end), w.Host, w.done)
	w.failed.Fault = w.hidden(w.failed.Fault)
	if err != nil {
		return w.handle(ctx, w.hidden(fault.As(err, fault.Engine)))
	}
	if w.failed.Fault != nil {
		return w.handle(ctx, w.failed.Fault)
	}
	if w.next < end && !w.rejected() {
		return fault.New(fault.Engine, fault.Protocol, "the engine ended before the step was done").At(w.Plan.course.work[w.next].Key)
	}
	return nil
}

// hidden hides secrets in what came out of an engine.
func (w *walk) hidden(failed *fault.Fault) *fault.Fault {
	if w.stage.secrets == nil {
		return failed
	}
	return w.stage.secrets.Fault(w.Execution, failed)
}

// call makes the engine's call of the pieces from next to end.
func (w *walk) call(end int) engine.Run {
	call := engine.Run{
		Execution:  w.Execution.ID.String(),
		StartedAt:  w.Execution.StartedAt,
		InvokeURL:  w.Execution.Request.InvokeURL,
		Context:    w.context,
		Frame:      w.Execution.Frame,
		States:     w.session.Current(),
		TriggerKey: string(w.Plan.Target.Flow.Trigger.Key),
		Results:    slices.Clip(w.results),
		Steps:      w.Plan.course.work[w.next:end:end],
		Limits:     w.stage.limits,
		Confirm:    w.Keep != nil && end-w.next > 1,
	}
	if !w.Plan.course.trigger || w.next == 0 {
		call.Payload = w.Payload
	}
	return call
}

// done takes the result of the piece that runs.
func (w *walk) done(ctx context.Context, result engine.StepResult) error {
	if w.next >= len(w.Plan.course.work) || result.Key != w.Plan.course.work[w.next].Key {
		return fault.New(fault.Engine, fault.Protocol, "the engine told of the step %q out of turn", result.Key)
	}
	if result.Fault != nil {
		w.failed = result
		return nil //nolint:nilerr // the engine returns the fault itself
	}
	if err := w.session.Apply(result.Changed); err != nil {
		return err
	}
	return w.take(ctx, result)
}

// take records what the piece that ran came to, keeps it, and goes on to the next.
func (w *walk) take(ctx context.Context, result engine.StepResult) error {
	w.record(store.Step{Position: w.next, Result: result, Tries: w.tries, Ignored: result.Fault != nil, EndedAt: time.Now()})
	if w.Keep != nil && w.next+1 < len(w.Plan.course.work) && !w.rejected() {
		if w.unkept = w.Keep(ctx, &w.ended.Steps[w.next]); w.unkept != nil {
			return w.unkept
		}
		w.ended.Kept = w.next + 1
	}
	w.goOn(&result)
	return nil
}

// record puts a result where those who ask for the outcome find it.
func (w *walk) record(step store.Step) {
	if w.ended.Steps == nil {
		w.ended.Steps = make([]store.Step, 0, len(w.Plan.course.work))
	}
	w.ended.Steps = append(w.ended.Steps, step)
	if w.Plan.course.trigger && step.Position == 0 {
		w.ended.Outcome.Trigger = &step.Result
		return
	}
	w.ended.Outcome.Steps = append(w.ended.Outcome.Steps, step.Result)
}

func (w *walk) goOn(result *engine.StepResult) {
	w.results = append(w.results, engine.Result{Key: result.Key, Value: result.Results, Error: result.Fault})
	w.next++
	w.tries = 0
}

func (w *walk) rejected() bool {
	return w.ended.Outcome.Trigger != nil && w.ended.Outcome.Trigger.Response.Rejected()
}
