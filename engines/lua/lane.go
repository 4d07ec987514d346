package lua

import (
	"context"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// lane runs executions one after another, each in a sandbox of its own.
type lane struct {
	programs *library
}

// Run works through the steps of one execution.
func (l *lane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	code := l.programs.find(run.Program)
	if code == nil {
		return fault.New(fault.Engine, fault.NotLoaded, "program %q is not loaded in this process", run.Program)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what coroutines hold on to
	x, err := newExecution(&run, code, host)
	if err != nil {
		return err
	}
	defer x.sandbox.close()
	for _, step := range run.Steps {
		result, err := x.step(ctx, step)
		if refused := done(ctx, result); refused != nil && err == nil {
			return refused
		}
		if err != nil || step.Kind == engine.KindTrigger && result.Response.Rejected() {
			return err
		}
	}
	return nil
}

// Close has nothing to give back: a sandbox lives as long as its run.
func (l *lane) Close() error { return nil }

// execution is one run under way.
type execution struct {
	run     *engine.Run
	sandbox *sandbox
	shared  members // of the context, equal in every execution of the flow
	states  [stateCount]state
	results []engine.Result // of all earlier steps
	limits  engine.Limits
}

func newExecution(run *engine.Run, code *program, host hostapi.Host) (*execution, error) {
	shared, err := membersOf(run.Context)
	if err != nil {
		return nil, fault.New(fault.Engine, fault.Protocol, "the run's context: %s", err)
	}
	x := &execution{run: run, shared: shared, results: run.Results, limits: withDefaults(run.Limits)}
	for i, text := range [stateCount][]byte{run.States.Instance, run.States.CrossFlow, run.States.Integration, run.States.Execution} {
		if x.states[i].members, err = membersOf(text); err != nil {
			return nil, fault.New(fault.Engine, fault.Protocol, "%s: %s", stateNames()[i], err)
		}
	}
	x.sandbox = newSandbox()
	x.sandbox.program, x.sandbox.host = code, host
	return x, nil
}

// Limits where the run sets none.
const (
	defaultBytes = 64 << 20
	defaultDepth = 1000
)

func withDefaults(limits engine.Limits) engine.Limits {
	if limits.ResultBytes <= 0 {
		limits.ResultBytes = defaultBytes
	}
	if limits.ResultDepth <= 0 {
		limits.ResultDepth = defaultDepth
	}
	return limits
}

// step runs one step. The error is what Run returns; the result tells it to the host as a fault of the step.
func (x *execution) step(ctx context.Context, step engine.Step) (engine.StepResult, error) {
	started := time.Now()
	x.sandbox.step = step
	result := engine.StepResult{Key: step.Key}
	err := x.perform(ctx, step, &result)
	result.Elapsed = time.Since(started)
	if err != nil {
		failure := fault.As(err, fault.Engine).At(step.Key)
		if ctx.Err() == nil {
			err = failure
		}
		return engine.StepResult{Key: step.Key, Elapsed: result.Elapsed, Fault: failure}, err
	}
	x.results = append(slices.Clip(x.results), engine.Result{Key: step.Key, Value: result.Results})
	return result, nil
}

func (x *execution) perform(ctx context.Context, step engine.Step, result *engine.StepResult) error {
	ctx, cancel := step.Context(ctx)
	defer cancel()
	states := &stateTables{}
	returned, err := x.call(ctx, step, states)
	if err == nil {
		err = x.read(ctx, step, returned, states, result)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
